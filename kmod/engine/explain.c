// SPDX-License-Identifier: GPL-2.0-only
/* From expressions and registers to fields and values. */
#include "explain.h"

#include "expr_parts.h"
#include "table.h"

/* A value goes through so many expressions at most, on its way to its use. */
#define STEPS_MAX 16

static const struct skald_vm_expr *
last_writer(const struct skald_vm_rule *rule,
	    const struct skald_vm_expr *before, u8 reg)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);
	const struct skald_vm_expr *found = NULL;
	u32 i;

	for (i = 0; i < rule->n_exprs && expr != before; i++) {
		if (expr->ops->get_target && expr->ops->get_target(expr) == reg)
			found = expr;
		expr = skald_expr_next(expr);
	}
	return found;
}

u8 skald_explain_reg(const struct skald_vm_rule *rule,
		     const struct skald_vm_expr *before, u8 reg,
		     const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	bool is_turned = false;
	u32 steps;
	u8 kind;

	for (steps = 0; steps < STEPS_MAX; steps++) {
		const struct skald_vm_expr *expr =
			last_writer(rule, before, reg);

		if (!expr)
			break;
		if (expr->ops->field) {
			kind = expr->ops->field(expr, pkt, name);
			/* turned to host order on its way */
			return is_turned && kind == SKALD_AS_BE
				       ? SKALD_AS_NUMBER
				       : kind;
		}
		if (expr->ops == &skald_expr_byteorder)
			is_turned = true;
		if (!expr->ops->get_source || !expr->ops->get_source(expr)) {
			skald_phrase_str(name, expr->ops->name);
			return SKALD_AS_HEX;
		}
		reg = expr->ops->get_source(expr);
		before = expr;
	}
	skald_phrase_str(name, "register");
	return SKALD_AS_HEX;
}

u8 skald_explain_source(const struct skald_failure *failure, u8 reg, u32 len,
			struct skald_miss *miss)
{
	struct skald_phrase phrase;
	u8 kind;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	kind = skald_explain_reg(failure->rule, failure->expr, reg,
				 failure->pkt, &phrase);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	/* the verdict lies over the first words, where a legacy one may be */
	if (reg >= SKALD_VM_VERDICT_WORDS)
		skald_phrase_value(&phrase, kind, &failure->regs->data[reg],
				   len);
	return kind;
}

void skald_explain(const struct skald_vm_rule *rule,
		   const struct skald_vm_expr *expr,
		   const struct skald_regs *regs,
		   const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	struct skald_phrase phrase;

	memset(miss, 0, sizeof(*miss));
	miss->expr = expr;
	miss->expression = expr->ops->name;
	if (expr->ops->explain) {
		expr->ops->explain(expr, rule, regs, pkt, miss);
		return;
	}
	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	if (expr->ops->field)
		(void)expr->ops->field(expr, pkt, &phrase);
	else
		skald_phrase_str(&phrase, expr->ops->name);
}

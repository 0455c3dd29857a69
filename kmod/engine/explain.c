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
			return is_turned && kind == SKALD_PHRASE_BE
				       ? SKALD_PHRASE_NUMBER
				       : kind;
		}
		if (expr->ops == &skald_expr_byteorder)
			is_turned = true;
		if (!expr->ops->get_source || !expr->ops->get_source(expr)) {
			skald_phrase_str(name, expr->ops->name);
			return SKALD_PHRASE_HEX;
		}
		reg = expr->ops->get_source(expr);
		before = expr;
	}
	skald_phrase_str(name, "register");
	return SKALD_PHRASE_HEX;
}

void skald_explain_source(const struct skald_vm_rule *rule,
			  const struct skald_vm_expr *expr, u8 reg, u32 len,
			  const struct skald_regs *regs,
			  const struct skald_vm_pkt *pkt,
			  struct skald_miss *miss, u8 *kind)
{
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	*kind = skald_explain_reg(rule, expr, reg, pkt, &phrase);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	/* the verdict lies over the first words, where a legacy one may be */
	if (reg >= SKALD_VM_VERDICT_WORDS)
		skald_phrase_value(&phrase, *kind, &regs->data[reg], len);
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

// SPDX-License-Identifier: GPL-2.0-only
/* From expressions and registers to fields and values. */
#include "explain.h"

#include "expr_parts.h"
#include "table.h"
#include "vm_pkt.h"

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

/**
 * explain_reg() - what a register holds when an expression runs
 * @rule: the rule
 * @before: the expression that uses it
 * @reg: its word
 * @pkt: the context
 * @name: the field's name is put here
 *
 * Return: how its bytes are to be read, enum skald_phrase_kind.
 */
static u8 explain_reg(const struct skald_vm_rule *rule,
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
	kind = explain_reg(failure->rule, failure->expr, reg, failure->pkt,
			   &phrase);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	/* the verdict lies over the first words, where a legacy one may be */
	if (reg >= SKALD_VM_VERDICT_WORDS)
		skald_phrase_value(&phrase, kind, &failure->regs->data[reg],
				   len);
	return kind;
}

/* What only reads, so that it may be read once more. */
static bool is_load(const struct skald_vm_expr *expr)
{
	const struct skald_meta *meta = skald_expr_data(expr);

	if (!expr->ops->field || !expr->ops->get_target(expr))
		return false;
	if (expr->ops == &skald_expr_meta)
		return meta->key != NFT_META_PRANDOM;
	return expr->ops == &skald_expr_payload ||
	       expr->ops == &skald_expr_ct || expr->ops == &skald_expr_exthdr;
}

/**
 * struct masked - some bits of a field
 * @load: the expression that read it
 * @reg: word that it wrote to
 * @len: bytes of the mask
 * @mask: the bits; NULL: all
 * @kind: how the field is read
 */
struct masked {
	const struct skald_vm_expr *load;
	u8 reg;
	u8 len;
	const u32 *mask;
	u8 kind;
};

static bool find_masked(const struct skald_failure *failure,
			const struct skald_cmp *cmp, struct masked *masked)
{
	const struct skald_vm_expr *expr =
		last_writer(failure->rule, failure->expr, cmp->reg);
	const struct skald_bitwise *bitwise;
	u32 i;

	masked->mask = NULL;
	masked->reg = cmp->reg;
	masked->len = cmp->len;
	if (expr && expr->ops == &skald_expr_bitwise) {
		bitwise = skald_expr_data(expr);
		for (i = 0; i < ARRAY_SIZE(bitwise->xor); i++) {
			if (bitwise->xor [i])
				return false;
		}
		if (bitwise->op != NFT_BITWISE_BOOL || bitwise->source2)
			return false;
		masked->mask = bitwise->mask;
		masked->reg = bitwise->source;
		expr = last_writer(failure->rule, expr, bitwise->source);
	}
	masked->load = expr;
	return expr && is_load(expr);
}

/* An address of which only the first bytes were read: offset and length of the
 * whole. */
static bool find_address(const struct skald_failure *failure,
			 const struct masked *masked, u32 *offset, u32 *len)
{
	const struct skald_payload *payload = skald_expr_data(masked->load);
	bool is_v6 = failure->pkt->view->ethertype == ETH_P_IPV6;
	u32 at[2] = { is_v6 ? 8 : 12, is_v6 ? 24 : 16 };

	*len = is_v6 ? 16 : 4;
	if (masked->load->ops != &skald_expr_payload ||
	    payload->base != NFT_PAYLOAD_NETWORK_HEADER ||
	    payload->len > *len ||
	    (failure->pkt->view->ethertype != ETH_P_IP && !is_v6))
		return false;
	*offset = payload->offset;
	return payload->offset == at[0] || payload->offset == at[1];
}

/* Bits of a mask that is a prefix, else -1. */
static int prefix_bits(const u8 *mask, u32 len)
{
	bool is_over = false;
	int bits = 0;
	u32 i, bit;

	for (i = 0; i < len; i++) {
		for (bit = 0x80; bit; bit >>= 1) {
			bool is_set = mask[i] & bit;

			if (is_set && is_over)
				return -1;
			is_over = !is_set;
			bits += is_set;
		}
	}
	return bits;
}

static void put_op(struct skald_phrase *phrase, u8 op)
{
	static const char *const words[] = {
		"", "!= ", "< ", "<= ", "> ", ">= "
	};

	if (op < ARRAY_SIZE(words))
		skald_phrase_str(phrase, words[op]);
}

/* "10.0.0.0/8" */
static bool explain_address(const struct skald_failure *failure,
			    const struct skald_cmp *cmp,
			    const struct masked *masked,
			    struct skald_miss *miss)
{
	u8 whole[16] = { 0 }, actual[16];
	struct skald_phrase phrase;
	u32 offset, len, base;
	int bits = cmp->len * 8;
	u8 kind;

	if (!find_address(failure, masked, &offset, &len) || cmp->len > len)
		return false;
	if (masked->mask)
		bits = prefix_bits((const u8 *)masked->mask, cmp->len);
	base = skald_pkt_network(failure->pkt);
	if (bits < 0 ||
	    skald_pkt_copy(failure->pkt, base + offset, len, actual))
		return false;
	memcpy(whole, cmp->value, cmp->len);
	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	kind = skald_field_name(failure->pkt, NFT_PAYLOAD_NETWORK_HEADER,
				offset, len, &phrase);
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	put_op(&phrase, cmp->op);
	skald_phrase_value(&phrase, kind, whole, len);
	if ((u32)bits < len * 8) {
		skald_phrase_str(&phrase, "/");
		skald_phrase_number(&phrase, (u64)bits);
	}
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	skald_phrase_value(&phrase, kind, actual, len);
	return true;
}

static bool is_zero(const u32 *value, u32 len)
{
	const u8 *bytes = (const u8 *)value;
	u32 i;

	for (i = 0; i < len; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void expect_bits(const struct skald_cmp *cmp,
			const struct masked *masked, struct skald_miss *miss)
{
	bool is_none = is_zero(cmp->value, cmp->len);
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	/* any of them, or none of them */
	if (is_none && cmp->op <= NFT_CMP_NEQ) {
		if (cmp->op == NFT_CMP_EQ)
			skald_phrase_str(&phrase, "not ");
		skald_phrase_value(&phrase, masked->kind, masked->mask,
				   cmp->len);
		return;
	}
	put_op(&phrase, cmp->op);
	skald_phrase_value(&phrase, masked->kind, cmp->value, cmp->len);
	if (memcmp(cmp->value, masked->mask, cmp->len)) {
		skald_phrase_str(&phrase, " / ");
		skald_phrase_value(&phrase, masked->kind, masked->mask,
				   cmp->len);
	}
}

bool skald_explain_masked(const struct skald_failure *failure,
			  const struct skald_cmp *cmp, struct skald_miss *miss)
{
	struct skald_regs regs = { .unknown = 0 };
	struct skald_phrase phrase;
	struct masked masked;

	if (cmp->reg < SKALD_VM_VERDICT_WORDS ||
	    !find_masked(failure, cmp, &masked) ||
	    masked.reg < SKALD_VM_VERDICT_WORDS)
		return false;
	if (explain_address(failure, cmp, &masked, miss))
		return true;
	if (!masked.mask)
		return false;
	/* a load changes nothing but registers */
	regs.verdict.code = NFT_CONTINUE;
	masked.load->ops->eval(masked.load, &regs,
			       (struct skald_vm_pkt *)failure->pkt);
	if (regs.verdict.code != NFT_CONTINUE || regs.unknown)
		return false;
	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	masked.kind =
		masked.load->ops->field(masked.load, failure->pkt, &phrase);
	expect_bits(cmp, &masked, miss);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	skald_phrase_value(&phrase, masked.kind, &regs.data[masked.reg],
			   masked.len);
	return true;
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

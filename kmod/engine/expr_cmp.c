// SPDX-License-Identifier: GPL-2.0-only
/* cmp: a register against a value (nft_cmp_eval()). */
#include "explain.h"
#include "expr_parts.h"

/* clang-format off */
static const struct skald_param_word operators[] = {
	{ NFT_CMP_EQ, "==" }, { NFT_CMP_NEQ, "!=" }, { NFT_CMP_LT, "<" },
	{ NFT_CMP_LTE, "<=" }, { NFT_CMP_GT, ">" }, { NFT_CMP_GTE, ">=" },
	{ 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_CMP_SREG, .type = SKALD_PARAM_SREG, .is_required = true,
	  .name = "sreg", .help = "register that is compared" },
	{ .attr = NFTA_CMP_OP, .type = SKALD_PARAM_BE32, .is_required = true,
	  .name = "op", .help = "operator", .words = operators },
	{ .attr = NFTA_CMP_DATA, .type = SKALD_PARAM_DATA, .is_required = true,
	  .name = "data", .help = "value it is compared with" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_cmp *cmp = skald_expr_data(expr);
	u32 len;
	int err = skald_data_value(tb[NFTA_CMP_DATA], sizeof(cmp->value),
				   cmp->value, &len);

	if (err)
		return err;
	cmp->len = (u8)len;
	cmp->op = (u8)skald_nla_be32(tb[NFTA_CMP_OP]);
	return skald_reg_source(tb[NFTA_CMP_SREG], len, &cmp->reg);
}

static bool holds(u8 op, int diff)
{
	switch (op) {
	case NFT_CMP_EQ:
		return diff == 0;
	case NFT_CMP_NEQ:
		return diff != 0;
	case NFT_CMP_LT:
		return diff < 0;
	case NFT_CMP_LTE:
		return diff <= 0;
	case NFT_CMP_GT:
		return diff > 0;
	default:
		return diff >= 0;
	}
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct skald_cmp *cmp = skald_expr_data(expr);

	if (skald_regs_is_unknown(regs, cmp->reg, cmp->len))
		skald_regs_maybe(regs, NULL);
	else if (!holds(cmp->op,
			memcmp(&regs->data[cmp->reg], cmp->value, cmp->len)))
		skald_regs_break(regs);
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct skald_cmp *cmp = skald_expr_data(expr);
	struct skald_phrase phrase;
	struct skald_failure failure = { rule, expr, regs, pkt };
	u8 kind;

	if (skald_explain_masked(&failure, cmp, miss))
		return;
	kind = skald_explain_source(&failure, cmp->reg, cmp->len, miss);
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	if (cmp->op != NFT_CMP_EQ) {
		skald_phrase_str(&phrase, operators[cmp->op].word);
		skald_phrase_str(&phrase, " ");
	}
	skald_phrase_value(&phrase, kind, cmp->value, cmp->len);
}

const struct skald_expr_ops skald_expr_cmp = {
	.name = "cmp",
	.help = "compare a register with a value",
	.size = sizeof(struct skald_cmp),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.explain = explain,
};

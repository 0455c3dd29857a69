// SPDX-License-Identifier: GPL-2.0-only
/* range: a register within or outside two values (nft_range_eval()). */
#include "explain.h"
#include "expr_parts.h"

/* clang-format off */
static const struct skald_param_word operators[] = {
	{ NFT_RANGE_EQ, "==" }, { NFT_RANGE_NEQ, "!=" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_RANGE_SREG, .type = SKALD_PARAM_SREG,
	  .is_required = true, .name = "sreg",
	  .help = "register that is compared" },
	{ .attr = NFTA_RANGE_OP, .type = SKALD_PARAM_BE32, .is_required = true,
	  .name = "op", .help = "inside (==) or outside (!=)",
	  .words = operators },
	{ .attr = NFTA_RANGE_FROM_DATA, .type = SKALD_PARAM_DATA,
	  .is_required = true, .name = "from", .help = "lowest value" },
	{ .attr = NFTA_RANGE_TO_DATA, .type = SKALD_PARAM_DATA,
	  .is_required = true, .name = "to", .help = "highest value" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_range *range = skald_expr_data(expr);
	u32 from_len, to_len;
	int err = skald_data_value(tb[NFTA_RANGE_FROM_DATA],
				   sizeof(range->from), range->from, &from_len);

	if (!err)
		err = skald_data_value(tb[NFTA_RANGE_TO_DATA],
				       sizeof(range->to), range->to, &to_len);
	if (err)
		return err;
	if (from_len != to_len)
		return -EINVAL;
	range->len = (u8)from_len;
	range->op = (u8)skald_nla_be32(tb[NFTA_RANGE_OP]);
	return skald_reg_source(tb[NFTA_RANGE_SREG], from_len, &range->reg);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct skald_range *range = skald_expr_data(expr);
	const void *value = &regs->data[range->reg];
	bool is_outside;

	if (skald_regs_is_unknown(regs, range->reg, range->len)) {
		skald_regs_maybe(regs, NULL);
		return;
	}
	is_outside = memcmp(value, range->from, range->len) < 0 ||
		     memcmp(value, range->to, range->len) > 0;
	if (is_outside == (range->op == NFT_RANGE_EQ))
		skald_regs_break(regs);
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct skald_range *range = skald_expr_data(expr);
	struct skald_phrase phrase;
	struct skald_failure failure = { rule, expr, regs, pkt };
	u8 kind;

	kind = skald_explain_source(&failure, range->reg, range->len, miss);
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	if (range->op == NFT_RANGE_NEQ)
		skald_phrase_str(&phrase, "!= ");
	skald_phrase_value(&phrase, kind, range->from, range->len);
	skald_phrase_str(&phrase, "-");
	skald_phrase_value(&phrase, kind, range->to, range->len);
}

const struct skald_expr_ops skald_expr_range = {
	.name = "range",
	.help = "compare a register with a range of values",
	.size = sizeof(struct skald_range),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.explain = explain,
};

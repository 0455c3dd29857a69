// SPDX-License-Identifier: GPL-2.0-only
/* immediate: a value, or a verdict (nft_immediate_eval()). */
#include "expr_parts.h"
#include "table.h"

/* clang-format off */
static const struct skald_param params[] = {
	{ .attr = NFTA_IMMEDIATE_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg",
	  .help = "register written; 0: the verdict" },
	{ .attr = NFTA_IMMEDIATE_DATA, .type = SKALD_PARAM_DATA,
	  .is_required = true, .name = "data",
	  .help = "value; or accept, drop, queue, continue, return, jump, goto"
	},
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_immediate *imm = skald_expr_data(expr);
	u32 len;
	int err;

	if (skald_nla_be32(tb[NFTA_IMMEDIATE_DREG]) == NFT_REG_VERDICT)
		return skald_data_verdict(load, tb[NFTA_IMMEDIATE_DATA],
					  &imm->verdict);
	err = skald_data_value(tb[NFTA_IMMEDIATE_DATA], sizeof(imm->value),
			       imm->value, &len);
	if (err)
		return err;
	imm->len = (u8)len;
	return skald_reg_target(tb[NFTA_IMMEDIATE_DREG], len, &imm->reg);
}

static void hold(const struct skald_vm_expr *expr, int delta)
{
	const struct skald_immediate *imm = skald_expr_data(expr);

	if (imm->verdict.chain)
		imm->verdict.chain->use += (u32)delta;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct skald_immediate *imm = skald_expr_data(expr);

	if (!imm->reg) {
		if (skald_regs_is_sure(regs) || imm->verdict.code == NFT_BREAK)
			regs->verdict = imm->verdict;
		return;
	}
	memcpy(&regs->data[imm->reg], imm->value, (imm->len + 3u) & ~3u);
	skald_regs_known(regs, imm->reg, imm->len);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct skald_immediate *)skald_expr_data(expr))->reg;
}

const struct skald_expr_ops skald_expr_immediate = {
	.name = "immediate",
	.help = "load a value, or decide",
	.size = sizeof(struct skald_immediate),
	.flags = SKALD_EXPR_PURE | SKALD_EXPR_JUMPS,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.hold = hold,
	.get_target = get_target,
};

// SPDX-License-Identifier: GPL-2.0-only
/* numgen: numbers in turn, or at random (nft_ng_inc_eval(),
 * nft_ng_random_eval()). */
#include "expr_parts.h"
#include "load.h"

/* clang-format off */
static const struct skald_param_word types[] = {
	{ NFT_NG_INCREMENTAL, "inc" }, { NFT_NG_RANDOM, "random" },
	{ 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_NG_DREG, .type = SKALD_PARAM_DREG, .is_required = true,
	  .name = "dreg", .help = "register written" },
	{ .attr = NFTA_NG_MODULUS, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "modulus", .help = "how many numbers" },
	{ .attr = NFTA_NG_TYPE, .type = SKALD_PARAM_BE32, .is_required = true,
	  .name = "type", .help = "in turn or at random", .words = types },
	{ .attr = NFTA_NG_OFFSET, .type = SKALD_PARAM_BE32, .name = "offset",
	  .help = "the first number" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_numgen *numgen = skald_expr_data(expr);

	numgen->modulus = skald_nla_be32(tb[NFTA_NG_MODULUS]);
	numgen->offset = skald_nla_be32(tb[NFTA_NG_OFFSET]);
	numgen->is_random = skald_nla_be32(tb[NFTA_NG_TYPE]) == NFT_NG_RANDOM;
	numgen->is_lost = load->keeps_handles && !load->vm->is_fresh;
	if (!numgen->modulus)
		return -ERANGE;
	if (numgen->offset + numgen->modulus - 1 < numgen->offset)
		return -EOVERFLOW;
	numgen->counter = numgen->modulus - 1;
	return skald_reg_target(tb[NFTA_NG_DREG], 4, &numgen->reg);
}

/* The kernel does not dump how far it has counted. */
static int next(struct skald_numgen *numgen, const struct skald_vm_pkt *pkt,
		u32 *number)
{
	u32 random;
	int err;

	if (numgen->is_random) {
		err = skald_vm_fact(pkt, SKALD_FACT_RANDOM, &random);
		if (!err)
			*number = skald_random_below(random, numgen->modulus);
		return err;
	}
	if (numgen->is_lost)
		return -ENODATA;
	numgen->counter =
		numgen->counter + 1 < numgen->modulus ? numgen->counter + 1 : 0;
	*number = numgen->counter;
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	struct skald_numgen *numgen = skald_expr_data(expr);
	u32 number;
	int err = next(numgen, pkt, &number);

	if (err) {
		skald_regs_lack(regs, numgen->reg, 4,
				numgen->is_random ? "random number"
						  : "counter of numgen");
		return;
	}
	regs->data[numgen->reg] = number + numgen->offset;
	skald_regs_known(regs, numgen->reg, 4);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct skald_numgen *)skald_expr_data(expr))->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct skald_numgen *numgen = skald_expr_data(expr);

	skald_phrase_str(name, numgen->is_random ? "numgen random mod "
						 : "numgen inc mod ");
	skald_phrase_number(name, numgen->modulus);
	return SKALD_AS_NUMBER;
}

const struct skald_expr_ops skald_expr_numgen = {
	.name = "numgen",
	.help = "make a number",
	.size = sizeof(struct skald_numgen),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.field = field,
	.get_target = get_target,
};

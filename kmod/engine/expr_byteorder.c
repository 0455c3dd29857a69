// SPDX-License-Identifier: GPL-2.0-only
/* byteorder: between network and host order (nft_byteorder_eval()). */
#include "expr_parts.h"

struct byteorder {
	u8 source;
	u8 target;
	u8 size;
	u8 len;
};

/* clang-format off */
static const struct skald_param_word operations[] = {
	{ NFT_BYTEORDER_NTOH, "ntoh" }, { NFT_BYTEORDER_HTON, "hton" },
	{ 0, NULL },
};
static const struct skald_param_word sizes[] = {
	{ 2, "2" }, { 4, "4" }, { 8, "8" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_BYTEORDER_SREG, .type = SKALD_PARAM_SREG,
	  .is_required = true, .name = "sreg", .help = "register taken" },
	{ .attr = NFTA_BYTEORDER_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_BYTEORDER_OP, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "op", .help = "direction",
	  .words = operations },
	{ .attr = NFTA_BYTEORDER_LEN, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "len", .help = "bytes",
	  .most = SKALD_PHRASE_MAX },
	{ .attr = NFTA_BYTEORDER_SIZE, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "size", .help = "bytes of one number",
	  .words = sizes },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct byteorder *order = skald_expr_data(expr);
	int err;

	order->len = (u8)skald_nla_be32(tb[NFTA_BYTEORDER_LEN]);
	order->size = (u8)skald_nla_be32(tb[NFTA_BYTEORDER_SIZE]);
	err = skald_reg_source(tb[NFTA_BYTEORDER_SREG], order->len,
			       &order->source);
	if (err)
		return err;
	return skald_reg_target(tb[NFTA_BYTEORDER_DREG], order->len,
				&order->target);
}

/* Each number's bytes the other way round; 16-bit ones lie in words of their
 * own, as older kernels convert several. */
static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct byteorder *order = skald_expr_data(expr);
	u8 from[SKALD_PHRASE_MAX], *to = (u8 *)&regs->data[order->target];
	u32 i, j;

	if (skald_regs_is_unknown(regs, order->source, order->len)) {
		skald_regs_lack(regs, order->target, order->len, NULL);
		return;
	}
	memcpy(from, &regs->data[order->source], order->len);
	for (i = 0; i + order->size <= order->len; i += order->size) {
		for (j = 0; j < order->size; j++)
			to[i + j] = from[i + order->size - 1 - j];
	}
	if (order->len == 2)
		memset(to + 2, 0, 2);
	skald_regs_known(regs, order->target, order->len);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct byteorder *)skald_expr_data(expr))->target;
}

static u8 get_source(const struct skald_vm_expr *expr)
{
	return ((struct byteorder *)skald_expr_data(expr))->source;
}

const struct skald_expr_ops skald_expr_byteorder = {
	.name = "byteorder",
	.help = "turn numbers between network and host order",
	.size = sizeof(struct byteorder),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.get_target = get_target,
	.get_source = get_source,
};

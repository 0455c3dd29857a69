// SPDX-License-Identifier: GPL-2.0-only
/* bitwise: mask, xor and shift registers (nft_bitwise_eval()). */
#include "expr_parts.h"

/* Operations and attributes newer than the oldest headers. */
enum {
	BITWISE_AND = 3,
	BITWISE_OR = 4,
	BITWISE_XOR = 5,
	ATTR_SREG2 = 8,
};

/* clang-format off */
static const struct skald_param_word operations[] = {
	{ NFT_BITWISE_BOOL, "mask-xor" }, { NFT_BITWISE_LSHIFT, "lshift" },
	{ NFT_BITWISE_RSHIFT, "rshift" }, { BITWISE_AND, "and" },
	{ BITWISE_OR, "or" }, { BITWISE_XOR, "xor" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_BITWISE_SREG, .type = SKALD_PARAM_SREG,
	  .is_required = true, .name = "sreg", .help = "register taken" },
	{ .attr = NFTA_BITWISE_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_BITWISE_LEN, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "len", .help = "bytes",
	  .most = SKALD_PHRASE_MAX },
	{ .attr = NFTA_BITWISE_MASK, .type = SKALD_PARAM_DATA, .name = "mask",
	  .help = "bits kept" },
	{ .attr = NFTA_BITWISE_XOR, .type = SKALD_PARAM_DATA, .name = "xor",
	  .help = "bits flipped" },
	{ .attr = NFTA_BITWISE_OP, .type = SKALD_PARAM_BE32, .name = "op",
	  .help = "operation", .words = operations },
	{ .attr = NFTA_BITWISE_DATA, .type = SKALD_PARAM_DATA, .name = "data",
	  .help = "bits to shift, or second operand" },
	{ .attr = ATTR_SREG2, .type = SKALD_PARAM_SREG, .name = "sreg2",
	  .help = "register with the second operand" },
};
/* clang-format on */

static int parse_value(const struct skald_nla *nla, u32 *value, u32 want)
{
	u32 len;
	int err = skald_data_value(nla, SKALD_PHRASE_MAX, value, &len);

	return err ? err : len == want ? 0 : -EINVAL;
}

static int parse_operands(struct skald_bitwise *bitwise,
			  const struct skald_nla **tb)
{
	int err;

	switch (bitwise->op) {
	case NFT_BITWISE_BOOL:
		err = parse_value(tb[NFTA_BITWISE_MASK], bitwise->mask,
				  bitwise->len);
		if (err)
			return err;
		return parse_value(tb[NFTA_BITWISE_XOR], bitwise->xor,
				   bitwise->len);
	case NFT_BITWISE_LSHIFT:
	case NFT_BITWISE_RSHIFT:
		err = parse_value(tb[NFTA_BITWISE_DATA], &bitwise->shift, 4);
		if (err)
			return err;
		return bitwise->shift && bitwise->shift < 32 ? 0 : -EINVAL;
	default:
		if (tb[ATTR_SREG2])
			return skald_reg_source(tb[ATTR_SREG2], bitwise->len,
						&bitwise->source2);
		return parse_value(tb[NFTA_BITWISE_DATA], bitwise->mask,
				   bitwise->len);
	}
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_bitwise *bitwise = skald_expr_data(expr);
	int err;

	bitwise->len = (u8)skald_nla_be32(tb[NFTA_BITWISE_LEN]);
	bitwise->op = (u8)skald_nla_be32(tb[NFTA_BITWISE_OP]);
	err = skald_reg_source(tb[NFTA_BITWISE_SREG], bitwise->len,
			       &bitwise->source);
	if (!err)
		err = skald_reg_target(tb[NFTA_BITWISE_DREG], bitwise->len,
				       &bitwise->target);
	return err ? err : parse_operands(bitwise, tb);
}

static void bits_left(u32 *to, const u32 *from, u32 words, u32 shift)
{
	u32 carry = 0;

	while (words--) {
		u32 word = from[words];

		to[words] = word << shift | carry;
		carry = word >> (32 - shift);
	}
}

static void bits_right(u32 *to, const u32 *from, u32 words, u32 shift)
{
	u32 carry = 0, i;

	for (i = 0; i < words; i++) {
		u32 word = from[i];

		to[i] = carry | word >> shift;
		carry = word << (32 - shift);
	}
}

static void combine(const struct skald_bitwise *bitwise, u32 *to,
		    const u32 *from, const u32 *with, u32 words)
{
	u32 i;

	for (i = 0; i < words; i++) {
		switch (bitwise->op) {
		case NFT_BITWISE_BOOL:
			to[i] = (from[i] & with[i]) ^ bitwise->xor [i];
			break;
		case BITWISE_AND:
			to[i] = from[i] & with[i];
			break;
		case BITWISE_OR:
			to[i] = from[i] | with[i];
			break;
		default:
			to[i] = from[i] ^ with[i];
			break;
		}
	}
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct skald_bitwise *bitwise = skald_expr_data(expr);
	const u32 *from = &regs->data[bitwise->source];
	const u32 *with = bitwise->mask;
	u32 *to = &regs->data[bitwise->target];
	u32 words = (bitwise->len + 3u) / 4;

	if (bitwise->source2)
		with = &regs->data[bitwise->source2];
	if (skald_regs_is_unknown(regs, bitwise->source, bitwise->len) ||
	    (bitwise->source2 &&
	     skald_regs_is_unknown(regs, bitwise->source2, bitwise->len))) {
		skald_regs_lack(regs, bitwise->target, bitwise->len, NULL);
		return;
	}
	if (bitwise->op == NFT_BITWISE_LSHIFT)
		bits_left(to, from, words, bitwise->shift);
	else if (bitwise->op == NFT_BITWISE_RSHIFT)
		bits_right(to, from, words, bitwise->shift);
	else
		combine(bitwise, to, from, with, words);
	skald_regs_known(regs, bitwise->target, bitwise->len);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct skald_bitwise *)skald_expr_data(expr))->target;
}

static u8 get_source(const struct skald_vm_expr *expr)
{
	return ((struct skald_bitwise *)skald_expr_data(expr))->source;
}

const struct skald_expr_ops skald_expr_bitwise = {
	.name = "bitwise",
	.help = "mask, flip or shift the bits of a register",
	.size = sizeof(struct skald_bitwise),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.get_target = get_target,
	.get_source = get_source,
};

// SPDX-License-Identifier: GPL-2.0-only
/* hash: a number from a register, or from the flow (nft_jhash_eval(),
 * nft_symhash_eval()). */
#include "expr_parts.h"
#include "jhash.h"

struct hash {
	u32 modulus;
	u32 seed;
	u32 offset;
	u8 source;
	u8 target;
	u8 len;
	bool is_symmetric;
	bool has_seed;
};

/* clang-format off */
static const struct skald_param_word types[] = {
	{ NFT_HASH_JENKINS, "jhash" }, { NFT_HASH_SYM, "symhash" },
	{ 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_HASH_SREG, .type = SKALD_PARAM_SREG, .name = "sreg",
	  .help = "register that is hashed" },
	{ .attr = NFTA_HASH_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_HASH_LEN, .type = SKALD_PARAM_BE32, .name = "len",
	  .help = "bytes", .most = SKALD_PHRASE_MAX },
	{ .attr = NFTA_HASH_MODULUS, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "modulus", .help = "how many numbers" },
	{ .attr = NFTA_HASH_SEED, .type = SKALD_PARAM_BE32, .name = "seed",
	  .help = "seed; without, the kernel takes one that it does not tell" },
	{ .attr = NFTA_HASH_OFFSET, .type = SKALD_PARAM_BE32,
	  .name = "offset", .help = "the first number" },
	{ .attr = NFTA_HASH_TYPE, .type = SKALD_PARAM_BE32, .name = "type",
	  .help = "of a register, or of the flow", .words = types },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct hash *hash = skald_expr_data(expr);
	int err;

	hash->is_symmetric = skald_nla_be32(tb[NFTA_HASH_TYPE]) == NFT_HASH_SYM;
	hash->modulus = skald_nla_be32(tb[NFTA_HASH_MODULUS]);
	hash->offset = skald_nla_be32(tb[NFTA_HASH_OFFSET]);
	hash->seed = skald_nla_be32(tb[NFTA_HASH_SEED]);
	hash->has_seed = tb[NFTA_HASH_SEED];
	hash->len = (u8)skald_nla_be32(tb[NFTA_HASH_LEN]);
	if (!hash->modulus)
		return -ERANGE;
	if (hash->offset + hash->modulus - 1 < hash->offset)
		return -EOVERFLOW;
	if (!hash->is_symmetric) {
		err = skald_reg_source(tb[NFTA_HASH_SREG], hash->len,
				       &hash->source);
		if (err)
			return err;
	}
	return skald_reg_target(tb[NFTA_HASH_DREG], 4, &hash->target);
}

static int number(const struct hash *hash, const struct skald_regs *regs,
		  const struct skald_vm_pkt *pkt, u32 *value)
{
	if (hash->is_symmetric)
		return skald_vm_fact(pkt, SKALD_FACT_FLOW_HASH, value);
	if (!hash->has_seed ||
	    skald_regs_is_unknown(regs, hash->source, hash->len))
		return -ENODATA;
	*value = skald_jhash(&regs->data[hash->source], hash->len, hash->seed);
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct hash *hash = skald_expr_data(expr);
	u32 value;

	if (number(hash, regs, pkt, &value)) {
		skald_regs_lack(regs, hash->target, 4,
				hash->is_symmetric ? "flow hash"
						   : "seed of the hash");
		return;
	}
	regs->data[hash->target] =
		skald_random_below(value, hash->modulus) + hash->offset;
	skald_regs_known(regs, hash->target, 4);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct hash *)skald_expr_data(expr))->target;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct hash *hash = skald_expr_data(expr);

	skald_phrase_str(name,
			 hash->is_symmetric ? "symhash mod " : "jhash mod ");
	skald_phrase_number(name, hash->modulus);
	return SKALD_PHRASE_NUMBER;
}

const struct skald_expr_ops skald_expr_hash = {
	.name = "hash",
	.help = "make a number from a register or from the flow",
	.size = sizeof(struct hash),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.field = field,
	.get_target = get_target,
};

// SPDX-License-Identifier: GPL-2.0-only
/* xfrm: IPsec associations of a packet (nft_xfrm_get_eval()). */
#include "expr_parts.h"
#include "place.h"

#define DIR_OUT 1
#define DEPTH_MAX 6

struct xfrm {
	u8 key;
	u8 reg;
	u8 len;
	u8 dir;
	u8 spnum;
};

/* clang-format off */
static const struct skald_param_word keys[] = {
	{ NFT_XFRM_KEY_DADDR_IP4, "ip daddr" },
	{ NFT_XFRM_KEY_DADDR_IP6, "ip6 daddr" },
	{ NFT_XFRM_KEY_SADDR_IP4, "ip saddr" },
	{ NFT_XFRM_KEY_SADDR_IP6, "ip6 saddr" },
	{ NFT_XFRM_KEY_REQID, "reqid" }, { NFT_XFRM_KEY_SPI, "spi" },
	{ 0, NULL },
};
static const struct skald_param_word dirs[] = {
	{ 0, "in" }, { DIR_OUT, "out" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_XFRM_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_XFRM_KEY, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "key",
	  .help = "what of the association", .words = keys },
	{ .attr = NFTA_XFRM_DIR, .type = SKALD_PARAM_U8, .is_required = true,
	  .name = "dir", .help = "of its past, or of its route",
	  .words = dirs },
	{ .attr = NFTA_XFRM_SPNUM, .type = SKALD_PARAM_BE32,
	  .name = "spnum", .help = "which association", .most = DEPTH_MAX - 1 },
};
/* clang-format on */

static const u8 lens[] = { 0, 4, 16, 4, 16, 4, 4 };

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct xfrm *xfrm = skald_expr_data(expr);

	xfrm->key = (u8)skald_nla_be32(tb[NFTA_XFRM_KEY]);
	xfrm->len = lens[xfrm->key];
	xfrm->dir = skald_nla_u8(tb[NFTA_XFRM_DIR]);
	xfrm->spnum = (u8)skald_nla_be32(tb[NFTA_XFRM_SPNUM]);
	return skald_reg_target(tb[NFTA_XFRM_DREG], xfrm->len, &xfrm->reg);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct xfrm *xfrm = skald_expr_data(expr);
	struct skald_xfrm_query query = {
		.is_out = xfrm->dir == DIR_OUT,
		.key = xfrm->key,
		.spnum = xfrm->spnum,
	};
	u32 value[4] = { 0 };
	int err = -ENODATA;

	if (pkt->world->xfrm)
		err = pkt->world->xfrm(pkt->owner, pkt, &query, value);
	if (err) {
		skald_regs_failed_load(regs, err, xfrm->reg, xfrm->len,
				       "IPsec associations");
		return;
	}
	memcpy(&regs->data[xfrm->reg], value, xfrm->len);
	skald_regs_known(regs, xfrm->reg, xfrm->len);
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	const struct xfrm *xfrm = skald_expr_data(expr);

	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	if (xfrm->dir == DIR_OUT)
		return skald_place_hooks(
			base, SKALD_AT(NF_INET_FORWARD) |
				      SKALD_AT(NF_INET_LOCAL_OUT) |
				      SKALD_AT(NF_INET_POST_ROUTING));
	return skald_place_hooks(base, SKALD_AT(NF_INET_FORWARD) |
					       SKALD_AT(NF_INET_LOCAL_IN) |
					       SKALD_AT(NF_INET_PRE_ROUTING));
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct xfrm *)skald_expr_data(expr))->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct xfrm *xfrm = skald_expr_data(expr);

	skald_phrase_str(name, "ipsec ");
	skald_phrase_str(name, dirs[xfrm->dir].word);
	skald_phrase_str(name, " ");
	skald_phrase_str(name, keys[xfrm->key - 1].word);
	if (xfrm->len == 16)
		return SKALD_PHRASE_IP6;
	if (xfrm->key == NFT_XFRM_KEY_DADDR_IP4 ||
	    xfrm->key == NFT_XFRM_KEY_SADDR_IP4)
		return SKALD_PHRASE_IP;
	return xfrm->key == NFT_XFRM_KEY_SPI ? SKALD_PHRASE_BE
					     : SKALD_PHRASE_NUMBER;
}

const struct skald_expr_ops skald_expr_xfrm = {
	.name = "xfrm",
	.help = "read the IPsec associations of the packet",
	.size = sizeof(struct xfrm),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
	.field = field,
	.get_target = get_target,
};

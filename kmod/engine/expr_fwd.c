// SPDX-License-Identifier: GPL-2.0-only
/* fwd: out by another interface at once (nft_fwd_netdev_eval(),
 * nft_fwd_neigh_eval()). */
#include "expr_parts.h"
#include "place.h"
#include "vm_pkt.h"

struct fwd {
	u8 dev;
	u8 addr;
	u8 family;
	u8 alen;
};

/* clang-format off */
static const struct skald_param_word families[] = {
	{ NFPROTO_IPV4, "ip" }, { NFPROTO_IPV6, "ip6" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_FWD_SREG_DEV, .type = SKALD_PARAM_SREG,
	  .is_required = true, .name = "dev",
	  .help = "register of the interface" },
	{ .attr = NFTA_FWD_SREG_ADDR, .type = SKALD_PARAM_SREG,
	  .name = "addr", .help = "register of the next hop" },
	{ .attr = NFTA_FWD_NFPROTO, .type = SKALD_PARAM_BE32,
	  .name = "family", .help = "of the next hop", .words = families },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct fwd *fwd = skald_expr_data(expr);
	int err = skald_reg_source(tb[NFTA_FWD_SREG_DEV], 4, &fwd->dev);

	if (err || !tb[NFTA_FWD_SREG_ADDR])
		return err;
	if (!tb[NFTA_FWD_NFPROTO])
		return -EINVAL;
	fwd->family = (u8)skald_nla_be32(tb[NFTA_FWD_NFPROTO]);
	fwd->alen = fwd->family == NFPROTO_IPV4 ? 4 : 16;
	return skald_reg_source(tb[NFTA_FWD_SREG_ADDR], fwd->alen, &fwd->addr);
}

/* A next hop takes one from the TTL. Return: 0, NFT_BREAK, NF_DROP + 1 */
static int lower_ttl(const struct fwd *fwd, struct skald_vm_pkt *pkt)
{
	bool is6 = fwd->family == NFPROTO_IPV6;
	u32 at = skald_pkt_network(pkt) + (is6 ? 7 : 8);
	u8 ttl;

	if (skald_pkt_protocol(pkt) != (is6 ? ETH_P_IPV6 : ETH_P_IP))
		return NFT_BREAK;
	if (skald_pkt_copy(pkt, at, 1, &ttl) || ttl <= 1)
		return NF_DROP + 1;
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct fwd *fwd = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_FWD };
	int stop;

	if (skald_regs_is_unknown(regs, fwd->dev, 4) ||
	    (fwd->addr && skald_regs_is_unknown(regs, fwd->addr, fwd->alen))) {
		skald_regs_maybe(regs, NULL);
		return;
	}
	if (fwd->addr) {
		stop = lower_ttl(fwd, pkt);
		if (stop) {
			regs->verdict.code =
				stop == NFT_BREAK ? NFT_BREAK : NF_DROP;
			return;
		}
		memcpy(effect.dup.addr, &regs->data[fwd->addr], fwd->alen);
	}
	effect.dup.family = fwd->family;
	effect.dup.has_addr = fwd->addr;
	effect.dup.oif = regs->data[fwd->dev];
	(void)skald_vm_effect(pkt, &effect);
	regs->verdict.code = NF_STOLEN;
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	if (base->table->family != NFPROTO_NETDEV)
		return -EOPNOTSUPP;
	return skald_place_hooks(base, SKALD_AT(NF_NETDEV_INGRESS) |
					       SKALD_AT(NF_NETDEV_EGRESS));
}

const struct skald_expr_ops skald_expr_fwd = {
	.name = "fwd",
	.help = "send the packet out by another interface",
	.size = sizeof(struct fwd),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
};

// SPDX-License-Identifier: GPL-2.0-only
/* dup: send a copy elsewhere (nft_dup_ipv4_eval(), nft_dup_ipv6_eval(),
 * nft_dup_netdev_eval()). */
#include "expr_parts.h"
#include "load.h"

struct dup {
	u8 addr;
	u8 dev;
	u8 alen;
};

/* clang-format off */
static const struct skald_param params[] = {
	{ .attr = NFTA_DUP_SREG_ADDR, .type = SKALD_PARAM_SREG,
	  .name = "addr", .help = "register of the next hop" },
	{ .attr = NFTA_DUP_SREG_DEV, .type = SKALD_PARAM_SREG, .name = "dev",
	  .help = "register of the interface" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct dup *dup = skald_expr_data(expr);
	bool is_netdev = load->family == NFPROTO_NETDEV;
	int err = 0;

	if (is_netdev ? !tb[NFTA_DUP_SREG_DEV] : !tb[NFTA_DUP_SREG_ADDR])
		return -EINVAL;
	dup->alen = load->family == NFPROTO_IPV4 ? 4 : 16;
	if (!is_netdev)
		err = skald_reg_source(tb[NFTA_DUP_SREG_ADDR], dup->alen,
				       &dup->addr);
	if (!err && tb[NFTA_DUP_SREG_DEV])
		err = skald_reg_source(tb[NFTA_DUP_SREG_DEV], 4, &dup->dev);
	return err;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct dup *dup = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_DUP };

	if ((dup->addr && skald_regs_is_unknown(regs, dup->addr, dup->alen)) ||
	    (dup->dev && skald_regs_is_unknown(regs, dup->dev, 4))) {
		skald_regs_maybe(regs, NULL);
		return;
	}
	effect.dup.family = pkt->pf;
	effect.dup.has_addr = dup->addr;
	if (dup->addr)
		memcpy(effect.dup.addr, &regs->data[dup->addr], dup->alen);
	if (dup->dev)
		effect.dup.oif = regs->data[dup->dev];
	(void)skald_vm_effect(pkt, &effect);
}

const struct skald_expr_ops skald_expr_dup = {
	.name = "dup",
	.help = "send a copy of the packet elsewhere",
	.size = sizeof(struct dup),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
};

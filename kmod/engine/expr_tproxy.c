// SPDX-License-Identifier: GPL-2.0-only
/* tproxy: give the packet to a transparent socket (nft_tproxy_eval()). */
#include "expr_parts.h"
#include "load.h"
#include "place.h"
#include "vm_pkt.h"

struct tproxy {
	u8 family;
	u8 addr;
	u8 port;
	u8 alen;
};

/* clang-format off */
static const struct skald_param_word families[] = {
	{ NFPROTO_UNSPEC, "both" }, { NFPROTO_IPV4, "ip" },
	{ NFPROTO_IPV6, "ip6" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_TPROXY_FAMILY, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "family", .help = "of the address",
	  .words = families },
	{ .attr = NFTA_TPROXY_REG_ADDR, .type = SKALD_PARAM_SREG,
	  .name = "addr", .help = "register of the socket's address" },
	{ .attr = NFTA_TPROXY_REG_PORT, .type = SKALD_PARAM_SREG,
	  .name = "port", .help = "register of the socket's port" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct tproxy *proxy = skald_expr_data(expr);
	int err = 0;

	if (!tb[NFTA_TPROXY_REG_ADDR] && !tb[NFTA_TPROXY_REG_PORT])
		return -EINVAL;
	proxy->family = (u8)skald_nla_be32(tb[NFTA_TPROXY_FAMILY]);
	if (load->family != NFPROTO_INET && proxy->family != load->family)
		return -EINVAL;
	if (proxy->family == NFPROTO_UNSPEC && tb[NFTA_TPROXY_REG_ADDR])
		return -EINVAL;
	proxy->alen = proxy->family == NFPROTO_IPV4 ? 4 : 16;
	if (tb[NFTA_TPROXY_REG_ADDR])
		err = skald_reg_source(tb[NFTA_TPROXY_REG_ADDR], proxy->alen,
				       &proxy->addr);
	if (!err && tb[NFTA_TPROXY_REG_PORT])
		err = skald_reg_source(tb[NFTA_TPROXY_REG_PORT], 2,
				       &proxy->port);
	return err;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct tproxy *proxy = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_TPROXY };
	int err;

	if ((proxy->family && proxy->family != pkt->pf) ||
	    (pkt->tprot != IPPROTO_TCP && pkt->tprot != IPPROTO_UDP)) {
		skald_regs_break(regs);
		return;
	}
	if ((proxy->addr &&
	     skald_regs_is_unknown(regs, proxy->addr, proxy->alen)) ||
	    (proxy->port && skald_regs_is_unknown(regs, proxy->port, 2)) ||
	    !pkt->world->effect) {
		skald_regs_maybe(regs, "socket");
		return;
	}
	effect.tproxy.family = pkt->pf;
	effect.tproxy.has_addr = proxy->addr;
	effect.tproxy.has_port = proxy->port;
	if (proxy->addr)
		memcpy(effect.tproxy.addr, &regs->data[proxy->addr],
		       proxy->alen);
	if (proxy->port)
		effect.tproxy.port = skald_reg_load16(&regs->data[proxy->port]);
	err = skald_vm_effect(pkt, &effect);
	if (err)
		skald_regs_fail(regs, err, "socket");
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	return skald_place_hooks(base, SKALD_AT(NF_INET_PRE_ROUTING));
}

const struct skald_expr_ops skald_expr_tproxy = {
	.name = "tproxy",
	.help = "give the packet to a transparent socket",
	.size = sizeof(struct tproxy),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
};

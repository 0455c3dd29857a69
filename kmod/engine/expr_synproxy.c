// SPDX-License-Identifier: GPL-2.0-only
/* synproxy: answer for the server until the client is there
 * (nft_synproxy_do_eval()). */
#include "expr_parts.h"
#include "place.h"
#include "vm_pkt.h"

#define FLAG_SYN 0x02
#define FLAG_ACK 0x10
#define WSCALE_MAX 14

struct synproxy {
	u16 mss;
	u8 wscale;
	u32 flags;
};

/* clang-format off */
static const struct skald_param_word flags[] = {
	{ 1, "mss" }, { 2, "wscale" }, { 4, "sack-perm" }, { 8, "timestamp" },
	{ 16, "ecn" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_SYNPROXY_MSS, .type = SKALD_PARAM_BE16, .name = "mss",
	  .help = "the server's maximum segment size" },
	{ .attr = NFTA_SYNPROXY_WSCALE, .type = SKALD_PARAM_U8,
	  .name = "wscale", .help = "the server's window scale" },
	{ .attr = NFTA_SYNPROXY_FLAGS, .type = SKALD_PARAM_BE32,
	  .name = "flags", .help = "options the server has",
	  .is_flags = true, .words = flags },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct synproxy *proxy = skald_expr_data(expr);

	proxy->mss = skald_nla_be16(tb[NFTA_SYNPROXY_MSS]);
	proxy->wscale = skald_nla_u8(tb[NFTA_SYNPROXY_WSCALE]);
	proxy->flags = skald_nla_be32(tb[NFTA_SYNPROXY_FLAGS]);
	return proxy->wscale > WSCALE_MAX ? -EINVAL : 0;
}

/* An acknowledgement counts if it carries a cookie of ours: the owner knows. */
static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct synproxy *proxy = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_SYNPROXY };
	u16 protocol = skald_pkt_protocol(pkt);
	u8 tcp[20];
	int err;

	if (pkt->tprot != IPPROTO_TCP ||
	    (protocol != ETH_P_IP && protocol != ETH_P_IPV6)) {
		skald_regs_break(regs);
		return;
	}
	err = skald_pkt_copy(pkt, pkt->thoff, sizeof(tcp), tcp);
	if (err) {
		if (err == -ENODATA)
			skald_regs_maybe(regs, "bytes of the packet");
		else
			regs->verdict.code = NF_DROP;
		return;
	}
	effect.synproxy.mss = proxy->mss;
	effect.synproxy.wscale = proxy->wscale;
	effect.synproxy.flags = proxy->flags;
	err = skald_vm_effect(pkt, &effect);
	if (err && err != -ENODATA)
		regs->verdict.code = NF_DROP;
	else if (tcp[13] & FLAG_SYN ||
		 (tcp[13] & FLAG_ACK && !err && pkt->world->effect))
		regs->verdict.code = NF_STOLEN;
	else if (tcp[13] & FLAG_ACK)
		skald_regs_maybe(regs, "SYN cookie");
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	return skald_place_hooks(base, SKALD_AT(NF_INET_LOCAL_IN) |
					       SKALD_AT(NF_INET_FORWARD));
}

const struct skald_expr_ops skald_expr_synproxy = {
	.name = "synproxy",
	.help = "answer SYNs for a server until the client proves to be there",
	.size = sizeof(struct synproxy),
	.flags = 0,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
};

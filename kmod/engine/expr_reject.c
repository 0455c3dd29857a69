// SPDX-License-Identifier: GPL-2.0-only
/* reject: drop, and tell the sender (nft_reject_inet_eval() and relatives). */
#include "expr_parts.h"
#include "place.h"
#include "vm_pkt.h"

struct reject {
	u8 type;
	u8 code;
};

/* clang-format off */
static const struct skald_param_word types[] = {
	{ NFT_REJECT_ICMP_UNREACH, "icmp" }, { NFT_REJECT_TCP_RST, "tcp reset" },
	{ NFT_REJECT_ICMPX_UNREACH, "icmpx" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_REJECT_TYPE, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "type", .help = "how to tell",
	  .words = types },
	{ .attr = NFTA_REJECT_ICMP_CODE, .type = SKALD_PARAM_U8,
	  .name = "icmp_code", .help = "code of the ICMP error" },
};
/* clang-format on */

/* nft_reject_icmp_code() and nft_reject_icmpv6_code(): no-route,
 * port-unreachable, host-unreachable, admin-prohibited */
static const u8 icmp_codes[] = { 0, 3, 1, 13 };
static const u8 icmp6_codes[] = { 0, 4, 3, 1 };

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct reject *reject = skald_expr_data(expr);

	reject->type = (u8)skald_nla_be32(tb[NFTA_REJECT_TYPE]);
	reject->code = skald_nla_u8(tb[NFTA_REJECT_ICMP_CODE]);
	if (reject->type == NFT_REJECT_TCP_RST)
		return 0;
	if (!tb[NFTA_REJECT_ICMP_CODE])
		return -EINVAL;
	if (reject->type == NFT_REJECT_ICMPX_UNREACH &&
	    reject->code >= ARRAY_SIZE(icmp_codes))
		return -EINVAL;
	return 0;
}

static bool is_ipv6(const struct skald_vm_pkt *pkt)
{
	if (pkt->pf == NFPROTO_BRIDGE || pkt->pf == NFPROTO_NETDEV)
		return skald_pkt_is_ipv6(pkt);
	return pkt->pf == NFPROTO_IPV6;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct reject *reject = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_REJECT };
	bool is6 = is_ipv6(pkt);

	effect.reject.type = reject->type;
	effect.reject.icmp_type = is6 ? 1 : 3;
	effect.reject.icmp_code = reject->code;
	if (reject->type == NFT_REJECT_ICMPX_UNREACH)
		effect.reject.icmp_code = is6 ? icmp6_codes[reject->code]
					      : icmp_codes[reject->code];
	(void)skald_vm_effect(pkt, &effect);
	regs->verdict.code = NF_DROP;
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	u8 family = base->table->family;

	if (family == NFPROTO_NETDEV)
		return skald_place_hooks(base, SKALD_AT(NF_NETDEV_INGRESS));
	if (family == NFPROTO_BRIDGE)
		return skald_place_hooks(base,
					 SKALD_AT(NF_INET_PRE_ROUTING) |
						 SKALD_AT(NF_INET_LOCAL_IN));
	return skald_place_hooks(
		base,
		SKALD_AT(NF_INET_LOCAL_IN) | SKALD_AT(NF_INET_FORWARD) |
			SKALD_AT(NF_INET_LOCAL_OUT) |
			SKALD_AT(NF_INET_PRE_ROUTING) |
			(family == NFPROTO_INET ? SKALD_AT(NF_INET_INGRESS)
						: 0));
}

const struct skald_expr_ops skald_expr_reject = {
	.name = "reject",
	.help = "drop the packet and tell its sender",
	.size = sizeof(struct reject),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
};

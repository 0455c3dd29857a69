// SPDX-License-Identifier: GPL-2.0-only
/* rt: the route that the packet has (nft_rt_get_eval()). */
#include "expr_parts.h"
#include "place.h"

struct rt {
	u8 key;
	u8 reg;
	u8 len;
};

/* clang-format off */
static const struct skald_param_word keys[] = {
	{ NFT_RT_CLASSID, "classid" }, { NFT_RT_NEXTHOP4, "ip nexthop" },
	{ NFT_RT_NEXTHOP6, "ip6 nexthop" }, { NFT_RT_TCPMSS, "mtu" },
	{ NFT_RT_XFRM, "ipsec" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_RT_DREG, .type = SKALD_PARAM_DREG, .is_required = true,
	  .name = "dreg", .help = "register written" },
	{ .attr = NFTA_RT_KEY, .type = SKALD_PARAM_BE32, .is_required = true,
	  .name = "key", .help = "what of the route", .words = keys },
};
/* clang-format on */

static const u8 lens[] = { 4, 4, 16, 2, 1 };

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct rt *rt = skald_expr_data(expr);

	rt->key = (u8)skald_nla_be32(tb[NFTA_RT_KEY]);
	rt->len = lens[rt->key];
	return skald_reg_target(tb[NFTA_RT_DREG], rt->len, &rt->reg);
}

static int get(const struct rt *rt, const struct skald_vm_pkt *pkt, u32 *to)
{
	struct skald_route_info route;
	int err = -ENODATA;

	if (pkt->world->route)
		err = pkt->world->route(pkt->owner, pkt, &route);
	if (err)
		return err;
	switch (rt->key) {
	case NFT_RT_CLASSID:
		*to = route.classid;
		return 0;
	case NFT_RT_NEXTHOP4:
		memcpy(to, route.nexthop4, 4);
		return pkt->pf == NFPROTO_IPV4 ? 0 : -EINVAL;
	case NFT_RT_NEXTHOP6:
		memcpy(to, route.nexthop6, 16);
		return pkt->pf == NFPROTO_IPV6 ? 0 : -EINVAL;
	case NFT_RT_TCPMSS:
		skald_reg_store16(to, (u16)route.advmss);
		return 0;
	default:
		skald_reg_store8(to, route.has_xfrm);
		return 0;
	}
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct rt *rt = skald_expr_data(expr);
	int err = get(rt, pkt, &regs->data[rt->reg]);

	skald_regs_loaded(regs, err, rt->reg, rt->len, "route");
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	const struct rt *rt = skald_expr_data(expr);

	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	if (rt->key != NFT_RT_TCPMSS)
		return 0;
	return skald_place_hooks(base, SKALD_AT(NF_INET_FORWARD) |
					       SKALD_AT(NF_INET_LOCAL_OUT) |
					       SKALD_AT(NF_INET_POST_ROUTING));
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct rt *)skald_expr_data(expr))->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct rt *rt = skald_expr_data(expr);

	skald_phrase_str(name, "rt ");
	skald_phrase_str(name, keys[rt->key].word);
	switch (rt->key) {
	case NFT_RT_NEXTHOP4:
		return SKALD_AS_IP;
	case NFT_RT_NEXTHOP6:
		return SKALD_AS_IP6;
	case NFT_RT_XFRM:
		return SKALD_AS_YES;
	default:
		return SKALD_AS_NUMBER;
	}
}

const struct skald_expr_ops skald_expr_rt = {
	.name = "rt",
	.help = "read the route that the packet has",
	.size = sizeof(struct rt),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
	.field = field,
	.get_target = get_target,
};

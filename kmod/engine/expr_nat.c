// SPDX-License-Identifier: GPL-2.0-only
/* nat: translate a connection's source or destination (nft_nat_eval()). */
#include "expr_parts.h"
#include "load.h"
#include "place.h"
#include "translate.h"
#include "vm_pkt.h"

struct nat {
	u32 flags;
	u8 family;
	bool is_dnat;
	u8 alen;
	u8 min_addr;
	u8 max_addr;
	u8 min_port;
	u8 max_port;
};

/* clang-format off */
static const struct skald_param_word types[] = {
	{ NFT_NAT_SNAT, "snat" }, { NFT_NAT_DNAT, "dnat" }, { 0, NULL },
};
static const struct skald_param_word families[] = {
	{ NFPROTO_INET, "inet" }, { NFPROTO_IPV4, "ip" },
	{ NFPROTO_IPV6, "ip6" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_NAT_TYPE, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "type", .help = "source or destination",
	  .words = types },
	{ .attr = NFTA_NAT_FAMILY, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "family", .help = "of the addresses",
	  .words = families },
	{ .attr = NFTA_NAT_REG_ADDR_MIN, .type = SKALD_PARAM_SREG,
	  .name = "addr_min", .help = "register of the lowest address" },
	{ .attr = NFTA_NAT_REG_ADDR_MAX, .type = SKALD_PARAM_SREG,
	  .name = "addr_max", .help = "register of the highest address" },
	{ .attr = NFTA_NAT_REG_PROTO_MIN, .type = SKALD_PARAM_SREG,
	  .name = "proto_min", .help = "register of the lowest port" },
	{ .attr = NFTA_NAT_REG_PROTO_MAX, .type = SKALD_PARAM_SREG,
	  .name = "proto_max", .help = "register of the highest port" },
	{ .attr = NFTA_NAT_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "random, persistent, ...", .is_flags = true,
	  .words = skald_nat_flags },
};
/* clang-format on */

static int parse_addr(struct nat *nat, const struct skald_nla **tb)
{
	int err;

	if (!tb[NFTA_NAT_REG_ADDR_MIN])
		return 0;
	if (nat->family == NFPROTO_INET)
		return -EAFNOSUPPORT;
	nat->alen = nat->family == NFPROTO_IPV4 ? 4 : 16;
	err = skald_reg_source(tb[NFTA_NAT_REG_ADDR_MIN], nat->alen,
			       &nat->min_addr);
	nat->max_addr = nat->min_addr;
	if (!err && tb[NFTA_NAT_REG_ADDR_MAX])
		err = skald_reg_source(tb[NFTA_NAT_REG_ADDR_MAX], nat->alen,
				       &nat->max_addr);
	nat->flags |= SKALD_NAT_MAP_IPS;
	return err;
}

static int parse_port(struct nat *nat, const struct skald_nla **tb)
{
	int err;

	if (!tb[NFTA_NAT_REG_PROTO_MIN])
		return 0;
	err = skald_reg_source(tb[NFTA_NAT_REG_PROTO_MIN], 2, &nat->min_port);
	nat->max_port = nat->min_port;
	if (!err && tb[NFTA_NAT_REG_PROTO_MAX])
		err = skald_reg_source(tb[NFTA_NAT_REG_PROTO_MAX], 2,
				       &nat->max_port);
	nat->flags |= SKALD_NAT_PROTO_SPECIFIED;
	return err;
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct nat *nat = skald_expr_data(expr);
	int err;

	if (!tb[NFTA_NAT_REG_ADDR_MIN] && !tb[NFTA_NAT_REG_PROTO_MIN])
		return -EINVAL;
	nat->is_dnat = skald_nla_be32(tb[NFTA_NAT_TYPE]) == NFT_NAT_DNAT;
	nat->family = (u8)skald_nla_be32(tb[NFTA_NAT_FAMILY]);
	if (load->family != NFPROTO_INET && load->family != nat->family)
		return -EOPNOTSUPP;
	err = parse_addr(nat, tb);
	if (!err)
		err = parse_port(nat, tb);
	nat->flags |= skald_nla_be32(tb[NFTA_NAT_FLAGS]);
	return err;
}

static bool lacks(const struct nat *nat, const struct skald_regs *regs)
{
	if (nat->min_addr &&
	    (skald_regs_is_unknown(regs, nat->min_addr, nat->alen) ||
	     skald_regs_is_unknown(regs, nat->max_addr, nat->alen)))
		return true;
	return nat->min_port &&
	       (skald_regs_is_unknown(regs, nat->min_port, 2) ||
		skald_regs_is_unknown(regs, nat->max_port, 2));
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct nat *nat = skald_expr_data(expr);
	struct skald_vm_nat range = {
		.flags = nat->flags,
		.family = pkt->pf,
		.is_dnat = nat->is_dnat,
	};

	/* rules for the other family are passed over (nft_nat_inet_eval()) */
	if (nat->family != NFPROTO_INET && nat->family != pkt->pf)
		return;
	if (lacks(nat, regs)) {
		skald_regs_maybe(regs, NULL);
		return;
	}
	if (nat->min_addr) {
		memcpy(range.min_addr, &regs->data[nat->min_addr], nat->alen);
		memcpy(range.max_addr, &regs->data[nat->max_addr], nat->alen);
		if (nat->flags & SKALD_VM_NAT_NETMAP)
			skald_vm_netmap(pkt, &range);
	}
	if (nat->min_port) {
		range.min_port = skald_reg_load16(&regs->data[nat->min_port]);
		range.max_port = skald_reg_load16(&regs->data[nat->max_port]);
	}
	skald_nat_apply(pkt, regs, &range);
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	const struct nat *nat = skald_expr_data(expr);

	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	if (nat->is_dnat)
		return skald_place_nat(base,
				       SKALD_AT(NF_INET_PRE_ROUTING) |
					       SKALD_AT(NF_INET_LOCAL_OUT));
	return skald_place_nat(base, SKALD_AT(NF_INET_POST_ROUTING) |
					     SKALD_AT(NF_INET_LOCAL_IN));
}

const struct skald_expr_ops skald_expr_nat = {
	.name = "nat",
	.help = "translate a connection's source or destination",
	.size = sizeof(struct nat),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
};

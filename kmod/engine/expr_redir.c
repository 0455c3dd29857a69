// SPDX-License-Identifier: GPL-2.0-only
/* redir: the destination becomes this host (nft_redir_eval()). */
#include "expr_parts.h"
#include "place.h"
#include "translate.h"

struct redir {
	u32 flags;
	u8 min_port;
	u8 max_port;
};

/* clang-format off */
static const struct skald_param params[] = {
	{ .attr = NFTA_REDIR_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "random, persistent, ...", .is_flags = true,
	  .words = skald_nat_flags },
	{ .attr = NFTA_REDIR_REG_PROTO_MIN, .type = SKALD_PARAM_SREG,
	  .name = "proto_min", .help = "register of the lowest port" },
	{ .attr = NFTA_REDIR_REG_PROTO_MAX, .type = SKALD_PARAM_SREG,
	  .name = "proto_max", .help = "register of the highest port" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct redir *redir = skald_expr_data(expr);
	int err;

	/* nft_redir_init(): flags replace what the port stands for */
	if (tb[NFTA_REDIR_FLAGS])
		redir->flags = skald_nla_be32(tb[NFTA_REDIR_FLAGS]);
	else if (tb[NFTA_REDIR_REG_PROTO_MIN])
		redir->flags = SKALD_NAT_PROTO_SPECIFIED;
	if (!tb[NFTA_REDIR_REG_PROTO_MIN])
		return 0;
	err = skald_reg_source(tb[NFTA_REDIR_REG_PROTO_MIN], 2,
			       &redir->min_port);
	redir->max_port = redir->min_port;
	if (!err && tb[NFTA_REDIR_REG_PROTO_MAX])
		err = skald_reg_source(tb[NFTA_REDIR_REG_PROTO_MAX], 2,
				       &redir->max_port);
	return err;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct redir *redir = skald_expr_data(expr);
	struct skald_vm_nat range = {
		.flags = redir->flags,
		.family = pkt->pf,
		.is_dnat = true,
		.kind = SKALD_VM_NAT_REDIRECT,
	};

	if (redir->min_port) {
		if (skald_regs_is_unknown(regs, redir->min_port, 2) ||
		    skald_regs_is_unknown(regs, redir->max_port, 2)) {
			skald_regs_maybe(regs, NULL);
			return;
		}
		range.min_port = skald_reg_load16(&regs->data[redir->min_port]);
		range.max_port = skald_reg_load16(&regs->data[redir->max_port]);
	}
	if (pkt->pf == NFPROTO_IPV4 || pkt->pf == NFPROTO_IPV6)
		skald_nat_apply(pkt, regs, &range);
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	return skald_place_nat(base, SKALD_AT(NF_INET_PRE_ROUTING) |
					     SKALD_AT(NF_INET_LOCAL_OUT));
}

const struct skald_expr_ops skald_expr_redir = {
	.name = "redir",
	.help = "translate the destination to this host",
	.size = sizeof(struct redir),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
};

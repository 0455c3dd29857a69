// SPDX-License-Identifier: GPL-2.0-only
/* masq: the source becomes the output interface's (nft_masq_eval()). */
#include "expr_parts.h"
#include "place.h"
#include "translate.h"

struct masq {
	u32 flags;
	u8 min_port;
	u8 max_port;
};

/* clang-format off */
static const struct skald_param params[] = {
	{ .attr = NFTA_MASQ_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "random, persistent, ...", .is_flags = true,
	  .words = skald_nat_flags },
	{ .attr = NFTA_MASQ_REG_PROTO_MIN, .type = SKALD_PARAM_SREG,
	  .name = "proto_min", .help = "register of the lowest port" },
	{ .attr = NFTA_MASQ_REG_PROTO_MAX, .type = SKALD_PARAM_SREG,
	  .name = "proto_max", .help = "register of the highest port" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct masq *masq = skald_expr_data(expr);
	int err;

	masq->flags = skald_nla_be32(tb[NFTA_MASQ_FLAGS]);
	if (!tb[NFTA_MASQ_REG_PROTO_MIN])
		return 0;
	err = skald_reg_source(tb[NFTA_MASQ_REG_PROTO_MIN], 2, &masq->min_port);
	masq->max_port = masq->min_port;
	if (!err && tb[NFTA_MASQ_REG_PROTO_MAX])
		err = skald_reg_source(tb[NFTA_MASQ_REG_PROTO_MAX], 2,
				       &masq->max_port);
	return err;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct masq *masq = skald_expr_data(expr);
	struct skald_vm_nat range = {
		.flags = masq->flags,
		.family = pkt->pf,
		.kind = SKALD_VM_NAT_MASQUERADE,
	};

	if (masq->min_port) {
		if (skald_regs_is_unknown(regs, masq->min_port, 2) ||
		    skald_regs_is_unknown(regs, masq->max_port, 2)) {
			skald_regs_maybe(regs, NULL);
			return;
		}
		range.min_port = skald_reg_load16(&regs->data[masq->min_port]);
		range.max_port = skald_reg_load16(&regs->data[masq->max_port]);
	}
	if (pkt->pf == NFPROTO_IPV4 || pkt->pf == NFPROTO_IPV6)
		skald_nat_apply(pkt, regs, &range);
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	return skald_place_nat(base, SKALD_AT(NF_INET_POST_ROUTING));
}

const struct skald_expr_ops skald_expr_masq = {
	.name = "masq",
	.help = "translate the source to the output interface's address",
	.size = sizeof(struct masq),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.validate = validate,
};

// SPDX-License-Identifier: GPL-2.0-only
/* last: when a packet came by last (nft_last_eval()). */
#include "expr_parts.h"
#include "load.h"

struct last {
	u64 when;
	bool is_set;
};

/* clang-format off */
static const struct skald_param params[] = {
	{ .attr = NFTA_LAST_SET, .type = SKALD_PARAM_BE32, .name = "set",
	  .help = "one came by already" },
	{ .attr = NFTA_LAST_MSECS, .type = SKALD_PARAM_BE64, .name = "msecs",
	  .help = "how long ago, ms" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct last *last = skald_expr_data(expr);
	u64 ago = skald_nla_be64(tb[NFTA_LAST_MSECS]);

	last->is_set = skald_nla_be32(tb[NFTA_LAST_SET]);
	if (ago > U64_MAX / 1000000)
		return -ERANGE;
	if (last->is_set)
		last->when = load->now - ago * 1000000;
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	struct last *last = skald_expr_data(expr);

	last->when = pkt->now;
	last->is_set = true;
}

const struct skald_expr_ops skald_expr_last = {
	.name = "last",
	.help = "remember when a packet came by last",
	.size = sizeof(struct last),
	.flags = SKALD_EXPR_STATEFUL,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
};

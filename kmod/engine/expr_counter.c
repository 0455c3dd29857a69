// SPDX-License-Identifier: GPL-2.0-only
/* counter: packets and bytes (nft_counter_eval()). */
#include "expr_parts.h"
#include "vm_pkt.h"

struct counter {
	u64 packets;
	u64 bytes;
};

/* clang-format off */
static const struct skald_param params[] = {
	{ .attr = NFTA_COUNTER_BYTES, .type = SKALD_PARAM_BE64,
	  .name = "bytes", .help = "bytes counted so far" },
	{ .attr = NFTA_COUNTER_PACKETS, .type = SKALD_PARAM_BE64,
	  .name = "packets", .help = "packets counted so far" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct counter *counter = skald_expr_data(expr);

	counter->bytes = skald_nla_be64(tb[NFTA_COUNTER_BYTES]);
	counter->packets = skald_nla_be64(tb[NFTA_COUNTER_PACKETS]);
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	struct counter *counter = skald_expr_data(expr);

	counter->packets++;
	counter->bytes += skald_pkt_len(pkt);
}

static int clone(struct skald_vm_expr *to, const struct skald_vm_expr *from)
{
	memset(skald_expr_data(to), 0, sizeof(struct counter));
	return 0;
}

void skald_counter_read(const struct skald_vm_expr *expr, u64 *packets,
			u64 *bytes)
{
	const struct counter *counter = skald_expr_data(expr);

	*packets = counter->packets;
	*bytes = counter->bytes;
}

const struct skald_expr_ops skald_expr_counter = {
	.name = "counter",
	.help = "count packets and bytes",
	.size = sizeof(struct counter),
	.flags = SKALD_EXPR_STATEFUL,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.clone = clone,
};

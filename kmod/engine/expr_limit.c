// SPDX-License-Identifier: GPL-2.0-only
/* limit: a token bucket of packets or bytes (nft_limit_eval()). */
#include "expr_parts.h"
#include "load.h"
#include "vm_pkt.h"

#define NS 1000000000ull
#define BURST_DEFAULT 5

/* clang-format off */
static const struct skald_param_word types[] = {
	{ NFT_LIMIT_PKTS, "packets" }, { NFT_LIMIT_PKT_BYTES, "bytes" },
	{ 0, NULL },
};
static const struct skald_param_word flags[] = {
	{ NFT_LIMIT_F_INV, "over" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_LIMIT_RATE, .type = SKALD_PARAM_BE64,
	  .is_required = true, .name = "rate",
	  .help = "packets or bytes in a unit of time" },
	{ .attr = NFTA_LIMIT_UNIT, .type = SKALD_PARAM_BE64,
	  .is_required = true, .name = "unit", .help = "seconds of a unit" },
	{ .attr = NFTA_LIMIT_BURST, .type = SKALD_PARAM_BE32,
	  .name = "burst", .help = "packets or bytes above the rate" },
	{ .attr = NFTA_LIMIT_TYPE, .type = SKALD_PARAM_BE32, .name = "type",
	  .help = "what is limited", .words = types },
	{ .attr = NFTA_LIMIT_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "over: match what exceeds the rate", .is_flags = true,
	  .words = flags },
};
/* clang-format on */

static bool times(u64 a, u64 b, u64 *product)
{
	if (b && a > div64_u64(U64_MAX, b))
		return false;
	*product = a * b;
	return true;
}

/* nft_limit_init(): how much the bucket holds, in ns. */
static int size_bucket(struct skald_limit *limit)
{
	u64 sum = limit->rate + limit->burst, tokens;

	if (sum < limit->rate)
		return -EOVERFLOW;
	if (!limit->is_bytes) {
		limit->cost = div64_u64(limit->nsecs, limit->rate);
		if (!times(limit->cost, limit->burst, &limit->tokens_max))
			return -EOVERFLOW;
		return 0;
	}
	if (!times(limit->nsecs, sum, &tokens))
		return -EOVERFLOW;
	limit->tokens_max = div64_u64(tokens, limit->rate);
	return 0;
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_limit *limit = skald_expr_data(expr);
	int err;

	limit->rate = skald_nla_be64(tb[NFTA_LIMIT_RATE]);
	if (!limit->rate)
		return -EINVAL;
	if (!times(skald_nla_be64(tb[NFTA_LIMIT_UNIT]), NS, &limit->nsecs))
		return -EOVERFLOW;
	limit->burst = skald_nla_be32(tb[NFTA_LIMIT_BURST]);
	limit->is_bytes =
		skald_nla_be32(tb[NFTA_LIMIT_TYPE]) == NFT_LIMIT_PKT_BYTES;
	limit->is_inverted =
		skald_nla_be32(tb[NFTA_LIMIT_FLAGS]) & NFT_LIMIT_F_INV;
	if (!limit->is_bytes && !limit->burst)
		limit->burst = BURST_DEFAULT;
	err = size_bucket(limit);
	if (err)
		return err;
	limit->tokens = limit->tokens_max;
	limit->last = load->now;
	return 0;
}

/* Return: whether the packet exceeds the rate */
static bool is_over(struct skald_limit *limit, u64 now, u64 cost)
{
	u64 passed = now > limit->last ? now - limit->last : 0;
	u64 tokens = limit->tokens + passed;

	if (tokens > limit->tokens_max || tokens < passed)
		tokens = limit->tokens_max;
	limit->last = now;
	if (tokens >= cost) {
		limit->tokens = tokens - cost;
		return false;
	}
	limit->tokens = tokens;
	return true;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	struct skald_limit *limit = skald_expr_data(expr);
	u64 cost = limit->cost;

	if (limit->is_bytes)
		cost = div64_u64(limit->nsecs * skald_pkt_len(pkt),
				 limit->rate);
	if (is_over(limit, pkt->now, cost) != limit->is_inverted)
		skald_regs_break(regs);
}

static int clone(struct skald_vm_expr *to, const struct skald_vm_expr *from)
{
	struct skald_limit *limit = skald_expr_data(to);

	limit->tokens = limit->tokens_max;
	return 0;
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct skald_limit *limit = skald_expr_data(expr);
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "limit rate");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	if (limit->is_inverted)
		skald_phrase_str(&phrase, "over ");
	skald_phrase_number(&phrase, limit->rate);
	skald_phrase_str(&phrase, limit->is_bytes ? " bytes" : " packets");
	skald_phrase_str(&phrase, " in ");
	skald_phrase_number(&phrase, div64_u64(limit->nsecs, NS));
	skald_phrase_str(&phrase, " s, burst ");
	skald_phrase_number(&phrase, limit->burst);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	skald_phrase_str(&phrase, limit->is_inverted ? "within" : "over");
}

const struct skald_expr_ops skald_expr_limit = {
	.name = "limit",
	.help = "match up to, or over, a rate",
	.size = sizeof(struct skald_limit),
	.flags = SKALD_EXPR_STATEFUL,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.clone = clone,
	.explain = explain,
};

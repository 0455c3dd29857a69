// SPDX-License-Identifier: GPL-2.0-only
/* quota: up to, or over, a number of bytes (nft_quota_do_eval()). */
#include "expr_parts.h"
#include "vm_pkt.h"

struct quota {
	u64 quota;
	u64 consumed;
	bool is_inverted;
};

/* clang-format off */
static const struct skald_param_word flags[] = {
	{ NFT_QUOTA_F_INV, "over" }, { NFT_QUOTA_F_DEPLETED, "depleted" },
	{ 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_QUOTA_BYTES, .type = SKALD_PARAM_BE64,
	  .is_required = true, .name = "bytes", .help = "the quota" },
	{ .attr = NFTA_QUOTA_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "over: match when it is exceeded", .is_flags = true,
	  .words = flags },
	{ .attr = NFTA_QUOTA_CONSUMED, .type = SKALD_PARAM_BE64,
	  .name = "consumed", .help = "bytes used so far" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct quota *quota = skald_expr_data(expr);

	quota->quota = skald_nla_be64(tb[NFTA_QUOTA_BYTES]);
	quota->consumed = skald_nla_be64(tb[NFTA_QUOTA_CONSUMED]);
	quota->is_inverted =
		skald_nla_be32(tb[NFTA_QUOTA_FLAGS]) & NFT_QUOTA_F_INV;
	return quota->quota > U64_MAX / 2 ? -EOVERFLOW : 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	struct quota *quota = skald_expr_data(expr);

	quota->consumed += skald_pkt_len(pkt);
	if ((quota->consumed > quota->quota) != quota->is_inverted)
		skald_regs_break(regs);
}

static int clone(struct skald_vm_expr *to, const struct skald_vm_expr *from)
{
	((struct quota *)skald_expr_data(to))->consumed = 0;
	return 0;
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct quota *quota = skald_expr_data(expr);
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "quota");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, quota->is_inverted ? "over " : "until ");
	skald_phrase_number(&phrase, quota->quota);
	skald_phrase_str(&phrase, " bytes");
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	skald_phrase_number(&phrase, quota->consumed);
}

const struct skald_expr_ops skald_expr_quota = {
	.name = "quota",
	.help = "match until, or after, so many bytes",
	.size = sizeof(struct quota),
	.flags = SKALD_EXPR_STATEFUL,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.clone = clone,
	.explain = explain,
};

// SPDX-License-Identifier: GPL-2.0-only
/* connlimit: how many connections there are (nft_connlimit_do_eval()). */
#include "expr_parts.h"

struct connlimit {
	u32 limit;
	bool is_inverted;
};

/* clang-format off */
static const struct skald_param_word flags[] = {
	{ NFT_CONNLIMIT_F_INV, "over" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_CONNLIMIT_COUNT, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "count", .help = "connections" },
	{ .attr = NFTA_CONNLIMIT_FLAGS, .type = SKALD_PARAM_BE32,
	  .name = "flags", .help = "over: match when there are more",
	  .is_flags = true, .words = flags },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct connlimit *limit = skald_expr_data(expr);

	limit->limit = skald_nla_be32(tb[NFTA_CONNLIMIT_COUNT]);
	limit->is_inverted =
		skald_nla_be32(tb[NFTA_CONNLIMIT_FLAGS]) & NFT_CONNLIMIT_F_INV;
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct connlimit *limit = skald_expr_data(expr);
	u32 count;
	int err = -ENODATA;

	if (pkt->world->connlimit)
		err = pkt->world->connlimit(pkt->owner, pkt, limit, NULL, 0,
					    &count);
	if (err == -ENODATA)
		skald_regs_maybe(regs, "number of connections");
	else if (err)
		regs->verdict.code = NF_DROP;
	else if ((count > limit->limit) != limit->is_inverted)
		skald_regs_break(regs);
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct connlimit *limit = skald_expr_data(expr);
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "ct count");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	if (limit->is_inverted)
		skald_phrase_str(&phrase, "over ");
	skald_phrase_number(&phrase, limit->limit);
}

const struct skald_expr_ops skald_expr_connlimit = {
	.name = "connlimit",
	.help = "match up to, or over, a number of connections",
	.size = sizeof(struct connlimit),
	.flags = SKALD_EXPR_STATEFUL,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.explain = explain,
};

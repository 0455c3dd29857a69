// SPDX-License-Identifier: GPL-2.0-only
/* match and target: x_tables through nft_compat (nft_match_eval(),
 * nft_target_eval_xt()). */
#include "expr_parts.h"
#include "load.h"
#include "vm_pkt.h"
#include "xt.h"

/* clang-format off */
static const struct skald_param match_params[] = {
	{ .attr = NFTA_MATCH_NAME, .type = SKALD_PARAM_STRING,
	  .is_required = true, .name = "name", .help = "match of x_tables",
	  .most = SKALD_XT_NAME },
	{ .attr = NFTA_MATCH_REV, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "rev", .help = "revision",
	  .most = 254 },
	{ .attr = NFTA_MATCH_INFO, .type = SKALD_PARAM_BLOB,
	  .is_required = true, .name = "info", .help = "its structure",
	  .most = SKALD_EXPR_MAX - 256 },
};

static const struct skald_param target_params[] = {
	{ .attr = NFTA_TARGET_NAME, .type = SKALD_PARAM_STRING,
	  .is_required = true, .name = "name", .help = "target of x_tables",
	  .most = SKALD_XT_NAME },
	{ .attr = NFTA_TARGET_REV, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "rev", .help = "revision",
	  .most = 254 },
	{ .attr = NFTA_TARGET_INFO, .type = SKALD_PARAM_BLOB,
	  .is_required = true, .name = "info", .help = "its structure",
	  .most = SKALD_EXPR_MAX - 256 },
};
/* clang-format on */

static const struct skald_xt_ops *const matches[] = {
	skald_xt_transport,
	skald_xt_network,
	skald_xt_ipv6,
	skald_xt_srh,
	skald_xt_ipsec,
	skald_xt_content,
	skald_xt_ct,
	skald_xt_host,
	skald_xt_socket,
	skald_xt_state,
	skald_xt_recent,
	skald_xt_hashlimit,
	skald_xt_spread_matches,
	skald_xt_bridge,
	skald_xt_bridge_ip,
};
static const struct skald_xt_ops *const targets[] = {
	skald_xt_targets,	 skald_xt_nat,
	skald_xt_mangle,	 skald_xt_npt,
	skald_xt_spread_targets, skald_xt_link_targets,
};

const struct skald_xt_ops *skald_xt_kind(u32 n)
{
	const struct skald_xt_ops *ops;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(matches) + ARRAY_SIZE(targets); i++) {
		ops = i < ARRAY_SIZE(matches)
			      ? matches[i]
			      : targets[i - ARRAY_SIZE(matches)];
		for (; ops->name; ops++) {
			if (!n--)
				return ops;
		}
	}
	return NULL;
}

static bool is_meant(const struct skald_xt_ops *ops, const struct skald_xt *xt)
{
	return strcmp(ops->name, xt->name) == 0 &&
	       (ops->revision == xt->revision ||
		ops->revision == SKALD_XT_ANY) &&
	       (!ops->family || ops->family == xt->family);
}

/* One of the family itself is meant before one of any. */
static const struct skald_xt_ops *find(const struct skald_xt *xt,
				       bool is_target)
{
	const struct skald_xt_ops *const *tables =
		is_target ? targets : matches;
	u32 n = is_target ? ARRAY_SIZE(targets) : ARRAY_SIZE(matches), i;
	const struct skald_xt_ops *ops, *found = NULL;

	for (i = 0; i < n; i++) {
		for (ops = tables[i]; ops->name; ops++) {
			if (ops->name[0] == xt->name[0] && is_meant(ops, xt) &&
			    (!found || ops->family))
				found = ops;
		}
	}
	return found;
}

bool skald_xt_is_masked(const u8 *bytes, const u8 *want, const u8 *mask,
			u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if ((bytes[i] ^ want[i]) & mask[i])
			return false;
	}
	return true;
}

int skald_xt_pull(const struct skald_vm_pkt *pkt, u32 off, u32 len, void *to)
{
	int err = skald_pkt_copy(pkt, off, len, to);

	return err == -EINVAL ? SKALD_XT_DROP : err;
}

/* Attributes of both are numbered alike. */
static int get_size(struct skald_load *load, const struct skald_nla **tb)
{
	return (int)(sizeof(struct skald_xt) +
		     ((skald_nla_len(tb[NFTA_MATCH_INFO]) + 7) & ~7u));
}

static int fill(struct skald_load *load, struct skald_vm_expr *expr,
		const struct skald_nla **tb, bool is_target)
{
	struct skald_xt *xt = skald_expr_data(expr);
	const struct skald_nla *info = tb[NFTA_MATCH_INFO];

	memcpy(xt->name, skald_nla_data(tb[NFTA_MATCH_NAME]),
	       skald_nla_len(tb[NFTA_MATCH_NAME]));
	xt->revision = (u8)skald_nla_be32(tb[NFTA_MATCH_REV]);
	xt->family = load->family;
	xt->len = skald_nla_len(info);
	memcpy(xt->info, skald_nla_data(info), xt->len);
	xt->ops = find(xt, is_target);
	if (!xt->ops)
		return 0;
	if (xt->len < xt->ops->size)
		return skald_load_refuse(load, -EINVAL, "too short:", xt->name);
	return xt->ops->init ? xt->ops->init(xt, load) : 0;
}

static int parse_match(struct skald_load *load, struct skald_vm_expr *expr,
		       const struct skald_nla **tb)
{
	return fill(load, expr, tb, false);
}

static int parse_target(struct skald_load *load, struct skald_vm_expr *expr,
			const struct skald_nla **tb)
{
	return fill(load, expr, tb, true);
}

static void release(struct skald_vm_expr *expr)
{
	struct skald_xt *xt = skald_expr_data(expr);

	if (xt->ops && xt->ops->free)
		xt->ops->free(xt);
}

static void eval_match(const struct skald_vm_expr *expr,
		       struct skald_regs *regs, struct skald_vm_pkt *pkt)
{
	struct skald_xt *xt = skald_expr_data(expr);
	int answer;

	if (!xt->ops) {
		skald_regs_maybe(regs, xt->name);
		return;
	}
	answer = xt->ops->match(xt, pkt);
	if (answer == SKALD_XT_NO)
		skald_regs_break(regs);
	else if (answer == -ENODATA)
		skald_regs_maybe(regs, xt->ops->missing ? xt->ops->missing
							: xt->name);
	else if (answer == SKALD_XT_DROP && skald_regs_is_sure(regs))
		regs->verdict.code = NF_DROP;
}

static void eval_target(const struct skald_vm_expr *expr,
			struct skald_regs *regs, struct skald_vm_pkt *pkt)
{
	struct skald_xt *xt = skald_expr_data(expr);

	if (!xt->ops)
		skald_regs_maybe(regs, xt->name);
	else
		xt->ops->target(xt, regs, pkt);
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct skald_xt *xt = skald_expr_data(expr);
	struct skald_phrase phrase;

	miss->expression = xt->name;
	if (xt->ops && xt->ops->explain) {
		xt->ops->explain(xt, pkt, miss);
		return;
	}
	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, xt->name);
}

/* Stateful matches change nothing before they are asked. */
const struct skald_expr_ops skald_expr_match = {
	.name = "match",
	.help = "a match of x_tables",
	.n_params = ARRAY_SIZE(match_params),
	.params = match_params,
	.get_size = get_size,
	.parse = parse_match,
	.eval = eval_match,
	.free = release,
	.explain = explain,
	.flags = SKALD_EXPR_PURE,
};

const struct skald_expr_ops skald_expr_target = {
	.name = "target",
	.help = "a target of x_tables",
	.n_params = ARRAY_SIZE(target_params),
	.params = target_params,
	.get_size = get_size,
	.parse = parse_target,
	.eval = eval_target,
	.free = release,
	.explain = explain,
};

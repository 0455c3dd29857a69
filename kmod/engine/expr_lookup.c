// SPDX-License-Identifier: GPL-2.0-only
/* lookup: a register in a set or map (nft_lookup_eval()). */
#include "explain.h"
#include "expr_parts.h"
#include "load.h"
#include "set.h"

/* clang-format off */
static const struct skald_param_word flags[] = {
	{ NFT_LOOKUP_F_INV, "inverted" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_LOOKUP_SET, .type = SKALD_PARAM_STRING,
	  .is_required = true, .name = "set", .help = "set or map",
	  .most = 256 },
	{ .attr = NFTA_LOOKUP_SREG, .type = SKALD_PARAM_SREG,
	  .is_required = true, .name = "sreg", .help = "register of the key" },
	{ .attr = NFTA_LOOKUP_DREG, .type = SKALD_PARAM_DREG, .name = "dreg",
	  .help = "register for a map's value; 0: the verdict" },
	{ .attr = NFTA_LOOKUP_SET_ID, .type = SKALD_PARAM_BE32,
	  .name = "set_id", .help = "set of the same transaction" },
	{ .attr = NFTA_LOOKUP_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "inverted: only what is not in the set", .is_flags = true,
	  .words = flags },
};
/* clang-format on */

static int parse_target(struct skald_lookup *lookup,
			const struct skald_vm_set *set,
			const struct skald_nla *dreg)
{
	bool is_verdict = set->dtype == NFT_DATA_VERDICT;

	if (!dreg)
		return (set->flags & NFT_SET_MAP) &&
				       (set->flags & NFT_SET_ANONYMOUS)
			       ? -EINVAL
			       : 0;
	if (lookup->is_inverted || !(set->flags & NFT_SET_MAP))
		return -EINVAL;
	lookup->has_target = true;
	if ((skald_nla_be32(dreg) == NFT_REG_VERDICT) != is_verdict)
		return -EINVAL;
	if (is_verdict)
		return 0;
	return skald_reg_target(dreg, set->dlen, &lookup->target);
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct skald_lookup *lookup = skald_expr_data(expr);
	const char *name = skald_nla_string(tb[NFTA_LOOKUP_SET], 256);
	struct skald_vm_set *set = skald_set_find(
		load, name, skald_nla_be32(tb[NFTA_LOOKUP_SET_ID]));
	int err;

	if (!set)
		return skald_load_refuse(load, -ENOENT, "no set", name);
	lookup->is_inverted =
		skald_nla_be32(tb[NFTA_LOOKUP_FLAGS]) & NFT_LOOKUP_F_INV;
	err = skald_reg_source(tb[NFTA_LOOKUP_SREG], set->klen,
			       &lookup->source);
	if (!err)
		err = parse_target(lookup, set, tb[NFTA_LOOKUP_DREG]);
	if (err)
		return err;
	lookup->set = set;
	set->use++;
	return 0;
}

static void hold(const struct skald_vm_expr *expr, int delta)
{
	const struct skald_lookup *lookup = skald_expr_data(expr);

	lookup->set->use += (u32)delta;
}

/* nft_set_elem_update_expr() */
static void run_elem(const struct skald_vm_elem *elem, struct skald_regs *regs,
		     struct skald_vm_pkt *pkt)
{
	u32 i;

	for (i = 0; i < SKALD_SET_EXPRS && elem->expr[i]; i++) {
		elem->expr[i]->ops->eval(elem->expr[i], regs, pkt);
		if (regs->verdict.code == NFT_BREAK)
			return;
	}
}

static void eval_unknown(const struct skald_lookup *lookup,
			 struct skald_regs *regs)
{
	if (lookup->has_target && lookup->target)
		skald_regs_lack(regs, lookup->target, lookup->set->dlen, NULL);
	skald_regs_maybe(regs, NULL);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct skald_lookup *lookup = skald_expr_data(expr);
	struct skald_vm_set *set = lookup->set;
	const struct skald_vm_elem *elem;

	if (skald_regs_is_unknown(regs, lookup->source, set->klen)) {
		eval_unknown(lookup, regs);
		return;
	}
	elem = skald_set_lookup(set, &regs->data[lookup->source],
				skald_vm_now_bit(set->table->vm), pkt->now);
	if (!elem == !lookup->is_inverted) {
		skald_regs_break(regs);
		return;
	}
	if (!elem)
		return;
	if (lookup->has_target && lookup->target) {
		memcpy(&regs->data[lookup->target], elem->data,
		       (set->dlen + 3) & ~3u);
		skald_regs_known(regs, lookup->target, set->dlen);
	} else if (lookup->has_target && skald_regs_is_sure(regs)) {
		regs->verdict = elem->verdict;
	}
	if (skald_regs_is_sure(regs))
		run_elem(elem, regs, pkt);
}

static void put_key(struct skald_phrase *phrase, const struct skald_vm_set *set,
		    u8 kind, const u8 *key)
{
	u32 at = 0, i;

	if (set->n_fields < 2) {
		skald_phrase_value(phrase, kind, key, set->klen);
		return;
	}
	for (i = 0; i < set->n_fields && at < set->klen; i++) {
		u32 len = set->field_len[i];

		if (i)
			skald_phrase_str(phrase, " . ");
		skald_phrase_value(
			phrase, len == 4 ? SKALD_PHRASE_IP : SKALD_PHRASE_HEX,
			key + at, len);
		at += (len + 3) & ~3u;
	}
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct skald_lookup *lookup = skald_expr_data(expr);
	const struct skald_vm_set *set = lookup->set;
	const u8 *key = (const u8 *)&regs->data[lookup->source];
	const struct skald_vm_elem *near;
	struct skald_phrase phrase;
	u8 kind;

	skald_explain_source(rule, expr, lookup->source, set->klen, regs, pkt,
			     miss, &kind);
	if (set->n_fields > 1) {
		skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
		put_key(&phrase, set, kind, key);
	}
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	if (lookup->is_inverted)
		skald_phrase_str(&phrase, "not ");
	skald_phrase_str(&phrase, "in @");
	skald_phrase_str(&phrase, set->name);
	if (lookup->source < SKALD_VM_VERDICT_WORDS || lookup->is_inverted)
		return;
	near = skald_set_nearest(set, key, skald_vm_now_bit(set->table->vm));
	if (!near) {
		skald_phrase_str(&phrase, " (empty)");
		return;
	}
	skald_phrase_str(&phrase, " (nearest ");
	put_key(&phrase, set, kind, near->key);
	skald_phrase_str(&phrase, ")");
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct skald_lookup *)skald_expr_data(expr))->target;
}

const struct skald_expr_ops skald_expr_lookup = {
	.name = "lookup",
	.help = "look a register up in a set or map",
	.size = sizeof(struct skald_lookup),
	.flags = SKALD_EXPR_PURE | SKALD_EXPR_JUMPS,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.hold = hold,
	.explain = explain,
	.get_target = get_target,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two walks through one base chain: rule by rule, and what it means when they
 * part.
 */
#include "reenact.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "engine_priv.h"
#include "expr_parts.h"
#include "set.h"
#include "xt.h"

/**
 * struct turn - a rule or policy that a walk came to
 * @chain: its chain
 * @handle: the rule, 0: the policy
 * @verdict: what it decided
 * @target: chain jumped to, or NULL
 */
struct turn {
	const char *chain;
	uint64_t handle;
	uint64_t verdict;
	const char *target;
};

const char *skald_agreement_word(enum skald_agreement agreement)
{
	switch (agreement) {
	case SKALD_AGREES:
		return "agrees";
	case SKALD_DISAGREES:
		return "disagrees";
	case SKALD_AGREEMENT_UNKNOWN:
		return "unknown";
	}
	return "?";
}

/* Kernels differ in what they call a rule that returns, and whether they tell
 * of a chain's end. Return: whether the event is a turn */
static bool is_turn(const struct skald_event *event, struct turn *turn)
{
	switch (event->kind) {
	case SKALD_RULE:
		*turn = (struct turn){ .chain = event->ev_rule.chain,
				       .handle = event->ev_rule.handle,
				       .verdict = event->ev_rule.verdict,
				       .target = event->ev_rule.target };
		return true;
	case SKALD_RETURN:
		*turn = (struct turn){ .chain = event->ev_return.chain,
				       .handle = event->ev_return.handle,
				       .verdict = SKALD_VERDICT_RETURN };
		return turn->handle;
	case SKALD_POLICY:
		*turn = (struct turn){ .chain = event->ev_policy.chain,
				       .verdict = event->ev_policy.verdict };
		return true;
	}
	return false;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same(const struct turn *a, const struct turn *b)
{
	return a->handle == b->handle && a->verdict == b->verdict &&
	       is_same_text(a->chain, b->chain) &&
	       is_same_text(a->target, b->target);
}

/* Return: the next turn, NULL: no more */
static const struct turn *next_turn(const struct skald_story *story,
				    unsigned int *at, unsigned int end,
				    struct turn *turn)
{
	while (*at < end) {
		if (is_turn(&story->events[(*at)++], turn))
			return turn;
	}
	return NULL;
}

/* ---- rules whose outcome depends on packets before ---- */

static bool xt_counts(const struct skald_vm_expr *expr)
{
	static const char *const names[] = { "limit",	  "hashlimit", "recent",
					     "statistic", "connlimit", "quota",
					     "rateest",	  "set",       "cpu",
					     "time" };
	const struct skald_xt *xt = skald_expr_data(expr);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(xt->name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool expr_counts(const struct skald_vm_expr *expr)
{
	if (expr->ops == &skald_expr_lookup) {
		const struct skald_lookup *lookup = skald_expr_data(expr);

		return lookup->set->flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT);
	}
	if (expr->ops == &skald_expr_match)
		return xt_counts(expr);
	return expr->ops == &skald_expr_limit ||
	       expr->ops == &skald_expr_quota ||
	       expr->ops == &skald_expr_connlimit ||
	       expr->ops == &skald_expr_numgen ||
	       expr->ops == &skald_expr_dynset ||
	       expr->ops == &skald_expr_objref;
}

static bool rule_counts(const struct skald_engine *engine,
			const struct skald_event *chain, uint64_t handle)
{
	struct skald_vm_table *table = skald_vm_table(
		engine->vm, (u8)chain->ev_chain.family, chain->ev_chain.table);
	const struct skald_vm_rule *rule =
		table && handle ? skald_vm_rule(table, handle) : NULL;
	const struct skald_vm_expr *expr;

	if (!rule)
		return false;
	expr = skald_rule_first(rule);
	for (u32 i = 0; i < rule->n_exprs; i++) {
		if (expr_counts(expr))
			return true;
		expr = skald_expr_next(expr);
	}
	return false;
}

/* Where the walks part: is it a difference, or something nobody knows? */
static void part(const struct skald_engine *engine,
		 const struct skald_story *recorded, struct skald_scene *scene,
		 const struct turn *then, const struct turn *now,
		 unsigned int n_unknown)
{
	const struct skald_event *chain = &recorded->events[scene->then];

	scene->agreement = SKALD_AGREEMENT_UNKNOWN;
	if (n_unknown) {
		scene->because = "a rule needs what was not recorded";
	} else if (rule_counts(engine, chain, then ? then->handle : 0) ||
		   rule_counts(engine, chain, now ? now->handle : 0)) {
		scene->because = "a rule depends on packets before";
	} else if (!then && recorded->n_gaps) {
		scene->because = "events are missing";
	} else {
		scene->agreement = SKALD_DISAGREES;
		scene->because = "the paths part";
	}
}

void skald_reenact_compare(const struct skald_engine *engine,
			   const struct skald_story *recorded,
			   const struct skald_story *reenacted,
			   struct skald_scene *scene, unsigned int n_unknown)
{
	unsigned int then_end = scene->then + scene->n_then;
	unsigned int now_end = scene->now + scene->n_now;
	unsigned int then_at = scene->then, now_at = scene->now;
	struct turn then_room, now_room;

	scene->agreement = SKALD_AGREES;
	scene->because = NULL;
	for (;;) {
		const struct turn *then =
			next_turn(recorded, &then_at, then_end, &then_room);
		const struct turn *now =
			next_turn(reenacted, &now_at, now_end, &now_room);

		if (!then && !now)
			return;
		if (then && now && is_same(then, now))
			continue;
		part(engine, recorded, scene, then, now, n_unknown);
		return;
	}
}

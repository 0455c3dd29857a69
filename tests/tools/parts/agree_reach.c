// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that no packet can hit: see agree_reach.h.
 */
#include "agree_reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agree_atom.h"
#include "set.h"

#define DEPTH_MAX 12

/* A rule that leads to a chain. */
struct way {
	const struct skald_vm_chain *to;
	const struct skald_vm_rule *by;
};

struct agree_reach {
	struct way *ways;
	size_t n;
};

/* ---- which rules lead to which chains ---- */

static void add_way(struct agree_reach *reach, const struct skald_vm_chain *to,
		    const struct skald_vm_rule *by)
{
	if (!to)
		return;
	if (!(reach->n & (reach->n - 1)))
		reach->ways =
			reallocarray(reach->ways, reach->n ? reach->n * 2 : 1,
				     sizeof(*reach->ways));
	if (!reach->ways)
		exit(2);
	reach->ways[reach->n++] = (struct way){ to, by };
}

static void add_ways(struct agree_reach *reach, const struct skald_vm_rule *by)
{
	const struct skald_vm_expr *expr = skald_rule_first(by);
	const struct skald_vm_elem *elem;

	for (unsigned int i = 0; i < by->n_exprs; i++) {
		const struct skald_immediate *imm = skald_expr_data(expr);
		const struct skald_lookup *lookup = skald_expr_data(expr);

		if (expr->ops == &skald_expr_immediate && !imm->reg)
			add_way(reach, imm->verdict.chain, by);
		if (expr->ops == &skald_expr_lookup && lookup->has_target &&
		    lookup->set->dtype == NFT_DATA_VERDICT) {
			list_for_each_entry(elem, &lookup->set->elems, list)
				add_way(reach, elem->verdict.chain, by);
		}
		expr = skald_expr_next(expr);
	}
}

struct agree_reach *agree_reach_new(const struct skald_vm *vm)
{
	struct agree_reach *reach = calloc(1, sizeof(*reach));
	const struct skald_vm_table *table;
	const struct skald_vm_chain *chain;
	const struct skald_vm_rule *rule;

	if (!reach)
		exit(2);
	list_for_each_entry(table, &vm->tables, list) {
		list_for_each_entry(chain, &table->chains, list) {
			for (rule = skald_vm_rule_next(chain, NULL); rule;
			     rule = skald_vm_rule_next(chain, rule))
				add_ways(reach, rule);
		}
	}
	return reach;
}

void agree_reach_free(struct agree_reach *reach)
{
	if (reach)
		free(reach->ways);
	free(reach);
}

/* ---- rules that end the way ---- */

enum exit {
	EXIT_NONE,
	EXIT_CHAIN,
	EXIT_ALL,
};

static enum exit exit_of_chain(const struct skald_vm_chain *chain, int depth);

static enum exit exit_of_verdict(const struct skald_verdict *verdict, int depth)
{
	enum exit there;

	switch (verdict->code) {
	case NF_ACCEPT:
	case NF_DROP:
		return EXIT_ALL;
	case NFT_RETURN:
		return EXIT_CHAIN;
	case NFT_GOTO:
		there = exit_of_chain(verdict->chain, depth);
		return there == EXIT_ALL ? EXIT_ALL : EXIT_CHAIN;
	case NFT_JUMP:
		return exit_of_chain(verdict->chain, depth) == EXIT_ALL
			       ? EXIT_ALL
			       : EXIT_NONE;
	default:
		return EXIT_NONE;
	}
}

/* Where packets that the rule takes do not go on. */
static enum exit exit_of(const struct skald_vm_rule *rule, int depth)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		const struct skald_immediate *imm = skald_expr_data(expr);
		const struct skald_xt *xt = skald_expr_data(expr);

		if (expr->ops == &skald_expr_reject ||
		    (expr->ops == &skald_expr_target &&
		     !strcmp(xt->name, "REJECT")))
			return EXIT_ALL;
		if (expr->ops == &skald_expr_immediate && !imm->reg)
			return exit_of_verdict(&imm->verdict, depth);
		expr = skald_expr_next(expr);
	}
	return EXIT_NONE;
}

/* What becomes of whoever comes into a chain: EXIT_ALL, or not certain. */
static enum exit exit_of_chain(const struct skald_vm_chain *chain, int depth)
{
	const struct skald_vm_rule *rule = NULL;

	if (!chain || depth >= DEPTH_MAX)
		return EXIT_NONE;
	while ((rule = skald_vm_rule_next(chain, rule))) {
		enum exit there = exit_of(rule, depth + 1);

		if (there == EXIT_CHAIN)
			return EXIT_NONE;
		if (there == EXIT_ALL && atoms_are_none(rule))
			return EXIT_ALL;
	}
	return EXIT_NONE;
}

/* ---- causes ---- */

/* An earlier rule of the same chain that takes all of these; NULL: none */
static const struct skald_vm_rule *taker(const struct skald_vm_rule *rule,
					 const struct facts *facts)
{
	const struct skald_vm_rule *before = NULL;

	while ((before = skald_vm_rule_next(rule->chain, before)) &&
	       before != rule) {
		if (exit_of(before, 0) != EXIT_NONE &&
		    facts_imply(facts, before))
			return before;
	}
	return NULL;
}

static bool why_not(const struct agree_reach *reach,
		    const struct skald_vm_rule *rule, const struct facts *below,
		    int depth, char *text, size_t size);

/* Whether no way leads to the rule's chain for such packets. */
static bool no_way(const struct agree_reach *reach,
		   const struct skald_vm_rule *rule, const struct facts *facts,
		   int depth, char *text, size_t size)
{
	if (rule->chain->base)
		return false;
	(void)snprintf(text, size, "nothing leads to its chain");
	for (size_t i = 0; i < reach->n; i++) {
		if (reach->ways[i].to == rule->chain &&
		    !why_not(reach, reach->ways[i].by, facts, depth + 1, text,
			     size))
			return false;
	}
	return true;
}

static bool why_not(const struct agree_reach *reach,
		    const struct skald_vm_rule *rule, const struct facts *below,
		    int depth, char *text, size_t size)
{
	const struct skald_vm_rule *first;
	struct facts facts = *below;

	if (depth >= DEPTH_MAX)
		return false;
	facts_add(&facts, rule);
	if (facts.is_nothing) {
		(void)snprintf(text, size, "contradiction, in %s %llu",
			       rule->chain->name,
			       (unsigned long long)rule->handle);
		return true;
	}
	first = taker(rule, &facts);
	if (first) {
		(void)snprintf(text, size, "behind %s %llu, which takes all",
			       first->chain->name,
			       (unsigned long long)first->handle);
		return true;
	}
	return no_way(reach, rule, &facts, depth, text, size);
}

bool agree_reach_why_not(const struct agree_reach *reach,
			 const struct skald_vm_rule *rule, char *text,
			 size_t size)
{
	struct facts facts;

	facts_init(&facts);
	return why_not(reach, rule, &facts, 0, text, size);
}

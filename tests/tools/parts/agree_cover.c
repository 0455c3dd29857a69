// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which rules of a ruleset were hit, and which kinds of expressions were met.
 */
#include "agree_cover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agree_clock.h"
#include "agree_reach.h"
#include "engine_priv.h"
#include "expr_parts.h"
#include "xt.h"

#define KINDS_MAX 512

/* An expression, or a match or target of x_tables. */
struct kind {
	char name[SKALD_XT_NAME + 16];
	uint64_t n_rules;
	uint64_t n_matched;
	uint64_t n_failed;
};

struct hit {
	const struct skald_vm_rule *rule;
	uint64_t n;
};

struct agree_cover {
	const struct skald_engine *engine;
	struct hit *hits;
	size_t n_hits;
	struct kind kinds[KINDS_MAX];
	size_t n_kinds;
};

static void name_kind(const struct skald_vm_expr *expr, char *name, size_t size)
{
	const struct skald_xt *xt = skald_expr_data(expr);

	if (expr->ops == &skald_expr_match || expr->ops == &skald_expr_target)
		(void)snprintf(name, size, "%s %s/%u", expr->ops->name,
			       xt->name, xt->revision);
	else
		(void)snprintf(name, size, "%s", expr->ops->name);
}

static struct kind *kind_of(struct agree_cover *cover,
			    const struct skald_vm_expr *expr)
{
	char name[sizeof(cover->kinds[0].name)];
	struct kind *kind;

	name_kind(expr, name, sizeof(name));
	for (size_t i = 0; i < cover->n_kinds; i++) {
		if (!strcmp(cover->kinds[i].name, name))
			return &cover->kinds[i];
	}
	if (cover->n_kinds == KINDS_MAX)
		exit(2);
	kind = &cover->kinds[cover->n_kinds++];
	memcpy(kind->name, name, sizeof(name));
	return kind;
}

static void add_rule(struct agree_cover *cover,
		     const struct skald_vm_rule *rule)
{
	const struct skald_vm_expr *expr = skald_rule_first(rule);

	cover->hits = reallocarray(cover->hits, cover->n_hits + 1,
				   sizeof(*cover->hits));
	if (!cover->hits)
		exit(2);
	cover->hits[cover->n_hits++] = (struct hit){ .rule = rule };
	for (unsigned int i = 0; i < rule->n_exprs; i++) {
		kind_of(cover, expr)->n_rules++;
		expr = skald_expr_next(expr);
	}
}

static int by_handle(const void *a, const void *b)
{
	const struct hit *first = a, *second = b;

	return first->rule->handle < second->rule->handle
		       ? -1
		       : first->rule->handle > second->rule->handle;
}

struct agree_cover *agree_cover_new(const struct skald_engine *engine)
{
	struct agree_cover *cover = calloc(1, sizeof(*cover));
	const struct skald_vm_table *table;
	const struct skald_vm_chain *chain;
	const struct skald_vm_rule *rule;

	if (!cover)
		exit(2);
	cover->engine = engine;
	list_for_each_entry(table, &engine->vm->tables, list) {
		list_for_each_entry(chain, &table->chains, list) {
			for (rule = skald_vm_rule_next(chain, NULL); rule;
			     rule = skald_vm_rule_next(chain, rule))
				add_rule(cover, rule);
		}
	}
	if (cover->n_hits)
		qsort(cover->hits, cover->n_hits, sizeof(*cover->hits),
		      by_handle);
	return cover;
}

void agree_cover_free(struct agree_cover *cover)
{
	free(cover->hits);
	free(cover);
}

/* Handles count by table: the name of the table decides. */
static struct hit *find(struct agree_cover *cover, unsigned int family,
			const char *table, uint64_t handle)
{
	size_t low = 0, high = cover->n_hits;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (cover->hits[middle].rule->handle < handle)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < cover->n_hits; low++) {
		const struct skald_vm_rule *rule = cover->hits[low].rule;

		if (rule->handle != handle)
			break;
		if (rule->chain->table->family == family &&
		    !strcmp(rule->chain->table->name, table))
			return &cover->hits[low];
	}
	return NULL;
}

static void hit(struct agree_cover *cover, unsigned int family,
		const char *table, uint64_t handle)
{
	struct hit *found =
		handle && table ? find(cover, family, table, handle) : NULL;
	const struct skald_vm_expr *expr;

	if (!found)
		return;
	found->n++;
	expr = skald_rule_first(found->rule);
	for (unsigned int i = 0; i < found->rule->n_exprs; i++) {
		kind_of(cover, expr)->n_matched++;
		expr = skald_expr_next(expr);
	}
}

void agree_cover_take(struct agree_cover *cover,
		      const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_RULE)
			hit(cover, event->ev_rule.family, event->ev_rule.table,
			    event->ev_rule.handle);
		else if (event->kind == SKALD_RETURN)
			hit(cover, event->ev_return.family,
			    event->ev_return.table, event->ev_return.handle);
	}
}

/* The expression that a miss names: "cmp", or the match "tcp". */
static void fail(struct agree_cover *cover, const struct hit *found,
		 const char *name)
{
	const struct skald_vm_expr *expr = skald_rule_first(found->rule);

	for (unsigned int i = 0; i < found->rule->n_exprs; i++) {
		const struct skald_xt *xt = skald_expr_data(expr);

		if (!strcmp(name, expr->ops == &skald_expr_match
					  ? xt->name
					  : expr->ops->name)) {
			kind_of(cover, expr)->n_failed++;
			return;
		}
		expr = skald_expr_next(expr);
	}
}

void agree_cover_misses(struct agree_cover *cover,
			const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];
		const struct hit *found;

		if (event->kind != SKALD_MISS)
			continue;
		found = find(cover, event->ev_miss.family, event->ev_miss.table,
			     event->ev_miss.handle);
		if (found)
			fail(cover, found, event->ev_miss.expression);
	}
}

/* The word at @at: "CHAIN/HANDLE" of such a rule? */
static bool is_limit(const struct agree_cover *cover, const char *at)
{
	const char *slash = at + strcspn(at, "/ \n");
	unsigned long long handle;

	if (*slash != '/')
		return false;
	handle = strtoull(slash + 1, NULL, 10);
	for (size_t i = 0; i < cover->n_hits; i++) {
		const struct skald_vm_rule *rule = cover->hits[i].rule;

		if (rule->handle == handle &&
		    !strncmp(rule->chain->name, at, (size_t)(slash - at)) &&
		    !rule->chain->name[slash - at] && agree_has_limit(rule))
			return true;
	}
	return false;
}

bool agree_cover_is_limit(const struct agree_cover *cover, const char *kernel,
			  const char *engine)
{
	size_t at = 0;

	while (kernel[at] && kernel[at] == engine[at])
		at++;
	while (at && kernel[at - 1] != ' ')
		at--;
	return is_limit(cover, kernel + at) || is_limit(cover, engine + at);
}

/* What a rule says, for people. */
static const char *text_of(const struct agree_cover *cover,
			   const struct skald_vm_rule *rule)
{
	const struct skald_ruleset *ruleset = &cover->engine->world->ruleset;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct skald_rule *known = &ruleset->rules[i];

		if (known->handle == rule->handle &&
		    known->family == rule->chain->table->family &&
		    !strcmp(known->table, rule->chain->table->name))
			return known->text;
	}
	return "";
}

static void print_never(const struct agree_cover *cover,
			const struct agree_reach *reach,
			const struct skald_vm_rule *rule)
{
	char why[160];

	if (!agree_reach_why_not(reach, rule, why, sizeof(why)))
		(void)snprintf(why, sizeof(why), "not met");
	printf("never %u %s %s %llu\t%s\t%s\n", rule->chain->table->family,
	       rule->chain->table->name, rule->chain->name,
	       (unsigned long long)rule->handle, why, text_of(cover, rule));
}

void agree_cover_print(const struct agree_cover *cover)
{
	struct agree_reach *reach = agree_reach_new(cover->engine->vm);
	size_t n = 0;

	for (size_t i = 0; i < cover->n_hits; i++)
		n += cover->hits[i].n != 0;
	printf("rules %zu %zu\n", n, cover->n_hits);
	for (size_t i = 0; i < cover->n_hits; i++) {
		if (!cover->hits[i].n)
			print_never(cover, reach, cover->hits[i].rule);
	}
	for (size_t i = 0; i < cover->n_kinds; i++)
		printf("kind %s: rules %" PRIu64 " matched %" PRIu64
		       " failed %" PRIu64 "\n",
		       cover->kinds[i].name, cover->kinds[i].n_rules,
		       cover->kinds[i].n_matched, cover->kinds[i].n_failed);
	agree_reach_free(reach);
}

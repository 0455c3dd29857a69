// SPDX-License-Identifier: GPL-2.0-only
/* Chains: rules in chunks, and base chains at their hooks. */
#include "table.h"

/* Lets nothing pass: a rule that is no more. */
static const struct skald_guard closed = { .mask = 0, .value = 1 };
/* Lets all pass: a rule that has to be looked at. */
static const struct skald_guard open;

static struct skald_vm_chunk *chunk_new(void)
{
	return kzalloc(sizeof(struct skald_vm_chunk), GFP_KERNEL);
}

static struct skald_vm_chunk *last_chunk(const struct skald_vm_chain *chain)
{
	if (list_empty(&chain->chunks))
		return NULL;
	return list_last_entry(&chain->chunks, struct skald_vm_chunk, list);
}

static bool is_shown(const struct skald_vm_rule *rule)
{
	return !(rule->genmask & skald_vm_now_bit(rule->chain->table->vm));
}

static void put(struct skald_vm_chunk *chunk, u32 at,
		struct skald_vm_rule *rule)
{
	chunk->first[at] = open;
	chunk->second[at] = open;
	if (is_shown(rule))
		skald_guard_make(rule, &chunk->first[at], &chunk->second[at]);
	rule->chunk = chunk;
	WRITE_ONCE(chunk->rules[at], rule);
}

static u32 place_of(const struct skald_vm_rule *rule)
{
	u32 i;

	for (i = 0; i < rule->chunk->n; i++) {
		if (rule->chunk->rules[i] == rule)
			break;
	}
	return i;
}

int skald_chain_append(struct skald_vm_chain *chain, struct skald_vm_rule *rule)
{
	struct skald_vm_chunk *chunk = last_chunk(chain);

	if (!chunk || chunk->n == SKALD_CHUNK_RULES) {
		chunk = chunk_new();
		if (!chunk)
			return -ENOMEM;
		put(chunk, 0, rule);
		chunk->n = 1;
		list_add_tail_rcu(&chunk->list, &chain->chunks);
	} else {
		put(chunk, chunk->n, rule);
		smp_store_release(&chunk->n, chunk->n + 1);
	}
	chain->n_rules++;
	return 0;
}

/* Rules of a chunk, without those deleted, with one more at a place. */
static void copy_with(const struct skald_vm_chunk *from, u32 at,
		      struct skald_vm_rule *rule, struct skald_vm_chunk **to)
{
	u32 i, half = (from->n + 1) / 2, n = 0;
	struct skald_vm_chunk *chunk = to[0];

	for (i = 0; i <= from->n; i++) {
		struct skald_vm_rule *next[2] = { NULL, NULL };
		u32 j;

		if (i == at)
			next[0] = rule;
		if (i < from->n)
			next[1] = from->rules[i];
		for (j = 0; j < 2; j++) {
			if (!next[j])
				continue;
			if (to[1] && n == half && chunk == to[0])
				chunk = to[1];
			put(chunk, chunk->n++, next[j]);
			n++;
		}
	}
}

/* In the middle: the chunk is replaced by one with the rule in it, or by two,
 * so that packets see the old or the new. */
static int insert_at(struct skald_vm_chain *chain, struct skald_vm_chunk *old,
		     u32 at, struct skald_vm_rule *rule)
{
	struct skald_vm_chunk *chunks[2] = { chunk_new(), NULL };

	if (old->n == SKALD_CHUNK_RULES)
		chunks[1] = chunk_new();
	if (!chunks[0] || (old->n == SKALD_CHUNK_RULES && !chunks[1])) {
		kfree(chunks[0]);
		kfree(chunks[1]);
		return -ENOMEM;
	}
	copy_with(old, at, rule, chunks);
	if (chunks[1])
		list_add_rcu(&chunks[1]->list, &old->list);
	list_replace_rcu(&old->list, &chunks[0]->list);
	skald_free_later(old);
	chain->n_rules++;
	return 0;
}

int skald_chain_insert(struct skald_vm_chain *chain, struct skald_vm_rule *rule,
		       const struct skald_vm_rule *after)
{
	if (after)
		return insert_at(chain, after->chunk, place_of(after) + 1,
				 rule);
	if (list_empty(&chain->chunks))
		return skald_chain_append(chain, rule);
	return insert_at(chain,
			 list_first_entry(&chain->chunks, struct skald_vm_chunk,
					  list),
			 0, rule);
}

void skald_chain_show(struct skald_vm_rule *rule)
{
	u32 at = place_of(rule);

	rule->genmask = 0;
	skald_guard_make(rule, &rule->chunk->first[at],
			 &rule->chunk->second[at]);
}

void skald_chain_remove(struct skald_vm_rule *rule)
{
	struct skald_vm_chunk *chunk = rule->chunk;
	u32 at = place_of(rule), i;

	WRITE_ONCE(chunk->rules[at], NULL);
	chunk->first[at] = closed;
	rule->chain->n_rules--;
	for (i = 0; i < chunk->n && !chunk->rules[i]; i++)
		;
	if (i < chunk->n)
		return;
	list_del_rcu(&chunk->list);
	skald_free_later(chunk);
}

struct skald_vm_rule *skald_chain_before(const struct skald_vm_rule *rule)
{
	u8 bit = skald_vm_next_bit(rule->chain->table->vm);
	const struct skald_vm_chunk *chunk = rule->chunk;
	u32 at = place_of(rule);

	for (;;) {
		while (at--) {
			if (chunk->rules[at] &&
			    !(chunk->rules[at]->genmask & bit))
				return chunk->rules[at];
		}
		if (chunk->list.prev == &rule->chain->chunks)
			return NULL;
		chunk = list_entry(chunk->list.prev, struct skald_vm_chunk,
				   list);
		at = chunk->n;
	}
}

struct skald_vm_rule *skald_vm_rule_next(const struct skald_vm_chain *chain,
					 const struct skald_vm_rule *last)
{
	u8 bit = skald_vm_now_bit(chain->table->vm);
	const struct list_head *at = &chain->chunks;
	const struct skald_vm_chunk *chunk;
	u32 i = 0;

	if (last) {
		at = last->chunk->list.prev;
		i = place_of(last) + 1;
	}
	for (at = at->next; at != &chain->chunks; at = at->next, i = 0) {
		chunk = list_entry(at, struct skald_vm_chunk, list);
		for (; i < chunk->n; i++) {
			if (chunk->rules[i] &&
			    !(chunk->rules[i]->genmask & bit))
				return chunk->rules[i];
		}
	}
	return NULL;
}

void skald_rule_free(struct skald_vm_rule *rule)
{
	struct skald_vm_expr *expr;
	u32 i;

	if (!rule)
		return;
	expr = skald_rule_first(rule);
	for (i = 0; i < rule->n_exprs; i++) {
		skald_expr_done(expr);
		expr = skald_expr_next(expr);
	}
	skald_free_later(rule);
}

static void drop_rule(struct skald_vm_rule *rule)
{
	struct skald_vm_expr *expr = skald_rule_first(rule);
	u32 i;

	skald_names_remove(&rule->chain->table->rule_handles, &rule->by_handle);
	/* references of a rule that goes with this generation are given up */
	for (i = 0; i < rule->n_exprs; i++) {
		if (!rule->is_given_up)
			skald_expr_hold(expr, -1);
		expr = skald_expr_next(expr);
	}
	skald_rule_free(rule);
}

void skald_chain_clear(struct skald_vm_chain *chain)
{
	struct skald_vm_chunk *chunk, *next;
	u32 i;

	list_for_each_entry_safe(chunk, next, &chain->chunks, list) {
		for (i = 0; i < chunk->n; i++) {
			if (chunk->rules[i])
				drop_rule(chunk->rules[i]);
		}
		list_del_rcu(&chunk->list);
		skald_free_later(chunk);
	}
	INIT_LIST_HEAD(&chain->checked);
	chain->n_rules = 0;
}

void skald_chain_free(struct skald_vm_chain *chain)
{
	if (!chain)
		return;
	if (chain->base) {
		kfree(chain->base->devices);
		kfree(chain->base);
	}
	kfree(chain->name);
	skald_free_later(chain);
}

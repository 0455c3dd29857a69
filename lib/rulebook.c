// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every rule and chain that was ever seen in a namespace. Nothing in a book is
 * freed before the book is: what was handed out stays true. So each string is
 * kept once, however often a ruleset is loaded anew.
 */
#include "ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "story.h"

/**
 * struct skald_rulebook - the book
 * @arena: everything it holds
 * @strings: strings, by what they say
 * @rules: newest rule of each family, table and handle
 * @chains: newest chain of each family, table and name
 * @generation: of the newest ruleset, 0: none yet
 * @has_any: a ruleset was entered
 */
struct skald_rulebook {
	struct skald_arena arena;
	struct skald_index strings;
	struct skald_index rules;
	struct skald_index chains;
	uint32_t generation;
	bool has_any;
};

struct skald_rulebook *skald_rulebook_new(void)
{
	struct skald_rulebook *book = calloc(1, sizeof(*book));

	if (!book)
		return NULL;
	skald_index_init(&book->strings);
	skald_index_init(&book->rules);
	skald_index_init(&book->chains);
	return book;
}

void skald_rulebook_free(struct skald_rulebook *book)
{
	if (!book)
		return;
	skald_index_done(&book->strings);
	skald_index_done(&book->rules);
	skald_index_done(&book->chains);
	skald_arena_done(&book->arena);
	free(book);
}

static bool is_string(const void *entry, const void *key)
{
	return strcmp(entry, key) == 0;
}

static bool is_rule(const void *entry, const void *key)
{
	const struct skald_rule *a = entry, *b = key;

	return a->handle == b->handle && a->family == b->family &&
	       strcmp(a->table, b->table) == 0;
}

static bool is_chain(const void *entry, const void *key)
{
	const struct skald_chain *a = entry, *b = key;

	return a->family == b->family && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->table, b->table) == 0;
}

static uint64_t hash_string(const struct skald_index *index, const char *string,
			    uint64_t more)
{
	return skald_hash64(string, strlen(string), index->seed ^ more);
}

static uint64_t hash_rule(const struct skald_index *index,
			  const struct skald_rule *rule)
{
	uint64_t hash = hash_string(index, rule->table, rule->family);

	return skald_hash64(&rule->handle, sizeof(rule->handle), hash);
}

static uint64_t hash_chain(const struct skald_index *index,
			   const struct skald_chain *chain)
{
	uint64_t hash = hash_string(index, chain->table, chain->family);

	return skald_hash64(chain->name, strlen(chain->name), hash);
}

/* The book's copy of a string. NULL stays NULL. */
static int intern(struct skald_rulebook *book, const char **string)
{
	struct skald_index_slot *slot;
	uint64_t hash;
	char *copy;
	int err;

	if (!*string)
		return 0;
	hash = hash_string(&book->strings, *string, 0);
	slot = skald_index_find(&book->strings, hash, is_string, *string);
	if (slot) {
		*string = slot->entry;
		return 0;
	}
	copy = skald_arena_strndup(&book->arena, *string, strlen(*string));
	if (!copy)
		return -ENOMEM;
	err = skald_index_add(&book->strings, hash, copy);
	if (!err)
		*string = copy;
	return err;
}

/* In the place of the entry that had the key before, if there was one. */
static int enter(struct skald_index *index, struct skald_index_slot *slot,
		 uint64_t hash, void *entry)
{
	if (!slot)
		return skald_index_add(index, hash, entry);
	slot->entry = entry;
	return 0;
}

/* A handle keeps its meaning until the rule is replaced or the table dies. */
static bool is_known(const struct skald_rule *known,
		     const struct skald_rule *rule)
{
	return known->table_handle == rule->table_handle &&
	       (strcmp(known->text, rule->text) == 0 || !rule->text[0]);
}

/* A text that could not be had in time and came later is no new rule. */
static bool is_late(const struct skald_rule *known,
		    const struct skald_rule *rule)
{
	return known && known->table_handle == rule->table_handle &&
	       !known->text[0];
}

/* @entry: written on success: the book's rule */
static int add_rule(struct skald_rulebook *book, const struct skald_rule *rule,
		    uint32_t generation, struct skald_rule **entry)
{
	uint64_t hash = hash_rule(&book->rules, rule);
	struct skald_index_slot *slot =
		skald_index_find(&book->rules, hash, is_rule, rule);
	struct skald_rule *known = slot ? slot->entry : NULL;
	struct skald_rule *copy;
	int err;

	if (known && is_known(known, rule)) {
		known->seen = generation;
		*entry = known;
		return 0;
	}
	copy = skald_arena_alloc(&book->arena, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *rule;
	copy->next = NULL;
	copy->loaded = book->has_any ? generation : 0;
	copy->seen = generation;
	copy->older = known;
	if (is_late(known, rule)) {
		copy->loaded = known->loaded;
		copy->older = known->older;
	}
	err = intern(book, &copy->table);
	if (!err)
		err = intern(book, &copy->chain);
	if (!err)
		err = intern(book, &copy->text);
	if (!err)
		err = enter(&book->rules, slot, hash, copy);
	if (!err)
		*entry = copy;
	return err;
}

static bool is_same_string(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_chain(const struct skald_chain *a,
			  const struct skald_chain *b)
{
	return a->is_base == b->is_base && a->hook == b->hook &&
	       a->priority == b->priority && a->policy == b->policy &&
	       is_same_string(a->priority_name, b->priority_name) &&
	       is_same_string(a->type, b->type);
}

static int add_chain(struct skald_rulebook *book,
		     const struct skald_chain *chain)
{
	uint64_t hash = hash_chain(&book->chains, chain);
	struct skald_index_slot *slot =
		skald_index_find(&book->chains, hash, is_chain, chain);
	struct skald_chain *copy;
	int err;

	if (slot && is_same_chain(slot->entry, chain))
		return 0;
	copy = skald_arena_alloc(&book->arena, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *chain;
	copy->first = NULL;
	err = intern(book, &copy->table);
	if (!err)
		err = intern(book, &copy->name);
	if (!err)
		err = intern(book, &copy->priority_name);
	if (!err)
		err = intern(book, &copy->type);
	return err ? err : enter(&book->chains, slot, hash, copy);
}

static struct skald_chain *find_chain(const struct skald_rulebook *book,
				      unsigned int family, const char *table,
				      const char *chain)
{
	const struct skald_chain key = { .family = family,
					 .table = table,
					 .name = chain };
	struct skald_index_slot *slot = skald_index_find(
		&book->chains, hash_chain(&book->chains, &key), is_chain, &key);

	return slot ? slot->entry : NULL;
}

/* Puts a rule behind the one before it, or first in its chain. */
static void put_in_order(const struct skald_rulebook *book,
			 struct skald_rule *before, struct skald_rule *rule)
{
	struct skald_chain *chain;

	rule->next = NULL;
	if (before && before->family == rule->family &&
	    before->table == rule->table && before->chain == rule->chain) {
		before->next = rule;
		return;
	}
	chain = find_chain(book, rule->family, rule->table, rule->chain);
	if (chain)
		chain->first = rule;
}

static void forget_order(struct skald_rulebook *book,
			 const struct skald_ruleset *ruleset)
{
	struct skald_chain *chain;

	for (size_t i = 0; i < ruleset->n_chains; i++) {
		chain = find_chain(book, ruleset->chains[i].family,
				   ruleset->chains[i].table,
				   ruleset->chains[i].name);
		if (chain)
			chain->first = NULL;
	}
}

int skald_rulebook_add(struct skald_rulebook *book,
		       const struct skald_ruleset *ruleset)
{
	struct skald_rule *rule = NULL, *before = NULL;
	int err = 0;

	for (size_t i = 0; i < ruleset->n_chains && !err; i++)
		err = add_chain(book, &ruleset->chains[i]);
	if (!err)
		forget_order(book, ruleset);
	for (size_t i = 0; i < ruleset->n_rules && !err; i++) {
		err = add_rule(book, &ruleset->rules[i], ruleset->generation,
			       &rule);
		if (!err)
			put_in_order(book, before, rule);
		before = rule;
	}
	if (err)
		return err;
	book->generation = ruleset->generation;
	book->has_any = true;
	return 0;
}

/* Generations are counted modulo 2^32. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

const struct skald_rule *skald_rulebook_rule(const struct skald_rulebook *book,
					     unsigned int family,
					     const char *table, uint64_t handle,
					     uint32_t generation)
{
	const struct skald_rule key = { .family = family,
					.table = table,
					.handle = handle };
	struct skald_index_slot *slot = skald_index_find(
		&book->rules, hash_rule(&book->rules, &key), is_rule, &key);
	const struct skald_rule *rule;

	if (!slot)
		return NULL;
	rule = slot->entry;
	while (rule->older && is_before(generation, rule->loaded)) {
		rule = rule->older;
		if (is_before(rule->seen, generation))
			return NULL;
	}
	return rule;
}

const struct skald_rule *
skald_rulebook_first(const struct skald_rulebook *book, unsigned int family,
		     const char *table, const char *chain, uint32_t generation)
{
	const struct skald_chain *found;

	if (!book->has_any || generation != book->generation)
		return NULL;
	found = find_chain(book, family, table, chain);
	return found ? found->first : NULL;
}

const struct skald_chain *
skald_rulebook_chain(const struct skald_rulebook *book, unsigned int family,
		     const char *table, const char *chain)
{
	return find_chain(book, family, table, chain);
}

uint32_t skald_rulebook_generation(const struct skald_rulebook *book)
{
	return book->generation;
}

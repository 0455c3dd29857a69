// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ruleset in the making: its tables, chains and rules, and how they are
 * found.
 */
#include "ruleset_parts.h"

#include <ctype.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"
#include "witness.h"

#define GROW_MIN 64

/* What a chain or rule is found by. */
struct key {
	unsigned int family;
	const char *table;
	const char *name;
	uint64_t handle;
};

void skald_parts_init(struct skald_parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	skald_index_init(&parts->by_table);
	skald_index_init(&parts->by_name);
	skald_index_init(&parts->by_handle);
}

void skald_parts_done(struct skald_parts *parts)
{
	skald_arena_done(&parts->arena);
	skald_buffer_done(&parts->bytecode);
	skald_buffer_done(&parts->text);
	skald_buffer_done(&parts->iptables);
	skald_buffer_done(&parts->textless);
	skald_index_done(&parts->by_table);
	skald_index_done(&parts->by_name);
	skald_index_done(&parts->by_handle);
	free(parts->chains);
	free(parts->rules);
	memset(parts, 0, sizeof(*parts));
}

bool skald_parts_is_own(const char *table)
{
	size_t len = strlen(SKALD_TABLE);

	if (strncmp(table, SKALD_TABLE, len) != 0)
		return false;
	table += len;
	if (!*table)
		return true;
	if (*table++ != '-' || !*table)
		return false;
	while (isdigit((unsigned char)*table))
		table++;
	return !*table;
}

int skald_parts_family(const char *word, size_t len)
{
	static const struct {
		const char *word;
		int family;
	} families[] = {
		{ "inet", NFPROTO_INET },     { "ip", NFPROTO_IPV4 },
		{ "ip6", NFPROTO_IPV6 },      { "arp", NFPROTO_ARP },
		{ "bridge", NFPROTO_BRIDGE }, { "netdev", NFPROTO_NETDEV },
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (strlen(families[i].word) == len &&
		    memcmp(families[i].word, word, len) == 0)
			return families[i].family;
	}
	return -1;
}

static uint64_t hash_table(const struct skald_index *index,
			   const struct key *key)
{
	return skald_hash64(key->table, strlen(key->table),
			    index->seed + key->family);
}

static uint64_t hash_name(const struct skald_index *index,
			  const struct key *key)
{
	uint64_t hash = hash_table(index, key);

	return skald_hash64(key->name, strlen(key->name), hash);
}

static uint64_t hash_handle(const struct skald_index *index,
			    const struct key *key)
{
	uint64_t hash = hash_table(index, key);

	return skald_hash64(&key->handle, sizeof(key->handle), hash);
}

static bool is_table(const void *entry, const void *key)
{
	const struct skald_part_table *table = entry;
	const struct key *k = key;

	return table->family == k->family && !strcmp(table->name, k->table);
}

static bool is_chain(const void *entry, const void *key)
{
	const struct skald_chain *chain =
		&((const struct skald_part_chain *)entry)->chain;
	const struct key *k = key;

	return chain->family == k->family && !strcmp(chain->name, k->name) &&
	       !strcmp(chain->table, k->table);
}

static bool is_rule(const void *entry, const void *key)
{
	const struct skald_rule *rule =
		&((const struct skald_part_rule *)entry)->rule;
	const struct key *k = key;

	return rule->family == k->family && rule->handle == k->handle &&
	       !strcmp(rule->table, k->table);
}

struct skald_part_table *skald_parts_table(const struct skald_parts *parts,
					   unsigned int family,
					   const char *name)
{
	const struct key key = { .family = family, .table = name };
	struct skald_index_slot *slot =
		skald_index_find(&parts->by_table,
				 hash_table(&parts->by_table, &key), is_table,
				 &key);

	return slot ? slot->entry : NULL;
}

struct skald_part_chain *skald_parts_chain(const struct skald_parts *parts,
					   unsigned int family,
					   const char *table, const char *name)
{
	const struct key key = { .family = family,
				 .table = table,
				 .name = name };
	struct skald_index_slot *slot =
		skald_index_find(&parts->by_name,
				 hash_name(&parts->by_name, &key), is_chain,
				 &key);

	return slot ? slot->entry : NULL;
}

struct skald_part_rule *skald_parts_rule(const struct skald_parts *parts,
					 unsigned int family, const char *table,
					 uint64_t handle)
{
	const struct key key = { .family = family,
				 .table = table,
				 .handle = handle };
	struct skald_index_slot *slot =
		skald_index_find(&parts->by_handle,
				 hash_handle(&parts->by_handle, &key), is_rule,
				 &key);

	return slot ? slot->entry : NULL;
}

/* Make room for one more. Return: the array, moved or not, or NULL */
static void *reserve(void *array, size_t n, size_t *size, size_t each)
{
	size_t bigger = *size ? *size * 2 : GROW_MIN;

	if (n < *size)
		return array;
	array = reallocarray(array, bigger, each);
	if (array)
		*size = bigger;
	return array;
}

int skald_parts_add_table(struct skald_parts *parts,
			  const struct skald_part_table *table)
{
	const struct key key = { .family = table->family,
				 .table = table->name };
	struct skald_part_table *copy =
		skald_arena_alloc(&parts->arena, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *table;
	copy->next = NULL;
	if (parts->last)
		parts->last->next = copy;
	else
		parts->tables = copy;
	parts->last = copy;
	return skald_index_add(&parts->by_table,
			       hash_table(&parts->by_table, &key), copy);
}

int skald_parts_add_chain(struct skald_parts *parts,
			  const struct skald_part_chain *chain)
{
	const struct key key = { .family = chain->chain.family,
				 .table = chain->chain.table,
				 .name = chain->chain.name };
	struct skald_part_chain **chains;
	struct skald_part_chain *copy;

	chains = reserve(parts->chains, parts->n_chains, &parts->size_chains,
			 sizeof(struct skald_part_chain *));
	if (!chains)
		return -ENOMEM;
	parts->chains = chains;
	copy = skald_arena_alloc(&parts->arena, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *chain;
	parts->chains[parts->n_chains++] = copy;
	return skald_index_add(&parts->by_name,
			       hash_name(&parts->by_name, &key), copy);
}

static struct skald_part_chain *chain_of(const struct skald_parts *parts,
					 const struct skald_rule *rule)
{
	return skald_parts_chain(parts, rule->family, rule->table, rule->chain);
}

int skald_parts_add_rule(struct skald_parts *parts,
			 const struct skald_part_rule *rule)
{
	struct skald_part_chain *chain = chain_of(parts, &rule->rule);
	struct skald_part_rule *rules;

	/* not there, or come back to after another chain */
	if (!chain || (chain->n && chain->first + chain->n != parts->n_rules))
		return -EINTR;

	rules = reserve(parts->rules, parts->n_rules, &parts->size_rules,
			sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	parts->rules = rules;
	if (!chain->n)
		chain->first = parts->n_rules;
	chain->n++;
	parts->rules[parts->n_rules] = *rule;
	parts->rules[parts->n_rules].rule.table = chain->chain.table;
	parts->rules[parts->n_rules].rule.chain = chain->chain.name;
	parts->rules[parts->n_rules].rule.table_handle = chain->table->handle;
	parts->n_rules++;
	return 0;
}

int skald_parts_index_rules(struct skald_parts *parts)
{
	int err = 0;

	for (size_t i = 0; i < parts->n_rules && !err; i++) {
		const struct skald_rule *rule = &parts->rules[i].rule;
		const struct key key = { .family = rule->family,
					 .table = rule->table,
					 .handle = rule->handle };

		err = skald_index_add(&parts->by_handle,
				      hash_handle(&parts->by_handle, &key),
				      &parts->rules[i]);
	}
	return err;
}

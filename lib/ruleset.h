/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rulesets by generation
 *
 * A *ruleset* is one generation of a namespace's nf_tables: text as nft writes
 * it (rules of iptables-nft as iptables-save writes them) and bytecode as the
 * kernel holds it. A *rulebook* remembers every rule it has ever seen in a
 * namespace, so that a rule deleted since still has its text.
 */
#ifndef SKALD_LIB_RULESET_H
#define SKALD_LIB_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "event.h"

struct skald_netns;

/**
 * struct skald_rule - a rule as it was
 * @family: NFPROTO_*
 * @handle: handle, unique in its table while the table lives
 * @table: table
 * @chain: chain
 * @text: without handle and indentation; "" when its tool did not write it
 * @loaded: generation that brought it; 0: it was there before we looked
 * @table_handle: tells a table from one of the same name made later
 * @seen: for the rulebook: last generation entered that had it so
 * @older: for the rulebook: what the handle stood for before, or NULL
 * @next: for the rulebook: what stands behind it in its chain in the newest
 *	ruleset entered, or NULL
 */
struct skald_rule {
	unsigned int family;
	uint64_t handle;
	uint64_t table_handle;
	const char *table;
	const char *chain;
	const char *text;
	uint32_t loaded;
	uint32_t seen;
	const struct skald_rule *older;
	const struct skald_rule *next;
};

/**
 * struct skald_chain - a chain
 * @family: NFPROTO_*
 * @table: table
 * @name: name
 * @is_base: it is attached to a hook; the members below are valid
 * @hook: enum skald_words_HOOK
 * @priority: number
 * @priority_name: in words where nft has one ("filter", "dstnat + 5"), else
 *	the number
 * @type: "filter", "nat", "route"
 * @policy: enum skald_words_VERDICT
 * @first: for the rulebook: its first rule in the newest ruleset entered
 */
struct skald_chain {
	unsigned int family;
	const char *table;
	const char *name;
	bool is_base;
	unsigned int hook;
	int priority;
	const char *priority_name;
	const char *type;
	unsigned int policy;
	const struct skald_rule *first;
};

/**
 * struct skald_ruleset - one generation, whole
 * @generation: the kernel's number
 * @text: "nft -sa list ruleset": without the values of counters
 * @bytecode: the dump's netlink messages (tables, chains, sets, set elements,
 *	rules, objects, flowtables), one after the other as received
 * @bytecode_len: bytes
 * @iptables: iptables-save text of tables that iptables-nft made, or ""
 * @legacy: names of iptables-legacy tables present, "ip filter, ip nat", or ""
 * @textless: tables that libnftables could not write, "bridge fw, ip nat", or
 *"": the texts of their rules are empty; NULL: nobody asked
 * @chains: all chains
 * @n_chains: how many
 * @rules: all rules, table by table, chain by chain, in order; @loaded is 0
 * @n_rules: how many
 * @arena: owns all of it
 *
 * skald's own tables ("skald", "skald-<pid>") are in none of it.
 */
struct skald_ruleset {
	uint32_t generation;
	char *text;
	uint8_t *bytecode;
	size_t bytecode_len;
	char *iptables;
	char *legacy;
	char *textless;
	struct skald_chain *chains;
	size_t n_chains;
	struct skald_rule *rules;
	size_t n_rules;
	struct skald_arena arena;
};

/**
 * skald_ruleset_take() - snapshot the ruleset of a namespace
 * @netns: the namespace
 * @ruleset: written on success; free with skald_ruleset_done()
 * @error: in words
 *
 * Dumps until the generation is the same before and after (at most 8 times).
 * Blocks for as long as the kernel and libnftables take. Thread-safe.
 *
 * Return: 0, -EAGAIN when the ruleset changes too fast, or another -errno.
 */
int skald_ruleset_take(const struct skald_netns *netns,
		       struct skald_ruleset *ruleset,
		       struct skald_error *error);
/**
 * skald_ruleset_remake() - a ruleset from what was kept of it
 * @bytecode: its messages
 * @len: bytes
 * @text: what nft wrote of it; NULL: rules have no texts
 * @generation: its number
 * @ruleset: written on success; free with skald_ruleset_done()
 *
 * Texts of iptables-nft's rules are in nft's words.
 *
 * Return: 0, -EBADMSG: the messages are damaged, -ENOMEM.
 */
int skald_ruleset_remake(const void *bytecode, size_t len, const char *text,
			 uint32_t generation, struct skald_ruleset *ruleset);
void skald_ruleset_done(struct skald_ruleset *ruleset);

struct skald_rulebook;

struct skald_rulebook *skald_rulebook_new(void);
void skald_rulebook_free(struct skald_rulebook *book);

/**
 * skald_rulebook_add() - enter a generation
 * @book: the book
 * @ruleset: the snapshot; copied
 *
 * Rules new in it get its generation as @loaded, but for the first ruleset.
 * A rule of a table that was made anew replaces the old one with its handle.
 */
int skald_rulebook_add(struct skald_rulebook *book,
		       const struct skald_ruleset *ruleset);

/**
 * skald_rulebook_rule() - a rule as it was
 * @book: the book
 * @family: NFPROTO_*
 * @table: its table
 * @handle: its handle
 * @generation: the generation that is asked about
 *
 * A handle can come to mean another rule: "replace" keeps it, and a table that
 * is made anew counts from the start. When it changed its meaning between two
 * generations that were entered and @generation lies between them, nobody knows
 * which it was.
 *
 * Return: the rule, valid until the book is freed, or NULL: not known.
 */
const struct skald_rule *skald_rulebook_rule(const struct skald_rulebook *book,
					     unsigned int family,
					     const char *table, uint64_t handle,
					     uint32_t generation);
/**
 * skald_rulebook_first() - the rules of a chain, in order
 * @book: the book
 * @family: NFPROTO_*
 * @table: its table
 * @chain: its name
 * @generation: the generation that is asked about
 *
 * Only of the newest ruleset entered: of an older one the order is not kept.
 *
 * Return: the first rule; the others follow by @next. NULL: none, or not known.
 */
const struct skald_rule *
skald_rulebook_first(const struct skald_rulebook *book, unsigned int family,
		     const char *table, const char *chain, uint32_t generation);
const struct skald_chain *
skald_rulebook_chain(const struct skald_rulebook *book, unsigned int family,
		     const char *table, const char *chain);
/* Generation of the newest ruleset entered, 0: none yet. */
uint32_t skald_rulebook_generation(const struct skald_rulebook *book);

#endif /* SKALD_LIB_RULESET_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a ruleset in the making
 *
 * ruleset.c drives, ruleset_dump.c reads what the kernel holds,
 * ruleset_list.c has nft write it, ruleset_text.c joins what it wrote,
 * ruleset_iptables.c what iptables writes of its tables. Chains and rules are
 * found by name and handle, so that joining costs the same for each rule.
 */
#ifndef SKALD_LIB_RULESET_PARTS_H
#define SKALD_LIB_RULESET_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index.h"
#include "netlink_call.h"
#include "ruleset.h"

/**
 * struct skald_part_table - a table
 * @family: NFPROTO_*
 * @handle: handle
 * @name: name
 * @is_iptables: looks as if iptables-nft made it
 * @next: the one behind it, NULL: the last
 */
struct skald_part_table {
	unsigned int family;
	uint64_t handle;
	const char *name;
	bool is_iptables;
	struct skald_part_table *next;
};

/**
 * struct skald_part_rule - a rule
 * @rule: what will be told of it; its text is NULL until somebody wrote it
 * @inner: chain without a name of its own that it jumps to, or NULL
 */
struct skald_part_rule {
	struct skald_rule rule;
	const char *inner;
};

/**
 * struct skald_part_chain - a chain
 * @chain: what will be told of it
 * @table: its table
 * @first: index of its first rule
 * @n: number of its rules; they stand together
 * @seen: for counting a tool's lines
 */
struct skald_part_chain {
	struct skald_chain chain;
	struct skald_part_table *table;
	size_t first;
	size_t n;
	size_t seen;
};

/**
 * struct skald_parts - everything that is known so far
 * @arena: strings, tables and chains
 * @bytecode: messages kept
 * @text: nft's text
 * @iptables: iptables' text
 * @textless: "bridge fw, ip nat": tables that nft could not write
 * @tables: the first table, in order
 * @last: the last one
 * @chains: all chains, in order, heap
 * @n_chains: how many
 * @rules: all rules, in order, heap
 * @n_rules: how many
 * @size_chains: allocated
 * @size_rules: allocated
 * @by_table: tables by family and name
 * @by_name: chains by family, table and name
 * @by_handle: rules by family, table and handle; filled when all are known
 */
struct skald_parts {
	struct skald_arena arena;
	struct skald_buffer bytecode;
	struct skald_buffer text;
	struct skald_buffer iptables;
	struct skald_buffer textless;
	struct skald_part_table *tables;
	struct skald_part_table *last;
	struct skald_part_chain **chains;
	size_t n_chains;
	size_t size_chains;
	struct skald_part_rule *rules;
	size_t n_rules;
	size_t size_rules;
	struct skald_index by_table;
	struct skald_index by_name;
	struct skald_index by_handle;
};

void skald_parts_init(struct skald_parts *parts);
void skald_parts_done(struct skald_parts *parts);

/* "skald" or "skald-<pid>": a table of this program, or of its brother. */
bool skald_parts_is_own(const char *table);

/* Word of a family as nft writes it. Return: NFPROTO_* or -1 */
int skald_parts_family(const char *word, size_t len);

/* Look-ups. Return: what was found, or NULL */
struct skald_part_table *skald_parts_table(const struct skald_parts *parts,
					   unsigned int family,
					   const char *name);
struct skald_part_chain *skald_parts_chain(const struct skald_parts *parts,
					   unsigned int family,
					   const char *table, const char *name);
struct skald_part_rule *skald_parts_rule(const struct skald_parts *parts,
					 unsigned int family, const char *table,
					 uint64_t handle);

/* Enter what was found. It is copied; its strings are
 * borrowed from the arena. Return: 0, -ENOMEM, or -EINTR for a rule of a chain
 * that is not there: the ruleset changed while it was read. */
int skald_parts_add_table(struct skald_parts *parts,
			  const struct skald_part_table *table);
int skald_parts_add_chain(struct skald_parts *parts,
			  const struct skald_part_chain *chain);
int skald_parts_add_rule(struct skald_parts *parts,
			 const struct skald_part_rule *rule);
/* All rules are there: make them findable. */
int skald_parts_index_rules(struct skald_parts *parts);

/* The kernel's generation number. */
int skald_ruleset_generation(struct skald_call *call, uint32_t *generation);
/* Fill in bytecode, tables, chains and rules. -EINTR: changed meanwhile */
int skald_ruleset_dump(struct skald_call *call, struct skald_parts *parts,
		       struct skald_error *error);

/* The same from bytecode that was kept. -EBADMSG: it is none */
int skald_ruleset_read(struct skald_parts *parts, const void *bytes,
		       size_t len);

/*
 * Have nft write the ruleset of the thread's namespace, and join it. Rules of
 * tables that it crashes on have no text.
 */
int skald_ruleset_write(struct skald_parts *parts, struct skald_error *error);

/**
 * typedef skald_ruleset_lister - runs one command of nft
 * @command: "list ruleset" or "list table FAMILY NAME"
 * @output: what it prints is appended, with a NUL behind it that @output's len
 *	does not count
 * @error: in words
 *
 * Return: 0, -ECHILD: it crashed, -EIO: it refuses, or another -errno.
 */
typedef int skald_ruleset_lister(char *command, struct skald_buffer *output,
				 struct skald_error *error);

/* The same, by means of @lister. */
int skald_ruleset_write_by(struct skald_parts *parts,
			   skald_ruleset_lister *lister,
			   struct skald_error *error);
/* The joining alone: @text is what "nft -a list ruleset" printed. */
int skald_ruleset_join(struct skald_parts *parts, const char *text);

/* Have iptables write its tables in the thread's namespace, and join them.
 * Without its tools, nft's words stay. -ENOMEM is the only error. */
int skald_ruleset_write_iptables(struct skald_parts *parts);
/* The joining alone: @text is what "<tool>-save" of that family printed. */
int skald_ruleset_join_iptables(struct skald_parts *parts, unsigned int family,
				const char *tool, const char *text);
/* Names of legacy tables in the thread's namespace. */
int skald_ruleset_legacy(struct skald_buffer *names);

#endif /* SKALD_LIB_RULESET_PARTS_H */

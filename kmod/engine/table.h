/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rulesets
 *
 * A *ruleset* (struct skald_vm) is what nf_tables has of one namespace. Tables
 * hold chains, sets, objects and flowtables; chains hold rules.
 *
 * A chain is a linked list of *chunks*, each with up to SKALD_CHUNK_RULES
 * rules. Adding, inserting and deleting a rule touches one chunk, so it costs
 * the same in a chain of ten and of a hundred thousand. A chunk holds the
 * guards of its rules (guard.h) side by side: a walk over rules that do not
 * match reads nothing else, wherever the rules themselves lie in memory.
 *
 * Changes come as transactions (load.h). Every object has a *genmask* as in the
 * kernel: bit n is set while it is not active in generation n; packets see the
 * current one, the transaction the next.
 */
#ifndef SKALD_ENGINE_TABLE_H
#define SKALD_ENGINE_TABLE_H

#include "env.h"
#include "expr.h"
#include "guard.h"
#include "names.h"
#include "vm.h"

#define SKALD_CHUNK_RULES 64
/* Families that have hooks, and hooks of a family. */
#define SKALD_VM_FAMILIES 11
#define SKALD_VM_HOOKS 8

struct skald_vm;
struct skald_vm_table;
struct skald_vm_set;

/**
 * struct skald_vm_chunk - a stretch of a chain's rules
 * @list: in the chain
 * @n: places used
 * @first: the first guard of each rule
 * @second: the second
 * @rules: the rules; NULL: deleted
 *
 * A place is not used again while packets may look at it: deleted rules leave
 * a guard that lets nothing pass, and their places are closed up when the chunk
 * is changed next.
 */
struct skald_vm_chunk {
	struct list_head list;
	u32 n;
	struct skald_guard first[SKALD_CHUNK_RULES];
	struct skald_guard second[SKALD_CHUNK_RULES];
	struct skald_vm_rule *rules[SKALD_CHUNK_RULES];
};

/**
 * struct skald_vm_rule - a rule
 * @by_handle: in its table
 * @checked: in its chain's @checked, if an expression wants it
 * @chain: its chain
 * @chunk: where in the chain
 * @handle: handle, unique in its table
 * @id: NFTA_RULE_ID within a transaction
 * @genmask: generations it is not active in
 * @is_given_up: it will go: its references were given up
 * @n_exprs: expressions
 * @n_user: bytes of user data, behind the expressions
 * @size: bytes of the expressions
 * @data: expressions, one behind the other
 */
struct skald_vm_rule {
	struct hlist_node by_handle;
	struct list_head checked;
	struct skald_vm_chain *chain;
	struct skald_vm_chunk *chunk;
	u64 handle;
	u32 id;
	u32 size;
	u16 n_exprs;
	u16 n_user;
	u8 genmask;
	bool is_given_up;
	u64 data[];
};

/* The first expression, and the next; @rule->n_exprs of them. */
static inline struct skald_vm_expr *
skald_rule_first(const struct skald_vm_rule *rule)
{
	return (struct skald_vm_expr *)rule->data;
}

/* NFTA_RULE_USERDATA: comment and the like; @n_user bytes. */
static inline const u8 *skald_rule_user(const struct skald_vm_rule *rule)
{
	return (const u8 *)rule->data + rule->size;
}

/* As nft_chain types. */
enum skald_chain_type {
	SKALD_CHAIN_FILTER,
	SKALD_CHAIN_ROUTE,
	SKALD_CHAIN_NAT,
};

/**
 * struct skald_vm_hook - a base chain where packets meet it
 * @list: in the ruleset's @hooks, by priority; of the same priority the later
 *	registered comes first (nf_hook_entries_grow())
 * @chain: the chain
 * @pf: family
 */
struct skald_vm_hook {
	struct list_head list;
	struct skald_vm_chain *chain;
	u8 pf;
};

/**
 * struct skald_vm_base - what a base chain has beyond others
 * @type: type; nat chains are only for packets whose translation is open
 * @hook: hook number in the chain's family
 * @priority: priority
 * @policy: NF_ACCEPT or NF_DROP
 * @next_policy: policy in the next generation
 * @n_hooks: registrations: 1, for inet 2; 0: at no hook
 * @hooks: registrations
 * @n_devices: devices of netdev chains
 * @devices: their names
 * @packets: NFTA_CHAIN_COUNTERS; counted when @has_counters
 * @bytes: likewise
 * @has_counters: the chain counts
 */
struct skald_vm_base {
	enum skald_chain_type type;
	u8 hook;
	s32 priority;
	u8 policy;
	u8 next_policy;
	bool has_counters;
	u8 n_hooks;
	struct skald_vm_hook hooks[2];
	u32 n_devices;
	char (*devices)[16];
	u64 packets;
	u64 bytes;
};

/**
 * struct skald_vm_chain - a chain
 * @list: in its table
 * @by_name: in its table's names
 * @chunks: rules
 * @checked: rules with expressions that jump or depend on where they stand
 * @table: its table
 * @base: NULL: a chain to jump to
 * @name: name
 * @handle: handle
 * @id: NFTA_CHAIN_ID within a transaction
 * @use: rules, and verdicts that lead here
 * @n_rules: rules that are not deleted
 * @flags: NFT_CHAIN_*
 * @genmask: generations it is not active in
 * @seen: for the search for loops: deepest level it was met at
 * @seen_for: from this base chain
 * @seen_in: in this search
 */
struct skald_vm_chain {
	struct list_head list;
	struct hlist_node by_name;
	struct list_head chunks;
	struct list_head checked;
	struct skald_vm_table *table;
	struct skald_vm_base *base;
	const char *name;
	u64 handle;
	u32 id;
	u32 use;
	u32 n_rules;
	u32 flags;
	u8 genmask;
	u8 seen;
	const struct skald_vm_chain *seen_for;
	u32 seen_in;
};

/**
 * struct skald_vm_obj - a named object
 * @list: in its table
 * @table: its table
 * @name: name
 * @handle: handle
 * @type: NFT_OBJECT_*
 * @use: who refers to it
 * @genmask: generations it is not active in
 * @expr: what it does, as an expression
 */
struct skald_vm_obj {
	struct list_head list;
	struct skald_vm_table *table;
	const char *name;
	u64 handle;
	u32 type;
	u32 use;
	u8 genmask;
	struct skald_vm_expr *expr;
};

/**
 * struct skald_vm_flowtable - a flowtable: known by name, never taken
 * @list: in its table
 * @table: its table
 * @name: name
 * @handle: handle
 * @use: who refers to it
 * @genmask: generations it is not active in
 * @hook: hook number
 * @priority: priority
 */
struct skald_vm_flowtable {
	struct list_head list;
	struct skald_vm_table *table;
	const char *name;
	u64 handle;
	u32 use;
	u8 genmask;
	u32 hook;
	s32 priority;
};

/**
 * struct skald_vm_table - a table
 * @list: in the ruleset
 * @vm: the ruleset
 * @chains: chains, in order of their making
 * @sets: sets
 * @objs: objects
 * @flowtables: flowtables
 * @chain_names: chains by name
 * @set_names: sets by name
 * @rule_handles: rules by handle
 * @name: name
 * @handle: handle
 * @next_handle: last handle given
 * @family: NFPROTO_*
 * @genmask: generations it is not active in
 * @flags: NFT_TABLE_F_*; a dormant table's chains are at no hook
 * @next_flags: flags in the next generation
 */
struct skald_vm_table {
	struct list_head list;
	struct skald_vm *vm;
	struct list_head chains;
	struct list_head sets;
	struct list_head objs;
	struct list_head flowtables;
	struct skald_names chain_names;
	struct skald_names set_names;
	struct skald_names rule_handles;
	const char *name;
	u64 handle;
	u64 next_handle;
	u32 flags;
	u32 next_flags;
	u8 family;
	u8 genmask;
};

/**
 * struct skald_vm - the ruleset of a namespace
 * @tables: tables, in order of their making
 * @hooks: base chains by family and hook, by priority
 * @generation: number of the generation in force
 * @next_handle: last table handle given
 * @n_unnamed: names made up so far, for chains and sets without one
 * @cursor: generation that packets see, 0 or 1
 * @needs_check: a jump came in, or an expression that may not stand anywhere
 * @searches: searches for loops so far
 * @is_fresh: the ruleset was loaded just now: what kernels count and do not
 *dump (numgen, recent, hashlimit, nth of statistic) starts from nothing; else
 *it is unknown. The owner sets it before loading
 * @recent: lists of xt's recent, by name (xt_recent.c)
 * @hashlimits: tables of xt's hashlimit, by name (xt_hashlimit.c)
 *
 * In the kernel: changed under the owner's mutex, walked under RCU.
 */
struct skald_vm {
	struct list_head tables;
	struct list_head hooks[SKALD_VM_FAMILIES][SKALD_VM_HOOKS];
	u32 generation;
	u64 next_handle;
	u64 n_unnamed;
	u8 cursor;
	bool needs_check;
	u32 searches;
	bool is_fresh;
	struct list_head recent;
	struct list_head hashlimits;
};

static inline u8 skald_vm_now_bit(const struct skald_vm *vm)
{
	return (u8)(1 << vm->cursor);
}

static inline u8 skald_vm_next_bit(const struct skald_vm *vm)
{
	return (u8)(1 << !vm->cursor);
}

/**
 * skald_vm_new() - an empty ruleset
 *
 * Return: the ruleset, or NULL: no memory.
 */
struct skald_vm *skald_vm_new(void);
/* Frees all of it; NULL is nothing. */
void skald_vm_free(struct skald_vm *vm);

/**
 * skald_vm_hook_next() - the base chains of a hook, one after the other
 * @vm: the ruleset
 * @pf: family of the hook; inet chains are at those of ip and ip6, their
 *	ingress at that of netdev
 * @hook: hook number
 * @device: for netdev: name of the device, else NULL
 * @last: the one before, NULL: start
 *
 * All types, by priority. nat chains are told here at their own priority; the
 * kernel calls them from nf_nat_inet_fn(), so the owner decides.
 *
 * Return: the next, or NULL.
 */
struct skald_vm_hook *skald_vm_hook_next(const struct skald_vm *vm, u8 pf,
					 u8 hook, const char *device,
					 const struct skald_vm_hook *last);

/* For load.c: enter a rule behind @after, or, when NULL, first; -ENOMEM. */
int skald_chain_insert(struct skald_vm_chain *chain, struct skald_vm_rule *rule,
		       const struct skald_vm_rule *after);
int skald_chain_append(struct skald_vm_chain *chain,
		       struct skald_vm_rule *rule);
/* Packets see the rule from now on, or no longer. */
void skald_chain_show(struct skald_vm_rule *rule);
void skald_chain_remove(struct skald_vm_rule *rule);
/* The rule before another that the next generation sees; NULL: none. */
struct skald_vm_rule *skald_chain_before(const struct skald_vm_rule *rule);
/* Free: a rule that stands nowhere; all rules; the chain without rules. */
void skald_rule_free(struct skald_vm_rule *rule);
void skald_chain_clear(struct skald_vm_chain *chain);
void skald_chain_free(struct skald_vm_chain *chain);
/* Base chains come to their hooks, or leave them. */
void skald_hooks_add(struct skald_vm_chain *chain);
void skald_hooks_remove(struct skald_vm_chain *chain);
/* Free a table with all that is in it; it is out of every list. */
void skald_table_free(struct skald_vm_table *table);

/* Look-ups among what packets see. Return: NULL: none */
struct skald_vm_table *skald_vm_table(const struct skald_vm *vm, u8 family,
				      const char *name);
struct skald_vm_chain *skald_vm_chain(const struct skald_vm_table *table,
				      const char *name);
struct skald_vm_rule *skald_vm_rule(const struct skald_vm_table *table,
				    u64 handle);

/**
 * skald_vm_rule_next() - the rules of a chain, one after the other
 * @chain: the chain
 * @last: the one before, NULL: start
 *
 * Those that packets see. Costs a search in one chunk.
 */
struct skald_vm_rule *skald_vm_rule_next(const struct skald_vm_chain *chain,
					 const struct skald_vm_rule *last);

#endif /* SKALD_ENGINE_TABLE_H */

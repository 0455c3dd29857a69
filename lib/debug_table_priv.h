/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the inside of the debug table
 *
 * Shared by debug_table.c (tables and chains) and debug_table_rules.c (rules,
 * handles, counters).
 */
#ifndef SKALD_LIB_DEBUG_TABLE_PRIV_H
#define SKALD_LIB_DEBUG_TABLE_PRIV_H

#include <pthread.h>

#include "debug_rule.h"
#include "debug_table.h"
#include "nftnl.h"

#define SKALD_TABLE_NAME_SIZE 32

/* The families that have a table, as indices. */
enum skald_table_family {
	SKALD_TABLE_IP,
	SKALD_TABLE_IP6,
	SKALD_TABLE_BRIDGE,
	SKALD_TABLE_ARP,
	SKALD_TABLE_N,
};

/**
 * struct skald_known_rule - what a handle stands for
 * @rule: the rule; counters are not kept
 * @gone_ns: CLOCK_MONOTONIC when it was deleted, 0: it lives. Packets it marked
 *	may still be on their way to the reader
 */
struct skald_known_rule {
	struct skald_debug_rule rule;
	uint64_t gone_ns;
};

/**
 * struct skald_known_rules - rules by handle
 * @items: sorted by family and handle, heap
 * @n: how many
 * @size: allocated
 */
struct skald_known_rules {
	struct skald_known_rule *items;
	size_t n;
	size_t size;
};

/**
 * struct skald_debug_table - the tables
 * @nl: owns the tables in the kernel; used by the changing thread alone
 * @netns: the namespace, held open
 * @name: name of the tables, the same in each family
 * @has_owner: they go when @nl closes
 * @has_ct: the kernel has "ct state", as far as is known
 * @has_states: families whose CT chains have a rule for each state
 * @has_bpf: families where the kernel takes the bpf match, as far as is known
 * @is_made: families there are
 * @placed: chains there are, bits by their place in skald_witnesses()
 * @lock: protects @rules; held for writing from before a commit until the
 *	handles are known, so that no trace can come of a rule nobody knows
 * @rules: our rules
 */
struct skald_debug_table {
	struct skald_nftnl nl;
	struct skald_netns netns;
	char name[SKALD_TABLE_NAME_SIZE];
	bool has_owner;
	bool has_ct;
	bool has_states[SKALD_TABLE_N];
	bool has_bpf[SKALD_TABLE_N];
	bool is_made[SKALD_TABLE_N];
	uint32_t placed[SKALD_TABLE_N];
	pthread_rwlock_t lock;
	struct skald_known_rules rules;
};

/* NFPROTO_* of an index. */
unsigned int skald_debug_table_nfproto(enum skald_table_family family);

/* Read all handles anew. The lock is held for writing, or nobody else is. */
int skald_debug_table_learn(struct skald_debug_table *table);

/* Whether it is a living rule of that classifier. */
bool skald_known_rule_is(const struct skald_known_rule *known, uint32_t id);

/* The clock of @gone_ns. */
uint64_t skald_table_now_ns(void);

#endif /* SKALD_LIB_DEBUG_TABLE_PRIV_H */

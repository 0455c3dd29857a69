/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the table from within
 *
 * What ct_table.c, ct_in.c and ct_confirm.c share; nobody else's business.
 */
#ifndef SKALD_ENGINE_CT_TABLE_H
#define SKALD_ENGINE_CT_TABLE_H

#include "ct.h"

static inline u32 skald_ct_bucket(const struct skald_ct_table *table, u32 hash)
{
	return hash & table->mask;
}

/**
 * skald_ct_lookup() - the node with a tuple in one chain
 * @table: the table
 * @zone: zone
 * @tuple: tuple
 * @hash: hash of @tuple in the zone of one direction
 * @now_ns: the time
 *
 * Expired entries are not there; whoever finds nothing kills one of the chain.
 *
 * Return: the node, its entry referenced; NULL: there is none.
 */
struct skald_ct_node *skald_ct_lookup(struct skald_ct_table *table,
				      const struct skald_ct_zone *zone,
				      const struct skald_ct_tuple *tuple,
				      u32 hash, u64 now_ns);

/**
 * skald_ct_new() - an entry that is not in the table yet
 * @packet: packet without entry
 * @tuple: its tuple
 * @reply: tuple of the answers
 * @hash: hash of @tuple
 * @error: filled in when there is none: -ENOMEM, -ENFILE: table is full
 *
 * Counts against the table's limit; when that is reached somebody else must go,
 * as early_drop().
 *
 * Return: the entry, one reference; or NULL.
 */
struct skald_ct *skald_ct_new(const struct skald_ct_packet *packet,
			      const struct skald_ct_tuple *tuple,
			      const struct skald_ct_tuple *reply, u32 hash,
			      int *error);

/* Whether an entry of the table is the one with a tuple. */
bool skald_ct_node_equal(const struct skald_ct_node *node,
			 const struct skald_ct_tuple *tuple,
			 const struct skald_ct_zone *zone);

/* Lock the chains of two hashes, in an order of which all are agreed. */
void skald_ct_lock_two(struct skald_ct_table *table, u32 a, u32 b);
void skald_ct_unlock_two(struct skald_ct_table *table, u32 a, u32 b);

static inline u32 skald_ct_reply_hash(const struct skald_ct_table *table,
				      const struct skald_ct *ct)
{
	return skald_ct_tuple_hash(&ct->nodes[SKALD_CT_REPLY].tuple,
				   skald_ct_zone_id(&ct->zone, SKALD_CT_REPLY),
				   &table->key);
}

#endif /* SKALD_ENGINE_CT_TABLE_H */

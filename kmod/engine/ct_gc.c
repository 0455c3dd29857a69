// SPDX-License-Identifier: GPL-2.0-only
/*
 * Garbage collection in bounded steps, as the kernel's gc_worker().
 */
#include "ct_expect.h"
#include "ct_helper.h"
#include "ct_proto.h"
#include "ct_table.h"

/* Share of a table's limit from which on a full one is made emptier. */
#define CROWDED_PERCENT 95

/* Whoever is not missed: no answer yet, or closing. */
static bool not_missed(const struct skald_ct_table *table,
		       const struct skald_ct *ct)
{
	const struct skald_ct_proto *proto;

	if (!skald_ct_is(ct, SKALD_CT_ASSURED))
		return true;
	proto = skald_ct_proto_of(table, skald_ct_protonum(ct));
	return proto->can_early_drop && proto->can_early_drop(ct);
}

static bool is_crowded(const struct skald_ct_table *table)
{
	u64 crowded = (u64)table->settings.max * CROWDED_PERCENT / 100;

	return table->gc_early && table->settings.max &&
	       (u64)atomic_read(&table->n) >= crowded;
}

/* An entry of the chain that is to go, referenced; @skip: those left alone. */
static struct skald_ct *find_garbage(struct skald_ct_table *table, u32 bucket,
				     u64 now_ns)
{
	struct skald_ct_node *node;
	struct skald_ct *ct;

	hlist_for_each_entry_rcu(node, &table->buckets[bucket], chain) {
		ct = skald_ct_of_node(node);
		if (skald_ct_is(ct, SKALD_CT_DYING))
			continue;
		if ((skald_ct_expired(ct, now_ns) ||
		     (is_crowded(table) && not_missed(table, ct))) &&
		    refcount_inc_not_zero(&ct->refs))
			return ct;
	}
	return NULL;
}

static u32 collect_bucket(struct skald_ct_table *table, u32 bucket, u64 now_ns)
{
	struct skald_ct *ct;
	u32 n = 0;

	for (;;) {
		rcu_read_lock();
		ct = find_garbage(table, bucket, now_ns);
		rcu_read_unlock();
		if (!ct)
			return n;
		n += skald_ct_kill(table, ct, now_ns,
				   skald_ct_expired(ct, now_ns)
					   ? SKALD_CT_END_EXPIRED
					   : SKALD_CT_END_EVICTED);
		skald_ct_put(table, ct);
	}
}

static void collect_expects(struct skald_ct_table *table, u32 bucket,
			    u64 now_ns)
{
	struct skald_ct_node *node;
	struct skald_ct *ct;

	rcu_read_lock();
	hlist_for_each_entry_rcu(node, &table->buckets[bucket], chain) {
		ct = skald_ct_of_node(node);
		if (node->tuple.dir == SKALD_CT_ORIGINAL && ct->help)
			skald_ct_expect_gc(table, ct, now_ns);
	}
	rcu_read_unlock();
}

u32 skald_ct_gc(struct skald_ct_table *table, u64 now_ns, u32 n_buckets)
{
	u32 i, n = 0;

	n_buckets = min(n_buckets, table->mask + 1);
	for (i = 0; i < n_buckets; i++) {
		n += collect_bucket(table, table->gc_bucket, now_ns);
		if (table->n_expects)
			collect_expects(table, table->gc_bucket, now_ns);
		table->gc_bucket = (table->gc_bucket + 1) & table->mask;
		if (!table->gc_bucket)
			table->gc_early = false;
	}
	return n;
}

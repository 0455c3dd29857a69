/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: expectations
 *
 * A conversation that a helper saw announced. The first packet that fits makes
 * an entry which is RELATED to the master's.
 *
 * Life: skald_ct_expect_new(), skald_ct_expect_init(), perhaps NAT,
 * skald_ct_expect_related(), and skald_ct_expect_put() of one's own reference.
 * The table holds another one until the expectation comes true, expires, is
 * evicted, or its master goes.
 */
#ifndef SKALD_ENGINE_CT_EXPECT_H
#define SKALD_ENGINE_CT_EXPECT_H

#include "ct.h"

/* Stays after it came true. */
#define SKALD_CT_EXPECT_PERMANENT 1u
/* Not used yet. */
#define SKALD_CT_EXPECT_INACTIVE 2u

/**
 * struct skald_ct_expect - an announced conversation
 * @chain: in the table's hash, under expect_lock
 * @sibling: in the master's list, under expect_lock
 * @refs: references
 * @flags: SKALD_CT_EXPECT_*
 * @class: index of the helper's policy
 * @dir: direction in the master of the packet that announced it; for NAT
 * @zone: the master's
 * @expires_ns: when it is gone
 * @master: entry of the helper; not referenced: it takes its expectations with
 *	it
 * @helper: the master's helper
 * @assign: helper for the expected entry, or NULL
 * @tuple: what is expected
 * @mask: bits of the source that count
 * @expectfn: called with the new entry, its packet and this; may be NULL
 * @saved_addr: for NAT: destination as it was announced
 * @saved_port: for NAT: port as it was announced
 * @rcu: for freeing
 */
struct skald_ct_expect {
	struct hlist_node chain;
	struct hlist_node sibling;
	refcount_t refs;
	u32 flags;
	u8 class;
	u8 dir;
	struct skald_ct_zone zone;
	u64 expires_ns;
	struct skald_ct *master;
	const struct skald_ct_helper *helper;
	const struct skald_ct_helper *assign;
	struct skald_ct_tuple tuple;
	struct skald_ct_mask mask;
	void (*expectfn)(struct skald_ct_packet *packet,
			 struct skald_ct_expect *expect);
	union skald_addr saved_addr;
	__be16 saved_port;
	struct rcu_head rcu;
};

/* Return: an empty expectation of @master, one reference; NULL: no memory. */
struct skald_ct_expect *skald_ct_expect_new(struct skald_ct *master);
void skald_ct_expect_put(struct skald_ct_expect *expect);

/**
 * skald_ct_expect_init() - what is expected
 * @expect: the expectation
 * @class: index of the helper's policy
 * @tuple: family, protocol, destination and, as far as @mask says, source
 * @mask: bits of the source that count; NULL: none
 */
void skald_ct_expect_init(struct skald_ct_expect *expect, u8 class,
			  const struct skald_ct_tuple *tuple,
			  const struct skald_ct_mask *mask);

/**
 * skald_ct_expect_tuple() - the usual tuple and mask of an expectation
 * @expect: filled in
 * @class: index of the helper's policy
 * @src: source address, NULL: any
 * @dst: destination address
 * @proto: IP protocol
 * @ports: source and destination port, network order; source 0: any
 *
 * Family and the rest as the master's. As nf_ct_expect_init().
 */
void skald_ct_expect_tuple(struct skald_ct_expect *expect, u8 class,
			   const union skald_addr *src,
			   const union skald_addr *dst, u8 proto,
			   const __be16 ports[2]);

/**
 * skald_ct_expect_related() - expect it from now on
 * @packet: the packet that announced it; its entry need not be the master
 * @expect: initialised
 * @any_master: the same expectation of another master is refused as well
 *	(NF_CT_EXP_F_SKIP_MASTER)
 *
 * The same expectation of the same master is renewed.
 *
 * Return: 0; -EBUSY: clashes with another one; -EALREADY: somebody else's or
 * another class's; -EMFILE: too many in the table; -ESHUTDOWN: the master has
 * no helper. As nf_ct_expect_related().
 */
int skald_ct_expect_related(struct skald_ct_packet *packet,
			    struct skald_ct_expect *expect, bool any_master);

/**
 * skald_ct_unexpect() - no longer
 * @table: the table
 * @expect: in the table or not any more; the caller's reference stays its own
 * @now_ns: the time, for the note
 */
void skald_ct_unexpect(struct skald_ct_table *table,
		       struct skald_ct_expect *expect, u64 now_ns);

/**
 * skald_ct_expect_find() - an expectation that a tuple would fulfil
 * @table: the table
 * @zone: zone, NULL: 0
 * @tuple: of a packet
 * @now_ns: the time
 *
 * Return: the expectation, referenced, still in the table; or NULL.
 */
struct skald_ct_expect *skald_ct_expect_find(struct skald_ct_table *table,
					     const struct skald_ct_zone *zone,
					     const struct skald_ct_tuple *tuple,
					     u64 now_ns);

/**
 * skald_ct_expect_take() - an expectation comes true
 * @packet: packet without an entry
 * @tuple: its tuple
 *
 * Unlinks it unless it is permanent; as nf_ct_find_expectation().
 *
 * Return: the expectation and its master referenced; or NULL.
 */
struct skald_ct_expect *
skald_ct_expect_take(const struct skald_ct_packet *packet,
		     const struct skald_ct_tuple *tuple);

/* All expectations of an entry go. */
void skald_ct_expect_remove_all(struct skald_ct_table *table,
				struct skald_ct *master, u64 now_ns);
/* Those that expired go. */
void skald_ct_expect_gc(struct skald_ct_table *table, struct skald_ct *master,
			u64 now_ns);

/**
 * skald_ct_expect_each() - visit all expectations of the table
 * @table: the table
 * @now_ns: expired ones are left out
 * @visit: called under expect_lock; false ends the walk
 * @user: for @visit
 */
void skald_ct_expect_each(struct skald_ct_table *table, u64 now_ns,
			  bool (*visit)(void *user,
					struct skald_ct_expect *expect),
			  void *user);

#endif /* SKALD_ENGINE_CT_EXPECT_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expectations: a hash by destination, and a list of each master.
 */
#include "ct_expect.h"

#include "ct_helper.h"

static bool is_expired(const struct skald_ct_expect *expect, u64 now_ns)
{
	return (s64)(expect->expires_ns - now_ns) <= 0;
}

/* By what an expectation always knows: the destination. */
static struct hlist_head *bucket_of(struct skald_ct_table *table,
				    const struct skald_ct_tuple *tuple)
{
	struct skald_ct_tuple dst = *tuple;
	u32 hash;

	memset(&dst.src, 0, sizeof(dst.src));
	dst.sport = 0;
	hash = skald_ct_tuple_hash(&dst, 0, &table->key);
	return &table->expects[hash % SKALD_CT_EXPECT_BUCKETS];
}

static bool zones_meet(const struct skald_ct_zone *a,
		       const struct skald_ct_zone *b)
{
	return a->id == b->id || !a->dirs || !b->dirs;
}

/* ---- making one ---- */

struct skald_ct_expect *skald_ct_expect_new(struct skald_ct *master)
{
	struct skald_ct_expect *expect = kzalloc(sizeof(*expect), GFP_ATOMIC);

	if (!expect)
		return NULL;
	refcount_set(&expect->refs, 1);
	expect->master = master;
	expect->zone = master->zone;
	expect->helper = master->help ? master->help->helper : NULL;
	return expect;
}

void skald_ct_expect_put(struct skald_ct_expect *expect)
{
	if (expect && refcount_dec_and_test(&expect->refs))
		kfree_rcu(expect, rcu);
}

void skald_ct_expect_init(struct skald_ct_expect *expect, u8 class,
			  const struct skald_ct_tuple *tuple,
			  const struct skald_ct_mask *mask)
{
	expect->class = class;
	expect->tuple = *tuple;
	memset(&expect->mask, 0, sizeof(expect->mask));
	if (mask)
		expect->mask = *mask;
}

void skald_ct_expect_tuple(struct skald_ct_expect *expect, u8 class,
			   const union skald_addr *src,
			   const union skald_addr *dst, u8 proto,
			   const __be16 ports[2])
{
	u8 family = skald_ct_family(expect->master);
	u32 size = family == NFPROTO_IPV4 ? 4 : sizeof(*dst);
	struct skald_ct_tuple tuple = { .family = family, .proto = proto };
	struct skald_ct_mask mask = { .sport = 0 };

	memcpy(&tuple.dst, dst, size);
	if (src) {
		memcpy(&tuple.src, src, size);
		memset(&mask.src, 0xff, size);
	}
	tuple.sport = ports[0];
	tuple.dport = ports[1];
	if (ports[0])
		mask.sport = htons(0xffff);
	skald_ct_expect_init(expect, class, &tuple, &mask);
}

/* ---- going ---- */

static void tell(struct skald_ct_table *table, struct skald_ct_expect *expect,
		 enum skald_ct_note_kind kind, u64 now_ns)
{
	struct skald_ct_note note = {
		.kind = kind,
		.ct = expect->master,
		.now_ns = now_ns,
		.expect = expect,
		.helper = expect->helper,
	};

	if (skald_ct_told(table))
		table->owner.tell(table->owner.user, &note);
}

/* Under expect_lock; drops the table's reference. */
static void unlink_expect(struct skald_ct_table *table,
			  struct skald_ct_expect *expect, u64 now_ns)
{
	hlist_del_init_rcu(&expect->chain);
	hlist_del_init_rcu(&expect->sibling);
	expect->master->help->n[expect->class]--;
	table->n_expects--;
	atomic64_inc(&table->stats.expect_delete);
	tell(table, expect, SKALD_CT_NOTE_UNEXPECT, now_ns);
	skald_ct_expect_put(expect);
}

void skald_ct_unexpect(struct skald_ct_table *table,
		       struct skald_ct_expect *expect, u64 now_ns)
{
	spin_lock_bh(&table->expect_lock);
	if (!hlist_unhashed(&expect->chain))
		unlink_expect(table, expect, now_ns);
	spin_unlock_bh(&table->expect_lock);
}

void skald_ct_expect_remove_all(struct skald_ct_table *table,
				struct skald_ct *master, u64 now_ns)
{
	struct skald_ct_expect *expect;
	struct hlist_node *next;

	spin_lock_bh(&table->expect_lock);
	hlist_for_each_entry_safe(expect, next, &master->help->expects, sibling)
		unlink_expect(table, expect, now_ns);
	spin_unlock_bh(&table->expect_lock);
}

void skald_ct_expect_gc(struct skald_ct_table *table, struct skald_ct *master,
			u64 now_ns)
{
	struct skald_ct_expect *expect;
	struct hlist_node *next;

	spin_lock_bh(&table->expect_lock);
	hlist_for_each_entry_safe(expect, next, &master->help->expects,
				  sibling) {
		if (is_expired(expect, now_ns))
			unlink_expect(table, expect, now_ns);
	}
	spin_unlock_bh(&table->expect_lock);
}

/* ---- coming ---- */

/* What both masks cover is equal: one packet could fulfil both. */
static bool clashes(const struct skald_ct_expect *a,
		    const struct skald_ct_expect *b)
{
	struct skald_ct_mask both = {
		.sport = a->mask.sport & b->mask.sport,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(both.src.words); i++)
		both.src.words[i] = a->mask.src.words[i] & b->mask.src.words[i];
	return skald_ct_tuple_masked_equal(&a->tuple, &b->tuple, &both) &&
	       zones_meet(&a->zone, &b->zone);
}

static bool is_same(const struct skald_ct_expect *a,
		    const struct skald_ct_expect *b)
{
	return skald_ct_tuple_equal(&a->tuple, &b->tuple) &&
	       a->mask.sport == b->mask.sport &&
	       skald_addr_equal(&a->mask.src, &b->mask.src) &&
	       zones_meet(&a->zone, &b->zone);
}

/* The oldest of the class goes when there are too many of them. */
static void evict_oldest(struct skald_ct_table *table,
			 const struct skald_ct_expect *expect, u32 most,
			 u64 now_ns)
{
	struct skald_ct_help *help = expect->master->help;
	struct skald_ct_expect *each, *last = NULL;
	struct hlist_node *next;

	hlist_for_each_entry_safe(each, next, &help->expects, sibling) {
		if (is_expired(each, now_ns))
			unlink_expect(table, each, now_ns);
		else if (each->class == expect->class)
			last = each;
	}
	if (last && help->n[expect->class] >= most)
		unlink_expect(table, last, now_ns);
}

/* A known expectation that decides about the new one; 0, -EBUSY, -EALREADY. */
static int compare(struct skald_ct_table *table,
		   const struct skald_ct_expect *expect, bool any_master,
		   u64 now_ns)
{
	struct hlist_head *bucket = bucket_of(table, &expect->tuple);
	struct skald_ct_expect *each;
	struct hlist_node *next;

	hlist_for_each_entry_safe(each, next, bucket, chain) {
		if (is_expired(each, now_ns)) {
			unlink_expect(table, each, now_ns);
			continue;
		}
		if ((any_master || each->master == expect->master) &&
		    is_same(each, expect)) {
			if (each->class != expect->class ||
			    each->master != expect->master)
				return -EALREADY;
			unlink_expect(table, each, now_ns);
			return 0;
		}
		if (clashes(each, expect))
			return -EBUSY;
	}
	return 0;
}

/* __nf_ct_expect_check() */
static int check(struct skald_ct_table *table,
		 const struct skald_ct_expect *expect,
		 const struct skald_ct_expect_policy *policy, bool any_master,
		 u64 now_ns)
{
	const struct skald_ct_help *help = expect->master->help;
	u32 most = policy->max ? policy->max : U8_MAX;
	int ret = compare(table, expect, any_master, now_ns);

	if (ret)
		return ret;
	if (help->n[expect->class] >= most)
		evict_oldest(table, expect, most, now_ns);
	return table->n_expects >= table->settings.expect_max ? -EMFILE : 0;
}

static void link_expect(struct skald_ct_table *table,
			struct skald_ct_expect *expect, u64 expires_ns)
{
	struct skald_ct_help *help = expect->master->help;

	expect->expires_ns = expires_ns;
	refcount_inc(&expect->refs);
	help->n[expect->class]++;
	hlist_add_head_rcu(&expect->sibling, &help->expects);
	hlist_add_head_rcu(&expect->chain, bucket_of(table, &expect->tuple));
	table->n_expects++;
	atomic64_inc(&table->stats.expect_create);
}

int skald_ct_expect_related(struct skald_ct_packet *packet,
			    struct skald_ct_expect *expect, bool any_master)
{
	struct skald_ct_table *table = packet->table;
	const struct skald_ct_expect_policy *policy;
	int ret;

	if (!expect->master->help || !expect->helper ||
	    expect->class >= expect->helper->n_policies)
		return -ESHUTDOWN;
	policy = &expect->helper->policies[expect->class];
	spin_lock_bh(&table->expect_lock);
	ret = check(table, expect, policy, any_master, packet->now_ns);
	if (!ret) {
		link_expect(table, expect,
			    packet->now_ns + policy->timeout * SKALD_NS_PER_S);
		tell(table, expect, SKALD_CT_NOTE_EXPECT, packet->now_ns);
	}
	spin_unlock_bh(&table->expect_lock);
	return ret;
}

/* ---- coming true ---- */

static bool fits(const struct skald_ct_expect *expect,
		 const struct skald_ct_zone *zone,
		 const struct skald_ct_tuple *tuple)
{
	return skald_ct_tuple_masked_equal(tuple, &expect->tuple,
					   &expect->mask) &&
	       zones_meet(&expect->zone, zone);
}

struct skald_ct_expect *skald_ct_expect_find(struct skald_ct_table *table,
					     const struct skald_ct_zone *zone,
					     const struct skald_ct_tuple *tuple,
					     u64 now_ns)
{
	static const struct skald_ct_zone zero = { 0 };
	struct skald_ct_expect *expect;

	if (!table->n_expects)
		return NULL;
	zone = zone ? zone : &zero;
	rcu_read_lock();
	hlist_for_each_entry_rcu(expect, bucket_of(table, tuple), chain) {
		if (!is_expired(expect, now_ns) && fits(expect, zone, tuple) &&
		    refcount_inc_not_zero(&expect->refs))
			break;
	}
	rcu_read_unlock();
	return expect;
}

/* An entry that nobody can find yet, or any more, expects nothing. */
static bool is_alive(struct skald_ct *master)
{
	return skald_ct_is(master, SKALD_CT_CONFIRMED) &&
	       !skald_ct_is(master, SKALD_CT_DYING) &&
	       refcount_inc_not_zero(&master->refs);
}

struct skald_ct_expect *
skald_ct_expect_take(const struct skald_ct_packet *packet,
		     const struct skald_ct_tuple *tuple)
{
	struct skald_ct_table *table = packet->table;
	struct skald_ct_expect *expect, *found = NULL;
	struct hlist_node *next;

	spin_lock_bh(&table->expect_lock);
	hlist_for_each_entry_safe(expect, next, bucket_of(table, tuple),
				  chain) {
		if (is_expired(expect, packet->now_ns)) {
			unlink_expect(table, expect, packet->now_ns);
			continue;
		}
		if (expect->flags & SKALD_CT_EXPECT_INACTIVE ||
		    !fits(expect, &packet->zone, tuple))
			continue;
		if (is_alive(expect->master)) {
			refcount_inc(&expect->refs);
			found = expect;
		}
		break;
	}
	if (found && !(found->flags & SKALD_CT_EXPECT_PERMANENT))
		unlink_expect(table, found, packet->now_ns);
	spin_unlock_bh(&table->expect_lock);
	return found;
}

void skald_ct_expect_each(struct skald_ct_table *table, u64 now_ns,
			  bool (*visit)(void *user,
					struct skald_ct_expect *expect),
			  void *user)
{
	struct skald_ct_expect *expect;
	bool go_on = true;
	u32 i;

	spin_lock_bh(&table->expect_lock);
	for (i = 0; i < SKALD_CT_EXPECT_BUCKETS && go_on; i++) {
		hlist_for_each_entry(expect, &table->expects[i], chain) {
			if (is_expired(expect, now_ns))
				continue;
			go_on = visit(user, expect);
			if (!go_on)
				break;
		}
	}
	spin_unlock_bh(&table->expect_lock);
}

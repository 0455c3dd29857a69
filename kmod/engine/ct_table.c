// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table: chains of nodes under a keyed hash, entries that come and go.
 */
#include "ct_table.h"

#include "ct_expect.h"
#include "ct_helper.h"
#include "ct_proto.h"
#include "ct_seqadj.h"

/* Buckets in which a full table looks for somebody to go, as the kernel. */
#define EVICTION_RANGE 8
#define BUCKETS_MIN 16u
#define BUCKETS_MAX (1u << 26)

/* ---- life of a table ---- */

static u32 round_buckets(u32 buckets)
{
	u32 n = min(max(buckets, BUCKETS_MIN), BUCKETS_MAX);

	return 1u << fls(n - 1);
}

static u64 random64(const struct skald_ct_table *table)
{
	return (u64)skald_ct_random(table) << 32 | skald_ct_random(table);
}

struct skald_ct_table *
skald_ct_table_new(const struct skald_ct_settings *settings,
		   const struct skald_ct_owner *owner)
{
	struct skald_ct_table *table = kzalloc(sizeof(*table), GFP_KERNEL);
	u32 i, n = round_buckets(settings->buckets);

	if (!table)
		return NULL;
	table->settings = *settings;
	table->settings.buckets = n;
	table->owner = *owner;
	table->mask = n - 1;
	table->key.key[0] = random64(table);
	table->key.key[1] = random64(table);
	table->buckets = kvcalloc(n, sizeof(*table->buckets), GFP_KERNEL);
	if (!table->buckets) {
		kfree(table);
		return NULL;
	}
	for (i = 0; i < SKALD_CT_LOCKS; i++)
		spin_lock_init(&table->locks[i]);
	spin_lock_init(&table->expect_lock);
	return table;
}

static void empty_bucket(struct skald_ct_table *table, u32 bucket)
{
	struct hlist_head *head = &table->buckets[bucket];
	struct skald_ct_node *node;

	while (!hlist_empty(head)) {
		node = hlist_entry(head->first, struct skald_ct_node, chain);
		skald_ct_kill(table, skald_ct_of_node(node), 0,
			      SKALD_CT_END_TABLE);
	}
}

void skald_ct_table_free(struct skald_ct_table *table)
{
	u32 i;

	if (!table)
		return;
	for (i = 0; i <= table->mask; i++)
		empty_bucket(table, i);
	kvfree(table->buckets);
	kfree(table);
}

/* ---- locks ---- */

static spinlock_t *lock_of(struct skald_ct_table *table, u32 hash)
{
	return &table->locks[skald_ct_bucket(table, hash) % SKALD_CT_LOCKS];
}

void skald_ct_lock_two(struct skald_ct_table *table, u32 a, u32 b)
{
	spinlock_t *first = min(lock_of(table, a), lock_of(table, b));
	spinlock_t *second = max(lock_of(table, a), lock_of(table, b));

	spin_lock_bh(first);
	if (second != first)
		spin_lock_nested(second, SINGLE_DEPTH_NESTING);
}

void skald_ct_unlock_two(struct skald_ct_table *table, u32 a, u32 b)
{
	spinlock_t *first = min(lock_of(table, a), lock_of(table, b));
	spinlock_t *second = max(lock_of(table, a), lock_of(table, b));

	if (second != first)
		spin_unlock(second);
	spin_unlock_bh(first);
}

/* ---- finding ---- */

static bool zones_equal(const struct skald_ct_zone *a,
			const struct skald_ct_zone *b, enum skald_ct_dir dir)
{
	return skald_ct_zone_id(a, dir) == skald_ct_zone_id(b, dir);
}

bool skald_ct_node_equal(const struct skald_ct_node *node,
			 const struct skald_ct_tuple *tuple,
			 const struct skald_ct_zone *zone)
{
	const struct skald_ct *ct;

	if (!skald_ct_tuple_equal(&node->tuple, tuple))
		return false;
	ct = container_of(node, struct skald_ct, nodes[node->tuple.dir]);
	return zones_equal(&ct->zone, zone, node->tuple.dir) &&
	       skald_ct_is(ct, SKALD_CT_CONFIRMED);
}

/* An expired entry of a chain, referenced, or NULL. */
static struct skald_ct *find_expired(struct skald_ct_table *table, u32 bucket,
				     u64 now_ns)
{
	struct skald_ct_node *node;
	struct skald_ct *ct;

	hlist_for_each_entry_rcu(node, &table->buckets[bucket], chain) {
		ct = skald_ct_of_node(node);
		if (unlikely(skald_ct_expired(ct, now_ns)) &&
		    refcount_inc_not_zero(&ct->refs))
			return ct;
	}
	return NULL;
}

/* Whoever finds nothing in a chain leaves it cleaner. */
static void sweep(struct skald_ct_table *table, u32 bucket, u64 now_ns)
{
	struct skald_ct *expired;

	rcu_read_lock();
	expired = find_expired(table, bucket, now_ns);
	rcu_read_unlock();
	if (likely(!expired))
		return;
	skald_ct_kill(table, expired, now_ns, SKALD_CT_END_EXPIRED);
	skald_ct_put(table, expired);
}

struct skald_ct_node *skald_ct_lookup(struct skald_ct_table *table,
				      const struct skald_ct_zone *zone,
				      const struct skald_ct_tuple *tuple,
				      u32 hash, u64 now_ns)
{
	u32 bucket = skald_ct_bucket(table, hash);
	struct skald_ct_node *node;
	struct skald_ct *ct;

	rcu_read_lock();
	hlist_for_each_entry_rcu(node, &table->buckets[bucket], chain) {
		/* others' time is not looked at: their memory is far away */
		if (!skald_ct_node_equal(node, tuple, zone))
			continue;
		ct = skald_ct_of_node(node);
		if (likely(!skald_ct_expired(ct, now_ns)) &&
		    refcount_inc_not_zero(&ct->refs))
			break;
	}
	rcu_read_unlock();
	if (!node)
		sweep(table, bucket, now_ns);
	return node;
}

struct skald_ct *skald_ct_find(struct skald_ct_table *table,
			       const struct skald_ct_zone *zone,
			       const struct skald_ct_tuple *tuple, u64 now_ns,
			       enum skald_ct_dir *dir)
{
	static const struct skald_ct_zone zero = { 0 };
	u16 id, reply_id;
	struct skald_ct_node *node;

	zone = zone ? zone : &zero;
	id = skald_ct_zone_id(zone, SKALD_CT_ORIGINAL);
	reply_id = skald_ct_zone_id(zone, SKALD_CT_REPLY);
	node = skald_ct_lookup(table, zone, tuple,
			       skald_ct_tuple_hash(tuple, id, &table->key),
			       now_ns);
	if (!node && reply_id != id)
		node = skald_ct_lookup(table, zone, tuple,
				       skald_ct_tuple_hash(tuple, reply_id,
							   &table->key),
				       now_ns);
	if (!node)
		return NULL;
	if (dir)
		*dir = node->tuple.dir;
	return skald_ct_of_node(node);
}

/* Two packets of one flow, of which neither is confirmed, may clash later. */
static bool same_flow(const struct skald_ct *a, const struct skald_ct *b)
{
	return skald_ct_tuple_equal(skald_ct_tuple(a, SKALD_CT_ORIGINAL),
				    skald_ct_tuple(b, SKALD_CT_ORIGINAL)) &&
	       zones_equal(&a->zone, &b->zone, SKALD_CT_ORIGINAL);
}

bool skald_ct_taken(const struct skald_ct_packet *packet,
		    const struct skald_ct_tuple *tuple)
{
	struct skald_ct_table *table = packet->table;
	const struct skald_ct *mine = packet->ct;
	u16 id = skald_ct_zone_id(&mine->zone, SKALD_CT_REPLY);
	u32 hash = skald_ct_tuple_hash(tuple, id, &table->key);
	struct skald_ct_node *node;
	struct skald_ct *ct;

	rcu_read_lock();
	hlist_for_each_entry_rcu(
		node, &table->buckets[skald_ct_bucket(table, hash)], chain) {
		ct = skald_ct_of_node(node);
		if (ct != mine && !skald_ct_expired(ct, packet->now_ns) &&
		    skald_ct_node_equal(node, tuple, &mine->zone) &&
		    !same_flow(mine, ct))
			break;
	}
	rcu_read_unlock();
	if (node)
		atomic64_inc(&table->stats.found);
	return node;
}

/* ---- coming and going ---- */

/* Whoever goes first of a chain, referenced, or NULL. */
static struct skald_ct *find_victim(struct skald_ct_table *table, u32 bucket,
				    u64 now_ns)
{
	struct skald_ct_node *node;
	struct skald_ct *ct;

	hlist_for_each_entry_rcu(node, &table->buckets[bucket], chain) {
		ct = skald_ct_of_node(node);
		if (!skald_ct_expired(ct, now_ns) &&
		    (skald_ct_is(ct, SKALD_CT_ASSURED) ||
		     skald_ct_is(ct, SKALD_CT_DYING)))
			continue;
		if (refcount_inc_not_zero(&ct->refs))
			return ct;
	}
	return NULL;
}

static bool evict_from(struct skald_ct_table *table, u32 bucket, u64 now_ns)
{
	struct skald_ct *victim;
	bool evicted;

	rcu_read_lock();
	victim = find_victim(table, bucket, now_ns);
	rcu_read_unlock();
	if (!victim)
		return false;
	evicted = skald_ct_kill(table, victim, now_ns,
				skald_ct_expired(victim, now_ns)
					? SKALD_CT_END_EXPIRED
					: SKALD_CT_END_EVICTED);
	skald_ct_put(table, victim);
	return evicted;
}

/* early_drop(): who has no answer yet goes first. */
static bool make_room(struct skald_ct_table *table, u32 hash, u64 now_ns)
{
	u32 i, bucket = skald_ct_bucket(table, hash);

	for (i = 0; i < EVICTION_RANGE; i++) {
		if (evict_from(table, (bucket + i) & table->mask, now_ns)) {
			atomic64_inc(&table->stats.early_drop);
			return true;
		}
	}
	table->gc_early = true;
	return false;
}

static bool has_room(const struct skald_ct_packet *packet, u32 hash)
{
	struct skald_ct_table *table = packet->table;
	int n = atomic_inc_return(&table->n);

	if (likely(!table->settings.max || (u32)n <= table->settings.max))
		return true;
	if (make_room(table, hash, packet->now_ns))
		return true;
	atomic_dec(&table->n);
	return false;
}

struct skald_ct *skald_ct_new(const struct skald_ct_packet *packet,
			      const struct skald_ct_tuple *tuple,
			      const struct skald_ct_tuple *reply, u32 hash,
			      int *error)
{
	struct skald_ct_table *table = packet->table;
	struct skald_ct *ct;

	if (!has_room(packet, hash)) {
		*error = -ENFILE;
		return NULL;
	}
	ct = kzalloc(sizeof(*ct), GFP_ATOMIC);
	if (!ct) {
		atomic_dec(&table->n);
		*error = -ENOMEM;
		return NULL;
	}
	spin_lock_init(&ct->lock);
	ct->nodes[SKALD_CT_ORIGINAL].tuple = *tuple;
	ct->nodes[SKALD_CT_REPLY].tuple = *reply;
	ct->nodes[SKALD_CT_REPLY].tuple.dir = SKALD_CT_REPLY;
	ct->hash = hash;
	ct->zone = packet->zone;
	ct->id = (u64)atomic64_inc_return(&table->next_id);
	refcount_set(&ct->refs, 1);
	return ct;
}

struct skald_ct *skald_ct_get(struct skald_ct *ct)
{
	if (ct)
		refcount_inc(&ct->refs);
	return ct;
}

static void destroy(struct skald_ct_table *table, struct skald_ct *ct)
{
	if (table->nat && table->nat->forget)
		table->nat->forget(table, ct);
	if (ct->help)
		skald_ct_help_free(table, ct, 0);
	kfree(ct->seqadj);
	kfree_rcu(ct, rcu);
	atomic_dec(&table->n);
}

/* With an entry goes its reference to the master, and perhaps the master. */
void skald_ct_put(struct skald_ct_table *table, struct skald_ct *ct)
{
	struct skald_ct *master;

	while (ct && refcount_dec_and_test(&ct->refs)) {
		master = ct->master;
		destroy(table, ct);
		ct = master;
	}
}

void skald_ct_set_reply(struct skald_ct *ct, const struct skald_ct_tuple *tuple)
{
	ct->nodes[SKALD_CT_REPLY].tuple = *tuple;
	ct->nodes[SKALD_CT_REPLY].tuple.dir = SKALD_CT_REPLY;
}

static void unlink_nodes(struct skald_ct_table *table, struct skald_ct *ct)
{
	u32 reply_hash = skald_ct_reply_hash(table, ct);

	skald_ct_lock_two(table, ct->hash, reply_hash);
	hlist_del_init_rcu(&ct->nodes[SKALD_CT_ORIGINAL].chain);
	hlist_del_init_rcu(&ct->nodes[SKALD_CT_REPLY].chain);
	skald_ct_unlock_two(table, ct->hash, reply_hash);
}

static void tell_end(struct skald_ct_table *table, struct skald_ct *ct,
		     u64 now_ns, enum skald_ct_end end)
{
	const struct skald_ct_proto *proto =
		skald_ct_proto_of(table, skald_ct_protonum(ct));
	struct skald_ct_note note = {
		.kind = SKALD_CT_NOTE_DESTROY,
		.ct = ct,
		.now_ns = now_ns,
		.left_ns = (s64)(ct->expires_ns - now_ns),
		.end = end,
	};

	if (!skald_ct_told(table))
		return;
	note.new_state = proto->state ? proto->state(ct) : 0;
	note.old_state = note.new_state;
	table->owner.tell(table->owner.user, &note);
}

bool skald_ct_kill(struct skald_ct_table *table, struct skald_ct *ct,
		   u64 now_ns, enum skald_ct_end end)
{
	if (test_and_set_bit(SKALD_CT_DYING, &ct->status))
		return false;
	if (!skald_ct_is(ct, SKALD_CT_CONFIRMED))
		return true;
	unlink_nodes(table, ct);
	if (ct->help)
		skald_ct_help_gone(table, ct, now_ns);
	tell_end(table, ct, now_ns, end);
	skald_ct_put(table, ct);
	return true;
}

void skald_ct_account(const struct skald_ct_packet *packet)
{
	struct skald_ct_count *count = &packet->ct->count[packet->dir];
	const struct skald_view *view = packet->view;

	atomic64_inc(&count->packets);
	atomic64_add(view->end - view->network, &count->bytes);
}

void skald_ct_refresh(const struct skald_ct_packet *packet, u32 timeout)
{
	struct skald_ct *ct = packet->ct;
	u64 expires_ns = timeout * SKALD_NS_PER_S;

	skald_ct_account(packet);
	if (skald_ct_is(ct, SKALD_CT_FIXED_TIMEOUT))
		return;
	if (skald_ct_is(ct, SKALD_CT_CONFIRMED))
		expires_ns += packet->now_ns;
	WRITE_ONCE(ct->expires_ns, expires_ns);
}

void skald_ct_each(struct skald_ct_table *table, u64 now_ns,
		   bool (*visit)(void *user, struct skald_ct *ct), void *user)
{
	struct skald_ct_node *node;
	struct skald_ct *ct;
	bool go_on = true;
	u32 i;

	for (i = 0; i <= table->mask && go_on; i++) {
		rcu_read_lock();
		hlist_for_each_entry_rcu(node, &table->buckets[i], chain) {
			ct = skald_ct_of_node(node);
			if (node->tuple.dir != SKALD_CT_ORIGINAL ||
			    skald_ct_expired(ct, now_ns))
				continue;
			go_on = visit(user, ct);
			if (!go_on)
				break;
		}
		rcu_read_unlock();
	}
}

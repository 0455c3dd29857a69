// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <skald/uapi.h>

#include "compat.h"
#include "conntrack.h"
#include "hook.h"
#include "packet.h"
#include "place.h"
#include "ring.h"
#include "route.h"
#include "snap.h"
#include "wrap.h"

#define WRAPS_MAX 512

/**
 * struct slot - a function that is called through ours
 * @hook: it
 * @priv: its own data
 * @priority: where it stands
 * @index: in the hook's array
 */
struct slot {
	nf_hookfn *hook;
	void *priv;
	s32 priority;
	u8 index;
};

/**
 * struct wrap - an array of ours
 * @node: in the table, by content
 * @rcu: to free it
 * @hash: of the content
 * @used: when it was last asked for, in jiffies
 * @entries: what nf_hook_slow() is given; behind @slots
 * @count: functions
 * @slots: what they stand for
 */
struct wrap {
	struct hlist_node node;
	struct rcu_head rcu;
	u32 hash;
	u32 used;
	struct nf_hook_entries *entries;
	unsigned int count;
	struct slot slots[];
};

static DEFINE_HASHTABLE(wraps, 7);
static DEFINE_RAW_SPINLOCK(wraps_lock);
static unsigned int wraps_count;
static atomic64_t unwrapped;

/**
 * struct before - what is known before a function runs
 * @headers: the packet's
 * @id: the packet's
 * @time: CLOCK_MONOTONIC, ns
 * @nfct: conntrack entry and state
 * @dst: route
 */
struct before {
	struct skald_headers headers;
	u64 id;
	u64 time;
	unsigned long nfct;
	const struct dst_entry *dst;
};

/**
 * struct running - the function that runs on a CPU
 * @task: in which; a task may have moved on since
 * @nfct: what its packet had
 * @id: its packet's
 */
struct running {
	const struct task_struct *task;
	unsigned long nfct;
	u64 id;
};

static DEFINE_PER_CPU(struct running, running);

static struct running running_set(struct running now)
{
	struct running *here = get_cpu_ptr(&running);
	struct running before = *here;

	*here = now;
	put_cpu_ptr(&running);
	return before;
}

u64 skald_wrap_running(const void *nfct)
{
	struct running *here = this_cpu_ptr(&running);

	if (here->task != current ||
	    (here->nfct & NFCT_PTRMASK) != (unsigned long)nfct)
		return 0;
	return here->id;
}

static void stage_tell(const struct before *before, const struct slot *slot,
		       const struct nf_hook_state *state, u64 id, u32 verdict,
		       u8 changed)
{
	u64 took = ktime_get_mono_fast_ns() - before->time;
	struct skald_space space;
	struct skald_r_stage *stage;

	stage = skald_ring_begin(&space, id, SKALD_R_STAGE, sizeof(*stage));
	if (!stage)
		return;
	stage->place = skald_place((unsigned long)slot->hook);
	stage->priority = slot->priority;
	stage->verdict = verdict;
	stage->took = min_t(u64, took, U32_MAX);
	stage->family = state->pf;
	stage->hook = state->hook;
	stage->index = slot->index;
	stage->changed = changed;
	skald_ring_end(&space);
}

static u8 changes(const struct before *before, const struct sk_buff *skb,
		  const struct skald_packet *packet)
{
	u8 changed = 0;

	if (skald_headers_differ(&before->headers, skb))
		changed |= SKALD_CHANGED_HEADERS;
	if (packet->flags & SKALD_PACKET_TRACKED ||
	    before->nfct != skald_nfct(skb))
		changed |= SKALD_CHANGED_CONNTRACK;
	if (before->dst != skb_dst(skb) && skb_dst(skb))
		changed |= SKALD_CHANGED_ROUTE;
	return changed;
}

/* The packet may have become another in there: the whole of its fragments. */
static void accepted(const struct before *before, const struct slot *slot,
		     struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct skald_packet *packet = skald_packet_get(skb);
	u8 changed;

	if (!packet) {
		stage_tell(before, slot, state, before->id, NF_ACCEPT, 0);
		return;
	}
	changed = changes(before, skb, packet);
	stage_tell(before, slot, state, packet->id, NF_ACCEPT, changed);
	/* Another packet's were told when it was put together. */
	if (changed & SKALD_CHANGED_HEADERS && packet->id == before->id)
		skald_snap_tell(packet->id, skb, skb_network_offset(skb));
	if (changed & SKALD_CHANGED_CONNTRACK)
		skald_conntrack_tell(packet, skb);
	if (changed & SKALD_CHANGED_ROUTE)
		skald_route_tell(packet->id, skb, SKALD_PURPOSE_OUTPUT, 0);
}

static void queued(const struct before *before, const struct slot *slot,
		   const struct nf_hook_state *state, u32 verdict)
{
	struct skald_space space;
	struct skald_r_queue *queue;

	queue = skald_ring_begin(&space, before->id, SKALD_R_QUEUE,
				 sizeof(*queue));
	if (!queue)
		return;
	queue->number = verdict >> NF_VERDICT_QBITS;
	queue->family = state->pf;
	queue->hook = state->hook;
	queue->bypass = !!(verdict & NF_VERDICT_FLAG_QUEUE_BYPASS);
	queue->index = slot->index;
	skald_ring_end(&space);
}

static u32 run(const struct slot *slot, struct sk_buff *skb,
	       const struct nf_hook_state *state, const struct before *before)
{
	struct running mine = { current, before->nfct, before->id };
	struct running outer = running_set(mine);
	u32 verdict = slot->hook(slot->priv, skb, state);

	running_set(outer);
	return verdict;
}

static unsigned int wrapped(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	const struct slot *slot = priv;
	struct skald_packet *packet = skald_packet_get(skb);
	struct before before;
	u32 verdict;

	if (!packet)
		return slot->hook(slot->priv, skb, state);
	before.id = packet->id;
	before.nfct = skald_nfct(skb);
	before.dst = skb_dst(skb);
	skald_headers_take(&before.headers, skb);
	before.time = ktime_get_mono_fast_ns();
	verdict = run(slot, skb, state, &before);
	/* Unless it was accepted, the skb may be gone. */
	if ((verdict & NF_VERDICT_MASK) == NF_ACCEPT) {
		accepted(&before, slot, skb, state);
		return verdict;
	}
	stage_tell(&before, slot, state, before.id, verdict, 0);
	if ((verdict & NF_VERDICT_MASK) == NF_QUEUE)
		queued(&before, slot, state, verdict);
	return verdict;
}

static u32 content_hash(const struct nf_hook_entries *entries)
{
	return jhash(entries->hooks,
		     entries->num_hook_entries * sizeof(entries->hooks[0]), 0);
}

static bool is_same(const struct wrap *wrap,
		    const struct nf_hook_entries *entries)
{
	struct nf_hook_ops **ops = nf_hook_entries_get_hook_ops(entries);
	unsigned int i;

	if (wrap->count != entries->num_hook_entries)
		return false;
	for (i = 0; i < wrap->count; i++) {
		if (wrap->slots[i].hook != entries->hooks[i].hook ||
		    wrap->slots[i].priv != entries->hooks[i].priv ||
		    wrap->slots[i].priority != ops[i]->priority)
			return false;
	}
	return true;
}

static struct wrap *wrap_find(const struct nf_hook_entries *entries, u32 hash)
{
	struct wrap *wrap;

	hash_for_each_possible_rcu(wraps, wrap, node, hash) {
		if (wrap->hash == hash && is_same(wrap, entries))
			return wrap;
	}
	return NULL;
}

static void wrap_fill(struct wrap *wrap, const struct nf_hook_entries *entries)
{
	struct nf_hook_ops **ops = nf_hook_entries_get_hook_ops(entries);
	unsigned int i;

	wrap->count = entries->num_hook_entries;
	wrap->entries = (void *)&wrap->slots[wrap->count];
	wrap->entries->num_hook_entries = wrap->count;
	for (i = 0; i < wrap->count; i++) {
		wrap->slots[i].hook = entries->hooks[i].hook;
		wrap->slots[i].priv = entries->hooks[i].priv;
		wrap->slots[i].priority = ops[i]->priority;
		wrap->slots[i].index = i;
		wrap->entries->hooks[i].hook = wrapped;
		wrap->entries->hooks[i].priv = &wrap->slots[i];
		if (skald_hook_is_ours(entries->hooks[i].hook))
			wrap->entries->hooks[i] = entries->hooks[i];
	}
}

/* Under the lock: take out the one that was not used longest. */
static struct wrap *wraps_shrink(void)
{
	struct wrap *wrap, *oldest = NULL;
	int bucket;

	lockdep_assert_held(&wraps_lock);
	hash_for_each(wraps, bucket, wrap, node) {
		if (!oldest || (s32)(wrap->used - oldest->used) < 0)
			oldest = wrap;
	}
	hash_del_rcu(&oldest->node);
	wraps_count--;
	return oldest;
}

static struct wrap *wrap_alloc(const struct nf_hook_entries *entries, u32 hash)
{
	unsigned int n = entries->num_hook_entries;
	struct wrap *wrap;

	wrap = kzalloc(sizeof(*wrap) + n * sizeof(struct slot) +
			       sizeof(struct nf_hook_entries) +
			       n * sizeof(struct nf_hook_entry),
		       GFP_ATOMIC | __GFP_NOWARN);
	if (!wrap)
		return NULL;
	wrap_fill(wrap, entries);
	wrap->hash = hash;
	wrap->used = (u32)jiffies;
	return wrap;
}

/* Another CPU may have been first: then it is that one's. */
static struct wrap *wrap_new(const struct nf_hook_entries *entries, u32 hash)
{
	struct wrap *wrap = wrap_alloc(entries, hash);
	struct wrap *there, *old = NULL;
	unsigned long flags;

	if (!wrap)
		return NULL;
	raw_spin_lock_irqsave(&wraps_lock, flags);
	there = wrap_find(entries, hash);
	if (!there) {
		if (wraps_count >= WRAPS_MAX)
			old = wraps_shrink();
		hash_add_rcu(wraps, &wrap->node, hash);
		wraps_count++;
	}
	raw_spin_unlock_irqrestore(&wraps_lock, flags);
	if (old)
		kfree_rcu(old, rcu);
	if (there)
		kfree(wrap);
	return there ?: wrap;
}

const struct nf_hook_entries *skald_wrap(const struct nf_hook_entries *entries)
{
	u32 hash = content_hash(entries);
	struct wrap *wrap = wrap_find(entries, hash);

	if (!wrap)
		wrap = wrap_new(entries, hash);
	if (!wrap) {
		atomic64_inc(&unwrapped);
		return NULL;
	}
	WRITE_ONCE(wrap->used, (u32)jiffies);
	return wrap->entries;
}

void skald_wrap_open(void)
{
	atomic64_set(&unwrapped, 0);
}

void skald_wrap_close(void)
{
	struct hlist_node *next;
	struct wrap *wrap;
	int bucket;

	hash_for_each_safe(wraps, bucket, next, wrap, node) {
		hash_del(&wrap->node);
		kfree(wrap);
	}
	wraps_count = 0;
}

void skald_wrap_stats(struct skald_stats *stats)
{
	stats->unwrapped = atomic64_read(&unwrapped);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of packets: buckets of eight, hashed by the skb's address. A bucket
 * that is full refuses; with a table half full that is rare, and counted.
 */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include "fragment.h"
#include "packet.h"
#include "ring.h"

#define WAYS 8
/* Buckets that one call of skald_packet_sweep() looks at. */
#define SWEEP 1024

/**
 * struct bucket - eight packets
 * @skb: whose they are; NULL: free
 * @lock: for insertion and removal
 * @packet: what is known of each
 */
struct bucket {
	const struct sk_buff *skb[WAYS];
	raw_spinlock_t lock;
	struct skald_packet packet[WAYS];
};

atomic_t skald_packets_scrubbed;
static struct bucket *buckets;
static unsigned int bucket_bits;
static u32 swept;
static atomic64_t last_id;
static atomic64_t marked, born, full, orphans, stale, expired;
static atomic_t known;

int skald_packet_open(u32 count)
{
	u32 i, n = count / WAYS;

	buckets = vcalloc(n, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		raw_spin_lock_init(&buckets[i].lock);
	bucket_bits = ilog2(n);
	swept = 0;
	atomic_set(&skald_packets_scrubbed, 0);
	atomic_set(&known, 0);
	atomic64_set(&marked, 0);
	atomic64_set(&born, 0);
	atomic64_set(&full, 0);
	atomic64_set(&orphans, 0);
	atomic64_set(&stale, 0);
	atomic64_set(&expired, 0);
	return 0;
}

void skald_packet_close(void)
{
	vfree(buckets);
	buckets = NULL;
}

static struct bucket *bucket_of(const struct sk_buff *skb)
{
	return &buckets[hash_ptr(skb, bucket_bits)];
}

struct skald_packet *skald_packet_peek(const struct sk_buff *skb)
{
	struct bucket *bucket = bucket_of(skb);
	unsigned int i;

	for (i = 0; i < WAYS; i++) {
		if (READ_ONCE(bucket->skb[i]) != skb)
			continue;
		WRITE_ONCE(bucket->packet[i].touched, (u32)jiffies);
		return &bucket->packet[i];
	}
	return NULL;
}

struct skald_packet *skald_packet_find(struct sk_buff *skb)
{
	struct skald_packet *packet = skald_packet_peek(skb);

	if (unlikely(!packet)) {
		packet = skald_fragment_adopt(skb);
		if (!packet)
			atomic64_inc(&orphans);
		return packet;
	}
	if (unlikely(packet->flags & SKALD_PACKET_WHOLE))
		skald_fragment_settle(skb, packet);
	return packet;
}

struct skald_packet *skald_packet_find_scrubbed(struct sk_buff *skb)
{
	struct skald_packet *packet = skald_packet_peek(skb);

	/* Without the bit, and not scrubbed: another's memory. */
	return packet && packet->flags & SKALD_PACKET_SCRUBBED ? packet : NULL;
}

static void forget(u64 id, u32 why)
{
	struct skald_space space;
	struct skald_r_forget *record;

	record = skald_ring_begin(&space, id, SKALD_R_FORGET, sizeof(*record));
	if (!record)
		return;
	record->why = why;
	skald_ring_end(&space);
}

static void packet_init(struct skald_packet *packet, u32 netns)
{
	packet->id = atomic64_inc_return(&last_id);
	packet->netns = netns;
	packet->touched = (u32)jiffies;
	packet->flags = 0;
}

static void forget_flags(const struct skald_packet *packet)
{
	if (packet->flags & SKALD_PACKET_SCRUBBED)
		atomic_dec(&skald_packets_scrubbed);
}

/* The slot of @skb, or else a free one; -1 when there is neither. */
static int slot_for(const struct bucket *bucket, const struct sk_buff *skb)
{
	int i, slot = -1;

	for (i = 0; i < WAYS; i++) {
		if (bucket->skb[i] == skb)
			return i;
		if (!bucket->skb[i])
			slot = i;
	}
	return slot;
}

struct skald_packet *skald_packet_add(struct sk_buff *skb, u32 netns)
{
	struct bucket *bucket = bucket_of(skb);
	struct skald_packet *packet = NULL;
	unsigned long flags;
	u64 old = 0;
	int slot;

	raw_spin_lock_irqsave(&bucket->lock, flags);
	slot = slot_for(bucket, skb);
	if (slot >= 0) {
		packet = &bucket->packet[slot];
		if (bucket->skb[slot]) {
			old = packet->id;
			forget_flags(packet);
		} else {
			atomic_inc(&known);
		}
		packet_init(packet, netns);
		WRITE_ONCE(bucket->skb[slot], skb);
	}
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
	if (old) {
		atomic64_inc(&stale);
		forget(old, SKALD_FORGET_STALE);
	}
	if (!packet) {
		skb->nf_trace = 0;
		atomic64_inc(&full);
		return NULL;
	}
	skb->nf_trace = 1;
	return packet;
}

u64 skald_packet_renew(struct skald_packet *packet, u32 netns)
{
	u64 old = packet->id;

	forget_flags(packet);
	packet_init(packet, netns);
	return old;
}

void skald_packet_scrub(struct skald_packet *packet)
{
	if (packet->flags & SKALD_PACKET_SCRUBBED)
		return;
	packet->flags |= SKALD_PACKET_SCRUBBED;
	atomic_inc(&skald_packets_scrubbed);
}

void skald_packet_mend(struct skald_packet *packet, struct sk_buff *skb)
{
	forget_flags(packet);
	packet->flags &= ~SKALD_PACKET_SCRUBBED;
	skb->nf_trace = 1;
}

/* Under the bucket's lock. */
static void slot_free(struct bucket *bucket, unsigned int slot)
{
	forget_flags(&bucket->packet[slot]);
	bucket->packet[slot].flags = 0;
	WRITE_ONCE(bucket->skb[slot], NULL);
	atomic_dec(&known);
}

bool skald_packet_take(const struct sk_buff *skb, struct skald_packet *last)
{
	struct bucket *bucket = bucket_of(skb);
	unsigned long flags;
	bool taken = false;
	unsigned int i;

	raw_spin_lock_irqsave(&bucket->lock, flags);
	for (i = 0; i < WAYS && !taken; i++) {
		if (bucket->skb[i] != skb)
			continue;
		*last = bucket->packet[i];
		slot_free(bucket, i);
		taken = true;
	}
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
	return taken;
}

static bool is_idle(const struct skald_packet *packet)
{
	u32 age = (u32)jiffies - READ_ONCE(packet->touched);

	return age > SKALD_IDLE_SECONDS * HZ;
}

static void sweep_bucket(struct bucket *bucket, bool all)
{
	u64 forgotten[WAYS];
	unsigned int i, n = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&bucket->lock, flags);
	for (i = 0; i < WAYS; i++) {
		if (!bucket->skb[i] || !(all || is_idle(&bucket->packet[i])))
			continue;
		forgotten[n++] = bucket->packet[i].id;
		slot_free(bucket, i);
	}
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
	for (i = 0; i < n; i++)
		forget(forgotten[i],
		       all ? SKALD_FORGET_STOP : SKALD_FORGET_IDLE);
	if (!all)
		atomic64_add(n, &expired);
}

void skald_packet_sweep(bool all)
{
	u32 i, n = 1u << bucket_bits;
	u32 todo = all ? n : min_t(u32, n, SWEEP);

	for (i = 0; i < todo; i++) {
		sweep_bucket(&buckets[(swept + i) & (n - 1)], all);
		if (i % SWEEP == SWEEP - 1)
			cond_resched();
	}
	swept += todo;
}

void skald_packet_stats(struct skald_stats *stats)
{
	stats->marked = atomic64_read(&marked);
	stats->born = atomic64_read(&born);
	stats->known = atomic_read(&known);
	stats->full = atomic64_read(&full);
	stats->orphans = atomic64_read(&orphans);
	stats->stale = atomic64_read(&stale);
	stats->expired = atomic64_read(&expired);
}

void skald_packet_count(bool link)
{
	atomic64_inc(link ? &born : &marked);
}

void skald_dev_tell(struct skald_r_dev *to, const struct net_device *dev)
{
	if (!dev)
		return;
	to->ifindex = dev->ifindex;
	memcpy(to->name, dev->name, sizeof(to->name));
}

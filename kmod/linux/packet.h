/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: which packets are followed
 *
 * skb->nf_trace is the hot bit: one load and one branch for a packet that
 * nobody follows. The truth is a table beside it, from an skb's address to the
 * packet's id, since the bit alone is copied where no id goes with it, is lost
 * where the packet goes on, and may be another tracer's.
 *
 *	bit, entry	followed
 *	no bit, entry	scrubbed on its way: it is found again where packets
 *			come in or go out, while any are known to be under way
 *	bit, no entry	a fragment made unseen (adopted), or an orphan
 *	neither		not ours; an entry with another packet's address is
 *			stale, and found when the address is marked anew
 *
 * An skb is in one hand at a time, and so is its entry: members need no lock.
 * Insertion and removal lock a bucket; looking up does not.
 */
#ifndef SKALD_PACKET_H
#define SKALD_PACKET_H

#include <linux/skbuff.h>
#include <linux/types.h>

enum skald_packet_flag {
	SKALD_PACKET_SENT = 1 << 0, /* a driver had it */
	SKALD_PACKET_SCRUBBED = 1 << 1, /* the bit was taken away */
	SKALD_PACKET_WHOLE = 1 << 2, /* just reassembled, parts unsettled */
	SKALD_PACKET_CUT = 1 << 3, /* is being cut into fragments */
	SKALD_PACKET_TRACKED = 1 << 4, /* conntrack saw it, not told yet */
	SKALD_PACKET_ROUTED = 1 << 5, /* its route was found */
	SKALD_PACKET_UNSHOWN = 1 << 6, /* has headers that were not told */
};

/**
 * struct skald_packet - a packet that is followed
 * @id: unique until the module is unloaded
 * @netns: inode number of the namespace it is in
 * @touched: jiffies when it last moved
 * @flags: enum skald_packet_flag
 */
struct skald_packet {
	u64 id;
	u32 netns;
	u32 touched;
	u32 flags;
};

/**
 * skald_packet_open() - make the table
 * @count: packets that can be known, a power of two
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int skald_packet_open(u32 count);

/* Nobody may look up any more. Safe when it was never opened. */
void skald_packet_close(void);

/* What skald_packet_get() does not find at once; peek() looks and no more. */
struct skald_packet *skald_packet_find(struct sk_buff *skb);
struct skald_packet *skald_packet_peek(const struct sk_buff *skb);
struct skald_packet *skald_packet_find_scrubbed(struct sk_buff *skb);
extern atomic_t skald_packets_scrubbed;

/**
 * skald_packet_get() - the packet that an skb carries
 * @skb: in the caller's hand
 *
 * Return: it, or NULL when it is not followed: nearly always, and quickly.
 */
static __always_inline struct skald_packet *
skald_packet_get(const struct sk_buff *skb)
{
	if (likely(!skb->nf_trace))
		return NULL;
	return skald_packet_find((struct sk_buff *)skb);
}

/* The same where a packet may come in or go out that was scrubbed before. */
static __always_inline struct skald_packet *
skald_packet_get_back(struct sk_buff *skb)
{
	if (unlikely(skb->nf_trace))
		return skald_packet_find(skb);
	if (likely(!atomic_read(&skald_packets_scrubbed)))
		return NULL;
	return skald_packet_find_scrubbed(skb);
}

/**
 * skald_packet_add() - follow an skb from here on
 * @skb: in the caller's hand; gets the bit
 * @netns: inode number of its namespace
 *
 * An entry that is there already is of a packet that ended unseen; that is
 * told.
 *
 * Return: a packet with a new id; NULL when there is no room, counted.
 */
struct skald_packet *skald_packet_add(struct sk_buff *skb, u32 netns);

/* A new life for the same skb: a new id, flags cleared. Returns the old id. */
u64 skald_packet_renew(struct skald_packet *packet, u32 netns);

/* The bit is about to be taken away, or was given back. */
void skald_packet_scrub(struct skald_packet *packet);
void skald_packet_mend(struct skald_packet *packet, struct sk_buff *skb);

/**
 * skald_packet_take() - the packet ends
 * @skb: about to be freed
 * @last: out: what was known
 *
 * Return: false when it was not followed.
 */
bool skald_packet_take(const struct sk_buff *skb, struct skald_packet *last);

/**
 * skald_packet_sweep() - forget packets that did not move for long
 * @all: forget all of them: the collection ends
 *
 * Each is told. Process context; goes through a part of the table, from where
 * the last call stopped, or all of it.
 */
void skald_packet_sweep(bool all);

/* A story began: by a mark, or, with @link, out of another. */
void skald_packet_count(bool link);

struct skald_stats;
/* Fills in what this room counts, each of its moment. Any context, no lock. */
void skald_packet_stats(struct skald_stats *stats);

/* Copy a device's name as records have it. NULL: none. */
struct skald_r_dev;
struct net_device;
void skald_dev_tell(struct skald_r_dev *to, const struct net_device *dev);

#endif /* SKALD_PACKET_H */

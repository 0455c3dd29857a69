/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: how stories begin
 */
#ifndef SKALD_MARK_H
#define SKALD_MARK_H

#include <linux/types.h>

struct sk_buff;
struct skald_packet;
struct skald_where;

/* Packets are marked while it is set: the last to be armed, first disarmed. */
extern bool skald_marking;

/**
 * skald_mark_try() - mark a packet if a classifier takes it
 * @skb: in the caller's hand
 * @where: it is
 *
 * Tells the mark, the headers, and who sends it.
 *
 * Return: the packet, or NULL. Under RCU.
 */
struct skald_packet *skald_mark_try(struct sk_buff *skb,
				    const struct skald_where *where);

/**
 * struct skald_kin - where a packet comes from
 * @parent: id of the other
 * @place: address of who did it
 * @cookie: of the reassembly, else 0
 * @how: enum skald_link_how
 */
struct skald_kin {
	u64 parent;
	unsigned long place;
	u64 cookie;
	u16 how;
};

/* Tell that @packet began as @kin says. */
void skald_mark_link(const struct skald_packet *packet,
		     const struct skald_kin *kin);

/**
 * skald_mark_child() - follow an skb that was made from a followed one
 * @skb: new, in the caller's hand
 * @netns: inode number of its namespace
 * @kin: where it comes from
 *
 * Return: the packet; NULL when there is no room.
 */
struct skald_packet *skald_mark_child(struct sk_buff *skb, u32 netns,
				      const struct skald_kin *kin);

/**
 * skald_mark_rebirth() - the same skb begins another life
 * @packet: ends; gets a new id
 * @skb: its skb
 * @netns: inode number of the namespace where it goes on
 * @how: enum skald_link_how
 */
void skald_mark_rebirth(struct skald_packet *packet, struct sk_buff *skb,
			u32 netns, u16 how);

#endif /* SKALD_MARK_H */

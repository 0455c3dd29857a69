/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a packet's headers
 */
#ifndef SKALD_SNAP_H
#define SKALD_SNAP_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct skald_packet;

/* Network header with options, and what NAT and mangling change behind it. */
#define SKALD_HEADERS_MAX 88

/**
 * struct skald_headers - headers, kept to see what somebody changes
 * @length: of the packet
 * @mark: skb->mark
 * @priority: skb->priority
 * @used: bytes of @bytes
 * @bytes: from the network header on
 */
struct skald_headers {
	u32 length;
	u32 mark;
	u32 priority;
	u32 used;
	u8 bytes[SKALD_HEADERS_MAX];
};

/**
 * skald_headers_take() - keep what @skb looks like now
 * @headers: written whole
 * @skb: with its network header set; bytes that it has not are not kept
 */
void skald_headers_take(struct skald_headers *headers,
			const struct sk_buff *skb);
/* Whether any of it is another by now. */
bool skald_headers_differ(const struct skald_headers *headers,
			  const struct sk_buff *skb);

/**
 * skald_snap_tell() - tell a packet's headers as they are now
 * @id: packet
 * @skb: its skb; headers may be anywhere in it
 * @offset: of the network header from skb->data
 */
void skald_snap_tell(u64 id, const struct sk_buff *skb, int offset);

/**
 * skald_snap_show() - tell headers that were made or cut unseen, once
 * @packet: with SKALD_PACKET_UNSHOWN, or nothing is done
 * @skb: its skb, where its headers are complete
 */
void skald_snap_show(struct skald_packet *packet, const struct sk_buff *skb);

#endif /* SKALD_SNAP_H */

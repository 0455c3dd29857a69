// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headers are read through skb_copy_bits(), wherever in the skb they are, and
 * never beyond its end: also where it is about to be freed.
 */
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <skald/uapi.h>

#include "packet.h"
#include "ring.h"
#include "snap.h"

/* Copies what there is of @max bytes at @offset; returns how many. */
static u32 copy(const struct sk_buff *skb, int offset, u8 *to, u32 max)
{
	int there = (int)skb->len - offset;
	u32 n = there < 0 ? 0 : min_t(u32, there, max);

	if (offset < -(int)skb_headroom(skb))
		return 0;
	return skb_copy_bits(skb, offset, to, n) ? 0 : n;
}

static bool has_network_header(const struct sk_buff *skb)
{
	return skb->network_header &&
	       skb->network_header != (typeof(skb->network_header))~0U;
}

void skald_headers_take(struct skald_headers *headers,
			const struct sk_buff *skb)
{
	headers->length = skb->len;
	headers->mark = skb->mark;
	headers->priority = skb->priority;
	headers->used = 0;
	if (has_network_header(skb))
		headers->used = copy(skb, skb_network_offset(skb),
				     headers->bytes, SKALD_HEADERS_MAX);
}

bool skald_headers_differ(const struct skald_headers *headers,
			  const struct sk_buff *skb)
{
	struct skald_headers now;

	skald_headers_take(&now, skb);
	return headers->length != now.length || headers->mark != now.mark ||
	       headers->priority != now.priority || headers->used != now.used ||
	       memcmp(headers->bytes, now.bytes, now.used);
}

/* How long the link-layer header is, if it is one that stays where it was. */
static u32 link_layer(const struct sk_buff *skb, int offset)
{
	int len;

	if (!skb_mac_header_was_set(skb) || !skb->dev)
		return 0;
	if (skb->dev->type != ARPHRD_ETHER && skb->dev->type != ARPHRD_LOOPBACK)
		return 0;
	len = offset - skb_mac_offset(skb);
	return len >= ETH_HLEN && len <= SKALD_R_SNAP_LL ? len : 0;
}

void skald_snap_tell(u64 id, const struct sk_buff *skb, int offset)
{
	u8 bytes[SKALD_R_SNAP_MAX];
	u32 len = copy(skb, offset, bytes, sizeof(bytes));
	u32 ll_len = link_layer(skb, offset);
	struct skald_space space;
	struct skald_r_snap *snap;

	snap = skald_ring_begin(&space, id, SKALD_R_SNAP, sizeof(*snap) + len);
	if (!snap)
		return;
	snap->length = skb->len - offset;
	snap->mark = skb->mark;
	snap->priority = skb->priority;
	snap->protocol = skb->protocol;
	if (skb_vlan_tag_present(skb))
		snap->vlan = skb_vlan_tag_get(skb) | 0x1000;
	snap->type = skb->pkt_type;
	snap->ll_len = copy(skb, skb_mac_offset(skb), snap->ll, ll_len);
	snap->bytes_len = len;
	memcpy(snap->bytes, bytes, len);
	skald_ring_end(&space);
}

void skald_snap_show(struct skald_packet *packet, const struct sk_buff *skb)
{
	if (likely(!(packet->flags & SKALD_PACKET_UNSHOWN)))
		return;
	packet->flags &= ~SKALD_PACKET_UNSHOWN;
	if (has_network_header(skb))
		skald_snap_tell(packet->id, skb, skb_network_offset(skb));
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <net/net_namespace.h>
#include <skald/uapi.h>

#include "classifier.h"
#include "device.h"
#include "mark.h"
#include "packet.h"
#include "ring.h"
#include "snap.h"
#include "table.h"

/* Monitors of netlink show our own messages, which are not to make more. */
static bool is_ours(const struct net_device *dev)
{
	return dev->type == ARPHRD_NETLINK;
}

static struct skald_packet *mark(struct sk_buff *skb, u16 point,
				 const struct net_device *in,
				 const struct net_device *out)
{
	struct skald_where where = {
		.net = dev_net(skb->dev),
		.in = in,
		.out = out,
		.point = point,
	};

	if (!(READ_ONCE(skald_table_points) & point) || is_ours(skb->dev))
		return NULL;
	return skald_mark_try(skb, &where);
}

static void receive_tell(u64 id, const struct net_device *dev)
{
	struct skald_r_receive *receive;
	struct skald_space space;

	receive =
		skald_ring_begin(&space, id, SKALD_R_RECEIVE, sizeof(*receive));
	if (!receive)
		return;
	receive->netns = dev_net(dev)->ns.inum;
	skald_dev_tell(&receive->dev, dev);
	skald_ring_end(&space);
}

/* What a known packet is that comes in: 0 if it is still the same. */
static u16 arrival_of(const struct skald_packet *packet,
		      const struct net_device *dev)
{
	if (!(packet->flags & SKALD_PACKET_SENT))
		return packet->flags & SKALD_PACKET_SCRUBBED ? SKALD_LINK_DECAP
							     : 0;
	return dev->flags & IFF_LOOPBACK ? SKALD_LINK_LOOP
					 : SKALD_LINK_NAMESPACE;
}

void skald_device_on_receive(void *data, struct sk_buff *skb)
{
	struct skald_packet *packet = skald_packet_get_back(skb);
	u16 how;

	if (likely(!packet)) {
		packet = mark(skb, SKALD_POINT_RECEIVE, skb->dev, NULL);
		if (packet)
			receive_tell(packet->id, skb->dev);
		return;
	}
	how = arrival_of(packet, skb->dev);
	if (how) {
		skald_mark_rebirth(packet, skb, dev_net(skb->dev)->ns.inum,
				   how);
		skald_snap_tell(packet->id, skb, 0);
	}
	receive_tell(packet->id, skb->dev);
}

static void transmit_tell(u64 id, u16 type, const struct sk_buff *skb,
			  const struct net_device *dev)
{
	struct skald_r_transmit *transmit;
	struct skald_space space;

	transmit = skald_ring_begin(&space, id, type, sizeof(*transmit));
	if (!transmit)
		return;
	transmit->length = skb->len;
	skald_dev_tell(&transmit->dev, dev);
	skald_ring_end(&space);
}

/* It was scrubbed since it was met last: in a tunnel, if a driver had it. */
static void going_out(struct skald_packet *packet, struct sk_buff *skb)
{
	if (!(packet->flags & SKALD_PACKET_SENT)) {
		skald_packet_mend(packet, skb);
		return;
	}
	skald_mark_rebirth(packet, skb, dev_net(skb->dev)->ns.inum,
			   SKALD_LINK_ENCAP);
	packet->flags |= SKALD_PACKET_UNSHOWN;
}

void skald_device_on_queue(void *data, struct sk_buff *skb)
{
	struct skald_packet *packet = skald_packet_get_back(skb);

	if (likely(!packet)) {
		packet = mark(skb, SKALD_POINT_TRANSMIT, NULL, skb->dev);
		if (!packet)
			return;
	}
	if (packet->flags & SKALD_PACKET_SCRUBBED)
		going_out(packet, skb);
	skald_snap_show(packet, skb);
	transmit_tell(packet->id, SKALD_R_TRANSMIT, skb, skb->dev);
}

void skald_device_on_send(void *data, const struct sk_buff *skb,
			  const struct net_device *dev)
{
	struct skald_packet *packet = skald_packet_get(skb);

	if (!packet)
		return;
	skald_snap_show(packet, skb);
	packet->flags |= SKALD_PACKET_SENT;
	transmit_tell(packet->id, SKALD_R_SEND, skb, dev);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last step of IP: which neighbour the packet goes to, and whether its
 * address is known. The entry is looked up as the kernel will do next.
 */
#include <net/arp.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/route.h>
#include <skald/uapi.h>

#include "compat.h"
#include "mark.h"
#include "neigh.h"
#include "packet.h"
#include "ring.h"
#include "snap.h"

static void neigh_tell(u64 id, const struct net_device *dev, u8 family,
		       const void *address, const struct neighbour *neighbour)
{
	size_t len =
		family == AF_INET ? sizeof(__be32) : sizeof(struct in6_addr);
	struct skald_space space;
	struct skald_r_neigh *to;

	to = skald_ring_begin(&space, id, SKALD_R_NEIGH, sizeof(*to));
	if (!to)
		return;
	BUILD_BUG_ON(sizeof(to->lladdr) != MAX_ADDR_LEN);
	skald_dev_tell(&to->dev, dev);
	to->family = family;
	memcpy(&to->address, address, len);
	if (neighbour) {
		to->state = READ_ONCE(neighbour->nud_state);
		to->lladdr_len = dev->addr_len;
		memcpy(to->lladdr, neighbour->ha, dev->addr_len);
	}
	skald_ring_end(&space);
}

/*
 * Where fragments are met first, and a tunnel's packet that no hook was there
 * to meet before. Without a route there is no neighbour either.
 */
static struct skald_packet *outgoing(struct sk_buff *skb)
{
	struct skald_packet *packet = skald_packet_get_back(skb);

	if (!packet || !skb_dst(skb))
		return NULL;
	if (packet->flags & SKALD_PACKET_SCRUBBED &&
	    packet->flags & SKALD_PACKET_SENT) {
		skald_mark_rebirth(packet, skb,
				   dev_net(skb_dst(skb)->dev)->ns.inum,
				   SKALD_LINK_ENCAP);
		packet->flags |= SKALD_PACKET_UNSHOWN;
	}
	skald_snap_show(packet, skb);
	return packet;
}

static void tell6(u64 id, const struct net_device *dev,
		  const struct in6_addr *address)
{
	struct neighbour *neighbour;

	rcu_read_lock();
	neighbour = __ipv6_neigh_lookup_noref_stub((struct net_device *)dev,
						   address);
	neigh_tell(id, dev, AF_INET6, address, neighbour);
	rcu_read_unlock();
}

static void tell4(u64 id, const struct net_device *dev, __be32 address)
{
	struct neighbour *neighbour;

	rcu_read_lock();
	neighbour = __ipv4_neigh_lookup_noref((struct net_device *)dev,
					      (__force u32)address);
	neigh_tell(id, dev, AF_INET, &address, neighbour);
	rcu_read_unlock();
}

void skald_neigh_on_output4(struct pt_regs *regs, unsigned long parent)
{
	struct sk_buff *skb = skald_arg(regs, 2);
	struct skald_packet *packet = outgoing(skb);
	const struct rtable *route;

	if (!packet)
		return;
	route = skb_rtable(skb);
	if (route->rt_gw_family == AF_INET6)
		tell6(packet->id, route->dst.dev, &route->rt_gw6);
	else
		tell4(packet->id, route->dst.dev,
		      rt_nexthop(route, ip_hdr(skb)->daddr));
}

void skald_neigh_on_output6(struct pt_regs *regs, unsigned long parent)
{
	struct sk_buff *skb = skald_arg(regs, 2);
	struct skald_packet *packet = outgoing(skb);
	const struct rt6_info *route;

	if (!packet)
		return;
	route = container_of(skb_dst(skb), struct rt6_info, dst);
	tell6(packet->id, route->dst.dev,
	      rt6_nexthop(route, &ipv6_hdr(skb)->daddr));
}

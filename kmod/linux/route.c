// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rtnetlink.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include <skald/uapi.h>

#include "compat.h"
#include "fib.h"
#include "packet.h"
#include "place.h"
#include "ring.h"
#include "route.h"

static void route4_tell(struct skald_r_route *to, const struct dst_entry *dst)
{
	const struct rtable *route = container_of(dst, struct rtable, dst);

	to->type = route->rt_type;
	to->via_family = route->rt_gw_family;
	if (route->rt_gw_family == AF_INET)
		memcpy(&to->via, &route->rt_gw4, sizeof(route->rt_gw4));
	else if (route->rt_gw_family == AF_INET6)
		memcpy(&to->via, &route->rt_gw6, sizeof(route->rt_gw6));
}

static u8 type6_of(const struct rt6_info *route)
{
	const struct fib6_info *from = rcu_dereference(route->from);

	if (from)
		return from->fib6_type;
	return route->rt6i_flags & RTF_LOCAL ? RTN_LOCAL : 0;
}

static void route6_tell(struct skald_r_route *to, const struct dst_entry *dst)
{
	const struct rt6_info *route = container_of(dst, struct rt6_info, dst);

	rcu_read_lock();
	to->type = type6_of(route);
	rcu_read_unlock();
	if (!(route->rt6i_flags & RTF_GATEWAY))
		return;
	to->via_family = AF_INET6;
	memcpy(&to->via, &route->rt6i_gateway, sizeof(to->via));
}

void skald_route_tell(u64 id, const struct sk_buff *skb, u8 purpose,
		      unsigned long place)
{
	const struct dst_entry *dst = skb_dst(skb);
	struct skald_space space;
	struct skald_r_route *to;
	u16 family;
	u32 mtu;

	if (!dst || !skb_valid_dst(skb))
		return;
	family = dst->ops->family;
	mtu = dst_mtu(dst);
	to = skald_ring_begin(&space, id, SKALD_R_ROUTE, sizeof(*to));
	if (!to)
		return;
	if (!place)
		place = (unsigned long)(purpose == SKALD_PURPOSE_OUTPUT
						? (void *)dst->output
						: (void *)dst->input);
	to->place = skald_place(place);
	/* IPv4 keeps it positive, IPv6 negative. */
	to->error = -abs(dst->error);
	to->mtu = mtu;
	to->family = family;
	to->purpose = purpose;
	skald_dev_tell(&to->dev, dst->dev);
	if (family == AF_INET)
		route4_tell(to, dst);
	else if (family == AF_INET6)
		route6_tell(to, dst);
	skald_ring_end(&space);
}

void skald_route_on_input(struct pt_regs *regs, unsigned long parent)
{
	struct sk_buff *skb = skald_arg(regs, 0);
	struct skald_packet *packet = skald_packet_get(skb);

	if (!packet)
		return;
	packet->flags |= SKALD_PACKET_ROUTED;
	skald_fib_done(skb);
	skald_route_tell(packet->id, skb, SKALD_PURPOSE_INPUT, 0);
}

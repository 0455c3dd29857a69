/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the route a packet has
 */
#ifndef SKALD_ROUTE_H
#define SKALD_ROUTE_H

#include <linux/types.h>

struct pt_regs;
struct sk_buff;

/*
 * Where a packet that came in goes once its route is known: ip_forward(skb),
 * ip_local_deliver(skb), ip_error(skb), ... and those of IPv6.
 */
void skald_route_on_input(struct pt_regs *regs, unsigned long parent);

/**
 * skald_route_tell() - tell the route that a packet has now
 * @id: packet
 * @skb: its skb; nothing is told when it has none
 * @purpose: enum skald_purpose
 * @place: function it is in; 0: the one it will go to
 */
void skald_route_tell(u64 id, const struct sk_buff *skb, u8 purpose,
		      unsigned long place);

#endif /* SKALD_ROUTE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: routes, asked again
 *
 * The nft source does not see the routing decision. RTM_GETROUTE with
 * RTM_F_FIB_MATCH makes the same lookup once more, with the packet's own
 * addresses, mark, input interface and TOS; the answer is labelled
 * "recomputed". Answers are cached until a route, rule, address or link
 * changes (rtnetlink groups) and for at most a second.
 */
#ifndef SKALD_LIB_ROUTE_H
#define SKALD_LIB_ROUTE_H

#include "event.h"
#include "netns.h"
#include "packet.h"

struct skald_router;

/* Return: 0 or -errno; one router a namespace, one thread at a time */
int skald_router_new(const struct skald_netns *netns,
		     struct skald_router **router);
void skald_router_free(struct skald_router *router);

/**
 * struct skald_route_query - which route is asked for
 * @packet: the packet as it was when it was routed (after DNAT)
 * @iif: input interface, 0: local output
 * @oif_seen: interface by which it really left, 0: not known, or local
 */
struct skald_route_query {
	const struct skald_packet *packet;
	uint32_t iif;
	uint32_t oif_seen;
};

/**
 * skald_router_ask() - the route of a packet
 * @router: its namespace's
 * @query: the packet and its interfaces
 * @arena: where the event's strings go
 * @event: written: kind SKALD_ROUTE; t_ns is left alone
 *
 * Fills rule (priority of the ip rule; only when it is certain), table, prefix,
 * via, oif, source, type as ip-route(8) writes them, several next hops with
 * commas between; agrees (only when oif_seen, and when it was not asked for);
 * error ("network unreachable", "host unreachable", "blackhole", "prohibited",
 * "forwarding is off", "martian source or rp_filter", ...).
 *
 * A kept answer may be a millisecond older than the newest change.
 *
 * Return: 0; -EAFNOSUPPORT for packets that are not IP; -EPROTONOSUPPORT when
 * ip rules ask for ports and the kernel cannot be asked about this protocol;
 * -EOPNOTSUPP for what came in by loopback (it was routed when it went out) and
 * for IPv6 multicast that came in; another -errno.
 */
int skald_router_ask(struct skald_router *router,
		     const struct skald_route_query *query,
		     struct skald_arena *arena, struct skald_event *event);

#endif /* SKALD_LIB_ROUTE_H */

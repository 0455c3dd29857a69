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
 * skald_router_ask() - the route of a packet
 * @router: its namespace's
 * @packet: the packet as it was when it was routed (after DNAT)
 * @iif: input interface, 0: local output
 * @oif_seen: interface by which it really left, 0: not known, or local
 * @arena: where the event's strings go
 * @event: written: kind SKALD_ROUTE; t_ns is left alone
 *
 * Fills rule (priority of the ip rule), table, prefix, via, oif, source, type,
 * agrees (only when @oif_seen), error ("no route to host"). rp_filter is not
 * in the answer. Packets that are not IP have no route: -EAFNOSUPPORT.
 */
int skald_router_ask(struct skald_router *router,
		     const struct skald_packet *packet, uint32_t iif,
		     uint32_t oif_seen, struct skald_arena *arena,
		     struct skald_event *event);

#endif /* SKALD_LIB_ROUTE_H */

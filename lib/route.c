// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routers: answers of the kernel, kept as long as nothing changes that they
 * depend on.
 */
#include "route.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "index.h"
#include "route_parts.h"
#include "story.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

/* How stale an answer may be at most, though nothing was heard of a change. */
#define KEEP_NS NS_PER_S
/* How often the kernel's notices are looked at: that costs a system call. */
#define LOOK_NS NS_PER_MS
/* Notices that are read at one look. */
#define NOTICES_MAX 1024
/* Flows that answers are kept for. */
#define KEPT_MAX 4096

/**
 * struct skald_router - asks for routes in one namespace
 * @view: what it knows
 * @notices: socket that hears of changes
 * @names: memory of the names of tables
 * @index: answers, by flow
 * @born_ns: when the oldest answer was got
 * @looked_ns: when notices were looked at
 */
struct skald_router {
	struct skald_route_view view;
	int notices;
	struct skald_arena names;
	struct skald_index index;
	uint64_t born_ns;
	uint64_t looked_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static int subscribe(const struct skald_netns *netns)
{
	static const int groups[] = {
		RTNLGRP_LINK,	     RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
		RTNLGRP_IPV4_ROUTE,  RTNLGRP_IPV6_ROUTE,  RTNLGRP_IPV4_RULE,
		RTNLGRP_IPV6_RULE,   RTNLGRP_NEXTHOP,	  RTNLGRP_IPV4_NETCONF,
		RTNLGRP_IPV6_NETCONF
	};
	const struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	int fd = skald_netns_socket(netns, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK,
				    NETLINK_ROUTE);

	if (fd < 0)
		return fd;
	if (bind(fd, (const struct sockaddr *)&local, sizeof(local)) < 0)
		goto err_fd;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		/* groups an old kernel does not have cannot change either */
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			       &groups[i], sizeof(groups[i])) < 0 &&
		    errno != EINVAL)
			goto err_fd;
	}
	return fd;

err_fd:
	close(fd);
	return -errno;
}

int skald_router_new(const struct skald_netns *netns,
		     struct skald_router **router)
{
	struct skald_router *made = calloc(1, sizeof(*made));
	int strict = 1;
	int err;

	if (!made)
		return -ENOMEM;
	err = skald_call_open(netns, NETLINK_ROUTE, &made->view.call);
	if (err)
		goto err_made;
	/* lets the kernel filter dumps; without it we do */
	(void)setsockopt(made->view.call.fd, SOL_NETLINK,
			 NETLINK_GET_STRICT_CHK, &strict, sizeof(strict));
	made->notices = subscribe(netns);
	if (made->notices < 0) {
		err = made->notices;
		goto err_call;
	}
	skald_index_init(&made->index);
	made->view.tables = skald_table_names(&made->names);
	*router = made;
	return 0;

err_call:
	skald_call_close(&made->view.call);
err_made:
	free(made);
	return err;
}

void skald_router_free(struct skald_router *router)
{
	if (!router)
		return;
	skald_call_close(&router->view.call);
	close(router->notices);
	skald_arena_done(&router->names);
	skald_arena_done(&router->view.arena);
	skald_index_done(&router->index);
	skald_iprules_done(&router->view.ip);
	skald_iprules_done(&router->view.ip6);
	free(router);
}

static void forget(struct skald_router *router)
{
	skald_index_clear(&router->index);
	skald_arena_done(&router->view.arena);
	router->view.links = NULL;
	router->view.ip.is_loaded = false;
	router->view.ip6.is_loaded = false;
}

/* Whether something changed; an overrun means that something did. */
static bool has_notices(struct skald_router *router)
{
	char room[64];
	int heard = 0;

	/* more than that may wait for the next look */
	while (heard < NOTICES_MAX) {
		ssize_t n = recv(router->notices, room, sizeof(room),
				 MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			break;
		heard++;
	}
	return heard > 0;
}

static void refresh(struct skald_router *router)
{
	uint64_t now = now_ns();

	if (now - router->looked_ns < LOOK_NS)
		return;
	router->looked_ns = now;
	if (!has_notices(router) && now - router->born_ns < KEEP_NS &&
	    router->index.used < KEPT_MAX)
		return;
	forget(router);
	router->born_ns = now;
}

static bool is_group(const struct skald_flow *flow)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	if (flow->family == AF_INET)
		return flow->dst[0] >> 4 == 0xe ||
		       memcmp(flow->dst, all, sizeof(all)) == 0;
	return flow->dst[0] == 0xff ||
	       (flow->dst[0] == 0xfe && (flow->dst[1] & 0xc0) == 0x80);
}

static uint64_t number_of(const struct skald_packet *packet,
			  enum skald_packet_field field)
{
	const struct skald_value *value = &packet->value[field];

	return value->type == SKALD_VALUE_NUM ? value->num : 0;
}

static int put_addresses(const struct skald_packet *packet,
			 struct skald_flow *flow)
{
	const struct skald_value *src = &packet->value[SKALD_P_saddr];
	const struct skald_value *dst = &packet->value[SKALD_P_daddr];

	if (src->type != dst->type)
		return -EAFNOSUPPORT;
	if (src->type == SKALD_VALUE_IP4 && !strcmp(packet->family, "ip"))
		flow->family = AF_INET;
	else if (src->type == SKALD_VALUE_IP6 && !strcmp(packet->family, "ip6"))
		flow->family = AF_INET6;
	else
		return -EAFNOSUPPORT;
	memcpy(flow->src, src->bytes, skald_addr_len(flow->family));
	memcpy(flow->dst, dst->bytes, skald_addr_len(flow->family));
	return 0;
}

/* Protocols that RTM_GETROUTE takes: rtm_getroute_parse_ip_proto(). */
static bool can_ask_proto(const struct skald_flow *flow, int proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       (proto == IPPROTO_ICMP && flow->family == AF_INET) ||
	       (proto == IPPROTO_ICMPV6 && flow->family == AF_INET6);
}

static int put_ports(struct skald_router *router,
		     const struct skald_packet *packet, struct skald_flow *flow)
{
	if (!skald_route_rules(&router->view, flow->family)->use_ports)
		return 0;
	/* the kernel would look up UDP instead */
	if (!can_ask_proto(flow, packet->protonum))
		return -EPROTONOSUPPORT;
	flow->proto = (uint8_t)packet->protonum;
	flow->sport = (uint16_t)number_of(packet, SKALD_P_sport);
	flow->dport = (uint16_t)number_of(packet, SKALD_P_dport);
	return 0;
}

static int put_flow(struct skald_router *router,
		    const struct skald_route_query *query,
		    struct skald_flow *flow)
{
	const struct skald_packet *packet = query->packet;
	int err;

	memset(flow, 0, sizeof(*flow));
	err = put_addresses(packet, flow);
	if (err)
		return err;
	flow->iif = query->iif;
	flow->mark = (uint32_t)number_of(packet, SKALD_P_mark);
	flow->tos = (uint8_t)(number_of(packet, SKALD_P_dscp) << 2);
	/* what comes round by loopback was routed when it went out */
	if (query->iif == SKALD_LOOPBACK)
		return -EOPNOTSUPP;
	/* the kernel answers with multicast routing only, which is another's */
	if (query->iif && flow->family == AF_INET6 && flow->dst[0] == 0xff)
		return -EOPNOTSUPP;
	/* to these a sender must say by which interface */
	if (!query->iif && is_group(flow))
		flow->oif = query->oif_seen;
	return put_ports(router, packet, flow);
}

static bool is_flow(const void *entry, const void *key)
{
	return memcmp(&((const struct skald_kept *)entry)->flow, key,
		      sizeof(struct skald_flow)) == 0;
}

static int find_or_ask(struct skald_router *router,
		       const struct skald_flow *flow, struct skald_kept **found)
{
	uint64_t hash = skald_hash64(flow, sizeof(*flow), router->index.seed);
	struct skald_index_slot *slot =
		skald_index_find(&router->index, hash, is_flow, flow);
	struct skald_kept *kept;
	int err;

	if (slot) {
		*found = slot->entry;
		return 0;
	}
	kept = skald_arena_alloc(&router->view.arena, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	kept->flow = *flow;
	err = skald_route_tell(&router->view, kept);
	if (!err)
		err = skald_index_add(&router->index, hash, kept);
	if (!err)
		*found = kept;
	return err;
}

static bool allows(const struct skald_kept *kept, uint32_t oif)
{
	for (unsigned int i = 0; i < kept->n_oifs; i++) {
		if (kept->oifs[i] == oif)
			return true;
	}
	return false;
}

int skald_router_ask(struct skald_router *router,
		     const struct skald_route_query *query,
		     struct skald_arena *arena, struct skald_event *event)
{
	uint64_t t_ns = event->t_ns;
	struct skald_flow flow;
	struct skald_kept *kept;
	char *words;
	int err;

	refresh(router);
	err = put_flow(router, query, &flow);
	if (!err)
		err = find_or_ask(router, &flow, &kept);
	if (err)
		return err;
	words = skald_arena_strndup(arena, kept->words, kept->len);
	if (!words)
		return -ENOMEM;
	*event = kept->event;
	event->t_ns = t_ns;
	skald_route_move(event, kept->words, words);
	if (query->oif_seen && !kept->is_open)
		SKALD_SET(event, route, agrees, allows(kept, query->oif_seen));
	return 0;
}

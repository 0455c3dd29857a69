// SPDX-License-Identifier: GPL-2.0-only
/*
 * ip rules and routes, from the dumps that a world keeps, in the order in which
 * the kernel tries them.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fib_parts.h"
#include "netlink_call.h"

#define DSCP_BITS 0xfc

static int read_rules(const struct skald_world *world, struct skald_fib *fib)
{
	const struct skald_buffer *section =
		&world->sections[SKALD_WORLD_IP_RULES];
	const uint8_t *at = section->data;
	size_t left = section->len;
	const struct nlmsghdr *nlh;

	while ((nlh = skald_message_next(&at, &left))) {
		const uint8_t *family = mnl_nlmsg_get_payload(nlh);
		int err;

		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct rtmsg))
			return -EBADMSG;
		err = skald_iprules_add(
			*family == AF_INET6 ? &fib->ip6 : &fib->ip, nlh);
		if (err)
			return err;
	}
	return left ? -EBADMSG : 0;
}

static bool take_address(const struct nlattr *attr, unsigned int family,
			 uint8_t *address)
{
	const void *bytes = skald_attr_bytes(attr, skald_addr_len(family));

	if (bytes)
		memcpy(address, bytes, skald_addr_len(family));
	return bytes != NULL;
}

/* RTA_VIA: family and address, for IPv4 routes by way of IPv6. */
static void take_via(const struct nlattr *gateway, const struct nlattr *via,
		     unsigned int family, struct skald_hop *hop)
{
	const struct rtvia *bytes;

	if (gateway && take_address(gateway, family, hop->via)) {
		hop->family = (uint8_t)family;
		return;
	}
	bytes = skald_attr_bytes(via, sizeof(uint16_t) + 16);
	if (!bytes || bytes->rtvia_family != AF_INET6)
		return;
	hop->family = AF_INET6;
	memcpy(hop->via, bytes->rtvia_addr, 16);
}

static int take_multipath(struct skald_fib *fib, struct skald_fib_route *route,
			  const struct nlattr *list)
{
	const uint8_t *at = mnl_attr_get_payload(list);
	size_t left = mnl_attr_get_payload_len(list);
	size_t max = left / sizeof(struct rtnexthop);

	route->hops = skald_arena_alloc(&fib->arena,
					(max ? max : 1) * sizeof(*route->hops));
	if (!route->hops)
		return -ENOMEM;
	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *nh = (const void *)at;
		const struct nlattr *tb[RTA_VIA + 1];
		struct skald_fib_hop *hop = &route->hops[route->n_hops];
		size_t len = RTNH_ALIGN((size_t)nh->rtnh_len);

		if (nh->rtnh_len < sizeof(*nh) || nh->rtnh_len > left)
			return -EBADMSG;
		skald_attrs_parse_bytes(at + sizeof(*nh),
					nh->rtnh_len - sizeof(*nh), tb,
					RTA_VIA + 1);
		hop->hop.oif = (uint32_t)nh->rtnh_ifindex;
		hop->weight = (uint16_t)(nh->rtnh_hops + 1);
		hop->is_dead = nh->rtnh_flags & RTNH_F_DEAD;
		take_via(tb[RTA_GATEWAY], tb[RTA_VIA], route->family,
			 &hop->hop);
		route->n_hops++;
		at += len < left ? len : left;
		left -= len < left ? len : left;
	}
	return left ? -EBADMSG : 0;
}

static int take_hops(struct skald_fib *fib, struct skald_fib_route *route,
		     const struct rtmsg *rtm, const struct nlattr **tb)
{
	if (tb[RTA_MULTIPATH])
		return take_multipath(fib, route, tb[RTA_MULTIPATH]);
	if (!tb[RTA_OIF])
		return 0;
	route->hops = skald_arena_alloc(&fib->arena, sizeof(*route->hops));
	if (!route->hops)
		return -ENOMEM;
	route->n_hops = 1;
	route->hops->hop.oif = skald_attr_u32(tb[RTA_OIF]);
	route->hops->weight = 1;
	route->hops->is_dead = rtm->rtm_flags & RTNH_F_DEAD;
	take_via(tb[RTA_GATEWAY], tb[RTA_VIA], route->family,
		 &route->hops->hop);
	return 0;
}

static void take_metrics(const struct nlattr *metrics,
			 struct skald_fib_route *route)
{
	const struct nlattr *tb[RTAX_ADVMSS + 1];

	if (!metrics)
		return;
	skald_attrs_parse_nested(metrics, tb, RTAX_ADVMSS + 1);
	route->mtu = skald_attr_u32(tb[RTAX_MTU]);
	route->advmss = skald_attr_u32(tb[RTAX_ADVMSS]);
}

static int take_route(struct skald_fib *fib, struct skald_fib_route *route,
		      const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[RTA_VIA + 1];
	unsigned int bits = (unsigned int)skald_addr_len(rtm->rtm_family) * 8;

	skald_attrs_parse(nlh, sizeof(*rtm), tb, RTA_VIA + 1);
	if (rtm->rtm_dst_len > bits || rtm->rtm_src_len > bits)
		return -EBADMSG;
	route->family = rtm->rtm_family;
	route->table =
		tb[RTA_TABLE] ? skald_attr_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	route->metric = skald_attr_u32(tb[RTA_PRIORITY]);
	route->realm = skald_attr_u32(tb[RTA_FLOW]);
	route->type = rtm->rtm_type;
	route->scope = rtm->rtm_scope;
	route->protocol = rtm->rtm_protocol;
	route->tos = rtm->rtm_tos & DSCP_BITS;
	route->dst_len = rtm->rtm_dst_len;
	route->src_len = rtm->rtm_src_len;
	if (route->dst_len &&
	    !take_address(tb[RTA_DST], route->family, route->dst))
		return -EBADMSG;
	if (route->src_len &&
	    !take_address(tb[RTA_SRC], route->family, route->src))
		return -EBADMSG;
	route->has_source =
		take_address(tb[RTA_PREFSRC], route->family, route->source);
	take_metrics(tb[RTA_METRICS], route);
	return take_hops(fib, route, rtm, tb);
}

/* Whether a message is a route that the kernel looks up. */
static bool is_route(const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	return nlh->nlmsg_type == RTM_NEWROUTE &&
	       mnl_nlmsg_get_payload_len(nlh) >= sizeof(*rtm) &&
	       (rtm->rtm_family == AF_INET || rtm->rtm_family == AF_INET6) &&
	       !(rtm->rtm_flags & RTM_F_CLONED);
}

static size_t count_routes(const struct skald_buffer *section)
{
	const uint8_t *at = section->data;
	size_t left = section->len;
	const struct nlmsghdr *nlh;
	size_t n = 0;

	while ((nlh = skald_message_next(&at, &left)))
		n += is_route(nlh);
	return n;
}

static int read_routes(const struct skald_world *world, struct skald_fib *fib)
{
	const struct skald_buffer *section =
		&world->sections[SKALD_WORLD_ROUTES];
	const uint8_t *at = section->data;
	size_t left = section->len;
	size_t n = count_routes(section);
	const struct nlmsghdr *nlh;

	fib->routes = calloc(n ? n : 1, sizeof(*fib->routes));
	if (!fib->routes)
		return -ENOMEM;
	while ((nlh = skald_message_next(&at, &left))) {
		int err;

		if (!is_route(nlh))
			continue;
		err = take_route(fib, &fib->routes[fib->n_routes], nlh);
		if (err)
			return err;
		fib->n_routes++;
	}
	return left ? -EBADMSG : 0;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* fib_insert_alias() and fib6_add_rt2node(): TOS falling, metric rising. */
static int in_order(const void *first, const void *second)
{
	const struct skald_fib_route *a = first, *b = second;
	int order = ORDER(a->family, b->family);

	if (!order)
		order = ORDER(a->table, b->table);
	if (!order)
		order = ORDER(b->dst_len, a->dst_len);
	if (!order)
		order = memcmp(a->dst, b->dst, sizeof(a->dst));
	if (!order)
		order = ORDER(b->src_len, a->src_len);
	if (!order)
		order = ORDER(b->tos, a->tos);
	if (!order)
		order = ORDER(a->metric, b->metric);
	/* qsort(3) moves equals: they stand in the kernel's order */
	return order ? order : ORDER(a->hops, b->hops);
}

static int group(struct skald_fib *fib)
{
	struct skald_fib_group *at = NULL;

	fib->groups =
		calloc(fib->n_routes ? fib->n_routes : 1, sizeof(*fib->groups));
	if (!fib->groups)
		return -ENOMEM;
	for (size_t i = 0; i < fib->n_routes; i++) {
		const struct skald_fib_route *route = &fib->routes[i];

		if (!at || at->family != route->family ||
		    at->table != route->table ||
		    at->dst_len != route->dst_len) {
			at = &fib->groups[fib->n_groups++];
			at->family = route->family;
			at->table = route->table;
			at->dst_len = route->dst_len;
			at->first = i;
		}
		at->n++;
	}
	return 0;
}

int skald_fib_read(const struct skald_world *world, struct skald_fib *fib)
{
	int err = read_rules(world, fib);

	if (!err)
		err = read_routes(world, fib);
	if (err)
		return err;
	qsort(fib->routes, fib->n_routes, sizeof(*fib->routes), in_order);
	return group(fib);
}

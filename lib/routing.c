// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routing decisions as net/ipv4/route.c, net/ipv4/fib_frontend.c and
 * net/ipv6/route.c make them, on the tables and sysctls of a world.
 */
#include "routing.h"

#include <errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The upper bits of a product are the mixed ones. */
#define SLOT_SHIFT (64 - 8)
_Static_assert(1 << (64 - SLOT_SHIFT) == SKALD_SETTINGS, "a slot for each");

/* Values of conf/all and conf/DEV, and what becomes of the two. */
enum combine {
	COMBINE_DEVICE,
	COMBINE_ALL,
	COMBINE_OR,
	COMBINE_AND,
	COMBINE_MAX,
};

static int64_t look_up(const struct skald_routes *routes, unsigned int family,
		       const char *device, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "net/ipv%d/conf/%s/%s",
		 family == AF_INET6 ? 6 : 4, device, name);
	return skald_world_sysctl(routes->world, path, 0);
}

/* @iface NULL: "all". Names are strings of this file: their places tell them
 * apart, and one that has two is remembered twice. */
static int64_t conf(const struct skald_routes *routes, unsigned int family,
		    const struct skald_iface *iface, const char *name)
{
	const char *device = iface ? iface->name : "all";
	uint32_t index = iface ? iface->index : 0;
	uint64_t key = (uintptr_t)name + index * 0x10001ull + family;
	struct skald_setting *setting;

	if (!routes->settings)
		return look_up(routes, family, device, name);
	setting = &routes->settings[key * 0x9e3779b97f4a7c15ull >> SLOT_SHIFT];
	if (setting->name != name || setting->index != index ||
	    setting->family != family) {
		setting->value = look_up(routes, family, device, name);
		setting->name = name;
		setting->index = index;
		setting->family = family;
	}
	return setting->value;
}

/* IN_DEV_CONF_GET() and its relatives. */
static int64_t setting(const struct skald_routes *routes, unsigned int family,
		       uint32_t index, const char *name, enum combine combine)
{
	const struct skald_iface *iface =
		skald_links_find(routes->links, index);
	int64_t all = conf(routes, family, NULL, name);
	int64_t own = iface ? conf(routes, family, iface, name) : 0;

	switch (combine) {
	case COMBINE_DEVICE:
		return own;
	case COMBINE_ALL:
		return all;
	case COMBINE_OR:
		return all || own;
	case COMBINE_AND:
		return all && own;
	case COMBINE_MAX:
		return all > own ? all : own;
	}
	return 0;
}

bool skald_routing_forwards(const struct skald_routes *routes,
			    unsigned int family, uint32_t iif)
{
	return setting(routes, family, iif, "forwarding",
		       family == AF_INET6 ? COMBINE_ALL : COMBINE_DEVICE);
}

static void refuse(struct skald_routing *routing, int err, const char *reason,
		   const char *words)
{
	routing->way = SKALD_ROUTING_REFUSED;
	routing->err = err;
	routing->reason = reason;
	routing->words = words;
}

static void answer(struct skald_routing *routing, uint8_t code)
{
	routing->answers = true;
	routing->code = code;
}

/* ip_error() */
static uint8_t code_of4(int err)
{
	if (err == -EACCES)
		return ICMP_PKT_FILTERED;
	return err == -EHOSTUNREACH ? ICMP_HOST_UNREACH : ICMP_NET_UNREACH;
}

/* ip6_pkt_discard(), ip6_pkt_prohibit() */
static uint8_t code_of6(int err)
{
	return err == -EACCES ? ICMPV6_ADM_PROHIBITED : ICMPV6_NOROUTE;
}

/* Routes exist no more, or never did: the sender hears of it, unless it is a
 * blackhole. */
static void refuse_route(struct skald_routing *routing, unsigned int family,
			 int err)
{
	const char *words = "network unreachable";

	if (err == -EHOSTUNREACH)
		words = "host unreachable";
	else if (err == -EACCES)
		words = "prohibited";
	else if (err == -EINVAL)
		words = "blackhole";
	refuse(routing, err, "IP_INNOROUTES", words);
	if (err != -EINVAL)
		answer(routing,
		       family == AF_INET6 ? code_of6(err) : code_of4(err));
}

static bool is_zero(const uint8_t *address, size_t len)
{
	static const uint8_t zero[16];

	return !memcmp(address, zero, len);
}

static bool is_multicast4(const uint8_t *address)
{
	return (address[0] & 0xf0) == 0xe0;
}

static bool is_lbcast(const uint8_t *address)
{
	return !memcmp(address, "\xff\xff\xff\xff", 4);
}

static bool has_addresses(const struct skald_routes *routes, uint32_t index)
{
	for (size_t i = 0; i < routes->links->n_addresses; i++) {
		const struct skald_address *address =
			&routes->links->addresses[i];

		if (address->index == index && address->family == AF_INET)
			return true;
	}
	return false;
}

/* fib_info_nh_uses_dev() */
static bool uses_device(const struct skald_fib_route *route, uint32_t index)
{
	for (unsigned int i = 0; i < route->n_hops; i++) {
		if (route->hops[i].hop.oif == index)
			return true;
	}
	return false;
}

/* Whether a way back by another interface will do: with rp_filter 2, where the
 * interface has an address. */
static bool is_loose(const struct skald_routes *routes, uint32_t iif,
		     int64_t filter)
{
	if (!has_addresses(routes, iif))
		return !filter;
	return filter != 1;
}

/*
 * __fib_validate_source(). @oif: where the packet will go, 0: it stays here.
 * Return: false: refused, and told.
 */
static bool check_reverse(const struct skald_routes *routes,
			  const struct skald_flow *flow, uint32_t oif,
			  struct skald_routing *routing)
{
	int64_t filter =
		setting(routes, AF_INET, flow->iif, "rp_filter", COMBINE_MAX);
	struct skald_fib_result *rpf = &routing->rpf;
	struct skald_flow back = *flow;
	bool is_right;

	memcpy(back.src, flow->dst, sizeof(back.src));
	memcpy(back.dst, flow->src, sizeof(back.dst));
	back.iif = oif ? oif : SKALD_LOOPBACK;
	back.oif = 0;
	if (!setting(routes, AF_INET, flow->iif, "src_valid_mark", COMBINE_OR))
		back.mark = 0;
	if (skald_fib_lookup(routes->fib, &back, rpf)) {
		is_right = !filter;
	} else if (rpf->route->type != RTN_UNICAST) {
		if (rpf->route->type == RTN_LOCAL &&
		    setting(routes, AF_INET, flow->iif, "accept_local",
			    COMBINE_OR))
			return true;
		refuse(routing, -EINVAL, "IP_LOCAL_SOURCE",
		       "martian source: an address of this machine, or a "
		       "broadcast");
		return false;
	} else {
		is_right = uses_device(rpf->route, flow->iif) ||
			   is_loose(routes, flow->iif, filter);
	}
	if (!is_right)
		refuse(routing, -EXDEV, "IP_RPFILTER",
		       "rp_filter: the way back is by another interface");
	return is_right;
}

/* Whether fib_validate_source() looks at routes at all. */
static bool asks_back(const struct skald_routes *routes,
		      const struct skald_flow *flow, uint32_t oif)
{
	bool takes_own =
		setting(routes, AF_INET, flow->iif, "accept_local", COMBINE_OR);

	if (setting(routes, AF_INET, flow->iif, "rp_filter", COMBINE_MAX))
		return true;
	if (oif == flow->iif &&
	    setting(routes, AF_INET, oif, "send_redirects", COMBINE_OR))
		return true;
	return !takes_own && skald_fib_is_custom(routes->fib);
}

/* fib_validate_source() */
static bool validate(const struct skald_routes *routes,
		     const struct skald_flow *flow, uint32_t oif,
		     struct skald_routing *routing)
{
	if (asks_back(routes, flow, oif))
		return check_reverse(routes, flow, oif, routing);
	if (!skald_links_has(routes->links, 0, AF_INET, flow->src) ||
	    setting(routes, AF_INET, flow->iif, "accept_local", COMBINE_OR))
		return true;
	refuse(routing, -EINVAL, "IP_LOCAL_SOURCE",
	       "martian source: an address of this machine");
	return false;
}

/* Addresses that no route is asked for. Return: whether all is decided */
static bool is_martian4(const struct skald_routes *routes,
			const struct skald_flow *flow,
			struct skald_routing *routing)
{
	bool has_localnet = setting(routes, AF_INET, flow->iif,
				    "route_localnet", COMBINE_OR);

	if (is_multicast4(flow->src) || is_lbcast(flow->src)) {
		refuse(routing, -EINVAL, "IP_INVALID_SOURCE",
		       "martian source: multicast or broadcast");
		return true;
	}
	if (is_lbcast(flow->dst) ||
	    (is_zero(flow->src, 4) && is_zero(flow->dst, 4)))
		return false;
	if (is_zero(flow->src, 4))
		refuse(routing, -EINVAL, "IP_INVALID_SOURCE",
		       "martian source: this network");
	else if (is_zero(flow->dst, 4))
		refuse(routing, -EINVAL, "IP_INVALID_DEST",
		       "martian destination: this network");
	else if (flow->dst[0] == 127 && !has_localnet)
		refuse(routing, -EINVAL, "IP_LOCALNET",
		       "martian destination: loopback");
	else if (flow->src[0] == 127 && !has_localnet)
		refuse(routing, -EINVAL, "IP_LOCALNET",
		       "martian source: loopback");
	return routing->way == SKALD_ROUTING_REFUSED;
}

static void broadcast4(const struct skald_routes *routes,
		       const struct skald_flow *flow,
		       struct skald_routing *routing)
{
	if (is_zero(flow->src, 4) || validate(routes, flow, 0, routing))
		routing->way = SKALD_ROUTING_BROADCAST;
}

/* What the kind of route says: the second half of ip_route_input_slow(). */
static void by_type4(const struct skald_routes *routes,
		     const struct skald_flow *flow,
		     struct skald_routing *routing)
{
	const struct skald_fib_route *route = routing->fib.route;

	if (route->type == RTN_BROADCAST) {
		broadcast4(routes, flow, routing);
	} else if (route->type == RTN_LOCAL) {
		if (validate(routes, flow, 0, routing))
			routing->way = SKALD_ROUTING_LOCAL;
	} else if (!skald_routing_forwards(routes, AF_INET, flow->iif)) {
		refuse(routing, -EHOSTUNREACH, "IP_INADDRERRORS",
		       "forwarding is off");
	} else if (route->type != RTN_UNICAST) {
		refuse(routing, -EINVAL, "IP_INVALID_DEST",
		       "martian destination");
	} else if (validate(routes, flow, routing->fib.hop->hop.oif, routing)) {
		routing->way = SKALD_ROUTING_FORWARD;
	}
}

/* ip_mc_validate_source(); who has joined is not in the world, but for
 * 224.0.0.1, where everybody is. */
static void multicast4(const struct skald_routes *routes,
		       const struct skald_flow *flow,
		       struct skald_routing *routing)
{
	bool is_local_group = !memcmp(flow->dst, "\xe0\0\0", 3);

	if (is_zero(flow->src, 4)) {
		if (!is_local_group) {
			refuse(routing, -EINVAL, "IP_INVALID_SOURCE",
			       "martian source: this network");
			return;
		}
	} else if (is_martian4(routes, flow, routing) ||
		   !validate(routes, flow, 0, routing)) {
		return;
	}
	routing->way = SKALD_ROUTING_MULTICAST;
	if (memcmp(flow->dst, "\xe0\0\0\1", 4))
		routing->unknown = "who has joined the group";
}

static void input4(const struct skald_routes *routes,
		   const struct skald_flow *flow, struct skald_routing *routing)
{
	int err;

	if (is_multicast4(flow->dst)) {
		multicast4(routes, flow, routing);
		return;
	}
	if (is_martian4(routes, flow, routing))
		return;
	if (is_lbcast(flow->dst) || is_zero(flow->dst, 4)) {
		broadcast4(routes, flow, routing);
		return;
	}
	err = skald_fib_lookup(routes->fib, flow, &routing->fib);
	if (!err) {
		by_type4(routes, flow, routing);
	} else if (!skald_routing_forwards(routes, AF_INET, flow->iif)) {
		refuse(routing, -EHOSTUNREACH, "IP_INADDRERRORS",
		       "no route, and forwarding is off");
	} else {
		refuse_route(routing, AF_INET, err);
	}
}

static bool is_loopback(const uint8_t *address)
{
	return is_zero(address, 15) && address[15] == 1;
}

static bool is_link_local(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

/* Groups that a host is in by itself: all nodes, its solicited nodes. */
static bool is_own_group(const struct skald_routes *routes,
			 const struct skald_flow *flow)
{
	static const uint8_t solicited[13] = { 0xff, 2, [11] = 1, 0xff };

	if (flow->dst[1] == 2 && is_zero(flow->dst + 2, 13) &&
	    flow->dst[15] == 1)
		return true;
	if (memcmp(flow->dst, solicited, sizeof(solicited)))
		return false;
	for (size_t i = 0; i < routes->links->n_addresses; i++) {
		const struct skald_address *own = &routes->links->addresses[i];

		if (own->family == AF_INET6 && own->index == flow->iif &&
		    !memcmp(own->address + 13, flow->dst + 13, 3))
			return true;
	}
	return false;
}

/* ip6_forward(): where it goes back by its own way, anything will do. */
static void forward6(const struct skald_routes *routes,
		     const struct skald_flow *flow,
		     struct skald_routing *routing)
{
	bool leaves =
		routing->fib.hop && routing->fib.hop->hop.oif != flow->iif;

	if (!skald_routing_forwards(routes, AF_INET6, flow->iif)) {
		refuse(routing, -EHOSTUNREACH, "IP_INADDRERRORS",
		       "forwarding is off");
	} else if (leaves && is_zero(flow->src, 16)) {
		refuse(routing, -EINVAL, "IP_INADDRERRORS",
		       "no source is not forwarded");
	} else if (leaves && is_link_local(flow->src)) {
		refuse(routing, -EINVAL, "IP_INADDRERRORS",
		       "a link-local source is not forwarded");
		answer(routing, ICMPV6_NOT_NEIGHBOUR);
	} else {
		routing->way = SKALD_ROUTING_FORWARD;
	}
}

static void input6(const struct skald_routes *routes,
		   const struct skald_flow *flow, struct skald_routing *routing)
{
	struct skald_flow strict = *flow;
	int err;

	/* rt6_need_strict() */
	if (is_link_local(flow->dst) || is_loopback(flow->dst))
		strict.oif = flow->iif;
	if (flow->dst[0] == 0xff) {
		routing->way = SKALD_ROUTING_MULTICAST;
		if (!is_own_group(routes, flow))
			routing->unknown = "who has joined the group";
		return;
	}
	err = skald_fib_lookup(routes->fib, &strict, &routing->fib);
	if (err)
		refuse_route(routing, AF_INET6, err);
	else if (routing->fib.route->type == RTN_LOCAL ||
		 routing->fib.route->type == RTN_ANYCAST)
		routing->way = SKALD_ROUTING_LOCAL;
	else
		forward6(routes, flow, routing);
}

/* __mkroute_output(): some addresses say more than the route. */
static unsigned int output_type(const struct skald_flow *flow,
				unsigned int type)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 };

	if (flow->family != AF_INET)
		return type;
	if (memcmp(flow->dst, all, sizeof(all)) == 0)
		return RTN_BROADCAST;
	return (flow->dst[0] & 0xf0) == 0xe0 ? RTN_MULTICAST : type;
}

static void output(const struct skald_routes *routes,
		   const struct skald_flow *flow, struct skald_routing *routing)
{
	int err = skald_fib_lookup(routes->fib, flow, &routing->fib);
	unsigned int type;

	if (err) {
		refuse_route(routing, flow->family, err);
		return;
	}
	type = output_type(flow, routing->fib.route->type);
	routing->way = SKALD_ROUTING_FORWARD;
	if (type == RTN_LOCAL || type == RTN_ANYCAST)
		routing->way = SKALD_ROUTING_LOCAL;
	else if (type == RTN_BROADCAST)
		routing->way = SKALD_ROUTING_BROADCAST;
	else if (type == RTN_MULTICAST)
		routing->way = SKALD_ROUTING_MULTICAST;
}

void skald_routing_decide(const struct skald_routes *routes,
			  const struct skald_flow *flow,
			  struct skald_routing *routing)
{
	memset(routing, 0, sizeof(*routing));
	if (!flow->iif)
		output(routes, flow, routing);
	else if (flow->family == AF_INET6)
		input6(routes, flow, routing);
	else
		input4(routes, flow, routing);
	if (routing->fib.is_open || routing->rpf.is_open)
		routing->unknown = "an ip rule that asks for a user";
	else if (routing->fib.n_alive > 1)
		routing->unknown = "which of several next hops";
}

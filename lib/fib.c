// SPDX-License-Identifier: GPL-2.0-only
/*
 * Look-ups in the routing tables of a world, rule by rule and prefix by prefix.
 */
#include "fib.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fib_parts.h"

int skald_fib_new(const struct skald_world *world,
		  const struct skald_links *links, struct skald_fib **fib)
{
	struct skald_fib *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	made->links = links;
	err = skald_fib_read(world, made);
	if (err)
		skald_fib_free(made);
	else
		*fib = made;
	return err;
}

void skald_fib_free(struct skald_fib *fib)
{
	if (!fib)
		return;
	skald_iprules_done(&fib->ip);
	skald_iprules_done(&fib->ip6);
	skald_arena_done(&fib->arena);
	free(fib->routes);
	free(fib->groups);
	free(fib);
}

/* fib_props[] of the kernel: what a type of route says to a look-up. */
static int type_error(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return -EINVAL;
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_THROW:
		return -EAGAIN;
	default:
		return 0;
	}
}

/* The hops that may be taken: fib_lookup_good_nhc(). Return: how many */
static unsigned int choose_hop(const struct skald_fib_route *route,
			       const struct skald_flow *flow,
			       struct skald_fib_result *result)
{
	result->hop = NULL;
	result->n_alive = 0;
	for (unsigned int i = 0; i < route->n_hops; i++) {
		const struct skald_fib_hop *hop = &route->hops[i];

		if (hop->is_dead || (flow->oif && flow->oif != hop->hop.oif))
			continue;
		if (!result->hop)
			result->hop = hop;
		result->n_alive++;
	}
	return result->n_alive;
}

/* Return: 1: not this one; else what the look-up returns */
static int try_route(const struct skald_fib_route *route,
		     const struct skald_flow *flow,
		     struct skald_fib_result *result)
{
	int err = type_error(route->type);

	if (route->tos && route->tos != flow->tos)
		return 1;
	if (!skald_addr_in(flow->src, route->src, route->src_len))
		return 1;
	if (err) {
		result->route = route;
		result->hop = NULL;
		result->n_alive = 0;
		return err;
	}
	if (!choose_hop(route, flow, result))
		return 1;
	result->route = route;
	return 0;
}

static int compare_prefix(const uint8_t *address, const uint8_t *prefix,
			  unsigned int bits)
{
	unsigned int bytes = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (bits % 8));
	int order = memcmp(address, prefix, bytes);

	if (order || !(bits % 8))
		return order;
	return (address[bytes] & mask) - (prefix[bytes] & mask);
}

/* First route of a group with the address's prefix; behind it, none. */
static size_t lower_bound(const struct skald_fib *fib,
			  const struct skald_fib_group *group,
			  const uint8_t *address)
{
	size_t low = group->first;
	size_t high = group->first + group->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_prefix(address, fib->routes[middle].dst,
				   group->dst_len) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int try_group(const struct skald_fib *fib,
		     const struct skald_fib_group *group,
		     const struct skald_flow *flow,
		     struct skald_fib_result *result)
{
	size_t end = group->first + group->n;

	for (size_t i = lower_bound(fib, group, flow->dst);
	     i < end &&
	     skald_addr_in(flow->dst, fib->routes[i].dst, group->dst_len);
	     i++) {
		int err = try_route(&fib->routes[i], flow, result);

		if (err <= 0)
			return err;
	}
	return 1;
}

/**
 * find_in_table() - find a route in one table
 * @fib: the tables
 * @flow: what is asked
 * @table: RT_TABLE_*
 * @result: @route, @hop and @n_alive are written on success
 *
 * Return: 0; -EAGAIN: none there, or a throw route; else as
 * skald_fib_lookup().
 */
static int find_in_table(const struct skald_fib *fib,
			 const struct skald_flow *flow, uint32_t table,
			 struct skald_fib_result *result)
{
	for (size_t i = 0; i < fib->n_groups; i++) {
		const struct skald_fib_group *group = &fib->groups[i];
		int err;

		if (group->family != flow->family || group->table != table)
			continue;
		err = try_group(fib, group, flow, result);
		if (err <= 0)
			return err;
	}
	return -EAGAIN;
}

/* Return: -EAGAIN: go on with the next rule */
static int act(const struct skald_fib *fib, const struct skald_iprule *rule,
	       const struct skald_flow *flow, struct skald_fib_result *result)
{
	int err;

	switch (rule->action) {
	case FR_ACT_TO_TBL:
		break;
	case FR_ACT_UNREACHABLE:
		return -ENETUNREACH;
	case FR_ACT_PROHIBIT:
		return -EACCES;
	case FR_ACT_BLACKHOLE:
		return -EINVAL;
	default:
		return -EAGAIN;
	}
	err = find_in_table(fib, flow, rule->table, result);
	/* fib4_rule_suppress() */
	if (!err && rule->suppress_len >= 0 &&
	    result->route->dst_len <= rule->suppress_len)
		return -EAGAIN;
	return err;
}

/* l3mdev_fib_rule_match(): it is for ports of a VRF alone. */
static bool is_vrf_port(const struct skald_fib *fib,
			const struct skald_iface *iif)
{
	const struct skald_iface *master =
		iif ? skald_links_find(fib->links, iif->master) : NULL;

	return master && strcmp(master->kind, "vrf") == 0;
}

int skald_fib_lookup(const struct skald_fib *fib, const struct skald_flow *flow,
		     struct skald_fib_result *result)
{
	const struct skald_iprules *rules =
		flow->family == AF_INET6 ? &fib->ip6 : &fib->ip;
	const struct skald_iface *iif =
		flow->iif ? skald_links_find(fib->links, flow->iif) : NULL;
	const struct skald_iprule *rule = NULL;
	enum skald_rule_match match;

	memset(result, 0, sizeof(*result));
	while ((rule = skald_iprules_next(rules, rule, flow,
					  iif ? iif->name : NULL, &match))) {
		int err;

		if (rule->is_vrf && !is_vrf_port(fib, iif))
			continue;
		if (match == SKALD_RULE_MAYBE || rule->is_vrf) {
			result->is_open = true;
			continue;
		}
		err = act(fib, rule, flow, result);
		if (err == -EAGAIN)
			continue;
		result->rule = rule;
		return err;
	}
	result->route = NULL;
	result->hop = NULL;
	return -ENETUNREACH;
}

static bool is_broadcast4(const uint8_t *address)
{
	/* ipv4_is_zeronet(), ipv4_is_lbcast() */
	return !memcmp(address, "\0\0\0\0", 4) ||
	       !memcmp(address, "\xff\xff\xff\xff", 4);
}

unsigned int skald_fib_type(const struct skald_fib *fib, unsigned int family,
			    const void *address, uint32_t index)
{
	const uint8_t *bytes = address;
	struct skald_fib_result result = { 0 };
	struct skald_flow flow = { .family = (uint8_t)family };

	if (family == AF_INET && is_broadcast4(bytes))
		return RTN_BROADCAST;
	if (family == AF_INET ? (bytes[0] & 0xf0) == 0xe0 : bytes[0] == 0xff)
		return RTN_MULTICAST;
	memcpy(flow.dst, address, skald_addr_len(family));
	if (find_in_table(fib, &flow, RT_TABLE_LOCAL, &result) ||
	    (index && result.hop->hop.oif != index))
		return RTN_UNICAST;
	return result.route->type;
}

static bool is_own_rule(const struct skald_iprule *rule)
{
	return (rule->priority == 0 && rule->table == RT_TABLE_LOCAL) ||
	       (rule->priority == 32766 && rule->table == RT_TABLE_MAIN) ||
	       (rule->priority == 32767 && rule->table == RT_TABLE_DEFAULT);
}

bool skald_fib_is_custom(const struct skald_fib *fib)
{
	for (size_t i = 0; i < fib->ip.n; i++) {
		if (!is_own_rule(&fib->ip.items[i]))
			return true;
	}
	for (size_t i = 0; i < fib->n_routes; i++) {
		const struct skald_fib_route *route = &fib->routes[i];

		if (route->family == AF_INET && route->type == RTN_LOCAL &&
		    route->protocol != RTPROT_KERNEL)
			return true;
	}
	return false;
}

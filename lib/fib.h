/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the routing tables of a world
 *
 * Made from a world's RTM_NEWRULE and RTM_NEWROUTE messages: ip rules by
 * priority, and for each table the longest prefix that matches, as
 * fib_rules_lookup(), fib_table_lookup() and fib6_table_lookup() of the kernel
 * find it. What the messages cannot tell stays open: a rule that asks for a
 * user, and which of several next hops the kernel's secret hash takes.
 */
#ifndef SKALD_LIB_FIB_H
#define SKALD_LIB_FIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "links.h"
#include "route_parts.h"
#include "world.h"

struct skald_fib;

/**
 * struct skald_fib_hop - a next hop
 * @hop: interface and gateway
 * @weight: how often it is taken, from 1
 * @is_dead: its interface is down, or has no carrier where that counts
 */
struct skald_fib_hop {
	struct skald_hop hop;
	uint16_t weight;
	bool is_dead;
};

/**
 * struct skald_fib_route - a route
 * @table: table
 * @metric: RTA_PRIORITY
 * @mtu: RTAX_MTU, 0: of the interface
 * @advmss: RTAX_ADVMSS, 0: of the MTU
 * @realm: RTA_FLOW
 * @family: AF_INET or AF_INET6
 * @type: RTN_*
 * @scope: RT_SCOPE_*
 * @protocol: RTPROT_*: who made it
 * @tos: DSCP in its place, 0: any
 * @dst_len: bits of @dst
 * @src_len: bits of @src; IPv6 only
 * @has_source: @source is there
 * @dst: prefix
 * @src: source prefix
 * @source: preferred source address
 * @n_hops: next hops; several: which one the kernel takes is open
 * @hops: next hops
 */
struct skald_fib_route {
	uint32_t table;
	uint32_t metric;
	uint32_t mtu;
	uint32_t advmss;
	uint32_t realm;
	uint8_t family;
	uint8_t type;
	uint8_t scope;
	uint8_t protocol;
	uint8_t tos;
	uint8_t dst_len;
	uint8_t src_len;
	bool has_source;
	uint8_t dst[SKALD_ADDR_MAX];
	uint8_t src[SKALD_ADDR_MAX];
	uint8_t source[SKALD_ADDR_MAX];
	uint16_t n_hops;
	struct skald_fib_hop *hops;
};

/**
 * struct skald_fib_result - what a look-up found
 * @rule: the ip rule that led there
 * @route: the route, or NULL: the rule itself refused
 * @hop: its next hop, or NULL: it has none; the first that is alive of several
 * @n_alive: next hops that the kernel may take
 * @is_open: a rule on the way asks for something that is not known here
 */
struct skald_fib_result {
	const struct skald_iprule *rule;
	const struct skald_fib_route *route;
	const struct skald_fib_hop *hop;
	unsigned int n_alive;
	bool is_open;
};

/**
 * skald_fib_new() - take a world's rules and routes apart
 * @world: the world
 * @links: its interfaces; borrowed while the tables live
 * @fib: written on success
 *
 * Return: 0, -EBADMSG: the messages are damaged, -ENOMEM.
 */
int skald_fib_new(const struct skald_world *world,
		  const struct skald_links *links, struct skald_fib **fib);
void skald_fib_free(struct skald_fib *fib);

/**
 * skald_fib_lookup() - find a route
 * @fib: the tables
 * @flow: what is asked; iif 0: local output; oif: only routes by it
 * @result: written, also on failure as far as it went
 *
 * Return: 0; -ENETUNREACH: no route; -EHOSTUNREACH, -EACCES, -EINVAL: a route
 * or rule of type unreachable, prohibit or blackhole.
 */
int skald_fib_lookup(const struct skald_fib *fib, const struct skald_flow *flow,
		     struct skald_fib_result *result);

/**
 * skald_fib_type() - what kind of address it is
 * @fib: the tables
 * @family: AF_INET or AF_INET6
 * @address: the address
 * @index: interface whose addresses count, 0: all
 *
 * As inet_dev_addr_type() and ipv6_chk_addr() with the types of nft_fib.
 *
 * Return: RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST, RTN_ANYCAST or RTN_UNICAST.
 */
unsigned int skald_fib_type(const struct skald_fib *fib, unsigned int family,
			    const void *address, uint32_t index);

/* Whether there are ip rules beyond the kernel's own three for IPv4, or local
 * routes that somebody made: fib4_has_custom_rules() and its companion. */
bool skald_fib_is_custom(const struct skald_fib *fib);

#endif /* SKALD_LIB_FIB_H */

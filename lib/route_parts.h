/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: how a route is asked for
 *
 * route.c keeps answers, route_query.c gets them from the kernel,
 * route_tell.c puts them into words, route_rules.c finds the ip rule that led
 * to one, route_refused.c the reason why there is none, route_names.c knows
 * tables and interfaces by name.
 */
#ifndef SKALD_LIB_ROUTE_PARTS_H
#define SKALD_LIB_ROUTE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "netlink_call.h"

/* Index of the loopback interface: the first of every namespace. */
#define SKALD_LOOPBACK 1

#define SKALD_ADDR_MAX 16
#define SKALD_HOPS_MAX 64

/**
 * struct skald_flow - what the kernel is asked, and what an answer is kept by
 * @src: source address
 * @dst: destination address
 * @iif: input interface, 0: local output
 * @oif: interface the sender chose, 0: none
 * @mark: nfmark
 * @sport: source port, 0 when no ip rule asks for it
 * @dport: destination port, 0 when no ip rule asks for it
 * @family: AF_INET or AF_INET6
 * @tos: DSCP in its place in the TOS byte, without ECN
 * @proto: IPPROTO_*, 0 when no ip rule asks for it
 * @unused: 0: the bytes of a flow are its key
 */
struct skald_flow {
	uint8_t src[SKALD_ADDR_MAX];
	uint8_t dst[SKALD_ADDR_MAX];
	uint32_t iif;
	uint32_t oif;
	uint32_t mark;
	uint16_t sport;
	uint16_t dport;
	uint8_t family;
	uint8_t tos;
	uint8_t proto;
	uint8_t unused;
};

/**
 * struct skald_hop - one next hop
 * @oif: interface, 0: none
 * @family: AF_* of @via, 0: no gateway
 * @via: gateway
 */
struct skald_hop {
	uint32_t oif;
	uint8_t family;
	uint8_t via[SKALD_ADDR_MAX];
};

/**
 * struct skald_answer - what the kernel said
 * @table: routing table, 0: not told
 * @nexthop: id of the next hop object that the hops are in, 0: none
 * @type: RTN_*
 * @has_type: @type is known
 * @has_prefix: @prefix and @prefix_len are known
 * @has_source: @source is known
 * @is_cut: there are more hops than fit
 * @is_sourceless: asked without the source address, which is not a local one
 * @prefix_len: bits
 * @prefix: that matched
 * @source: preferred source address
 * @n_hops: how many of @hops are there
 * @hops: next hops
 */
struct skald_answer {
	uint32_t table;
	uint32_t nexthop;
	uint8_t type;
	bool has_type;
	bool has_prefix;
	bool has_source;
	bool is_cut;
	bool is_sourceless;
	uint8_t prefix_len;
	uint8_t prefix[SKALD_ADDR_MAX];
	uint8_t source[SKALD_ADDR_MAX];
	unsigned int n_hops;
	struct skald_hop hops[SKALD_HOPS_MAX];
};

/* Bytes of an address of a family. */
size_t skald_addr_len(unsigned int family);
/* Whether an address begins with the prefix. */
bool skald_addr_in(const uint8_t *addr, const uint8_t *prefix,
		   unsigned int bits);

/**
 * skald_route_query() - RTM_GETROUTE
 * @call: rtnetlink socket
 * @flow: what to ask
 * @answer: written on success
 *
 * Return: 0, or the kernel's -errno for "no route".
 */
int skald_route_query(struct skald_call *call, const struct skald_flow *flow,
		      struct skald_answer *answer);

/**
 * enum skald_rule_match - whether a flow matches an ip rule
 * @SKALD_RULE_NO: it does not
 * @SKALD_RULE_YES: it does
 * @SKALD_RULE_MAYBE: the rule asks for what is not known here
 */
enum skald_rule_match {
	SKALD_RULE_NO,
	SKALD_RULE_YES,
	SKALD_RULE_MAYBE,
};

/**
 * struct skald_ports - ports that an ip rule asks for
 * @first: first port, 0: any
 * @last: last port
 * @mask: bits that count when @first is @last, 0: all
 */
struct skald_ports {
	uint16_t first;
	uint16_t last;
	uint16_t mask;
};

/**
 * struct skald_iprule - one ip rule
 * @priority: its priority
 * @table: table it leads to
 * @target: priority that FR_ACT_GOTO goes to
 * @action: FR_ACT_*
 * @tos: DSCP in its place
 * @tos_mask: bits of it that count, 0: any
 * @proto: IPPROTO_*, 0: any
 * @src_len: bits of @src
 * @dst_len: bits of @dst
 * @src: source prefix
 * @dst: destination prefix
 * @mark: nfmark
 * @mark_mask: bits of it that count, 0: any
 * @sport: source ports
 * @dport: destination ports
 * @suppress_len: routes with prefixes so short are passed over, -1: none
 * @iif: name of the input interface, "": any
 * @oif: name of the output interface, "": any
 * @is_inverted: it matches what its selectors do not
 * @is_odd: it has a selector that is not known here
 * @is_vrf: it leads to the table of the interface's VRF
 */
struct skald_iprule {
	uint32_t priority;
	uint32_t table;
	uint32_t target;
	uint8_t action;
	uint8_t tos;
	uint8_t tos_mask;
	uint8_t proto;
	uint8_t src_len;
	uint8_t dst_len;
	uint8_t src[SKALD_ADDR_MAX];
	uint8_t dst[SKALD_ADDR_MAX];
	uint32_t mark;
	uint32_t mark_mask;
	struct skald_ports sport;
	struct skald_ports dport;
	int32_t suppress_len;
	char iif[16];
	char oif[16];
	bool is_inverted;
	bool is_odd;
	bool is_vrf;
};

/**
 * struct skald_iprules - the ip rules of one family, by priority
 * @items: rules, heap
 * @n: how many
 * @size: allocated
 * @is_loaded: they are those that the kernel has
 * @use_ports: some rule asks for protocol or ports
 * @use_source: some rule asks for the source address
 */
struct skald_iprules {
	struct skald_iprule *items;
	size_t n;
	size_t size;
	bool is_loaded;
	bool use_ports;
	bool use_source;
};

void skald_iprules_done(struct skald_iprules *rules);
/* Append the rule that an RTM_NEWRULE message tells; other messages are passed
 * over. Return: 0 or -ENOMEM */
int skald_iprules_add(struct skald_iprules *rules, const struct nlmsghdr *nlh);
/**
 * skald_iprules_next() - the way of a flow through the rules
 * @rules: the rules
 * @rule: where it stands, NULL: before the first
 * @flow: the flow
 * @iif: name of its input interface, or NULL
 * @match: written: SKALD_RULE_YES or SKALD_RULE_MAYBE
 *
 * Return: the next rule that is not passed by; FR_ACT_GOTO is followed, and
 * returned only when it is a MAYBE. NULL behind the last.
 */
const struct skald_iprule *skald_iprules_next(const struct skald_iprules *rules,
					      const struct skald_iprule *rule,
					      const struct skald_flow *flow,
					      const char *iif,
					      enum skald_rule_match *match);
/* The rule that led to the answer. Return: NULL when that is not certain */
const struct skald_iprule *
skald_iprules_find(const struct skald_iprules *rules,
		   const struct skald_flow *flow, const char *iif,
		   const struct skald_answer *answer);

/**
 * struct skald_refusal - why there is no route
 * @words: in words
 * @rule: the ip rule that refused or led to the table, or NULL
 * @table: table of the route that refused, 0: none did
 * @type: RTN_*, 0: not known
 * @prefix_len: bits
 * @prefix: of the route that refused, with @table
 */
struct skald_refusal {
	const char *words;
	const struct skald_iprule *rule;
	uint32_t table;
	uint8_t type;
	uint8_t prefix_len;
	uint8_t prefix[SKALD_ADDR_MAX];
};

/**
 * skald_route_refused() - explain that there is no route
 * @call: rtnetlink socket
 * @flow: what was asked
 * @iif: name of its input interface, or NULL
 * @rules: ip rules
 * @err: positive errno that the kernel gave
 * @refusal: written
 */
void skald_route_refused(struct skald_call *call, const struct skald_flow *flow,
			 const char *iif, const struct skald_iprules *rules,
			 int err, struct skald_refusal *refusal);
/* Whether the namespace forwards what comes in by the interface. */
bool skald_route_forwards(struct skald_call *call, unsigned int family,
			  uint32_t iif);

/**
 * struct skald_table_name - the name of a routing table
 * @id: its number
 * @name: its name
 * @next: a name read earlier
 */
struct skald_table_name {
	uint32_t id;
	const char *name;
	struct skald_table_name *next;
};

/* Names of tables, as iproute2 keeps them. Return: NULL when it has none */
const struct skald_table_name *skald_table_names(struct skald_arena *arena);
/* Return: name or number, NULL when there is no memory */
const char *skald_table_name(const struct skald_table_name *names, uint32_t id,
			     struct skald_arena *arena);
/**
 * struct skald_link_name - the name of an interface
 * @index: its index
 * @name: its name
 * @next: one asked for earlier
 */
struct skald_link_name {
	uint32_t index;
	char name[16];
	struct skald_link_name *next;
};

/**
 * struct skald_route_view - what is known of a namespace
 * @call: rtnetlink socket
 * @tables: names of routing tables
 * @ip: ip rules for IPv4
 * @ip6: ip rules for IPv6
 * @links: names of interfaces met so far
 * @arena: holds what is forgotten when something changes: links and answers
 */
struct skald_route_view {
	struct skald_call call;
	const struct skald_table_name *tables;
	struct skald_iprules ip;
	struct skald_iprules ip6;
	struct skald_link_name *links;
	struct skald_arena arena;
};

/* The ip rules of a family, asked for when they are not known. */
const struct skald_iprules *skald_route_rules(struct skald_route_view *view,
					      unsigned int family);
/* Return: name of an interface, "if7" when it has none; NULL: no memory */
const char *skald_route_link(struct skald_route_view *view, uint32_t index);

/**
 * struct skald_kept - an answer, ready to be told
 * @flow: what was asked
 * @event: the event; its strings lie in @words
 * @words: strings, one after the other
 * @len: bytes of @words
 * @oifs: interfaces that it allows
 * @n_oifs: how many
 * @is_open: it allows others, too: agreement cannot be told
 */
struct skald_kept {
	struct skald_flow flow;
	struct skald_event event;
	char *words;
	size_t len;
	uint32_t *oifs;
	unsigned int n_oifs;
	bool is_open;
};

/* Ask for @kept's flow and fill in the rest, from the view's arena. */
int skald_route_tell(struct skald_route_view *view, struct skald_kept *kept);
/* Moves the strings of an event from one block of words to its copy. */
void skald_route_move(struct skald_event *event, const char *from,
		      const char *to);

#endif /* SKALD_LIB_ROUTE_PARTS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: routing decisions in a world
 *
 * What the kernel decides about a packet that came in by an interface, or that
 * is made here: whether its addresses make sense there, whether the reverse
 * path is right, which route it takes, and whether it is delivered, forwarded
 * or refused. Follows ip_route_input_slow(), fib_validate_source() and
 * ip6_route_input().
 */
#ifndef SKALD_LIB_ROUTING_H
#define SKALD_LIB_ROUTING_H

#include "fib.h"
#include "links.h"
#include "world.h"

/**
 * enum skald_routing_way - what is done with the packet
 * @SKALD_ROUTING_FORWARD: it leaves by another interface, or the same
 * @SKALD_ROUTING_LOCAL: it is for this machine
 * @SKALD_ROUTING_BROADCAST: it is for this machine, too
 * @SKALD_ROUTING_MULTICAST: it is for whoever has joined
 * @SKALD_ROUTING_REFUSED: it goes nowhere
 */
enum skald_routing_way {
	SKALD_ROUTING_FORWARD,
	SKALD_ROUTING_LOCAL,
	SKALD_ROUTING_BROADCAST,
	SKALD_ROUTING_MULTICAST,
	SKALD_ROUTING_REFUSED,
};

/**
 * struct skald_routing - a decision
 * @way: what is done
 * @err: SKALD_ROUTING_REFUSED: the kernel's -errno
 * @reason: SKALD_ROUTING_REFUSED: the kernel's drop reason, static
 * @words: the same for people, static
 * @answers: SKALD_ROUTING_REFUSED: the sender is told by ICMP, as ip_error()
 *and ip6_pkt_drop() do; of packets that came in by an interface
 * @code: @answers: code of the error "destination unreachable"
 * @unknown: what it depends on and is not in the world, static; NULL: nothing
 * @fib: the look-up; its @route is NULL where none was made, or none was found
 * @rpf: the look-up of the reverse path; its @route is NULL where none was
 *	needed
 */
struct skald_routing {
	enum skald_routing_way way;
	int err;
	const char *reason;
	const char *words;
	bool answers;
	uint8_t code;
	const char *unknown;
	struct skald_fib_result fib;
	struct skald_fib_result rpf;
};

/**
 * struct skald_setting - a sysctl of an interface that was asked for
 * @name: its name, a string of this program; NULL: none was
 * @index: the interface; 0: "all"
 * @family: AF_*
 * @value: its value
 */
struct skald_setting {
	const char *name;
	uint32_t index;
	unsigned int family;
	int64_t value;
};

/* Slots for them, a power of two: a packet asks for a dozen. */
#define SKALD_SETTINGS 256

/**
 * struct skald_routes - all that decisions need
 * @world: sysctls
 * @links: interfaces
 * @fib: tables
 * @settings: SKALD_SETTINGS slots that were zeroed once; NULL: nothing is
 *	remembered
 */
struct skald_routes {
	const struct skald_world *world;
	const struct skald_links *links;
	const struct skald_fib *fib;
	struct skald_setting *settings;
};

/**
 * skald_routing_decide() - where a packet goes
 * @routes: the world
 * @flow: the packet; iif 0: it is made here
 * @routing: written
 */
void skald_routing_decide(const struct skald_routes *routes,
			  const struct skald_flow *flow,
			  struct skald_routing *routing);

/* Whether packets that came in by the interface are forwarded. */
bool skald_routing_forwards(const struct skald_routes *routes,
			    unsigned int family, uint32_t iif);

#endif /* SKALD_LIB_ROUTING_H */

// SPDX-License-Identifier: GPL-2.0-only
/* Routing decisions in a world; the kernel is asked the same. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "private_netns.h"
#include "routing.h"

#define TRIES 4000

static const char *const setup[] = {
	"ip link add ra type bridge",
	"ip link add rb type bridge",
	"ip link add rc type bridge",
	"ip link set ra up",
	"ip link set rb up",
	"ip link set rc up",
	"ip addr add 10.1.0.1/24 dev ra",
	"ip addr add 10.2.0.1/24 dev rb",
	"ip addr add fd01::1/64 dev ra nodad",
	"ip addr add fd02::1/64 dev rb nodad",
	"ip route add default via 10.1.0.254",
	"ip route add 10.9.0.0/16 via 10.2.0.9",
	"ip route add unreachable 10.8.0.0/16",
	"ip route add blackhole 10.7.0.0/16",
	"ip route add prohibit 10.6.0.0/16",
	"ip rule add iif rb to 10.5.0.0/16 prohibit pref 300",
	"ip -6 route add default via fd01::ff",
	"sysctl -qw net.ipv4.ip_forward=1",
	"sysctl -qw net.ipv6.conf.all.forwarding=1",
	"sysctl -qw net.ipv4.conf.all.rp_filter=0",
	"sysctl -qw net.ipv4.conf.ra.rp_filter=0",
	"sysctl -qw net.ipv4.conf.rb.rp_filter=1",
	"sysctl -qw net.ipv4.conf.rc.rp_filter=2",
};

/* What is tried is tried again with each of these. */
static const char *const variants[] = {
	"true",
	"sysctl -qw net.ipv4.conf.ra.accept_local=1",
	"sysctl -qw net.ipv4.conf.rb.route_localnet=1",
	"sysctl -qw net.ipv4.conf.all.rp_filter=2",
	"sysctl -qw net.ipv4.conf.rb.forwarding=0",
	"sysctl -qw net.ipv4.ip_forward=0",
};

static const char *const addresses[] = {
	"10.1.0.1",  "10.1.0.7", "10.1.0.255", "10.2.0.1",
	"10.2.0.5",  "10.9.1.1", "10.8.1.1",   "10.7.1.1",
	"10.6.1.1",  "10.5.1.1", "127.0.0.1",  "127.1.2.3",
	"192.0.2.1", "0.0.0.0",	 "0.1.2.3",    "255.255.255.255",
};
static const char *const addresses6[] = { "fd01::1", "fd01::7", "fd02::1",
					  "fd02::5", "2001:db8::1" };
static const char *const devices[] = { "ra", "rb", "rc" };

#define PICK(words) words[(size_t)rand() % (sizeof(words) / sizeof(*(words)))]

struct place {
	struct skald_world world;
	struct skald_links links;
	struct skald_fib *fib;
	struct skald_routes routes;
	struct skald_setting settings[SKALD_SETTINGS];
};

static void run(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

static void look(const struct skald_netns *netns, struct place *place)
{
	struct skald_error error = { 0 };

	cr_assert_eq(skald_world_take(netns, &place->world, &error), 0, "%s",
		     error.text);
	cr_assert_eq(skald_links_read(&place->world, &place->links), 0);
	cr_assert_eq(skald_fib_new(&place->world, &place->links, &place->fib),
		     0);
	memset(place->settings, 0, sizeof(place->settings));
	place->routes = (struct skald_routes){ .world = &place->world,
					       .links = &place->links,
					       .fib = place->fib,
					       .settings = place->settings };
}

static void forget(struct place *place)
{
	skald_fib_free(place->fib);
	skald_links_done(&place->links);
	skald_world_done(&place->world);
}

static void make_flow(struct skald_flow *flow, bool is_v6)
{
	memset(flow, 0, sizeof(*flow));
	flow->family = is_v6 ? AF_INET6 : AF_INET;
	inet_pton(flow->family, is_v6 ? PICK(addresses6) : PICK(addresses),
		  flow->dst);
	inet_pton(flow->family, is_v6 ? PICK(addresses6) : PICK(addresses),
		  flow->src);
	flow->iif = if_nametoindex(PICK(devices));
}

static unsigned int type_of(enum skald_routing_way way)
{
	switch (way) {
	case SKALD_ROUTING_FORWARD:
		return RTN_UNICAST;
	case SKALD_ROUTING_LOCAL:
		return RTN_LOCAL;
	case SKALD_ROUTING_BROADCAST:
		return RTN_BROADCAST;
	case SKALD_ROUTING_MULTICAST:
		return RTN_MULTICAST;
	case SKALD_ROUTING_REFUSED:
		break;
	}
	return RTN_UNSPEC;
}

static void expect_as_kernel(struct skald_call *call, const struct place *place,
			     const struct skald_flow *flow)
{
	static struct skald_answer answer;
	struct skald_routing routing;
	char text[256], src[64], dst[64];
	int theirs = skald_route_query(call, flow, &answer);

	skald_routing_decide(&place->routes, flow, &routing);
	inet_ntop(flow->family, flow->src, src, sizeof(src));
	inet_ntop(flow->family, flow->dst, dst, sizeof(dst));
	snprintf(text, sizeof(text), "%s > %s by %u: %s, kernel %d type %u",
		 src, dst, flow->iif,
		 routing.err ? routing.words : "no refusal", theirs,
		 answer.type);
	cr_expect_eq(routing.err != 0, theirs != 0, "%s", text);
	if (theirs && theirs != -EINVAL)
		cr_expect_eq(routing.err, theirs, "%s", text);
	if (!theirs && !routing.err)
		cr_expect_eq(type_of(routing.way), answer.type, "%s", text);
	if (!theirs && routing.way == SKALD_ROUTING_FORWARD)
		cr_expect_eq(routing.fib.hop->hop.oif, answer.hops[0].oif, "%s",
			     text);
}

TestSuite(routing, .timeout = 60);

Test(routing, decides_as_the_kernel_does)
{
	struct skald_netns netns;
	struct skald_flow flow;
	struct skald_call call;
	struct place place;

	enter_private_netns(&netns);
	for (size_t i = 0; i < sizeof(setup) / sizeof(*setup); i++)
		run(setup[i]);
	cr_assert_eq(skald_call_open(&netns, NETLINK_ROUTE, &call), 0);
	srand(3);
	for (size_t i = 0; i < sizeof(variants) / sizeof(*variants); i++) {
		run(variants[i]);
		look(&netns, &place);
		for (int n = 0; n < TRIES; n++) {
			/* RTM_GETROUTE asks IPv6 without its input checks */
			make_flow(&flow, false);
			expect_as_kernel(&call, &place, &flow);
		}
		forget(&place);
	}
	skald_call_close(&call);
	skald_netns_close(&netns);
}

Test(routing, groups_are_for_who_has_joined)
{
	struct skald_netns netns;
	struct skald_routing routing;
	struct skald_flow flow = { .family = AF_INET };
	struct place place;

	enter_private_netns(&netns);
	for (size_t i = 0; i < sizeof(setup) / sizeof(*setup); i++)
		run(setup[i]);
	look(&netns, &place);
	flow.iif = if_nametoindex("ra");
	inet_pton(AF_INET, "10.1.0.7", flow.src);
	inet_pton(AF_INET, "224.0.0.1", flow.dst);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_eq(routing.way, SKALD_ROUTING_MULTICAST);
	cr_expect_null(routing.unknown);
	inet_pton(AF_INET, "239.1.1.1", flow.dst);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_eq(routing.way, SKALD_ROUTING_MULTICAST);
	cr_expect_not_null(routing.unknown);
	inet_pton(AF_INET, "10.1.0.1", flow.src);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_eq(routing.way, SKALD_ROUTING_REFUSED);
	cr_expect_str_eq(routing.reason, "IP_LOCAL_SOURCE");
	forget(&place);
	skald_netns_close(&netns);
}

Test(routing, ipv6_is_forwarded_where_that_is_on)
{
	struct skald_netns netns;
	struct skald_routing routing;
	struct skald_flow flow = { .family = AF_INET6 };
	struct place place;

	enter_private_netns(&netns);
	for (size_t i = 0; i < sizeof(setup) / sizeof(*setup); i++)
		run(setup[i]);
	flow.iif = if_nametoindex("rb");
	inet_pton(AF_INET6, "fd02::5", flow.src);
	inet_pton(AF_INET6, "2001:db8::1", flow.dst);
	look(&netns, &place);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_eq(routing.way, SKALD_ROUTING_FORWARD);
	cr_expect_eq(routing.fib.hop->hop.oif, if_nametoindex("ra"));
	inet_pton(AF_INET6, "fd01::1", flow.dst);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_eq(routing.way, SKALD_ROUTING_LOCAL);
	inet_pton(AF_INET6, "ff02::1", flow.dst);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_eq(routing.way, SKALD_ROUTING_MULTICAST);
	cr_expect_null(routing.unknown);
	inet_pton(AF_INET6, "ff02::fb", flow.dst);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_not_null(routing.unknown);
	forget(&place);
	run("sysctl -qw net.ipv6.conf.all.forwarding=0");
	inet_pton(AF_INET6, "2001:db8::1", flow.dst);
	look(&netns, &place);
	skald_routing_decide(&place.routes, &flow, &routing);
	cr_expect_eq(routing.way, SKALD_ROUTING_REFUSED);
	forget(&place);
	skald_netns_close(&netns);
}

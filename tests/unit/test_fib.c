// SPDX-License-Identifier: GPL-2.0-only
/* Routing tables of a world, with the kernel's own answers as the judge. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>

#include "fib.h"
#include "private_netns.h"

#define TRIES 4000

/* Interfaces that do nothing: "bridge" is a kind that every kernel here has. */
static const char *const setup[] = {
	"link add fa type bridge",
	"link add fb type bridge",
	"link add fc type bridge",
	"link set fa up",
	"link set fb up",
	"link set fc up",
	"addr add 10.1.0.1/24 dev fa",
	"addr add 10.2.0.1/24 dev fb",
	"addr add 10.3.0.1/30 dev fc",
	"addr add fd01::1/64 dev fa nodad",
	"addr add fd02::1/64 dev fb nodad",
	"route add default via 10.1.0.254",
	"route add 172.16.0.0/12 via 10.2.0.254",
	"route add 172.16.8.0/21 via 10.1.0.253 metric 20",
	"route add 172.16.8.0/21 via 10.2.0.253 metric 10",
	"route add 172.16.9.0/24 via 10.3.0.2 src 10.2.0.1 mtu 1400",
	"route add 172.16.9.128/25 tos 0x10 via 10.1.0.7",
	"route add blackhole 172.17.0.0/16",
	"route add unreachable 172.18.0.0/16",
	"route add prohibit 172.19.0.0/16",
	"route add 172.20.0.0/16 via 10.1.0.9 table 100",
	"route add throw 172.20.5.0/24 table 100",
	"route add default via 10.2.0.9 table 200",
	"rule add from 10.9.0.0/16 to 172.20.0.0/16 table 100 pref 100",
	"rule add fwmark 7/0xf table 200 pref 200",
	"rule add iif fb to 172.21.0.0/16 prohibit pref 300",
	"rule add not from 10.0.0.0/8 to 172.22.0.0/16 unreachable pref 301",
	"rule add to 172.23.0.0/16 goto 32766 pref 302",
	"rule add to 172.23.0.0/16 blackhole pref 303",
	"rule add lookup main suppress_prefixlength 0 pref 400",
	"rule add to 172.24.0.0/16 ipproto udp dport 53 table 200 pref 401",
	"-6 route add default via fd01::ff",
	"-6 route add fd10::/16 via fd02::ff",
	"-6 route add fd10:1::/32 via fd01::fe metric 5",
	"-6 route add fd10:1::/32 via fd02::fe metric 9",
	"-6 route add blackhole fd11::/16",
	"-6 rule add from fd20::/16 table 300 pref 100",
	"-6 route add fd10::/16 via fd01::fd table 300",
};

static const char *const targets[] = {
	"10.1.0.1",   "10.1.0.7",	 "10.1.0.255",	 "10.2.0.3",
	"10.3.0.2",   "127.0.0.1",	 "192.0.2.1",	 "172.16.0.1",
	"172.16.8.9", "172.16.9.1",	 "172.16.9.130", "172.17.1.1",
	"172.18.1.1", "172.19.1.1",	 "172.20.1.1",	 "172.20.5.5",
	"172.21.1.1", "172.22.1.1",	 "172.23.1.1",	 "172.24.1.1",
	"224.0.0.9",  "255.255.255.255",
};
static const char *const targets6[] = {
	"fd01::1",   "fd01::9", "fd02::7",     "fd10::1",
	"fd10:1::1", "fd11::1", "2001:db8::1", "::1",
};
static const char *const sources[] = { "10.1.0.1", "10.2.0.1", "0.0.0.0",
				       "10.3.0.1" };
static const char *const sources6[] = { "fd01::1", "fd02::1", "::" };

struct place {
	struct skald_netns netns;
	struct skald_world world;
	struct skald_links links;
	struct skald_fib *fib;
	struct skald_call call;
};

static void enter(struct place *place)
{
	struct skald_error error = { 0 };
	char command[256];

	enter_private_netns(&place->netns);
	for (size_t i = 0; i < sizeof(setup) / sizeof(*setup); i++) {
		snprintf(command, sizeof(command), "ip %s", setup[i]);
		cr_assert_eq(system(command), 0, "%s", command);
	}
	cr_assert_eq(skald_world_take(&place->netns, &place->world, &error), 0,
		     "%s", error.text);
	cr_assert_eq(skald_links_read(&place->world, &place->links), 0);
	cr_assert_eq(skald_fib_new(&place->world, &place->links, &place->fib),
		     0);
	cr_assert_eq(
		skald_call_open(&place->netns, NETLINK_ROUTE, &place->call), 0);
}

static void leave(struct place *place)
{
	skald_call_close(&place->call);
	skald_fib_free(place->fib);
	skald_links_done(&place->links);
	skald_world_done(&place->world);
	skald_netns_close(&place->netns);
}

static const char *pick(const char *const *words, size_t n)
{
	return words[(size_t)rand() % n];
}

#define PICK(words) pick(words, sizeof(words) / sizeof(*(words)))

static void make_flow(struct skald_flow *flow, bool is_v6)
{
	memset(flow, 0, sizeof(*flow));
	flow->family = is_v6 ? AF_INET6 : AF_INET;
	inet_pton(flow->family, is_v6 ? PICK(targets6) : PICK(targets),
		  flow->dst);
	inet_pton(flow->family, is_v6 ? PICK(sources6) : PICK(sources),
		  flow->src);
	flow->mark = (uint32_t)rand() % 3 ? 0 : 7;
	flow->tos = rand() % 3 || is_v6 ? 0 : 0x10;
	flow->proto = rand() % 2 ? IPPROTO_UDP : 0;
	if (flow->proto) {
		flow->dport = rand() % 2 ? 53 : 54;
		flow->sport = 1000;
	}
}

static void tell(const struct skald_flow *flow, char *text, size_t size)
{
	char src[64], dst[64];

	inet_ntop(flow->family, flow->src, src, sizeof(src));
	inet_ntop(flow->family, flow->dst, dst, sizeof(dst));
	snprintf(text, size, "%s > %s mark %u tos %u proto %u dport %u", src,
		 dst, flow->mark, flow->tos, flow->proto, flow->dport);
}

static void expect_as_kernel(struct place *place, const struct skald_flow *flow)
{
	static struct skald_answer answer;
	struct skald_fib_result result;
	char text[256];
	int theirs = skald_route_query(&place->call, flow, &answer);
	int ours = skald_fib_lookup(place->fib, flow, &result);

	tell(flow, text, sizeof(text));
	/* the kernel answers -EINVAL for a blackhole, as its table does */
	cr_assert_eq(ours, theirs, "%s: %d, kernel %d", text, ours, theirs);
	if (ours)
		return;
	cr_expect_not(result.is_open, "%s", text);
	cr_expect_eq(result.route->type, answer.type, "%s: type %u, kernel %u",
		     text, result.route->type, answer.type);
	cr_expect_eq(result.route->table, answer.table, "%s: table %u, %u",
		     text, result.route->table, answer.table);
	cr_expect_eq(result.route->dst_len, answer.prefix_len,
		     "%s: prefix /%u, kernel /%u", text, result.route->dst_len,
		     answer.prefix_len);
	cr_expect_eq(result.hop->hop.oif, answer.hops[0].oif, "%s: oif", text);
	cr_expect_eq(memcmp(result.hop->hop.via, answer.hops[0].via, 16), 0,
		     "%s: gateway", text);
}

/* What the kernel answers from outside its tables. */
static bool is_special(const struct skald_flow *flow)
{
	return flow->family == AF_INET
		       ? flow->dst[0] >= 224
		       : !memcmp(flow->dst, in6addr_any.s6_addr, 16);
}

TestSuite(fib, .timeout = 60);

Test(fib, finds_what_the_kernel_finds)
{
	struct place place;
	struct skald_flow flow;
	int n = 0;

	enter(&place);
	srand(7);
	for (int i = 0; i < TRIES; i++) {
		make_flow(&flow, i % 4 == 0);
		if (is_special(&flow))
			continue;
		expect_as_kernel(&place, &flow);
		n++;
	}
	cr_expect_gt(n, TRIES / 2);
	leave(&place);
}

Test(fib, kinds_of_addresses_are_the_kernels)
{
	static const struct {
		const char *address;
		const char *device;
		unsigned int type;
	} cases[] = {
		{ "10.1.0.1", NULL, RTN_LOCAL },
		{ "10.1.0.1", "fa", RTN_LOCAL },
		{ "10.1.0.1", "fb", RTN_UNICAST },
		{ "10.1.0.255", NULL, RTN_BROADCAST },
		{ "10.1.0.9", NULL, RTN_UNICAST },
		{ "127.3.4.5", NULL, RTN_LOCAL },
		{ "224.0.0.1", NULL, RTN_MULTICAST },
		{ "255.255.255.255", NULL, RTN_BROADCAST },
		{ "0.0.0.0", NULL, RTN_BROADCAST },
		{ "fd01::1", NULL, RTN_LOCAL },
		{ "fd01::2", NULL, RTN_UNICAST },
		{ "ff02::1", NULL, RTN_MULTICAST },
	};
	struct place place;

	enter(&place);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int family = strchr(cases[i].address, ':') ? AF_INET6 : AF_INET;
		const struct skald_iface *iface = NULL;
		uint8_t address[16];

		if (cases[i].device) {
			iface = skald_links_named(&place.links,
						  cases[i].device);
			cr_assert_not_null(iface);
		}
		inet_pton(family, cases[i].address, address);
		cr_expect_eq(skald_fib_type(place.fib, family, address,
					    iface ? iface->index : 0),
			     cases[i].type, "%s", cases[i].address);
	}
	leave(&place);
}

Test(fib, interfaces_have_names_and_addresses)
{
	const struct skald_iface *iface;
	struct place place;
	uint8_t address[16];

	enter(&place);
	iface = skald_links_named(&place.links, "fb");
	cr_assert_not_null(iface);
	cr_expect_eq(iface->index, if_nametoindex("fb"));
	cr_expect_str_eq(iface->kind, "bridge");
	cr_expect_eq(skald_links_find(&place.links, iface->index), iface);
	cr_expect_null(skald_links_find(&place.links, 4711));
	inet_pton(AF_INET, "10.2.0.1", address);
	cr_expect(
		skald_links_has(&place.links, iface->index, AF_INET, address));
	cr_expect_not(skald_links_has(&place.links, 1, AF_INET, address));
	leave(&place);
}

Test(fib, damaged_messages_are_refused_or_harmless)
{
	struct skald_buffer *routes;
	struct place place;

	enter(&place);
	routes = &place.world.sections[SKALD_WORLD_ROUTES];
	srand(11);
	for (int i = 0; i < 3000; i++) {
		size_t at = (size_t)rand() % routes->len;
		uint8_t before = routes->data[at];
		struct skald_fib *fib = NULL;

		routes->data[at] = (uint8_t)rand();
		if (!skald_fib_new(&place.world, &place.links, &fib))
			skald_fib_free(fib);
		routes->data[at] = before;
	}
	leave(&place);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes against the running kernel: policy routing, both families, routes
 * that refuse, many next hops; and the walk through ip rules by itself.
 */
#include "route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "private_netns.h"
#include "route_parts.h"

/* d0 has 10.0.0.1 and fd00::1, d1 has 10.1.0.1 and fd01::1. */
static const char *const world[] = {
	"ip link add d0 type veth peer name p0",
	"ip link add d1 type veth peer name p1",
	"for i in d0 d1 p0 p1; do ip link set $i up; done",
	"ip address add 10.0.0.1/24 dev d0",
	"ip address add 10.1.0.1/24 dev d1",
	"ip address add fd00::1/64 dev d0 nodad",
	"ip address add fd01::1/64 dev d1 nodad",
	"echo 1 > /proc/sys/net/ipv4/ip_forward",
	"echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
	"for i in all d0 d1; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter;"
	" done",
	"ip route add default via 10.0.0.2",
	"ip route add blackhole 10.9.0.0/24",
	"ip route add unreachable 10.9.1.0/24",
	"ip route add prohibit 10.9.2.0/24",
	"ip route add 10.8.0.0/16 nexthop via 10.0.0.5 nexthop via 10.1.0.5",
	"ip route add 10.5.0.0/16 via inet6 fd00::9 dev d0 src 10.1.0.1",
	"ip -6 route add blackhole fd09::/64",
	"ip -6 route add prohibit fd0b::/64",
	"ip -6 route add fd08::/64 nexthop via fd00::5 nexthop via fd01::5",
};

static struct skald_netns netns;
static struct skald_router *router;
static struct skald_arena arena;

static void shell(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

static void setup(void)
{
	enter_private_netns(&netns);
	for (size_t i = 0; i < sizeof(world) / sizeof(*world); i++)
		shell(world[i]);
	cr_assert_eq(skald_router_new(&netns, &router), 0);
}

static void teardown(void)
{
	skald_router_free(router);
	skald_arena_done(&arena);
	skald_netns_close(&netns);
}

TestSuite(route, .init = setup, .fini = teardown);
TestSuite(iprules);

static struct skald_packet packet(const char *src, const char *dst)
{
	bool is_ip6 = strchr(src, ':') != NULL;
	int family = is_ip6 ? AF_INET6 : AF_INET;
	unsigned int type = is_ip6 ? SKALD_VALUE_IP6 : SKALD_VALUE_IP4;
	struct skald_packet made = { .protonum = IPPROTO_TCP };

	strcpy(made.family, is_ip6 ? "ip6" : "ip");
	made.value[SKALD_P_saddr].type = type;
	made.value[SKALD_P_daddr].type = type;
	cr_assert(inet_pton(family, src, made.value[SKALD_P_saddr].bytes));
	cr_assert(inet_pton(family, dst, made.value[SKALD_P_daddr].bytes));
	return made;
}

static void set(struct skald_packet *made, enum skald_packet_field field,
		uint64_t number)
{
	made->value[field].type = SKALD_VALUE_NUM;
	made->value[field].num = number;
}

static struct skald_event ask_packet(const struct skald_packet *made,
				     const char *iif, const char *seen)
{
	const struct skald_route_query query = {
		.packet = made,
		.iif = iif ? if_nametoindex(iif) : 0,
		.oif_seen = seen ? if_nametoindex(seen) : 0,
	};
	struct skald_event event = { .t_ns = 42 };

	cr_assert_eq(skald_router_ask(router, &query, &arena, &event), 0);
	cr_assert_eq(event.kind, SKALD_ROUTE);
	cr_assert_eq(event.t_ns, 42);
	cr_assert_eq(event.ev_route.origin, SKALD_ORIGIN_RECOMPUTED);
	return event;
}

/* What comes of asking about a packet that is @made and came in by @iif. */
static int refusal(const struct skald_packet *made, const char *iif)
{
	const struct skald_route_query query = {
		.packet = made,
		.iif = iif ? if_nametoindex(iif) : 0,
	};
	struct skald_event event;

	return skald_router_ask(router, &query, &arena, &event);
}

static struct skald_event ask(const char *src, const char *dst, const char *iif,
			      const char *seen)
{
	const struct skald_packet made = packet(src, dst);

	return ask_packet(&made, iif, seen);
}

/* All of an event's fields in one line; "-" where there is none. */
static const char *line_of(const struct skald_event *event)
{
	static char line[512];
	char rule[24] = "-";

	if (SKALD_HAS(event, route, rule))
		(void)snprintf(rule, sizeof(rule), "%llu",
			       (unsigned long long)event->ev_route.rule);
#define WORD(field) \
	(SKALD_HAS(event, route, field) ? event->ev_route.field : "-")
	(void)snprintf(line, sizeof(line), "%s %s %s %s %s %s", rule,
		       WORD(table), WORD(prefix), WORD(via), WORD(oif),
		       WORD(error));
#undef WORD
	return line;
}

#define cr_assert_route(event, expected)                   \
	do {                                               \
		const struct skald_event got = (event);    \
		cr_assert_str_eq(line_of(&got), expected); \
	} while (0)

Test(route, what_is_asked_for_is_told_as_ip_route_does)
{
	struct skald_event event;

	cr_assert_route(ask("10.0.0.1", "192.0.2.1", NULL, NULL),
			"32766 main default 10.0.0.2 d0 -");
	cr_assert_route(ask("10.0.0.1", "10.1.0.9", NULL, NULL),
			"32766 main 10.1.0.0/24 - d1 -");
	cr_assert_route(ask("10.0.0.7", "10.1.0.1", "d0", NULL),
			"0 local 10.1.0.1 - d1 -");
	cr_assert_route(ask("fd00::7", "fd01::9", "d0", NULL),
			"32766 main fd01::/64 - d1 -");

	event = ask("10.0.0.1", "10.5.1.1", NULL, NULL);
	cr_assert_route(event, "32766 main 10.5.0.0/16 fd00::9 d0 -");
	cr_assert_str_eq(event.ev_route.source, "10.1.0.1");
	cr_assert_eq(event.ev_route.type, SKALD_RTTYPE_UNICAST);
	cr_assert(!SKALD_HAS(&event, route, agrees));
}

Test(route, types_are_told)
{
	cr_assert_eq(ask("10.0.0.7", "10.0.0.1", "d0", NULL).ev_route.type,
		     SKALD_RTTYPE_LOCAL);
	cr_assert_eq(ask("10.0.0.7", "10.0.0.255", "d0", NULL).ev_route.type,
		     SKALD_RTTYPE_BROADCAST);
	cr_assert_eq(ask("10.0.0.1", "224.0.0.5", NULL, NULL).ev_route.type,
		     SKALD_RTTYPE_MULTICAST);
}

Test(route, a_broadcast_that_came_in_goes_nowhere)
{
	struct skald_event event =
		ask("10.0.0.7", "255.255.255.255", "d0", NULL);

	cr_assert_route(event, "- - - - - -");
	cr_assert_eq(event.ev_route.type, SKALD_RTTYPE_BROADCAST);
}

Test(route, agreement_is_with_the_interface_seen)
{
	cr_assert_eq(ask("10.0.0.7", "10.1.0.9", "d0", "d1").ev_route.agrees,
		     1);
	cr_assert_eq(ask("10.0.0.7", "10.1.0.9", "d0", "d0").ev_route.agrees,
		     0);
	cr_assert_eq(ask("10.0.0.1", "10.1.0.1", NULL, "lo").ev_route.agrees, 1,
		     "to itself, by loopback");
	cr_assert_eq(ask("10.0.0.1", "10.9.0.1", NULL, "d0").ev_route.agrees, 0,
		     "it cannot leave at all");
}

Test(route, an_interface_that_was_asked_for_is_no_agreement)
{
	struct skald_event event = ask("fe80::1", "fe80::2", NULL, "d1");

	cr_assert_route(event, "32766 main fe80::/64 - d1 -");
	cr_assert(!SKALD_HAS(&event, route, agrees));
	event = ask("10.1.0.1", "224.0.0.5", NULL, "d1");
	cr_assert_str_eq(event.ev_route.oif, "d1");
	cr_assert(!SKALD_HAS(&event, route, agrees));
}

Test(route, any_of_many_next_hops_agrees)
{
	struct skald_event event = ask("10.0.0.1", "10.8.0.9", NULL, "d0");

	cr_assert_route(event, "32766 main 10.8.0.0/16 10.0.0.5, 10.1.0.5 "
			       "d0, d1 -");
	cr_assert_eq(event.ev_route.agrees, 1);
	event = ask("10.0.0.1", "10.8.0.9", NULL, "d1");
	cr_assert_eq(event.ev_route.agrees, 1);
	event = ask("10.0.0.1", "10.8.0.9", NULL, "lo");
	cr_assert_eq(event.ev_route.agrees, 0);
	event = ask("fd00::7", "fd08::9", "d0", "d1");
	cr_assert_eq(event.ev_route.agrees, 1);
	cr_assert(strstr(event.ev_route.via, "fd01::5"));
}

Test(route, next_hop_objects_are_looked_into)
{
	shell("ip nexthop add id 7 via 10.0.0.7 dev d0");
	shell("ip nexthop add id 8 via 10.1.0.8 dev d1");
	shell("ip nexthop add id 9 group 7/8");
	shell("ip nexthop add id 10 blackhole");
	shell("ip route add 10.7.0.0/16 nhid 9");
	shell("ip route add 10.6.0.0/16 nhid 7");
	for (int i = 0; i < 2; i++) {
		cr_assert_route(ask("10.0.0.1", "10.7.0.1", NULL, NULL),
				"32766 main 10.7.0.0/16 10.0.0.7, 10.1.0.8 "
				"d0, d1 -");
		cr_assert_route(ask("10.0.0.1", "10.6.0.1", NULL, NULL),
				"32766 main 10.6.0.0/16 10.0.0.7 d0 -");
		shell("echo 0 > /proc/sys/net/ipv4/nexthop_compat_mode");
		skald_router_free(router);
		cr_assert_eq(skald_router_new(&netns, &router), 0);
	}
}

Test(route, routes_that_refuse_are_named)
{
	struct skald_event event = ask("10.0.0.1", "10.9.0.1", NULL, NULL);

	cr_assert_route(event, "32766 main 10.9.0.0/24 - - blackhole");
	cr_assert_eq(event.ev_route.type, SKALD_RTTYPE_BLACKHOLE);
	cr_assert_route(ask("10.0.0.7", "10.9.0.1", "d0", NULL),
			"32766 main 10.9.0.0/24 - - blackhole");
	cr_assert_route(ask("10.0.0.7", "10.9.1.1", "d0", NULL),
			"32766 main 10.9.1.0/24 - - host unreachable");
	cr_assert_route(ask("10.0.0.7", "10.9.2.1", "d0", NULL),
			"32766 main 10.9.2.0/24 - - prohibited");
	cr_assert_route(ask("fd00::7", "fd09::1", "d0", NULL),
			"32766 main fd09::/64 - - blackhole");
	cr_assert_route(ask("fd00::1", "fd0b::1", NULL, NULL),
			"32766 main fd0b::/64 - - prohibited");
	cr_assert_route(ask("fd00::1", "2001:db8::1", NULL, NULL),
			"- - - - - network unreachable");
}

Test(route, the_longest_route_that_refuses_is_named)
{
	shell("ip route add blackhole 10.9.0.0/16");
	shell("ip route add blackhole 10.9.0.128/25 table 77");
	cr_assert_route(ask("10.0.0.1", "10.9.0.200", NULL, NULL),
			"32766 main 10.9.0.0/24 - - blackhole");
	shell("ip rule add to 10.9.0.0/16 table 77 priority 5");
	skald_router_free(router);
	cr_assert_eq(skald_router_new(&netns, &router), 0);
	cr_assert_route(ask("10.0.0.1", "10.9.0.200", NULL, NULL),
			"5 77 10.9.0.128/25 - - blackhole");
}

Test(route, a_source_that_is_not_believed_is_no_blackhole)
{
	shell("ip route add blackhole default metric 5000");
	cr_assert_route(ask("127.0.0.1", "192.0.2.1", "d1", NULL),
			"- - - - - martian source");
	shell("echo 1 > /proc/sys/net/ipv4/conf/d1/rp_filter");
	skald_router_free(router);
	cr_assert_eq(skald_router_new(&netns, &router), 0);
	cr_assert_route(ask("198.51.100.9", "10.0.0.9", "d1", NULL),
			"- - - - - martian source or rp_filter");
	cr_assert_route(ask("198.51.100.9", "10.1.0.9", "d0", NULL),
			"32766 main 10.1.0.0/24 - d1 -");
}

Test(route, forwarding_that_is_off_is_said)
{
	shell("echo 0 > /proc/sys/net/ipv4/ip_forward");
	shell("echo 0 > /proc/sys/net/ipv6/conf/all/forwarding");
	cr_assert_route(ask("10.0.0.7", "10.1.0.9", "d0", NULL),
			"- - - - - forwarding is off");
	cr_assert_route(ask("10.0.0.7", "10.1.0.1", "d0", NULL),
			"0 local 10.1.0.1 - d1 -");
	cr_assert_route(ask("fd00::7", "fd01::9", "d0", NULL),
			"32766 main fd01::/64 - d1 forwarding is off");
}

Test(route, ip_rules_are_found)
{
	struct skald_packet made = packet("10.0.0.1", "192.0.2.1");

	shell("ip rule add fwmark 0x10/0xff table 100 priority 100");
	shell("ip rule add from 10.0.0.64/26 table 101 priority 101");
	shell("ip rule add iif d1 table 102 priority 102");
	shell("ip rule add tos 0x10 table 103 priority 103");
	shell("ip rule add not to 192.0.2.0/24 table 104 priority 104");
	shell("ip rule add table main suppress_prefixlength 0 priority 200");
	shell("ip rule add table 105 priority 300");
	shell("for t in 100 101 102 103 104 105; do"
	      " ip route add default via 10.1.0.$t table $t; done");

	cr_assert_route(ask_packet(&made, NULL, NULL),
			"300 105 default 10.1.0.105 d1 -");
	set(&made, SKALD_P_mark, 0x110);
	cr_assert_route(ask_packet(&made, NULL, NULL),
			"100 100 default 10.1.0.100 d1 -");
	set(&made, SKALD_P_mark, 0x11);
	set(&made, SKALD_P_dscp, 4);
	set(&made, SKALD_P_ecn, 3);
	cr_assert_route(ask_packet(&made, NULL, NULL),
			"103 103 default 10.1.0.103 d1 -");
	cr_assert_route(ask("10.0.0.65", "192.0.2.1", "d0", NULL),
			"101 101 default 10.1.0.101 d1 -");
	cr_assert_route(ask("10.1.0.65", "192.0.2.1", "d1", NULL),
			"102 102 default 10.1.0.102 d1 -");
	cr_assert_route(ask("10.0.0.1", "203.0.113.1", NULL, NULL),
			"104 104 default 10.1.0.104 d1 -");
	cr_assert_route(ask("10.0.0.1", "192.0.2.1", NULL, NULL),
			"300 105 default 10.1.0.105 d1 -");
}

Test(route, ports_count_when_a_rule_asks_for_them)
{
	struct skald_packet made = packet("10.0.0.1", "192.0.2.1");

	shell("ip rule add ipproto tcp dport 8000-8080 table 100 priority 9");
	shell("ip route add default via 10.1.0.100 table 100");
	set(&made, SKALD_P_sport, 40000);
	set(&made, SKALD_P_dport, 8001);
	cr_assert_route(ask_packet(&made, NULL, NULL),
			"9 100 default 10.1.0.100 d1 -");
	set(&made, SKALD_P_dport, 8081);
	cr_assert_route(ask_packet(&made, NULL, NULL),
			"32766 main default 10.0.0.2 d0 -");
	made.protonum = IPPROTO_UDP;
	set(&made, SKALD_P_dport, 8001);
	cr_assert_route(ask_packet(&made, NULL, NULL),
			"32766 main default 10.0.0.2 d0 -");
	made.protonum = IPPROTO_SCTP;
	cr_assert_eq(refusal(&made, NULL), -EPROTONOSUPPORT);
}

Test(route, rules_that_refuse_are_named)
{
	shell("ip rule add to 192.0.2.1 unreachable priority 1");
	shell("ip rule add to 192.0.2.2 blackhole priority 2");
	shell("ip rule add to 192.0.2.3 prohibit priority 3");
	cr_assert_route(ask("10.0.0.1", "192.0.2.1", NULL, NULL),
			"1 - - - - network unreachable");
	cr_assert_route(ask("10.0.0.1", "192.0.2.2", NULL, NULL),
			"2 - - - - blackhole");
	cr_assert_route(ask("10.0.0.1", "192.0.2.3", NULL, NULL),
			"3 - - - - prohibited");
}

Test(route, a_foreign_source_is_left_out_only_when_no_rule_asks)
{
	cr_assert_route(ask("203.0.113.9", "192.0.2.1", NULL, NULL),
			"32766 main default 10.0.0.2 d0 -");
	shell("ip rule add from 203.0.113.0/24 table 50 priority 5");
	skald_router_free(router);
	cr_assert_eq(skald_router_new(&netns, &router), 0);
	cr_assert_route(ask("203.0.113.9", "192.0.2.1", NULL, NULL),
			"- - - - - the source address is not local");
}

Test(route, packets_without_route_are_refused)
{
	struct skald_packet made = packet("10.0.0.1", "192.0.2.1");

	strcpy(made.family, "arp");
	cr_assert_eq(refusal(&made, NULL), -EAFNOSUPPORT);
	memset(&made, 0, sizeof(made));
	strcpy(made.family, "ip");
	cr_assert_eq(refusal(&made, NULL), -EAFNOSUPPORT);
	made = packet("10.0.0.1", "10.0.0.1");
	cr_assert_eq(refusal(&made, "lo"), -EOPNOTSUPP);
	made = packet("fd00::7", "ff02::1");
	cr_assert_eq(refusal(&made, "d0"), -EOPNOTSUPP);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

Test(route, a_change_of_routes_is_noticed)
{
	static const char *const changes[][2] = {
		{ "ip route replace default via 10.0.0.3",
		  "32766 main default 10.0.0.3 d0 -" },
		{ "ip route add 192.0.2.0/24 via 10.1.0.3",
		  "32766 main 192.0.2.0/24 10.1.0.3 d1 -" },
		{ "ip route add default via 10.1.0.9 table 9; "
		  "ip rule add to 192.0.2.1 table 9 priority 9",
		  "9 9 default 10.1.0.9 d1 -" },
		{ "ip link set d1 name e1", "9 9 default 10.1.0.9 e1 -" },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct skald_event event =
			ask("10.0.0.1", "192.0.2.1", NULL, NULL);
		uint64_t deadline;

		shell(changes[i][0]);
		deadline = now_ms() + 5000;
		do {
			event = ask("10.0.0.1", "192.0.2.1", NULL, NULL);
		} while (strcmp(line_of(&event), changes[i][1]) != 0 &&
			 now_ms() < deadline);
		cr_assert_str_eq(line_of(&event), changes[i][1]);
	}
}

Test(route, many_flows_are_all_answered)
{
	struct skald_packet made = packet("10.0.0.1", "192.0.2.1");

	for (unsigned int i = 0; i < 20000; i++) {
		made.value[SKALD_P_daddr].bytes[2] = (uint8_t)(i >> 8);
		made.value[SKALD_P_daddr].bytes[3] = (uint8_t)i;
		cr_assert_route(ask_packet(&made, NULL, NULL),
				"32766 main default 10.0.0.2 d0 -");
		skald_arena_done(&arena);
	}
}

/* The walk through the rules, without a kernel. */
static struct skald_iprule items[4];
static struct skald_iprules rules = { .items = items, .is_loaded = true };
static struct skald_flow flow;

static struct skald_iprule *add(uint32_t priority, uint32_t table)
{
	struct skald_iprule *rule = &items[rules.n++];

	*rule = (struct skald_iprule){ .priority = priority,
				       .table = table,
				       .action = FR_ACT_TO_TBL,
				       .suppress_len = -1 };
	return rule;
}

static int found(uint32_t table, uint8_t prefix_len)
{
	const struct skald_answer answer = { .table = table,
					     .has_prefix = true,
					     .prefix_len = prefix_len };
	const struct skald_iprule *rule =
		skald_iprules_find(&rules, &flow, NULL, &answer);

	return rule ? (int)rule->priority : -1;
}

Test(iprules, the_first_that_leads_to_the_table)
{
	flow.family = AF_INET;
	add(10, 100);
	add(20, 254)->suppress_len = 0;
	add(30, 254);
	cr_assert_eq(found(100, 0), 10);
	cr_assert_eq(found(254, 8), 20);
	cr_assert_eq(found(254, 0), 30);
	cr_assert_eq(found(7, 0), -1);
}

Test(iprules, what_is_not_certain_is_not_told)
{
	flow.family = AF_INET;
	add(10, 100)->is_odd = true;
	add(20, 100);
	add(30, 254);
	cr_assert_eq(found(100, 0), -1, "the first one may have matched");
	cr_assert_eq(found(254, 0), 30, "that one leads elsewhere");
}

Test(iprules, a_vrf_rule_leads_to_no_standard_table)
{
	struct skald_iprule *rule = add(10, 0);

	flow.family = AF_INET;
	rule->is_vrf = true;
	rule->is_odd = true;
	add(20, 100);
	add(30, 254);
	cr_assert_eq(found(254, 0), 30);
	cr_assert_eq(found(100, 0), -1);
}

Test(iprules, gotos_are_followed)
{
	struct skald_iprule *rule = add(10, 0);

	flow.family = AF_INET;
	rule->action = FR_ACT_GOTO;
	rule->target = 30;
	add(20, 254);
	add(30, 254);
	cr_assert_eq(found(254, 0), 30);
	rule->target = 25;
	cr_assert_eq(found(254, 0), 20, "nowhere to go: passed by");
	rule->is_odd = true;
	cr_assert_eq(found(254, 0), -1);
}

Test(iprules, selectors_are_compared)
{
	struct skald_iprule *rule = add(1, 100);

	flow = (struct skald_flow){ .family = AF_INET,
				    .src = { 10, 0, 0, 65 },
				    .dst = { 192, 0, 2, 1 },
				    .mark = 0x110,
				    .tos = 0x10,
				    .proto = IPPROTO_TCP,
				    .dport = 8080 };
	memcpy(rule->src, flow.src, 4);
	rule->src_len = 26;
	rule->mark = 0x10;
	rule->mark_mask = 0xff;
	rule->tos = 0x10;
	rule->tos_mask = 0xfc;
	rule->proto = IPPROTO_TCP;
	rule->dport = (struct skald_ports){ 8000, 8080, 0 };
	cr_assert_eq(found(100, 0), 1);
	rule->is_inverted = true;
	cr_assert_eq(found(100, 0), -1);
	rule->is_inverted = false;

	flow.dport = 8081;
	cr_assert_eq(found(100, 0), -1);
	flow.dport = 8000;
	flow.src[3] = 63;
	cr_assert_eq(found(100, 0), -1);
	flow.src[3] = 64;
	flow.mark = 0x111;
	cr_assert_eq(found(100, 0), -1);
	flow.mark = 0x10;
	strcpy(rule->iif, "eth0");
	cr_assert_eq(found(100, 0), -1);
	strcpy(rule->iif, "lo");
	cr_assert_eq(found(100, 0), 1);
	strcpy(rule->oif, "eth0");
	cr_assert_eq(found(100, 0), -1);
}

Test(iprules, prefixes_are_compared_by_bits)
{
	const uint8_t a[4] = { 10, 0, 0, 0x80 }, b[4] = { 10, 0, 0, 0xff };

	cr_assert(skald_addr_in(a, b, 0));
	cr_assert(skald_addr_in(a, b, 25));
	cr_assert(!skald_addr_in(a, b, 26));
	cr_assert(!skald_addr_in(a, b, 32));
	cr_assert(skald_addr_in(a, a, 32));
}

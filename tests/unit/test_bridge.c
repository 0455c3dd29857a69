// SPDX-License-Identifier: GPL-2.0-only
/* Frames through a bridge in the engine, and what br_netfilter adds. */
#include "sequel.h"

#include <unistd.h>

#include "bridge.h"
#include "engine_bench.h"

#define X "02:00:00:00:0a:01"
#define Y "02:00:00:00:0a:02"
#define Z "02:00:00:00:0a:03"
#define BRIDGE "02:00:00:00:0b:00"

static const char *const setup[] = {
	"ip link add br0 type bridge forward_delay 0 mcast_snooping 0",
	"ip link set br0 address " BRIDGE,
	"ip link add p1 type veth peer name q1",
	"ip link add p2 type veth peer name q2",
	"ip link add p3 type veth peer name q3",
	"ip link add wan mtu 1400 type veth peer name far",
	"for it in q1 q2 q3 far wan br0; do ip link set $it up; done",
	"for it in p1 p2 p3; do ip link set $it master br0 up; done",
	"ip addr add 10.3.0.9/24 dev br0",
	"ip addr add fd03::9/64 dev br0 nodad",
	"ip addr add 10.4.0.1/24 dev wan",
	"bridge fdb replace " X " dev p1 master static",
	"bridge fdb replace " Y " dev p2 master static",
	"bridge fdb replace " Z " dev p3 master static",
	"ip neigh replace 10.3.0.3 lladdr " Z " dev br0",
	"ip neigh replace 10.3.0.2 lladdr " Y " dev br0",
	"sysctl -qw net.ipv4.ip_forward=1",
	NULL
};

static const char rules[] =
	"table bridge wall {\n"
	" chain forward { type filter hook forward priority filter;\n"
	"  arp operation reply drop\n"
	"  udp dport 70 drop comment \"wall\"; }\n"
	" chain input { type filter hook input priority filter;\n"
	"  udp dport 71 drop; }\n"
	"}\n"
	"table ip fw {\n"
	" chain pre { type nat hook prerouting priority dstnat;\n"
	"  ip daddr 10.3.0.100 dnat to 10.3.0.3\n"
	"  ip daddr 10.3.0.101 dnat to 10.4.0.2\n"
	"  ip daddr 10.3.0.102 dnat to 10.3.0.77; }\n"
	" chain forward { type filter hook forward priority filter;\n"
	"  udp dport 72 iifname \"br0\" oifname \"br0\" drop; }\n"
	"}\n";

static struct skald_sequel sequel;

/* The settings of br_netfilter are the world's, whatever this kernel has. */
static struct skald_world_sysctl sysctls[] = {
	{ "net/bridge/bridge-nf-call-iptables", "1" },
	{ "net/bridge/bridge-nf-call-ip6tables", "1" },
	{ "net/bridge/bridge-nf-call-arptables", "1" },
	{ "net/bridge/bridge-nf-filter-vlan-tagged", "0" },
	{ "net/ipv4/conf/all/forwarding", "1" },
	{ "net/ipv4/conf/br0/forwarding", "1" },
};

static void use(const char *value)
{
	struct skald_error error = { 0 };

	skald_engine_free(engine);
	for (int i = 0; i < 3; i++)
		sysctls[i].value = value;
	free(world.sysctls);
	world.sysctls = malloc(sizeof(sysctls));
	memcpy(world.sysctls, sysctls, sizeof(sysctls));
	world.n_sysctls = sizeof(sysctls) / sizeof(*sysctls);
	cr_assert_eq(skald_engine_new(&world, &engine, &error), 0, "%s",
		     error.text);
}

static void enter(void)
{
	if (access("/sys/class/net", F_OK))
		cr_skip_test("needs /sys");
	bench_enter(setup, rules);
	use("1");
}

static void leave(void)
{
	skald_sequel_done(&sequel);
	bench_leave();
}

static const struct skald_story *run(const char *words)
{
	struct skald_engine_input input = { .tells_answers = true };

	bench_invent(words, "p1", &input);
	cr_assert_eq(skald_sequel_run(engine, &input, &sequel), 0, "%s", words);
	return &sequel.parts->story;
}

static bool meets(const struct skald_story *story, const char *chain,
		  unsigned int family)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_CHAIN &&
		    event->ev_chain.family == family &&
		    strcmp(event->ev_chain.chain, chain) == 0)
			return true;
	}
	return false;
}

TestSuite(bridge, .init = enter, .fini = leave);

Test(bridge, a_frame_goes_where_the_table_says)
{
	const struct skald_story *story =
		run("udp 10.3.0.1:1 > 10.3.0.2:2 mac " X " > " Y);

	cr_expect_eq(story->ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story->iif, "p1");
	cr_expect_str_eq(story->oif, "p2");
	cr_expect(story->complete);
	cr_expect_eq(sequel.n, 1u);
	cr_expect(meets(story, "forward", SKALD_FAMILY_BRIDGE));
	cr_expect(meets(story, "forward", SKALD_FAMILY_IP));
	cr_expect_eq(story->final.value[SKALD_P_ttl].num, 64u,
		     "nobody ages what is bridged");
}

Test(bridge, without_br_netfilter_ip_does_not_see_it)
{
	const struct skald_story *story;

	use("0");
	story = run("udp 10.3.0.1:1 > 10.3.0.2:72 mac " X " > " Y);
	cr_expect_eq(story->ending.kind, SKALD_ENDING_SENT);
	cr_expect(meets(story, "forward", SKALD_FAMILY_BRIDGE));
	cr_expect_not(meets(story, "forward", SKALD_FAMILY_IP));
}

Test(bridge, rules_of_both_families_drop)
{
	const struct skald_story *story =
		run("udp 10.3.0.1:1 > 10.3.0.2:70 mac " X " > " Y);

	cr_expect_eq(story->ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story->ending.table, "wall");
	story = run("udp 10.3.0.1:1 > 10.3.0.2:72 mac " X " > " Y);
	cr_expect_eq(story->ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story->ending.table, "fw");
}

Test(bridge, what_is_not_in_the_table_is_flooded)
{
	const struct skald_story *story = run(
		"udp 10.3.0.1:1 > 10.3.0.7:2 mac " X " > 02:00:00:00:0a:07");

	cr_assert_eq(sequel.n, 2u);
	cr_expect_str_eq(story->oif, "p3");
	story = &sequel.parts[1].story;
	cr_expect_str_eq(story->oif, "p2");
	cr_expect_str_eq(story->iif, "p1");
	cr_expect_eq(story->journey->kind, SKALD_CLONE);
	cr_expect(meets(story, "forward", SKALD_FAMILY_IP));
	cr_expect_not(skald_sequel_is_answer(&sequel, 1));
}

Test(bridge, a_broadcast_goes_everywhere_and_up)
{
	const struct skald_story *story = run(
		"udp 10.3.0.1:1 > 10.3.0.255:2 mac " X " > ff:ff:ff:ff:ff:ff");

	cr_assert_eq(sequel.n, 3u);
	cr_expect_eq(story->ending.kind, SKALD_ENDING_DELIVERED);
	cr_expect_eq(sequel.parts[1].story.ending.kind, SKALD_ENDING_SENT);
	cr_expect_eq(sequel.parts[2].story.ending.kind, SKALD_ENDING_SENT);
}

Test(bridge, frames_teach_where_their_sender_is)
{
	struct skald_engine_input input = { 0 };
	struct skald_story story;

	run("udp 10.3.0.8:1 > 10.3.0.2:2 mac 02:00:00:00:0a:08 > " Y);
	bench_invent("udp 10.3.0.2:2 > 10.3.0.8:1 mac " Y
		     " > 02:00:00:00:0a:08",
		     "p2", &input);
	cr_assert_eq(skald_engine_run(engine, &input, &story), 0);
	cr_expect_str_eq(story.oif, "p1");
	skald_story_done(&story);
	cr_expect_eq(skald_engine_next(engine, &story), 0);
}

Test(bridge, what_is_for_the_bridge_goes_up_and_may_be_routed)
{
	const struct skald_story *story =
		run("udp 10.3.0.1:1 > 10.3.0.9:2 mac " X " > " BRIDGE);

	cr_expect_str_eq(story->ending.reason, "NO_SOCKET");
	story = run("udp 10.3.0.1:1 > 10.3.0.9:71 mac " X " > " BRIDGE);
	cr_expect_str_eq(story->ending.chain, "input");
	story = run("udp 10.3.0.1:1 > 10.4.0.2:2 mac " X " > " BRIDGE);
	cr_expect_eq(story->ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story->oif, "wan");
	cr_expect_eq(story->final.value[SKALD_P_ttl].num, 63u);
}

Test(bridge, another_destination_may_be_another_port)
{
	const struct skald_story *story =
		run("udp 10.3.0.1:1 > 10.3.0.100:2 mac " X " > " Y);
	char text[96];

	cr_expect_eq(story->ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story->oif, "p3");
	skald_packet_summary(&story->final, text, sizeof(text));
	cr_expect_str_eq(text, "udp 10.3.0.1:1 > 10.3.0.3:2 len 28");
	skald_value_format(&story->final.value[SKALD_P_dmac], text,
			   sizeof(text));
	cr_expect_str_eq(text, Z);
}

Test(bridge, another_destination_may_be_routed)
{
	const struct skald_story *story =
		run("udp 10.3.0.1:1 > 10.3.0.101:2 mac " X " > " Y);

	cr_expect_eq(story->ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story->oif, "wan");
}

Test(bridge, another_destination_that_is_no_neighbour_is_not_guessed)
{
	const struct skald_story *story =
		run("udp 10.3.0.1:1 > 10.3.0.102:2 mac " X " > " Y);

	cr_expect_eq(story->ending.kind, SKALD_ENDING_UNKNOWN);
	cr_expect_not(story->complete);
}

Test(bridge, without_link_layer_the_neighbours_say_whom_it_is_for)
{
	const struct skald_story *story = run("udp 10.3.0.1:1 > 10.3.0.2:2");

	cr_expect_str_eq(story->oif, "p2");
	cr_expect_not(story->complete);
	story = run("udp 10.3.0.1:1 > 10.4.0.2:2");
	cr_expect_str_eq(story->oif, "wan");
}

Test(bridge, what_is_no_ip_is_bridged_too)
{
	/* x says who it is, to y */
	static uint8_t frame[] = {
		2,  0, 0, 0, 10, 2, 2, 0, 0,  0, 10, 1, 8,  6,
		0,  1, 8, 0, 6,	 4, 0, 2, 2,  0, 0,  0, 10, 1,
		10, 3, 0, 1, 2,	 0, 0, 0, 10, 2, 10, 3, 0,  2,
	};
	struct skald_engine_input input = {
		.bytes = frame,
		.known = sizeof(frame),
		.len = sizeof(frame),
		.has_link = true,
		.iif = skald_engine_interface(engine, "p1"),
		.t_ns = world.taken_ns,
	};
	struct skald_story story;

	cr_assert_eq(skald_engine_run(engine, &input, &story), 0);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story.ending.table, "wall");
	skald_story_done(&story);
	frame[21] = 1;
	cr_assert_eq(skald_engine_run(engine, &input, &story), 0);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story.oif, "p2");
	skald_story_done(&story);
}

Test(bridge, senders_without_an_address_are_dropped)
{
	const struct skald_story *story =
		run("udp 10.3.0.1:1 > 10.3.0.2:2 mac 03:00:00:00:0a:01 > " Y);

	cr_expect_eq(story->ending.kind, SKALD_ENDING_DROPPED);
	story = run("udp 10.3.0.1:1 > 10.3.0.2:2 mac " X
		    " > 01:80:c2:00:00:03");
	cr_expect_eq(story->ending.kind, SKALD_ENDING_CONSUMED);
}

Test(bridge, a_world_has_its_bridges)
{
	struct skald_bridges bridges;
	const struct skald_bridge_port *first, *second;
	uint32_t br0 = skald_engine_interface(engine, "br0");

	cr_assert_eq(skald_bridges_read(&world, &bridges), 0);
	cr_expect_eq(bridges.n_bridges, 1u);
	cr_expect_eq(bridges.n_ports, 3u);
	first = skald_bridges_port(&bridges,
				   skald_engine_interface(engine, "p1"));
	second = skald_bridges_port(&bridges,
				    skald_engine_interface(engine, "p2"));
	cr_assert(first && second);
	cr_expect_eq(first->bridge, br0);
	cr_expect(first->floods && first->learns && !first->isolated);
	cr_expect(skald_bridges_delivers(first, second));
	cr_expect_not(skald_bridges_delivers(first, first));
	cr_expect(skald_bridges_delivers(NULL, first));
	skald_bridges_done(&bridges);
}

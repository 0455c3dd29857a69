// SPDX-License-Identifier: GPL-2.0-only
/* The engine in a world: whole packets, whole stories. */
#include "engine_bench.h"

static const char *const setup[] = {
	"ip link add ea type bridge",
	"ip link add eb type bridge",
	"ip link set ea up",
	"ip link set eb up",
	"ip addr add 10.1.0.1/24 dev ea",
	"ip addr add 10.2.0.1/24 dev eb",
	"ip addr add fd01::1/64 dev ea nodad",
	"ip addr add fd02::1/64 dev eb nodad",
	"ip route add default via 10.2.0.254",
	"sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
	NULL
};

static const char rules[] =
	"table inet fw {\n"
	" set bad { type ipv4_addr; elements = { 10.1.0.66 }; }\n"
	" chain pre { type nat hook prerouting priority dstnat;\n"
	"  ip daddr 10.1.0.1 tcp dport 8080 dnat ip to 10.2.0.2:80; }\n"
	" chain marks { type filter hook prerouting priority mangle;\n"
	"  tcp dport 22 meta mark set 7; }\n"
	" chain forward { type filter hook forward priority filter; policy drop;\n"
	"  ct state established,related accept\n"
	"  ip saddr @bad drop comment \"bad\"\n"
	"  tcp dport 80 accept\n"
	"  tcp dport 25 reject with tcp reset\n"
	"  udp dport 54 reject with icmpx admin-prohibited\n"
	"  udp dport 53 jump dns\n"
	"  meta skuid 7 accept\n"
	"  meta nfproto ipv6 accept; }\n"
	" chain out { type filter hook output priority filter;\n"
	"  meta skuid 7 meta mark set 9; }\n"
	" chain dns { ip daddr 10.2.0.53 accept; }\n"
	" chain post { type nat hook postrouting priority srcnat;\n"
	"  oifname \"eb\" ip saddr 10.1.0.0/24 masquerade; }\n"
	"}\n";

static void enter(void)
{
	bench_enter(setup, rules);
}

/* With what else is known of it. */
static void tell_input(const char *words, const char *iif,
		       struct skald_engine_input input,
		       struct skald_story *story)
{
	input.tells_misses = true;
	bench_invent(words, iif, &input);
	cr_assert_eq(skald_engine_run(engine, &input, story), 0, "%s", words);
}

static void tell(const char *words, const char *iif, struct skald_story *story)
{
	tell_input(words, iif, (struct skald_engine_input){ 0 }, story);
}

TestSuite(engine, .init = enter, .fini = bench_leave);

Test(engine, translation_routing_and_rules_make_a_story)
{
	char text[128];
	struct skald_story story;
	int nat;

	tell("tcp 10.1.0.2:40000 > 10.1.0.1:8080", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story.oif, "eb");
	cr_expect(story.complete);
	skald_packet_summary(&story.final, text, sizeof(text));
	cr_expect_str_eq(text, "tcp 10.2.0.1:40000 > 10.2.0.2:80 [S] len "
			       "40");
	nat = bench_find(&story, SKALD_NAT, 0);
	cr_assert_geq(nat, 0);
	cr_expect_str_eq(story.events[nat].ev_nat.old, "10.1.0.1:8080");
	cr_expect_str_eq(story.events[nat].ev_nat.new, "10.2.0.2:80");
	cr_expect_eq(story.events[nat].ev_nat.type, SKALD_NAT_DNAT);
	nat = bench_find(&story, SKALD_NAT, nat + 1);
	cr_assert_geq(nat, 0);
	cr_expect_eq(story.events[nat].ev_nat.type, SKALD_NAT_MASQUERADE);
	cr_expect_geq(bench_find(&story, SKALD_ROUTE, 0), 0);
	skald_story_done(&story);
}

Test(engine, replies_are_translated_back)
{
	struct skald_story story;
	char text[128];

	tell("tcp 10.1.0.2:40000 > 10.1.0.1:8080", "ea", &story);
	skald_story_done(&story);
	tell("tcp 10.2.0.2:80 > 10.2.0.1:40000 flags SA", "eb", &story);
	skald_packet_summary(&story.final, text, sizeof(text));
	cr_expect_str_eq(text, "tcp 10.1.0.1:8080 > 10.1.0.2:40000 [S.] len "
			       "40");
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	skald_story_done(&story);
}

Test(engine, a_rule_that_drops_is_named_and_those_above_say_why_not)
{
	struct skald_story story;
	int miss;

	tell("tcp 10.1.0.66:1 > 10.2.0.2:80", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story.ending.chain, "forward");
	cr_expect_str_eq(story.ending.text,
			 "ip saddr @bad drop comment \"bad\"");
	miss = bench_find(&story, SKALD_MISS, 0);
	while (miss >= 0 &&
	       strcmp(story.events[miss].ev_miss.chain, "forward") != 0)
		miss = bench_find(&story, SKALD_MISS, miss + 1);
	cr_assert_geq(miss, 0);
	cr_expect_str_eq(story.events[miss].ev_miss.field, "ct state");
	skald_story_done(&story);
}

Test(engine, the_policy_decides_when_no_rule_does)
{
	struct skald_story story;

	tell("udp 10.1.0.2:1 > 10.2.0.54:53", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story.ending.text, "policy drop");
	cr_expect_geq(bench_find(&story, SKALD_POLICY, 0), 0);
	skald_story_done(&story);
}

Test(engine, ipv6_goes_its_way)
{
	struct skald_story story;

	tell("udp [fd01::2]:1 > [fd02::2]:2", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story.oif, "eb");
	cr_expect_eq(story.final.value[SKALD_P_ttl].num, 63u);
	skald_story_done(&story);
}

Test(engine, what_is_for_this_machine_is_delivered)
{
	struct skald_story story;

	/* who takes it is a question for the tests of sockets */
	world.has_sockets = false;
	tell("tcp 10.1.0.2:1 > 10.1.0.1:22", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DELIVERED);
	cr_expect_not(story.complete, "whether a socket takes it is open");
	cr_expect_eq(story.final.value[SKALD_P_mark].num, 7u);
	skald_story_done(&story);
}

Test(engine, a_time_to_live_that_ends_is_no_guess)
{
	struct skald_story story;

	tell("tcp 10.1.0.2:1 > 10.2.0.2:80 ttl 1", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story.ending.reason, "IP_TTL_EXPIRED");
	skald_story_done(&story);
}

Test(engine, owners_of_what_is_made_here_are_not_known)
{
	struct skald_story story;

	tell("tcp 10.2.0.1:1 > 10.2.0.2:80", NULL, &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story.oif, "eb");
	skald_story_done(&story);
}

Test(engine, an_owner_that_is_known_is_asked)
{
	struct skald_engine_input input = { .has_owner = true, .uid = 7 };
	struct skald_story story;

	tell_input("tcp 10.2.0.1:1 > 10.2.0.2:80", NULL, input, &story);
	cr_expect_eq(story.final.value[SKALD_P_mark].num, 9u);
	skald_story_done(&story);
	input.uid = 8;
	tell_input("tcp 10.2.0.1:2 > 10.2.0.2:80", NULL, input, &story);
	cr_expect_eq(story.final.value[SKALD_P_mark].num, 0u);
	cr_expect(story.complete);
	skald_story_done(&story);
}

Test(engine, a_port_that_the_kernel_found_is_taken)
{
	struct skald_engine_input input = { .nat_ports = { 0, 50000 } };
	struct skald_story story;

	tell("tcp 10.1.0.2:40000 > 10.2.0.2:80", "ea", &story);
	cr_expect_eq(story.final.value[SKALD_P_sport].num, 40000u);
	skald_story_done(&story);
	tell_input("tcp 10.1.0.3:40000 > 10.2.0.2:80", "ea", input, &story);
	cr_expect_eq(story.final.value[SKALD_P_sport].num, 50000u);
	skald_story_done(&story);
}

/* Two pieces of one UDP datagram from 10.1.0.2 to 10.2.0.2:80. */
static void make_piece(uint8_t *ip, unsigned int at, unsigned int len,
		       bool more)
{
	static const uint8_t header[20] = {
		0x45, 0, 0,  0, 0, 9, 0,  0, 64, 17,
		0,    0, 10, 1, 0, 2, 10, 2, 0,	 2
	};
	uint32_t sum = 0;

	memset(ip, 0, 20 + len);
	memcpy(ip, header, sizeof(header));
	ip[3] = (uint8_t)(20 + len);
	ip[6] = more ? 0x20 : 0;
	ip[7] = (uint8_t)(at / 8);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	if (!at) {
		ip[21] = 7;
		ip[23] = 80;
		ip[25] = 24;
	}
}

static void tell_piece(unsigned int at, unsigned int len, bool more,
		       struct skald_story *story)
{
	uint8_t ip[64];
	struct skald_engine_input input = {
		.bytes = ip,
		.known = 20 + len,
		.len = 20 + len,
		.ethertype = 0x800,
		.t_ns = world.taken_ns,
		.iif = skald_engine_interface(engine, "ea"),
	};

	make_piece(ip, at, len, more);
	cr_assert_eq(skald_engine_run(engine, &input, story), 0);
}

Test(engine, fragments_wait_and_go_on_as_the_datagram)
{
	struct skald_story story;

	tell_piece(0, 16, true, &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_CONSUMED);
	cr_expect_geq(bench_find(&story, SKALD_REASSEMBLE, 0), 0);
	skald_story_done(&story);
	tell_piece(16, 8, false, &story);
	cr_expect_geq(bench_find(&story, SKALD_REASSEMBLE, 0), 0);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story.ending.chain, "forward");
	cr_expect_eq(story.final.value[SKALD_P_len].num, 44u);
	skald_story_done(&story);
}

Test(engine, what_goes_to_all_is_heard_here_too)
{
	struct skald_story story;

	tell("udp 10.1.0.1:1 > 255.255.255.255:2", NULL, &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story.oif, "eb");
	skald_story_done(&story);
	cr_assert_eq(skald_engine_next(engine, &story), 1);
	cr_expect_str_eq(story.iif, "eb");
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DELIVERED);
	skald_story_done(&story);
	cr_expect_eq(skald_engine_next(engine, &story), 0);
}

Test(engine, loopback_addresses_do_not_come_from_outside)
{
	struct skald_story story;

	tell("udp [::1]:1 > [fd02::2]:2", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_eq(bench_find(&story, SKALD_CHAIN, 0), -1);
	skald_story_done(&story);
}

/* From fd01::2 to fd02::2, with @options behind the first two of eight bytes.
 */
static unsigned int end_of(const uint8_t options[6])
{
	uint8_t ip[56] = { 0x60, [5] = 16, [6] = 0, [7] = 64, [40] = 17 };
	static const uint8_t udp[8] = { 0, 1, 0, 2, 0, 8, 0, 0 };
	struct skald_engine_input input = {
		.bytes = ip,
		.known = sizeof(ip),
		.len = sizeof(ip),
		.ethertype = 0x86dd,
		.t_ns = world.taken_ns,
		.iif = skald_engine_interface(engine, "ea"),
	};
	struct skald_story story;
	unsigned int kind;

	ip[8] = ip[24] = 0xfd;
	ip[9] = 1;
	ip[25] = 2;
	ip[23] = ip[39] = 2;
	memcpy(ip + 42, options, 6);
	memcpy(ip + 48, udp, sizeof(udp));
	cr_assert_eq(skald_engine_run(engine, &input, &story), 0);
	kind = story.ending.kind;
	if (kind == SKALD_ENDING_DROPPED)
		cr_expect_str_eq(story.ending.reason, "IP_INHDR");
	skald_story_done(&story);
	return kind;
}

Test(engine, hop_by_hop_options_are_read_as_the_kernel_reads_them)
{
	static const struct {
		const char *what;
		uint8_t options[6];
		bool is_dropped;
	} tries[] = {
		{ "PadN", { 1, 4, 0, 0, 0, 0 }, false },
		{ "Pad1 six times", { 0 }, false },
		{ "PadN with a message", { 1, 4, 0, 9, 0, 0 }, true },
		{ "longer than the header", { 1, 5, 0, 0, 0, 0 }, true },
		{ "no room for a length", { 1, 3, 0, 0, 0, 5 }, true },
		{ "router alert", { 5, 2, 0, 0, 1, 0 }, false },
		{ "router alert of one byte", { 5, 1, 0, 1, 1, 0 }, true },
		{ "jumbo payload", { 0xc2, 4, 0, 1, 0, 0 }, true },
		{ "unknown, to be skipped", { 0x1e, 4, 1, 2, 3, 4 }, false },
		{ "unknown, to be discarded", { 0x5e, 4, 1, 2, 3, 4 }, true },
		{ "unknown, to be told", { 0x9e, 4, 1, 2, 3, 4 }, true },
	};

	for (unsigned int i = 0; i < sizeof(tries) / sizeof(*tries); i++)
		cr_expect_eq(end_of(tries[i].options) == SKALD_ENDING_DROPPED,
			     tries[i].is_dropped, "%s", tries[i].what);
}

Test(engine, what_is_rejected_is_answered)
{
	struct skald_engine_input input = { .tells_answers = true };
	struct skald_story story;
	char text[128];

	tell_input("tcp 10.1.0.2:7 > 10.2.0.2:25 seq 5", "ea", input, &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	skald_story_done(&story);
	cr_assert_eq(skald_engine_next(engine, &story), 1);
	skald_packet_summary(&story.packet, text, sizeof(text));
	cr_expect_str_eq(text, "tcp 10.2.0.2:25 > 10.1.0.2:7 [R.] len 40");
	cr_expect_eq(story.packet.value[SKALD_P_ack].num, 6u);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(story.oif, "ea");
	skald_story_done(&story);
	cr_expect_eq(skald_engine_next(engine, &story), 0);

	tell_input("udp 10.1.0.2:7 > 10.2.0.2:54", "ea", input, &story);
	skald_story_done(&story);
	cr_assert_eq(skald_engine_next(engine, &story), 1);
	skald_packet_summary(&story.packet, text, sizeof(text));
	cr_expect_str_eq(text, "icmp 10.1.0.1 > 10.1.0.2 "
			       "destination-unreachable code 13 len 56");
	skald_story_done(&story);
}

Test(engine, forwarding_says_that_the_time_to_live_ended)
{
	struct skald_engine_input input = { .tells_answers = true };
	struct skald_story story;
	char text[128];

	tell_input("udp 10.1.0.2:7 > 10.2.0.2:9 ttl 1", "ea", input, &story);
	cr_expect_str_eq(story.ending.reason, "IP_TTL_EXPIRED");
	skald_story_done(&story);
	cr_assert_eq(skald_engine_next(engine, &story), 1);
	skald_packet_summary(&story.packet, text, sizeof(text));
	cr_expect_str_eq(text, "icmp 10.1.0.1 > 10.1.0.2 time-exceeded len 56");
	cr_expect_eq(story.ending.kind, SKALD_ENDING_SENT);
	skald_story_done(&story);
}

Test(engine, nobody_answers_who_is_not_asked_to)
{
	struct skald_story story;

	tell("tcp 10.1.0.2:7 > 10.2.0.2:25", "ea", &story);
	cr_expect_eq(story.ending.kind, SKALD_ENDING_DROPPED);
	skald_story_done(&story);
	cr_expect_eq(skald_engine_next(engine, &story), 0);
}

// SPDX-License-Identifier: GPL-2.0-only
/* What is sent back to whom a machine refuses, and all that comes of it. */
#include "sequel.h"

#include <jansson.h>

#include "engine_bench.h"

static const char *const setup[] = {
	"ip link add ea type bridge",
	"ip link add eb mtu 1400 type bridge",
	"ip link set ea up",
	"ip link set eb up",
	"ip addr add 10.1.0.1/24 dev ea",
	"ip addr add 10.2.0.1/24 dev eb",
	"ip addr add fd01::1/64 dev ea nodad",
	"ip addr add fd02::1/64 dev eb nodad",
	"ip route add unreachable 10.7.1.0/24",
	"ip route add prohibit 10.7.2.0/24",
	"ip route add blackhole 10.7.3.0/24",
	"ip -6 route add unreachable fd07:1::/64",
	"ip -6 route add prohibit fd07:2::/64",
	"ip -6 route add blackhole fd07:3::/64",
	"sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
	NULL
};

static const char rules[] =
	"table inet fw {\n"
	" chain in { type filter hook input priority filter;\n"
	"  tcp dport 99 reject with tcp reset; }\n"
	" chain forward { type filter hook forward priority filter;\n"
	"  tcp dport 25 reject with tcp reset\n"
	"  udp dport 26 reject\n"
	"  udp dport 27 reject with icmp host-prohibited; }\n"
	" chain out { type filter hook output priority filter;\n"
	"  ip daddr 10.1.0.9 drop comment \"no answer\"; }\n"
	"}\n";

static struct skald_sequel sequel;

static void enter(void)
{
	bench_enter(setup, rules);
}

static void leave(void)
{
	skald_sequel_done(&sequel);
	bench_leave();
}

static void run(const char *words, const char *iif)
{
	struct skald_engine_input input = { .tells_answers = true };

	bench_invent(words, iif, &input);
	cr_assert_eq(skald_sequel_run(engine, &input, &sequel), 0, "%s", words);
}

/* The answer in one line; "": there is none */
static const char *answer(const char *words)
{
	static char text[128];

	run(words, "ea");
	*text = '\0';
	if (sequel.n > 1)
		skald_packet_summary(&sequel.parts[1].story.packet, text,
				     sizeof(text));
	return text;
}

TestSuite(sequel, .init = enter, .fini = leave);

Test(sequel, routes_that_refuse_are_answered)
{
	cr_expect_str_eq(answer("udp 10.1.0.2:7 > 10.9.0.1:9"),
			 "icmp 10.1.0.1 > 10.1.0.2 destination-unreachable "
			 "len 56");
	cr_expect_str_eq(answer("udp 10.1.0.2:7 > 10.7.1.1:9"),
			 "icmp 10.1.0.1 > 10.1.0.2 destination-unreachable "
			 "code 1 len 56");
	cr_expect_str_eq(answer("udp 10.1.0.2:7 > 10.7.2.1:9"),
			 "icmp 10.1.0.1 > 10.1.0.2 destination-unreachable "
			 "code 13 len 56");
	cr_expect_str_eq(answer("udp 10.1.0.2:7 > 10.7.3.1:9"), "");
	cr_expect_eq(sequel.parts->story.ending.kind, SKALD_ENDING_DROPPED);
}

Test(sequel, routes_of_ipv6_that_refuse_are_answered)
{
	cr_expect_str_eq(answer("udp [fd01::2]:7 > [fd09::1]:9"),
			 "icmp6 fd01::1 > fd01::2 destination-unreachable "
			 "len 96");
	cr_expect_str_eq(answer("udp [fd01::2]:7 > [fd07:1::1]:9"),
			 "icmp6 fd01::1 > fd01::2 destination-unreachable "
			 "len 96");
	cr_expect_str_eq(answer("udp [fd01::2]:7 > [fd07:2::1]:9"),
			 "icmp6 fd01::1 > fd01::2 destination-unreachable "
			 "code 1 len 96");
	cr_expect_str_eq(answer("udp [fd01::2]:7 > [fd07:3::1]:9"), "");
	cr_expect_str_eq(answer("udp [fe80::2]:7 > [fd02::2]:9"),
			 "icmp6 fd01::1 > fe80::2 destination-unreachable "
			 "code 2 len 96");
	cr_expect_str_eq(sequel.parts[1].story.oif, "ea");
	cr_expect_str_eq(answer("udp [::]:7 > [fd09::1]:9"), "");
}

Test(sequel, what_is_too_long_is_answered_before_it_ages)
{
	const struct skald_story *story;

	cr_expect_str_eq(answer("udp [fd01::2]:7 > [fd02::2]:9 len 1450"),
			 "icmp6 fd01::1 > fd01::2 packet-too-big len 1280");
	story = &sequel.parts->story;
	cr_expect_str_eq(story->ending.reason, "PKT_TOO_BIG");
	cr_expect_eq(story->final.value[SKALD_P_ttl].num, 64u);
}

Test(sequel, errors_are_not_answered)
{
	cr_expect_str_eq(answer("icmp 10.1.0.2 > 10.9.0.1 type "
				"destination-unreachable"),
			 "");
	cr_expect_str_eq(answer("icmp6 fd01::2 > fd09::1 type "
				"packet-too-big"),
			 "");
	cr_expect_str_eq(answer("icmp 10.1.0.2 > 10.9.0.1"),
			 "icmp 10.1.0.1 > 10.1.0.2 destination-unreachable "
			 "len 56");
}

Test(sequel, rules_that_reject_are_answered)
{
	cr_expect_str_eq(answer("tcp 10.1.0.2:7 > 10.2.0.2:25"),
			 "tcp 10.2.0.2:25 > 10.1.0.2:7 [R.] len 40");
	cr_expect_str_eq(answer("tcp [fd01::2]:7 > [fd02::2]:25"),
			 "tcp [fd02::2]:25 > [fd01::2]:7 [R.] len 60");
	cr_expect_str_eq(answer("udp [fd01::2]:7 > [fd02::2]:26"),
			 "icmp6 fd01::1 > fd01::2 destination-unreachable "
			 "code 4 len 96");
	cr_expect_str_eq(answer("udp 10.1.0.2:7 > 10.2.0.2:27"),
			 "icmp 10.1.0.1 > 10.1.0.2 destination-unreachable "
			 "code 10 len 56");
}

Test(sequel, an_answer_may_fail)
{
	run("udp 10.1.0.9:7 > 10.9.0.1:9", "ea");
	cr_assert_eq(sequel.n, 2u);
	cr_expect_eq(sequel.parts[1].story.ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(sequel.parts[1].story.ending.chain, "out");
}

Test(sequel, what_goes_round_is_told_apart_from_answers)
{
	/* out, in again and rejected; the reset out, and in again */
	run("tcp 10.1.0.1:7 > 10.1.0.1:99", NULL);
	cr_assert_eq(sequel.n, 4u);
	cr_expect_not(skald_sequel_is_answer(&sequel, 1));
	cr_expect_eq(sequel.parts[1].parent, 0u);
	cr_expect_eq(sequel.parts[2].parent, 1u);
	cr_expect_eq(sequel.parts[2].answered, 1u);
	cr_expect_eq(sequel.parts[3].parent, 2u);
	cr_expect_eq(sequel.parts[3].answered, 1u);
}

Test(sequel, other_numbers_keep_the_journey)
{
	const struct skald_story *story;

	run("udp 10.1.0.2:7 > 10.9.0.1:9", "ea");
	cr_assert_eq(sequel.n, 2u);
	skald_sequel_number(&sequel, 0, 77);
	skald_sequel_number(&sequel, 1, 78);
	story = &sequel.parts[1].story;
	cr_expect_eq(sequel.parts->story.id, 77u);
	cr_expect_eq(story->id, 78u);
	cr_expect_eq(story->journey->story, 77u);
	cr_expect_eq(
		story->events[bench_find(story, SKALD_CLONE, 0)].ev_clone.story,
		77u);
}

Test(sequel, a_line_of_json_names_its_answers)
{
	const char *kind, *proto;
	json_t *object, *answers;
	char *line;

	run("udp 10.1.0.2:7 > 10.7.1.1:9", "ea");
	line = skald_sequel_line(&sequel, 0);
	cr_assert(line);
	object = json_loads(line, 0, NULL);
	answers = json_object_get(object, "answers");
	cr_expect_eq(json_array_size(answers), 1u);
	cr_assert_eq(json_unpack(json_array_get(answers, 0),
				 "{s:{s:s}, s:{s:s}}", "packet", "proto",
				 &proto, "ending", "kind", &kind),
		     0);
	cr_expect_str_eq(proto, "icmp");
	cr_expect_str_eq(kind, "sent");
	json_decref(object);
	free(line);

	run("udp 10.1.0.2:7 > 10.2.0.2:9", "ea");
	line = skald_sequel_line(&sequel, 0);
	object = json_loads(line, 0, NULL);
	cr_expect_eq(json_array_size(json_object_get(object, "answers")), 0u);
	json_decref(object);
	free(line);
}

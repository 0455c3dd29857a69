// SPDX-License-Identifier: GPL-2.0-only
/* Who takes what is for this machine, and what becomes of the rest. */
#include "sockets.h"

#include "engine_bench.h"
#include "sequel.h"

static const char *const setup[] = { "ip link add ea type bridge",
				     "ip link add eb type bridge",
				     "ip link set ea up",
				     "ip link set eb up",
				     "ip addr add 10.1.0.1/24 dev ea",
				     "ip addr add 10.1.0.8/24 dev ea",
				     "ip addr add fd01::1/64 dev ea nodad",
				     NULL };

static const char rules[] =
	"table inet fw { chain in { type filter hook input priority filter;\n"
	" ct state invalid drop; }\n}\n";

static struct skald_sequel sequel;

/* A socket of this namespace; stays open to the test's end. */
static void listens(int type, const char *address, uint16_t port, bool alone)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	struct sockaddr_in to4 = { .sin_family = AF_INET,
				   .sin_port = htons(port) };
	bool is6 = inet_pton(AF_INET6, address, &to6.sin6_addr) == 1;
	int fd = socket(is6 ? AF_INET6 : AF_INET, type, 0);
	int on = alone;

	if (is6)
		cr_assert_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
					sizeof(on)),
			     0);
	else
		cr_assert_eq(inet_pton(AF_INET, address, &to4.sin_addr), 1);
	cr_assert_eq(bind(fd,
			  is6 ? (struct sockaddr *)&to6
			      : (struct sockaddr *)&to4,
			  is6 ? sizeof(to6) : sizeof(to4)),
		     0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, 1), 0);
}

static void again(void)
{
	struct skald_netns netns;

	bench_leave();
	cr_assert_eq(skald_netns_open(NULL, &netns, NULL), 0);
	cr_assert_eq(skald_world_take(&netns, &world, NULL), 0);
	cr_assert_eq(skald_engine_new(&world, &engine, NULL), 0);
	skald_netns_close(&netns);
}

static void enter(void)
{
	bench_enter(setup, rules);
	listens(SOCK_STREAM, "0.0.0.0", 80, false);
	listens(SOCK_STREAM, "10.1.0.8", 81, false);
	listens(SOCK_STREAM, "::", 82, false);
	listens(SOCK_STREAM, "::", 83, true);
	listens(SOCK_DGRAM, "::", 53, false);
	listens(SOCK_DGRAM, "10.1.0.1", 54, false);
	again();
}

static void leave(void)
{
	skald_sequel_done(&sequel);
	bench_leave();
}

static const struct skald_story *run_input(const char *words, bool doubts)
{
	struct skald_engine_input input = { .tells_answers = true,
					    .doubts_sockets = doubts };

	bench_invent(words, "ea", &input);
	cr_assert_eq(skald_sequel_run(engine, &input, &sequel), 0, "%s", words);
	return &sequel.parts->story;
}

static const struct skald_story *run(const char *words)
{
	return run_input(words, false);
}

static bool takes(const char *words)
{
	const struct skald_story *story = run(words);

	cr_expect(story->complete, "%s", words);
	return story->ending.kind == SKALD_ENDING_DELIVERED;
}

TestSuite(sockets, .init = enter, .fini = leave);

Test(sockets, who_listens_takes_what_begins)
{
	cr_expect(takes("tcp 10.1.0.2:9 > 10.1.0.1:80"));
	cr_expect(takes("tcp 10.1.0.2:9 > 10.1.0.8:80"));
	cr_expect(takes("udp 10.1.0.2:9 > 10.1.0.1:54"));
	cr_expect_not(takes("tcp [fd01::2]:9 > [fd01::1]:80"));
}

Test(sockets, one_address_is_not_another)
{
	cr_expect(takes("tcp 10.1.0.2:9 > 10.1.0.8:81"));
	cr_expect_not(takes("tcp 10.1.0.2:9 > 10.1.0.1:81"));
	cr_expect_not(takes("udp 10.1.0.2:9 > 10.1.0.8:54"));
}

Test(sockets, those_of_ip6_take_ip_unless_they_are_alone)
{
	cr_expect(takes("tcp 10.1.0.2:9 > 10.1.0.1:82"));
	cr_expect(takes("tcp [fd01::2]:9 > [fd01::1]:82"));
	cr_expect_not(takes("tcp 10.1.0.2:9 > 10.1.0.1:83"));
	cr_expect(takes("tcp [fd01::2]:9 > [fd01::1]:83"));
	cr_expect(takes("udp 10.1.0.2:9 > 10.1.0.1:53"));
}

Test(sockets, where_nobody_listens_the_sender_is_told)
{
	const struct skald_story *story = run("tcp 10.1.0.2:9 > 10.1.0.1:99");
	char text[96];

	cr_expect_str_eq(story->ending.reason, "NO_SOCKET");
	cr_assert_eq(sequel.n, 2u);
	skald_packet_summary(&sequel.parts[1].story.packet, text, sizeof(text));
	cr_expect_str_eq(text, "tcp 10.1.0.1:99 > 10.1.0.2:9 [R.] len 40");
	run("udp [fd01::2]:9 > [fd01::1]:99");
	cr_assert_eq(sequel.n, 2u);
	skald_packet_summary(&sequel.parts[1].story.packet, text, sizeof(text));
	cr_expect_str_eq(text, "icmp6 fd01::1 > fd01::2 "
			       "destination-unreachable code 4 len 96");
	run("tcp 10.1.0.2:9 > 10.1.0.1:99 flags R");
	cr_expect_eq(sequel.n, 1u);
}

Test(sockets, what_is_for_all_is_not_refused)
{
	const struct skald_story *story = run("udp 10.1.0.2:9 > 10.1.0.255:99");

	cr_expect_eq(story->ending.kind, SKALD_ENDING_DELIVERED);
	cr_expect_not(story->complete);
	cr_expect_eq(sequel.n, 1u);
}

Test(sockets, of_another_time_only_what_begins_is_decided)
{
	const struct skald_story *story =
		run_input("tcp 10.1.0.2:9 > 10.1.0.1:99 flags A", true);

	cr_expect_eq(story->ending.kind, SKALD_ENDING_DELIVERED);
	cr_expect_not(story->complete);
	story = run_input("tcp 10.1.0.2:8 > 10.1.0.1:99", true);
	cr_expect_eq(story->ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_not(story->complete);
}

Test(sockets, a_saved_world_remembers_whether_it_knows)
{
	const struct skald_flow flow = { .family = AF_INET,
					 .proto = IPPROTO_TCP,
					 .dst = { 10, 1, 0, 1 },
					 .dport = 80 };
	char path[] = "/tmp/skald-sockets-XXXXXX";
	struct skald_world read;
	uint32_t inode = 0;

	close(mkstemp(path));
	cr_assert_eq(skald_world_save(&world, path, NULL), 0);
	cr_assert_eq(skald_world_load(path, &read, NULL), 0);
	cr_expect(read.has_sockets);
	cr_expect_eq(skald_sockets_look_up(&read, &flow, &inode),
		     SKALD_SOCKETS_FOUND);
	cr_expect(inode);
	skald_world_done(&read);
	world.has_sockets = false;
	cr_assert_eq(skald_world_save(&world, path, NULL), 0);
	cr_assert_eq(skald_world_load(path, &read, NULL), 0);
	cr_expect_not(read.has_sockets);
	cr_expect_eq(skald_sockets_look_up(&read, &flow, &inode),
		     SKALD_SOCKETS_UNKNOWN);
	skald_world_done(&read);
	unlink(path);
}

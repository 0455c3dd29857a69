// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nft source against the running kernel: order, generations, and losses
 * counted to the message and told where they happened.
 */
#include "nft_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "debug_table.h"
#include "event.h"
#include "fake_assembler.h"
#include "private_netns.h"

/* What a packet that leaves passes, in this order. */
static const char *const chains[] = { "out_mark", "out_ct", "out_dnat",
				      "post_last" };
#define N_CHAINS (sizeof(chains) / sizeof(chains[0]))

static struct skald_netns netns;
static struct skald_nft *nft;
static struct skald_assembler assembler;
static struct skald_debug_table *table;

static void open_with(size_t buffer)
{
	struct skald_error error = { .text = "" };

	enter_private_netns(&netns);
	cr_assert_eq(skald_nft_open(&netns, 3, buffer, &nft, &error), 0, "%s",
		     error.text);
}

static void shell(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

/* Marks every packet that leaves, and gives packets a way to leave. */
static void mark_everything(void)
{
	struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, UINT32_MAX) };
	struct skald_classifier classifier = {
		.id = 1,
		.hooks = SKALD_AT_OUTPUT,
		.ip = { all, 1 },
	};

	shell("ip link add sa type veth peer name sb && "
	      "ip addr add 10.9.0.1/24 dev sa && ip link set sa up && "
	      "ip link set sb up && "
	      "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev sa");
	cr_assert_eq(skald_debug_table_new(&netns, &table, NULL), 0);
	cr_assert_eq(skald_debug_table_add(table, &classifier, NULL), 0);
}

static void send_away(unsigned int n)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(0x0a090002) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (n--)
		(void)sendto(fd, "skald", 5, 0, (struct sockaddr *)&to,
			     sizeof(to));
	close(fd);
}

static void drain(void)
{
	int n;

	do {
		n = skald_nft_drain(nft, &assembler, 1000);
		cr_assert_geq(n, 0, "%s", strerror(-n));
	} while (n);
}

static unsigned int count_told(enum told_type type)
{
	unsigned int i, n = 0;

	for (i = 0; i < assembler.n; i++)
		n += assembler.told[i].type == type;
	return n;
}

static uint64_t sum_lost(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < assembler.n; i++) {
		if (assembler.told[i].type == TOLD_LOST)
			sum += assembler.told[i].number;
	}
	return sum;
}

static unsigned int place_of(const struct told *told)
{
	unsigned int i = 0;

	while (i < N_CHAINS && strcmp(chains[i], told->chain))
		i++;
	return i;
}

/* Between two traces without a loss nothing may be missing. */
static void expect_no_untold_gap(void)
{
	const struct told *told, *last = NULL;
	unsigned int i;

	for (i = 0; i < assembler.n; i++) {
		told = &assembler.told[i];
		if (told->type == TOLD_LOST)
			last = NULL;
		if (told->type != TOLD_TRACE)
			continue;
		if (last)
			cr_assert_eq((place_of(last) + 1) % N_CHAINS,
				     place_of(told), "%s, then %s at %u",
				     last->chain, told->chain, i);
		last = told;
	}
}

Test(nft_source, tells_every_trace_in_order)
{
	struct skald_source_stats stats;

	open_with(0);
	mark_everything();
	send_away(1000);
	drain();
	skald_nft_stats(nft, &stats);
	cr_expect_eq(count_told(TOLD_TRACE), 1000 * N_CHAINS);
	cr_expect_eq(stats.traces, 1000 * N_CHAINS);
	cr_expect_eq(stats.lost, 0);
	cr_expect_eq(stats.malformed, 0);
	cr_expect_eq(assembler.told[assembler.n - 1].netns, 3);
	expect_no_untold_gap();
}

Test(nft_source, a_budget_ends_a_drain)
{
	open_with(0);
	mark_everything();
	drain();
	send_away(200);
	cr_expect_eq(skald_nft_drain(nft, &assembler, 300), 300);
	cr_expect_eq(skald_nft_drain(nft, &assembler, 10), 10);
	cr_expect_eq(skald_nft_drain(nft, &assembler, 10000),
		     200 * N_CHAINS - 310);
	cr_expect_eq(skald_nft_drain(nft, &assembler, 10000), 0);
}

Test(nft_source, a_loss_is_counted_to_the_message_and_placed_behind_the_rest)
{
	struct skald_source_stats stats;
	unsigned int before;

	open_with(100000);
	mark_everything();
	send_away(2000);
	drain();
	skald_nft_stats(nft, &stats);
	cr_expect_gt(sum_lost(), 0);
	cr_expect_eq(stats.lost, sum_lost());
	cr_expect_eq(stats.overruns, 1);
	cr_expect_eq(count_told(TOLD_TRACE) + sum_lost(), 2000 * N_CHAINS,
		     "%u + %lu", count_told(TOLD_TRACE),
		     (unsigned long)sum_lost());
	expect_no_untold_gap();
	/* What comes behind the loss is whole again, the generation first. */
	before = assembler.n;
	send_away(3);
	drain();
	cr_expect_eq(assembler.n - before, 3 * N_CHAINS);
	cr_expect_eq(count_told(TOLD_LOST), 1);
}

Test(nft_source, after_a_loss_the_generation_is_asked_for)
{
	const struct told *last;
	uint32_t generation;

	open_with(100000);
	mark_everything();
	drain();
	send_away(2000);
	shell("nft add table inet missed");
	assembler.n = 0;
	drain();
	last = &assembler.told[assembler.n - 1];
	cr_assert_eq(skald_nft_generation(&netns, &generation), 0);
	cr_expect_eq(last->type, TOLD_GENERATION);
	cr_expect_eq(last->number, generation);
	cr_expect_eq(last->pid, 0, "the answer to us is no change of ours");
	cr_expect_str_empty(last->text);
}

static void *flood(void *done)
{
	send_away(20000);
	__atomic_store_n((bool *)done, true, __ATOMIC_RELEASE);
	return NULL;
}

Test(nft_source, under_a_flood_delivered_and_lost_are_what_was_sent)
{
	struct pollfd poll_fd = { .events = POLLIN };
	pthread_t thread;
	bool done = false;

	/* A buffer for some hundred messages overruns again and again. */
	open_with(300000);
	mark_everything();
	drain();
	assembler.n = 0;
	poll_fd.fd = skald_nft_fd(nft);
	cr_assert_eq(pthread_create(&thread, NULL, flood, &done), 0);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		(void)poll(&poll_fd, 1, 10);
		cr_assert_geq(skald_nft_drain(nft, &assembler, 100), 0);
	}
	pthread_join(thread, NULL);
	drain();
	if (!sum_lost())
		cr_skip_test("the reader was fast enough: nothing was lost");
	cr_expect_eq(count_told(TOLD_TRACE) + sum_lost(), 20000 * N_CHAINS,
		     "%u + %lu", count_told(TOLD_TRACE),
		     (unsigned long)sum_lost());
	expect_no_untold_gap();
}

Test(nft_source, a_change_of_the_ruleset_names_its_process)
{
	const struct told *told = NULL;
	uint32_t generation;
	unsigned int i;

	open_with(0);
	shell("nft add table inet x");
	drain();
	for (i = 0; i < assembler.n; i++) {
		if (assembler.told[i].type == TOLD_GENERATION)
			told = &assembler.told[i];
	}
	cr_assert(told);
	cr_assert_eq(skald_nft_generation(&netns, &generation), 0);
	cr_expect_eq(told->number, generation);
	cr_expect_str_eq(told->text, "nft");
	cr_expect_gt(told->pid, 1);
}

Test(nft_source, tables_that_go_are_forgotten)
{
	open_with(0);
	shell("nft add table inet x");
	drain();
	cr_expect_eq(count_told(TOLD_FORGET), 1);
	assembler.n = 0;
	shell("nft delete table inet x");
	drain();
	cr_assert_eq(count_told(TOLD_FORGET), 1);
	cr_expect_str_eq(assembler.told[0].table, "x");
	cr_expect_eq(assembler.told[0].number, NFPROTO_INET);
}

Test(nft_source, what_the_assembler_cannot_take_is_lost)
{
	open_with(0);
	mark_everything();
	drain();
	assembler.trace_error = -ENOMEM;
	send_away(1);
	drain();
	cr_expect_eq(sum_lost(), N_CHAINS);
}

Test(nft_source, says_which_privilege_is_missing)
{
	struct skald_error error = { .text = "" };

	enter_private_netns(&netns);
	cr_assert_eq(setresuid(65534, 65534, 0), 0);
	cr_expect_eq(skald_nft_open(&netns, 0, 0, &nft, &error), -EPERM);
	cr_expect(strstr(error.help, "CAP_NET_ADMIN"), "%s; %s", error.text,
		  error.help);
	cr_assert_eq(setresuid(0, 0, 0), 0);
}

struct short_message {
	struct nlmsghdr nlh;
	struct nfgenmsg head;
};

Test(nft_source, hostile_messages_are_counted_and_do_no_harm)
{
	struct short_message message = {
		.nlh = { .nlmsg_len = sizeof(message),
			 .nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) },
	};
	struct skald_source_stats stats;

	cr_assert_eq(skald_nft_offline(1, &nft), 0);
	/* A generation and a table without a name, a trace without anything. */
	message.nlh.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN;
	skald_nft_feed(nft, &assembler, &message, sizeof(message), 1);
	message.nlh.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELTABLE;
	skald_nft_feed(nft, &assembler, &message, sizeof(message), 1);
	message.nlh.nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_TRACE;
	skald_nft_feed(nft, &assembler, &message, sizeof(message), 1);
	/* Lengths that lie: too long, too short for a header, cut off. */
	message.nlh.nlmsg_len = sizeof(message) + 4;
	skald_nft_feed(nft, &assembler, &message, sizeof(message), 1);
	message.nlh.nlmsg_len = 3;
	skald_nft_feed(nft, &assembler, &message, sizeof(message), 1);
	skald_nft_feed(nft, &assembler, &message, 7, 1);
	skald_nft_stats(nft, &stats);
	cr_expect_eq(stats.malformed, 6, "%lu", (unsigned long)stats.malformed);
	/* Only the trace may have been an event of a packet. */
	cr_expect_eq(assembler.n, 1);
	cr_expect_eq(sum_lost(), 1);
	skald_nft_close(nft);
}

Test(nft_source, messages_in_one_datagram_are_all_taken)
{
	struct {
		struct nlmsghdr nlh;
		struct nfgenmsg head;
		struct nlattr attr;
		uint32_t number;
	} messages[2] = { { .nlh = { .nlmsg_len = sizeof(messages[0]),
				     .nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) |
						   NFT_MSG_NEWGEN },
			    .attr = { .nla_len = 8, .nla_type = NFTA_GEN_ID },
			    .number = htonl(5) } };

	messages[1] = messages[0];
	messages[1].number = htonl(6);
	cr_assert_eq(skald_nft_offline(1, &nft), 0);
	skald_nft_feed(nft, &assembler, messages, sizeof(messages), 1);
	cr_assert_eq(count_told(TOLD_GENERATION), 2);
	cr_expect_eq(assembler.told[0].number, 5);
	cr_expect_eq(assembler.told[1].number, 6);
	skald_nft_close(nft);
}

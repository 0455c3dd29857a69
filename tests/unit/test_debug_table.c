// SPDX-License-Identifier: GPL-2.0-only
/*
 * The debug table against the running kernel, with real packets.
 */
#include "debug_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "debug_table_priv.h"
#include "event.h"
#include "fake_assembler.h"
#include "nft_source.h"
#include "private_netns.h"

static struct sock_filter all_insns[] = { BPF_STMT(BPF_RET | BPF_K,
						   UINT32_MAX) };

static struct skald_netns netns;
static struct skald_debug_table *table;
static struct skald_nft *nft;
static struct skald_assembler assembler;

static void setup(void)
{
	struct skald_error error;

	enter_private_netns(&netns);
	cr_assert_eq(skald_debug_table_new(&netns, &table, &error), 0, "%s; %s",
		     error.text, error.help);
	cr_assert_eq(skald_nft_open(&netns, 0, 0, &nft, &error), 0, "%s",
		     error.text);
}

static void teardown(void)
{
	skald_nft_close(nft);
	skald_debug_table_free(table);
	skald_netns_close(&netns);
}

TestSuite(debug_table, .init = setup, .fini = teardown);

/* What a shell command prints. */
static const char *output_of(const char *command)
{
	static char text[65536];
	FILE *pipe = popen(command, "r");
	size_t len = fread(text, 1, sizeof(text) - 1, pipe);

	text[len] = '\0';
	pclose(pipe);
	return text;
}

static struct skald_classifier everything(uint32_t id)
{
	struct skald_program program = { all_insns, 1 };

	return (struct skald_classifier){
		.id = id,
		.expression = "",
		.hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT,
		.ip = program,
		.ip6 = program,
		.arp = program,
		.any = program,
	};
}

static void add(const struct skald_classifier *classifier)
{
	struct skald_error error = { .text = "" };

	cr_assert_eq(skald_debug_table_add(table, classifier, &error), 0,
		     "%s; %s", error.text, error.help);
}

static void add_expression(uint32_t id, char *expression)
{
	struct skald_classifier classifier = {
		.id = id,
		.expression = expression,
		.hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT,
	};
	struct skald_error error = { .text = "" };

	cr_assert_eq(skald_classifier_compile(&classifier, &error), 0, "%s",
		     error.text);
	add(&classifier);
	free(classifier.ip.insns);
	free(classifier.ip6.insns);
	free(classifier.arp.insns);
	free(classifier.any.insns);
}

static struct skald_classifier_count count(uint32_t id)
{
	struct skald_classifier_count counted = { 0, 0 };

	cr_assert_eq(skald_debug_table_count(table, id, &counted), 0);
	return counted;
}

/* Reads until nothing comes any more; loopback has finished in sendto(2). */
static void drain(void)
{
	int n;

	do {
		n = skald_nft_drain(nft, &assembler, 1000);
		cr_assert_geq(n, 0, "%s", strerror(-n));
	} while (n);
}

static const struct told *find_chain(const char *chain, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < assembler.n; i++) {
		if (assembler.told[i].type == TOLD_TRACE &&
		    !strcmp(assembler.told[i].chain, chain) && !nth--)
			return &assembler.told[i];
	}
	return NULL;
}

static unsigned int count_chain(const char *chain)
{
	unsigned int n = 0;

	while (find_chain(chain, n))
		n++;
	return n;
}

static int value_of(const struct told *told)
{
	return skald_debug_table_value(table, told->trace.family,
				       told->trace.handle);
}

/* The first event of a chain is an accept rule that stands for @value. */
static void expect_rule(const char *chain, int value)
{
	const struct told *told = find_chain(chain, 0);

	cr_assert(told, "no event of chain %s", chain);
	cr_expect_eq(told->trace.type, NFT_TRACETYPE_RULE, "%s", chain);
	cr_expect_eq(told->trace.verdict, SKALD_VERDICT_ACCEPT, "%s", chain);
	cr_expect(told->trace.has_headers, "%s", chain);
	cr_expect_eq(value_of(told), value, "%s: %d", chain, value_of(told));
}

/* @state: enum skald_words_CTSTATE; -1: not tracked */
static void expect_loopback(int id, int state)
{
	expect_rule("out_mark", id);
	expect_rule("out_ct", state);
	expect_rule("out_dnat", -1);
	expect_rule("post_last", -1);
	expect_rule("pre_mark", id);
	expect_rule("pre_ct", state);
	expect_rule("pre_dnat", -1);
	expect_rule("in_last", -1);
}

Test(debug_table, each_chain_on_the_way_tells_a_marked_packet_once)
{
	struct skald_classifier classifier = everything(7);

	add(&classifier);
	send_udp(AF_INET, 4242);
	drain();
	expect_loopback(7, -1);
	/* The port is closed: an ICMP error goes the same way. */
	cr_expect_eq(count_chain("out_mark"), 2);
	cr_expect_eq(count_chain("in_last"), 2);
	/* One generation message, and 8 traces a packet. */
	cr_expect_eq(assembler.n, 1 + 2 * 8, "%u", assembler.n);
}

Test(debug_table, ipv6_is_marked_too)
{
	struct skald_classifier classifier = everything(8);

	add(&classifier);
	send_udp(AF_INET6, 4242);
	drain();
	expect_loopback(8, -1);
	cr_expect_eq(find_chain("out_mark", 0)->trace.family, NFPROTO_IPV6);
}

Test(debug_table, an_expression_marks_what_it_means_and_nothing_else)
{
	add_expression(1, "udp dst port 4242");
	send_udp(AF_INET, 4241);
	send_udp(AF_INET, 4242);
	send_udp(AF_INET6, 4242);
	send_udp(AF_INET6, 4243);
	drain();
	cr_expect_eq(count_chain("out_mark"), 2);
	cr_expect_eq(count_chain("pre_mark"), 2);
	cr_expect_eq(count(1).seen, 4);
	cr_expect_eq(count(1).marked, 4);
}

Test(debug_table, without_the_bpf_match_it_marks_the_same)
{
	int family;

	for (family = 0; family < SKALD_TABLE_N; family++)
		table->has_bpf[family] = false;
	add_expression(1, "udp dst port 4242 or udp dst port 4244");
	send_udp(AF_INET, 4241);
	send_udp(AF_INET, 4242);
	send_udp(AF_INET6, 4242);
	send_udp(AF_INET6, 4243);
	send_udp(AF_INET6, 4244);
	drain();
	cr_expect_eq(count_chain("out_mark"), 3);
	cr_expect_eq(count_chain("pre_mark"), 3);
	cr_expect_eq(count(1).seen, 6);
}

Test(debug_table, a_program_longer_than_the_match_takes_works)
{
	char expression[4096] = "udp dst port 1";
	unsigned int port;

	for (port = 2; port < 120; port++)
		(void)snprintf(expression + strlen(expression),
			       sizeof(expression) - strlen(expression),
			       " or udp dst port %u", port * 3);
	add_expression(1, expression);
	send_udp(AF_INET, 300);
	send_udp(AF_INET, 301);
	send_udp(AF_INET6, 303);
	drain();
	cr_expect_eq(count(1).seen, 4);
	cr_expect_eq(count_chain("in_last"), 2);
}

Test(debug_table, seen_and_marked_are_counted_apart)
{
	struct skald_classifier classifier = everything(1);
	unsigned int i;

	classifier.hooks = SKALD_AT_OUTPUT;
	classifier.sample = 4;
	classifier.ip6.n_insns = 0;
	add(&classifier);
	for (i = 0; i < 20; i++)
		send_udp(AF_INET, 4242);
	drain();
	cr_expect_eq(count(1).seen, 40);
	cr_expect_eq(count(1).marked, 10);
	cr_expect_eq(count_chain("out_mark"), 10);
}

Test(debug_table, the_rate_is_shared_by_all_rules_of_a_family)
{
	struct skald_classifier classifier = everything(1);
	unsigned int i;

	classifier.rate = 10;
	add(&classifier);
	for (i = 0; i < 200; i++)
		send_udp(AF_INET, 4242);
	drain();
	cr_expect_eq(count(1).seen, 800);
	/* burst 5, and 10 for each second that this may have taken */
	cr_expect_geq(count(1).marked, 5);
	cr_expect_leq(count(1).marked, 25, "%lu",
		      (unsigned long)count(1).marked);
}

Test(debug_table, interfaces_choose_the_hook_that_knows_them)
{
	struct skald_classifier in = everything(1), out = everything(2);
	struct skald_classifier other = everything(3), both = everything(4);
	struct skald_error error;

	in.iif = "lo";
	out.oif = "lo";
	other.iif = "eth7";
	both.iif = both.oif = "lo";
	add(&in);
	add(&out);
	add(&other);
	cr_expect_eq(skald_debug_table_add(table, &both, &error), -EINVAL);
	cr_expect(strstr(error.text, "interface"), "%s", error.text);
	send_udp(AF_INET, 4242);
	drain();
	expect_rule("out_mark", 2);
	expect_rule("pre_mark", 1);
	cr_expect_eq(count(1).seen, 2);
	cr_expect_eq(count(2).seen, 2);
	cr_expect_eq(count(3).seen, 0);
}

Test(debug_table, each_classifier_marks_what_it_wants)
{
	struct skald_classifier old = everything(1), new = everything(2);
	const struct told *first, *second;

	add(&old);
	add(&new);
	send_udp(AF_INET, 4242);
	drain();
	first = find_chain("out_mark", 0);
	second = find_chain("out_mark", 1);
	cr_assert(first && second);
	/* One packet, one trace: the headers are there once. */
	cr_expect_eq(value_of(first), 2);
	cr_expect(first->trace.has_headers);
	cr_expect_eq(first->trace.verdict, SKALD_VERDICT_CONTINUE);
	cr_expect_eq(value_of(second), 1);
	cr_expect(!second->trace.has_headers);
	cr_expect_eq(second->trace.verdict, SKALD_VERDICT_ACCEPT);
	cr_expect_eq(first->trace.id, second->trace.id);
	cr_expect_eq(count(1).seen, count(2).seen);
}

Test(debug_table, a_deleted_classifier_marks_no_more_but_is_known)
{
	struct skald_classifier classifier = everything(9);
	struct skald_classifier_count counted;
	struct skald_error error;
	uint64_t handle;

	classifier.rate = 1000;
	add(&classifier);
	send_udp(AF_INET, 4242);
	drain();
	handle = find_chain("out_mark", 0)->trace.handle;
	cr_assert_eq(skald_debug_table_delete(table, 9, &error), 0, "%s",
		     error.text);
	assembler.n = 0;
	send_udp(AF_INET, 4242);
	drain();
	cr_expect_eq(count_chain("out_mark"), 0);
	cr_expect_eq(skald_debug_table_count(table, 9, &counted), -ENOENT);
	cr_expect_eq(skald_debug_table_delete(table, 9, &error), -ENOENT);
	cr_expect_eq(skald_debug_table_value(table, NFPROTO_IPV4, handle), 9);
	/* The id may come again, with other rules. */
	add(&classifier);
	cr_expect_eq(skald_debug_table_value(table, NFPROTO_IPV4, handle), 9);
	send_udp(AF_INET, 4242);
	drain();
	cr_expect_neq(find_chain("out_mark", 0)->trace.handle, handle);
	cr_expect_null(strstr(output_of("nft list ruleset"), "skald mark 8"));
}

static int tracked(void)
{
	return atoi(output_of("conntrack -C"));
}

static void refresh(void)
{
	cr_assert_eq(skald_debug_table_refresh(table), 0);
}

Test(debug_table, does_not_turn_connection_tracking_on)
{
	struct skald_classifier classifier = everything(1);

	(void)output_of("nft 'add table inet t; add chain inet t c "
			"{ type filter hook input priority 0; }; "
			"add rule inet t c tcp dport 1 counter limit rate "
			"1/second log accept'");
	refresh();
	add(&classifier);
	send_udp(AF_INET, 4242);
	drain();
	expect_loopback(1, -1);
	cr_expect_eq(tracked(), 0);
}

Test(debug_table, tells_the_state_as_soon_as_somebody_tracks)
{
	struct skald_classifier classifier = everything(1);

	add(&classifier);
	(void)output_of("nft 'add table ip t; add chain ip t c "
			"{ type filter hook input priority 0; }; "
			"add rule ip t c ct state established accept'");
	refresh();
	send_udp(AF_INET, 4242);
	drain();
	expect_loopback(1, SKALD_CTSTATE_NEW);
	cr_expect_gt(tracked(), 0);
	/* IPv4 alone is tracked. */
	assembler.n = 0;
	send_udp(AF_INET6, 4242);
	drain();
	expect_loopback(1, -1);
}

Test(debug_table, nat_and_iptables_rules_track_too)
{
	static const char *const rulesets[] = {
		"nft 'add table inet t; add chain inet t c "
		"{ type nat hook postrouting priority 100; }'",
		"iptables-nft -A INPUT -m conntrack --ctstate NEW -j ACCEPT",
		"nft 'add table inet t; add chain inet t c; "
		"add rule inet t c ct mark set 1'",
	};
	size_t i;

	for (i = 0; i < sizeof(rulesets) / sizeof(rulesets[0]); i++) {
		cr_assert_not(table->has_states[SKALD_TABLE_IP]);
		(void)output_of(rulesets[i]);
		refresh();
		cr_expect(table->has_states[SKALD_TABLE_IP], "%s", rulesets[i]);
		(void)output_of("nft flush ruleset");
		skald_debug_table_free(table);
		cr_assert_eq(skald_debug_table_new(&netns, &table, NULL), 0);
	}
}

/* Whether a chain of ours is in table ip skald */
static bool stands(const char *chain)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "chain %s {", chain);
	return strstr(output_of("nft list table ip skald"), line) != NULL;
}

static void expect_placed(bool speaker, bool between, const char *why)
{
	refresh();
	cr_expect_eq(stands("fwd_first"), speaker || between, "%s", why);
	cr_expect_eq(stands("fwd_last"), between, "%s", why);
	cr_expect_eq(stands("post_first"), between, "%s", why);
	cr_expect(stands("pre_dnat") && stands("post_last"), "%s", why);
}

Test(debug_table, a_hook_where_nobody_speaks_has_a_chain_that_does)
{
	expect_placed(true, false, "nothing");
	(void)output_of("nft 'add table inet t; add chain inet t c "
			"{ type filter hook forward priority 0; }'");
	expect_placed(false, false, "a chain");
	(void)output_of("nft flush ruleset");
	expect_placed(true, false, "nothing again");
	(void)output_of("nft 'add table bridge t; add chain bridge t c "
			"{ type filter hook forward priority 0; }'");
	expect_placed(true, false, "a chain of another family");
}

Test(debug_table, writers_are_told_apart)
{
	static const char *const rulesets[] = {
		"nft 'add table inet t; add chain inet t c; "
		"add rule inet t c meta mark set 1'",
		"nft 'add table ip t; add chain ip t c; "
		"add rule ip t c ip ttl set 3'",
		"nft 'add table ip t; add chain ip t c; "
		"add rule ip t c tcp option maxseg size set 1300'",
		"iptables-nft -t mangle -A FORWARD -p udp -j MARK "
		"--set-mark 1",
		"iptables-nft -A FORWARD -p udp -j NFQUEUE --queue-num 3",
	};
	size_t i;

	for (i = 0; i < sizeof(rulesets) / sizeof(rulesets[0]); i++) {
		(void)output_of(rulesets[i]);
		expect_placed(true, true, rulesets[i]);
		(void)output_of("nft flush ruleset");
		expect_placed(true, false, "nothing");
	}
}

Test(debug_table, who_only_reads_or_translates_is_no_writer)
{
	(void)output_of("nft 'add table inet t; add chain inet t c "
			"{ type nat hook postrouting priority 100; }; "
			"add rule inet t c ip ttl 3 meta mark 5 counter "
			"limit rate 1/second masquerade'");
	(void)output_of("iptables-nft -A OUTPUT -p udp -m mark --mark 3 "
			"-j NFLOG");
	expect_placed(true, false, "readers");
}

Test(debug_table, another_instance_does_not_count_as_a_user)
{
	struct skald_debug_table *other;

	(void)output_of("nft 'add table inet t; add chain inet t c; "
			"add rule inet t c ct mark set 1'");
	refresh();
	(void)output_of("nft delete table inet t");
	cr_assert_eq(skald_debug_table_new(&netns, &other, NULL), 0);
	cr_expect_not(other->has_states[SKALD_TABLE_IP]);
	skald_debug_table_free(other);
}

Test(debug_table, the_same_id_twice_is_refused)
{
	struct skald_classifier classifier = everything(1);
	struct skald_error error;

	add(&classifier);
	cr_expect_eq(skald_debug_table_add(table, &classifier, &error),
		     -EEXIST);
	cr_expect(strstr(error.text, "classifier 1"), "%s", error.text);
}

Test(debug_table, what_can_never_match_is_refused)
{
	struct skald_classifier classifier = { .id = 1, .expression = "never" };
	struct skald_error error;

	cr_expect_eq(skald_debug_table_add(table, &classifier, &error),
		     -EINVAL);
	cr_expect(strstr(error.text, "\"never\""), "%s", error.text);
}

Test(debug_table, a_kernel_refusal_names_the_expression)
{
	struct sock_filter bad[] = { BPF_STMT(BPF_LD | BPF_IMM, 0) };
	struct skald_classifier classifier = { .id = 1, .ip = { bad, 1 } };
	struct skald_error error;
	int err = skald_debug_table_add(table, &classifier, &error);

	cr_expect_lt(err, 0);
	cr_expect(error.text[0]);
	cr_expect_null(strstr(output_of("nft list ruleset"), "skald mark"));
}

Test(debug_table, survives_a_flush_and_dies_with_its_owner)
{
	(void)output_of("nft flush ruleset");
	cr_expect(strstr(output_of("nft list tables"), "table ip skald\n"));
	skald_debug_table_free(table);
	cr_expect_str_empty(output_of("nft list tables"));
	table = NULL;
}

Test(debug_table, dies_with_a_killed_process)
{
	struct skald_debug_table *other;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		skald_nft_close(nft);
		if (!skald_debug_table_new(&netns, &other, NULL))
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFSIGNALED(status));
	cr_expect_null(strstr(output_of("nft list tables"), "skald-"));
}

Test(debug_table, takes_another_name_beside_another_instance)
{
	struct skald_debug_table *second, *third;
	char expected[64];

	cr_assert_eq(skald_debug_table_new(&netns, &second, NULL), 0);
	cr_assert_eq(skald_debug_table_new(&netns, &third, NULL), 0);
	cr_expect_str_eq(skald_debug_table_name(table), "skald");
	(void)snprintf(expected, sizeof(expected), "skald-%d", (int)getpid());
	cr_expect_str_eq(skald_debug_table_name(second), expected);
	(void)snprintf(expected, sizeof(expected), "skald-%d-2", (int)getpid());
	cr_expect_str_eq(skald_debug_table_name(third), expected);
	skald_debug_table_free(third);
	skald_debug_table_free(second);
}

Test(debug_table, leaves_a_table_of_the_users_alone)
{
	skald_debug_table_free(table);
	(void)output_of("nft add table bridge skald");
	cr_assert_eq(skald_debug_table_new(&netns, &table, NULL), 0);
	cr_expect_str_neq(skald_debug_table_name(table), "skald");
	cr_expect_null(strstr(output_of("nft list tables"), "ip skald\n"));
	cr_expect(strstr(output_of("nft list tables"), "bridge skald\n"));
}

Test(debug_table, says_which_privilege_is_missing)
{
	struct skald_debug_table *other;
	struct skald_error error;

	cr_assert_eq(setresuid(65534, 65534, 0), 0);
	cr_expect_eq(skald_debug_table_new(&netns, &other, &error), -EPERM);
	cr_expect(strstr(error.help, "CAP_NET_ADMIN"), "%s; %s", error.text,
		  error.help);
	cr_assert_eq(setresuid(0, 0, 0), 0);
}

Test(debug_table, arp_requests_are_marked_on_both_ends)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(0x0a090002) };
	struct pollfd poll_fd = { .fd = skald_nft_fd(nft), .events = POLLIN };
	struct skald_classifier classifier = everything(5);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)output_of("ip link add sa type veth peer name sb;"
			"ip addr add 10.9.0.1/24 dev sa;"
			"ip link set sa up; ip link set sb up");
	classifier.ip.n_insns = 0;
	classifier.ip6.n_insns = 0;
	add(&classifier);
	cr_assert_eq(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)),
		     1);
	while (!count_chain("arp_in_last")) {
		cr_assert_eq(poll(&poll_fd, 1, 5000), 1, "no ARP packet");
		drain();
	}
	expect_rule("arp_out_mark", 5);
	expect_rule("arp_out_last", -1);
	expect_rule("arp_in_mark", 5);
	expect_rule("arp_in_last", -1);
	cr_expect_eq(find_chain("arp_in_mark", 0)->trace.family, NFPROTO_ARP);
	close(fd);
}

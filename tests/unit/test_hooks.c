// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classifiers where they are meant to be: in the debug table of the running
 * kernel, with frames of ours on a wire. libpcap judges each frame; the
 * kernel's counters must come to the same sum, by each of the three ways to
 * run an expression: the bpf match, eBPF, and native comparisons.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cbpf.h"
#include "debug_table_priv.h"
#include "hook.h"
#include "private_netns.h"

#define FRAMES 200
#define SECONDS 20

/* What makes a program too long for the bpf match, and matches nothing */
#define LENGTHENED_BY 70

/* The classifier that is looked at, and the one for all other packets */
enum {
	ONE = 1,
	REST = 1000
};

enum way {
	BY_MATCH,
	BY_EBPF,
	BY_COMPARISONS
};

static const uint8_t receiver[] = { 2, 0, 0, 0, 0, 2 };

static struct skald_netns netns;
static struct skald_debug_table *table;
static struct hook_packet frames[FRAMES];

static void run_command(const char *command)
{
	cr_assert_eq(system(command), 0, "%s", command);
}

/* A wire to "in", and one to "port" of a bridge, with nobody else on them */
static void make_wires(void)
{
	run_command("ip link add out type veth peer name in");
	run_command("ip link set in address 02:00:00:00:00:02");
	run_command("ip link add wire type veth peer name port");
	run_command("ip link add name bridge type bridge && "
		    "ip link set port master bridge");
	run_command("for d in out wire port bridge; do echo 1 > "
		    "/proc/sys/net/ipv6/conf/$d/disable_ipv6; done");
	run_command("for d in out in wire port bridge; do "
		    "ip link set $d up; done");
}

static void setup(void)
{
	struct skald_error error;

	enter_private_netns(&netns);
	make_wires();
	cr_assert_eq(skald_debug_table_new(&netns, &table, &error), 0, "%s",
		     error.text);
}

static void teardown(void)
{
	skald_debug_table_free(table);
	skald_netns_close(&netns);
}

TestSuite(hooks, .init = setup, .fini = teardown, .timeout = 120);

static void checksum(uint8_t *ip)
{
	const unsigned int len = (ip[0] & 0xf) * 4;
	uint32_t sum = 0;
	unsigned int i;

	hook_put(ip + 10, 0, 2);
	for (i = 0; i < len; i += 2)
		sum += hook_get(ip + i, 2);
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	hook_put(ip + 10, ~sum, 2);
}

/* What the kernel throws away before its first hook cannot be counted. */
static void make_acceptable(struct hook_packet *frame)
{
	uint8_t *network = frame->frame + HOOK_LINK;

	if (frame->len < HOOK_LINK + 60)
		frame->len = HOOK_LINK + 60;
	if (!(frame->frame[0] & 1))
		memcpy(frame->frame, receiver, 6);
	frame->frame[6] = 2;
	switch (hook_protocol(frame)) {
	case ETH_P_IP:
		if ((network[0] & 0xf) < 5)
			network[0] = 5;
		network[0] = 0x40 | (network[0] & 0xf);
		hook_put(network + 2, frame->len - HOOK_LINK, 2);
		checksum(network);
		break;
	case ETH_P_IPV6:
		network[0] = 0x60;
		hook_put(network + 4, frame->len - HOOK_LINK - 40, 2);
		network[6] += !network[6]; /* no hop-by-hop options */
		network[8] &= 0x3f;
		network[24] = network[24] == 0xff ? 0xff : 0x20;
		network[25] = 2;
		break;
	case ETH_P_ARP:
		hook_put(network, 0x00010800, 4);
		hook_put(network + 4, 0x0604, 2);
		break;
	default:
		break;
	}
}

static void make_frames(void)
{
	uint64_t seed = 29;
	unsigned int i;

	for (i = 0; i < FRAMES; i++) {
		hook_packet(&seed, &frames[i]);
		make_acceptable(&frames[i]);
	}
}

static bool is_for(const char *device, const struct hook_packet *frame)
{
	const uint32_t protocol = hook_protocol(frame);

	if (protocol == ETH_P_ARP && !strcmp(device, "in"))
		return table->is_made[SKALD_TABLE_ARP];
	return !strcmp(device, "port") || protocol == ETH_P_IP ||
	       protocol == ETH_P_IPV6;
}

static void send_frames(const char *device)
{
	const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(device),
	};
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		cr_assert_eq(sendto(fd, frames[i].frame, frames[i].len, 0,
				    (const struct sockaddr *)&to, sizeof(to)),
			     frames[i].len, "%s: %s", device, strerror(errno));
	close(fd);
}

static uint64_t seen(uint32_t id)
{
	struct skald_classifier_count count = { 0 };

	cr_assert_eq(skald_debug_table_count(table, id, &count), 0);
	return count.seen;
}

static void wait_for_packets(uint32_t id, uint64_t expected)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const time_t until = time(NULL) + SECONDS;

	while (seen(id) < expected && time(NULL) < until)
		(void)nanosleep(&pause, NULL);
	cr_assert_eq(seen(id), expected, "%lu of %lu packets came",
		     (unsigned long)seen(id), (unsigned long)expected);
}

static uint64_t judge(const char *expression, const char *device)
{
	struct bpf_program program;
	uint64_t n = 0;
	unsigned int i;

	hook_judge(expression, &program);
	for (i = 0; i < FRAMES; i++)
		n += is_for(device, &frames[i]) &&
		     hook_verdict(&program, &frames[i]);
	pcap_freecode(&program);
	return n;
}

static char *lengthen(const char *expression)
{
	char *text = calloc(1, strlen(expression) + 32 * (LENGTHENED_BY + 2));
	unsigned int i;

	if (*expression)
		sprintf(text, "(%s) and ", expression);
	strcat(text, "not (len = 1000");
	for (i = 1; i < LENGTHENED_BY; i++)
		sprintf(text + strlen(text), " or len = %u", 1000 + i);
	return strcat(text, ")");
}

static bool is_long(const struct skald_program *program)
{
	return !program->n_insns || program->n_insns > SKALD_CBPF_MATCH_MAX;
}

static void add(uint32_t id, const char *expression, const char *device,
		enum way way)
{
	struct skald_classifier classifier = { .id = id };
	struct skald_error error = { 0 };
	int rc;

	classifier.expression =
		way == BY_EBPF ? lengthen(expression) : strdup(expression);
	classifier.hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT;
	if (device) {
		classifier.hooks = SKALD_AT_PREROUTING;
		classifier.iif = strdup(device);
	}
	cr_assert_eq(skald_classifier_compile(&classifier, &error), 0, "%s: %s",
		     classifier.expression, error.text);
	if (way == BY_EBPF)
		cr_assert(is_long(&classifier.ip) && is_long(&classifier.any),
			  "%s is short", classifier.expression);
	rc = skald_debug_table_add(table, &classifier, &error);
	cr_assert_eq(rc, 0, "%s: %s", classifier.expression, error.text);
	skald_classifier_done(&classifier);
}

static void check_expression(const char *expression, const char *from,
			     const char *device, enum way way)
{
	const uint64_t before = seen(REST);
	const uint64_t frames_there = judge("", device);
	const uint64_t expected = judge(expression, device);

	add(ONE, expression, device, way);
	send_frames(from);
	wait_for_packets(REST, before + frames_there);
	cr_assert_eq(seen(ONE), expected, "\"%s\" at %s, way %d: %lu, not %lu",
		     expression, device, way, (unsigned long)seen(ONE),
		     (unsigned long)expected);
	cr_assert_eq(skald_debug_table_delete(table, ONE, NULL), 0);
}

static void check_device(const char *from, const char *device, enum way way)
{
	unsigned int i;

	add(REST, "", device, BY_MATCH);
	for (i = 0; i < HOOK_CASES; i++) {
		if (hook_cases[i].is_foreign && way == BY_COMPARISONS)
			continue;
		check_expression(hook_cases[i].expression, from, device, way);
	}
	cr_assert_eq(skald_debug_table_delete(table, REST, NULL), 0);
}

static void check(enum way way)
{
	make_frames();
	check_device("out", "in", way);
	if (table->is_made[SKALD_TABLE_BRIDGE])
		check_device("wire", "port", way);
}

Test(hooks, the_bpf_match_counts_what_tcpdump_would_show)
{
	check(BY_MATCH);
}

Test(hooks, ebpf_counts_what_tcpdump_would_show)
{
	/* There is no bpf match for ARP, and no comparison is so long. */
	table->is_made[SKALD_TABLE_ARP] = false;
	check(BY_EBPF);
}

Test(hooks, comparisons_count_what_tcpdump_would_show)
{
	unsigned int i;

	for (i = 0; i < SKALD_TABLE_N; i++)
		table->has_bpf[i] = false;
	check(BY_COMPARISONS);
}

static void send_one(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(9),
					.sin_addr.s_addr = htonl(0x0a000002) };

	cr_assert_eq(sendto(fd, "skald", 5, 0, (const struct sockaddr *)&to,
			    sizeof(to)),
		     5, "%s", strerror(errno));
	close(fd);
}

/* A packet that is being sent has no link-layer header and no device yet. */
Test(hooks, what_is_sent_never_matches_by_its_link_layer)
{
	static const char *const expressions[] = {
		"ether multicast",
		"not ether host 02:00:00:00:00:09",
		"ip and ether[0] >= 0",
	};
	unsigned int i;

	/* nor do the kernel's own packets to all nodes come in meanwhile */
	run_command("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 && "
		    "ip addr add 10.0.0.1/24 dev out && "
		    "ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:09 dev out");
	table->is_made[SKALD_TABLE_ARP] = false;
	add(REST, "udp", NULL, BY_MATCH);
	for (i = 0; i < 6; i++) {
		add(ONE, expressions[i / 2], NULL, i % 2 ? BY_EBPF : BY_MATCH);
		send_one();
		wait_for_packets(REST, i + 1);
		cr_assert_eq(seen(ONE), 0, "%s, way %u", expressions[i / 2],
			     i % 2);
		cr_assert_eq(skald_debug_table_delete(table, ONE, NULL), 0);
	}
}

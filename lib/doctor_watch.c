// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking at the traffic for a moment: matching packets on the interfaces
 * (packet socket) beside matching packets at the first chains (a debug table of
 * our own), and the kernel's counters before and after. Check "traffic".
 */
#include "doctor_exam.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "debug_table.h"
#include "proc.h"

/* Look at the chains' counters so often; they cost a dump. */
#define STEP_MS 100
/* Packets taken from the socket before the clock is looked at again. */
#define BURST 256

struct device_totals {
	uint64_t rx;
	uint64_t tx;
};

/* /proc/net/dev: "name: bytes packets errs ..." eight numbers each way. */
static void add_device(const char *line, struct device_totals *totals)
{
	const char *at = strchr(line, ':');
	uint64_t numbers[10];
	char *end;
	size_t i;

	if (!at)
		return;
	at++;
	for (i = 0; i < 10; i++, at = end) {
		numbers[i] = strtoull(at, &end, 10);
		if (end == at)
			return;
	}
	totals->rx += numbers[1];
	totals->tx += numbers[9];
}

static void count_devices(struct skald_exam *exam,
			  struct skald_exam_counters *counters)
{
	char *text = skald_proc_read(&exam->netns, SKALD_PROC_NET "dev", NULL);
	struct device_totals totals = { 0 };
	char *line, *rest = NULL;

	if (!text)
		return;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		add_device(line, &totals);
	counters->rx = totals.rx;
	counters->tx = totals.tx;
	free(text);
}

static void count_conntrack(struct skald_exam *exam,
			    struct skald_exam_counters *counters)
{
	char *text = skald_proc_read(&exam->netns,
				     SKALD_PROC_NET "stat/nf_conntrack", NULL);

	if (!text)
		return;
	counters->invalid = skald_proc_column(text, "invalid");
	counters->ct_drop = skald_proc_column(text, "drop");
	free(text);
}

#define COUNTER_READ(member, file, group, name) \
	counters->member = skald_proc_counter(file, group, name);
void skald_exam_count(struct skald_exam *exam,
		      struct skald_exam_counters *counters)
{
	char *netstat, *snmp;

	count_devices(exam, counters);
	count_conntrack(exam, counters);
	netstat = skald_proc_read(&exam->netns, SKALD_PROC_NET "netstat", NULL);
	snmp = skald_proc_read(&exam->netns, SKALD_PROC_NET "snmp", NULL);
	if (netstat && snmp) {
		SKALD_EXAM_COUNTERS(COUNTER_READ)
		counters->known = true;
	}
	free(netstat);
	free(snmp);
}

static unsigned int now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned int)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* Nothing may get into the socket before the filter is on it. */
static int tap_filter(int fd, const struct skald_program *program)
{
	struct sock_fprog filter = {
		.len = (unsigned short)program->n_insns,
		.filter = program->insns,
	};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		       sizeof(filter)))
		return -errno;
	return 0;
}

static int tap_bind(int fd, const struct skald_exam *exam)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	unsigned int i;

	for (i = 0; exam->wish->device && i < exam->n_links; i++)
		if (!strcmp(exam->links[i].name, exam->wish->device))
			address.sll_ifindex = (int)exam->links[i].index;
	if (exam->wish->device && !address.sll_ifindex)
		return -ENODEV;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return 0;
}

/*
 * SOCK_DGRAM: the data starts at the network header, as in a netfilter hook,
 * so the classifier's program is right here too.
 */
static int open_tap(struct skald_exam *exam)
{
	int fd, ret;

	fd = skald_netns_socket(&exam->netns, AF_PACKET, SOCK_DGRAM, 0);
	if (fd < 0)
		return fd;
	ret = tap_filter(fd, &exam->classifier.any);
	if (!ret)
		ret = tap_bind(fd, exam);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

static void count_packet(struct skald_exam_watch *watch,
			 const struct sockaddr_ll *from)
{
	switch (from->sll_pkttype) {
	case PACKET_OUTGOING:
		watch->out++;
		watch->out_index = (uint32_t)from->sll_ifindex;
		break;
	case PACKET_OTHERHOST:
		watch->other++;
		if (!watch->in)
			watch->in_index = (uint32_t)from->sll_ifindex;
		break;
	default:
		watch->in++;
		watch->in_index = (uint32_t)from->sll_ifindex;
		break;
	}
}

static void drain(int fd, struct skald_exam_watch *watch)
{
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		struct sockaddr_ll from = { 0 };
		socklen_t len = sizeof(from);
		char byte;

		if (recvfrom(fd, &byte, 1, MSG_DONTWAIT,
			     (struct sockaddr *)&from, &len) < 0)
			break;
		count_packet(watch, &from);
	}
}

static void count_hooks(struct skald_debug_table *table,
			struct skald_exam_watch *watch)
{
	struct skald_classifier_count count = { 0 };

	if (table && !skald_debug_table_count(table, 1, &count))
		watch->seen = count.seen;
}

/* Both places have seen something: no need to look on. */
static bool is_enough(const struct skald_exam_watch *watch)
{
	return (watch->in || watch->out || !watch->wire_known) &&
	       (watch->seen || !watch->hooks_known);
}

static void look(struct skald_exam *exam, int tap,
		 struct skald_debug_table *table)
{
	struct skald_exam_watch *watch = &exam->watch;
	struct pollfd poll_fd = { .fd = tap, .events = POLLIN };
	unsigned int start = now_ms(), next = STEP_MS;

	do {
		if (poll(&poll_fd, 1, (int)STEP_MS / 2) > 0)
			drain(tap, watch);
		watch->elapsed_ms = now_ms() - start;
		if (watch->elapsed_ms >= next) {
			count_hooks(table, watch);
			next = watch->elapsed_ms + STEP_MS;
			if (is_enough(watch))
				break;
		}
	} while (watch->elapsed_ms < exam->wish->watch_ms);
	drain(tap, watch);
	count_hooks(table, watch);
}

static struct skald_debug_table *arm(struct skald_exam *exam)
{
	struct skald_error *error = &exam->watch.hooks_error;
	struct skald_debug_table *table;

	if (skald_debug_table_new(&exam->netns, &table, error))
		return NULL;
	if (skald_debug_table_add(table, &exam->classifier, error)) {
		skald_debug_table_free(table);
		return NULL;
	}
	return table;
}

/* Without an expression only the counters count. */
static void wait_a_while(struct skald_exam *exam)
{
	unsigned int start = now_ms(), limit = exam->wish->watch_ms;

	if (limit > 1000)
		limit = 1000;
	while (exam->watch.elapsed_ms < limit) {
		poll(NULL, 0, (int)(limit - exam->watch.elapsed_ms));
		exam->watch.elapsed_ms = now_ms() - start;
	}
}

static void no_tap(struct skald_exam_watch *watch, int code)
{
	skald_error_set(&watch->wire_error, code,
			"packets on the interfaces cannot be counted: %s",
			strerror(code));
	if (code == EPERM || code == EACCES)
		skald_error_help(&watch->wire_error, "run it as root");
}

void skald_exam_watch(struct skald_exam *exam)
{
	struct skald_exam_watch *watch = &exam->watch;
	struct skald_debug_table *table = NULL;
	int tap;

	if (!exam->has_classifier || !exam->classifier.any.n_insns) {
		if (!exam->wish->expression)
			wait_a_while(exam);
		return;
	}
	tap = open_tap(exam);
	watch->wire_known = tap >= 0;
	if (tap < 0)
		no_tap(watch, -tap);
	if (!exam->nftables)
		table = arm(exam);
	watch->hooks_known = table != NULL;
	if (table || tap >= 0)
		look(exam, tap, table);
	skald_debug_table_free(table);
	if (tap >= 0)
		close(tap);
}

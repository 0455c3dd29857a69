// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connection tracking alone, in one thread: conntrack [FLOWS]
 *
 * Prints "NAME NUMBER" lines: nanoseconds of CPU for a packet of a known flow,
 * of few and of FLOWS (1 000 000) others, UDP and TCP; for a new flow; and
 * bytes an entry. Frames are made before the clock starts, headers are found
 * while it runs, as in a replay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ct.h"
#include "ct_helpers.h"
#include "parts/heap.h"

#define FEW 64
/* As many as the kernel is given by one source address. */
#define FAIR 40000
#define FRAME 64
#define PACKETS 1000000u
#define ROUNDS 3

struct bench {
	struct skald_ct_table *table;
	uint64_t random;
	uint64_t now_ns;
	uint32_t n_flows;
};

static u32 next_random(void *user)
{
	struct bench *bench = user;

	bench->random =
		bench->random * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(bench->random >> 32);
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void begin(struct bench *bench, uint32_t n_flows)
{
	struct skald_ct_owner owner = { .user = bench, .random = next_random };
	struct skald_ct_settings settings;

	*bench = (struct bench){ .random = 1, .now_ns = 1, .n_flows = n_flows };
	skald_ct_settings_default(&settings);
	settings.max = 0;
	settings.buckets = n_flows > FEW ? n_flows : 262144;
	settings.checksum = false;
	bench->table = skald_ct_table_new(&settings, &owner);
	if (!bench->table)
		abort();
}

/* Flow @i, from its client or its server. */
static void write_frame(uint8_t *frame, uint32_t i, bool reply, uint8_t proto)
{
	uint8_t *l4 = frame + 34;

	memset(frame, 0, FRAME);
	put_unaligned_be16(ETH_P_IP, frame + 12);
	frame[14] = 0x45;
	put_unaligned_be16(50, frame + 16);
	frame[22] = 64;
	frame[23] = proto;
	put_unaligned_be32(0x0a000000 + (i >> 8), frame + (reply ? 30 : 26));
	put_unaligned_be32(0xc0a80001, frame + (reply ? 26 : 30));
	put_unaligned_be16((uint16_t)(20000 + (i & 255)), l4 + (reply ? 2 : 0));
	put_unaligned_be16(443, l4 + (reply ? 0 : 2));
	if (proto == IPPROTO_UDP) {
		put_unaligned_be16(30, l4 + 4);
		return;
	}
	l4[12] = 0x50;
	l4[13] = 0x10;
	put_unaligned_be16(10, frame + 16);
	put_unaligned_be16(50, frame + 16);
	put_unaligned_be16(1000, l4 + 14);
}

static void track(struct bench *bench, uint8_t *frame)
{
	struct skald_ct_packet packet;
	struct skald_view view;

	skald_view_init(&view, frame, FRAME, FRAME);
	if (skald_view_set_ethernet(&view))
		abort();
	if (skald_ct_in(bench->table, &view, NULL, bench->now_ns, &packet) !=
		    NF_ACCEPT ||
	    packet.state == SKALD_CT_INVALID ||
	    skald_ct_out(&packet) != NF_ACCEPT)
		abort();
	skald_ct_done(&packet);
}

/* Nanoseconds a frame, least of some rounds. */
static double measure(struct bench *bench, uint8_t *frames, uint32_t n)
{
	double least = 1e9;
	uint64_t start;
	uint32_t i;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		start = cpu_ns();
		for (i = 0; i < n; i++)
			track(bench, frames + (size_t)i * FRAME);
		least = min(least, (double)(cpu_ns() - start) / n);
	}
	return least;
}

static double measure_new(struct bench *bench, uint8_t *frames, uint8_t proto)
{
	uint32_t i, n = bench->n_flows, chunk = min(n, PACKETS), done;
	uint64_t spent = 0, start;

	for (done = 0; done < n; done += chunk) {
		for (i = 0; i < chunk; i++)
			write_frame(frames + (size_t)i * FRAME, done + i, false,
				    proto);
		start = cpu_ns();
		for (i = 0; i < chunk && done + i < n; i++)
			track(bench, frames + (size_t)i * FRAME);
		spent += cpu_ns() - start;
	}
	return (double)spent / n;
}

/* Answers and questions of all flows, in no order. */
static double measure_known(struct bench *bench, uint8_t *frames, uint8_t proto)
{
	uint32_t i;

	for (i = 0; i < PACKETS; i++)
		write_frame(frames + (size_t)i * FRAME,
			    next_random(bench) % bench->n_flows, i & 1, proto);
	return measure(bench, frames, PACKETS);
}

static void run(uint32_t n_flows, uint8_t proto, const char *name,
		uint8_t *frames)
{
	struct bench bench;
	double fresh;

	begin(&bench, n_flows);
	fresh = measure_new(&bench, frames, proto);
	/* of few flows it says what the first touch of memory costs */
	if (n_flows > FEW)
		printf("new_%s %.1f\n", name, fresh);
	printf("known_%s %.1f\n", name, measure_known(&bench, frames, proto));
	skald_ct_table_free(bench.table);
}

static void track_flow(void *user, u32 i)
{
	uint8_t frame[FRAME];

	write_frame(frame, i, false, IPPROTO_UDP);
	track(user, frame);
}

static void print_memory(uint32_t n_flows)
{
	struct bench bench;
	size_t n_helpers = 0;

	begin(&bench, HEAP_FLOWS);
	printf("entry_heap %.1f\n",
	       heap_per_entry(bench.table, track_flow, &bench));
	skald_ct_table_free(bench.table);

	while (skald_ct_helpers[n_helpers])
		n_helpers++;
	printf("entry_bytes %zu\nbucket_bytes %.1f\nhelpers %zu\n"
	       "help_bytes %zu\n",
	       sizeof(struct skald_ct),
	       8.0 * (1u << (32 - __builtin_clz(n_flows - 1))) / n_flows,
	       n_helpers, sizeof(struct skald_ct_help));
}

int main(int argc, char **argv)
{
	uint32_t many = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000;
	uint8_t *frames = malloc((size_t)PACKETS * FRAME);

	if (!frames || many < 2)
		return 2;
	run(FEW, IPPROTO_UDP, "udp_few", frames);
	run(FEW, IPPROTO_TCP, "tcp_few", frames);
	run(FAIR, IPPROTO_UDP, "udp_fair", frames);
	run(FAIR, IPPROTO_TCP, "tcp_fair", frames);
	run(many, IPPROTO_UDP, "udp_many", frames);
	run(many, IPPROTO_TCP, "tcp_many", frames);
	print_memory(many);
	free(frames);
	return 0;
}

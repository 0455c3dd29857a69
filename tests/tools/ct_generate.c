// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes up conversations and writes them to a capture.
 *
 * ct_generate [--seed N] [--first N] [--kind WORD] [--clean] NUMBER FILE
 *
 * Talk number N of a seed is always the same, whoever it is written with:
 * --first says where to begin. They overlap in the capture. --kind takes only
 * scripts with that word in their name, --clean leaves loss, reordering,
 * duplication and damage out. Prints the seed.
 */
#include <getopt.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../conntrack/parts/talk.h"

#define BEGIN_US 1700000000000000ULL
#define APART_US 3000

struct options {
	uint64_t seed;
	uint32_t first;
	const char *kind;
	bool is_clean;
};

static uint32_t weight_of(const struct options *options, size_t i)
{
	return strstr(talk_scripts[i].name, options->kind)
		       ? talk_scripts[i].weight
		       : 0;
}

static size_t choose(struct talk *talk, const struct options *options)
{
	uint32_t total = 0, at;
	size_t i;

	for (i = 0; i < talk_n_scripts; i++)
		total += weight_of(options, i);
	if (!total) {
		fprintf(stderr, "ct_generate: no script of that name\n");
		exit(2);
	}
	at = talk_below(talk, total);
	for (i = 0; at >= weight_of(options, i); i++)
		at -= weight_of(options, i);
	return i;
}

/* No two talks of a capture have the same addresses. */
static void name_ends(struct talk *talk)
{
	static const uint16_t services[] = { 22, 25, 53, 80, 443, 8080, 5001 };
	uint32_t n = talk->number;
	int i;

	for (i = 0; i < 2; i++) {
		uint8_t *address = talk->end[i].address;

		if (talk->is_ipv6)
			memcpy(address, "\x20\x01\x0d\xb8", 4);
		else
			address[0] = 10;
		address += talk->is_ipv6 ? 12 : 0;
		address[1] = (uint8_t)(i ? 200 : n >> 14 & 0x7f);
		address[2] = (uint8_t)(n >> 6);
		address[3] = (uint8_t)(1 + (n & 63));
	}
	talk->end[0].port = (uint16_t)(32768 + talk_below(talk, 28000));
	talk->end[1].port = services[talk_below(talk, 7)];
}

static void disturb(struct talk *talk)
{
	static const uint32_t rates[] = { 0, 0, 0, 10, 30, 100 };

	talk->loss = rates[talk_below(talk, 6)];
	talk->twice = rates[talk_below(talk, 6)];
	talk->late = rates[talk_below(talk, 6)] * 2;
	talk->damage = rates[talk_below(talk, 6)] / 2;
	talk->extra = rates[talk_below(talk, 6)];
}

static void hold(struct talk *talk, const struct options *options,
		 uint32_t number)
{
	talk->random = options->seed * 0x2545f4914f6cdd1dULL + number;
	talk->random ^= (uint64_t)number << 40;
	talk->number = number;
	talk->is_ipv6 = talk_chance(talk, 350);
	talk->kind = (uint8_t)choose(talk, options);
	name_ends(talk);
	if (!options->is_clean)
		disturb(talk);
	talk->now = (uint64_t)(number - options->first) * APART_US;
	talk_scripts[talk->kind].run(talk);
}

static int compare(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;
	uint32_t nx, ny;

	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	memcpy(&nx, x->bytes + 8, 4);
	memcpy(&ny, y->bytes + 8, 4);
	if (nx != ny)
		return nx < ny ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void write_frame(pcap_dumper_t *dump, const struct frame *frame)
{
	struct pcap_pkthdr header = {
		.ts = {
			.tv_sec = (time_t)((BEGIN_US + frame->when) / 1000000),
			.tv_usec = (suseconds_t)(frame->when % 1000000),
		},
		.caplen = frame->len,
		.len = frame->len,
	};

	pcap_dump((u_char *)dump, &header, frame->bytes);
}

static int write_all(const char *file, struct talk *talks, uint32_t n)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *dump = pcap_dump_open(pcap, file);
	struct frame *all;
	size_t total = 0, at = 0;
	uint32_t i;
	int failed;

	for (i = 0; i < n; i++)
		total += talks[i].n;
	all = calloc(total + 1, sizeof(*all));
	if (!all || !dump) {
		fprintf(stderr, "ct_generate: %s: %s\n", file,
			pcap_geterr(pcap));
		return 1;
	}
	for (i = 0; i < n; at += talks[i++].n)
		memcpy(all + at, talks[i].frames, talks[i].n * sizeof(*all));
	qsort(all, total, sizeof(*all), compare);
	for (at = 0; at < total; at++)
		write_frame(dump, &all[at]);
	failed = pcap_dump_flush(dump);
	pcap_dump_close(dump);
	pcap_close(pcap);
	free(all);
	return failed;
}

static int usage(void)
{
	fprintf(stderr, "usage: ct_generate [--seed N] [--first N] "
			"[--kind WORD] [--clean] NUMBER FILE\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "first", required_argument, NULL, 'f' },
		{ "kind", required_argument, NULL, 'k' },
		{ "clean", no_argument, NULL, 'c' },
		{ 0 },
	};
	struct options options = { .kind = "" };
	struct talk *talks;
	uint32_t n, i;
	int c, failed;

	options.seed = (uint64_t)time(NULL);
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 's')
			options.seed = strtoull(optarg, NULL, 0);
		else if (c == 'f')
			options.first = (uint32_t)strtoul(optarg, NULL, 0);
		else if (c == 'k')
			options.kind = optarg;
		else if (c == 'c')
			options.is_clean = true;
		else
			return usage();
	}
	if (argc - optind != 2)
		return usage();
	n = (uint32_t)strtoul(argv[optind], NULL, 0);
	talks = calloc(n + 1, sizeof(*talks));
	if (!talks)
		return 1;
	for (i = 0; i < n; i++)
		hold(&talks[i], &options, options.first + i);
	failed = write_all(argv[optind + 1], talks, n);
	for (i = 0; i < n; i++)
		talk_free(&talks[i]);
	free(talks);
	printf("seed %llu\n", (unsigned long long)options.seed);
	return failed;
}

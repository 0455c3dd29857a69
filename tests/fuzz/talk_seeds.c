// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the seeds of the fuzzers that take packets from made-up conversations:
 * talk_seeds DIR.
 */
#include "../conntrack/parts/talk.h"

#include "seeds.h"

#define ETHERNET 14
#define SEED_MAX 3500

/* The first packets of a talk, each behind its length; behind @head. */
static void save(const struct talk *talk, const char *target, const char *name,
		 const void *head, size_t size)
{
	uint8_t data[SEED_MAX];
	uint16_t len;
	size_t i;

	memcpy(data, head, size);
	for (i = 0; i < talk->n; i++) {
		len = (uint16_t)(talk->frames[i].len - ETHERNET);
		if (size + sizeof(len) + len > sizeof(data))
			continue;
		memcpy(data + size, &len, sizeof(len));
		memcpy(data + size + sizeof(len),
		       talk->frames[i].bytes + ETHERNET, len);
		size += sizeof(len) + len;
	}
	seed_save(target, name, data, size);
}

static void begin(struct talk *talk, unsigned int i, bool is_ipv6)
{
	static const uint8_t ends[2][2][16] = {
		{ { 192, 0, 2, 1 }, { 10, 0, 0, 1 } },
		{ { 0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 1 },
		  { 0x20, 1, 0x0d, 0xb8, 0, 0x64, [12] = 198, 51, 100, 2 } },
	};

	*talk = (struct talk){ .random = i, .number = i, .is_ipv6 = is_ipv6 };
	memcpy(talk->end[0].address, ends[is_ipv6][0], 16);
	memcpy(talk->end[1].address, ends[is_ipv6][1], 16);
	talk->end[0].port = 40000;
	talk->end[1].port = 80;
}

int main(int argc, char **argv)
{
	/* both rules: to 10.0.0.2-9, ports 2000-2999 */
	static const uint8_t rules[31] = {
		3, 3,  10, 0, 0, 2,  10, 0, 0, 9, 7,   208, 11,	 183, 0, 0,
		3, 10, 0,  0, 2, 10, 0,	 0, 9, 7, 208, 11,  183, 0,   0,
	};
	static const uint8_t prefix[1] = { 0 };
	struct talk talk;
	char name[64];
	unsigned int i;

	if (argc != 2) {
		fputs("usage: talk_seeds DIR\n", stderr);
		return 2;
	}
	seed_dir = argv[1];
	for (i = 0; i < 2 * talk_n_scripts; i++) {
		begin(&talk, i, i & 1);
		talk_scripts[i / 2].run(&talk);
		snprintf(name, sizeof(name), "talk-%u-ipv%d", i / 2,
			 i & 1 ? 6 : 4);
		save(&talk, "ct_nat", name, rules, sizeof(rules));
		save(&talk, "nat64", name, prefix, sizeof(prefix));
		talk_free(&talk);
	}
	return 0;
}

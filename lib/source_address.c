// SPDX-License-Identifier: GPL-2.0-only
/* Source addresses, as the kernel chooses them. */
#include "source_address.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "route_parts.h"

static bool is_usable4(const struct skald_address *own)
{
	return own->family == AF_INET && !(own->flags & IFA_F_SECONDARY) &&
	       own->scope == RT_SCOPE_UNIVERSE;
}

const uint8_t *skald_source_ip4(const struct skald_links *links, uint32_t index,
				const uint8_t *next_hop)
{
	const uint8_t *found = NULL, *any = NULL;

	for (size_t i = 0; i < links->n_addresses; i++) {
		const struct skald_address *own = &links->addresses[i];

		if (!is_usable4(own))
			continue;
		if (!any)
			any = own->address;
		if (own->index != index)
			continue;
		if (!next_hop ||
		    skald_addr_in(next_hop, own->address, own->prefix_len))
			return own->address;
		if (!found)
			found = own->address;
	}
	return found ? found : any;
}

/* ipv6_addr_scope(): interface 1, link 2, global 14. */
static unsigned int scope6(const uint8_t *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (address[0] == 0xff)
		return address[1] & 0xf;
	if (!memcmp(address, loopback, sizeof(loopback)))
		return 2;
	if (address[0] == 0xfe && (address[1] & 0xc0) == 0x80)
		return 2;
	if (address[0] == 0xfe && (address[1] & 0xc0) == 0xc0)
		return 5;
	return 14;
}

/* The default table of net/ipv6/addrlabel.c, longest prefixes first. */
static const struct {
	uint8_t prefix[16];
	uint8_t len;
	uint8_t label;
} labels[] = {
	{ { [15] = 1 }, 128, 0 },
	{ { 0 }, 96, 3 },
	{ { [10] = 0xff, 0xff }, 96, 4 },
	{ { 0x20, 0x01 }, 32, 6 },
	{ { 0x20, 0x01, 0, 0x10 }, 28, 7 },
	{ { 0x3f, 0xfe }, 16, 12 },
	{ { 0x20, 0x02 }, 16, 2 },
	{ { 0xfe, 0xc0 }, 10, 11 },
	{ { 0xfc }, 7, 5 },
	{ { 0 }, 0, 1 },
};

static unsigned int label6(const uint8_t *address)
{
	size_t i = 0;

	while (!skald_addr_in(address, labels[i].prefix, labels[i].len))
		i++;
	return labels[i].label;
}

static unsigned int common_bits(const uint8_t *a, const uint8_t *b,
				unsigned int most)
{
	unsigned int bits = 0;

	while (bits < most &&
	       !((a[bits / 8] ^ b[bits / 8]) & (0x80 >> (bits % 8))))
		bits++;
	return bits;
}

/**
 * struct wish - what is to be reached
 * @index: interface it leaves by
 * @destination: where to
 * @scope: of the destination
 * @label: of the destination
 */
struct wish {
	uint32_t index;
	const uint8_t *destination;
	unsigned int scope;
	unsigned int label;
};

/* Each rule decides only where those before it do not: digits of a number. */
static uint64_t score6(const struct wish *wish, const struct skald_address *own)
{
	unsigned int scope = scope6(own->address);
	/* rule 2: wide enough, and no wider than need be */
	unsigned int by_scope =
		scope >= wish->scope ? 32 - (scope - wish->scope) : scope;
	uint64_t score = !memcmp(own->address, wish->destination, 16);

	score = score << 6 | by_scope;
	score = score << 1 | !(own->flags & IFA_F_DEPRECATED);
	score = score << 1 | (own->index == wish->index);
	score = score << 1 | (label6(own->address) == wish->label);
	return score << 8 |
	       common_bits(own->address, wish->destination, own->prefix_len);
}

static bool is_usable6(const struct wish *wish, const struct skald_address *own)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	bool is_strict = wish->destination[0] == 0xff || wish->scope <= 2;

	if (own->family != AF_INET6 || (own->flags & IFA_F_TENTATIVE) ||
	    !memcmp(own->address, loopback, sizeof(loopback)))
		return false;
	return !is_strict || own->index == wish->index;
}

const uint8_t *skald_source_ip6(const struct skald_links *links, uint32_t index,
				const uint8_t *destination)
{
	struct wish wish = { .index = index,
			     .destination = destination,
			     .scope = scope6(destination),
			     .label = label6(destination) };
	const uint8_t *best = NULL;
	uint64_t best_score = 0;

	for (size_t i = 0; i < links->n_addresses; i++) {
		const struct skald_address *own = &links->addresses[i];
		uint64_t score;

		if (!is_usable6(&wish, own))
			continue;
		score = score6(&wish, own);
		if (best && score <= best_score)
			continue;
		best = own->address;
		best_score = score;
	}
	return best;
}

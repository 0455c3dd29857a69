// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv4 addresses inside IPv6 addresses (RFC 6052).
 */
#include "nat64.h"

/* Bits 64 to 71 are zero in all formats. */
#define OCTET_U 8
#define WELL_KNOWN_0 0x0064ff9bu

void skald_nat64_prefix_well_known(struct skald_nat64_prefix *prefix)
{
	memset(prefix, 0, sizeof(*prefix));
	prefix->addr.ip6[0] = htonl(WELL_KNOWN_0);
	prefix->len = 96;
}

int skald_nat64_prefix_check(const struct skald_nat64_prefix *prefix)
{
	u32 i;

	switch (prefix->len) {
	case 32:
	case 40:
	case 48:
	case 56:
	case 64:
	case 96:
		break;
	default:
		return -EINVAL;
	}
	for (i = prefix->len / 8; i < sizeof(prefix->addr); i++) {
		if (prefix->addr.bytes[i])
			return -EINVAL;
	}
	return prefix->addr.bytes[OCTET_U] ? -EINVAL : 0;
}

static bool is_well_known(const struct skald_nat64_prefix *prefix)
{
	return prefix->len == 96 &&
	       prefix->addr.ip6[0] == htonl(WELL_KNOWN_0) &&
	       !prefix->addr.ip6[1] && !prefix->addr.words[1];
}

struct block {
	u32 addr;
	u32 mask;
};

/* clang-format off */
/* What has no meaning beyond its own network (RFC 6890), host order. */
static const struct block private_blocks[] = {
	{ 0x00000000, 0xff000000 }, /* 0.0.0.0/8 */
	{ 0x0a000000, 0xff000000 }, /* 10.0.0.0/8 */
	{ 0x64400000, 0xffc00000 }, /* 100.64.0.0/10 */
	{ 0x7f000000, 0xff000000 }, /* 127.0.0.0/8 */
	{ 0xa9fe0000, 0xffff0000 }, /* 169.254.0.0/16 */
	{ 0xac100000, 0xfff00000 }, /* 172.16.0.0/12 */
	{ 0xc0a80000, 0xffff0000 }, /* 192.168.0.0/16 */
	{ 0xc6120000, 0xfffe0000 }, /* 198.18.0.0/15 */
	{ 0xe0000000, 0xe0000000 }, /* 224.0.0.0/4, 240.0.0.0/4 */
};

/* clang-format on */

static bool is_private(u32 ip)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(private_blocks); i++) {
		if ((ip & private_blocks[i].mask) == private_blocks[i].addr)
			return true;
	}
	return false;
}

/* Where byte @i of the IPv4 address lies. */
static u32 place(const struct skald_nat64_prefix *prefix, u32 i)
{
	u32 at = prefix->len / 8 + i;

	return prefix->len < 96 && at >= OCTET_U ? at + 1 : at;
}

int skald_nat64_embed(const struct skald_nat64_prefix *prefix, __be32 ip,
		      union skald_addr *addr)
{
	union skald_addr from = { .ip = ip };
	u32 i;

	if (is_well_known(prefix) && is_private(ntohl(ip)))
		return -EADDRNOTAVAIL;
	*addr = prefix->addr;
	for (i = 0; i < sizeof(ip); i++)
		addr->bytes[place(prefix, i)] = from.bytes[i];
	return 0;
}

bool skald_nat64_extract(const struct skald_nat64_prefix *prefix,
			 const union skald_addr *addr, union skald_addr *ip)
{
	u32 i;

	if (memcmp(addr, &prefix->addr, prefix->len / 8) != 0)
		return false;
	memset(ip, 0, sizeof(*ip));
	for (i = 0; i < sizeof(ip->ip); i++)
		ip->bytes[i] = addr->bytes[place(prefix, i)];
	return true;
}

static bool change_address(const struct skald_nat64_prefix *prefix, u8 family,
			   const union skald_addr *from, union skald_addr *to)
{
	if (family == NFPROTO_IPV4)
		return !skald_nat64_embed(prefix, from->ip, to);
	return skald_nat64_extract(prefix, from, to);
}

int skald_nat64_tuple(const struct skald_nat64_prefix *prefix,
		      const struct skald_ct_tuple *from,
		      struct skald_ct_tuple *to)
{
	struct skald_ct_tuple made = *from;

	if (!change_address(prefix, from->family, &from->src, &made.src) ||
	    !change_address(prefix, from->family, &from->dst, &made.dst))
		return -EADDRNOTAVAIL;
	made.family =
		from->family == NFPROTO_IPV4 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	if (from->proto == IPPROTO_ICMP)
		made.proto = IPPROTO_ICMPV6;
	else if (from->proto == IPPROTO_ICMPV6)
		made.proto = IPPROTO_ICMP;
	*to = made;
	return 0;
}

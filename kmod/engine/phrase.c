// SPDX-License-Identifier: GPL-2.0-only
/* Text for people, within its bounds. */
#include "phrase.h"

struct named {
	u32 number;
	const char *name;
};

/* clang-format off */
static const struct named protocols[] = {
	{ 1, "icmp" }, { 2, "igmp" }, { 4, "ipencap" }, { 6, "tcp" },
	{ 17, "udp" }, { 33, "dccp" }, { 41, "ipv6" }, { 47, "gre" },
	{ 50, "esp" }, { 51, "ah" }, { 58, "icmpv6" }, { 108, "comp" },
	{ 132, "sctp" }, { 136, "udplite" }, { 0, NULL },
};
static const struct named ethertypes[] = {
	{ 0x0800, "ip" }, { 0x0806, "arp" }, { 0x8100, "vlan" },
	{ 0x86dd, "ip6" }, { 0x88a8, "8021ad" }, { 0, NULL },
};
static const struct named families[] = {
	{ 2, "ipv4" }, { 3, "arp" }, { 5, "netdev" }, { 7, "bridge" },
	{ 10, "ipv6" }, { 0, NULL },
};
static const struct named ct_states[] = {
	{ 1, "invalid" }, { 2, "established" }, { 4, "related" }, { 8, "new" },
	{ 64, "untracked" }, { 0, NULL },
};
static const struct named ct_status[] = {
	{ 1, "expected" }, { 2, "seen-reply" }, { 4, "assured" },
	{ 8, "confirmed" }, { 16, "snat" }, { 32, "dnat" },
	{ 512, "dying" }, { 0, NULL },
};
static const struct named directions[] = {
	{ 0, "original" }, { 1, "reply" }, { 0, NULL },
};
static const struct named pkttypes[] = {
	{ 0, "host" }, { 1, "broadcast" }, { 2, "multicast" }, { 3, "other" },
	{ 4, "outgoing" }, { 0, NULL },
};
static const struct named fib_types[] = {
	{ 0, "unspec" }, { 1, "unicast" }, { 2, "local" }, { 3, "broadcast" },
	{ 4, "anycast" }, { 5, "multicast" }, { 6, "blackhole" },
	{ 7, "unreachable" }, { 8, "prohibit" }, { 0, NULL },
};
static const struct named tcp_flags[] = {
	{ 1, "fin" }, { 2, "syn" }, { 4, "rst" }, { 8, "psh" }, { 16, "ack" },
	{ 32, "urg" }, { 64, "ecn" }, { 128, "cwr" }, { 0, NULL },
};
static const struct named answers[] = {
	{ 0, "missing" }, { 1, "exists" }, { 0, NULL },
};
/* clang-format on */

void skald_phrase_init(struct skald_phrase *phrase, char *buf, u32 size)
{
	phrase->at = buf;
	phrase->left = size;
	if (size)
		*buf = '\0';
}

static void put(struct skald_phrase *phrase, char c)
{
	if (phrase->left < 2)
		return;
	*phrase->at++ = c;
	*phrase->at = '\0';
	phrase->left--;
}

void skald_phrase_str(struct skald_phrase *phrase, const char *string)
{
	while (*string)
		put(phrase, *string++);
}

static void put_digits(struct skald_phrase *phrase, u64 number, u32 base,
		       u32 least)
{
	char digits[24];
	u32 n = 0;

	do {
		digits[n++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number || n < least);
	while (n)
		put(phrase, digits[--n]);
}

void skald_phrase_number(struct skald_phrase *phrase, u64 number)
{
	put_digits(phrase, number, 10, 1);
}

void skald_phrase_hex(struct skald_phrase *phrase, u64 number)
{
	skald_phrase_str(phrase, "0x");
	put_digits(phrase, number, 16, 1);
}

static void put_bytes(struct skald_phrase *phrase, const u8 *bytes, u32 len)
{
	u32 i;

	skald_phrase_str(phrase, "0x");
	for (i = 0; i < len; i++)
		put_digits(phrase, bytes[i], 16, 2);
}

static void put_ip(struct skald_phrase *phrase, const u8 *bytes)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		if (i)
			put(phrase, '.');
		skald_phrase_number(phrase, bytes[i]);
	}
}

/* RFC 5952: the longest run of zeros is left out. */
static void put_ip6(struct skald_phrase *phrase, const u8 *bytes)
{
	u32 i, run, best = 8, longest = 1;

	for (i = 0; i < 8; i += run ? run : 1) {
		for (run = 0; i + run < 8; run++) {
			if (get_unaligned_be16(bytes + (i + run) * 2))
				break;
		}
		if (run > longest) {
			longest = run;
			best = i;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == best) {
			skald_phrase_str(phrase, "::");
			i += longest - 1;
			continue;
		}
		if (i && i != best + longest)
			put(phrase, ':');
		put_digits(phrase, get_unaligned_be16(bytes + i * 2), 16, 1);
	}
}

static void put_mac(struct skald_phrase *phrase, const u8 *bytes, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (i)
			put(phrase, ':');
		put_digits(phrase, bytes[i], 16, 2);
	}
}

static void put_string(struct skald_phrase *phrase, const u8 *bytes, u32 len)
{
	u32 i;

	put(phrase, '"');
	for (i = 0; i < len && bytes[i]; i++)
		put(phrase,
		    bytes[i] >= ' ' && bytes[i] < 127 ? (char)bytes[i] : '?');
	put(phrase, '"');
}

static void put_name(struct skald_phrase *phrase, const struct named *names,
		     u64 number)
{
	for (; names->name; names++) {
		if (names->number == number) {
			skald_phrase_str(phrase, names->name);
			return;
		}
	}
	skald_phrase_number(phrase, number);
}

static void put_flags(struct skald_phrase *phrase, const struct named *names,
		      u64 number)
{
	bool is_first = true;

	for (; names->name; names++) {
		if (!(number & names->number))
			continue;
		if (!is_first)
			put(phrase, ',');
		is_first = false;
		skald_phrase_str(phrase, names->name);
		number &= ~(u64)names->number;
	}
	if (!number && !is_first)
		return;
	if (!is_first)
		put(phrase, ',');
	skald_phrase_hex(phrase, number);
}

/* Numbers of up to eight bytes; longer ones are cut. */
static u64 host_number(const u8 *bytes, u32 len)
{
	u64 number = 0;

	len = min_t(u32, len, 8);
	while (len--)
		number = number << 8 | bytes[len];
	return number;
}

static u64 net_number(const u8 *bytes, u32 len)
{
	u64 number = 0;
	u32 i;

	for (i = 0; i < len && i < 8; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* Kinds that are a number with a name. */
static bool put_named(struct skald_phrase *phrase, u8 kind, const u8 *bytes,
		      u32 len)
{
	u64 number = host_number(bytes, len);

	switch (kind) {
	case SKALD_PHRASE_PROTO:
		put_name(phrase, protocols, number);
		return true;
	case SKALD_PHRASE_ETHERTYPE:
		put_name(phrase, ethertypes, net_number(bytes, len));
		return true;
	case SKALD_PHRASE_NFPROTO:
		put_name(phrase, families, number);
		return true;
	case SKALD_PHRASE_CTSTATE:
		put_flags(phrase, ct_states, number);
		return true;
	case SKALD_PHRASE_CTSTATUS:
		put_flags(phrase, ct_status, number);
		return true;
	case SKALD_PHRASE_CTDIR:
		put_name(phrase, directions, number);
		return true;
	case SKALD_PHRASE_PKTTYPE:
		put_name(phrase, pkttypes, number);
		return true;
	case SKALD_PHRASE_FIBTYPE:
		put_name(phrase, fib_types, number);
		return true;
	case SKALD_PHRASE_TCPFLAGS:
		put_flags(phrase, tcp_flags, number);
		return true;
	case SKALD_PHRASE_YES:
		put_name(phrase, answers, number);
		return true;
	default:
		return false;
	}
}

void skald_phrase_value(struct skald_phrase *phrase, u8 kind, const void *bytes,
			u32 len)
{
	if (put_named(phrase, kind, bytes, len))
		return;
	if (kind == SKALD_PHRASE_IP && len == 4)
		put_ip(phrase, bytes);
	else if (kind == SKALD_PHRASE_IP6 && len == 16)
		put_ip6(phrase, bytes);
	else if (kind == SKALD_PHRASE_MAC)
		put_mac(phrase, bytes, len);
	else if (kind == SKALD_PHRASE_STRING)
		put_string(phrase, bytes, len);
	else if (kind == SKALD_PHRASE_NUMBER && len <= 8)
		skald_phrase_number(phrase, host_number(bytes, len));
	else if (kind == SKALD_PHRASE_MARK && len <= 8)
		skald_phrase_hex(phrase, host_number(bytes, len));
	else if (kind == SKALD_PHRASE_BE && len <= 8)
		skald_phrase_number(phrase, net_number(bytes, len));
	else
		put_bytes(phrase, bytes, len);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers and addresses in text.
 */
#include "ct_text.h"

bool skald_text_begins(const u8 *text, u32 len, const char *word)
{
	size_t word_len = strlen(word);

	return len >= word_len &&
	       !strncasecmp((const char *)text, word, word_len);
}

u32 skald_text_number(const u8 *text, u32 len, u32 max, u32 *value)
{
	u64 number = 0;
	u32 i;

	for (i = 0; i < len && skald_text_is_digit(text[i]); i++) {
		number = number * 10 + (u64)(text[i] - '0');
		if (number > max)
			return 0;
	}
	if (i)
		*value = (u32)number;
	return i;
}

static int hex_digit(u8 c)
{
	if (skald_text_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

u32 skald_text_ipv4(const u8 *text, u32 len, u8 *addr)
{
	u8 found[4];
	u32 at = 0, value, digits, i;

	for (i = 0; i < 4; i++) {
		if (i && (at >= len || text[at++] != '.'))
			return 0;
		digits = skald_text_number(text + at, len - at, 255, &value);
		if (!digits)
			return 0;
		found[i] = (u8)value;
		at += digits;
	}
	if (at < len && (text[at] == '.' || hex_digit(text[at]) >= 0))
		return 0;
	memcpy(addr, found, sizeof(found));
	return at;
}

/* One group of at most four hexadecimal digits; 0: none, or more. */
static u32 read_group(const u8 *text, u32 len, u16 *group)
{
	u32 value = 0, i;

	for (i = 0; i < len && hex_digit(text[i]) >= 0; i++) {
		if (i == 4)
			return 0;
		value = value << 4 | (u32)hex_digit(text[i]);
	}
	*group = (u16)value;
	return i;
}

/**
 * struct groups - an IPv6 address being read
 * @bytes: its groups, one behind the other
 * @len: bytes of @bytes that are known
 * @gap: where "::" stood, -1: nowhere
 */
struct groups {
	u8 bytes[16];
	u32 len;
	int gap;
};

/* "::" fills what is missing. */
static bool fill_gap(struct groups *groups, u8 *addr)
{
	u32 tail;

	if (groups->gap < 0) {
		if (groups->len != 16)
			return false;
		memcpy(addr, groups->bytes, 16);
		return true;
	}
	if (groups->len > 14)
		return false;
	tail = groups->len - (u32)groups->gap;
	memset(addr, 0, 16);
	memcpy(addr, groups->bytes, (u32)groups->gap);
	memcpy(addr + 16 - tail, groups->bytes + groups->gap, tail);
	return true;
}

/* The colon or colons before the next group; 0: the address ends here. */
static u32 read_colons(struct groups *groups, const u8 *text, u32 len)
{
	if (!len || text[0] != ':')
		return 0;
	if (len > 1 && text[1] == ':') {
		if (groups->gap >= 0)
			return 0;
		groups->gap = (int)groups->len;
		return 2;
	}
	return groups->len ? 1 : 0;
}

u32 skald_text_ipv6(const u8 *text, u32 len, u8 *addr)
{
	struct groups groups = { .gap = -1 };
	u32 at = 0, n, colons;
	u16 group;

	do {
		colons = read_colons(&groups, text + at, len - at);
		if (at && !colons)
			break;
		at += colons;
		n = groups.len <= 12
			    ? skald_text_ipv4(text + at, len - at,
					      groups.bytes + groups.len)
			    : 0;
		if (n) {
			groups.len += 4;
			at += n;
			break;
		}
		n = read_group(text + at, len - at, &group);
		if (!n) {
			/* "::" may end an address, a lone ":" may not */
			if (colons == 2)
				break;
			return 0;
		}
		put_unaligned_be16(group, groups.bytes + groups.len);
		groups.len += 2;
		at += n;
	} while (groups.len < 16);
	if (at < len &&
	    (text[at] == ':' || text[at] == '.' || hex_digit(text[at]) >= 0))
		return 0;
	return fill_gap(&groups, addr) ? at : 0;
}

u32 skald_text_addr(const u8 *text, u32 len, u8 family, u8 *addr)
{
	u8 found[16] = { 0 };
	u32 n;

	if (family == NFPROTO_IPV4)
		n = skald_text_ipv4(text, len, found);
	else
		n = skald_text_ipv6(text, len, found);
	if (n)
		memcpy(addr, found, sizeof(found));
	return n;
}

int skald_text_put_ipv4(char *buf, size_t size, const u8 *addr)
{
	return snprintf(buf, size, "%u.%u.%u.%u", addr[0], addr[1], addr[2],
			addr[3]);
}

/* The longest run of zero groups, two at least; the first of equal ones. */
static void find_zeros(const u8 *addr, u32 *start, u32 *n)
{
	u32 i, run = 0;

	*start = 8;
	*n = 1;
	for (i = 0; i < 8; i++) {
		run = get_unaligned_be16(addr + 2 * i) ? 0 : run + 1;
		if (run > *n) {
			*n = run;
			*start = i + 1 - run;
		}
	}
}

static int put_short(char *buf, size_t size, const u8 *addr)
{
	u32 start, n, i;
	size_t at = 0;

	find_zeros(addr, &start, &n);
	for (i = 0; i < 8 && at < size; i++) {
		if (i == start) {
			at += (size_t)snprintf(buf + at, size - at,
					       i + n == 8 ? "::" : ":");
			i += n - 1;
			continue;
		}
		at += (size_t)snprintf(buf + at, size - at, "%s%x",
				       i ? ":" : "",
				       get_unaligned_be16(addr + 2 * i));
	}
	return (int)at;
}

int skald_text_put_ipv6(char *buf, size_t size, const u8 *addr, bool full)
{
	if (!full)
		return put_short(buf, size, addr);
	return snprintf(
		buf, size, "%04x:%04x:%04x:%04x:%04x:%04x:%04x:%04x",
		get_unaligned_be16(addr), get_unaligned_be16(addr + 2),
		get_unaligned_be16(addr + 4), get_unaligned_be16(addr + 6),
		get_unaligned_be16(addr + 8), get_unaligned_be16(addr + 10),
		get_unaligned_be16(addr + 12), get_unaligned_be16(addr + 14));
}

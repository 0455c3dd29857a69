// SPDX-License-Identifier: GPL-2.0-only
/* Jenkins' hash: "lookup3.c", May 2006, public domain; hashlittle(). */
#include "jhash.h"

#define START 0xdeadbeefu

static u32 rotate(u32 word, u32 bits)
{
	return ror32(word, 32 - bits);
}

static u32 little(const u8 *bytes, u32 len)
{
	u32 word = 0;

	while (len--)
		word = word << 8 | bytes[len];
	return word;
}

static void mix(u32 *a, u32 *b, u32 *c)
{
	static const u8 turns[] = { 4, 6, 8, 16, 19, 4 };
	u32 *x = a, *y = b, *z = c, *swap, i;

	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		*x -= *z;
		*x ^= rotate(*z, turns[i]);
		*z += *y;
		swap = x;
		x = y;
		y = z;
		z = swap;
	}
}

static void finish(u32 *a, u32 *b, u32 *c)
{
	static const u8 turns[] = { 14, 11, 25, 16, 4, 14, 24 };
	u32 *x = c, *y = b, *z = a, *swap, i;

	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		*x ^= *y;
		*x -= rotate(*y, turns[i]);
		swap = y;
		y = x;
		x = z;
		z = swap;
	}
}

u32 skald_jhash(const void *key, u32 len, u32 seed)
{
	const u8 *at = key;
	u32 a = START + len + seed, b = a, c = a;

	for (; len > 12; at += 12, len -= 12) {
		a += little(at, 4);
		b += little(at + 4, 4);
		c += little(at + 8, 4);
		mix(&a, &b, &c);
	}
	if (!len)
		return c;
	a += little(at, min_t(u32, len, 4));
	if (len > 4)
		b += little(at + 4, min_t(u32, len - 4, 4));
	if (len > 8)
		c += little(at + 8, len - 8);
	finish(&a, &b, &c);
	return c;
}

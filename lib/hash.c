// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fast 64-bit hash for interning: 16 bytes a step through one 64×64 → 128 bit
 * multiplication. Not for untrusted keys in public tables; whoever interns by
 * it compares the bytes as well. The result does not depend on byte order: it
 * is stored.
 */
#include "story.h"

#include <endian.h>
#include <string.h>

/* Odd, about half of the bits set, no pattern: digits of pi, e, sqrt 2. */
#define MIX_A 0x243f6a8885a308d3ull
#define MIX_B 0xb7e151628aed2a6bull
#define MIX_C 0x6a09e667f3bcc909ull

/*
 * Both halves of the product, and the factors again: a factor that happens to
 * be 0 must not swallow the other.
 */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64) ^ a ^ (b << 1);
}

static uint64_t read64(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return le64toh(word);
}

/* Up to eight bytes; the length is mixed in elsewhere. */
static uint64_t read_tail(const uint8_t *bytes, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, bytes, len);
	return le64toh(word);
}

uint64_t skald_hash64(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *at = data;
	uint64_t hash = mix(seed ^ MIX_A, len ^ MIX_B);
	size_t left;

	for (left = len; left >= 16; left -= 16, at += 16)
		hash = mix(read64(at) ^ MIX_B, read64(at + 8) ^ hash);
	if (left >= 8) {
		hash = mix(read64(at) ^ MIX_C, hash ^ MIX_A);
		at += 8;
		left -= 8;
	}
	if (left)
		hash = mix(read_tail(at, left) ^ MIX_A, hash ^ MIX_C);
	return mix(hash ^ MIX_C, MIX_B);
}

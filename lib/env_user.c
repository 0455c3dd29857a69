// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the engine takes from the kernel and a process has to bring itself.
 */
#include "env.h"

#include <endian.h>

struct sip {
	u64 v0, v1, v2, v3;
};

static inline u64 rol64(u64 word, unsigned int shift)
{
	return word << shift | word >> (64 - shift);
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rol64(s->v1, 13) ^ s->v0;
	s->v0 = rol64(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rol64(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rol64(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rol64(s->v1, 17) ^ s->v2;
	s->v2 = rol64(s->v2, 32);
}

static inline void sip_word(struct sip *s, u64 word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

static inline u64 little_endian(const u8 *bytes, size_t len)
{
	u64 word = 0;

	while (len--)
		word = word << 8 | bytes[len];
	return word;
}

/* SipHash-1-3: one round a word, three at the end. */
u32 hsiphash(const void *data, size_t len, const hsiphash_key_t *key)
{
	const u8 *at = data;
	struct sip s = {
		0x736f6d6570736575ULL ^ key->key[0],
		0x646f72616e646f6dULL ^ key->key[1],
		0x6c7967656e657261ULL ^ key->key[0],
		0x7465646279746573ULL ^ key->key[1],
	};
	u64 last = (u64)len << 56;

	for (; len >= 8; at += 8, len -= 8) {
		u64 word;

		memcpy(&word, at, sizeof(word));
		sip_word(&s, le64toh(word));
	}
	sip_word(&s, last | little_endian(at, len));
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	last = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	return (u32)last;
}

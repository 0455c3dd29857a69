/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: elements of a set by the hash of their keys */
#ifndef SKALD_ENGINE_BUCKETS_H
#define SKALD_ENGINE_BUCKETS_H

#include "env.h"
#include "set.h"

/**
 * struct skald_buckets - a hash table of elements, growing
 * @heads: heads, NULL: empty
 * @size: number of them, a power of two, or 0
 * @n: elements
 * @seed: of the hash
 */
struct skald_buckets {
	struct hlist_head *heads;
	u32 size;
	u32 n;
	u64 seed;
};

/* @elem->hash is set. -ENOMEM: there is no table and none can be had */
int skald_buckets_add(struct skald_buckets *buckets,
		      struct skald_vm_elem *elem);
void skald_buckets_remove(struct skald_buckets *buckets,
			  struct skald_vm_elem *elem);
void skald_buckets_done(struct skald_buckets *buckets);

static inline u64 skald_key_mix(u64 a, u64 b)
{
	a ^= b;
	a *= 0x9e3779b97f4a7c15ull;
	return a ^ a >> 29;
}

/**
 * skald_key_hash() - hash of a key
 * @key: its bytes, padded to words with what is always the same
 * @len: bytes
 * @seed: makes it hard to find keys that collide
 */
static inline u32 skald_key_hash(const void *key, u32 len, u64 seed)
{
	const u8 *at = key;
	u64 hash = seed + len, word;

	for (; len > 8; at += 8, len -= 8) {
		memcpy(&word, at, 8);
		hash = skald_key_mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, len);
	hash = skald_key_mix(hash, word);
	hash *= 0xff51afd7ed558ccdull;
	return (u32)(hash >> 32);
}

#endif /* SKALD_ENGINE_BUCKETS_H */

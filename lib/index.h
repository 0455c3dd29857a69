/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: an index: finds entries by a key that the entry itself holds
 *
 * Open addressing, linear probing, grows by doubling; entries are never taken
 * out one by one. The caller hashes the key (skald_hash64() with @seed) and
 * tells whether an entry is the one. @seed is random: keys may come from
 * someone who would like all of them to collide.
 */
#ifndef SKALD_LIB_INDEX_H
#define SKALD_LIB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct skald_index_slot - one place of the table
 * @hash: of the entry's key
 * @entry: the entry, borrowed; NULL: free
 */
struct skald_index_slot {
	uint64_t hash;
	void *entry;
};

/**
 * struct skald_index - a table of borrowed entries
 * @slots: heap
 * @size: how many slots, a power of two, or 0
 * @used: how many hold an entry
 * @seed: start value for hashing keys
 */
struct skald_index {
	struct skald_index_slot *slots;
	size_t size;
	size_t used;
	uint64_t seed;
};

void skald_index_init(struct skald_index *index);
void skald_index_done(struct skald_index *index);
/* Forget all entries; keeps the memory. */
void skald_index_clear(struct skald_index *index);

/* Adds without looking for an equal one. Return: 0 or -ENOMEM */
int skald_index_add(struct skald_index *index, uint64_t hash, void *entry);

/**
 * skald_index_find() - look up
 * @index: the index
 * @hash: of the key
 * @is_key: tells whether an entry has that key
 * @key: for @is_key
 *
 * Return: the slot, whose @entry may be replaced by one with the same key;
 * NULL when there is none. Valid until the next add.
 */
struct skald_index_slot *
skald_index_find(const struct skald_index *index, uint64_t hash,
		 bool (*is_key)(const void *entry, const void *key),
		 const void *key);

#endif /* SKALD_LIB_INDEX_H */

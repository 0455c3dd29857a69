/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what the writer remembers having interned
 *
 * A cache from bytes to row ids, of a fixed number of entries: sets of four,
 * the oldest of a set makes room. It only saves look-ups: forgetting is always
 * allowed.
 */
#ifndef SKALD_LIB_STORE_INTERN_H
#define SKALD_LIB_STORE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#define SKALD_INTERN_WAYS 4

/**
 * struct skald_intern_entry - one thing that has a row
 * @hash: of the key
 * @id: the row, 0: the entry is free
 * @data: the key, then what its owner put behind it
 * @key_len: bytes of the key
 * @extra_len: bytes behind the key
 * @number: for the owner
 * @pending: for the owner: what is not in the file yet
 * @last: for the owner: the last of it
 */
struct skald_intern_entry {
	uint64_t hash;
	int64_t id;
	uint8_t *data;
	uint32_t key_len;
	uint32_t extra_len;
	uint32_t number;
	uint32_t pending;
	uint64_t last;
};

/**
 * struct skald_intern - a cache
 * @entries: @n_sets times SKALD_INTERN_WAYS
 * @n_sets: a power of two
 * @turn: whose turn it is to make room
 */
struct skald_intern {
	struct skald_intern_entry *entries;
	uint32_t n_sets;
	uint32_t turn;
};

int skald_intern_init(struct skald_intern *intern, uint32_t n_sets);
void skald_intern_done(struct skald_intern *intern);
/* Forget everything. */
void skald_intern_clear(struct skald_intern *intern);
/* Forget the rows whose ids are in @ids, which is sorted. */
void skald_intern_forget(struct skald_intern *intern, const int64_t *ids,
			 size_t n_ids);

/* Return: the entry, or NULL: not known */
struct skald_intern_entry *skald_intern_find(struct skald_intern *intern,
					     uint64_t hash, const void *key,
					     size_t key_len);
/* The entry to use for a new key: free, or in use and to be given up. */
struct skald_intern_entry *skald_intern_victim(struct skald_intern *intern,
					       uint64_t hash);
/**
 * struct skald_intern_row - a row to remember
 * @hash: of the key
 * @id: the row's id
 * @key: what finds it
 * @key_len: bytes
 * @extra: what its owner wants to have at hand
 * @extra_len: bytes
 */
struct skald_intern_row {
	uint64_t hash;
	int64_t id;
	const void *key;
	size_t key_len;
	const void *extra;
	size_t extra_len;
};

/**
 * skald_intern_fill() - remember a row
 * @entry: from skald_intern_victim()
 * @row: the row; its bytes are copied
 *
 * Return: 0 or -ENOMEM; then the entry is free.
 */
int skald_intern_fill(struct skald_intern_entry *entry,
		      const struct skald_intern_row *row);

#endif /* SKALD_LIB_STORE_INTERN_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bounded cache from bytes to row ids; used by the store's write path for
 * shapes, flows and addresses.
 */
#include "store_intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void release(struct skald_intern_entry *entry)
{
	free(entry->data);
	memset(entry, 0, sizeof(*entry));
}

static struct skald_intern_entry *set_of(struct skald_intern *intern,
					 uint64_t hash)
{
	/* The high bits: a set must not depend on what chose the hash's low. */
	uint32_t set = (uint32_t)(hash >> 32) & (intern->n_sets - 1);

	return intern->entries + (size_t)set * SKALD_INTERN_WAYS;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int skald_intern_init(struct skald_intern *intern, uint32_t n_sets)
{
	memset(intern, 0, sizeof(*intern));
	intern->entries = calloc((size_t)n_sets * SKALD_INTERN_WAYS,
				 sizeof(*intern->entries));
	if (!intern->entries)
		return -ENOMEM;
	intern->n_sets = n_sets;
	return 0;
}

void skald_intern_done(struct skald_intern *intern)
{
	skald_intern_clear(intern);
	free(intern->entries);
	memset(intern, 0, sizeof(*intern));
}

void skald_intern_clear(struct skald_intern *intern)
{
	for (size_t i = 0; i < (size_t)intern->n_sets * SKALD_INTERN_WAYS; i++)
		if (intern->entries[i].id)
			release(&intern->entries[i]);
}

void skald_intern_forget(struct skald_intern *intern, const int64_t *ids,
			 size_t n_ids)
{
	size_t n = (size_t)intern->n_sets * SKALD_INTERN_WAYS;

	if (!n_ids)
		return;
	for (size_t i = 0; i < n; i++) {
		struct skald_intern_entry *entry = &intern->entries[i];

		if (entry->id &&
		    bsearch(&entry->id, ids, n_ids, sizeof(*ids), compare_ids))
			release(entry);
	}
}

struct skald_intern_entry *skald_intern_find(struct skald_intern *intern,
					     uint64_t hash, const void *key,
					     size_t key_len)
{
	struct skald_intern_entry *set = set_of(intern, hash);

	for (int i = 0; i < SKALD_INTERN_WAYS; i++)
		if (set[i].id && set[i].hash == hash &&
		    set[i].key_len == key_len &&
		    !memcmp(set[i].data, key, key_len))
			return &set[i];
	return NULL;
}

struct skald_intern_entry *skald_intern_victim(struct skald_intern *intern,
					       uint64_t hash)
{
	struct skald_intern_entry *set = set_of(intern, hash);

	for (int i = 0; i < SKALD_INTERN_WAYS; i++)
		if (!set[i].id)
			return &set[i];
	return &set[intern->turn++ % SKALD_INTERN_WAYS];
}

int skald_intern_fill(struct skald_intern_entry *entry,
		      const struct skald_intern_row *row)
{
	uint8_t *data = realloc(entry->data, row->key_len + row->extra_len + 1);

	if (!data) {
		release(entry);
		return -ENOMEM;
	}
	memcpy(data, row->key, row->key_len);
	if (row->extra_len)
		memcpy(data + row->key_len, row->extra, row->extra_len);
	*entry = (struct skald_intern_entry){
		.hash = row->hash,
		.id = row->id,
		.data = data,
		.key_len = row->key_len,
		.extra_len = row->extra_len,
	};
	return 0;
}

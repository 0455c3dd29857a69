// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hash tables of borrowed entries, for rulebooks, snapshots and routers.
 */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define INDEX_MIN 64

void skald_index_init(struct skald_index *index)
{
	memset(index, 0, sizeof(*index));
	/* Early in boot there may be no entropy: then the seed is 0. */
	if (getrandom(&index->seed, sizeof(index->seed), GRND_NONBLOCK) < 0)
		index->seed = 0;
}

void skald_index_done(struct skald_index *index)
{
	free(index->slots);
	memset(index, 0, sizeof(*index));
}

void skald_index_clear(struct skald_index *index)
{
	if (index->used)
		memset(index->slots, 0, index->size * sizeof(*index->slots));
	index->used = 0;
}

static void insert(struct skald_index_slot *slots, size_t size, uint64_t hash,
		   void *entry)
{
	size_t i = hash & (size - 1);

	while (slots[i].entry)
		i = (i + 1) & (size - 1);
	slots[i].hash = hash;
	slots[i].entry = entry;
}

static int grow(struct skald_index *index)
{
	size_t size = index->size ? index->size * 2 : INDEX_MIN;
	struct skald_index_slot *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < index->size; i++) {
		if (index->slots[i].entry)
			insert(slots, size, index->slots[i].hash,
			       index->slots[i].entry);
	}
	free(index->slots);
	index->slots = slots;
	index->size = size;
	return 0;
}

int skald_index_add(struct skald_index *index, uint64_t hash, void *entry)
{
	/* at most three quarters full */
	if (index->used + 1 > index->size / 4 * 3) {
		int err = grow(index);

		if (err)
			return err;
	}
	insert(index->slots, index->size, hash, entry);
	index->used++;
	return 0;
}

struct skald_index_slot *
skald_index_find(const struct skald_index *index, uint64_t hash,
		 bool (*is_key)(const void *entry, const void *key),
		 const void *key)
{
	size_t i = hash & (index->size - 1);

	if (!index->size)
		return NULL;
	for (; index->slots[i].entry; i = (i + 1) & (index->size - 1)) {
		struct skald_index_slot *slot = &index->slots[i];

		if (slot->hash == hash && is_key(slot->entry, key))
			return slot;
	}
	return NULL;
}

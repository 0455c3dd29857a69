// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remembers packed shapes together with a story that has each of them. Used by
 * the teller. A shape is remembered when it is seen for the second time: what
 * never comes again should not cost the unpacking.
 */
#include "shape_memo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SETS 256
#define WAYS 4

/**
 * struct entry - one shape
 * @key: the caller's
 * @hash: skald_hash64() of @shape
 * @shape: bytes, heap; NULL: seen once
 * @shape_len: their length
 * @story: a story of this shape, with strings of its own
 */
struct entry {
	uint64_t key;
	uint64_t hash;
	uint8_t *shape;
	size_t shape_len;
	struct skald_story story;
};

struct skald_shape_memo {
	struct entry entries[SETS][WAYS];
	unsigned int turn;
};

static void release(struct entry *entry)
{
	free(entry->shape);
	skald_story_done(&entry->story);
	memset(entry, 0, sizeof(*entry));
}

struct skald_shape_memo *skald_shape_memo_new(void)
{
	return calloc(1, sizeof(struct skald_shape_memo));
}

void skald_shape_memo_free(struct skald_shape_memo *memo)
{
	unsigned int set, way;

	if (!memo)
		return;
	/* Memory that was never used is not touched. */
	for (set = 0; set < SETS; set++)
		for (way = 0; way < WAYS; way++)
			if (memo->entries[set][way].shape)
				release(&memo->entries[set][way]);
	free(memo);
}

/* NULL is packed as the empty string. */
static bool same_string(const char *a, const char *b)
{
	return a == b || !strcmp(a ? a : "", b ? b : "");
}

static bool same_ending(const struct skald_ending *a,
			const struct skald_ending *b)
{
	return a->kind == b->kind && a->hook == b->hook &&
	       a->family == b->family && a->handle == b->handle &&
	       same_string(a->reason, b->reason) &&
	       same_string(a->table, b->table) &&
	       same_string(a->chain, b->chain) && same_string(a->text, b->text);
}

static bool same_shape(const struct skald_story *a, const struct skald_story *b)
{
	unsigned int i;

	if (a->source != b->source || a->n_events != b->n_events ||
	    !same_string(a->netns, b->netns) || !same_string(a->iif, b->iif) ||
	    !same_string(a->oif, b->oif) ||
	    !same_ending(&a->ending, &b->ending))
		return false;
	for (i = 0; i < a->n_events; i++)
		if (!skald_event_same_path(&a->events[i], &b->events[i]))
			return false;
	return true;
}

static struct entry *find(struct entry *set, uint64_t key,
			  const struct skald_story *story)
{
	unsigned int i;

	for (i = 0; i < WAYS; i++)
		if (set[i].shape && set[i].key == key &&
		    same_shape(&set[i].story, story))
			return &set[i];
	return NULL;
}

/* Without memory it is not remembered, that is all. */
static void keep(struct entry *entry, const struct skald_packed *packed)
{
	entry->shape = malloc(packed->shape_len);
	if (!entry->shape || skald_story_unpack(packed, &entry->story)) {
		release(entry);
		return;
	}
	memcpy(entry->shape, packed->shape, packed->shape_len);
	entry->shape_len = packed->shape_len;
}

static void remember(struct skald_shape_memo *memo, struct entry *set,
		     uint64_t key, const struct skald_packed *packed)
{
	struct entry *entry = NULL;
	unsigned int i;

	for (i = 0; i < WAYS && !entry; i++)
		if (!set[i].shape && set[i].key == key &&
		    set[i].hash == packed->shape_hash)
			entry = &set[i];
	if (entry) {
		keep(entry, packed);
		return;
	}
	entry = &set[memo->turn++ % WAYS];
	release(entry);
	entry->key = key;
	entry->hash = packed->shape_hash;
}

int skald_shape_memo_pack(struct skald_shape_memo *memo, uint64_t key,
			  const struct skald_story *story,
			  struct skald_buffer *shape, struct skald_buffer *own,
			  struct skald_packed *packed)
{
	/* The key's high bits are the best mixed ones of a product. */
	struct entry *set = memo->entries[(key >> 32) % SETS];
	const struct entry *known = find(set, key, story);
	int err;

	shape->len = own->len = 0;
	if (known)
		return skald_story_pack_own(story, known->shape,
					    known->shape_len, known->hash, own,
					    packed);
	err = skald_story_pack(story, shape, own, packed);
	if (!err)
		remember(memo, set, key, packed);
	return err;
}

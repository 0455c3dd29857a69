// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches of items on their way from the reader thread to the writer thread.
 */
#include <stdlib.h>

#include "raw.h"

#define FIRST_ITEMS 64

struct skald_batch *skald_batch_new(void)
{
	return calloc(1, sizeof(struct skald_batch));
}

void skald_batch_free(struct skald_batch *batch)
{
	if (!batch)
		return;
	skald_arena_done(&batch->arena);
	free(batch->items);
	free(batch);
}

struct skald_item *skald_batch_add(struct skald_batch *batch)
{
	struct skald_item *item;

	if (batch->n_items == batch->size) {
		uint32_t size = batch->size ? batch->size * 2 : FIRST_ITEMS;
		struct skald_item *items =
			realloc(batch->items, size * sizeof(*items));

		if (!items)
			return NULL;
		batch->items = items;
		batch->size = size;
	}
	item = &batch->items[batch->n_items++];
	*item = (struct skald_item){ 0 };
	batch->bytes += sizeof(*item);
	return item;
}

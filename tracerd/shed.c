// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the reader does with batches that the writer has no room for.
 */
#include "shed.h"

#include <stdlib.h>
#include <string.h>

static const char too_slow[] = "writer too slow";

void skald_shed_done(struct skald_shed *shed)
{
	skald_batch_free(shed->kept);
	shed->kept = NULL;
}

/* Return: the loss of a namespace that is being counted, or NULL: no memory */
static struct skald_item *loss_of(struct skald_batch *kept, uint32_t netns,
				  uint64_t t_ns)
{
	struct skald_item *item;
	uint32_t i;

	for (i = kept->n_items; i-- > 0;) {
		item = &kept->items[i];
		if (item->type == SKALD_ITEM_LOSS && item->netns == netns &&
		    item->where == too_slow)
			return item;
	}
	item = skald_batch_add(kept);
	if (!item)
		return NULL;
	item->type = SKALD_ITEM_LOSS;
	item->netns = netns;
	item->t_ns = t_ns;
	item->where = too_slow;
	return item;
}

static void keep(struct skald_batch *kept, const struct skald_item *item)
{
	struct skald_item *copy = skald_batch_add(kept);

	if (!copy)
		return;
	*copy = *item;
	if (item->process)
		copy->process = skald_arena_strndup(&kept->arena, item->process,
						    strlen(item->process));
}

/* Count one story. Return: events counted */
static uint64_t shed_story(struct skald_shed *shed,
			   const struct skald_item *item)
{
	struct skald_item *loss = loss_of(shed->kept, item->netns, item->t_ns);

	shed->stories++;
	if (!loss)
		return 0;
	loss->count += item->story->n_events;
	return item->story->n_events;
}

void skald_shed_batch(struct skald_shed *shed, struct skald_batch *batch)
{
	const struct skald_item *last = NULL;
	struct skald_item *loss;
	uint64_t counted = 0;
	uint32_t i;

	if (!shed->kept)
		shed->kept = skald_batch_new();
	if (!shed->kept) {
		skald_batch_free(batch);
		return;
	}
	for (i = 0; i < batch->n_items; i++) {
		const struct skald_item *item = &batch->items[i];

		if (item->type == SKALD_ITEM_STORY) {
			counted += shed_story(shed, item);
			last = item;
		} else {
			keep(shed->kept, item);
		}
	}
	shed->events += batch->n_events;
	/* Messages of our own chains are in no story, but were sent as well. */
	if (last && batch->n_events > counted) {
		loss = loss_of(shed->kept, last->netns, last->t_ns);
		if (loss)
			loss->count += batch->n_events - counted;
	}
	skald_batch_free(batch);
}

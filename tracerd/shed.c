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

static void shed_story(struct skald_shed *shed, const struct skald_item *item)
{
	struct skald_item *loss = loss_of(shed->kept, item->netns, item->t_ns);

	shed->stories++;
	shed->events += item->story->n_messages;
	if (loss)
		loss->count += item->story->n_messages;
}

void skald_shed_batch(struct skald_shed *shed, struct skald_batch *batch)
{
	uint32_t i;

	if (!shed->kept)
		shed->kept = skald_batch_new();
	for (i = 0; shed->kept && i < batch->n_items; i++) {
		if (batch->items[i].type == SKALD_ITEM_STORY)
			shed_story(shed, &batch->items[i]);
		else
			keep(shed->kept, &batch->items[i]);
	}
	skald_batch_free(batch);
}

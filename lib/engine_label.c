// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labels of connections, which only rules set and ask for: beside the entries,
 * as few connections have any. A connection's id is never used again.
 */
#include "engine_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "story.h"

#define LABEL_BYTES 16

struct labels {
	uint64_t id;
	uint8_t bits[LABEL_BYTES];
};

static bool is_id(const void *entry, const void *key)
{
	return ((const struct labels *)entry)->id == *(const uint64_t *)key;
}

static struct labels *find(const struct skald_engine *engine, uint64_t id)
{
	struct skald_index_slot *slot;
	uint64_t hash = skald_hash64(&id, sizeof(id), engine->labels.seed);

	if (!engine->labels.used)
		return NULL;
	slot = skald_index_find(&engine->labels, hash, is_id, &id);
	return slot ? slot->entry : NULL;
}

/* nf_connlabels_replace() with the value as its own mask */
int skald_engine_label(struct skald_engine *engine, const struct skald_ct *ct,
		       const uint8_t *bits)
{
	struct labels *labels = find(engine, ct->id);

	if (!labels) {
		labels = calloc(1, sizeof(*labels));
		if (!labels)
			return -ENOMEM;
		labels->id = ct->id;
		if (skald_index_add(&engine->labels,
				    skald_hash64(&labels->id,
						 sizeof(labels->id),
						 engine->labels.seed),
				    labels)) {
			free(labels);
			return -ENOMEM;
		}
	}
	for (int i = 0; i < LABEL_BYTES; i++)
		labels->bits[i] |= bits[i];
	return 0;
}

void skald_engine_labels_of(const struct skald_engine *engine,
			    const struct skald_ct *ct, uint8_t *bits)
{
	const struct labels *labels = find(engine, ct->id);

	if (labels)
		memcpy(bits, labels->bits, LABEL_BYTES);
	else
		memset(bits, 0, LABEL_BYTES);
}

void skald_engine_labels_free(struct skald_engine *engine)
{
	for (size_t i = 0; i < engine->labels.size; i++)
		free(engine->labels.slots[i].entry);
	skald_index_done(&engine->labels);
}

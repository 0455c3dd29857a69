// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closing stories, and counting what no story will have.
 */
#include "assembler_priv.h"

#include <errno.h>
#include <string.h>

/* After a loss the rest of packets whose beginning was lost still comes. */
#define TAIL_NS 100000000ull

/* A copy of the story in the batch. Return: NULL when there is no memory */
static struct skald_raw_story *copy_story(struct skald_batch *batch,
					  const struct skald_raw_story *raw)
{
	size_t events = raw->n_events * sizeof(*raw->events);
	size_t snaps = raw->n_snaps * sizeof(*raw->snaps);
	struct skald_raw_story *copy;
	size_t size = sizeof(*copy) + events + snaps + raw->n_bytes;

	/* records first behind the struct: they are aligned for 8 */
	copy = skald_arena_alloc(&batch->arena, size);
	if (!copy)
		return NULL;
	*copy = *raw;
	copy->records = (void *)(copy + 1);
	copy->events = (void *)(copy->records + raw->n_bytes);
	copy->snaps = (void *)((char *)copy->events + events);
	if (raw->n_bytes)
		memcpy((void *)(copy + 1), raw->records, raw->n_bytes);
	if (raw->n_events)
		memcpy(copy->events, raw->events, events);
	if (raw->n_snaps)
		memcpy(copy->snaps, raw->snaps, snaps);
	batch->bytes += size;
	return copy;
}

void skald_assembler_count_lost(struct skald_assembler *assembler,
				uint32_t netns, uint64_t count,
				const char *where, uint64_t now_ns)
{
	struct skald_batch *batch = assembler->batch;
	struct skald_item *item = NULL;

	if (batch && batch->n_items)
		item = &batch->items[batch->n_items - 1];
	if (!item || item->type != SKALD_ITEM_LOSS || item->netns != netns ||
	    item->where != where)
		item = skald_assembler_item(assembler, SKALD_ITEM_LOSS, netns,
					    now_ns);
	if (!item)
		return;
	item->count += count;
	item->where = where;
}

/* A packet that leaves is remembered: it may come again. */
static void note_packet(struct skald_assembler *assembler,
			const struct skald_open *story, uint64_t now_ns)
{
	const struct skald_raw_story *raw = &story->raw;
	struct skald_kin_entry entry = {
		.key = skald_kin_packet_key(raw->netns,
					    &raw->snaps[raw->n_snaps - 1]),
		.serial = raw->serial,
		.t_ns = now_ns,
		.hook = story->hook,
		.family = raw->events[raw->n_events - 1].step->family,
	};

	skald_kin_note(&assembler->packets, &entry);
}

void skald_assembler_put(struct skald_assembler *assembler,
			 const struct skald_raw_story *raw, uint64_t now_ns)
{
	struct skald_item *item = skald_assembler_item(
		assembler, SKALD_ITEM_STORY, raw->netns, now_ns);

	if (item)
		item->story = copy_story(assembler->batch, raw);
	if (item && item->story) {
		assembler->batch->n_events += raw->n_messages;
		assembler->stats.stories++;
		return;
	}
	if (item)
		assembler->batch->n_items--;
	skald_assembler_count_lost(assembler, raw->netns, raw->n_messages,
				   "no memory", now_ns);
}

void skald_assembler_end(struct skald_assembler *assembler,
			 struct skald_open *story, enum skald_raw_end end,
			 uint64_t now_ns)
{
	story->raw.end = end;
	note_packet(assembler, story, now_ns);
	skald_assembler_put(assembler, &story->raw, now_ns);
	skald_open_remove(&assembler->open, story);
}

static uint64_t deadline(const struct skald_assembler *assembler,
			 const struct skald_open *story)
{
	return story->last_ns + (story->is_queued ? assembler->config.queue_ns
						  : assembler->config.idle_ns);
}

/* What a story that just went silent is taken for. */
static enum skald_raw_end silent_end(const struct skald_open *story)
{
	if (story->is_queued)
		return SKALD_RAW_QUEUED;
	return story->is_bridged ? SKALD_RAW_LAST : SKALD_RAW_IDLE;
}

uint64_t skald_assembler_tick(struct skald_assembler *assembler,
			      uint64_t now_ns)
{
	struct skald_open *story = assembler->open.oldest, *next;
	uint64_t soonest = 0;

	for (; story; story = next) {
		uint64_t due = deadline(assembler, story);

		next = story->newer;
		if (due <= now_ns) {
			skald_assembler_end(assembler, story, silent_end(story),
					    now_ns);
			continue;
		}
		if (!soonest || due < soonest)
			soonest = due;
		/* the others are younger, and only queued ones wait longer */
		if (!story->is_queued)
			break;
	}
	return soonest;
}

void skald_assembler_close(struct skald_assembler *assembler, uint32_t netns,
			   uint64_t now_ns)
{
	struct skald_open *story = assembler->open.oldest, *next;

	for (; story; story = next) {
		next = story->newer;
		if (netns == UINT32_MAX || story->raw.netns == netns)
			skald_assembler_end(assembler, story,
					    story->is_bridged
						    ? SKALD_RAW_LAST
						    : SKALD_RAW_CLOSED,
					    now_ns);
	}
}

int skald_assembler_lost(struct skald_assembler *assembler, uint32_t netns,
			 uint64_t count, const char *where, uint64_t now_ns)
{
	struct skald_assembler_space *known =
		skald_assembler_space_of(assembler, netns);
	struct skald_open *story = assembler->open.oldest, *next;

	if (!known)
		return -ENOMEM;
	known->tail_until_ns = now_ns + TAIL_NS;
	for (; story; story = next) {
		next = story->newer;
		if (story->raw.netns != netns)
			continue;
		story->raw.was_lossy = true;
		story->raw.lost = count;
		skald_assembler_end(assembler, story, SKALD_RAW_LOST, now_ns);
	}
	skald_assembler_count_lost(assembler, netns, count, where, now_ns);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assembler's table of open stories. Closed ones are kept as spares: their
 * arrays have the right size for the next packet.
 */
#include "open_stories.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_EVENTS 32
#define FIRST_SNAPS 8
#define MIN_BUCKETS 1024

int skald_open_stories_init(struct skald_open_stories *stories, uint32_t max)
{
	uint32_t size = MIN_BUCKETS;

	while (size < max)
		size *= 2;
	*stories = (struct skald_open_stories){ .size = size };
	stories->buckets = calloc(size, sizeof(struct skald_open *));
	return stories->buckets ? 0 : -ENOMEM;
}

static void open_free(struct skald_open *story)
{
	free(story->raw.events);
	free(story->raw.snaps);
	free(story);
}

void skald_open_stories_done(struct skald_open_stories *stories)
{
	struct skald_open *story;

	while ((story = stories->oldest)) {
		stories->oldest = story->newer;
		open_free(story);
	}
	while ((story = stories->spare)) {
		stories->spare = story->chain;
		open_free(story);
	}
	free(stories->buckets);
	*stories = (struct skald_open_stories){ 0 };
}

static struct skald_open **bucket(const struct skald_open_stories *stories,
				  uint32_t netns, uint32_t trace_id)
{
	/* trace ids are the output of siphash: nothing to mix */
	return &stories->buckets[(trace_id ^ netns) & (stories->size - 1)];
}

static bool is(const struct skald_open *story, uint32_t netns,
	       uint32_t trace_id)
{
	return story->raw.trace_id == trace_id && story->raw.netns == netns;
}

struct skald_open *skald_open_find(const struct skald_open_stories *stories,
				   uint32_t netns, uint32_t trace_id)
{
	struct skald_open *story = stories->newest;

	/* A packet's messages come in a row, mostly. */
	if (story && is(story, netns, trace_id))
		return story;
	story = *bucket(stories, netns, trace_id);
	while (story && !is(story, netns, trace_id))
		story = story->chain;
	return story;
}

static void link_newest(struct skald_open_stories *stories,
			struct skald_open *story)
{
	story->newer = NULL;
	story->older = stories->newest;
	if (stories->newest)
		stories->newest->newer = story;
	else
		stories->oldest = story;
	stories->newest = story;
}

static void unlink_age(struct skald_open_stories *stories,
		       struct skald_open *story)
{
	if (story->older)
		story->older->newer = story->newer;
	else
		stories->oldest = story->newer;
	if (story->newer)
		story->newer->older = story->older;
	else
		stories->newest = story->older;
}

/* A spare with its arrays, or a fresh one. */
static struct skald_open *take_spare(struct skald_open_stories *stories)
{
	struct skald_open *story = stories->spare;
	struct skald_open kept = { 0 };

	if (!story)
		return calloc(1, sizeof(*story));
	stories->spare = story->chain;
	kept.raw.events = story->raw.events;
	kept.raw.snaps = story->raw.snaps;
	kept.size_events = story->size_events;
	kept.size_snaps = story->size_snaps;
	*story = kept;
	return story;
}

struct skald_open *skald_open_add(struct skald_open_stories *stories,
				  uint32_t netns, uint32_t trace_id,
				  uint64_t now_ns)
{
	struct skald_open **head = bucket(stories, netns, trace_id);
	struct skald_open *story = take_spare(stories);

	if (!story)
		return NULL;
	story->raw.netns = netns;
	story->raw.trace_id = trace_id;
	/* messages read at once have one time; packets came in an order */
	if (now_ns <= stories->last_start_ns)
		stories->last_start_ns++;
	else
		stories->last_start_ns = now_ns;
	story->raw.start_ns = stories->last_start_ns;
	story->last_ns = now_ns;
	story->chain = *head;
	*head = story;
	link_newest(stories, story);
	stories->n++;
	return story;
}

void skald_open_remove(struct skald_open_stories *stories,
		       struct skald_open *story)
{
	struct skald_open **at =
		bucket(stories, story->raw.netns, story->raw.trace_id);

	while (*at != story)
		at = &(*at)->chain;
	*at = story->chain;
	unlink_age(stories, story);
	stories->n--;
	story->chain = stories->spare;
	stories->spare = story;
}

void skald_open_touch(struct skald_open_stories *stories,
		      struct skald_open *story, uint64_t now_ns)
{
	story->last_ns = now_ns;
	if (stories->newest == story)
		return;
	unlink_age(stories, story);
	link_newest(stories, story);
}

/* Room for one more element of an array. Return: the array or NULL */
static void *grow(void *array, uint32_t n, uint32_t *size, uint32_t first,
		  size_t element)
{
	uint32_t wanted = *size ? *size * 2 : first;
	void *grown;

	if (n < *size)
		return array;
	if (n >= SKALD_STORY_EVENTS)
		return NULL;
	grown = realloc(array, wanted * element);
	if (grown)
		*size = wanted;
	return grown;
}

struct skald_raw_event *skald_open_event(struct skald_open *story)
{
	struct skald_raw_event *events =
		grow(story->raw.events, story->raw.n_events,
		     &story->size_events, FIRST_EVENTS, sizeof(*events));

	if (!events)
		return NULL;
	story->raw.events = events;
	events += story->raw.n_events++;
	memset(events, 0, sizeof(*events));
	return events;
}

struct skald_snap *skald_open_snap(struct skald_open *story)
{
	struct skald_snap *snaps =
		grow(story->raw.snaps, story->raw.n_snaps, &story->size_snaps,
		     FIRST_SNAPS, sizeof(*snaps));

	if (!snaps)
		return NULL;
	story->raw.snaps = snaps;
	snaps += story->raw.n_snaps++;
	memset(snaps, 0, sizeof(*snaps));
	return snaps;
}

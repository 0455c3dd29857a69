/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store in a directory of its own, and stories to fill it with.
 */
#ifndef SKALD_TEST_SCRATCH_STORE_H
#define SKALD_TEST_SCRATCH_STORE_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample_story.h"
#include "store.h"

#define SCRATCH_START_NS 1700000000000000000ull
#define SCRATCH_SECOND_NS 1000000000ull

static char scratch_dir[64];
static char scratch_path[96];

static inline void scratch_make(void)
{
	strcpy(scratch_dir, "/tmp/skald-test-XXXXXX");
	cr_assert_not_null(mkdtemp(scratch_dir));
	snprintf(scratch_path, sizeof(scratch_path), "%s/skald.db",
		 scratch_dir);
}

static inline int scratch_remove_one(const char *path, const struct stat *st,
				     int type, struct FTW *ftw)
{
	(void)remove(path);
	return 0;
}

static inline void scratch_remove(void)
{
	(void)nftw(scratch_dir, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct skald_store *scratch_open(enum skald_store_mode mode)
{
	struct skald_error error = { 0 };
	struct skald_store *store = NULL;

	cr_assert_eq(skald_store_open(scratch_path, mode, &store, &error), 0,
		     "%s", error.text);
	return store;
}

static inline void scratch_begin(struct skald_store *store)
{
	struct skald_error error = { 0 };

	cr_assert_eq(skald_store_begin(store, &error), 0, "%s", error.text);
}

static inline void scratch_commit(struct skald_store *store)
{
	struct skald_error error = { 0 };

	cr_assert_eq(skald_store_commit(store, &error), 0, "%s", error.text);
}

/* Return: id of the story */
static inline uint64_t scratch_add(struct skald_store *store,
				   const struct skald_story *story)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_error error = { 0 };
	struct skald_packed packed;

	cr_assert_eq(skald_story_pack(story, &shape, &own, &packed), 0);
	cr_assert_eq(skald_store_add(store, &packed, NULL, &error), 0, "%s",
		     error.text);
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
	return packed.id;
}

/*
 * The sample story, varied: source address 10.1.<n / 250>.<n % 250>, source
 * port 20000 + n, started n seconds after SCRATCH_START_NS; every fourth is
 * sent instead of dropped, every seventh has a gap.
 */
static inline void scratch_story(struct skald_story *story, unsigned int n)
{
	uint16_t port = 20000 + n;
	uint64_t shift_ns;

	sample_story(story);
	shift_ns = SCRATCH_START_NS + n * SCRATCH_SECOND_NS - story->start_ns;
	story->start_ns += shift_ns;
	story->end_ns += shift_ns;
	for (unsigned int i = 0; i < story->n_events; i++)
		story->events[i].t_ns += shift_ns;
	story->first.nh[14] = story->last.nh[14] = n / 250;
	story->first.nh[15] = story->last.nh[15] = n % 250;
	story->first.nh[20] = story->last.nh[20] = port >> 8;
	story->first.nh[21] = story->last.nh[21] = port & 0xff;
	memcpy(story->first.th, story->first.nh + 20, 4);
	memcpy(story->last.th, story->last.nh + 20, 4);
	skald_packet_parse(&story->first, &story->packet);
	skald_packet_parse(&story->last, &story->final);
	story->complete = n % 7 != 6;
	if (n % 4)
		return;
	story->n_events--;
	story->events[story->n_events - 1].ev_rule.verdict =
		SKALD_VERDICT_ACCEPT;
	story->oif = "eth1";
	story->ending = (struct skald_ending){ .kind = SKALD_ENDING_SENT };
}

static inline uint64_t scratch_add_nth(struct skald_store *store,
				       unsigned int n)
{
	struct skald_story story;
	uint64_t id;

	scratch_story(&story, n);
	id = scratch_add(store, &story);
	skald_story_done(&story);
	return id;
}

/* Stories @from .. @to - 1, in transactions of a hundred. */
static inline void scratch_fill(struct skald_store *store, unsigned int from,
				unsigned int to)
{
	while (from < to) {
		unsigned int end = from + 100 < to ? from + 100 : to;

		scratch_begin(store);
		for (; from < end; from++)
			(void)scratch_add_nth(store, from);
		scratch_commit(store);
	}
}

/**
 * struct scratch_ids - ids that a list gave
 */
struct scratch_ids {
	uint64_t ids[20000];
	size_t n;
	size_t most;
};

static inline bool scratch_take_id(void *user, const struct skald_story *story)
{
	struct scratch_ids *list = user;

	cr_assert_lt(list->n, sizeof(list->ids) / sizeof(*list->ids));
	list->ids[list->n++] = story->id;
	return !list->most || list->n < list->most;
}

static inline void scratch_list(struct skald_store *store,
				const struct skald_list_query *query,
				struct scratch_ids *list)
{
	struct skald_error error = { 0 };

	list->n = 0;
	cr_assert_eq(skald_store_list(store, query, scratch_take_id, list,
				      &error),
		     0, "%s", error.text);
}

static inline uint64_t scratch_count(struct skald_store *store)
{
	struct skald_store_summary summary;

	cr_assert_eq(skald_store_summary(store, &summary, NULL), 0);
	return summary.stories;
}

#endif /* SKALD_TEST_SCRATCH_STORE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store in a directory of its own, and stories to fill it with.
 */
#ifndef SKALD_TEST_SCRATCH_STORE_H
#define SKALD_TEST_SCRATCH_STORE_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
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

/* ---- filters ---- */

static inline struct skald_filter *scratch_compile(const char *text)
{
	struct skald_error error = { 0 };
	struct skald_filter *filter = NULL;

	cr_assert_eq(skald_filter_compile(text, &filter, &error), 0, "%s: %s",
		     text, error.text);
	return filter;
}

static inline void scratch_list_text(struct skald_store *store,
				     const char *text,
				     struct skald_list_query query,
				     struct scratch_ids *list)
{
	struct skald_filter *filter = scratch_compile(text);

	query.filter = filter;
	scratch_list(store, &query, list);
	skald_filter_free(filter);
}

/* ---- generations ---- */

static inline void scratch_ruleset(struct skald_ruleset *ruleset,
				   uint32_t generation, unsigned int n_rules,
				   unsigned int special)
{
	struct skald_buffer text = { 0 };
	char line[96];

	memset(ruleset, 0, sizeof(*ruleset));
	ruleset->generation = generation;
	ruleset->rules = skald_arena_alloc(&ruleset->arena,
					   n_rules * sizeof(*ruleset->rules));
	for (unsigned int i = 0; i < n_rules; i++) {
		struct skald_rule *rule = &ruleset->rules[i];

		rule->family = SKALD_FAMILY_INET;
		rule->table = "filter";
		rule->chain = "forward";
		rule->handle = i + 1;
		rule->text =
			skald_arena_printf(&ruleset->arena, "tcp dport %u %s",
					   i, i == special ? "drop" : "accept");
		snprintf(line, sizeof(line), "\t\t%s # handle %u\n", rule->text,
			 i + 1);
		skald_buffer_put(&text, line, strlen(line));
	}
	ruleset->n_rules = n_rules;
	skald_buffer_put_u8(&text, '\0');
	ruleset->text = skald_arena_strndup(&ruleset->arena, (char *)text.data,
					    text.len);
	ruleset->iptables = "*filter\nCOMMIT\n";
	ruleset->legacy = "ip nat";
	skald_buffer_done(&text);
}

static inline void scratch_add_ruleset(struct skald_store *store,
				       const struct skald_ruleset *ruleset,
				       uint64_t t_ns)
{
	const struct skald_load load = { "router", t_ns, 991, "ufw" };
	struct skald_error error = { 0 };

	scratch_begin(store);
	cr_assert_eq(skald_store_add_ruleset(store, ruleset, &load, &error), 0,
		     "%s", error.text);
	scratch_commit(store);
}

/* ---- plain SQL ---- */

static inline int64_t scratch_number(const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t number;
	sqlite3 *db;

	cr_assert_eq(sqlite3_open_v2(scratch_path, &db, SQLITE_OPEN_READONLY,
				     NULL),
		     SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK,
		     "%s: %s", sql, sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sql);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return number;
}

static inline void scratch_assert_text(const char *sql, const char *expected)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	cr_assert_eq(sqlite3_open_v2(scratch_path, &db, SQLITE_OPEN_READONLY,
				     NULL),
		     SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK,
		     "%s: %s", sql, sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sql);
	cr_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), expected,
			 "%s: %s", sql, sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

#endif /* SKALD_TEST_SCRATCH_STORE_H */

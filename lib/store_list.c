// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of stories. There are three ways to find the stories of a filter:
 *
 *   by flow   when the filter says something about addresses or ports that few
 *             flows satisfy
 *   by shape  when it says something about the path that few stories satisfy
 *   scan      from the newest (or oldest) on, until enough are found
 *
 * The first two know all stories but the newest few thousand, the tail (see
 * store_posting.c), which is always scanned. Whichever is taken, the whole
 * filter is then asked of every story found.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter_internal.h"

/* More keys than this are no short cut. */
#define KEYS_MAX 4096

#define STORY_COLUMNS                                                     \
	"SELECT s.id, s.start_ns, s.duration_ns, s.shape, s.generation, " \
	"s.complete, s.pinned, s.own FROM "

/**
 * struct taker - who takes the stories
 * @each: as of skald_store_list()
 * @user: for @each
 * @given: stories given
 * @is_done: @each wants no more
 */
struct taker {
	bool (*each)(void *user, const struct skald_story *story);
	void *user;
	uint64_t given;
	bool is_done;
};

static uint64_t at_most(uint64_t number, uint64_t most)
{
	return number < most ? number : most;
}

static int prepare_keys(struct skald_store *store,
			const struct skald_filter *filter, enum skald_sql_of of,
			sqlite3_stmt **stmt, struct skald_error *error)
{
	bool is_shape = of == SKALD_SQL_SHAPE;
	char *sql;
	int err;

	if (asprintf(&sql, "SELECT d.id, %s FROM %s AS d WHERE %s LIMIT %d",
		     is_shape ? "d.stories" : "0", is_shape ? "shape" : "flow",
		     skald_filter_sql_of(filter, of), KEYS_MAX + 1) < 0)
		return skald_error_set(error, ENOMEM, "out of memory");
	err = skald_store_borrow(store, sql, stmt, error);
	free(sql);
	if (err)
		return err;
	err = skald_filter_bind_of(filter, of, *stmt, 1);
	if (err < 0) {
		skald_store_give_back(store, *stmt);
		return skald_error_set(error, -err, "cannot bind the filter");
	}
	return 0;
}

/*
 * Fill the merge with the shapes or flows of the filter.
 * Return: 1 when they are a short cut, 0 when not, -errno
 */
static int find_keys(struct skald_store *store,
		     const struct skald_filter *filter, enum skald_sql_of of,
		     struct skald_merge *merge, int64_t *stories,
		     struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	*stories = 0;
	err = prepare_keys(store, filter, of, &stmt, error);
	if (err)
		return err;
	while ((err = skald_store_step(store, stmt, "cannot search", error)) >
	       0) {
		*stories += sqlite3_column_int64(stmt, 1);
		if (skald_merge_add(merge, sqlite3_column_int64(stmt, 0)) < 0) {
			err = skald_error_set(error, ENOMEM, "out of memory");
			break;
		}
	}
	skald_store_give_back(store, stmt);
	if (err < 0)
		return err;
	return merge->n_keys <= KEYS_MAX;
}

static int find_flows(struct skald_store *store,
		      const struct skald_filter *filter,
		      struct skald_merge *merge, struct skald_error *error)
{
	int64_t stories;
	int ret;

	ret = find_keys(store, filter, SKALD_SQL_FLOW, merge, &stories, error);
	if (ret > 0)
		merge->which = merge->is_down ? SKALD_STORE_FLOW_ROWS_DOWN
					      : SKALD_STORE_FLOW_ROWS;
	else
		skald_merge_done(merge);
	return ret;
}

static int find_shapes(struct skald_store *store,
		       const struct skald_filter *filter,
		       struct skald_merge *merge, struct skald_error *error)
{
	int64_t stories, all;
	int ret;

	ret = find_keys(store, filter, SKALD_SQL_SHAPE, merge, &stories, error);
	if (ret > 0) {
		int err = skald_store_number(
			store, "SELECT coalesce(sum(stories), 0) FROM shape",
			&all, error);

		/* When every other story fits, any way finds them. */
		ret = err ? err : stories <= all / 2;
	}
	if (ret > 0)
		merge->which = merge->is_down ? SKALD_STORE_SHAPE_ROWS_DOWN
					      : SKALD_STORE_SHAPE_ROWS;
	else
		skald_merge_done(merge);
	return ret;
}

/* Return: 1 when the merge is to be used, 0 to scan, -errno */
static int choose(struct skald_store *store,
		  const struct skald_list_query *query,
		  struct skald_merge *merge, struct skald_error *error)
{
	const struct skald_filter *filter = query->filter;
	struct skald_merge fresh = {
		.store = store,
		.after = query->after,
		.before = query->before,
		.is_down = !query->oldest_first,
	};
	int ret = 0;

	if (filter && filter->drives & SKALD_NEEDS_FLOW) {
		*merge = fresh;
		ret = find_flows(store, filter, merge, error);
	}
	if (!ret && filter && filter->drives & SKALD_NEEDS_SHAPE) {
		*merge = fresh;
		ret = find_shapes(store, filter, merge, error);
	}
	return ret;
}

static int prepare_list(struct skald_store *store,
			const struct skald_list_query *query, bool is_merge,
			sqlite3_stmt **stmt, struct skald_error *error)
{
	const char *order = query->oldest_first ? "ASC" : "DESC";
	char *sql;
	int err;

	if (asprintf(&sql,
		     STORY_COLUMNS "%s WHERE %s AND s.id > :after "
				   "AND s.id < :before ORDER BY %s %s "
				   "LIMIT :limit",
		     is_merge ? "skald_merge(?1) AS m CROSS JOIN story AS s "
				"ON s.id = m.id"
			      : "story AS s",
		     query->filter ? skald_filter_sql(query->filter) : "1",
		     is_merge ? "m.id" : "s.id", order) < 0)
		return skald_error_set(error, ENOMEM, "out of memory");
	err = skald_store_borrow(store, sql, stmt, error);
	free(sql);
	return err;
}

static void bind_name(sqlite3_stmt *stmt, const char *name, int64_t number)
{
	sqlite3_bind_int64(stmt, sqlite3_bind_parameter_index(stmt, name),
			   number);
}

static int bind_list(const struct skald_list_query *query,
		     struct skald_merge *merge, sqlite3_stmt *stmt)
{
	int first = 1;
	int err;

	if (merge)
		sqlite3_bind_pointer(stmt, first++, merge, SKALD_MERGE_POINTER,
				     NULL);
	bind_name(stmt, ":after", query->after);
	bind_name(stmt, ":before", query->before);
	bind_name(stmt, ":limit", query->limit ? (int64_t)query->limit : -1);
	if (!query->filter)
		return 0;
	err = skald_filter_bind(query->filter, stmt, first);
	return err < 0 ? err : 0;
}

static int give(struct skald_store *store, sqlite3_stmt *stmt,
		struct taker *taker, struct skald_error *error)
{
	struct skald_store_telling telling = { 0 };
	int err = 0;

	while (!taker->is_done &&
	       (err = skald_store_step(store, stmt, "cannot list", error)) >
		       0) {
		err = skald_store_tell_next(store, stmt, &telling, error);
		if (err)
			break;
		taker->given++;
		taker->is_done = !taker->each(taker->user, &telling.story);
	}
	skald_store_telling_done(&telling);
	return taker->is_done ? 0 : err;
}

/* One part of a list: by the merge, or a scan. */
static int list_part(struct skald_store *store,
		     const struct skald_list_query *asked,
		     struct skald_merge *merge, struct taker *taker,
		     struct skald_error *error)
{
	struct skald_list_query query = *asked;
	sqlite3_stmt *stmt = NULL;
	int err;

	if (taker->is_done || (query.limit && taker->given >= query.limit))
		return 0;
	if (query.limit)
		query.limit -= taker->given;
	err = prepare_list(store, &query, merge != NULL, &stmt, error);
	if (err)
		return err;
	err = bind_list(&query, merge, stmt);
	if (err)
		err = skald_error_set(error, -err, "cannot bind the filter");
	else
		err = give(store, stmt, taker, error);
	skald_store_give_back(store, stmt);
	return err;
}

/* The tail is newer than all that the merge knows. */
static int list_merged(struct skald_store *store,
		       const struct skald_list_query *query,
		       struct skald_merge *merge, struct taker *taker,
		       struct skald_error *error)
{
	struct skald_list_query old = *query, tail = *query;
	int64_t indexed;
	int err;

	err = skald_store_number(store, "SELECT indexed_id FROM meta", &indexed,
				 error);
	if (err)
		return err;
	old.before = at_most(old.before, indexed + 1);
	if (tail.after < (uint64_t)indexed)
		tail.after = indexed;
	merge->before = old.before;
	if (query->oldest_first)
		return list_part(store, &old, merge, taker, error)
			       ?: list_part(store, &tail, NULL, taker, error);
	return list_part(store, &tail, NULL, taker, error)
		       ?: list_part(store, &old, merge, taker, error);
}

static int list(struct skald_store *store, const struct skald_list_query *query,
		struct taker *taker, struct skald_error *error)
{
	struct skald_merge merge = { 0 };
	int err = choose(store, query, &merge, error);

	/* Without a shape or flow that fits there is no story that does. */
	if (err > 0 && !merge.n_keys)
		err = 0;
	else if (err > 0)
		err = list_merged(store, query, &merge, taker, error);
	else if (!err)
		err = list_part(store, query, NULL, taker, error);
	skald_merge_done(&merge);
	return err;
}

int skald_store_list(struct skald_store *store,
		     const struct skald_list_query *query,
		     bool (*each)(void *user, const struct skald_story *story),
		     void *user, struct skald_error *error)
{
	struct taker taker = { .each = each, .user = user };
	struct skald_list_query within = *query;
	int begun, err;

	/* SQLite's integers have a sign. */
	within.before = at_most(within.before ?: INT64_MAX, INT64_MAX);
	within.after = at_most(within.after, INT64_MAX);
	within.limit = at_most(within.limit, INT64_MAX);
	begun = skald_store_snapshot(store, error);
	if (begun < 0)
		return begun;
	err = list(store, &within, &taker, error);
	if (begun)
		skald_store_snapshot_end(store);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in a store: shapes with their numbers of stories, and totals.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "filter_internal.h"

#define ANSWER_MAX 1024

/* Shapes count their stories: only a filter on stories has to look at them. */
#define SHAPES_BY_SHAPE                                                     \
	"SELECT d.id, d.stories, d.first_ns, d.last_id, d.path FROM shape " \
	"AS d WHERE d.stories > 0 AND %s ORDER BY d.stories, d.id"
#define SHAPES_BY_STORY                                             \
	"SELECT g.shape, g.n, g.first_ns, g.last, shape.path FROM " \
	"(SELECT s.shape AS shape, count(*) AS n, "                 \
	"min(s.start_ns) AS first_ns, max(s.id) AS last "           \
	"FROM story AS s WHERE %s GROUP BY s.shape) AS g "          \
	"JOIN shape ON shape.id = g.shape ORDER BY g.n, g.shape"

static bool is_by_shape(const struct skald_filter *filter)
{
	return !filter ||
	       !(filter->needs & ~(SKALD_NEEDS_SHAPE | SKALD_NEEDS_DROP));
}

static int prepare_shapes(struct skald_store *store,
			  const struct skald_filter *filter,
			  sqlite3_stmt **stmt, struct skald_error *error)
{
	enum skald_sql_of of =
		is_by_shape(filter) ? SKALD_SQL_SHAPE : SKALD_SQL_STORY;
	const char *where = filter ? skald_filter_sql_of(filter, of) : NULL;
	char *sql;
	int ret;

	ret = of == SKALD_SQL_SHAPE
		      ? asprintf(&sql, SHAPES_BY_SHAPE, where ?: "1")
		      : asprintf(&sql, SHAPES_BY_STORY, where ?: "1");
	if (ret < 0)
		return skald_error_set(error, ENOMEM, "out of memory");
	ret = sqlite3_prepare_v2(store->db, sql, -1, stmt, NULL);
	free(sql);
	if (ret != SQLITE_OK)
		return skald_store_fail(store, "cannot prepare", error);
	if (!where)
		return 0;
	ret = skald_filter_bind_of(filter, of, *stmt, 1);
	if (ret >= 0)
		return 0;
	sqlite3_finalize(*stmt);
	return skald_error_set(error, -ret, "cannot bind the filter");
}

/*
 * Retention takes the oldest first: when it took a shape's newest story, only
 * pinned ones are left.
 */
static int find_pinned(struct skald_store *store, struct skald_shape_row *row,
		       struct skald_error *error)
{
	sqlite3_stmt *stmt =
		skald_store_stmt(store, SKALD_STORE_PINNED_EXAMPLE, error);
	int err;

	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, row->shape);
	err = skald_store_step(store, stmt, "cannot find a story", error);
	if (err > 0) {
		row->example = sqlite3_column_int64(stmt, 0);
		sqlite3_reset(stmt);
	}
	return err < 0 ? err : 0;
}

/* The answer that all stories of a shape give, from one of them. */
static int tell_example(struct skald_store *store, struct skald_shape_row *row,
			char *answer, struct skald_error *error)
{
	struct skald_story story;
	int err = skald_store_story(store, row->example, &story, error);

	if (err == -ENOENT) {
		err = find_pinned(store, row, error);
		if (!err)
			err = skald_store_story(store, row->example, &story,
						error);
	}
	if (err)
		return err;
	row->last_ns = story.start_ns;
	row->answer = skald_story_answer(&story, answer, ANSWER_MAX);
	skald_story_done(&story);
	return 0;
}

static int give_shapes(struct skald_store *store, sqlite3_stmt *stmt,
		       bool (*each)(void *user,
				    const struct skald_shape_row *row),
		       void *user, struct skald_error *error)
{
	struct skald_shape_row row;
	char answer[ANSWER_MAX];
	int err;

	while ((err = skald_store_step(store, stmt, "cannot list", error)) >
	       0) {
		memset(&row, 0, sizeof(row));
		row.shape = sqlite3_column_int64(stmt, 0);
		row.stories = sqlite3_column_int64(stmt, 1);
		row.first_ns = sqlite3_column_int64(stmt, 2);
		row.example = sqlite3_column_int64(stmt, 3);
		row.path = (const char *)sqlite3_column_text(stmt, 4);
		err = tell_example(store, &row, answer, error);
		if (err)
			return err;
		if (!each(user, &row))
			return 0;
	}
	return err;
}

int skald_store_shapes(struct skald_store *store,
		       const struct skald_filter *filter,
		       bool (*each)(void *user,
				    const struct skald_shape_row *row),
		       void *user, struct skald_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int begun, err;

	begun = skald_store_snapshot(store, error);
	if (begun < 0)
		return begun;
	err = prepare_shapes(store, filter, &stmt, error);
	if (!err) {
		err = give_shapes(store, stmt, each, user, error);
		sqlite3_finalize(stmt);
	}
	if (begun)
		skald_store_snapshot_end(store);
	return err;
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
	uint64_t bytes = 0;
	struct stat st;
	char *name;

	if (asprintf(&name, "%s%s", path, suffix) < 0)
		return 0;
	if (stat(name, &st) == 0)
		bytes = st.st_size;
	free(name);
	return bytes;
}

int skald_store_summary(struct skald_store *store,
			struct skald_store_summary *summary,
			struct skald_error *error)
{
	struct skald_store_summary sum = { 0 };
	const struct {
		uint64_t *number;
		const char *sql;
	} queries[] = {
		{ &sum.stories, "SELECT sum(stories) FROM shape" },
		{ &sum.events, "SELECT sum(stories * n_events) FROM shape" },
		{ &sum.shapes, "SELECT count(*) FROM shape WHERE stories > 0" },
		{ &sum.rules, "SELECT count(*) FROM rule WHERE handle > 0" },
		{ &sum.generations, "SELECT count(*) FROM generation" },
		{ &sum.lost, "SELECT sum(count) FROM loss" },
		{ &sum.first_ns, "SELECT min(min_start_ns) FROM span" },
		{ &sum.last_ns, "SELECT start_ns + duration_ns FROM story "
				"ORDER BY id DESC LIMIT 1" },
		{ &sum.newest_id, "SELECT max(id) FROM story" },
		{ &sum.incomplete,
		  "SELECT count(*) FROM story WHERE complete = 0" },
	};
	int begun = skald_store_snapshot(store, error);
	int64_t number;
	int err = 0;

	if (begun < 0)
		return begun;
	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries) && !err;
	     i++) {
		err = skald_store_number(store, queries[i].sql, &number, error);
		if (!err)
			*queries[i].number = number;
	}
	if (begun)
		skald_store_snapshot_end(store);
	if (err)
		return err;
	sum.bytes =
		file_bytes(store->path, "") + file_bytes(store->path, "-wal");
	*summary = sum;
	return 0;
}

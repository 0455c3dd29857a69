// SPDX-License-Identifier: GPL-2.0-only
/*
 * Retention: the oldest stories go first, pinned ones stay, and what nothing
 * refers to any more goes with them: flows, addresses, shapes, rules,
 * generations. All in small transactions, so that the writer is never kept from
 * its work for long, and a bounded number of them a call.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Stories in a transaction, and transactions in a call. */
#define BATCH 1000
#define BATCHES 20
/* Pages given back to the file system in a call. */
#define VACUUM_PAGES 4096
/* Shapes, rules, generations cleaned in a call. */
#define CLEAN_MAX 200
/* Delete until so much less than the limit is used, lest every call delete. */
#define SLACK_PARTS 16

/**
 * struct old_story - a story that is to go
 * @id: its id
 * @shape: its shape
 * @flow: its flow
 */
struct old_story {
	int64_t id;
	int64_t shape;
	int64_t flow;
};

/**
 * struct id_list - ids of rows that went, for the caches to forget
 * @ids: the ids
 * @n: how many
 * @size: room
 */
struct id_list {
	int64_t *ids;
	size_t n;
	size_t size;
};

/**
 * struct sweep - one call of skald_store_retain()
 * @store: the store
 * @max_bytes: bytes that may be used, 0: any
 * @min_start_ns: stories that began before are too old
 * @from: ids below are done
 * @deleted: stories deleted
 * @stories: the current batch
 * @n_stories: how many
 * @flows: flows that went
 * @addresses: addresses that went
 * @error: in words
 */
struct sweep {
	struct skald_store *store;
	uint64_t max_bytes;
	uint64_t min_start_ns;
	int64_t from;
	uint64_t deleted;
	struct old_story stories[BATCH];
	size_t n_stories;
	struct id_list flows;
	struct id_list addresses;
	struct skald_error *error;
};

static int remember(struct id_list *list, int64_t id)
{
	if (list->n == list->size) {
		size_t size = list->size ? list->size * 2 : 256;
		int64_t *ids = realloc(list->ids, size * sizeof(*ids));

		if (!ids)
			return -ENOMEM;
		list->ids = ids;
		list->size = size;
	}
	list->ids[list->n++] = id;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void forget(struct skald_intern *intern, struct id_list *list)
{
	if (list->n)
		qsort(list->ids, list->n, sizeof(*list->ids), compare_ids);
	skald_intern_forget(intern, list->ids, list->n);
	list->n = 0;
}

/* Run a statement on one row. Return: rows changed, or -errno */
static int change(struct sweep *sweep, enum skald_store_statement which,
		  int64_t id)
{
	sqlite3_stmt *stmt =
		skald_store_stmt(sweep->store, which, sweep->error);
	int err;

	if (!stmt)
		return skald_store_errno(sweep->store);
	sqlite3_bind_int64(stmt, 1, id);
	err = skald_store_run(sweep->store, stmt, "cannot delete",
			      sweep->error);
	return err ? err : sqlite3_changes(sweep->store->db);
}

/* Bytes in use: what is free within the file is no reason to delete. */
static int used_bytes(struct sweep *sweep, uint64_t *bytes)
{
	int64_t pages = 0, free_pages = 0, page_size = 0;
	int err;

	err = skald_store_number(sweep->store, "PRAGMA page_count", &pages,
				 sweep->error) ?:
	      skald_store_number(sweep->store, "PRAGMA freelist_count",
				 &free_pages, sweep->error) ?:
	      skald_store_number(sweep->store, "PRAGMA page_size", &page_size,
				 sweep->error);
	*bytes = (pages - free_pages) * page_size;
	return err;
}

static int read_batch(struct sweep *sweep, bool any_age)
{
	struct old_story *story;
	sqlite3_stmt *stmt;
	int err;

	sweep->n_stories = 0;
	stmt = skald_store_stmt(sweep->store, SKALD_STORE_OLDEST, sweep->error);
	if (!stmt)
		return skald_store_errno(sweep->store);
	sqlite3_bind_int64(stmt, 1, sweep->from);
	sqlite3_bind_int64(stmt, 2, BATCH);
	while ((err = skald_store_step(sweep->store, stmt, "cannot read",
				       sweep->error)) > 0) {
		/* Nearly in order: the first young one ends the search. */
		if (!any_age && (uint64_t)sqlite3_column_int64(stmt, 1) >=
					sweep->min_start_ns)
			break;
		story = &sweep->stories[sweep->n_stories++];
		story->id = sqlite3_column_int64(stmt, 0);
		story->shape = sqlite3_column_int64(stmt, 2);
		story->flow = sqlite3_column_int64(stmt, 3);
	}
	sqlite3_reset(stmt);
	return err < 0 ? err : 0;
}

static int count_down(struct sweep *sweep, int64_t shape)
{
	sqlite3_stmt *stmt = skald_store_stmt(
		sweep->store, SKALD_STORE_COUNT_SHAPE, sweep->error);

	if (!stmt)
		return skald_store_errno(sweep->store);
	sqlite3_bind_int64(stmt, 1, shape);
	sqlite3_bind_int64(stmt, 2, -1);
	sqlite3_bind_int64(stmt, 3, 0);
	return skald_store_run(sweep->store, stmt, "cannot count",
			       sweep->error);
}

static int delete_address(struct sweep *sweep, int64_t id)
{
	int n = id ? change(sweep, SKALD_STORE_DELETE_ADDRESS, id) : 0;

	return n > 0 ? remember(&sweep->addresses, id) : n;
}

static int read_unused_flow(struct sweep *sweep, int64_t flow,
			    int64_t addresses[4])
{
	sqlite3_stmt *stmt;
	int ret;

	if (skald_posting_has_flow(sweep->store, flow))
		return 0;
	stmt = skald_store_stmt(sweep->store, SKALD_STORE_UNUSED_FLOW,
				sweep->error);
	if (!stmt)
		return skald_store_errno(sweep->store);
	sqlite3_bind_int64(stmt, 1, flow);
	ret = skald_store_step(sweep->store, stmt, "cannot read", sweep->error);
	if (ret <= 0)
		return ret;
	for (int i = 0; i < 4; i++)
		addresses[i] = sqlite3_column_int64(stmt, i);
	sqlite3_reset(stmt);
	return 1;
}

static int delete_flow(struct sweep *sweep, int64_t flow)
{
	int64_t addresses[4] = { 0 };
	int err = read_unused_flow(sweep, flow, addresses);

	if (err <= 0)
		return err;
	err = change(sweep, SKALD_STORE_DELETE_FLOW, flow);
	if (err > 0)
		err = remember(&sweep->flows, flow);
	for (int i = 0; i < 4 && err >= 0; i++)
		err = delete_address(sweep, addresses[i]);
	return err < 0 ? err : 0;
}

/* Run a statement with two parameters. */
static int change_two(struct sweep *sweep, enum skald_store_statement which,
		      int64_t a, int64_t b)
{
	sqlite3_stmt *stmt =
		skald_store_stmt(sweep->store, which, sweep->error);

	if (!stmt)
		return skald_store_errno(sweep->store);
	sqlite3_bind_int64(stmt, 1, a);
	sqlite3_bind_int64(stmt, 2, b);
	return skald_store_run(sweep->store, stmt, "cannot clean",
			       sweep->error);
}

static int oldest_unpinned(struct sweep *sweep, int64_t *id)
{
	sqlite3_stmt *stmt = skald_store_stmt(
		sweep->store, SKALD_STORE_OLDEST_UNPINNED, sweep->error);
	int err;

	if (!stmt)
		return skald_store_errno(sweep->store);
	*id = sweep->store->next_id;
	err = skald_store_step(sweep->store, stmt, "cannot read", sweep->error);
	if (err > 0) {
		*id = sqlite3_column_int64(stmt, 0);
		sqlite3_reset(stmt);
	}
	return err < 0 ? err : 0;
}

static int delete_stories(struct sweep *sweep)
{
	const struct old_story *story;
	int err;

	for (size_t i = 0; i < sweep->n_stories; i++) {
		story = &sweep->stories[i];
		err = change(sweep, SKALD_STORE_DELETE_STORY, story->id);
		if (err >= 0)
			err = count_down(sweep, story->shape);
		if (err < 0)
			return err;
		sweep->from = story->id + 1;
	}
	/* The newest may have been among them. */
	return skald_posting_load(sweep->store, sweep->error);
}

static int by_shape(const void *a, const void *b)
{
	const struct old_story *x = a, *y = b;

	return (x->shape > y->shape) - (x->shape < y->shape);
}

static int by_flow(const void *a, const void *b)
{
	const struct old_story *x = a, *y = b;

	return (x->flow > y->flow) - (x->flow < y->flow);
}

/* What the stories' shapes and flows no longer have. */
static int delete_postings(struct sweep *sweep)
{
	struct old_story *stories = sweep->stories;
	size_t n = sweep->n_stories;
	int64_t oldest = 0;
	int err = oldest_unpinned(sweep, &oldest);

	qsort(stories, n, sizeof(*stories), by_shape);
	for (size_t i = 0; i < n && err >= 0; i++)
		if (!i || stories[i].shape != stories[i - 1].shape)
			err = change_two(sweep, SKALD_STORE_DELETE_SHAPE_ROWS,
					 stories[i].shape, oldest);
	qsort(stories, n, sizeof(*stories), by_flow);
	for (size_t i = 0; i < n && err >= 0; i++) {
		if (i && stories[i].flow == stories[i - 1].flow)
			continue;
		err = change_two(sweep, SKALD_STORE_DELETE_FLOW_ROWS,
				 stories[i].flow, oldest);
		if (err >= 0)
			err = delete_flow(sweep, stories[i].flow);
	}
	return err;
}

static int delete_batch(struct sweep *sweep)
{
	int err = delete_stories(sweep);

	return err < 0 ? err : delete_postings(sweep);
}

static int in_transaction(struct sweep *sweep, int (*work)(struct sweep *sweep))
{
	int err = skald_store_begin(sweep->store, sweep->error);

	if (err)
		return err;
	err = work(sweep);
	if (err < 0) {
		skald_store_rollback(sweep->store);
		return err;
	}
	err = skald_store_commit(sweep->store, sweep->error);
	forget(&sweep->store->flows, &sweep->flows);
	forget(&sweep->store->addresses, &sweep->addresses);
	return err;
}

/* Return: 1 when there is more to delete, 0 when not, -errno */
static int sweep_batch(struct sweep *sweep, uint64_t limit)
{
	uint64_t used = 0;
	bool is_full = false;
	int err;

	if (limit) {
		err = used_bytes(sweep, &used);
		if (err)
			return err;
		is_full = used > limit;
	}
	err = read_batch(sweep, is_full);
	if (err || !sweep->n_stories)
		return err;
	err = in_transaction(sweep, delete_batch);
	if (err)
		return err;
	sweep->deleted += sweep->n_stories;
	return 1;
}

static int sweep_stories(struct sweep *sweep)
{
	uint64_t limit = sweep->max_bytes, used;
	int ret = 1;

	if (limit) {
		ret = used_bytes(sweep, &used);
		if (ret)
			return ret;
		if (used > limit)
			limit -= limit / SLACK_PARTS;
		ret = 1;
	}
	for (int i = 0; i < BATCHES && ret > 0; i++)
		ret = sweep_batch(sweep, limit);
	return ret < 0 ? ret : 0;
}

static int read_ids(struct sweep *sweep, enum skald_store_statement which,
		    int64_t a, int64_t b, struct id_list *list)
{
	sqlite3_stmt *stmt =
		skald_store_stmt(sweep->store, which, sweep->error);
	int err;

	if (!stmt)
		return skald_store_errno(sweep->store);
	sqlite3_bind_int64(stmt, 1, a);
	if (sqlite3_bind_parameter_count(stmt) > 1)
		sqlite3_bind_int64(stmt, 2, b);
	while ((err = skald_store_step(sweep->store, stmt, "cannot read",
				       sweep->error)) > 0) {
		err = remember(list, sqlite3_column_int64(stmt, 0));
		if (err)
			break;
	}
	sqlite3_reset(stmt);
	return err;
}

static int clean_shapes(struct sweep *sweep)
{
	struct id_list shapes = { 0 };
	int err;

	err = read_ids(sweep, SKALD_STORE_EMPTY_SHAPES, CLEAN_MAX, 0, &shapes);
	for (size_t i = 0; i < shapes.n && err >= 0; i++) {
		err = change(sweep, SKALD_STORE_DELETE_STEPS, shapes.ids[i]);
		if (err >= 0)
			err = change(sweep, SKALD_STORE_DELETE_SHAPE_STORIES,
				     shapes.ids[i]);
		if (err >= 0)
			err = change(sweep, SKALD_STORE_DELETE_SHAPE,
				     shapes.ids[i]);
	}
	if (err >= 0)
		forget(&sweep->store->shapes, &shapes);
	free(shapes.ids);
	return err;
}

static int clean_generation(struct sweep *sweep, int64_t generation)
{
	struct id_list pieces = { 0 };
	int err;

	err = read_ids(sweep, SKALD_STORE_GENERATION_PIECES, generation, 0,
		       &pieces);
	if (err >= 0)
		err = change(sweep, SKALD_STORE_DELETE_GENERATION_PIECES,
			     generation);
	for (size_t i = 0; i < pieces.n && err >= 0; i++)
		err = change(sweep, SKALD_STORE_DELETE_PIECE, pieces.ids[i]);
	if (err >= 0)
		err = change(sweep, SKALD_STORE_DELETE_GENERATION, generation);
	free(pieces.ids);
	return err;
}

/* Those that were replaced before the oldest story began. */
static int clean_generations(struct sweep *sweep, int64_t oldest_ns)
{
	struct id_list generations = { 0 };
	int err;

	err = read_ids(sweep, SKALD_STORE_OLDEST_GENERATIONS, oldest_ns,
		       CLEAN_MAX, &generations);
	for (size_t i = 0; i < generations.n && err >= 0; i++)
		err = clean_generation(sweep, generations.ids[i]);
	free(generations.ids);
	return err;
}

/* When the oldest story began; without stories, now. */
static int oldest_start(struct sweep *sweep, int64_t *t_ns)
{
	sqlite3_stmt *stmt = skald_store_stmt(
		sweep->store, SKALD_STORE_OLDEST_START, sweep->error);
	int err;

	if (!stmt)
		return skald_store_errno(sweep->store);
	sqlite3_bind_int64(stmt, 1, INT64_MAX);
	err = skald_store_step(sweep->store, stmt, "cannot read", sweep->error);
	if (err > 0)
		*t_ns = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return err < 0 ? err : 0;
}

static int clean(struct sweep *sweep)
{
	sqlite3_stmt *spans = skald_store_stmt(
		sweep->store, SKALD_STORE_DELETE_SPANS, sweep->error);
	int64_t oldest_ns = 0;
	int err;

	if (!spans)
		return skald_store_errno(sweep->store);
	err = skald_store_run(sweep->store, spans, "cannot clean spans",
			      sweep->error);
	if (!err)
		err = oldest_start(sweep, &oldest_ns);
	if (!err)
		err = clean_shapes(sweep);
	if (err >= 0)
		err = clean_generations(sweep, oldest_ns);
	if (err >= 0)
		err = change_two(sweep, SKALD_STORE_DELETE_RULES, 0, CLEAN_MAX);
	if (err >= 0 && oldest_ns != INT64_MAX)
		err = change_two(sweep, SKALD_STORE_DELETE_LOSSES, oldest_ns,
				 CLEAN_MAX);
	return err;
}

/* Give free pages back when the file, not its content, is too big. */
static int shrink(struct sweep *sweep)
{
	int64_t pages = 0, page_size = 0;
	sqlite3_stmt *stmt;
	char sql[64];
	int err;

	err = skald_store_number(sweep->store, "PRAGMA page_count", &pages,
				 sweep->error)
		      ?: skald_store_number(sweep->store, "PRAGMA page_size",
					    &page_size, sweep->error);
	if (err || (uint64_t)(pages * page_size) <= sweep->max_bytes)
		return err;
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA incremental_vacuum(%d)",
			 VACUUM_PAGES);
	if (sqlite3_prepare_v2(sweep->store->db, sql, -1, &stmt, NULL) !=
	    SQLITE_OK)
		return skald_store_fail(sweep->store, "cannot shrink",
					sweep->error);
	/* One page a step. */
	while ((err = skald_store_step(sweep->store, stmt, "cannot shrink",
				       sweep->error)) > 0)
		;
	sqlite3_finalize(stmt);
	return err;
}

static int run_sweep(struct sweep *sweep)
{
	int err = sweep_stories(sweep);

	if (!err && sweep->deleted)
		err = in_transaction(sweep, clean);
	if (!err && sweep->max_bytes)
		err = shrink(sweep);
	return err;
}

int skald_store_retain(struct skald_store *store, uint64_t max_bytes,
		       uint64_t max_age_ns, uint64_t now_ns, uint64_t *deleted,
		       struct skald_error *error)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int err;

	if (!sweep)
		return skald_error_set(error, ENOMEM, "out of memory");
	sweep->store = store;
	sweep->max_bytes = max_bytes;
	if (max_age_ns && now_ns > max_age_ns)
		sweep->min_start_ns = now_ns - max_age_ns;
	sweep->error = error;
	err = run_sweep(sweep);
	*deleted = sweep->deleted;
	free(sweep->flows.ids);
	free(sweep->addresses.ids);
	free(sweep);
	return err;
}

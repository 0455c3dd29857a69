// SPDX-License-Identifier: GPL-2.0-only
/*
 * Postings: which stories a shape or a flow has, as rows of many ids.
 *
 * An index of SQLite over the stories' shapes and flows would cost more than
 * the stories themselves: an entry for each story, put into the middle of a
 * tree. So the last few thousand stories, the *tail*, are in no index; when
 * there are enough of them, their ids are sorted and written as one row for
 * each shape and flow. A list looks through the tail story by story and finds
 * everything older in the postings; see store_list.c.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int skald_posting_add(struct skald_store *store, int64_t id, int64_t shape,
		      int64_t flow)
{
	if (store->n_tail == store->size_tail) {
		size_t size = store->size_tail ? store->size_tail * 2 : 1024;
		struct skald_tail *tail =
			realloc(store->tail, size * sizeof(*tail));

		if (!tail)
			return -ENOMEM;
		store->tail = tail;
		store->size_tail = size;
	}
	store->tail[store->n_tail++] =
		(struct skald_tail){ .id = id, .shape = shape, .flow = flow };
	return 0;
}

int skald_posting_load(struct skald_store *store, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	store->n_tail = 0;
	store->is_tail_known = false;
	stmt = skald_store_stmt(store, SKALD_STORE_GET_TAIL, error);
	if (!stmt)
		return skald_store_errno(store);
	while ((err = skald_store_step(store, stmt, "cannot read the tail",
				       error)) > 0) {
		err = skald_posting_add(store, sqlite3_column_int64(stmt, 0),
					sqlite3_column_int64(stmt, 1),
					sqlite3_column_int64(stmt, 2));
		if (err) {
			sqlite3_reset(stmt);
			return skald_error_set(error, ENOMEM, "out of memory");
		}
	}
	store->is_tail_known = !err;
	return err;
}

bool skald_posting_has_flow(const struct skald_store *store, int64_t flow)
{
	for (size_t i = 0; i < store->n_tail; i++)
		if (store->tail[i].flow == flow)
			return true;
	return false;
}

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_shape(const void *a, const void *b)
{
	const struct skald_tail *x = a, *y = b;

	return compare(x->shape, y->shape) ?: compare(x->id, y->id);
}

static int by_flow(const void *a, const void *b)
{
	const struct skald_tail *x = a, *y = b;

	return compare(x->flow, y->flow) ?: compare(x->id, y->id);
}

static int64_t key_of(const struct skald_tail *tail, bool is_shape)
{
	return is_shape ? tail->shape : tail->flow;
}

static int put_row(struct skald_store *store, const struct skald_tail *tail,
		   size_t n, bool is_shape, struct skald_error *error)
{
	struct skald_buffer *ids = &store->buffer;
	sqlite3_stmt *stmt;

	ids->len = 0;
	ids->failed = false;
	for (size_t i = 1; i < n; i++)
		skald_buffer_put_varint(ids, tail[i].id - tail[i - 1].id);
	if (ids->failed)
		return skald_error_set(error, ENOMEM, "out of memory");
	stmt = skald_store_stmt(store,
				is_shape ? SKALD_STORE_ADD_SHAPE_STORY
					 : SKALD_STORE_ADD_FLOW_STORY,
				error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, key_of(tail, is_shape));
	sqlite3_bind_int64(stmt, 2, tail[0].id);
	sqlite3_bind_int64(stmt, 3, tail[n - 1].id);
	sqlite3_bind_blob(stmt, 4, ids->len ? (void *)ids->data : "", ids->len,
			  SQLITE_STATIC);
	return skald_store_run(store, stmt, "cannot add postings", error);
}

/* The tail is sorted by the key: one row for each run of it. */
static int put_rows(struct skald_store *store, bool is_shape,
		    struct skald_error *error)
{
	const struct skald_tail *tail = store->tail;
	size_t from = 0;
	int err;

	for (size_t i = 1; i <= store->n_tail; i++) {
		if (i < store->n_tail &&
		    key_of(&tail[i], is_shape) == key_of(&tail[from], is_shape))
			continue;
		err = put_row(store, &tail[from], i - from, is_shape, error);
		if (err)
			return err;
		from = i;
	}
	return 0;
}

static int put_indexed(struct skald_store *store, int64_t id,
		       struct skald_error *error)
{
	sqlite3_stmt *stmt =
		skald_store_stmt(store, SKALD_STORE_PUT_INDEXED, error);

	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, id);
	return skald_store_run(store, stmt, "cannot end the tail", error);
}

int skald_posting_flush(struct skald_store *store, struct skald_error *error)
{
	int64_t last;
	int err;

	if (store->n_tail < store->tail_max)
		return 0;
	last = store->tail[store->n_tail - 1].id;
	qsort(store->tail, store->n_tail, sizeof(*store->tail), by_shape);
	err = put_rows(store, true, error);
	if (err)
		return err;
	qsort(store->tail, store->n_tail, sizeof(*store->tail), by_flow);
	err = put_rows(store, false, error);
	if (err)
		return err;
	store->n_tail = 0;
	return put_indexed(store, last, error);
}

int skald_posting_decode(int64_t first, int64_t last, const uint8_t *data,
			 size_t len, int64_t *ids, uint32_t *n_ids)
{
	struct skald_cursor cursor = { data, data ? data + len : NULL, false };
	uint32_t n = 0;
	uint64_t step;

	if (first <= 0 || last < first)
		return -EBADMSG;
	ids[n++] = first;
	while (cursor.data != cursor.end) {
		step = skald_cursor_varint(&cursor);
		if (cursor.failed || !step ||
		    step > (uint64_t)(last - ids[n - 1]))
			return -EBADMSG;
		ids[n] = ids[n - 1] + (int64_t)step;
		n++;
	}
	*n_ids = n;
	return ids[n - 1] == last ? 0 : -EBADMSG;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging the postings of many shapes or flows into one ordered row of ids.
 * Each key has one row of postings in memory at a time, and a heap says whose
 * turn it is: the newest hundred stories of fifty shapes among millions cost
 * fifty look-ups and a hundred steps.
 *
 * The merge is a table-valued function of SQLite, so that the rest of a query
 * stays SQL.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct merge_cursor - a running merge, as SQLite sees it
 * @base: SQLite's part
 * @merge: what is merged
 * @id: current id
 * @is_end: there is none
 */
struct merge_cursor {
	sqlite3_vtab_cursor base;
	struct skald_merge *merge;
	int64_t id;
	bool is_end;
};

static int64_t next_id(const struct skald_merge *merge, uint32_t key)
{
	return merge->keys[key].ids[merge->keys[key].at];
}

static bool is_before(const struct skald_merge *merge, uint32_t a, uint32_t b)
{
	int64_t x = next_id(merge, a), y = next_id(merge, b);

	return merge->is_down ? x > y : x < y;
}

static void swap(uint32_t *heap, uint32_t a, uint32_t b)
{
	uint32_t key = heap[a];

	heap[a] = heap[b];
	heap[b] = key;
}

static void sift_down(struct skald_merge *merge, uint32_t at)
{
	uint32_t child;

	for (; (child = 2 * at + 1) < merge->n_heap; at = child) {
		if (child + 1 < merge->n_heap &&
		    is_before(merge, merge->heap[child + 1],
			      merge->heap[child]))
			child++;
		if (!is_before(merge, merge->heap[child], merge->heap[at]))
			return;
		swap(merge->heap, at, child);
	}
}

/* Ask for the key's next row. Return: 1, 0 when there is none, -errno */
static int next_row(struct skald_merge *merge, struct skald_merge_key *key,
		    sqlite3_stmt **ret_stmt)
{
	sqlite3_stmt *stmt = skald_store_stmt(merge->store, merge->which, NULL);

	if (!stmt)
		return skald_store_errno(merge->store);
	*ret_stmt = stmt;
	sqlite3_bind_int64(stmt, 1, key->key);
	sqlite3_bind_int64(stmt, 2, merge->is_down ? 0 : key->row);
	sqlite3_bind_int64(
		stmt, 3, merge->is_down && key->row ? key->row : merge->before);
	sqlite3_bind_int64(stmt, 4, merge->after);
	return skald_store_step(merge->store, stmt, "cannot merge", NULL);
}

static int read_row(struct skald_merge_key *key, sqlite3_stmt *stmt)
{
	size_t len = sqlite3_column_bytes(stmt, 2);
	int64_t *ids;

	if (len + 1 > key->size) {
		ids = realloc(key->ids, (len + 1) * sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		key->ids = ids;
		key->size = len + 1;
	}
	key->row = sqlite3_column_int64(stmt, 0);
	return skald_posting_decode(key->row, sqlite3_column_int64(stmt, 1),
				    sqlite3_column_blob(stmt, 2), len, key->ids,
				    &key->n_ids);
}

/* Keep what is within the bounds, in the order that is wanted. */
static void arrange(const struct skald_merge *merge,
		    struct skald_merge_key *key)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < key->n_ids; i++)
		if (key->ids[i] > merge->after && key->ids[i] < merge->before)
			key->ids[n++] = key->ids[i];
	key->n_ids = n;
	key->at = 0;
	if (!merge->is_down)
		return;
	for (uint32_t i = 0; i < n / 2; i++) {
		int64_t id = key->ids[i];

		key->ids[i] = key->ids[n - 1 - i];
		key->ids[n - 1 - i] = id;
	}
}

/* Fetch a key's next ids. Afterwards it has some, or is at its end. */
static int fetch(struct skald_merge *merge, struct skald_merge_key *key)
{
	sqlite3_stmt *stmt = NULL;
	int ret;

	key->n_ids = key->at = 0;
	do {
		ret = next_row(merge, key, &stmt);
		if (ret <= 0)
			return ret;
		ret = read_row(key, stmt);
		sqlite3_reset(stmt);
		if (ret)
			return ret;
		arrange(merge, key);
	} while (!key->n_ids);
	return 0;
}

static int start(struct skald_merge *merge)
{
	int err;

	free(merge->heap);
	merge->n_heap = 0;
	merge->heap = malloc((merge->n_keys + 1) * sizeof(*merge->heap));
	if (!merge->heap)
		return -ENOMEM;
	for (uint32_t i = 0; i < merge->n_keys; i++) {
		merge->keys[i].row = 0;
		err = fetch(merge, &merge->keys[i]);
		if (err)
			return err;
		if (merge->keys[i].n_ids)
			merge->heap[merge->n_heap++] = i;
	}
	for (uint32_t i = merge->n_heap / 2; i-- > 0;)
		sift_down(merge, i);
	return 0;
}

/* Return: 1 and an id, 0 at the end, -errno */
static int take(struct skald_merge *merge, int64_t *id)
{
	struct skald_merge_key *key;
	int err;

	if (!merge->n_heap)
		return 0;
	key = &merge->keys[merge->heap[0]];
	*id = key->ids[key->at++];
	if (key->at == key->n_ids) {
		err = fetch(merge, key);
		if (err)
			return err;
	}
	if (!key->n_ids)
		merge->heap[0] = merge->heap[--merge->n_heap];
	sift_down(merge, 0);
	return 1;
}

int skald_merge_add(struct skald_merge *merge, int64_t key)
{
	struct skald_merge_key *keys = merge->keys;

	if (!(merge->n_keys & (merge->n_keys - 1))) {
		size_t size = merge->n_keys ? merge->n_keys * 2 : 1;

		keys = realloc(keys, size * sizeof(*keys));
		if (!keys)
			return -ENOMEM;
		merge->keys = keys;
	}
	memset(&keys[merge->n_keys], 0, sizeof(*keys));
	keys[merge->n_keys++].key = key;
	return 0;
}

void skald_merge_done(struct skald_merge *merge)
{
	for (uint32_t i = 0; i < merge->n_keys; i++)
		free(merge->keys[i].ids);
	free(merge->keys);
	free(merge->heap);
	memset(merge, 0, sizeof(*merge));
}

/* What follows is the form SQLite wants: https://www.sqlite.org/vtab.html */

enum {
	COLUMN_ID,
	COLUMN_MERGE
};

static int sqlite_code(int err)
{
	switch (err) {
	case -ENOMEM:
		return SQLITE_NOMEM;
	case -EBADMSG:
		return SQLITE_CORRUPT_VTAB;
	}
	return SQLITE_IOERR;
}

static int vtab_connect(sqlite3 *db, void *user, int argc,
			const char *const *argv, sqlite3_vtab **vtab,
			char **error)
{
	int code = sqlite3_declare_vtab(
		db, "CREATE TABLE skald_merge (id INTEGER, merge HIDDEN)");

	if (code != SQLITE_OK)
		return code;
	*vtab = sqlite3_malloc(sizeof(**vtab));
	if (!*vtab)
		return SQLITE_NOMEM;
	memset(*vtab, 0, sizeof(**vtab));
	return SQLITE_OK;
}

static int vtab_disconnect(sqlite3_vtab *vtab)
{
	sqlite3_free(vtab);
	return SQLITE_OK;
}

static int vtab_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != COLUMN_MERGE ||
		    !info->aConstraint[i].usable ||
		    info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
		info->estimatedCost = 1;
		/* The only order ever asked for is the one it has. */
		info->orderByConsumed = 1;
		return SQLITE_OK;
	}
	return SQLITE_CONSTRAINT;
}

static int vtab_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **cursor)
{
	struct merge_cursor *merge = sqlite3_malloc(sizeof(*merge));

	if (!merge)
		return SQLITE_NOMEM;
	memset(merge, 0, sizeof(*merge));
	*cursor = &merge->base;
	return SQLITE_OK;
}

static int vtab_close(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int vtab_next(sqlite3_vtab_cursor *base)
{
	struct merge_cursor *cursor = (struct merge_cursor *)base;
	int ret = take(cursor->merge, &cursor->id);

	if (ret < 0)
		return sqlite_code(ret);
	cursor->is_end = !ret;
	return SQLITE_OK;
}

static int vtab_filter(sqlite3_vtab_cursor *base, int index, const char *string,
		       int argc, sqlite3_value **argv)
{
	struct merge_cursor *cursor = (struct merge_cursor *)base;
	int err;

	cursor->merge = sqlite3_value_pointer(argv[0], SKALD_MERGE_POINTER);
	cursor->is_end = true;
	if (!cursor->merge)
		return SQLITE_OK;
	err = start(cursor->merge);
	return err ? sqlite_code(err) : vtab_next(base);
}

static int vtab_eof(sqlite3_vtab_cursor *base)
{
	return ((struct merge_cursor *)base)->is_end;
}

static int vtab_column(sqlite3_vtab_cursor *base, sqlite3_context *context,
		       int column)
{
	if (column == COLUMN_ID)
		sqlite3_result_int64(context,
				     ((struct merge_cursor *)base)->id);
	return SQLITE_OK;
}

static int vtab_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid)
{
	*rowid = ((struct merge_cursor *)base)->id;
	return SQLITE_OK;
}

static const sqlite3_module merge_module = {
	.iVersion = 2,
	.xConnect = vtab_connect,
	.xBestIndex = vtab_best_index,
	.xDisconnect = vtab_disconnect,
	.xOpen = vtab_open,
	.xClose = vtab_close,
	.xFilter = vtab_filter,
	.xNext = vtab_next,
	.xEof = vtab_eof,
	.xColumn = vtab_column,
	.xRowid = vtab_rowid,
};

int skald_store_merge_register(struct skald_store *store,
			       struct skald_error *error)
{
	if (sqlite3_create_module(store->db, "skald_merge", &merge_module,
				  NULL) != SQLITE_OK)
		return skald_store_fail(store, "cannot add a module", error);
	return 0;
}

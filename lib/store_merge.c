// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging the ids of many shapes or flows into one ordered row.
 *
 * SQLite can find the stories of one shape in order, but those of fifty it
 * would all fetch and sort before it gives the first. Here each key is asked
 * for a few ids at a time, and a heap says whose turn it is: the newest hundred
 * of millions cost fifty look-ups and a hundred steps.
 *
 * The merge is a table-valued function of SQLite, so that the rest of a query
 * stays SQL.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FETCH_FIRST 8
#define FETCH_MAX 512

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

static int bind_fetch(struct skald_merge *merge,
		      const struct skald_merge_key *key, sqlite3_stmt **stmt)
{
	int64_t after = merge->after, before = merge->before;

	*stmt = skald_store_stmt(merge->store, merge->which, NULL);
	if (!*stmt)
		return skald_store_errno(merge->store);
	if (key->n_ids && merge->is_down)
		before = key->ids[key->n_ids - 1];
	else if (key->n_ids)
		after = key->ids[key->n_ids - 1];
	sqlite3_bind_int64(*stmt, 1, key->key);
	sqlite3_bind_int64(*stmt, 2, after);
	sqlite3_bind_int64(*stmt, 3, before);
	sqlite3_bind_int64(*stmt, 4, key->size);
	return 0;
}

static int grow_key(struct skald_merge_key *key)
{
	uint32_t size = key->size ? key->size * 4 : FETCH_FIRST;
	int64_t *ids;

	if (size > FETCH_MAX)
		size = FETCH_MAX;
	if (size == key->size)
		return 0;
	ids = realloc(key->ids, size * sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	key->ids = ids;
	key->size = size;
	return 0;
}

/* Fetch a key's next ids. Afterwards it has some, or is at its end. */
static int fetch(struct skald_merge *merge, struct skald_merge_key *key)
{
	sqlite3_stmt *stmt;
	uint32_t n = 0;
	int err;

	err = grow_key(key);
	if (!err)
		err = bind_fetch(merge, key, &stmt);
	if (err)
		return err;
	while (n < key->size &&
	       (err = skald_store_step(merge->store, stmt, "cannot merge",
				       NULL)) > 0)
		key->ids[n++] = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	key->is_end = n < key->size;
	key->n_ids = n;
	key->at = 0;
	return err < 0 ? err : 0;
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
		merge->keys[i].n_ids = 0;
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
	if (key->at == key->n_ids && !key->is_end) {
		err = fetch(merge, key);
		if (err)
			return err;
	}
	if (key->at == key->n_ids || !key->n_ids)
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

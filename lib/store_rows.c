// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories on their way into their table. SQLite spends more on starting and
 * ending a statement than on a row: rows are kept back and inserted together,
 * read from here as the virtual table skald_rows. Used by the write path; what
 * reads the table on the writer's connection inserts them first.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_diff.h"

/* Enough to spread the cost, few enough to stay in the processor's cache. */
#define ROWS_MAX 256

/* In the order of the columns, see TABLE_SQL. */
enum {
	COLUMN_ID,
	COLUMN_START,
	COLUMN_DURATION,
	COLUMN_SHAPE,
	COLUMN_FLOW,
	COLUMN_GENERATION,
	COLUMN_ENDING,
	COLUMN_COMPLETE,
	N_NUMBERS,
	COLUMN_OWN = N_NUMBERS,
};

#define TABLE_SQL                                                 \
	"CREATE TABLE skald_rows (id INTEGER, start_ns INTEGER, " \
	"duration_ns INTEGER, shape INTEGER, flow INTEGER, "      \
	"generation INTEGER, ending INTEGER, complete INTEGER, own BLOB)"

/**
 * struct row - a story that is not inserted yet
 * @numbers: its columns
 * @own_at: where its own bytes begin
 * @own_len: their length
 */
struct row {
	int64_t numbers[N_NUMBERS];
	size_t own_at;
	size_t own_len;
};

/**
 * struct skald_rows - stories that are not inserted yet
 * @rows: the stories
 * @n: how many
 * @own: their own bytes
 */
struct skald_rows {
	struct row rows[ROWS_MAX];
	unsigned int n;
	struct skald_buffer own;
};

int skald_rows_add(struct skald_store *store, const struct skald_packed *packed,
		   uint64_t id, const struct skald_intern_entry *shape,
		   int64_t flow, struct skald_error *error)
{
	struct skald_rows *rows = store->rows;
	size_t own_at = rows->own.len;
	struct row *row = &rows->rows[rows->n];

	skald_diff_encode(shape->data + shape->key_len, shape->extra_len,
			  packed->own, packed->own_len, &rows->own);
	if (rows->own.failed)
		return skald_error_set(error, ENOMEM, "out of memory");
	row->numbers[COLUMN_ID] = id;
	row->numbers[COLUMN_START] = packed->start_ns;
	row->numbers[COLUMN_DURATION] = packed->duration_ns;
	row->numbers[COLUMN_SHAPE] = shape->id;
	row->numbers[COLUMN_FLOW] = flow;
	row->numbers[COLUMN_GENERATION] = packed->generation;
	row->numbers[COLUMN_ENDING] = shape->number;
	row->numbers[COLUMN_COMPLETE] = packed->complete;
	row->own_at = own_at;
	row->own_len = rows->own.len - own_at;
	rows->n++;
	return rows->n < ROWS_MAX ? 0 : skald_rows_flush(store, error);
}

int skald_rows_flush(struct skald_store *store, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	if (!store->rows || !store->rows->n)
		return 0;
	stmt = skald_store_stmt(store, SKALD_STORE_ADD_STORIES, error);
	if (!stmt)
		return skald_store_errno(store);
	err = skald_store_run(store, stmt, "cannot add stories", error);
	skald_rows_forget(store);
	return err;
}

void skald_rows_forget(struct skald_store *store)
{
	if (!store->rows)
		return;
	store->rows->n = 0;
	store->rows->own.len = 0;
	store->rows->own.failed = false;
}

void skald_rows_free(struct skald_rows *rows)
{
	if (!rows)
		return;
	skald_buffer_done(&rows->own);
	free(rows);
}

/* What follows is the form SQLite wants: https://www.sqlite.org/vtab.html */

struct rows_table {
	sqlite3_vtab base;
	const struct skald_rows *rows;
};

struct rows_cursor {
	sqlite3_vtab_cursor base;
	unsigned int at;
};

static const struct skald_rows *rows_of(const sqlite3_vtab_cursor *cursor)
{
	return ((const struct rows_table *)cursor->pVtab)->rows;
}

static int vtab_connect(sqlite3 *db, void *user, int argc,
			const char *const *argv, sqlite3_vtab **vtab,
			char **error)
{
	struct rows_table *table;
	int code = sqlite3_declare_vtab(db, TABLE_SQL);

	if (code != SQLITE_OK)
		return code;
	table = sqlite3_malloc(sizeof(*table));
	if (!table)
		return SQLITE_NOMEM;
	memset(table, 0, sizeof(*table));
	table->rows = user;
	*vtab = &table->base;
	return SQLITE_OK;
}

static int vtab_disconnect(sqlite3_vtab *vtab)
{
	sqlite3_free(vtab);
	return SQLITE_OK;
}

static int vtab_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info)
{
	return SQLITE_OK;
}

static int vtab_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **cursor)
{
	struct rows_cursor *made = sqlite3_malloc(sizeof(*made));

	if (!made)
		return SQLITE_NOMEM;
	memset(made, 0, sizeof(*made));
	*cursor = &made->base;
	return SQLITE_OK;
}

static int vtab_close(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int vtab_filter(sqlite3_vtab_cursor *cursor, int index,
		       const char *string, int argc, sqlite3_value **argv)
{
	((struct rows_cursor *)cursor)->at = 0;
	return SQLITE_OK;
}

static int vtab_next(sqlite3_vtab_cursor *cursor)
{
	((struct rows_cursor *)cursor)->at++;
	return SQLITE_OK;
}

static int vtab_eof(sqlite3_vtab_cursor *cursor)
{
	return ((struct rows_cursor *)cursor)->at >= rows_of(cursor)->n;
}

static int vtab_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context,
		       int column)
{
	const struct skald_rows *rows = rows_of(cursor);
	const struct row *row = &rows->rows[((struct rows_cursor *)cursor)->at];

	if (column < N_NUMBERS)
		sqlite3_result_int64(context, row->numbers[column]);
	else if (column == COLUMN_OWN)
		sqlite3_result_blob(context, rows->own.data + row->own_at,
				    row->own_len, SQLITE_STATIC);
	return SQLITE_OK;
}

static int vtab_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
	*rowid = ((struct rows_cursor *)cursor)->at;
	return SQLITE_OK;
}

static const sqlite3_module rows_module = {
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

int skald_rows_register(struct skald_store *store, struct skald_error *error)
{
	store->rows = calloc(1, sizeof(*store->rows));
	if (!store->rows)
		return skald_error_set(error, ENOMEM, "out of memory");
	if (sqlite3_create_module(store->db, "skald_rows", &rows_module,
				  store->rows) != SQLITE_OK)
		return skald_store_fail(store, "cannot add a module", error);
	return 0;
}

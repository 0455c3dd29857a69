// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store's life: open, transactions, close; and what all store_*.c share:
 * prepared statements and the translation of SQLite's errors.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define SHAPE_SETS 1024
#define FLOW_SETS 16384
#define ADDRESS_SETS 4096
/* Stories in a span: few spans, yet a fine enough index of time. */
#define SPAN_STORIES 4096
/* The longer the tail, the less its postings cost, and the longer its scan. */
#define TAIL_STORIES 8192

#define STATEMENT_SQL(name, sql) sql,
static const char *const statement_sql[] = { SKALD_STORE_STATEMENTS(
	STATEMENT_SQL) };

int skald_store_fail(struct skald_store *store, const char *what,
		     struct skald_error *error)
{
	int code = sqlite3_extended_errcode(store->db);
	int err = skald_sqlite_errno(store->db, code);

	switch (err) {
	case EBADMSG:
		err = skald_error_set(error, err, "%s is damaged: %s: %s",
				      store->path, what,
				      sqlite3_errmsg(store->db));
		skald_error_help(error,
				 "\"sqlite3 %s .recover\" may save "
				 "stories from it",
				 store->path);
		return err;
	case ENOSPC:
		return skald_error_set(error, err, "%s: %s: the disk is full",
				       store->path, what);
	}
	return skald_error_set(error, err, "%s: %s: %s", store->path, what,
			       sqlite3_errmsg(store->db));
}

int skald_store_errno(struct skald_store *store)
{
	return -skald_sqlite_errno(store->db,
				   sqlite3_extended_errcode(store->db));
}

sqlite3_stmt *skald_store_stmt(struct skald_store *store,
			       enum skald_store_statement which,
			       struct skald_error *error)
{
	if (!store->stmt[which] &&
	    sqlite3_prepare_v3(store->db, statement_sql[which], -1,
			       SQLITE_PREPARE_PERSISTENT, &store->stmt[which],
			       NULL) != SQLITE_OK) {
		(void)skald_store_fail(store, "cannot prepare", error);
		return NULL;
	}
	return store->stmt[which];
}

int skald_store_run(struct skald_store *store, sqlite3_stmt *stmt,
		    const char *what, struct skald_error *error)
{
	int err = 0;

	if (sqlite3_step(stmt) != SQLITE_DONE)
		err = skald_store_fail(store, what, error);
	sqlite3_reset(stmt);
	return err;
}

int skald_store_step(struct skald_store *store, sqlite3_stmt *stmt,
		     const char *what, struct skald_error *error)
{
	int err = 0;

	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		break;
	default:
		err = skald_store_fail(store, what, error);
	}
	sqlite3_reset(stmt);
	return err;
}

int skald_store_exec(struct skald_store *store, const char *sql,
		     const char *what, struct skald_error *error)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return skald_store_fail(store, what, error);
	return 0;
}

int skald_store_number(struct skald_store *store, const char *sql,
		       int64_t *number, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err = 0;

	if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return skald_store_fail(store, "cannot prepare", error);
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		*number = sqlite3_column_int64(stmt, 0);
		break;
	case SQLITE_DONE:
		*number = 0;
		break;
	default:
		err = skald_store_fail(store, "cannot read", error);
	}
	sqlite3_finalize(stmt);
	return err;
}

void skald_bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
	if (text && *text)
		sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, index);
}

void skald_bind_string(sqlite3_stmt *stmt, int index, const char *text)
{
	sqlite3_bind_text(stmt, index, text ? text : "", -1, SQLITE_STATIC);
}

static int load_host(struct skald_store *store, struct skald_error *error)
{
	struct utsname name;
	sqlite3_stmt *stmt;
	int err;

	if (uname(&name) < 0)
		strcpy(name.nodename, "?");
	if (sqlite3_prepare_v2(store->db,
			       "INSERT OR IGNORE INTO host (name) VALUES (?)",
			       -1, &stmt, NULL) != SQLITE_OK)
		return skald_store_fail(store, "cannot prepare", error);
	skald_bind_string(stmt, 1, name.nodename);
	err = skald_store_run(store, stmt, "cannot add the host", error);
	sqlite3_finalize(stmt);
	if (err)
		return err;
	if (sqlite3_prepare_v2(store->db, "SELECT id FROM host WHERE name = ?",
			       -1, &stmt, NULL) != SQLITE_OK)
		return skald_store_fail(store, "cannot prepare", error);
	skald_bind_string(stmt, 1, name.nodename);
	err = skald_store_step(store, stmt, "cannot read the host", error);
	if (err > 0)
		store->host = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return err < 0 ? err : 0;
}

static void end_full_span(struct skald_store *store)
{
	if (store->span.last - store->span.first >= SPAN_STORIES)
		memset(&store->span, 0, sizeof(store->span));
}

static int load_span(struct skald_store *store, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	memset(&store->span, 0, sizeof(store->span));
	stmt = skald_store_stmt(store, SKALD_STORE_LAST_SPAN, error);
	if (!stmt)
		return skald_store_errno(store);
	err = skald_store_step(store, stmt, "cannot read the spans", error);
	if (err <= 0)
		return err;
	store->span.first = sqlite3_column_int64(stmt, 0);
	store->span.last = sqlite3_column_int64(stmt, 1);
	store->span.min_start_ns = sqlite3_column_int64(stmt, 2);
	store->span.max_start_ns = sqlite3_column_int64(stmt, 3);
	sqlite3_reset(stmt);
	end_full_span(store);
	return 0;
}

static int load_next_id(struct skald_store *store, struct skald_error *error)
{
	int64_t next = 0;
	int err;

	err = skald_store_number(
		store,
		"SELECT max((SELECT next_id FROM meta), "
		"coalesce((SELECT max(id) FROM story), 0) + 1)",
		&next, error);
	if (!err)
		store->next_id = next > 0 ? next : 1;
	return err;
}

static int begin_writing(struct skald_store *store, struct skald_error *error)
{
	if (skald_intern_init(&store->shapes, SHAPE_SETS) ||
	    skald_intern_init(&store->flows, FLOW_SETS) ||
	    skald_intern_init(&store->addresses, ADDRESS_SETS))
		return skald_error_set(error, ENOMEM, "out of memory");
	return skald_rows_register(store, error) ?: load_host(store, error) ?:
	       load_next_id(store, error) ?:
	       load_span(store, error) ?: skald_posting_load(store, error);
}

int skald_store_open(const char *path, enum skald_store_mode mode,
		     struct skald_store **ret_store, struct skald_error *error)
{
	struct skald_store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return skald_error_set(error, ENOMEM, "out of memory");
	store->mode = mode;
	store->lock_fd = -1;
	store->tail_max = TAIL_STORIES;
	store->path = strdup(path);
	store->told = skald_shape_cache_new();
	err = store->path && store->told
		      ? 0
		      : skald_error_set(error, ENOMEM, "out of memory");
	if (!err && mode == SKALD_STORE_WRITE)
		err = skald_store_lock(store, error);
	if (!err)
		err = skald_store_connect(store, error);
	if (!err)
		err = skald_store_functions(store, error);
	if (!err)
		err = skald_store_merge_register(store, error);
	if (!err && mode == SKALD_STORE_WRITE)
		err = begin_writing(store, error);
	if (err) {
		skald_store_close(store);
		return err;
	}
	*ret_store = store;
	return 0;
}

/* SQLite may have rolled back by itself. */
static void abandon(struct skald_store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

void skald_store_close(struct skald_store *store)
{
	if (!store)
		return;
	/* Not more than this: the file may turn out not to be ours. */
	if (store->db)
		abandon(store);
	for (int i = 0; i < SKALD_STORE_N_STATEMENTS; i++)
		sqlite3_finalize(store->stmt[i]);
	skald_store_spares_done(store);
	sqlite3_close_v2(store->db);
	skald_rows_free(store->rows);
	skald_store_unlock(store);
	skald_intern_done(&store->shapes);
	skald_intern_done(&store->flows);
	skald_intern_done(&store->addresses);
	skald_buffer_done(&store->buffer);
	free(store->tail);
	skald_shape_cache_free(store->told);
	free(store->path);
	free(store);
}

int skald_store_begin(struct skald_store *store, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err = 0;

	if (!store->is_tail_known)
		err = skald_posting_load(store, error);
	if (err)
		return err;
	stmt = skald_store_stmt(store, SKALD_STORE_BEGIN_WRITE, error);
	if (!stmt)
		return skald_store_errno(store);
	return skald_store_run(store, stmt, "cannot begin", error);
}

static int put_span(struct skald_store *store, struct skald_error *error)
{
	const struct skald_span *span = &store->span;
	sqlite3_stmt *stmt;

	if (!span->first)
		return 0;
	stmt = skald_store_stmt(store, SKALD_STORE_PUT_SPAN, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, span->first);
	sqlite3_bind_int64(stmt, 2, span->last);
	sqlite3_bind_int64(stmt, 3, span->min_start_ns);
	sqlite3_bind_int64(stmt, 4, span->max_start_ns);
	return skald_store_run(store, stmt, "cannot add a span", error);
}

static int put_next_id(struct skald_store *store, struct skald_error *error)
{
	sqlite3_stmt *stmt;

	stmt = skald_store_stmt(store, SKALD_STORE_PUT_NEXT_ID, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, store->next_id);
	return skald_store_run(store, stmt, "cannot keep the next id", error);
}

static int finish(struct skald_store *store, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	err = skald_rows_flush(store, error) ?: put_span(store, error) ?:
	      put_next_id(store, error) ?:
	      skald_store_count_shapes(store, error) ?:
	      skald_posting_flush(store, error);
	if (err)
		return err;
	stmt = skald_store_stmt(store, SKALD_STORE_COMMIT, error);
	if (!stmt)
		return skald_store_errno(store);
	return skald_store_run(store, stmt, "cannot commit", error);
}

int skald_store_commit(struct skald_store *store, struct skald_error *error)
{
	int err = finish(store, error);

	if (err) {
		skald_store_rollback(store);
		return err;
	}
	end_full_span(store);
	return 0;
}

void skald_store_rollback(struct skald_store *store)
{
	if (store->mode != SKALD_STORE_WRITE)
		return;
	abandon(store);
	skald_rows_forget(store);
	/* Ids interned since begin are void. */
	skald_intern_clear(&store->shapes);
	skald_intern_clear(&store->flows);
	skald_intern_clear(&store->addresses);
	skald_shape_cache_clear(store->told);
	store->is_tail_known = false;
	/* Without the old span, a new one begins. */
	if (load_span(store, NULL) < 0)
		memset(&store->span, 0, sizeof(store->span));
}

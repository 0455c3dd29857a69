/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a store to be damaged
 */
#ifndef SKALD_FUZZ_DAMAGE_H
#define SKALD_FUZZ_DAMAGE_H

#include <sqlite3.h>

#include "scratch_store.h"

#define DAMAGE_STORIES 40

static const char damage_ruleset[] = "table inet fw { # handle 1\n"
				     "\tchain forward { # handle 1\n"
				     "\t\tdrop # handle 17\n"
				     "\t}\n"
				     "}\n";

/* Write one row of postings: the store does so for thousands of stories. */
static inline void damage_post(sqlite3 *db, const char *table, int64_t key,
			       const int64_t *ids, unsigned int n)
{
	char *sql =
		sqlite3_mprintf("INSERT INTO %s VALUES (?, ?, ?, ?)", table);
	struct skald_buffer deltas = { 0 };
	sqlite3_stmt *stmt;
	unsigned int i;

	for (i = 1; i < n; i++)
		skald_buffer_put_varint(&deltas, ids[i] - ids[i - 1]);
	fuzz_check(!sqlite3_prepare_v2(db, sql, -1, &stmt, NULL));
	sqlite3_bind_int64(stmt, 1, key);
	sqlite3_bind_int64(stmt, 2, ids[0]);
	sqlite3_bind_int64(stmt, 3, ids[n - 1]);
	sqlite3_bind_blob(stmt, 4, n > 1 ? (void *)deltas.data : "",
			  (int)deltas.len, SQLITE_TRANSIENT);
	fuzz_check(sqlite3_step(stmt) == SQLITE_DONE);
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
	skald_buffer_done(&deltas);
}

/* The postings of the older half of the stories, by shape or by flow */
static inline void damage_index(sqlite3 *db, const char *table,
				const char *column)
{
	char *sql = sqlite3_mprintf("SELECT %s, id FROM story WHERE id <= %d "
				    "ORDER BY 1, 2",
				    column, DAMAGE_STORIES / 2);
	int64_t ids[DAMAGE_STORIES], key = 0;
	sqlite3_stmt *stmt;
	unsigned int n = 0;

	fuzz_check(!sqlite3_prepare_v2(db, sql, -1, &stmt, NULL));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		if (n && sqlite3_column_int64(stmt, 0) != key) {
			damage_post(db, table, key, ids, n);
			n = 0;
		}
		key = sqlite3_column_int64(stmt, 0);
		ids[n++] = sqlite3_column_int64(stmt, 1);
	}
	damage_post(db, table, key, ids, n);
	sqlite3_finalize(stmt);
	sqlite3_free(sql);
}

static inline void damage_indexes(void)
{
	sqlite3 *db;

	fuzz_check(!sqlite3_open(scratch_path, &db));
	damage_index(db, "shape_story", "shape");
	damage_index(db, "flow_story", "flow");
	fuzz_check(!sqlite3_exec(db, "UPDATE meta SET indexed_id = 20", NULL,
				 NULL, NULL));
	sqlite3_close(db);
}

/* In memory where that can be had: every input is a transaction. */
static inline void damage_make(void)
{
	struct skald_ruleset ruleset = {
		.generation = 1,
		.text = (char *)damage_ruleset,
		.bytecode = (uint8_t *)damage_ruleset,
		.bytecode_len = sizeof(damage_ruleset),
		.iptables = "*filter\nCOMMIT\n",
		.legacy = "ip filter",
	};
	const struct skald_load load = { "router", 1, 991, "ufw" };
	struct skald_error error = { 0 };
	struct skald_store *store;

	strcpy(scratch_dir, "/dev/shm/skald-fuzz-XXXXXX");
	if (mkdtemp(scratch_dir))
		snprintf(scratch_path, sizeof(scratch_path), "%s/skald.db",
			 scratch_dir);
	else
		scratch_make();
	store = scratch_open(SKALD_STORE_WRITE);
	scratch_begin(store);
	fuzz_check(!skald_store_add_ruleset(store, &ruleset, &load, &error));
	fuzz_check(!skald_store_add_loss(store, "router", 1, 7, "netlink",
					 &error));
	scratch_commit(store);
	scratch_fill(store, 0, DAMAGE_STORIES);
	skald_store_close(store);
	damage_indexes();
}

/* Calls @each for every column of every table. */
static inline void damage_columns(sqlite3 *db,
				  void (*each)(void *user, const char *table,
					       const char *column),
				  void *user)
{
	sqlite3_stmt *stmt;

	fuzz_check(!sqlite3_prepare_v2(
		db,
		"SELECT t.name, c.name FROM sqlite_master AS t, "
		"pragma_table_info(t.name) AS c WHERE t.type = 'table' "
		"AND t.name NOT LIKE 'sqlite%' ORDER BY 1, 2",
		-1, &stmt, NULL));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		each(user, (const char *)sqlite3_column_text(stmt, 0),
		     (const char *)sqlite3_column_text(stmt, 1));
	sqlite3_finalize(stmt);
}

#endif /* SKALD_FUZZ_DAMAGE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statements that filters make are kept for the next list with the same filter:
 * a browser asks the same again and again, and to prepare a statement takes as
 * long as to find thirty stories.
 */
#include "store_internal.h"

#include <string.h>

int skald_store_borrow(struct skald_store *store, const char *sql,
		       sqlite3_stmt **stmt, struct skald_error *error)
{
	unsigned int i;

	for (i = 0; i < SKALD_STORE_SPARES; i++) {
		sqlite3_stmt *spare = store->spares[i];

		if (!spare || strcmp(sqlite3_sql(spare), sql) != 0)
			continue;
		/* Who borrows the same meanwhile makes another one. */
		store->spares[i] = NULL;
		*stmt = spare;
		return 0;
	}
	if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       stmt, NULL) != SQLITE_OK)
		return skald_store_fail(store, "cannot prepare", error);
	return 0;
}

void skald_store_give_back(struct skald_store *store, sqlite3_stmt *stmt)
{
	sqlite3_stmt **place = &store->spares[store->next_spare];
	unsigned int i;

	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
	for (i = 0; i < SKALD_STORE_SPARES && *place; i++)
		if (!store->spares[i])
			place = &store->spares[i];
	if (*place) {
		sqlite3_finalize(*place);
		store->next_spare =
			(store->next_spare + 1) % SKALD_STORE_SPARES;
	}
	*place = stmt;
}

void skald_store_spares_done(struct skald_store *store)
{
	unsigned int i;

	for (i = 0; i < SKALD_STORE_SPARES; i++)
		sqlite3_finalize(store->spares[i]);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the store's schema
 *
 * The tables, indexes and views of docs/schema.md, and how a file of an older
 * version becomes one of this.
 */
#ifndef SKALD_LIB_STORE_SCHEMA_H
#define SKALD_LIB_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>

#include "error.h"

/* "skld", the file's PRAGMA application_id */
#define SKALD_STORE_APPLICATION 0x736b6c64
/* PRAGMA user_version */
#define SKALD_STORE_VERSION 1

/**
 * struct skald_migration - from one version to the next
 * @from: version the statements start from; they end at @from + 1
 * @sql: the statements
 */
struct skald_migration {
	int from;
	const char *sql;
};

/* The migrations of this version, ended by a NULL sql. */
extern const struct skald_migration skald_migrations[];

/* Everything a new file needs, in one transaction. */
int skald_schema_create(sqlite3 *db, struct skald_error *error);

/**
 * skald_schema_check() - whether every object is there
 * @db: an open store of this version
 * @error: names the first object that is not
 *
 * Return: 0, -EBADMSG, or another -errno.
 */
int skald_schema_check(sqlite3 *db, struct skald_error *error);

/**
 * skald_schema_migrate() - take a file from one version to another
 * @db: connection that may write
 * @migrations: steps, ended by a NULL sql
 * @from: version of the file
 * @to: version wanted
 * @error: names the versions
 *
 * All in one transaction: it is done whole, or not at all.
 *
 * Return: 0, -EPROTO when no step leads there, or another -errno.
 */
int skald_schema_migrate(sqlite3 *db, const struct skald_migration *migrations,
			 int from, int to, struct skald_error *error);

/* Turn SQLite's result code into an errno, positive. */
int skald_sqlite_errno(sqlite3 *db, int code);

#endif /* SKALD_LIB_STORE_SCHEMA_H */

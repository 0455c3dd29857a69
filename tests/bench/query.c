// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks stores that fill.c made: query skald|rows FILE
 *
 * Prints the median time of each question: "open NS", one story by its id, told
 * with all its strings; "drops NS", the newest hundred that were dropped;
 * "flow NS", the newest hundred from one address. The peer answers with the
 * rows' numbers only.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filter.h"
#include "store.h"

#define OPENS 2000
#define LISTS 200
#define LIST_LENGTH 100
#define ENDING_DROPPED "3"

static uint64_t times[OPENS];

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "query: %s: %s\n", what, why);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void tell_median(const char *what, size_t n)
{
	qsort(times, n, sizeof(*times), compare);
	printf("%s %llu\n", what, (unsigned long long)times[n / 2]);
}

/* A number below @n, the same ones in each run. */
static uint64_t some(uint64_t i, uint64_t n)
{
	return skald_hash64(&i, sizeof(i), 11) % n;
}

/* ---- skald ---- */

static bool count(void *user, const struct skald_story *story)
{
	size_t *n = user;

	(*n)++;
	return true;
}

static void list(struct skald_store *store, const char *what, const char *where)
{
	struct skald_list_query query = { .limit = LIST_LENGTH };
	struct skald_error error = { 0 };
	struct skald_filter *filter;
	size_t i, n = 0;

	if (skald_filter_compile(where, &filter, &error))
		fail(where, error.text);
	query.filter = filter;
	for (i = 0; i < LISTS; i++) {
		uint64_t before = now_ns();

		if (skald_store_list(store, &query, count, &n, &error))
			fail(where, error.text);
		times[i] = now_ns() - before;
	}
	if (!n)
		fail(where, "no stories");
	skald_filter_free(filter);
	tell_median(what, LISTS);
}

static void query_skald(const char *path)
{
	struct skald_store_summary summary;
	struct skald_error error = { 0 };
	struct skald_story story;
	struct skald_store *store;
	size_t i;

	if (skald_store_open(path, SKALD_STORE_READ, &store, &error) ||
	    skald_store_summary(store, &summary, &error))
		fail(path, error.text);
	for (i = 0; i < OPENS; i++) {
		uint64_t id = 1 + some(i, summary.newest_id);
		uint64_t before = now_ns();

		if (skald_store_story(store, id, &story, &error))
			fail(path, error.text);
		times[i] = now_ns() - before;
		skald_story_done(&story);
	}
	tell_median("open", OPENS);
	list(store, "drops", "ending == dropped");
	list(store, "flow", "ip.src == 10.1.2.138");
	skald_store_close(store);
}

/* ---- rows ---- */

static uint64_t step_all(sqlite3 *db, sqlite3_stmt *stmt)
{
	uint64_t n = 0;
	int code;

	while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
		n += sqlite3_column_int64(stmt, 0) != 0;
	if (code != SQLITE_DONE)
		fail("rows", sqlite3_errmsg(db));
	sqlite3_reset(stmt);
	return n;
}

static void ask(sqlite3 *db, const char *what, const char *sql, size_t n,
		uint64_t max_id)
{
	sqlite3_stmt *stmt;
	size_t i;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail(sql, sqlite3_errmsg(db));
	for (i = 0; i < n; i++) {
		uint64_t before = now_ns();

		sqlite3_bind_int64(stmt, 1, 1 + some(i, max_id));
		if (!step_all(db, stmt))
			fail(sql, "no rows");
		times[i] = now_ns() - before;
	}
	sqlite3_finalize(stmt);
	tell_median(what, n);
}

static uint64_t max_packet(sqlite3 *db)
{
	sqlite3_stmt *stmt;
	uint64_t max;

	if (sqlite3_prepare_v2(db, "SELECT max(id) FROM packet", -1, &stmt,
			       NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		fail("rows", sqlite3_errmsg(db));
	max = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return max;
}

static void query_rows(const char *path)
{
	sqlite3 *db;
	uint64_t max;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		fail(path, "cannot open");
	max = max_packet(db);
	ask(db, "open",
	    "SELECT p.id, p.start_ns, p.head, e.dt_ns, e.kind, e.hook, e.rule, "
	    "e.verdict, e.old, e.new FROM packet AS p "
	    "JOIN event AS e ON e.packet = p.id WHERE p.id = ? ORDER BY e.seq",
	    OPENS, max);
	ask(db, "drops",
	    "SELECT p.id, p.start_ns, p.head, ?1 FROM packet AS p "
	    "WHERE p.ending = " ENDING_DROPPED " ORDER BY p.id DESC LIMIT 100",
	    LISTS, max);
	ask(db, "flow",
	    "SELECT p.id, p.start_ns, p.head, ?1 FROM packet AS p "
	    "WHERE p.saddr = 167838346 ORDER BY p.id DESC LIMIT 100",
	    LISTS, max);
	sqlite3_close(db);
}

int main(int argc, char **argv)
{
	if (argc != 3 ||
	    (strcmp(argv[1], "skald") && strcmp(argv[1], "rows"))) {
		fprintf(stderr, "usage: query skald|rows FILE\n");
		return 2;
	}
	if (argv[1][0] == 's')
		query_skald(argv[2]);
	else
		query_rows(argv[2]);
	return 0;
}

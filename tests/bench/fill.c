// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes stores for the benches: fill skald|rows FILE EVENTS
 *
 * "skald" stores stories as the daemon does. "rows" is the way that suggests
 * itself, to compare with: plain SQLite, a row of numbers for each event and
 * one for each packet, with the indexes that the same questions need. Both are
 * given the same stories. Prints "stories N events N cpu_ns N bytes N".
 */
#include <netinet/in.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "parts/mix.h"
#include "store.h"

#define STORIES_A_COMMIT 2000
#define PROGRESS_EVENTS 1000000

/**
 * struct tally - what was stored
 */
struct tally {
	uint64_t stories;
	uint64_t events;
	uint64_t wanted;
	uint64_t told;
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "fill: %s: %s\n", what, why);
	exit(1);
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static bool count(struct tally *tally, const struct skald_story *story)
{
	tally->stories++;
	tally->events += story->n_events;
	if (tally->events >= tally->told + PROGRESS_EVENTS) {
		tally->told += PROGRESS_EVENTS;
		fprintf(stderr, "\r  %llu million events ",
			(unsigned long long)(tally->told / 1000000));
	}
	return tally->events < tally->wanted;
}

/* ---- skald ---- */

static void fill_skald(const char *path, struct tally *tally)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_error error = { 0 };
	struct skald_packed packed;
	struct skald_story story;
	struct skald_store *store;
	bool goes_on = true;

	if (skald_store_open(path, SKALD_STORE_WRITE, &store, &error) ||
	    skald_store_begin(store, &error))
		fail(path, error.text);
	while (goes_on) {
		mix_story(tally->stories, &story);
		shape.len = own.len = 0;
		if (skald_story_pack(&story, &shape, &own, &packed))
			fail("packing", "no memory");
		if (skald_store_add(store, &packed, NULL, &error))
			fail(path, error.text);
		goes_on = count(tally, &story);
		if (tally->stories % STORIES_A_COMMIT == 0 &&
		    (skald_store_commit(store, &error) ||
		     skald_store_begin(store, &error)))
			fail(path, error.text);
	}
	if (skald_store_commit(store, &error))
		fail(path, error.text);
	skald_store_close(store);
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
}

/* ---- a row for each event ---- */

static const char rows_schema[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = NORMAL;"
	"PRAGMA cache_size = -65536;"
	"CREATE TABLE packet (id INTEGER PRIMARY KEY, start_ns INTEGER, "
	"saddr INTEGER, daddr INTEGER, sport INTEGER, dport INTEGER, "
	"proto INTEGER, ending INTEGER, head BLOB);"
	"CREATE TABLE event (packet INTEGER, seq INTEGER, dt_ns INTEGER, "
	"kind INTEGER, hook INTEGER, rule INTEGER, verdict INTEGER, "
	"old INTEGER, new INTEGER);"
	"CREATE INDEX event_packet ON event (packet);"
	"CREATE INDEX event_rule ON event (rule) WHERE rule IS NOT NULL;"
	"CREATE INDEX packet_saddr ON packet (saddr);"
	"CREATE INDEX packet_daddr ON packet (daddr);"
	"CREATE INDEX packet_ending ON packet (ending);"
	"BEGIN";

static void must(sqlite3 *db, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE)
		fail("rows", sqlite3_errmsg(db));
}

static int64_t be32(const uint8_t *bytes)
{
	return (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 |
	       bytes[3];
}

static void add_packet(sqlite3 *db, sqlite3_stmt *stmt, uint64_t id,
		       const struct skald_story *story)
{
	const struct skald_snap *snap = &story->first;

	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, story->start_ns);
	sqlite3_bind_int64(stmt, 3, be32(snap->nh + 12));
	sqlite3_bind_int64(stmt, 4, be32(snap->nh + 16));
	sqlite3_bind_int(stmt, 5, snap->th[0] << 8 | snap->th[1]);
	sqlite3_bind_int(stmt, 6, snap->th[2] << 8 | snap->th[3]);
	sqlite3_bind_int(stmt, 7, snap->nh[9]);
	sqlite3_bind_int(stmt, 8, story->ending.kind);
	sqlite3_bind_blob(stmt, 9, snap->nh, snap->nh_len, SQLITE_STATIC);
	must(db, sqlite3_step(stmt));
	sqlite3_reset(stmt);
}

static void add_event(sqlite3 *db, sqlite3_stmt *stmt, uint64_t id,
		      unsigned int seq, const struct skald_story *story)
{
	const struct skald_event *event = &story->events[seq];

	sqlite3_clear_bindings(stmt);
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int(stmt, 2, seq);
	sqlite3_bind_int64(stmt, 3, event->t_ns - story->start_ns);
	sqlite3_bind_int(stmt, 4, event->kind);
	if (event->kind == SKALD_CHAIN) {
		sqlite3_bind_int(stmt, 5, event->ev_chain.hook);
	} else if (event->kind == SKALD_RULE) {
		sqlite3_bind_int64(stmt, 6, event->ev_rule.handle);
		sqlite3_bind_int(stmt, 7, event->ev_rule.verdict);
	} else if (event->kind == SKALD_MANGLE) {
		sqlite3_bind_int64(stmt, 8, be32(event->ev_mangle.old.bytes));
		sqlite3_bind_int64(stmt, 9, be32(event->ev_mangle.new.bytes));
	}
	must(db, sqlite3_step(stmt));
	sqlite3_reset(stmt);
}

static void fill_rows(const char *path, struct tally *tally)
{
	sqlite3_stmt *packet, *event;
	struct skald_story story;
	bool goes_on = true;
	unsigned int i;
	sqlite3 *db;

	must(NULL, sqlite3_open(path, &db));
	must(db, sqlite3_exec(db, rows_schema, NULL, NULL, NULL));
	must(db, sqlite3_prepare_v2(
			 db, "INSERT INTO packet VALUES (?,?,?,?,?,?,?,?,?)",
			 -1, &packet, NULL));
	must(db, sqlite3_prepare_v2(
			 db, "INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?)", -1,
			 &event, NULL));
	while (goes_on) {
		mix_story(tally->stories, &story);
		goes_on = count(tally, &story);
		add_packet(db, packet, tally->stories, &story);
		for (i = 0; i < story.n_events; i++)
			add_event(db, event, tally->stories, i, &story);
		if (tally->stories % STORIES_A_COMMIT == 0)
			must(db, sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL,
					      NULL));
	}
	must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	sqlite3_finalize(packet);
	sqlite3_finalize(event);
	sqlite3_close(db);
}

int main(int argc, char **argv)
{
	struct tally tally = { 0 };
	uint64_t before;
	struct stat st;

	if (argc != 4 ||
	    (strcmp(argv[1], "skald") && strcmp(argv[1], "rows"))) {
		fprintf(stderr, "usage: fill skald|rows FILE EVENTS\n");
		return 2;
	}
	tally.wanted = strtoull(argv[3], NULL, 10);
	(void)unlink(argv[2]);
	before = cpu_ns();
	if (argv[1][0] == 's')
		fill_skald(argv[2], &tally);
	else
		fill_rows(argv[2], &tally);
	before = cpu_ns() - before;
	fprintf(stderr, "\r                       \r");
	if (stat(argv[2], &st))
		fail(argv[2], "not there");
	printf("stories %llu events %llu cpu_ns %llu bytes %llu\n",
	       (unsigned long long)tally.stories,
	       (unsigned long long)tally.events, (unsigned long long)before,
	       (unsigned long long)st.st_size);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables, indexes and views of a store: making them in a new file,
 * checking them in an old one, and moving a file from version to version.
 *
 * Every column has a type: SQLite does not use an index to compare an INTEGER
 * column with an untyped one.
 */
#include "store_schema.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "skald/event.h"

/* clang-format off */
#define TABLE(name, columns) \
	{ "table", #name, "CREATE TABLE " #name " (" columns ")" }
#define POSTINGS(name) \
	{ "table", #name, "CREATE TABLE " #name " (" \
		"key INTEGER NOT NULL, " \
		"first_id INTEGER NOT NULL, " \
		"last_id INTEGER NOT NULL, " \
		"ids BLOB NOT NULL, " \
		"PRIMARY KEY (key, first_id)) WITHOUT ROWID" }
#define INDEX(name, on) \
	{ "index", #name, "CREATE INDEX " #name " ON " on }
#define VIEW(name, select) \
	{ "view", #name, "CREATE VIEW " #name " AS " select }
/* clang-format on */

#define WHEN_WORD(list, name, number, word) " WHEN " #number " THEN '" word "'"
#define ENDING_WORD(column) \
	"CASE " column SKALD_WORDS_ENDING(WHEN_WORD) " ELSE '?' END"
#define ISO_TIME(column)                                          \
	"strftime('%Y-%m-%dT%H:%M:%S', " column " / 1000000000, " \
	"'unixepoch') || printf('.%09dZ', " column " % 1000000000)"

/* The partial index for drops is written with the number of the word. */
_Static_assert(SKALD_ENDING_DROPPED == 3, "index story_dropped");

/**
 * struct schema_object - one table, index or view
 * @type: as in sqlite_schema
 * @name: its name
 * @sql: what makes it
 */
struct schema_object {
	const char *type;
	const char *name;
	const char *sql;
};

/* In the order of creation, ended by a NULL name. */
/* clang-format off */
static const struct schema_object objects[] = {
	TABLE(meta,
		"id INTEGER PRIMARY KEY CHECK (id = 1), "
		"next_id INTEGER NOT NULL, "
		"indexed_id INTEGER NOT NULL, "
		"created_ns INTEGER NOT NULL, "
		"created_by TEXT NOT NULL"),
	TABLE(host, "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE"),
	TABLE(story,
		"id INTEGER PRIMARY KEY, "
		"start_ns INTEGER NOT NULL, "
		"duration_ns INTEGER NOT NULL, "
		"shape INTEGER NOT NULL, "
		"flow INTEGER NOT NULL, "
		"generation INTEGER NOT NULL, "
		"ending INTEGER NOT NULL, "
		"complete INTEGER NOT NULL, "
		"pinned INTEGER NOT NULL, "
		"own BLOB NOT NULL"),
	INDEX(story_dropped, "story (ending) WHERE ending = 3"),
	INDEX(story_incomplete, "story (complete) WHERE complete = 0"),
	INDEX(story_pinned, "story (pinned) WHERE pinned = 1"),
	/* Instead of indexes of story (shape) and story (flow). */
	POSTINGS(shape_story),
	POSTINGS(flow_story),
	TABLE(span,
		"first_id INTEGER PRIMARY KEY, "
		"last_id INTEGER NOT NULL, "
		"min_start_ns INTEGER NOT NULL, "
		"max_start_ns INTEGER NOT NULL"),
	/* Ids are never reused: readers remember shapes by id. */
	TABLE(shape,
		"id INTEGER PRIMARY KEY AUTOINCREMENT, "
		"hash INTEGER NOT NULL, "
		"host INTEGER NOT NULL, "
		"stories INTEGER NOT NULL, "
		"n_events INTEGER NOT NULL, "
		"source TEXT NOT NULL, "
		"netns TEXT, "
		"iif TEXT, "
		"oif TEXT, "
		"ending INTEGER NOT NULL, "
		"reason TEXT, "
		"hook TEXT, "
		"family TEXT, "
		"table_name TEXT, "
		"chain TEXT, "
		"handle INTEGER, "
		"text TEXT, "
		"nat INTEGER NOT NULL, "
		"state TEXT, "
		"path TEXT NOT NULL, "
		"bytes BLOB NOT NULL, "
		"template BLOB NOT NULL, "
		"first_ns INTEGER NOT NULL, "
		"last_id INTEGER NOT NULL"),
	INDEX(shape_hash, "shape (hash)"),
	{ "table", "step",
		"CREATE TABLE step (shape INTEGER NOT NULL, "
		"position INTEGER NOT NULL, "
		"kind TEXT NOT NULL, "
		"hook TEXT, "
		"rule INTEGER, "
		"verdict TEXT, "
		"target TEXT, "
		"state TEXT, "
		"detail TEXT, "
		"PRIMARY KEY (shape, position)) WITHOUT ROWID" },
	INDEX(step_rule, "step (rule) WHERE rule IS NOT NULL"),
	TABLE(rule,
		"id INTEGER PRIMARY KEY, "
		"hash INTEGER NOT NULL, "
		"netns TEXT NOT NULL, "
		"family TEXT NOT NULL, "
		"table_name TEXT NOT NULL, "
		"chain TEXT NOT NULL, "
		"handle INTEGER NOT NULL, "
		"text TEXT NOT NULL, "
		"loaded INTEGER NOT NULL, "
		"seen INTEGER"),
	INDEX(rule_hash, "rule (hash)"),
	TABLE(address,
		"id INTEGER PRIMARY KEY, "
		"bytes BLOB NOT NULL UNIQUE, "
		"text TEXT NOT NULL"),
	TABLE(flow,
		"id INTEGER PRIMARY KEY, "
		"family TEXT, "
		"proto TEXT, "
		"saddr INTEGER, "
		"sport INTEGER, "
		"daddr INTEGER, "
		"dport INTEGER, "
		"final_saddr INTEGER, "
		"final_sport INTEGER, "
		"final_daddr INTEGER, "
		"final_dport INTEGER"),
	INDEX(flow_saddr, "flow (saddr)"),
	INDEX(flow_daddr, "flow (daddr)"),
	INDEX(flow_final_saddr,
		"flow (final_saddr) WHERE final_saddr IS NOT NULL"),
	INDEX(flow_final_daddr,
		"flow (final_daddr) WHERE final_daddr IS NOT NULL"),
	TABLE(generation,
		"id INTEGER PRIMARY KEY AUTOINCREMENT, "
		"netns TEXT NOT NULL, "
		"number INTEGER NOT NULL, "
		"t_ns INTEGER NOT NULL, "
		"pid INTEGER NOT NULL, "
		"process TEXT, "
		"legacy TEXT"),
	INDEX(generation_netns, "generation (netns)"),
	{ "table", "generation_piece",
		"CREATE TABLE generation_piece (generation INTEGER NOT NULL, "
		"part TEXT NOT NULL, "
		"position INTEGER NOT NULL, "
		"piece INTEGER NOT NULL, "
		"PRIMARY KEY (generation, part, position)) WITHOUT ROWID" },
	INDEX(generation_piece_piece, "generation_piece (piece)"),
	TABLE(piece,
		"id INTEGER PRIMARY KEY, "
		"hash INTEGER NOT NULL, "
		"bytes BLOB NOT NULL"),
	INDEX(piece_hash, "piece (hash)"),
	TABLE(loss,
		"id INTEGER PRIMARY KEY, "
		"t_ns INTEGER NOT NULL, "
		"netns TEXT, "
		"count INTEGER NOT NULL, "
		"place TEXT"),
	VIEW(stories,
		"SELECT s.id AS id, "
		ISO_TIME("s.start_ns") " AS start, "
		"s.start_ns AS start_ns, "
		"s.start_ns + s.duration_ns AS end_ns, "
		"s.duration_ns AS duration_ns, "
		"host.name AS host, "
		"shape.netns AS netns, "
		"shape.source AS source, "
		"shape.iif AS iif, "
		"shape.oif AS oif, "
		"flow.family AS family, "
		"flow.proto AS proto, "
		"sa.text AS saddr, flow.sport AS sport, "
		"da.text AS daddr, flow.dport AS dport, "
		"coalesce(fsa.text, sa.text) AS final_saddr, "
		"coalesce(flow.final_sport, flow.sport) AS final_sport, "
		"coalesce(fda.text, da.text) AS final_daddr, "
		"coalesce(flow.final_dport, flow.dport) AS final_dport, "
		ENDING_WORD("s.ending") " AS ending, "
		"shape.reason AS reason, "
		"shape.hook AS hook, "
		"shape.family AS rule_family, "
		"shape.table_name AS table_name, "
		"shape.chain AS chain, "
		"shape.handle AS handle, "
		"shape.text AS text, "
		"shape.state AS state, "
		"s.complete AS complete, "
		"s.pinned AS pinned, "
		"s.shape AS shape, "
		"s.generation AS generation, "
		"shape.n_events AS n_events, "
		"shape.path AS path "
		"FROM story AS s "
		"JOIN shape ON shape.id = s.shape "
		"JOIN flow ON flow.id = s.flow "
		"LEFT JOIN host ON host.id = shape.host "
		"LEFT JOIN address AS sa ON sa.id = flow.saddr "
		"LEFT JOIN address AS da ON da.id = flow.daddr "
		"LEFT JOIN address AS fsa ON fsa.id = flow.final_saddr "
		"LEFT JOIN address AS fda ON fda.id = flow.final_daddr"),
	VIEW(events,
		"SELECT s.id AS story, "
		"step.position AS position, "
		"step.kind AS kind, "
		"step.hook AS hook, "
		"rule.family AS family, "
		"rule.table_name AS table_name, "
		"rule.chain AS chain, "
		"rule.handle AS handle, "
		"step.verdict AS verdict, "
		"step.target AS target, "
		"rule.text AS text, "
		"step.state AS state, "
		"step.detail AS detail, "
		"s.shape AS shape "
		"FROM story AS s "
		"JOIN step ON step.shape = s.shape "
		"LEFT JOIN rule ON rule.id = step.rule"),
	VIEW(rules,
		"SELECT rule.id AS id, "
		"rule.netns AS netns, "
		"rule.family AS family, "
		"rule.table_name AS table_name, "
		"rule.chain AS chain, "
		"rule.handle AS handle, "
		"rule.text AS text, "
		"rule.loaded AS loaded, "
		"generation.number AS seen, "
		"coalesce((SELECT sum(shape.stories) FROM shape "
		"WHERE shape.id IN (SELECT step.shape FROM step "
		"WHERE step.rule = rule.id)), 0) AS stories "
		"FROM rule "
		"LEFT JOIN generation ON generation.id = rule.seen"),
	VIEW(rulesets,
		"SELECT g.id AS id, g.netns AS netns, g.number AS number, "
		ISO_TIME("g.t_ns") " AS time, g.t_ns AS t_ns, "
		"g.pid AS pid, g.process AS process, g.legacy AS legacy, "
		"(SELECT group_concat(CAST(bytes AS TEXT), '') FROM "
		"(SELECT piece.bytes AS bytes FROM generation_piece AS gp "
		"JOIN piece ON piece.id = gp.piece WHERE gp.generation = g.id "
		"AND gp.part = 'text' ORDER BY gp.position)) AS text "
		"FROM generation AS g"),
	{ NULL, NULL, NULL },
};
/* clang-format on */

/*
 * To change the schema: append the change here, make the same change above,
 * add one to SKALD_STORE_VERSION, and say so in docs/schema.md.
 */
const struct skald_migration skald_migrations[] = {
	{ 0, NULL },
};

int skald_sqlite_errno(sqlite3 *db, int code)
{
	int system = db ? sqlite3_system_errno(db) : 0;

	switch (code & 0xff) {
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_NOMEM)
			return ENOMEM;
		return system == ENOSPC || system == EDQUOT ? ENOSPC : EIO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_MISMATCH:
		return EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_CANTOPEN:
		return system ? system : EIO;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return EACCES;
	case SQLITE_NOMEM:
		return ENOMEM;
	case SQLITE_TOOBIG:
		return EMSGSIZE;
	case SQLITE_INTERRUPT:
		return EINTR;
	}
	return EIO;
}

static int sql_error(sqlite3 *db, const char *what, struct skald_error *error)
{
	int code = sqlite3_extended_errcode(db);
	/* Before the text is made: formatting may not touch errno or the db. */
	int err = skald_sqlite_errno(db, code);

	return skald_error_set(error, err, "%s: %s", what, sqlite3_errmsg(db));
}

static int run(sqlite3 *db, const char *sql, const char *what,
	       struct skald_error *error)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sql_error(db, what, error);
	return 0;
}

static int create_objects(sqlite3 *db, struct skald_error *error)
{
	const struct schema_object *object;
	int err;

	for (object = objects; object->name; object++) {
		err = run(db, object->sql, object->name, error);
		if (err)
			return err;
	}
	return 0;
}

static int set_version(sqlite3 *db, int version, struct skald_error *error)
{
	char sql[64];

	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version = %d", version);
	return run(db, sql, "cannot set the schema version", error);
}

int skald_schema_create(sqlite3 *db, struct skald_error *error)
{
	char sql[64];
	int err;

	/* Before the first table, or never. */
	err = run(db, "PRAGMA auto_vacuum = INCREMENTAL; BEGIN IMMEDIATE",
		  "cannot begin a new store", error);
	if (err)
		return err;
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id = %d",
			 SKALD_STORE_APPLICATION);
	err = run(db, sql, "cannot name the application", error);
	if (!err)
		err = create_objects(db, error);
	if (!err)
		err = run(db,
			  "INSERT INTO meta VALUES (1, 1, 0, CAST(1e9 * "
			  "strftime('%s') AS INTEGER), 'skald " SKALD_VERSION
			  "')",
			  "cannot fill the new store", error);
	if (!err)
		err = set_version(db, SKALD_STORE_VERSION, error);
	if (!err)
		err = run(db, "COMMIT", "cannot write the new store", error);
	if (err)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

int skald_schema_check(sqlite3 *db, struct skald_error *error)
{
	const struct schema_object *object;
	sqlite3_stmt *stmt;
	int err = 0;

	if (sqlite3_prepare_v2(db,
			       "SELECT 1 FROM sqlite_master "
			       "WHERE type = ? AND name = ?",
			       -1, &stmt, NULL) != SQLITE_OK)
		return sql_error(db, "cannot read the schema", error);
	for (object = objects; object->name && !err; object++) {
		sqlite3_bind_text(stmt, 1, object->type, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, object->name, -1, SQLITE_STATIC);
		switch (sqlite3_step(stmt)) {
		case SQLITE_ROW:
			break;
		case SQLITE_DONE:
			err = skald_error_set(error, EBADMSG,
					      "the %s \"%s\" is missing",
					      object->type, object->name);
			break;
		default:
			err = sql_error(db, "cannot read the schema", error);
		}
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	return err;
}

static const struct skald_migration *
find_step(const struct skald_migration *migrations, int from)
{
	for (; migrations->sql; migrations++)
		if (migrations->from == from)
			return migrations;
	return NULL;
}

static int take_steps(sqlite3 *db, const struct skald_migration *migrations,
		      int from, int to, struct skald_error *error)
{
	const struct skald_migration *step;
	int err;

	for (int version = from; version < to; version++) {
		step = find_step(migrations, version);
		if (!step)
			return skald_error_set(
				error, EPROTO,
				"schema version %d is too old: nothing leads "
				"from there to version %d",
				version, to);
		err = run(db, step->sql, "cannot change the schema", error);
		if (err)
			return err;
	}
	return set_version(db, to, error);
}

int skald_schema_migrate(sqlite3 *db, const struct skald_migration *migrations,
			 int from, int to, struct skald_error *error)
{
	int err;

	err = run(db, "BEGIN EXCLUSIVE", "cannot begin the migration", error);
	if (err)
		return err;
	err = take_steps(db, migrations, from, to, error);
	if (!err)
		err = run(db, "COMMIT", "cannot finish the migration", error);
	if (err)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: inside the store
 *
 * What the store_*.c files share. Nothing else includes this, but for the
 * store's own tests.
 */
#ifndef SKALD_LIB_STORE_INTERNAL_H
#define SKALD_LIB_STORE_INTERNAL_H

#include <sqlite3.h>

#include "store.h"
#include "store_intern.h"
#include "store_schema.h"

/*
 * Every statement that is kept prepared: S(NAME, "SQL"). Parameters are
 * numbered in the order of the columns.
 */
#define SKALD_STORE_STATEMENTS(S)                                              \
	S(BEGIN_WRITE, "BEGIN IMMEDIATE")                                      \
	S(BEGIN_READ, "BEGIN DEFERRED")                                        \
	S(COMMIT, "COMMIT")                                                    \
	S(ROLLBACK, "ROLLBACK")                                                \
	S(ADD_STORIES,                                                         \
	  "INSERT OR ROLLBACK INTO story (id, start_ns, duration_ns, shape, "  \
	  "flow, generation, ending, complete, pinned, own) "                  \
	  "SELECT id, start_ns, duration_ns, shape, flow, generation, "        \
	  "ending, complete, 0, own FROM skald_rows")                          \
	S(FIND_SHAPE, "SELECT id, ending, template FROM shape "                \
		      "WHERE hash = ? AND host = ? AND bytes = ?")             \
	S(ADD_SHAPE,                                                           \
	  "INSERT INTO shape (hash, host, stories, n_events, source, netns, "  \
	  "iif, oif, ending, reason, hook, family, table_name, chain, "        \
	  "handle, text, nat, state, path, bytes, template, first_ns, "        \
	  "last_id) "                                                          \
	  "VALUES (?,?,0,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0)")            \
	S(COUNT_SHAPE, "UPDATE shape SET stories = stories + ?2, "             \
		       "last_id = max(last_id, ?3) WHERE id = ?1")             \
	S(GET_SHAPE,                                                           \
	  "SELECT shape.bytes, shape.template, host.name FROM shape "          \
	  "LEFT JOIN host ON host.id = shape.host WHERE shape.id = ?")         \
	S(ADD_STEP,                                                            \
	  "INSERT INTO step (shape, position, kind, hook, rule, verdict, "     \
	  "target, state, detail) VALUES (?,?,?,?,?,?,?,?,?)")                 \
	S(FIND_RULE,                                                           \
	  "SELECT id FROM rule WHERE hash = ? AND netns = ? AND family = ? "   \
	  "AND table_name = ? AND chain = ? AND handle = ? AND text = ?")      \
	S(ADD_RULE,                                                            \
	  "INSERT INTO rule (hash, netns, family, table_name, chain, handle, " \
	  "text, loaded, seen) VALUES (?,?,?,?,?,?,?,?,?)")                    \
	S(SEE_RULE, "UPDATE rule SET seen = ?2 WHERE id = ?1")                 \
	S(DATE_RULE,                                                           \
	  "UPDATE rule SET loaded = ?2 WHERE id = ?1 AND loaded = 0")          \
	S(FIND_ADDRESS, "SELECT id FROM address WHERE bytes = ?")              \
	S(ADD_ADDRESS, "INSERT INTO address (bytes, text) VALUES (?,?)")       \
	S(ADD_FLOW,                                                            \
	  "INSERT INTO flow (family, proto, saddr, sport, daddr, dport, "      \
	  "final_saddr, final_sport, final_daddr, final_dport) "               \
	  "VALUES (?,?,?,?,?,?,?,?,?,?)")                                      \
	S(PUT_SPAN,                                                            \
	  "INSERT OR REPLACE INTO span (first_id, last_id, min_start_ns, "     \
	  "max_start_ns) VALUES (?,?,?,?)")                                    \
	S(LAST_SPAN,                                                           \
	  "SELECT first_id, last_id, min_start_ns, max_start_ns FROM span "    \
	  "ORDER BY first_id DESC LIMIT 1")                                    \
	S(PUT_NEXT_ID, "UPDATE meta SET next_id = ?")                          \
	S(ADD_LOSS,                                                            \
	  "INSERT INTO loss (t_ns, netns, count, place) VALUES (?,?,?,?)")     \
	S(PIN, "UPDATE story SET pinned = ?2 WHERE id = ?1")                   \
	S(FIND_PIECE, "SELECT id FROM piece WHERE hash = ? AND bytes = ?")     \
	S(ADD_PIECE, "INSERT INTO piece (hash, bytes) VALUES (?,?)")           \
	S(ADD_GENERATION,                                                      \
	  "INSERT INTO generation (netns, number, t_ns, pid, process, "        \
	  "legacy) VALUES (?,?,?,?,?,?)")                                      \
	S(LAST_GENERATION,                                                     \
	  "SELECT id, number FROM generation WHERE netns = ? "                 \
	  "ORDER BY id DESC LIMIT 1")                                          \
	S(ADD_GENERATION_PIECE,                                                \
	  "INSERT INTO generation_piece (generation, part, position, piece) "  \
	  "VALUES (?,?,?,?)")                                                  \
	S(GET_GENERATION,                                                      \
	  "SELECT id, t_ns, pid, process, legacy, number, (SELECT "            \
	  "min(f.t_ns) FROM generation AS f WHERE f.netns = ?1 AND f.id <= "   \
	  "g.id AND f.id > coalesce((SELECT max(o.id) FROM generation AS o "   \
	  "WHERE o.netns = ?1 AND o.id < g.id AND o.number <> g.number), 0)) " \
	  "FROM generation AS g WHERE netns = ?1 AND number <= ?2 "            \
	  "AND t_ns <= ?3 ORDER BY id DESC")                                   \
	S(GET_GENERATION_AFTER,                                                \
	  "SELECT id, t_ns, pid, process, legacy, number, t_ns "               \
	  "FROM generation "                                                   \
	  "WHERE netns = ?1 AND number <= ?2 AND t_ns > ?3 "                   \
	  "ORDER BY id LIMIT 1")                                               \
	S(NEXT_GENERATION_TIME,                                                \
	  "SELECT min(t_ns) FROM generation WHERE netns = ? AND t_ns > ?")     \
	S(RENEW_GENERATION,                                                    \
	  "INSERT INTO generation (netns, number, t_ns, pid, process, "        \
	  "legacy) SELECT netns, number, ?2, pid, process, legacy "            \
	  "FROM generation WHERE id = ?1")                                     \
	S(RENEW_PIECES,                                                        \
	  "INSERT INTO generation_piece (generation, part, position, piece) "  \
	  "SELECT ?2, part, position, piece FROM generation_piece "            \
	  "WHERE generation = ?1 AND part IN ('text', 'iptables', "            \
	  "'bytecode')")                                                       \
	S(RENEW_RULES, "UPDATE rule SET seen = ?2 WHERE seen = ?1")            \
	S(COUNT_OTHER_PIECES,                                                  \
	  "SELECT count(*) FROM (SELECT part, position, piece, count(*) AS n " \
	  "FROM generation_piece WHERE generation IN (?1, ?2) "                \
	  "GROUP BY part, position, piece HAVING n <> 2)")                     \
	S(GET_PIECES, "SELECT piece.bytes FROM generation_piece "              \
		      "JOIN piece ON piece.id = generation_piece.piece "       \
		      "WHERE generation = ? AND part = ? ORDER BY position")   \
	S(GET_STORY,                                                           \
	  "SELECT s.id, s.start_ns, s.duration_ns, s.shape, s.generation, "    \
	  "s.complete, s.pinned, s.own FROM story AS s WHERE s.id = ?")        \
	S(SHAPE_ROWS,                                                          \
	  "SELECT first_id, last_id, ids FROM shape_story WHERE key = ?1 "     \
	  "AND first_id > ?2 AND first_id < ?3 AND last_id > ?4 "              \
	  "ORDER BY first_id LIMIT 1")                                         \
	S(SHAPE_ROWS_DOWN,                                                     \
	  "SELECT first_id, last_id, ids FROM shape_story WHERE key = ?1 "     \
	  "AND first_id > ?2 AND first_id < ?3 AND last_id > ?4 "              \
	  "ORDER BY first_id DESC LIMIT 1")                                    \
	S(FLOW_ROWS,                                                           \
	  "SELECT first_id, last_id, ids FROM flow_story WHERE key = ?1 "      \
	  "AND first_id > ?2 AND first_id < ?3 AND last_id > ?4 "              \
	  "ORDER BY first_id LIMIT 1")                                         \
	S(FLOW_ROWS_DOWN,                                                      \
	  "SELECT first_id, last_id, ids FROM flow_story WHERE key = ?1 "      \
	  "AND first_id > ?2 AND first_id < ?3 AND last_id > ?4 "              \
	  "ORDER BY first_id DESC LIMIT 1")                                    \
	S(ADD_SHAPE_STORY,                                                     \
	  "INSERT INTO shape_story (key, first_id, last_id, ids) "             \
	  "VALUES (?,?,?,?)")                                                  \
	S(ADD_FLOW_STORY,                                                      \
	  "INSERT INTO flow_story (key, first_id, last_id, ids) "              \
	  "VALUES (?,?,?,?)")                                                  \
	S(PUT_INDEXED, "UPDATE meta SET indexed_id = ?")                       \
	S(GET_TAIL, "SELECT id, shape, flow FROM story "                       \
		    "WHERE id > (SELECT indexed_id FROM meta) ORDER BY id")    \
	S(DELETE_SHAPE_ROWS,                                                   \
	  "DELETE FROM shape_story WHERE key = ?1 AND last_id < ?2 "           \
	  "AND NOT EXISTS (SELECT 1 FROM story WHERE pinned = 1 "              \
	  "AND shape = ?1 AND id BETWEEN first_id AND last_id)")               \
	S(DELETE_FLOW_ROWS,                                                    \
	  "DELETE FROM flow_story WHERE key = ?1 AND last_id < ?2 "            \
	  "AND NOT EXISTS (SELECT 1 FROM story WHERE pinned = 1 "              \
	  "AND flow = ?1 AND id BETWEEN first_id AND last_id)")                \
	S(OLDEST, "SELECT id, start_ns, shape, flow FROM story "               \
		  "WHERE pinned = 0 AND id >= ? ORDER BY id LIMIT ?")          \
	S(PINNED_EXAMPLE, "SELECT coalesce(max(id), 0) FROM story "            \
			  "WHERE pinned = 1 AND shape = ?")                    \
	S(OLDEST_UNPINNED,                                                     \
	  "SELECT id FROM story WHERE pinned = 0 ORDER BY id LIMIT 1")         \
	S(DELETE_STORY, "DELETE FROM story WHERE id = ?")                      \
	S(DELETE_FLOW, "DELETE FROM flow WHERE id = ?")                        \
	S(UNUSED_FLOW,                                                         \
	  "SELECT saddr, daddr, final_saddr, final_daddr FROM flow "           \
	  "WHERE id = ?1 AND NOT EXISTS "                                      \
	  "(SELECT 1 FROM flow_story WHERE key = ?1)")                         \
	S(DELETE_ADDRESS,                                                      \
	  "DELETE FROM address WHERE id = ?1 AND NOT EXISTS "                  \
	  "(SELECT 1 FROM flow WHERE saddr = ?1) AND NOT EXISTS "              \
	  "(SELECT 1 FROM flow WHERE daddr = ?1) AND NOT EXISTS "              \
	  "(SELECT 1 FROM flow WHERE final_saddr = ?1) AND NOT EXISTS "        \
	  "(SELECT 1 FROM flow WHERE final_daddr = ?1)")                       \
	S(DELETE_SPANS,                                                        \
	  "DELETE FROM span WHERE NOT EXISTS (SELECT 1 FROM story "            \
	  "WHERE id BETWEEN first_id AND last_id)")                            \
	S(EMPTY_SHAPES, "SELECT id FROM shape WHERE stories <= 0 LIMIT ?")     \
	S(DELETE_STEPS, "DELETE FROM step WHERE shape = ?")                    \
	S(DELETE_SHAPE_STORIES, "DELETE FROM shape_story WHERE key = ?")       \
	S(DELETE_SHAPE, "DELETE FROM shape WHERE id = ?")                      \
	S(OLDEST_GENERATIONS,                                                  \
	  "SELECT a.id FROM generation AS a WHERE "                            \
	  "(SELECT b.t_ns FROM generation AS b WHERE b.netns = a.netns "       \
	  "AND b.id > a.id ORDER BY b.id LIMIT 1) <= ?1 LIMIT ?2")             \
	S(GENERATION_PIECES,                                                   \
	  "SELECT DISTINCT piece FROM generation_piece WHERE generation = ?")  \
	S(DELETE_GENERATION_PIECES,                                            \
	  "DELETE FROM generation_piece WHERE generation = ?")                 \
	S(DELETE_GENERATION, "DELETE FROM generation WHERE id = ?")            \
	S(DELETE_PIECE, "DELETE FROM piece WHERE id = ?1 AND NOT EXISTS "      \
			"(SELECT 1 FROM generation_piece WHERE piece = ?1)")   \
	S(DELETE_RULES,                                                        \
	  "DELETE FROM rule WHERE id IN (SELECT r.id FROM rule AS r WHERE "    \
	  "r.id > ?1 AND NOT EXISTS (SELECT 1 FROM step WHERE rule = r.id) "   \
	  "AND NOT EXISTS (SELECT 1 FROM generation WHERE id = r.seen) "       \
	  "LIMIT ?2)")                                                         \
	S(DELETE_LOSSES, "DELETE FROM loss WHERE id IN (SELECT id FROM loss "  \
			 "WHERE t_ns < ? LIMIT ?)")                            \
	S(OLDEST_START, "SELECT coalesce(min(min_start_ns), ?1) FROM span")

#define SKALD_STORE_STATEMENT_ENUM(name, sql) SKALD_STORE_##name,
enum skald_store_statement {
	SKALD_STORE_STATEMENTS(SKALD_STORE_STATEMENT_ENUM)
	SKALD_STORE_N_STATEMENTS
};

/**
 * struct skald_span - ids in a row, and when their stories began
 * @first: first id, 0: the span is empty
 * @last: last id
 * @min_start_ns: earliest start
 * @max_start_ns: latest start
 *
 * Ids follow the order in which stories ended, which is nearly, but not quite,
 * the order of time. Spans make a time condition a range of ids.
 */
struct skald_span {
	uint64_t first;
	uint64_t last;
	uint64_t min_start_ns;
	uint64_t max_start_ns;
};

/**
 * struct skald_tail - a story that is in no posting yet
 * @id: its id
 * @shape: its shape
 * @flow: its flow
 */
struct skald_tail {
	int64_t id;
	int64_t shape;
	int64_t flow;
};

/* Lists of that many filters find their statements prepared. */
#define SKALD_STORE_SPARES 8

struct skald_shape_cache;
struct skald_told_shape;
struct skald_rows;

/**
 * struct skald_store - an open store
 * @db: connection
 * @path: as it was given
 * @mode: enum skald_store_mode
 * @lock_fd: writer's lock, -1: none
 * @lock_path: its file
 * @is_immutable: opened without locks: nobody can be writing
 * @host: id of this machine's name
 * @next_id: next story's id
 * @span: the span that is growing
 * @tail: the newest stories, which are in no posting yet
 * @n_tail: how many
 * @size_tail: room in @tail
 * @tail_max: how many there may be when a transaction ends
 * @is_tail_known: @tail is what the file has
 * @rows: stories that are not inserted yet; NULL when reading
 * @shapes: shapes by their bytes; extra data is the template
 * @flows: flows by their key
 * @addresses: addresses by their bytes
 * @buffer: scratch of the write path
 * @told: shapes by id, for reading
 * @newest_generation: row of the ruleset stored last
 * @stmt: prepared statements, each made at first use
 * @spares: statements of lists that nobody uses now, or NULL
 * @next_spare: the one that makes room for another
 */
struct skald_store {
	sqlite3 *db;
	char *path;
	enum skald_store_mode mode;
	int lock_fd;
	char *lock_path;
	bool is_immutable;
	int64_t host;
	uint64_t next_id;
	struct skald_span span;
	struct skald_tail *tail;
	size_t n_tail;
	size_t size_tail;
	size_t tail_max;
	bool is_tail_known;
	struct skald_rows *rows;
	struct skald_intern shapes;
	struct skald_intern flows;
	struct skald_intern addresses;
	struct skald_buffer buffer;
	struct skald_shape_cache *told;
	int64_t newest_generation;
	sqlite3_stmt *stmt[SKALD_STORE_N_STATEMENTS];
	sqlite3_stmt *spares[SKALD_STORE_SPARES];
	unsigned int next_spare;
};

/* store_spare.c: statements whose text a filter makes */

/* One to be given back, with nothing bound. Return: 0 or -errno */
int skald_store_borrow(struct skald_store *store, const char *sql,
		       sqlite3_stmt **stmt, struct skald_error *error);
void skald_store_give_back(struct skald_store *store, sqlite3_stmt *stmt);
void skald_store_spares_done(struct skald_store *store);

/* store.c: statements and errors */

/* Return: a statement that is reset, or NULL with @error set */
sqlite3_stmt *skald_store_stmt(struct skald_store *store,
			       enum skald_store_statement which,
			       struct skald_error *error);
/* Run a statement that returns no rows, and reset it. */
int skald_store_run(struct skald_store *store, sqlite3_stmt *stmt,
		    const char *what, struct skald_error *error);
/*
 * Step a statement that returns rows.
 * Return: 1 a row, 0 no more (and reset), or -errno (and reset)
 */
int skald_store_step(struct skald_store *store, sqlite3_stmt *stmt,
		     const char *what, struct skald_error *error);
/* What SQLite just complained about, as our error. Return: -errno */
int skald_store_fail(struct skald_store *store, const char *what,
		     struct skald_error *error);
/* The same without words. Return: -errno */
int skald_store_errno(struct skald_store *store);
int skald_store_exec(struct skald_store *store, const char *sql,
		     const char *what, struct skald_error *error);
/* One number from a query without parameters. */
int skald_store_number(struct skald_store *store, const char *sql,
		       int64_t *number, struct skald_error *error);

/* NULL and "" alike are bound as NULL by the first, as '' by the second. */
void skald_bind_text(sqlite3_stmt *stmt, int index, const char *text);
void skald_bind_string(sqlite3_stmt *stmt, int index, const char *text);

/* store_lock.c */
int skald_store_lock(struct skald_store *store, struct skald_error *error);
void skald_store_unlock(struct skald_store *store);

/* store_file.c */
int skald_store_connect(struct skald_store *store, struct skald_error *error);

/* store_rows.c: stories are inserted many at a time */

/* The virtual table that they are inserted from; skald_rows_free() ends it. */
int skald_rows_register(struct skald_store *store, struct skald_error *error);
void skald_rows_free(struct skald_rows *rows);
/* Add a story of that shape and flow; there must be room, see
 * skald_rows_flush(). */
int skald_rows_add(struct skald_store *store, const struct skald_packed *packed,
		   uint64_t id, const struct skald_intern_entry *shape,
		   int64_t flow, struct skald_error *error);
/* Insert what was added; what could not be inserted is forgotten. */
int skald_rows_flush(struct skald_store *store, struct skald_error *error);
void skald_rows_forget(struct skald_store *store);

/* store_shape.c */

/* The shape's entry, which has its id; a new one is inserted with its rules.
 * @story: what @packed is, told. @entry is written on success, and good until
 * the next call. */
int skald_store_shape(struct skald_store *store,
		      const struct skald_packed *packed,
		      const struct skald_story *story,
		      struct skald_intern_entry **entry,
		      struct skald_error *error);
/* Write the numbers of stories counted since the last time. */
int skald_store_count_shapes(struct skald_store *store,
			     struct skald_error *error);

/* store_rule.c */

/**
 * struct skald_rule_place - where a rule was met
 * @netns: namespace, or NULL
 * @seen: row of the generation that has it, 0: met by a story
 * @loaded_if_new: its generation when there is no row of it yet
 */
struct skald_rule_place {
	const char *netns;
	int64_t seen;
	uint32_t loaded_if_new;
};

/* Id of a rule with that text; a new one is inserted, of a known one is noted
 * when it was seen. */
int skald_store_rule(struct skald_store *store,
		     const struct skald_rule_place *place,
		     const struct skald_rule *rule, int64_t *id,
		     struct skald_error *error);

/* store_flow.c */
int skald_store_flow(struct skald_store *store,
		     const struct skald_packed *packed, int64_t *id,
		     struct skald_error *error);

/* store_posting.c */
int skald_posting_add(struct skald_store *store, int64_t id, int64_t shape,
		      int64_t flow);
/* Read the tail from the file. */
int skald_posting_load(struct skald_store *store, struct skald_error *error);
bool skald_posting_has_flow(const struct skald_store *store, int64_t flow);
/* Write the tail when it is long enough; in a transaction. */
int skald_posting_flush(struct skald_store *store, struct skald_error *error);
/*
 * The ids of a row, ascending; @ids has room for @len + 1.
 * Return: 0 or -EBADMSG
 */
int skald_posting_decode(int64_t first, int64_t last, const uint8_t *data,
			 size_t len, int64_t *ids, uint32_t *n_ids);

/* store_read.c */
struct skald_shape_cache *skald_shape_cache_new(void);
void skald_shape_cache_clear(struct skald_shape_cache *cache);
void skald_shape_cache_free(struct skald_shape_cache *cache);
/**
 * struct skald_store_telling - stories told one after the other; zeroed at
 * first
 * @story: the latest; strings that its shape shares are borrowed from @shape
 * @shape: held for that
 */
struct skald_store_telling {
	struct skald_story story;
	struct skald_told_shape *shape;
};

/* The story in the current row of a statement selecting as GET_STORY, over the
 * story before it. */
int skald_store_tell_next(struct skald_store *store, sqlite3_stmt *stmt,
			  struct skald_store_telling *telling,
			  struct skald_error *error);
void skald_store_telling_done(struct skald_store_telling *telling);
/* Whole own bytes of a story, in @buffer, from the packed ones. */
int skald_store_own(struct skald_store *store, int64_t shape_id,
		    const uint8_t *data, size_t len,
		    struct skald_buffer *buffer, struct skald_error *error);
int skald_store_snapshot(struct skald_store *store, struct skald_error *error);
void skald_store_snapshot_end(struct skald_store *store);

/* store_function.c: skald_packet(shape, own, field, final) for filters */
int skald_store_functions(struct skald_store *store, struct skald_error *error);

/*
 * store_merge.c: the ids of all stories of some shapes, or of some flows, in
 * order; the table skald_merge(pointer) of SQL.
 */
#define SKALD_MERGE_POINTER "skald_merge"

/**
 * struct skald_merge_key - the stories of one shape or flow
 * @key: its id
 * @ids: ids fetched and not yet given
 * @at: next of them
 * @n_ids: how many
 * @size: room in @ids
 * @row: first id of the row fetched last
 */
struct skald_merge_key {
	int64_t key;
	int64_t *ids;
	uint32_t at;
	uint32_t n_ids;
	size_t size;
	int64_t row;
};

/**
 * struct skald_merge - a merge
 * @store: the store
 * @which: statement that fetches
 * @after: only ids above
 * @before: only ids below
 * @is_down: descending
 * @keys: what is merged
 * @n_keys: how many
 * @heap: keys that have ids, the next one first
 * @n_heap: how many
 */
struct skald_merge {
	struct skald_store *store;
	enum skald_store_statement which;
	int64_t after;
	int64_t before;
	bool is_down;
	struct skald_merge_key *keys;
	uint32_t n_keys;
	uint32_t *heap;
	uint32_t n_heap;
};

/* One more key whose ids are merged. Return: 0 or -ENOMEM */
int skald_merge_add(struct skald_merge *merge, int64_t key);
void skald_merge_done(struct skald_merge *merge);
/* The virtual table that queries read merged ids from. */
int skald_store_merge_register(struct skald_store *store,
			       struct skald_error *error);

#endif /* SKALD_LIB_STORE_INTERNAL_H */

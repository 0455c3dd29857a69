// SPDX-License-Identifier: GPL-2.0-only
/*
 * A world as a file: an SQLite database of a few small tables and one blob for
 * each dump. docs/world.md describes it; its version and the types of the
 * columns are all that is believed of a file that somebody sent.
 */
#include "world.h"
#include "world_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Columns of a text are never longer: names, rules, values. */
#define TEXT_MAX (1 << 24)
#define ROWS_MAX (1 << 24)
/* Each page is a call of the kernel; small worlds have few. */
#define LARGE (1 << 19)
#define PAGE_LARGE 65536
#define PAGE_SMALL 4096

/* clang-format off */
static const char schema[] =
	"CREATE TABLE world (id INTEGER PRIMARY KEY CHECK (id = 1), "
		"taken_ns INTEGER NOT NULL, host TEXT NOT NULL, "
		"kernel TEXT NOT NULL, netns TEXT NOT NULL, "
		"generation INTEGER NOT NULL, rules_file TEXT, "
		"made_up TEXT NOT NULL, legacy TEXT NOT NULL, "
		"legacy_rules TEXT NOT NULL, text TEXT NOT NULL, "
		"iptables TEXT NOT NULL, bytecode BLOB NOT NULL);"
	"CREATE TABLE chain (position INTEGER PRIMARY KEY, "
		"family INTEGER NOT NULL, table_name TEXT NOT NULL, "
		"name TEXT NOT NULL, is_base INTEGER NOT NULL, "
		"hook INTEGER NOT NULL, priority INTEGER NOT NULL, "
		"priority_name TEXT, type TEXT, policy INTEGER NOT NULL);"
	"CREATE TABLE rule (position INTEGER PRIMARY KEY, "
		"family INTEGER NOT NULL, table_name TEXT NOT NULL, "
		"chain TEXT NOT NULL, handle INTEGER NOT NULL, "
		"table_handle INTEGER NOT NULL, text TEXT NOT NULL);"
	"CREATE TABLE section (name TEXT PRIMARY KEY, "
		"messages BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE sysctl (name TEXT PRIMARY KEY, "
		"value TEXT NOT NULL) WITHOUT ROWID;";
/* clang-format on */

#define SECTION_WORD(name, word, what) #word,
static const char *const section_words[] = { SKALD_WORLD_SECTIONS(
	SECTION_WORD) };

const char *skald_world_section_word(enum skald_world_section section)
{
	return section_words[section];
}

/* A statement in the making or at work; the first failure stays. */
struct work {
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int code;
	int column;
};

static void prepare(struct work *work, const char *sql)
{
	sqlite3_finalize(work->stmt);
	work->stmt = NULL;
	work->column = 0;
	if (work->code == SQLITE_OK)
		work->code = sqlite3_prepare_v2(work->db, sql, -1, &work->stmt,
						NULL);
}

static void execute(struct work *work, const char *sql)
{
	if (work->code == SQLITE_OK)
		work->code = sqlite3_exec(work->db, sql, NULL, NULL, NULL);
}

/* Binding a statement that could not be prepared changes nothing. */
static void put_number(struct work *work, int64_t number)
{
	if (work->code == SQLITE_OK)
		work->code =
			sqlite3_bind_int64(work->stmt, ++work->column, number);
}

static void put_text(struct work *work, const char *text)
{
	if (work->code == SQLITE_OK)
		work->code = sqlite3_bind_text(work->stmt, ++work->column, text,
					       -1, SQLITE_STATIC);
}

static void put_bytes(struct work *work, const void *bytes, size_t len)
{
	if (work->code == SQLITE_OK)
		work->code = sqlite3_bind_blob64(work->stmt, ++work->column,
						 len ? bytes : "", len,
						 SQLITE_STATIC);
}

static void insert(struct work *work)
{
	if (work->code != SQLITE_OK)
		return;
	work->code = sqlite3_step(work->stmt);
	if (work->code == SQLITE_DONE)
		work->code = sqlite3_reset(work->stmt);
	work->column = 0;
}

static void save_chains(struct work *work, const struct skald_ruleset *ruleset)
{
	prepare(work, "INSERT INTO chain VALUES (?,?,?,?,?,?,?,?,?,?)");
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct skald_chain *chain = &ruleset->chains[i];

		put_number(work, (int64_t)i);
		put_number(work, chain->family);
		put_text(work, chain->table);
		put_text(work, chain->name);
		put_number(work, chain->is_base);
		put_number(work, chain->hook);
		put_number(work, chain->priority);
		put_text(work, chain->priority_name);
		put_text(work, chain->type);
		put_number(work, chain->policy);
		insert(work);
	}
}

static void save_rules(struct work *work, const struct skald_ruleset *ruleset)
{
	prepare(work, "INSERT INTO rule VALUES (?,?,?,?,?,?,?)");
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct skald_rule *rule = &ruleset->rules[i];

		put_number(work, (int64_t)i);
		put_number(work, rule->family);
		put_text(work, rule->table);
		put_text(work, rule->chain);
		put_number(work, (int64_t)rule->handle);
		put_number(work, (int64_t)rule->table_handle);
		put_text(work, rule->text);
		insert(work);
	}
}

static void save_lists(struct work *work, const struct skald_world *world)
{
	prepare(work, "INSERT INTO section VALUES (?,?)");
	for (int i = 0; i < SKALD_WORLD_N_SECTIONS; i++) {
		if (skald_world_is_sockets(i) && !world->has_sockets)
			continue;
		put_text(work, section_words[i]);
		put_bytes(work, world->sections[i].data,
			  world->sections[i].len);
		insert(work);
	}
	prepare(work, "INSERT OR REPLACE INTO sysctl VALUES (?,?)");
	for (size_t i = 0; i < world->n_sysctls; i++) {
		put_text(work, world->sysctls[i].name);
		put_text(work, world->sysctls[i].value);
		insert(work);
	}
}

static void save_world(struct work *work, const struct skald_world *world)
{
	const struct skald_ruleset *ruleset = &world->ruleset;

	prepare(work, "INSERT INTO world VALUES (1,?,?,?,?,?,?,?,?,?,?,?,?)");
	put_number(work, (int64_t)world->taken_ns);
	put_text(work, world->host);
	put_text(work, world->kernel);
	put_text(work, world->netns);
	put_number(work, ruleset->generation);
	put_text(work, world->rules_file);
	put_text(work, world->made_up);
	put_text(work, ruleset->legacy);
	put_text(work, world->legacy_rules);
	put_text(work, ruleset->text);
	put_text(work, ruleset->iptables);
	put_bytes(work, ruleset->bytecode, ruleset->bytecode_len);
	insert(work);
}

static int save_all(const struct skald_world *world, const char *path)
{
	struct work work = { 0 };
	char pragmas[128];

	snprintf(pragmas, sizeof(pragmas),
		 "PRAGMA page_size = %d; PRAGMA journal_mode = OFF;"
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 world->ruleset.bytecode_len > LARGE ? PAGE_LARGE : PAGE_SMALL,
		 SKALD_WORLD_APPLICATION, SKALD_WORLD_VERSION);
	work.code = sqlite3_open_v2(path, &work.db,
				    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				    NULL);
	execute(&work, pragmas);
	execute(&work, "BEGIN");
	execute(&work, schema);
	save_world(&work, world);
	save_chains(&work, &world->ruleset);
	save_rules(&work, &world->ruleset);
	save_lists(&work, world);
	sqlite3_finalize(work.stmt);
	work.stmt = NULL;
	execute(&work, "COMMIT");
	sqlite3_close(work.db);
	return work.code;
}

/* SQLite would say no more than that it cannot open it. */
static int make_empty(const char *path)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int skald_world_save(const struct skald_world *world, const char *path,
		     struct skald_error *error)
{
	char *beside;
	int code;
	int err;

	if (asprintf(&beside, "%s-new", path) < 0)
		return skald_error_set(error, ENOMEM, "no memory for %s", path);
	err = make_empty(beside);
	if (err) {
		free(beside);
		return skald_error_set(error, -err, "cannot write %s: %s", path,
				       strerror(-err));
	}
	code = save_all(world, beside);
	if (code != SQLITE_OK)
		err = skald_error_set(
			error, (code & 0xff) == SQLITE_FULL ? ENOSPC : EIO,
			"cannot write %s: %s", path, sqlite3_errstr(code));
	else if (rename(beside, path) < 0)
		err = skald_error_set(error, errno, "cannot make %s: %s", path,
				      strerror(errno));
	if (err)
		(void)unlink(beside);
	free(beside);
	return err;
}

/* ---- reading ---- */

/* A file being read: anything unexpected makes it damaged. */
struct reader {
	struct work work;
	struct skald_world *world;
	int err;
};

static void damaged(struct reader *reader)
{
	if (!reader->err)
		reader->err = -EBADMSG;
}

/* Return: whether there is a row, and nothing failed yet */
static bool next_row(struct reader *reader)
{
	struct work *work = &reader->work;

	work->column = 0;
	if (reader->err || work->code != SQLITE_OK || !work->stmt)
		return false;
	work->code = sqlite3_step(work->stmt);
	if (work->code == SQLITE_ROW) {
		work->code = SQLITE_OK;
		return true;
	}
	if (work->code == SQLITE_DONE)
		work->code = SQLITE_OK;
	return false;
}

static int64_t get_number(struct reader *reader)
{
	sqlite3_stmt *stmt = reader->work.stmt;
	int column = reader->work.column++;

	if (sqlite3_column_type(stmt, column) != SQLITE_INTEGER)
		damaged(reader);
	return sqlite3_column_int64(stmt, column);
}

static unsigned int get_below(struct reader *reader, unsigned int bound)
{
	int64_t number = get_number(reader);

	if (number < 0 || number >= bound) {
		damaged(reader);
		return 0;
	}
	return (unsigned int)number;
}

/* NULL only where @or_null. */
static const char *get_text(struct reader *reader, bool or_null)
{
	sqlite3_stmt *stmt = reader->work.stmt;
	int column = reader->work.column++;
	const char *text;
	int len;

	if (or_null && sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return NULL;
	text = (const char *)sqlite3_column_text(stmt, column);
	len = sqlite3_column_bytes(stmt, column);
	if (sqlite3_column_type(stmt, column) != SQLITE_TEXT || !text ||
	    len > TEXT_MAX || strlen(text) != (size_t)len) {
		damaged(reader);
		return "";
	}
	text = skald_arena_strndup(&reader->world->arena, text, (size_t)len);
	if (!text && !reader->err)
		reader->err = -ENOMEM;
	return text ? text : "";
}

/* A text that is mostly that of the row before: then it is shared. */
static const char *get_again(struct reader *reader, const char *before)
{
	const char *text = (const char *)sqlite3_column_text(
		reader->work.stmt, reader->work.column);

	if (!text || !before || strcmp(text, before) != 0)
		return get_text(reader, false);
	reader->work.column++;
	return before;
}

static void get_bytes(struct reader *reader, struct skald_buffer *buffer)
{
	sqlite3_stmt *stmt = reader->work.stmt;
	int column = reader->work.column++;

	if (sqlite3_column_type(stmt, column) != SQLITE_BLOB)
		damaged(reader);
	skald_buffer_put(buffer, sqlite3_column_blob(stmt, column),
			 (size_t)sqlite3_column_bytes(stmt, column));
	if (buffer->failed && !reader->err)
		reader->err = -ENOMEM;
}

/* Room for the rows of a table, in the ruleset's arena. */
static void *rows_of(struct reader *reader, const char *count, size_t size,
		     size_t *n)
{
	void *rows;

	*n = 0;
	prepare(&reader->work, count);
	if (!next_row(reader))
		return NULL;
	*n = get_below(reader, ROWS_MAX);
	rows = skald_arena_alloc(&reader->world->arena, (*n ? *n : 1) * size);
	if (!rows && !reader->err)
		reader->err = -ENOMEM;
	return rows;
}

static void load_chains(struct reader *reader)
{
	struct skald_ruleset *ruleset = &reader->world->ruleset;
	size_t n;
	struct skald_chain *chain = rows_of(
		reader, "SELECT count(*) FROM chain", sizeof(*chain), &n);

	ruleset->chains = chain;
	prepare(&reader->work,
		"SELECT family, table_name, name, is_base, hook, "
		"priority, priority_name, type, policy FROM chain "
		"ORDER BY position");
	for (; ruleset->n_chains < n && next_row(reader); chain++) {
		chain->family = get_below(reader, 256);
		chain->table = get_text(reader, false);
		chain->name = get_text(reader, false);
		chain->is_base = get_below(reader, 2);
		chain->hook = get_below(reader, SKALD_HOOK_EGRESS + 1);
		chain->priority = (int)get_number(reader);
		chain->priority_name = get_text(reader, true);
		chain->type = get_text(reader, true);
		chain->policy = get_below(reader, SKALD_VERDICT_RETURN + 1);
		ruleset->n_chains++;
	}
}

static void load_rules(struct reader *reader)
{
	struct skald_ruleset *ruleset = &reader->world->ruleset;
	size_t n;
	struct skald_rule *rule =
		rows_of(reader, "SELECT count(*) FROM rule", sizeof(*rule), &n);
	const char *table = NULL, *chain = NULL;

	ruleset->rules = rule;
	prepare(&reader->work,
		"SELECT family, table_name, chain, handle, table_handle, text "
		"FROM rule ORDER BY position");
	for (; ruleset->n_rules < n && next_row(reader); rule++) {
		rule->family = get_below(reader, 256);
		rule->table = table = get_again(reader, table);
		rule->chain = chain = get_again(reader, chain);
		rule->handle = (uint64_t)get_number(reader);
		rule->table_handle = (uint64_t)get_number(reader);
		rule->text = get_text(reader, false);
		ruleset->n_rules++;
	}
}

static void load_section(struct reader *reader)
{
	const char *name = get_text(reader, false);

	for (int i = 0; i < SKALD_WORLD_N_SECTIONS; i++) {
		if (strcmp(section_words[i], name) != 0)
			continue;
		get_bytes(reader, &reader->world->sections[i]);
		reader->world->has_sockets |= skald_world_is_sockets(i);
	}
}

static void load_sysctls(struct reader *reader)
{
	struct skald_world *world = reader->world;
	size_t n;

	prepare(&reader->work, "SELECT count(*) FROM sysctl");
	if (!next_row(reader))
		return;
	n = get_below(reader, ROWS_MAX);
	world->sysctls = calloc(n ? n : 1, sizeof(*world->sysctls));
	if (!world->sysctls) {
		reader->err = -ENOMEM;
		return;
	}
	prepare(&reader->work, "SELECT name, value FROM sysctl");
	while (world->n_sysctls < n && next_row(reader)) {
		struct skald_world_sysctl *sysctl =
			&world->sysctls[world->n_sysctls++];

		sysctl->name = get_text(reader, false);
		sysctl->value = get_text(reader, false);
	}
}

/*
 * A long value straight to where it is to lie: sqlite3_column_blob() would make
 * a copy of its own first. Return: heap or arena, ended by a NUL; NULL: damaged
 * or no memory
 */
static void *read_long(struct reader *reader, const char *column, bool is_heap,
		       size_t *len)
{
	struct work *work = &reader->work;
	sqlite3_blob *blob = NULL;
	char *bytes = NULL;
	int size;

	if (reader->err || work->code != SQLITE_OK)
		return NULL;
	work->code = sqlite3_blob_open(work->db, "main", "world", column, 1, 0,
				       &blob);
	size = work->code == SQLITE_OK ? sqlite3_blob_bytes(blob) : 0;
	if (work->code == SQLITE_OK) {
		bytes = is_heap ? malloc((size_t)size + 1)
				: skald_arena_alloc(&reader->world->arena,
						    (size_t)size + 1);
		if (!bytes)
			reader->err = -ENOMEM;
	}
	if (bytes && size)
		work->code = sqlite3_blob_read(blob, bytes, size, 0);
	if (bytes)
		bytes[size] = '\0';
	sqlite3_blob_close(blob);
	if (bytes && work->code != SQLITE_OK && is_heap) {
		free(bytes);
		bytes = NULL;
	}
	*len = (size_t)size;
	return bytes;
}

static char *read_text(struct reader *reader, const char *column)
{
	size_t len;
	char *text = read_long(reader, column, false, &len);

	if (!text)
		return "";
	if (len > TEXT_MAX || strlen(text) != len)
		damaged(reader);
	return text;
}

static void check_type(struct reader *reader, const char *type)
{
	if (strcmp(get_text(reader, false), type) != 0)
		damaged(reader);
}

static void load_world(struct reader *reader)
{
	struct skald_world *world = reader->world;
	struct skald_ruleset *ruleset = &world->ruleset;

	prepare(&reader->work,
		"SELECT taken_ns, host, kernel, netns, generation, rules_file, "
		"made_up, legacy, legacy_rules, typeof(text), "
		"typeof(iptables), typeof(bytecode) FROM world WHERE id = 1");
	if (!next_row(reader)) {
		damaged(reader);
		return;
	}
	world->taken_ns = (uint64_t)get_number(reader);
	world->host = get_text(reader, false);
	world->kernel = get_text(reader, false);
	world->netns = get_text(reader, false);
	ruleset->generation = (uint32_t)get_number(reader);
	world->rules_file = get_text(reader, true);
	world->made_up = get_text(reader, false);
	ruleset->legacy = (char *)get_text(reader, false);
	world->legacy_rules = get_text(reader, false);
	check_type(reader, "text");
	check_type(reader, "text");
	check_type(reader, "blob");
	ruleset->text = read_text(reader, "text");
	ruleset->iptables = read_text(reader, "iptables");
	ruleset->bytecode =
		read_long(reader, "bytecode", true, &ruleset->bytecode_len);
	if (!ruleset->bytecode)
		ruleset->bytecode_len = 0;
}

static void load_all(struct reader *reader)
{
	load_world(reader);
	load_chains(reader);
	load_rules(reader);
	prepare(&reader->work, "SELECT name, messages FROM section");
	while (next_row(reader))
		load_section(reader);
	load_sysctls(reader);
}

/* The number that a PRAGMA answers, -1: none. */
static int64_t pragma(struct reader *reader, const char *sql)
{
	prepare(&reader->work, sql);
	return next_row(reader) ? get_number(reader) : -1;
}

static int check(struct reader *reader, const char *path,
		 struct skald_error *error)
{
	int64_t application = pragma(reader, "PRAGMA application_id");
	int64_t version = pragma(reader, "PRAGMA user_version");
	int code = reader->work.code & 0xff;

	if (code == SQLITE_CANTOPEN || code == SQLITE_PERM)
		return skald_error_set(error, ENOENT, "cannot open %s: %s",
				       path, strerror(ENOENT));
	if (application != SKALD_WORLD_APPLICATION) {
		skald_error_set(error, EBADMSG, "%s is not a world of skald",
				path);
		skald_error_help(error, "\"skald snapshot -o FILE\" makes one");
		return -EBADMSG;
	}
	if (version != SKALD_WORLD_VERSION) {
		skald_error_set(error, EPROTO,
				"%s is a world of version %lld, this skald "
				"knows %d",
				path, (long long)version, SKALD_WORLD_VERSION);
		skald_error_help(error, "use the skald that wrote it, or take "
					"the snapshot again");
		return -EPROTO;
	}
	return 0;
}

static int open_file(struct reader *reader, const char *path,
		     struct skald_error *error)
{
	if (access(path, R_OK) < 0)
		return skald_error_set(error, errno, "cannot read %s: %s", path,
				       strerror(errno));
	reader->work.code =
		sqlite3_open_v2(path, &reader->work.db,
				SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
				NULL);
	execute(&reader->work, "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA query_only = ON");
	return check(reader, path, error);
}

int skald_world_load(const char *path, struct skald_world *world,
		     struct skald_error *error)
{
	struct skald_world made = { 0 };
	struct reader reader = { .world = &made };
	int err = open_file(&reader, path, error);

	if (!err) {
		load_all(&reader);
		err = reader.err;
		if (!err && reader.work.code != SQLITE_OK)
			err = reader.work.code == SQLITE_NOMEM ? -ENOMEM
							       : -EBADMSG;
		if (err)
			skald_error_set(error, -err, "%s is damaged: %s", path,
					reader.work.code != SQLITE_OK
						? sqlite3_errmsg(reader.work.db)
						: strerror(-err));
	}
	sqlite3_finalize(reader.work.stmt);
	sqlite3_close(reader.work.db);
	if (err)
		skald_world_done(&made);
	else
		*world = made;
	return err;
}

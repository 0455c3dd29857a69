// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store that somebody wrote to: "table.column", a NUL byte, how many rows to
 * leave alone, one of "btin" (blob, text, integer, null), and the value. Every
 * way of reading it gives stories that can be told, or an error in words.
 */
#include <errno.h>

#include "damage.h"
#include "filter.h"
#include "report.h"
#include "tell.h"

#define NAME_MAX_LEN 63

static sqlite3 *db;
static struct skald_filter *filters[3];

static void run(const char *format, const char *table)
{
	char *sql = sqlite3_mprintf(format, table, table, table);

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	sqlite3_free(sql);
}

static void keep(void *user, const char *table, const char *column)
{
	run("CREATE TABLE IF NOT EXISTS kept.\"%w\" AS "
	    "SELECT * FROM main.\"%w\"",
	    table);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const texts[] = {
		"ip.addr == 10.1.0.0/16 && rule ~ \"drop\"",
		"ttl > 3 && final.mark != 1 || tcp.flags ~ S",
		"time > 2023-01-01 && verdict == drop && host == \"a\"",
	};
	struct skald_error error = { 0 };
	unsigned int i;

	damage_make();
	fuzz_check(!sqlite3_open(scratch_path, &db));
	run("PRAGMA synchronous = OFF; ATTACH ':memory:' AS kept", "");
	damage_columns(db, keep, NULL);
	(void)atexit(scratch_remove);
	for (i = 0; i < 3; i++)
		fuzz_check(
			!skald_filter_compile(texts[i], &filters[i], &error));
	return 0;
}

/* ---- damage ---- */

struct target {
	const char *name;
	char table[NAME_MAX_LEN + 1];
	char column[NAME_MAX_LEN + 1];
};

static void find(void *user, const char *table, const char *column)
{
	struct target *target = user;
	size_t len = strlen(table);

	if (strncmp(target->name, table, len) || target->name[len] != '.' ||
	    strcmp(target->name + len + 1, column))
		return;
	snprintf(target->table, sizeof(target->table), "%s", table);
	snprintf(target->column, sizeof(target->column), "%s", column);
}

static void bind(sqlite3_stmt *stmt, uint8_t type, struct fuzz_input *value)
{
	switch (type) {
	case 'b':
		sqlite3_bind_blob64(stmt, 1, value->data, value->size,
				    SQLITE_STATIC);
		break;
	case 't':
		sqlite3_bind_text64(stmt, 1, (const char *)value->data,
				    value->size, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case 'i':
		sqlite3_bind_int64(stmt, 1, (int64_t)fuzz_take_u64(value));
		break;
	default:
		sqlite3_bind_null(stmt, 1);
	}
}

/* What a constraint forbids is not done. Return: whether anything was */
static bool damage(const struct target *target, struct fuzz_input *value)
{
	unsigned int spared = fuzz_take_u8(value) % DAMAGE_STORIES;
	uint8_t type = fuzz_take_u8(value);
	const char *key = NULL;
	sqlite3_stmt *stmt;
	char *sql;
	int rc;

	fuzz_check(!sqlite3_table_column_metadata(db, "main", target->table,
						  target->column, NULL, NULL,
						  NULL, NULL, NULL));
	/* Tables without a rowid have these first. */
	if (!strcmp(target->table, "step"))
		key = "position";
	else if (strstr(target->table, "_story"))
		key = "first_id";
	else if (!strcmp(target->table, "generation_piece"))
		key = "position";
	sql = sqlite3_mprintf("UPDATE OR IGNORE main.\"%w\" SET \"%w\" = ? "
			      "WHERE %s > %u",
			      target->table, target->column,
			      key ? key : "rowid", spared);
	fuzz_check(!sqlite3_prepare_v2(db, sql, -1, &stmt, NULL));
	sqlite3_free(sql);
	bind(stmt, type, value);
	rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE && sqlite3_changes(db);
}

static void repair(const struct target *target)
{
	run("DELETE FROM main.\"%w\";"
	    "INSERT INTO main.\"%w\" SELECT * FROM kept.\"%w\"",
	    target->table);
}

/* ---- reading ---- */

static void expect(int err, const struct skald_error *error)
{
	fuzz_check(err <= 0);
	fuzz_check(!err || *error->text);
}

static bool tell(void *user, const struct skald_story *story)
{
	tell_once(story);
	return true;
}

static bool take_shape(void *user, const struct skald_shape_row *row)
{
	fuzz_check(row->answer && row->path);
	return true;
}

static void take_generation(void *user, const struct skald_generation_row *row)
{
	fuzz_check(row->netns);
}

static void read_lists(struct skald_store *store)
{
	struct skald_list_query query = { .limit = 7 };
	struct skald_error error = { 0 };
	struct skald_store_summary summary;
	unsigned int i;

	expect(skald_store_summary(store, &summary, &error), &error);
	expect(skald_store_list(store, &query, tell, NULL, &error), &error);
	query.oldest_first = true;
	for (i = 0; i < 3; i++) {
		query.filter = filters[i];
		expect(skald_store_list(store, &query, tell, NULL, &error),
		       &error);
		expect(skald_store_shapes(store, filters[i], take_shape, NULL,
					  &error),
		       &error);
	}
	expect(skald_store_shapes(store, NULL, take_shape, NULL, &error),
	       &error);
}

static void read_one(struct skald_store *store, uint64_t id)
{
	struct skald_buffer page = { 0 };
	struct skald_output output = skald_output_buffer(&page);
	const struct skald_report_wish wish = { store, "x.db", &id, 1 };
	const struct skald_generation_key key = { "router", 1, id };
	struct skald_error error = { 0 };
	struct skald_story story;
	int err = skald_store_story(store, id, &story, &error);

	expect(err, &error);
	if (!err) {
		tell_once(&story);
		skald_story_done(&story);
	}
	expect(skald_store_generation(store, &key, take_generation, NULL,
				      &error),
	       &error);
	expect(skald_report_write(&wish, &output, &error), &error);
	skald_buffer_done(&page);
}

static void read_all(void)
{
	struct skald_error error = { 0 };
	struct skald_store *store;
	int err = skald_store_open(scratch_path, SKALD_STORE_READ, &store,
				   &error);

	expect(err, &error);
	if (err)
		return;
	read_lists(store);
	read_one(store, DAMAGE_STORIES);
	skald_store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size < 64 ? size : 64);
	struct target target = { .name = (const char *)data };
	struct fuzz_input value;

	if (!nul)
		return 0;
	damage_columns(db, find, &target);
	if (!*target.table)
		return 0;
	value.data = nul + 1;
	value.size = size - (size_t)(nul + 1 - data);
	if (damage(&target, &value)) {
		read_all();
		repair(&target);
	}
	return 0;
}

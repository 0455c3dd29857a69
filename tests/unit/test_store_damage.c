// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that are no store, or no whole one: refused by name, and left as they
 * are.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "random_event.h"
#include "scratch_store.h"
#include "store_schema.h"

TestSuite(store_damage, .init = scratch_make, .fini = scratch_remove);

/**
 * struct file - a file's bytes
 */
struct file {
	uint8_t *bytes;
	size_t len;
};

static void read_file(const char *path, struct file *file)
{
	FILE *stream = fopen(path, "rb");
	struct stat st;

	cr_assert_not_null(stream);
	cr_assert_eq(fstat(fileno(stream), &st), 0);
	file->len = st.st_size;
	file->bytes = malloc(file->len + 1);
	cr_assert_eq(fread(file->bytes, 1, file->len, stream), file->len);
	fclose(stream);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	FILE *stream = fopen(path, "wb");

	cr_assert_not_null(stream);
	cr_assert_eq(fwrite(bytes, 1, len, stream), len);
	cr_assert_eq(fclose(stream), 0);
}

static void assert_unchanged(const char *path, const struct file *before)
{
	struct file now;

	read_file(path, &now);
	cr_assert_eq(now.len, before->len);
	cr_assert(!now.len || !memcmp(now.bytes, before->bytes, now.len),
		  "%s was changed", path);
	free(now.bytes);
}

static bool is_there(const char *suffix)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", scratch_path, suffix);
	return access(path, F_OK) == 0;
}

static void assert_refused_in(enum skald_store_mode mode, int code,
			      const char *words)
{
	struct skald_error error = { 0 };
	struct skald_store *store = NULL;
	int err = skald_store_open(scratch_path, mode, &store, &error);

	cr_assert_eq(err, -code, "%d: %s", err, error.text);
	cr_assert_null(store);
	cr_assert_not_null(strstr(error.text, words), "\"%s\" is not in \"%s\"",
			   words, error.text);
	cr_assert_not_null(strstr(error.text, scratch_path), "%s", error.text);
}

/* Neither a reader nor a writer takes it, and neither changes it. */
static void assert_refused(int code, const char *words)
{
	struct file before;

	read_file(scratch_path, &before);
	assert_refused_in(SKALD_STORE_READ, code, words);
	assert_refused_in(SKALD_STORE_WRITE, code, words);
	assert_unchanged(scratch_path, &before);
	cr_assert(!is_there("-wal") && !is_there("-shm") &&
		  !is_there("-lock") && !is_there("-new"));
	free(before.bytes);
}

static void run_sql(const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(scratch_path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK,
		     "%s", message);
	sqlite3_close(db);
}

/* A whole store of @n stories, closed, without a log beside it. */
static void make_store(unsigned int n)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);

	scratch_fill(store, 0, n);
	skald_store_close(store);
	cr_assert(!is_there("-wal"));
}

Test(store_damage, a_file_that_is_not_there_is_not_made_by_a_reader)
{
	assert_refused_in(SKALD_STORE_READ, ENOENT, "No such file");
	cr_assert(!is_there(""));
}

Test(store_damage, a_directory_that_is_not_there_is_said_to_a_writer)
{
	strcat(scratch_path, "/skald.db");
	assert_refused_in(SKALD_STORE_WRITE, ENOENT, "No such file");
}

Test(store_damage, a_directory_is_no_store)
{
	cr_assert_eq(mkdir(scratch_path, 0700), 0);
	assert_refused_in(SKALD_STORE_READ, EBADMSG, "not a file");
	assert_refused_in(SKALD_STORE_WRITE, EBADMSG, "not a file");
}

Test(store_damage, an_empty_file_is_no_store_until_a_writer_fills_it)
{
	write_file(scratch_path, "", 0);
	assert_refused_in(SKALD_STORE_READ, EBADMSG, "empty");
	skald_store_close(scratch_open(SKALD_STORE_WRITE));
	skald_store_close(scratch_open(SKALD_STORE_READ));
}

Test(store_damage, text_is_no_store)
{
	char text[5000];

	memset(text, 'x', sizeof(text));
	write_file(scratch_path, text, 10);
	assert_refused(EBADMSG, "not an SQLite file");
	write_file(scratch_path, text, sizeof(text));
	assert_refused(EBADMSG, "not an SQLite file");
}

Test(store_damage, the_sqlite_file_of_another_application_is_left_alone)
{
	run_sql("CREATE TABLE story (id INTEGER PRIMARY KEY)");
	assert_refused(EBADMSG, "another application");
}

Test(store_damage, the_journal_of_another_application_is_left_alone)
{
	char journal[128];
	uint8_t bytes[600] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1,
			       0x63, 0xd7, 0,	 0,    0,    1 };
	struct file before;

	run_sql("CREATE TABLE t (a INTEGER)");
	snprintf(journal, sizeof(journal), "%s-journal", scratch_path);
	write_file(journal, bytes, sizeof(bytes));
	read_file(journal, &before);
	assert_refused(EBADMSG, "another application");
	assert_unchanged(journal, &before);
	free(before.bytes);
}

Test(store_damage, a_newer_schema_is_refused_by_its_number)
{
	make_store(1);
	run_sql("PRAGMA user_version = 4711");
	assert_refused_in(SKALD_STORE_READ, EPROTO, "4711");
	assert_refused_in(SKALD_STORE_WRITE, EPROTO, "4711");
}

Test(store_damage, a_schema_from_before_the_first_is_refused_by_its_number)
{
	make_store(1);
	run_sql("PRAGMA user_version = 0");
	assert_refused_in(SKALD_STORE_READ, EPROTO, "version 0");
	assert_refused_in(SKALD_STORE_WRITE, EPROTO, "version 0");
}

Test(store_damage, a_missing_table_is_named)
{
	make_store(1);
	run_sql("DROP TABLE loss");
	assert_refused_in(SKALD_STORE_READ, EBADMSG, "the table \"loss\"");
	assert_refused_in(SKALD_STORE_WRITE, EBADMSG, "the table \"loss\"");
}

Test(store_damage, a_file_that_was_cut_off_is_damaged)
{
	struct file whole;

	make_store(500);
	read_file(scratch_path, &whole);
	write_file(scratch_path, whole.bytes, whole.len - 4096);
	assert_refused(EBADMSG, "cut off");
	write_file(scratch_path, whole.bytes, 3000);
	assert_refused(EBADMSG, "cut off");
	free(whole.bytes);
}

static bool count_story(void *user, const struct skald_story *story)
{
	++*(unsigned int *)user;
	return true;
}

static bool count_shape(void *user, const struct skald_shape_row *row)
{
	++*(unsigned int *)user;
	return true;
}

static void check_code(int err, const struct skald_error *error)
{
	if (!err)
		return;
	cr_assert(err == -EBADMSG || err == -ENOENT || err == -EPROTO ||
			  err == -EMSGSIZE,
		  "%d: %s", err, error->text);
	cr_assert_not_null(strstr(error->text, scratch_path), "%s",
			   error->text);
}

/* Everything a reader can do, on a file that nobody vouches for. */
static void read_all(unsigned int *n_stories)
{
	struct skald_list_query query = { 0 };
	struct skald_store_summary summary;
	struct skald_filter *filter = NULL;
	struct skald_error error = { 0 };
	struct skald_store *store;
	struct skald_story story;
	unsigned int n = 0;
	int err;

	*n_stories = 0;
	err = skald_store_open(scratch_path, SKALD_STORE_READ, &store, &error);
	check_code(err, &error);
	if (err)
		return;
	for (uint64_t id = 1; id <= 300; id += 7) {
		err = skald_store_story(store, id, &story, &error);
		check_code(err, &error);
		if (!err)
			skald_story_done(&story);
	}
	check_code(skald_store_list(store, &query, count_story, n_stories,
				    &error),
		   &error);
	cr_assert_eq(skald_filter_compile("ip.src == 10.1.0.0/24 && len > 3 "
					  "|| rule ~ drop",
					  &filter, NULL),
		     0);
	query.filter = filter;
	check_code(skald_store_list(store, &query, count_story, &n, &error),
		   &error);
	check_code(skald_store_shapes(store, filter, count_shape, &n, &error),
		   &error);
	check_code(skald_store_summary(store, &summary, &error), &error);
	skald_filter_free(filter);
	skald_store_close(store);
}

Test(store_damage, damaged_bytes_are_an_error_and_never_more)
{
	struct dice dice = { 99 };
	unsigned int n, damaged = 0;
	struct file whole, now;

	make_store(300);
	read_file(scratch_path, &whole);
	read_all(&n);
	cr_assert_eq(n, 300);
	now.len = whole.len;
	now.bytes = malloc(now.len);
	for (int round = 0; round < 250; round++) {
		memcpy(now.bytes, whole.bytes, whole.len);
		for (unsigned int i = 0; i <= (unsigned int)round / 10; i++)
			now.bytes[100 + roll_below(&dice, now.len - 100)] =
				roll(&dice);
		write_file(scratch_path, now.bytes, now.len);
		read_all(&n);
		damaged += n != 300;
		assert_unchanged(scratch_path, &now);
	}
	cr_assert_gt(damaged, 20);
	free(whole.bytes);
	free(now.bytes);
}

Test(store_damage, a_story_whose_bytes_are_wrong_is_named)
{
	struct skald_error error = { 0 };
	struct skald_store *store;
	struct skald_story story;

	make_store(10);
	run_sql("UPDATE story SET own = x'05ff' WHERE id = 7");
	store = scratch_open(SKALD_STORE_READ);
	cr_assert_eq(skald_store_story(store, 7, &story, &error), -EBADMSG);
	cr_assert_not_null(strstr(error.text, "story 7 cannot be told"));
	cr_assert_not_null(strstr(error.text, scratch_path));
	cr_assert_eq(skald_store_story(store, 8, &story, NULL), 0);
	skald_story_done(&story);
	skald_store_close(store);
}

Test(store_damage, hostile_shapes_do_no_harm)
{
	struct dice dice = { 1234 };
	struct file shape = { 0 };
	unsigned int n;
	char sql[8192];

	make_store(20);
	for (int round = 0; round < 60; round++) {
		int len = sprintf(sql, "UPDATE shape SET bytes = x'");

		shape.len = roll_below(&dice, 2000);
		for (size_t i = 0; i < shape.len; i++)
			len += sprintf(sql + len, "%02x",
				       i ? (unsigned int)roll_below(&dice, 256)
					 : 1);
		sprintf(sql + len, "' WHERE id = %u", 1 + round % 2);
		run_sql(sql);
		read_all(&n);
	}
	run_sql("UPDATE story SET shape = 4711 WHERE id = 3");
	read_all(&n);
}

/* As somebody without rights. Return: false when we cannot be that */
static bool become_nobody(void)
{
	return setgid(65534) == 0 && setuid(65534) == 0;
}

/* Run a check as nobody, in a process of its own. */
static void as_nobody(void (*check)(void))
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		cr_skip_test("only root can become nobody");
	pid = fork();
	cr_assert_geq(pid, 0);
	if (!pid) {
		if (!become_nobody())
			_exit(77);
		check();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Criterion's assertions do not cross a fork: exit statuses do. */
static void expect_no_permission(void)
{
	struct skald_error error = { 0 };
	struct skald_store *store;

	if (skald_store_open(scratch_path, SKALD_STORE_READ, &store, &error) !=
		    -EACCES ||
	    !strstr(error.text, "Permission denied") || !*error.help)
		_exit(1);
	if (skald_store_open(scratch_path, SKALD_STORE_WRITE, &store, &error) !=
		    -EACCES ||
	    !strstr(error.text, "Permission denied"))
		_exit(2);
}

Test(store_damage, a_file_without_permission_is_said_so)
{
	make_store(1);
	cr_assert_eq(chmod(scratch_dir, 0755), 0);
	cr_assert_eq(chmod(scratch_path, 0600), 0);
	as_nobody(expect_no_permission);
}

static void expect_ten_stories(void)
{
	struct skald_store_summary summary;
	struct skald_error error = { 0 };
	struct skald_store *store;

	if (skald_store_open(scratch_path, SKALD_STORE_READ, &store, &error)) {
		fprintf(stderr, "%s\n", error.text);
		_exit(1);
	}
	if (skald_store_summary(store, &summary, &error) ||
	    summary.stories != 10)
		_exit(2);
	skald_store_close(store);
	if (access(scratch_dir, W_OK) == 0)
		_exit(3);
}

Test(store_damage, a_store_is_read_in_a_directory_that_is_not_ours)
{
	make_store(10);
	cr_assert_eq(chmod(scratch_dir, 0755), 0);
	cr_assert_eq(chmod(scratch_path, 0644), 0);
	as_nobody(expect_ten_stories);
	cr_assert(!is_there("-wal") && !is_there("-shm"));
}

Test(store_damage, a_store_being_written_is_read_by_others)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);

	scratch_fill(store, 0, 10);
	cr_assert_eq(chmod(scratch_dir, 0755), 0);
	cr_assert_eq(chmod(scratch_path, 0644), 0);
	as_nobody(expect_ten_stories);
	skald_store_close(store);
}

static void expect_log_trouble(void)
{
	struct skald_error error = { 0 };
	struct skald_store *store;

	if (skald_store_open(scratch_path, SKALD_STORE_READ, &store, &error) !=
		    -EACCES ||
	    !strstr(error.text, "-wal") || !*error.help)
		_exit(1);
}

/* A writer that died: its log is there, its shared memory is not. */
Test(store_damage, a_log_that_cannot_be_read_is_said_so)
{
	char from[128], to[128];
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct file log, whole;

	scratch_fill(store, 0, 10);
	snprintf(from, sizeof(from), "%s-wal", scratch_path);
	read_file(from, &log);
	read_file(scratch_path, &whole);
	skald_store_close(store);
	snprintf(to, sizeof(to), "%s/sub", scratch_dir);
	cr_assert_eq(mkdir(to, 0755), 0);
	strcat(to, "/skald.db");
	write_file(to, whole.bytes, whole.len);
	strcpy(scratch_path, to);
	strcat(to, "-wal");
	write_file(to, log.bytes, log.len);
	cr_assert_eq(chmod(scratch_dir, 0755), 0);
	as_nobody(expect_log_trouble);

	/* Who may write there reads every committed story. */
	store = scratch_open(SKALD_STORE_READ);
	cr_assert_eq(scratch_count(store), 10);
	skald_store_close(store);
	free(log.bytes);
	free(whole.bytes);
}

Test(store_damage, a_half_made_store_of_a_killed_writer_is_made_again)
{
	char path[128];

	snprintf(path, sizeof(path), "%s-new", scratch_path);
	write_file(path, "half", 4);
	skald_store_close(scratch_open(SKALD_STORE_WRITE));
	cr_assert(!is_there("-new"));
	skald_store_close(scratch_open(SKALD_STORE_READ));
}

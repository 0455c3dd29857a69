// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must not lose anything: writers that are killed, disks that are full,
 * memory that runs out, schemas that change.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail_malloc.h"
#include "filter.h"
#include "random_event.h"
#include "scratch_store.h"
#include "store_schema.h"

TestSuite(store_crash, .init = scratch_make, .fini = scratch_remove);

/* Writes and commits for ever, and says which ids are committed. */
static void write_until_killed(int out)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	uint64_t id = 0;

	for (unsigned int n = 0;; n += 20) {
		scratch_begin(store);
		for (unsigned int i = 0; i < 20; i++)
			id = scratch_add_nth(store, (n + i) % 1000);
		scratch_commit(store);
		if (write(out, &id, sizeof(id)) != sizeof(id))
			_exit(1);
	}
}

static uint64_t kill_a_writer(unsigned int after)
{
	uint64_t id, last = 0;
	int status, fds[2];
	pid_t pid;

	cr_assert_eq(pipe(fds), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (!pid) {
		close(fds[0]);
		write_until_killed(fds[1]);
	}
	close(fds[1]);
	for (unsigned int i = 0; i < after; i++) {
		cr_assert_eq(read(fds[0], &id, sizeof(id)), sizeof(id));
		last = id;
	}
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status));
	while (read(fds[0], &id, sizeof(id)) == sizeof(id))
		last = id;
	close(fds[0]);
	return last;
}

Test(store_crash, a_killed_writer_loses_nothing_that_was_committed)
{
	struct dice dice = { 5 };
	struct skald_store *store;
	struct skald_story told;
	uint64_t last = 0, id = 1;

	for (int round = 0; round < 12; round++) {
		last = kill_a_writer(1 + roll_below(&dice, 40));
		store = scratch_open(SKALD_STORE_READ);
		for (; id <= last; id++) {
			cr_assert_eq(skald_store_story(store, id, &told, NULL),
				     0);
			skald_story_done(&told);
		}
		skald_store_close(store);
		/* The next writer goes on behind what the last committed. */
		id = last + 1;
	}
	cr_assert_eq(scratch_number("SELECT count(*) FROM stories") % 20, 0);
}

static void fill_until_full(struct skald_store *store, unsigned int *n,
			    struct skald_error *error, int *err)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_packed packed;
	struct skald_story story;

	*err = skald_store_begin(store, error);
	for (int i = 0; i < 100 && !*err; i++, ++*n) {
		shape.len = own.len = 0;
		scratch_story(&story, *n % 5000);
		cr_assert_eq(skald_story_pack(&story, &shape, &own, &packed),
			     0);
		*err = skald_store_add(store, &packed, NULL, error);
		skald_story_done(&story);
	}
	if (!*err)
		*err = skald_store_commit(store, error);
	else
		skald_store_rollback(store);
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
}

/* A small file system of our own in the scratch directory. */
static void mount_small(const char *size)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("skald", scratch_dir, "tmpfs", 0, size) < 0)
		cr_skip_test("may not mount: %s", strerror(errno));
}

Test(store_crash, a_full_disk_loses_one_transaction_and_room_heals_it)
{
	struct skald_error error = { 0 };
	struct skald_store *store;
	uint64_t before, deleted;
	unsigned int n = 0;
	int err;

	mount_small("size=2m");
	store = scratch_open(SKALD_STORE_WRITE);
	do
		fill_until_full(store, &n, &error, &err);
	while (!err && n < 1000000);
	cr_assert_eq(err, -ENOSPC, "%d %s", err, error.text);
	cr_assert_not_null(strstr(error.text, "full"), "%s", error.text);
	before = scratch_count(store);
	cr_assert_gt(before, 1000);
	cr_assert_eq(before % 100, 0);

	/* Still full: refused again, and still nothing lost. */
	fill_until_full(store, &n, &error, &err);
	cr_assert_eq(err, -ENOSPC);
	cr_assert_eq(scratch_count(store), before);

	cr_assert_eq(mount(NULL, scratch_dir, NULL, MS_REMOUNT, "size=16m"), 0);
	fill_until_full(store, &n, &error, &err);
	cr_assert_eq(err, 0, "%s", error.text);
	cr_assert_eq(scratch_count(store), before + 100);
	cr_assert_eq(skald_store_retain(store, 0, 1, SCRATCH_START_NS * 2,
					&deleted, NULL),
		     0);
	cr_assert_gt(deleted, 1000);
	skald_store_close(store);
}

static bool see_story(void *user, const struct skald_story *story)
{
	return true;
}

/* A store's whole life. Return: 0 or -errno of the first thing that failed */
static int live(struct skald_packed *packed, const struct skald_filter *filter)
{
	struct skald_list_query query = { .filter = filter, .limit = 5 };
	struct skald_store *store = NULL;
	struct skald_error error;
	uint64_t deleted;
	int err;

	err = skald_store_open(scratch_path, SKALD_STORE_WRITE, &store,
			       &error) ?:
	      skald_store_begin(store, &error) ?:
	      skald_store_add(store, packed, NULL, &error) ?:
	      skald_store_commit(store, &error) ?:
	      skald_store_list(store, &query, see_story, NULL, &error) ?:
	      skald_store_retain(store, 0, 1, SCRATCH_START_NS * 2, &deleted,
				 &error);
	skald_store_close(store);
	return err;
}

Test(store_crash, every_failed_allocation_is_survived)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_filter *filter = NULL;
	struct skald_packed packed;
	struct skald_story story;
	int err = -ENOMEM;
	long n;

	skald_store_close(scratch_open(SKALD_STORE_WRITE));
	scratch_story(&story, 1);
	cr_assert_eq(skald_story_pack(&story, &shape, &own, &packed), 0);
	cr_assert_eq(skald_filter_compile("src.port == 20001 && len == 60",
					  &filter, NULL),
		     0);
	for (n = 0; n < 100000 && err; n += 1 + n / 50) {
		fail_malloc_after = n;
		err = live(&packed, filter);
		fail_malloc_after = -1;
		cr_assert(!err || err == -ENOMEM, "%ld: %d", n, err);
		skald_store_close(scratch_open(SKALD_STORE_WRITE));
	}
	cr_assert_eq(err, 0);
	cr_assert_gt(n, 100, "only %ld allocations", n);
	skald_filter_free(filter);
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
	skald_story_done(&story);
}

/* ---- versions ---- */

static const struct skald_migration two_steps[] = {
	{ 1, "ALTER TABLE meta ADD COLUMN note TEXT" },
	{ 2,
	  "UPDATE meta SET note = 'migrated'; CREATE INDEX n ON meta (note)" },
	{ 0, NULL },
};

static const struct skald_migration broken_step[] = {
	{ 1, "ALTER TABLE meta ADD COLUMN note TEXT" },
	{ 2, "CREATE INDEX story_dropped ON meta (note)" },
	{ 0, NULL },
};

Test(store_crash, migrations_go_step_by_step_or_not_at_all)
{
	struct skald_error error = { 0 };
	sqlite3 *db;

	skald_store_close(scratch_open(SKALD_STORE_WRITE));
	cr_assert_eq(sqlite3_open(scratch_path, &db), SQLITE_OK);
	cr_assert_lt(skald_schema_migrate(db, broken_step, 1, 3, &error), 0);
	cr_assert_eq(scratch_number("PRAGMA user_version"), 1);
	cr_assert_eq(scratch_number(
			     "SELECT count(*) FROM pragma_table_info('meta') "
			     "WHERE name = 'note'"),
		     0);
	cr_assert_eq(skald_schema_migrate(db, two_steps, 1, 4, &error),
		     -EPROTO);
	cr_assert_not_null(strstr(error.text, "version 3"));
	cr_assert_eq(scratch_number("PRAGMA user_version"), 1);
	cr_assert_eq(skald_schema_migrate(db, two_steps, 1, 3, &error), 0);
	cr_assert_eq(scratch_number("PRAGMA user_version"), 3);
	scratch_assert_text("SELECT note FROM meta", "migrated");
	sqlite3_close(db);
}

Test(store_crash, every_version_up_to_this_has_a_way_here)
{
	const struct skald_migration *step = skald_migrations;

	for (int version = 1; version < SKALD_STORE_VERSION; version++, step++)
		cr_assert_eq(step->from, version);
	cr_assert_null(step->sql);
}

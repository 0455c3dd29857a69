// SPDX-License-Identifier: GPL-2.0-only
/*
 * Retention: what stays, what goes, and that what stays is still found.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "random_event.h"
#include "scratch_store.h"
#include "store_internal.h"

TestSuite(store_retain, .init = scratch_make, .fini = scratch_remove);

Test(store_retain, retention_by_age_leaves_what_is_young_or_pinned)
{
	static struct scratch_ids list;
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_list_query query = { .oldest_first = true };
	uint64_t deleted;

	scratch_fill(store, 0, 200);
	cr_assert_eq(skald_store_pin(store, 5, true, NULL), 0);
	cr_assert_eq(skald_store_pin(store, 6, true, NULL), 0);
	cr_assert_eq(skald_store_pin(store, 6, false, NULL), 0);
	cr_assert_eq(skald_store_pin(store, 1000, true, NULL), -ENOENT);
	/* "Now" is two hundred seconds later: the last fifty are young. */
	cr_assert_eq(
		skald_store_retain(store, 0, 50 * SCRATCH_SECOND_NS,
				   SCRATCH_START_NS + 200 * SCRATCH_SECOND_NS,
				   &deleted, NULL),
		0);
	cr_assert_eq(deleted, 149);
	scratch_list(store, &query, &list);
	cr_assert_eq(list.n, 51);
	cr_assert_eq(list.ids[0], 5);
	cr_assert_eq(list.ids[1], 151);
	cr_assert_eq(scratch_count(store), 51);
	skald_store_close(store);
}

Test(store_retain, what_nothing_refers_to_goes_with_the_stories)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;
	uint64_t deleted;

	for (unsigned int i = 1; i <= 3; i++) {
		scratch_ruleset(&ruleset, i, 100, i);
		scratch_add_ruleset(store, &ruleset,
				    SCRATCH_START_NS + i * SCRATCH_SECOND_NS);
		skald_arena_done(&ruleset.arena);
	}
	scratch_fill(store, 0, 300);
	cr_assert_eq(scratch_number("SELECT count(*) FROM flow"), 300);
	cr_assert_eq(skald_store_retain(store, 0, 1, SCRATCH_START_NS * 2,
					&deleted, NULL),
		     0);
	cr_assert_eq(deleted, 300);
	cr_assert_eq(scratch_number("SELECT count(*) FROM flow"), 0);
	cr_assert_eq(scratch_number("SELECT count(*) FROM address"), 0);
	cr_assert_eq(scratch_number("SELECT count(*) FROM shape"), 0);
	cr_assert_eq(scratch_number("SELECT count(*) FROM step"), 0);
	cr_assert_eq(scratch_number("SELECT count(*) FROM span"), 1);
	/* The newest generation is still in force. */
	cr_assert_eq(scratch_number("SELECT count(*) FROM generation"), 1);
	cr_assert_eq(scratch_number("SELECT count(*) FROM rule"), 100);

	/* The writer does not take what went for what is there. */
	scratch_fill(store, 0, 30);
	cr_assert_eq(scratch_number("SELECT count(*) FROM stories"), 30);
	cr_assert_eq(scratch_number("SELECT count(*) FROM events"),
		     scratch_number("SELECT sum(n_events) FROM stories"));
	scratch_assert_text("SELECT saddr FROM stories WHERE id = 302",
			    "10.1.0.1");
	skald_store_close(store);
}

Test(store_retain, retention_by_size_makes_the_file_smaller)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	uint64_t deleted, all = 0, max_bytes;
	struct skald_store_summary summary;
	struct stat st;

	scratch_fill(store, 0, 12000);
	cr_assert_eq(skald_store_pin(store, 1, true, NULL), 0);
	skald_store_close(store);
	cr_assert_eq(stat(scratch_path, &st), 0);
	max_bytes = st.st_size / 2;
	store = scratch_open(SKALD_STORE_WRITE);
	do {
		cr_assert_eq(skald_store_retain(store, max_bytes, 0,
						SCRATCH_START_NS, &deleted,
						NULL),
			     0);
		all += deleted;
	} while (deleted);
	cr_assert_gt(all, 4000);
	cr_assert_lt(all, 9000);
	cr_assert_eq(skald_store_summary(store, &summary, NULL), 0);
	cr_assert_eq(summary.stories, 12000 - all);
	cr_assert_eq(summary.newest_id, 12000);
	cr_assert_eq(
		scratch_number("SELECT count(*) FROM stories WHERE id = 1"), 1);
	skald_store_close(store);
	cr_assert_eq(stat(scratch_path, &st), 0);
	cr_assert_leq(st.st_size, max_bytes + max_bytes / 16);
}

/* By postings and by a scan; and nothing is kept that nothing refers to. */
static void check_postings(struct skald_store *store)
{
	static struct scratch_ids by_posting, by_scan;
	static const char *const filters[] = {
		"verdict == accept",
		"oif == eth1",
		"netns == a",
		"ip.src == 10.1.0.3",
		"src.port in {20001, 20007}",
	};
	struct skald_list_query all = { 0 };
	char scan[128];

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		scratch_list_text(store, filters[i], all, &by_posting);
		snprintf(scan, sizeof(scan), "%s || id == 0", filters[i]);
		scratch_list_text(store, scan, all, &by_scan);
		cr_assert_eq(by_posting.n, by_scan.n, "%s: %zu of %zu",
			     filters[i], by_posting.n, by_scan.n);
		cr_assert_eq(memcmp(by_posting.ids, by_scan.ids,
				    by_scan.n * sizeof(*by_scan.ids)),
			     0);
	}
	cr_assert_eq(scratch_number("SELECT count(*) FROM flow"),
		     scratch_number("SELECT count(DISTINCT flow) FROM story"));
	cr_assert_eq(scratch_number("SELECT count(*) FROM shape"),
		     scratch_number("SELECT count(DISTINCT shape) FROM story"));
	cr_assert_eq(scratch_number(
			     "SELECT count(*) FROM address WHERE id NOT IN "
			     "(SELECT saddr FROM flow UNION SELECT daddr FROM "
			     "flow UNION SELECT coalesce(final_daddr, 0) FROM "
			     "flow)"),
		     0);
	cr_assert_eq(scratch_number(
			     "SELECT count(*) FROM flow_story WHERE key NOT IN "
			     "(SELECT id FROM flow)"),
		     0);
	cr_assert_eq(scratch_count(store),
		     (uint64_t)scratch_number("SELECT count(*) FROM story"));
}

static unsigned int add_some(struct skald_store *store, struct dice *dice,
			     unsigned int n)
{
	unsigned int end = n + roll_below(dice, 120);
	struct skald_story story;

	scratch_begin(store);
	for (; n < end; n++) {
		scratch_story(&story, n);
		story.first.nh[21] = story.last.nh[21] = n % 12 + 0x21;
		story.first.nh[15] = story.last.nh[15] = n % 7;
		memcpy(story.first.th, story.first.nh + 20, 4);
		memcpy(story.last.th, story.last.nh + 20, 4);
		story.netns = n / 50 % 3 ? "a" : "b";
		(void)scratch_add(store, &story);
		skald_story_done(&story);
	}
	if (roll_below(dice, 8))
		scratch_commit(store);
	else
		skald_store_rollback(store);
	return end;
}

Test(store_retain, postings_follow_retention_pins_and_restarts)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct dice dice = { 61 };
	uint64_t deleted, newest;
	unsigned int n = 0;

	for (int round = 0; round < 60; round++) {
		store->tail_max = 1 + roll_below(&dice, 300);
		n = add_some(store, &dice, n);
		newest = scratch_number(
			"SELECT coalesce(max(id), 0) FROM story");
		/* Some are gone already, and some are unpinned again. */
		for (int i = 0; i < 5; i++)
			(void)skald_store_pin(store,
					      newest - roll_below(&dice, 300),
					      roll_below(&dice, 4), NULL);
		if (!roll_below(&dice, 5)) {
			skald_store_close(store);
			store = scratch_open(SKALD_STORE_WRITE);
		}
		if (roll_below(&dice, 3))
			continue;
		cr_assert_eq(
			skald_store_retain(
				store, 0,
				roll_below(&dice, 400) * SCRATCH_SECOND_NS + 1,
				SCRATCH_START_NS + n * SCRATCH_SECOND_NS,
				&deleted, NULL),
			0);
		if (deleted)
			check_postings(store);
	}
	skald_store_close(store);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store: what is written is read again, by us and by plain SQL; and who may
 * write.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "random_event.h"
#include "scratch_store.h"
#include "store_diff.h"
#include "store_internal.h"
#include "world.h"

TestSuite(store, .init = scratch_make, .fini = scratch_remove);

static void assert_same_bytes(const struct skald_buffer *a,
			      const struct skald_buffer *b)
{
	cr_assert_eq(a->len, b->len);
	cr_assert(!a->len || !memcmp(a->data, b->data, a->len));
}

/* What is told packs to the bytes that were stored. */
static void assert_same_story(const struct skald_story *a,
			      const struct skald_story *b)
{
	struct skald_buffer shape[2] = { 0 }, own[2] = { 0 };
	struct skald_packed packed[2];

	cr_assert_eq(skald_story_pack(a, &shape[0], &own[0], &packed[0]), 0);
	cr_assert_eq(skald_story_pack(b, &shape[1], &own[1], &packed[1]), 0);
	assert_same_bytes(&shape[0], &shape[1]);
	assert_same_bytes(&own[0], &own[1]);
	cr_assert_eq(packed[0].start_ns, packed[1].start_ns);
	cr_assert_eq(packed[0].duration_ns, packed[1].duration_ns);
	cr_assert_eq(packed[0].generation, packed[1].generation);
	cr_assert_eq(packed[0].complete, packed[1].complete);
	for (int i = 0; i < 2; i++) {
		skald_buffer_done(&shape[i]);
		skald_buffer_done(&own[i]);
	}
}

Test(store, a_story_is_told_as_it_was_stored)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_story story, told;
	char host[256] = "";
	uint64_t id;

	sample_story(&story);
	scratch_begin(store);
	id = scratch_add(store, &story);
	scratch_commit(store);
	skald_store_close(store);

	store = scratch_open(SKALD_STORE_READ);
	cr_assert_eq(skald_store_story(store, id, &told, NULL), 0);
	cr_assert_eq(told.id, id);
	cr_assert_gt(told.shape, 0);
	cr_assert_eq(told.pinned, false);
	cr_assert_eq(gethostname(host, sizeof(host) - 1), 0);
	cr_assert_str_eq(told.host, host);
	assert_same_story(&story, &told);
	skald_story_done(&told);
	skald_story_done(&story);
	skald_store_close(store);
}

Test(store, random_stories_come_back_to_the_byte)
{
	enum {
		N = 400
	};
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct dice dice = { 23 };
	struct skald_story *stories = calloc(N, sizeof(*stories));
	struct skald_story told;
	uint64_t ids[N];

	scratch_begin(store);
	for (int i = 0; i < N; i++) {
		roll_story(&dice, &stories[i]);
		/* Every second has the shape of the one before. */
		ids[i] = scratch_add(store, &stories[i - i % 2]);
	}
	scratch_commit(store);
	skald_store_close(store);

	store = scratch_open(SKALD_STORE_READ);
	for (int i = 0; i < N; i++) {
		cr_assert_eq(skald_store_story(store, ids[i], &told, NULL), 0);
		assert_same_story(&stories[i - i % 2], &told);
		skald_story_done(&told);
	}
	for (int i = 0; i < N; i++)
		skald_story_done(&stories[i]);
	free(stories);
	skald_store_close(store);
}

Test(store, an_unknown_story_is_not_there)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_error error = { 0 };
	struct skald_story told;

	cr_assert_eq(skald_store_story(store, 1, &told, &error), -ENOENT);
	cr_assert_not_null(strstr(error.text, "no story 1 in"));
	cr_assert_eq(skald_store_story(store, UINT64_MAX, &told, &error),
		     -ENOENT);
	skald_store_close(store);
}

Test(store, what_is_rolled_back_is_gone_and_its_ids_are_not_given_again)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_story told;
	uint64_t kept, lost, next;

	scratch_begin(store);
	kept = scratch_add_nth(store, 1);
	scratch_commit(store);
	scratch_begin(store);
	lost = scratch_add_nth(store, 4);
	skald_store_rollback(store);
	scratch_begin(store);
	next = scratch_add_nth(store, 4);
	scratch_commit(store);
	cr_assert_gt(next, lost);
	cr_assert_eq(skald_store_story(store, lost, &told, NULL), -ENOENT);
	cr_assert_eq(skald_store_story(store, kept, &told, NULL), 0);
	skald_story_done(&told);
	/* Its shape was new in the transaction that was rolled back. */
	cr_assert_eq(skald_store_story(store, next, &told, NULL), 0);
	cr_assert_eq(told.ending.kind, SKALD_ENDING_SENT);
	skald_story_done(&told);
	cr_assert_eq(scratch_count(store), 2);
	skald_store_close(store);
}

Test(store, ids_are_never_used_twice_even_when_all_stories_are_gone)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	uint64_t deleted, last;

	scratch_fill(store, 0, 50);
	cr_assert_eq(skald_store_retain(store, 0, 1, SCRATCH_START_NS * 2,
					&deleted, NULL),
		     0);
	cr_assert_eq(deleted, 50);
	cr_assert_eq(scratch_count(store), 0);
	skald_store_close(store);

	store = scratch_open(SKALD_STORE_WRITE);
	scratch_begin(store);
	last = scratch_add_nth(store, 1);
	scratch_commit(store);
	cr_assert_eq(last, 51);
	skald_store_close(store);
}

Test(store, a_second_writer_is_refused_by_the_pid_of_the_first)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_store *second = NULL;
	struct skald_error error = { 0 };
	char pid[32];

	cr_assert_eq(skald_store_open(scratch_path, SKALD_STORE_WRITE, &second,
				      &error),
		     -EBUSY);
	snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	cr_assert_not_null(strstr(error.text, pid), "%s", error.text);
	cr_assert_null(second);
	skald_store_close(store);
	skald_store_close(scratch_open(SKALD_STORE_WRITE));
}

Test(store, readers_see_what_is_committed_while_the_writer_goes_on)
{
	struct skald_store *writer = scratch_open(SKALD_STORE_WRITE);
	struct skald_store *reader;

	scratch_fill(writer, 0, 10);
	reader = scratch_open(SKALD_STORE_READ);
	cr_assert_eq(scratch_count(reader), 10);
	scratch_begin(writer);
	(void)scratch_add_nth(writer, 10);
	cr_assert_eq(scratch_count(reader), 10);
	scratch_commit(writer);
	cr_assert_eq(scratch_count(reader), 11);
	skald_store_close(reader);
	skald_store_close(writer);
}

/**
 * struct slow_reader - a list during which the writer writes
 */
struct slow_reader {
	struct skald_store *writer;
	unsigned int seen;
};

static bool write_meanwhile(void *user, const struct skald_story *story)
{
	struct slow_reader *reader = user;
	uint64_t deleted;

	cr_assert_eq(story->first.nh[15], reader->seen % 250);
	if (reader->seen++ == 0) {
		scratch_fill(reader->writer, 300, 600);
		cr_assert_eq(skald_store_retain(reader->writer, 0, 1,
						SCRATCH_START_NS * 2, &deleted,
						NULL),
			     0);
		cr_assert_eq(deleted, 600);
	}
	return true;
}

Test(store, a_list_is_of_one_moment)
{
	struct slow_reader slow = { scratch_open(SKALD_STORE_WRITE), 0 };
	struct skald_list_query query = { .oldest_first = true };
	struct skald_store *reader;

	scratch_fill(slow.writer, 0, 300);
	reader = scratch_open(SKALD_STORE_READ);
	cr_assert_eq(skald_store_list(reader, &query, write_meanwhile, &slow,
				      NULL),
		     0);
	cr_assert_eq(slow.seen, 300);
	cr_assert_eq(scratch_count(reader), 0);
	skald_store_close(reader);
	skald_store_close(slow.writer);
}

/* What the list borrowed stays, whatever the cache of shapes does. */
static bool forget_shapes(void *user, const struct skald_story *story)
{
	struct skald_store *store = user;
	struct skald_error error = { 0 };
	struct skald_story own;

	skald_shape_cache_clear(store->told);
	cr_assert_eq(skald_store_story(store, story->id, &own, &error), 0, "%s",
		     error.text);
	assert_same_story(&own, story);
	cr_assert_str_eq(own.host, story->host);
	skald_story_done(&own);
	return true;
}

Test(store, a_lists_story_outlives_the_cache_of_its_shape)
{
	const struct skald_list_query query = { .limit = 0 };
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_error error = { 0 };

	scratch_fill(store, 0, 40);
	cr_assert_eq(skald_store_list(store, &query, forget_shapes, store,
				      &error),
		     0, "%s", error.text);
	skald_store_close(store);
}

Test(store, lists_keep_order_bounds_and_limit)
{
	static struct scratch_ids list;
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_list_query query = { 0 };

	scratch_fill(store, 0, 30);
	scratch_list(store, &query, &list);
	cr_assert_eq(list.n, 30);
	cr_assert_eq(list.ids[0], 30);
	cr_assert_eq(list.ids[29], 1);

	query = (struct skald_list_query){ .before = 20, .limit = 5 };
	scratch_list(store, &query, &list);
	cr_assert_eq(list.n, 5);
	cr_assert_eq(list.ids[0], 19);
	cr_assert_eq(list.ids[4], 15);

	query = (struct skald_list_query){ .after = 20, .oldest_first = true };
	scratch_list(store, &query, &list);
	cr_assert_eq(list.n, 10);
	cr_assert_eq(list.ids[0], 21);
	cr_assert_eq(list.ids[9], 30);

	list.most = 3;
	scratch_list(store, &query, &list);
	cr_assert_eq(list.n, 3);
	skald_store_close(store);
}

/**
 * struct shape_rows - rows of skald_store_shapes()
 */
struct shape_rows {
	unsigned int n;
	uint64_t stories[4];
	uint64_t first_ns[4];
	uint64_t last_ns[4];
	uint64_t example[4];
	char answer[4][256];
	char path[4][512];
};

static bool take_shape(void *user, const struct skald_shape_row *row)
{
	struct shape_rows *rows = user;

	cr_assert_lt(rows->n, 4);
	rows->stories[rows->n] = row->stories;
	rows->first_ns[rows->n] = row->first_ns;
	rows->last_ns[rows->n] = row->last_ns;
	rows->example[rows->n] = row->example;
	snprintf(rows->answer[rows->n], 256, "%s", row->answer);
	snprintf(rows->path[rows->n], 512, "%s", row->path);
	rows->n++;
	return true;
}

Test(store, shapes_come_rare_first_with_their_path)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct shape_rows rows = { 0 };

	scratch_fill(store, 0, 40);
	cr_assert_eq(skald_store_shapes(store, NULL, take_shape, &rows, NULL),
		     0);
	cr_assert_eq(rows.n, 2);
	cr_assert_eq(rows.stories[0], 10);
	cr_assert_eq(rows.stories[1], 30);
	cr_assert_eq(rows.first_ns[0], SCRATCH_START_NS);
	cr_assert_eq(rows.last_ns[0],
		     SCRATCH_START_NS + 36 * SCRATCH_SECOND_NS);
	cr_assert_eq(rows.example[1], 40);
	cr_assert_not_null(strstr(rows.answer[1], "DROPPED"));
	cr_assert_str_eq(rows.path[1],
			 "prerouting: filter raw_pre policy accept, nat pre 4 "
			 "accept > forward: filter forward 12 jump, filter "
			 "from_lan 15, filter forward 17 drop");
	skald_store_close(store);
}

Test(store, the_summary_counts)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_store_summary summary;
	struct skald_story story;
	unsigned int n_events;

	scratch_story(&story, 1);
	n_events = story.n_events;
	skald_story_done(&story);
	scratch_fill(store, 0, 40);
	scratch_begin(store);
	cr_assert_eq(skald_store_add_loss(store, "router", SCRATCH_START_NS, 7,
					  "netlink socket", NULL),
		     0);
	cr_assert_eq(skald_store_add_loss(store, NULL, SCRATCH_START_NS, 4,
					  NULL, NULL),
		     0);
	scratch_commit(store);
	cr_assert_eq(skald_store_summary(store, &summary, NULL), 0);
	cr_assert_eq(summary.stories, 40);
	cr_assert_eq(summary.events, 30 * n_events + 10 * (n_events - 1));
	cr_assert_eq(summary.shapes, 2);
	/* 4, 12, 15, 17 */
	cr_assert_eq(summary.rules, 4);
	cr_assert_eq(summary.lost, 11);
	cr_assert_eq(summary.first_ns, SCRATCH_START_NS);
	cr_assert_gt(summary.last_ns,
		     SCRATCH_START_NS + 39 * SCRATCH_SECOND_NS);
	cr_assert_eq(summary.newest_id, 40);
	cr_assert_eq(summary.incomplete, 5);
	cr_assert_gt(summary.bytes, 4096);
	skald_store_close(store);
}

/* ---- generations ---- */

static void check_generation(void *user, const struct skald_generation_row *row)
{
	const struct skald_ruleset *ruleset = user;

	cr_assert_str_eq(row->netns, "router");
	cr_assert_eq(row->number, ruleset->generation);
	cr_assert_eq(row->t_ns, SCRATCH_START_NS);
	cr_assert_eq(row->pid, 991);
	cr_assert_str_eq(row->process, "ufw");
	cr_assert_str_eq(row->text, ruleset->text);
	cr_assert_str_eq(row->iptables, ruleset->iptables);
	cr_assert_str_eq(row->legacy, "ip nat");
	cr_assert_eq(row->bytecode_len, ruleset->bytecode_len);
	cr_assert(!row->bytecode_len ||
		  !memcmp(row->bytecode, ruleset->bytecode, row->bytecode_len));
}

Test(store, a_generation_has_its_texts_and_its_bytecode)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;
	/* Two netlink messages without anything that belongs to a dump. */
	static uint8_t bytecode[48] = {
		[0] = 24, [4] = 6, [5] = 10, [16] = 1, [20] = 7, [24] = 24
	};

	scratch_ruleset(&ruleset, 12, 2000, 3);
	ruleset.bytecode = bytecode;
	ruleset.bytecode_len = sizeof(bytecode);
	scratch_add_ruleset(store, &ruleset, SCRATCH_START_NS);
	cr_assert_eq(
		skald_store_generation(store,
				       &(struct skald_generation_key){
					       "router", 12, SCRATCH_START_NS },
				       check_generation, &ruleset, NULL),
		0);
	cr_assert_eq(
		skald_store_generation(store,
				       &(struct skald_generation_key){
					       "router", 11, SCRATCH_START_NS },
				       check_generation, &ruleset, NULL),
		-ENOENT);
	cr_assert_eq(
		skald_store_generation(store,
				       &(struct skald_generation_key){
					       "other", 12, SCRATCH_START_NS },
				       check_generation, &ruleset, NULL),
		-ENOENT);
	skald_arena_done(&ruleset.arena);
	skald_store_close(store);
}

/**
 * struct looked_up - what a look-up is asked, and which ruleset answers
 * @number: the story's generation
 * @second: when
 * @recorded: second when the answer was recorded
 */
struct looked_up {
	unsigned int number;
	unsigned int second;
	unsigned int recorded;
};

static void take_time(void *user, const struct skald_generation_row *row)
{
	uint64_t *t_ns = user;

	*t_ns = row->t_ns;
}

/* The machine starts again at 100, the namespace is made anew at 203. */
Test(store, a_number_that_came_again_is_told_apart_by_its_time)
{
	static const struct looked_up recorded[] = {
		{ 5, 0, 0 },   { 9, 20, 0 },  { 3, 100, 0 },
		{ 9, 120, 0 }, { 4, 203, 0 },
	};
	static const struct looked_up asked[] = {
		{ 5, 1, 0 },	  { 7, 10, 0 },	   { 9, 20, 20 },
		{ 9, 19, 20 },	  { 12, 50, 20 },  { 3, 101, 100 },
		{ 5, 110, 100 },  { 9, 125, 120 }, { 9, 201, 120 },
		{ 10, 150, 120 }, { 4, 204, 203 }, { 5, 230, 203 },
	};
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;
	size_t i;

	for (i = 0; i < sizeof(recorded) / sizeof(*recorded); i++) {
		scratch_ruleset(&ruleset, recorded[i].number, 3, i);
		scratch_add_ruleset(store, &ruleset,
				    SCRATCH_START_NS +
					    recorded[i].second *
						    SCRATCH_SECOND_NS);
		skald_arena_done(&ruleset.arena);
	}
	for (i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		const struct skald_generation_key key = {
			"router",
			asked[i].number,
			SCRATCH_START_NS + asked[i].second * SCRATCH_SECOND_NS,
		};
		uint64_t t_ns = 0;

		cr_assert_eq(skald_store_generation(store, &key, take_time,
						    &t_ns, NULL),
			     0);
		cr_assert_eq(t_ns,
			     SCRATCH_START_NS +
				     asked[i].recorded * SCRATCH_SECOND_NS,
			     "generation %u at %u", asked[i].number,
			     asked[i].second);
	}
	skald_store_close(store);
}

/* One message of a link, whose payload is a number. */
static void make_around(struct skald_world *world, uint32_t number)
{
	struct {
		struct nlmsghdr head;
		uint32_t number;
	} message = { .head.nlmsg_len = sizeof(message),
		      .head.nlmsg_type = RTM_NEWLINK,
		      .number = number };

	memset(world, 0, sizeof(*world));
	skald_buffer_put(&world->sections[SKALD_WORLD_LINKS], &message,
			 sizeof(message));
}

static void take_around(void *user, const struct skald_generation_row *row)
{
	cr_assert_not_null(row->around);
	cr_expect_eq(row->t_ns, SCRATCH_START_NS, "when it was loaded");
	cr_expect_str_eq(row->legacy, "ip nat");
	memcpy(user, row->around->sections[SKALD_WORLD_LINKS].data + 16, 4);
}

/* What was around the ruleset at each second; many changes within the time in
 * which a ruleset may be read late. */
Test(store, surroundings_change_beside_a_ruleset)
{
	static const uint32_t numbers[] = { 1, 2, 2, 3, 1, 4 };
	static const uint32_t expected[] = { 1, 2, 2, 3, 1, 4, 4 };
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_generation_key key = { "router", 12, 0 };
	struct skald_ruleset ruleset;
	struct skald_world world;
	uint64_t until_ns;
	uint32_t number;

	scratch_ruleset(&ruleset, 12, 3, 3);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		make_around(&world, numbers[i]);
		if (!i) {
			scratch_add_ruleset(store, &ruleset, SCRATCH_START_NS);
			cr_assert_eq(skald_store_begin(store, NULL), 0);
			cr_assert_eq(
				skald_store_add_around(store, &world, NULL), 0);
		} else {
			cr_assert_eq(skald_store_begin(store, NULL), 0);
			cr_assert_eq(skald_store_renew_around(
					     store, "router",
					     SCRATCH_START_NS +
						     i * SCRATCH_SECOND_NS,
					     &world, NULL),
				     0);
		}
		cr_assert_eq(skald_store_commit(store, NULL), 0);
		skald_world_done(&world);
	}
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		key.t_ns = SCRATCH_START_NS + i * SCRATCH_SECOND_NS + 5;
		cr_assert_eq(skald_store_generation(store, &key, take_around,
						    &number, NULL),
			     0);
		cr_expect_eq(number, expected[i], "second %zu", i);
	}
	cr_expect_eq(scratch_number("SELECT count(*) FROM generation"), 5,
		     "the same is not recorded again");
	cr_expect_eq(scratch_number("SELECT count(*) FROM rule WHERE seen <> "
				    "(SELECT max(id) FROM generation)"),
		     0, "rules are seen as long as they are there");
	key.t_ns = SCRATCH_START_NS + SCRATCH_SECOND_NS + 5;
	cr_assert_eq(skald_store_generation_until(store, &key, &until_ns, NULL),
		     0);
	cr_expect_eq(until_ns, SCRATCH_START_NS + 3 * SCRATCH_SECOND_NS);
	key.t_ns += 10 * SCRATCH_SECOND_NS;
	cr_assert_eq(skald_store_generation_until(store, &key, &until_ns, NULL),
		     0);
	cr_expect_eq(until_ns, UINT64_MAX);
	skald_arena_done(&ruleset.arena);
	skald_store_close(store);
}

Test(store, generations_that_differ_in_a_rule_share_nearly_everything)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;
	int64_t one, all;

	scratch_ruleset(&ruleset, 1, 5000, 0);
	scratch_add_ruleset(store, &ruleset, SCRATCH_START_NS);
	skald_arena_done(&ruleset.arena);
	one = scratch_number("SELECT sum(length(bytes)) FROM piece");
	for (unsigned int i = 2; i < 12; i++) {
		scratch_ruleset(&ruleset, i, 5000, i * 97);
		scratch_add_ruleset(store, &ruleset, SCRATCH_START_NS);
		cr_assert_eq(skald_store_generation(
				     store,
				     &(struct skald_generation_key){
					     "router", i, SCRATCH_START_NS },
				     check_generation, &ruleset, NULL),
			     0);
		skald_arena_done(&ruleset.arena);
	}
	all = scratch_number("SELECT sum(length(bytes)) FROM piece");
	cr_assert_lt(all, one + one / 2);
	/* The rules that changed, and the same again as they were before. */
	cr_assert_eq(scratch_number("SELECT count(*) FROM rule"), 5000 + 11);
	cr_assert_eq(scratch_number("SELECT loaded FROM rule WHERE text = "
				    "'tcp dport 194 drop'"),
		     2);
	cr_assert_eq(scratch_number("SELECT seen FROM rules WHERE text = "
				    "'tcp dport 194 drop'"),
		     2);
	cr_assert_eq(scratch_number(
			     "SELECT count(*) FROM rules WHERE loaded = 0 AND "
			     "seen = 11"),
		     4998);
	skald_store_close(store);
}

/* ---- plain SQL ---- */

Test(store, plain_sql_reads_the_view_of_stories)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);

	scratch_fill(store, 0, 20);
	scratch_assert_text(
		"SELECT saddr || ':' || sport || ' > ' || daddr || ':' || "
		"dport || ' > ' || final_daddr || ':' || final_dport "
		"FROM stories WHERE id = 2",
		"10.1.0.1:20001 > 10.1.0.1:8080 > 10.2.0.2:80");
	scratch_assert_text("SELECT start FROM stories WHERE id = 3",
			    "2023-11-14T22:13:22.000000000Z");
	scratch_assert_text(
		"SELECT ending || ' ' || reason || ' ' || hook || ' ' || "
		"rule_family || ' ' || table_name || ' ' || chain || ' ' "
		"|| handle FROM stories WHERE id = 2",
		"dropped NETFILTER_DROP forward inet filter forward 17");
	scratch_assert_text(
		"SELECT netns || iif || family || proto || state || source "
		"FROM stories WHERE id = 2",
		"routereth0iptcpnewnft");
	cr_assert_eq(scratch_number(
			     "SELECT count(*) FROM stories WHERE ending = "
			     "'sent'"),
		     5);
	cr_assert_eq(scratch_number(
			     "SELECT count(*) FROM stories WHERE complete = 0"),
		     2);
	skald_store_close(store);
}

Test(store, plain_sql_reads_the_views_of_events_and_rules)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;

	scratch_fill(store, 0, 20);
	scratch_assert_text(
		"SELECT group_concat(kind, ' ') FROM (SELECT kind FROM "
		"events WHERE story = 2 ORDER BY position)",
		"mark conntrack chain policy chain rule nat mangle mangle "
		"route mangle chain rule rule mangle return rule drop");
	scratch_assert_text(
		"SELECT hook || ' ' || family || ' ' || table_name || ' ' "
		"|| chain || ' ' || handle || ' ' || verdict || ' ' || "
		"text FROM events WHERE story = 2 AND handle = 4",
		"prerouting ip nat pre 4 accept tcp dport 8080 dnat to "
		"10.2.0.2:80");
	scratch_assert_text(
		"SELECT target FROM events WHERE story = 2 AND verdict = "
		"'jump'",
		"from_lan");
	scratch_assert_text(
		"SELECT detail FROM events WHERE story = 2 AND kind = "
		"'mangle' LIMIT 1",
		"field=daddr by=\"ip nat pre rule 4\"");
	cr_assert_eq(
		scratch_number("SELECT stories FROM rules WHERE handle = 4"),
		20);
	scratch_ruleset(&ruleset, 12, 300, 3);
	scratch_add_ruleset(store, &ruleset, SCRATCH_START_NS);
	scratch_assert_text("SELECT text FROM rulesets WHERE number = 12",
			    ruleset.text);
	skald_arena_done(&ruleset.arena);
	skald_store_close(store);
}

/* Prepare a query of the manual; it need not find anything. */
static void assert_query(sqlite3 *db, const char *from, const char *to)
{
	sqlite3_stmt *stmt;
	const char *rest;

	while (from < to) {
		cr_assert_eq(sqlite3_prepare_v2(db, from, to - from, &stmt,
						&rest),
			     SQLITE_OK, "%.*s: %s", (int)(to - from), from,
			     sqlite3_errmsg(db));
		sqlite3_finalize(stmt);
		from = rest;
	}
}

Test(store, the_queries_of_the_manual_are_valid)
{
	FILE *stream = fopen("docs/schema.md", "r");
	char *text = calloc(1, 65536), *at = text, *end;
	unsigned int n = 0;
	sqlite3 *db;

	if (!stream)
		cr_skip_test("not run from the top of the tree");
	cr_assert_gt(fread(text, 1, 65535, stream), 0);
	fclose(stream);
	skald_store_close(scratch_open(SKALD_STORE_WRITE));
	cr_assert_eq(sqlite3_open(scratch_path, &db), SQLITE_OK);
	while ((at = strstr(at, "```sql\n"))) {
		at += strlen("```sql\n");
		end = strstr(at, "```");
		cr_assert_not_null(end);
		assert_query(db, at, end);
		at = end + 3;
		n++;
	}
	cr_assert_geq(n, 2);
	sqlite3_close(db);
	free(text);
}

Test(store, no_query_of_the_views_needs_a_column_without_a_type)
{
	skald_store_close(scratch_open(SKALD_STORE_WRITE));
	cr_assert_eq(
		scratch_number(
			"SELECT count(*) FROM sqlite_master AS m JOIN "
			"pragma_table_info(m.name) AS c WHERE m.type = "
			"'table' AND m.name NOT LIKE 'sqlite_%' AND c.type "
			"NOT IN ('INTEGER', 'TEXT', 'BLOB')"),
		0);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store: what is written is read again, by us and by plain SQL; who may
 * write; what retention leaves; what a kill or a full disk leaves.
 */
#include <criterion/criterion.h>
#include <errno.h>
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

#include "fail_malloc.h"
#include "filter.h"
#include "random_event.h"
#include "scratch_store.h"
#include "store_diff.h"
#include "store_internal.h"

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

static void make_ruleset(struct skald_ruleset *ruleset, uint32_t generation,
			 unsigned int n_rules, unsigned int special)
{
	struct skald_buffer text = { 0 };
	char line[96];

	memset(ruleset, 0, sizeof(*ruleset));
	ruleset->generation = generation;
	ruleset->rules = skald_arena_alloc(&ruleset->arena,
					   n_rules * sizeof(*ruleset->rules));
	for (unsigned int i = 0; i < n_rules; i++) {
		struct skald_rule *rule = &ruleset->rules[i];

		rule->family = SKALD_FAMILY_INET;
		rule->table = "filter";
		rule->chain = "forward";
		rule->handle = i + 1;
		rule->text =
			skald_arena_printf(&ruleset->arena, "tcp dport %u %s",
					   i, i == special ? "drop" : "accept");
		snprintf(line, sizeof(line), "\t\t%s # handle %u\n", rule->text,
			 i + 1);
		skald_buffer_put(&text, line, strlen(line));
	}
	ruleset->n_rules = n_rules;
	skald_buffer_put_u8(&text, '\0');
	ruleset->text = skald_arena_strndup(&ruleset->arena, (char *)text.data,
					    text.len);
	ruleset->iptables = "*filter\nCOMMIT\n";
	ruleset->legacy = "ip nat";
	skald_buffer_done(&text);
}

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

static void add_ruleset(struct skald_store *store,
			const struct skald_ruleset *ruleset, uint64_t t_ns)
{
	struct skald_error error = { 0 };

	scratch_begin(store);
	cr_assert_eq(skald_store_add_ruleset(store, "router", ruleset, t_ns,
					     991, "ufw", &error),
		     0, "%s", error.text);
	scratch_commit(store);
}

static int64_t number(const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t number;
	sqlite3 *db;

	cr_assert_eq(sqlite3_open_v2(scratch_path, &db, SQLITE_OPEN_READONLY,
				     NULL),
		     SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK,
		     "%s: %s", sql, sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sql);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return number;
}

Test(store, a_generation_has_its_texts_and_its_bytecode)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;
	/* Two netlink messages without anything that belongs to a dump. */
	static uint8_t bytecode[48] = {
		[0] = 24, [4] = 6, [5] = 10, [16] = 1, [20] = 7, [24] = 24
	};

	make_ruleset(&ruleset, 12, 2000, 3);
	ruleset.bytecode = bytecode;
	ruleset.bytecode_len = sizeof(bytecode);
	add_ruleset(store, &ruleset, SCRATCH_START_NS);
	cr_assert_eq(skald_store_generation(store, "router", 12,
					    check_generation, &ruleset, NULL),
		     0);
	cr_assert_eq(skald_store_generation(store, "router", 11,
					    check_generation, &ruleset, NULL),
		     -ENOENT);
	cr_assert_eq(skald_store_generation(store, "other", 12,
					    check_generation, &ruleset, NULL),
		     -ENOENT);
	skald_arena_done(&ruleset.arena);
	skald_store_close(store);
}

Test(store, generations_that_differ_in_a_rule_share_nearly_everything)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;
	int64_t one, all;

	make_ruleset(&ruleset, 1, 5000, 0);
	add_ruleset(store, &ruleset, SCRATCH_START_NS);
	skald_arena_done(&ruleset.arena);
	one = number("SELECT sum(length(bytes)) FROM piece");
	for (unsigned int i = 2; i < 12; i++) {
		make_ruleset(&ruleset, i, 5000, i * 97);
		add_ruleset(store, &ruleset, SCRATCH_START_NS);
		cr_assert_eq(skald_store_generation(store, "router", i,
						    check_generation, &ruleset,
						    NULL),
			     0);
		skald_arena_done(&ruleset.arena);
	}
	all = number("SELECT sum(length(bytes)) FROM piece");
	cr_assert_lt(all, one + one / 2);
	/* The rules that changed, and the same again as they were before. */
	cr_assert_eq(number("SELECT count(*) FROM rule"), 5000 + 11);
	cr_assert_eq(number("SELECT loaded FROM rule WHERE text = "
			    "'tcp dport 194 drop'"),
		     2);
	cr_assert_eq(number("SELECT seen FROM rules WHERE text = "
			    "'tcp dport 194 drop'"),
		     2);
	cr_assert_eq(number("SELECT count(*) FROM rules WHERE loaded = 0 AND "
			    "seen = 11"),
		     4998);
	skald_store_close(store);
}

/* ---- plain SQL ---- */

static void assert_text(const char *sql, const char *expected)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	cr_assert_eq(sqlite3_open_v2(scratch_path, &db, SQLITE_OPEN_READONLY,
				     NULL),
		     SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK,
		     "%s: %s", sql, sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s", sql);
	cr_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), expected,
			 "%s: %s", sql, sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

Test(store, plain_sql_reads_the_view_of_stories)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);

	scratch_fill(store, 0, 20);
	assert_text("SELECT saddr || ':' || sport || ' > ' || daddr || ':' || "
		    "dport || ' > ' || final_daddr || ':' || final_dport "
		    "FROM stories WHERE id = 2",
		    "10.1.0.1:20001 > 10.1.0.1:8080 > 10.2.0.2:80");
	assert_text("SELECT start FROM stories WHERE id = 3",
		    "2023-11-14T22:13:22.000000000Z");
	assert_text("SELECT ending || ' ' || reason || ' ' || hook || ' ' || "
		    "rule_family || ' ' || table_name || ' ' || chain || ' ' "
		    "|| handle FROM stories WHERE id = 2",
		    "dropped NETFILTER_DROP forward inet filter forward 17");
	assert_text("SELECT netns || iif || family || proto || state || source "
		    "FROM stories WHERE id = 2",
		    "routereth0iptcpnewnft");
	cr_assert_eq(number("SELECT count(*) FROM stories WHERE ending = "
			    "'sent'"),
		     5);
	cr_assert_eq(number("SELECT count(*) FROM stories WHERE complete = 0"),
		     2);
	skald_store_close(store);
}

Test(store, plain_sql_reads_the_views_of_events_and_rules)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;

	scratch_fill(store, 0, 20);
	assert_text("SELECT group_concat(kind, ' ') FROM (SELECT kind FROM "
		    "events WHERE story = 2 ORDER BY position)",
		    "mark conntrack chain policy chain rule nat mangle mangle "
		    "route mangle chain rule rule mangle return rule drop");
	assert_text("SELECT hook || ' ' || family || ' ' || table_name || ' ' "
		    "|| chain || ' ' || handle || ' ' || verdict || ' ' || "
		    "text FROM events WHERE story = 2 AND handle = 4",
		    "prerouting ip nat pre 4 accept tcp dport 8080 dnat to "
		    "10.2.0.2:80");
	assert_text("SELECT target FROM events WHERE story = 2 AND verdict = "
		    "'jump'",
		    "from_lan");
	assert_text("SELECT detail FROM events WHERE story = 2 AND kind = "
		    "'mangle' LIMIT 1",
		    "field=daddr by=\"ip nat pre rule 4\"");
	cr_assert_eq(number("SELECT stories FROM rules WHERE handle = 4"), 20);
	make_ruleset(&ruleset, 12, 300, 3);
	add_ruleset(store, &ruleset, SCRATCH_START_NS);
	assert_text("SELECT text FROM rulesets WHERE number = 12",
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
	cr_assert_eq(number("SELECT count(*) FROM sqlite_master AS m JOIN "
			    "pragma_table_info(m.name) AS c WHERE m.type = "
			    "'table' AND m.name NOT LIKE 'sqlite_%' AND c.type "
			    "NOT IN ('INTEGER', 'TEXT', 'BLOB')"),
		     0);
}

/* ---- retention ---- */

Test(store, retention_by_age_leaves_what_is_young_or_pinned)
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

Test(store, what_nothing_refers_to_goes_with_the_stories)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct skald_ruleset ruleset;
	uint64_t deleted;

	for (unsigned int i = 1; i <= 3; i++) {
		make_ruleset(&ruleset, i, 100, i);
		add_ruleset(store, &ruleset,
			    SCRATCH_START_NS + i * SCRATCH_SECOND_NS);
		skald_arena_done(&ruleset.arena);
	}
	scratch_fill(store, 0, 300);
	cr_assert_eq(number("SELECT count(*) FROM flow"), 300);
	cr_assert_eq(skald_store_retain(store, 0, 1, SCRATCH_START_NS * 2,
					&deleted, NULL),
		     0);
	cr_assert_eq(deleted, 300);
	cr_assert_eq(number("SELECT count(*) FROM flow"), 0);
	cr_assert_eq(number("SELECT count(*) FROM address"), 0);
	cr_assert_eq(number("SELECT count(*) FROM shape"), 0);
	cr_assert_eq(number("SELECT count(*) FROM step"), 0);
	cr_assert_eq(number("SELECT count(*) FROM span"), 1);
	/* The newest generation is still in force. */
	cr_assert_eq(number("SELECT count(*) FROM generation"), 1);
	cr_assert_eq(number("SELECT count(*) FROM rule"), 100);

	/* The writer does not take what went for what is there. */
	scratch_fill(store, 0, 30);
	cr_assert_eq(number("SELECT count(*) FROM stories"), 30);
	cr_assert_eq(number("SELECT count(*) FROM events"),
		     number("SELECT sum(n_events) FROM stories"));
	assert_text("SELECT saddr FROM stories WHERE id = 302", "10.1.0.1");
	skald_store_close(store);
}

Test(store, retention_by_size_makes_the_file_smaller)
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
	cr_assert_eq(number("SELECT count(*) FROM stories WHERE id = 1"), 1);
	skald_store_close(store);
	cr_assert_eq(stat(scratch_path, &st), 0);
	cr_assert_leq(st.st_size, max_bytes + max_bytes / 16);
}

static size_t list_with(struct skald_store *store, const char *text,
			struct scratch_ids *list)
{
	struct skald_list_query query = { 0 };
	struct skald_filter *filter = NULL;

	cr_assert_eq(skald_filter_compile(text, &filter, NULL), 0);
	query.filter = filter;
	scratch_list(store, &query, list);
	skald_filter_free(filter);
	return list->n;
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
	char scan[128];

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		list_with(store, filters[i], &by_posting);
		snprintf(scan, sizeof(scan), "%s || id == 0", filters[i]);
		list_with(store, scan, &by_scan);
		cr_assert_eq(by_posting.n, by_scan.n, "%s: %zu of %zu",
			     filters[i], by_posting.n, by_scan.n);
		cr_assert_eq(memcmp(by_posting.ids, by_scan.ids,
				    by_scan.n * sizeof(*by_scan.ids)),
			     0);
	}
	cr_assert_eq(number("SELECT count(*) FROM flow"),
		     number("SELECT count(DISTINCT flow) FROM story"));
	cr_assert_eq(number("SELECT count(*) FROM shape"),
		     number("SELECT count(DISTINCT shape) FROM story"));
	cr_assert_eq(number("SELECT count(*) FROM address WHERE id NOT IN "
			    "(SELECT saddr FROM flow UNION SELECT daddr FROM "
			    "flow UNION SELECT coalesce(final_daddr, 0) FROM "
			    "flow)"),
		     0);
	cr_assert_eq(number("SELECT count(*) FROM flow_story WHERE key NOT IN "
			    "(SELECT id FROM flow)"),
		     0);
	cr_assert_eq(scratch_count(store),
		     (uint64_t)number("SELECT count(*) FROM story"));
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

Test(store, postings_follow_retention_pins_and_restarts)
{
	struct skald_store *store = scratch_open(SKALD_STORE_WRITE);
	struct dice dice = { 61 };
	uint64_t deleted, newest;
	unsigned int n = 0;

	for (int round = 0; round < 60; round++) {
		store->tail_max = 1 + roll_below(&dice, 300);
		n = add_some(store, &dice, n);
		newest = number("SELECT coalesce(max(id), 0) FROM story");
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

/* ---- what must not lose anything ---- */

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

Test(store, a_killed_writer_loses_nothing_that_was_committed)
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
	cr_assert_eq(number("SELECT count(*) FROM stories") % 20, 0);
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

Test(store, a_full_disk_loses_one_transaction_and_room_heals_it)
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

Test(store, every_failed_allocation_is_survived)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_filter *filter = NULL;
	struct skald_packed packed;
	struct skald_story story;
	int err = -ENOMEM;
	long n;

	if (!FAIL_MALLOC_WORKS)
		cr_skip("the sanitizer's allocator cannot be made to fail");
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

/* ---- templates ---- */

Test(store, differences_make_the_bytes_again)
{
	struct dice dice = { 77 };
	uint8_t base[300], data[400];

	for (int round = 0; round < 3000; round++) {
		size_t base_len = roll_below(&dice, sizeof(base));
		size_t len = roll_below(&dice, sizeof(data));
		struct skald_buffer diff = { 0 }, again = { 0 };

		for (size_t i = 0; i < sizeof(base); i++)
			base[i] = roll(&dice);
		for (size_t i = 0; i < len; i++)
			data[i] = roll_below(&dice, 6) && i < base_len
					  ? base[i]
					  : (uint8_t)roll(&dice);
		skald_diff_encode(base, base_len, data, len, &diff);
		cr_assert_eq(skald_diff_decode(base, base_len, diff.data,
					       diff.len, &again),
			     0);
		cr_assert_eq(again.len, len);
		cr_assert(!len || !memcmp(again.data, data, len));
		skald_buffer_done(&diff);
		skald_buffer_done(&again);
	}
}

Test(store, hostile_differences_are_refused_or_harmless)
{
	struct dice dice = { 78 };
	uint8_t base[40] = { 0 }, diff[60];
	struct skald_buffer buffer = { 0 };

	for (int round = 0; round < 20000; round++) {
		size_t len = roll_below(&dice, sizeof(diff));

		for (size_t i = 0; i < len; i++)
			diff[i] = roll(&dice) >> roll_below(&dice, 8);
		buffer.len = 0;
		if (!skald_diff_decode(base, roll_below(&dice, sizeof(base)),
				       diff, len, &buffer))
			cr_assert_leq(buffer.len, sizeof(base) + sizeof(diff));
	}
	skald_buffer_done(&buffer);
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

Test(store, migrations_go_step_by_step_or_not_at_all)
{
	struct skald_error error = { 0 };
	sqlite3 *db;

	skald_store_close(scratch_open(SKALD_STORE_WRITE));
	cr_assert_eq(sqlite3_open(scratch_path, &db), SQLITE_OK);
	cr_assert_lt(skald_schema_migrate(db, broken_step, 1, 3, &error), 0);
	cr_assert_eq(number("PRAGMA user_version"), 1);
	cr_assert_eq(number("SELECT count(*) FROM pragma_table_info('meta') "
			    "WHERE name = 'note'"),
		     0);
	cr_assert_eq(skald_schema_migrate(db, two_steps, 1, 4, &error),
		     -EPROTO);
	cr_assert_not_null(strstr(error.text, "version 3"));
	cr_assert_eq(number("PRAGMA user_version"), 1);
	cr_assert_eq(skald_schema_migrate(db, two_steps, 1, 3, &error), 0);
	cr_assert_eq(number("PRAGMA user_version"), 3);
	assert_text("SELECT note FROM meta", "migrated");
	sqlite3_close(db);
}

Test(store, every_version_up_to_this_has_a_way_here)
{
	const struct skald_migration *step = skald_migrations;

	for (int version = 1; version < SKALD_STORE_VERSION; version++, step++)
		cr_assert_eq(step->from, version);
	cr_assert_null(step->sql);
}

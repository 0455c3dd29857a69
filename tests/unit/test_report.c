// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports: a store with two stories and a ruleset, and what the page says of
 * them; text from outside cannot change the page.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "markdown.h"
#include "report.h"
#include "sample.h"

static const char ruleset_text[] = "table inet filter {\n"
				   "\tchain input {\n"
				   "\t\tct state invalid drop # handle 3\n"
				   "\t}\n"
				   "\n"
				   "\tchain forward {\n"
				   "\t\ttcp dport 8080 drop # handle 17\n"
				   "\t}\n"
				   "}\n"
				   "table ip nat {\n"
				   "\tchain forward {\n"
				   "\t\tcounter # handle 1\n"
				   "\t}\n"
				   "}\n";

static struct skald_store *store;
static char path[64];

static void add_story(struct skald_story *story)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_packed packed;
	struct skald_error error;

	cr_assert_eq(skald_story_pack(story, &shape, &own, &packed), 0);
	cr_assert_eq(skald_store_add(store, &packed, NULL, &error), 0, "%s",
		     error.text);
	story->id = packed.id;
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
}

static void add_ruleset(const char *text)
{
	struct skald_ruleset ruleset = {
		.generation = 5,
		.text = (char *)text,
		.iptables = (char *)"",
		.legacy = (char *)"ip filter",
	};
	const struct skald_load load = { "router", 1699999999000000000ull, 991,
					 "ufw" };
	struct skald_error error;

	cr_assert_eq(skald_store_add_ruleset(store, &ruleset, &load, &error), 0,
		     "%s", error.text);
}

/* A store with a dropped packet (1) and one that was sent (2). */
static void make_store(const char *text)
{
	struct skald_event events[2][SAMPLE_EVENTS] = { 0 };
	struct skald_story dropped, sent;
	struct skald_error error;

	snprintf(path, sizeof(path), "/tmp/skald-report-%d.db", (int)getpid());
	cr_assert_eq(skald_store_open(path, SKALD_STORE_WRITE, &store, &error),
		     0, "%s", error.text);
	cr_assert_eq(skald_store_begin(store, &error), 0);
	add_ruleset(text);
	sample_dropped(&dropped, events[0]);
	add_story(&dropped);
	sample_sent(&sent, events[1]);
	add_story(&sent);
	cr_assert_eq(skald_store_commit(store, &error), 0);
}

static void remove_store(void)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-lock",
					    ".lock" };
	char name[96];
	size_t i;

	skald_store_close(store);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static void report(const uint64_t *ids, size_t n, struct skald_buffer *page)
{
	struct skald_output output = skald_output_buffer(page);
	const struct skald_report_wish wish = { .store = store,
						.store_path = "my store.db",
						.ids = ids,
						.n_ids = n };
	struct skald_error error;

	cr_assert_eq(skald_report_write(&wish, &output, &error), 0, "%s",
		     error.text);
	skald_buffer_put_u8(page, '\0');
}

static void has(const struct skald_buffer *page, const char *text)
{
	cr_assert(strstr((const char *)page->data, text),
		  "no \"%s\" in the page:\n%s", text, (const char *)page->data);
}

static void has_not(const struct skald_buffer *page, const char *text)
{
	cr_assert_null(strstr((const char *)page->data, text),
		       "\"%s\" is in the page:\n%s", text,
		       (const char *)page->data);
}

Test(report, page_of_a_drop_tells_everything)
{
	const uint64_t ids[] = { 1 };
	struct skald_buffer page = { 0 };

	make_store(ruleset_text);
	report(ids, 1, &page);
	has(&page, "# `DROPPED in inet filter forward by rule 17");
	has(&page, "tcp 10.1.0.2:40000 > 10.1.0.1:8080");
	has(&page, "COMPLETE: every event");
	has(&page, "in namespace `router`");
	has(&page, "Came in by `eth0`");
	has(&page, "expression `tcp port 8080`");
	has(&page, "Nothing in the packet was changed.");
	has(&page, "inet `filter` `forward` handle 17: "
		   "`tcp dport 8080 counter drop comment \"no, thanks\"`");
	has(&page, "by `ufw`, pid 991");
	has(&page, "Generation 5 of namespace `router`");
	has(&page, "Both back ends are in use");
	has(&page, "ct state invalid drop # handle 3");
	has(&page, "54 of 74 bytes, from the Ethernet header on");
	has(&page, "0010  00 3c 12 34 40 00 40 06");
	has(&page, "- Kernel: `Linux");
	has(&page, "- skald " SKALD_VERSION);
	has(&page, "skald follow -n 1 --netns router 'tcp port 8080'");
	has(&page, "skald show -d 'my store.db' 1");
	skald_buffer_done(&page);
	remove_store();
}

Test(report, changes_route_and_changed_bytes_are_shown)
{
	const uint64_t ids[] = { 2 };
	struct skald_buffer page = { 0 };

	make_store(ruleset_text);
	report(ids, 1, &page);
	has(&page, "`daddr`: `10.1.0.1` → `10.2.0.9`, by `rule ip nat pre 4`");
	has(&page, "prefix `10.2.0.0/24`");
	has(&page, "left by `eth1`");
	has(&page, "*3f 06"); /* the time to live */
	has(&page, " 0a*02 00*09");
	skald_buffer_done(&page);
	remove_store();
}

Test(report, world_of_several_stories_is_told_once)
{
	const uint64_t ids[] = { 1, 2 };
	struct skald_buffer page = { 0 };
	const char *first;

	make_store(ruleset_text);
	report(ids, 2, &page);
	has(&page, "## Story 1:");
	has(&page, "## Story 2:");
	first = strstr((char *)page.data, "\n## Ruleset\n");
	cr_assert(first);
	cr_assert_null(strstr(first + 1, "\n## Ruleset\n"));
	skald_buffer_done(&page);
	remove_store();
}

Test(report, of_a_large_ruleset_only_chains_touched_are_shown)
{
	const uint64_t ids[] = { 1 };
	struct skald_buffer page = { 0 }, text = { 0 };
	char rule[64];
	unsigned int i;

	skald_buffer_put(&text, ruleset_text, strlen(ruleset_text) - 2);
	skald_buffer_put(&text, "\tchain other {\n", 15);
	for (i = 0; i < 300; i++) {
		snprintf(rule, sizeof(rule), "\t\ttcp dport %u drop\n", i);
		skald_buffer_put(&text, rule, strlen(rule));
	}
	skald_buffer_put(&text, "\t}\n}\n", 6);
	make_store((char *)text.data);
	report(ids, 1, &page);
	has(&page, "the chains that the packet went through");
	has(&page, "tcp dport 8080 drop # handle 17");
	has_not(&page, "tcp dport 299 drop");
	has_not(&page, "ct state invalid drop");
	has_not(&page, "table ip nat");
	skald_buffer_done(&page);
	skald_buffer_done(&text);
	remove_store();
}

Test(report, missing_story_is_an_error)
{
	const uint64_t ids[] = { 99 };
	struct skald_buffer page = { 0 };
	struct skald_output output = skald_output_buffer(&page);
	struct skald_report_wish wish = { .ids = ids, .n_ids = 1 };
	struct skald_error error = { 0 };

	make_store(ruleset_text);
	wish.store = store;
	cr_assert_eq(skald_report_write(&wish, &output, &error), -ENOENT);
	cr_assert(strstr(error.text, "99"), "%s", error.text);
	cr_assert_eq(page.len, 0);
	remove_store();
}

static int refuse(void *user, const void *data, size_t len)
{
	return -ENOSPC;
}

Test(report, full_disk_is_an_error)
{
	const uint64_t ids[] = { 1 };
	const struct skald_output output = { .write = refuse };
	struct skald_report_wish wish = { .ids = ids, .n_ids = 1 };
	struct skald_error error = { 0 };

	make_store(ruleset_text);
	wish.store = store;
	cr_assert_eq(skald_report_write(&wish, &output, &error), -ENOSPC);
	cr_assert(strstr(error.text, "No space"));
	remove_store();
}

static void check_code(const char *text, const char *expected)
{
	struct skald_buffer page = { 0 };
	struct skald_output output = skald_output_buffer(&page);
	struct skald_md md = { .output = &output };

	skald_md_code(&md, text);
	skald_buffer_put_u8(&page, '\0');
	cr_assert_str_eq((char *)page.data, expected, "%s became %s", text,
			 (char *)page.data);
	skald_buffer_done(&page);
}

Test(markdown, code_holds_what_is_in_it)
{
	check_code("tcp dport 80", "`tcp dport 80`");
	check_code("a ` b", "`` a ` b ``");
	check_code("a ``` b", "```` a ``` b ````");
	check_code("two\nlines\033[31m", "`two?lines?[31m`");
}

Test(markdown, block_cannot_be_ended_from_inside)
{
	struct skald_buffer page = { 0 };
	struct skald_output output = skald_output_buffer(&page);
	struct skald_md md = { .output = &output };
	const char *p;

	skald_md_block(&md, "one\n``````````\n\ttwo\033[2J\n");
	skald_buffer_put_u8(&page, '\0');
	p = (char *)page.data;
	cr_assert(!strncmp(p, SKALD_MD_FENCE "text\none\n", 17));
	cr_assert(strstr(p, "\n    ``````````\n"), "%s", p);
	cr_assert(strstr(p, "\n\ttwo?[2J\n" SKALD_MD_FENCE "\n"), "%s", p);
	skald_buffer_done(&page);
}

Test(markdown, time_is_exact)
{
	struct skald_buffer page = { 0 };
	struct skald_output output = skald_output_buffer(&page);
	struct skald_md md = { .output = &output };

	skald_md_time(&md, SAMPLE_START);
	skald_buffer_put_u8(&page, '\0');
	cr_assert_str_eq((char *)page.data,
			 "2023-11-14 22:13:20.123456789 UTC");
	skald_buffer_done(&page);
}

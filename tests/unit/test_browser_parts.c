// SPDX-License-Identifier: GPL-2.0-only
/* What the browser is made of: keys, the prompt, UTF-8, pages, rows. */
#include <criterion/criterion.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "../../tui/draw.h"
#include "../../tui/keys.h"
#include "../../tui/page.h"
#include "../../tui/prompt.h"
#include "../../tui/rows.h"
#include "../../tui/utf8.h"
#include "../tui/fake_source.h"

/* ---- keys ---- */

/* Calls @each with every key of every request. */
static void each_key(void (*each)(int request, const char *name))
{
	int request;

	for (request = 1; request < SKALD_N_REQ; request++) {
		const char *keys = skald_requests[request].keys;

		cr_assert(*keys, "request %d has no key", request);
		while (*keys) {
			size_t len = strcspn(keys, " ");
			char name[SKALD_KEY_NAME];

			snprintf(name, sizeof(name), "%.*s", (int)len, keys);
			each(request, name);
			keys += len;
			keys += strspn(keys, " ");
		}
	}
}

static void leads_back(int request, const char *name)
{
	char script[SKALD_KEY_NAME + 2];
	const char *text = script;
	int key;

	snprintf(script, sizeof(script), name[1] ? "<%s>" : "%s", name);
	if (!strcmp(name, "<"))
		snprintf(script, sizeof(script), "<lt>");
	key = skald_key_parse(&text);
	cr_assert_gt(key, 0, "%s is no key", name);
	cr_assert_eq(skald_key_request(key), request, "%s", name);
}

Test(browser_parts, every_key_of_the_list_makes_its_request)
{
	each_key(leads_back);
}

Test(browser_parts, keys_have_names_and_names_are_keys)
{
	char name[SKALD_KEY_NAME];
	const char *text = "a<Enter><C-l><lt>é<Nonsense>";

	cr_assert_eq(skald_key_parse(&text), 'a');
	cr_assert_str_eq(skald_key_name(skald_key_parse(&text), name), "Enter");
	cr_assert_str_eq(skald_key_name(skald_key_parse(&text), name), "C-l");
	cr_assert_str_eq(skald_key_name(skald_key_parse(&text), name), "<");
	cr_assert_str_eq(skald_key_name(skald_key_parse(&text), name), "é");
	cr_assert_eq(skald_key_parse(&text), -1);
	cr_assert_eq(skald_key_parse(&text), 0);
	cr_assert_str_eq(skald_key_name(SKALD_KEY_CODE + 9999, name), "");
}

/* ---- UTF-8 ---- */

Test(browser_parts, text_that_is_no_utf8_becomes_replacement_characters)
{
	static const struct {
		const char *text;
		uint32_t first;
		size_t bytes;
	} cases[] = {
		{ "a", 'a', 1 },
		{ "é", 0xe9, 2 },
		{ "→", 0x2192, 3 },
		{ "😀", 0x1f600, 4 },
		{ "\x80", SKALD_UTF8_BAD, 1 },
		{ "\xc3", SKALD_UTF8_BAD, 1 },
		{ "\xc3(", SKALD_UTF8_BAD, 1 },
		{ "\xc0\xaf", SKALD_UTF8_BAD, 1 },
		{ "\xe0\x80\xaf", SKALD_UTF8_BAD, 3 },
		{ "\xed\xa0\x80", SKALD_UTF8_BAD, 3 },
		{ "\xf4\x90\x80\x80", SKALD_UTF8_BAD, 4 },
		{ "\xff", SKALD_UTF8_BAD, 1 },
		{ "", 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;

		cr_assert_eq(skald_utf8_next(&text), cases[i].first, "case %zu",
			     i);
		cr_assert_eq((size_t)(text - cases[i].text), cases[i].bytes,
			     "case %zu", i);
	}
}

Test(browser_parts, characters_come_back_as_they_were_put)
{
	static const uint32_t characters[] = {
		1, 0x7f, 0x80, 0x7ff, 0x800, 0xfffd, 0x10000, 0x10ffff
	};
	size_t i;

	for (i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
		char bytes[SKALD_UTF8_MAX] = "";
		const char *text = bytes;
		size_t len = skald_utf8_put(bytes, characters[i]);

		cr_assert_eq(len, strlen(bytes));
		cr_assert_eq(skald_utf8_next(&text), characters[i]);
	}
}

/* ---- pages ---- */

Test(browser_parts, page_holds_lines_with_their_paints)
{
	struct skald_page page = { 0 };
	struct skald_line line;

	setlocale(LC_ALL, "C.UTF-8");
	skald_page_text(&page, SKALD_PAINT_OLD, "old");
	skald_page_text(&page, SKALD_PAINT_NEW, " new");
	page.marked = true;
	page.ref = 7;
	skald_page_end(&page);
	skald_page_end(&page);
	skald_page_text(&page, SKALD_PAINT_DIM, "a\tb");
	skald_page_pad(&page, 10);
	skald_page_text(&page, SKALD_PAINT_DIM, "c");
	skald_page_end(&page);
	cr_assert_eq(skald_page_lines(&page), 3);
	line = skald_page_line(&page, 0);
	cr_assert_str_eq(line.text, "old new");
	cr_assert_eq(line.n_spans, 2);
	cr_assert_eq(line.spans[1].start, 3);
	cr_assert_eq(line.spans[1].paint, SKALD_PAINT_NEW);
	cr_assert(line.marked);
	cr_assert_eq(line.ref, 7);
	cr_assert_str_eq(skald_page_line(&page, 1).text, "");
	cr_assert_not(skald_page_line(&page, 1).marked);
	cr_assert_str_eq(skald_page_line(&page, 2).text, "a   b     c");
	skald_page_done(&page);
}

Test(browser_parts, cells_are_cut_with_an_ellipsis_and_filled)
{
	struct skald_page page = { 0 };

	setlocale(LC_ALL, "C.UTF-8");
	skald_page_cell(&page, SKALD_PAINT_PLAIN, "abcdef", 4, false);
	skald_page_cell(&page, SKALD_PAINT_PLAIN, "abcdef", 4, true);
	skald_page_cell(&page, SKALD_PAINT_PLAIN, "ab", 4, false);
	skald_page_cell(&page, SKALD_PAINT_PLAIN, "漢字漢字", 4, false);
	skald_page_cell(&page, SKALD_PAINT_PLAIN, "abcd", 4, false);
	skald_page_cell(&page, SKALD_PAINT_PLAIN, "abcd", 0, false);
	skald_page_end(&page);
	cr_assert_str_eq(skald_page_line(&page, 0).text,
			 "abc…abc>ab  漢… abcd");
	skald_page_done(&page);
}

Test(browser_parts, searching_minds_capitals_only_when_there_are_some)
{
	cr_assert(skald_text_find("Dropped in FILTER", "filter"));
	cr_assert(skald_text_find("Dropped in FILTER", "Drop"));
	cr_assert_not(skald_text_find("dropped", "Drop"));
	cr_assert_not(skald_text_find("anything", ""));
}

/* ---- the prompt ---- */

static struct skald_prompt prompt;

static enum skald_prompt_result type(const char *keys)
{
	enum skald_prompt_result result = SKALD_PROMPT_EDITING;
	int key;

	while ((key = skald_key_parse(&keys)))
		result = skald_prompt_key(&prompt, key);
	return result;
}

Test(browser_parts, prompt_edits_a_line)
{
	memset(&prompt, 0, sizeof(prompt));
	skald_prompt_start(&prompt, SKALD_PROMPT_FILTER, "abc");
	type("<Left><Left>é<Backspace>X<Home>><End><");
	cr_assert_str_eq(prompt.text, ">aXbc<");
	type("<C-u>one two  <C-w>");
	cr_assert_str_eq(prompt.text, "one ");
	type("<Left><Left><C-k>");
	cr_assert_str_eq(prompt.text, "on");
	type("<Home><Delete><Delete><Delete>");
	cr_assert_str_eq(prompt.text, "");
	cr_assert_eq(type("<Backspace>"), SKALD_PROMPT_EDITING);
	cr_assert_eq(type("x<Enter>"), SKALD_PROMPT_ACCEPTED);
	cr_assert_eq(type("<Esc>"), SKALD_PROMPT_CANCELLED);
	cr_assert_not(prompt.open);
}

Test(browser_parts, prompt_takes_no_more_than_it_can_hold)
{
	int i;

	memset(&prompt, 0, sizeof(prompt));
	skald_prompt_start(&prompt, SKALD_PROMPT_FILTER, "");
	for (i = 0; i < 2 * SKALD_PROMPT_TEXT; i++)
		type("→");
	cr_assert_lt(strlen(prompt.text), SKALD_PROMPT_TEXT);
	cr_assert_gt(strlen(prompt.text), SKALD_PROMPT_TEXT - 5);
	cr_assert_eq(strlen(prompt.text) % 3, 0);
}

Test(browser_parts, prompt_remembers_what_was_accepted)
{
	memset(&prompt, 0, sizeof(prompt));
	skald_prompt_start(&prompt, SKALD_PROMPT_SEARCH, "first");
	skald_prompt_accept(&prompt);
	skald_prompt_start(&prompt, SKALD_PROMPT_SEARCH, "second");
	skald_prompt_accept(&prompt);
	skald_prompt_start(&prompt, SKALD_PROMPT_SEARCH, "");
	type("<Up>");
	cr_assert_str_eq(prompt.text, "second");
	type("<Up><Up>");
	cr_assert_str_eq(prompt.text, "first");
	type("<Down><Down>");
	cr_assert_str_eq(prompt.text, "");
	skald_prompt_start(&prompt, SKALD_PROMPT_COMMAND, "");
	type("<Up>");
	cr_assert_str_eq(prompt.text, "");
}

Test(browser_parts, prompt_completes_as_far_as_names_agree)
{
	static const char *const words[] = { "ip.src", "ip.dst", "ip.id",
					     "verdict", NULL };

	memset(&prompt, 0, sizeof(prompt));
	prompt.words = words;
	skald_prompt_start(&prompt, SKALD_PROMPT_FILTER, "!(ver");
	type("<Tab>");
	cr_assert_str_eq(prompt.text, "!(verdict");
	skald_prompt_start(&prompt, SKALD_PROMPT_FILTER, "i");
	type("<Tab>");
	cr_assert_str_eq(prompt.text, "ip.");
	type("s<Tab>");
	cr_assert_str_eq(prompt.text, "ip.src");
	type(" zz<Tab>");
	cr_assert_str_eq(prompt.text, "ip.src zz");
}

/* ---- rows ---- */

static struct fake_source fake;
static struct skald_browser_source source;
static struct skald_rows rows;

static void rows_over(uint64_t stories, uint64_t start)
{
	source = fake_source(&fake, stories);
	memset(&rows, 0, sizeof(rows));
	rows.source = &source;
	cr_assert_eq(skald_rows_refresh(&rows, NULL), 0);
	skald_rows_reset(&rows, start);
}

static void assert_all_there(void)
{
	uint64_t id = rows.row[0].id;
	size_t i;

	for (i = 0; i < rows.n; i++)
		cr_assert_eq(rows.row[i].id, id + i);
	cr_assert_leq(rows.low, id);
	cr_assert_geq(rows.high, rows.row[rows.n - 1].id);
}

Test(browser_parts, rows_grow_in_both_directions_without_holes)
{
	size_t count;

	rows_over(1000, 500);
	cr_assert_eq(skald_rows_newer(&rows, 100, &count, NULL), 0);
	cr_assert_eq(skald_rows_older(&rows, 50, &count, NULL), 0);
	cr_assert_eq(count, 50);
	cr_assert_eq(rows.row[0].id, 450);
	cr_assert_eq(rows.n, 150);
	assert_all_there();
	while (!skald_rows_at_oldest(&rows))
		cr_assert_eq(skald_rows_older(&rows, 64, &count, NULL), 0);
	while (!skald_rows_at_newest(&rows))
		cr_assert_eq(skald_rows_newer(&rows, 64, &count, NULL), 0);
	cr_assert_eq(rows.n, 1000);
	assert_all_there();
	cr_assert_eq(skald_rows_find(&rows, 700), 699);
	cr_assert_eq(skald_rows_find(&rows, 5000), 1000);
	skald_rows_done(&rows);
}

Test(browser_parts, rows_stay_few_however_far_they_go)
{
	size_t count;

	rows_over(50000, 50001);
	while (!skald_rows_at_oldest(&rows)) {
		cr_assert_eq(skald_rows_older(&rows, 1000, &count, NULL), 0);
		cr_assert_leq(rows.n, 5096);
		assert_all_there();
	}
	cr_assert_not(skald_rows_at_newest(&rows));
	while (!skald_rows_at_newest(&rows)) {
		cr_assert_eq(skald_rows_newer(&rows, 1000, &count, NULL), 0);
		cr_assert_leq(rows.n, 5096);
		assert_all_there();
	}
	cr_assert_eq(rows.row[rows.n - 1].id, 50000);
	skald_rows_done(&rows);
}

Test(browser_parts, filtered_rows_look_through_bounded_ranges)
{
	size_t count;
	int steps = 0;

	rows_over(100000, 100001);
	rows.filtered = true;
	fake.only = 3;
	cr_assert_eq(skald_rows_older(&rows, 10, &count, NULL), 0);
	cr_assert_leq(fake.looked_at, 2048);
	cr_assert_eq(rows.n, 0);
	cr_assert_eq(rows.low, 100001 - fake.looked_at);
	while (!skald_rows_at_oldest(&rows) && steps++ < 1000)
		cr_assert_eq(skald_rows_older(&rows, 10, &count, NULL), 0);
	cr_assert_eq(rows.n, 1);
	cr_assert_eq(rows.row[0].id, 3);
	cr_assert_eq(fake.looked_at, 100000);
	skald_rows_done(&rows);
}

Test(browser_parts, rows_of_a_source_that_fails_stay_as_they_were)
{
	struct skald_error error = { 0 };
	size_t count;

	rows_over(1000, 500);
	cr_assert_eq(skald_rows_newer(&rows, 100, &count, NULL), 0);
	fake.broken = true;
	cr_assert_eq(skald_rows_newer(&rows, 100, &count, &error), -EIO);
	cr_assert_eq(skald_rows_older(&rows, 100, &count, &error), -EIO);
	cr_assert_str_eq(error.text, "the disk is on fire");
	cr_assert_eq(rows.n, 100);
	assert_all_there();
	skald_rows_done(&rows);
}

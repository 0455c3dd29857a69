// SPDX-License-Identifier: GPL-2.0-only
/* The browser on a screen in memory, over stories that need no store. */
#include <criterion/criterion.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tui/browser.h"
#include "../../tui/keys.h"
#include "../../tui/list.h"
#include "../../tui/script.h"
#include "../tui/fake_source.h"

static struct skald_browser browser;
static struct fake_source fake;

static void open_with(uint64_t stories, int lines, int columns)
{
	struct skald_browser_config config = {
		.source = fake_source(&fake, stories),
		.screen = { .headless = true,
			    .lines = lines,
			    .columns = columns },
	};
	struct skald_error error = { 0 };

	setenv("TZ", "UTC", 1);
	setlocale(LC_ALL, "C.UTF-8");
	cr_assert_eq(skald_browser_open(&browser, &config, &error), 0, "%s",
		     error.text);
}

static void settle(void)
{
	skald_browser_draw(&browser);
	while (skald_browser_work(&browser))
		;
	skald_browser_draw(&browser);
}

static void type(const char *keys)
{
	int key;

	while (!browser.quit && (key = skald_key_parse(&keys))) {
		skald_browser_key(&browser, key);
		settle();
	}
}

/* The screen as text, until the next call. */
static const char *screen(void)
{
	static char *text;
	size_t size;
	FILE *stream;

	free(text);
	stream = open_memstream(&text, &size);
	skald_browser_draw(&browser);
	skald_screen_save(&browser.screen, false, stream);
	fclose(stream);
	return text;
}

static void close_all(void)
{
	skald_browser_close(&browser);
}

static uint64_t current(void)
{
	return skald_list_id(skald_browser_list(&browser));
}

#define cr_assert_shows(text) \
	cr_assert(strstr(screen(), text), "no \"%s\" in\n%s", text, screen())
#define cr_assert_hides(text) \
	cr_assert_not(strstr(screen(), text), "\"%s\" in\n%s", text, screen())

TestSuite(browser, .fini = close_all);

Test(browser, list_begins_at_the_newest_story)
{
	open_with(1000, 24, 80);
	settle();
	cr_assert_eq(current(), 1000);
	cr_assert_shows(" 1000");
	cr_assert_shows("FOLLOWING");
	cr_assert_shows("fake.db");
}

Test(browser, first_screen_of_ten_million_reads_no_more_than_it_shows)
{
	open_with(10000000, 24, 80);
	cr_assert_leq(fake.told, 30, "told %lu", fake.told);
	settle();
	cr_assert_leq(fake.told, 1000, "told %lu", fake.told);
}

Test(browser, cursor_moves_through_all_stories)
{
	open_with(500, 24, 80);
	settle();
	type("kkk");
	cr_assert_eq(current(), 497);
	type("g");
	cr_assert_eq(current(), 1);
	type("k");
	cr_assert_eq(current(), 1);
	type("<PageDown>");
	cr_assert_eq(current(), 20);
	type("G");
	cr_assert_eq(current(), 500);
}

Test(browser, paging_up_visits_every_story_once)
{
	uint64_t last;

	open_with(9000, 24, 80);
	settle();
	do {
		last = current();
		type("<PageUp>");
		cr_assert(current() == last || current() == last - 19 ||
				  current() == 1,
			  "from %lu to %lu", last, current());
	} while (current() != last);
	cr_assert_eq(last, 1);
}

Test(browser, new_stories_are_followed)
{
	open_with(100, 24, 80);
	settle();
	fake.newest = 103;
	skald_browser_poll(&browser);
	settle();
	cr_assert_eq(current(), 103);
	cr_assert_shows("   103  12:00:01  tcp");
}

Test(browser, cursor_stays_when_it_is_not_at_the_end)
{
	open_with(100, 24, 80);
	settle();
	type("k");
	fake.newest = 200;
	skald_browser_poll(&browser);
	settle();
	cr_assert_eq(current(), 99);
	cr_assert_shows("LIVE");
	type("F");
	cr_assert_eq(current(), 200);
	cr_assert_shows("FOLLOWING");
}

Test(browser, follow_can_be_switched_off_at_the_end)
{
	open_with(100, 24, 80);
	settle();
	type("F");
	fake.newest = 150;
	skald_browser_poll(&browser);
	settle();
	cr_assert_eq(current(), 100);
}

Test(browser, pause_keeps_new_stories_out_and_counts_them)
{
	open_with(100, 24, 80);
	settle();
	type("p");
	fake.newest = 1234;
	skald_browser_poll(&browser);
	settle();
	cr_assert_eq(current(), 100);
	cr_assert_shows("PAUSED +1,134");
	type("p");
	skald_browser_poll(&browser);
	settle();
	cr_assert_hides("PAUSED");
	type("G");
	cr_assert_eq(current(), 1234);
}

Test(browser, burst_is_jumped_over)
{
	open_with(100, 24, 80);
	settle();
	fake.told = 0;
	fake.newest = 5000000;
	skald_browser_poll(&browser);
	settle();
	cr_assert_eq(current(), 5000000);
	cr_assert_leq(fake.told, 1000, "told %lu", fake.told);
}

Test(browser, empty_store_says_what_to_do)
{
	open_with(0, 24, 80);
	settle();
	cr_assert_shows("No stories yet");
	type("<Enter>bsjkgGnJ<Esc>");
	fake.newest = 1;
	type("<Esc><Esc>");
	skald_browser_poll(&browser);
	settle();
	cr_assert_eq(current(), 1);
}

Test(browser, filter_leaves_what_matches)
{
	open_with(600, 24, 80);
	settle();
	type("fkind == 2<Enter>");
	cr_assert_eq(current(), 597);
	cr_assert_shows("filter: kind == 2");
	cr_assert_shows("100 of 100 match");
	type("x");
	cr_assert_hides("filter:");
}

Test(browser, bad_filter_is_refused_with_a_caret_and_the_old_one_stays)
{
	open_with(600, 24, 80);
	settle();
	type("fkind == 2<Enter>f<C-u>kinx == 3<Enter>");
	cr_assert(browser.prompt.open);
	cr_assert_shows("filter: kinx == 3\n            ^ unknown field");
	type("<Esc>");
	cr_assert_shows("filter: kind == 2");
	cr_assert_eq(current(), 597);
}

Test(browser, drops_combine_with_the_filter)
{
	open_with(600, 24, 80);
	settle();
	type("d");
	cr_assert_shows("drops only");
	cr_assert_shows("200 of 200 match");
	type("fkind == 4<Enter>");
	cr_assert_shows("100 of 100 match");
	type("d");
	cr_assert_shows("filter: kind == 4");
	cr_assert_hides("drops only");
}

Test(browser, rare_match_is_found_in_bounded_steps)
{
	open_with(3000000, 24, 80);
	settle();
	skald_browser_filter(&browser, "id == 5", false, NULL);
	skald_browser_draw(&browser);
	cr_assert_shows("Looking...");
	fake.most = 0;
	settle();
	cr_assert_eq(current(), 5);
	cr_assert_lt(fake.most, 3000000);
	cr_assert_shows("1 of 1 match");
}

Test(browser, search_goes_beyond_what_is_in_memory)
{
	open_with(100000, 24, 80);
	settle();
	type("g");
	type("/#77777<Enter>");
	cr_assert_eq(current(), 77777);
	type("N");
	cr_assert_eq(current(), 77777);
	cr_assert_shows("no earlier story has");
	type("n");
	cr_assert_eq(current(), 77777);
}

Test(browser, search_from_the_newest_story_looks_back)
{
	open_with(20000, 24, 80);
	settle();
	type("/#123 <Enter><Esc>/#12345<Enter>");
	cr_assert_eq(current(), 12345);
	type("/#12346<Enter>");
	cr_assert_eq(current(), 12346);
}

Test(browser, search_that_fails_leaves_the_cursor)
{
	open_with(20000, 24, 80);
	settle();
	type("kk/nowhere to be found<Enter>N");
	cr_assert_eq(current(), 19998);
	cr_assert_shows("no earlier story has \"nowhere to be found\"");
}

Test(browser, story_opens_with_its_path_and_closes)
{
	open_with(12, 40, 100);
	settle();
	type("gj<Enter>");
	cr_assert_shows("DROPPED in inet filter refuse");
	cr_assert_shows("ip saddr @blocked drop");
	cr_assert_shows("ttl 64 → 63");
	type("q");
	cr_assert_shows("ENDING");
	cr_assert_not(browser.quit);
	type("q");
	cr_assert(browser.quit);
}

Test(browser, escape_goes_back_but_never_quits)
{
	open_with(12, 24, 80);
	settle();
	type("<Enter>b/zz<Enter><Esc>");
	cr_assert_eq(browser.depth, 3);
	type("<Esc>");
	cr_assert_eq(browser.depth, 2);
	type("<Esc><Esc><Esc>");
	cr_assert_eq(browser.depth, 1);
	cr_assert_not(browser.quit);
}

Test(browser, bytes_show_what_changed)
{
	open_with(12, 40, 120);
	settle();
	type("gb");
	cr_assert_shows("- 0000  45 00 00 3c");
	cr_assert_shows("+ 0000  45 00 00 3c");
	cr_assert_shows("* ttl           64 → 63");
	cr_assert_shows("10.1.0.1 → 10.2.0.2");
	type("]]");
	cr_assert_neq(skald_browser_top(&browser)->cursor, 0);
}

Test(browser, bytes_point_at_changes_without_colours)
{
	setenv("NO_COLOR", "1", 1);
	open_with(12, 60, 80);
	settle();
	type("ogb");
	cr_assert_eq(browser.screen.colours, 0);
	cr_assert_shows("+ 0000  45 00 00 3c 00 00 40 00  3f 06 00 00 0a 02 "
			"00 01  E..<..@.?.......\n"
			"                                 ^^             ^^ "
			"   ^^\n");
}

Test(browser, ruleset_marks_what_the_story_touched)
{
	open_with(12, 40, 100);
	settle();
	type("gjr");
	cr_assert_shows("loaded 2026-03-01 12:00:00 by pid 991 nft");
	cr_assert_shows("2 marked");
	cr_assert_shows("▶       ip saddr @blocked drop # handle 17");
	type("[");
	cr_assert_shows("▶       tcp dport { 23, 2323 }");
}

Test(browser, enter_on_a_rule_opens_the_ruleset_there)
{
	struct skald_line line;

	open_with(12, 40, 100);
	settle();
	type("gj<Enter>/rule 16<Enter><Enter>");
	cr_assert_eq(skald_browser_top(&browser)->ops, &skald_view_ruleset);
	cr_assert(skald_view_current(skald_browser_top(&browser), &line));
	cr_assert(strstr(line.text, "handle 16"), "%s", line.text);
}

Test(browser, journey_link_leads_to_the_other_story)
{
	open_with(12, 40, 100);
	settle();
	type(":6<Enter><Enter>L");
	cr_assert_eq(skald_browser_top(&browser)->id, 5);
	type("q");
	cr_assert_eq(skald_browser_top(&browser)->id, 6);
}

Test(browser, next_story_opens_in_the_same_view)
{
	open_with(12, 24, 80);
	settle();
	type("g<Enter>bJ");
	cr_assert_eq(skald_browser_top(&browser)->ops, &skald_view_bytes);
	cr_assert_eq(skald_browser_top(&browser)->id, 2);
	type("KK");
	cr_assert_shows("this is the oldest story");
	type("q");
	cr_assert_eq(skald_browser_top(&browser)->ops, &skald_view_story);
	cr_assert_eq(skald_browser_top(&browser)->id, 1);
}

Test(browser, story_that_retention_took_is_said_to_be_gone)
{
	open_with(100, 24, 80);
	settle();
	fake.oldest = 101;
	fake.newest = 200;
	type("<Enter>");
	cr_assert_eq(browser.depth, 1);
	cr_assert_shows("no story 100");
	type("R");
	cr_assert_eq(current(), 200);
}

Test(browser, shape_leads_to_its_stories)
{
	open_with(600, 24, 80);
	settle();
	type("s");
	cr_assert_shows("6 shapes of 600 stories");
	cr_assert_shows("prerouting: nat pre 4 > forward");
	type("j<Enter>");
	cr_assert_shows("filter: shape == 4");
	cr_assert_eq(current(), 599);
}

Test(browser, pinning_is_shown_or_its_refusal)
{
	open_with(12, 24, 80);
	settle();
	type("m");
	cr_assert_eq(fake.pinned, 12);
	cr_assert_shows("•   12");
	type("m");
	cr_assert_eq(fake.pinned, 0);
	fake.read_only = true;
	type("m");
	cr_assert_shows("cannot pin #12: tracerd is writing to it");
}

Test(browser, wide_screen_shows_list_and_story)
{
	open_with(12, 50, 200);
	settle();
	type("gj");
	cr_assert_shows("ENDING");
	cr_assert_shows("rule 17");
	type("<Tab>");
	cr_assert_eq(browser.depth, 2);
	type("J");
	cr_assert_eq(current(), 3);
	cr_assert_shows("meta l4proto icmp accept");
	type("<Tab>o");
	cr_assert_hides("meta l4proto icmp accept");
}

Test(browser, mouse_selects_opens_and_scrolls)
{
	open_with(100, 24, 80);
	settle();
	skald_browser_mouse(&browser, SKALD_MOUSE_CLICK, 5, 10);
	cr_assert_eq(current(), 84);
	skald_browser_mouse(&browser, SKALD_MOUSE_WHEEL_UP, 5, 10);
	cr_assert_eq(current(), 84);
	settle();
	skald_browser_mouse(&browser, SKALD_MOUSE_DOUBLE, 2, 10);
	cr_assert_eq(browser.depth, 2);
	cr_assert_eq(skald_browser_top(&browser)->id, 78);
}

Test(browser, search_in_a_story_wraps_and_highlights)
{
	size_t first;

	open_with(12, 40, 100);
	settle();
	type("gj<Enter>/rule<Enter>");
	first = skald_browser_top(&browser)->cursor;
	type("n");
	cr_assert_gt(skald_browser_top(&browser)->cursor, first);
	type("N");
	cr_assert_eq(skald_browser_top(&browser)->cursor, first);
	type("/absent<Enter>");
	cr_assert_shows("\"absent\" is not in this view");
}

Test(browser, help_lists_every_request)
{
	int request;

	open_with(12, 200, 140);
	settle();
	type("?");
	for (request = 1; request < SKALD_N_REQ; request++)
		cr_assert_shows(skald_requests[request].help);
	type("?");
	cr_assert_eq(browser.depth, 1);
}

Test(browser, hostile_text_never_reaches_the_terminal)
{
	open_with(12, 24, 200);
	fake.title = "\033[2J\xc3\x28\a\xe2\x80\xae";
	settle();
	type("R");
	cr_assert_shows("?[2J");
	cr_assert_hides("\033");
	cr_assert_hides("\xe2\x80\xae");
}

Test(browser, failing_store_is_said_once_and_asked_no_more)
{
	open_with(12, 24, 80);
	settle();
	fake.broken = true;
	type("<Enter>");
	cr_assert_shows("the disk is on fire");
	type("gGR");
	cr_assert_not(skald_browser_work(&browser));
	fake.broken = false;
	type("R");
	cr_assert_eq(current(), 12);
}

Test(browser, every_size_of_screen_can_be_drawn)
{
	int columns;
	int lines;

	open_with(100, 24, 80);
	settle();
	for (lines = 1; lines < 60; lines += 3) {
		for (columns = 1; columns < 220; columns += 7) {
			cr_assert_eq(skald_screen_resize(&browser.screen, lines,
							 columns),
				     0);
			settle();
			type("<Enter>bq/x<Enter>fbad<Enter><Esc>qsq?qjk");
			skald_browser_home(&browser);
		}
	}
}

Test(browser, no_sequence_of_keys_breaks_it, .timeout = 120)
{
	unsigned int seed = 1;
	int i;

	open_with(3000, 24, 80);
	settle();
	for (i = 0; i < 20000; i++) {
		static const int special[] = {
			'\r',
			27,
			'\t',
			127,
			SKALD_KEY_CODE + KEY_UP,
			SKALD_KEY_CODE + KEY_DOWN,
			SKALD_KEY_CODE + KEY_PPAGE,
			SKALD_KEY_CODE + KEY_NPAGE,
			SKALD_KEY_CODE + KEY_HOME,
			SKALD_KEY_CODE + KEY_END,
		};
		int key = (int)(rand_r(&seed) % 200);

		if (key >= 128)
			key = special[key % 10];
		if (key == 'Q' || key == 3 || key == ':')
			continue;
		if (i % 50 == 0)
			skald_screen_resize(&browser.screen,
					    1 + (int)(rand_r(&seed) % 70),
					    1 + (int)(rand_r(&seed) % 230));
		if (i % 30 == 0)
			fake.newest += rand_r(&seed) % 100;
		if (i % 10 == 0)
			skald_browser_poll(&browser);
		skald_browser_mouse(&browser,
				    (enum skald_mouse)(rand_r(&seed) % 4),
				    (int)(rand_r(&seed) % 70),
				    (int)(rand_r(&seed) % 230));
		skald_browser_key(&browser, key);
		skald_browser_draw(&browser);
		skald_browser_work(&browser);
		browser.quit = false;
	}
}

Test(browser, script_says_where_it_is_wrong)
{
	char text[] = "jj\n\n:resize 30\n";
	FILE *stream = fmemopen(text, strlen(text), "r");
	struct skald_error error = { 0 };

	open_with(12, 24, 80);
	cr_assert_eq(skald_script_run(&browser, "some.keys", stream, &error),
		     -EINVAL);
	cr_assert_str_eq(error.text, "some.keys, line 3: no size: \"30\"");
	fclose(stream);
}

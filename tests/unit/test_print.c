// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories as text: the screens people see, word by word.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "print.h"
#include "random_event.h"
#include "sample_story.h"
#include "text.h"

/**
 * struct page - what a sink got
 * @text: lines, each ended by a newline
 * @inks: bits of the inks that were used
 */
struct page {
	struct skald_buffer text;
	uint32_t inks;
};

static void page_text(void *user, enum skald_ink ink, const char *text)
{
	struct page *page = user;

	page->inks |= 1u << ink;
	skald_buffer_put(&page->text, text, strlen(text));
}

static void page_end(void *user)
{
	struct page *page = user;

	skald_buffer_put_u8(&page->text, '\n');
}

static struct skald_sink sink_of(struct page *page)
{
	memset(page, 0, sizeof(*page));
	return (struct skald_sink){
		.text = page_text,
		.end = page_end,
		.width = 80,
		.user = page,
	};
}

static const char *page_string(struct page *page)
{
	skald_buffer_put_u8(&page->text, '\0');
	page->text.len--;
	return (const char *)page->text.data;
}

static void utc(void)
{
	(void)setenv("TZ", "UTC", 1);
	tzset();
}

TestSuite(print, .init = utc);

Test(print, the_answer_comes_first_then_the_path)
{
	struct skald_story story;
	struct page page;
	struct skald_sink sink = sink_of(&page);

	sample_story(&story);
	skald_print_story(&story, &sink);
	cr_assert_str_eq(
		page_string(&page),
		"DROPPED in inet filter forward by rule 17 \"ip saddr { 10.1.0.0/24, 10.3.0.0/24,\n"
		"    10.4.0.0/16, 192.168.17.0/24 } tcp dport { 22, 23, 80, 443, 8443 } counter\n"
		"    packets 0 bytes 0 drop\", loaded with generation 12\n"
		"  tcp 10.1.0.2:54066 > 10.1.0.1:8080 [S] len 60\n"
		"  → tcp 10.1.0.2:54066 > 10.2.0.2:80 [S] len 60\n"
		"  in by eth0 · netns router · 2023-11-14 22:13:20.120345 · 124.1 µs · #17\n"
		"  COMPLETE\n"
		"\n"
		"  prerouting\n"
		"    marked by \"tcp port 8080\"\n"
		"    conntrack new, original, id 771222\n"
		"    ip nat pre\n"
		"      rule 4    tcp dport 8080 dnat to 10.2.0.2:80 (accept)\n"
		"                dnat 10.1.0.1:8080 → 10.2.0.2:80\n"
		"  route 10.2.0.0/24 dev eth1 src 10.2.0.1 table main rule 32766 (recomputed)\n"
		"  ttl 64 → 63  by forwarding\n"
		"  forward\n"
		"    inet filter forward\n"
		"      rule 12   iifname \"eth0\" jump from_lan\n"
		"        rule 15   ct state new meta mark set 0x10\n"
		"                  mark 0x0 → 0x10  by inet filter from_lan rule 15\n"
		"      rule 17   ip saddr { 10.1.0.0/24, 10.3.0.0/24, 10.4.0.0/16,\n"
		"                192.168.17.0/24 } tcp dport { 22, 23, 80, 443, 8443 } counter\n"
		"                packets 0 bytes 0 drop\n"
		"  dropped at forward by inet filter forward rule 17 (NETFILTER_DROP)\n");
	skald_buffer_done(&page.text);
	skald_story_done(&story);
}

Test(print, verbose_shows_every_event_and_its_time)
{
	struct skald_story story;
	struct page page;
	struct skald_sink sink = sink_of(&page);
	const char *path;

	sink.verbose = true;
	sink.ascii = true;
	sample_story(&story);
	story.ending.text = "drop";
	story.events[16].ev_rule.text = "drop";
	skald_print_story(&story, &sink);
	path = strstr(page_string(&page), "\n\n");
	cr_assert_not_null(path);
	cr_assert_str_eq(
		path + 2,
		"             prerouting\n"
		"+0 ns          marked by \"tcp port 8080\"\n"
		"+7.3 us        conntrack new, original, id 771222\n"
		"+14.6 us       inet filter raw_pre  type filter priority raw\n"
		"+21.9 us         policy accept\n"
		"+29.2 us       ip nat pre  type filter priority dstnat\n"
		"+36.5 us         rule 4    tcp dport 8080 dnat to 10.2.0.2:80 (accept)\n"
		"+43.8 us                   dnat 10.1.0.1:8080 -> 10.2.0.2:80\n"
		"+51.1 us                   daddr 10.1.0.1 -> 10.2.0.2  by ip nat pre rule 4\n"
		"+58.4 us                   dport 8080 -> 80  by ip nat pre rule 4\n"
		"+65.7 us     route 10.2.0.0/24 dev eth1 src 10.2.0.1 table main rule 32766\n"
		"                  (recomputed)\n"
		"+73.0 us     ttl 64 -> 63  by forwarding\n"
		"             forward\n"
		"+80.3 us       inet filter forward  type filter priority filter\n"
		"+87.6 us         rule 12   iifname \"eth0\" jump from_lan\n"
		"+94.9 us           rule 15   ct state new meta mark set 0x10\n"
		"+102.2 us                    mark 0x0 -> 0x10  by inet filter from_lan rule 15\n"
		"+109.5 us          end of chain from_lan\n"
		"+116.8 us        rule 17   drop [generation 12]\n"
		"+124.1 us    dropped at forward by inet filter forward rule 17 (NETFILTER_DROP)\n");
	skald_buffer_done(&page.text);
	skald_story_done(&story);
}

static void assert_prints(const struct skald_story *story, const char *expected)
{
	struct page page;
	struct skald_sink sink = sink_of(&page);

	skald_print_story(story, &sink);
	cr_assert(strstr(page_string(&page), expected), "%s is not in %s",
		  expected, (const char *)page.text.data);
	skald_buffer_done(&page.text);
}

Test(print, gaps_stand_out)
{
	struct skald_gap gaps[] = { { 3, "netlink socket overran" },
				    { 0, "the beginning is not known" } };
	struct skald_event *lost;
	struct skald_story story;
	struct page page;
	struct skald_sink sink = sink_of(&page);

	sample_story(&story);
	lost = sample_add(&story, SKALD_LOST);
	SKALD_SET(lost, lost, count, 1);
	SKALD_SET(lost, lost, where, "netlink socket overran");
	story.gaps = gaps;
	story.n_gaps = 2;
	story.complete = false;
	assert_prints(&story, "  GAP 3 events missing: netlink socket overran\n"
			      "  GAP the beginning is not known\n");
	assert_prints(&story,
		      "  !! 1 event missing here: netlink socket overran\n");
	skald_print_line(&story, &sink);
	cr_assert(strstr(page_string(&page), " DROPPED   GAP tcp "), "%s",
		  (const char *)page.text.data);
	cr_assert(page.inks & 1u << SKALD_INK_WARN);
	skald_buffer_done(&page.text);
	skald_story_done(&story);
}

Test(print, who_loaded_the_rule_is_said_when_it_is_known)
{
	struct skald_story story;
	struct page page;
	struct skald_sink sink = sink_of(&page);

	sample_story(&story);
	story.ending.text = "drop";
	skald_print_story_loaded(&story, "12:03 by pid 991 ufw", &sink);
	cr_assert_eq(strcspn(page_string(&page), "\n"), 77);
	cr_assert(
		strstr(page_string(&page),
		       " by rule 17 \"drop\", loaded 12:03 by pid 991 ufw\n"));
	skald_buffer_done(&page.text);
	skald_story_done(&story);
}

Test(print, one_line_is_cut_to_the_width)
{
	struct skald_story story;
	struct page page;
	struct skald_sink sink = sink_of(&page);

	sample_story(&story);
	skald_print_line(&story, &sink);
	cr_assert_str_eq(page_string(&page),
			 "#17   22:13:20.120 DROPPED   tcp 10.1.0.2:54066 > "
			 "10.1.0.1:8080 [S] len 60 in…\n");
	page.text.len = 0;
	sink.width = 0;
	skald_print_line(&story, &sink);
	cr_assert_str_eq(page_string(&page),
			 "#17   22:13:20.120 DROPPED   tcp 10.1.0.2:54066 > "
			 "10.1.0.1:8080 [S] len 60 in inet filter forward by "
			 "rule 17 \"" SAMPLE_DROP_RULE "\"\n");
	skald_buffer_done(&page.text);
	skald_story_done(&story);
}

Test(print, rules_without_a_chain_event_still_have_a_heading)
{
	struct skald_story story;

	sample_story(&story);
	story.n_events = 0;
	sample_rule(&story, SKALD_FAMILY_IP, "filter", "INPUT", 3,
		    SKALD_VERDICT_ACCEPT, NULL);
	sample_rule(&story, SKALD_FAMILY_IP6, "filter", "INPUT", 4,
		    SKALD_VERDICT_DROP, "ip6 saddr ::1 drop");
	assert_prints(&story,
		      "\n    ip filter INPUT\n"
		      "      rule 3    (its text is not known) (accept)\n"
		      "    ip6 filter INPUT\n"
		      "      rule 4    ip6 saddr ::1 drop\n");
	skald_story_done(&story);
}

Test(print, jumps_indent_and_returns_come_back)
{
	struct skald_story story;

	sample_story(&story);
	story.n_events = 0;
	sample_rule(&story, SKALD_FAMILY_IP, "t", "a", 1, SKALD_VERDICT_JUMP,
		    "jump b");
	sample_rule(&story, SKALD_FAMILY_IP, "t", "b", 2, SKALD_VERDICT_JUMP,
		    "jump c");
	sample_rule(&story, SKALD_FAMILY_IP, "t", "c", 3,
		    SKALD_VERDICT_CONTINUE, "counter");
	sample_rule(&story, SKALD_FAMILY_IP, "t", "b", 4,
		    SKALD_VERDICT_CONTINUE, "counter");
	sample_rule(&story, SKALD_FAMILY_IP, "t", "a", 5, SKALD_VERDICT_DROP,
		    "drop");
	assert_prints(&story, "      rule 1    jump b\n"
			      "        rule 2    jump c\n"
			      "          rule 3    counter\n"
			      "        rule 4    counter\n"
			      "      rule 5    drop\n");
	skald_story_done(&story);
}

Test(print, a_change_that_no_translation_tells_is_shown)
{
	struct skald_event *nat;
	struct skald_story story;

	sample_story(&story);
	story.n_events = 0;
	nat = sample_add(&story, SKALD_NAT);
	SKALD_SET(nat, nat, type, SKALD_NAT_SNAT);
	SKALD_SET(nat, nat, old, "10.9.9.9:1");
	SKALD_SET(nat, nat, new, "10.8.8.8:1");
	sample_mangle(&story, SKALD_P_daddr, &story.packet, &story.final,
		      "somebody");
	assert_prints(&story, "  snat 10.9.9.9:1 → 10.8.8.8:1\n"
			      "  daddr 10.1.0.1 → 10.2.0.2  by somebody\n");
	skald_story_done(&story);
}

Test(print, a_change_that_no_rule_made_stands_outside_the_chain)
{
	struct skald_event *nat;
	struct skald_story story;

	sample_story(&story);
	story.n_events = 0;
	sample_chain(&story, SKALD_FAMILY_IP, "filter", "forward",
		     SKALD_HOOK_FORWARD, "filter");
	sample_rule(&story, SKALD_FAMILY_IP, "filter", "forward", 3,
		    SKALD_VERDICT_ACCEPT, "ct state established accept");
	nat = sample_add(&story, SKALD_NAT);
	SKALD_SET(nat, nat, type, SKALD_NAT_REVERSE_DNAT);
	SKALD_SET(nat, nat, old, "10.2.0.2:80");
	SKALD_SET(nat, nat, new, "10.1.0.1:8080");
	assert_prints(&story, "  forward\n"
			      "    ip filter forward\n"
			      "      rule 3    ct state established accept\n"
			      "    reverse_dnat 10.2.0.2:80 → 10.1.0.1:8080\n");
	skald_story_done(&story);
}

/**
 * struct verdict_case - a rule, its verdict, and the line that tells it
 */
struct verdict_case {
	const char *text;
	uint64_t verdict;
	const char *line;
};

Test(print, a_verdict_is_said_unless_the_rule_says_it)
{
	static const struct verdict_case cases[] = {
		{ "tcp dport 23 drop", SKALD_VERDICT_DROP,
		  "tcp dport 23 drop\n" },
		{ "drop comment \"no telnet\"", SKALD_VERDICT_DROP,
		  "drop comment \"no telnet\"\n" },
		{ "log prefix \"drop it\" reject", SKALD_VERDICT_DROP,
		  "log prefix \"drop it\" reject (drop)\n" },
		{ "masquerade", SKALD_VERDICT_ACCEPT, "masquerade (accept)\n" },
		{ "counter", SKALD_VERDICT_CONTINUE, "counter\n" },
	};
	struct skald_story story;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_story(&story);
		story.n_events = 0;
		sample_rule(&story, SKALD_FAMILY_IP, "t", "c", 1,
			    cases[i].verdict, cases[i].text);
		assert_prints(&story, cases[i].line);
		skald_story_done(&story);
	}
}

static unsigned int columns_of(const char *line, size_t len)
{
	unsigned int columns = 0;
	size_t i;

	for (i = 0; i < len; i++)
		columns += ((unsigned char)line[i] & 0xc0) != 0x80;
	return columns;
}

/* Whether a line that is too long could have been broken at a space. */
static bool could_break(const char *line, size_t len)
{
	size_t indent = strspn(line, " ");

	return indent < len && memchr(line + indent, ' ', len - indent);
}

static void assert_clean_line(const char *line, size_t len, bool ascii)
{
	size_t i, step;

	cr_assert(!len || line[len - 1] != ' ', "space at the end: \"%.*s\"",
		  (int)len, line);
	for (i = 0; i < len; i += step) {
		step = skald_text_utf8(line + i);
		cr_assert_gt(step, 0, "no UTF-8");
		cr_assert(step > 1 || (line[i] >= ' ' && line[i] != 0x7f),
			  "control character %d", line[i]);
		cr_assert(!ascii || step == 1, "not ASCII");
	}
}

static void assert_clean_page(struct page *page, bool ascii)
{
	const char *line = page_string(page), *end;

	for (; (end = strchr(line, '\n')); line = end + 1)
		assert_clean_line(line, end - line, ascii);
}

Test(print, random_stories_are_clean_text_at_every_width)
{
	static const unsigned int widths[] = { 0, 1, 20, 80, 200 };
	struct dice dice = { 31 };
	unsigned int i;

	for (i = 0; i < 400; i++) {
		struct skald_story story;
		struct page page;
		struct skald_sink sink = sink_of(&page);

		roll_story(&dice, &story);
		sink.width = widths[i % 5];
		sink.ascii = i % 2;
		sink.verbose = i % 3 == 0;
		skald_print_story(&story, &sink);
		skald_print_line(&story, &sink);
		assert_clean_page(&page, sink.ascii);
		skald_buffer_done(&page.text);
		skald_story_done(&story);
	}
}

Test(print, lines_fit_where_they_can_be_broken)
{
	struct skald_story story;
	struct page page;
	unsigned int width;

	sample_story(&story);
	for (width = 30; width < 140; width++) {
		struct skald_sink sink = sink_of(&page);
		const char *line, *end;

		sink.width = width;
		sink.verbose = width % 2;
		skald_print_story(&story, &sink);
		skald_print_line(&story, &sink);
		line = page_string(&page);
		for (; (end = strchr(line, '\n')); line = end + 1) {
			size_t len = end - line;

			cr_assert(columns_of(line, len) <= width ||
					  !could_break(line, len),
				  "wider than %u: \"%.*s\"", width, (int)len,
				  line);
		}
		skald_buffer_done(&page.text);
	}
	skald_story_done(&story);
}

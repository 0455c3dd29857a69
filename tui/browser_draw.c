// SPDX-License-Identifier: GPL-2.0-only
/*
 * The browser's screen:
 *
 *	title: program, store, what is in it, live or paused
 *	views: one, or list and story
 *	status: view, filter, search, position
 *	hints: keys; or a message
 *
 * While something is typed the last two lines are the prompt and what there is
 * to say about it. Screens of a few lines lose title, then hints, then status.
 */
#include <stdio.h>
#include <string.h>

#include "browser.h"
#include "keys.h"
#include "list.h"
#include "utf8.h"

#define WIDE_COLUMNS 144
#define TALL_LINES 46
#define LIST_COLUMNS_MAX 110

static int title_lines(const struct skald_browser *browser)
{
	return browser->screen.lines >= 8 ? 1 : 0;
}

static int foot_lines(const struct skald_browser *browser)
{
	return browser->screen.lines >= 6   ? 2
	       : browser->screen.lines >= 3 ? 1
					    : 0;
}

bool skald_browser_split(struct skald_browser *browser)
{
	const struct skald_screen *screen = &browser->screen;

	return !browser->single && !skald_browser_top(browser)->ops->wide &&
	       (screen->columns >= WIDE_COLUMNS || screen->lines >= TALL_LINES);
}

static struct skald_brush brush_for(const struct skald_browser *browser, int y,
				    int lines)
{
	return (struct skald_brush){
		.screen = &browser->screen,
		.area = { y, 0, lines, browser->screen.columns },
		.match = "",
	};
}

/* ---- title and status ---- */

static void title_counts(struct skald_browser *browser, char *text, size_t size)
{
	const struct skald_store_summary *summary = &browser->summary;
	char stories[32];
	char gaps[32];
	char lost[32];
	char mode[64];

	skald_number_format(summary->stories, stories, sizeof(stories));
	skald_number_format(summary->incomplete, gaps, sizeof(gaps));
	skald_number_format(summary->lost, lost, sizeof(lost));
	skald_list_mode(skald_browser_list(browser), mode, sizeof(mode));
	snprintf(text, size, "%s %s%s%s%s%s%s  %s ", stories,
		 summary->stories == 1 ? "story" : "stories",
		 summary->incomplete ? ", " : "",
		 summary->incomplete ? gaps : "",
		 summary->incomplete ? " with gaps" : "",
		 summary->lost ? ", events lost: " : "",
		 summary->lost ? lost : "", mode);
}

static void draw_title(struct skald_browser *browser)
{
	struct skald_brush brush = brush_for(browser, 0, 1);
	char text[512];
	int counts;

	title_counts(browser, text, sizeof(text));
	counts = (int)skald_utf8_columns(text);
	skald_draw_text(&brush, 0, SKALD_PAINT_BAR,
			counts + 7 < brush.area.columns ? " skald" : "");
	if (counts < brush.area.columns)
		skald_draw_right(&brush, 0, SKALD_PAINT_BAR, text);
	brush.area.x = 8;
	brush.area.columns -= 8 + counts + 1;
	if (brush.area.columns > 8)
		skald_draw_text(&brush, 0, SKALD_PAINT_BAR,
				browser->source.name);
}

static void status_text(struct skald_browser *browser, char *text, size_t size)
{
	struct skald_view *top = skald_browser_top(browser);
	char id[32] = "";

	if (top->id)
		snprintf(id, sizeof(id), " #%llu", (unsigned long long)top->id);
	snprintf(text, size, " %s%s%s%s%s%s%s%s", top->ops->name, id,
		 browser->filter[0] ? "  filter: " : "", browser->filter,
		 browser->drops ? "  drops only" : "",
		 browser->search[0] ? "  /" : "", browser->search,
		 browser->single ? "  one view" : "");
}

static void draw_status(struct skald_browser *browser, int y)
{
	struct skald_view *top = skald_browser_top(browser);
	struct skald_brush brush = brush_for(browser, y, 1);
	char text[3 * SKALD_PROMPT_TEXT];
	char state[128] = "";
	char right[136];

	status_text(browser, text, sizeof(text));
	if (top->ops->state)
		top->ops->state(top, state, sizeof(state));
	snprintf(right, sizeof(right), " %s ", state);
	skald_draw_text(&brush, 0, SKALD_PAINT_STATUS, text);
	if ((int)skald_utf8_columns(right) < brush.area.columns)
		skald_draw_right(&brush, 0, SKALD_PAINT_STATUS, right);
}

/* "Enter open". What does not fit is left out. */
static void put_hint(struct skald_browser *browser, struct skald_page *page,
		     enum skald_request request)
{
	const struct skald_request_desc *desc = &skald_requests[request];
	const char *word = desc->hint;
	int key = (int)strcspn(desc->keys, " ");

	if (request == SKALD_REQ_BACK && browser->depth == 1)
		word = "quit";
	if (skald_page_column(page) + (size_t)key + strlen(word) + 1 >
	    (size_t)browser->screen.columns)
		return;
	skald_page_printf(page, SKALD_PAINT_KEY, "%.*s", key, desc->keys);
	skald_page_printf(page, SKALD_PAINT_DIM, " %s  ", word);
}

static void draw_hints(struct skald_browser *browser, int y)
{
	const enum skald_request *hint = skald_browser_top(browser)->ops->hints;
	struct skald_brush brush = brush_for(browser, y, 1);
	struct skald_page page = { 0 };
	struct skald_line line;

	skald_page_text(&page, SKALD_PAINT_PLAIN, " ");
	if (browser->note[0])
		skald_page_text(&page, browser->note_paint, browser->note);
	for (; !browser->note[0] && *hint != SKALD_REQ_NONE; hint++)
		put_hint(browser, &page, *hint);
	skald_page_end(&page);
	if (skald_page_lines(&page)) {
		line = skald_page_line(&page, 0);
		skald_draw_line(&brush, 0, &line);
	}
	skald_page_done(&page);
}

/* ---- the prompt ---- */

static const char *prompt_help(enum skald_prompt_kind kind)
{
	switch (kind) {
	case SKALD_PROMPT_FILTER:
		return "for example ip.dst == 10.0.0.0/8 && verdict == drop; "
		       "Tab completes names";
	case SKALD_PROMPT_SEARCH:
		return "capitals matter only when you type one; then n and N "
		       "go on";
	case SKALD_PROMPT_COMMAND:
		return "a story's id, filter TEXT, save FILE, help, quit";
	case SKALD_N_PROMPTS:
		break;
	}
	return "";
}

/* "^ unknown field", or "unknown field ^" where that fits better. */
static void draw_caret(const struct skald_brush *brush, int y, int caret,
		       const struct skald_error *error)
{
	const char *joint = error->help[0] ? ": " : "";
	int room = brush->area.columns - caret - 2;
	char text[2 * SKALD_ERROR_TEXT + 8];
	int len;

	snprintf(text, sizeof(text), "%s%s%s", error->text, joint, error->help);
	len = (int)skald_utf8_columns(text);
	if (!error->column) {
		skald_draw_text(brush, y, SKALD_PAINT_FAULT, text);
		return;
	}
	if (len <= room || caret <= len) {
		snprintf(text, sizeof(text), "%*s^ %s%s%s", caret, "",
			 error->text, joint, error->help);
		if (len > room)
			snprintf(text, sizeof(text), "%s%s%s", error->text,
				 joint, error->help);
	} else {
		snprintf(text, sizeof(text), "%*s%s%s%s ^", caret - len - 1, "",
			 error->text, joint, error->help);
	}
	skald_draw_text(brush, y, SKALD_PAINT_FAULT, text);
}

static void draw_prompt(struct skald_browser *browser, int y, int lines)
{
	const struct skald_prompt *prompt = &browser->prompt;
	const char *label = skald_prompt_label(prompt->kind);
	struct skald_brush brush = brush_for(browser, y, lines);
	char line[SKALD_PROMPT_TEXT + 16];
	char before[SKALD_PROMPT_TEXT + 16];
	int caret;

	snprintf(line, sizeof(line), "%s%s", label, prompt->text);
	snprintf(before, sizeof(before), "%s%.*s", label, (int)prompt->at,
		 prompt->text);
	caret = (int)skald_utf8_columns(before);
	if (caret >= brush.area.columns)
		brush.skip = (size_t)caret + 1 - (size_t)brush.area.columns;
	skald_draw_text(&brush, 0, SKALD_PAINT_NOTE, line);
	caret -= (int)brush.skip;
	brush.skip = 0;
	if (lines > 1 && prompt->error.text[0])
		draw_caret(&brush, 1, caret, &prompt->error);
	else if (lines > 1)
		skald_draw_text(&brush, 1, SKALD_PAINT_DIM,
				prompt_help(prompt->kind));
	move(y, caret);
}

/* ---- views ---- */

/* The story under the list's cursor, when the list has the keyboard. */
static struct skald_view *preview(struct skald_browser *browser)
{
	uint64_t id = skald_list_id(skald_browser_list(browser));

	if (browser->preview && browser->preview->id == id)
		return browser->preview;
	skald_view_free(browser->preview);
	browser->preview = NULL;
	if (id)
		browser->preview =
			skald_view_new(&skald_view_story, browser, id, NULL);
	return browser->preview;
}

static void split_area(const struct skald_browser *browser,
		       const struct skald_area *whole, struct skald_area *list,
		       struct skald_area *bar, struct skald_area *side)
{
	*list = *whole;
	*side = *whole;
	*bar = *whole;
	if (browser->screen.columns >= WIDE_COLUMNS) {
		list->columns = whole->columns / 2;
		if (list->columns > LIST_COLUMNS_MAX)
			list->columns = LIST_COLUMNS_MAX;
		bar->x = list->columns;
		bar->columns = 1;
		side->x = bar->x + 1;
		side->columns = whole->columns - side->x;
		return;
	}
	list->lines = whole->lines * 2 / 5;
	bar->lines = 0;
	side->y = list->y + list->lines;
	side->lines = whole->lines - list->lines;
}

static void draw_split(struct skald_browser *browser,
		       const struct skald_area *whole)
{
	struct skald_view *list = skald_browser_list(browser);
	struct skald_view *top = skald_browser_top(browser);
	struct skald_view *side = top;
	struct skald_brush brush = brush_for(browser, 0, 0);
	struct skald_area list_area;
	struct skald_area side_area;

	split_area(browser, whole, &list_area, &brush.area, &side_area);
	skald_view_place(list, &list_area);
	skald_view_draw(list, top == list);
	skald_draw_bar(&brush);
	if (top == list)
		side = preview(browser);
	brush.area = side_area;
	if (!side) {
		skald_draw_blank(&brush);
		return;
	}
	skald_view_place(side, &side_area);
	skald_view_draw(side, top != list);
}

static void draw_views(struct skald_browser *browser)
{
	struct skald_view *top = skald_browser_top(browser);
	int title = title_lines(browser);
	const struct skald_area whole = {
		.y = title,
		.lines = browser->screen.lines - title - foot_lines(browser),
		.columns = browser->screen.columns,
	};

	if (skald_browser_split(browser)) {
		draw_split(browser, &whole);
		return;
	}
	skald_view_place(skald_browser_list(browser), &whole);
	skald_view_place(top, &whole);
	skald_view_draw(top, true);
}

void skald_browser_draw(struct skald_browser *browser)
{
	int foot = foot_lines(browser);
	int y = browser->screen.lines - foot;

	if (title_lines(browser))
		draw_title(browser);
	draw_views(browser);
	if (browser->prompt.open && foot) {
		draw_prompt(browser, y, foot);
	} else if (foot == 1 && browser->note[0]) {
		draw_hints(browser, y);
	} else if (foot) {
		draw_status(browser, y);
		if (foot > 1)
			draw_hints(browser, y + 1);
	}
	curs_set(browser->prompt.open && foot);
	skald_screen_show(&browser->screen);
}

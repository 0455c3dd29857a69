// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shapes of the stories that the filter lets through, rare ones first: what
 * happened once among thousands stands at the top. Enter shows a shape's
 * stories.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "browser.h"
#include "list.h"

#define COUNT_COLUMNS 11

/**
 * struct gather - shapes on their way to the page
 * @view: the view
 * @stories: of all shapes
 * @shapes: how many
 */
struct gather {
	struct skald_view *view;
	uint64_t stories;
	uint64_t shapes;
};

static struct gather *gather_of(struct skald_view *view)
{
	return skald_view_private(view);
}

static void format_when(uint64_t t_ns, char *text, size_t size)
{
	time_t t_s = (time_t)(t_ns / 1000000000);
	struct tm tm;

	localtime_r(&t_s, &tm);
	strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
}

static enum skald_paint answer_paint(const char *answer)
{
	if (!strncmp(answer, "DROPPED", 7))
		return SKALD_PAINT_BAD;
	if (!strncmp(answer, "DELIVERED", 9) || !strncmp(answer, "SENT", 4))
		return SKALD_PAINT_GOOD;
	return SKALD_PAINT_WARN;
}

/* Two lines: how many and how they ended; the way they took. */
static bool put_shape(void *user, const struct skald_shape_row *row)
{
	struct gather *gather = user;
	struct skald_page *page = &gather->view->page;
	const char *answer = row->answer ? row->answer : "";
	size_t word = strcspn(answer, " ");
	char number[32];
	char when[32];

	gather->stories += row->stories;
	gather->shapes++;
	page->ref = row->shape;
	format_when(row->last_ns, when, sizeof(when));
	skald_page_printf(page, SKALD_PAINT_VALUE, "%*s  ", COUNT_COLUMNS,
			  skald_number_format(row->stories, number,
					      sizeof(number)));
	skald_page_printf(page, SKALD_PAINT_DIM, "%s  ", when);
	skald_page_printf(page, answer_paint(answer), "%.*s", (int)word,
			  answer);
	skald_page_text(page, SKALD_PAINT_PLAIN, answer + word);
	skald_page_end(page);
	page->joined = true;
	skald_page_pad(page, COUNT_COLUMNS + 2);
	skald_page_text(page, SKALD_PAINT_DIM,
			row->path && *row->path ? row->path
						: "no rule or policy met");
	skald_page_end(page);
	return true;
}

static void shapes_fill(struct skald_view *view)
{
	const struct skald_browser_source *source = &view->browser->source;
	struct gather *gather = gather_of(view);
	struct skald_error error = { 0 };

	*gather = (struct gather){ .view = view };
	if (source->ops->shapes(source->source, put_shape, gather, &error))
		skald_browser_fail(view->browser, &error);
}

static void show_stories(struct skald_view *view)
{
	struct skald_browser *browser = view->browser;
	struct skald_error error = { 0 };
	struct skald_line line;
	char text[64];

	if (!skald_view_current(view, &line) || !line.ref)
		return;
	snprintf(text, sizeof(text), "shape == %" PRIu64, line.ref);
	if (skald_browser_filter(browser, text, false, &error))
		skald_browser_fail(browser, &error);
	else
		skald_browser_home(browser);
}

static bool shapes_request(struct skald_view *view, enum skald_request request)
{
	if (request == SKALD_REQ_ENTER)
		show_stories(view);
	else if (request == SKALD_REQ_RELOAD)
		view->stale = true;
	else
		return false;
	return true;
}

static void shapes_head(struct skald_view *view, struct skald_page *page)
{
	skald_page_printf(page, SKALD_PAINT_PLAIN, "%*s  %-19s  %s",
			  COUNT_COLUMNS, "STORIES", "LAST", "SHAPE");
}

static void shapes_state(struct skald_view *view, char *text, size_t size)
{
	const struct gather *gather = gather_of(view);
	char stories[32];
	char shapes[32];

	snprintf(text, size, "%s shapes of %s stories",
		 skald_number_format(gather->shapes, shapes, sizeof(shapes)),
		 skald_number_format(gather->stories, stories,
				     sizeof(stories)));
}

static const char *shapes_blank(struct skald_view *view)
{
	return "  No shapes: no story matches.";
}

static const enum skald_request hints[] = {
	SKALD_REQ_ENTER, SKALD_REQ_SEARCH, SKALD_REQ_RELOAD,
	SKALD_REQ_HELP,	 SKALD_REQ_BACK,   SKALD_REQ_NONE,
};

const struct skald_view_ops skald_view_shapes = {
	.name = "shapes",
	.private_size = sizeof(struct gather),
	.wide = true,
	.hints = hints,
	.fill = shapes_fill,
	.request = shapes_request,
	.head = shapes_head,
	.state = shapes_state,
	.blank = shapes_blank,
};

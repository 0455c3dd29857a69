// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all views have in common: cursor, scrolling, searching, drawing. The
 * browser calls this; the tables of view_*.c fill in the rest.
 */
#include "view.h"

#include <errno.h>
#include <stdlib.h>

#include "browser.h"

#define WHEEL_LINES 3
#define SIDE_COLUMNS 8

struct skald_view *skald_view_new(const struct skald_view_ops *ops,
				  struct skald_browser *browser, uint64_t id,
				  struct skald_error *error)
{
	struct skald_view *view = calloc(1, sizeof(*view) + ops->private_size);

	if (!view) {
		skald_error_set(error, ENOMEM, "out of memory");
		return NULL;
	}
	view->ops = ops;
	view->browser = browser;
	view->id = id;
	view->stale = true;
	if (ops->open && ops->open(view, id, error)) {
		skald_view_free(view);
		return NULL;
	}
	return view;
}

void skald_view_free(struct skald_view *view)
{
	if (!view)
		return;
	if (view->ops->close)
		view->ops->close(view);
	skald_page_done(&view->page);
	free(view);
}

void *skald_view_private(struct skald_view *view)
{
	return view + 1;
}

void skald_view_place(struct skald_view *view, const struct skald_area *area)
{
	if (view->area.columns != area->columns)
		view->stale = true;
	view->area = *area;
}

/* Make the page if that has to be done. Called before drawing and requests. */
static void prepare(struct skald_view *view)
{
	if (view->stale && view->ops->fill) {
		skald_page_clear(&view->page);
		view->ops->fill(view);
		view->rows = skald_page_lines(&view->page);
	}
	view->stale = false;
	skald_view_settle(view);
}

size_t skald_view_height(const struct skald_view *view)
{
	return view->area.lines > 1 ? (size_t)view->area.lines - 1 : 0;
}

struct skald_line skald_view_line(struct skald_view *view, size_t index)
{
	if (view->ops->line)
		return view->ops->line(view, index);
	return skald_page_line(&view->page, index);
}

bool skald_view_current(struct skald_view *view, struct skald_line *line)
{
	if (view->cursor >= view->rows)
		return false;
	*line = skald_view_line(view, view->cursor);
	return true;
}

/* First line of the group that a line belongs to. */
static size_t group_start(struct skald_view *view, size_t index)
{
	while (index > 0 && skald_view_line(view, index).joined)
		index--;
	return index;
}

/* Behind the last line of the group that starts there. */
static size_t group_end(struct skald_view *view, size_t index)
{
	for (index++; index < view->rows; index++) {
		if (!skald_view_line(view, index).joined)
			break;
	}
	return index;
}

void skald_view_settle(struct skald_view *view)
{
	size_t height = skald_view_height(view);
	size_t end;

	if (!view->rows) {
		view->top = 0;
		view->cursor = 0;
		return;
	}
	if (!height)
		return;
	if (view->cursor >= view->rows)
		view->cursor = view->rows - 1;
	view->cursor = group_start(view, view->cursor);
	end = group_end(view, view->cursor);
	if (end > view->top + height)
		view->top = end - height;
	if (view->top > view->cursor)
		view->top = view->cursor;
	if (view->top + height > view->rows)
		view->top = view->rows > height ? view->rows - height : 0;
}

static void go_to(struct skald_view *view, size_t index)
{
	view->cursor = index;
	skald_view_settle(view);
}

void skald_view_show(struct skald_view *view, size_t index)
{
	size_t height = skald_view_height(view);

	if (index < view->top || index >= view->top + height)
		view->top = index > height / 2 ? index - height / 2 : 0;
	go_to(view, index);
}

static void move_cursor(struct skald_view *view, long delta)
{
	size_t step = (size_t)(delta < 0 ? -delta : delta);
	size_t group;
	size_t below;

	if (delta < 0) {
		view->cursor -= step < view->cursor ? step : view->cursor;
		return;
	}
	group = group_end(view, view->cursor);
	if (step == 1 && group < view->rows)
		step = group - view->cursor;
	below = view->rows - 1 - view->cursor;
	view->cursor += step < below ? step : below;
}

void skald_view_move(struct skald_view *view, long delta)
{
	if (view->ops->ahead)
		view->ops->ahead(view, delta);
	if (view->rows)
		move_cursor(view, delta);
	skald_view_settle(view);
}

/* Further by a page: the text moves as far as the cursor. */
static void move_page(struct skald_view *view, long delta)
{
	size_t cursor;

	if (view->ops->ahead)
		view->ops->ahead(view, delta);
	if (!view->rows)
		return;
	cursor = view->cursor;
	move_cursor(view, delta);
	if (view->cursor >= cursor)
		view->top += view->cursor - cursor;
	else if (view->top > cursor - view->cursor)
		view->top -= cursor - view->cursor;
	else
		view->top = 0;
	skald_view_settle(view);
}

static void scroll_side(struct skald_view *view, bool left)
{
	if (!left)
		view->left += SIDE_COLUMNS;
	else
		view->left -=
			view->left < SIDE_COLUMNS ? view->left : SIDE_COLUMNS;
}

static bool page_request(struct skald_view *view, enum skald_request request)
{
	size_t height = skald_view_height(view);
	long page = height > 1 ? (long)height - 1 : 1;
	long half = height > 1 ? (long)height / 2 : 1;

	if (request == SKALD_REQ_PAGE_UP)
		move_page(view, -page);
	else if (request == SKALD_REQ_PAGE_DOWN)
		move_page(view, page);
	else if (request == SKALD_REQ_HALF_UP)
		move_page(view, -half);
	else if (request == SKALD_REQ_HALF_DOWN)
		move_page(view, half);
	else
		return false;
	return true;
}

static bool common_request(struct skald_view *view, enum skald_request request)
{
	if (request == SKALD_REQ_UP)
		skald_view_move(view, -1);
	else if (request == SKALD_REQ_DOWN)
		skald_view_move(view, 1);
	else if (request == SKALD_REQ_FIRST)
		go_to(view, 0);
	else if (request == SKALD_REQ_LAST)
		go_to(view, view->rows ? view->rows - 1 : 0);
	else if (request == SKALD_REQ_LEFT || request == SKALD_REQ_RIGHT)
		scroll_side(view, request == SKALD_REQ_LEFT);
	else
		return page_request(view, request);
	return true;
}

bool skald_view_request(struct skald_view *view, enum skald_request request)
{
	prepare(view);
	if (view->ops->request && view->ops->request(view, request))
		return true;
	return common_request(view, request);
}

/* Without a needle: whether the line is marked. */
static bool line_matches(struct skald_view *view, size_t index,
			 const char *needle)
{
	if (!needle)
		return skald_view_line(view, index).marked;
	if (view->ops->matches)
		return view->ops->matches(view, index, needle);
	return skald_text_find(skald_view_line(view, index).text, needle);
}

static bool seek(struct skald_view *view, const char *needle, bool forward)
{
	size_t index = view->cursor;
	size_t left;

	for (left = view->rows; left; left--) {
		if (forward)
			index = index + 1 < view->rows ? index + 1 : 0;
		else
			index = index ? index - 1 : view->rows - 1;
		if (line_matches(view, index, needle)) {
			skald_view_show(view, index);
			return true;
		}
	}
	return false;
}

bool skald_view_find(struct skald_view *view, const char *needle, bool forward)
{
	return seek(view, needle, forward);
}

bool skald_view_next_mark(struct skald_view *view, bool forward)
{
	return seek(view, NULL, forward);
}

bool skald_view_click(struct skald_view *view, int y)
{
	size_t index;

	if (y <= view->area.y || y >= view->area.y + view->area.lines)
		return false;
	index = view->top + (size_t)(y - view->area.y - 1);
	if (index >= view->rows)
		return false;
	go_to(view, index);
	return true;
}

void skald_view_wheel(struct skald_view *view, bool up)
{
	size_t height = skald_view_height(view);
	long lines = up ? -WHEEL_LINES : WHEEL_LINES;
	size_t top = view->top;

	if (view->ops->ahead)
		view->ops->ahead(view, lines);
	if (up)
		top -= top < WHEEL_LINES ? top : WHEEL_LINES;
	else
		top += WHEEL_LINES;
	if (top + height > view->rows)
		top = view->rows > height ? view->rows - height : 0;
	if (view->cursor < top)
		view->cursor = top;
	if (height && view->cursor >= top + height)
		view->cursor = top + height - 1;
	view->top = top;
	skald_view_settle(view);
}

static void draw_head(struct skald_view *view, bool focused)
{
	struct skald_browser *browser = view->browser;
	struct skald_page page = { 0 };
	struct skald_brush brush = {
		.screen = &browser->screen,
		.area = view->area,
		.cover = focused ? SKALD_PAINT_HEAD : SKALD_PAINT_SHADE,
		.match = "",
	};
	struct skald_line line;

	if (view->ops->head)
		view->ops->head(view, &page);
	skald_page_end(&page);
	if (skald_page_lines(&page)) {
		line = skald_page_line(&page, 0);
		skald_draw_line(&brush, 0, &line);
	}
	skald_page_done(&page);
}

static void draw_blank(struct skald_view *view, const struct skald_brush *brush)
{
	int middle = 1 + (view->area.lines - 1) / 3;
	int y;

	for (y = 1; y < view->area.lines; y++)
		skald_draw_text(brush, y, SKALD_PAINT_DIM, "");
	if (view->ops->blank)
		skald_draw_text(brush, middle, SKALD_PAINT_DIM,
				view->ops->blank(view));
}

void skald_view_draw(struct skald_view *view, bool focused)
{
	struct skald_browser *browser = view->browser;
	size_t height = skald_view_height(view);
	struct skald_brush brush = {
		.screen = &browser->screen,
		.area = view->area,
		.skip = view->left,
		.match = browser->search,
	};
	size_t end;
	size_t i;

	prepare(view);
	draw_head(view, focused);
	if (!view->rows) {
		draw_blank(view, &brush);
		return;
	}
	end = group_end(view, view->cursor);
	for (i = 0; i < height; i++) {
		size_t index = view->top + i;
		struct skald_line line = { .text = "" };

		brush.cover = SKALD_PAINT_PLAIN;
		if (index >= view->cursor && index < end)
			brush.cover = focused ? SKALD_PAINT_CURSOR
					      : SKALD_PAINT_GHOST;
		if (index < view->rows)
			line = skald_view_line(view, index);
		skald_draw_line(&brush, (int)i + 1, &line);
	}
}

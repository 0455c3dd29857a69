/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: views
 *
 * A view is one const table of functions and a rectangle of the screen. What
 * views have in common (cursor, scrolling, searching, mouse, drawing) is in
 * view.c; a view's own file makes its lines and serves the requests that only
 * it knows.
 *
 * To add a view: one file view_<name>.c with its table, one line in
 * SKALD_VIEWS, and a request that opens it.
 */
#ifndef SKALD_TUI_VIEW_H
#define SKALD_TUI_VIEW_H

#include "draw.h"
#include "error.h"
#include "page.h"
#include "request.h"

struct skald_browser;
struct skald_view;

/**
 * struct skald_view_ops - a kind of view
 * @name: what the status line calls it
 * @private_size: bytes of its own, zeroed, behind the view
 * @wide: takes the whole screen, even when that is split
 * @hints: requests for the bottom line, ended by SKALD_REQ_NONE
 * @open: the view begins. @id: a story, or 0
 * @close: it ends; the page is freed by others
 * @fill: make the page, for the view's area; also after it was resized
 * @line: the line of an index below @rows; NULL: the page's
 * @matches: whether a line matches a search; NULL: its text does
 * @ahead: the cursor is about to move so many lines: rows may be loaded
 * @request: serve a request; false: it is not the view's
 * @work: a step of what takes time; true: there is more to do
 * @head: text for the view's first line, appended to the empty page
 * @state: text for the status line: where the cursor is, what is loading
 * @blank: what to say where there are no lines
 *
 * NULL functions are for views that have nothing to do there.
 */
struct skald_view_ops {
	const char *name;
	size_t private_size;
	bool wide;
	const enum skald_request *hints;
	int (*open)(struct skald_view *view, uint64_t id,
		    struct skald_error *error);
	void (*close)(struct skald_view *view);
	void (*fill)(struct skald_view *view);
	struct skald_line (*line)(struct skald_view *view, size_t index);
	bool (*matches)(struct skald_view *view, size_t index,
			const char *needle);
	void (*ahead)(struct skald_view *view, long delta);
	bool (*request)(struct skald_view *view, enum skald_request request);
	bool (*work)(struct skald_view *view);
	void (*head)(struct skald_view *view, struct skald_page *page);
	void (*state)(struct skald_view *view, char *text, size_t size);
	const char *(*blank)(struct skald_view *view);
};

/**
 * struct skald_view - a view
 * @ops: its kind
 * @browser: whose it is
 * @area: where it is drawn; the first line is its head
 * @id: the story it is about, or 0
 * @rows: how many lines there are
 * @top: line at the top of the body
 * @cursor: line under the cursor
 * @left: columns scrolled out to the left
 * @page: its text, for most views
 * @stale: the page must be made again before it is drawn
 */
struct skald_view {
	const struct skald_view_ops *ops;
	struct skald_browser *browser;
	struct skald_area area;
	uint64_t id;
	size_t rows;
	size_t top;
	size_t cursor;
	size_t left;
	struct skald_page page;
	bool stale;
};

/* V(name): every kind of view, skald_view_<name> in view_<name>.c */
#define SKALD_VIEWS(V) V(list) V(story) V(bytes) V(shapes) V(ruleset) V(help)
#define SKALD_VIEW_DECLARE(name) \
	extern const struct skald_view_ops skald_view_##name;
SKALD_VIEWS(SKALD_VIEW_DECLARE)

/**
 * skald_view_new() - open a view
 * @ops: its kind
 * @browser: whose it is
 * @id: the story it is about, or 0
 * @error: why it cannot be opened
 *
 * Return: the view, or NULL.
 */
struct skald_view *skald_view_new(const struct skald_view_ops *ops,
				  struct skald_browser *browser, uint64_t id,
				  struct skald_error *error);
void skald_view_free(struct skald_view *view);
/* The view's own bytes. */
void *skald_view_private(struct skald_view *view);

/* Give it a place; the page is made again where its width changed. */
void skald_view_place(struct skald_view *view, const struct skald_area *area);
void skald_view_draw(struct skald_view *view, bool focused);

/* Lines of the body: the area without its head. */
size_t skald_view_height(const struct skald_view *view);
struct skald_line skald_view_line(struct skald_view *view, size_t index);
/* The line that the cursor is on; false: there is none */
bool skald_view_current(struct skald_view *view, struct skald_line *line);

/* Move the cursor; scrolls as far as is needed. */
void skald_view_move(struct skald_view *view, long delta);
/* The same, with some of what is around it when it was not on the screen. */
void skald_view_show(struct skald_view *view, size_t index);
/* Keep cursor and top in range, and the cursor visible. */
void skald_view_settle(struct skald_view *view);

/* Serve a request: the view's own ones, then those all views have. */
bool skald_view_request(struct skald_view *view, enum skald_request request);
/* Cursor to the next line that matches, round the end. False: none does */
bool skald_view_find(struct skald_view *view, const char *needle, bool forward);
/* Cursor to the next marked line. False: none is */
bool skald_view_next_mark(struct skald_view *view, bool forward);

/* In a ruleset view: cursor to the rule that the story's event tells of. */
void skald_view_ruleset_go(struct skald_view *view, unsigned int event);

/* Mouse: cursor to a line of the screen (false: no line is there); wheel. */
bool skald_view_click(struct skald_view *view, int y);
void skald_view_wheel(struct skald_view *view, bool up);

#endif /* SKALD_TUI_VIEW_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: pages
 *
 * A page is painted text in memory: what a view shows, line by line. It grows
 * at its end only and is cleared as a whole. skald_page_sink() makes it a sink
 * for lib/print.h.
 */
#ifndef SKALD_TUI_PAGE_H
#define SKALD_TUI_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "screen.h"

/**
 * struct skald_span - a piece of a line
 * @start: offset in the line's text
 * @paint: what it is; holds up to the next span
 */
struct skald_span {
	uint32_t start;
	enum skald_paint paint;
};

/**
 * struct skald_line - one line of a page, valid until the page changes
 * @text: its text
 * @spans: its pieces
 * @n_spans: how many
 * @joined: belongs to the line above: the cursor does not stop here
 * @marked: stands out; keys go from mark to mark
 * @ref: what the line is about: an id or an index, as the view likes; 0:
 * nothing
 */
struct skald_line {
	const char *text;
	const struct skald_span *spans;
	size_t n_spans;
	bool joined;
	bool marked;
	uint64_t ref;
};

/**
 * struct skald_page - a page; zero-initialise before first use
 * @text: the lines' texts, each ended by NUL
 * @spans: array of struct skald_span
 * @lines: array of struct skald_page_line
 * @start: offset of the line that is being written
 * @n_spans: spans of that line
 * @joined: for that line
 * @marked: for that line
 * @ref: for that line and those that follow
 * @margin: spaces that every line begins with; clearing leaves it
 */
struct skald_page {
	struct skald_buffer text;
	struct skald_buffer spans;
	struct skald_buffer lines;
	size_t start;
	size_t n_spans;
	bool joined;
	bool marked;
	uint64_t ref;
	size_t margin;
};

void skald_page_clear(struct skald_page *page);
void skald_page_done(struct skald_page *page);

/* Append to the line that is being written. Tabs become spaces. */
void skald_page_text(struct skald_page *page, enum skald_paint paint,
		     const char *text);
void skald_page_printf(struct skald_page *page, enum skald_paint paint,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Spaces up to a column, at least one when the line is longer already. */
void skald_page_pad(struct skald_page *page, size_t column);
/* Text cut to so many columns, with an ellipsis, and padded to them. */
void skald_page_cell(struct skald_page *page, enum skald_paint paint,
		     const char *text, size_t columns, bool ascii);
/* End the line. */
void skald_page_end(struct skald_page *page);

/* Lines that are ended. */
size_t skald_page_lines(const struct skald_page *page);
/* @index below skald_page_lines(). */
struct skald_line skald_page_line(const struct skald_page *page, size_t index);
/* Columns of the line that is being written. */
size_t skald_page_column(const struct skald_page *page);

/* A sink that appends to the page; width and ascii are the caller's. */
void skald_page_sink(struct skald_page *page, struct skald_sink *sink);

#endif /* SKALD_TUI_PAGE_H */

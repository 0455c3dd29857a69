/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: drawing
 *
 * Text into rectangles of the screen, cut at their edges. Nothing is shown
 * before skald_screen_show().
 */
#ifndef SKALD_TUI_DRAW_H
#define SKALD_TUI_DRAW_H

#include "page.h"
#include "screen.h"

/**
 * struct skald_area - a rectangle of the screen
 * @y: first line
 * @x: first column
 * @lines: height
 * @columns: width
 */
struct skald_area {
	int y;
	int x;
	int lines;
	int columns;
};

/* Whether a place of the screen is in it. */
bool skald_area_has(const struct skald_area *area, int y, int x);

/**
 * struct skald_brush - how to draw a line
 * @screen: where
 * @area: rectangle that nothing is drawn outside of
 * @skip: columns of the text that are scrolled out to the left
 * @cover: a paint for the whole line in place of its own, or
 *	SKALD_PAINT_PLAIN
 * @match: text to highlight wherever it occurs, or ""
 */
struct skald_brush {
	const struct skald_screen *screen;
	struct skald_area area;
	size_t skip;
	enum skald_paint cover;
	const char *match;
};

/* Draw a line of a page on line @y of the area, and blank the rest of it. */
void skald_draw_line(const struct skald_brush *brush, int y,
		     const struct skald_line *line);
/* The same for a text of one paint. */
void skald_draw_text(const struct skald_brush *brush, int y,
		     enum skald_paint paint, const char *text);
/* Text at the right edge of line @y, over what is there. */
void skald_draw_right(const struct skald_brush *brush, int y,
		      enum skald_paint paint, const char *text);
/* Blank a whole area. */
void skald_draw_blank(const struct skald_brush *brush);
/* A line between two areas: down column @x, or along line @y. */
void skald_draw_bar(const struct skald_brush *brush);

/**
 * skald_text_find() - search as '/' does
 * @text: where
 * @needle: what; without capitals, capitals in @text do not matter
 *
 * Return: where it was found, or NULL. An empty needle is never found.
 */
const char *skald_text_find(const char *text, const char *needle);

#endif /* SKALD_TUI_DRAW_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts painted text on the screen: cutting, replacing what must not reach a
 * terminal, highlighting what was searched for. Used by the views and by
 * browser_draw.c.
 */
#include "draw.h"

#include <ctype.h>
#include <string.h>

#include "utf8.h"

#define RUN 64

/**
 * struct stroke - a line that is being drawn
 * @brush: how
 * @y: screen line
 * @x: column of the area reached
 * @skip: columns still to be left out
 * @paint: of the run
 * @n: characters in the run
 * @run: characters of one paint that are not drawn yet
 * @run_x: where the run starts
 */
struct stroke {
	const struct skald_brush *brush;
	int y;
	int x;
	size_t skip;
	enum skald_paint paint;
	int n;
	wchar_t run[RUN];
	int run_x;
};

bool skald_area_has(const struct skald_area *area, int y, int x)
{
	return y >= area->y && y < area->y + area->lines && x >= area->x &&
	       x < area->x + area->columns;
}

static void flush_run(struct stroke *stroke)
{
	const struct skald_screen *screen = stroke->brush->screen;

	if (!stroke->n)
		return;
	attr_set(screen->attrs[stroke->paint], screen->pairs[stroke->paint],
		 NULL);
	mvaddnwstr(stroke->y, stroke->brush->area.x + stroke->run_x,
		   stroke->run, stroke->n);
	stroke->n = 0;
}

static bool can_show(const struct skald_screen *screen, uint32_t character)
{
	if (character >= 0xa0)
		return !screen->ascii;
	return character >= ' ' && character < 0x7f;
}

static void put_character(struct stroke *stroke, enum skald_paint paint,
			  uint32_t character)
{
	int width = skald_utf8_width(character);

	if (width && !can_show(stroke->brush->screen, character)) {
		character = '?';
		width = 1;
	}
	if (!width)
		return;
	if (stroke->skip) {
		stroke->skip -= stroke->skip < (size_t)width ? stroke->skip
							     : (size_t)width;
		return;
	}
	if (stroke->x + width > stroke->brush->area.columns)
		return;
	if (paint != stroke->paint || stroke->n == RUN)
		flush_run(stroke);
	if (!stroke->n)
		stroke->run_x = stroke->x;
	stroke->paint = paint;
	stroke->run[stroke->n++] = (wchar_t)character;
	stroke->x += width;
}

const char *skald_text_find(const char *text, const char *needle)
{
	size_t len = strlen(needle);
	bool exact = false;
	size_t i;

	if (!len)
		return NULL;
	for (i = 0; i < len; i++)
		exact |= isupper((unsigned char)needle[i]) != 0;
	for (; *text; text++) {
		if (exact ? !strncmp(text, needle, len)
			  : !strncasecmp(text, needle, len))
			return text;
	}
	return NULL;
}

static enum skald_paint covered(const struct skald_brush *brush,
				enum skald_paint paint)
{
	return brush->cover != SKALD_PAINT_PLAIN ? brush->cover : paint;
}

static void draw_spans(struct stroke *stroke, const struct skald_line *line)
{
	const char *match = skald_text_find(line->text, stroke->brush->match);
	size_t len = strlen(stroke->brush->match);
	const char *text = line->text;
	size_t span = 0;

	while (*text) {
		enum skald_paint paint = SKALD_PAINT_PLAIN;
		size_t offset = (size_t)(text - line->text);

		while (span + 1 < line->n_spans &&
		       line->spans[span + 1].start <= offset)
			span++;
		if (line->n_spans)
			paint = line->spans[span].paint;
		if (match && text >= match + len)
			match = skald_text_find(text, stroke->brush->match);
		paint = match && text >= match ? SKALD_PAINT_MATCH
					       : covered(stroke->brush, paint);
		put_character(stroke, paint, skald_utf8_next(&text));
	}
}

void skald_draw_line(const struct skald_brush *brush, int y,
		     const struct skald_line *line)
{
	struct stroke stroke = {
		.brush = brush,
		.y = brush->area.y + y,
		.skip = brush->skip,
	};
	enum skald_paint rest = brush->cover;

	if (y < 0 || y >= brush->area.lines)
		return;
	draw_spans(&stroke, line);
	stroke.skip = 0;
	while (stroke.x < brush->area.columns)
		put_character(&stroke, rest, ' ');
	flush_run(&stroke);
}

void skald_draw_text(const struct skald_brush *brush, int y,
		     enum skald_paint paint, const char *text)
{
	struct skald_brush covering = *brush;
	struct skald_line line = { .text = text };

	covering.cover = paint;
	skald_draw_line(&covering, y, &line);
}

void skald_draw_right(const struct skald_brush *brush, int y,
		      enum skald_paint paint, const char *text)
{
	int width = (int)skald_utf8_columns(text);
	struct skald_brush corner = *brush;

	if (width > brush->area.columns)
		width = brush->area.columns;
	corner.area.x += brush->area.columns - width;
	corner.area.columns = width;
	corner.skip = 0;
	skald_draw_text(&corner, y, paint, text);
}

void skald_draw_blank(const struct skald_brush *brush)
{
	int y;

	for (y = 0; y < brush->area.lines; y++)
		skald_draw_text(brush, y, SKALD_PAINT_PLAIN, "");
}

void skald_draw_bar(const struct skald_brush *brush)
{
	bool ascii = brush->screen->ascii;
	int y;

	for (y = 0; y < brush->area.lines; y++)
		skald_draw_text(brush, y, SKALD_PAINT_DIM, ascii ? "|" : "│");
}

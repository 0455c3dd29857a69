// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pen: indented, wrapped lines of clean text.
 */
#include "pen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Longest piece handed to a sink at once. */
#define PIECE_MAX 256

/* Longest text that is put together in one go. */
#define PEN_TEXT_MAX 512

static void flush_spaces(struct skald_pen *pen)
{
	static const char spaces[] = "                                ";
	const unsigned int most = sizeof(spaces) - 1;

	while (pen->pending) {
		unsigned int n = pen->pending < most ? pen->pending : most;

		pen->sink->text(pen->sink->user, SKALD_INK_PLAIN,
				spaces + most - n);
		pen->pending -= n;
	}
}

static void emit(struct skald_pen *pen, enum skald_ink ink, const char *piece,
		 unsigned int columns)
{
	flush_spaces(pen);
	pen->sink->text(pen->sink->user, ink, piece);
	pen->column += columns;
}

static void put_spaces(struct skald_pen *pen, unsigned int n)
{
	pen->pending += n;
	pen->column += n;
}

static void end_line(struct skald_pen *pen)
{
	pen->sink->end(pen->sink->user);
	pen->column = 0;
	pen->pending = 0;
}

void skald_pen_start(struct skald_pen *pen, unsigned int indent)
{
	pen->column = 0;
	pen->pending = 0;
	pen->hang = indent;
	put_spaces(pen, indent);
}

void skald_pen_hang(struct skald_pen *pen)
{
	pen->hang = pen->column;
	/* a hanging indent must leave room for text */
	if (pen->sink->width && pen->hang > pen->sink->width / 2)
		pen->hang = pen->sink->width / 4;
}

void skald_pen_fill(struct skald_pen *pen, unsigned int column)
{
	/* at least one space after what is there */
	if (pen->column && !pen->pending && pen->column >= column)
		column = pen->column + 1;
	if (pen->column < column)
		put_spaces(pen, column - pen->column);
}

static void wrap(struct skald_pen *pen)
{
	end_line(pen);
	put_spaces(pen, pen->hang);
}

static unsigned int count_columns(const char *text, size_t len)
{
	unsigned int columns = 0;
	size_t i;

	for (i = 0; i < len; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

/* Cleaned copy of what fits into @piece. Return: bytes of @text used */
static size_t copy_clean(const struct skald_pen *pen, const char *text,
			 size_t len, char piece[PIECE_MAX])
{
	size_t used = 0, out = 0, step;

	while (used < len && out + 4 < PIECE_MAX) {
		step = skald_text_utf8(text + used);
		if (!step || (step > 1 && pen->sink->ascii)) {
			piece[out++] = '?';
			used += step ? step : 1;
			continue;
		}
		memcpy(piece + out, text + used, step);
		out += step;
		used += step;
	}
	piece[out] = '\0';
	skald_text_clean(piece);
	return used;
}

/* Ends a line that is full; everything after it is ignored. */
static void cut_off(struct skald_pen *pen)
{
	unsigned int width = pen->sink->width;

	if (pen->column >= width)
		return;
	pen->pending = pen->pending ? 1 : 0;
	emit(pen, SKALD_INK_DIM, pen->sink->ascii ? "~" : "…", 1);
	pen->column = width;
}

static void put_pieces(struct skald_pen *pen, enum skald_ink ink,
		       const char *text, size_t len)
{
	char piece[PIECE_MAX];
	size_t used;

	while (len) {
		used = copy_clean(pen, text, len, piece);
		emit(pen, ink, piece, count_columns(piece, strlen(piece)));
		text += used;
		len -= used;
	}
}

/* One word, unbroken, with the spaces before it. */
static void put_word(struct skald_pen *pen, enum skald_ink ink,
		     const char *text, size_t spaces, size_t len)
{
	unsigned int columns = spaces + count_columns(text, len);
	unsigned int width = pen->sink->width;

	/* the last column is kept for the sign that something was cut off */
	if (pen->cut && width && pen->column + columns >= width) {
		cut_off(pen);
		return;
	}
	if (width && pen->column > pen->hang && pen->column + columns > width)
		wrap(pen);
	else
		put_spaces(pen, spaces);
	put_pieces(pen, ink, text, len);
}

void skald_pen_put(struct skald_pen *pen, enum skald_ink ink, const char *text)
{
	while (*text) {
		size_t spaces = strspn(text, " ");
		size_t len = strcspn(text + spaces, " ");

		if (len)
			put_word(pen, ink, text + spaces, spaces, len);
		else
			put_spaces(pen, spaces);
		text += spaces + len;
	}
}

void skald_pen_printf(struct skald_pen *pen, enum skald_ink ink,
		      const char *format, ...)
{
	char text[PEN_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	skald_pen_put(pen, ink, text);
}

/* A sign of our own between two words. */
static void put_sign(struct skald_pen *pen, const char *sign, const char *ascii)
{
	const char *text = pen->sink->ascii ? ascii : sign;
	unsigned int columns = count_columns(text, strlen(text));
	unsigned int width = pen->sink->width;

	if (width && pen->column > pen->hang &&
	    pen->column + 1 + columns > width)
		wrap(pen);
	else
		put_spaces(pen, 1);
	emit(pen, SKALD_INK_DIM, text, columns);
	put_spaces(pen, 1);
}

void skald_pen_arrow(struct skald_pen *pen)
{
	put_sign(pen, "→", "->");
}

void skald_pen_dot(struct skald_pen *pen)
{
	put_sign(pen, "·", "-");
}

void skald_pen_end(struct skald_pen *pen)
{
	end_line(pen);
}

void skald_pen_blank(const struct skald_sink *sink)
{
	sink->end(sink->user);
}

char *skald_pen_duration(const struct skald_sink *sink, uint64_t ns, char *text,
			 size_t size)
{
	if (ns < 1000)
		(void)snprintf(text, size, "%u ns", (unsigned int)ns);
	else if (ns < 1000000)
		(void)snprintf(text, size, "%.1f %s", (double)ns / 1e3,
			       sink->ascii ? "us" : "µs");
	else if (ns < 1000000000)
		(void)snprintf(text, size, "%.1f ms", (double)ns / 1e6);
	else
		(void)snprintf(text, size, "%.2f s", (double)ns / 1e9);
	return text;
}

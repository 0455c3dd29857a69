/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the pen
 *
 * Writes lines to a sink: indents, wraps with a hanging indent, makes text from
 * outside harmless, and has an ASCII form for what it draws itself.
 */
#ifndef SKALD_LIB_PEN_H
#define SKALD_LIB_PEN_H

#include "print.h"

/**
 * struct skald_pen - one line being written
 * @sink: where it goes
 * @column: columns used
 * @pending: spaces not written yet: a line does not end in spaces
 * @cut: what does not fit into the sink's width is cut off, not wrapped
 * @hang: where the next line starts when it wraps
 */
struct skald_pen {
	const struct skald_sink *sink;
	unsigned int column;
	unsigned int pending;
	unsigned int hang;
	bool cut;
};

/* Begin a line; it wraps to the same column. */
void skald_pen_start(struct skald_pen *pen, unsigned int indent);
/* From here on lines wrap to the column that has been reached. */
void skald_pen_hang(struct skald_pen *pen);
/* Spaces up to a column. */
void skald_pen_fill(struct skald_pen *pen, unsigned int column);
/* Write text; it breaks at spaces where it does not fit. */
void skald_pen_put(struct skald_pen *pen, enum skald_ink ink, const char *text);
void skald_pen_printf(struct skald_pen *pen, enum skald_ink ink,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* " → ", " · ", "µ": not part of the text, so never replaced by '?'. */
void skald_pen_arrow(struct skald_pen *pen);
void skald_pen_dot(struct skald_pen *pen);
void skald_pen_end(struct skald_pen *pen);
void skald_pen_blank(const struct skald_sink *sink);

/* "143 µs"; for skald_pen_put(). Return: @text */
char *skald_pen_duration(const struct skald_sink *sink, uint64_t ns, char *text,
			 size_t size);

/* From print_path.c: hooks, chains, rules and changes of a story. */
void skald_print_path(const struct skald_story *story,
		      const struct skald_sink *sink);

#endif /* SKALD_LIB_PEN_H */

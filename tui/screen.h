/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the screen
 *
 * The terminal as ncurses sees it: opened, sized, painted and saved here and
 * nowhere else. Without a terminal (scripts, tests) the same screen is kept in
 * memory, by newterm() on /dev/null.
 *
 * A *paint* is what a piece of the screen is; the theme in screen.c says what
 * that looks like with 256 colours, with eight, and with none. The first paints
 * are the inks of lib/print.h, with the same numbers.
 */
#ifndef SKALD_TUI_SCREEN_H
#define SKALD_TUI_SCREEN_H

#include <curses.h>
#include <stdbool.h>
#include <stdio.h>

#include "error.h"
#include "print.h"

/*
 * BAR: top line. STATUS: line below the views. HEAD: head of a view that has
 * the focus, SHADE: of one that has not. CURSOR: line under the cursor, GHOST:
 * the same without focus. MATCH: found text. FAULT: error message. NOTE: other
 * message. KEY: name of a key. MARKED: what the story touched.
 */
/* clang-format off */
#define SKALD_PAINTS(P) \
	P(BAR) P(STATUS) P(HEAD) P(SHADE) P(CURSOR) P(GHOST) P(MATCH) \
	P(FAULT) P(NOTE) P(KEY) P(MARKED)
/* clang-format on */
#define SKALD_PAINT_ENUM(name) SKALD_PAINT_##name,
enum skald_paint {
	SKALD_INKS(SKALD_PAINT_ENUM)
	SKALD_PAINTS(SKALD_PAINT_ENUM) SKALD_N_PAINTS
};

/**
 * struct skald_screen_config - how to open a screen
 * @headless: no terminal: keep the screen in memory
 * @lines: size without a terminal
 * @columns: the same
 * @ascii: no characters outside ASCII, whatever the locale
 * @mono: no colours; else NO_COLOR and the terminal decide
 * @mouse: take the mouse
 */
struct skald_screen_config {
	bool headless;
	int lines;
	int columns;
	bool ascii;
	bool mono;
	bool mouse;
};

/**
 * struct skald_screen - an open screen
 * @term: ncurses' own
 * @in: where keys come from
 * @out: where the screen goes
 * @headless: there is no terminal
 * @ascii: only ASCII may be drawn
 * @colours: colours in use, 0: monochrome
 * @lines: size
 * @columns: size
 * @attrs: by paint
 * @pairs: by paint
 */
struct skald_screen {
	SCREEN *term;
	FILE *in;
	FILE *out;
	bool headless;
	bool ascii;
	int colours;
	int lines;
	int columns;
	attr_t attrs[SKALD_N_PAINTS];
	short pairs[SKALD_N_PAINTS];
};

/**
 * skald_screen_open() - take over the terminal
 * @screen: written on success, close with skald_screen_close()
 * @config: how
 * @error: which terminal is not known
 *
 * setlocale() has been called. Return: 0, -ENOTTY, -EINVAL, -errno.
 */
int skald_screen_open(struct skald_screen *screen,
		      const struct skald_screen_config *config,
		      struct skald_error *error);
void skald_screen_close(struct skald_screen *screen);

/* Take over a new size: the terminal's, or the one given (scripts). */
void skald_screen_resized(struct skald_screen *screen);
int skald_screen_resize(struct skald_screen *screen, int lines, int columns);

/* Show what has been drawn, in one piece. */
void skald_screen_show(struct skald_screen *screen);
/* Draw everything again: somebody else wrote on the terminal. */
void skald_screen_redraw(struct skald_screen *screen);

/**
 * skald_screen_save() - write the screen to a stream
 * @screen: the screen
 * @paints: write the letter of each cell's paint, '.' for plain, in place of
 *	its character
 * @stream: where to
 *
 * Spaces at the ends of lines are left out.
 */
void skald_screen_save(const struct skald_screen *screen, bool paints,
		       FILE *stream);

/* Put text into the terminal's clipboard (OSC 52). False: not possible. */
bool skald_screen_copy(struct skald_screen *screen, const char *text);

#endif /* SKALD_TUI_SCREEN_H */

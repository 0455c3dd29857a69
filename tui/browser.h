/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the browser
 *
 * A stack of views on one screen. The list is at the bottom, the view on top
 * has the keyboard. Where the screen is large, list and story stand side by
 * side (or one above the other); nothing else changes by that.
 *
 * Keys go to the prompt when it is open, then to the view on top, then to the
 * browser itself. The same functions serve the terminal (browser_loop.c) and
 * scripts (script.c).
 */
#ifndef SKALD_TUI_BROWSER_H
#define SKALD_TUI_BROWSER_H

#include "browser_source.h"
#include "prompt.h"
#include "screen.h"
#include "view.h"

#define SKALD_BROWSER_DEPTH 16
#define SKALD_BROWSER_FILTER (SKALD_PROMPT_TEXT + 32)

/**
 * struct skald_browser_config - how to open a browser
 * @source: its stories; has to outlive the browser
 * @screen: its screen
 * @filter: filter to begin with, or NULL
 * @words: words that Tab completes in filters, ended by NULL; or NULL
 */
struct skald_browser_config {
	struct skald_browser_source source;
	struct skald_screen_config screen;
	const char *filter;
	const char *const *words;
};

/**
 * struct skald_browser - an open browser
 * @source: its stories
 * @screen: its screen
 * @stack: the views, the list first
 * @depth: how many
 * @preview: story under the list's cursor, on large screens; or NULL
 * @single: one view at a time, however large the screen
 * @prompt: the prompt
 * @words: for completion in filters, or NULL
 * @search: what '/' last searched for; "": nothing
 * @filter: the user's filter
 * @drops: only dropped packets
 * @summary: what the store holds
 * @note: message in the bottom line, until the next key
 * @note_paint: its paint
 * @quit: the browser is to end
 */
struct skald_browser {
	struct skald_browser_source source;
	struct skald_screen screen;
	struct skald_view *stack[SKALD_BROWSER_DEPTH];
	unsigned int depth;
	struct skald_view *preview;
	bool single;
	struct skald_prompt prompt;
	const char *const *words;
	char search[SKALD_PROMPT_TEXT];
	char filter[SKALD_PROMPT_TEXT];
	bool drops;
	struct skald_store_summary summary;
	char note[SKALD_ERROR_TEXT];
	enum skald_paint note_paint;
	bool quit;
};

enum skald_mouse {
	SKALD_MOUSE_CLICK,
	SKALD_MOUSE_DOUBLE,
	SKALD_MOUSE_WHEEL_UP,
	SKALD_MOUSE_WHEEL_DOWN,
};

/**
 * skald_browser_open() - take the screen and show the list
 * @browser: written; close with skald_browser_close() on success
 * @config: how
 * @error: a bad filter, no terminal, an unreadable store
 *
 * Return: 0 or -errno.
 */
int skald_browser_open(struct skald_browser *browser,
		       const struct skald_browser_config *config,
		       struct skald_error *error);
void skald_browser_close(struct skald_browser *browser);

/* The loop over a terminal. Return: 0, -EIO when the terminal went away */
int skald_browser_run(struct skald_browser *browser);

/* ---- what the loop and scripts do ---- */

/* A key of ncurses or of a script, a click at a place of the screen. */
void skald_browser_key(struct skald_browser *browser, int key);
void skald_browser_mouse(struct skald_browser *browser, enum skald_mouse mouse,
			 int y, int x);
/* A line of the ':' prompt. Return: 0, or -EINVAL with words */
int skald_browser_command(struct skald_browser *browser, const char *line,
			  struct skald_error *error);
/* One step of what takes time. False: nothing is left to do */
bool skald_browser_work(struct skald_browser *browser);
/* Look whether the store has grown. */
void skald_browser_poll(struct skald_browser *browser);
/* Count again what the store holds, for the title; may take a while. */
void skald_browser_count(struct skald_browser *browser);
void skald_browser_draw(struct skald_browser *browser);

/* ---- what views and commands ask for ---- */

/* The list of stories, which is always there; the view that has the keys. */
struct skald_view *skald_browser_list(struct skald_browser *browser);
struct skald_view *skald_browser_top(struct skald_browser *browser);
/* Whether list and story are shown together. */
bool skald_browser_split(struct skald_browser *browser);

/* Open a view on top; says why when that is not possible. */
void skald_browser_push(struct skald_browser *browser,
			const struct skald_view_ops *ops, uint64_t id);
/* Down to the list. */
void skald_browser_home(struct skald_browser *browser);

/* A message for the bottom line. */
void skald_browser_say(struct skald_browser *browser, enum skald_paint paint,
		       const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with the words of an error. */
void skald_browser_fail(struct skald_browser *browser,
			const struct skald_error *error);

/**
 * skald_browser_filter() - show only stories that match
 * @browser: the browser
 * @text: filter of the user's; "": none
 * @drops: and only dropped packets
 * @error: what is wrong with it; the old filter stays
 */
int skald_browser_filter(struct skald_browser *browser, const char *text,
			 bool drops, struct skald_error *error);

/* "1,234,567". Return: @text, 32 bytes are enough */
char *skald_number_format(uint64_t number, char *text, size_t size);

#endif /* SKALD_TUI_BROWSER_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: scripts for the browser
 *
 * "skald browse --script FILE" reads keys from a file and writes screens to
 * others; nothing is drawn on a terminal. That is how the browser is tested
 * (tests/tui), and how screens for documents are made. One line is one of
 *
 *	# comment
 *	jj/drop<Enter>          keys; <Name> for those with a name, <lt> is "<"
 *	:resize 100x30          a screen of that size, columns first
 *	:mouse click 5 10       click, double, up, down; line and column
 *	:poll                   look whether the store has grown
 *	:save FILE              the screen as text
 *	:paints FILE            the paints of its cells: letters of screen.c
 *	:number, :filter ...    what can be typed behind ":"
 */
#ifndef SKALD_TUI_SCRIPT_H
#define SKALD_TUI_SCRIPT_H

#include <stdio.h>

#include "browser.h"

/**
 * skald_script_run() - run a script
 * @browser: an open browser without a terminal
 * @path: name of the script, for messages
 * @stream: its lines
 * @error: file, line and what is wrong with it
 *
 * Ends early when the browser quits. Return: 0, -EINVAL, -errno.
 */
int skald_script_run(struct skald_browser *browser, const char *path,
		     FILE *stream, struct skald_error *error);

#endif /* SKALD_TUI_SCRIPT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: how far it is
 *
 * Work that takes longer than a second says on standard error how far it is, in
 * one line that is written over; only where that is a terminal.
 */
#ifndef SKALD_TUI_PROGRESS_H
#define SKALD_TUI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct skald_progress - a line of progress
 * @what: "frames"
 * @started_ns: when the work began, CLOCK_MONOTONIC
 * @told_ns: when something was last told, 0: never
 * @asked: calls since the clock was looked at
 * @is_shown: standard error is a terminal
 */
struct skald_progress {
	const char *what;
	uint64_t started_ns;
	uint64_t told_ns;
	unsigned int asked;
	bool is_shown;
};

/* @what is counted, a word in the plural; nothing is shown off a terminal. */
void skald_progress_start(struct skald_progress *progress, const char *what);
/* @total 0: not known */
void skald_progress_tell(struct skald_progress *progress, uint64_t done,
			 uint64_t total);
/* The line goes. */
void skald_progress_stop(struct skald_progress *progress);

#endif /* SKALD_TUI_PROGRESS_H */

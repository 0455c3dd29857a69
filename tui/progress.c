// SPDX-License-Identifier: GPL-2.0-only
/* A line of progress on standard error. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS 1000000000ull
#define PAUSE_NS 200000000ull
/* The clock is looked at so rarely. */
#define CALLS 64

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

void skald_progress_start(struct skald_progress *progress, const char *what)
{
	*progress = (struct skald_progress){ .what = what };
	progress->is_shown = isatty(STDERR_FILENO);
	progress->started_ns = now_ns();
}

void skald_progress_tell(struct skald_progress *progress, uint64_t done,
			 uint64_t total)
{
	uint64_t now;

	if (!progress->is_shown || progress->asked++ % CALLS)
		return;
	now = now_ns();
	if (now - progress->started_ns < PATIENCE_NS ||
	    now - progress->told_ns < PAUSE_NS)
		return;
	progress->told_ns = now;
	if (total)
		fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " %s", done,
			total, progress->what);
	else
		fprintf(stderr, "\r\033[K%" PRIu64 " %s", done, progress->what);
}

void skald_progress_stop(struct skald_progress *progress)
{
	if (progress->told_ns)
		fprintf(stderr, "\r\033[K");
	progress->told_ns = 0;
}

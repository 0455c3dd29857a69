/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: following
 *
 * One "skald follow": a connection to a tracerd, a classifier on it, and the
 * stories that come back.
 */
#ifndef SKALD_TUI_FOLLOW_H
#define SKALD_TUI_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "wish.h"

/**
 * struct skald_follow - what follow was asked to do
 * @wish: the classifier
 * @db: store of a private tracerd; NULL: that of a running one, or none
 * @stories: end after so many, 0: never
 * @seconds: end after so many, 0: never
 * @is_json: one line of JSON a story
 * @is_verbose: every event
 */
struct skald_follow {
	struct skald_wish wish;
	const char *db;
	uint64_t stories;
	uint64_t seconds;
	bool is_json;
	bool is_verbose;
};

/* Until it ends. Return: exit status */
int skald_follow_run(const struct skald_follow *wish);

#endif /* SKALD_TUI_FOLLOW_H */

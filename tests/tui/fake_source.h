/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a source of stories without a store
 *
 * Tells sample stories 1 to @newest, however many that are, and counts what it
 * is asked. Its filter language has "kind == N", "verdict == drop", "id == N"
 * and "" ; anything else is an error at column 5.
 */
#ifndef SKALD_TESTS_TUI_FAKE_SOURCE_H
#define SKALD_TESTS_TUI_FAKE_SOURCE_H

#include "../../tui/browser_source.h"

/**
 * struct fake_source - the source
 * @oldest: first story; those before are gone
 * @newest: last story, 0: none
 * @kind: only this kind of sample, -1: all
 * @drops: only dropped ones
 * @only: only this story, 0: all
 * @told: stories handed out
 * @looked_at: ids that were looked through
 * @most: ids looked through by one question at most
 * @pinned: story that is pinned, 0: none
 * @read_only: pinning is refused
 * @broken: every question fails
 * @title: what the netns of all stories is, to try hostile text; or NULL
 */
struct fake_source {
	uint64_t oldest;
	uint64_t newest;
	int kind;
	bool drops;
	uint64_t only;
	uint64_t told;
	uint64_t looked_at;
	uint64_t most;
	uint64_t pinned;
	bool read_only;
	bool broken;
	const char *title;
};

/* A source of @newest stories. */
struct skald_browser_source fake_source(struct fake_source *fake,
					uint64_t newest);

#endif /* SKALD_TESTS_TUI_FAKE_SOURCE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what packets met of a ruleset
 *
 * Rules that a packet matched in the kernel, and kinds of expressions, matches
 * and targets that were carried out, or made a rule fail.
 */
#ifndef SKALD_TESTS_AGREE_COVER_H
#define SKALD_TESTS_AGREE_COVER_H

#include "engine.h"

struct agree_cover;

/* Ends the program without memory. @engine: borrowed; its ruleset */
struct agree_cover *agree_cover_new(const struct skald_engine *engine);
void agree_cover_free(struct agree_cover *cover);

/* A story of the kernel: its rules were hit. */
void agree_cover_take(struct agree_cover *cover,
		      const struct skald_story *story);

/* A story of the engine that tells misses: expressions that failed. */
void agree_cover_misses(struct agree_cover *cover,
			const struct skald_story *story);

/* Whether two paths part at a rule that has a limit (agree_clock.h). */
bool agree_cover_is_limit(const struct agree_cover *cover, const char *kernel,
			  const char *engine);

/*
 * Prints "rules HIT ALL"; "never FAMILY TABLE CHAIN HANDLE", why it cannot be
 * hit (or "not met") and what it says, with tabs between, for each that was
 * not; "kind NAME RULES MATCHED FAILED" for each kind in the ruleset.
 */
void agree_cover_print(const struct agree_cover *cover);

#endif /* SKALD_TESTS_AGREE_COVER_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the walk along a story's path
 *
 * print_path.c knows where we are (hook, chain, jumps) and which events are
 * worth a line; print_event.c writes the lines.
 */
#ifndef SKALD_LIB_WALK_H
#define SKALD_LIB_WALK_H

#include "pen.h"

#define SKALD_INDENT_HOOK 2
#define SKALD_INDENT_CHAIN 4
#define SKALD_INDENT_RULE 6

#define SKALD_JUMPS_MAX 16

/**
 * struct skald_walk - where in the path we are
 * @story: the story
 * @sink: where it goes
 * @at: index of the current event
 * @hook: hook whose heading has been written, SKALD_HOOK_NONE: none
 * @family: enum skald_words_FAMILY of the table we are in
 * @table: table we are in, NULL: none
 * @chain: event of the base chain we are in; NULL: it was not told
 * @has_heading: the base chain's heading has been written
 * @jumps: names of the chains we are in, the base chain first
 * @depth: jumps taken
 */
struct skald_walk {
	const struct skald_story *story;
	const struct skald_sink *sink;
	unsigned int at;
	uint64_t hook;
	uint64_t family;
	const char *table;
	const struct skald_event *chain;
	bool has_heading;
	const char *jumps[SKALD_JUMPS_MAX];
	unsigned int depth;
};

/* print_path.c */

/* Begin an event's line; @event NULL: a heading, which happens at no time. */
void skald_walk_line(const struct skald_walk *walk,
		     const struct skald_event *event, unsigned int indent,
		     struct skald_pen *pen);
/* Column of a line below the hook, chain and jumps we are in. */
unsigned int skald_walk_indent(const struct skald_walk *walk);
/* Come to a hook: writes its heading unless we are there already. */
void skald_walk_hook(struct skald_walk *walk, uint64_t hook);
/* Leave hook and chain. */
void skald_walk_leave(struct skald_walk *walk);

/* print_event.c */

/* Write one event's line. */
void skald_walk_event(struct skald_walk *walk, const struct skald_event *event);

/* @text, or @otherwise when it is NULL or empty. */
const char *skald_text_or(const char *text, const char *otherwise);

#endif /* SKALD_LIB_WALK_H */

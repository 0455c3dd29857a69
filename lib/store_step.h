/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: steps: a shape's events as columns
 *
 * What SQL can search of a shape: who spoke (rule), where (hook), what was
 * decided, and the rest of the PATH fields as text.
 */
#ifndef SKALD_LIB_STORE_STEP_H
#define SKALD_LIB_STORE_STEP_H

#include "ruleset.h"
#include "story.h"

/**
 * struct skald_story_step - one event's PATH part
 * @kind: its word
 * @hook: where: the event's own hook, or that of the last event that had one
 * @has_rule: @rule is there
 * @rule: rule, or chain when its handle is 0
 * @verdict: its word, or NULL
 * @target: chain jumped to, or NULL
 * @state: conntrack state, or NULL
 * @detail: the other fields, "field=saddr by=\"nat post 4\"", or NULL
 *
 * Strings are borrowed from the event, the words, or the arena.
 */
struct skald_story_step {
	const char *kind;
	const char *hook;
	bool has_rule;
	struct skald_rule rule;
	const char *verdict;
	const char *target;
	const char *state;
	const char *detail;
};

/**
 * skald_step_make() - an event as a step
 * @event: the event
 * @hook: hook of the events before, or NULL
 * @arena: for @detail
 * @step: written whole
 *
 * Return: 0 or -ENOMEM.
 */
int skald_step_make(const struct skald_event *event, const char *hook,
		    struct skald_arena *arena, struct skald_story_step *step);

/* Append a step to the path for people, given the one before or NULL. */
void skald_step_path(const struct skald_story_step *step,
		     const struct skald_story_step *before,
		     struct skald_buffer *path);

#endif /* SKALD_LIB_STORE_STEP_H */

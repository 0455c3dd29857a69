/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: all that comes of one packet
 *
 * Its own story, those of what comes round again, and those of what is sent
 * back: a rule's TCP reset, an ICMP error. They are gathered before anything is
 * told of them, for a story names its answers.
 */
#ifndef SKALD_LIB_OUTCOME_H
#define SKALD_LIB_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"

/**
 * struct skald_outcome_part - one story of them
 * @story: the story; the outcome owns it
 * @parent: index of the part that it came of; of the first: its own
 * @answered: index of the part that it answers, by itself or by what it came
 *	of; its own: it is no answer
 */
struct skald_outcome_part {
	struct skald_story story;
	size_t parent;
	size_t answered;
};

/**
 * struct skald_outcome - all of them
 * @parts: in the order in which they happened, heap; the packet's own first
 * @n: how many
 * @size: allocated
 */
struct skald_outcome {
	struct skald_outcome_part *parts;
	size_t n;
	size_t size;
};

/**
 * skald_outcome_run() - one packet through the world, to the end
 * @engine: the engine
 * @input: the packet
 * @outcome: zeroed once; what is in it is forgotten, and written anew on
 *	success; give to skald_outcome_done()
 *
 * Return: 0, or what skald_engine_run() returned.
 */
int skald_outcome_run(struct skald_engine *engine,
		      const struct skald_engine_input *input,
		      struct skald_outcome *outcome);
void skald_outcome_done(struct skald_outcome *outcome);

static inline bool skald_outcome_is_answer(const struct skald_outcome *outcome,
					   size_t index)
{
	return outcome->parts[index].answered != index;
}

/* A story has another id from now on; those that came of it say so. */
void skald_outcome_number(struct skald_outcome *outcome, size_t index,
			  uint64_t id);

/**
 * skald_outcome_line() - a story as JSON, with what answers it
 * @outcome: the outcome
 * @index: a story that is no answer
 *
 * Return: one line without newline, heap; NULL: no memory.
 */
char *skald_outcome_line(const struct skald_outcome *outcome, size_t index);

#endif /* SKALD_LIB_OUTCOME_H */

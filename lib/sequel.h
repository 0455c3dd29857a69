/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: all that comes of one packet
 *
 * Its own story, those of what comes round again, and those of what is sent
 * back: a rule's TCP reset, an ICMP error. They are gathered before anything is
 * told of them, for a story names its answers.
 */
#ifndef SKALD_LIB_SEQUEL_H
#define SKALD_LIB_SEQUEL_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"

/**
 * struct skald_sequel_part - one story of them
 * @story: the story; the sequel owns it
 * @parent: index of the part that it came of; of the first: its own
 * @answered: index of the part that it answers, by itself or by what it came
 *	of; its own: it is no answer
 */
struct skald_sequel_part {
	struct skald_story story;
	size_t parent;
	size_t answered;
};

/**
 * struct skald_sequel - all of them
 * @parts: in the order in which they happened, heap; the packet's own first
 * @n: how many
 * @size: allocated
 */
struct skald_sequel {
	struct skald_sequel_part *parts;
	size_t n;
	size_t size;
};

/**
 * skald_sequel_run() - one packet through the world, to the end
 * @engine: the engine
 * @input: the packet
 * @sequel: zeroed once; what is in it is forgotten, and written anew on
 *	success; give to skald_sequel_done()
 *
 * Return: 0, or what skald_engine_run() returned.
 */
int skald_sequel_run(struct skald_engine *engine,
		     const struct skald_engine_input *input,
		     struct skald_sequel *sequel);
void skald_sequel_done(struct skald_sequel *sequel);

static inline bool skald_sequel_is_answer(const struct skald_sequel *sequel,
					  size_t index)
{
	return sequel->parts[index].answered != index;
}

/* A story has another id from now on; those that came of it say so. */
void skald_sequel_number(struct skald_sequel *sequel, size_t index,
			 uint64_t id);

/**
 * skald_sequel_line() - a story as JSON, with what answers it
 * @sequel: the sequel
 * @index: a story that is no answer
 *
 * Return: one line without newline, heap; NULL: no memory.
 */
char *skald_sequel_line(const struct skald_sequel *sequel, size_t index);

#endif /* SKALD_LIB_SEQUEL_H */

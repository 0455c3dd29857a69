/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: stories that flip, in groups
 *
 * What "skald whatif" finds, put together: stories of one shape that fare alike
 * and would fare alike are one group. As many groups as there are kinds of
 * flips, however many stories.
 */
#ifndef SKALD_LIB_FLIPS_H
#define SKALD_LIB_FLIPS_H

#include <stddef.h>
#include <stdint.h>

#include "whatif.h"

/**
 * struct skald_flip_group - stories that flip in the same way
 * @hash: of @shape, @flips, @then and @now
 * @shape: their shape
 * @flips: SKALD_FLIP_*
 * @stories: how many
 * @example: id of the one that was added last
 * @then: how they fare, in words
 * @now: how they would
 * @packet: of the first that was added, in one line
 */
struct skald_flip_group {
	uint64_t hash;
	uint64_t shape;
	unsigned int flips;
	uint64_t stories;
	uint64_t example;
	char *then;
	char *now;
	char packet[160];
};

/**
 * struct skald_flips - all of them; begins as zeros
 * @groups: heap
 * @n: how many
 * @slots: indexes into @groups plus one, by hash; heap
 * @n_slots: a power of two
 */
struct skald_flips {
	struct skald_flip_group *groups;
	size_t n;
	uint32_t *slots;
	size_t n_slots;
};

/**
 * skald_flips_add() - one more story
 * @flips: the groups
 * @story: the story
 * @then: how it fares
 * @now: how it would
 * @bits: SKALD_FLIP_*: what differs
 *
 * Return: 0 or -ENOMEM; then the story is in no group.
 */
int skald_flips_add(struct skald_flips *flips, const struct skald_story *story,
		    const struct skald_outcome *then,
		    const struct skald_outcome *now, unsigned int bits);

/* The most stories first, of as many the smaller shape. Nothing can be added
 * any more. */
void skald_flips_sort(struct skald_flips *flips);

void skald_flips_done(struct skald_flips *flips);

/* Return: the word of the n-th bit of SKALD_FLIP_*; NULL: there are no more */
const char *skald_flip_word(unsigned int n);

/* Room for every outcome in words. */
#define SKALD_OUTCOME_TEXT 512

/**
 * skald_outcome_text() - an outcome in words
 * @outcome: the outcome
 * @text: "dropped in inet fw forward by rule 17", "passes, dnat to
 *	10.1.0.2:80"
 */
void skald_outcome_text(const struct skald_outcome *outcome,
			char text[SKALD_OUTCOME_TEXT]);

#endif /* SKALD_LIB_FLIPS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: shedding
 *
 * A batch that finds no room in the queue loses its stories; what else is in it
 * (changes of the ruleset, losses) is kept for the next, and the stories become
 * one loss for each namespace.
 */
#ifndef SKALD_TRACERD_SHED_H
#define SKALD_TRACERD_SHED_H

#include "raw.h"

/**
 * struct skald_shed - what was shed and not passed on yet
 * @kept: batch of changes and losses, or NULL
 * @stories: stories shed, ever
 * @events: their events, ever
 */
struct skald_shed {
	struct skald_batch *kept;
	uint64_t stories;
	uint64_t events;
};

/* Frees what is kept. */
void skald_shed_done(struct skald_shed *shed);
/* Shed a batch; takes it over. */
void skald_shed_batch(struct skald_shed *shed, struct skald_batch *batch);

#endif /* SKALD_TRACERD_SHED_H */

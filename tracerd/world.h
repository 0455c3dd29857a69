/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the world, as the teller asks for it
 *
 * Rulebooks, names and routes of every space, the expressions of classifiers,
 * the ids of earlier stories. Writer thread only, but for
 * skald_world_classifier().
 *
 * When is a snapshot of the ruleset taken? When a story is of a generation that
 * the book does not know yet, always: a rule without its text is half a story.
 * When a change was announced, at once if snapshots have cost less than a fifth
 * of the time lately: a rule that is deleted again soon is caught that way.
 * Changes of our own tables need none.
 */
#ifndef SKALD_TRACERD_WORLD_H
#define SKALD_TRACERD_WORLD_H

#include "raw.h"
#include "space.h"
#include "store.h"
#include "teller.h"

struct skald_world;

int skald_world_new(struct skald_spaces *spaces, struct skald_world **world);
void skald_world_free(struct skald_world *world);

/* Main thread: know the expression of a classifier, for ever. */
int skald_world_classifier(struct skald_world *world, uint32_t id,
			   const char *expression);

/* What the teller gets; the user pointer is the world. */
extern const struct skald_teller_ops skald_world_ops;

/* Snapshots go here while it is set: a store in a transaction. */
void skald_world_store(struct skald_world *world, struct skald_store *store);
/* A transaction was rolled back: snapshots have to be stored again. */
void skald_world_unsaved(struct skald_world *world);

/* A change of the ruleset was announced. */
void skald_world_changed(struct skald_world *world,
			 const struct skald_item *item);
/* Return: milliseconds until a snapshot is due, 0: now, -1: none is */
int skald_world_patience(struct skald_world *world);
/* Take the snapshot that is due first. */
void skald_world_settle(struct skald_world *world);
/* Remember the id a story got. */
void skald_world_remember(struct skald_world *world, uint64_t serial,
			  uint64_t id);
/* Let go of namespaces that no story has been of for a while. */
void skald_world_rest(struct skald_world *world);
const char *skald_world_netns(struct skald_world *world, uint32_t netns);

#endif /* SKALD_TRACERD_WORLD_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: worlds of the past
 *
 * The rulesets that a store has recorded, each in an engine, and around it what
 * is known of the world at that time. Made when a story asks for it; a few are
 * kept.
 */
#ifndef SKALD_LIB_PAST_H
#define SKALD_LIB_PAST_H

#include "engine.h"
#include "store.h"
#include "world.h"

struct skald_past;

/**
 * skald_past_new() - look back through a store
 * @store: the store; borrowed
 * @around: everything but the ruleset is of this world, whatever the store
 *	has; NULL: what the store has
 *
 * Return: NULL: no memory.
 */
struct skald_past *skald_past_new(struct skald_store *store,
				  const struct skald_world *around);
void skald_past_free(struct skald_past *past);

/**
 * skald_past_engine() - the engine for a story
 * @past: the past
 * @story: a recorded story
 * @engine: written on success; valid until the next call
 * @error: in words
 *
 * Return: 0; -ENOENT: its ruleset was not recorded; -EOPNOTSUPP, -EBADMSG: the
 * engine does not take it; -ENOMEM, -errno.
 */
int skald_past_engine(struct skald_past *past, const struct skald_story *story,
		      struct skald_engine **engine, struct skald_error *error);

#endif /* SKALD_LIB_PAST_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: stories of the engine into a store
 *
 * Stories that the engine told are stored as tracerd stores those of the
 * kernel, with the ruleset they went by: everything that reads a store reads
 * them.
 */
#ifndef SKALD_LIB_RECORDER_H
#define SKALD_LIB_RECORDER_H

#include <stdint.h>

#include "store.h"
#include "world.h"

struct skald_recorder;

/**
 * skald_recorder_open() - begin to record
 * @path: the store; made when it is not there
 * @world: whose ruleset the stories go by
 * @recorder: written on success
 * @error: in words
 */
int skald_recorder_open(const char *path, const struct skald_world *world,
			struct skald_recorder **recorder,
			struct skald_error *error);

/**
 * skald_recorder_add() - record a story
 * @recorder: the recorder
 * @story: the story; its id and shape become the store's
 * @error: in words
 */
int skald_recorder_add(struct skald_recorder *recorder,
		       struct skald_story *story, struct skald_error *error);

/* The rest is written. Return: 0 or -errno; @recorder is gone either way */
int skald_recorder_close(struct skald_recorder *recorder,
			 struct skald_error *error);

#endif /* SKALD_LIB_RECORDER_H */

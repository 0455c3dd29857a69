// SPDX-License-Identifier: GPL-2.0-only
/* The engine's stories, packed and stored in transactions of many. */
#include "recorder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define STORIES_PER_COMMIT 1000

/**
 * struct skald_recorder - a store being written
 * @store: the store
 * @world: the stories' ruleset
 * @shape: of the story at hand
 * @own: likewise
 * @n: stories in the open transaction
 * @has_ruleset: the ruleset is recorded: before the first story, with its time
 * @failed: a transaction failed
 */
struct skald_recorder {
	struct skald_store *store;
	const struct skald_world *world;
	struct skald_buffer shape;
	struct skald_buffer own;
	unsigned int n;
	bool has_ruleset;
	bool failed;
};

int skald_recorder_open(const char *path, const struct skald_world *world,
			struct skald_recorder **recorder,
			struct skald_error *error)
{
	struct skald_recorder *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return skald_error_set(error, ENOMEM, "no memory for %s", path);
	made->world = world;
	err = skald_store_open(path, SKALD_STORE_WRITE, &made->store, error);
	if (!err) {
		err = skald_store_begin(made->store, error);
		if (err)
			skald_store_close(made->store);
	}
	if (err)
		free(made);
	else
		*recorder = made;
	return err;
}

/* In force since the first packet: a capture may be older than its rules. */
static int add_ruleset(struct skald_recorder *recorder, uint64_t t_ns,
		       struct skald_error *error)
{
	const struct skald_world *world = recorder->world;
	struct skald_load load = {
		.netns = world->netns,
		.t_ns = t_ns < world->taken_ns ? t_ns : world->taken_ns,
		.process = "skald",
	};

	int err;

	recorder->has_ruleset = true;
	err = skald_store_add_ruleset(recorder->store, &world->ruleset, &load,
				      error);
	/* rules alone are in nothing */
	if (err || world->rules_file)
		return err;
	return skald_store_add_around(recorder->store, world, error);
}

static int commit(struct skald_recorder *recorder, struct skald_error *error)
{
	int err = skald_store_commit(recorder->store, error);

	recorder->n = 0;
	return err ? err : skald_store_begin(recorder->store, error);
}

static int add(struct skald_recorder *recorder, struct skald_story *story,
	       struct skald_error *error)
{
	struct skald_packed packed;
	int err = 0;

	recorder->shape.len = 0;
	recorder->own.len = 0;
	if (!recorder->has_ruleset)
		err = add_ruleset(recorder, story->start_ns, error);
	if (!err &&
	    skald_story_pack(story, &recorder->shape, &recorder->own, &packed))
		err = skald_error_set(error, ENOMEM, "no memory for a story");
	if (!err)
		err = skald_store_add(recorder->store, &packed, story, error);
	if (err)
		return err;
	story->id = packed.id;
	story->shape = packed.shape_id;
	return ++recorder->n < STORIES_PER_COMMIT ? 0 : commit(recorder, error);
}

int skald_recorder_add(struct skald_recorder *recorder,
		       struct skald_story *story, struct skald_error *error)
{
	int err = add(recorder, story, error);

	recorder->failed |= !!err;
	return err;
}

int skald_recorder_close(struct skald_recorder *recorder,
			 struct skald_error *error)
{
	int err = 0;

	if (recorder->failed)
		skald_store_rollback(recorder->store);
	else
		err = skald_store_commit(recorder->store, error);
	skald_store_close(recorder->store);
	skald_buffer_done(&recorder->shape);
	skald_buffer_done(&recorder->own);
	free(recorder);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Engines by generation, the few that were asked for last. */
#include "past.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 8
/* Within so short a time no machine starts anew. */
#define NEAR_NS 1000000000ull

/**
 * struct era - a generation that was asked for
 * @id: its row in the store, 0: this place is free
 * @asked: when it was last asked for
 * @world: its ruleset, and what was around it
 * @engine: NULL: it could not be made, and @err says why
 * @err: -errno
 * @error: in words
 */
struct era {
	int64_t id;
	uint64_t asked;
	struct skald_world world;
	struct skald_engine *engine;
	int err;
	struct skald_error error;
};

struct skald_past {
	struct skald_store *store;
	const struct skald_world *around;
	struct era eras[KEPT];
	uint64_t asked;
	struct era *last;
	uint32_t number;
	uint64_t start_ns;
	uint64_t until_ns;
};

struct skald_past *skald_past_new(struct skald_store *store,
				  const struct skald_world *around)
{
	struct skald_past *past = calloc(1, sizeof(*past));

	if (!past)
		return NULL;
	past->store = store;
	past->around = around;
	return past;
}

static void era_done(struct era *era)
{
	skald_engine_free(era->engine);
	skald_world_done(&era->world);
	memset(era, 0, sizeof(*era));
}

void skald_past_free(struct skald_past *past)
{
	if (!past)
		return;
	for (int i = 0; i < KEPT; i++)
		era_done(&past->eras[i]);
	free(past);
}

/* What the ruleset is in: of the world that was given, else as recorded. */
static int put_around(struct era *era, const struct skald_world *around)
{
	if (!around)
		return 0;
	era->world.rules_file = NULL;
	return skald_world_surround(&era->world, around);
}

static void take_row(void *user, const struct skald_generation_row *row)
{
	struct era *era = user;
	struct skald_world *world = &era->world;

	era->err =
		skald_ruleset_remake(row->bytecode, row->bytecode_len,
				     row->text, row->number, &world->ruleset);
	world->taken_ns = row->t_ns;
	world->netns = skald_arena_printf(&world->arena, "%s", row->netns);
	world->host = "";
	world->kernel = "";
	world->made_up = "";
	world->legacy_rules = "";
	world->rules_file = "";
	if (!era->err && !world->netns)
		era->err = -ENOMEM;
	if (!era->err)
		era->err = put_around(era, row->around);
}

static void make(struct skald_past *past, struct era *era,
		 const struct skald_generation_key *key)
{
	int err = skald_store_generation(past->store, key, take_row, era,
					 &era->error);

	if (err) {
		era->err = err;
		return;
	}
	if (!era->err)
		era->err = put_around(era, past->around);
	if (era->err)
		skald_error_set(&era->error, -era->err,
				"generation %u of %s is damaged in the store",
				key->number, key->netns);
	else
		era->err = skald_engine_new(&era->world, &era->engine,
					    &era->error);
}

static struct era *find(struct skald_past *past, int64_t id)
{
	struct era *oldest = past->eras;

	for (int i = 0; i < KEPT; i++) {
		struct era *era = &past->eras[i];

		if (era->id == id)
			return era;
		if (era->asked < oldest->asked)
			oldest = era;
	}
	era_done(oldest);
	past->last = NULL;
	return oldest;
}

/* Stories of one generation and of nearly the same time are many. */
static bool is_last(const struct skald_past *past,
		    const struct skald_story *story)
{
	return past->last && past->number == (uint32_t)story->generation &&
	       story->start_ns >= past->start_ns &&
	       story->start_ns - past->start_ns < NEAR_NS &&
	       story->start_ns < past->until_ns && story->netns &&
	       !strcmp(past->last->world.netns, story->netns);
}

int skald_past_engine(struct skald_past *past, const struct skald_story *story,
		      struct skald_engine **engine, struct skald_error *error)
{
	struct skald_generation_key key = {
		.netns = story->netns ? story->netns : "",
		.number = (uint32_t)story->generation,
		.t_ns = story->start_ns,
	};
	struct era *era;
	int64_t id;
	int err;

	if (is_last(past, story)) {
		*engine = past->last->engine;
		return 0;
	}
	err = skald_store_generation_id(past->store, &key, &id, error);
	if (err)
		return err;
	era = find(past, id);
	era->asked = ++past->asked;
	if (era->id != id) {
		era->id = id;
		make(past, era, &key);
	}
	if (era->err) {
		*error = era->error;
		return era->err;
	}
	err = skald_store_generation_until(past->store, &key, &past->until_ns,
					   error);
	if (err)
		return err;
	past->last = era;
	past->number = (uint32_t)story->generation;
	past->start_ns = story->start_ns;
	*engine = era->engine;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* All that comes of one packet in the engine, gathered. */
#include "sequel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static void forget(struct skald_sequel *sequel)
{
	for (size_t i = 0; i < sequel->n; i++)
		skald_story_done(&sequel->parts[i].story);
	sequel->n = 0;
}

void skald_sequel_done(struct skald_sequel *sequel)
{
	forget(sequel);
	free(sequel->parts);
	memset(sequel, 0, sizeof(*sequel));
}

/* Room for one more. */
static int grow(struct skald_sequel *sequel)
{
	size_t size = sequel->size ? sequel->size * 2 : 4;
	struct skald_sequel_part *parts;

	if (sequel->n < sequel->size)
		return 0;
	parts = reallocarray(sequel->parts, size, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	sequel->parts = parts;
	sequel->size = size;
	return 0;
}

/* Of the newest part; what it came of was there before it. */
static size_t parent_of(const struct skald_sequel *sequel)
{
	const struct skald_story *story = &sequel->parts[sequel->n].story;

	for (size_t i = 0; i < sequel->n && story->n_journey; i++) {
		if (sequel->parts[i].story.id == story->journey->story)
			return i;
	}
	return sequel->n;
}

static void keep(struct skald_sequel *sequel, const struct skald_engine *engine)
{
	struct skald_sequel_part *part = &sequel->parts[sequel->n];
	size_t parent = parent_of(sequel);

	part->parent = parent;
	part->answered = sequel->n;
	if (parent != sequel->n) {
		size_t answered = sequel->parts[parent].answered;

		if (skald_engine_is_answer(engine) || answered != parent)
			part->answered = answered;
	}
	sequel->n++;
}

int skald_sequel_run(struct skald_engine *engine,
		     const struct skald_engine_input *input,
		     struct skald_sequel *sequel)
{
	int err, more = 1;

	forget(sequel);
	err = grow(sequel);
	if (!err)
		err = skald_engine_run(engine, input, &sequel->parts->story);
	if (err)
		return err;
	while (more > 0) {
		keep(sequel, engine);
		more = grow(sequel);
		if (!more)
			more = skald_engine_next(
				engine, &sequel->parts[sequel->n].story);
	}
	if (more < 0)
		forget(sequel);
	return more;
}

static void name_parent(struct skald_story *story, uint64_t id)
{
	if (story->n_journey)
		story->journey->story = id;
	for (unsigned int i = 0; i < story->n_events; i++) {
		struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_CLONE)
			SKALD_SET(event, clone, story, id);
		else if (event->kind == SKALD_LOOP)
			SKALD_SET(event, loop, story, id);
	}
}

void skald_sequel_number(struct skald_sequel *sequel, size_t index, uint64_t id)
{
	sequel->parts[index].story.id = id;
	for (size_t i = index + 1; i < sequel->n; i++) {
		if (sequel->parts[i].parent == index)
			name_parent(&sequel->parts[i].story, id);
	}
}

static json_t *answers_of(const struct skald_sequel *sequel, size_t index)
{
	json_t *answers = json_array();

	for (size_t i = index + 1; i < sequel->n && answers; i++) {
		const struct skald_sequel_part *part = &sequel->parts[i];

		if (part->answered == index &&
		    json_array_append_new(
			    answers, skald_json_story(&part->story, true))) {
			json_decref(answers);
			answers = NULL;
		}
	}
	return answers;
}

char *skald_sequel_line(const struct skald_sequel *sequel, size_t index)
{
	json_t *object = skald_json_story(&sequel->parts[index].story, true);
	char *line = NULL;

	if (object &&
	    !json_object_set_new(object, "answers", answers_of(sequel, index)))
		line = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return line;
}

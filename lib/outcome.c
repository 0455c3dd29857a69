// SPDX-License-Identifier: GPL-2.0-only
/* All that comes of one packet in the engine, gathered. */
#include "outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static void forget(struct skald_outcome *outcome)
{
	for (size_t i = 0; i < outcome->n; i++)
		skald_story_done(&outcome->parts[i].story);
	outcome->n = 0;
}

void skald_outcome_done(struct skald_outcome *outcome)
{
	forget(outcome);
	free(outcome->parts);
	memset(outcome, 0, sizeof(*outcome));
}

/* Room for one more. */
static int grow(struct skald_outcome *outcome)
{
	size_t size = outcome->size ? outcome->size * 2 : 4;
	struct skald_outcome_part *parts;

	if (outcome->n < outcome->size)
		return 0;
	parts = reallocarray(outcome->parts, size, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	outcome->parts = parts;
	outcome->size = size;
	return 0;
}

/* Of the newest part; what it came of was there before it. */
static size_t parent_of(const struct skald_outcome *outcome)
{
	const struct skald_story *story = &outcome->parts[outcome->n].story;

	for (size_t i = 0; i < outcome->n && story->n_journey; i++) {
		if (outcome->parts[i].story.id == story->journey->story)
			return i;
	}
	return outcome->n;
}

static void keep(struct skald_outcome *outcome,
		 const struct skald_engine *engine)
{
	struct skald_outcome_part *part = &outcome->parts[outcome->n];
	size_t parent = parent_of(outcome);

	part->parent = parent;
	part->answered = outcome->n;
	if (parent != outcome->n) {
		size_t answered = outcome->parts[parent].answered;

		if (skald_engine_is_answer(engine) || answered != parent)
			part->answered = answered;
	}
	outcome->n++;
}

int skald_outcome_run(struct skald_engine *engine,
		      const struct skald_engine_input *input,
		      struct skald_outcome *outcome)
{
	int err, more = 1;

	forget(outcome);
	err = grow(outcome);
	if (!err)
		err = skald_engine_run(engine, input, &outcome->parts->story);
	if (err)
		return err;
	while (more > 0) {
		keep(outcome, engine);
		more = grow(outcome);
		if (!more)
			more = skald_engine_next(
				engine, &outcome->parts[outcome->n].story);
	}
	if (more < 0)
		forget(outcome);
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

void skald_outcome_number(struct skald_outcome *outcome, size_t index,
			  uint64_t id)
{
	outcome->parts[index].story.id = id;
	for (size_t i = index + 1; i < outcome->n; i++) {
		if (outcome->parts[i].parent == index)
			name_parent(&outcome->parts[i].story, id);
	}
}

static json_t *answers_of(const struct skald_outcome *outcome, size_t index)
{
	json_t *answers = json_array();

	for (size_t i = index + 1; i < outcome->n && answers; i++) {
		const struct skald_outcome_part *part = &outcome->parts[i];

		if (part->answered == index &&
		    json_array_append_new(
			    answers, skald_json_story(&part->story, true))) {
			json_decref(answers);
			answers = NULL;
		}
	}
	return answers;
}

char *skald_outcome_line(const struct skald_outcome *outcome, size_t index)
{
	json_t *object = skald_json_story(&outcome->parts[index].story, true);
	char *line = NULL;

	if (object &&
	    !json_object_set_new(object, "answers", answers_of(outcome, index)))
		line = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return line;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories as JSON, made from the lists of fields; docs/json.md is the contract.
 * Every function sets keys into an object that exists and tells whether there
 * was memory for it.
 */
#include "json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static json_t *clean_string(const char *text)
{
	char *copy = strdup(text);
	json_t *string;

	if (!copy)
		return NULL;
	string = json_string(skald_text_clean(copy));
	free(copy);
	return string;
}

/* A string from outside, NULL is null. Bytes that are no UTF-8 become '?'. */
static json_t *string_of(const char *text)
{
	json_t *string;

	if (!text)
		return json_null();
	string = json_string(text);
	return string ? string : clean_string(text);
}

/* JSON's integers end at 2^63 here: what is above stays exact as a string. */
static json_t *number_of(uint64_t number)
{
	if (number > INT64_MAX)
		return json_sprintf("%" PRIu64, number);
	return json_integer((json_int_t)number);
}

static json_t *value_of(const struct skald_value *value)
{
	char text[48];

	if (value->type == SKALD_VALUE_NUM)
		return number_of(value->num);
	return json_string(skald_value_format(value, text, sizeof(text)));
}

static json_t *word_of(const struct skald_word *words, uint64_t number)
{
	return json_string(skald_word(words, number));
}

/* Takes over @value. */
static bool set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool set_packet_text(json_t *object, const char *key, const char *text)
{
	return !*text || set(object, key, json_string(text));
}

json_t *skald_json_packet(const struct skald_packet *packet)
{
	json_t *object = json_object();
	unsigned int i;

	if (!object || !set_packet_text(object, "family", packet->family) ||
	    !set_packet_text(object, "proto", packet->proto) ||
	    !set_packet_text(object, "flags", packet->flags))
		goto err_object;
	for (i = 0; i < SKALD_N_P; i++) {
		if (packet->value[i].type == SKALD_VALUE_NONE)
			continue;
		if (!set(object, skald_packet_descs[i].name,
			 value_of(&packet->value[i])))
			goto err_object;
	}
	return object;

err_object:
	json_decref(object);
	return NULL;
}

static json_t *field_of(const struct skald_event *event,
			const struct skald_field *field)
{
	const void *at = (const char *)event + field->offset;

	switch (field->type) {
	case SKALD_TYPE_NUM:
		return number_of(*(const uint64_t *)at);
	case SKALD_TYPE_YES:
		return json_boolean(*(const uint64_t *)at);
	case SKALD_TYPE_STR:
		return string_of(*(const char *const *)at);
	case SKALD_TYPE_WORD:
		return word_of(field->words, *(const uint64_t *)at);
	case SKALD_TYPE_VAL:
		return value_of(at);
	}
	return NULL;
}

json_t *skald_json_event(const struct skald_event *event)
{
	const struct skald_kind *kind = &skald_kinds[event->kind];
	json_t *object = json_object();
	unsigned int i;

	if (!object || !set(object, "t_ns", number_of(event->t_ns)) ||
	    !set(object, "kind", json_string(kind->word)))
		goto err_object;
	for (i = 0; i < kind->n_fields; i++) {
		const struct skald_field *field = &kind->fields[i];

		if (!skald_field_present(event, field))
			continue;
		if (!set(object, field->name, field_of(event, field)))
			goto err_object;
	}
	return object;

err_object:
	json_decref(object);
	return NULL;
}

static json_t *word_or_null(const struct skald_word *words, uint64_t number)
{
	return number ? word_of(words, number) : json_null();
}

static json_t *ending_of(const struct skald_ending *ending)
{
	json_t *object = json_object();

	if (object &&
	    set(object, "kind", word_of(skald_words_of_ENDING, ending->kind)) &&
	    set(object, "reason", string_of(ending->reason)) &&
	    set(object, "hook",
		word_or_null(skald_words_of_HOOK, ending->hook)) &&
	    set(object, "family",
		word_or_null(skald_words_of_FAMILY, ending->family)) &&
	    set(object, "table", string_of(ending->table)) &&
	    set(object, "chain", string_of(ending->chain)) &&
	    set(object, "handle",
		ending->handle ? number_of(ending->handle) : json_null()) &&
	    set(object, "text", string_of(ending->text)))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *gaps_of(const struct skald_story *story)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; array && i < story->n_gaps; i++) {
		json_t *gap = json_object();

		if (!gap ||
		    !set(gap, "count", number_of(story->gaps[i].count)) ||
		    !set(gap, "where", string_of(story->gaps[i].where)) ||
		    json_array_append(array, gap) < 0) {
			json_decref(array);
			array = NULL;
		}
		json_decref(gap);
	}
	return array;
}

static json_t *journey_of(const struct skald_story *story)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; array && i < story->n_journey; i++) {
		const struct skald_link *link = &story->journey[i];
		json_t *object = json_object();

		if (!object ||
		    !set(object, "kind",
			 json_string(skald_kinds[link->kind].word)) ||
		    !set(object, "story", number_of(link->story)) ||
		    json_array_append(array, object) < 0) {
			json_decref(array);
			array = NULL;
		}
		json_decref(object);
	}
	return array;
}

static json_t *events_of(const struct skald_story *story)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; array && i < story->n_events; i++) {
		json_t *event = skald_json_event(&story->events[i]);

		if (json_array_append_new(array, event) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static bool set_head(json_t *object, const struct skald_story *story)
{
	return set(object, "id", number_of(story->id)) &&
	       set(object, "source",
		   word_of(skald_words_of_SOURCE, story->source)) &&
	       set(object, "host", string_of(story->host)) &&
	       set(object, "netns", string_of(story->netns)) &&
	       set(object, "start_ns", number_of(story->start_ns)) &&
	       set(object, "end_ns", number_of(story->end_ns)) &&
	       set(object, "packet", skald_json_packet(&story->packet)) &&
	       set(object, "final", skald_json_packet(&story->final)) &&
	       set(object, "iif", string_of(story->iif)) &&
	       set(object, "oif", string_of(story->oif)) &&
	       set(object, "ending", ending_of(&story->ending)) &&
	       set(object, "complete", json_boolean(story->complete)) &&
	       set(object, "gaps", gaps_of(story));
}

json_t *skald_json_story(const struct skald_story *story, bool with_events)
{
	json_t *object = json_object();

	if (object && set_head(object, story) &&
	    (!with_events || set(object, "events", events_of(story))) &&
	    set(object, "shape", number_of(story->shape)) &&
	    set(object, "generation", number_of(story->generation)) &&
	    set(object, "journey", journey_of(story)))
		return object;
	json_decref(object);
	return NULL;
}

char *skald_json_line(const struct skald_story *story, bool with_events)
{
	json_t *object = skald_json_story(story, with_events);
	char *line;

	if (!object)
		return NULL;
	line = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return line;
}

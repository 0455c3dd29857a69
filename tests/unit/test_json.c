// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories as JSON: the keys are a contract.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "random_event.h"
#include "sample_story.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void assert_keys(const json_t *object, const char *const *keys, size_t n)
{
	const char *key;
	json_t *value;
	size_t i = 0;

	json_object_foreach((json_t *)object, key, value)
	{
		cr_assert_lt(i, n, "unexpected key %s", key);
		cr_assert_str_eq(key, keys[i]);
		i++;
	}
	cr_assert_eq(i, n, "key %s is missing", keys[i]);
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));

	return string ? string : "(no string)";
}

static json_int_t number_at(const json_t *object, const char *key)
{
	const json_t *number = json_object_get(object, key);

	return json_is_integer(number) ? json_integer_value(number) : -1;
}

static json_t *sample_json(struct skald_story *story, bool with_events)
{
	json_t *json;

	sample_story(story);
	json = skald_json_story(story, with_events);
	cr_assert_not_null(json);
	return json;
}

Test(json, a_story_has_the_keys_of_the_contract_in_order)
{
	static const char *const keys[] = {
		"id",	      "source",	  "host",  "netns",  "start_ns",
		"end_ns",     "packet",	  "final", "iif",    "oif",
		"ending",     "complete", "gaps",  "events", "shape",
		"generation", "journey",
	};
	static const char *const ending_keys[] = {
		"kind",	 "reason", "hook",   "family",
		"table", "chain",  "handle", "text",
	};
	struct skald_story story;
	json_t *json = sample_json(&story, true);

	assert_keys(json, keys, N(keys));
	assert_keys(json_object_get(json, "ending"), ending_keys,
		    N(ending_keys));
	json_decref(json);
	skald_story_done(&story);
}

Test(json, a_story_says_what_happened)
{
	struct skald_story story;
	json_t *json = sample_json(&story, true);
	json_t *ending = json_object_get(json, "ending");

	cr_assert_eq(number_at(json, "id"), 17);
	cr_assert_str_eq(string_at(json, "source"), "nft");
	cr_assert_str_eq(string_at(json, "host"), "gate");
	cr_assert_str_eq(string_at(json, "netns"), "router");
	cr_assert_eq(number_at(json, "start_ns"), 1700000000120345000);
	cr_assert_str_eq(string_at(json, "iif"), "eth0");
	cr_assert(json_is_null(json_object_get(json, "oif")));
	cr_assert(json_is_true(json_object_get(json, "complete")));
	cr_assert_eq(json_array_size(json_object_get(json, "gaps")), 0);
	cr_assert_eq(number_at(json, "shape"), 3);
	cr_assert_eq(number_at(json, "generation"), 12);
	cr_assert_str_eq(string_at(ending, "kind"), "dropped");
	cr_assert_str_eq(string_at(ending, "hook"), "forward");
	cr_assert_str_eq(string_at(ending, "family"), "inet");
	cr_assert_str_eq(string_at(ending, "chain"), "forward");
	cr_assert_eq(number_at(ending, "handle"), 17);
	cr_assert_str_eq(string_at(ending, "text"), SAMPLE_DROP_RULE);
	json_decref(json);
	skald_story_done(&story);
}

Test(json, packet_and_final_are_before_and_after)
{
	struct skald_story story;
	json_t *json = sample_json(&story, true);
	json_t *packet = json_object_get(json, "packet");
	json_t *final = json_object_get(json, "final");

	cr_assert_str_eq(string_at(packet, "family"), "ip");
	cr_assert_str_eq(string_at(packet, "proto"), "tcp");
	cr_assert_str_eq(string_at(packet, "flags"), "S");
	cr_assert_str_eq(string_at(packet, "saddr"), "10.1.0.2");
	cr_assert_str_eq(string_at(packet, "daddr"), "10.1.0.1");
	cr_assert_eq(number_at(packet, "dport"), 8080);
	cr_assert_eq(number_at(packet, "len"), 60);
	cr_assert_eq(number_at(packet, "mark"), 0);
	cr_assert_null(json_object_get(packet, "icmp_type"));
	cr_assert_str_eq(string_at(final, "daddr"), "10.2.0.2");
	cr_assert_eq(number_at(final, "dport"), 80);
	cr_assert_eq(number_at(final, "ttl"), 63);
	cr_assert_eq(number_at(final, "mark"), 16);
	json_decref(json);
	skald_story_done(&story);
}

Test(json, events_have_their_fields_and_no_others)
{
	static const char *const conntrack[] = { "t_ns", "kind", "id", "state",
						 "direction" };
	static const char *const mangle[] = { "t_ns", "kind", "field",
					      "old",  "new",  "by" };
	struct skald_story story;
	json_t *json = sample_json(&story, true);
	json_t *events = json_object_get(json, "events");
	json_t *event = json_array_get(events, 1);

	cr_assert_eq(json_array_size(events), story.n_events);
	assert_keys(event, conntrack, N(conntrack));
	cr_assert_eq(number_at(event, "t_ns"),
		     (json_int_t)story.start_ns + 7300);
	cr_assert_str_eq(string_at(event, "state"), "new");
	event = json_array_get(events, 7);
	assert_keys(event, mangle, N(mangle));
	cr_assert_str_eq(string_at(event, "field"), "daddr");
	cr_assert_str_eq(string_at(event, "old"), "10.1.0.1");
	cr_assert_str_eq(string_at(event, "new"), "10.2.0.2");
	event = json_array_get(events, 8);
	cr_assert_eq(number_at(event, "old"), 8080);
	cr_assert_eq(number_at(event, "new"), 80);
	event = json_array_get(events, 9);
	cr_assert_str_eq(string_at(event, "kind"), "route");
	cr_assert(json_is_true(json_object_get(event, "agrees")));
	cr_assert_str_eq(string_at(event, "origin"), "recomputed");
	json_decref(json);
	skald_story_done(&story);
}

Test(json, a_list_has_no_events)
{
	struct skald_story story;
	json_t *json = sample_json(&story, false);

	cr_assert_null(json_object_get(json, "events"));
	cr_assert_not_null(json_object_get(json, "journey"));
	json_decref(json);
	skald_story_done(&story);
}

Test(json, gaps_and_journeys_are_objects)
{
	struct skald_gap gap = { 3, "netlink socket" };
	struct skald_link link = { SKALD_LOOP, 99 };
	struct skald_story story;
	json_t *json, *first;

	sample_story(&story);
	story.gaps = &gap;
	story.n_gaps = 1;
	story.journey = &link;
	story.n_journey = 1;
	json = skald_json_story(&story, true);
	first = json_array_get(json_object_get(json, "gaps"), 0);
	cr_assert_eq(number_at(first, "count"), 3);
	cr_assert_str_eq(string_at(first, "where"), "netlink socket");
	first = json_array_get(json_object_get(json, "journey"), 0);
	cr_assert_str_eq(string_at(first, "kind"), "loop");
	cr_assert_eq(number_at(first, "story"), 99);
	json_decref(json);
	skald_story_done(&story);
}

static const char *const json_types[] = {
	[SKALD_TYPE_NUM] = "number", [SKALD_TYPE_YES] = "claim",
	[SKALD_TYPE_STR] = "string", [SKALD_TYPE_VAL] = "value",
	[SKALD_TYPE_WORD] = "word",
};

static bool has_type(const json_t *value, enum skald_field_type type)
{
	switch (type) {
	case SKALD_TYPE_NUM:
		/* above 2^63 as a string */
		return json_is_integer(value) || json_is_string(value);
	case SKALD_TYPE_YES:
		return json_is_boolean(value);
	case SKALD_TYPE_STR:
	case SKALD_TYPE_WORD:
		return json_is_string(value);
	case SKALD_TYPE_VAL:
		return json_is_integer(value) || json_is_string(value);
	}
	return false;
}

Test(json, every_field_of_every_kind_is_there_when_it_is_present)
{
	struct dice dice = { 21 };
	unsigned int i, j;

	for (i = 0; i < 50 * SKALD_N_KINDS; i++) {
		const struct skald_kind *kind = &skald_kinds[i % SKALD_N_KINDS];
		struct skald_arena arena = { 0 };
		struct skald_event event;
		json_t *json;

		roll_event(&dice, &arena, i % SKALD_N_KINDS, &event);
		json = skald_json_event(&event);
		cr_assert_not_null(json, "%s", kind->word);
		cr_assert_str_eq(string_at(json, "kind"), kind->word);
		for (j = 0; j < kind->n_fields; j++) {
			const struct skald_field *field = &kind->fields[j];
			json_t *value = json_object_get(json, field->name);

			cr_assert_eq(value != NULL, event.present >> j & 1,
				     "%s.%s", kind->word, field->name);
			cr_assert(!value || has_type(value, field->type),
				  "%s.%s is no %s", kind->word, field->name,
				  json_types[field->type]);
		}
		json_decref(json);
		skald_arena_done(&arena);
	}
}

Test(json, a_line_is_one_line_of_valid_json_whatever_the_names_are)
{
	struct dice dice = { 22 };
	unsigned int i;

	for (i = 0; i < 300; i++) {
		struct skald_story story;
		json_error_t error;
		json_t *json;
		char *line;

		roll_story(&dice, &story);
		line = skald_json_line(&story, true);
		cr_assert_not_null(line);
		cr_assert_null(strchr(line, '\n'));
		json = json_loads(line, 0, &error);
		cr_assert_not_null(json, "%s", error.text);
		json_decref(json);
		free(line);
		skald_story_done(&story);
	}
}

Test(json, bytes_that_are_no_utf8_become_question_marks)
{
	struct skald_story story;
	json_t *json;

	sample_story(&story);
	story.netns = "caf\xc3\xa9";
	story.iif = "et\xff\xfeh";
	json = skald_json_story(&story, false);
	cr_assert_str_eq(string_at(json, "netns"), "caf\xc3\xa9");
	cr_assert_str_eq(string_at(json, "iif"), "et??h");
	json_decref(json);
	skald_story_done(&story);
}

Test(json, numbers_above_two_to_the_63_stay_exact)
{
	struct skald_story story;
	json_t *json;

	sample_story(&story);
	story.ending.handle = UINT64_MAX;
	json = skald_json_story(&story, false);
	cr_assert_str_eq(string_at(json_object_get(json, "ending"), "handle"),
			 "18446744073709551615");
	json_decref(json);
	skald_story_done(&story);
}

/* jansson takes its memory from here. */
static long allocations_left = -1;

static void *scarce_malloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	return malloc(size);
}

Test(json, no_memory_is_null_at_every_allocation)
{
	struct skald_story story;
	char *line = NULL;
	long n;

	sample_story(&story);
	json_set_alloc_funcs(scarce_malloc, free);
	for (n = 0; n < 100000 && !line; n++) {
		allocations_left = n;
		line = skald_json_line(&story, true);
	}
	allocations_left = -1;
	cr_assert_not_null(line);
	cr_assert_gt(n, 100, "only %ld allocations", n);
	free(line);
	skald_story_done(&story);
}

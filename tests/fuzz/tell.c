// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells stories in every way and checks what can be checked of any story.
 */
#include "tell.h"

#include "json.h"
#include "output.h"
#include "print.h"

char *tell_json(const struct skald_story *story)
{
	char *line = skald_json_line(story, true);
	json_error_t error;
	json_t *json;

	fuzz_check(line);
	fuzz_check(!strchr(line, '\n'));
	json = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	fuzz_check(json_is_object(json));
	fuzz_check(json_array_size(json_object_get(json, "events")) ==
		   story->n_events);
	json_decref(json);
	return line;
}

static void tell_short(const struct skald_story *story)
{
	char answer[64], summary[32];
	char *line = skald_json_line(story, false);

	fuzz_check(line);
	free(line);
	(void)skald_story_answer(story, answer, sizeof(answer));
	fuzz_check(memchr(answer, '\0', sizeof(answer)));
	(void)skald_packet_summary(&story->packet, summary, sizeof(summary));
	fuzz_check(memchr(summary, '\0', sizeof(summary)));
	(void)skald_packet_summary(&story->final, summary, 1);
	fuzz_check(!*summary);
	(void)skald_story_loaded(story);
}

/* No terminal may be told what to do by a packet or a ruleset. */
static void check_text(const struct skald_buffer *text)
{
	size_t i;

	for (i = 0; i < text->len; i++)
		fuzz_check(text->data[i] >= ' ' || text->data[i] == '\n');
}

static void print(const struct skald_story *story, unsigned int width,
		  bool is_verbose)
{
	struct skald_buffer text = { 0 };
	struct skald_output output = skald_output_buffer(&text);
	struct skald_output_sink sink;

	skald_output_sink(&sink, &output);
	sink.sink.width = width;
	sink.sink.ascii = width == 20;
	sink.sink.verbose = is_verbose;
	skald_print_story_loaded(story, width ? "12:03 by pid 9" : NULL,
				 &sink.sink);
	skald_print_line(story, &sink.sink);
	fuzz_check(!sink.status);
	check_text(&text);
	skald_buffer_done(&text);
}

void tell_once(const struct skald_story *story)
{
	free(tell_json(story));
	print(story, 80, true);
}

void tell_people(const struct skald_story *story)
{
	tell_short(story);
	print(story, 0, false);
	print(story, 20, true);
	print(story, 80, true);
}

static void check_same(const struct skald_story *a, const struct skald_story *b)
{
	char *line_a = tell_json(a), *line_b = tell_json(b);

	fuzz_check(!strcmp(line_a, line_b));
	free(line_a);
	free(line_b);
}

static int same_bytes(const struct skald_buffer *a,
		      const struct skald_buffer *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

void tell_again(const struct skald_story *story)
{
	struct skald_buffer shape[2] = { { 0 } }, own[2] = { { 0 } };
	struct skald_packed packed;
	struct skald_story again;
	unsigned int i;

	fuzz_check(!skald_story_pack(story, &shape[0], &own[0], &packed));
	fuzz_check(!skald_story_unpack(&packed, &again));
	check_same(story, &again);
	fuzz_check(!skald_story_pack(&again, &shape[1], &own[1], &packed));
	fuzz_check(same_bytes(&shape[0], &shape[1]));
	fuzz_check(same_bytes(&own[0], &own[1]));
	skald_story_done(&again);
	for (i = 0; i < 2; i++) {
		skald_buffer_done(&shape[i]);
		skald_buffer_done(&own[i]);
	}
}

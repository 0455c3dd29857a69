// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSV (RFC 4180): a header line, then one line a story. One function names the
 * columns and fills them; those of the packet come from SKALD_PACKET_FIELDS,
 * once as it came (packet_*) and once as it was last seen (final_*).
 */
#include "export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX 64

/* A line in the making; in the first one every column writes its name. */
struct line {
	struct skald_buffer bytes;
	bool is_header;
	bool begun;
};

static void put(struct line *line, const char *text, size_t len)
{
	skald_buffer_put(&line->bytes, text, len);
}

/* Quoted where the content needs it; a quote inside is doubled. */
static void cell(struct line *line, const char *text)
{
	if (line->begun)
		put(line, ",", 1);
	line->begun = true;
	if (!text[strcspn(text, ",\"\r\n")]) {
		put(line, text, strlen(text));
		return;
	}
	put(line, "\"", 1);
	for (; *text; text++) {
		if (*text == '"')
			put(line, "\"", 1);
		put(line, text, 1);
	}
	put(line, "\"", 1);
}

static void column(struct line *line, const char *name, const char *text)
{
	if (line->is_header)
		cell(line, name);
	else
		cell(line, text ? text : "");
}

static void number(struct line *line, const char *name, uint64_t value)
{
	char text[CELL_MAX];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	column(line, name, text);
}

/* The word, or nothing for the word that stands for nothing. */
static void word(struct line *line, const char *name,
		 const struct skald_word *words, uint64_t value,
		 uint64_t nothing)
{
	column(line, name, value == nothing ? NULL : skald_word(words, value));
}

static void packet_string(struct line *line, const char *prefix,
			  const char *field, const char *text)
{
	char name[CELL_MAX];

	snprintf(name, sizeof(name), "%s_%s", prefix, field);
	column(line, name, text);
}

static void packet_columns(struct line *line, const char *prefix,
			   const struct skald_packet *packet)
{
	const struct skald_value *value;
	char text[CELL_MAX];
	unsigned int i;

	packet_string(line, prefix, "family", packet->family);
	packet_string(line, prefix, "proto", packet->proto);
	packet_string(line, prefix, "flags", packet->flags);
	for (i = 0; i < SKALD_N_P; i++) {
		value = &packet->value[i];
		text[0] = '\0';
		if (value->type != SKALD_VALUE_NONE)
			skald_value_format(value, text, sizeof(text));
		packet_string(line, prefix, skald_packet_descs[i].name, text);
	}
}

static void ending_columns(struct line *line, const struct skald_ending *ending)
{
	word(line, "ending_kind", skald_words_of_ENDING, ending->kind, ~0ull);
	column(line, "ending_reason", ending->reason);
	word(line, "ending_hook", skald_words_of_HOOK, ending->hook,
	     SKALD_HOOK_NONE);
	word(line, "ending_family", skald_words_of_FAMILY, ending->family,
	     SKALD_FAMILY_UNSPEC);
	column(line, "ending_table", ending->table);
	column(line, "ending_chain", ending->chain);
	number(line, "ending_handle", ending->handle);
	column(line, "ending_text", ending->text);
}

static uint64_t lost(const struct skald_story *story)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < story->n_gaps; i++)
		sum += story->gaps[i].count;
	return sum;
}

static void story_columns(struct line *line, const struct skald_story *story,
			  const char *answer)
{
	number(line, "id", story->id);
	word(line, "source", skald_words_of_SOURCE, story->source, ~0ull);
	column(line, "host", story->host);
	column(line, "netns", story->netns);
	number(line, "start_ns", story->start_ns);
	number(line, "end_ns", story->end_ns);
	number(line, "generation", story->generation);
	column(line, "iif", story->iif);
	column(line, "oif", story->oif);
	column(line, "complete", story->complete ? "true" : "false");
	number(line, "lost", lost(story));
	number(line, "shape", story->shape);
	number(line, "n_events", story->n_events);
	column(line, "answer", answer);
	ending_columns(line, &story->ending);
	packet_columns(line, "packet", &story->packet);
	packet_columns(line, "final", &story->final);
}

static int finish(const struct skald_output *output, struct line *line)
{
	int ret = -ENOMEM;

	put(line, "\r\n", 2);
	if (!line->bytes.failed)
		ret = skald_output_write(output, line->bytes.data,
					 line->bytes.len);
	skald_buffer_done(&line->bytes);
	return ret;
}

static int csv_begin(const struct skald_output *output, void **state)
{
	static const struct skald_story nothing;
	struct line line = { .is_header = true };

	story_columns(&line, &nothing, NULL);
	return finish(output, &line);
}

static int csv_story(const struct skald_output *output, void *state,
		     const struct skald_story *story)
{
	struct line line = { 0 };
	char answer[1024];

	skald_story_answer(story, answer, sizeof(answer));
	story_columns(&line, story, answer);
	return finish(output, &line);
}

const struct skald_export_format skald_export_csv = {
	.name = "csv",
	.help = "comma-separated values: one story a line, a header line first",
	.begin = csv_begin,
	.story = csv_story,
};

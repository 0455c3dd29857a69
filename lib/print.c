// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories as text: the answer, what packet it was, and one-line stories. The
 * path is in print_path.c.
 */
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pen.h"

#define NS_PER_S 1000000000ull

/* Room for the answer with a long rule, and for a packet. */
#define ANSWER_MAX 1024
#define SUMMARY_MAX 256

/* The longest word for an ending is DELIVERED. */
#define ENDING_COLUMNS "9"

static enum skald_ink ending_ink(const struct skald_ending *ending)
{
	switch ((enum skald_words_ENDING)ending->kind) {
	case SKALD_ENDING_DROPPED:
		return SKALD_INK_BAD;
	case SKALD_ENDING_DELIVERED:
	case SKALD_ENDING_SENT:
		return SKALD_INK_GOOD;
	case SKALD_ENDING_UNKNOWN:
	case SKALD_ENDING_CONSUMED:
		break;
	}
	return SKALD_INK_WARN;
}

/**
 * struct answer - how a story ended, in two parts
 * @text: "DROPPED", behind its end the rest
 * @rest: "in inet fw forward by rule 17 …", NULL: there is none
 * @ink: colour of the first word
 */
struct answer {
	char text[ANSWER_MAX];
	const char *rest;
	enum skald_ink ink;
};

static void answer_of(const struct skald_story *story, struct answer *answer)
{
	char *space;

	answer->ink = ending_ink(&story->ending);
	skald_story_answer(story, answer->text, sizeof(answer->text));
	space = strchr(answer->text, ' ');
	if (space)
		*space++ = '\0';
	answer->rest = space;
}

/* The answer's first word in its colour, the rest plain. */
static void put_answer(struct skald_pen *pen, const struct skald_story *story)
{
	struct answer answer;

	answer_of(story, &answer);
	skald_pen_put(pen, answer.ink, answer.text);
	if (!answer.rest)
		return;
	skald_pen_put(pen, SKALD_INK_PLAIN, " ");
	skald_pen_put(pen, SKALD_INK_TITLE, answer.rest);
}

static void print_answer(const struct skald_story *story, const char *loaded,
			 const struct skald_sink *sink)
{
	uint64_t generation = skald_story_loaded(story);
	struct skald_pen pen = { .sink = sink };

	skald_pen_start(&pen, 0);
	pen.hang = 4;
	put_answer(&pen, story);
	if (loaded)
		skald_pen_printf(&pen, SKALD_INK_PLAIN, ", loaded %s", loaded);
	else if (generation)
		skald_pen_printf(&pen, SKALD_INK_PLAIN,
				 ", loaded with generation %" PRIu64,
				 generation);
	skald_pen_end(&pen);
}

static void print_packet(const struct skald_story *story,
			 const struct skald_sink *sink)
{
	struct skald_pen pen = { .sink = sink };
	char first[SUMMARY_MAX], last[SUMMARY_MAX];

	skald_packet_summary(&story->packet, first, sizeof(first));
	skald_packet_summary(&story->final, last, sizeof(last));
	skald_pen_start(&pen, 2);
	skald_pen_put(&pen, SKALD_INK_VALUE, first);
	skald_pen_end(&pen);
	if (strcmp(first, last) == 0)
		return;
	skald_pen_start(&pen, 1);
	skald_pen_arrow(&pen);
	skald_pen_put(&pen, SKALD_INK_NEW, last);
	skald_pen_end(&pen);
}

static void put_interfaces(struct skald_pen *pen,
			   const struct skald_story *story)
{
	const char *iif = story->iif, *oif = story->oif;

	if (iif && oif)
		skald_pen_printf(pen, SKALD_INK_PLAIN, "%s > %s", iif, oif);
	else if (iif)
		skald_pen_printf(pen, SKALD_INK_PLAIN, "in by %s", iif);
	else if (oif)
		skald_pen_printf(pen, SKALD_INK_PLAIN, "out by %s", oif);
	if (iif || oif)
		skald_pen_dot(pen);
}

/* Local time, with @digits behind the point */
static void put_time(struct skald_pen *pen, uint64_t t_ns, bool with_date,
		     unsigned int digits)
{
	time_t seconds = (time_t)(t_ns / NS_PER_S);
	char text[40], fraction[12];
	struct tm tm;

	if (!localtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text),
		      with_date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm))
		return;
	(void)snprintf(fraction, sizeof(fraction), "%09u",
		       (unsigned int)(t_ns % NS_PER_S));
	skald_pen_printf(pen, SKALD_INK_PLAIN, "%s.%.*s", text, (int)digits,
			 fraction);
}

static void print_circumstances(const struct skald_story *story,
				const struct skald_sink *sink)
{
	struct skald_pen pen = { .sink = sink };
	char duration[32];

	skald_pen_start(&pen, 2);
	put_interfaces(&pen, story);
	if (story->netns) {
		skald_pen_printf(&pen, SKALD_INK_PLAIN, "netns %s",
				 story->netns);
		skald_pen_dot(&pen);
	}
	put_time(&pen, story->start_ns, true, 6);
	if (story->end_ns != story->start_ns) {
		skald_pen_dot(&pen);
		skald_pen_duration(sink, story->end_ns - story->start_ns,
				   duration, sizeof(duration));
		skald_pen_put(&pen, SKALD_INK_PLAIN, duration);
	}
	if (story->id) {
		skald_pen_dot(&pen);
		skald_pen_printf(&pen, SKALD_INK_PLAIN, "#%" PRIu64, story->id);
	}
	skald_pen_end(&pen);
}

static void print_gap(const struct skald_gap *gap,
		      const struct skald_sink *sink)
{
	struct skald_pen pen = { .sink = sink };

	skald_pen_start(&pen, 2);
	skald_pen_put(&pen, SKALD_INK_WARN, "GAP ");
	skald_pen_hang(&pen);
	if (gap->count)
		skald_pen_printf(&pen, SKALD_INK_WARN,
				 "%" PRIu64 " event%s missing: ", gap->count,
				 gap->count == 1 ? "" : "s");
	skald_pen_put(&pen, SKALD_INK_WARN,
		      gap->where ? gap->where : "events are missing");
	skald_pen_end(&pen);
}

static void print_trust(const struct skald_story *story,
			const struct skald_sink *sink)
{
	struct skald_pen pen = { .sink = sink };
	unsigned int i;

	for (i = 0; i < story->n_gaps; i++)
		print_gap(&story->gaps[i], sink);
	if (story->n_gaps)
		return;
	skald_pen_start(&pen, 2);
	if (story->complete)
		skald_pen_put(&pen, SKALD_INK_GOOD, "COMPLETE");
	else
		skald_pen_put(&pen, SKALD_INK_WARN, "NOT COMPLETE");
	skald_pen_end(&pen);
}

static void print_journey(const struct skald_story *story,
			  const struct skald_sink *sink)
{
	struct skald_pen pen = { .sink = sink };
	unsigned int i;

	if (!story->n_journey)
		return;
	skald_pen_start(&pen, 2);
	skald_pen_put(&pen, SKALD_INK_PLAIN, "belongs together with ");
	skald_pen_hang(&pen);
	for (i = 0; i < story->n_journey; i++)
		skald_pen_printf(&pen, SKALD_INK_VALUE, "%s#%" PRIu64 " (%s)",
				 i ? ", " : "", story->journey[i].story,
				 skald_kinds[story->journey[i].kind].word);
	skald_pen_end(&pen);
}

void skald_print_story_loaded(const struct skald_story *story,
			      const char *loaded, const struct skald_sink *sink)
{
	print_answer(story, loaded, sink);
	print_packet(story, sink);
	print_circumstances(story, sink);
	print_trust(story, sink);
	print_journey(story, sink);
	skald_pen_blank(sink);
	skald_print_path(story, sink);
}

void skald_print_story(const struct skald_story *story,
		       const struct skald_sink *sink)
{
	skald_print_story_loaded(story, NULL, sink);
}

void skald_print_line(const struct skald_story *story,
		      const struct skald_sink *sink)
{
	struct skald_pen pen = { .sink = sink, .cut = true };
	char packet[SUMMARY_MAX];
	struct answer answer;

	skald_pen_start(&pen, 0);
	if (story->id)
		skald_pen_printf(&pen, SKALD_INK_DIM, "#%-4" PRIu64 " ",
				 story->id);
	put_time(&pen, story->start_ns, false, 3);
	answer_of(story, &answer);
	skald_pen_put(&pen, SKALD_INK_PLAIN, " ");
	skald_pen_printf(&pen, answer.ink, "%-" ENDING_COLUMNS "s ",
			 answer.text);
	if (!story->complete)
		skald_pen_put(&pen, SKALD_INK_WARN, "GAP ");
	skald_packet_summary(&story->packet, packet, sizeof(packet));
	skald_pen_put(&pen, SKALD_INK_VALUE, packet);
	if (answer.rest) {
		skald_pen_put(&pen, SKALD_INK_PLAIN, " ");
		skald_pen_put(&pen, SKALD_INK_PLAIN, answer.rest);
	}
	skald_pen_end(&pen);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer: how a packet ended, and who ended it, in one line.
 */
#include "story.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static void add_kind(const struct skald_ending *ending, char *text, size_t size)
{
	const char *word = skald_word(skald_words_of_ENDING, ending->kind);

	while (*word)
		skald_text_add(text, size, "%c", toupper(*word++));
}

static void add_chain(const struct skald_ending *ending, char *text,
		      size_t size)
{
	skald_text_add(text, size, " in %s %s %s",
		       skald_word(skald_words_of_FAMILY, ending->family),
		       ending->table ? ending->table : "?", ending->chain);
	if (ending->handle) {
		skald_text_add(text, size, " by rule %" PRIu64, ending->handle);
		if (ending->text)
			skald_text_add(text, size, " \"%s\"", ending->text);
	} else if (ending->text) {
		skald_text_add(text, size, " by %s", ending->text);
	}
}

static void add_place(const struct skald_story *story, char *text, size_t size)
{
	const struct skald_ending *ending = &story->ending;

	switch ((enum skald_words_ENDING)ending->kind) {
	case SKALD_ENDING_SENT:
		if (story->oif)
			skald_text_add(text, size, " to %s", story->oif);
		break;
	case SKALD_ENDING_DROPPED:
	case SKALD_ENDING_CONSUMED:
	case SKALD_ENDING_DELIVERED:
		if (ending->hook != SKALD_HOOK_NONE)
			skald_text_add(text, size, " at %s",
				       skald_word(skald_words_of_HOOK,
						  ending->hook));
		break;
	case SKALD_ENDING_UNKNOWN:
		/* the reason says where */
		break;
	}
	if (ending->reason)
		skald_text_add(text, size, " (%s)", ending->reason);
}

char *skald_story_answer(const struct skald_story *story, char *text,
			 size_t size)
{
	if (!size)
		return text;
	text[0] = '\0';
	add_kind(&story->ending, text, size);
	if (story->ending.chain)
		add_chain(&story->ending, text, size);
	else
		add_place(story, text, size);
	return skald_text_clean(text);
}

static bool ended_story(const struct skald_event *event,
			const struct skald_ending *ending)
{
	return event->kind == SKALD_RULE && SKALD_HAS(event, rule, loaded) &&
	       SKALD_HAS(event, rule, table) &&
	       event->ev_rule.handle == ending->handle &&
	       event->ev_rule.family == ending->family && ending->table &&
	       strcmp(event->ev_rule.table, ending->table) == 0;
}

uint64_t skald_story_loaded(const struct skald_story *story)
{
	unsigned int i;

	if (!story->ending.handle)
		return 0;
	for (i = story->n_events; i > 0; i--) {
		const struct skald_event *event = &story->events[i - 1];

		if (ended_story(event, &story->ending))
			return event->ev_rule.loaded;
	}
	return 0;
}

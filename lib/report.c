// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports: the order of the page. Called by "skald report" and the browser.
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report_parts.h"

/* The same ruleset and machine are told once for all stories. */
static bool same_world(const struct skald_story *a, const struct skald_story *b)
{
	return a->generation == b->generation && a->netns && b->netns &&
	       !strcmp(a->netns, b->netns);
}

static void worlds(struct skald_md *md, struct skald_store *store,
		   const struct skald_story *stories, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < i; j++)
			if (same_world(&stories[i], &stories[j]))
				break;
		if (j == i)
			skald_report_ruleset(md, store, &stories[i]);
	}
}

/* A word of a shell command that means nothing but itself. */
static void shell_word(struct skald_md *md, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:=@%+,";
	size_t len = strspn(word, plain);

	if (len && !word[len]) {
		skald_md_printf(md, "%s", word);
		return;
	}
	skald_md_printf(md, "'");
	for (; *word; word++) {
		if (*word == '\'')
			skald_md_printf(md, "'\\''");
		else
			skald_md_printf(md, "%c",
					(unsigned char)*word < ' ' ? '?'
								   : *word);
	}
	skald_md_printf(md, "'");
}

static const char *classifier_of(const struct skald_story *story)
{
	const struct skald_event *event = story->events;

	if (!story->n_events || event->kind != SKALD_MARK ||
	    !SKALD_HAS(event, mark, classifier))
		return NULL;
	return event->ev_mark.classifier;
}

static void reproduce(struct skald_md *md, const struct skald_report_wish *wish,
		      const struct skald_story *story)
{
	const char *expression = classifier_of(story);
	size_t i;

	skald_md_printf(md, "\n## How to see it again\n\n"
			    "Load the ruleset above, then follow such a packet "
			    "while it is sent:\n\n" SKALD_MD_FENCE
			    "sh\nskald follow -n 1");
	if (story->netns && strcmp(story->netns, "host") &&
	    strncmp(story->netns, "net:", 4)) {
		skald_md_printf(md, " --netns ");
		shell_word(md, story->netns);
	}
	if (expression && *expression) {
		skald_md_printf(md, " ");
		shell_word(md, expression);
	}
	skald_md_printf(
		md, "\n" SKALD_MD_FENCE
		    "\n\nThe recorded stories are shown by\n\n" SKALD_MD_FENCE
		    "sh\nskald show");
	if (wish->store_path) {
		skald_md_printf(md, " -d ");
		shell_word(md, wish->store_path);
	}
	for (i = 0; i < wish->n_ids; i++)
		skald_md_printf(md, " %" PRIu64, wish->ids[i]);
	skald_md_printf(md, "\n" SKALD_MD_FENCE "\n");
}

static void head(struct skald_md *md, const struct skald_story *story)
{
	struct timespec now;
	char answer[1024];

	skald_md_printf(md, "# ");
	skald_md_code(md, skald_story_answer(story, answer, sizeof(answer)));
	clock_gettime(CLOCK_REALTIME, &now);
	skald_md_printf(md,
			"\n\nA packet's story, written by skald " SKALD_VERSION
			" at ");
	skald_md_time(md, (uint64_t)now.tv_sec * 1000000000 +
				  (uint64_t)now.tv_nsec);
	skald_md_printf(md, ".\n");
}

/* Whether the store knows of losses outside these stories. */
static void store_losses(struct skald_md *md, struct skald_store *store)
{
	struct skald_store_summary summary;

	if (skald_store_summary(store, &summary, NULL))
		return;
	if (summary.lost)
		skald_md_printf(md,
				"\nThe whole recording lost %" PRIu64
				" events; a story that misses one says "
				"so.\n",
				summary.lost);
	else
		skald_md_printf(md, "\nThe whole recording lost no events.\n");
}

static int write_page(const struct skald_report_wish *wish,
		      const struct skald_output *output,
		      const struct skald_story *stories)
{
	struct skald_md md = { .output = output };
	size_t i;

	head(&md, &stories[0]);
	for (i = 0; i < wish->n_ids; i++)
		skald_report_story(&md, wish->store, &stories[i]);
	worlds(&md, wish->store, stories, wish->n_ids);
	store_losses(&md, wish->store);
	skald_report_machine(&md, &stories[0]);
	reproduce(&md, wish, &stories[0]);
	return md.status;
}

int skald_report_write(const struct skald_report_wish *wish,
		       const struct skald_output *output,
		       struct skald_error *error)
{
	struct skald_story *stories;
	size_t n;
	int ret = 0;

	if (!wish->n_ids)
		return skald_error_set(error, EINVAL, "no story to report");
	stories = calloc(wish->n_ids, sizeof(*stories));
	if (!stories)
		return skald_error_set(error, ENOMEM, "no memory");
	for (n = 0; n < wish->n_ids && !ret; n++)
		ret = skald_store_story(wish->store, wish->ids[n], &stories[n],
					error);
	if (!ret) {
		ret = write_page(wish, output, stories);
		if (ret)
			skald_error_set(error, -ret,
					"cannot write the report: %s",
					strerror(-ret));
	}
	while (n--)
		skald_story_done(&stories[n]);
	free(stories);
	return ret;
}

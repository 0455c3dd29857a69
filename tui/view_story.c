// SPDX-License-Identifier: GPL-2.0-only
/*
 * One story in full, as lib/print.h tells it. Lines that tell of a rule lead
 * to the ruleset, the line with the journey to the other stories.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "browser.h"
#include "list.h"

#define MARGIN 1

/**
 * struct tale - the story view's own
 * @story: the story
 * @verbose: every event
 * @link: the journey link that was followed last
 */
struct tale {
	struct skald_story story;
	bool verbose;
	unsigned int link;
};

static struct tale *tale_of(struct skald_view *view)
{
	return skald_view_private(view);
}

static int story_open(struct skald_view *view, uint64_t id,
		      struct skald_error *error)
{
	const struct skald_browser_source *source = &view->browser->source;

	return source->ops->story(source->source, id, &tale_of(view)->story,
				  error);
}

static void story_close(struct skald_view *view)
{
	skald_story_done(&tale_of(view)->story);
}

static void story_fill(struct skald_view *view)
{
	const struct tale *tale = tale_of(view);
	struct skald_sink sink = {
		.width = (unsigned int)view->area.columns - MARGIN,
		.ascii = view->browser->screen.ascii,
		.verbose = tale->verbose,
	};

	if (view->area.columns <= 2 * MARGIN)
		sink.width = 0;
	view->page.margin = MARGIN;
	skald_page_sink(&view->page, &sink);
	skald_print_story(&tale->story, &sink);
}

static void story_head(struct skald_view *view, struct skald_page *page)
{
	const struct skald_story *story = &tale_of(view)->story;
	char packet[256];

	skald_page_printf(
		page, SKALD_PAINT_PLAIN, " #%" PRIu64 "  %s%s", story->id,
		skald_packet_summary(&story->packet, packet, sizeof(packet)),
		story->pinned ? "  pinned" : "");
}

static void story_state(struct skald_view *view, char *text, size_t size)
{
	const struct tale *tale = tale_of(view);

	snprintf(text, size, "%s%u event%s  line %zu of %zu",
		 tale->verbose ? "all of " : "", tale->story.n_events,
		 tale->story.n_events == 1 ? "" : "s",
		 view->rows ? view->cursor + 1 : 0, view->rows);
}

/* ---- what the cursor's line leads to ---- */

static bool mentions(const char *text, const char *what)
{
	const char *found = strstr(text, what);
	size_t len = strlen(what);

	return found && (found[len] < '0' || found[len] > '9');
}

static uint64_t event_handle(const struct skald_event *event)
{
	switch (event->kind) {
	case SKALD_RULE:
		return event->ev_rule.handle;
	case SKALD_MISS:
		return event->ev_miss.handle;
	case SKALD_RETURN:
		return event->ev_return.handle;
	}
	return 0;
}

/*
 * Which event a line tells of, counted from 1; 0: none with a rule. Lines and
 * events have the same order, and a rule's line has its handle.
 */
static unsigned int event_at(struct skald_view *view, size_t line)
{
	const struct skald_story *story = &tale_of(view)->story;
	size_t at = 0;
	unsigned int i;

	for (i = 0; i < story->n_events; i++) {
		uint64_t handle = event_handle(&story->events[i]);
		char rule[32];
		size_t found;

		snprintf(rule, sizeof(rule), "rule %" PRIu64, handle);
		for (found = at; handle && found <= line; found++) {
			if (mentions(skald_view_line(view, found).text, rule))
				break;
		}
		if (handle && found == line)
			return i + 1;
		if (handle && found < line)
			at = found + 1;
	}
	return 0;
}

static bool follow_link(struct skald_view *view, const char *text)
{
	struct tale *tale = tale_of(view);
	const struct skald_story *story = &tale->story;
	unsigned int i;

	for (i = 0; i < story->n_journey; i++) {
		unsigned int link = (tale->link + i) % story->n_journey;
		char id[32];

		snprintf(id, sizeof(id), "#%" PRIu64,
			 story->journey[link].story);
		if (text && !mentions(text, id))
			continue;
		tale->link = link + 1;
		skald_browser_push(view->browser, &skald_view_story,
				   story->journey[link].story);
		return true;
	}
	return false;
}

static void open_rule(struct skald_view *view, unsigned int event)
{
	struct skald_browser *browser = view->browser;

	skald_browser_push(browser, &skald_view_ruleset, view->id);
	if (skald_browser_top(browser) != view)
		skald_view_ruleset_go(skald_browser_top(browser), event);
}

static void enter(struct skald_view *view)
{
	unsigned int event = event_at(view, view->cursor);
	struct skald_line line;

	if (!skald_view_current(view, &line))
		return;
	if (event)
		open_rule(view, event - 1);
	else if (!follow_link(view, line.text))
		skald_browser_say(view->browser, SKALD_PAINT_NOTE,
				  "nothing to open here: Enter opens rules and "
				  "journey links");
}

static bool story_request(struct skald_view *view, enum skald_request request)
{
	struct tale *tale = tale_of(view);

	if (request == SKALD_REQ_VERBOSE) {
		tale->verbose = !tale->verbose;
		view->stale = true;
	} else if (request == SKALD_REQ_ENTER) {
		enter(view);
	} else if (request == SKALD_REQ_JOURNEY) {
		if (!follow_link(view, NULL))
			skald_browser_say(view->browser, SKALD_PAINT_NOTE,
					  "this story belongs to no journey");
	} else {
		return false;
	}
	return true;
}

static const enum skald_request hints[] = {
	SKALD_REQ_BYTES, SKALD_REQ_RULESET,    SKALD_REQ_VERBOSE,
	SKALD_REQ_HELP,	 SKALD_REQ_NEXT_STORY, SKALD_REQ_PREV_STORY,
	SKALD_REQ_BACK,	 SKALD_REQ_JOURNEY,    SKALD_REQ_SEARCH,
	SKALD_REQ_NONE,
};

const struct skald_view_ops skald_view_story = {
	.name = "story",
	.private_size = sizeof(struct tale),
	.hints = hints,
	.open = story_open,
	.close = story_close,
	.fill = story_fill,
	.request = story_request,
	.head = story_head,
	.state = story_state,
};

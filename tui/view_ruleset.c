// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ruleset that was in force when the packet came, as nft lists it, with
 * the rules that the story tells of marked.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "browser.h"

#define NAME_MAX_LEN 256

/**
 * struct ruleset - the ruleset view's own
 * @story: the story
 * @want: event whose rule the cursor is to stand on, counted from 1; 0: none
 * @marks: lines that are marked
 */
struct ruleset {
	struct skald_story story;
	unsigned int want;
	unsigned int marks;
};

/**
 * struct reader - where we are in the text of a ruleset
 * @view: the view
 * @family: family of the table we are in, as a word
 * @table: its name
 * @chain: chain we are in, or ""
 * @is_iptables: the text is of iptables-save
 */
struct reader {
	struct skald_view *view;
	char family[16];
	char table[NAME_MAX_LEN];
	char chain[NAME_MAX_LEN];
	bool is_iptables;
};

static struct ruleset *ruleset_of(struct skald_view *view)
{
	return skald_view_private(view);
}

/* ---- which event a line belongs to ---- */

/* What rule, miss, return and policy events have in common. */
struct place {
	uint64_t family;
	const char *table;
	const char *chain;
	uint64_t handle;
	const char *text;
};

static bool event_place(const struct skald_event *event, struct place *place)
{
	*place = (struct place){ 0 };
	switch (event->kind) {
	case SKALD_RULE:
		*place = (struct place){ event->ev_rule.family,
					 event->ev_rule.table,
					 event->ev_rule.chain,
					 event->ev_rule.handle,
					 event->ev_rule.text };
		break;
	case SKALD_RETURN:
		*place = (struct place){ event->ev_return.family,
					 event->ev_return.table,
					 event->ev_return.chain,
					 event->ev_return.handle,
					 event->ev_return.text };
		break;
	case SKALD_MISS:
		*place = (struct place){ event->ev_miss.family,
					 event->ev_miss.table,
					 event->ev_miss.chain,
					 event->ev_miss.handle,
					 event->ev_miss.text };
		break;
	case SKALD_POLICY:
		*place = (struct place){ event->ev_policy.family,
					 event->ev_policy.table,
					 event->ev_policy.chain, 0, NULL };
		break;
	}
	return place->table && place->chain;
}

static bool same_table(const struct reader *reader, const struct place *place)
{
	return !strcmp(skald_word(skald_words_of_FAMILY, place->family),
		       reader->family) &&
	       !strcmp(place->table, reader->table);
}

/* Return: the first event, counted from 1, that tells of the rule; 0: none */
static unsigned int event_of_rule(const struct reader *reader, uint64_t handle)
{
	const struct skald_story *story = &ruleset_of(reader->view)->story;
	unsigned int i;

	for (i = 0; i < story->n_events; i++) {
		struct place place;

		if (event_place(&story->events[i], &place) &&
		    place.handle == handle && same_table(reader, &place))
			return i + 1;
	}
	return 0;
}

static unsigned int event_of_policy(const struct reader *reader)
{
	const struct skald_story *story = &ruleset_of(reader->view)->story;
	unsigned int i;

	for (i = 0; i < story->n_events; i++) {
		struct place place;

		if (story->events[i].kind == SKALD_POLICY &&
		    event_place(&story->events[i], &place) &&
		    same_table(reader, &place) &&
		    !strcmp(place.chain, reader->chain))
			return i + 1;
	}
	return 0;
}

static unsigned int event_of_text(const struct reader *reader, const char *line)
{
	const struct skald_story *story = &ruleset_of(reader->view)->story;
	unsigned int i;

	for (i = 0; i < story->n_events; i++) {
		struct place place;

		if (event_place(&story->events[i], &place) && place.text &&
		    *place.text && !strcmp(place.table, reader->table) &&
		    strstr(line, place.text))
			return i + 1;
	}
	return 0;
}

/* ---- reading the text ---- */

/* The word after the one that the line begins with. */
static void take_word(const char **text, char *word, size_t size)
{
	size_t len;

	*text += strspn(*text, " \t");
	len = strcspn(*text, " \t");
	snprintf(word, size, "%.*s", (int)(len < size ? len : size - 1), *text);
	*text += len;
}

/* "# handle 17" at the end. Return: 0 when there is none */
static uint64_t line_handle(const char *line)
{
	const char *comment = NULL;
	const char *next = line;

	while ((next = strstr(next, "# handle ")) != NULL)
		comment = next++;
	return comment ? strtoull(comment + strlen("# handle "), NULL, 10) : 0;
}

/* "table inet filter { # handle 1". Return: true when it was such a line */
static bool enter_block(struct reader *reader, const char *line)
{
	char word[16];

	take_word(&line, word, sizeof(word));
	if (!strcmp(word, "table")) {
		take_word(&line, reader->family, sizeof(reader->family));
		take_word(&line, reader->table, sizeof(reader->table));
		reader->chain[0] = '\0';
		return true;
	}
	if (!strcmp(word, "chain")) {
		take_word(&line, reader->chain, sizeof(reader->chain));
		return true;
	}
	return false;
}

static unsigned int line_event(struct reader *reader, const char *line)
{
	const char *text = line + strspn(line, " \t");

	if (reader->is_iptables) {
		if (*line == '*')
			snprintf(reader->table, sizeof(reader->table), "%s",
				 line + 1);
		return *line == '-' ? event_of_text(reader, line) : 0;
	}
	if (enter_block(reader, line) || !reader->chain[0])
		return 0;
	if (*text == '}') {
		reader->chain[0] = '\0';
		return 0;
	}
	if (!strncmp(text, "type ", 5))
		return event_of_policy(reader);
	return line_handle(line) ? event_of_rule(reader, line_handle(line)) : 0;
}

/* ---- the page ---- */

static enum skald_paint event_paint(const struct skald_event *event)
{
	bool drops = (event->kind == SKALD_RULE &&
		      event->ev_rule.verdict == SKALD_VERDICT_DROP) ||
		     (event->kind == SKALD_POLICY &&
		      event->ev_policy.verdict == SKALD_VERDICT_DROP);

	return drops ? SKALD_PAINT_BAD : SKALD_PAINT_MARKED;
}

static enum skald_paint line_paint(const struct reader *reader,
				   const char *line)
{
	const char *text = line + strspn(line, " \t");

	if (!strncmp(text, "table ", 6) || *line == '*')
		return SKALD_PAINT_HOOK;
	if (!strncmp(text, "chain ", 6) || *line == ':')
		return SKALD_PAINT_CHAIN;
	return *text == '#' ? SKALD_PAINT_DIM : SKALD_PAINT_PLAIN;
}

/* The handle is for us more than for the reader: dim. */
static void put_text(struct skald_page *page, enum skald_paint paint,
		     const char *line)
{
	const char *handle = strstr(line, "# handle ");

	if (!handle) {
		skald_page_text(page, paint, line);
		return;
	}
	skald_page_printf(page, paint, "%.*s", (int)(handle - line), line);
	skald_page_text(page, SKALD_PAINT_DIM, handle);
}

static void put_line(struct reader *reader, const char *line)
{
	struct skald_view *view = reader->view;
	const struct skald_screen *screen = &view->browser->screen;
	struct ruleset *ruleset = ruleset_of(view);
	unsigned int event = line_event(reader, line);
	struct skald_page *page = &view->page;
	enum skald_paint paint = line_paint(reader, line);

	if (event) {
		paint = event_paint(&ruleset->story.events[event - 1]);
		ruleset->marks++;
	}
	page->marked = event != 0;
	page->ref = event;
	skald_page_text(page, event ? SKALD_PAINT_WARN : SKALD_PAINT_PLAIN,
			!event		? "  "
			: screen->ascii ? "> "
					: "▶ ");
	put_text(page, paint, line);
	skald_page_end(page);
}

static void put_lines(struct skald_view *view, const char *text,
		      bool is_iptables)
{
	struct reader reader = { .view = view, .is_iptables = is_iptables };

	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		if (!line)
			return;
		put_line(&reader, line);
		free(line);
		text += len + (text[len] == '\n');
	}
}

static void put_origin(struct skald_view *view,
		       const struct skald_generation_row *row)
{
	uint32_t wanted = (uint32_t)ruleset_of(view)->story.generation;
	struct skald_page *page = &view->page;
	time_t t_s = (time_t)(row->t_ns / 1000000000);
	char when[32];
	struct tm tm;

	localtime_r(&t_s, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	skald_page_printf(page, SKALD_PAINT_DIM, "  generation %u, ",
			  row->number);
	if (row->number != wanted)
		skald_page_printf(page, SKALD_PAINT_WARN,
				  "the latest known up to %u, ", wanted);
	skald_page_printf(page, SKALD_PAINT_DIM, "%s %s",
			  row->pid ? "loaded" : "seen since", when);
	if (row->pid)
		skald_page_printf(page, SKALD_PAINT_DIM, " by pid %u %s",
				  row->pid, row->process ? row->process : "");
	skald_page_end(page);
	if (row->legacy && *row->legacy) {
		skald_page_printf(page, SKALD_PAINT_WARN,
				  "  and tables of iptables-legacy, which "
				  "cannot be traced: %s",
				  row->legacy);
		skald_page_end(page);
	}
	skald_page_end(page);
}

static void put_generation(void *user, const struct skald_generation_row *row)
{
	struct skald_view *view = user;

	put_origin(view, row);
	if (row->text)
		put_lines(view, row->text, false);
	if (!row->iptables || !*row->iptables)
		return;
	skald_page_end(&view->page);
	put_lines(view, row->iptables, true);
}

static void go_where_wanted(struct skald_view *view)
{
	size_t i;

	view->rows = skald_page_lines(&view->page);
	for (i = 0; i < view->rows; i++) {
		if (skald_view_line(view, i).ref != ruleset_of(view)->want)
			continue;
		skald_view_show(view, i);
		return;
	}
}

static void ruleset_fill(struct skald_view *view)
{
	const struct skald_browser_source *source = &view->browser->source;
	struct ruleset *ruleset = ruleset_of(view);
	const struct skald_story *story = &ruleset->story;
	const struct skald_generation_key key = {
		.netns = story->netns ? story->netns : "",
		.number = (uint32_t)story->generation,
		.t_ns = story->start_ns,
	};
	struct skald_error error = { 0 };
	int err;

	ruleset->marks = 0;
	err = source->ops->generation(source->source, &key, put_generation,
				      view, &error);
	if (err == -ENOENT) {
		skald_page_printf(&view->page, SKALD_PAINT_WARN,
				  "  The ruleset of generation %" PRIu64
				  " is not in the store.",
				  story->generation);
		skald_page_end(&view->page);
	} else if (err) {
		skald_browser_fail(view->browser, &error);
	}
	if (ruleset->want)
		go_where_wanted(view);
	ruleset->want = 0;
}

static bool ends_story(const struct skald_story *story,
		       const struct place *place)
{
	const struct skald_ending *ending = &story->ending;

	return ending->table && ending->chain &&
	       place->handle == ending->handle &&
	       place->family == ending->family &&
	       !strcmp(place->table, ending->table) &&
	       !strcmp(place->chain, ending->chain);
}

/* The rule or policy that ended the story, or else the last rule in it. */
static unsigned int deciding_event(const struct skald_story *story)
{
	unsigned int last = 0;
	unsigned int i;

	for (i = 0; i < story->n_events; i++) {
		struct place place;

		if (!event_place(&story->events[i], &place))
			continue;
		if (ends_story(story, &place))
			return i + 1;
		if (place.handle)
			last = i + 1;
	}
	return last;
}

/* The first event of the same rule: that is the one its line refers to. */
static unsigned int first_of_rule(const struct skald_story *story,
				  unsigned int event)
{
	struct place wanted;
	unsigned int i;

	if (!event || !event_place(&story->events[event - 1], &wanted))
		return 0;
	for (i = 0; i < event; i++) {
		struct place place;

		if (event_place(&story->events[i], &place) &&
		    place.handle == wanted.handle &&
		    place.family == wanted.family &&
		    !strcmp(place.table, wanted.table) &&
		    !strcmp(place.chain, wanted.chain))
			break;
	}
	return i + 1;
}

static int ruleset_open(struct skald_view *view, uint64_t id,
			struct skald_error *error)
{
	const struct skald_browser_source *source = &view->browser->source;
	struct ruleset *ruleset = ruleset_of(view);
	int err;

	err = source->ops->story(source->source, id, &ruleset->story, error);
	if (err)
		return err;
	ruleset->want =
		first_of_rule(&ruleset->story, deciding_event(&ruleset->story));
	return 0;
}

static void ruleset_close(struct skald_view *view)
{
	skald_story_done(&ruleset_of(view)->story);
}

void skald_view_ruleset_go(struct skald_view *view, unsigned int event)
{
	struct ruleset *ruleset = ruleset_of(view);

	ruleset->want = event < ruleset->story.n_events
				? first_of_rule(&ruleset->story, event + 1)
				: 0;
	view->stale = true;
}

static void ruleset_head(struct skald_view *view, struct skald_page *page)
{
	const struct skald_story *story = &ruleset_of(view)->story;

	skald_page_printf(page, SKALD_PAINT_PLAIN,
			  " ruleset of %s, generation %" PRIu64
			  ", as it was for #%" PRIu64,
			  story->netns ? story->netns : "?", story->generation,
			  story->id);
}

static void ruleset_state(struct skald_view *view, char *text, size_t size)
{
	unsigned int marks = ruleset_of(view)->marks;

	snprintf(text, size, "%u marked  line %zu of %zu", marks,
		 view->rows ? view->cursor + 1 : 0, view->rows);
}

static bool ruleset_request(struct skald_view *view, enum skald_request request)
{
	if (request != SKALD_REQ_NEXT_MARK && request != SKALD_REQ_PREV_MARK)
		return false;
	if (!skald_view_next_mark(view, request == SKALD_REQ_NEXT_MARK))
		skald_browser_say(view->browser, SKALD_PAINT_NOTE,
				  "no rule of this ruleset is in the story");
	return true;
}

static const enum skald_request hints[] = {
	SKALD_REQ_NEXT_MARK, SKALD_REQ_PREV_MARK, SKALD_REQ_SEARCH,
	SKALD_REQ_HELP,	     SKALD_REQ_BACK,	  SKALD_REQ_NONE,
};

const struct skald_view_ops skald_view_ruleset = {
	.name = "rules",
	.private_size = sizeof(struct ruleset),
	.hints = hints,
	.open = ruleset_open,
	.close = ruleset_close,
	.fill = ruleset_fill,
	.request = ruleset_request,
	.head = ruleset_head,
	.state = ruleset_state,
};

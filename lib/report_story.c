// SPDX-License-Identifier: GPL-2.0-only
/*
 * One story in a report: from the answer down to the rules.
 */
#include "report_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "print.h"

/* Words for journey links, from the story's side. */
static void journey(struct skald_md *md, const struct skald_story *story)
{
	unsigned int i;

	for (i = 0; i < story->n_journey; i++)
		skald_md_printf(
			md, "- Belongs together with story %" PRIu64 " (%s)\n",
			story->journey[i].story,
			story->journey[i].kind < SKALD_N_KINDS
				? skald_kinds[story->journey[i].kind].word
				: "?");
}

static void losses(struct skald_md *md, const struct skald_story *story)
{
	unsigned int i;

	if (story->complete) {
		skald_md_printf(md, "- COMPLETE: every event from the mark to "
				    "the ending is here\n");
		return;
	}
	skald_md_printf(md, "- INCOMPLETE:");
	if (!story->n_gaps)
		skald_md_printf(md, " where is not known");
	for (i = 0; i < story->n_gaps; i++) {
		skald_md_printf(md, "%s ", i ? ";" : "");
		if (story->gaps[i].count)
			skald_md_printf(md, "%" PRIu64 " missing: ",
					story->gaps[i].count);
		skald_md_code(md, story->gaps[i].where);
	}
	skald_md_printf(md, "\n");
}

static const struct skald_event *find(const struct skald_story *story,
				      uint32_t kind)
{
	unsigned int i;

	for (i = 0; i < story->n_events; i++)
		if (story->events[i].kind == kind)
			return &story->events[i];
	return NULL;
}

static void circumstances(struct skald_md *md, const struct skald_story *story)
{
	const struct skald_event *mark = find(story, SKALD_MARK);

	skald_md_printf(md, "- Seen ");
	skald_md_time(md, story->start_ns);
	skald_md_printf(md, ", for %.3f ms",
			(double)(story->end_ns - story->start_ns) / 1e6);
	skald_md_note(md, ", in namespace ", story->netns);
	skald_md_note(md, " on ", story->host);
	skald_md_note(md, "\n- Came in by ", story->iif);
	if (!story->iif)
		skald_md_printf(md, "\n- Made on this host");
	skald_md_note(md,
		      skald_frame_left(story) ? ", left by "
					      : ", was on its way to ",
		      story->oif);
	skald_md_printf(md, "\n");
	if (mark && SKALD_HAS(mark, mark, classifier)) {
		skald_md_note(md, "- Chosen by the expression ",
			      mark->ev_mark.classifier);
		skald_md_printf(md, "\n");
	}
	losses(md, story);
	journey(md, story);
}

static void path(struct skald_md *md, const struct skald_story *story)
{
	struct skald_buffer buffer = { 0 };
	struct skald_output output = skald_output_buffer(&buffer);
	struct skald_output_sink sink;

	skald_output_sink(&sink, &output);
	skald_print_story(story, &sink.sink);
	skald_buffer_put_u8(&buffer, '\0');
	skald_md_printf(md, "\n### Path\n\n");
	if (buffer.failed)
		md->status = md->status ? md->status : -ENOMEM;
	else
		skald_md_block(md, (const char *)buffer.data);
	skald_buffer_done(&buffer);
}

/* "- name: value, name: value": every field of an event that is there. */
static void event_line(struct skald_md *md, const struct skald_event *event)
{
	const struct skald_kind *kind = &skald_kinds[event->kind];
	const char *between = "- ";
	char text[128];
	unsigned int i;

	for (i = 0; i < kind->n_fields; i++) {
		const char *value = skald_field_format(event, &kind->fields[i],
						       text, sizeof(text));

		if (!value || !*value)
			continue;
		skald_md_printf(md, "%s%s ", between, kind->fields[i].name);
		skald_md_code(md, value);
		between = ", ";
	}
	skald_md_printf(md, "\n");
}

static void events_of(struct skald_md *md, const struct skald_story *story,
		      uint32_t kind, const char *title, const char *nothing)
{
	bool any = false;
	unsigned int i;

	if (!nothing && !find(story, kind))
		return;
	skald_md_printf(md, "\n### %s\n\n", title);
	for (i = 0; i < story->n_events; i++) {
		if (story->events[i].kind != kind)
			continue;
		event_line(md, &story->events[i]);
		any = true;
	}
	if (!any && nothing)
		skald_md_printf(md, "%s\n", nothing);
}

static void change(struct skald_md *md, const struct skald_event *event)
{
	char old[64], new[64];

	skald_md_note(md, "- ", event->ev_mangle.field);
	skald_md_printf(md, ": ");
	if (SKALD_HAS(event, mangle, old))
		skald_md_code(md, skald_value_format(&event->ev_mangle.old, old,
						     sizeof(old)));
	skald_md_printf(md, " → ");
	if (SKALD_HAS(event, mangle, new))
		skald_md_code(md, skald_value_format(&event->ev_mangle.new, new,
						     sizeof(new)));
	if (SKALD_HAS(event, mangle, by))
		skald_md_note(md, ", by ", event->ev_mangle.by);
	skald_md_printf(md, "\n");
}

static void changes(struct skald_md *md, const struct skald_story *story)
{
	unsigned int i;

	skald_md_printf(md, "\n### Changes\n\n");
	for (i = 0; i < story->n_events; i++)
		if (story->events[i].kind == SKALD_MANGLE)
			change(md, &story->events[i]);
	if (!find(story, SKALD_MANGLE))
		skald_md_printf(md, "Nothing in the packet was changed.\n");
}

static bool is_same_rule(const struct skald_event *a,
			 const struct skald_event *b)
{
	return b->kind == SKALD_RULE &&
	       a->ev_rule.family == b->ev_rule.family &&
	       a->ev_rule.handle == b->ev_rule.handle && a->ev_rule.table &&
	       b->ev_rule.table && !strcmp(a->ev_rule.table, b->ev_rule.table);
}

static bool is_told(const struct skald_story *story, unsigned int at)
{
	unsigned int i;

	for (i = 0; i < at; i++)
		if (is_same_rule(&story->events[at], &story->events[i]))
			return true;
	return false;
}

static void rule(struct skald_md *md, struct skald_store *store,
		 const struct skald_story *story,
		 const struct skald_event *event)
{
	const char *text = event->ev_rule.text;

	skald_md_printf(md, "- %s",
			skald_word(skald_words_of_FAMILY,
				   event->ev_rule.family));
	skald_md_note(md, " ", event->ev_rule.table);
	skald_md_note(md, " ", event->ev_rule.chain);
	skald_md_printf(md, " handle %" PRIu64 ": ", event->ev_rule.handle);
	if (SKALD_HAS(event, rule, text))
		skald_md_code(md, text);
	else
		skald_md_printf(md, "(its text is not known)");
	if (SKALD_HAS(event, rule, loaded) && event->ev_rule.loaded) {
		skald_md_printf(md, ", came with generation %" PRIu64,
				event->ev_rule.loaded);
		skald_report_loader(md, store, story, event->ev_rule.loaded);
	}
	skald_md_printf(md, "\n");
}

static void rules(struct skald_md *md, struct skald_store *store,
		  const struct skald_story *story)
{
	unsigned int i;

	skald_md_printf(md, "\n### Rules that matched\n\n");
	for (i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_RULE && !is_told(story, i))
			rule(md, store, story, event);
	}
	if (!find(story, SKALD_RULE))
		skald_md_printf(md, "None.\n");
}

void skald_report_story(struct skald_md *md, struct skald_store *store,
			const struct skald_story *story)
{
	char text[1024];

	skald_md_printf(md, "\n## Story %" PRIu64 ": ", story->id);
	skald_md_code(md,
		      skald_packet_summary(&story->packet, text, sizeof(text)));
	skald_md_printf(md, "\n\n");
	skald_md_code(md, skald_story_answer(story, text, sizeof(text)));
	skald_md_printf(md, "\n\n");
	circumstances(md, story);
	path(md, story);
	changes(md, story);
	events_of(md, story, SKALD_NAT, "Address translation", NULL);
	events_of(md, story, SKALD_ROUTE, "Route",
		  "No routing decision was seen.");
	events_of(md, story, SKALD_CONNTRACK, "Connection tracking",
		  "The connection tracker's view is not known.");
	rules(md, store, story);
	skald_report_bytes(md, story);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path of a story as text: where the packet is (hooks, in them chains, in
 * them jumps), and which events are worth a line.
 */
#include "walk.h"

#include <string.h>

#define INDENT_JUMP 2

/* "+123.4 ms" in front of each line when everything is shown. */
#define GUTTER 11

/* ---- lines and headings ---- */

void skald_walk_line(const struct skald_walk *walk,
		     const struct skald_event *event, unsigned int indent,
		     struct skald_pen *pen)
{
	uint64_t start_ns = walk->story->start_ns;
	char text[32];

	*pen = (struct skald_pen){ .sink = walk->sink };
	/* a source that takes its messages in batches knows no time between */
	if (!walk->sink->verbose || walk->story->end_ns == start_ns) {
		skald_pen_start(pen, indent);
		return;
	}
	skald_pen_start(pen, 0);
	if (event)
		skald_pen_printf(pen, SKALD_INK_DIM, "+%s",
				 skald_pen_duration(walk->sink,
						    event->t_ns - start_ns,
						    text, sizeof(text)));
	skald_pen_fill(pen, GUTTER + indent);
	skald_pen_hang(pen);
}

unsigned int skald_walk_indent(const struct skald_walk *walk)
{
	if (walk->table && walk->has_heading)
		return SKALD_INDENT_RULE + INDENT_JUMP * walk->depth;
	if (walk->hook != SKALD_HOOK_NONE)
		return SKALD_INDENT_CHAIN;
	return SKALD_INDENT_HOOK;
}

void skald_walk_leave(struct skald_walk *walk)
{
	walk->hook = SKALD_HOOK_NONE;
	walk->table = NULL;
	walk->chain = NULL;
	walk->has_heading = false;
	walk->depth = 0;
}

void skald_walk_hook(struct skald_walk *walk, uint64_t hook)
{
	struct skald_pen pen;

	if (hook == SKALD_HOOK_NONE || hook == walk->hook)
		return;
	skald_walk_leave(walk);
	walk->hook = hook;
	skald_walk_line(walk, NULL, SKALD_INDENT_HOOK, &pen);
	skald_pen_put(&pen, SKALD_INK_HOOK,
		      skald_word(skald_words_of_HOOK, hook));
	skald_pen_end(&pen);
}

static void put_chain_type(struct skald_pen *pen,
			   const struct skald_event *event)
{
	if (SKALD_HAS(event, chain, type))
		skald_pen_printf(pen, SKALD_INK_DIM, "  type %s",
				 skald_text_or(event->ev_chain.type, "?"));
	if (SKALD_HAS(event, chain, priority))
		skald_pen_printf(pen, SKALD_INK_DIM, " priority %s",
				 skald_text_or(event->ev_chain.priority, "?"));
}

/* A base chain's heading is written when there is something below it. */
static void print_chain(struct skald_walk *walk)
{
	struct skald_pen pen;

	if (walk->has_heading)
		return;
	skald_walk_line(walk, walk->chain, SKALD_INDENT_CHAIN, &pen);
	walk->has_heading = true;
	skald_pen_printf(&pen, SKALD_INK_CHAIN, "%s %s %s",
			 skald_word(skald_words_of_FAMILY, walk->family),
			 skald_text_or(walk->table, "?"),
			 skald_text_or(walk->jumps[0], "?"));
	if (walk->sink->verbose && walk->chain)
		put_chain_type(&pen, walk->chain);
	skald_pen_end(&pen);
}

/* ---- where we are ---- */

static void enter_base(struct skald_walk *walk, uint64_t family,
		       const char *table, const char *chain)
{
	walk->family = family;
	walk->table = skald_text_or(table, "?");
	walk->chain = NULL;
	walk->has_heading = false;
	walk->jumps[0] = skald_text_or(chain, "?");
	walk->depth = 0;
}

static void enter_chain(struct skald_walk *walk,
			const struct skald_event *event)
{
	if (SKALD_HAS(event, chain, hook))
		skald_walk_hook(walk, event->ev_chain.hook);
	enter_base(walk, event->ev_chain.family, event->ev_chain.table,
		   event->ev_chain.chain);
	walk->chain = event;
	if (walk->sink->verbose)
		print_chain(walk);
}

/* A rule of another chain than the one before: jumped there, or came back. */
static void follow_jump(struct skald_walk *walk, const char *chain)
{
	unsigned int i;

	for (i = 0; i <= walk->depth; i++) {
		if (strcmp(walk->jumps[i], chain) == 0) {
			walk->depth = i;
			return;
		}
	}
	if (walk->depth + 1 < SKALD_JUMPS_MAX)
		walk->jumps[++walk->depth] = chain;
}

static bool belongs_to_chain(const struct skald_event *event)
{
	switch (event->kind) {
	case SKALD_RULE:
	case SKALD_MISS:
	case SKALD_POLICY:
	case SKALD_RETURN:
		return true;
	}
	return false;
}

/*
 * All kinds that belong to a chain begin with family, table and chain: ev_rule
 * stands for each of them.
 */
static void come_to_chain(struct skald_walk *walk,
			  const struct skald_event *event)
{
	const char *table = skald_text_or(event->ev_rule.table, "?");
	const char *chain = skald_text_or(event->ev_rule.chain, "?");

	if (!walk->table || walk->family != event->ev_rule.family ||
	    strcmp(walk->table, table) != 0)
		enter_base(walk, event->ev_rule.family, table, chain);
	follow_jump(walk, chain);
	print_chain(walk);
}

/* ---- what is worth a line ---- */

/* Whether a translation next to it says the same: 10.0.0.1:80 → 10.0.0.2:80 */
static bool nat_says(const struct skald_event *nat,
		     const struct skald_event *mangle)
{
	char old[48], new[48];

	if (nat->kind != SKALD_NAT || !SKALD_HAS(nat, nat, old) ||
	    !SKALD_HAS(nat, nat, new))
		return false;
	skald_value_format(&mangle->ev_mangle.old, old, sizeof(old));
	skald_value_format(&mangle->ev_mangle.new, new, sizeof(new));
	return nat->ev_nat.old &&
	       nat->ev_nat.new &&strstr(nat->ev_nat.old, old) &&
	       strstr(nat->ev_nat.new, new);
}

static bool is_translation(const struct skald_walk *walk,
			   const struct skald_event *event)
{
	static const char *const fields[] = { "saddr", "daddr", "sport",
					      "dport" };
	const struct skald_story *story = walk->story;
	const char *field = skald_text_or(event->ev_mangle.field, "");
	bool is_end = false;
	unsigned int i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		is_end |= strcmp(field, fields[i]) == 0;
	if (!is_end)
		return false;
	for (i = walk->at; i < story->n_events; i++) {
		if (nat_says(&story->events[i], event))
			return true;
		if (story->events[i].kind != SKALD_MANGLE)
			break;
	}
	for (i = walk->at; i > 0; i--) {
		if (nat_says(&story->events[i - 1], event))
			return true;
		if (story->events[i - 1].kind != SKALD_MANGLE)
			break;
	}
	return false;
}

static bool is_worth_a_line(const struct skald_walk *walk,
			    const struct skald_event *event)
{
	if (walk->sink->verbose)
		return true;
	switch (event->kind) {
	case SKALD_POLICY:
		return event->ev_policy.verdict != SKALD_VERDICT_ACCEPT;
	case SKALD_RETURN:
		return event->ev_return.handle != 0;
	case SKALD_MANGLE:
		return !is_translation(walk, event);
	}
	return true;
}

static void print_event(struct skald_walk *walk,
			const struct skald_event *event)
{
	if (event->kind == SKALD_CHAIN) {
		enter_chain(walk, event);
		return;
	}
	if (!is_worth_a_line(walk, event))
		return;
	if (belongs_to_chain(event))
		come_to_chain(walk, event);
	skald_walk_event(walk, event);
}

void skald_print_path(const struct skald_story *story,
		      const struct skald_sink *sink)
{
	struct skald_walk walk = { .story = story, .sink = sink };

	for (walk.at = 0; walk.at < story->n_events; walk.at++)
		print_event(&walk, &story->events[walk.at]);
}

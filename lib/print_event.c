// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events as lines. Kinds that need no words of their own are written from the
 * tables of fields, so that a new kind is shown without being told here.
 */
#include "walk.h"

#include <inttypes.h>
#include <string.h>

/* A rule's number stands alone on its left; its text begins here or later. */
#define TEXT_MIN 10

const char *skald_text_or(const char *text, const char *otherwise)
{
	return text && *text ? text : otherwise;
}

static void print_mark(struct skald_walk *walk, const struct skald_event *event)
{
	struct skald_pen pen;

	if (SKALD_HAS(event, mark, hook))
		skald_walk_hook(walk, event->ev_mark.hook);
	skald_walk_line(walk, event, SKALD_INDENT_CHAIN, &pen);
	skald_pen_put(&pen, SKALD_INK_DIM, "marked");
	if (SKALD_HAS(event, mark, classifier))
		skald_pen_printf(&pen, SKALD_INK_DIM, " by \"%s\"",
				 skald_text_or(event->ev_mark.classifier,
					       "every packet"));
	if (event->ev_mark.mark)
		skald_pen_printf(&pen, SKALD_INK_DIM, ", nfmark 0x%" PRIx64,
				 event->ev_mark.mark);
	skald_pen_end(&pen);
}

static enum skald_ink verdict_ink(uint64_t verdict)
{
	switch (verdict) {
	case SKALD_VERDICT_ACCEPT:
		return SKALD_INK_GOOD;
	case SKALD_VERDICT_DROP:
		return SKALD_INK_BAD;
	case SKALD_VERDICT_QUEUE:
	case SKALD_VERDICT_STOLEN:
		return SKALD_INK_WARN;
	}
	return SKALD_INK_DIM;
}

/* Whether a rule's text has @word as a word of its own, outside quotes. */
static bool says(const char *text, const char *word)
{
	size_t len = strlen(word);
	bool is_quoted = false;
	const char *at;

	for (at = text; *at; at++) {
		if (*at == '"')
			is_quoted = !is_quoted;
		if (is_quoted || (at != text && at[-1] != ' '))
			continue;
		if (strncmp(at, word, len) == 0 &&
		    (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* Said after the rule's text when that does not say it itself. */
static void put_verdict(struct skald_pen *pen, const struct skald_event *event)
{
	uint64_t verdict = event->ev_rule.verdict;
	const char *word = skald_word(skald_words_of_VERDICT, verdict);
	const char *text = event->ev_rule.text;

	switch (verdict) {
	case SKALD_VERDICT_NONE:
	case SKALD_VERDICT_CONTINUE:
	case SKALD_VERDICT_BREAK:
		return;
	case SKALD_VERDICT_JUMP:
	case SKALD_VERDICT_GOTO:
		if (!SKALD_HAS(event, rule, text) &&
		    SKALD_HAS(event, rule, target))
			skald_pen_printf(pen, SKALD_INK_RULE, " %s %s", word,
					 event->ev_rule.target);
		return;
	}
	if (!SKALD_HAS(event, rule, text) || !text || !says(text, word))
		skald_pen_printf(pen, verdict_ink(verdict), " (%s)", word);
}

static void put_rule_number(struct skald_pen *pen, uint64_t handle)
{
	unsigned int start = pen->column;

	skald_pen_printf(pen, SKALD_INK_DIM, "rule %" PRIu64, handle);
	skald_pen_fill(pen, start + TEXT_MIN);
	skald_pen_hang(pen);
}

static void print_rule(struct skald_walk *walk, const struct skald_event *event)
{
	enum skald_ink ink = event->ev_rule.verdict == SKALD_VERDICT_DROP
				     ? SKALD_INK_BAD
				     : SKALD_INK_RULE;
	struct skald_pen pen;

	skald_walk_line(walk, event, skald_walk_indent(walk), &pen);
	put_rule_number(&pen, event->ev_rule.handle);
	if (SKALD_HAS(event, rule, text))
		skald_pen_put(&pen, ink,
			      skald_text_or(event->ev_rule.text, ""));
	else
		skald_pen_put(&pen, SKALD_INK_WARN, "(its text is not known)");
	put_verdict(&pen, event);
	if (walk->sink->verbose && SKALD_HAS(event, rule, loaded) &&
	    event->ev_rule.loaded)
		skald_pen_printf(&pen, SKALD_INK_DIM,
				 " [generation %" PRIu64 "]",
				 event->ev_rule.loaded);
	skald_pen_end(&pen);
}

static void print_miss(struct skald_walk *walk, const struct skald_event *event)
{
	struct skald_pen pen;

	skald_walk_line(walk, event, skald_walk_indent(walk), &pen);
	put_rule_number(&pen, event->ev_miss.handle);
	if (SKALD_HAS(event, miss, text))
		skald_pen_put(&pen, SKALD_INK_DIM,
			      skald_text_or(event->ev_miss.text, ""));
	skald_pen_put(&pen, SKALD_INK_WARN, " (no match");
	if (SKALD_HAS(event, miss, expected))
		skald_pen_printf(&pen, SKALD_INK_WARN, ": %s is not %s",
				 skald_text_or(event->ev_miss.field, "packet"),
				 skald_text_or(event->ev_miss.expected, "?"));
	if (SKALD_HAS(event, miss, actual))
		skald_pen_printf(&pen, SKALD_INK_WARN, " but %s",
				 skald_text_or(event->ev_miss.actual, "?"));
	skald_pen_put(&pen, SKALD_INK_WARN, ")");
	skald_pen_end(&pen);
}

static void print_policy(struct skald_walk *walk,
			 const struct skald_event *event)
{
	uint64_t verdict = event->ev_policy.verdict;
	struct skald_pen pen;

	skald_walk_line(walk, event, skald_walk_indent(walk), &pen);
	skald_pen_put(&pen, SKALD_INK_DIM, "policy ");
	skald_pen_put(&pen, verdict_ink(verdict),
		      skald_word(skald_words_of_VERDICT, verdict));
	skald_pen_end(&pen);
}

static void print_return(struct skald_walk *walk,
			 const struct skald_event *event)
{
	struct skald_pen pen;

	skald_walk_line(walk, event, skald_walk_indent(walk), &pen);
	if (event->ev_return.handle) {
		put_rule_number(&pen, event->ev_return.handle);
		skald_pen_put(&pen, SKALD_INK_RULE,
			      skald_text_or(event->ev_return.text, "return"));
	} else {
		skald_pen_printf(&pen, SKALD_INK_DIM, "end of chain %s",
				 skald_text_or(event->ev_return.chain, "?"));
	}
	skald_pen_end(&pen);
}

/* nfmark is a set of bits to everyone who uses it. */
static void put_value(struct skald_pen *pen, enum skald_ink ink,
		      const char *field, const struct skald_value *value)
{
	char text[48];

	if (value->type == SKALD_VALUE_NONE)
		skald_pen_put(pen, SKALD_INK_DIM, "none");
	else if (value->type == SKALD_VALUE_NUM && strcmp(field, "mark") == 0)
		skald_pen_printf(pen, ink, "0x%" PRIx64, value->num);
	else
		skald_pen_put(pen, ink,
			      skald_value_format(value, text, sizeof(text)));
}

/*
 * Changes stand below the text of the rule that made them. Others are nobody's
 * in the chain, and leave it.
 */
static unsigned int change_indent(struct skald_walk *walk, bool by_rule)
{
	if (!by_rule)
		walk->has_heading = false;
	return skald_walk_indent(walk) + (walk->has_heading ? TEXT_MIN : 0);
}

static bool is_by_rule(const struct skald_event *event)
{
	return SKALD_HAS(event, mangle, by) &&
	       strstr(skald_text_or(event->ev_mangle.by, ""), "rule");
}

static void print_mangle(struct skald_walk *walk,
			 const struct skald_event *event)
{
	const char *field = skald_text_or(event->ev_mangle.field, "?");
	struct skald_pen pen;

	skald_walk_line(walk, event, change_indent(walk, is_by_rule(event)),
			&pen);
	skald_pen_printf(&pen, SKALD_INK_PLAIN, "%s ", field);
	put_value(&pen, SKALD_INK_OLD, field, &event->ev_mangle.old);
	skald_pen_arrow(&pen);
	put_value(&pen, SKALD_INK_NEW, field, &event->ev_mangle.new);
	if (SKALD_HAS(event, mangle, by))
		skald_pen_printf(&pen, SKALD_INK_DIM, "  by %s",
				 skald_text_or(event->ev_mangle.by, "?"));
	skald_pen_end(&pen);
}

static void print_nat(struct skald_walk *walk, const struct skald_event *event)
{
	struct skald_pen pen;

	skald_walk_line(walk, event,
			change_indent(walk, SKALD_HAS(event, nat, handle)),
			&pen);
	skald_pen_put(&pen, SKALD_INK_TITLE,
		      SKALD_HAS(event, nat, type)
			      ? skald_word(skald_words_of_NAT,
					   event->ev_nat.type)
			      : "nat");
	skald_pen_put(&pen, SKALD_INK_PLAIN, " ");
	skald_pen_put(&pen, SKALD_INK_OLD,
		      skald_text_or(event->ev_nat.old, "?"));
	skald_pen_arrow(&pen);
	skald_pen_put(&pen, SKALD_INK_NEW,
		      skald_text_or(event->ev_nat.new, "?"));
	skald_pen_end(&pen);
}

static void put_named(struct skald_pen *pen, bool is_there, const char *name,
		      const char *value)
{
	if (is_there && value && *value)
		skald_pen_printf(pen, SKALD_INK_PLAIN, " %s %s", name, value);
}

static void put_route_origin(struct skald_pen *pen,
			     const struct skald_event *event)
{
	skald_pen_printf(pen, SKALD_INK_DIM, " (%s)",
			 skald_word(skald_words_of_ORIGIN,
				    event->ev_route.origin));
	if (SKALD_HAS(event, route, agrees) && !event->ev_route.agrees)
		skald_pen_put(pen, SKALD_INK_WARN,
			      " the packet left by another interface");
	if (SKALD_HAS(event, route, error))
		skald_pen_printf(pen, SKALD_INK_BAD, " %s",
				 skald_text_or(event->ev_route.error, "?"));
}

/* Routing stands between hooks. */
static void print_route(struct skald_walk *walk,
			const struct skald_event *event)
{
	struct skald_pen pen;

	skald_walk_leave(walk);
	skald_walk_line(walk, event, SKALD_INDENT_HOOK, &pen);
	skald_pen_put(&pen, SKALD_INK_HOOK, "route");
	skald_pen_hang(&pen);
	if (SKALD_HAS(event, route, type) &&
	    event->ev_route.type != SKALD_RTTYPE_UNICAST)
		skald_pen_printf(&pen, SKALD_INK_PLAIN, " %s",
				 skald_word(skald_words_of_RTTYPE,
					    event->ev_route.type));
	if (SKALD_HAS(event, route, prefix))
		skald_pen_printf(&pen, SKALD_INK_VALUE, " %s",
				 skald_text_or(event->ev_route.prefix, "?"));
	put_named(&pen, SKALD_HAS(event, route, via), "via",
		  event->ev_route.via);
	put_named(&pen, SKALD_HAS(event, route, oif), "dev",
		  event->ev_route.oif);
	put_named(&pen, SKALD_HAS(event, route, source), "src",
		  event->ev_route.source);
	put_named(&pen, SKALD_HAS(event, route, table), "table",
		  event->ev_route.table);
	if (SKALD_HAS(event, route, rule))
		skald_pen_printf(&pen, SKALD_INK_PLAIN, " rule %" PRIu64,
				 event->ev_route.rule);
	put_route_origin(&pen, event);
	skald_pen_end(&pen);
}

static void print_lost(struct skald_walk *walk, const struct skald_event *event)
{
	uint64_t count = event->ev_lost.count;
	struct skald_pen pen;

	skald_walk_line(walk, event, SKALD_INDENT_HOOK, &pen);
	if (count)
		skald_pen_printf(&pen, SKALD_INK_WARN,
				 "!! %" PRIu64 " event%s missing here: ", count,
				 count == 1 ? "" : "s");
	else
		skald_pen_put(&pen, SKALD_INK_WARN, "!! ");
	skald_pen_put(&pen, SKALD_INK_WARN,
		      skald_text_or(event->ev_lost.where,
				    "events are missing here"));
	skald_pen_end(&pen);
}

/* How the story ended stands at the left, below everything. */

static void print_drop(struct skald_walk *walk, const struct skald_event *event)
{
	struct skald_pen pen;

	skald_walk_line(walk, event, SKALD_INDENT_HOOK, &pen);
	skald_pen_put(&pen, SKALD_INK_BAD, "dropped");
	skald_pen_hang(&pen);
	put_named(&pen, SKALD_HAS(event, drop, place), "at",
		  event->ev_drop.place);
	put_named(&pen, SKALD_HAS(event, drop, by), "by", event->ev_drop.by);
	if (SKALD_HAS(event, drop, reason))
		skald_pen_printf(&pen, SKALD_INK_DIM, " (%s)",
				 skald_text_or(event->ev_drop.reason, "?"));
	skald_pen_end(&pen);
}

static void print_send(struct skald_walk *walk, const struct skald_event *event)
{
	struct skald_pen pen;

	skald_walk_line(walk, event, SKALD_INDENT_HOOK, &pen);
	skald_pen_put(&pen, SKALD_INK_GOOD, "sent");
	put_named(&pen, SKALD_HAS(event, send, device), "to",
		  event->ev_send.device);
	skald_pen_end(&pen);
}

/* ---- all other events ---- */

static enum skald_ink event_ink(const struct skald_event *event)
{
	switch (event->kind) {
	case SKALD_DELIVER:
		return SKALD_INK_GOOD;
	case SKALD_CONSUME:
		return SKALD_INK_WARN;
	}
	return SKALD_INK_PLAIN;
}

/* The fields that are words, or those that are not. */
static void put_fields(struct skald_pen *pen, const struct skald_event *event,
		       bool words, const char **separator)
{
	const struct skald_kind *kind = &skald_kinds[event->kind];
	unsigned int i;
	char text[48];

	for (i = 0; i < kind->n_fields; i++) {
		const struct skald_field *field = &kind->fields[i];
		const char *value =
			skald_field_format(event, field, text, sizeof(text));

		if ((field->type == SKALD_TYPE_WORD) != words || !value ||
		    !*value)
			continue;
		skald_pen_put(pen, SKALD_INK_PLAIN, *separator);
		if (!words)
			skald_pen_printf(pen, SKALD_INK_DIM, "%s ",
					 field->name);
		skald_pen_put(pen, SKALD_INK_VALUE, value);
		*separator = ", ";
	}
}

/* "conntrack new, original, id 7": words speak for themselves. */
static void print_fields(struct skald_walk *walk,
			 const struct skald_event *event, unsigned int indent)
{
	const char *separator = " ";
	struct skald_pen pen;

	skald_walk_line(walk, event, indent, &pen);
	skald_pen_put(&pen, event_ink(event), skald_kinds[event->kind].word);
	skald_pen_hang(&pen);
	put_fields(&pen, event, true, &separator);
	put_fields(&pen, event, false, &separator);
	skald_pen_end(&pen);
}

static void print_other(struct skald_walk *walk,
			const struct skald_event *event)
{
	unsigned int indent;

	if (event->kind == SKALD_STAGE && SKALD_HAS(event, stage, hook))
		skald_walk_hook(walk, event->ev_stage.hook);
	if (event->kind == SKALD_QUEUE && SKALD_HAS(event, queue, hook))
		skald_walk_hook(walk, event->ev_queue.hook);
	indent = skald_walk_indent(walk);
	if (event->kind == SKALD_DELIVER || event->kind == SKALD_CONSUME)
		indent = SKALD_INDENT_HOOK;
	print_fields(walk, event, indent);
}

void skald_walk_event(struct skald_walk *walk, const struct skald_event *event)
{
	static void (*const printers[SKALD_N_KINDS])(
		struct skald_walk * walk, const struct skald_event *event) = {
		[SKALD_MARK] = print_mark,     [SKALD_RULE] = print_rule,
		[SKALD_MISS] = print_miss,     [SKALD_POLICY] = print_policy,
		[SKALD_RETURN] = print_return, [SKALD_MANGLE] = print_mangle,
		[SKALD_NAT] = print_nat,       [SKALD_ROUTE] = print_route,
		[SKALD_LOST] = print_lost,     [SKALD_DROP] = print_drop,
		[SKALD_SEND] = print_send,
	};

	if (printers[event->kind])
		printers[event->kind](walk, event);
	else
		print_other(walk, event);
}

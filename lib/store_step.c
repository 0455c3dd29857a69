// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of a told story as steps: the columns by which the store finds shapes.
 * Goes by the names of fields, not by kinds, so that a new kind of event needs
 * nothing here.
 */
#include "store_step.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELD_TEXT 64
/* A path is for reading: a walk through hundreds of rules is cut. */
#define PATH_MAX_LEN 2048

static uint64_t number_of(const struct skald_event *event,
			  const struct skald_field *field)
{
	uint64_t number;

	memcpy(&number, (const char *)event + field->offset, sizeof(number));
	return number;
}

static const char *string_of(const struct skald_event *event,
			     const struct skald_field *field)
{
	const char *string;

	memcpy(&string, (const char *)event + field->offset, sizeof(string));
	return string;
}

/* Kinds with a chain speak of nf_tables; a route has a "table" too. */
static bool has_field(const struct skald_kind *kind, const char *name)
{
	for (unsigned int i = 0; i < kind->n_fields; i++)
		if (!strcmp(kind->fields[i].name, name))
			return true;
	return false;
}

/* Return: whether the field went into the rule */
static bool take_rule_field(const struct skald_event *event,
			    const struct skald_field *field,
			    struct skald_rule *rule)
{
	if (!strcmp(field->name, "family"))
		rule->family = number_of(event, field);
	else if (!strcmp(field->name, "table"))
		rule->table = string_of(event, field);
	else if (!strcmp(field->name, "chain"))
		rule->chain = string_of(event, field);
	else if (!strcmp(field->name, "handle"))
		rule->handle = number_of(event, field);
	else if (!strcmp(field->name, "text"))
		rule->text = string_of(event, field);
	else if (!strcmp(field->name, "loaded"))
		rule->loaded = number_of(event, field);
	else
		return false;
	return true;
}

/* Return: whether the field has a column of its own */
static bool take_word_field(const struct skald_event *event,
			    const struct skald_field *field,
			    struct skald_story_step *step)
{
	if (!strcmp(field->list, "HOOK"))
		step->hook = skald_word(field->words, number_of(event, field));
	else if (!strcmp(field->list, "VERDICT"))
		step->verdict =
			skald_word(field->words, number_of(event, field));
	else if (!strcmp(field->list, "CTSTATE"))
		step->state = skald_word(field->words, number_of(event, field));
	else if (!strcmp(field->name, "target"))
		step->target = string_of(event, field);
	else
		return false;
	return true;
}

static void put_detail(const struct skald_event *event,
		       const struct skald_field *field,
		       struct skald_buffer *detail)
{
	char text[FIELD_TEXT];
	const char *value =
		skald_field_format(event, field, text, sizeof(text));
	bool is_quoted;

	if (!value)
		return;
	is_quoted = !*value || strpbrk(value, " \"=");
	if (detail->len)
		skald_buffer_put_u8(detail, ' ');
	skald_buffer_put(detail, field->name, strlen(field->name));
	skald_buffer_put_u8(detail, '=');
	if (is_quoted)
		skald_buffer_put_u8(detail, '"');
	skald_buffer_put(detail, value, strlen(value));
	if (is_quoted)
		skald_buffer_put_u8(detail, '"');
}

int skald_step_make(const struct skald_event *event, const char *hook,
		    struct skald_arena *arena, struct skald_story_step *step)
{
	const struct skald_kind *kind = &skald_kinds[event->kind];
	struct skald_buffer detail = { 0 };
	int err = 0;

	memset(step, 0, sizeof(*step));
	step->kind = kind->word;
	step->hook = hook;
	step->has_rule = has_field(kind, "chain");
	for (unsigned int i = 0; i < kind->n_fields; i++) {
		const struct skald_field *field = &kind->fields[i];

		if (field->part != SKALD_PART_PATH ||
		    !skald_field_present(event, field))
			continue;
		if (step->has_rule &&
		    take_rule_field(event, field, &step->rule))
			continue;
		if (!take_word_field(event, field, step))
			put_detail(event, field, &detail);
	}
	/* A known flow's translation names no rule. */
	step->has_rule = step->has_rule && step->rule.chain;
	if (detail.len && !detail.failed) {
		step->detail = skald_arena_strndup(
			arena, (const char *)detail.data, detail.len);
		err = step->detail ? 0 : -ENOMEM;
	}
	if (detail.failed)
		err = -ENOMEM;
	skald_buffer_done(&detail);
	return err;
}

static void put(struct skald_buffer *path, const char *text)
{
	if (text)
		skald_buffer_put(path, text, strlen(text));
}

void skald_step_path(const struct skald_story_step *step,
		     const struct skald_story_step *before,
		     struct skald_buffer *path)
{
	const char *hook = step->hook ? step->hook : "";
	bool is_rule = !strcmp(step->kind, "rule");
	char handle[24];

	if (!is_rule && strcmp(step->kind, "policy") != 0)
		return;
	if (path->len > PATH_MAX_LEN)
		return;
	if (!before || strcmp(hook, before->hook ? before->hook : "") != 0) {
		put(path, before ? " > " : "");
		put(path, hook);
		put(path, *hook ? ": " : "");
	} else {
		put(path, ", ");
	}
	put(path, step->rule.table);
	put(path, " ");
	put(path, step->rule.chain);
	if (is_rule && step->rule.handle) {
		snprintf(handle, sizeof(handle), " %llu",
			 (unsigned long long)step->rule.handle);
		put(path, handle);
	} else if (!is_rule) {
		put(path, " policy");
	}
	if (step->verdict && strcmp(step->verdict, "continue") != 0) {
		put(path, " ");
		put(path, step->verdict);
	}
	if (path->len > PATH_MAX_LEN)
		put(path, " ...");
}

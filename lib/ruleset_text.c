// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nft writes of a ruleset: the listing is cut into the texts of rules,
 * which find their rule by table and handle.
 *
 * The listing is indented with tabs: tables none, chains one, rules two. A rule
 * ends with " # handle N". Rules of a chain without a name stand in braces
 * behind the jump to it, one tab deeper and without handles.
 */
#include "ruleset_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HANDLE " # handle "

/* A stretch of the listing. */
struct span {
	const char *text;
	size_t len;
};

/**
 * struct reader - where in the listing we are
 * @parts: what is joined
 * @at: next line
 * @table: the table, NULL: one that the kernel did not tell of
 * @rule: the rule that is being put together
 * @inner: spans of the rules in its braces
 */
struct reader {
	struct skald_parts *parts;
	const char *at;
	const struct skald_part_table *table;
	struct skald_buffer rule;
	struct skald_buffer inner;
};

static bool next_line(struct reader *reader, struct span *line)
{
	const char *end;

	if (!*reader->at)
		return false;
	end = strchrnul(reader->at, '\n');
	line->text = reader->at;
	line->len = end - reader->at;
	reader->at = *end ? end + 1 : end;
	return true;
}

static bool starts_with(const struct span *line, const char *word)
{
	size_t len = strlen(word);

	return line->len >= len && memcmp(line->text, word, len) == 0;
}

static bool ends_with(const struct span *line, const char *word)
{
	size_t len = strlen(word);

	return line->len >= len &&
	       memcmp(line->text + line->len - len, word, len) == 0;
}

static bool is_line(const struct span *line, const char *word)
{
	return line->len == strlen(word) && starts_with(line, word);
}

static void trim_left(struct span *line)
{
	while (line->len && (*line->text == '\t' || *line->text == ' ')) {
		line->text++;
		line->len--;
	}
}

/* Cuts " # handle N" off the end. Return: whether it was there */
static bool cut_handle(struct span *line, uint64_t *handle)
{
	size_t digits = line->len;
	struct span rest = *line;
	uint64_t number = 0;

	while (digits && line->text[digits - 1] >= '0' &&
	       line->text[digits - 1] <= '9')
		digits--;
	if (digits == line->len)
		return false;
	rest.len = digits;
	if (!ends_with(&rest, HANDLE))
		return false;
	for (size_t i = digits; i < line->len; i++)
		number = number * 10 + (line->text[i] - '0');
	*handle = number;
	line->len = digits - strlen(HANDLE);
	return true;
}

/* Behind the handle of a table with an owner stands " progname tracerd". */
static void cut_owner(struct span *line)
{
	static const char owner[] = " progname ";
	const char *at =
		memmem(line->text, line->len, owner, sizeof(owner) - 1);

	if (at)
		line->len = (size_t)(at - line->text);
}

/* Name in "\tchain NAME {" and the like. Return: a copy, or NULL */
static char *header_name(const struct span *line, const char *word)
{
	struct span name = *line;
	uint64_t handle;

	cut_owner(&name);
	(void)cut_handle(&name, &handle);
	if (!starts_with(&name, word) || !ends_with(&name, " {"))
		return NULL;
	name.text += strlen(word);
	if (name.len < strlen(word) + strlen(" {"))
		return NULL;
	return strndup(name.text, name.len - strlen(word) - strlen(" {"));
}

static int set_text(struct skald_parts *parts, struct skald_part_rule *rule,
		    const char *text, size_t len)
{
	if (rule->rule.text)
		return 0;
	rule->rule.text = skald_arena_strndup(&parts->arena, text, len);
	return rule->rule.text ? 0 : -ENOMEM;
}

/* Rules in braces are those of the chain that @outer jumps to, in order. */
static int join_inner(struct reader *reader,
		      const struct skald_part_rule *outer)
{
	const struct span *inner = (const void *)reader->inner.data;
	size_t n = reader->inner.len / sizeof(*inner);
	struct skald_parts *parts = reader->parts;
	struct skald_part_chain *chain;
	int err = 0;

	if (!n || reader->inner.failed || !outer->inner)
		return 0;
	chain = skald_parts_chain(parts, outer->rule.family, outer->rule.table,
				  outer->inner);
	if (!chain || chain->n != n)
		return 0;
	for (size_t i = 0; i < n && !err; i++)
		err = set_text(parts, &parts->rules[chain->first + i],
			       inner[i].text, inner[i].len);
	return err;
}

static int end_rule(struct reader *reader, uint64_t handle)
{
	struct skald_part_rule *rule = NULL;
	int err = 0;

	if (reader->table)
		rule = skald_parts_rule(reader->parts, reader->table->family,
					reader->table->name, handle);
	if (rule && reader->rule.failed)
		err = -ENOMEM;
	if (rule && !err)
		err = set_text(reader->parts, rule,
			       (const char *)reader->rule.data,
			       reader->rule.len);
	if (rule && !err)
		err = join_inner(reader, rule);
	return err;
}

/* Appends a line to the rule: continued lists with a blank between. */
static void put_piece(struct reader *reader, const struct span *piece)
{
	if (reader->rule.len)
		skald_buffer_put(&reader->rule, " ", 1);
	skald_buffer_put(&reader->rule, piece->text, piece->len);
}

static bool is_end(const struct span *line)
{
	return is_line(line, "\t}") || is_line(line, "}");
}

/* Read @line again. */
static void step_back(struct reader *reader, const struct span *line)
{
	reader->at = line->text;
}

/* The rules in braces, up to the line that closes them. */
static void take_braces(struct reader *reader)
{
	struct span line;

	while (next_line(reader, &line)) {
		if (starts_with(&line, "\t\t}") || is_end(&line)) {
			step_back(reader, &line);
			return;
		}
		trim_left(&line);
		skald_buffer_put(&reader->inner, &line, sizeof(line));
		put_piece(reader, &line);
		skald_buffer_put(&reader->rule, ";", 1);
	}
}

/* Puts one rule together, beginning with the line @first. */
static int take_rule(struct reader *reader, const struct span *first)
{
	struct span line = *first;

	reader->rule.len = 0;
	reader->inner.len = 0;
	do {
		uint64_t handle;

		if (is_end(&line)) {
			step_back(reader, &line);
			return 0;
		}
		trim_left(&line);
		if (cut_handle(&line, &handle)) {
			put_piece(reader, &line);
			return end_rule(reader, handle);
		}
		put_piece(reader, &line);
		if (ends_with(&line, " {"))
			take_braces(reader);
	} while (next_line(reader, &line));
	return 0;
}

/* "type filter hook input priority filter + 5; policy accept;" */
static int take_priority(struct reader *reader, struct skald_part_chain *chain,
			 const struct span *line)
{
	static const char word[] = " priority ";
	const char *end = line->text + line->len;
	const char *found = NULL;
	const char *at = line->text;

	while ((at = memmem(at, end - at, word, strlen(word))))
		found = at += strlen(word);
	if (!found)
		return 0;
	at = memchr(found, ';', end - found);
	chain->chain.priority_name = skald_arena_strndup(
		&reader->parts->arena, found, (at ? at : end) - found);
	return chain->chain.priority_name ? 0 : -ENOMEM;
}

static struct skald_part_chain *chain_named(struct reader *reader,
					    const char *name)
{
	if (!name || !reader->table)
		return NULL;
	return skald_parts_chain(reader->parts, reader->table->family,
				 reader->table->name, name);
}

/* One line of a chain that begins something: its head, or a rule. */
static int take_chain_line(struct reader *reader,
			   struct skald_part_chain *chain,
			   const struct span *line)
{
	struct span piece = *line;
	uint64_t handle;

	if (cut_handle(&piece, &handle))
		return take_rule(reader, line);
	if (starts_with(line, "\t\tcomment "))
		return 0;
	if (!starts_with(line, "\t\ttype "))
		return take_rule(reader, line);
	if (chain && chain->chain.is_base)
		return take_priority(reader, chain, line);
	return 0;
}

/* From the line behind the chain's first to the one that closes it. */
static int take_chain(struct reader *reader, const struct span *first)
{
	char *name = header_name(first, "\tchain ");
	struct skald_part_chain *chain = chain_named(reader, name);
	struct span line;
	int err = 0;

	while (!err && next_line(reader, &line) && !is_line(&line, "\t}")) {
		if (is_end(&line)) {
			step_back(reader, &line);
			break;
		}
		err = take_chain_line(reader, chain, &line);
	}
	free(name);
	return err;
}

/* "table ip6 NAME {". Return: whether it is one of our own */
static bool take_table_header(struct reader *reader, const struct span *line)
{
	char *name = header_name(line, "table ");
	char *blank = name ? strchr(name, ' ') : NULL;
	bool is_own = false;

	reader->table = NULL;
	if (blank) {
		int family = skald_parts_family(name, blank - name);

		is_own = skald_parts_is_own(blank + 1);
		if (family >= 0)
			reader->table = skald_parts_table(
				reader->parts, (unsigned int)family, blank + 1);
	}
	free(name);
	return is_own;
}

/* One table, whole. Its text is kept when it is not our own. */
static int take_table(struct reader *reader, const struct span *first)
{
	bool is_own = take_table_header(reader, first);
	struct span line;
	int err = 0;

	while (!err && next_line(reader, &line) && !is_line(&line, "}")) {
		if (starts_with(&line, "\tchain "))
			err = take_chain(reader, &line);
	}
	if (!is_own)
		skald_buffer_put(&reader->parts->text, first->text,
				 reader->at - first->text);
	return err;
}

int skald_ruleset_join(struct skald_parts *parts, const char *text)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct span line;
	int err = 0;

	if (!reader)
		return -ENOMEM;
	reader->parts = parts;
	reader->at = text;
	while (!err && next_line(reader, &line)) {
		if (starts_with(&line, "table "))
			err = take_table(reader, &line);
	}
	if (parts->text.failed)
		err = -ENOMEM;
	skald_buffer_done(&reader->rule);
	skald_buffer_done(&reader->inner);
	free(reader);
	return err;
}

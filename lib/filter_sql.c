// SPDX-License-Identifier: GPL-2.0-only
/*
 * A filter's tree as SQL. Whatever the user wrote becomes a bound parameter;
 * the text of the SQL comes from the list of fields alone.
 *
 * About stories, "+s.shape" keeps SQLite from choosing an index by itself: the
 * list (store_list.c) knows better which way is short.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "filter_internal.h"
#include "packet.h"

#define COLUMN_MAX 64

/**
 * struct writer - where writing stands
 * @sql: what is written
 * @of: which rows it is about
 * @arena: for patterns
 * @negations: negations around the current place
 * @failed: there was no memory
 */
struct writer {
	struct skald_sql *sql;
	enum skald_sql_of of;
	struct skald_arena *arena;
	unsigned int negations;
	bool failed;
};

static void put(struct writer *writer, const char *text)
{
	skald_buffer_put(&writer->sql->text, text, strlen(text));
}

static void bind(struct writer *writer, const struct skald_bound *bound)
{
	put(writer, "?");
	skald_buffer_put(&writer->sql->bounds, bound, sizeof(*bound));
}

static void bind_number(struct writer *writer, int64_t number)
{
	struct skald_bound bound = { .number = number };

	bind(writer, &bound);
}

static void bind_text(struct writer *writer, const char *text)
{
	struct skald_bound bound = { .text = text };

	bind(writer, &bound);
}

static void bind_bytes(struct writer *writer, const uint8_t *bytes, size_t len)
{
	struct skald_bound bound = { .len = len };

	memcpy(bound.bytes, bytes, len);
	bind(writer, &bound);
}

/* "50%" contains a per cent sign, not anything. */
static void bind_pattern(struct writer *writer, const char *text)
{
	char *pattern = skald_arena_alloc(writer->arena, 2 * strlen(text) + 3);
	char *to = pattern;

	if (!pattern) {
		writer->failed = true;
		return;
	}
	*to++ = '%';
	for (; *text; text++) {
		if (strchr("%_\\", *text))
			*to++ = '\\';
		*to++ = *text;
	}
	*to++ = '%';
	*to = '\0';
	bind_text(writer, pattern);
}

static void bind_value(struct writer *writer, const struct skald_node *node,
		       const struct skald_filter_value *value)
{
	switch (node->desc->type) {
	case SKALD_FILTER_NUM:
	case SKALD_FILTER_TIME:
	case SKALD_FILTER_SPAN:
	case SKALD_FILTER_YES:
	case SKALD_FILTER_END:
		bind_number(writer, value->number);
		break;
	case SKALD_FILTER_TEXT:
	case SKALD_FILTER_HOOK:
	case SKALD_FILTER_STATE:
	case SKALD_FILTER_SOURCE:
	case SKALD_FILTER_KIND:
		bind_text(writer, value->text);
		break;
	case SKALD_FILTER_ADDR:
	case SKALD_FILTER_MAC:
		bind_bytes(writer, value->low, value->len);
		break;
	}
}

static void put_in(struct writer *writer, const struct skald_node *node)
{
	if (node->n_values == 1) {
		put(writer, " = ");
		bind_value(writer, node, node->values);
		return;
	}
	for (unsigned int i = 0; i < node->n_values; i++) {
		put(writer, i ? ", " : " IN (");
		bind_value(writer, node, &node->values[i]);
	}
	put(writer, ")");
}

/* Numbers of our own, written out: a partial index needs to see them. */
static void put_endings(struct writer *writer, const struct skald_node *node)
{
	unsigned int endings = 0;
	const char *before;
	char number[16];

	for (unsigned int i = 0; i < node->n_values; i++)
		endings |= node->values[i].endings;
	if ((endings & (endings - 1)) == 0) {
		snprintf(number, sizeof(number), " = %d",
			 __builtin_ctz(endings));
		put(writer, number);
		return;
	}
	before = " IN (";
	for (int i = 0; endings >> i; i++) {
		if (!(endings >> i & 1))
			continue;
		put(writer, before);
		snprintf(number, sizeof(number), "%d", i);
		put(writer, number);
		before = ", ";
	}
	put(writer, ")");
}

static void put_ordered(struct writer *writer, const struct skald_node *node,
			const char *op)
{
	put(writer, op);
	bind_value(writer, node, node->values);
}

/* What stands behind a column, for all types but addresses. */
static void put_comparison(struct writer *writer, const struct skald_node *node)
{
	switch (node->op) {
	case SKALD_OP_EQ:
	case SKALD_OP_NE:
		if (node->desc->type == SKALD_FILTER_END)
			put_endings(writer, node);
		else
			put_in(writer, node);
		break;
	case SKALD_OP_LT:
		put_ordered(writer, node, " < ");
		break;
	case SKALD_OP_LE:
		put_ordered(writer, node, " <= ");
		break;
	case SKALD_OP_GT:
		put_ordered(writer, node, " > ");
		break;
	case SKALD_OP_GE:
		put_ordered(writer, node, " >= ");
		break;
	case SKALD_OP_HAS:
	case SKALD_OP_HAS_NOT:
		put(writer, " LIKE ");
		bind_pattern(writer, node->values->text);
		put(writer, " ESCAPE '\\'");
		break;
	}
}

static void put_ranges(struct writer *writer, const struct skald_node *node)
{
	char len[40];

	put(writer, "(");
	for (unsigned int i = 0; i < node->n_values; i++) {
		const struct skald_filter_value *value = &node->values[i];

		put(writer, i ? " OR " : "");
		if (!memcmp(value->low, value->high, value->len)) {
			put(writer, "a.bytes = ");
			bind_bytes(writer, value->low, value->len);
			continue;
		}
		put(writer, "(a.bytes >= ");
		bind_bytes(writer, value->low, value->len);
		put(writer, " AND a.bytes <= ");
		bind_bytes(writer, value->high, value->len);
		snprintf(len, sizeof(len), " AND length(a.bytes) = %u)",
			 value->len);
		put(writer, len);
	}
	put(writer, ")");
}

/*
 * One of a field's columns, "@" made the table's alias; @columns is moved to
 * the next. Return: false when there are no more
 */
static bool take_column(const char **columns, const char *alias,
			char column[COLUMN_MAX])
{
	size_t len = 0;

	if (!**columns)
		return false;
	for (; **columns && **columns != '|'; ++*columns) {
		if (**columns == '@')
			len += snprintf(column + len, COLUMN_MAX - len, "%s.",
					alias);
		else
			column[len++] = **columns;
	}
	column[len] = '\0';
	if (**columns)
		++*columns;
	return true;
}

/* About flows the address comes first, and finds the flow by an index. */
static void put_flow_addresses(struct writer *writer,
			       const struct skald_node *node)
{
	const char *columns = node->desc->columns;
	const char *before = "";
	char column[COLUMN_MAX];

	while (take_column(&columns, "d", column)) {
		put(writer, before);
		put(writer, column);
		put(writer, " IN (SELECT a.id FROM address AS a WHERE ");
		put_ranges(writer, node);
		put(writer, ")");
		before = " OR ";
	}
}

/* About stories there is a flow already, and its addresses are looked at. */
static void put_story_addresses(struct writer *writer,
				const struct skald_node *node)
{
	const char *columns = node->desc->columns;
	const char *before = "";
	char column[COLUMN_MAX];

	put(writer, "EXISTS (SELECT 1 FROM address AS a WHERE a.id IN (");
	while (take_column(&columns, "f", column)) {
		put(writer, before);
		put(writer, column);
		before = ", ";
	}
	put(writer, ") AND ");
	put_ranges(writer, node);
	put(writer, ")");
}

static void put_flow_columns(struct writer *writer,
			     const struct skald_node *node, const char *alias)
{
	const char *columns = node->desc->columns;
	const char *before = "";
	char column[COLUMN_MAX];

	while (take_column(&columns, alias, column)) {
		put(writer, before);
		put(writer, column);
		put_comparison(writer, node);
		before = " OR ";
	}
}

static void put_flow(struct writer *writer, const struct skald_node *node)
{
	bool is_address = node->desc->type == SKALD_FILTER_ADDR;

	if (writer->of == SKALD_SQL_FLOW) {
		if (is_address)
			put_flow_addresses(writer, node);
		else
			put_flow_columns(writer, node, "d");
		return;
	}
	put(writer, "EXISTS (SELECT 1 FROM flow AS f WHERE f.id = s.flow "
		    "AND (");
	if (is_address)
		put_story_addresses(writer, node);
	else
		put_flow_columns(writer, node, "f");
	put(writer, "))");
}

/* The story's shape is among those that a query gives. */
static void put_shape_in(struct writer *writer, const struct skald_node *node,
			 const char *select, const char *end)
{
	put(writer, writer->of == SKALD_SQL_SHAPE ? "d.id" : "+s.shape");
	put(writer, " IN (");
	put(writer, select);
	put(writer, node->desc->columns);
	put_comparison(writer, node);
	put(writer, end);
}

static void put_shape(struct writer *writer, const struct skald_node *node)
{
	if (writer->of != SKALD_SQL_SHAPE) {
		put_shape_in(writer, node, "SELECT id FROM shape WHERE ", ")");
		return;
	}
	put(writer, "d.");
	put(writer, node->desc->columns);
	put_comparison(writer, node);
}

/* Spans turn a condition on the time into one on ids, which are in order. */
static void put_time(struct writer *writer, const struct skald_node *node)
{
	bool has_min = node->op == SKALD_OP_GT || node->op == SKALD_OP_GE;
	bool has_max = node->op == SKALD_OP_LT || node->op == SKALD_OP_LE;

	put(writer, "s.start_ns");
	put_comparison(writer, node);
	if (has_min) {
		put(writer, " AND s.id >= coalesce((SELECT min(first_id) FROM "
			    "span WHERE max_start_ns");
		put_comparison(writer, node);
		put(writer, "), 9223372036854775807)");
	}
	if (has_max) {
		put(writer, " AND s.id <= coalesce((SELECT max(last_id) FROM "
			    "span WHERE min_start_ns");
		put_comparison(writer, node);
		put(writer, "), 0)");
	}
}

static void put_claim(struct writer *writer, const struct skald_node *node,
		      const char *alias)
{
	bool is_inverse = *node->desc->columns == '!';
	bool wanted[2] = { false, false };

	for (unsigned int i = 0; i < node->n_values; i++)
		wanted[(node->values[i].number != 0) != is_inverse] = true;
	if (wanted[0] && wanted[1]) {
		put(writer, "1");
		return;
	}
	put(writer, alias);
	put(writer, node->desc->columns + is_inverse);
	put(writer, wanted[1] ? " = 1" : " = 0");
}

static void put_story(struct writer *writer, const struct skald_node *node)
{
	/* A shape's stories all end alike: both have the column. */
	const char *alias = writer->of == SKALD_SQL_SHAPE ? "d." : "s.";

	if (node->desc->type == SKALD_FILTER_TIME) {
		put_time(writer, node);
	} else if (node->desc->type == SKALD_FILTER_YES) {
		put_claim(writer, node, alias);
	} else {
		put(writer, alias);
		put(writer, node->desc->columns);
		put_comparison(writer, node);
	}
}

static int packet_field(const char *name)
{
	for (int i = 0; i < SKALD_N_P; i++)
		if (!strcmp(skald_packet_descs[i].name, name))
			return i;
	/* "flags", the only one that is a text */
	return SKALD_N_P;
}

static void put_packet(struct writer *writer, const struct skald_node *node)
{
	bool is_final = *node->desc->columns == '+';
	char call[80];

	snprintf(call, sizeof(call), "skald_packet(s.shape, s.own, %d, %d)",
		 packet_field(node->desc->columns + is_final), is_final);
	put(writer, call);
	put_comparison(writer, node);
}

static void put_positive(struct writer *writer, const struct skald_node *node)
{
	switch (node->desc->scope) {
	case SKALD_SCOPE_STORY:
		put_story(writer, node);
		break;
	case SKALD_SCOPE_SHAPE:
		put_shape(writer, node);
		break;
	case SKALD_SCOPE_STEP:
		put_shape_in(writer, node, "SELECT shape FROM step WHERE ",
			     ")");
		break;
	case SKALD_SCOPE_RULE:
		put_shape_in(writer, node,
			     "SELECT step.shape FROM rule JOIN step "
			     "ON step.rule = rule.id WHERE rule.",
			     ")");
		break;
	case SKALD_SCOPE_HOST:
		put_shape_in(writer, node,
			     "SELECT id FROM shape WHERE host IN "
			     "(SELECT id FROM host WHERE ",
			     "))");
		break;
	case SKALD_SCOPE_FLOW:
		put_flow(writer, node);
		break;
	case SKALD_SCOPE_PACKET:
		put_packet(writer, node);
		break;
	}
}

static void put_term(struct writer *writer, const struct skald_node *node)
{
	bool is_not = node->op == SKALD_OP_NE || node->op == SKALD_OP_HAS_NOT;
	/* "!=" is the opposite of "==": true of what is not there, too. */
	bool is_guarded = is_not || writer->negations;

	put(writer, is_not ? "NOT " : "");
	put(writer, is_guarded ? "coalesce((" : "(");
	put_positive(writer, node);
	put(writer, is_guarded ? "), 0)" : ")");
}

static void put_node(struct writer *writer, const struct skald_node *node)
{
	switch (node->type) {
	case SKALD_NODE_TERM:
		put_term(writer, node);
		break;
	case SKALD_NODE_NOT:
		put(writer, "NOT ");
		writer->negations++;
		put_node(writer, node->left);
		writer->negations--;
		break;
	case SKALD_NODE_AND:
	case SKALD_NODE_OR:
		put(writer, "(");
		put_node(writer, node->left);
		put(writer, node->type == SKALD_NODE_AND ? " AND " : " OR ");
		put_node(writer, node->right);
		put(writer, ")");
		break;
	}
}

static bool is_about(const struct skald_node *node, enum skald_sql_of of)
{
	switch (of) {
	case SKALD_SQL_STORY:
		return true;
	case SKALD_SQL_SHAPE:
		return !(node->needs & ~(SKALD_NEEDS_SHAPE | SKALD_NEEDS_DROP));
	case SKALD_SQL_FLOW:
		return node->needs == SKALD_NEEDS_FLOW;
	}
	return false;
}

/* The parts that a conjunction has of the wanted kind. */
static void put_parts(struct writer *writer, const struct skald_node *node)
{
	if (is_about(node, writer->of)) {
		put(writer, writer->sql->text.len ? " AND " : "");
		put_node(writer, node);
	} else if (node->type == SKALD_NODE_AND) {
		put_parts(writer, node->left);
		put_parts(writer, node->right);
	}
}

unsigned int skald_sql_drives(const struct skald_node *node)
{
	bool is_shape = is_about(node, SKALD_SQL_SHAPE) &&
			node->needs & SKALD_NEEDS_SHAPE;

	if (is_shape || is_about(node, SKALD_SQL_FLOW))
		return node->needs & ~SKALD_NEEDS_DROP;
	if (node->type != SKALD_NODE_AND)
		return 0;
	return skald_sql_drives(node->left) | skald_sql_drives(node->right);
}

int skald_sql_write(const struct skald_node *node, enum skald_sql_of of,
		    struct skald_arena *arena, struct skald_sql *sql)
{
	struct writer writer = { .sql = sql, .of = of, .arena = arena };

	put_parts(&writer, node);
	skald_buffer_put_u8(&sql->text, '\0');
	if (writer.failed || sql->text.failed || sql->bounds.failed)
		return -ENOMEM;
	return 0;
}

void skald_sql_done(struct skald_sql *sql)
{
	skald_buffer_done(&sql->text);
	skald_buffer_done(&sql->bounds);
}

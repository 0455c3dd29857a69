/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: inside the filter compiler
 *
 * Text -> tokens (filter_lex.c) -> tree (filter_parse.c, with the values from
 * filter_value.c and filter_time.c) -> SQL (filter_sql.c).
 */
#ifndef SKALD_LIB_FILTER_INTERNAL_H
#define SKALD_LIB_FILTER_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "event.h"
#include "filter.h"
#include "filter_field.h"

/* What a filter may be, so that no filter is a burden. */
#define SKALD_FILTER_MAX_LEN 8192
#define SKALD_FILTER_MAX_DEPTH 64
#define SKALD_FILTER_MAX_TERMS 200
#define SKALD_FILTER_MAX_VALUES 400

/* What a part of a filter needs to look at, one bit each. */
#define SKALD_NEEDS_SHAPE 1u
#define SKALD_NEEDS_FLOW 2u
#define SKALD_NEEDS_STORY 4u
/* "verdict == drop": the shape knows, but an index of its own is faster */
#define SKALD_NEEDS_DROP 8u

enum skald_token_type {
	SKALD_TOKEN_END,
	SKALD_TOKEN_WORD,
	SKALD_TOKEN_STRING,
	SKALD_TOKEN_OPEN,
	SKALD_TOKEN_CLOSE,
	SKALD_TOKEN_OPEN_SET,
	SKALD_TOKEN_CLOSE_SET,
	SKALD_TOKEN_COMMA,
	SKALD_TOKEN_AND,
	SKALD_TOKEN_OR,
	SKALD_TOKEN_NOT,
	SKALD_TOKEN_OP,
};

enum skald_filter_op {
	SKALD_OP_EQ,
	SKALD_OP_NE,
	SKALD_OP_LT,
	SKALD_OP_LE,
	SKALD_OP_GT,
	SKALD_OP_GE,
	SKALD_OP_HAS,
	SKALD_OP_HAS_NOT,
};

/**
 * struct skald_token - one token
 * @type: enum skald_token_type
 * @op: with SKALD_TOKEN_OP
 * @column: 1-based, where it begins
 * @text: its characters; of a string without quotes and escapes; ends in 0
 * @len: how many
 */
struct skald_token {
	enum skald_token_type type;
	enum skald_filter_op op;
	int column;
	const char *text;
	size_t len;
};

/**
 * struct skald_lexer - where tokens come from
 * @text: the whole filter
 * @at: next character
 * @arena: for the texts of tokens
 */
struct skald_lexer {
	const char *text;
	const char *at;
	struct skald_arena *arena;
};

/* The next token; behind the last one that of the end. Return: 0, -EINVAL with
 * the column, -ENOMEM */
int skald_lexer_next(struct skald_lexer *lexer, struct skald_token *token,
		     struct skald_error *error);

/**
 * struct skald_filter_value - one value, or a range of them
 * @text: for TEXT and words
 * @number: for numbers, yes or no, times and durations
 * @endings: for END: bit i stands for ending i
 * @len: for ADDR and MAC: bytes in @low and @high
 * @low: first address
 * @high: last address
 */
struct skald_filter_value {
	const char *text;
	int64_t number;
	unsigned int endings;
	unsigned int len;
	uint8_t low[16];
	uint8_t high[16];
};

/* Read a value of a field's type. @now_ns: CLOCK_REALTIME, for times. */
int skald_filter_value(const struct skald_filter_desc *desc,
		       const struct skald_token *token, int64_t now_ns,
		       struct skald_filter_value *value,
		       struct skald_error *error);
/* Return: false when @text is no time. */
bool skald_filter_time(const char *text, int64_t now_ns, int64_t *t_ns);
/* "10ms", "1h30m" */
bool skald_filter_duration(const char *text, int64_t *ns);

enum skald_node_type {
	SKALD_NODE_TERM,
	SKALD_NODE_NOT,
	SKALD_NODE_AND,
	SKALD_NODE_OR,
};

/**
 * struct skald_node - one node of the tree
 * @type: enum skald_node_type
 * @needs: SKALD_NEEDS_* of all terms below
 * @desc: of a term: its field
 * @op: of a term: EQ stands for "in" as well
 * @values: of a term
 * @n_values: how many
 * @left: operand
 * @right: other operand of AND and OR
 */
struct skald_node {
	enum skald_node_type type;
	unsigned int needs;
	const struct skald_filter_desc *desc;
	enum skald_filter_op op;
	struct skald_filter_value *values;
	unsigned int n_values;
	struct skald_node *left;
	struct skald_node *right;
};

/* *@node is NULL for a filter that matches everything. */
int skald_filter_parse(const char *text, struct skald_arena *arena,
		       struct skald_node **node, struct skald_error *error);

/**
 * struct skald_bound - one parameter
 * @text: text, or NULL
 * @len: length of @bytes, 0: none
 * @number: a number, when there is nothing else
 * @bytes: an address
 */
struct skald_bound {
	const char *text;
	size_t len;
	int64_t number;
	uint8_t bytes[16];
};

/**
 * struct skald_sql - an expression and its parameters
 * @text: SQL, ends in 0; empty: nothing to say
 * @bounds: array of struct skald_bound
 */
struct skald_sql {
	struct skald_buffer text;
	struct skald_buffer bounds;
};

/* Which rows an expression is about. */
enum skald_sql_of {
	SKALD_SQL_STORY, /* story AS s */
	SKALD_SQL_SHAPE, /* shape AS d: only terms about the shape */
	SKALD_SQL_FLOW, /* flow AS d: only terms about the flow */
};

/*
 * Write a tree as SQL. For SHAPE and FLOW only those parts of it that are about
 * them alone and that every story must satisfy.
 */
int skald_sql_write(const struct skald_node *node, enum skald_sql_of of,
		    struct skald_arena *arena, struct skald_sql *sql);
void skald_sql_done(struct skald_sql *sql);
/* SKALD_NEEDS_* of the parts that every story must satisfy, if none but @of */
unsigned int skald_sql_drives(const struct skald_node *node);

/**
 * struct skald_filter - a compiled filter
 * @arena: owns the tree and the texts
 * @sql: one for each enum skald_sql_of
 * @needs: SKALD_NEEDS_* of all of it
 * @drives: SKALD_NEEDS_SHAPE, SKALD_NEEDS_FLOW: stories can be found by their
 *	shape, by their flow
 */
struct skald_filter {
	struct skald_arena arena;
	struct skald_sql sql[3];
	unsigned int needs;
	unsigned int drives;
};

/* Return: the expression, or NULL: the filter says nothing about those */
const char *skald_filter_sql_of(const struct skald_filter *filter,
				enum skald_sql_of of);
int skald_filter_bind_of(const struct skald_filter *filter,
			 enum skald_sql_of of, struct sqlite3_stmt *stmt,
			 int first);

#endif /* SKALD_LIB_FILTER_INTERNAL_H */

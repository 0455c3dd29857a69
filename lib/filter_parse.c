// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar of the filter language, by recursive descent:
 *
 *	either = both { ("||" | "or") both }
 *	both   = one { ("&&" | "and") one }
 *	one    = ("!" | "not") one | "(" either ")" | term
 *	term   = field op value | field "in" "{" value { "," value } "}" | field
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "filter_internal.h"

/**
 * struct parser - where parsing stands
 * @lexer: tokens to come
 * @token: the token looked at
 * @arena: owns the tree
 * @error: where to say what is wrong
 * @now_ns: what "now" is in this filter
 * @depth: parentheses and negations open
 * @n_terms: terms so far
 * @n_values: values so far
 */
struct parser {
	struct skald_lexer lexer;
	struct skald_token token;
	struct skald_arena *arena;
	struct skald_error *error;
	int64_t now_ns;
	unsigned int depth;
	unsigned int n_terms;
	unsigned int n_values;
};

static int fail(struct parser *parser, int column, const char *text)
{
	int err = skald_error_set(parser->error, EINVAL, "%s", text);

	if (parser->error)
		parser->error->column = column;
	return err;
}

static int fail_expected(struct parser *parser, const char *what)
{
	const struct skald_token *token = &parser->token;
	int err;

	if (token->type == SKALD_TOKEN_END)
		err = skald_error_set(parser->error, EINVAL,
				      "the filter ends where %s is expected",
				      what);
	else
		err = skald_error_set(parser->error, EINVAL,
				      "\"%.60s\" stands where %s is expected",
				      token->text, what);
	if (parser->error)
		parser->error->column = token->column;
	return err;
}

static int next(struct parser *parser)
{
	return skald_lexer_next(&parser->lexer, &parser->token, parser->error);
}

static struct skald_node *new_node(struct parser *parser,
				   enum skald_node_type type,
				   struct skald_node *left,
				   struct skald_node *right)
{
	struct skald_node *node =
		skald_arena_alloc(parser->arena, sizeof(*node));

	if (!node) {
		(void)skald_error_set(parser->error, ENOMEM, "out of memory");
		return NULL;
	}
	node->type = type;
	node->left = left;
	node->right = right;
	node->needs = (left ? left->needs : 0) | (right ? right->needs : 0);
	return node;
}

static int find_field(struct parser *parser,
		      const struct skald_filter_desc **desc)
{
	const struct skald_token *token = &parser->token;
	const char *guess;
	int err;

	if (token->type != SKALD_TOKEN_WORD)
		return fail_expected(parser, "a field");
	*desc = skald_filter_find(token->text, token->len);
	if (*desc)
		return 0;
	err = skald_error_set(parser->error, EINVAL, "\"%.60s\" is not a field",
			      token->text);
	if (parser->error)
		parser->error->column = token->column;
	guess = skald_filter_guess(token->text, token->len);
	if (guess)
		skald_error_help(parser->error, "Did you mean %s?", guess);
	return err;
}

static bool is_op_for(enum skald_filter_type type, enum skald_filter_op op)
{
	bool is_equal = op == SKALD_OP_EQ || op == SKALD_OP_NE;

	switch (type) {
	case SKALD_FILTER_NUM:
	case SKALD_FILTER_TIME:
	case SKALD_FILTER_SPAN:
		return op != SKALD_OP_HAS && op != SKALD_OP_HAS_NOT;
	case SKALD_FILTER_TEXT:
		return is_equal || op == SKALD_OP_HAS || op == SKALD_OP_HAS_NOT;
	case SKALD_FILTER_ADDR:
	case SKALD_FILTER_YES:
	case SKALD_FILTER_MAC:
	case SKALD_FILTER_END:
	case SKALD_FILTER_HOOK:
	case SKALD_FILTER_STATE:
	case SKALD_FILTER_SOURCE:
	case SKALD_FILTER_KIND:
		return is_equal;
	}
	return false;
}

static const char *ops_for(enum skald_filter_type type)
{
	if (is_op_for(type, SKALD_OP_LT))
		return "one of == != < <= > >= or \"in\"";
	if (is_op_for(type, SKALD_OP_HAS))
		return "one of == != ~ !~ or \"in\"";
	return "one of == != or \"in\"";
}

static int read_value(struct parser *parser, struct skald_node *node)
{
	int err;

	if (parser->token.type != SKALD_TOKEN_WORD &&
	    parser->token.type != SKALD_TOKEN_STRING)
		return fail_expected(parser, "a value");
	if (++parser->n_values > SKALD_FILTER_MAX_VALUES)
		return fail(parser, parser->token.column,
			    "the filter has too many values");
	err = skald_filter_value(node->desc, &parser->token, parser->now_ns,
				 &node->values[node->n_values], parser->error);
	if (err)
		return err;
	node->n_values++;
	return next(parser);
}

/* At most as many values as there can be commas in what is left. */
static unsigned int count_commas(const char *text)
{
	unsigned int n = 1;

	for (; *text && n <= SKALD_FILTER_MAX_VALUES; text++)
		n += *text == ',';
	return n;
}

static int read_set(struct parser *parser, struct skald_node *node)
{
	int err = next(parser);

	if (!err && parser->token.type != SKALD_TOKEN_OPEN_SET)
		return fail_expected(parser, "\"{\"");
	node->values = skald_arena_alloc(parser->arena,
					 count_commas(parser->lexer.at) *
						 sizeof(*node->values));
	if (!node->values)
		return skald_error_set(parser->error, ENOMEM, "out of memory");
	do {
		err = err ?: next(parser);
		err = err ?: read_value(parser, node);
	} while (!err && parser->token.type == SKALD_TOKEN_COMMA);
	if (err)
		return err;
	if (parser->token.type != SKALD_TOKEN_CLOSE_SET)
		return fail_expected(parser, "\",\" or \"}\"");
	return next(parser);
}

static int read_comparison(struct parser *parser, struct skald_node *node)
{
	int err;

	if (parser->token.type != SKALD_TOKEN_OP ||
	    !is_op_for(node->desc->type, parser->token.op))
		return fail_expected(parser, ops_for(node->desc->type));
	node->op = parser->token.op;
	node->values = skald_arena_alloc(parser->arena, sizeof(*node->values));
	if (!node->values)
		return skald_error_set(parser->error, ENOMEM, "out of memory");
	err = next(parser);
	return err ?: read_value(parser, node);
}

/* A yes-or-no field by itself: "complete", "!nat". */
static int read_claim(struct parser *parser, struct skald_node *node)
{
	node->values = skald_arena_alloc(parser->arena, sizeof(*node->values));
	if (!node->values)
		return skald_error_set(parser->error, ENOMEM, "out of memory");
	node->values->number = 1;
	node->n_values = 1;
	return 0;
}

/* "!complete" is "complete == no": the index of such claims wants it so. */
static bool invert_claim(struct skald_node *node)
{
	if (node->type != SKALD_NODE_TERM ||
	    node->desc->type != SKALD_FILTER_YES || node->n_values != 1)
		return false;
	node->values->number = !node->values->number;
	return true;
}

static unsigned int needs_of(const struct skald_node *node)
{
	unsigned int endings = 0;

	if (node->desc->type == SKALD_FILTER_END) {
		for (unsigned int i = 0; i < node->n_values; i++)
			endings |= node->values[i].endings;
		return node->op == SKALD_OP_EQ &&
				       endings == 1u << SKALD_ENDING_DROPPED
			       ? SKALD_NEEDS_DROP
			       : SKALD_NEEDS_SHAPE;
	}
	switch (node->desc->scope) {
	case SKALD_SCOPE_SHAPE:
	case SKALD_SCOPE_STEP:
	case SKALD_SCOPE_RULE:
	case SKALD_SCOPE_HOST:
		return SKALD_NEEDS_SHAPE;
	case SKALD_SCOPE_FLOW:
		return SKALD_NEEDS_FLOW;
	case SKALD_SCOPE_STORY:
	case SKALD_SCOPE_PACKET:
		break;
	}
	return SKALD_NEEDS_STORY;
}

static int parse_term(struct parser *parser, struct skald_node **ret_node)
{
	const struct skald_filter_desc *desc;
	struct skald_node *node;
	int err;

	err = find_field(parser, &desc);
	if (err)
		return err;
	if (++parser->n_terms > SKALD_FILTER_MAX_TERMS)
		return fail(parser, parser->token.column,
			    "the filter has too many terms");
	node = new_node(parser, SKALD_NODE_TERM, NULL, NULL);
	if (!node)
		return -ENOMEM;
	node->desc = desc;
	node->op = SKALD_OP_EQ;
	err = next(parser);
	if (err)
		return err;
	if (parser->token.type == SKALD_TOKEN_WORD &&
	    !strcmp(parser->token.text, "in"))
		err = read_set(parser, node);
	else if (desc->type == SKALD_FILTER_YES &&
		 parser->token.type != SKALD_TOKEN_OP)
		err = read_claim(parser, node);
	else
		err = read_comparison(parser, node);
	if (err)
		return err;
	if (node->op == SKALD_OP_NE && invert_claim(node))
		node->op = SKALD_OP_EQ;
	node->needs = needs_of(node);
	*ret_node = node;
	return 0;
}

/* The grammar goes round in a circle. */
static int parse_either(struct parser *parser, struct skald_node **ret_node);
static int parse_one(struct parser *parser, struct skald_node **ret_node);

/* "!" or "not" has been seen. */
static int parse_not(struct parser *parser, struct skald_node **ret_node)
{
	struct skald_node *node = NULL;
	int err = parse_one(parser, &node);

	if (err || !node)
		return err;
	if (!invert_claim(node))
		node = new_node(parser, SKALD_NODE_NOT, node, NULL);
	if (!node)
		return -ENOMEM;
	*ret_node = node;
	return 0;
}

/* "(" has been seen. */
static int parse_group(struct parser *parser, struct skald_node **ret_node)
{
	int err = parse_either(parser, ret_node);

	if (err)
		return err;
	if (parser->token.type != SKALD_TOKEN_CLOSE)
		return fail_expected(parser, "\")\", && or ||");
	return next(parser);
}

static int parse_one(struct parser *parser, struct skald_node **ret_node)
{
	bool is_not = parser->token.type == SKALD_TOKEN_NOT;
	int err;

	if (!is_not && parser->token.type != SKALD_TOKEN_OPEN)
		return parse_term(parser, ret_node);
	if (++parser->depth > SKALD_FILTER_MAX_DEPTH)
		return fail(parser, parser->token.column,
			    "the filter is nested too deeply");
	err = next(parser);
	if (err)
		return err;
	err = is_not ? parse_not(parser, ret_node)
		     : parse_group(parser, ret_node);
	parser->depth--;
	return err;
}

static int parse_chain(struct parser *parser, enum skald_token_type token,
		       enum skald_node_type type,
		       int (*part)(struct parser *parser,
				   struct skald_node **ret_node),
		       struct skald_node **ret_node)
{
	struct skald_node *left = NULL, *right = NULL;
	int err = part(parser, &left);

	while (!err && parser->token.type == token) {
		err = next(parser);
		if (err)
			return err;
		err = part(parser, &right);
		if (err)
			return err;
		left = new_node(parser, type, left, right);
		err = left ? 0 : -ENOMEM;
	}
	if (!err)
		*ret_node = left;
	return err;
}

static int parse_both(struct parser *parser, struct skald_node **ret_node)
{
	return parse_chain(parser, SKALD_TOKEN_AND, SKALD_NODE_AND, parse_one,
			   ret_node);
}

static int parse_either(struct parser *parser, struct skald_node **ret_node)
{
	return parse_chain(parser, SKALD_TOKEN_OR, SKALD_NODE_OR, parse_both,
			   ret_node);
}

int skald_filter_parse(const char *text, struct skald_arena *arena,
		       struct skald_node **ret_node, struct skald_error *error)
{
	struct parser parser = {
		.lexer = { text, text, arena },
		.arena = arena,
		.error = error,
	};
	struct skald_node *node = NULL;
	struct timespec now;
	int err;

	if (strlen(text) > SKALD_FILTER_MAX_LEN)
		return fail(&parser, SKALD_FILTER_MAX_LEN,
			    "the filter is too long");
	clock_gettime(CLOCK_REALTIME, &now);
	parser.now_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	err = next(&parser);
	if (!err && parser.token.type != SKALD_TOKEN_END) {
		err = parse_either(&parser, &node);
		if (!err && parser.token.type != SKALD_TOKEN_END)
			err = fail_expected(&parser, "&& or ||");
	}
	if (!err)
		*ret_node = node;
	return err;
}

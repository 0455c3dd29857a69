// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens of the filter language.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "filter_internal.h"

static const struct {
	const char *text;
	enum skald_token_type type;
	enum skald_filter_op op;
} symbols[] = {
	/* Longer ones first. */
	{ "&&", SKALD_TOKEN_AND, 0 },
	{ "||", SKALD_TOKEN_OR, 0 },
	{ "==", SKALD_TOKEN_OP, SKALD_OP_EQ },
	{ "!=", SKALD_TOKEN_OP, SKALD_OP_NE },
	{ "<=", SKALD_TOKEN_OP, SKALD_OP_LE },
	{ ">=", SKALD_TOKEN_OP, SKALD_OP_GE },
	{ "!~", SKALD_TOKEN_OP, SKALD_OP_HAS_NOT },
	{ "=", SKALD_TOKEN_OP, SKALD_OP_EQ },
	{ "<", SKALD_TOKEN_OP, SKALD_OP_LT },
	{ ">", SKALD_TOKEN_OP, SKALD_OP_GT },
	{ "~", SKALD_TOKEN_OP, SKALD_OP_HAS },
	{ "!", SKALD_TOKEN_NOT, 0 },
	{ "(", SKALD_TOKEN_OPEN, 0 },
	{ ")", SKALD_TOKEN_CLOSE, 0 },
	{ "{", SKALD_TOKEN_OPEN_SET, 0 },
	{ "}", SKALD_TOKEN_CLOSE_SET, 0 },
	{ ",", SKALD_TOKEN_COMMA, 0 },
};

/* Words that are operators when they stand alone. */
static const struct {
	const char *word;
	enum skald_token_type type;
} keywords[] = {
	{ "and", SKALD_TOKEN_AND },
	{ "or", SKALD_TOKEN_OR },
	{ "not", SKALD_TOKEN_NOT },
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._:/-+@%[]*#$", c)) ||
	       (c & 0x80);
}

static int at_column(int err, int column, struct skald_error *error)
{
	if (error)
		error->column = column;
	return err;
}

static int lex_string(struct skald_lexer *lexer, struct skald_token *token,
		      struct skald_error *error)
{
	char quote = *lexer->at++;
	char *text, *to;

	/* Never longer than what is left. */
	text = skald_arena_alloc(lexer->arena, strlen(lexer->at) + 1);
	if (!text)
		return skald_error_set(error, ENOMEM, "out of memory");
	for (to = text; *lexer->at != quote; lexer->at++) {
		if (*lexer->at == '\\' && lexer->at[1])
			lexer->at++;
		if (!*lexer->at)
			return at_column(
				skald_error_set(error, EINVAL,
						"the quote that begins here "
						"does not end"),
				token->column, error);
		*to++ = *lexer->at;
	}
	lexer->at++;
	*to = '\0';
	token->type = SKALD_TOKEN_STRING;
	token->text = text;
	token->len = to - text;
	return 0;
}

static int lex_word(struct skald_lexer *lexer, struct skald_token *token,
		    struct skald_error *error)
{
	const char *from = lexer->at;

	while (is_word(*lexer->at))
		lexer->at++;
	token->type = SKALD_TOKEN_WORD;
	token->len = lexer->at - from;
	token->text = skald_arena_strndup(lexer->arena, from, token->len);
	if (!token->text)
		return skald_error_set(error, ENOMEM, "out of memory");
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (!strcmp(token->text, keywords[i].word))
			token->type = keywords[i].type;
	return 0;
}

static bool lex_symbol(struct skald_lexer *lexer, struct skald_token *token)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		size_t len = strlen(symbols[i].text);

		if (strncmp(lexer->at, symbols[i].text, len) != 0)
			continue;
		token->type = symbols[i].type;
		token->op = symbols[i].op;
		token->text = symbols[i].text;
		token->len = len;
		lexer->at += len;
		return true;
	}
	return false;
}

int skald_lexer_next(struct skald_lexer *lexer, struct skald_token *token,
		     struct skald_error *error)
{
	memset(token, 0, sizeof(*token));
	while (isspace((unsigned char)*lexer->at))
		lexer->at++;
	token->column = lexer->at - lexer->text + 1;
	if (!*lexer->at)
		return 0;
	if (*lexer->at == '"' || *lexer->at == '\'')
		return lex_string(lexer, token, error);
	if (is_word(*lexer->at))
		return lex_word(lexer, token, error);
	if (lex_symbol(lexer, token))
		return 0;
	return at_column(
		skald_error_set(error, EINVAL,
				isprint((unsigned char)*lexer->at)
					? "\"%c\" means nothing here"
					: "character %#x means nothing "
					  "here",
				(unsigned char)*lexer->at),
		token->column, error);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the column of an error in a tcpdump expression. Used by classifier.c.
 */
#include "caret.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A longer expression gets no column: nobody would count it. */
#define LONGEST 4096
#define ROOM 64 /* for the longest continuation and what closes it */
#define DEEPEST 32

/* Names in the expression may ask a slow name server again and again. */
#define PATIENCE_NS 500000000L

/*
 * What may follow a beginning that is right so far. Each is tried as it is and
 * with the parentheses closed that are open.
 */
static const char *const continuations[] = {
	"",	      " ip",	       " 1",
	" 1.2.3.4",   " ::1",	       " 1-2",
	" = 1",	      " 1 = 1",	       " 1] = 1",
	"] = 1",      " host 1.2.3.4", " 00:00:00:00:00:00",
	" 255.0.0.0", " 10.0.0.0/8",   " tcp",
	" port 1",    " data",	       "[0] = 1",
	" type data",
};

/**
 * struct search - one error being placed
 * @expression: what fails
 * @complaint: what is said about it
 * @is_late: by somebody who saw the whole program
 * @try: compiles
 * @user: for @try
 * @ends: where words end, as lengths of beginnings
 * @n_ends: how many
 * @buffer: for the shorter expressions
 * @until_ns: CLOCK_MONOTONIC when to give up
 */
struct search {
	const char *expression;
	const char *complaint;
	bool is_late;
	skald_caret_try *try;
	void *user;
	unsigned int *ends;
	unsigned int n_ends;
	char *buffer;
	int64_t until_ns;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("_.:\\-/", c);
}

static unsigned int word_length(const char *text, bool is_in_brackets)
{
	unsigned int n = 0;

	/* Within brackets ':' and '-' are operators. */
	while (text[n] && is_word(text[n]) &&
	       !(is_in_brackets && strchr(":-/", text[n])))
		n++;
	if (n)
		return n;
	if (strchr("<>=!&|", text[0]) &&
	    (text[1] == '=' || (text[1] == text[0] && text[0] != '!')))
		return 2;
	return 1;
}

static void split(struct search *search)
{
	const char *text = search->expression;
	unsigned int at = 0;
	bool is_in_brackets = false;

	while (text[at]) {
		if (isspace((unsigned char)text[at])) {
			at++;
			continue;
		}
		if (text[at] == '[' || text[at] == ']')
			is_in_brackets = text[at] == '[';
		at += word_length(text + at, is_in_brackets);
		search->ends[search->n_ends++] = at;
	}
}

/* Write what closes the parentheses and brackets that @text leaves open. */
static void close_open(const char *text, char *out)
{
	char open[DEEPEST] = "";
	unsigned int n = 0;

	for (; *text; text++) {
		if ((*text == '(' || *text == '[') && n < DEEPEST)
			open[n++] = *text;
		else if ((*text == ')' || *text == ']') && n)
			n--;
	}
	while (n)
		*out++ = open[--n] == '(' ? ')' : ']';
	*out = '\0';
}

static bool is_syntax(const char *complaint)
{
	return strstr(complaint, "syntax error") != NULL;
}

/* Another complaint may hide a late one, but not one of the parser's. */
static bool is_other(const struct search *search, const char *complaint)
{
	if (!complaint || search->is_late)
		return !complaint;
	return !is_syntax(complaint) &&
	       strcmp(complaint, search->complaint) != 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Whether the first @n words can go on without the complaint. */
static bool can_go_on(const struct search *search, unsigned int n)
{
	const unsigned int length = search->ends[n - 1];
	const size_t count = sizeof(continuations) / sizeof(*continuations);
	char *buffer = search->buffer;
	size_t i, more;

	memcpy(buffer, search->expression, length);
	for (i = 0; i < count; i++) {
		more = strlen(continuations[i]);
		memcpy(buffer + length, continuations[i], more + 1);
		close_open(buffer, buffer + length + more);
		if (is_other(search, search->try(search->user, buffer)))
			return true;
	}
	return false;
}

/*
 * The least number of words that cannot go on; n_ends + 1: all of them can; 0:
 * it takes too long
 */
static unsigned int bisect(const struct search *search)
{
	unsigned int low = 1, high = search->n_ends + 1;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (now_ns() > search->until_ns)
			return 0;
		if (can_go_on(search, middle))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int column_of(const struct search *search, unsigned int word)
{
	unsigned int at;

	if (!word)
		return 0;
	if (word > search->n_ends) /* only grammar can miss something */
		return is_syntax(search->complaint)
			       ? search->ends[search->n_ends - 1] + 1
			       : 0;
	at = word > 1 ? search->ends[word - 2] : 0;
	while (isspace((unsigned char)search->expression[at]))
		at++;
	return at + 1;
}

/*
 * "unknown host 'foo'" and its kin name the word. Looking for it spares the
 * name server, which is slowest where a name is unknown.
 */
static int column_of_name(const struct search *search)
{
	const char *name = strpbrk(search->complaint, "'\"");
	unsigned int i, at, length;

	if (strncmp(search->complaint, "unknown ", 8) != 0 || !name)
		return 0;
	length = strcspn(name + 1, "'\"");
	for (i = 0; i < search->n_ends; i++) {
		const int column = column_of(search, i + 1);

		at = column - 1;
		if (search->ends[i] - at == length &&
		    !strncmp(search->expression + at, name + 1, length))
			return column;
	}
	return 0;
}

static int find(struct search *search)
{
	int column;

	split(search);
	if (!search->n_ends)
		return 0;
	column = column_of_name(search);
	if (column)
		return column;
	search->until_ns = now_ns() + PATIENCE_NS;
	return column_of(search, bisect(search));
}

int skald_caret_find(const char *expression, const char *complaint,
		     bool is_late, skald_caret_try *try, void *user)
{
	const size_t length = strlen(expression);
	struct search search = { .expression = expression, .try = try };
	int column = 0;

	if (!length || length > LONGEST)
		return 0;
	search.user = user;
	search.is_late = is_late;
	search.ends = calloc(length, sizeof(*search.ends));
	search.buffer = malloc(length + ROOM);
	/* @complaint may be overwritten by what is tried. */
	search.complaint = strdup(complaint);
	if (search.ends && search.buffer && search.complaint)
		column = find(&search);
	free((char *)search.complaint);
	free(search.buffer);
	free(search.ends);
	return column;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing mdoc from lists: what the tools that make manual pages share.
 */
#ifndef SKALD_TESTS_MDOC_H
#define SKALD_TESTS_MDOC_H

#include <stdio.h>

/* Text of a line: nothing in it is taken for a request or an escape. */
static inline void mdoc_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		(void)printf("\\&");
	for (; *text; text++) {
		if (*text == '\\')
			(void)printf("\\e");
		else
			(void)putchar(*text);
	}
}

/* A sentence out of a help text: capital first, full stop last. */
static inline void mdoc_sentence(const char *text)
{
	if (*text >= 'a' && *text <= 'z')
		(void)putchar(*text++ - 'a' + 'A');
	mdoc_text(text);
	(void)printf(".\n");
}

/* An argument of a macro: one word, in quotes. */
static inline void mdoc_argument(const char *text)
{
	(void)putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			(void)printf("\\(dq");
		else if (*text == '\\')
			(void)printf("\\e");
		else if (*text == '\'')
			(void)printf("\\(aq");
		else if (*text == '.' || *text == ',' || *text == ':' ||
			 *text == ';' || *text == '(' || *text == ')' ||
			 *text == '?' || *text == '!' || *text == '[' ||
			 *text == ']' || *text == '|')
			(void)printf("\\&%c", *text);
		else
			(void)putchar(*text);
	}
	(void)putchar('"');
}

#endif /* SKALD_TESTS_MDOC_H */

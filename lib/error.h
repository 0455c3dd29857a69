/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: errors with words
 *
 * Functions return 0 or -errno. Those that can say more take a caller-owned
 * struct skald_error, fill it on failure only, and return the same -errno.
 */
#ifndef SKALD_ERROR_H
#define SKALD_ERROR_H

#define SKALD_ERROR_TEXT 512

/**
 * struct skald_error - what went wrong, in words
 * @column: for parsers, 1-based column in the input; 0: none
 * @text: one sentence without full stop: what failed, on what, and why
 * @help: one sentence with what would help; may be empty
 */
struct skald_error {
	int column;
	char text[SKALD_ERROR_TEXT];
	char help[SKALD_ERROR_TEXT];
};

/**
 * skald_error_set() - fill an error
 * @error: may be NULL
 * @code: positive errno to return
 * @format: printf format of the sentence
 *
 * Return: -@code, so that callers can "return skald_error_set(...)".
 */
int skald_error_set(struct skald_error *error, int code, const char *format,
		    ...) __attribute__((format(printf, 3, 4)));

/**
 * skald_error_help() - add what would help
 * @error: may be NULL
 * @format: printf format of the sentence
 */
void skald_error_help(struct skald_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* SKALD_ERROR_H */

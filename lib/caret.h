/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: where in an expression an error is
 *
 * libpcap says what is wrong, not where. The place is found by asking it again
 * about shorter expressions: the first word with which no continuation makes
 * anything but the same complaint is the one to point at.
 */
#ifndef SKALD_LIB_CARET_H
#define SKALD_LIB_CARET_H

#include <stdbool.h>

/**
 * typedef skald_caret_try - does an expression fail, and how
 * @user: caller's
 * @expression: what to compile
 *
 * Return: what is wrong with it, valid until the next call; NULL when it
 * compiles.
 */
typedef const char *skald_caret_try(void *user, const char *expression);

/**
 * skald_caret_find() - the column of an error
 * @expression: an expression that does not compile
 * @complaint: what is said about it
 * @is_late: said of the whole program, not by the parser when it came there
 * @try: compiles
 * @user: for @try
 *
 * Return: 1-based column; one behind the end when something is missing there;
 * 0 when it is not known.
 */
int skald_caret_find(const char *expression, const char *complaint,
		     bool is_late, skald_caret_try *try, void *user);

#endif /* SKALD_LIB_CARET_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what is known on a path
 *
 * The tests on the way to an instruction, and what they say about the next
 * one: that it must hold, that it cannot, or nothing. Only tests of the same
 * bytes are compared; different views of the same bytes say nothing about each
 * other, which costs rules that never match but never makes a wrong one.
 */
#ifndef SKALD_LIB_NATIVE_TEST_H
#define SKALD_LIB_NATIVE_TEST_H

#include <stdbool.h>

#include "native.h"

/* Tests on one path before it is reduced to a rule */
#define SKALD_PATH_TESTS 192

enum skald_truth {
	SKALD_NEVER,
	SKALD_ALWAYS,
	SKALD_MAYBE
};

/**
 * struct skald_path - the tests that were passed
 * @tests: in order
 * @n: how many
 */
struct skald_path {
	struct skald_native_test tests[SKALD_PATH_TESTS];
	unsigned int n;
};

/* A test that only asks whether the bytes are there */
static inline bool
skald_native_is_presence(const struct skald_native_test *test)
{
	return !test->mask && test->op == SKALD_NATIVE_EQ && !test->value;
}

/* The test that holds when @test does not (bytes being there) */
struct skald_native_test
skald_native_negate(const struct skald_native_test *test);

/* What the path says about a test that is not a presence test */
enum skald_truth skald_path_decide(const struct skald_path *path,
				   const struct skald_native_test *test);

/* Return: 0, or -E2BIG. */
int skald_path_push(struct skald_path *path,
		    const struct skald_native_test *test);

/**
 * skald_path_reduce() - leave out what the other tests imply
 * @path: the whole path
 * @rule: gets a heap copy of the tests that are needed
 *
 * Return: 0, -ENOMEM, -E2BIG for more than SKALD_NATIVE_EXPRESSIONS.
 */
int skald_path_reduce(const struct skald_path *path,
		      struct skald_native_rule *rule);

#endif /* SKALD_LIB_NATIVE_TEST_H */

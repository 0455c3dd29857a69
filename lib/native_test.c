// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of a path say about each other. Used by native.c.
 */
#include "native_test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct knowledge - what is known about some bytes
 * @bits: bits that are known
 * @value: their values
 * @low: least value under the mask of the test in question
 * @high: greatest value under it
 */
struct knowledge {
	uint32_t bits;
	uint32_t value;
	uint32_t low;
	uint32_t high;
};

static bool is_same_load(const struct skald_native_test *a,
			 const struct skald_native_test *b)
{
	return a->base == b->base && a->offset == b->offset && a->len == b->len;
}

static void learn_bits(struct knowledge *known,
		       const struct skald_native_test *test)
{
	const bool is_one_bit = test->mask && !(test->mask & (test->mask - 1));

	if (test->op == SKALD_NATIVE_EQ) {
		known->bits |= test->mask;
		known->value |= test->value;
	} else if (test->op == SKALD_NATIVE_NE && is_one_bit) {
		known->bits |= test->mask;
		known->value |= test->value ^ test->mask;
	}
}

static void learn_range(struct knowledge *known,
			const struct skald_native_test *test)
{
	uint32_t low = 0, high = UINT32_MAX;

	switch ((enum skald_native_op)test->op) {
	case SKALD_NATIVE_EQ:
		low = high = test->value;
		break;
	case SKALD_NATIVE_NE:
		break;
	case SKALD_NATIVE_LT:
		high = test->value ? test->value - 1 : 0;
		break;
	case SKALD_NATIVE_LE:
		high = test->value;
		break;
	case SKALD_NATIVE_GT:
		low = test->value < UINT32_MAX ? test->value + 1 : test->value;
		break;
	case SKALD_NATIVE_GE:
		low = test->value;
		break;
	}
	known->low = known->low > low ? known->low : low;
	known->high = known->high < high ? known->high : high;
}

/* What tests of the same bytes, but for @skip, say under @test's mask */
static struct knowledge learn(const struct skald_path *path,
			      const struct skald_native_test *test,
			      const struct skald_native_test *skip)
{
	struct knowledge known = { .high = test->mask };
	uint32_t least, most;
	unsigned int i;

	for (i = 0; i < path->n; i++) {
		const struct skald_native_test *other = &path->tests[i];

		if (other == skip || !is_same_load(other, test))
			continue;
		learn_bits(&known, other);
		if (other->mask == test->mask)
			learn_range(&known, other);
	}
	least = known.value & test->mask;
	most = least | (test->mask & ~known.bits);
	known.low = known.low > least ? known.low : least;
	known.high = known.high < most ? known.high : most;
	return known;
}

/* A known "is not" that would be broken if @test were an equality that holds */
static bool is_excluded(const struct skald_path *path,
			const struct skald_native_test *test,
			const struct skald_native_test *skip,
			const struct knowledge *known)
{
	const uint32_t bits = known->bits | test->mask;
	const uint32_t value = known->value | test->value;
	unsigned int i;

	for (i = 0; i < path->n; i++) {
		const struct skald_native_test *other = &path->tests[i];

		if (other == skip || other->op != SKALD_NATIVE_NE ||
		    !is_same_load(other, test))
			continue;
		if (!(other->mask & ~bits) &&
		    (value & other->mask) == other->value)
			return true;
	}
	return false;
}

static enum skald_truth decide_equal(const struct skald_path *path,
				     const struct skald_native_test *test,
				     const struct skald_native_test *skip)
{
	const struct knowledge known = learn(path, test, skip);

	if (test->value < known.low || test->value > known.high ||
	    test->value & ~test->mask ||
	    (known.value ^ test->value) & known.bits & test->mask)
		return SKALD_NEVER;
	if (is_excluded(path, test, skip, &known))
		return SKALD_NEVER;
	if (!(test->mask & ~known.bits) || known.low == known.high)
		return SKALD_ALWAYS;
	return SKALD_MAYBE;
}

static enum skald_truth opposite(enum skald_truth truth)
{
	switch (truth) {
	case SKALD_NEVER:
		return SKALD_ALWAYS;
	case SKALD_ALWAYS:
		return SKALD_NEVER;
	case SKALD_MAYBE:
		break;
	}
	return SKALD_MAYBE;
}

static enum skald_truth decide_greater(const struct skald_path *path,
				       const struct skald_native_test *test,
				       const struct skald_native_test *skip,
				       bool or_equal)
{
	const struct knowledge known = learn(path, test, skip);

	if (known.low > test->value || (or_equal && known.low == test->value))
		return SKALD_ALWAYS;
	if (known.high < test->value ||
	    (!or_equal && known.high == test->value))
		return SKALD_NEVER;
	return SKALD_MAYBE;
}

static enum skald_truth decide(const struct skald_path *path,
			       const struct skald_native_test *test,
			       const struct skald_native_test *skip)
{
	switch ((enum skald_native_op)test->op) {
	case SKALD_NATIVE_EQ:
		return decide_equal(path, test, skip);
	case SKALD_NATIVE_NE:
		return opposite(decide_equal(path, test, skip));
	case SKALD_NATIVE_GT:
		return decide_greater(path, test, skip, false);
	case SKALD_NATIVE_GE:
		return decide_greater(path, test, skip, true);
	case SKALD_NATIVE_LE:
		return opposite(decide_greater(path, test, skip, false));
	case SKALD_NATIVE_LT:
		return opposite(decide_greater(path, test, skip, true));
	}
	return SKALD_MAYBE;
}

enum skald_truth skald_path_decide(const struct skald_path *path,
				   const struct skald_native_test *test)
{
	return decide(path, test, NULL);
}

struct skald_native_test
skald_native_negate(const struct skald_native_test *test)
{
	static const uint8_t opposites[] = {
		[SKALD_NATIVE_EQ] = SKALD_NATIVE_NE,
		[SKALD_NATIVE_NE] = SKALD_NATIVE_EQ,
		[SKALD_NATIVE_LT] = SKALD_NATIVE_GE,
		[SKALD_NATIVE_GE] = SKALD_NATIVE_LT,
		[SKALD_NATIVE_GT] = SKALD_NATIVE_LE,
		[SKALD_NATIVE_LE] = SKALD_NATIVE_GT,
	};
	struct skald_native_test inverse = *test;

	inverse.op = opposites[test->op];
	return inverse;
}

int skald_path_push(struct skald_path *path,
		    const struct skald_native_test *test)
{
	if (path->n == SKALD_PATH_TESTS)
		return -E2BIG;
	path->tests[path->n++] = *test;
	return 0;
}

/*
 * Whether bytes that @other reads prove that those of @test are there. A
 * transport header is only found behind a network header.
 */
static bool proves_presence(const struct skald_native_test *other,
			    const struct skald_native_test *test)
{
	if (other->base == SKALD_NATIVE_TH && test->base == SKALD_NATIVE_NH)
		return test->offset + test->len <= 20;
	return other->base == test->base &&
	       other->offset + other->len >= test->offset + test->len;
}

static bool is_present(const struct skald_path *path,
		       const struct skald_native_test *test)
{
	unsigned int i;

	for (i = 0; i < path->n; i++) {
		const struct skald_native_test *other = &path->tests[i];

		if (other != test && proves_presence(other, test))
			return true;
	}
	return false;
}

static void drop(struct skald_path *path, unsigned int i)
{
	path->n--;
	memmove(&path->tests[i], &path->tests[i + 1],
		(path->n - i) * sizeof(path->tests[0]));
}

static bool is_needless(const struct skald_path *path, unsigned int i)
{
	const struct skald_native_test *test = &path->tests[i];

	if (skald_native_is_presence(test))
		return is_present(path, test);
	return decide(path, test, test) == SKALD_ALWAYS;
}

/* Load and compare; and mask or turn the bytes where that is needed. */
static unsigned int n_expressions(const struct skald_path *path)
{
	unsigned int i, n = 0;

	for (i = 0; i < path->n; i++) {
		const struct skald_native_test *test = &path->tests[i];

		n += 2 + (test->mask != UINT32_MAX >> (32 - 8 * test->len) ||
			  test->base == SKALD_NATIVE_LEN);
	}
	return n;
}

int skald_path_reduce(const struct skald_path *path,
		      struct skald_native_rule *rule)
{
	struct skald_path copy = *path;
	unsigned int i = 0;

	while (i < copy.n) {
		if (is_needless(&copy, i))
			drop(&copy, i);
		else
			i++;
	}
	if (n_expressions(&copy) > SKALD_NATIVE_EXPRESSIONS)
		return -E2BIG;
	rule->tests = calloc(copy.n ? copy.n : 1, sizeof(*rule->tests));
	if (!rule->tests)
		return -ENOMEM;
	memcpy(rule->tests, copy.tests, copy.n * sizeof(*rule->tests));
	rule->n_tests = copy.n;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The helpers of tests/unit, in a fuzzer: what Criterion would report as a
 * failure of a test ends the program.
 */
#ifndef SKALD_FUZZ_CRITERION_H
#define SKALD_FUZZ_CRITERION_H

#include "fuzz.h"

#define cr_assert(condition, ...) fuzz_check(condition)
#define cr_assert_eq(a, b, ...) fuzz_check((a) == (b))
#define cr_assert_str_eq(a, b, ...) fuzz_check(!strcmp(a, b))
#define cr_assert_lt(a, b, ...) fuzz_check((a) < (b))
#define cr_assert_leq(a, b, ...) fuzz_check((a) <= (b))
#define cr_expect_eq(a, b, ...) fuzz_check((a) == (b))
#define cr_skip_test(words) fuzz_check(!words)
#define cr_assert_not_null(pointer, ...) fuzz_check(pointer)

#endif /* SKALD_FUZZ_CRITERION_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lets the n-th allocation of a test fail, beneath the sanitizers too: what is
 * not given back then is a leak that they tell.
 */
#ifndef SKALD_TEST_FAIL_MALLOC_H
#define SKALD_TEST_FAIL_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Allocations that still succeed; -1: all. */
static __attribute__((unused)) long fail_malloc_after = -1;
/* One fails alone, those behind it succeed again. */
static __attribute__((unused)) bool fail_malloc_once;
/* Bytes that were asked for when one failed last, 0: none did. */
static __attribute__((unused)) size_t fail_malloc_size;

#ifdef __SANITIZE_ADDRESS__
#define FAIL_MALLOC_UNDER(name) __interceptor_##name
#else
#define FAIL_MALLOC_UNDER(name) __libc_##name
#endif
/* Called before the sanitizers are ready. */
#define FAIL_MALLOC_PLAIN __attribute__((no_sanitize("address", "undefined")))

void *FAIL_MALLOC_UNDER(malloc)(size_t size);
void *FAIL_MALLOC_UNDER(realloc)(void *memory, size_t size);
void *FAIL_MALLOC_UNDER(calloc)(size_t n, size_t size);

FAIL_MALLOC_PLAIN static bool fail_malloc_now(size_t size)
{
	if (fail_malloc_after < 0)
		return false;
	if (fail_malloc_after > 0) {
		fail_malloc_after--;
		return false;
	}
	fail_malloc_size = size;
	if (fail_malloc_once)
		fail_malloc_after = -1;
	return true;
}

FAIL_MALLOC_PLAIN void *malloc(size_t size)
{
	return fail_malloc_now(size) ? NULL : FAIL_MALLOC_UNDER(malloc)(size);
}

FAIL_MALLOC_PLAIN void *realloc(void *memory, size_t size)
{
	return fail_malloc_now(size) ? NULL
				     : FAIL_MALLOC_UNDER(realloc)(memory, size);
}

FAIL_MALLOC_PLAIN void *calloc(size_t n, size_t size)
{
	return fail_malloc_now(n * size) ? NULL
					 : FAIL_MALLOC_UNDER(calloc)(n, size);
}

#endif /* SKALD_TEST_FAIL_MALLOC_H */

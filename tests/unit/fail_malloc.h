/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lets the n-th allocation of a test fail. The sanitizers bring an allocator
 * of their own: there nothing ever fails, and tests say so by skipping.
 */
#ifndef SKALD_TEST_FAIL_MALLOC_H
#define SKALD_TEST_FAIL_MALLOC_H

#include <stddef.h>

/* Allocations that still succeed; -1: all. */
static __attribute__((unused)) long fail_malloc_after = -1;

#ifdef __SANITIZE_ADDRESS__
#define FAIL_MALLOC_WORKS 0
#else
#define FAIL_MALLOC_WORKS 1

void *__libc_malloc(size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_calloc(size_t n, size_t size);

static int fail_malloc_now(void)
{
	if (fail_malloc_after < 0)
		return 0;
	if (fail_malloc_after == 0)
		return 1;
	fail_malloc_after--;
	return 0;
}

void *malloc(size_t size)
{
	return fail_malloc_now() ? NULL : __libc_malloc(size);
}

void *realloc(void *memory, size_t size)
{
	return fail_malloc_now() ? NULL : __libc_realloc(memory, size);
}

void *calloc(size_t n, size_t size)
{
	return fail_malloc_now() ? NULL : __libc_calloc(n, size);
}
#endif

#endif /* SKALD_TEST_FAIL_MALLOC_H */

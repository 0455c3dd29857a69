/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that double when they are full. */
#ifndef SKALD_LIB_GROW_H
#define SKALD_LIB_GROW_H

#include <stdlib.h>
#include <string.h>

/**
 * skald_grow() - one more element
 * @items: the array, heap; NULL: empty
 * @n: elements; incremented on success
 * @size: bytes of one
 *
 * Return: the new one, zeroed; NULL: no memory.
 */
static inline void *skald_grow(void **items, size_t *n, size_t size)
{
	char *all = *items;

	if (!(*n & (*n - 1)))
		all = reallocarray(all, *n ? *n * 2 : 1, size);
	if (!all)
		return NULL;
	*items = all;
	all += size * (*n)++;
	memset(all, 0, size);
	return all;
}

#endif /* SKALD_LIB_GROW_H */

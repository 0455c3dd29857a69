/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: memory of entries
 *
 * Shared by two programs: one that has all helpers in it, and one that has
 * none. What an entry takes must be the same in both.
 */
#ifndef SKALD_BENCH_HEAP_H
#define SKALD_BENCH_HEAP_H

#include <malloc.h>
#include <stdlib.h>

#include "ct.h"

#define HEAP_FLOWS 50000

/* Heap that each flow of a table takes, without the table itself. @track:
 * a first packet of flow @i */
static inline double heap_per_entry(struct skald_ct_table *table,
				    void (*track)(void *user, u32 i),
				    void *user)
{
	size_t before = mallinfo2().uordblks;
	u32 i;

	for (i = 0; i < HEAP_FLOWS; i++)
		track(user, i);
	if (atomic_read(&table->n) != HEAP_FLOWS)
		abort();
	return (double)(mallinfo2().uordblks - before) / HEAP_FLOWS;
}

#endif /* SKALD_BENCH_HEAP_H */

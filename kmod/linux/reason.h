/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the words of drop reasons
 */
#ifndef SKALD_REASON_H
#define SKALD_REASON_H

#include <linux/types.h>

/**
 * skald_reason_each() - call a function for each drop reason of this kernel
 * @visit: returns 0 to go on
 * @from: number of the first in the list, counted from 0
 * @data: for @visit
 *
 * Return: what @visit returned last, or 0.
 */
int skald_reason_each(int (*visit)(u32 number, const char *name, void *data),
		      unsigned int from, void *data);

#endif /* SKALD_REASON_H */

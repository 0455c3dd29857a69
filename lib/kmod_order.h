/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: records of several CPUs in one order
 *
 * Each CPU's records come in order, but batch by batch and CPU by CPU. Here
 * they wait until the module says that everything older has been sent (a
 * watermark), then leave in the order of their times.
 */
#ifndef SKALD_LIB_KMOD_ORDER_H
#define SKALD_LIB_KMOD_ORDER_H

#include <stdbool.h>

#include "kmod_record.h"

#define SKALD_ORDER_CPUS 4096

struct skald_kmod_order;

/* Return: an empty one, or NULL: no memory */
struct skald_kmod_order *skald_kmod_order_new(void);
void skald_kmod_order_free(struct skald_kmod_order *order);

/**
 * skald_kmod_order_add() - records of one CPU, behind those that are there
 * @order: where
 * @cpu: whose
 * @record: checked; copied
 *
 * Return: 0, -EINVAL for a CPU number that makes no sense, -ENOMEM.
 */
int skald_kmod_order_add(struct skald_kmod_order *order, uint32_t cpu,
			 const struct skald_r_record *record);

/**
 * skald_kmod_order_next() - the oldest record
 * @order: from it, too
 * @before: only if its time is below it
 *
 * Return: the record, valid until the next call of any function here; NULL:
 * there is none.
 */
const struct skald_r_record *
skald_kmod_order_next(struct skald_kmod_order *order, uint64_t before);

/* Bytes that wait. */
size_t skald_kmod_order_bytes(const struct skald_kmod_order *order);

#endif /* SKALD_LIB_KMOD_ORDER_H */

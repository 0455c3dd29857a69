/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the debug table
 *
 * The list of classifiers, in the order in which they were added. The first
 * that takes a packet marks it. Readers are under RCU; whoever changes the
 * list holds its mutex, inside of these functions.
 */
#ifndef SKALD_TABLE_H
#define SKALD_TABLE_H

#include <linux/types.h>

#define SKALD_TABLE_MAX 64

struct sk_buff;
struct skald_classifier;
struct skald_where;

/* Where any classifier looks, enum skald_point. */
extern u32 skald_table_points;

/**
 * skald_table_add() - append a classifier
 * @classifier: becomes the table's, which may free it at once
 * @id: the number that it got
 *
 * Return: 0, or -ENOSPC when there are SKALD_TABLE_MAX; then it is still the
 * caller's.
 */
int skald_table_add(struct skald_classifier *classifier, u32 *id);

/**
 * skald_table_remove() - remove classifiers, and free them
 * @chosen: is it one of them
 * @data: for @chosen
 *
 * Return: how many. Process context: waits until nobody runs them.
 */
unsigned int skald_table_remove(bool (*chosen)(const struct skald_classifier *,
					       void *),
				void *data);

/* Those that are past their time. */
void skald_table_expire(void);

/**
 * skald_table_each() - call a function for each classifier
 * @visit: returns 0 to go on
 * @from: number of the first in the list, counted from 0
 * @data: for @visit
 *
 * Return: what @visit returned last, or 0. The table cannot change meanwhile.
 */
int skald_table_each(int (*visit)(const struct skald_classifier *, void *),
		     unsigned int from, void *data);

/**
 * skald_table_match() - the first classifier that takes a packet
 * @skb: in the caller's hand
 * @where: it is
 *
 * Return: it, or NULL. Under RCU.
 */
struct skald_classifier *skald_table_match(struct sk_buff *skb,
					   const struct skald_where *where);

#endif /* SKALD_TABLE_H */

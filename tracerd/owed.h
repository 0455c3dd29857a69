/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: losses that are not on disk yet
 *
 * Every lost event is owed until a transaction that says so was committed, and
 * until followers and the log have been told.
 */
#ifndef SKALD_TRACERD_OWED_H
#define SKALD_TRACERD_OWED_H

#include <stddef.h>
#include <stdint.h>

#include "publish.h"
#include "store.h"

/**
 * struct skald_debt - losses of one namespace at one place
 * @netns: name
 * @where: place and cause
 * @t_ns: CLOCK_REALTIME of the first
 * @count: events that are not recorded
 * @untold: events that nobody was told of
 */
struct skald_debt {
	char *netns;
	char *where;
	uint64_t t_ns;
	uint64_t count;
	uint64_t untold;
};

/**
 * struct skald_owed - all of them
 * @debts: heap
 * @n: how many
 * @total: events lost, ever
 */
struct skald_owed {
	struct skald_debt *debts;
	size_t n;
	uint64_t total;
};

void skald_owed_done(struct skald_owed *owed);
/* A loss; those of the same place are summed. */
void skald_owed_add(struct skald_owed *owed, const char *netns,
		    const char *where, uint64_t t_ns, uint64_t count);
/* Whether something is to be recorded. */
bool skald_owed_is_due(const struct skald_owed *owed);
/* Put everything into the store's transaction. */
int skald_owed_record(const struct skald_owed *owed, struct skald_store *store,
		      struct skald_error *error);
/* The transaction is committed. */
void skald_owed_paid(struct skald_owed *owed);
/* Log what is untold. Return: posts about it, in order, or NULL */
struct skald_post *skald_owed_tell(struct skald_owed *owed);

#endif /* SKALD_TRACERD_OWED_H */

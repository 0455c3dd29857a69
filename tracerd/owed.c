// SPDX-License-Identifier: GPL-2.0-only
/*
 * Losses on their way into the store, to the followers and into the log.
 */
#include "owed.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

void skald_owed_done(struct skald_owed *owed)
{
	size_t i;

	for (i = 0; i < owed->n; i++) {
		free(owed->debts[i].netns);
		free(owed->debts[i].where);
	}
	free(owed->debts);
}

/* Return: the debt of that place, perhaps a new one, or NULL: no memory */
static struct skald_debt *find(struct skald_owed *owed, const char *netns,
			       const char *where)
{
	struct skald_debt *debts;
	struct skald_debt debt = { 0 };
	size_t i;

	for (i = 0; i < owed->n; i++) {
		if (!strcmp(owed->debts[i].netns, netns) &&
		    !strcmp(owed->debts[i].where, where))
			return &owed->debts[i];
	}
	debts = reallocarray(owed->debts, owed->n + 1, sizeof(*debts));
	if (!debts)
		return NULL;
	owed->debts = debts;
	debt.netns = strdup(netns);
	debt.where = strdup(where);
	if (!debt.netns || !debt.where) {
		free(debt.netns);
		free(debt.where);
		return NULL;
	}
	debts[owed->n] = debt;
	return &debts[owed->n++];
}

void skald_owed_add(struct skald_owed *owed, const char *netns,
		    const char *where, uint64_t t_ns, uint64_t count)
{
	struct skald_debt *debt;

	if (!count)
		return;
	owed->total += count;
	debt = find(owed, netns, where);
	if (!debt) {
		skald_log(LOG_ERR, "no memory to note a loss");
		return;
	}
	if (!debt->count)
		debt->t_ns = t_ns;
	debt->count += count;
	debt->untold += count;
}

bool skald_owed_is_due(const struct skald_owed *owed)
{
	size_t i;

	for (i = 0; i < owed->n; i++) {
		if (owed->debts[i].count)
			return true;
	}
	return false;
}

int skald_owed_record(const struct skald_owed *owed, struct skald_store *store,
		      struct skald_error *error)
{
	size_t i;
	int err;

	for (i = 0; i < owed->n; i++) {
		const struct skald_debt *debt = &owed->debts[i];

		if (!debt->count)
			continue;
		err = skald_store_add_loss(store, debt->netns, debt->t_ns,
					   debt->count, debt->where, error);
		if (err)
			return err;
	}
	return 0;
}

void skald_owed_paid(struct skald_owed *owed)
{
	size_t i;

	for (i = 0; i < owed->n; i++)
		owed->debts[i].count = 0;
}

struct skald_post *skald_owed_tell(struct skald_owed *owed)
{
	struct skald_post *posts = NULL;
	struct skald_post **end = &posts;
	size_t i;

	for (i = 0; i < owed->n; i++) {
		struct skald_debt *debt = &owed->debts[i];

		if (!debt->untold)
			continue;
		skald_log(LOG_WARNING, "%s: %llu events lost: %s", debt->netns,
			  (unsigned long long)debt->untold, debt->where);
		*end = skald_post_text(SKALD_POST_LOSS, debt->untold,
				       debt->netns, debt->where);
		debt->untold = 0;
		if (*end)
			end = &(*end)->next;
	}
	return posts;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what is around a ruleset, for whoever records
 *
 * A verdict depends on links, addresses, routes and sysctls as well: recorded
 * beside each generation, old stories can be explained without the machine they
 * are from. They change rarely and are dumped at most once a second. A socket
 * of rtnetlink tells when they do: then they are recorded again.
 */
#ifndef SKALD_LIB_AROUND_H
#define SKALD_LIB_AROUND_H

#include "netns.h"
#include "store.h"

struct skald_around;

/**
 * skald_around_record() - record what is around the ruleset stored last
 * @around: of the namespace; NULL at first; kept for the next time
 * @netns: the namespace
 * @store: in the transaction of skald_store_add_ruleset(), right behind it
 * @error: in words
 *
 * Return: 0 or -errno.
 */
int skald_around_record(struct skald_around **around,
			const struct skald_netns *netns,
			struct skald_store *store, struct skald_error *error);

/**
 * skald_around_follow() - record what changed around the ruleset
 * @around: of the namespace; NULL: nothing was recorded yet
 * @netns: the namespace
 * @store: in a transaction
 * @error: in words
 *
 * To be asked before each story is told: what changes is in force for stories
 * that began after it was asked for the last time before the change. Costs a
 * recv(2) when nothing changed. Changes that follow one another are recorded
 * together: at most once a second, and in at most a fifth of the time.
 *
 * Return: 0 or -errno.
 */
int skald_around_follow(struct skald_around *around,
			const struct skald_netns *netns,
			struct skald_store *store, struct skald_error *error);
void skald_around_free(struct skald_around *around);

#endif /* SKALD_LIB_AROUND_H */

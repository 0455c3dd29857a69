/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the teller: from raw stories to stories
 *
 * Runs in the writer thread. Adds to a raw story what takes time to find out
 * (texts, names, routes), turns differences between snaps into mangle, nat and
 * conntrack events, and decides how the story ended and whether it is whole.
 */
#ifndef SKALD_LIB_TELLER_H
#define SKALD_LIB_TELLER_H

#include "legacy.h"
#include "raw.h"
#include "route.h"
#include "ruleset.h"
#include "story.h"

struct skald_teller;

/**
 * struct skald_teller_ops - what a teller asks of the world
 * @rulebook: the book of a namespace, with @generation in it if it can be had
 *	in time; NULL: nothing is known
 * @netns_name: name of a namespace
 * @ifname: name of an interface; written to @name
 * @route: fills a route event, as skald_router_ask(); -errno: leave it out
 * @classifier: expression of a classifier, or NULL
 * @legacy: text of a rule of a legacy table, NULL: not known; may be NULL
 * @owner: process that has a socket open, by the socket's inode; written to
 *	@command. Return: its pid, 0: not known; may be NULL
 * @owns: that process has that socket; may be NULL
 * @story_id: store id of the story with that serial, 0: not known
 */
struct skald_teller_ops {
	const struct skald_rulebook *(*rulebook)(void *user, uint32_t netns,
						 uint32_t generation);
	const char *(*netns_name)(void *user, uint32_t netns);
	const char *(*ifname)(void *user, uint32_t netns, uint32_t index);
	int (*route)(void *user, uint32_t netns,
		     const struct skald_route_query *query,
		     struct skald_arena *arena, struct skald_event *event);
	const char *(*classifier)(void *user, uint32_t id);
	const char *(*legacy)(void *user, uint32_t netns,
			      const struct skald_legacy_rule *rule);
	uint32_t (*owner)(void *user, uint64_t inode, char command[16]);
	void (*owns)(void *user, uint64_t inode, uint32_t pid,
		     const char command[16]);
	uint64_t (*story_id)(void *user, uint64_t serial);
};

struct skald_teller *skald_teller_new(const struct skald_teller_ops *ops,
				      void *user);
void skald_teller_free(struct skald_teller *teller);

/**
 * skald_teller_tell() - pack one story
 * @teller: the teller
 * @raw: from a batch
 * @packed: written; bytes are valid until the next call
 *
 * Return: 0 or -ENOMEM.
 */
int skald_teller_tell(struct skald_teller *teller,
		      const struct skald_raw_story *raw,
		      struct skald_packed *packed);

#endif /* SKALD_LIB_TELLER_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Followed namespaces: making, finding and letting go.
 */
#include "space.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"

int skald_spaces_init(struct skald_spaces *spaces, size_t buffer)
{
	*spaces = (struct skald_spaces){ .buffer = buffer };
	return -pthread_mutex_init(&spaces->lock, NULL);
}

static void free_names(struct skald_space *space)
{
	size_t i;

	for (i = 0; i < SKALD_SPACE_NAMES; i++) {
		while (space->names[i]) {
			struct skald_ifname *name = space->names[i];

			space->names[i] = name->next;
			free(name);
		}
	}
}

static void space_free(struct skald_space *space)
{
	free_names(space);
	skald_debug_table_free(space->table);
	if (space->nft)
		skald_nft_close(space->nft);
	if (space->has_first)
		skald_ruleset_done(&space->first);
	skald_rulebook_free(space->book);
	skald_router_free(space->router);
	skald_netns_close(&space->netns);
	free(space);
}

void skald_spaces_done(struct skald_spaces *spaces)
{
	while (spaces->head) {
		struct skald_space *space = spaces->head;

		spaces->head = space->next;
		space_free(space);
	}
	pthread_mutex_destroy(&spaces->lock);
}

struct skald_space *skald_spaces_find(struct skald_spaces *spaces,
				      uint32_t index)
{
	struct skald_space *space;

	pthread_mutex_lock(&spaces->lock);
	space = spaces->head;
	while (space && space->index != index)
		space = space->next;
	pthread_mutex_unlock(&spaces->lock);
	return space;
}

struct skald_space *skald_spaces_of(struct skald_spaces *spaces,
				    const struct skald_netns *netns)
{
	struct skald_space *space = spaces->head;

	while (space && (space->left || space->netns.inode != netns->inode))
		space = space->next;
	return space;
}

static int first_ruleset(struct skald_space *space, struct skald_error *error)
{
	uint64_t start_ns = skald_clock_monotonic();
	int err;

	err = skald_ruleset_take(&space->netns, &space->first, error);
	if (err)
		return err;
	space->has_first = true;
	space->book = skald_rulebook_new();
	if (!space->book || skald_rulebook_add(space->book, &space->first))
		return skald_error_set(error, ENOMEM, "no memory");
	space->generation = space->first.generation;
	space->settled = space->generation;
	space->announced = space->generation;
	space->take_ended_ns = skald_clock_monotonic();
	space->take_cost_ns = space->take_ended_ns - start_ns;
	return 0;
}

int skald_spaces_open(struct skald_spaces *spaces, struct skald_netns *netns,
		      struct skald_space **space, struct skald_error *error)
{
	struct skald_space *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return skald_error_set(error, ENOMEM, "no memory");
	s->index = ++spaces->last_index;
	s->netns = *netns;
	s->opened_ns = skald_clock_realtime();
	err = skald_debug_table_new(&s->netns, &s->table, error);
	if (!err)
		err = skald_nft_open(&s->netns, s->index, spaces->buffer,
				     &s->nft, error);
	if (!err)
		err = first_ruleset(s, error);
	if (err) {
		s->netns.fd = -1; /* stays the caller's */
		space_free(s);
		return err;
	}
	pthread_mutex_lock(&spaces->lock);
	s->next = spaces->head;
	spaces->head = s;
	pthread_mutex_unlock(&spaces->lock);
	*space = s;
	return 0;
}

void skald_spaces_refresh(struct skald_spaces *spaces)
{
	struct skald_space *space;
	uint32_t generation;

	for (space = spaces->head; space; space = space->next) {
		if (space->left || !space->table ||
		    skald_nft_generation(&space->netns, &generation) ||
		    generation == space->looked_at)
			continue;
		if (skald_debug_table_refresh(space->table))
			skald_log(LOG_WARNING,
				  "%s: cannot see whether connections are "
				  "tracked",
				  space->netns.name);
		space->looked_at = generation;
	}
}

void skald_space_leave(struct skald_spaces *spaces, struct skald_space *space,
		       uint64_t left_at)
{
	skald_debug_table_free(space->table);
	space->table = NULL;
	pthread_mutex_lock(&spaces->lock);
	space->left = true;
	pthread_mutex_unlock(&spaces->lock);
	space->left_at = left_at;
}

void skald_spaces_retire(struct skald_spaces *spaces, uint64_t done)
{
	struct skald_space **link = &spaces->head;
	struct skald_space *retired = NULL;

	pthread_mutex_lock(&spaces->lock);
	while (*link) {
		struct skald_space *space = *link;

		if (!space->left || space->left_at > done || space->in_use) {
			link = &space->next;
			continue;
		}
		*link = space->next;
		space->next = retired;
		retired = space;
	}
	pthread_mutex_unlock(&spaces->lock);
	while (retired) {
		struct skald_space *next = retired->next;

		space_free(retired);
		retired = next;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Followed namespaces: making, finding and letting go.
 */
#include "space.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "around.h"
#include "clock.h"
#include "log.h"
#include "nft_source.h"

/* A guest that is not used holds its namespace no longer than this. */
#define REST_NS (2 * SKALD_NS_PER_SECOND)
/* And is forgotten after this: nothing on its way knows it any more. */
#define FORGET_NS (600 * SKALD_NS_PER_SECOND)

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
	if (space->feed.source)
		space->feed.source->ops->close(space->feed.source);
	skald_legacy_free(space->legacy);
	skald_around_free(space->around);
	if (space->has_first)
		skald_ruleset_done(&space->first);
	skald_rulebook_free(space->book);
	skald_router_free(space->router);
	skald_netns_close(&space->netns);
	free(space);
}

static void free_list(struct skald_space *space)
{
	while (space) {
		struct skald_space *next = space->next;

		space_free(space);
		space = next;
	}
}

void skald_spaces_done(struct skald_spaces *spaces)
{
	free_list(spaces->head);
	free_list(spaces->guests);
	spaces->head = NULL;
	spaces->guests = NULL;
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
	if (!space)
		space = spaces->guests;
	while (space && space->index != index)
		space = space->next;
	if (space && space->is_guest)
		space->used_ns = skald_clock_monotonic();
	pthread_mutex_unlock(&spaces->lock);
	return space;
}

uint32_t skald_spaces_index(struct skald_spaces *spaces)
{
	uint32_t index;

	pthread_mutex_lock(&spaces->lock);
	index = ++spaces->last_index;
	pthread_mutex_unlock(&spaces->lock);
	return index;
}

/* Call with the lock held. */
static struct skald_space *new_guest(struct skald_spaces *spaces,
				     uint32_t inode)
{
	struct skald_space *space = calloc(1, sizeof(*space));

	if (!space)
		return NULL;
	space->index = ++spaces->last_index;
	space->netns.fd = -1;
	space->netns.inode = inode;
	if (inode)
		snprintf(space->netns.name, sizeof(space->netns.name),
			 "net:[%u]", inode);
	else
		snprintf(space->netns.name, sizeof(space->netns.name), "all");
	space->opened_ns = skald_clock_realtime();
	space->is_guest = true;
	space->is_stale = true;
	space->is_lost = !inode;
	space->next = spaces->guests;
	spaces->guests = space;
	return space;
}

uint32_t skald_spaces_visit(void *user, uint32_t inode)
{
	struct skald_spaces *spaces = user;
	struct skald_space *space;
	uint32_t index = 0;

	pthread_mutex_lock(&spaces->lock);
	space = spaces->guests;
	while (space && space->netns.inode != inode)
		space = space->next;
	if (!space)
		space = new_guest(spaces, inode);
	if (space) {
		space->used_ns = skald_clock_monotonic();
		index = space->index;
	}
	pthread_mutex_unlock(&spaces->lock);
	return index;
}

void skald_spaces_rest(struct skald_spaces *spaces)
{
	uint64_t now_ns = skald_clock(CLOCK_MONOTONIC_COARSE);
	struct skald_space *space;

	pthread_mutex_lock(&spaces->lock);
	for (space = spaces->guests; space; space = space->next) {
		if (space->used_ns + REST_NS > now_ns || space->netns.fd < 0)
			continue;
		skald_router_free(space->router);
		space->router = NULL;
		skald_netns_close(&space->netns);
	}
	pthread_mutex_unlock(&spaces->lock);
}

struct skald_space *skald_spaces_of(struct skald_spaces *spaces,
				    const struct skald_netns *netns)
{
	struct skald_space *space = spaces->head;

	while (space && (space->left || space->netns.inode != netns->inode))
		space = space->next;
	return space;
}

void skald_space_say_textless(struct skald_space *space,
			      const struct skald_ruleset *ruleset)
{
	const char *names = ruleset->textless;
	uint64_t hash =
		names && *names ? skald_hash64(names, strlen(names), 1) : 0;

	if (hash && hash != space->textless)
		skald_log(LOG_WARNING,
			  "%s: libnftables cannot list table %s: its rules are "
			  "without text",
			  space->netns.name, names);
	space->textless = hash;
}

static int first_ruleset(struct skald_space *space, struct skald_error *error)
{
	uint64_t start_ns = skald_clock_monotonic();
	int err;

	err = skald_ruleset_take(&space->netns, &space->first, error);
	if (err)
		return err;
	space->has_first = true;
	skald_space_say_textless(space, &space->first);
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

static int subscribe(struct skald_space *space, size_t buffer,
		     struct skald_error *error)
{
	struct skald_nft *nft;
	int err = skald_nft_open(&space->netns, space->index, buffer, &nft,
				 error);

	if (err)
		return err;
	space->feed.index = space->index;
	space->feed.name = space->netns.name;
	space->feed.source = skald_nft_source(nft);
	space->feed.table = space->table;
	return 0;
}

int skald_spaces_open(struct skald_spaces *spaces, struct skald_netns *netns,
		      struct skald_space **space, struct skald_error *error)
{
	struct skald_space *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return skald_error_set(error, ENOMEM, "no memory");
	s->index = skald_spaces_index(spaces);
	s->netns = *netns;
	s->opened_ns = skald_clock_realtime();
	err = skald_debug_table_new(&s->netns, &s->table, error);
	if (!err)
		err = subscribe(s, spaces->buffer, error);
	if (!err)
		err = first_ruleset(s, error);
	s->feed.generation = s->generation;
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
	free_list(retired);
}

void skald_spaces_forget(struct skald_spaces *spaces)
{
	uint64_t now_ns = skald_clock_monotonic();
	struct skald_space **link = &spaces->guests;
	struct skald_space *forgotten = NULL;

	pthread_mutex_lock(&spaces->lock);
	while (*link) {
		struct skald_space *space = *link;

		if (space->used_ns + FORGET_NS > now_ns || space->in_use) {
			link = &space->next;
			continue;
		}
		*link = space->next;
		space->next = forgotten;
		forgotten = space;
	}
	pthread_mutex_unlock(&spaces->lock);
	free_list(forgotten);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of places and drop reasons, shared by two threads.
 */
#include "kmod_names.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "index.h"
#include "story.h"

/* The functions of a kernel that can be told; more is nonsense. */
#define NAMES_MAX 65536

/**
 * struct entry - one name
 * @number: place, or reason
 * @name: its name
 */
struct entry {
	uint64_t number;
	char *name;
};

/**
 * struct skald_kmod_names - the table
 * @lock: protects all of it
 * @places: entries by place
 * @reasons: entries by reason
 * @n: how many of both
 * @arena: owns the entries
 */
struct skald_kmod_names {
	pthread_mutex_t lock;
	struct skald_index places;
	struct skald_index reasons;
	unsigned int n;
	struct skald_arena arena;
};

struct skald_kmod_names *skald_kmod_names_new(void)
{
	struct skald_kmod_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	if (pthread_mutex_init(&names->lock, NULL)) {
		free(names);
		return NULL;
	}
	skald_index_init(&names->places);
	skald_index_init(&names->reasons);
	return names;
}

void skald_kmod_names_free(struct skald_kmod_names *names)
{
	if (!names)
		return;
	pthread_mutex_destroy(&names->lock);
	skald_index_done(&names->places);
	skald_index_done(&names->reasons);
	skald_arena_done(&names->arena);
	free(names);
}

static bool is_number(const void *entry, const void *key)
{
	return ((const struct entry *)entry)->number == *(const uint64_t *)key;
}

static const struct entry *find(const struct skald_index *index,
				uint64_t number, uint64_t *hash)
{
	struct skald_index_slot *slot;

	*hash = skald_hash64(&number, sizeof(number), index->seed);
	slot = skald_index_find(index, *hash, is_number, &number);
	return slot ? slot->entry : NULL;
}

/* Call with the lock held. */
static int add(struct skald_kmod_names *names, struct skald_index *index,
	       uint64_t number, const char *name)
{
	struct entry *entry;
	uint64_t hash;
	int err;

	if (find(index, number, &hash))
		return 0;
	if (names->n >= NAMES_MAX)
		return -ENOSPC;
	entry = skald_arena_alloc(&names->arena, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->number = number;
	entry->name = skald_arena_strndup(&names->arena, name, strlen(name));
	if (!entry->name)
		return -ENOMEM;
	err = skald_index_add(index, hash, entry);
	if (!err)
		names->n++;
	return err;
}

int skald_kmod_names_place(struct skald_kmod_names *names, uint64_t place,
			   const char *name)
{
	int err;

	pthread_mutex_lock(&names->lock);
	err = add(names, &names->places, place, name);
	pthread_mutex_unlock(&names->lock);
	return err;
}

int skald_kmod_names_reason(struct skald_kmod_names *names, uint32_t reason,
			    const char *name)
{
	int err;

	pthread_mutex_lock(&names->lock);
	err = add(names, &names->reasons, reason, name);
	pthread_mutex_unlock(&names->lock);
	return err;
}

static const char *look_up(const struct skald_kmod_names *names,
			   const struct skald_index *index, uint64_t number)
{
	/* the lock is no part of what a caller sees */
	pthread_mutex_t *lock = (pthread_mutex_t *)&names->lock;
	const struct entry *entry;
	uint64_t hash;

	pthread_mutex_lock(lock);
	entry = find(index, number, &hash);
	pthread_mutex_unlock(lock);
	return entry ? entry->name : NULL;
}

const char *skald_kmod_place(const struct skald_kmod_names *names,
			     uint64_t place)
{
	return names && place ? look_up(names, &names->places, place) : NULL;
}

const char *skald_kmod_reason(const struct skald_kmod_names *names,
			      uint32_t reason)
{
	return names ? look_up(names, &names->reasons, reason) : NULL;
}

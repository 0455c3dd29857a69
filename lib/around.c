// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots of what is around rulesets, for a store. */
#include "around.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "world.h"

#define FRESH_NS 1000000000ull

/**
 * struct skald_around - the newest snapshot
 * @world: it; valid when @taken_ns is not 0
 * @taken_ns: CLOCK_MONOTONIC
 */
struct skald_around {
	struct skald_world world;
	uint64_t taken_ns;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static int refresh(struct skald_around *around, const struct skald_netns *netns,
		   struct skald_error *error)
{
	struct skald_world taken;
	int err;

	if (around->taken_ns && now_ns() - around->taken_ns < FRESH_NS)
		return 0;
	err = skald_world_take_around(netns, &taken, error);
	if (err)
		return err;
	skald_world_done(&around->world);
	around->world = taken;
	around->taken_ns = now_ns();
	return 0;
}

int skald_around_record(struct skald_around **around,
			const struct skald_netns *netns,
			struct skald_store *store, struct skald_error *error)
{
	int err;

	if (!*around)
		*around = calloc(1, sizeof(**around));
	if (!*around)
		return skald_error_set(error, ENOMEM, "out of memory");
	err = refresh(*around, netns, error);
	if (err)
		return err;
	return skald_store_add_around(store, &(*around)->world, error);
}

void skald_around_free(struct skald_around *around)
{
	if (!around)
		return;
	skald_world_done(&around->world);
	free(around);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the teller asks of the world, answered from the spaces.
 */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "around.h"
#include "clock.h"
#include "log.h"
#include "owner.h"

/* Stories that a later one may refer to by its serial. */
#define REMEMBERED 65536
/* A name is asked for again after this time; interfaces are renamed rarely. */
#define NAME_NS (2 * SKALD_NS_PER_SECOND)
/* Announced changes: snapshots take at most one part in so many of the time. */
#define TAKE_SHARE 5
/* Texts of legacy rules are asked for again after this time. */
#define LEGACY_NS (SKALD_NS_PER_SECOND / 2)
/* A snapshot that failed is not tried again at once. */
#define FAILED_NS (100 * SKALD_NS_PER_MS)

/**
 * struct memory - the id of a story
 */
struct memory {
	uint64_t serial;
	uint64_t id;
};

/**
 * struct skald_world - the world
 * @spaces: followed namespaces
 * @store: where snapshots go, or NULL
 * @told: the space of the story that is being told
 * @lock: protects @expressions and @n_expressions
 * @expressions: by classifier id - 1; strings live as long as the world
 * @n_expressions: how many
 * @memories: ring by serial
 * @owners: who has which socket
 */
struct skald_world {
	struct skald_spaces *spaces;
	struct skald_store *store;
	struct skald_space *told;
	pthread_mutex_t lock;
	char **expressions;
	uint32_t n_expressions;
	struct memory memories[REMEMBERED];
	struct skald_owners owners;
};

int skald_world_new(struct skald_spaces *spaces, struct skald_world **world)
{
	struct skald_world *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->spaces = spaces;
	pthread_mutex_init(&w->lock, NULL);
	*world = w;
	return 0;
}

void skald_world_free(struct skald_world *world)
{
	uint32_t i;

	if (!world)
		return;
	for (i = 0; i < world->n_expressions; i++)
		free(world->expressions[i]);
	free(world->expressions);
	pthread_mutex_destroy(&world->lock);
	free(world);
}

/* Call with the lock held. */
static int grow_expressions(struct skald_world *world, uint32_t n)
{
	char **expressions =
		reallocarray(world->expressions, n, sizeof(*expressions));

	if (!expressions)
		return -ENOMEM;
	world->expressions = expressions;
	while (world->n_expressions < n)
		expressions[world->n_expressions++] = NULL;
	return 0;
}

int skald_world_classifier(struct skald_world *world, uint32_t id,
			   const char *expression)
{
	int err = 0;

	pthread_mutex_lock(&world->lock);
	if (id > world->n_expressions)
		err = grow_expressions(world, id);
	if (!err) {
		char **slot = &world->expressions[id - 1];

		free(*slot);
		*slot = strdup(expression);
		err = *slot ? 0 : -ENOMEM;
	}
	pthread_mutex_unlock(&world->lock);
	return err;
}

void skald_world_store(struct skald_world *world, struct skald_store *store)
{
	world->store = store;
}

/* ---- rulesets ---- */

/* Generations count round: a is as new as b, or newer. */
static bool is_reached(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

static const struct skald_change *change_of(const struct skald_space *space,
					    uint32_t generation)
{
	unsigned int i;

	for (i = 0; i < SKALD_SPACE_CHANGES; i++) {
		if (space->changes[i].t_ns &&
		    space->changes[i].generation == generation)
			return &space->changes[i];
	}
	return NULL;
}

static void save_ruleset(struct skald_world *world, struct skald_space *space,
			 const struct skald_ruleset *ruleset, uint64_t t_ns)
{
	const struct skald_change *change =
		change_of(space, ruleset->generation);
	struct skald_load load = { .netns = space->netns.name, .t_ns = t_ns };
	struct skald_error error;

	if (!world->store)
		return;
	if (change) {
		load.t_ns = change->t_ns;
		load.pid = change->pid;
		load.process = *change->process ? change->process : NULL;
	}
	if (skald_store_add_ruleset(world->store, ruleset, &load, &error)) {
		skald_log(LOG_WARNING, "%s: ruleset %u is not recorded: %s",
			  space->netns.name, ruleset->generation, error.text);
		return;
	}
	if (space->netns.fd >= 0 &&
	    skald_around_record(&space->around, &space->netns, world->store,
				&error))
		skald_log(LOG_WARNING,
			  "%s: links and routes are not recorded: %s",
			  space->netns.name, error.text);
}

/* The snapshot that was taken when the space was opened. */
static void save_first(struct skald_world *world, struct skald_space *space)
{
	if (!space->has_first || !world->store)
		return;
	save_ruleset(world, space, &space->first, space->opened_ns);
	skald_ruleset_done(&space->first);
	space->has_first = false;
}

static void take(struct skald_world *world, struct skald_space *space)
{
	uint64_t start_ns = skald_clock_monotonic();
	struct skald_ruleset ruleset;
	struct skald_error error;
	int err;

	err = skald_ruleset_take(&space->netns, &ruleset, &error);
	space->take_ended_ns = skald_clock_monotonic();
	space->take_cost_ns = space->take_ended_ns - start_ns;
	if (err) {
		skald_log(LOG_WARNING, "%s: cannot read the ruleset: %s",
			  space->netns.name, error.text);
		space->take_cost_ns += FAILED_NS;
		return;
	}
	skald_space_say_textless(space, &ruleset);
	if (skald_rulebook_add(space->book, &ruleset))
		skald_log(LOG_ERR, "%s: no memory for ruleset %u",
			  space->netns.name, ruleset.generation);
	space->settled = ruleset.generation;
	if (!is_reached(space->announced, space->settled))
		space->announced = space->settled;
	save_ruleset(world, space, &ruleset, skald_clock_realtime());
	skald_ruleset_done(&ruleset);
}

/* Whether a snapshot failed a moment ago. */
static bool is_failing(const struct skald_space *space)
{
	return space->take_cost_ns >= FAILED_NS &&
	       skald_clock_monotonic() - space->take_ended_ns < FAILED_NS;
}

/* Go into a guest's namespace, unless we are there. Return: whether we are */
static bool enter_guest(struct skald_space *space)
{
	struct skald_error error;
	struct skald_netns netns;
	char name[32];

	if (space->netns.fd >= 0)
		return true;
	if (space->is_lost)
		return false;
	snprintf(name, sizeof(name), "net:[%llu]",
		 (unsigned long long)space->netns.inode);
	if (skald_netns_open(name, &netns, &error)) {
		space->is_lost = true;
		return false;
	}
	space->netns = netns;
	return true;
}

/* As it is now: the module says when a ruleset changes, not to what. */
static const struct skald_rulebook *guest_book(struct skald_world *world,
					       struct skald_space *space)
{
	if (!enter_guest(space) || !space->is_stale || is_failing(space))
		return space->book;
	if (!space->book)
		space->book = skald_rulebook_new();
	if (!space->book)
		return NULL;
	/* before: a change that comes meanwhile is not forgotten */
	space->is_stale = false;
	take(world, space);
	if (is_failing(space))
		space->is_stale = true;
	return space->book;
}

/* Links or routes may have changed since the story before. */
static void follow_around(struct skald_world *world, struct skald_space *space)
{
	struct skald_error error;

	if (!world->store || space->netns.fd < 0)
		return;
	if (skald_around_follow(space->around, &space->netns, world->store,
				&error))
		skald_log(LOG_WARNING,
			  "%s: links and routes are not recorded: %s",
			  space->netns.name, error.text);
}

static const struct skald_rulebook *rulebook(void *user, uint32_t netns,
					     uint32_t generation)
{
	struct skald_world *world = user;
	struct skald_space *space = skald_spaces_find(world->spaces, netns);

	world->told = space;
	if (!space)
		return NULL;
	follow_around(world, space);
	if (space->is_guest)
		return guest_book(world, space);
	save_first(world, space);
	if (!is_reached(space->settled, generation) && !is_failing(space))
		take(world, space);
	return space->book;
}

void skald_world_unsaved(struct skald_world *world)
{
	struct skald_space *space;

	pthread_mutex_lock(&world->spaces->lock);
	for (space = world->spaces->head; space; space = space->next)
		space->settled = space->announced - 1;
	for (space = world->spaces->guests; space; space = space->next)
		space->is_stale = true;
	pthread_mutex_unlock(&world->spaces->lock);
}

/* Nanoseconds until an announced change may be looked at. */
static uint64_t patience(const struct skald_space *space, uint64_t now_ns)
{
	uint64_t due_ns =
		space->take_ended_ns + space->take_cost_ns * (TAKE_SHARE - 1);

	return due_ns > now_ns ? due_ns - now_ns : 0;
}

void skald_world_changed(struct skald_world *world,
			 const struct skald_item *item)
{
	struct skald_space *space =
		skald_spaces_find(world->spaces, item->netns);
	struct skald_change *change;

	if (!space)
		return;
	if (space->is_guest) {
		space->is_stale = true;
		/* a rule that is deleted again soon is caught that way */
		if (space->book && !patience(space, skald_clock_monotonic()))
			(void)guest_book(world, space);
		return;
	}
	save_first(world, space);
	change = &space->changes[space->n_changes++ % SKALD_SPACE_CHANGES];
	change->generation = item->generation;
	change->t_ns = item->t_ns;
	change->pid = item->pid;
	snprintf(change->process, sizeof(change->process), "%s",
		 item->process ? item->process : "");
	if (!is_reached(space->announced, item->generation))
		space->announced = item->generation;
	if (item->pid == (uint32_t)getpid() &&
	    space->settled == item->generation - 1)
		space->settled = item->generation;
}

/* The space whose announced change is due first. Call with the lock held. */
static struct skald_space *soonest_space(struct skald_world *world,
					 uint64_t now_ns)
{
	struct skald_space *soonest = NULL;
	struct skald_space *space;

	for (space = world->spaces->head; space; space = space->next) {
		if (space->left || is_reached(space->settled, space->announced))
			continue;
		if (!soonest ||
		    patience(space, now_ns) < patience(soonest, now_ns))
			soonest = space;
	}
	return soonest;
}

int skald_world_patience(struct skald_world *world)
{
	uint64_t now_ns = skald_clock_monotonic();
	const struct skald_space *space;
	uint64_t wait_ns = 0;

	pthread_mutex_lock(&world->spaces->lock);
	space = soonest_space(world, now_ns);
	if (space)
		wait_ns = patience(space, now_ns);
	pthread_mutex_unlock(&world->spaces->lock);
	if (!space)
		return -1;
	return (int)((wait_ns + SKALD_NS_PER_MS - 1) / SKALD_NS_PER_MS);
}

void skald_world_settle(struct skald_world *world)
{
	struct skald_space *space;

	pthread_mutex_lock(&world->spaces->lock);
	space = soonest_space(world, skald_clock_monotonic());
	if (space)
		space->in_use = true;
	pthread_mutex_unlock(&world->spaces->lock);
	if (!space)
		return;
	save_first(world, space);
	take(world, space);
	pthread_mutex_lock(&world->spaces->lock);
	space->in_use = false;
	pthread_mutex_unlock(&world->spaces->lock);
}

void skald_world_rest(struct skald_world *world)
{
	skald_spaces_rest(world->spaces);
}

/* ---- names and routes ---- */

const char *skald_world_netns(struct skald_world *world, uint32_t netns)
{
	const struct skald_space *space =
		skald_spaces_find(world->spaces, netns);

	return space ? space->netns.name : "?";
}

/*
 * The teller asks for the rulebook first: until the story is told, its space is
 * at hand without the list's lock, and cannot be retired.
 */
static struct skald_space *told_space(struct skald_world *world, uint32_t netns)
{
	if (world->told && world->told->index == netns)
		return world->told;
	return skald_spaces_find(world->spaces, netns);
}

static const char *netns_name(void *user, uint32_t netns)
{
	const struct skald_space *space = told_space(user, netns);

	return space ? space->netns.name : "?";
}

/* Return: the remembered name, perhaps a new one, or NULL: no memory */
static struct skald_ifname *find_name(struct skald_space *space, uint32_t index)
{
	struct skald_ifname **bucket = &space->names[index % SKALD_SPACE_NAMES];
	struct skald_ifname *name = *bucket;

	while (name && name->index != index)
		name = name->next;
	if (name)
		return name;
	name = calloc(1, sizeof(*name));
	if (!name)
		return NULL;
	name->index = index;
	name->next = *bucket;
	*bucket = name;
	snprintf(name->name, sizeof(name->name), "if%u", index);
	return name;
}

/* An interface that is gone keeps the name it had. */
static void refresh_name(struct skald_space *space, struct skald_ifname *name)
{
	char text[sizeof(name->name)];

	name->until_ns = skald_clock_monotonic() + NAME_NS;
	if (!skald_netns_ifname(&space->netns, name->index, text, sizeof(text)))
		memcpy(name->name, text, sizeof(text));
}

static const char *ifname(void *user, uint32_t netns, uint32_t index)
{
	struct skald_world *world = user;
	struct skald_space *space = told_space(world, netns);
	struct skald_ifname *name;

	if (!space || !index || space->netns.fd < 0)
		return NULL;
	name = find_name(space, index);
	if (!name)
		return NULL;
	if (name->until_ns < skald_clock(CLOCK_MONOTONIC_COARSE))
		refresh_name(space, name);
	return name->name;
}

static int route(void *user, uint32_t netns,
		 const struct skald_route_query *query,
		 struct skald_arena *arena, struct skald_event *event)
{
	struct skald_world *world = user;
	struct skald_space *space = told_space(world, netns);

	if (!space || space->no_router || space->netns.fd < 0)
		return -ENOENT;
	if (!space->router && skald_router_new(&space->netns, &space->router)) {
		skald_log(LOG_WARNING, "%s: cannot ask for routes",
			  space->netns.name);
		space->no_router = true;
		return -ENOENT;
	}
	return skald_router_ask(space->router, query, arena, event);
}

static const char *classifier(void *user, uint32_t id)
{
	struct skald_world *world = user;
	const char *expression = NULL;

	pthread_mutex_lock(&world->lock);
	if (id && id <= world->n_expressions)
		expression = world->expressions[id - 1];
	pthread_mutex_unlock(&world->lock);
	return expression;
}

/* Legacy tables say nothing when they change: their texts age quickly. */
static const char *legacy(void *user, uint32_t netns,
			  const struct skald_legacy_rule *rule)
{
	struct skald_space *space = told_space(user, netns);
	uint64_t now_ns = skald_clock_monotonic();
	struct skald_legacy *taken;

	if (!space || space->netns.fd < 0)
		return NULL;
	if (now_ns >= space->legacy_ns &&
	    !skald_legacy_take(&space->netns, &taken)) {
		skald_legacy_free(space->legacy);
		space->legacy = taken;
		now_ns = skald_clock_monotonic();
		space->legacy_ns = now_ns + LEGACY_NS;
	}
	return skald_legacy_rule(space->legacy, rule);
}

static uint32_t owner(void *user, uint64_t inode, char command[16])
{
	struct skald_world *world = user;

	return skald_owners_find(&world->owners, inode, command);
}

static void owns(void *user, uint64_t inode, uint32_t pid,
		 const char command[16])
{
	struct skald_world *world = user;

	skald_owners_learn(&world->owners, inode, pid, command);
}

/* ---- serials ---- */

void skald_world_remember(struct skald_world *world, uint64_t serial,
			  uint64_t id)
{
	world->memories[serial % REMEMBERED] = (struct memory){ serial, id };
}

static uint64_t story_id(void *user, uint64_t serial)
{
	const struct skald_world *world = user;
	const struct memory *memory = &world->memories[serial % REMEMBERED];

	return memory->serial == serial ? memory->id : 0;
}

const struct skald_teller_ops skald_world_ops = {
	.rulebook = rulebook,
	.netns_name = netns_name,
	.ifname = ifname,
	.route = route,
	.classifier = classifier,
	.legacy = legacy,
	.owner = owner,
	.owns = owns,
	.story_id = story_id,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets that hit one rule
 *
 * The engine goes along with what is sent, in the same world. Before a packet
 * is sent for a rule, some are tried on a copy of the engine (a child process),
 * until one hits it: earlier rules that would take it, lists that its source is
 * in, limits that are used up, all are met there. Rules that were hit least
 * have their turn first.
 */
#ifndef SKALD_TESTS_AIMED_TRY_H
#define SKALD_TESTS_AIMED_TRY_H

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aimed_rule.h"
#include "engine.h"
#include "engine_priv.h"
#include "world.h"

#define TRIES 48
/* A rule that was hit waits for those that were tried less often than this. */
#define HIT_WEIGHT 6
#define HITS_ENOUGH 3
#define SHOT_MAX 2048

/* What a child found. */
struct found {
	struct shot shot;
	unsigned long long random_state;
	unsigned char mac[6];
	bool has_mac;
	bool is_hit;
	unsigned char ip[SHOT_MAX];
};

/* How often a rule was hit, and tried without success. */
struct target {
	const struct skald_vm_rule *rule;
	unsigned int hits;
	unsigned int tries;
};

struct aim {
	struct aimed *aimed;
	struct skald_world world;
	struct skald_engine *engine;
	struct target *targets;
	unsigned int next;
	struct found *found;
};

static int by_rule(const void *a, const void *b)
{
	const struct target *first = a, *second = b;

	return first->rule < second->rule ? -1 : first->rule > second->rule;
}

/* Return: 0, or -errno: no engine for this world */
static int aim_open(struct aim *aim, struct aimed *aimed, const char *path)
{
	struct skald_error error = { 0 };
	int err = skald_world_load(path, &aim->world, &error);

	aim->aimed = aimed;
	aim->world.is_fresh = true;
	if (!err)
		err = skald_engine_new(&aim->world, &aim->engine, &error);
	if (err) {
		fprintf(stderr, "%s: %s\n", path, error.text);
		return err;
	}
	aimed->vm = aim->engine->vm;
	collect_all(aimed);
	collect_ways(aimed);
	aim->targets = calloc(aimed->n_rules + 1, sizeof(*aim->targets));
	aim->found = mmap(NULL, sizeof(*aim->found), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!aim->targets || aim->found == MAP_FAILED)
		return -ENOMEM;
	for (unsigned int i = 0; i < aimed->n_rules; i++)
		aim->targets[i].rule = aimed->rules[i];
	qsort(aim->targets, aimed->n_rules, sizeof(*aim->targets), by_rule);
	return 0;
}

static void aim_close(struct aim *aim)
{
	skald_engine_free(aim->engine);
	skald_world_done(&aim->world);
	free(aim->targets);
	free(aim->aimed->rules);
	free(aim->aimed->ways);
}

static void count_hit(struct aim *aim, unsigned int family, const char *name,
		      unsigned long long handle)
{
	struct skald_vm_table *table =
		handle && name
			? skald_vm_table(aim->aimed->vm, (u8)family, name)
			: NULL;
	struct target key = {
		.rule = table ? skald_vm_rule(table, handle) : NULL,
	};
	struct target *target =
		key.rule ? bsearch(&key, aim->targets, aim->aimed->n_rules,
				   sizeof(key), by_rule)
			 : NULL;

	if (target)
		target->hits++;
}

static void count_hits(struct aim *aim, const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_RULE)
			count_hit(aim, event->ev_rule.family,
				  event->ev_rule.table, event->ev_rule.handle);
		else if (event->kind == SKALD_RETURN)
			count_hit(aim, event->ev_return.family,
				  event->ev_return.table,
				  event->ev_return.handle);
	}
}

/* The engine sees what is sent. @tap: its name, NULL: this machine sends */
static void aim_see(struct aim *aim, const unsigned char *frame,
		    unsigned int len, const char *tap)
{
	unsigned int skip = tap ? 0 : 14;
	struct skald_engine_input input = {
		.bytes = frame + skip,
		.known = len - skip,
		.len = len - skip,
		.has_link = tap != NULL,
		.ethertype = frame[14] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP,
		.has_owner = !tap,
	};
	struct skald_story story;
	struct timespec now;

	if (!aim->engine)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	input.t_ns =
		(uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
	if (tap)
		input.iif = skald_engine_interface(aim->engine, tap);
	if (skald_engine_run(aim->engine, &input, &story))
		return;
	do {
		count_hits(aim, &story);
		skald_story_done(&story);
	} while (skald_engine_next(aim->engine, &story) > 0);
}

/* The rule whose turn it is. */
static struct target *next_target(struct aim *aim)
{
	unsigned int n = aim->aimed->n_rules, best = 0;
	unsigned int least = ~0u;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = (aim->next + i) % n;
		unsigned int score = aim->targets[at].tries +
				     HIT_WEIGHT * aim->targets[at].hits;

		if (score < least) {
			least = score;
			best = at;
		}
	}
	aim->next = best + 1;
	return &aim->targets[best];
}

#endif /* SKALD_TESTS_AIMED_TRY_H */

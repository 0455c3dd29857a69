// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interning of steps for the assembler: open addressing, power of two, linear
 * probing. A forgotten step keeps its slot and its memory but matches nothing.
 *
 * Packets take the same way again and again: what followed a step last time is
 * tried first, which saves hashing the names.
 */
#include "steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "story.h"

/**
 * struct entry - one interned step
 * @step: the step
 * @follower: the step that was asked for after it last time, or NULL
 * @queue: queue of its verdict, as in struct skald_trace
 * @is_forgotten: not to be found again
 */
struct entry {
	struct skald_step step;
	struct entry *follower;
	uint32_t queue;
	bool is_forgotten;
};

struct slot {
	uint64_t hash;
	struct entry *entry;
};

/**
 * struct skald_steps - the table
 * @slots: by hash
 * @size: slots, a power of two
 * @used: slots in use
 * @last: what was asked for last, or NULL
 * @arena: owns the entries
 */
struct skald_steps {
	struct slot *slots;
	size_t size;
	size_t used;
	struct entry *last;
	struct skald_arena arena;
};

#define FIRST_SIZE 1024

struct skald_steps *skald_steps_new(void)
{
	struct skald_steps *steps = calloc(1, sizeof(*steps));

	if (!steps)
		return NULL;
	steps->slots = calloc(FIRST_SIZE, sizeof(*steps->slots));
	if (!steps->slots) {
		free(steps);
		return NULL;
	}
	steps->size = FIRST_SIZE;
	return steps;
}

void skald_steps_free(struct skald_steps *steps)
{
	if (!steps)
		return;
	skald_arena_done(&steps->arena);
	free(steps->slots);
	free(steps);
}

static bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static uint64_t trace_hash(uint32_t netns, const struct skald_trace *trace)
{
	uint64_t hash = (uint64_t)netns << 32 | trace->family << 16 |
			trace->type << 8 | trace->verdict;

	hash ^= trace->handle * 0x9e3779b97f4a7c15ull;
	hash ^= (uint64_t)trace->queue << 40;
	hash = skald_hash64(trace->table, strlen(trace->table), hash);
	hash = skald_hash64(trace->chain, strlen(trace->chain), hash);
	if (trace->jump)
		hash = skald_hash64(trace->jump, strlen(trace->jump), hash);
	return hash;
}

static bool entry_is(const struct entry *entry, uint32_t netns,
		     const struct skald_trace *trace)
{
	const struct skald_step *step = &entry->step;

	return !entry->is_forgotten && step->handle == trace->handle &&
	       step->netns == netns && step->family == trace->family &&
	       step->type == trace->type && step->verdict == trace->verdict &&
	       entry->queue == trace->queue &&
	       !strcmp(step->chain, trace->chain) &&
	       !strcmp(step->table, trace->table) &&
	       same_string(step->jump, trace->jump);
}

static struct entry *find(const struct skald_steps *steps, uint32_t netns,
			  const struct skald_trace *trace)
{
	uint64_t hash = trace_hash(netns, trace);
	size_t i;

	for (i = hash & (steps->size - 1); steps->slots[i].entry;
	     i = (i + 1) & (steps->size - 1)) {
		const struct slot *slot = &steps->slots[i];

		if (slot->hash == hash && entry_is(slot->entry, netns, trace))
			return slot->entry;
	}
	return NULL;
}

static void remember(struct skald_steps *steps, struct entry *entry)
{
	if (steps->last)
		steps->last->follower = entry;
	steps->last = entry;
}

struct skald_step *skald_steps_find(struct skald_steps *steps, uint32_t netns,
				    const struct skald_trace *trace)
{
	struct entry *entry = steps->last ? steps->last->follower : NULL;

	if (!entry || !entry_is(entry, netns, trace))
		entry = find(steps, netns, trace);
	if (!entry)
		return NULL;
	remember(steps, entry);
	return &entry->step;
}

static void insert(struct slot *slots, size_t size, const struct slot *slot)
{
	size_t i = slot->hash & (size - 1);

	while (slots[i].entry)
		i = (i + 1) & (size - 1);
	slots[i] = *slot;
}

/* Twice the size; forgotten steps lose their slot here. */
static int grow(struct skald_steps *steps)
{
	size_t size = steps->size * 2, used = 0, i;
	struct slot *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -1;
	for (i = 0; i < steps->size; i++) {
		if (!steps->slots[i].entry ||
		    steps->slots[i].entry->is_forgotten)
			continue;
		insert(slots, size, &steps->slots[i]);
		used++;
	}
	free(steps->slots);
	steps->slots = slots;
	steps->size = size;
	steps->used = used;
	return 0;
}

static char *copy(struct skald_steps *steps, const char *string)
{
	return skald_arena_strndup(&steps->arena, string, strlen(string));
}

static int fill(struct skald_steps *steps, uint32_t netns,
		const struct skald_trace *trace, struct entry *entry)
{
	struct skald_step *step = &entry->step;

	entry->queue = trace->queue;
	step->netns = netns;
	step->family = trace->family;
	step->type = trace->type;
	step->verdict = trace->verdict;
	step->handle = trace->handle;
	step->table = copy(steps, trace->table);
	step->chain = copy(steps, trace->chain);
	step->jump = trace->jump ? copy(steps, trace->jump) : NULL;
	if (!step->table || !step->chain || (trace->jump && !step->jump))
		return -ENOMEM;
	return 0;
}

struct skald_step *skald_steps_add(struct skald_steps *steps, uint32_t netns,
				   const struct skald_trace *trace)
{
	struct slot slot = { .hash = trace_hash(netns, trace) };

	if (steps->used * 2 >= steps->size && grow(steps))
		return NULL;
	slot.entry = skald_arena_alloc(&steps->arena, sizeof(*slot.entry));
	if (!slot.entry || fill(steps, netns, trace, slot.entry))
		return NULL;
	insert(steps->slots, steps->size, &slot);
	steps->used++;
	remember(steps, slot.entry);
	return &slot.entry->step;
}

void skald_steps_forget(struct skald_steps *steps, uint32_t netns,
			unsigned int family, const char *name)
{
	size_t i;

	for (i = 0; i < steps->size; i++) {
		struct entry *entry = steps->slots[i].entry;

		if (entry && entry->step.netns == netns &&
		    (!name || (entry->step.family == family &&
			       !strcmp(entry->step.table, name))))
			entry->is_forgotten = true;
	}
}

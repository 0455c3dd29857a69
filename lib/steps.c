// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interning of steps for the assembler: open addressing, power of two, linear
 * probing. A forgotten step keeps its slot and its memory but matches nothing.
 */
#include "steps.h"

#include <stdlib.h>
#include <string.h>

#include "story.h"

struct slot {
	uint64_t hash;
	struct skald_step *step;
	bool is_forgotten;
};

struct skald_steps {
	struct slot *slots;
	size_t size;
	size_t used;
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

static bool step_is(const struct skald_step *step, uint32_t netns,
		    const struct skald_trace *trace)
{
	return step->handle == trace->handle && step->netns == netns &&
	       step->family == trace->family && step->type == trace->type &&
	       step->verdict == trace->verdict &&
	       !strcmp(step->chain, trace->chain) &&
	       !strcmp(step->table, trace->table) &&
	       same_string(step->jump, trace->jump);
}

struct skald_step *skald_steps_find(const struct skald_steps *steps,
				    uint32_t netns,
				    const struct skald_trace *trace)
{
	uint64_t hash = trace_hash(netns, trace);
	size_t i;

	for (i = hash & (steps->size - 1); steps->slots[i].step;
	     i = (i + 1) & (steps->size - 1)) {
		const struct slot *slot = &steps->slots[i];

		if (slot->hash == hash && !slot->is_forgotten &&
		    step_is(slot->step, netns, trace))
			return slot->step;
	}
	return NULL;
}

static void insert(struct slot *slots, size_t size, const struct slot *slot)
{
	size_t i = slot->hash & (size - 1);

	while (slots[i].step)
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
		if (!steps->slots[i].step || steps->slots[i].is_forgotten)
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

struct skald_step *skald_steps_add(struct skald_steps *steps, uint32_t netns,
				   const struct skald_trace *trace)
{
	struct slot slot = { .hash = trace_hash(netns, trace) };
	struct skald_step *step;

	if (steps->used * 2 >= steps->size && grow(steps))
		return NULL;
	step = skald_arena_alloc(&steps->arena, sizeof(*step));
	if (!step)
		return NULL;
	step->netns = netns;
	step->family = trace->family;
	step->type = trace->type;
	step->verdict = trace->verdict;
	step->handle = trace->handle;
	step->table = copy(steps, trace->table);
	step->chain = copy(steps, trace->chain);
	step->jump = trace->jump ? copy(steps, trace->jump) : NULL;
	if (!step->table || !step->chain || (trace->jump && !step->jump))
		return NULL;
	slot.step = step;
	insert(steps->slots, steps->size, &slot);
	steps->used++;
	return step;
}

void skald_steps_forget(struct skald_steps *steps, uint32_t netns,
			unsigned int family, const char *name)
{
	size_t i;

	for (i = 0; i < steps->size; i++) {
		const struct skald_step *step = steps->slots[i].step;

		if (step && step->netns == netns &&
		    (!name ||
		     (step->family == family && !strcmp(step->table, name))))
			steps->slots[i].is_forgotten = true;
	}
}

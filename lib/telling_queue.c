// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet that goes to user space and comes back. Nobody says that it came
 * back: the next chain that sees it proves it (nf_reinject() in
 * net/netfilter/nf_queue.c goes on behind the hook function that queued it, or
 * calls that one again).
 */
#include <string.h>

#include "telling.h"
#include "trace.h"

void skald_telling_queue(struct skald_telling *telling)
{
	const struct skald_step *step = telling->raw->events[telling->at].step;
	struct skald_event *event = skald_telling_add(telling, SKALD_QUEUE);

	if (!event)
		return;
	SKALD_SET(event, queue, number, step->value & SKALD_QUEUE_NUMBER);
	SKALD_SET(event, queue, hook, telling->hook);
}

static bool is_queue(const struct skald_raw_event *raw)
{
	return raw->step->role == SKALD_ROLE_USER &&
	       raw->step->verdict == SKALD_VERDICT_QUEUE;
}

static bool is_same_chain(const struct skald_step *a,
			  const struct skald_step *b)
{
	return a->family == b->family && !strcmp(a->table, b->table) &&
	       !strcmp(a->chain, b->chain);
}

/* NF_REPEAT enters the base chain once more, NF_ACCEPT the one behind it. */
static unsigned int verdict_of(const struct skald_telling *telling,
			       uint32_t prev)
{
	const struct skald_raw_event *events = telling->raw->events;
	const struct skald_raw_event *now = &events[telling->at];

	while (prev && !events[prev].enters)
		prev--;
	if (now->enters && is_same_chain(now->step, events[prev].step))
		return SKALD_VERDICT_REPEAT;
	return SKALD_VERDICT_ACCEPT;
}

void skald_telling_reinject(struct skald_telling *telling, uint32_t prev)
{
	const struct skald_raw_story *raw = telling->raw;
	const struct skald_step *step = raw->events[prev].step;
	struct skald_event *event;

	if (!is_queue(&raw->events[prev]))
		return;
	event = skald_telling_insert(telling, prev, SKALD_REINJECT);
	if (!event)
		return;
	event->t_ns = raw->start_ns + raw->events[telling->at].dt_ns;
	SKALD_SET(event, reinject, number, step->value & SKALD_QUEUE_NUMBER);
	SKALD_SET(event, reinject, verdict, verdict_of(telling, prev));
	if (step->value & SKALD_QUEUE_BYPASS)
		SKALD_SET(event, reinject, bypass, true);
}

const char *skald_telling_queued(struct skald_telling *telling, uint32_t first)
{
	const struct skald_raw_event *events = telling->raw->events;
	uint32_t i;

	for (i = first; i < telling->at; i++)
		if (is_queue(&events[i]))
			return skald_arena_printf(
				&telling->arena, "user space (queue %u)",
				events[i].step->value & SKALD_QUEUE_NUMBER);
	return NULL;
}

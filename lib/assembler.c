// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups trace messages into raw stories. See assembler.h for what an identity
 * is here, and raw.h for what comes out.
 *
 * Every message is one of
 *  - the message of a mark chain: begins a story (or continues one: loopback,
 *    br_netfilter),
 *  - a message whose id has an open story: goes on with it,
 *  - an orphan: the packet goes on under another id (clone, reassembly), or the
 *    beginning was lost, or somebody else marked the packet.
 */
#include "assembler_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct skald_assembler *
skald_assembler_new(const struct skald_assembler_config *config)
{
	struct skald_assembler *assembler = calloc(1, sizeof(*assembler));

	if (!assembler)
		return NULL;
	assembler->config = *config;
	assembler->steps = skald_steps_new();
	if (!assembler->steps)
		goto err_assembler;
	assembler->ids = calloc(IDS_REMEMBERED, sizeof(*assembler->ids));
	if (!assembler->ids)
		goto err_steps;
	if (skald_open_stories_init(&assembler->open, config->max_open))
		goto err_ids;
	return assembler;

err_ids:
	free(assembler->ids);
err_steps:
	skald_steps_free(assembler->steps);
err_assembler:
	free(assembler);
	return NULL;
}

void skald_assembler_free(struct skald_assembler *assembler)
{
	uint32_t i;

	if (!assembler)
		return;
	for (i = 0; i < assembler->n_spaces; i++)
		free(assembler->spaces[i].own_table);
	free(assembler->spaces);
	skald_batch_free(assembler->batch);
	skald_open_stories_done(&assembler->open);
	free(assembler->ids);
	skald_steps_free(assembler->steps);
	free(assembler);
}

/* Return: the namespace's entry, or NULL: no memory */
struct skald_assembler_space *
skald_assembler_space_of(struct skald_assembler *assembler, uint32_t netns)
{
	struct skald_assembler_space *spaces;

	if (netns < assembler->n_spaces)
		return &assembler->spaces[netns];
	spaces = realloc(assembler->spaces, (netns + 1) * sizeof(*spaces));
	if (!spaces)
		return NULL;
	memset(spaces + assembler->n_spaces, 0,
	       (netns + 1 - assembler->n_spaces) * sizeof(*spaces));
	assembler->spaces = spaces;
	assembler->n_spaces = netns + 1;
	return &spaces[netns];
}

int skald_assembler_netns(struct skald_assembler *assembler, uint32_t netns,
			  const char *own_table, uint32_t generation)
{
	struct skald_assembler_space *known =
		skald_assembler_space_of(assembler, netns);
	char *name = strdup(own_table);

	if (!known || !name) {
		free(name);
		return -ENOMEM;
	}
	free(known->own_table);
	known->own_table = name;
	known->generation = generation;
	skald_steps_forget(assembler->steps, netns, 0, NULL);
	return 0;
}

struct skald_item *skald_assembler_item(struct skald_assembler *assembler,
					enum skald_item_type type,
					uint32_t netns, uint64_t now_ns)
{
	struct skald_item *item;

	if (!assembler->batch)
		assembler->batch = skald_batch_new();
	if (!assembler->batch)
		return NULL;
	item = skald_batch_add(assembler->batch);
	if (!item)
		return NULL;
	item->type = type;
	item->netns = netns;
	item->t_ns = now_ns;
	return item;
}

int skald_assembler_generation(struct skald_assembler *assembler,
			       uint32_t netns, uint32_t generation,
			       uint32_t pid, const char *process,
			       uint64_t now_ns)
{
	struct skald_assembler_space *known =
		skald_assembler_space_of(assembler, netns);
	struct skald_item *item;

	if (!known)
		return -ENOMEM;
	known->generation = generation;
	item = skald_assembler_item(assembler, SKALD_ITEM_GENERATION, netns,
				    now_ns);
	if (!item)
		return -ENOMEM;
	item->generation = generation;
	item->pid = pid;
	if (process)
		item->process = skald_arena_strndup(&assembler->batch->arena,
						    process, strlen(process));
	return 0;
}

void skald_assembler_forget_table(struct skald_assembler *assembler,
				  uint32_t netns, unsigned int family,
				  const char *table)
{
	skald_steps_forget(assembler->steps, netns, family, table);
}

/* The step of a message; learns what it is when it is new. */
static struct skald_step *step_of(struct skald_assembler *assembler,
				  uint32_t netns,
				  const struct skald_trace *trace)
{
	const char *own = assembler->spaces[netns].own_table;
	struct skald_step *step =
		skald_steps_find(assembler->steps, netns, trace);
	enum skald_role role;
	int value = -1;

	if (step)
		return step;
	step = skald_steps_add(assembler->steps, netns, trace);
	if (!step)
		return NULL;
	step->witness = skald_witness_find(own, trace->family, trace->table,
					   trace->chain, &role);
	step->role = role;
	step->value = trace->queue;
	if (step->witness && trace->handle && assembler->config.rule_value)
		value = assembler->config.rule_value(assembler->config.user,
						     netns, trace->family,
						     trace->handle);
	if (value >= 0)
		step->value = value;
	return step;
}

int skald_assembler_trace(struct skald_assembler *assembler, uint32_t netns,
			  const struct skald_trace *trace, uint64_t now_ns)
{
	struct skald_assembler_space *known =
		skald_assembler_space_of(assembler, netns);
	struct skald_message message = { .trace = trace, .now_ns = now_ns };
	struct skald_open *story;

	assembler->stats.messages++;
	if (!known)
		return -ENOMEM;
	message.step = step_of(assembler, netns, trace);
	if (!message.step)
		return -ENOMEM;
	if (trace->has_headers)
		skald_assembler_snap(trace, &message.snap);
	story = message.step->role == SKALD_ROLE_FOREIGN
			? NULL
			: skald_assembler_story(assembler, &message);
	if (story) {
		assembler->stats.ours++;
		return skald_assembler_go_on(assembler, story, &message);
	}
	if (message.step->role != SKALD_ROLE_FOREIGN &&
	    now_ns < known->tail_until_ns)
		skald_assembler_count_lost(assembler, netns, 1,
					   "the packet's beginning was lost",
					   now_ns);
	else
		assembler->stats.foreign++;
	return 0;
}

struct skald_batch *skald_assembler_take(struct skald_assembler *assembler)
{
	struct skald_batch *batch = assembler->batch;

	if (!batch || !batch->n_items)
		return NULL;
	assembler->batch = NULL;
	return batch;
}

void skald_assembler_stats(const struct skald_assembler *assembler,
			   struct skald_assembler_stats *stats)
{
	*stats = assembler->stats;
	stats->open = assembler->open.n;
}

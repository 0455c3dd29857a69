// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a story ended, and whether it is whole.
 *
 * Whole means: it began with our mark or with a proven link, no message was
 * lost while it was open, and every chain that always stands on a hook that the
 * packet left behind has spoken.
 */
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "telling.h"

static const char *word_of_hook(unsigned int hook)
{
	return skald_word(skald_words_of_HOOK, hook);
}

void skald_telling_gap(struct skald_telling *telling, uint64_t count,
		       const char *where)
{
	struct skald_story *story = &telling->story;
	struct skald_gap *gaps;
	struct skald_event *event;

	gaps = skald_arena_alloc(&telling->arena,
				 (story->n_gaps + 1) * sizeof(*gaps));
	event = skald_telling_add(telling, SKALD_LOST);
	if (!gaps || !event || !where) {
		telling->failed = true;
		return;
	}
	if (story->n_gaps)
		memcpy(gaps, story->gaps, story->n_gaps * sizeof(*gaps));
	gaps[story->n_gaps].count = count;
	gaps[story->n_gaps].where = where;
	story->gaps = gaps;
	story->n_gaps++;
	SKALD_SET(event, lost, count, count);
	SKALD_SET(event, lost, where, where);
}

/* ---- completeness ---- */

/**
 * struct heard - the chains of ours that spoke, in one family
 * @chains: bits by place in the list of witnesses
 * @hooks: bits by enum skald_words_HOOK: those they stand on
 * @left: those of @hooks that the packet left for another one
 */
struct heard {
	uint32_t chains;
	uint32_t hooks;
	uint32_t left;
};

static const unsigned int families[] = {
	SKALD_FAMILY_IP,
	SKALD_FAMILY_IP6,
	SKALD_FAMILY_BRIDGE,
	SKALD_FAMILY_ARP,
};
#define N_FAMILIES (sizeof(families) / sizeof(*families))

static void hear(const struct skald_step *step, struct heard *heard)
{
	uint32_t hook = 1u << step->witness->hook;
	size_t i = 0;

	while (i < N_FAMILIES && families[i] != step->family)
		i++;
	if (i == N_FAMILIES)
		return;
	heard += i;
	heard->chains |= 1u << (step->witness - skald_witnesses(families[i]));
	heard->left |= heard->hooks & ~hook;
	heard->hooks |= hook;
}

static void hear_all(const struct skald_telling *telling,
		     struct heard heard[N_FAMILIES])
{
	const struct skald_raw_story *raw = telling->raw;
	size_t i;

	memset(heard, 0, N_FAMILIES * sizeof(*heard));
	for (i = 0; i < raw->n_events; i++)
		if (raw->events[i].step->witness)
			hear(raw->events[i].step, heard);
	if (raw->end != SKALD_RAW_LAST)
		return;
	for (i = 0; i < N_FAMILIES; i++)
		heard[i].left |= heard[i].hooks & 1u << telling->hook;
}

/* Chains of ours that should have spoken and did not. */
static void check_witnesses(struct skald_telling *telling, unsigned int family,
			    const struct heard *heard)
{
	const struct skald_witness *witnesses = skald_witnesses(family);
	const char *silent = NULL;
	unsigned int missing = 0, i;

	for (i = 0; witnesses && witnesses[i].name; i++) {
		if (!(heard->left & 1u << witnesses[i].hook) ||
		    heard->chains & 1u << i ||
		    witnesses[i].need != SKALD_NEED_ALWAYS)
			continue;
		missing++;
		silent = witnesses[i].name;
	}
	if (missing)
		skald_telling_gap(
			telling, missing,
			skald_arena_printf(&telling->arena,
					   "chain %s of skald was not heard",
					   silent));
}

static void check_all_witnesses(struct skald_telling *telling)
{
	struct heard heard[N_FAMILIES];
	size_t i;

	/* a story that goes on from another one begins in the middle */
	if (!telling->raw->has_mark && telling->raw->link_serial)
		return;
	hear_all(telling, heard);
	for (i = 0; i < N_FAMILIES; i++)
		if (heard[i].left)
			check_witnesses(telling, families[i], &heard[i]);
}

static void check_whole(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;

	if (!raw->has_mark && !raw->link_serial)
		skald_telling_gap(telling, 0, "the beginning is not known");
	if (raw->was_lossy && raw->lost)
		skald_telling_gap(
			telling, 0,
			skald_arena_printf(
				&telling->arena,
				"%llu messages of all packets were lost here",
				(unsigned long long)raw->lost));
	else if (raw->was_lossy)
		skald_telling_gap(telling, 0,
				  "no memory for more open stories");
	else if (raw->end == SKALD_RAW_CLOSED)
		skald_telling_gap(telling, 0,
				  "tracing ended before the packet did");
	else
		check_all_witnesses(telling);
	telling->story.complete = !telling->story.n_gaps;
}

/* ---- endings ---- */

static void end_by_verdict(struct skald_telling *telling, unsigned int kind)
{
	const struct skald_raw_story *raw = telling->raw;
	const struct skald_step *step = raw->events[raw->n_events - 1].step;
	const struct skald_told *told = step->told;
	struct skald_ending *ending = &telling->story.ending;

	ending->kind = kind;
	ending->hook = telling->hook;
	ending->family = step->family;
	ending->table = step->table;
	ending->chain = step->chain;
	ending->handle = step->handle;
	if (step->type == NFT_TRACETYPE_POLICY)
		ending->text = "policy drop";
	else if (told && told->rule)
		ending->text = told->rule->text;
}

static void end_dropped(struct skald_telling *telling)
{
	struct skald_ending *ending = &telling->story.ending;
	struct skald_event *event;

	end_by_verdict(telling, SKALD_ENDING_DROPPED);
	ending->reason = "NETFILTER_DROP";
	event = skald_telling_add(telling, SKALD_DROP);
	if (!event)
		return;
	SKALD_SET(event, drop, reason, ending->reason);
	SKALD_SET(event, drop, place, word_of_hook(telling->hook));
	SKALD_SET(event, drop, by,
		  skald_arena_printf(&telling->arena,
				     ending->handle ? "%s %s %s rule %llu"
						    : "%s %s %s policy",
				     skald_word(skald_words_of_FAMILY,
						ending->family),
				     ending->table, ending->chain,
				     (unsigned long long)ending->handle));
}

static void end_consumed(struct skald_telling *telling, const char *by)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_CONSUME);

	telling->story.ending.kind = SKALD_ENDING_CONSUMED;
	telling->story.ending.hook = telling->hook;
	telling->story.ending.reason = by;
	if (event)
		SKALD_SET(event, consume, by, by);
}

static void end_sent(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;
	uint32_t oif = raw->snaps[raw->n_snaps - 1].oif;
	struct skald_event *event = skald_telling_add(telling, SKALD_SEND);
	const char *device;

	device = telling->ops->ifname(telling->user, raw->netns, oif);
	telling->story.ending.kind = SKALD_ENDING_SENT;
	telling->story.ending.hook = telling->hook;
	telling->story.ending.reason = "handed to the device";
	if (event && device)
		SKALD_SET(event, send, device, device);
}

static void end_unknown(struct skald_telling *telling, const char *what)
{
	telling->story.ending.kind = SKALD_ENDING_UNKNOWN;
	telling->story.ending.hook = telling->hook;
	telling->story.ending.reason = skald_arena_printf(
		&telling->arena, "%s %s", what, word_of_hook(telling->hook));
}

/* Silence after the packet was last seen on a hook. */
static void end_silent(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;
	unsigned int family = raw->events[raw->n_events - 1].step->family;

	if (telling->hook == SKALD_HOOK_PREROUTING && !telling->is_routed &&
	    (family == SKALD_FAMILY_IP || family == SKALD_FAMILY_IP6))
		skald_telling_route(telling, telling->at, raw->n_snaps - 1);
	end_unknown(telling, "left netfilter at");
}

static void end_last(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;
	unsigned int family = raw->events[raw->n_events - 1].step->family;

	if (telling->hook == SKALD_HOOK_POSTROUTING ||
	    (telling->hook == SKALD_HOOK_OUTPUT && family == SKALD_FAMILY_ARP))
		end_sent(telling);
	else
		end_unknown(telling, "left netfilter at");
}

static void end_queued(struct skald_telling *telling)
{
	end_unknown(telling, "user space did not give it back to");
}

void skald_telling_end(struct skald_telling *telling)
{
	const struct skald_raw_story *raw = telling->raw;

	telling->at = raw->n_events - 1;
	switch ((enum skald_raw_end)raw->end) {
	case SKALD_RAW_DROPPED:
		end_dropped(telling);
		break;
	case SKALD_RAW_LAST:
		end_last(telling);
		break;
	case SKALD_RAW_STOLEN:
		end_by_verdict(telling, SKALD_ENDING_CONSUMED);
		end_consumed(telling, "stolen by the rule");
		break;
	case SKALD_RAW_QUEUED:
		end_queued(telling);
		break;
	case SKALD_RAW_REUSED:
	case SKALD_RAW_IDLE:
		end_silent(telling);
		break;
	case SKALD_RAW_JOINED:
		end_consumed(telling, "joined its datagram");
		break;
	case SKALD_RAW_LOST:
		end_unknown(telling, "events were lost after");
		break;
	case SKALD_RAW_CLOSED:
	/* of records only */
	case SKALD_RAW_ENDED:
	case SKALD_RAW_PASSED:
		end_unknown(telling, "tracing ended at");
		break;
	}
	check_whole(telling);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of a story in the making, and those that all sources tell alike:
 * chains, rules, policies, routes, links to other stories.
 */
#include "telling.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

static int grow(struct skald_telling *telling)
{
	uint32_t size = telling->size_events ? telling->size_events * 2 : 64;
	struct skald_event *events;
	uint32_t *rule_at;

	if (telling->story.n_events < telling->size_events)
		return 0;
	events = realloc(telling->events, size * sizeof(*events));
	if (!events)
		return -ENOMEM;
	telling->events = events;
	rule_at = realloc(telling->rule_at, size * sizeof(*rule_at));
	if (!rule_at)
		return -ENOMEM;
	telling->rule_at = rule_at;
	telling->size_events = size;
	return 0;
}

static struct skald_event *put(struct skald_telling *telling, uint32_t place,
			       uint32_t raw, enum skald_event_kind kind)
{
	struct skald_event *event;
	uint32_t behind;

	if (grow(telling)) {
		telling->failed = true;
		return NULL;
	}
	behind = telling->story.n_events - place;
	event = telling->events + place;
	memmove(event + 1, event, behind * sizeof(*event));
	memmove(telling->rule_at + place + 1, telling->rule_at + place,
		behind * sizeof(*telling->rule_at));
	telling->story.n_events++;
	telling->rule_at[place] = raw;
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	if (telling->raw->source == SKALD_SOURCE_KMOD)
		event->t_ns = telling->t_ns;
	else
		event->t_ns = telling->raw->start_ns +
			      telling->raw->events[raw].dt_ns;
	return event;
}

struct skald_event *skald_telling_add(struct skald_telling *telling,
				      enum skald_event_kind kind)
{
	return put(telling, telling->story.n_events, telling->at, kind);
}

struct skald_event *skald_telling_insert(struct skald_telling *telling,
					 uint32_t raw,
					 enum skald_event_kind kind)
{
	uint32_t place = telling->story.n_events;

	while (place && telling->rule_at[place - 1] > raw)
		place--;
	return put(telling, place, raw, kind);
}

/* ---- links ---- */

static const char *link_proof(const struct skald_raw_story *raw)
{
	switch (raw->link_kind) {
	case SKALD_REASSEMBLE:
		if (raw->snaps[0].ethertype == ETH_P_IPV6)
			return "same source and flow label, and the lengths "
			       "add up";
		return "same addresses, protocol and identification";
	case SKALD_LOOP:
		return "same bytes, on the way round";
	}
	return "same bytes at the same moment";
}

void skald_telling_journey(struct skald_telling *telling, uint32_t kind,
			   uint64_t id)
{
	struct skald_story *story = &telling->story;
	struct skald_link *links;

	if (!id)
		return;
	links = skald_arena_alloc(&telling->arena,
				  (story->n_journey + 1) * sizeof(*links));
	if (!links)
		return;
	if (story->n_journey)
		memcpy(links, story->journey,
		       story->n_journey * sizeof(*links));
	links[story->n_journey].kind = kind;
	links[story->n_journey].story = id;
	story->journey = links;
	story->n_journey++;
}

void skald_telling_link(struct skald_telling *telling, uint32_t behind)
{
	const struct skald_raw_story *raw = telling->raw;
	struct skald_event *event;
	uint64_t id;

	if (!raw->link_serial)
		return;
	id = telling->ops->story_id(telling->user, raw->link_serial);
	event = skald_telling_insert(telling, behind, raw->link_kind);
	if (!event)
		return;
	if (id)
		SKALD_SET(event, loop, story, id);
	SKALD_SET(event, loop, how, link_proof(raw));
	skald_telling_journey(telling, raw->link_kind, id);
}

/* ---- chains and rules ---- */

void skald_telling_chain(struct skald_telling *telling,
			 const struct skald_step *step,
			 const struct skald_told *told)
{
	const struct skald_chain *chain = told->chain;
	struct skald_event *event = skald_telling_add(telling, SKALD_CHAIN);

	if (!event)
		return;
	SKALD_SET(event, chain, family, step->family);
	SKALD_SET(event, chain, table, step->table);
	SKALD_SET(event, chain, chain, step->chain);
	if (!chain || !chain->is_base)
		return;
	SKALD_SET(event, chain, hook, chain->hook);
	SKALD_SET(event, chain, priority, chain->priority_name);
	SKALD_SET(event, chain, type, chain->type);
}

static void tell_rule(struct skald_telling *telling,
		      const struct skald_step *step,
		      const struct skald_told *told)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_RULE);

	if (!event)
		return;
	SKALD_SET(event, rule, family, step->family);
	SKALD_SET(event, rule, table, step->table);
	SKALD_SET(event, rule, chain, step->chain);
	SKALD_SET(event, rule, handle, step->handle);
	SKALD_SET(event, rule, verdict, step->verdict);
	if (step->jump)
		SKALD_SET(event, rule, target, step->jump);
	if (!told->rule)
		return;
	SKALD_SET(event, rule, text, told->rule->text);
	SKALD_SET(event, rule, loaded, told->rule->loaded);
}

static void tell_policy(struct skald_telling *telling,
			const struct skald_step *step)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_POLICY);

	if (!event)
		return;
	SKALD_SET(event, policy, family, step->family);
	SKALD_SET(event, policy, table, step->table);
	SKALD_SET(event, policy, chain, step->chain);
	SKALD_SET(event, policy, verdict, step->verdict);
}

static void tell_return(struct skald_telling *telling,
			const struct skald_step *step,
			const struct skald_told *told)
{
	struct skald_event *event = skald_telling_add(telling, SKALD_RETURN);

	if (!event)
		return;
	SKALD_SET(event, return, family, step->family);
	SKALD_SET(event, return, table, step->table);
	SKALD_SET(event, return, chain, step->chain);
	SKALD_SET(event, return, handle, step->handle);
	if (told->rule)
		SKALD_SET(event, return, text, told->rule->text);
}

void skald_telling_rule(struct skald_telling *telling,
			const struct skald_raw_event *raw,
			const struct skald_told *told)
{
	const struct skald_step *step = raw->step;

	if (raw->enters)
		skald_telling_chain(telling, step, told);
	switch (step->type) {
	case NFT_TRACETYPE_RULE:
		if (step->handle)
			tell_rule(telling, step, told);
		break;
	case NFT_TRACETYPE_POLICY:
		tell_policy(telling, step);
		break;
	case NFT_TRACETYPE_RETURN:
		tell_return(telling, step, told);
		break;
	}
	/* records say it themselves */
	if (step->verdict == SKALD_VERDICT_QUEUE &&
	    telling->raw->source != SKALD_SOURCE_KMOD)
		skald_telling_queue(telling);
}

/* ---- the route ---- */

void skald_telling_route(struct skald_telling *telling, uint32_t behind,
			 uint32_t snap)
{
	const struct skald_raw_story *raw = telling->raw;
	const struct skald_snap *seen = &raw->snaps[snap];
	struct skald_event answer = { .kind = SKALD_ROUTE };
	struct skald_packet packet;
	const struct skald_route_query query = {
		.packet = &packet,
		.iif = seen->iif,
		.oif_seen = raw->snaps[raw->n_snaps - 1].oif,
	};
	struct skald_event *event;

	telling->is_routed = true;
	skald_packet_parse(seen, &packet);
	if (telling->ops->route(telling->user, raw->netns, &query,
				&telling->arena, &answer))
		return;
	event = skald_telling_insert(telling, behind, SKALD_ROUTE);
	if (!event)
		return;
	answer.t_ns = event->t_ns;
	*event = answer;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random events and stories, made from the tables of kinds: a new kind is in
 * every property test the moment it is in the list. Always the same ones for
 * the same seed.
 */
#ifndef SKALD_TEST_RANDOM_EVENT_H
#define SKALD_TEST_RANDOM_EVENT_H

#include <stdlib.h>
#include <string.h>

#include "story.h"

/**
 * struct dice - where randomness comes from
 * @state: any seed but 0
 */
struct dice {
	uint64_t state;
};

/* xorshift64* (Vigna 2014) */
static inline uint64_t roll(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * 0x2545f4914f6cdd1dull;
}

static inline uint64_t roll_below(struct dice *dice, uint64_t below)
{
	return roll(dice) % below;
}

/* Numbers of every length, the largest ones too. */
static inline uint64_t roll_number(struct dice *dice)
{
	return roll(dice) >> roll_below(dice, 64);
}

static inline const char *roll_string(struct dice *dice,
				      struct skald_arena *arena)
{
	size_t len = roll_below(dice, 4) ? roll_below(dice, 24)
					 : roll_below(dice, 400);
	char *text = skald_arena_alloc(arena, len + 1);
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = (char)(1 + roll_below(dice, 255));
	return text;
}

static inline void roll_value(struct dice *dice, struct skald_value *value)
{
	size_t i;

	memset(value, 0, sizeof(*value));
	value->type = roll_below(dice, SKALD_VALUE_MAC + 1);
	if (value->type == SKALD_VALUE_NUM) {
		value->num = roll_number(dice);
		return;
	}
	for (i = 0; i < sizeof(value->bytes); i++)
		value->bytes[i] = (uint8_t)roll(dice);
}

static inline void roll_field(struct dice *dice, struct skald_arena *arena,
			      const struct skald_field *field, void *at)
{
	switch (field->type) {
	case SKALD_TYPE_NUM:
		*(uint64_t *)at = roll_number(dice);
		break;
	case SKALD_TYPE_YES:
		*(uint64_t *)at = roll_below(dice, 2);
		break;
	case SKALD_TYPE_WORD:
		*(uint64_t *)at = roll_below(dice, 16);
		break;
	case SKALD_TYPE_STR:
		*(const char **)at = roll_string(dice, arena);
		break;
	case SKALD_TYPE_VAL:
		roll_value(dice, at);
		break;
	}
}

static inline void roll_event(struct dice *dice, struct skald_arena *arena,
			      uint32_t kind_number, struct skald_event *event)
{
	const struct skald_kind *kind = &skald_kinds[kind_number];
	unsigned int i;

	memset(event, 0, sizeof(*event));
	event->kind = kind_number;
	event->present = roll(dice) & (kind->path | kind->own);
	for (i = 0; i < kind->n_fields; i++) {
		if (event->present >> i & 1)
			roll_field(dice, arena, &kind->fields[i],
				   (char *)event + kind->fields[i].offset);
	}
}

static inline void roll_snap(struct dice *dice, struct skald_snap *snap)
{
	static const uint16_t types[] = { 0, 0x800, 0x86dd, 0x806, 0x88cc };
	uint8_t *byte = (uint8_t *)snap;
	size_t i;

	for (i = 0; i < sizeof(*snap); i++)
		byte[i] = (uint8_t)roll(dice);
	snap->lltype = roll_below(dice, 2);
	snap->ethertype = types[roll_below(dice, 5)];
	snap->ll_len = roll_below(dice, SKALD_SNAP_LL + 1);
	snap->nh_len = roll_below(dice, SKALD_SNAP_NH + 1);
	snap->th_len = roll_below(dice, SKALD_SNAP_TH + 1);
	if (snap->ethertype == 0x800)
		snap->nh[0] = 0x45;
	if (snap->ethertype == 0x86dd)
		snap->nh[0] = 0x60;
}

static inline const char *roll_name(struct dice *dice,
				    struct skald_arena *arena)
{
	const char *name = roll_string(dice, arena);

	return *name ? name : NULL;
}

static inline void roll_ending(struct dice *dice, struct skald_arena *arena,
			       struct skald_ending *ending)
{
	ending->kind = roll_below(dice, SKALD_ENDING_CONSUMED + 1);
	ending->hook = roll_below(dice, SKALD_HOOK_EGRESS + 1);
	ending->family = roll_below(dice, SKALD_FAMILY_IP6 + 1);
	ending->handle = roll_below(dice, 2) ? roll_number(dice) : 0;
	ending->reason = roll_name(dice, arena);
	ending->table = roll_name(dice, arena);
	ending->chain = roll_name(dice, arena);
	ending->text = roll_name(dice, arena);
}

/* Lives in @story->arena: free with skald_story_done(). */
static inline void roll_story(struct dice *dice, struct skald_story *story)
{
	struct skald_arena *arena = &story->arena;
	uint64_t t_ns = 1700000000000000000ull;
	unsigned int i;

	memset(story, 0, sizeof(*story));
	story->id = roll_number(dice);
	story->start_ns = t_ns;
	story->source = roll_below(dice, 3);
	story->generation = roll_below(dice, 100000);
	story->netns = roll_name(dice, arena);
	story->iif = roll_name(dice, arena);
	story->oif = roll_name(dice, arena);
	story->complete = roll_below(dice, 2);
	roll_snap(dice, &story->first);
	roll_snap(dice, &story->last);
	roll_ending(dice, arena, &story->ending);

	story->n_gaps = roll_below(dice, 3);
	story->gaps = skald_arena_alloc(arena, 3 * sizeof(*story->gaps));
	for (i = 0; i < story->n_gaps; i++) {
		story->gaps[i].count = roll_number(dice);
		story->gaps[i].where = roll_name(dice, arena);
	}
	story->n_journey = roll_below(dice, 3);
	story->journey = skald_arena_alloc(arena, 3 * sizeof(*story->journey));
	for (i = 0; i < story->n_journey; i++) {
		story->journey[i].kind = roll_below(dice, SKALD_N_KINDS);
		story->journey[i].story = roll_number(dice);
	}
	story->n_events = roll_below(dice, 60);
	story->events = skald_arena_alloc(arena, 60 * sizeof(*story->events));
	for (i = 0; i < story->n_events; i++) {
		roll_event(dice, arena, roll_below(dice, SKALD_N_KINDS),
			   &story->events[i]);
		t_ns += roll_below(dice, 1000000);
		story->events[i].t_ns = t_ns;
	}
	story->end_ns = t_ns;
	skald_packet_parse(&story->first, &story->packet);
	skald_packet_parse(&story->last, &story->final);
}

#endif /* SKALD_TEST_RANDOM_EVENT_H */

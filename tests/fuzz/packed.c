// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inputs that are packed stories; see packed.h.
 */
#include "packed.h"

#include "random_event.h"

int packed_read(const uint8_t *data, size_t size, struct skald_packed *packed)
{
	struct fuzz_input input = { data, size };
	uint16_t shape_len;

	if (size < PACKED_HEAD)
		return 0;
	memset(packed, 0, sizeof(*packed));
	packed->start_ns = fuzz_take_u64(&input);
	packed->duration_ns = fuzz_take_u64(&input);
	packed->generation = fuzz_take_u64(&input);
	packed->complete = fuzz_take_u8(&input) & 1;
	fuzz_take(&input, &shape_len, sizeof(shape_len));
	packed->shape_len = shape_len < input.size ? shape_len : input.size;
	packed->own_len = input.size - packed->shape_len;
	packed->shape = fuzz_copy(input.data, packed->shape_len);
	packed->own =
		fuzz_copy(input.data + packed->shape_len, packed->own_len);
	packed->shape_hash = skald_hash64(packed->shape, packed->shape_len, 0);
	return 1;
}

void packed_done(struct skald_packed *packed)
{
	free((void *)packed->shape);
	free((void *)packed->own);
}

size_t packed_write(const struct skald_packed *packed, uint8_t *data,
		    size_t max_size)
{
	const uint64_t numbers[] = { packed->start_ns, packed->duration_ns,
				     packed->generation };
	uint16_t shape_len = packed->shape_len;
	size_t size = PACKED_HEAD + packed->shape_len + packed->own_len;

	if (size > max_size || packed->shape_len > UINT16_MAX)
		return 0;
	memcpy(data, numbers, sizeof(numbers));
	data[24] = packed->complete;
	memcpy(data + 25, &shape_len, sizeof(shape_len));
	memcpy(data + PACKED_HEAD, packed->shape, packed->shape_len);
	memcpy(data + PACKED_HEAD + packed->shape_len, packed->own,
	       packed->own_len);
	return size;
}

/* Another event in place of one, or one more, or one less. */
static void change_events(struct dice *dice, struct skald_story *story)
{
	struct skald_event *events;
	unsigned int n = story->n_events;
	unsigned int at = roll_below(dice, n + 1);
	struct skald_event fresh;

	roll_event(dice, &story->arena, roll_below(dice, SKALD_N_KINDS),
		   &fresh);
	fresh.t_ns = at < n ? story->events[at].t_ns : story->end_ns;
	events = skald_arena_alloc(&story->arena, (n + 1) * sizeof(*events));
	fuzz_check(events);
	if (n)
		memcpy(events, story->events, n * sizeof(*events));
	story->events = events;
	switch (roll_below(dice, 3)) {
	case 0:
		memmove(events + at + 1, events + at,
			(n - at) * sizeof(*events));
		story->n_events++;
		events[at] = fresh;
		break;
	case 1:
		if (at < n) {
			memmove(events + at, events + at + 1,
				(n - at - 1) * sizeof(*events));
			story->n_events--;
		}
		break;
	default:
		if (at < n)
			events[at] = fresh;
	}
}

static void change_story(struct dice *dice, struct skald_story *story)
{
	switch (roll_below(dice, 8)) {
	case 0:
		roll_ending(dice, &story->arena, &story->ending);
		break;
	case 1:
		roll_snap(dice, &story->first);
		break;
	case 2:
		roll_snap(dice, &story->last);
		break;
	case 3:
		((uint8_t *)&story
			 ->last)[roll_below(dice, sizeof(story->last))] ^=
			1u << roll_below(dice, 8);
		break;
	default:
		change_events(dice, story);
	}
}

static size_t change(struct skald_packed *packed, struct dice *dice,
		     uint8_t *data, size_t max_size)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_packed again;
	struct skald_story story;
	size_t size = 0;

	if (skald_story_unpack(packed, &story))
		return 0;
	do {
		change_story(dice, &story);
	} while (roll_below(dice, 3));
	if (!skald_story_pack(&story, &shape, &own, &again))
		size = packed_write(&again, data, max_size);
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
	skald_story_done(&story);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	struct dice dice = { .state = seed + 0x9e3779b97f4a7c15ull };
	struct skald_packed packed;
	size_t changed = 0;

	if (roll_below(&dice, 2) && packed_read(data, size, &packed)) {
		changed = change(&packed, &dice, data, max_size);
		packed_done(&packed);
	}
	return changed ? changed : LLVMFuzzerMutate(data, size, max_size);
}

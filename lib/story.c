// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories: packing for the store, and telling them again. See story.h for the
 * form of the bytes.
 */
#include "story.h"

#include <errno.h>
#include <string.h>

#define SHAPE_VERSION 1

static void pack_ending(const struct skald_ending *ending,
			struct skald_buffer *shape)
{
	skald_buffer_put_varint(shape, ending->kind);
	skald_buffer_put_string(shape, ending->reason);
	skald_buffer_put_varint(shape, ending->hook);
	skald_buffer_put_varint(shape, ending->family);
	skald_buffer_put_string(shape, ending->table);
	skald_buffer_put_string(shape, ending->chain);
	skald_buffer_put_varint(shape, ending->handle);
	skald_buffer_put_string(shape, ending->text);
}

static void pack_shape(const struct skald_story *story,
		       struct skald_buffer *shape)
{
	unsigned int i;

	skald_buffer_put_u8(shape, SHAPE_VERSION);
	skald_buffer_put_varint(shape, story->source);
	skald_buffer_put_string(shape, story->netns);
	skald_buffer_put_string(shape, story->iif);
	skald_buffer_put_string(shape, story->oif);
	pack_ending(&story->ending, shape);
	skald_buffer_put_varint(shape, story->n_events);
	for (i = 0; i < story->n_events; i++)
		skald_event_pack_path(&story->events[i], shape);
}

static void pack_own(const struct skald_story *story, struct skald_buffer *own)
{
	uint64_t before_ns = story->start_ns;
	unsigned int i;

	skald_snap_pack(&story->first, own);
	skald_snap_pack_diff(&story->first, &story->last, own);
	skald_buffer_put_varint(own, story->n_gaps);
	for (i = 0; i < story->n_gaps; i++) {
		skald_buffer_put_varint(own, story->gaps[i].count);
		skald_buffer_put_string(own, story->gaps[i].where);
	}
	skald_buffer_put_varint(own, story->n_journey);
	for (i = 0; i < story->n_journey; i++) {
		skald_buffer_put_varint(own, story->journey[i].kind);
		skald_buffer_put_varint(own, story->journey[i].story);
	}
	for (i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		skald_buffer_put_varint(own, event->t_ns - before_ns);
		skald_event_pack_own(event, own);
		before_ns = event->t_ns;
	}
}

int skald_story_pack_own(const struct skald_story *story, const uint8_t *shape,
			 size_t shape_len, uint64_t shape_hash,
			 struct skald_buffer *own, struct skald_packed *packed)
{
	size_t own_at = own->len;

	pack_own(story, own);
	if (own->failed)
		return -ENOMEM;

	memset(packed, 0, sizeof(*packed));
	packed->id = story->id;
	packed->start_ns = story->start_ns;
	packed->duration_ns = story->end_ns - story->start_ns;
	packed->generation = story->generation;
	packed->complete = story->complete;
	packed->shape_id = story->shape;
	packed->shape = shape;
	packed->shape_len = shape_len;
	packed->shape_hash = shape_hash;
	packed->own = own->data + own_at;
	packed->own_len = own->len - own_at;
	return 0;
}

int skald_story_pack(const struct skald_story *story,
		     struct skald_buffer *shape, struct skald_buffer *own,
		     struct skald_packed *packed)
{
	size_t shape_at = shape->len, len;
	const uint8_t *bytes;

	pack_shape(story, shape);
	if (shape->failed)
		return -ENOMEM;
	bytes = shape->data + shape_at;
	len = shape->len - shape_at;
	return skald_story_pack_own(story, bytes, len,
				    skald_hash64(bytes, len, 0), own, packed);
}

/* The empty string reads back as NULL: absent. */
static int unpack_string(struct skald_cursor *cursor, struct skald_arena *arena,
			 const char **string)
{
	int ret = skald_cursor_string(cursor, arena, string);

	if (ret == 0 && !**string)
		*string = NULL;
	return ret;
}

static int unpack_strings(struct skald_cursor *cursor,
			  struct skald_arena *arena, const char **strings[],
			  unsigned int n)
{
	unsigned int i;
	int ret;

	for (i = 0; i < n; i++) {
		ret = unpack_string(cursor, arena, strings[i]);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int unpack_ending(struct skald_cursor *shape, struct skald_arena *arena,
			 struct skald_ending *ending)
{
	const char **names[] = { &ending->table, &ending->chain };
	int ret;

	ending->kind = skald_cursor_varint(shape);
	ret = unpack_string(shape, arena, &ending->reason);
	if (ret < 0)
		return ret;
	ending->hook = skald_cursor_varint(shape);
	ending->family = skald_cursor_varint(shape);
	ret = unpack_strings(shape, arena, names, 2);
	if (ret < 0)
		return ret;
	ending->handle = skald_cursor_varint(shape);
	return unpack_string(shape, arena, &ending->text);
}

/*
 * A count from outside: allocate only what the bytes left can fill, at
 * @min_bytes for each.
 */
static int unpack_count(struct skald_cursor *cursor, size_t min_bytes,
			unsigned int *n)
{
	uint64_t count = skald_cursor_varint(cursor);

	if (cursor->failed ||
	    count > (size_t)(cursor->end - cursor->data) / min_bytes ||
	    count > UINT32_MAX)
		return -EBADMSG;
	*n = count;
	return 0;
}

static int unpack_head(struct skald_cursor *shape, struct skald_story *story)
{
	const char **names[] = { &story->netns, &story->iif, &story->oif };
	int ret;

	if (skald_cursor_u8(shape) != SHAPE_VERSION)
		return -EBADMSG;
	story->source = skald_cursor_varint(shape);
	ret = unpack_strings(shape, &story->arena, names, 3);
	if (ret < 0)
		return ret;
	ret = unpack_ending(shape, &story->arena, &story->ending);
	if (ret < 0)
		return ret;
	/* kind and presence */
	return unpack_count(shape, 2, &story->n_events);
}

static int unpack_snaps(struct skald_cursor *own, struct skald_story *story)
{
	int ret = skald_snap_unpack(own, &story->first);

	if (ret < 0)
		return ret;
	ret = skald_snap_unpack_diff(own, &story->first, &story->last);
	if (ret < 0)
		return ret;
	skald_packet_parse(&story->first, &story->packet);
	skald_packet_parse(&story->last, &story->final);
	return 0;
}

static int unpack_gaps(struct skald_cursor *own, struct skald_story *story)
{
	unsigned int i;
	int ret = unpack_count(own, 2, &story->n_gaps);

	if (ret < 0)
		return ret;
	story->gaps = skald_arena_alloc(&story->arena,
					story->n_gaps * sizeof(*story->gaps));
	if (!story->gaps)
		return -ENOMEM;
	for (i = 0; i < story->n_gaps; i++) {
		story->gaps[i].count = skald_cursor_varint(own);
		ret = unpack_string(own, &story->arena, &story->gaps[i].where);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int unpack_journey(struct skald_cursor *own, struct skald_story *story)
{
	unsigned int i;
	int ret = unpack_count(own, 2, &story->n_journey);

	if (ret < 0)
		return ret;
	story->journey = skald_arena_alloc(
		&story->arena, story->n_journey * sizeof(*story->journey));
	if (!story->journey)
		return -ENOMEM;
	for (i = 0; i < story->n_journey; i++) {
		uint64_t kind = skald_cursor_varint(own);

		if (kind >= SKALD_N_KINDS)
			return -EBADMSG;
		story->journey[i].kind = kind;
		story->journey[i].story = skald_cursor_varint(own);
	}
	return own->failed ? -EBADMSG : 0;
}

/* Events as all stories of the shape have them */
static int unpack_paths(struct skald_cursor *shape, struct skald_story *story)
{
	unsigned int i;
	int ret;

	story->events = skald_arena_alloc(
		&story->arena, story->n_events * sizeof(*story->events));
	if (!story->events)
		return -ENOMEM;
	for (i = 0; i < story->n_events; i++) {
		ret = skald_event_unpack_path(shape, &story->arena,
					      &story->events[i]);
		if (ret < 0)
			return ret;
	}
	/* nothing may be left over */
	return shape->failed || shape->data != shape->end ? -EBADMSG : 0;
}

static int unpack_events(struct skald_cursor *own, struct skald_story *story)
{
	uint64_t t_ns = story->start_ns;
	unsigned int i;
	int ret;

	for (i = 0; i < story->n_events; i++) {
		struct skald_event *event = &story->events[i];

		t_ns += skald_cursor_varint(own);
		event->t_ns = t_ns;
		ret = skald_event_unpack_own(own, &story->arena, event);
		if (ret < 0)
			return ret;
	}
	return own->failed || own->data != own->end ? -EBADMSG : 0;
}

/* A blob without bytes may be a NULL pointer. */
static struct skald_cursor cursor_of(const uint8_t *data, size_t len)
{
	struct skald_cursor cursor = { data, data ? data + len : NULL, false };

	return cursor;
}

static int unpack_shape(const uint8_t *bytes, size_t len,
			struct skald_story *story)
{
	struct skald_cursor shape = cursor_of(bytes, len);
	int ret = unpack_head(&shape, story);

	return ret < 0 ? ret : unpack_paths(&shape, story);
}

static int unpack_own(const struct skald_packed *packed,
		      struct skald_story *story)
{
	struct skald_cursor own = cursor_of(packed->own, packed->own_len);
	int ret;

	story->id = packed->id;
	story->start_ns = packed->start_ns;
	story->end_ns = packed->start_ns + packed->duration_ns;
	story->generation = packed->generation;
	story->complete = packed->complete;
	story->shape = packed->shape_id;
	ret = unpack_snaps(&own, story);
	if (ret < 0)
		return ret;
	ret = unpack_gaps(&own, story);
	if (ret < 0)
		return ret;
	ret = unpack_journey(&own, story);
	if (ret < 0)
		return ret;
	return unpack_events(&own, story);
}

int skald_story_unpack(const struct skald_packed *packed,
		       struct skald_story *story)
{
	struct skald_story told = { 0 };
	int ret;

	ret = unpack_shape(packed->shape, packed->shape_len, &told);
	if (!ret)
		ret = unpack_own(packed, &told);
	if (ret < 0) {
		skald_story_done(&told);
		return ret;
	}
	*story = told;
	return 0;
}

int skald_story_unpack_shape(const uint8_t *bytes, size_t len,
			     struct skald_story *shape)
{
	struct skald_story told = { 0 };
	int ret = unpack_shape(bytes, len, &told);

	if (ret < 0) {
		skald_story_done(&told);
		return ret;
	}
	*shape = told;
	return 0;
}

int skald_story_unpack_own(const struct skald_packed *packed,
			   const struct skald_story *shape,
			   struct skald_story *story)
{
	const size_t size = shape->n_events * sizeof(*shape->events);
	struct skald_arena arena = story->arena;

	skald_arena_reuse(&arena);
	*story = *shape;
	story->arena = arena;
	story->events = skald_arena_alloc(&story->arena, size);
	if (!story->events)
		return -ENOMEM;
	memcpy(story->events, shape->events, size);
	return unpack_own(packed, story);
}

void skald_story_done(struct skald_story *story)
{
	skald_arena_done(&story->arena);
	memset(story, 0, sizeof(*story));
}

const char *skald_story_way_out(const struct skald_event *event)
{
	if (event->kind != SKALD_ROUTE || !SKALD_HAS(event, route, oif) ||
	    event->ev_route.purpose == SKALD_LOOKUP_REVERSE)
		return NULL;
	return event->ev_route.oif;
}

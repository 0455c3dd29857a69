// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins the messages of a TCP stream. Memory is taken when a message is first
 * seen to be split, and kept for the connection.
 */
#include "ct_stream.h"

u32 skald_stream_line(const u8 *bytes, u32 len)
{
	const u8 *end = memchr(bytes, '\n', len);

	return end ? (u32)(end - bytes) + 1 : 0;
}

/* Bytes are missing, or the first ones were not seen. */
static void lose_step(struct skald_stream_walk *walk)
{
	struct skald_stream *stream = walk->stream;

	stream->len = 0;
	stream->in_step = !walk->kind->is_wary;
}

/* A segment beyond what comes next: it overtook another, or that one is lost */
static void jump(struct skald_stream_walk *walk)
{
	struct skald_stream *stream = walk->stream;

	if (stream->in_step && !stream->len) {
		stream->missed = stream->next;
		stream->has_missed = true;
	}
	stream->next = walk->seq;
	lose_step(walk);
}

/*
 * A segment of which nothing is new: the overtaken one, whose messages nobody
 * has seen, or one that is sent again.
 */
static void look_back(struct skald_stream_walk *walk)
{
	struct skald_stream *stream = walk->stream;

	if (stream->has_missed && walk->seq == stream->missed) {
		stream->has_missed = false;
		walk->is_aside = true;
		return;
	}
	walk->at = walk->len;
	walk->is_partial = stream->len;
	walk->repeats = stream->len && (s32)(walk->seq + walk->len -
					     (stream->next - stream->len)) > 0;
}

void skald_stream_start(struct skald_stream_walk *walk,
			struct skald_stream *stream,
			const struct skald_stream_kind *kind, u32 seq,
			const u8 *payload, u32 len)
{
	memset(walk, 0, sizeof(*walk));
	walk->stream = stream;
	walk->kind = kind;
	walk->payload = payload;
	walk->len = len;
	walk->seq = seq;
	if (!stream->is_open) {
		stream->is_open = true;
		stream->next = seq;
		lose_step(walk);
	} else if ((s32)(seq - stream->next) > 0) {
		jump(walk);
	} else if ((s32)(seq + len - stream->next) <= 0) {
		look_back(walk);
		return;
	}
	walk->at = stream->next - seq;
	stream->next = seq + len;
}

/* Out of step: go on behind the next end of a line. */
static bool find_step(struct skald_stream_walk *walk)
{
	u32 line;

	if (walk->stream->in_step || walk->is_aside)
		return true;
	line = skald_stream_line(walk->payload + walk->at,
				 walk->len - walk->at);
	walk->at = line ? walk->at + line : walk->len;
	walk->stream->in_step = line;
	return line;
}

/* Not worth keeping: too long, or nothing that belongs here. */
static void give_up(struct skald_stream_walk *walk)
{
	walk->gave_up = true;
	walk->is_partial = false;
	walk->rest = 0;
	walk->at = walk->len;
	if (walk->is_aside)
		return;
	walk->stream->len = 0;
	walk->stream->in_step = !walk->kind->by_line;
}

static bool hold(struct skald_stream *stream, const u8 *bytes, u32 len,
		 u16 room)
{
	if (!stream->held)
		stream->held = kmalloc(room, GFP_ATOMIC);
	if (!stream->held)
		return false;
	memcpy(stream->held + stream->len, bytes, len);
	stream->len = (u16)(stream->len + len);
	return true;
}

/* The rest of the segment is the beginning of a message. */
static void keep_rest(struct skald_stream_walk *walk)
{
	struct skald_stream *stream = walk->stream;
	u32 rest = walk->len - walk->at;

	if (walk->is_aside || !rest) {
		walk->at = walk->len;
		return;
	}
	if (rest > (u32)walk->kind->room - stream->len) {
		give_up(walk);
		return;
	}
	walk->is_partial = true;
	walk->rest = rest;
	if (hold(stream, walk->payload + walk->at, rest, walk->kind->room))
		walk->at = walk->len;
	else
		give_up(walk);
}

/* A message that begins and ends in this segment. */
static bool next_here(struct skald_stream_walk *walk,
		      struct skald_stream_message *message)
{
	u32 rest = walk->len - walk->at, len;

	len = rest ? walk->kind->frame(walk->payload + walk->at, rest) : 0;
	if (len == SKALD_STREAM_NONSENSE) {
		give_up(walk);
		return false;
	}
	if (!len || len > rest) {
		keep_rest(walk);
		return false;
	}
	message->bytes = walk->payload + walk->at;
	message->len = len;
	message->earlier = 0;
	message->at = walk->at;
	message->is_aside = walk->is_aside;
	walk->at += len;
	return true;
}

/* A line that is too long may end here, and others follow. */
static bool give_up_joined(struct skald_stream_walk *walk,
			   struct skald_stream_message *message)
{
	u32 at = walk->at;

	give_up(walk);
	if (!walk->kind->by_line)
		return false;
	walk->at = at;
	return find_step(walk) && next_here(walk, message);
}

/*
 * A message that began in an earlier segment: as much as there is room for is
 * put behind what is held; what turns out to be behind its end is given back.
 */
static bool next_joined(struct skald_stream_walk *walk,
			struct skald_stream_message *message)
{
	struct skald_stream *stream = walk->stream;
	u32 earlier = stream->len, len;
	u32 take = min(walk->len - walk->at, (u32)walk->kind->room - earlier);

	memcpy(stream->held + earlier, walk->payload + walk->at, take);
	len = walk->kind->frame(stream->held, earlier + take);
	if (len == SKALD_STREAM_NONSENSE || (len && len <= earlier) ||
	    ((!len || len > earlier + take) && take < walk->len - walk->at))
		return give_up_joined(walk, message);
	if (!len || len > earlier + take) {
		stream->len = (u16)(earlier + take);
		walk->at = walk->len;
		walk->rest = take;
		walk->is_partial = true;
		return false;
	}
	message->bytes = stream->held;
	message->len = len;
	message->earlier = earlier;
	message->at = walk->at;
	message->is_aside = false;
	walk->at += len - earlier;
	stream->len = 0;
	return true;
}

bool skald_stream_next(struct skald_stream_walk *walk,
		       struct skald_stream_message *message)
{
	if (walk->at >= walk->len || !find_step(walk))
		return false;
	if (walk->stream->len && !walk->is_aside)
		return next_joined(walk, message);
	return next_here(walk, message);
}

void skald_stream_moved(struct skald_stream_walk *walk, const u8 *payload,
			s32 delta)
{
	walk->payload = payload;
	walk->at += (u32)delta;
	walk->len += (u32)delta;
}

void skald_stream_done(struct skald_stream *stream)
{
	if (!stream)
		return;
	kfree(stream->held);
	memset(stream, 0, sizeof(*stream));
}

void skald_streams_done(struct skald_stream streams[2])
{
	skald_stream_done(&streams[0]);
	skald_stream_done(&streams[1]);
}

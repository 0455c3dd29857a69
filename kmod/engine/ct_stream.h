/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: messages in a TCP stream
 *
 * A helper understands messages: lines, or blocks with a length in front. TCP
 * knows bytes. A *stream* stands between them, one for each direction: it
 * joins a message that came in several segments, and knows which bytes it has
 * seen, so that a retransmission is not a second message.
 *
 * Where Linux' nf_conntrack_ftp() drops a segment that ends inside of a
 * command, in the hope that all of it comes at once later ("partial matching
 * of"), a stream keeps the piece. It keeps one message at most, up to a limit
 * of its owner; what is longer is given up, and its end looked for.
 *
 * A stream that is wary begins at the first end of a line that was seen, as
 * find_nl_seq() has it for FTP; others begin with the first segment.
 *
 * Owner: a helper's private data; the entry's lock is held by the caller.
 */
#ifndef SKALD_ENGINE_CT_STREAM_H
#define SKALD_ENGINE_CT_STREAM_H

#include "env.h"

/* What a framing function says when the bytes are no message. */
#define SKALD_STREAM_NONSENSE U32_MAX

/**
 * typedef skald_stream_frame_t - how long a message is
 * @bytes: where it begins
 * @len: bytes that are known, > 0
 *
 * Return: its length, which may be more than @len; 0: more bytes are needed to
 * say; %SKALD_STREAM_NONSENSE: this is no message, look no further.
 */
typedef u32 (*skald_stream_frame_t)(const u8 *bytes, u32 len);

/**
 * struct skald_stream_kind - how a protocol's messages are found
 * @frame: tells a message's length
 * @room: bytes of a message that are kept
 * @by_line: a message ends with a newline, so that the next one can be found
 *	behind what was given up
 * @is_wary: where bytes were not seen, the next end of a line is waited for;
 *	else a segment is taken to begin with a message
 */
struct skald_stream_kind {
	skald_stream_frame_t frame;
	u16 room;
	bool by_line;
	bool is_wary;
};

/**
 * struct skald_stream - one direction of a connection
 * @held: the first bytes of a message that is not all there; NULL: none were
 *	held yet
 * @len: bytes at @held
 * @next: sequence number of the byte that comes next
 * @missed: where bytes are missing that were overtaken by later ones
 * @is_open: @next is known
 * @in_step: at @next, less @len, a message begins
 * @has_missed: a segment that begins at @missed begins with a message
 *
 * All zero at first.
 */
struct skald_stream {
	u8 *held;
	u16 len;
	u32 next;
	u32 missed;
	bool is_open;
	bool in_step;
	bool has_missed;
};

/**
 * struct skald_stream_walk - the messages that a segment completes
 * @stream: the stream
 * @kind: its protocol
 * @payload: bytes of the segment
 * @len: how many
 * @seq: sequence number of the first
 * @at: byte of @payload that was not looked at yet
 * @rest: bytes at the end of @payload that are held now
 * @is_aside: this segment came late, beside the stream
 * @gave_up: a message was longer than the room for it, or no message at all
 * @is_partial: bytes of an unfinished message are held
 * @repeats: so was it before this segment, which brought nothing new: the
 *	sender repeats a piece, in vain
 */
struct skald_stream_walk {
	struct skald_stream *stream;
	const struct skald_stream_kind *kind;
	const u8 *payload;
	u32 len;
	u32 seq;
	u32 at;
	u32 rest;
	bool is_aside;
	bool gave_up;
	bool is_partial;
	bool repeats;
};

/**
 * struct skald_stream_message - a whole message
 * @bytes: its bytes, valid until the next one is asked for
 * @len: how many
 * @earlier: how many of them came in earlier segments; the others begin at
 *	@at in this segment's payload
 * @at: offset in the payload
 * @is_aside: came late, after others that follow it
 */
struct skald_stream_message {
	const u8 *bytes;
	u32 len;
	u32 earlier;
	u32 at;
	bool is_aside;
};

/**
 * skald_stream_start() - look at a segment
 * @walk: the walk, written
 * @stream: the stream
 * @kind: its protocol; the same each time
 * @seq: sequence number of the segment's first byte of payload
 * @payload: its bytes; borrowed while the walk is used
 * @len: how many, > 0
 *
 * Follow with skald_stream_next() until it says that there is no more, which
 * is what makes the stream keep an unfinished message.
 */
void skald_stream_start(struct skald_stream_walk *walk,
			struct skald_stream *stream,
			const struct skald_stream_kind *kind, u32 seq,
			const u8 *payload, u32 len);

/**
 * skald_stream_next() - the next message that this segment completes
 * @walk: the walk
 * @message: written when there is one
 *
 * Return: whether there is one.
 */
bool skald_stream_next(struct skald_stream_walk *walk,
		       struct skald_stream_message *message);

/**
 * skald_stream_moved() - the segment was written to while it is walked
 * @walk: the walk
 * @payload: where its bytes are now
 * @delta: bytes that were added, before what was not looked at yet
 */
void skald_stream_moved(struct skald_stream_walk *walk, const u8 *payload,
			s32 delta);

/**
 * skald_stream_done() - forget what is held
 * @stream: the stream, or NULL
 */
void skald_stream_done(struct skald_stream *stream);
/* Both directions of a connection. */
void skald_streams_done(struct skald_stream streams[2]);

/**
 * skald_stream_line() - framing of lines
 * @bytes: where a line begins
 * @len: how many are known
 *
 * Return: the line's length with its newline, 0: there is none yet.
 */
u32 skald_stream_line(const u8 *bytes, u32 len);

#endif /* SKALD_ENGINE_CT_STREAM_H */

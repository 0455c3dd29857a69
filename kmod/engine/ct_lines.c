// SPDX-License-Identifier: GPL-2.0-only
/*
 * Helpers whose commands are lines of text.
 */
#include "ct_lines.h"

/* A repeated piece is let go after so many times: nobody sends the rest. */
#define PIECE_REPEATS 2
#define TCP_FLAGS 13
#define TCP_FLAGS_END 0x05 /* FIN, RST */

static struct skald_stream *stream_of(const struct skald_lines_look *look)
{
	return &look->lines->stream[look->packet->dir];
}

/**
 * find_held() - where bytes of a line begin that were taken out of the stream
 * @look: the look
 * @line: a line that this segment completes
 * @start: written: sequence number of the first byte held
 *
 * Return: false when none were.
 */
static bool find_held(const struct skald_lines_look *look,
		      const struct skald_stream_message *line, u32 *start)
{
	const struct skald_ct_seqadj *adj = look->packet->ct->seqadj;
	u32 end;

	return look->has_nat && adj && line->earlier &&
	       skald_seqadj_held(adj, look->packet->dir, start, &end) &&
	       end == look->payload.seq + line->at;
}

/* One replacement a segment: a client waits for the reply to its command. */
static int plan(struct skald_lines_look *look, u32 start, u32 end, u32 len)
{
	if (look->has_edit)
		return skald_ct_help_drop(look->packet,
					  "two commands in one segment");
	look->has_edit = true;
	look->start = start;
	look->end = end;
	look->len = len;
	return NF_ACCEPT;
}

static u32 start_of(const struct skald_lines_look *look,
		    const struct skald_stream_message *line)
{
	return look->payload.seq + line->at - line->earlier;
}

int skald_lines_pass(struct skald_lines_look *look,
		     const struct skald_stream_message *line)
{
	u32 start, gone;

	if (!find_held(look, line, &start))
		return NF_ACCEPT;
	gone = start - start_of(look, line);
	memcpy(look->text, line->bytes + gone, line->len - gone);
	return plan(look, start, start_of(look, line) + line->len,
		    line->len - gone);
}

/* No byte of the line is held: what is replaced is in this segment. */
static int replace_here(struct skald_lines_look *look,
			const struct skald_stream_message *line,
			const struct skald_help_edit *edit)
{
	u32 start = start_of(look, line) + edit->off;

	if (line->earlier > edit->off) {
		skald_ct_help_tell(look->packet,
				   "half of the command has left");
		return NF_ACCEPT;
	}
	if (edit->len == edit->old_len &&
	    !memcmp(edit->text, line->bytes + edit->off, edit->len))
		return NF_ACCEPT;
	memcpy(look->text, edit->text, edit->len);
	return plan(look, start, start + edit->old_len, edit->len);
}

int skald_lines_replace(struct skald_lines_look *look,
			const struct skald_stream_message *line,
			const struct skald_help_edit *edit)
{
	u32 behind = edit->off + edit->old_len;
	u32 start, gone, head;

	if (line->len - edit->old_len + edit->len > sizeof(look->text))
		return skald_ct_help_drop(look->packet, "line is too long");
	if (!find_held(look, line, &start))
		return replace_here(look, line, edit);
	gone = start - start_of(look, line);
	if (gone > edit->off) {
		skald_ct_help_tell(look->packet,
				   "half of the command has left");
		return skald_lines_pass(look, line);
	}
	head = edit->off - gone;
	memcpy(look->text, line->bytes + gone, head);
	memcpy(look->text + head, edit->text, edit->len);
	memcpy(look->text + head + edit->len, line->bytes + behind,
	       line->len - behind);
	return plan(look, start, start_of(look, line) + line->len,
		    head + edit->len + line->len - behind);
}

int skald_lines_expect(struct skald_lines_look *look,
		       const struct skald_help_wish *wish, u16 *port)
{
	struct skald_ct_packet *packet = look->packet;

	if (look->expect)
		return skald_ct_help_drop(packet,
					  "two commands in one segment");
	look->expect = skald_help_expect_new(packet, wish);
	if (!look->expect)
		return skald_ct_help_drop(packet, "no memory for what follows");
	look->expect->saved_port = look->expect->tuple.dport;
	look->expect->dir = !packet->dir;
	*port = skald_help_expect_port(packet, look->expect,
				       ntohs(wish->dport));
	if (!*port)
		return skald_ct_help_drop(packet, "cannot be expected");
	return NF_ACCEPT;
}

/* With its FIN a side says that the rest will not come. */
static bool may_hold(const struct skald_lines_look *look)
{
	const struct skald_view *view = look->packet->view;

	return look->has_nat && look->walk.is_partial && look->walk.rest &&
	       !(view->data[view->transport + TCP_FLAGS] & TCP_FLAGS_END);
}

static bool is_piece(const struct skald_lines_look *look)
{
	const struct skald_stream *stream = stream_of(look);

	return look->walk.is_partial &&
	       look->ops->may_become(stream->held, stream->len,
				     look->packet->dir);
}

static int mangle(struct skald_lines_look *look, u32 start, u32 end,
		  const void *text, u32 len)
{
	if (!skald_help_replace(look->packet, start, end, text, len))
		return NF_ACCEPT;
	return skald_ct_help_drop(look->packet, "cannot mangle packet");
}

/* The piece waits until the command is whole, so that it can be replaced. */
static int hold_piece(struct skald_lines_look *look)
{
	const struct skald_stream *stream = stream_of(look);
	const struct skald_ct_seqadj *adj = look->packet->ct->seqadj;
	u32 start, end, here = stream->next - look->walk.rest;

	if (!adj || !skald_seqadj_held(adj, look->packet->dir, &start, &end) ||
	    end != here)
		start = here;
	return mangle(look, start, stream->next, "", 0);
}

/* Held bytes leave when the sender repeats them. */
static void let_go(struct skald_lines_look *look)
{
	struct skald_ct_seqadj *adj = look->packet->ct->seqadj;
	const struct skald_stream *stream = stream_of(look);
	u32 start, end, first;

	if (!look->has_nat || !adj || !stream->held ||
	    !skald_seqadj_held(adj, look->packet->dir, &start, &end))
		return;
	/* the bytes are there although nobody waits for their end any more */
	first = look->walk.gave_up ? look->held_from
				   : stream->next - stream->len;
	if (start - first <= look->ops->kind.room &&
	    end - first <= look->ops->kind.room)
		skald_seqadj_release(adj, look->packet->dir,
				     stream->held + (start - first));
}

static int repeat(struct skald_lines_look *look)
{
	struct skald_ct_packet *packet = look->packet;

	if (!look->has_nat || !packet->ct->seqadj)
		return NF_ACCEPT;
	if (skald_seqadj_repeat(packet->ct->seqadj, packet->view, packet->dir))
		return skald_ct_help_drop(packet, "cannot mangle packet");
	return NF_ACCEPT;
}

/* Nothing new: perhaps an unfinished command, again. */
static int look_again(struct skald_lines_look *look)
{
	u8 *repeats = &look->lines->repeats[look->packet->dir];

	if (look->walk.repeats && is_piece(look)) {
		skald_ct_help_tell(look->packet, "partial match again");
		if (++*repeats >= PIECE_REPEATS)
			let_go(look);
	}
	return repeat(look);
}

static int finish(struct skald_lines_look *look)
{
	look->lines->repeats[look->packet->dir] = 0;
	if (look->walk.gave_up)
		let_go(look);
	if (look->has_edit)
		return mangle(look, look->start, look->end, look->text,
			      look->len);
	if (may_hold(look) && is_piece(look))
		return hold_piece(look);
	return repeat(look);
}

static int look_at(struct skald_lines_look *look)
{
	struct skald_stream *stream = stream_of(look);
	struct skald_stream before = *stream;
	struct skald_stream_message line;
	int verdict = NF_ACCEPT;

	look->held_from = stream->next - stream->len;
	skald_stream_start(&look->walk, stream, &look->ops->kind,
			   look->payload.seq, look->payload.bytes,
			   look->payload.len);
	look->began_anew = !stream->in_step;
	if (look->walk.at >= look->walk.len)
		return look_again(look);
	while (verdict == NF_ACCEPT && skald_stream_next(&look->walk, &line))
		verdict = look->ops->take(look, &line);
	if (verdict == NF_ACCEPT)
		verdict = finish(look);
	if (verdict != NF_ACCEPT) {
		/* it comes again, and is new then */
		before.held = stream->held;
		*stream = before;
		if (look->expect)
			skald_ct_unexpect(look->packet->table, look->expect,
					  look->packet->now_ns);
	}
	return verdict;
}

int skald_lines_help(struct skald_ct_packet *packet, struct skald_lines *lines,
		     const struct skald_lines_ops *ops)
{
	struct skald_lines_look look = { .packet = packet,
					 .lines = lines,
					 .ops = ops };
	int verdict;

	if (!skald_help_is_open(packet) ||
	    !skald_help_payload(packet, &look.payload))
		return NF_ACCEPT;
	look.has_nat = skald_help_has_nat(packet->ct);
	spin_lock_bh(&packet->ct->lock);
	verdict = look_at(&look);
	spin_unlock_bh(&packet->ct->lock);
	skald_ct_expect_put(look.expect);
	return verdict;
}

void skald_lines_done(struct skald_lines *lines)
{
	skald_streams_done(lines->stream);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sequence numbers behind replaced bytes.
 */
#include "ct_seqadj.h"
#include "ct_mangle.h"

#define TCP_MIN 20
#define TCP_SEQ 4
#define TCP_ACK 8
#define TCP_DOFF 12
#define TCP_FLAGS 13
#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_ACK 0x10
#define OPTION_EOL 0
#define OPTION_NOP 1
#define OPTION_SACK 5

static s32 distance(u32 from, u32 to)
{
	return (s32)(to - from);
}

static void take_text(struct skald_seqadj_way *way, const void *text, u32 len)
{
	way->len = (u16)len;
	way->is_known = text && len <= sizeof(way->text);
	if (way->is_known)
		memcpy(way->text, text, len);
}

/* The command that was cut goes on. */
static bool grows(const struct skald_seqadj_way *way, u32 start, u32 end)
{
	return way->is_known && start == way->start && way->end != way->start &&
	       distance(way->end, end) > 0;
}

void skald_seqadj_set(struct skald_ct_seqadj *adj, u8 dir, u32 start, u32 end,
		      const void *text, u32 len)
{
	struct skald_seqadj_way *way = &adj->way[dir];
	bool is_first = way->start == way->end;

	if (!is_first && !grows(way, start, end)) {
		if (distance(way->end, start) < 0)
			return;
		way->before = way->after;
	}
	way->start = start;
	way->end = end;
	way->after = way->before + (s32)len - distance(start, end);
	take_text(way, text, len);
}

bool skald_seqadj_held(const struct skald_ct_seqadj *adj, u8 dir, u32 *start,
		       u32 *end)
{
	const struct skald_seqadj_way *way = &adj->way[dir];

	*start = way->start;
	*end = way->end;
	return way->is_known && !way->len && way->end != way->start;
}

void skald_seqadj_release(struct skald_ct_seqadj *adj, u8 dir, const void *text)
{
	struct skald_seqadj_way *way = &adj->way[dir];

	if (!way->is_known || way->len || way->end == way->start)
		return;
	take_text(way, text, way->end - way->start);
	way->after = way->before + (s32)way->len;
	way->after -= distance(way->start, way->end);
}

s32 skald_seqadj_offset(const struct skald_ct_seqadj *adj, u8 dir, u32 seq)
{
	const struct skald_seqadj_way *way;

	if (!adj)
		return 0;
	way = &adj->way[dir];
	return distance(way->start, seq) > 0 ? way->after : way->before;
}

u32 skald_seqadj_seq(const struct skald_ct_seqadj *adj, u8 dir, u32 seq)
{
	const struct skald_seqadj_way *way = &adj->way[dir];

	if (distance(way->end, seq) >= 0)
		return seq + (u32)way->after;
	if (distance(way->start, seq) > 0)
		seq = way->start;
	return seq + (u32)way->before;
}

u32 skald_seqadj_ack(const struct skald_ct_seqadj *adj, u8 dir, u32 ack)
{
	const struct skald_seqadj_way *way = &adj->way[!dir];
	u32 old = ack - (u32)way->before;
	u32 new = ack - (u32)way->after;

	if (distance(way->end, new) >= 0)
		return new;
	return distance(way->start, old) > 0 ? way->start : old;
}

bool skald_seqadj_payload(const struct skald_view *view, u32 *at, u32 *len,
			  u32 *seq)
{
	u8 buf[TCP_MIN];
	const u8 *tcp;
	u32 header;

	if (view->transport == SKALD_VIEW_NONE || view->l4proto != IPPROTO_TCP)
		return false;
	tcp = skald_view_bytes(view, view->transport, TCP_MIN, buf);
	if (!tcp)
		return false;
	header = (u32)(tcp[TCP_DOFF] >> 4) * 4;
	if (header < TCP_MIN || header > view->end - view->transport)
		return false;
	*at = view->transport + header;
	*len = view->end - *at;
	*seq = get_unaligned_be32(tcp + TCP_SEQ);
	if (tcp[TCP_FLAGS] & TCP_FLAG_SYN)
		++*seq;
	return true;
}

int skald_seqadj_repeat(const struct skald_ct_seqadj *adj,
			struct skald_view *view, u8 dir)
{
	const struct skald_seqadj_way *way = &adj->way[dir];
	u32 at, len, seq, from, to;
	bool has_end;

	if (!way->is_known || !skald_seqadj_payload(view, &at, &len, &seq))
		return 0;
	if (!len || distance(seq, way->end) <= 0 ||
	    distance(way->start, seq + len) <= 0)
		return 0;
	has_end = distance(way->end, seq + len) >= 0;
	from = distance(seq, way->start) > 0 ? way->start - seq : 0;
	to = has_end ? way->end - seq : len;
	return skald_mangle(view, at + from, to - from, way->text,
			    has_end ? way->len : 0);
}

/* The edges of SACK blocks are acknowledgments. */
static void adjust_sack(const struct skald_ct_seqadj *adj,
			struct skald_view *view, u8 dir, u32 at, u32 end)
{
	for (; at + 8 <= end; at += 4) {
		u32 edge = get_unaligned_be32(view->data + at);

		skald_mangle_be32(view, at, skald_seqadj_ack(adj, dir, edge));
		at += 4;
		edge = get_unaligned_be32(view->data + at);
		skald_mangle_be32(view, at, skald_seqadj_ack(adj, dir, edge));
	}
}

static int adjust_options(const struct skald_ct_seqadj *adj,
			  struct skald_view *view, u8 dir, u32 end)
{
	u32 at = view->transport + TCP_MIN;

	while (at < end) {
		const u8 *option = view->data + at;

		if (option[0] == OPTION_EOL)
			return 0;
		if (option[0] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 == end || option[1] < 2 || option[1] > end - at)
			return -EINVAL;
		if (option[0] == OPTION_SACK && (option[1] - 2) % 8 == 0)
			adjust_sack(adj, view, dir, at + 2, at + option[1]);
		at += option[1];
	}
	return 0;
}

int skald_seqadj_apply(const struct skald_ct_seqadj *adj,
		       struct skald_view *view, u8 dir)
{
	u32 at, len, seq;
	const u8 *tcp;
	int err;

	if (!skald_seqadj_payload(view, &at, &len, &seq))
		return -EINVAL;
	err = skald_view_write(view, at);
	if (err)
		return err;
	tcp = view->data + view->transport;
	seq = skald_seqadj_seq(adj, dir, get_unaligned_be32(tcp + TCP_SEQ));
	skald_mangle_be32(view, view->transport + TCP_SEQ, seq);
	if (!(tcp[TCP_FLAGS] & TCP_FLAG_ACK))
		return 0;
	skald_mangle_be32(view, view->transport + TCP_ACK,
			  skald_seqadj_ack(adj, dir,
					   get_unaligned_be32(tcp + TCP_ACK)));
	return adjust_options(adj, view, dir, at);
}

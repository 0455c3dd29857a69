/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: sequence numbers of connections in which bytes were replaced
 *
 * When a command becomes longer or shorter on its way, everything behind it
 * has other sequence numbers on the other side. As nf_conntrack_seqadj.c, one
 * replacement a direction is remembered: bytes before it have the offset of
 * those before, bytes behind it the new one.
 *
 * What the kernel does not do: the replaced bytes are remembered as well.
 * A command may come in pieces; the pieces are then taken out of the stream
 * until the command is whole, and any retransmission, cut however the sender
 * likes, gets the same bytes that went out first.
 *
 * Directions are 0 (original) and 1 (reply). The entry's lock is held.
 */
#ifndef SKALD_ENGINE_CT_SEQADJ_H
#define SKALD_ENGINE_CT_SEQADJ_H

#include "ct.h"

/* Bytes of a replacement that are remembered. */
#define SKALD_SEQADJ_TEXT 320

/**
 * struct skald_seqadj_way - one direction
 * @start: sequence number, as its sender counts, of the first byte replaced
 * @end: behind the last one
 * @before: what is added to sequence numbers up to @start
 * @after: what is added from @end on
 * @len: bytes that stand in their place
 * @is_known: @text is what stands there
 * @text: what stands there
 */
struct skald_seqadj_way {
	u32 start;
	u32 end;
	s32 before;
	s32 after;
	u16 len;
	bool is_known;
	u8 text[SKALD_SEQADJ_TEXT];
};

/**
 * struct skald_ct_seqadj - both directions of a connection; all zero at first
 * @way: by direction
 */
struct skald_ct_seqadj {
	struct skald_seqadj_way way[2];
};

/**
 * skald_seqadj_set() - bytes were replaced, as nf_ct_seqadj_set()
 * @adj: the connection's
 * @dir: direction of the packet
 * @start: sequence number of the first byte replaced
 * @end: behind the last one, as the sender counts
 * @text: what stands there now; NULL: whoever replaced it will do so again
 * @len: how many bytes
 *
 * The same replacement again, or an earlier one, changes nothing. A
 * replacement that begins where the last one does and goes on behind it (the
 * command came in pieces) takes its place.
 */
void skald_seqadj_set(struct skald_ct_seqadj *adj, u8 dir, u32 start, u32 end,
		      const void *text, u32 len);

/**
 * skald_seqadj_held() - bytes that wait to be replaced
 * @adj: the connection's
 * @dir: direction of the packet
 * @start: written: sequence number of the first byte
 * @end: written: behind the last one
 *
 * Return: false when none wait.
 */
bool skald_seqadj_held(const struct skald_ct_seqadj *adj, u8 dir, u32 *start,
		       u32 *end);

/**
 * skald_seqadj_release() - bytes that wait go as they are
 * @adj: the connection's
 * @dir: direction of the packet
 * @text: the bytes that wait
 *
 * They leave with the next retransmission. Nothing happens when none wait.
 */
void skald_seqadj_release(struct skald_ct_seqadj *adj, u8 dir,
			  const void *text);

/**
 * skald_seqadj_offset() - what was added to a sequence number
 * @adj: the connection's; NULL: nothing
 * @dir: direction in which it is counted
 * @seq: the number as the sender of that direction counts
 *
 * As nf_ct_seq_offset(), for the checks of TCP windows.
 */
s32 skald_seqadj_offset(const struct skald_ct_seqadj *adj, u8 dir, u32 seq);

/* The same, of an entry. */
static inline s32 skald_ct_seq_offset(const struct skald_ct *ct, u8 dir,
				      u32 seq)
{
	return likely(!ct->seqadj) ? 0
				   : skald_seqadj_offset(ct->seqadj, dir, seq);
}

/**
 * skald_seqadj_seq() - a sequence number as the receiver knows it
 * @adj: the connection's
 * @dir: direction of the packet
 * @seq: as its sender counts
 *
 * Within replaced bytes, it is where they begin.
 */
u32 skald_seqadj_seq(const struct skald_ct_seqadj *adj, u8 dir, u32 seq);

/**
 * skald_seqadj_ack() - an acknowledgment as the sender of the bytes knows it
 * @adj: the connection's
 * @dir: direction of the packet that acknowledges
 * @ack: as its sender counts
 *
 * Part of a replacement is nothing of what was replaced.
 */
u32 skald_seqadj_ack(const struct skald_ct_seqadj *adj, u8 dir, u32 ack);

/**
 * skald_seqadj_repeat() - put the remembered bytes into a retransmission
 * @adj: the connection's
 * @view: a TCP packet; its sequence number is still the sender's
 * @dir: its direction
 *
 * Return: 0, changed or not; -errno of skald_mangle().
 */
int skald_seqadj_repeat(const struct skald_ct_seqadj *adj,
			struct skald_view *view, u8 dir);

/**
 * skald_seqadj_apply() - sequence numbers of a packet that leaves
 * @adj: the connection's
 * @view: a TCP packet
 * @dir: its direction
 *
 * SEQ, ACK and the edges of SACK blocks, with the checksum, as
 * nf_ct_seq_adjust().
 *
 * Return: 0; -EINVAL when the header is damaged; -ENODATA, -ENOMEM.
 */
int skald_seqadj_apply(const struct skald_ct_seqadj *adj,
		       struct skald_view *view, u8 dir);

/**
 * skald_seqadj_payload() - where a TCP packet's bytes are
 * @view: the packet
 * @at: offset of the first byte in the frame, written on success
 * @len: how many, written on success
 * @seq: sequence number of the first, written on success
 *
 * Return: false when the header is not there or damaged.
 */
bool skald_seqadj_payload(const struct skald_view *view, u32 *at, u32 *len,
			  u32 *seq);

#endif /* SKALD_ENGINE_CT_SEQADJ_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: TCP from within
 *
 * What ct_tcp.c (states) and ct_tcp_window.c (windows) share.
 */
#ifndef SKALD_ENGINE_CT_TCP_H
#define SKALD_ENGINE_CT_TCP_H

#include "ct_proto.h"

/* Flags byte of the header. */
#define TCP_FLAG_FIN 0x01
#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_RST 0x04
#define TCP_FLAG_PSH 0x08
#define TCP_FLAG_ACK 0x10
#define TCP_FLAG_URG 0x20

/* States, with the numbers of enum tcp_conntrack in the kernel's uapi. */
enum skald_ct_tcp_state {
	SKALD_CT_TCP_NONE,
	SKALD_CT_TCP_SYN_SENT,
	SKALD_CT_TCP_SYN_RECV,
	SKALD_CT_TCP_ESTABLISHED,
	SKALD_CT_TCP_FIN_WAIT,
	SKALD_CT_TCP_CLOSE_WAIT,
	SKALD_CT_TCP_LAST_ACK,
	SKALD_CT_TCP_TIME_WAIT,
	SKALD_CT_TCP_CLOSE,
	SKALD_CT_TCP_SYN_SENT2,
	SKALD_CT_TCP_STATES,
	/* not states: what the table says of a packet */
	SKALD_CT_TCP_INVALID = SKALD_CT_TCP_STATES,
	SKALD_CT_TCP_IGNORE,
};

/* Kinds of segments. */
enum skald_ct_tcp_index {
	SKALD_CT_TCP_IS_SYN,
	SKALD_CT_TCP_IS_SYNACK,
	SKALD_CT_TCP_IS_FIN,
	SKALD_CT_TCP_IS_ACK,
	SKALD_CT_TCP_IS_RST,
	SKALD_CT_TCP_IS_NONE,
	SKALD_CT_TCP_INDICES,
};

/**
 * struct skald_ct_segment - a TCP segment
 * @seq: sequence number
 * @ack: acknowledgment number
 * @end: sequence number behind it
 * @payload: bytes of data
 * @options: offset of the options
 * @options_len: bytes of options
 * @win: window
 * @flags: TCP_FLAG_*
 * @index: enum skald_ct_tcp_index
 */
struct skald_ct_segment {
	u32 seq;
	u32 ack;
	u32 end;
	u32 payload;
	u32 options;
	u8 options_len;
	u16 win;
	u8 flags;
	u8 index;
};

static inline bool skald_seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool skald_seq_after(u32 a, u32 b)
{
	return (s32)(b - a) < 0;
}

/**
 * skald_ct_tcp_options() - what a SYN's options say of its sender
 * @view: the packet
 * @segment: the segment
 * @sender: scale and flags are set; BE_LIBERAL stays
 */
void skald_ct_tcp_options(const struct skald_view *view,
			  const struct skald_ct_segment *segment,
			  struct skald_ct_tcp_side *sender);

/**
 * skald_ct_tcp_window() - check a segment against both windows
 * @packet: the packet, of an entry
 * @segment: the segment
 * @window: filled in when it is ignored or refused and somebody listens
 *
 * As tcp_in_window(). Under the entry's lock. @packet->reason says which check
 * failed.
 *
 * Return: 0: in the window, what is known of the connection is up to date;
 * -EAGAIN: pass it, but believe nothing; -EINVAL: it is invalid.
 */
int skald_ct_tcp_window(struct skald_ct_packet *packet,
			const struct skald_ct_segment *segment,
			struct skald_ct_window *window);

/* The numbers of a check, before the packet changed them. */
void skald_ct_tcp_numbers(const struct skald_ct_packet *packet,
			  const struct skald_ct_segment *segment,
			  struct skald_ct_window *window);

#endif /* SKALD_ENGINE_CT_TCP_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what connection tracking tells
 *
 * Where the table's owner wants to hear, every change and every refusal is a
 * note. A note is borrowed: it and all it points to is valid in the callback
 * alone. Without a listener nothing is computed for it.
 */
#ifndef SKALD_ENGINE_CT_NOTE_H
#define SKALD_ENGINE_CT_NOTE_H

#include "ct_tuple.h"

struct skald_ct;
struct skald_ct_expect;
struct skald_ct_helper;

/*
 * R(NAME, "word", "what it means"): why a packet is invalid, ignored or
 * dropped. The words are those of docs/json.md.
 */
/* clang-format off */
#define SKALD_CT_REASONS(R) \
	R(NONE, "none", "nothing is wrong") \
	R(NO_L4, "no_l4", "no transport header: later fragment or damaged") \
	R(SHORT, "short_packet", "header is not complete") \
	R(TRUNCATED, "truncated", "header says more than the packet has") \
	R(CHECKSUM, "bad_checksum", "checksum is wrong") \
	R(NO_INVERSE, "no_inverse", "there can be no answer to it") \
	R(TCP_FLAGS, "bad_flags", "no such combination of TCP flags") \
	R(TCP_NEW, "invalid_new", "cannot begin a connection") \
	R(TCP_NOT_LOOSE, "not_loose", "connections are not picked up") \
	R(TCP_STATE, "invalid_state", "not in this state of the connection") \
	R(TCP_IGNORED, "ignored_state", "perhaps a new connection, wait") \
	R(TCP_CHALLENGE, "challenge_ack", "challenge ACK, changes nothing") \
	R(TCP_RST, "invalid_rst", "RST below the other side's highest ACK") \
	R(TCP_SEQ_OVER, "seq_over", "SEQ over the window of the receiver") \
	R(TCP_OVERSHOT, "overshot", "more bytes than the window allows") \
	R(TCP_ACK_OVER, "ack_over", "acknowledges data not seen yet") \
	R(TCP_SEQ_UNDER, "seq_under", "retransmits data acknowledged long ago") \
	R(TCP_ACK_UNDER, "ack_under", "ACK delayed too long") \
	R(UDPLITE_COVERAGE, "bad_coverage", "checksum coverage is wrong") \
	R(UDPLITE_NO_SUM, "no_checksum", "protocol demands a checksum") \
	R(ICMP_TYPE, "unknown_type", "no such ICMP type") \
	R(ICMP_NEW, "not_a_query", "message that nobody asked for") \
	R(ICMP_EMBEDDED, "no_embedded", "quotes no packet that can be read") \
	R(ICMP_UNRELATED, "unrelated", "quotes a packet of no connection") \
	R(ICMP_DADDR, "wrong_daddr", "sent to another host than it quotes") \
	R(ICMP_REDIRECT, "bad_redirect", "redirect from elsewhere") \
	R(SCTP_CHUNKS, "bad_chunks", "chunks that cannot stand together") \
	R(SCTP_VTAG, "bad_vtag", "verification tag is wrong") \
	R(SCTP_STATE, "invalid_chunk", "chunk is not valid in this state") \
	R(SCTP_NEW, "out_of_the_blue", "chunk cannot begin an association") \
	R(DCCP_HEADER, "bad_header", "header is damaged") \
	R(DCCP_STATE, "invalid_type", "packet type not valid in this state") \
	R(DCCP_IGNORED, "ignored_type", "perhaps a new connection, wait") \
	R(GRE_PROTOCOL, "gre_protocol", "GRE version 1 without PPP") \
	R(FAMILY, "wrong_family", "protocol of the other IP version") \
	R(FULL, "table_full", "table is full and nothing could go") \
	R(NO_MEMORY, "no_memory", "no memory") \
	R(CHAIN, "chain_too_long", "too many entries in one hash chain") \
	R(CLASH, "clash", "another entry took the tuple first") \
	R(HELPER, "helper", "helper could not handle it")
/* clang-format on */

enum skald_ct_reason {
#define SKALD_CT_REASON_ENUM(name, word, text) SKALD_CT_REASON_##name,
	SKALD_CT_REASONS(SKALD_CT_REASON_ENUM) SKALD_CT_REASON_N
};

/* The word and the explanation of a reason; static. */
const char *skald_ct_reason_word(enum skald_ct_reason reason);
const char *skald_ct_reason_text(enum skald_ct_reason reason);

/**
 * enum skald_ct_note_kind - what a note tells
 * @SKALD_CT_NOTE_NEW: entry was confirmed
 * @SKALD_CT_NOTE_UPDATE: entry's state or status changed
 * @SKALD_CT_NOTE_DESTROY: entry left the table
 * @SKALD_CT_NOTE_INVALID: packet belongs to nothing
 * @SKALD_CT_NOTE_IGNORED: packet passes, and changes nothing
 * @SKALD_CT_NOTE_EXPECT: expectation was made
 * @SKALD_CT_NOTE_UNEXPECT: expectation is gone: came true or expired
 * @SKALD_CT_NOTE_HELPER: helper has something to say
 * @SKALD_CT_NOTE_DROP: packet is to be dropped: by a helper, clash, full table
 * @SKALD_CT_NOTE_CLASH: clash was resolved
 */
enum skald_ct_note_kind {
	SKALD_CT_NOTE_NEW,
	SKALD_CT_NOTE_UPDATE,
	SKALD_CT_NOTE_DESTROY,
	SKALD_CT_NOTE_INVALID,
	SKALD_CT_NOTE_IGNORED,
	SKALD_CT_NOTE_EXPECT,
	SKALD_CT_NOTE_UNEXPECT,
	SKALD_CT_NOTE_HELPER,
	SKALD_CT_NOTE_DROP,
	SKALD_CT_NOTE_CLASH,
};

/**
 * struct skald_ct_tcp_side - what is known of one sender
 * @end: highest SEQ + length seen from it (td_end)
 * @maxend: highest SEQ + length the other side allowed it (td_maxend)
 * @maxwin: widest window it announced (td_maxwin)
 * @maxack: highest ACK it sent (td_maxack)
 * @scale: its window scale
 * @flags: SKALD_CT_TCP_FLAG_*
 */
struct skald_ct_tcp_side {
	u32 end;
	u32 maxend;
	u32 maxwin;
	u32 maxack;
	u8 scale;
	u8 flags;
};

/**
 * struct skald_ct_window - all numbers of a window check
 * @seq: first sequence number of the segment
 * @end: sequence number behind the segment
 * @ack: acknowledgment number, without the offset of mangled commands
 * @sack: highest edge of its SACK blocks, else @ack
 * @win: window as in the header
 * @scaled: window with the sender's scale
 * @bound: the bound that was violated
 * @off: by how many bytes
 * @payload: bytes of data
 * @tcp_flags: flags byte of the header
 * @sender: before the packet
 * @receiver: before the packet
 */
struct skald_ct_window {
	u32 seq;
	u32 end;
	u32 ack;
	u32 sack;
	u32 win;
	u32 scaled;
	u32 bound;
	u32 off;
	u32 payload;
	u8 tcp_flags;
	struct skald_ct_tcp_side sender;
	struct skald_ct_tcp_side receiver;
};

/* What changed, for SKALD_CT_NOTE_UPDATE. */
#define SKALD_CT_CHANGE_STATE 1u
#define SKALD_CT_CHANGE_REPLY 2u
#define SKALD_CT_CHANGE_ASSURED 4u

/* Why an entry left, for SKALD_CT_NOTE_DESTROY. */
enum skald_ct_end {
	SKALD_CT_END_EXPIRED,
	SKALD_CT_END_REOPENED, /* a new connection takes its tuple */
	SKALD_CT_END_RESET, /* the only answer was a reset */
	SKALD_CT_END_EVICTED, /* early drop */
	SKALD_CT_END_DELETED, /* its owner wanted so */
	SKALD_CT_END_TABLE, /* the table itself goes */
};

/**
 * struct skald_ct_note - something happened
 * @kind: what
 * @reason: why, for INVALID, IGNORED, DROP
 * @dir: direction of @view in @ct
 * @ct: the entry, may be NULL
 * @view: the packet, may be NULL
 * @now_ns: when
 * @window: INVALID and IGNORED of TCP: the numbers; else NULL
 * @changes: UPDATE: SKALD_CT_CHANGE_*
 * @old_state: UPDATE: state of the protocol before
 * @new_state: UPDATE: and after
 * @left_ns: UPDATE, DESTROY: nanoseconds of its timeout that were left before
 *	the packet
 * @end: DESTROY: why
 * @expect: EXPECT, UNEXPECT: the expectation
 * @helper: HELPER, DROP by one: which
 * @text: HELPER, DROP by one: what it says
 */
struct skald_ct_note {
	enum skald_ct_note_kind kind;
	enum skald_ct_reason reason;
	enum skald_ct_dir dir;
	const struct skald_ct *ct;
	const struct skald_view *view;
	u64 now_ns;
	const struct skald_ct_window *window;
	u32 changes;
	u8 old_state;
	u8 new_state;
	s64 left_ns;
	enum skald_ct_end end;
	const struct skald_ct_expect *expect;
	const struct skald_ct_helper *helper;
	const char *text;
};

#endif /* SKALD_ENGINE_CT_NOTE_H */

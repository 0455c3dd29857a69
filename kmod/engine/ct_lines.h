/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: helpers whose commands are lines of text
 *
 * What FTP and IRC share: lines are joined across segments, and where
 * addresses are translated, part of a line is replaced. A line that may become
 * a command and is not whole yet is *held* then: its bytes are taken out of
 * the segment, and leave together with the rest, replaced. A sender that
 * repeats a piece and never sends the rest gets it through unchanged in the
 * end.
 */
#ifndef SKALD_ENGINE_CT_LINES_H
#define SKALD_ENGINE_CT_LINES_H

#include "ct_help.h"
#include "ct_stream.h"

/**
 * struct skald_lines - lines of both sides; part of a helper's data
 * @stream: the streams
 * @repeats: how often an unfinished command came again
 */
struct skald_lines {
	struct skald_stream stream[SKALD_CT_DIRS];
	u8 repeats[SKALD_CT_DIRS];
};

struct skald_lines_look;

/**
 * struct skald_lines_ops - a protocol
 * @kind: of the stream, with at most SKALD_SEQADJ_TEXT bytes of room
 * @take: reads a line; NF_ACCEPT or NF_DROP. A line it does not change it
 *	gives to skald_lines_pass()
 * @may_become: whether more bytes could make a command of the beginning of a
 *	line
 */
struct skald_lines_ops {
	struct skald_stream_kind kind;
	int (*take)(struct skald_lines_look *look,
		    const struct skald_stream_message *line);
	bool (*may_become)(const u8 *piece, u32 len, u8 dir);
};

/**
 * struct skald_lines_look - one segment
 * @packet: the packet
 * @lines: what is remembered of the connection
 * @ops: the protocol
 * @payload: bytes of the segment
 * @walk: the lines that it completes
 * @has_nat: addresses are translated
 * @began_anew: bytes before this segment were lost
 * @held_from: sequence number of the first byte that was kept before it
 * @expect: what was expected under NAT; one reference, or NULL
 * @has_edit: bytes must be replaced
 * @start: sequence number of the first of them
 * @end: behind the last one
 * @len: how many come instead
 * @text: what comes instead
 */
struct skald_lines_look {
	struct skald_ct_packet *packet;
	struct skald_lines *lines;
	const struct skald_lines_ops *ops;
	struct skald_help_payload payload;
	struct skald_stream_walk walk;
	bool has_nat;
	bool began_anew;
	u32 held_from;
	struct skald_ct_expect *expect;
	bool has_edit;
	u32 start;
	u32 end;
	u32 len;
	u8 text[SKALD_SEQADJ_TEXT];
};

/**
 * skald_lines_help() - read a segment
 * @packet: the packet
 * @lines: part of the helper's data
 * @ops: the protocol
 *
 * Takes the entry's lock.
 *
 * Return: NF_ACCEPT or NF_DROP, told.
 */
int skald_lines_help(struct skald_ct_packet *packet, struct skald_lines *lines,
		     const struct skald_lines_ops *ops);

/* A line that is not changed; if it was held, it leaves now. */
int skald_lines_pass(struct skald_lines_look *look,
		     const struct skald_stream_message *line);

/**
 * skald_lines_replace() - part of a line becomes something else
 * @look: the look
 * @line: the line
 * @edit: what; offset in the line
 *
 * Return: NF_ACCEPT; NF_DROP, told.
 */
int skald_lines_replace(struct skald_lines_look *look,
			const struct skald_stream_message *line,
			const struct skald_help_edit *edit);

/**
 * skald_lines_expect() - a connection is announced under NAT
 * @look: the look
 * @wish: what is expected
 * @port: written: the port that the other side must be told, host order
 *
 * @look->expect is what is expected.
 *
 * Return: NF_ACCEPT; NF_DROP, told.
 */
int skald_lines_expect(struct skald_lines_look *look,
		       const struct skald_help_wish *wish, u16 *port);

/* What is kept goes. */
void skald_lines_done(struct skald_lines *lines);

#endif /* SKALD_ENGINE_CT_LINES_H */

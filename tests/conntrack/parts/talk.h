/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: made-up conversations
 *
 * A *talk* is one conversation as somebody in the middle sees it: packets of
 * two ends, in the order in which they came by. A script writes packets in the
 * order in which they are sent; each may be lost, come twice or come late. The
 * same seed makes the same talk.
 *
 * Hardware addresses say which talk a frame belongs to (source: number) and
 * which script made it (destination: kind), for whoever looks at a difference.
 */
#ifndef SKALD_CONNTRACK_TALK_H
#define SKALD_CONNTRACK_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALK_FRAME_MAX 9014
#define TALK_PAYLOAD_MAX 1400

/* TCP flags */
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define PSH 0x08
#define ACK 0x10
#define URG 0x20

/**
 * struct frame - a packet that came by
 * @when: its time, in microseconds; frames are sorted by it
 * @order: its number, for frames of one time
 * @len: bytes
 * @bytes: from the Ethernet header on
 */
struct frame {
	uint64_t when;
	uint32_t order;
	uint32_t len;
	uint8_t *bytes;
};

/**
 * struct end - one of both ends
 * @address: 4 or 16 bytes
 * @port: port, or the identifier of ICMP echo
 * @isn: initial sequence number
 * @next: next sequence number that it sends
 * @seen: what it acknowledges
 * @window: as it stands in the header
 * @scale: window scale of its SYN; -1: none
 * @may_sack: SYN carries SACK permitted
 * @may_stamp: carries timestamps
 */
struct end {
	uint8_t address[16];
	uint16_t port;
	uint32_t isn;
	uint32_t next;
	uint32_t seen;
	uint16_t window;
	int scale;
	bool may_sack;
	bool may_stamp;
};

/**
 * struct talk - a conversation
 * @random: state of its random numbers
 * @number: which one
 * @kind: number of its script
 * @is_ipv6: its family
 * @end: who sends the first packet, and the other
 * @now: time of the next packet, in microseconds
 * @loss: probability that a packet is lost before it comes by, in 1/1000
 * @twice: that it comes twice
 * @late: that later ones overtake it
 * @damage: that its checksum is wrong
 * @extra: that options or extension headers stand before the transport header
 * @frames: what came by
 * @n: how many
 * @room: for how many
 */
struct talk {
	uint64_t random;
	uint32_t number;
	uint8_t kind;
	bool is_ipv6;
	struct end end[2];
	uint64_t now;
	uint32_t loss;
	uint32_t twice;
	uint32_t late;
	uint32_t damage;
	uint32_t extra;
	struct frame *frames;
	size_t n;
	size_t room;
};

/**
 * struct segment - what is special about a TCP packet
 * @flags: flags
 * @seq: sequence number
 * @ack: acknowledgement number
 * @window: window as in the header
 * @len: bytes of payload
 * @n_sack: SACK blocks
 * @sack: their edges
 * @has_syn_options: carries the options of a SYN
 * @has_bad_options: options end beyond the header, or have no length
 * @offset: data offset in words; 0: what is right
 */
struct segment {
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint16_t len;
	uint8_t n_sack;
	uint32_t sack[4][2];
	bool has_syn_options;
	bool has_bad_options;
	uint8_t offset;
};

/* ---- random numbers ---- */

uint32_t talk_random(struct talk *talk);
/* 0 .. bound - 1 */
uint32_t talk_below(struct talk *talk, uint32_t bound);
/* true that often in 1000 */
bool talk_chance(struct talk *talk, uint32_t thousandth);

/* ---- the wire (wire.c) ---- */

/* A network-layer packet of @from: header, then @len bytes at @payload, whose
 * checksum at @check (-1: none) covers a pseudo header if @has_pseudo. */
struct body {
	uint8_t protocol;
	const uint8_t *bytes;
	size_t len;
	int check;
	bool has_pseudo;
};

void talk_send(struct talk *talk, int from, const struct body *body);
/* The same in fragments of about @size bytes, shuffled if @is_mixed; now and
 * then with one that overlaps them. */
void talk_send_fragments(struct talk *talk, int from, const struct body *body,
			 size_t size, bool is_mixed);
/* The network-layer bytes that talk_send() would send; returns their number. */
size_t talk_build(struct talk *talk, int from, const struct body *body,
		  uint8_t *packet);
void talk_tcp(struct talk *talk, int from, const struct segment *segment);
size_t talk_build_tcp(struct talk *talk, int from,
		      const struct segment *segment, uint8_t *bytes);
void talk_udp(struct talk *talk, int from, uint16_t len);
/* An ICMP error about a packet @about that the other end sent. */
void talk_error(struct talk *talk, int from, uint8_t type, uint8_t code,
		const uint8_t *about, size_t len);
void talk_free(struct talk *talk);

/* ---- scripts (tcp.c, wild.c, other.c) ---- */

struct script {
	const char *name;
	uint32_t weight;
	void (*run)(struct talk *talk);
};

extern const struct script talk_scripts[];
extern const size_t talk_n_scripts;

void script_tcp(struct talk *talk);
void script_tcp_simultaneous(struct talk *talk);
void script_tcp_middle(struct talk *talk);
void script_tcp_one_way(struct talk *talk);
void script_tcp_reuse(struct talk *talk);
void script_tcp_challenge(struct talk *talk);
void script_tcp_walk(struct talk *talk);
void script_tcp_wild(struct talk *talk);
void script_udp(struct talk *talk);
void script_icmp(struct talk *talk);
void script_errors(struct talk *talk);
void script_fragments(struct talk *talk);
void script_sctp(struct talk *talk);
void script_protocol(struct talk *talk);

#endif /* SKALD_CONNTRACK_TALK_H */

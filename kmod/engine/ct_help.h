/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what helpers share
 *
 * Reading the payload, expecting, and, where the master's addresses are
 * translated, writing what the other side must read instead.
 */
#ifndef SKALD_ENGINE_CT_HELP_H
#define SKALD_ENGINE_CT_HELP_H

#include "ct_helper.h"
#include "ct_nat.h"
#include "ct_seqadj.h"

/**
 * struct skald_help_payload - bytes of an application
 * @bytes: all of them, flat; stale once the packet was written to
 * @at: offset in the frame
 * @len: how many
 * @seq: TCP: sequence number of the first, as its sender counts
 */
struct skald_help_payload {
	const u8 *bytes;
	u32 at;
	u32 len;
	u32 seq;
};

/**
 * skald_help_payload() - the payload of a packet
 * @packet: a TCP or UDP packet
 * @payload: written on success
 *
 * Return: false when there is none, or not all of it is known.
 */
bool skald_help_payload(const struct skald_ct_packet *packet,
			struct skald_help_payload *payload);

/* Both sides of a TCP connection have spoken, as IP_CT_ESTABLISHED. */
static inline bool skald_help_is_open(const struct skald_ct_packet *packet)
{
	return packet->state == SKALD_CT_ESTABLISHED;
}

/* Whether the addresses of an entry are translated, as IPS_NAT_MASK. */
static inline bool skald_help_has_nat(const struct skald_ct *ct)
{
	return skald_ct_is(ct, SKALD_CT_SRC_NAT) ||
	       skald_ct_is(ct, SKALD_CT_DST_NAT);
}

/**
 * skald_help_segment() - read a segment of a TCP connection
 * @packet: the packet
 * @take: reads it, under the entry's lock
 *
 * Return: what @take says; NF_ACCEPT where both sides have not spoken yet, or
 * there is nothing to read.
 */
int skald_help_segment(struct skald_ct_packet *packet,
		       int (*take)(struct skald_ct_packet *packet,
				   const struct skald_help_payload *payload));

/* Addresses of a packet's entry: of its own direction and of the other. */
static inline const struct skald_ct_tuple *
skald_help_tuple(const struct skald_ct_packet *packet)
{
	return skald_ct_tuple(packet->ct, packet->dir);
}

static inline const struct skald_ct_tuple *
skald_help_other(const struct skald_ct_packet *packet)
{
	return skald_ct_tuple(packet->ct, !packet->dir);
}

/**
 * struct skald_help_wish - a conversation a helper wants to expect
 * @class: index of the helper's policy
 * @src: source address, NULL: any
 * @dst: destination address
 * @proto: IP protocol
 * @sport: source port, network order, 0: any
 * @dport: destination port, network order
 */
struct skald_help_wish {
	u8 class;
	const union skald_addr *src;
	const union skald_addr *dst;
	u8 proto;
	__be16 sport;
	__be16 dport;
};

/* Return: an expectation, not yet in the table; NULL: no memory. */
struct skald_ct_expect *
skald_help_expect_new(const struct skald_ct_packet *packet,
		      const struct skald_help_wish *wish);

/**
 * skald_help_expect() - expect a conversation, without NAT
 * @packet: the packet that announces it
 * @wish: what is expected
 *
 * Return: NF_ACCEPT; NF_DROP when it cannot be expected, told.
 */
int skald_help_expect(struct skald_ct_packet *packet,
		      const struct skald_help_wish *wish);

/**
 * skald_help_expect_port() - expect a conversation to a port that is free
 * @packet: the packet that announces it
 * @expect: initialised; its port, @saved_port and @dir are set
 * @port: the port that is tried first, host order
 *
 * The expected conversation follows the master's translation
 * (nf_nat_follow_master()) unless an expectfn is set; as
 * nf_nat_exp_find_port().
 *
 * Return: the port, host order; 0: none, told.
 */
u16 skald_help_expect_port(struct skald_ct_packet *packet,
			   struct skald_ct_expect *expect, u16 port);

/**
 * struct skald_help_bind - an address, and perhaps a port, to translate to
 * @manip: what is translated
 * @has_port: @port as well; of GRE: the key
 * @addr: the address
 * @port: the port, network order
 */
struct skald_help_bind {
	enum skald_nat_manip manip;
	bool has_port;
	union skald_addr addr;
	__be16 port;
};

/* Translate the new entry of a packet, as nf_nat_setup_info(). */
void skald_help_bind(struct skald_ct_packet *packet,
		     const struct skald_help_bind *bind);

/**
 * struct skald_help_edit - bytes of a payload that are to be others
 * @off: offset in the payload
 * @old_len: bytes that go
 * @text: what comes instead
 * @len: how many bytes
 */
struct skald_help_edit {
	u32 off;
	u32 old_len;
	const void *text;
	u32 len;
};

/**
 * skald_help_write() - write into a UDP or TCP payload
 * @packet: the packet; pointers into it are stale afterwards
 * @edit: what
 *
 * Sequence numbers are left alone: see skald_help_shift().
 *
 * Return: 0, -errno.
 */
int skald_help_write(struct skald_ct_packet *packet,
		     const struct skald_help_edit *edit);

/**
 * skald_help_adj() - the sequence adjustment of a connection
 * @ct: its entry, locked
 *
 * Return: it, made when there is none; NULL: no memory.
 */
struct skald_ct_seqadj *skald_help_adj(struct skald_ct *ct);

/**
 * skald_help_replace() - replace bytes of a TCP stream, for good
 * @packet: a segment that has the last of them
 * @start: sequence number of the first byte, perhaps in an earlier segment
 *	whose end was taken out of the stream
 * @end: behind the last one
 * @text: what comes instead
 * @len: at most SKALD_SEQADJ_TEXT
 *
 * Remembers it for retransmissions. Pointers into the packet are stale
 * afterwards.
 *
 * Return: 0; -EAGAIN when the segment repeats an older replacement as well,
 * which is no longer known; -EMSGSIZE; -ENOMEM and the like.
 */
int skald_help_replace(struct skald_ct_packet *packet, u32 start, u32 end,
		       const void *text, u32 len);

#endif /* SKALD_ENGINE_CT_HELP_H */

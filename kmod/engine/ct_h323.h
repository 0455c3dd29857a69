/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: H.323, what its files share
 */
#ifndef SKALD_ENGINE_CT_H323_H
#define SKALD_ENGINE_CT_H323_H

#include "ct_h323_types.h"
#include "ct_help.h"
#include "ct_stream.h"

/**
 * struct skald_h323_data - what is remembered of a connection
 * @stream: messages of either side, over TCP
 * @port: RAS: port of call signalling that a side announced
 * @time_to_live: RAS: seconds of the registration
 */
struct skald_h323_data {
	struct skald_stream stream[SKALD_CT_DIRS];
	__be16 port[SKALD_CT_DIRS];
	u32 time_to_live;
};

/**
 * struct skald_h323_look - one message
 * @packet: the packet
 * @data: of its connection
 * @bytes: the message; copied from, never written to
 * @off: where it begins in the payload
 * @has_nat: addresses are translated, and we know how (IPv4)
 * @notes: what was found in it
 */
struct skald_h323_look {
	struct skald_ct_packet *packet;
	struct skald_h323_data *data;
	const u8 *bytes;
	u32 off;
	bool has_nat;
	struct skald_per_notes notes;
};

/* An address and port as they stand in a message. */
struct skald_h323_addr {
	union skald_addr addr;
	__be16 port;
};

/* Reads an address that was noted; false: of the other family, or no address.
 */
bool skald_h323_read(const struct skald_h323_look *look,
		     const struct skald_per_note *note,
		     struct skald_h323_addr *addr);

/* Writes another one in its place: 0, -errno. */
int skald_h323_write(struct skald_h323_look *look,
		     const struct skald_per_note *note,
		     const union skald_addr *addr, __be16 port);

/**
 * struct skald_h323_wish - a conversation to expect
 * @wish: what is expected
 * @assign: helper of the new entry, or NULL
 * @is_permanent: more than one may come
 * @note: where its address stands, rewritten under NAT; NULL: it stays
 */
struct skald_h323_wish {
	struct skald_help_wish wish;
	const struct skald_ct_helper *assign;
	bool is_permanent;
	const struct skald_per_note *note;
};

/**
 * skald_h323_expect() - expect a conversation
 * @look: the message
 * @wish: what is expected
 * @seen: the port that the other side is told, network order; may be NULL
 *
 * Return: 0; -errno.
 */
int skald_h323_expect(struct skald_h323_look *look,
		      const struct skald_h323_wish *wish, __be16 *seen);

/* Framing for streams (RFC 1006); see skald_stream_frame_t. */
u32 skald_tpkt_frame(const u8 *bytes, u32 len);

/**
 * skald_q931_find_user() - user-user information in a Q.931 message
 * @bytes: the message
 * @len: its bytes
 * @end: written: where it ends
 *
 * Return: where what H.323 says in it begins; 0: there is none.
 */
u32 skald_q931_find_user(const u8 *bytes, u32 len, u32 *end);

#endif /* SKALD_ENGINE_CT_H323_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: protocols above IP
 *
 * One ops table a protocol, one file a protocol.
 */
#ifndef SKALD_ENGINE_CT_PROTO_H
#define SKALD_ENGINE_CT_PROTO_H

#include "ct.h"

/**
 * enum skald_ct_action - what a protocol says of a packet
 * @SKALD_CT_PASS: it belongs to its entry
 * @SKALD_CT_REFUSE: it is invalid
 * @SKALD_CT_REPEAT: its entry was killed, look again
 * @SKALD_CT_DROP: it must not pass
 */
enum skald_ct_action {
	SKALD_CT_PASS,
	SKALD_CT_REFUSE,
	SKALD_CT_REPEAT,
	SKALD_CT_DROP,
};

/**
 * struct skald_ct_proto - a protocol
 * @name: as in /etc/protocols
 * @allow_clash: two entries for one tuple may be merged
 * @tuple: fills in the ports of a tuple whose other fields are known, from the
 *	header at @off; false: header is not there
 * @invert: fills in the ports of the inverse; false: there are no answers
 * @packet: looks at a packet of @packet->ct, refreshes the entry
 * @can_early_drop: an entry in this state would not be missed; may be NULL
 * @state: number of an entry's state, 0 where there are none; may be NULL
 * @state_word: its word as conntrack(8) prints it; may be NULL
 */
struct skald_ct_proto {
	const char *name;
	bool allow_clash;
	bool (*tuple)(struct skald_ct_table *table,
		      const struct skald_view *view, u32 off,
		      struct skald_ct_tuple *tuple);
	bool (*invert)(struct skald_ct_tuple *inverse,
		       const struct skald_ct_tuple *tuple);
	enum skald_ct_action (*packet)(struct skald_ct_packet *packet);
	bool (*can_early_drop)(const struct skald_ct *ct);
	u8 (*state)(const struct skald_ct *ct);
	const char *(*state_word)(u8 state);
};

extern const struct skald_ct_proto skald_ct_proto_tcp;
extern const struct skald_ct_proto skald_ct_proto_udp;
extern const struct skald_ct_proto skald_ct_proto_udplite;
extern const struct skald_ct_proto skald_ct_proto_icmp;
extern const struct skald_ct_proto skald_ct_proto_icmpv6;
extern const struct skald_ct_proto skald_ct_proto_sctp;
extern const struct skald_ct_proto skald_ct_proto_dccp;
extern const struct skald_ct_proto skald_ct_proto_gre;
extern const struct skald_ct_proto skald_ct_proto_generic;

/* The ops of an IP protocol; those of skald_ct_proto_generic for the rest. */
const struct skald_ct_proto *skald_ct_proto_find(u8 proto);

/* The same in a table, which may be told not to track one. */
const struct skald_ct_proto *
skald_ct_proto_of(const struct skald_ct_table *table, u8 proto);

/* Ports in the first four bytes of the header: TCP, UDP, SCTP, DCCP. */
bool skald_ct_ports_tuple(struct skald_ct_table *table,
			  const struct skald_view *view, u32 off,
			  struct skald_ct_tuple *tuple);
bool skald_ct_ports_invert(struct skald_ct_tuple *inverse,
			   const struct skald_ct_tuple *tuple);

/**
 * skald_ct_icmp_error() - ICMP errors, before there is an entry
 * @packet: the packet, without entry
 *
 * An error of a connection gets its entry, SKALD_CT_RELATED. As
 * nf_conntrack_icmpv4_error().
 *
 * Return: SKALD_CT_PASS (look for an entry unless there is one now, or it is
 * untracked) or SKALD_CT_REFUSE.
 */
enum skald_ct_action skald_ct_icmp_error(struct skald_ct_packet *packet);
/* The same, as nf_conntrack_icmpv6_error(). */
enum skald_ct_action skald_ct_icmpv6_error(struct skald_ct_packet *packet);

/**
 * skald_ct_inet_error() - find the connection of a quoted packet
 * @packet: the packet that quotes
 * @off: offset of the quoted network header
 *
 * As nf_conntrack_inet_error().
 */
enum skald_ct_action skald_ct_inet_error(struct skald_ct_packet *packet,
					 u32 off);

/**
 * skald_ct_sum_wrong() - whether a checksum counts and is wrong
 * @packet: the packet
 * @proto: IP protocol of the pseudo header, 0: there is none
 * @coverage: bytes from the transport header on that are summed
 *
 * Bytes that are not known cannot be wrong.
 */
bool skald_ct_sum_wrong(const struct skald_ct_packet *packet, u8 proto,
			u32 coverage);

/* Set a status bit; true when it was not set. */
static inline bool skald_ct_mark(struct skald_ct *ct, enum skald_ct_status bit)
{
	return !test_bit(bit, &ct->status) &&
	       !test_and_set_bit(bit, &ct->status);
}

/* The entry's state changed or it became assured: tell. */
void skald_ct_changed(struct skald_ct_packet *packet, u32 changes, u8 old_state,
		      s64 left_ns);

/* Timeout left before a packet, for skald_ct_changed(). */
static inline s64 skald_ct_left(const struct skald_ct_packet *packet)
{
	const struct skald_ct *ct = packet->ct;

	if (!skald_ct_is(ct, SKALD_CT_CONFIRMED))
		return 0;
	return (s64)(ct->expires_ns - packet->now_ns);
}

#endif /* SKALD_ENGINE_CT_PROTO_H */

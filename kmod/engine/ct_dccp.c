// SPDX-License-Identifier: GPL-2.0-only
/*
 * DCCP (RFC 4340), as nf_conntrack_proto_dccp.c of the kernels that had it.
 */
#include "ct_proto.h"

#define DCCP_LEN 12
#define DCCP_EXT_LEN 16 /* with 48-bit sequence numbers */
#define DCCP_ACK_LEN 8
#define MAX_TYPE 9

enum dccp_type {
	REQUEST,
	RESPONSE,
	DATA,
	ACK,
	DATAACK,
	CLOSEREQ,
	CLOSE,
	RESET,
	SYNC,
	SYNCACK,
	TYPES,
};

enum dccp_role {
	CLIENT,
	SERVER,
	ROLES,
};

/* States, with the numbers of enum ct_dccp_states in the kernel's uapi. */
enum dccp_state {
	NO,
	RQ, /* request */
	RS, /* respond */
	PO, /* partopen */
	OP, /* open */
	CR, /* closereq */
	CG, /* closing */
	TW, /* timewait */
	STATES,
	IG = STATES,
	IV,
};

/* The next state, by the sender's role, packet type and state. */
/* clang-format off */
static const u8 states[ROLES][TYPES][STATES] = {
	[CLIENT] = {
		[REQUEST] =	{ RQ, RQ, RS, IG, IG, IG, IG, RQ },
		[RESPONSE] =	{ IV, IG, IG, IG, IG, IG, IG, IV },
		[DATA] =	{ IV, IV, IV, IV, OP, CR, CG, IV },
		[ACK] =		{ IV, IV, PO, PO, OP, CR, CG, IV },
		[DATAACK] =	{ IV, IV, PO, PO, OP, CR, CG, IV },
		[CLOSEREQ] =	{ IV, IV, IV, IV, IV, IV, IV, IV },
		[CLOSE] =	{ IV, IV, IV, CG, CG, CG, IV, IV },
		[RESET] =	{ IV, TW, TW, TW, TW, TW, TW, IG },
		[SYNC] =	{ IV, IG, IG, IG, IG, IG, IG, IG },
		[SYNCACK] =	{ IV, IG, IG, IG, IG, IG, IG, IG },
	},
	[SERVER] = {
		[REQUEST] =	{ IV, IG, IG, IG, IG, IG, IG, RQ },
		[RESPONSE] =	{ IV, RS, RS, IG, IG, IG, IG, IV },
		[DATA] =	{ IV, IV, IV, OP, OP, IV, CG, IV },
		[ACK] =		{ IV, IV, IV, OP, OP, IV, CG, IV },
		[DATAACK] =	{ IV, IV, IV, OP, OP, IV, CG, IV },
		[CLOSEREQ] =	{ IV, IV, IV, CR, CR, CR, CR, IV },
		[CLOSE] =	{ IV, IV, IV, CG, CG, IV, CG, IV },
		[RESET] =	{ IV, TW, TW, TW, TW, TW, TW, TW },
		[SYNC] =	{ IV, IG, IG, IG, IG, IG, IG, IG },
		[SYNCACK] =	{ IV, IG, IG, IG, IG, IG, IG, IG },
	},
};

static const u8 timeouts_of_states[STATES] = {
	[NO] = SKALD_CT_TIMEOUT_DCCP_REQUEST,
	[RQ] = SKALD_CT_TIMEOUT_DCCP_REQUEST,
	[RS] = SKALD_CT_TIMEOUT_DCCP_RESPOND,
	[PO] = SKALD_CT_TIMEOUT_DCCP_PARTOPEN,
	[OP] = SKALD_CT_TIMEOUT_DCCP_OPEN,
	[CR] = SKALD_CT_TIMEOUT_DCCP_CLOSEREQ,
	[CG] = SKALD_CT_TIMEOUT_DCCP_CLOSING,
	[TW] = SKALD_CT_TIMEOUT_DCCP_TIMEWAIT,
};

/* Bytes behind the generic header that a type must have. */
static const u8 type_lens[TYPES] = {
	[REQUEST] = 4,
	[RESPONSE] = 12,
	[ACK] = 8,
	[DATAACK] = 8,
	[CLOSEREQ] = 8,
	[CLOSE] = 8,
	[RESET] = 12,
	[SYNC] = 8,
	[SYNCACK] = 8,
};
/* clang-format on */

/**
 * struct header - what a DCCP header says
 * @type: enum dccp_type
 * @extended: 48-bit sequence numbers
 * @seq: sequence number
 * @ack: acknowledgment number, where the type has one
 */
struct header {
	u8 type;
	bool extended;
	u64 seq;
	u64 ack;
};

static u64 get_be48(const u8 *at)
{
	return (u64)get_unaligned_be16(at) << 32 | get_unaligned_be32(at + 2);
}

/* dccp_error() */
static enum skald_ct_reason check_header(const struct skald_ct_packet *packet,
					 const u8 *dccp)
{
	u32 room = packet->view->end - packet->view->transport;
	u32 header = (u32)dccp[4] * 4, coverage = room;
	u8 partial = dccp[5] & 0xf;

	if (header < DCCP_LEN || header > room)
		return SKALD_CT_REASON_TRUNCATED;
	if (partial) {
		coverage = (partial - 1u) * 4;
		if (coverage > room)
			return SKALD_CT_REASON_DCCP_HEADER;
	}
	if (skald_ct_sum_wrong(packet, IPPROTO_DCCP, coverage))
		return SKALD_CT_REASON_CHECKSUM;
	if ((dccp[8] >> 1 & 0xf) > MAX_TYPE)
		return SKALD_CT_REASON_DCCP_HEADER;
	return SKALD_CT_REASON_NONE;
}

/* Types that need 48-bit sequence numbers (RFC 4340, 5.1). */
static bool must_be_extended(u8 type)
{
	return type != DATA && type != ACK && type != DATAACK;
}

static enum skald_ct_reason read_header(const struct skald_ct_packet *packet,
					struct header *header)
{
	const struct skald_view *view = packet->view;
	u8 buf[DCCP_EXT_LEN + 12];
	const u8 *dccp =
		skald_view_datagram(view, view->transport, DCCP_LEN, buf);
	enum skald_ct_reason reason;
	u32 len;

	if (!dccp)
		return SKALD_CT_REASON_SHORT;
	reason = check_header(packet, dccp);
	if (reason)
		return reason;
	header->type = dccp[8] >> 1 & 0xf;
	header->extended = dccp[8] & 1;
	if (must_be_extended(header->type) && !header->extended)
		return SKALD_CT_REASON_DCCP_HEADER;
	len = (header->extended ? DCCP_EXT_LEN : DCCP_LEN) +
	      type_lens[header->type];
	dccp = skald_view_datagram(view, view->transport, len, buf);
	if (!dccp)
		return SKALD_CT_REASON_SHORT;
	header->seq = header->extended
			      ? get_be48(dccp + 10)
			      : get_unaligned_be32(dccp + 8) & 0xffffff;
	header->ack = 0;
	if (type_lens[header->type] >= DCCP_ACK_LEN)
		header->ack =
			get_be48(dccp + 2 +
				 (header->extended ? DCCP_EXT_LEN : DCCP_LEN));
	return SKALD_CT_REASON_NONE;
}

/* dccp_new() */
static enum skald_ct_reason new_connection(struct skald_ct_packet *packet,
					   const struct header *header)
{
	struct skald_ct_dccp *dccp = &packet->ct->proto.dccp;
	u8 state = states[CLIENT][header->type][NO];

	if (state == IV)
		return SKALD_CT_REASON_DCCP_STATE;
	if (state != RQ && !packet->table->settings.dccp_loose)
		return SKALD_CT_REASON_TCP_NOT_LOOSE;
	memset(dccp, 0, sizeof(*dccp));
	dccp->role[SKALD_CT_ORIGINAL] = CLIENT;
	dccp->role[SKALD_CT_REPLY] = SERVER;
	dccp->last_type = REQUEST;
	return SKALD_CT_REASON_NONE;
}

/* Response to a Request that we let pass: now we are in sync as well. */
static bool answers_ignored(const struct skald_ct_dccp *dccp, u8 dir,
			    const struct header *header)
{
	return dccp->last_dir == !dir && dccp->last_type == REQUEST &&
	       header->type == RESPONSE;
}

/* Under the entry's lock. Return: the new state, IG or IV */
static u8 step(struct skald_ct_packet *packet, const struct header *header)
{
	struct skald_ct_dccp *dccp = &packet->ct->proto.dccp;
	u8 dir = (u8)packet->dir, role = dccp->role[dir], old = dccp->state;
	u8 new = states[role][header->type][old];

	if (new == IG && answers_ignored(dccp, dir, header)) {
		dccp->role[!dir] = CLIENT;
		dccp->role[dir] = SERVER;
		dccp->handshake_seq = header->seq;
		new = RS;
	} else if (new == RQ && old == TW &&role == SERVER) {
		dccp->role[dir] = CLIENT;
		dccp->role[!dir] = SERVER;
	} else if (new == RS && old == RQ) {
		dccp->handshake_seq = header->seq;
	} else if (new == PO && old == RS && header->type == ACK &&
		   header->ack == dccp->handshake_seq) {
		set_bit(SKALD_CT_ASSURED, &packet->ct->status);
	}
	if (new == IV)
		return IV;
	dccp->last_dir = dir;
	dccp->last_type = header->type;
	if (new != IG)
		dccp->state = new;
	return new;
}

static enum skald_ct_action refuse(struct skald_ct_packet *packet,
				   enum skald_ct_reason reason)
{
	skald_ct_refuse(packet, reason);
	return SKALD_CT_REFUSE;
}

static enum skald_ct_action dccp_packet(struct skald_ct_packet *packet)
{
	struct skald_ct *ct = packet->ct;
	s64 left = skald_ct_left(packet);
	struct header header = { 0 };
	enum skald_ct_reason reason = read_header(packet, &header);
	u8 old, new;

	if (!reason && !skald_ct_is(ct, SKALD_CT_CONFIRMED))
		reason = new_connection(packet, &header);
	if (reason)
		return refuse(packet, reason);
	if (header.type == RESET && !skald_ct_is(ct, SKALD_CT_SEEN_REPLY)) {
		/* the only answer is a reset: there is no connection */
		skald_ct_account(packet);
		skald_ct_kill(packet->table, ct, packet->now_ns,
			      SKALD_CT_END_RESET);
		return SKALD_CT_PASS;
	}
	spin_lock_bh(&ct->lock);
	old = ct->proto.dccp.state;
	new = step(packet, &header);
	spin_unlock_bh(&ct->lock);
	if (new == IV)
		return refuse(packet, SKALD_CT_REASON_DCCP_STATE);
	if (new == IG) {
		skald_ct_ignore(packet, SKALD_CT_REASON_DCCP_IGNORED);
		return SKALD_CT_PASS;
	}
	skald_ct_refresh(packet, skald_ct_timeouts_of(packet->table, ct)
					 ->seconds[timeouts_of_states[new]]);
	if (new != old)
		skald_ct_changed(packet, SKALD_CT_CHANGE_STATE, old, left);
	return SKALD_CT_PASS;
}

static bool can_early_drop(const struct skald_ct *ct)
{
	u8 state = ct->proto.dccp.state;

	return state == CR || state == CG || state == TW;
}

static u8 dccp_state(const struct skald_ct *ct)
{
	return ct->proto.dccp.state;
}

static const char *dccp_state_word(u8 state)
{
	static const char *const words[STATES] = {
		"NONE", "REQUEST",  "RESPOND", "PARTOPEN",
		"OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT",
	};

	return state < STATES ? words[state] : "?";
}

const struct skald_ct_proto skald_ct_proto_dccp = {
	.name = "dccp",
	.tuple = skald_ct_ports_tuple,
	.invert = skald_ct_ports_invert,
	.packet = dccp_packet,
	.can_early_drop = can_early_drop,
	.state = dccp_state,
	.state_word = dccp_state_word,
};

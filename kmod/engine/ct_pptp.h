/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: control messages of PPTP, RFC 2637 section 2
 */
#ifndef SKALD_ENGINE_CT_PPTP_H
#define SKALD_ENGINE_CT_PPTP_H

#include "ct_helper.h"

/* Control message types, RFC 2637 section 2. */
enum skald_pptp_type {
	SKALD_PPTP_START_REQUEST = 1,
	SKALD_PPTP_START_REPLY = 2,
	SKALD_PPTP_STOP_REQUEST = 3,
	SKALD_PPTP_STOP_REPLY = 4,
	SKALD_PPTP_ECHO_REQUEST = 5,
	SKALD_PPTP_ECHO_REPLY = 6,
	SKALD_PPTP_OUT_CALL_REQUEST = 7,
	SKALD_PPTP_OUT_CALL_REPLY = 8,
	SKALD_PPTP_IN_CALL_REQUEST = 9,
	SKALD_PPTP_IN_CALL_REPLY = 10,
	SKALD_PPTP_IN_CALL_CONNECTED = 11,
	SKALD_PPTP_CALL_CLEAR_REQUEST = 12,
	SKALD_PPTP_CALL_DISCONNECT = 13,
	SKALD_PPTP_WAN_ERROR = 14,
	SKALD_PPTP_SET_LINK_INFO = 15,
	SKALD_PPTP_TYPES,
};

/**
 * struct skald_pptp_message - what a helper needs of a control message
 * @type: enum skald_pptp_type
 * @call: the sender's call id, network order; where there is none, 0
 * @peer: the receiver's call id, network order; where there is none, 0
 * @call_off: where @call stands, 0: nowhere
 * @peer_off: where @peer stands, 0: nowhere
 * @result: result code, 0: none; 1 is success
 */
struct skald_pptp_message {
	u8 type;
	__be16 call;
	__be16 peer;
	u8 call_off;
	u8 peer_off;
	u8 result;
};

/* Framing for streams; see skald_stream_frame_t. */
u32 skald_pptp_frame(const u8 *bytes, u32 len);

/**
 * skald_pptp_parse() - read a control message
 * @bytes: the message
 * @len: its bytes
 * @message: written on success
 *
 * Return: false when it is none, or shorter than its type demands.
 */
bool skald_pptp_parse(const u8 *bytes, u32 len,
		      struct skald_pptp_message *message);

extern const struct skald_ct_helper skald_ct_helper_pptp;

#endif /* SKALD_ENGINE_CT_PPTP_H */

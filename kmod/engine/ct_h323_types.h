/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the messages of H.323, as far as addresses in them
 *
 * ITU-T H.225.0 (RAS and call signalling) and H.245 (control of media).
 */
#ifndef SKALD_ENGINE_CT_H323_TYPES_H
#define SKALD_ENGINE_CT_H323_TYPES_H

#include "ct_per.h"

/* What is noted. */
enum skald_h323_mark {
	SKALD_H323_NONE,
	SKALD_H323_MESSAGE, /* choice: which message */
	SKALD_H323_H245, /* address of the control connection */
	SKALD_H323_DEST_SIGNAL, /* address of who is called */
	SKALD_H323_SOURCE_SIGNAL, /* address of who calls */
	SKALD_H323_ALTERNATIVE, /* address to call instead */
	SKALD_H323_REASON, /* choice: of a facility message */
	SKALD_H323_MEDIA, /* address of RTP or RTCP */
	SKALD_H323_PROTOCOL, /* choice: of a data channel */
	SKALD_H323_STACK, /* address of a T.120 stack */
	SKALD_H323_ACK_STACK, /* and that of who accepts one */
	SKALD_H323_RAS, /* address of a RAS channel */
	SKALD_H323_SIGNAL, /* address of call signalling */
	SKALD_H323_TIME_TO_LIVE, /* number: seconds of a registration */
};

/* Indices of SKALD_H323_MESSAGE in RAS. */
enum skald_h323_ras {
	SKALD_RAS_GRQ = 0,
	SKALD_RAS_GCF = 1,
	SKALD_RAS_RRQ = 3,
	SKALD_RAS_RCF = 4,
	SKALD_RAS_URQ = 6,
	SKALD_RAS_ARQ = 9,
	SKALD_RAS_ACF = 10,
	SKALD_RAS_LRQ = 18,
	SKALD_RAS_LCF = 19,
	SKALD_RAS_IRR = 22,
};

/* Indices of SKALD_H323_MESSAGE in call signalling. */
enum skald_h323_body {
	SKALD_Q931_SETUP = 0,
	SKALD_Q931_FACILITY = 6,
};

/* Index of SKALD_H323_REASON. */
#define SKALD_H323_CALL_FORWARDED 1
/* Index of SKALD_H323_PROTOCOL. */
#define SKALD_H323_SEPARATE_LAN_STACK 10

extern const struct skald_per_type skald_h323_ras;
extern const struct skald_per_type skald_h323_user_information;
extern const struct skald_per_type skald_h323_control;

#endif /* SKALD_ENGINE_CT_H323_TYPES_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the text of SIP (RFC 3261) and SDP (RFC 4566)
 *
 * Finds addresses, ports and numbers in messages, and says where they stand.
 * What counts and what does not is as in nf_conntrack_sip.c, whose verdicts
 * depend on it: only addresses in digits, of the connection's family.
 */
#ifndef SKALD_ENGINE_CT_SIP_TEXT_H
#define SKALD_ENGINE_CT_SIP_TEXT_H

#include "ct_tuple.h"

#define SKALD_SIP_PORT 5060
/* Ports below are not taken for those of a telephone. */
#define SKALD_SIP_PORT_MIN 1024

/**
 * struct skald_sip_text - a message
 * @bytes: its bytes
 * @len: how many
 * @family: of the addresses in it
 */
struct skald_sip_text {
	const u8 *bytes;
	u32 len;
	u8 family;
};

/* Where something stands in a message. */
struct skald_sip_place {
	u32 off;
	u32 len;
};

/* What a URI says: an address, and a port in host order. */
struct skald_sip_uri {
	struct skald_sip_place place;
	union skald_addr addr;
	u16 port;
};

enum skald_sip_header {
	SKALD_SIP_CSEQ,
	SKALD_SIP_FROM,
	SKALD_SIP_TO,
	SKALD_SIP_CONTACT,
	SKALD_SIP_VIA_UDP,
	SKALD_SIP_VIA_TCP,
	SKALD_SIP_EXPIRES,
	SKALD_SIP_CONTENT_LENGTH,
	SKALD_SIP_HEADERS,
};

enum skald_sdp_header {
	SKALD_SDP_NONE,
	SKALD_SDP_VERSION,
	SKALD_SDP_OWNER,
	SKALD_SDP_CONNECTION,
	SKALD_SDP_MEDIA,
	SKALD_SDP_HEADERS,
};

/**
 * skald_sip_number() - a decimal number
 * @text: the message
 * @off: where it stands
 * @value: written: the number; 0 when it does not fit 32 bits
 *
 * Return: its digits; 0: there is none.
 */
u32 skald_sip_number(const struct skald_sip_text *text, u32 off, u32 *value);

/**
 * skald_sip_find() - find the value of a header
 * @text: the message
 * @from: where to begin; the header's line must begin behind that
 * @type: which header
 * @place: written: the value, or where the header was that has none
 *
 * Return: 1; 0: no such header; -EINVAL: it has no value that counts. As
 * ct_sip_get_header().
 */
int skald_sip_find(const struct skald_sip_text *text, u32 from,
		   enum skald_sip_header type, struct skald_sip_place *place);

/**
 * struct skald_sip_walk - the URIs of a header that may come many times
 * @at: where to go on
 * @in_header: in a line with a list of them
 */
struct skald_sip_walk {
	u32 at;
	bool in_header;
};

/**
 * skald_sip_next_uri() - the next URI of a header
 * @text: the message
 * @walk: zero at first
 * @type: which header
 * @uri: written on success
 *
 * Return: 1; 0: no more; -EINVAL: its address or port is damaged. As
 * ct_sip_parse_header_uri().
 */
int skald_sip_next_uri(const struct skald_sip_text *text,
		       struct skald_sip_walk *walk, enum skald_sip_header type,
		       struct skald_sip_uri *uri);

/* The first URI of a header, as above. */
int skald_sip_first_uri(const struct skald_sip_text *text,
			enum skald_sip_header type, struct skald_sip_uri *uri);

/* The URI of a request line: 1, 0, -EINVAL. As ct_sip_parse_request(). */
int skald_sip_request_uri(const struct skald_sip_text *text,
			  struct skald_sip_uri *uri);

/**
 * skald_sip_param() - a parameter behind a URI
 * @text: the message
 * @from: behind the URI
 * @name: with "="
 * @place: written: its value
 *
 * Return: whether there is one before the next URI.
 */
bool skald_sip_param(const struct skald_sip_text *text, u32 from,
		     const char *name, struct skald_sip_place *place);

/* A parameter that is a number: 1, 0, -EINVAL; @value is kept on 0. */
int skald_sip_param_number(const struct skald_sip_text *text, u32 from,
			   const char *name, struct skald_sip_place *place,
			   u32 *value);

/* A parameter that is an address; @in_brackets: IPv6 must be in brackets. */
bool skald_sip_param_addr(const struct skald_sip_text *text, u32 from,
			  const char *name, bool in_brackets,
			  struct skald_sip_uri *uri);

/**
 * skald_sdp_find() - find a line of a session description
 * @text: the message
 * @from: the line must begin behind that
 * @type: which
 * @until: not behind the first line of this kind
 * @place: written: an address, a medium with its port, a version
 *
 * Return: 1; 0: no such line; -EINVAL: it has no value that counts. As
 * ct_sip_get_sdp_header().
 */
int skald_sdp_find(const struct skald_sip_text *text, u32 from,
		   enum skald_sdp_header type, enum skald_sdp_header until,
		   struct skald_sip_place *place);

/* The address of a line, as above. */
int skald_sdp_addr(const struct skald_sip_text *text, u32 from,
		   enum skald_sdp_header type, enum skald_sdp_header until,
		   struct skald_sip_uri *uri);

/**
 * skald_sip_frame() - framing for streams; see skald_stream_frame_t
 * @bytes: where a message begins
 * @len: how many are known
 *
 * RFC 3261 section 18.3: by Content-Length. Empty lines before a message are
 * one of their own.
 */
u32 skald_sip_frame(const u8 *bytes, u32 len);

#endif /* SKALD_ENGINE_CT_SIP_TEXT_H */

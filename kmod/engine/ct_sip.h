/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: SIP, what its files share
 */
#ifndef SKALD_ENGINE_CT_SIP_H
#define SKALD_ENGINE_CT_SIP_H

#include "ct_help.h"
#include "ct_sip_text.h"
#include "ct_stream.h"

/* Classes of expectations, as in the kernel. */
enum skald_sip_class {
	SKALD_SIP_SIGNALLING,
	SKALD_SIP_AUDIO,
	SKALD_SIP_VIDEO,
	SKALD_SIP_IMAGE,
	SKALD_SIP_CLASSES,
};

/**
 * struct skald_sip_data - what is remembered of a signalling connection
 * @stream: messages of either side, over TCP
 * @register_cseq: number of the last REGISTER
 * @invite_cseq: number of the last INVITE
 * @forced_dport: port where a telephone really listens, 0: where it sends from
 */
struct skald_sip_data {
	struct skald_stream stream[SKALD_CT_DIRS];
	u32 register_cseq;
	u32 invite_cseq;
	__be16 forced_dport;
};

/**
 * struct skald_sip_look - one message
 * @packet: the packet
 * @data: of its connection
 * @text: the message; stale once something was written
 * @off: where it begins in the payload
 * @has_nat: addresses are translated
 */
struct skald_sip_look {
	struct skald_ct_packet *packet;
	struct skald_sip_data *data;
	struct skald_sip_text text;
	u32 off;
	bool has_nat;
};

/*
 * All of these return 0, or -errno when the message could not be written to;
 * places and texts are as they are after that.
 */

/* nf_nat_sip(): request line, Via, Contact, From and To. */
int skald_sip_nat_message(struct skald_sip_look *look);

/* nf_nat_sip_expect(): a contact, where it can be reached from now on. */
int skald_sip_nat_expect(struct skald_sip_look *look,
			 struct skald_ct_expect *expect,
			 const struct skald_sip_place *contact);

/**
 * skald_sip_nat_media() - a pair of media streams, nf_nat_sdp_media()
 * @look: the message
 * @pair: expectations of RTP and RTCP, not in the table yet
 * @port: where the port of the media stands
 * @addr: written: where the media are sent to
 */
int skald_sip_nat_media(struct skald_sip_look *look,
			struct skald_ct_expect *const pair[2],
			const struct skald_sip_place *port,
			union skald_addr *addr);

/* nf_nat_sdp_port(): the port of a medium, which is not the one it was. */
int skald_sip_nat_port(struct skald_sip_look *look,
		       const struct skald_sip_place *place, u16 port);

/* nf_nat_sdp_addr(): the address of one medium. */
int skald_sip_nat_media_addr(struct skald_sip_look *look, u32 from,
			     const union skald_addr *addr);

/* nf_nat_sdp_session(): the addresses of the session. */
int skald_sip_nat_session(struct skald_sip_look *look, u32 from,
			  const union skald_addr *addr);

/* ---- ct_sip_media.c ---- */

/* The session description of a message: expects its media, process_sdp().
 * Return: NF_ACCEPT, NF_DROP */
int skald_sip_description(struct skald_sip_look *look);

#endif /* SKALD_ENGINE_CT_SIP_H */

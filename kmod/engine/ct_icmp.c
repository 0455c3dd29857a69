// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP (RFC 792): queries have answers, errors belong to the conversation that
 * they quote. As nf_conntrack_proto_icmp.c.
 */
#include "ct_proto.h"

#define ICMP_LEN 8
#define IPV4_DADDR 16

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_QUENCH = 4,
	ICMP_REDIRECTED = 5,
	ICMP_ECHO_REQUEST = 8,
	ICMP_TIME_OVER = 11,
	ICMP_PARAMETER = 12,
	ICMP_TIME_REQUEST = 13,
	ICMP_TIME_REPLY = 14,
	ICMP_INFO_ASK = 15,
	ICMP_INFO_ANSWER = 16,
	ICMP_MASK_REQUEST = 17,
	ICMP_MASK_REPLY = 18,
	ICMP_TYPES,
};

/* For each type: that of the answer and one, 0: there is none. */
static const u8 answers[ICMP_TYPES] = {
	[ICMP_ECHO_REQUEST] = ICMP_ECHO_REPLY + 1,
	[ICMP_ECHO_REPLY] = ICMP_ECHO_REQUEST + 1,
	[ICMP_TIME_REQUEST] = ICMP_TIME_REPLY + 1,
	[ICMP_TIME_REPLY] = ICMP_TIME_REQUEST + 1,
	[ICMP_INFO_ASK] = ICMP_INFO_ANSWER + 1,
	[ICMP_INFO_ANSWER] = ICMP_INFO_ASK + 1,
	[ICMP_MASK_REQUEST] = ICMP_MASK_REPLY + 1,
	[ICMP_MASK_REPLY] = ICMP_MASK_REQUEST + 1,
};

static bool is_query(u8 type)
{
	return type == ICMP_ECHO_REQUEST || type == ICMP_TIME_REQUEST ||
	       type == ICMP_INFO_ASK || type == ICMP_MASK_REQUEST;
}

/* icmp_is_err() */
static bool is_error(u8 type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_QUENCH ||
	       type == ICMP_REDIRECTED || type == ICMP_TIME_OVER ||
	       type == ICMP_PARAMETER;
}

static bool icmp_tuple(struct skald_ct_table *table,
		       const struct skald_view *view, u32 off,
		       struct skald_ct_tuple *tuple)
{
	u8 buf[ICMP_LEN];
	const u8 *icmp = skald_view_datagram(view, off, ICMP_LEN, buf);

	if (!icmp)
		return false;
	tuple->dport = htons(get_unaligned_be16(icmp));
	tuple->sport = htons(get_unaligned_be16(icmp + 4));
	return true;
}

static bool icmp_invert(struct skald_ct_tuple *inverse,
			const struct skald_ct_tuple *tuple)
{
	u8 type = skald_ct_icmp_type(tuple);

	if (type >= ICMP_TYPES || !answers[type])
		return false;
	inverse->sport = tuple->sport;
	inverse->dport = htons(
		(u16)((answers[type] - 1) << 8 | skald_ct_icmp_code(tuple)));
	return true;
}

static enum skald_ct_action icmp_packet(struct skald_ct_packet *packet)
{
	const struct skald_ct *ct = packet->ct;

	if (!skald_ct_icmp_family(packet)) {
		skald_ct_refuse(packet, SKALD_CT_REASON_FAMILY);
		return SKALD_CT_REFUSE;
	}
	if (!is_query(skald_ct_icmp_type(
		    skald_ct_tuple(ct, SKALD_CT_ORIGINAL)))) {
		skald_ct_refuse(packet, SKALD_CT_REASON_ICMP_NEW);
		return SKALD_CT_REFUSE;
	}
	skald_ct_refresh(packet, skald_ct_timeouts_of(packet->table, ct)
					 ->seconds[SKALD_CT_TIMEOUT_ICMP]);
	return SKALD_CT_PASS;
}

/* ---- errors ---- */

static enum skald_ct_action refuse(struct skald_ct_packet *packet,
				   enum skald_ct_reason reason)
{
	skald_ct_refuse(packet, reason);
	return SKALD_CT_REFUSE;
}

/* The packet's own destination address. */
static bool read_daddr(const struct skald_view *view, union skald_addr *addr)
{
	u32 off = IPV4_DADDR, size = 4;
	const void *bytes;

	memset(addr, 0, sizeof(*addr));
	if (view->family == NFPROTO_IPV6) {
		off = 24;
		size = sizeof(*addr);
	}
	bytes = skald_view_datagram(view, view->network + off, size, addr);
	if (!bytes)
		return false;
	if (bytes != addr)
		memcpy(addr, bytes, size);
	return true;
}

enum skald_ct_action skald_ct_inet_error(struct skald_ct_packet *packet,
					 u32 off)
{
	struct skald_ct_tuple quoted, inner;
	union skald_addr daddr;
	enum skald_ct_dir dir;
	struct skald_ct *ct;

	if (!skald_ct_tuple_embedded(packet->table, packet->view, off,
				     &quoted) ||
	    !skald_ct_tuple_invert(&inner, &quoted) ||
	    !read_daddr(packet->view, &daddr))
		return refuse(packet, SKALD_CT_REASON_ICMP_EMBEDDED);
	ct = skald_ct_find(packet->table, &packet->zone, &inner, packet->now_ns,
			   &dir);
	if (!ct)
		return refuse(packet, SKALD_CT_REASON_ICMP_UNRELATED);
	packet->ct = ct;
	packet->dir = dir;
	/* it must have been sent to whom the quoted packet was from */
	if (!skald_addr_equal(&daddr, &ct->nodes[dir].tuple.dst)) {
		refuse(packet, SKALD_CT_REASON_ICMP_DADDR);
		skald_ct_done(packet);
		return SKALD_CT_REFUSE;
	}
	packet->state = SKALD_CT_RELATED;
	return SKALD_CT_PASS;
}

enum skald_ct_action skald_ct_icmp_error(struct skald_ct_packet *packet)
{
	const struct skald_view *view = packet->view;
	u8 buf[ICMP_LEN];
	const u8 *icmp =
		skald_view_datagram(view, view->transport, ICMP_LEN, buf);

	if (!icmp)
		return refuse(packet, SKALD_CT_REASON_SHORT);
	if (skald_ct_sum_wrong(packet, 0, view->end - view->transport))
		return refuse(packet, SKALD_CT_REASON_CHECKSUM);
	if (icmp[0] >= ICMP_TYPES)
		return refuse(packet, SKALD_CT_REASON_ICMP_TYPE);
	if (!is_error(icmp[0]))
		return SKALD_CT_PASS;
	return skald_ct_inet_error(packet, view->transport + ICMP_LEN);
}

const struct skald_ct_proto skald_ct_proto_icmp = {
	.name = "icmp",
	.tuple = icmp_tuple,
	.invert = icmp_invert,
	.packet = icmp_packet,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMPv6 (RFC 4443): as ICMP; neighbour discovery and multicast listening have
 * no conversations and are not tracked. As nf_conntrack_proto_icmpv6.c.
 */
#include "ct_proto.h"

#define ICMPV6_LEN 8
#define REDIRECT_LEN 40
#define REDIRECT_HEADER_OPTION 4
#define IPV6_HOP_LIMIT 7
#define IPV6_SADDR 8

enum {
	ICMPV6_INFORMATION = 128, /* the first that is no error */
	ICMPV6_ECHO = 128,
	ICMPV6_ECHO_ANSWER = 129,
	ICMPV6_LISTENER_QUERY = 130,
	ICMPV6_NEIGHBOUR_LAST = 136, /* queries of listeners .. neighbours */
	ICMPV6_REDIRECT = 137,
	ICMPV6_NODE_QUERY = 139,
	ICMPV6_NODE_ANSWER = 140,
	ICMPV6_LISTENER_REPORT2 = 143,
	ICMPV6_ROUTER_ADVERT = 151, /* of multicast routers, RFC 4286 */
	ICMPV6_ROUTER_SOLICIT = 152,
};

static bool icmpv6_tuple(struct skald_ct_table *table,
			 const struct skald_view *view, u32 off,
			 struct skald_ct_tuple *tuple)
{
	u8 buf[ICMPV6_LEN];
	const u8 *icmp = skald_view_datagram(view, off, ICMPV6_LEN, buf);

	if (!icmp)
		return false;
	tuple->dport = htons(get_unaligned_be16(icmp));
	tuple->sport = htons(get_unaligned_be16(icmp + 4));
	return true;
}

/* The type of the answer, 0: there is none. */
static u8 answer_of(u8 type)
{
	switch (type) {
	case ICMPV6_ECHO:
		return ICMPV6_ECHO_ANSWER;
	case ICMPV6_ECHO_ANSWER:
		return ICMPV6_ECHO;
	case ICMPV6_NODE_QUERY:
		return ICMPV6_NODE_ANSWER;
	case ICMPV6_NODE_ANSWER:
		return ICMPV6_NODE_QUERY;
	default:
		return 0;
	}
}

static bool icmpv6_invert(struct skald_ct_tuple *inverse,
			  const struct skald_ct_tuple *tuple)
{
	u8 answer = answer_of(skald_ct_icmp_type(tuple));

	if (!answer)
		return false;
	inverse->sport = tuple->sport;
	inverse->dport = htons((u16)(answer << 8 | skald_ct_icmp_code(tuple)));
	return true;
}

static enum skald_ct_action refuse(struct skald_ct_packet *packet,
				   enum skald_ct_reason reason)
{
	skald_ct_refuse(packet, reason);
	return SKALD_CT_REFUSE;
}

static enum skald_ct_action icmpv6_packet(struct skald_ct_packet *packet)
{
	const struct skald_ct *ct = packet->ct;
	u8 type = skald_ct_icmp_type(skald_ct_tuple(ct, SKALD_CT_ORIGINAL));

	if (!skald_ct_icmp_family(packet))
		return refuse(packet, SKALD_CT_REASON_FAMILY);
	if (!skald_ct_is(ct, SKALD_CT_CONFIRMED) && type != ICMPV6_ECHO &&
	    type != ICMPV6_NODE_QUERY)
		return refuse(packet, SKALD_CT_REASON_ICMP_NEW);
	skald_ct_refresh(packet, skald_ct_timeouts_of(packet->table, ct)
					 ->seconds[SKALD_CT_TIMEOUT_ICMPV6]);
	return SKALD_CT_PASS;
}

/* Not of a conversation: listeners, routers, neighbours. */
static bool is_untracked(u8 type)
{
	return (type >= ICMPV6_LISTENER_QUERY &&
		type <= ICMPV6_NEIGHBOUR_LAST) ||
	       type == ICMPV6_LISTENER_REPORT2 ||
	       type == ICMPV6_ROUTER_ADVERT || type == ICMPV6_ROUTER_SOLICIT;
}

/* From a neighbour: hop limit 255, link-local source (RFC 4861, 8.1). */
static bool is_from_neighbour(const struct skald_view *view)
{
	u8 buf[IPV6_SADDR + 2];
	const u8 *ip6 =
		skald_view_datagram(view, view->network, sizeof(buf), buf);

	return ip6 && ip6[IPV6_HOP_LIMIT] == 255 && ip6[IPV6_SADDR] == 0xfe &&
	       (ip6[IPV6_SADDR + 1] & 0xc0) == 0x80;
}

/* nf_conntrack_icmpv6_redirect(): the option that quotes the packet. */
static enum skald_ct_action redirect(struct skald_ct_packet *packet)
{
	const struct skald_view *view = packet->view;
	u32 at = view->transport;
	u8 buf[REDIRECT_LEN];
	const u8 *bytes = skald_view_datagram(view, at, REDIRECT_LEN, buf);

	if (!bytes)
		return refuse(packet, SKALD_CT_REASON_SHORT);
	if (bytes[1])
		return SKALD_CT_PASS;
	if (!is_from_neighbour(view))
		return refuse(packet, SKALD_CT_REASON_ICMP_REDIRECT);
	at += REDIRECT_LEN;
	bytes = skald_view_datagram(view, at, 2, buf);
	if (!bytes || !bytes[1])
		return refuse(packet, SKALD_CT_REASON_ICMP_REDIRECT);
	if (bytes[0] != REDIRECT_HEADER_OPTION)
		return SKALD_CT_PASS;
	return skald_ct_inet_error(packet, at + 8);
}

enum skald_ct_action skald_ct_icmpv6_error(struct skald_ct_packet *packet)
{
	const struct skald_view *view = packet->view;
	u8 buf[ICMPV6_LEN];
	const u8 *icmp =
		skald_view_datagram(view, view->transport, ICMPV6_LEN, buf);

	if (!icmp)
		return refuse(packet, SKALD_CT_REASON_SHORT);
	if (skald_ct_sum_wrong(packet, IPPROTO_ICMPV6,
			       view->end - view->transport))
		return refuse(packet, SKALD_CT_REASON_CHECKSUM);
	if (is_untracked(icmp[0])) {
		packet->state = SKALD_CT_UNTRACKED;
		return SKALD_CT_PASS;
	}
	if (icmp[0] == ICMPV6_REDIRECT)
		return redirect(packet);
	if (icmp[0] >= ICMPV6_INFORMATION)
		return SKALD_CT_PASS;
	return skald_ct_inet_error(packet, view->transport + ICMPV6_LEN);
}

const struct skald_ct_proto skald_ct_proto_icmpv6 = {
	.name = "icmpv6",
	.tuple = icmpv6_tuple,
	.invert = icmpv6_invert,
	.packet = icmpv6_packet,
};

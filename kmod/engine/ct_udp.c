// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP and UDP-Lite (RFC 768, RFC 3828), as nf_conntrack_proto_udp.c: answers
 * make a conversation, two seconds of it a stream.
 */
#include "ct_proto.h"

#define UDP_LEN 8
#define STREAM_AFTER_NS (2 * SKALD_NS_PER_S)

static u32 timeout_of(const struct skald_ct_packet *packet,
		      enum skald_ct_timeout timeout)
{
	return skald_ct_timeouts_of(packet->table, packet->ct)
		->seconds[timeout];
}

/* udp_error() */
static enum skald_ct_reason udp_error(const struct skald_ct_packet *packet)
{
	const struct skald_view *view = packet->view;
	u8 buf[UDP_LEN];
	const u8 *udp =
		skald_view_datagram(view, view->transport, UDP_LEN, buf);
	u32 room = view->end - view->transport;
	u32 len;

	if (!udp)
		return SKALD_CT_REASON_SHORT;
	len = get_unaligned_be16(udp + 4);
	if (len > room || len < UDP_LEN)
		return SKALD_CT_REASON_TRUNCATED;
	if (get_unaligned_be16(udp + 6) &&
	    skald_ct_sum_wrong(packet, IPPROTO_UDP, room))
		return SKALD_CT_REASON_CHECKSUM;
	return SKALD_CT_REASON_NONE;
}

/* udplite_error() */
static enum skald_ct_reason udplite_error(const struct skald_ct_packet *packet)
{
	const struct skald_view *view = packet->view;
	u8 buf[UDP_LEN];
	const u8 *udp =
		skald_view_datagram(view, view->transport, UDP_LEN, buf);
	u32 room = view->end - view->transport;
	u32 coverage;

	if (!udp)
		return SKALD_CT_REASON_SHORT;
	coverage = get_unaligned_be16(udp + 4);
	if (!coverage)
		coverage = room;
	else if (coverage < UDP_LEN || coverage > room)
		return SKALD_CT_REASON_UDPLITE_COVERAGE;
	if (!get_unaligned_be16(udp + 6))
		return SKALD_CT_REASON_UDPLITE_NO_SUM;
	if (skald_ct_sum_wrong(packet, IPPROTO_UDPLITE, coverage))
		return SKALD_CT_REASON_CHECKSUM;
	return SKALD_CT_REASON_NONE;
}

static void assure(struct skald_ct_packet *packet)
{
	if (!skald_ct_is(packet->ct, SKALD_CT_NAT_CLASH) &&
	    skald_ct_mark(packet->ct, SKALD_CT_ASSURED))
		skald_ct_changed(packet, SKALD_CT_CHANGE_ASSURED, 0,
				 skald_ct_left(packet));
}

static enum skald_ct_action udp_packet(struct skald_ct_packet *packet)
{
	enum skald_ct_reason reason = udp_error(packet);
	struct skald_ct *ct = packet->ct;
	bool is_stream;

	if (reason) {
		skald_ct_refuse(packet, reason);
		return SKALD_CT_REFUSE;
	}
	if (!skald_ct_is(ct, SKALD_CT_CONFIRMED))
		ct->proto.udp.stream_ns = packet->now_ns + STREAM_AFTER_NS;
	if (!skald_ct_is(ct, SKALD_CT_SEEN_REPLY)) {
		skald_ct_refresh(packet,
				 timeout_of(packet, SKALD_CT_TIMEOUT_UDP));
		return SKALD_CT_PASS;
	}
	is_stream = packet->now_ns > ct->proto.udp.stream_ns;
	skald_ct_refresh(packet,
			 timeout_of(packet,
				    is_stream ? SKALD_CT_TIMEOUT_UDP_STREAM
					      : SKALD_CT_TIMEOUT_UDP));
	if (is_stream)
		assure(packet);
	return SKALD_CT_PASS;
}

static enum skald_ct_action udplite_packet(struct skald_ct_packet *packet)
{
	enum skald_ct_reason reason = udplite_error(packet);

	if (reason) {
		skald_ct_refuse(packet, reason);
		return SKALD_CT_REFUSE;
	}
	if (!skald_ct_is(packet->ct, SKALD_CT_SEEN_REPLY)) {
		skald_ct_refresh(packet,
				 timeout_of(packet, SKALD_CT_TIMEOUT_UDP));
		return SKALD_CT_PASS;
	}
	skald_ct_refresh(packet,
			 timeout_of(packet, SKALD_CT_TIMEOUT_UDP_STREAM));
	assure(packet);
	return SKALD_CT_PASS;
}

const struct skald_ct_proto skald_ct_proto_udp = {
	.name = "udp",
	.allow_clash = true,
	.tuple = skald_ct_ports_tuple,
	.invert = skald_ct_ports_invert,
	.packet = udp_packet,
};

const struct skald_ct_proto skald_ct_proto_udplite = {
	.name = "udplite",
	.allow_clash = true,
	.tuple = skald_ct_ports_tuple,
	.invert = skald_ct_ports_invert,
	.packet = udplite_packet,
};

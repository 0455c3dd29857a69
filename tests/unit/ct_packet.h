/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets made by hand for tests of helpers
 *
 * Sums are computed here anew, so that what the engine did by difference is
 * compared with something else.
 */
#ifndef SKALD_TEST_CT_PACKET_H
#define SKALD_TEST_CT_PACKET_H

#include <criterion/criterion.h>

#include "view_room.h"

/**
 * struct packet - a packet with room behind it
 * @room: its view
 * @data: its bytes
 */
struct packet {
	struct skald_view_room room;
	u8 data[2048];
};

struct packet_spec {
	bool is_ipv6;
	u8 proto;
	u8 src[16];
	u8 dst[16];
	u16 sport;
	u16 dport;
	u32 seq;
	u32 ack;
	u8 flags;
	const void *options;
	u32 options_len;
	const void *payload;
	u32 len;
};

static inline u32 packet_sum(u32 sum, const u8 *bytes, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? bytes[i] : (u32)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The sum over pseudo header and transport; 0xffff when the checksum fits. */
static inline u32 packet_transport_sum(const struct skald_view *view)
{
	u32 addr_len = view->family == NFPROTO_IPV4 ? 4 : 16;
	u32 addr_at = view->family == NFPROTO_IPV4 ? 12 : 8;
	u32 len = view->end - view->transport;
	u32 sum = view->l4proto + len;

	sum = packet_sum(sum, view->data + view->network + addr_at,
			 2 * addr_len);
	return packet_sum(sum, view->data + view->transport, len);
}

static inline u32 packet_put_network(u8 *ip, const struct packet_spec *spec,
				     u32 len)
{
	if (spec->is_ipv6) {
		ip[0] = 0x60;
		put_unaligned_be16((u16)len, ip + 4);
		ip[6] = spec->proto;
		ip[7] = 64;
		memcpy(ip + 8, spec->src, 16);
		memcpy(ip + 24, spec->dst, 16);
		return 40;
	}
	ip[0] = 0x45;
	put_unaligned_be16((u16)(len + 20), ip + 2);
	ip[8] = 64;
	ip[9] = spec->proto;
	memcpy(ip + 12, spec->src, 4);
	memcpy(ip + 16, spec->dst, 4);
	put_unaligned_be16((u16)~packet_sum(0, ip, 20), ip + 10);
	return 20;
}

static inline u32 packet_put_transport(u8 *header,
				       const struct packet_spec *spec)
{
	put_unaligned_be16(spec->sport, header);
	put_unaligned_be16(spec->dport, header + 2);
	if (spec->proto == IPPROTO_UDP) {
		put_unaligned_be16((u16)(8 + spec->len), header + 4);
		return 8;
	}
	put_unaligned_be32(spec->seq, header + 4);
	put_unaligned_be32(spec->ack, header + 8);
	header[12] = (u8)((20 + spec->options_len) << 2);
	header[13] = spec->flags;
	put_unaligned_be16(8192, header + 14);
	if (spec->options_len)
		memcpy(header + 20, spec->options, spec->options_len);
	return 20 + spec->options_len;
}

static inline void packet_make(struct packet *packet,
			       const struct packet_spec *spec)
{
	u32 header = spec->proto == IPPROTO_UDP ? 8 : 20 + spec->options_len;
	struct skald_view *view = &packet->room.view;
	u32 at, len;
	u16 sum;

	memset(packet, 0, sizeof(*packet));
	at = packet_put_network(packet->data, spec, header + spec->len);
	len = at + packet_put_transport(packet->data + at, spec);
	if (spec->len)
		memcpy(packet->data + len, spec->payload, spec->len);
	len += spec->len;
	skald_view_room_init(&packet->room, packet->data, sizeof(packet->data),
			     len, len);
	cr_assert_eq(skald_view_set_network(
			     view, 0, spec->is_ipv6 ? ETH_P_IPV6 : ETH_P_IP),
		     0);
	sum = (u16)~packet_transport_sum(view);
	/* of UDP, 0 would say that there is none */
	if (!sum && spec->proto == IPPROTO_UDP)
		sum = 0xffff;
	put_unaligned_be16(sum, packet->data + at +
					(spec->proto == IPPROTO_UDP ? 6 : 16));
	cr_assert_eq(packet_transport_sum(view), 0xffff);
}

/* All lengths and checksums say what is there. */
static inline void packet_expect_sound(struct packet *packet)
{
	struct skald_view *view = &packet->room.view, again = *view;

	cr_expect_eq(view->len, view->end);
	cr_assert_eq(skald_view_set_network(&again, 0, view->ethertype), 0);
	cr_expect_eq(again.end, view->end);
	cr_expect_eq(packet_transport_sum(view), 0xffff);
	if (view->family == NFPROTO_IPV4)
		cr_expect_eq(packet_sum(0, packet->data, 20), 0xffff);
	if (view->l4proto == IPPROTO_UDP)
		cr_expect_eq(
			get_unaligned_be16(packet->data + view->transport + 4),
			view->end - view->transport);
}

#endif /* SKALD_TEST_CT_PACKET_H */

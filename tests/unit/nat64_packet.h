/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of both families, written by hand, and what must hold of any.
 */
#ifndef TEST_NAT64_PACKET_H
#define TEST_NAT64_PACKET_H

#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "nat64.h"

#define PACKET_ROOM 4096

struct packet {
	uint8_t bytes[PACKET_ROOM];
	uint32_t len;
};

static inline uint16_t packet_sum(const uint8_t *bytes, uint32_t len,
				  uint32_t sum)
{
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get_unaligned_be16(bytes + i);
	if (len & 1)
		sum += (uint32_t)bytes[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static inline bool packet_is_ipv6(const struct packet *packet)
{
	return packet->bytes[0] >> 4 == 6;
}

static inline uint32_t packet_header(const struct packet *packet)
{
	if (!packet_is_ipv6(packet))
		return (packet->bytes[0] & 15) * 4u;
	return packet->bytes[6] == IPPROTO_FRAGMENT ? 48 : 40;
}

static inline uint8_t packet_proto(const struct packet *packet)
{
	if (!packet_is_ipv6(packet))
		return packet->bytes[9];
	return packet->bytes[packet->bytes[6] == IPPROTO_FRAGMENT ? 40 : 6];
}

static inline uint32_t packet_pseudo(const struct packet *packet)
{
	bool six = packet_is_ipv6(packet);

	return packet_sum(packet->bytes + (six ? 8 : 12), six ? 32 : 8,
			  packet_proto(packet) + packet->len -
				  packet_header(packet));
}

/* Offset of the transport checksum; 0: none */
static inline uint32_t packet_check(const struct packet *packet)
{
	uint32_t at = packet_header(packet);

	switch (packet_proto(packet)) {
	case IPPROTO_TCP:
		return at + 16;
	case IPPROTO_UDP:
		return at + 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return at + 2;
	default:
		return 0;
	}
}

static inline void packet_finish(struct packet *packet)
{
	uint8_t *bytes = packet->bytes;
	uint32_t at = packet_header(packet), check = packet_check(packet);
	uint32_t pseudo = packet_proto(packet) == IPPROTO_ICMP
				  ? 0
				  : packet_pseudo(packet);

	if (packet_is_ipv6(packet)) {
		put_unaligned_be16((uint16_t)(packet->len - 40), bytes + 4);
	} else {
		put_unaligned_be16((uint16_t)packet->len, bytes + 2);
		put_unaligned_be16(0, bytes + 10);
		put_unaligned_be16((uint16_t)~packet_sum(bytes, at, 0),
				   bytes + 10);
	}
	if (!check)
		return;
	put_unaligned_be16(0, bytes + check);
	put_unaligned_be16((uint16_t)~packet_sum(bytes + at, packet->len - at,
						 pseudo),
			   bytes + check);
}

/* Lengths and checksums of a whole packet are right. */
static inline void packet_is_sound(const struct packet *packet)
{
	const uint8_t *bytes = packet->bytes;
	uint32_t at = packet_header(packet);
	uint32_t pseudo = packet_proto(packet) == IPPROTO_ICMP
				  ? 0
				  : packet_pseudo(packet);

	if (packet_is_ipv6(packet)) {
		cr_assert_eq(get_unaligned_be16(bytes + 4) + 40u, packet->len);
	} else {
		cr_assert_eq(get_unaligned_be16(bytes + 2), packet->len);
		cr_assert_eq(packet_sum(bytes, at, 0), 0xffff);
	}
	if (packet_check(packet))
		cr_assert_eq(packet_sum(bytes + at, packet->len - at, pseudo),
			     0xffff, "transport checksum");
}

static inline void packet_ipv6(struct packet *packet, const char *src,
			       const char *dst, uint8_t proto)
{
	memset(packet, 0, sizeof(*packet));
	packet->bytes[0] = 0x60;
	packet->bytes[6] = proto;
	packet->bytes[7] = 64;
	cr_assert_eq(inet_pton(AF_INET6, src, packet->bytes + 8), 1);
	cr_assert_eq(inet_pton(AF_INET6, dst, packet->bytes + 24), 1);
	packet->len = 40;
}

static inline void packet_ipv4(struct packet *packet, const char *src,
			       const char *dst, uint8_t proto)
{
	memset(packet, 0, sizeof(*packet));
	packet->bytes[0] = 0x45;
	packet->bytes[8] = 64;
	packet->bytes[9] = proto;
	cr_assert_eq(inet_pton(AF_INET, src, packet->bytes + 12), 1);
	cr_assert_eq(inet_pton(AF_INET, dst, packet->bytes + 16), 1);
	packet->len = 20;
}

static inline void packet_add(struct packet *packet, const void *bytes,
			      uint32_t len)
{
	memcpy(packet->bytes + packet->len, bytes, len);
	packet->len += len;
}

static inline void packet_udp(struct packet *packet, uint16_t sport,
			      uint16_t dport, uint32_t len)
{
	uint8_t *udp = packet->bytes + packet->len;

	put_unaligned_be16(sport, udp);
	put_unaligned_be16(dport, udp + 2);
	put_unaligned_be16((uint16_t)(8 + len), udp + 4);
	memset(udp + 8, 'u', len);
	packet->len += 8 + len;
	packet_finish(packet);
}

static inline void packet_tcp(struct packet *packet, uint16_t sport,
			      uint16_t dport, uint8_t flags)
{
	uint8_t *tcp = packet->bytes + packet->len;

	put_unaligned_be16(sport, tcp);
	put_unaligned_be16(dport, tcp + 2);
	put_unaligned_be32(1000, tcp + 4);
	put_unaligned_be32(flags & 0x10 ? 2000 : 0, tcp + 8);
	tcp[12] = 0x50;
	tcp[13] = flags;
	put_unaligned_be16(4096, tcp + 14);
	packet->len += 20;
	packet_finish(packet);
}

/* A message; @value is its second word. */
static inline void packet_icmp(struct packet *packet, uint8_t type,
			       uint8_t code, uint32_t value, const void *bytes,
			       uint32_t len)
{
	uint8_t *icmp = packet->bytes + packet->len;

	icmp[0] = type;
	icmp[1] = code;
	put_unaligned_be32(value, icmp + 4);
	memcpy(icmp + 8, bytes, len);
	packet->len += 8 + len;
	packet_finish(packet);
}

static inline void packet_view(struct packet *packet, struct skald_view *view)
{
	skald_view_init(view, packet->bytes, packet->len, packet->len);
	cr_assert_eq(skald_view_set_network(view, 0,
					    packet_is_ipv6(packet) ? ETH_P_IPV6
								   : ETH_P_IP),
		     0);
}

#endif /* TEST_NAT64_PACKET_H */

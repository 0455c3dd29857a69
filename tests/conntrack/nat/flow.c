// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and writing the addresses of packets.
 */
#include "flow.h"

#include <string.h>

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Offset of the transport header, behind extension headers. */
static uint32_t transport_at(const uint8_t *packet, uint32_t len,
			     uint8_t *proto)
{
	uint32_t at = 40;

	if (packet[0] >> 4 != 6) {
		*proto = packet[9];
		return (packet[0] & 15) * 4U;
	}
	*proto = packet[6];
	while ((!*proto || *proto == 43 || *proto == 60) && at + 8 <= len) {
		*proto = packet[at];
		at += (packet[at + 1] + 1U) * 8;
	}
	return at;
}

static uint32_t address_at(const uint8_t *packet, int i)
{
	return packet[0] >> 4 == 6 ? 8 + 16U * i : 12 + 4U * i;
}

static bool has_ports(uint8_t proto)
{
	return proto == 6 || proto == 17 || proto == 132 || proto == 136 ||
	       proto == 33;
}

static bool is_echo(const uint8_t *icmp, uint8_t proto)
{
	if (proto == 1)
		return icmp[0] == 8 || !icmp[0] ||
		       (icmp[0] >= 13 && icmp[0] <= 18);
	return proto == 58 && (icmp[0] == 128 || icmp[0] == 129);
}

bool flow_read(const uint8_t *packet, uint32_t len, struct flow *flow)
{
	const uint8_t *transport;
	uint32_t size, at;
	int i;

	if (len < 20 || (packet[0] >> 4 == 6 && len < 40))
		return false;
	memset(flow, 0, sizeof(*flow));
	flow->family = packet[0] >> 4;
	size = flow->family == 6 ? 16 : 4;
	for (i = 0; i < 2; i++)
		memcpy(flow->address[i], packet + address_at(packet, i), size);
	at = transport_at(packet, len, &flow->proto);
	if (at + 8 > len)
		return false;
	transport = packet + at;
	if (!has_ports(flow->proto) && !is_echo(transport, flow->proto))
		return false;
	for (i = 0; i < 2; i++)
		flow->port[i] =
			get16(transport + (has_ports(flow->proto) ? 2 * i : 4));
	return true;
}

void flow_read_ends(const uint8_t *packet, uint32_t len, struct flow *flow)
{
	uint32_t size = packet[0] >> 4 == 6 ? 16 : 4;
	int i;

	memset(flow, 0, sizeof(*flow));
	flow->family = packet[0] >> 4;
	for (i = 0; i < 2; i++)
		memcpy(flow->address[i], packet + address_at(packet, i), size);
	transport_at(packet, len, &flow->proto);
}

bool flow_equal(const struct flow *a, const struct flow *b)
{
	return !memcmp(a, b, sizeof(*a));
}

void flow_invert(struct flow *inverse, const struct flow *flow)
{
	int i;

	*inverse = *flow;
	for (i = 0; i < 2; i++) {
		memcpy(inverse->address[i], flow->address[!i], 16);
		inverse->port[i] = flow->port[!i];
	}
}

/* Words of an even number of bytes. */
static uint32_t sum(const uint8_t *bytes, uint32_t len)
{
	uint32_t total = 0, i;

	for (i = 0; i + 1 < len; i += 2)
		total += get16(bytes + i);
	return total;
}

/* RFC 1624, equation 3 */
static void fix(uint8_t *check, uint32_t from, uint32_t to)
{
	uint64_t total = (uint16_t)~get16(check) + 0xffffULL;

	while (from >> 16)
		from = (from & 0xffff) + (from >> 16);
	total += 0xffff - from + to;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	put16(check, (uint16_t)~total);
}

static uint32_t crc32c(const uint8_t *bytes, uint32_t len)
{
	uint32_t crc = ~0U, i, j;

	for (i = 0; i < len; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : bytes[i];
		for (j = 0; j < 8; j++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void put_crc(uint8_t *sctp, uint32_t len)
{
	uint32_t crc = crc32c(sctp, len), i;

	for (i = 0; i < 4; i++)
		sctp[8 + i] = (uint8_t)(crc >> 8 * i);
}

/* Where the checksum is, and whether there is one; 0: there is not. */
static uint32_t check_at(const uint8_t *transport, uint32_t len, uint8_t proto)
{
	switch (proto) {
	case 6:
		return len >= 20 ? 16 : 0;
	case 17:
		return get16(transport + 6) ? 6 : 0;
	case 136:
		return 6;
	case 33:
		return len >= 12 ? 6 : 0;
	case 1:
	case 58:
		return 2;
	default:
		return 0;
	}
}

static void write_transport(uint8_t *transport, uint32_t len,
			    const struct flow *from, const struct flow *to)
{
	uint32_t check = check_at(transport, len, to->proto);
	uint32_t size = to->family == 6 ? 16 : 4;
	uint8_t *port;
	int i, n = has_ports(to->proto) ? 2 : 1;

	for (i = 0; check && to->proto != 1 && i < 2; i++)
		fix(transport + check, sum(from->address[i], size),
		    sum(to->address[i], size));
	for (i = 0; i < n; i++) {
		if (n == 1 && !is_echo(transport, to->proto))
			break;
		port = transport + (n == 2 ? 2 * i : 4);
		if (check)
			fix(transport + check, get16(port), to->port[i]);
		put16(port, to->port[i]);
	}
	if (to->proto == 17 && check && !get16(transport + 6))
		put16(transport + 6, 0xffff);
	if (to->proto == 132 && len >= 12)
		put_crc(transport, len);
}

void flow_write(uint8_t *packet, uint32_t len, const struct flow *from,
		const struct flow *to)
{
	uint32_t size = to->family == 6 ? 16 : 4, at;
	uint8_t proto;
	int i;

	at = transport_at(packet, len, &proto);
	if (at + 8 <= len)
		write_transport(packet + at, len - at, from, to);
	for (i = 0; i < 2; i++) {
		if (to->family == 4)
			fix(packet + 10, sum(from->address[i], size),
			    sum(to->address[i], size));
		memcpy(packet + address_at(packet, i), to->address[i], size);
	}
}

void flow_shift_ack(uint8_t *packet, uint32_t len, int32_t bytes)
{
	uint8_t proto, *ack;
	uint32_t at = transport_at(packet, len, &proto), value;
	uint8_t before[4];

	if (!bytes || proto != 6 || at + 20 > len || !(packet[at + 13] & 0x10))
		return;
	ack = packet + at + 8;
	memcpy(before, ack, sizeof(before));
	value = ((uint32_t)get16(ack) << 16 | get16(ack + 2)) + (uint32_t)bytes;
	put16(ack, (uint16_t)(value >> 16));
	put16(ack + 2, (uint16_t)value);
	fix(packet + at + 16, sum(before, 4), sum(ack, 4));
}

uint32_t flow_quoted(const uint8_t *packet, uint32_t len)
{
	uint8_t type, proto;
	uint32_t at = transport_at(packet, len, &proto);

	if (at + 8 > len)
		return 0;
	type = packet[at];
	if (proto == 1)
		return (type >= 3 && type <= 5) || type == 11 || type == 12
			       ? at + 8
			       : 0;
	return proto == 58 && type < 128 ? at + 8 : 0;
}

void flow_fix_error(uint8_t *packet, uint32_t len, const uint8_t *before)
{
	uint32_t at = flow_quoted(packet, len);
	uint32_t size = (len - at) & ~1U;

	fix(packet + at - 6, sum(before + at, size), sum(packet + at, size));
}

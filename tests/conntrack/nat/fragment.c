// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets cut into fragments, and put together again: the test's own, so that
 * the engine is not its own witness.
 */
#include "oracle.h"

#define MORE4 0x2000
#define FRAGMENT6 44

static uint32_t header_len(const uint8_t *packet)
{
	return packet[0] >> 4 == 6 ? 40 : (packet[0] & 15) * 4U;
}

static void finish4(struct oracle_packet *packet, uint16_t fragment)
{
	uint8_t *ip = packet->bytes;
	uint32_t sum = 0, i;

	put_unaligned_be16((uint16_t)packet->len, ip + 2);
	put_unaligned_be16(fragment, ip + 6);
	put_unaligned_be16(0, ip + 10);
	for (i = 0; i < header_len(ip); i += 2)
		sum += get_unaligned_be16(ip + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_unaligned_be16((uint16_t)~sum, ip + 10);
}

static void finish6(struct oracle_packet *packet, uint16_t fragment,
		    uint32_t id)
{
	uint8_t *ip = packet->bytes;

	put_unaligned_be16((uint16_t)(packet->len - 40), ip + 4);
	ip[40] = ip[6];
	ip[41] = 0;
	ip[6] = FRAGMENT6;
	put_unaligned_be16(fragment, ip + 42);
	put_unaligned_be32(id, ip + 44);
}

uint32_t fragment_cut(const struct oracle_packet *packet, uint32_t at,
		      uint32_t size, uint32_t id,
		      struct oracle_packet *fragment)
{
	uint32_t header = header_len(packet->bytes);
	uint32_t left = packet->len - header - at,
		 n = left > size ? size : left;
	bool is_ipv6 = packet->bytes[0] >> 4 == 6, is_last = n == left;
	uint32_t extra = is_ipv6 ? 8 : 0;

	fragment->side = packet->side;
	fragment->len = header + extra + n;
	memcpy(fragment->bytes, packet->bytes, header);
	memcpy(fragment->bytes + header + extra, packet->bytes + header + at,
	       n);
	if (is_ipv6) {
		finish6(fragment, (uint16_t)(at | !is_last), id);
	} else {
		put_unaligned_be16((uint16_t)id, fragment->bytes + 4);
		finish4(fragment, (uint16_t)(at / 8 | (is_last ? 0 : MORE4)));
	}
	return is_last ? 0 : at + n;
}

static bool join4(struct oracle_packet *whole,
		  const struct oracle_packet *fragment)
{
	uint32_t header = header_len(fragment->bytes);
	uint16_t field = get_unaligned_be16(fragment->bytes + 6);
	uint32_t at = (field & 0x1fffU) * 8;

	if (!(field & 0x3fff))
		return false;
	if (!at)
		memcpy(whole->bytes, fragment->bytes, header);
	memcpy(whole->bytes + header + at, fragment->bytes + header,
	       fragment->len - header);
	whole->len = at + fragment->len;
	finish4(whole, 0);
	return true;
}

/* Where the next header is named of the fragment header; 0: there is none. */
static uint32_t find_fragment6(const uint8_t *ip, uint32_t len, uint32_t *at)
{
	uint32_t named = 6;

	*at = 40;
	while (ip[named] == 0 || ip[named] == 43 || ip[named] == 60) {
		named = *at;
		*at += (ip[named + 1] + 1U) * 8;
		if (*at + 8 > len)
			return 0;
	}
	return ip[named] == FRAGMENT6 ? named : 0;
}

static bool join6(struct oracle_packet *whole,
		  const struct oracle_packet *fragment)
{
	const uint8_t *ip = fragment->bytes;
	uint32_t head, named = find_fragment6(ip, fragment->len, &head), at;
	uint16_t field;

	if (!named)
		return false;
	field = get_unaligned_be16(ip + head + 2);
	at = field & 0xfff8U;
	if (!at) {
		memcpy(whole->bytes, ip, head);
		whole->bytes[named] = ip[head];
	}
	memcpy(whole->bytes + head + at, ip + head + 8,
	       fragment->len - head - 8);
	whole->len = at + fragment->len - 8;
	put_unaligned_be16((uint16_t)(whole->len - 40), whole->bytes + 4);
	return true;
}

bool fragment_join(struct oracle_packet *whole,
		   const struct oracle_packet *fragment)
{
	whole->side = fragment->side;
	return fragment->bytes[0] >> 4 == 6 ? join6(whole, fragment)
					    : join4(whole, fragment);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations without TCP: datagrams, echoes, errors, fragments, SCTP and
 * protocols that nobody tracks.
 */
#include <string.h>

#include "talk.h"

static uint16_t some(struct talk *talk)
{
	return (uint16_t)talk_below(talk, TALK_PAYLOAD_MAX);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint8_t icmp_protocol(const struct talk *talk)
{
	return talk->is_ipv6 ? 58 : 1;
}

/* A length in the header that is not that of the packet. */
static void udp_lie(struct talk *talk, int from)
{
	uint8_t udp[64] = { 0 };
	struct body body = {
		.protocol = 17, .bytes = udp, .check = 6, .has_pseudo = true
	};

	body.len = 4 + talk_below(talk, 40);
	put16(udp, talk->end[from].port);
	put16(udp + 2, talk->end[!from].port);
	put16(udp + 4, talk_below(talk, 100));
	if (body.len < 8)
		body.check = -1;
	talk_send(talk, from, &body);
}

void script_udp(struct talk *talk)
{
	uint32_t n = 1 + talk_below(talk, 12);

	while (n--) {
		int from = talk_chance(talk, 600) ? 0 : 1;

		if (talk_chance(talk, 50))
			udp_lie(talk, from);
		else
			talk_udp(talk, from, some(talk));
	}
}

static void echo(struct talk *talk, int from, uint8_t type, uint8_t code)
{
	uint8_t icmp[64] = { type, code };
	struct body body = { .protocol = icmp_protocol(talk),
			     .bytes = icmp,
			     .len = 8 + talk_below(talk, 56),
			     .check = 2,
			     .has_pseudo = talk->is_ipv6 };

	if (talk_chance(talk, 20))
		body.len = 4 + talk_below(talk, 6);
	put16(icmp + 4, talk->end[0].port);
	put16(icmp + 6, talk_below(talk, 5));
	talk_send(talk, from, &body);
}

/* Requests, replies, and types that are neither. */
void script_icmp(struct talk *talk)
{
	static const uint8_t v4[] = { 8,  0,  8, 0,  13, 14, 15, 16,
				      17, 18, 9, 10, 30, 42, 43 };
	static const uint8_t v6[] = { 128, 129, 128, 129, 130, 131, 133, 134,
				      135, 136, 143, 139, 140, 127, 200 };
	const uint8_t *types = talk->is_ipv6 ? v6 : v4;
	uint32_t n = 1 + talk_below(talk, 10);

	while (n--) {
		int from = (int)talk_below(talk, 2);
		uint8_t type = talk_chance(talk, 800)
				       ? types[from]
				       : types[talk_below(talk, sizeof(v4))];

		echo(talk, from, type,
		     talk_chance(talk, 950) ? 0
					    : (uint8_t)talk_below(talk, 20));
	}
}

static size_t build_udp(struct talk *talk, int from, uint8_t *packet)
{
	uint8_t udp[32] = { 0 };
	struct body body = { .protocol = 17,
			     .bytes = udp,
			     .len = 32,
			     .check = 6,
			     .has_pseudo = true };

	put16(udp, talk->end[from].port);
	put16(udp + 2, talk->end[!from].port);
	put16(udp + 4, 32);
	return talk_build(talk, from, &body, packet);
}

/* Errors about a datagram: as it was, cut, changed, about an error. */
static void err(struct talk *talk, int about)
{
	static const uint8_t types[2][7] = { { 3, 4, 5, 11, 12, 3, 11 },
					     { 1, 2, 3, 4, 137, 1, 100 } };
	uint8_t packet[TALK_FRAME_MAX];
	size_t len = build_udp(talk, about, packet);
	size_t header = talk->is_ipv6 ? 40 : 20;

	if (talk_chance(talk, 200))
		len = header + talk_below(talk, 12);
	if (talk_chance(talk, 50))
		len = talk_below(talk, (uint32_t)header);
	if (talk_chance(talk, 150))
		packet[talk_below(talk, 60)] ^= 1 << talk_below(talk, 8);
	talk_error(talk, talk_chance(talk, 900) ? !about : about,
		   types[talk->is_ipv6][talk_below(talk, 7)],
		   (uint8_t)talk_below(talk, 16), packet, len);
}

void script_errors(struct talk *talk)
{
	uint32_t n = 1 + talk_below(talk, 10);

	while (n--) {
		int from = (int)talk_below(talk, 2);

		if (talk_chance(talk, 500))
			talk_udp(talk, from, some(talk));
		else
			err(talk, from);
	}
}

/* Datagrams in pieces, some of which get lost or come twice. */
void script_fragments(struct talk *talk)
{
	uint32_t n = 1 + talk_below(talk, 5);

	while (n--) {
		uint8_t udp[4000] = { 0 };
		struct body body = { .protocol = 17,
				     .bytes = udp,
				     .check = 6,
				     .has_pseudo = true };
		int from = (int)talk_below(talk, 2);

		body.len = 200 + talk_below(talk, 3800);
		put16(udp, talk->end[from].port);
		put16(udp + 2, talk->end[!from].port);
		put16(udp + 4, (uint32_t)body.len);
		talk_send_fragments(talk, from, &body,
				    64 + talk_below(talk, 1300),
				    talk_chance(talk, 500));
	}
}

static uint32_t crc32c(const uint8_t *bytes, size_t len)
{
	uint32_t crc = ~0U;

	while (len--) {
		crc ^= *bytes++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* RFC 9260, 3: a common header and chunks. */
static void sctp(struct talk *talk, int from, uint32_t tag, const uint8_t *type,
		 int n_chunks)
{
	uint8_t bytes[128] = { 0 };
	struct body body = {
		.protocol = 132, .bytes = bytes, .len = 12, .check = -1
	};
	uint32_t crc;

	put16(bytes, talk->end[from].port);
	put16(bytes + 2, talk->end[!from].port);
	put32(bytes + 4, tag);
	while (n_chunks--) {
		uint8_t *chunk = bytes + body.len;

		chunk[0] = *type++;
		chunk[1] = talk_chance(talk, 50);
		put16(chunk + 2, 20);
		/* initiate tag of INIT and INIT ACK */
		put32(chunk + 4, talk->end[from].isn);
		body.len += 20;
	}
	crc = crc32c(bytes, body.len);
	if (talk_chance(talk, talk->damage))
		crc ^= 1;
	bytes[8] = (uint8_t)crc;
	bytes[9] = (uint8_t)(crc >> 8);
	bytes[10] = (uint8_t)(crc >> 16);
	bytes[11] = (uint8_t)(crc >> 24);
	talk_send(talk, from, &body);
}

/* INIT 1, INIT ACK 2, COOKIE ECHO 10, COOKIE ACK 11, DATA 0, SACK 3,
 * HEARTBEAT 4 5, ABORT 6, SHUTDOWN 7, ACK 8, COMPLETE 14, ERROR 9 */
static void sctp_any(struct talk *talk)
{
	static const uint8_t types[] = { 0, 1, 2,  3,  4,  5,  6,  7,
					 8, 9, 10, 11, 14, 12, 63, 192 };
	uint8_t chunks[3];
	int from = (int)talk_below(talk, 2), n = 1;
	uint32_t tag = talk->end[!from].isn;

	if (talk_chance(talk, 150))
		n += (int)talk_below(talk, 3);
	for (int i = 0; i < n; i++)
		chunks[i] = types[talk_below(talk, sizeof(types))];
	if (chunks[0] == 1 || talk_chance(talk, 50))
		tag = 0;
	if (talk_chance(talk, 50))
		tag = talk_random(talk);
	sctp(talk, from, tag, chunks, n);
}

static void sctp_say(struct talk *talk, int from, uint8_t type)
{
	sctp(talk, from, type == 1 ? 0 : talk->end[!from].isn, &type, 1);
}

void script_sctp(struct talk *talk)
{
	static const uint8_t good[][2] = {
		{ 0, 1 }, { 1, 2 }, { 0, 10 }, { 1, 11 }, { 0, 0 },
		{ 1, 3 }, { 1, 0 }, { 0, 3 },  { 0, 4 },  { 1, 5 },
		{ 0, 7 }, { 1, 8 }, { 0, 14 },
	};
	uint32_t n = talk_below(talk, 16);
	size_t i;

	talk->end[0].isn = talk_random(talk);
	talk->end[1].isn = talk_random(talk);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (talk_chance(talk, 900))
			sctp_say(talk, good[i][0], good[i][1]);
		if (talk_chance(talk, 100))
			sctp_any(talk);
	}
	while (n--)
		sctp_any(talk);
}

/* GRE, UDP-Lite, DCCP, ESP and what has no name. */
void script_protocol(struct talk *talk)
{
	static const uint8_t protocols[] = { 47, 136, 33, 50, 253, 4, 2, 89 };
	uint8_t bytes[64] = { 0 };
	struct body body = { .bytes = bytes, .check = -1 };
	uint32_t n = 1 + talk_below(talk, 6);

	body.protocol = protocols[talk_below(talk, sizeof(protocols))];
	while (n--) {
		int from = (int)talk_below(talk, 2);

		body.len = talk_below(talk, sizeof(bytes));
		put16(bytes, talk->end[from].port);
		put16(bytes + 2, talk->end[!from].port);
		put16(bytes + 4, body.protocol == 136 ? 0 : 16);
		put16(bytes + 8, 0x5000 | talk_below(talk, 16) << 1);
		if (body.protocol == 47)
			put16(bytes + 2, 0x0800);
		talk_send(talk, from, &body);
	}
}

const struct script talk_scripts[] = {
	{ "tcp", 30, script_tcp },
	{ "tcp simultaneous open", 8, script_tcp_simultaneous },
	{ "tcp from the middle", 8, script_tcp_middle },
	{ "tcp one way", 6, script_tcp_one_way },
	{ "tcp port reuse", 10, script_tcp_reuse },
	{ "tcp challenge ACK", 6, script_tcp_challenge },
	{ "tcp walk", 10, script_tcp_walk },
	{ "tcp wild", 12, script_tcp_wild },
	{ "udp", 5, script_udp },
	{ "icmp", 5, script_icmp },
	{ "icmp errors", 5, script_errors },
	{ "fragments", 3, script_fragments },
	{ "sctp", 5, script_sctp },
	{ "other protocols", 3, script_protocol },
};

const size_t talk_n_scripts = sizeof(talk_scripts) / sizeof(talk_scripts[0]);

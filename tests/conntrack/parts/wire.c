// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of conversations: headers, checksums, and what happens on the way.
 */
#include <stdlib.h>
#include <string.h>

#include "talk.h"

#define ETHERNET 14
#define LATE_US 4000

/* splitmix64 */
uint32_t talk_random(struct talk *talk)
{
	uint64_t z = talk->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (uint32_t)((z ^ z >> 31) >> 16);
}

uint32_t talk_below(struct talk *talk, uint32_t bound)
{
	return (uint32_t)((uint64_t)talk_random(talk) * bound >> 32);
}

bool talk_chance(struct talk *talk, uint32_t thousandth)
{
	return talk_below(talk, 1000) < thousandth;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t sum(const uint8_t *bytes, size_t len, uint32_t start)
{
	uint64_t total = start;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		total += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (len & 1)
		total += (uint32_t)(bytes[len - 1] << 8);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint32_t)total;
}

static size_t address_len(const struct talk *talk)
{
	return talk->is_ipv6 ? 16 : 4;
}

static uint32_t pseudo(const struct talk *talk, const struct body *body)
{
	uint32_t total = (uint32_t)body->len + body->protocol;

	total = sum(talk->end[0].address, address_len(talk), total);
	return sum(talk->end[1].address, address_len(talk), total);
}

/* 20 bytes; @offset with flags as in the header */
static void put_ipv4(struct talk *talk, int from, uint8_t protocol, size_t len,
		     uint32_t offset, uint16_t id, uint8_t *ip)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)len + 20);
	put16(ip + 4, id);
	put16(ip + 6, offset);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, talk->end[from].address, 4);
	memcpy(ip + 16, talk->end[!from].address, 4);
	put16(ip + 10, ~sum(ip, 20, 0));
}

static void put_ipv6(struct talk *talk, int from, uint8_t protocol, size_t len,
		     uint8_t *ip)
{
	memset(ip, 0, 8);
	ip[0] = 0x60;
	put16(ip + 4, (uint32_t)len);
	ip[6] = protocol;
	ip[7] = 64;
	memcpy(ip + 8, talk->end[from].address, 16);
	memcpy(ip + 24, talk->end[!from].address, 16);
}

static size_t network_len(const struct talk *talk)
{
	return talk->is_ipv6 ? 40 : 20;
}

static void put_check(struct talk *talk, const struct body *body,
		      uint8_t *bytes)
{
	uint32_t check;

	if (body->check < 0)
		return;
	check = sum(body->bytes, body->len,
		    body->has_pseudo ? pseudo(talk, body) : 0);
	check = ~check & 0xffff;
	if (!check)
		check = 0xffff;
	if (talk_chance(talk, talk->damage))
		check ^= 1U << talk_below(talk, 16);
	put16(bytes + body->check, check);
}

/* Four bytes of options that say nothing. */
static size_t put_options4(uint8_t *ip)
{
	memset(ip + 20, 1, 4);
	ip[0]++;
	put16(ip + 2, (uint32_t)(ip[2] << 8 | ip[3]) + 4);
	put16(ip + 10, 0);
	put16(ip + 10, ~sum(ip, 24, 0));
	return 4;
}

/* Hop-by-hop or destination options, or both; padding all of them. */
static size_t put_extensions(struct talk *talk, uint8_t *ip)
{
	static const uint8_t kinds[] = { 0, 60, 43 };
	size_t n = 1 + talk_below(talk, 2), i;
	uint8_t last = ip[6];

	for (i = 0; i < n; i++) {
		uint8_t *header = ip + 40 + i * 8;
		uint8_t kind = i ? 60 : kinds[talk_below(talk, 3)];

		memset(header, 0, 8);
		header[0] = last;
		/* padding; a routing header whose segments are all done */
		header[2] = kind == 43 ? 4 : 1;
		header[3] = kind == 43 ? 0 : 4;
		if (i)
			header[-8] = kind;
		else
			ip[6] = kind;
	}
	put16(ip + 4, (uint32_t)(ip[4] << 8 | ip[5]) + (uint32_t)n * 8);
	return n * 8;
}

size_t talk_build(struct talk *talk, int from, const struct body *body,
		  uint8_t *packet)
{
	size_t header = network_len(talk);

	if (talk->is_ipv6)
		put_ipv6(talk, from, body->protocol, body->len, packet);
	else
		put_ipv4(talk, from, body->protocol, body->len, 0x4000,
			 (uint16_t)talk->n, packet);
	if (talk_chance(talk, talk->extra))
		header += talk->is_ipv6 ? put_extensions(talk, packet)
					: put_options4(packet);
	memcpy(packet + header, body->bytes, body->len);
	put_check(talk, body, packet + header);
	return header + body->len;
}

/* What came by at that time. */
static void capture(struct talk *talk, const uint8_t *packet, size_t len,
		    uint64_t when)
{
	struct frame *frame;

	if (talk->n == talk->room) {
		talk->room = talk->room ? talk->room * 2 : 64;
		talk->frames = realloc(talk->frames,
				       talk->room * sizeof(*talk->frames));
		if (!talk->frames)
			abort();
	}
	frame = &talk->frames[talk->n];
	frame->bytes = malloc(ETHERNET + len);
	if (!frame->bytes)
		abort();
	memset(frame->bytes, 0, ETHERNET);
	frame->bytes[0] = 6;
	frame->bytes[5] = talk->kind;
	frame->bytes[6] = 6;
	put32(frame->bytes + 8, talk->number);
	put16(frame->bytes + 12, talk->is_ipv6 ? 0x86dd : 0x0800);
	memcpy(frame->bytes + ETHERNET, packet, len);
	frame->len = (uint32_t)(ETHERNET + len);
	frame->when = when;
	frame->order = (uint32_t)talk->n++;
}

/* Loss, delay and duplication. */
static void pass(struct talk *talk, const uint8_t *packet, size_t len)
{
	uint64_t when = talk->now;

	talk->now += 50 + talk_below(talk, 1000);
	if (talk_chance(talk, talk->loss))
		return;
	if (talk_chance(talk, talk->late))
		when += talk_below(talk, LATE_US);
	capture(talk, packet, len, when);
	if (talk_chance(talk, talk->twice))
		capture(talk, packet, len, when + talk_below(talk, LATE_US));
}

void talk_send(struct talk *talk, int from, const struct body *body)
{
	uint8_t packet[TALK_FRAME_MAX];

	pass(talk, packet, talk_build(talk, from, body, packet));
}

static void send_fragment(struct talk *talk, int from, const struct body *body,
			  const uint8_t *bytes, size_t at, size_t len)
{
	uint8_t packet[TALK_FRAME_MAX];
	bool more = at + len < body->len;
	uint16_t id = (uint16_t)(talk->number + talk->now / 100000);

	if (!talk->is_ipv6) {
		put_ipv4(talk, from, body->protocol, len,
			 (uint32_t)(at / 8) | (more ? 0x2000 : 0), id, packet);
		memcpy(packet + 20, bytes + at, len);
		pass(talk, packet, len + 20);
		return;
	}
	put_ipv6(talk, from, 44, len + 8, packet);
	memset(packet + 40, 0, 8);
	packet[40] = body->protocol;
	put16(packet + 42, (uint32_t)at | more);
	put32(packet + 44, id);
	memcpy(packet + 48, bytes + at, len);
	pass(talk, packet, len + 48);
}

/* From anywhere, of any length. */
static void send_stray(struct talk *talk, int from, const struct body *body,
		       const uint8_t *bytes)
{
	size_t len = 8 * (1 + talk_below(talk, 100));
	size_t at = 8 * talk_below(talk, (uint32_t)(body->len / 8));

	if (at + len > body->len)
		len = body->len - at;
	send_fragment(talk, from, body, bytes, at, len);
}

void talk_send_fragments(struct talk *talk, int from, const struct body *body,
			 size_t size, bool is_mixed)
{
	uint8_t bytes[TALK_FRAME_MAX];
	size_t at, i, n, order[1024];

	memcpy(bytes, body->bytes, body->len);
	put_check(talk, body, bytes);
	size &= ~(size_t)7;
	n = (body->len + size - 1) / size;
	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; is_mixed && i > 1; i--) {
		at = talk_below(talk, (uint32_t)i);
		n = order[at];
		order[at] = order[i - 1];
		order[i - 1] = n;
	}
	n = (body->len + size - 1) / size;
	talk->now = (talk->now / 100000 + 1) * 100000;
	for (i = 0; i < n; i++) {
		at = order[i] * size;
		send_fragment(talk, from, body, bytes, at,
			      at + size < body->len ? size : body->len - at);
		if (talk_chance(talk, 30))
			send_stray(talk, from, body, bytes);
	}
}

static size_t put_syn_options(const struct end *end, uint8_t *at)
{
	size_t n = 4;

	at[0] = 2;
	at[1] = 4;
	put16(at + 2, 1400);
	if (end->scale >= 0) {
		at[n] = 1;
		at[n + 1] = 3;
		at[n + 2] = 3;
		at[n + 3] = (uint8_t)end->scale;
		n += 4;
	}
	if (end->may_sack) {
		at[n] = 1;
		at[n + 1] = 1;
		at[n + 2] = 4;
		at[n + 3] = 2;
		n += 4;
	}
	return n;
}

static size_t put_stamp(const struct talk *talk, uint8_t *at)
{
	at[0] = 1;
	at[1] = 1;
	at[2] = 8;
	at[3] = 10;
	put32(at + 4, (uint32_t)(talk->now / 1000));
	put32(at + 8, (uint32_t)(talk->now / 1000) - 7);
	return 12;
}

static size_t put_sack(const struct segment *segment, uint8_t *at)
{
	size_t i;

	at[0] = 1;
	at[1] = 1;
	at[2] = 5;
	at[3] = (uint8_t)(2 + segment->n_sack * 8);
	for (i = 0; i < segment->n_sack; i++) {
		put32(at + 4 + i * 8, segment->sack[i][0]);
		put32(at + 8 + i * 8, segment->sack[i][1]);
	}
	return 4 + (size_t)segment->n_sack * 8;
}

static size_t put_options(struct talk *talk, const struct end *end,
			  const struct segment *segment, uint8_t *at)
{
	size_t n = 0;

	if (segment->has_syn_options)
		n += put_syn_options(end, at);
	if (end->may_stamp && n + 12 <= 40)
		n += put_stamp(talk, at + n);
	if (segment->n_sack && n + 4 + segment->n_sack * 8U <= 40)
		n += put_sack(segment, at + n);
	if (segment->has_bad_options && n + 4 <= 40) {
		at[n] = 30;
		at[n + 1] = (uint8_t)talk_below(talk, 256);
		at[n + 2] = (uint8_t)talk_below(talk, 256);
		at[n + 3] = (uint8_t)talk_below(talk, 256);
		n += 4;
	}
	return n;
}

/* Payload is letters, so that no helper takes it for anything. */
static void fill(uint8_t *at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		at[i] = (uint8_t)('a' + i % 26);
}

static size_t put_tcp(struct talk *talk, int from,
		      const struct segment *segment, uint8_t *tcp)
{
	const struct end *end = &talk->end[from];
	size_t n;

	memset(tcp, 0, 20);
	put16(tcp, end->port);
	put16(tcp + 2, talk->end[!from].port);
	put32(tcp + 4, segment->seq);
	put32(tcp + 8, segment->ack);
	n = 20 + put_options(talk, end, segment, tcp + 20);
	tcp[12] = (uint8_t)((segment->offset ? segment->offset : n / 4) << 4);
	tcp[13] = segment->flags;
	put16(tcp + 14, segment->window);
	fill(tcp + n, segment->len);
	return n + segment->len;
}

size_t talk_build_tcp(struct talk *talk, int from,
		      const struct segment *segment, uint8_t *bytes)
{
	uint8_t tcp[60 + TALK_PAYLOAD_MAX];
	struct body body = {
		.protocol = 6, .bytes = tcp, .check = 16, .has_pseudo = true
	};

	body.len = put_tcp(talk, from, segment, tcp);
	return talk_build(talk, from, &body, bytes);
}

void talk_tcp(struct talk *talk, int from, const struct segment *segment)
{
	uint8_t packet[TALK_FRAME_MAX];

	pass(talk, packet, talk_build_tcp(talk, from, segment, packet));
}

void talk_udp(struct talk *talk, int from, uint16_t len)
{
	uint8_t udp[8 + TALK_PAYLOAD_MAX] = { 0 };
	struct body body = { .protocol = 17,
			     .bytes = udp,
			     .len = 8U + len,
			     .check = 6,
			     .has_pseudo = true };

	put16(udp, talk->end[from].port);
	put16(udp + 2, talk->end[!from].port);
	put16(udp + 4, len + 8U);
	fill(udp + 8, len);
	if (!talk->is_ipv6 && talk_chance(talk, 100))
		body.check = -1;
	talk_send(talk, from, &body);
}

void talk_error(struct talk *talk, int from, uint8_t type, uint8_t code,
		const uint8_t *about, size_t len)
{
	uint8_t icmp[8 + TALK_PAYLOAD_MAX] = { type, code };
	struct body body = { .protocol = talk->is_ipv6 ? 58 : 1,
			     .bytes = icmp,
			     .check = 2,
			     .has_pseudo = talk->is_ipv6 };

	if (len > TALK_PAYLOAD_MAX)
		len = TALK_PAYLOAD_MAX;
	put16(icmp + 6, 1280);
	memcpy(icmp + 8, about, len);
	body.len = 8 + len;
	talk_send(talk, from, &body);
}

void talk_free(struct talk *talk)
{
	size_t i;

	for (i = 0; i < talk->n; i++)
		free(talk->frames[i].bytes);
	free(talk->frames);
}

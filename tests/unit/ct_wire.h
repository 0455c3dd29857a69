/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a client, a server, and a router that translates between them
 *
 * Each side has a stream of bytes that the other must receive, whole and in
 * order, however its segments are cut, lost and repeated on the way.
 */
#ifndef TEST_CT_WIRE_H
#define TEST_CT_WIRE_H

#include <arpa/inet.h>

#include "ct_helpers.h"
#include "ct_nat.h"
#include "ct_packet.h"

#define WIRE_STREAM 8192
#define WIRE_NOTES 32
#define WIRE_SYN 0x02
#define WIRE_ACK 0x10
#define WIRE_FIN 0x01

/**
 * struct wire_end - one side of a connection, as that side sees it
 * @addr: its own address
 * @peer: the other's
 * @port: its own port
 * @peer_port: the other's
 * @next: sequence number of its next new byte
 * @peer_next: sequence number of the byte it waits for
 * @acked: up to where the other has what it sent
 * @got: bytes it received in order
 * @len: how many
 */
struct wire_end {
	union skald_addr addr;
	union skald_addr peer;
	u16 port;
	u16 peer_port;
	u32 next;
	u32 peer_next;
	u32 acked;
	char got[WIRE_STREAM];
	u32 len;
};

/**
 * struct wire - the router and both sides
 * @table: its table
 * @nat: its NAT
 * @is_ipv6: the family
 * @has_snat: sources become @snat
 * @has_dnat: destinations become @dnat
 * @client: who opened
 * @server: who answers
 * @told: what helpers said, newest last
 * @n_told: how often
 * @letter: state of the last packet
 * @verdict: of the last packet
 * @last: the last packet, as it left
 */
struct wire {
	struct skald_ct_table *table;
	struct skald_nat *nat;
	u64 now_ns;
	u32 random;
	bool is_ipv6;
	bool has_snat;
	bool has_dnat;
	union skald_addr snat;
	union skald_addr dnat;
	struct wire_end client;
	struct wire_end server;
	const char *told[WIRE_NOTES];
	u32 n_told;
	char letter;
	int verdict;
	struct packet last;
};

static inline union skald_addr wire_addr(const char *text)
{
	union skald_addr addr = { .words = { 0 } };

	cr_assert_eq(inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text,
			       addr.bytes),
		     1);
	return addr;
}

static inline u32 wire_random(void *user)
{
	struct wire *wire = user;

	wire->random = wire->random * 1664525u + 1013904223u;
	return wire->random ^ wire->random >> 16;
}

static inline void wire_tell(void *user, const struct skald_ct_note *note)
{
	struct wire *wire = user;

	if (note->kind == SKALD_CT_NOTE_HELPER ||
	    (note->kind == SKALD_CT_NOTE_DROP && note->text))
		wire->told[wire->n_told++ % WIRE_NOTES] = note->text;
}

static inline int wire_bind(void *user, struct skald_ct_packet *packet, u8 hook)
{
	struct wire *wire = user;
	bool is_source = hook == NF_INET_POST_ROUTING;
	struct skald_nat_range range = { .flags = SKALD_NAT_MAP_IPS };

	if (!(is_source ? wire->has_snat : wire->has_dnat))
		return NF_ACCEPT;
	range.min_addr = range.max_addr = is_source ? wire->snat : wire->dnat;
	return skald_nat_setup(packet, &range,
			       is_source ? SKALD_NAT_SRC : SKALD_NAT_DST);
}

static inline void wire_init(struct wire *wire)
{
	struct skald_ct_owner owner = { .user = wire,
					.random = wire_random,
					.tell = wire_tell };
	struct skald_ct_settings settings;

	memset(wire, 0, sizeof(*wire));
	wire->now_ns = 1000 * SKALD_NS_PER_S;
	wire->random = 1;
	skald_ct_settings_default(&settings);
	settings.buckets = 256;
	wire->table = skald_ct_table_new(&settings, &owner);
	cr_assert_not_null(wire->table);
	wire->nat = skald_nat_new(wire->table, 64);
	cr_assert_not_null(wire->nat);
}

static inline void wire_done(struct wire *wire)
{
	skald_ct_table_free(wire->table);
	skald_nat_free(wire->nat);
}

static inline bool wire_was_told(const struct wire *wire, const char *text)
{
	u32 i;

	for (i = 0; i < wire->n_told && i < WIRE_NOTES; i++)
		if (strstr(wire->told[i], text))
			return true;
	return false;
}

static inline void wire_attach(struct skald_ct_packet *packet)
{
	const struct skald_ct_tuple *tuple;
	const struct skald_ct_helper *helper;

	if (!packet->ct || packet->ct->help ||
	    skald_ct_is(packet->ct, SKALD_CT_CONFIRMED))
		return;
	tuple = skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	helper = skald_ct_helper_by_port(tuple->family, tuple->proto,
					 ntohs(tuple->dport));
	if (helper)
		skald_ct_help_attach(packet->ct, helper);
}

/* Whether a packet goes through; @packet is as it leaves then. */
static inline bool wire_route(struct wire *wire, struct packet *packet)
{
	const struct skald_nat_rules rules = { .user = wire,
					       .bind = wire_bind };
	struct skald_ct_packet track;

	wire->verdict = skald_ct_in(wire->table, &packet->room.view, NULL,
				    wire->now_ns, &track);
	wire->letter = skald_ct_state_letter(track.state);
	wire_attach(&track);
	if (wire->verdict == NF_ACCEPT)
		wire->verdict = skald_nat(&track, NF_INET_PRE_ROUTING, &rules);
	if (wire->verdict == NF_ACCEPT)
		wire->verdict = skald_nat(&track, NF_INET_POST_ROUTING, &rules);
	if (wire->verdict == NF_ACCEPT)
		wire->verdict = skald_ct_out(&track);
	skald_ct_done(&track);
	wire->last = *packet;
	wire->last.room.view.data = wire->last.data;
	wire->last.room.view.owner = &wire->last.room;
	if (wire->verdict == NF_ACCEPT)
		packet_expect_sound(packet);
	return wire->verdict == NF_ACCEPT;
}

static inline union skald_addr wire_packet_addr(const struct packet *packet,
						bool is_source)
{
	const struct skald_view *view = &packet->room.view;
	bool is_ipv4 = view->family == NFPROTO_IPV4;
	u32 at = is_ipv4 ? 12 : 8, size = is_ipv4 ? 4 : 16;
	union skald_addr addr = { .words = { 0 } };

	memcpy(addr.bytes, packet->data + at + (is_source ? 0 : size), size);
	return addr;
}

/* What a side makes of a segment that reaches it. */
static inline void wire_receive(struct wire_end *to,
				const struct packet *packet)
{
	const struct skald_view *view = &packet->room.view;
	const u8 *tcp = packet->data + view->transport;
	u32 seq = get_unaligned_be32(tcp + 4),
	    ack = get_unaligned_be32(tcp + 8);
	u32 header = (u32)(tcp[12] >> 4) * 4, len, skip;
	const u8 *bytes = tcp + header;

	len = view->end - view->transport - header;
	if (tcp[13] & WIRE_ACK) {
		cr_assert_leq((s32)(ack - to->next), 0, "acknowledges more");
		if ((s32)(ack - to->acked) > 0)
			to->acked = ack;
	}
	skip = to->peer_next - seq;
	if ((s32)skip < 0 || skip > len || !len)
		return;
	cr_assert_lt(to->len + len - skip, (u32)WIRE_STREAM);
	memcpy(to->got + to->len, bytes + skip, len - skip);
	to->len += len - skip;
	to->peer_next += len - skip;
}

static inline void wire_spec(const struct wire *wire,
			     const struct wire_end *from,
			     struct packet_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	spec->is_ipv6 = wire->is_ipv6;
	spec->proto = IPPROTO_TCP;
	memcpy(spec->src, from->addr.bytes, 16);
	memcpy(spec->dst, from->peer.bytes, 16);
	spec->sport = from->port;
	spec->dport = from->peer_port;
	spec->ack = from->peer_next;
	spec->flags = WIRE_ACK;
}

/* Bytes at a sequence number; true when they reached the other side. */
static inline bool wire_send_at(struct wire *wire, struct wire_end *from,
				u32 seq, const void *bytes, u32 len)
{
	struct wire_end *to =
		from == &wire->client ? &wire->server : &wire->client;
	struct packet_spec spec;
	struct packet packet;

	wire_spec(wire, from, &spec);
	spec.seq = seq;
	spec.payload = bytes;
	spec.len = len;
	if ((s32)(seq + len - from->next) > 0)
		from->next = seq + len;
	packet_make(&packet, &spec);
	if (!wire_route(wire, &packet))
		return false;
	wire_receive(to, &packet);
	return true;
}

/* New bytes, and the answer that acknowledges them. */
static inline bool wire_send(struct wire *wire, struct wire_end *from,
			     const char *text)
{
	struct wire_end *to =
		from == &wire->client ? &wire->server : &wire->client;

	return wire_send_at(wire, from, from->next, text, (u32)strlen(text)) &&
	       wire_send_at(wire, to, to->next, "", 0);
}

/* The server learns from the first packet who the client seems to be. */
static inline void wire_open(struct wire *wire, const char *client,
			     const char *server, u16 port)
{
	struct packet_spec spec;
	struct packet packet;

	wire->is_ipv6 = strchr(client, ':');
	wire->client = (struct wire_end){ .addr = wire_addr(client),
					  .peer = wire_addr(server),
					  .port = 40001,
					  .peer_port = port,
					  .next = 0xfffffff0,
					  .acked = 0xfffffff0 };
	wire_spec(wire, &wire->client, &spec);
	spec.flags = WIRE_SYN;
	spec.seq = wire->client.next++;
	spec.ack = 0;
	packet_make(&packet, &spec);
	cr_assert(wire_route(wire, &packet));
	wire->server = (struct wire_end){
		.addr = wire_packet_addr(&packet, false),
		.peer = wire_packet_addr(&packet, true),
		.port = get_unaligned_be16(packet.data +
					   packet.room.view.transport + 2),
		.peer_port = get_unaligned_be16(packet.data +
						packet.room.view.transport),
		.next = 5000,
		.acked = 5000,
		.peer_next = wire->client.next,
	};
	wire_spec(wire, &wire->server, &spec);
	spec.flags = WIRE_SYN | WIRE_ACK;
	spec.seq = wire->server.next++;
	packet_make(&packet, &spec);
	cr_assert(wire_route(wire, &packet));
	wire->client.peer_next = wire->server.next;
	wire->client.acked = wire->client.next;
	cr_assert(wire_send_at(wire, &wire->client, wire->client.next, "", 0));
}

/* The first packet of another connection; its letter. */
static inline char wire_syn(struct wire *wire, const union skald_addr *src,
			    u16 sport, const union skald_addr *dst, u16 dport)
{
	struct wire_end end = {
		.addr = *src, .peer = *dst, .port = sport, .peer_port = dport
	};
	struct packet_spec spec;
	struct packet packet;

	wire_spec(wire, &end, &spec);
	spec.flags = WIRE_SYN;
	spec.ack = 0;
	spec.seq = 77;
	packet_make(&packet, &spec);
	wire_route(wire, &packet);
	return wire->letter;
}

#endif /* TEST_CT_WIRE_H */

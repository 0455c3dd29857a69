// SPDX-License-Identifier: GPL-2.0-only
/*
 * H.323: messages written bit by bit as X.691 says, read, and what follows
 * from them.
 */
#include "ct_h323.h"
#include "ct_wire.h"

/* ---- writing ---- */

struct writer {
	u8 bytes[512];
	u32 at; /* bits */
};

static void bits(struct writer *w, u32 n, u32 value)
{
	while (n--) {
		if (value >> n & 1)
			w->bytes[w->at / 8] |= (u8)(0x80 >> w->at % 8);
		w->at++;
	}
}

static void aligned(struct writer *w, u32 octets, u32 value)
{
	w->at = (w->at + 7) & ~7u;
	bits(w, 8 * octets, value);
}

static void raw(struct writer *w, const void *bytes, u32 len)
{
	const u8 *from = bytes;

	while (len--)
		aligned(w, 1, *from++);
}

static void open_type(struct writer *w, const struct writer *inner)
{
	u32 len = (inner->at + 7) / 8;

	aligned(w, 1, len);
	raw(w, inner->bytes, len);
}

static void ip_port(struct writer *w, u32 ip, u16 port)
{
	aligned(w, 4, ip);
	aligned(w, 2, port);
}

/* H.225.0's TransportAddress: ipAddress. */
static void transport(struct writer *w, u32 ip, u16 port)
{
	bits(w, 4, 0);
	ip_port(w, ip, port);
}

/* H.245's TransportAddress: unicastAddress, iPAddress. */
static void h245_address(struct writer *w, u32 ip, u16 port)
{
	bits(w, 2, 0);
	bits(w, 4, 0);
	bits(w, 1, 0);
	ip_port(w, ip, port);
}

static void protocol_id(struct writer *w)
{
	raw(w, "\x06\x00\x08\x91\x4a\x00\x04", 7);
}

/* EndpointType and VendorIdentifier with nothing that is optional. */
static void endpoint(struct writer *w)
{
	bits(w, 1 + 6 + 2, 0);
}

static void vendor(struct writer *w)
{
	bits(w, 1 + 2 + 1, 0);
	aligned(w, 1, 181);
	aligned(w, 1, 0);
	aligned(w, 2, 1);
}

/* OpenLogicalChannel of audio, with both addresses. */
static void open_channel(struct writer *w, u32 ip, u16 port)
{
	struct writer h2250 = { .at = 0 };

	bits(w, 2, 0);
	aligned(w, 2, 100);
	bits(w, 2, 0);
	bits(w, 4, 3); /* audioData */
	bits(w, 5, 1); /* g711Alaw64k */
	aligned(w, 1, 19);
	bits(w, 1, 1); /* the first of those added: h2250 */
	bits(w, 7, 0);
	bits(&h2250, 1, 0);
	bits(&h2250, 10, 0x0a0);
	aligned(&h2250, 1, 1);
	h245_address(&h2250, ip, port);
	h245_address(&h2250, ip, port | 1);
	open_type(w, &h2250);
}

/* A Q.931 message with its TPKT; type as of call signalling. */
static u32 tpkt(u8 *bytes, u8 type, const struct writer *user)
{
	u32 len = (user->at + 7) / 8, at = 4;
	const u8 head[] = { 8, 2,    0x12, 0x34, type,		0x04,
			    1, 0x88, 0x7e, 0,	 (u8)(len + 1), 5 };

	memcpy(bytes + at, head, sizeof(head));
	at += sizeof(head);
	memcpy(bytes + at, user->bytes, len);
	at += len;
	bytes[0] = 3;
	bytes[1] = 0;
	put_unaligned_be16((u16)at, bytes + 2);
	return at;
}

/* SETUP: both ends, and a fast start. */
static u32 setup(u8 *bytes)
{
	struct writer w = { .at = 0 }, list = { .at = 0 };
	struct writer channel = { .at = 0 };

	bits(&w, 2, 0); /* H323-UserInformation */
	bits(&w, 2, 0); /* H323-UU-PDU */
	bits(&w, 4, 0); /* setup */
	bits(&w, 1, 1);
	bits(&w, 7, 0x08); /* destCallSignalAddress */
	protocol_id(&w);
	endpoint(&w);
	transport(&w, 0xc0000201, 1720);
	bits(&w, 1, 0);
	raw(&w, "0123456789abcdef", 16);
	bits(&w, 3, 0);
	bits(&w, 3, 0);
	/* of what was added: sourceCallSignalAddress and fastStart */
	bits(&w, 7, 6);
	bits(&w, 7, 0x41);
	transport(&list, 0x0a000001, 40001);
	open_type(&w, &list);
	memset(&list, 0, sizeof(list));
	aligned(&list, 1, 1);
	open_channel(&channel, 0x0a000001, 5000);
	open_type(&list, &channel);
	open_type(&w, &list);
	return tpkt(bytes, 5, &w);
}

/* CONNECT: where H.245 is. */
static u32 connected(u8 *bytes)
{
	struct writer w = { .at = 0 };

	bits(&w, 4, 0);
	bits(&w, 4, 2); /* connect */
	bits(&w, 1, 0);
	bits(&w, 1, 1); /* h245Address */
	protocol_id(&w);
	transport(&w, 0xc0000201, 6000);
	endpoint(&w);
	raw(&w, "0123456789abcdef", 16);
	return tpkt(bytes, 7, &w);
}

static u32 registration(u8 *bytes)
{
	struct writer w = { .at = 0 };

	bits(&w, 6, SKALD_RAS_RRQ);
	bits(&w, 4, 0);
	aligned(&w, 2, 7);
	protocol_id(&w);
	bits(&w, 1, 0);
	aligned(&w, 1, 1);
	transport(&w, 0x0a000001, 1720);
	aligned(&w, 1, 1);
	transport(&w, 0x0a000001, 40001);
	endpoint(&w);
	vendor(&w);
	memcpy(bytes, w.bytes, (w.at + 7) / 8);
	return (w.at + 7) / 8;
}

/* ---- reading ---- */

static const struct skald_per_note *find(const struct skald_per_notes *notes,
					 u8 mark)
{
	u32 i;

	for (i = 0; i < notes->n; i++)
		if (notes->note[i].mark == mark)
			return &notes->note[i];
	return NULL;
}

Test(ct_h323, addresses_are_found_where_they_stand)
{
	const struct skald_per_note *note;
	struct skald_per_notes notes;
	u8 bytes[512];
	u32 len = setup(bytes), start, end;

	start = skald_q931_find_user(bytes + 4, len - 4, &end);
	cr_assert_gt(start, 0u);
	cr_assert_eq(skald_per_walk(bytes + 4, end, start,
				    &skald_h323_user_information, &notes),
		     0);
	note = find(&notes, SKALD_H323_MESSAGE);
	cr_assert_not_null(note);
	cr_expect_eq(note->value, SKALD_Q931_SETUP);
	note = find(&notes, SKALD_H323_DEST_SIGNAL);
	cr_assert_not_null(note);
	cr_expect_eq(get_unaligned_be32(bytes + 4 + note->off), 0xc0000201);
	note = find(&notes, SKALD_H323_SOURCE_SIGNAL);
	cr_assert_not_null(note);
	cr_expect_eq(get_unaligned_be16(bytes + 8 + note->off), 40001);
	note = find(&notes, SKALD_H323_MEDIA);
	cr_assert_not_null(note);
	cr_expect_eq(get_unaligned_be16(bytes + 8 + note->off), 5000);
	cr_expect_eq(notes.n, 5u);
}

Test(ct_h323, a_message_cut_anywhere_is_read_within_its_bytes)
{
	const struct skald_per_type *const types[] = {
		&skald_h323_ras, &skald_h323_user_information,
		&skald_h323_control
	};
	struct skald_per_notes notes;
	u8 whole[512], *bytes;
	u32 len = setup(whole), cut, from, i, j;

	for (cut = 0; cut < len; cut++) {
		bytes = malloc(cut);
		memcpy(bytes, whole, cut);
		for (from = 0; from <= cut + 1; from += 5)
			for (i = 0; i < ARRAY_SIZE(types); i++) {
				skald_per_walk(bytes, cut, from, types[i],
					       &notes);
				for (j = 0; j < notes.n; j++)
					cr_expect_leq(notes.note[j].off, cut);
			}
		if (cut)
			skald_tpkt_frame(bytes, cut);
		skald_q931_find_user(bytes, cut, &i);
		free(bytes);
	}
}

/* ---- calls ---- */

static void send_cut(struct wire *wire, struct wire_end *from, const u8 *bytes,
		     u32 len, u32 cut)
{
	u32 seq = from->next;

	cut = min(cut, len);
	cr_assert(wire_send_at(wire, from, seq, bytes, cut));
	if (cut < len)
		cr_assert(wire_send_at(wire, from, seq + cut, bytes + cut,
				       len - cut));
}

static char medium(struct wire *wire, const union skald_addr *src, u16 sport,
		   const union skald_addr *dst, u16 dport)
{
	struct packet_spec spec = { .proto = IPPROTO_UDP,
				    .sport = sport,
				    .dport = dport,
				    .payload = "rtp",
				    .len = 3 };
	struct packet packet;

	memcpy(spec.src, src, 16);
	memcpy(spec.dst, dst, 16);
	packet_make(&packet, &spec);
	wire_route(wire, &packet);
	return wire->letter;
}

Test(ct_h323, media_and_their_control_are_expected)
{
	struct wire wire;
	u8 bytes[512];
	u32 cut, len;

	for (cut = 1; cut < 512; cut += 9) {
		wire_init(&wire);
		wire_open(&wire, "10.0.0.1", "192.0.2.1", 1720);
		len = setup(bytes);
		send_cut(&wire, &wire.client, bytes, len, cut);
		cr_expect_eq(wire.table->n_expects, 2u, "cut at %u", cut);
		len = connected(bytes);
		send_cut(&wire, &wire.server, bytes, len, cut);
		cr_expect_eq(wire.table->n_expects, 3u, "cut at %u", cut);
		cr_expect_eq(medium(&wire, &wire.server.addr, 9000,
				    &wire.client.addr, 5000),
			     'R');
		cr_expect_eq(medium(&wire, &wire.server.addr, 9001,
				    &wire.client.addr, 5001),
			     'R');
		cr_expect_eq(wire_syn(&wire, &wire.client.addr, 50000,
				      &wire.server.addr, 6000),
			     'R');
		wire_done(&wire);
	}
}

Test(ct_h323, the_connection_of_media_control_is_read_as_well)
{
	struct writer w = { .at = 0 };
	struct wire call, wire;
	u8 bytes[512];
	u32 len;

	wire_init(&wire);
	wire_open(&wire, "10.0.0.1", "192.0.2.1", 1720);
	len = connected(bytes);
	send_cut(&wire, &wire.server, bytes, len, len);
	call = wire;
	wire_open(&wire, "10.0.0.1", "192.0.2.1", 6000);
	cr_expect_eq(wire.table->n_expects, 0u);
	bits(&w, 3, 0); /* request */
	bits(&w, 5, 3); /* openLogicalChannel */
	open_channel(&w, 0x0a000001, 7000);
	len = (w.at + 7) / 8 + 4;
	bytes[0] = 3;
	bytes[1] = 0;
	put_unaligned_be16((u16)len, bytes + 2);
	memcpy(bytes + 4, w.bytes, len - 4);
	/* the TPKT by itself, as some do */
	send_cut(&wire, &wire.client, bytes, len, 4);
	cr_expect_eq(wire.table->n_expects, 2u);
	cr_expect_eq(medium(&wire, &wire.server.addr, 9000, &wire.client.addr,
			    7000),
		     'R');
	cr_expect_eq(call.table, wire.table);
	wire_done(&wire);
}

Test(ct_h323, under_snat_the_message_says_where_it_goes)
{
	u8 bytes[512], *seen;
	struct wire wire;
	u32 len, i, n = 0;

	wire_init(&wire);
	wire.has_snat = true;
	wire.snat = wire_addr("198.51.100.5");
	wire_open(&wire, "10.0.0.1", "192.0.2.1", 1720);
	len = setup(bytes);
	send_cut(&wire, &wire.client, bytes, len, len);
	/* and when it comes again */
	cr_expect(wire_send_at(&wire, &wire.client, wire.client.next - len,
			       bytes, len));
	cr_assert_eq(wire.server.len, len);
	seen = (u8 *)wire.server.got;
	for (i = 0; i + 4 <= len; i++) {
		cr_expect_neq(get_unaligned_be32(seen + i), 0x0a000001);
		n += !memcmp(seen + i, wire.snat.bytes, 4);
	}
	cr_expect_eq(n, 3u);
	cr_expect_eq(wire.table->n_expects, 2u);
	wire.has_snat = false;
	cr_expect_eq(medium(&wire, &wire.server.addr, 9000, &wire.snat, 5000),
		     'R');
	cr_expect_eq(wire_packet_addr(&wire.last, false).ip,
		     wire.client.addr.ip);
	wire_done(&wire);
}

/* expect_rtp_rtcp(): NAT of the speaker counts, not that of the other side. */
Test(ct_h323, under_dnat_the_callers_media_come_from_where_they_do)
{
	union skald_addr from;
	struct wire wire;
	u8 bytes[512];
	u32 len;

	wire_init(&wire);
	wire.has_dnat = true;
	wire.dnat = wire_addr("192.0.2.1");
	wire_open(&wire, "10.0.0.1", "198.51.100.20", 1720);
	len = setup(bytes);
	send_cut(&wire, &wire.client, bytes, len, len);
	cr_expect_eq(wire.table->n_expects, 2u);
	wire.has_dnat = false;
	cr_expect_eq(medium(&wire, &wire.server.addr, 9000, &wire.client.addr,
			    5000),
		     'R');
	from = wire_packet_addr(&wire.last, true);
	cr_expect_eq(from.ip, wire.dnat.ip);
	wire_done(&wire);
}

Test(ct_h323, who_is_registered_is_called)
{
	struct packet_spec spec;
	struct packet packet;
	struct wire wire;
	u8 bytes[512];

	wire_init(&wire);
	wire.client = (struct wire_end){ .addr = wire_addr("10.0.0.1"),
					 .peer = wire_addr("192.0.2.1"),
					 .port = 40001,
					 .peer_port = 1719 };
	wire_spec(&wire, &wire.client, &spec);
	spec.proto = IPPROTO_UDP;
	spec.payload = bytes;
	spec.len = registration(bytes);
	packet_make(&packet, &spec);
	wire_route(&wire, &packet);
	cr_expect_eq(wire.table->n_expects, 1u);
	cr_expect_eq(wire_syn(&wire, &wire.client.peer, 1, &wire.client.addr,
			      1720),
		     'R');
	/* and again, but not by anyone else */
	cr_expect_eq(wire_syn(&wire, &wire.client.peer, 2, &wire.client.addr,
			      1720),
		     'R');
	cr_expect_eq(wire_syn(&wire, &(union skald_addr){ .ip = 7 }, 2,
			      &wire.client.addr, 1720),
		     'N');
	wire_done(&wire);
}

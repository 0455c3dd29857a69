// SPDX-License-Identifier: GPL-2.0-only
/*
 * Helpers but for FTP and SIP: what they read, what they expect, and what the
 * other side reads under NAT.
 */
#include "ct_amanda.h"
#include "ct_irc.h"
#include "ct_pptp.h"
#include "ct_snmp.h"
#include "ct_wire.h"

Test(ct_helpers, all_are_found_by_name_and_port)
{
	const struct skald_ct_helper *helper;
	u32 i;

	for (i = 0; skald_ct_helpers[i]; i++) {
		u8 family = skald_ct_helpers[i]->family;

		helper = skald_ct_helpers[i];
		family = family == NFPROTO_UNSPEC ? NFPROTO_IPV4 : family;
		cr_expect_eq(skald_ct_helper_find(helper->name, family,
						  helper->proto),
			     helper);
		if (helper->ports[0])
			cr_expect_eq(skald_ct_helper_by_port(family,
							     helper->proto,
							     helper->ports[0]),
				     helper);
		cr_expect_leq(helper->n_policies, SKALD_CT_CLASSES);
		cr_expect_not_null(helper->text);
	}
	cr_expect_null(
		skald_ct_helper_by_port(NFPROTO_IPV6, IPPROTO_TCP, 6667));
	cr_expect_null(skald_ct_helper_find("irc", NFPROTO_IPV4, IPPROTO_UDP));
}

/* ---- IRC ---- */

struct irc_case {
	const char *line;
	u32 ip;
	u16 port; /* 0: offers nothing */
};

static const struct irc_case irc_cases[] = {
	{ "PRIVMSG bob :\1DCC SEND file 167772161 1029 42\1\r\n", 0x0a000001,
	  1029 },
	{ "privmsg bob :\1DCC CHAT chat 167772161 1029\1\n", 0x0a000001, 1029 },
	{ "  PRIVMSG bob :\1DCC TSEND f 167772161  1029 42\1\r\n", 0x0a000001,
	  1029 },
	{ "PRIVMSG bob :\1DCC SEND \"my file\" 167772161 1029 42\1\r\n",
	  0x0a000001, 1029 },
	{ "PRIVMSG bob :look: \1DCC SEND file 167772161 1029 42\1\r\n", 0, 0 },
	{ "PRIVMSG bob :\1DCC SEND file 167772161 0 42\1\r\n", 0, 0 },
	{ "PRIVMSG bob :\1DCC SEND file 99999999999 1029 42\1\r\n", 0, 0 },
	{ "PRIVMSG bob :\1DCC SEND file\1\r\n", 0, 0 },
	{ "PRIVMSG bob :\1DCC SEND\1\r\n", 0, 0 },
	{ "PRIVMSG bob :\1DCC RESUME file 1029 42\1\r\n", 0, 0 },
	{ "PRIVMSG bob :\1DCC SEND \"my file 167772161 1029\1\r\n", 0, 0 },
	{ "NOTICE bob :\1DCC SEND file 167772161 1029 42\1\r\n", 0, 0 },
	{ "PRIVMSG\r\n", 0, 0 },
	{ "\r\n", 0, 0 },
};

Test(ct_irc, lines_are_offers_or_they_are_not)
{
	struct skald_irc_offer offer;
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(irc_cases); i++) {
		const struct irc_case *c = &irc_cases[i];
		u8 *line;
		bool is_one;

		len = (u32)strlen(c->line);
		line = malloc(len);
		memcpy(line, c->line, len);
		is_one = skald_irc_parse(line, len, &offer);
		free(line);
		cr_expect_eq(is_one, c->port != 0, "%s", c->line);
		if (is_one) {
			cr_expect_eq(offer.ip, c->ip);
			cr_expect_eq(offer.port, c->port);
		}
	}
}

static void irc_open(struct wire *wire)
{
	wire_init(wire);
	wire->has_snat = true;
	wire->snat = wire_addr("198.51.100.5");
	wire_open(wire, "10.0.0.1", "192.0.2.1", 6667);
	wire_send(wire, &wire->server, ":irc NOTICE * :hi\r\n");
	wire_send(wire, &wire->client, "NICK x\r\n");
}

Test(ct_irc, an_offer_is_cut_anywhere_under_snat)
{
	static const char text[] =
		"PRIVMSG bob :\1DCC SEND file 167772161 1029 42\1\r\n";
	static const char seen[] =
		"NICK x\r\n"
		"PRIVMSG bob :\1DCC SEND file 3325256709 1029 42\1\r\n"
		"QUIT\r\n";
	union skald_addr anyone = wire_addr("203.0.113.77"), to;
	struct wire wire;
	u32 cut, seq;

	for (cut = 1; cut < sizeof(text) - 1; cut++) {
		irc_open(&wire);
		seq = wire.client.next;
		wire_send_at(&wire, &wire.client, seq, text, cut);
		wire_send_at(&wire, &wire.client, seq + cut, text + cut,
			     sizeof(text) - 1 - cut);
		wire_send(&wire, &wire.client, "QUIT\r\n");
		cr_expect_str_eq(wire.server.got, seen, "cut at %u", cut);
		cr_expect_eq(wire.client.acked, wire.client.next);
		wire.has_snat = false;
		cr_expect_eq(wire_syn(&wire, &anyone, 5555, &wire.server.peer,
				      1029),
			     'R');
		to = wire_packet_addr(&wire.last, false);
		cr_expect_eq(to.ip, wire.client.addr.ip);
		wire_done(&wire);
	}
}

Test(ct_irc, somebody_elses_address_is_not_offered)
{
	struct wire wire;

	irc_open(&wire);
	wire_send(&wire, &wire.client,
		  "PRIVMSG b :\1DCC SEND f 167772162 1029 42\1\r\n");
	cr_expect_eq(wire.table->n_expects, 0u);
	cr_expect(wire_was_told(&wire, "somebody else"));
	wire_done(&wire);
}

/* ---- datagrams ---- */

/* A datagram from the client, or, with the ports the server sees, back. */
static char datagram(struct wire *wire, struct wire_end *from,
		     const void *bytes, u32 len)
{
	struct packet_spec spec;
	struct packet packet;

	wire_spec(wire, from, &spec);
	spec.proto = IPPROTO_UDP;
	spec.payload = bytes;
	spec.len = len;
	packet_make(&packet, &spec);
	wire_route(wire, &packet);
	return wire->letter;
}

static void set_ends(struct wire *wire, const char *client, const char *server,
		     u16 port)
{
	wire->client = (struct wire_end){ .addr = wire_addr(client),
					  .peer = wire_addr(server),
					  .port = 40001,
					  .peer_port = port };
	wire->server =
		(struct wire_end){ .addr = wire_addr(server),
				   .peer = wire->has_snat ? wire->snat
							  : wire_addr(client),
				   .port = port,
				   .peer_port = 40001 };
}

static const char *payload_of(const struct wire *wire, u32 *len)
{
	const struct skald_view *view = &wire->last.room.view;

	*len = view->end - view->transport - 8;
	return (const char *)wire->last.data + view->transport + 8;
}

Test(ct_tftp, the_answer_comes_from_another_port)
{
	static const char request[] = "\0\1file\0octet";
	struct wire wire;
	u32 nat;

	for (nat = 0; nat < 2; nat++) {
		wire_init(&wire);
		wire.has_snat = nat;
		wire.snat = wire_addr("198.51.100.5");
		set_ends(&wire, "10.0.0.1", "192.0.2.1", 69);
		cr_expect_eq(datagram(&wire, &wire.client, request,
				      sizeof(request)),
			     'N');
		wire.server.port = 3333;
		wire.has_snat = false;
		cr_expect_eq(datagram(&wire, &wire.server, "\0\3", 2), 'R');
		cr_expect_eq(wire_packet_addr(&wire.last, false).ip,
			     wire.client.addr.ip);
		wire_done(&wire);
	}
}

Test(ct_tftp, what_is_no_request_expects_nothing)
{
	struct wire wire;

	wire_init(&wire);
	set_ends(&wire, "10.0.0.1", "192.0.2.1", 69);
	datagram(&wire, &wire.client, "\0\3\0\1", 4);
	datagram(&wire, &wire.client, "\0", 1);
	datagram(&wire, &wire.client, "", 0);
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_done(&wire);
}

Test(ct_amanda, the_ports_of_an_answer_are_expected)
{
	static const char text[] =
		"Amanda 2.4 REP HANDLE 0\nCONNECT DATA 1500 MESG 1501 INDEX "
		"1502\nOPTIONS ;\n";
	struct skald_amanda_port port;
	const char *seen;
	struct wire wire;
	u32 i, len;

	for (i = 0; i < 3; i++) {
		cr_assert(skald_amanda_parse((const u8 *)text, sizeof(text) - 1,
					     i, &port));
		cr_expect_eq(port.port, 1500 + i);
	}
	cr_expect_not(skald_amanda_parse((const u8 *)text, sizeof(text) - 1, 3,
					 &port));
	cr_expect_not(skald_amanda_parse((const u8 *)text, 40, 0, &port));
	wire_init(&wire);
	set_ends(&wire, "192.0.2.1", "10.0.0.1", 10080);
	wire.has_dnat = true;
	wire.dnat = wire_addr("10.0.0.7");
	datagram(&wire, &wire.client, "SERVICE", 7);
	wire.server.addr = wire.dnat;
	datagram(&wire, &wire.server, text, sizeof(text) - 1);
	cr_expect_eq(wire.table->n_expects, 3u);
	seen = payload_of(&wire, &len);
	cr_assert_eq(len, sizeof(text) - 1);
	cr_expect_eq(memcmp(seen, text, len), 0);
	wire.has_dnat = false;
	cr_expect_eq(wire_syn(&wire, &wire.client.addr, 1000, &wire.client.peer,
			      1501),
		     'R');
	cr_expect_eq(wire_packet_addr(&wire.last, false).ip, wire.dnat.ip);
	wire_done(&wire);
}

Test(ct_sane, the_port_of_an_image_is_expected)
{
	struct wire wire;
	u32 seq;

	wire_init(&wire);
	wire_open(&wire, "10.0.0.1", "192.0.2.1", 6566);
	seq = wire.server.next;
	wire_send_at(&wire, &wire.server, seq, "\0\0\0\0\0\0\4\5", 8);
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_send_at(&wire, &wire.client, wire.client.next, "\0\0\0\7\0\0\0\1",
		     8);
	wire_send_at(&wire, &wire.server, wire.server.next,
		     "\0\0\0\0\0\0\4\5\0\0\0\0", 12);
	cr_expect_eq(wire.table->n_expects, 1u);
	cr_expect_eq(wire_syn(&wire, &wire.client.addr, 1, &wire.server.addr,
			      1029),
		     'R');
	wire_done(&wire);
}

static bool is_broadcast(void *user, const struct skald_view *view,
			 __be32 *mask)
{
	*mask = htonl(0xffffff00);
	return true;
}

Test(ct_broadcast, the_whole_network_may_answer)
{
	struct wire wire;
	u32 i;

	wire_init(&wire);
	wire.table->owner.broadcast = is_broadcast;
	set_ends(&wire, "192.168.1.5", "192.168.1.255", 137);
	cr_expect_eq(datagram(&wire, &wire.client, "query", 5), 'N');
	for (i = 1; i < 4; i++) {
		wire.server.addr = wire_addr("192.168.1.77");
		wire.server.addr.bytes[3] = (u8)(100 + i);
		cr_expect_eq(datagram(&wire, &wire.server, "answer", 6), 'R');
	}
	wire.server.addr = wire_addr("192.168.2.77");
	cr_expect_eq(datagram(&wire, &wire.server, "answer", 6), 'N');
	wire.server.addr = wire_addr("192.168.1.77");
	wire.now_ns += 3 * SKALD_NS_PER_S;
	cr_expect_eq(datagram(&wire, &wire.server, "answer", 6), 'N');
	wire_done(&wire);
}

Test(ct_snmp, addresses_in_answers_are_translated)
{
	/* v1 { "public" trap { ... 10.0.0.1 ... 10.0.0.2 } }, RFC 1157 */
	static const u8 trap[] = { 0x30, 0x23, 0x02, 0x01, 0x00, 0x04, 0x06,
				   'p',	 'u',  'b',  'l',  'i',	 'c',  0xa4,
				   0x16, 0x40, 0x04, 10,   0,	 0,    1,
				   0x30, 0x0e, 0x40, 0x04, 10,	 0,    0,
				   2,	 0x40, 0x04, 10,   0,	 0,    1,
				   0x05, 0x00 };
	struct wire wire;
	const u8 *seen;
	u32 len, at;

	cr_expect(skald_snmp_is_basic(trap, sizeof(trap)));
	cr_expect(skald_snmp_find_addr(trap, sizeof(trap), 0, &at));
	cr_expect_eq(at, 17u);
	wire_init(&wire);
	wire.has_snat = true;
	wire.snat = wire_addr("198.51.100.5");
	set_ends(&wire, "10.0.0.1", "192.0.2.1", 162);
	datagram(&wire, &wire.client, trap, sizeof(trap));
	seen = (const u8 *)payload_of(&wire, &len);
	cr_assert_eq(len, sizeof(trap));
	cr_expect_eq(memcmp(seen + 17, wire.snat.bytes, 4), 0);
	cr_expect_eq(memcmp(seen + 25, "\x0a\0\0\2", 4), 0);
	cr_expect_eq(memcmp(seen + 31, wire.snat.bytes, 4), 0);
	wire_done(&wire);
}

/* nf_nat_snmp_basic_main.c's help(): not what is answered to a trap. */
Test(ct_snmp, answers_to_traps_are_left_alone)
{
	static const u8 message[] = { 0x30, 0x09, 0x02, 0x01, 0x00, 0x40,
				      0x04, 10,	  0,	0,    1 };
	struct wire wire;
	const u8 *seen;
	u32 len, port;

	for (port = 161; port <= 162; port++) {
		wire_init(&wire);
		wire.has_snat = true;
		wire.snat = wire_addr("198.51.100.5");
		set_ends(&wire, "10.0.0.1", "192.0.2.1", (u16)port);
		if (port == 162)
			wire.client.port = wire.server.peer_port = 162;
		datagram(&wire, &wire.client, "", 0);
		cr_expect_eq(datagram(&wire, &wire.server, message,
				      sizeof(message)),
			     'E');
		seen = (const u8 *)payload_of(&wire, &len);
		cr_assert_eq(len, sizeof(message));
		cr_expect_eq(!memcmp(seen, message, len), port == 162);
		wire_done(&wire);
	}
}

/* ---- PPTP ---- */

static const u8 pptp_lens[] = { 0,  156, 156, 16, 16, 16,  20, 168,
				32, 220, 24,  28, 16, 148, 40, 24 };

static u32 pptp_message(u8 *bytes, u8 type, u16 call, u16 peer)
{
	u32 len = pptp_lens[type];

	memset(bytes, 0, len);
	put_unaligned_be16((u16)len, bytes);
	bytes[3] = 1;
	put_unaligned_be32(0x1a2b3c4d, bytes + 4);
	bytes[9] = type;
	put_unaligned_be16(call, bytes + 12);
	if (type == SKALD_PPTP_OUT_CALL_REPLY ||
	    type == SKALD_PPTP_IN_CALL_REPLY) {
		put_unaligned_be16(peer, bytes + 14);
		bytes[16] = 1;
	}
	if (type == SKALD_PPTP_START_REPLY)
		bytes[14] = 1;
	return len;
}

static void pptp_say(struct wire *wire, struct wire_end *from, u8 type,
		     u16 call, u16 peer, u32 cut)
{
	u8 bytes[256];
	u32 len = pptp_message(bytes, type, call, peer);
	u32 seq = from->next;

	cut = min(cut, len);
	wire_send_at(wire, from, seq, bytes, cut);
	if (cut < len)
		wire_send_at(wire, from, seq + cut, bytes + cut, len - cut);
}

/* A packet of the tunnel: GRE version 1 with the receiver's key. */
static char gre(struct wire *wire, const union skald_addr *src,
		const union skald_addr *dst, u16 key)
{
	struct skald_ct_packet track;
	struct packet packet = { 0 };
	struct packet_spec spec = { .proto = IPPROTO_GRE };
	u8 *header;
	u32 at;

	memcpy(spec.src, src, 16);
	memcpy(spec.dst, dst, 16);
	at = packet_put_network(packet.data, &spec, 12);
	header = packet.data + at;
	put_unaligned_be16(0x3001, header);
	put_unaligned_be16(0x880b, header + 2);
	put_unaligned_be16(key, header + 6);
	skald_view_room_init(&packet.room, packet.data, sizeof(packet.data),
			     at + 12, at + 12);
	cr_assert_eq(skald_view_set_network(&packet.room.view, 0, ETH_P_IP), 0);
	skald_ct_in(wire->table, &packet.room.view, NULL, wire->now_ns, &track);
	wire->letter = skald_ct_state_letter(track.state);
	if (skald_nat(&track, NF_INET_PRE_ROUTING, NULL) == NF_ACCEPT &&
	    skald_nat(&track, NF_INET_POST_ROUTING, NULL) == NF_ACCEPT)
		skald_ct_out(&track);
	skald_ct_done(&track);
	wire->last = packet;
	wire->last.room.view.data = wire->last.data;
	return wire->letter;
}

static void pptp_call(struct wire *wire, u32 cut)
{
	u16 pns = 0x1111;

	wire_open(wire, "10.0.0.1", "192.0.2.1", 1723);
	pptp_say(wire, &wire->client, SKALD_PPTP_START_REQUEST, 0, 0, cut);
	pptp_say(wire, &wire->server, SKALD_PPTP_START_REPLY, 0, 0, cut);
	pptp_say(wire, &wire->client, SKALD_PPTP_OUT_CALL_REQUEST, pns, 0, cut);
	if (wire->has_snat)
		pns = get_unaligned_be16(wire->server.got + 156 + 12);
	pptp_say(wire, &wire->server, SKALD_PPTP_OUT_CALL_REPLY, 0x2222, pns,
		 cut);
}

Test(ct_pptp, the_tunnel_of_a_call_is_expected)
{
	struct wire wire;
	u32 cut;

	for (cut = 1; cut <= 170; cut += 13) {
		wire_init(&wire);
		pptp_call(&wire, cut);
		cr_expect_eq(wire.table->n_expects, 2u, "cut at %u", cut);
		cr_expect_eq(gre(&wire, &wire.client.addr, &wire.server.addr,
				 0x2222),
			     'R');
		cr_expect_eq(wire.table->n_expects, 0u);
		cr_expect_eq(gre(&wire, &wire.server.addr, &wire.client.addr,
				 0x1111),
			     'E');
		wire_done(&wire);
	}
}

Test(ct_pptp, the_tunnel_goes_with_the_call)
{
	struct wire wire;

	wire_init(&wire);
	pptp_call(&wire, 256);
	gre(&wire, &wire.client.addr, &wire.server.addr, 0x2222);
	cr_expect_eq(atomic_read(&wire.table->n), 2);
	pptp_say(&wire, &wire.server, SKALD_PPTP_CALL_DISCONNECT, 0x2222, 0,
		 256);
	cr_expect_eq(atomic_read(&wire.table->n), 1);
	wire_done(&wire);
}

Test(ct_pptp, under_snat_the_server_sees_another_call_id)
{
	struct wire wire;
	u32 at = 156 + 14;

	wire_init(&wire);
	wire.has_snat = true;
	wire.snat = wire_addr("198.51.100.5");
	pptp_call(&wire, 256);
	/* the client hears its own again */
	cr_expect_eq(get_unaligned_be16(wire.client.got + at), 0x1111);
	cr_expect_eq(get_unaligned_be16(wire.server.got + 156 + 12),
		     wire.server.peer_port);
	wire.has_snat = false;
	cr_expect_eq(gre(&wire, &wire.client.addr, &wire.server.addr, 0x2222),
		     'R');
	cr_expect_eq(wire_packet_addr(&wire.last, true).ip, wire.snat.ip);
	cr_expect_eq(gre(&wire, &wire.server.addr, &wire.snat,
			 wire.server.peer_port),
		     'E');
	cr_expect_eq(wire_packet_addr(&wire.last, false).ip,
		     wire.client.addr.ip);
	cr_expect_eq(get_unaligned_be16(wire.last.data + 26), 0x1111);
	wire_done(&wire);
}

Test(ct_pptp, messages_that_do_not_belong_are_ignored)
{
	struct skald_pptp_message message;
	struct wire wire;
	u8 bytes[256];
	u32 len;

	wire_init(&wire);
	wire_open(&wire, "10.0.0.1", "192.0.2.1", 1723);
	pptp_say(&wire, &wire.server, SKALD_PPTP_OUT_CALL_REPLY, 1, 2, 256);
	pptp_say(&wire, &wire.client, SKALD_PPTP_OUT_CALL_REQUEST, 1, 2, 256);
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_done(&wire);
	len = pptp_message(bytes, SKALD_PPTP_OUT_CALL_REPLY, 1, 2);
	cr_expect(skald_pptp_parse(bytes, len, &message));
	cr_expect_not(skald_pptp_parse(bytes, len - 1, &message));
	bytes[9] = 16;
	cr_expect_not(skald_pptp_parse(bytes, len, &message));
}

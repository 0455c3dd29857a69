// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIP: headers and session descriptions are read, media are expected, and
 * under NAT the other side reads what it can use.
 */
#include "ct_sip.h"
#include "ct_wire.h"

static const char invite[] = "INVITE sip:bob@192.0.2.1:5060 SIP/2.0\r\n"
			     "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9\r\n"
			     "From: <sip:alice@10.0.0.1:5060>;tag=1\r\n"
			     "t: sip:bob@192.0.2.1:5060\r\n"
			     "Call-ID: 7@10.0.0.1\r\n"
			     "CSeq: 314159 INVITE\r\n"
			     "Contact: <sip:alice@10.0.0.1:5060>,\r\n"
			     " <sip:other@10.0.0.1:6000;transport=udp>\r\n"
			     "Content-Type: application/sdp\r\n"
			     "Content-Length: 129\r\n\r\n"
			     "v=0\r\n"
			     "o=alice 53655765 2353687637 IN IP4 10.0.0.1\r\n"
			     "s=-\r\n"
			     "c=IN IP4 10.0.0.1\r\n"
			     "t=0 0\r\n"
			     "m=audio 3456 RTP/AVP 0\r\n"
			     "m=video 3460 RTP/AVP 31\r\n";

static struct skald_sip_text text_of(const char *message)
{
	return (struct skald_sip_text){ .bytes = (const u8 *)message,
					.len = (u32)strlen(message),
					.family = NFPROTO_IPV4 };
}

static void expect_place(const struct skald_sip_text *text,
			 const struct skald_sip_place *place,
			 const char *expected)
{
	cr_expect_eq(place->len, strlen(expected), "%s", expected);
	cr_expect_eq(memcmp(text->bytes + place->off, expected, place->len), 0,
		     "%s", expected);
}

Test(ct_sip, headers_are_found)
{
	struct skald_sip_text text = text_of(invite);
	struct skald_sip_walk walk = { 0 };
	struct skald_sip_place place;
	struct skald_sip_uri uri;
	u32 number;

	cr_assert_eq(skald_sip_find(&text, 0, SKALD_SIP_CSEQ, &place), 1);
	expect_place(&text, &place, "314159");
	cr_assert_eq(skald_sip_first_uri(&text, SKALD_SIP_VIA_UDP, &uri), 1);
	expect_place(&text, &uri.place, "10.0.0.1:5060");
	cr_assert_eq(skald_sip_first_uri(&text, SKALD_SIP_TO, &uri), 1);
	expect_place(&text, &uri.place, "192.0.2.1:5060");
	cr_expect_eq(skald_sip_first_uri(&text, SKALD_SIP_VIA_TCP, &uri), 0);
	cr_assert_eq(skald_sip_next_uri(&text, &walk, SKALD_SIP_CONTACT, &uri),
		     1);
	cr_expect_eq(uri.port, 5060);
	cr_assert_eq(skald_sip_next_uri(&text, &walk, SKALD_SIP_CONTACT, &uri),
		     1);
	cr_expect_eq(uri.port, 6000);
	cr_expect(skald_sip_param(&text, uri.place.off, "transport=", &place));
	cr_assert_eq(skald_sip_next_uri(&text, &walk, SKALD_SIP_CONTACT, &uri),
		     0);
	cr_assert_eq(skald_sip_request_uri(&text, &uri), 1);
	expect_place(&text, &uri.place, "192.0.2.1:5060");
	cr_assert_eq(skald_sip_find(&text, 0, SKALD_SIP_CONTENT_LENGTH, &place),
		     1);
	cr_expect_eq(skald_sip_number(&text, place.off, &number), 3u);
}

Test(ct_sip, session_descriptions_are_found)
{
	struct skald_sip_text text = text_of(invite);
	struct skald_sip_place place;
	struct skald_sip_uri uri;

	cr_assert_eq(skald_sdp_find(&text, 0, SKALD_SDP_VERSION, SKALD_SDP_NONE,
				    &place),
		     1);
	cr_assert_eq(skald_sdp_addr(&text, place.off, SKALD_SDP_CONNECTION,
				    SKALD_SDP_MEDIA, &uri),
		     1);
	expect_place(&text, &uri.place, "10.0.0.1");
	cr_assert_eq(skald_sdp_find(&text, place.off, SKALD_SDP_MEDIA,
				    SKALD_SDP_NONE, &place),
		     1);
	expect_place(&text, &place, "audio 3456");
	cr_assert_eq(skald_sdp_find(&text, place.off, SKALD_SDP_MEDIA,
				    SKALD_SDP_NONE, &place),
		     1);
	expect_place(&text, &place, "video 3460");
	cr_assert_eq(skald_sdp_find(&text, place.off, SKALD_SDP_MEDIA,
				    SKALD_SDP_NONE, &place),
		     0);
}

/* Cut anywhere, nothing is read behind the end. */
static void expect_inside(const struct skald_sip_place *place, u32 len)
{
	cr_expect(place->off <= len && place->len <= len - place->off,
		  "%u bytes at %u of %u", place->len, place->off, len);
}

Test(ct_sip, a_message_cut_anywhere_is_read_within_its_bytes)
{
	struct skald_sip_place place;
	struct skald_sip_uri uri;
	u32 len, type;

	for (len = 0; len < sizeof(invite); len++) {
		u8 *bytes = malloc(len);
		struct skald_sip_text text = { bytes, len, NFPROTO_IPV4 };

		memcpy(bytes, invite, len);
		for (type = 0; type < SKALD_SIP_HEADERS; type++) {
			if (skald_sip_find(&text, 0, type, &place) > 0)
				expect_inside(&place, len);
			if (type >= SKALD_SIP_FROM && type <= SKALD_SIP_VIA_TCP)
				skald_sip_first_uri(&text, type, &uri);
		}
		for (type = 1; type < SKALD_SDP_HEADERS; type++)
			if (skald_sdp_find(&text, 0, type, SKALD_SDP_NONE,
					   &place) > 0)
				expect_inside(&place, len);
		skald_sip_request_uri(&text, &uri);
		if (len)
			skald_sip_frame(bytes, len);
		free(bytes);
	}
}

static char say(struct wire *wire, struct wire_end *from, const char *text)
{
	struct packet_spec spec;
	struct packet packet;

	wire_spec(wire, from, &spec);
	spec.proto = IPPROTO_UDP;
	spec.payload = text;
	spec.len = (u32)strlen(text);
	packet_make(&packet, &spec);
	wire_route(wire, &packet);
	return wire->letter;
}

static void open_call(struct wire *wire, const char *snat)
{
	wire_init(wire);
	wire->client = (struct wire_end){ .addr = wire_addr("10.0.0.1"),
					  .peer = wire_addr("192.0.2.1"),
					  .port = 5060,
					  .peer_port = 5060 };
	wire->server = (struct wire_end){ .addr = wire_addr("192.0.2.1"),
					  .peer = wire_addr("10.0.0.1"),
					  .port = 5060,
					  .peer_port = 5060 };
	if (!snat)
		return;
	wire->has_snat = true;
	wire->snat = wire->server.peer = wire_addr(snat);
}

/* A datagram of a medium; its letter. */
static char medium(struct wire *wire, u16 port)
{
	struct wire_end from = wire->server;

	from.port = 9000;
	from.peer_port = port;
	return say(wire, &from, "rtp");
}

Test(ct_sip, media_of_a_call_are_expected)
{
	struct wire wire;

	open_call(&wire, NULL);
	cr_expect_eq(say(&wire, &wire.client, invite), 'N');
	cr_expect_eq(wire.table->n_expects, 4u);
	cr_expect_eq(medium(&wire, 3456), 'R');
	cr_expect_eq(medium(&wire, 3461), 'R');
	cr_expect_eq(medium(&wire, 3458), 'N');
	cr_expect_eq(wire.table->n_expects, 2u);
	say(&wire, &wire.client,
	    "BYE sip:b@192.0.2.1 SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n");
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_done(&wire);
}

static const char *payload_of(struct wire *wire)
{
	const struct skald_view *view = &wire->last.room.view;

	wire->last.data[view->end] = '\0';
	return (const char *)wire->last.data + view->transport + 8;
}

Test(ct_sip, under_snat_the_message_says_where_to_answer)
{
	const char *seen, *body;
	struct wire wire;
	u32 len = 0;

	open_call(&wire, "198.51.100.55");
	cr_expect_eq(say(&wire, &wire.client, invite), 'N');
	cr_assert_eq(wire.verdict, NF_ACCEPT, "%s", wire.told[0]);
	seen = payload_of(&wire);
	cr_expect_not_null(strstr(seen, "UDP 198.51.100.55:5060;branch"));
	cr_expect_not_null(
		strstr(seen, "From: <sip:alice@198.51.100.55:5060>"));
	cr_expect_not_null(strstr(seen, "alice@198.51.100.55:5060>,\r\n"));
	cr_expect_not_null(strstr(seen, "other@10.0.0.1:6000"));
	cr_expect_not_null(strstr(seen, "7637 IN IP4 198.51.100.55\r\n"));
	cr_expect_not_null(strstr(seen, "c=IN IP4 198.51.100.55\r\n"));
	cr_expect_not_null(strstr(seen, "m=audio 3456 "));
	body = strstr(seen, "\r\n\r\n") + 4;
	cr_assert_eq(sscanf(strstr(seen, "Content-Length:"),
			    "Content-Length: %u", &len),
		     1);
	cr_expect_eq(len, strlen(body));
	wire.has_snat = false;
	cr_expect_eq(medium(&wire, 3456), 'R');
	cr_expect_eq(wire_packet_addr(&wire.last, false).ip,
		     wire.client.addr.ip);
	wire_done(&wire);
}

Test(ct_sip, the_answer_is_translated_back)
{
	static const char answer[] =
		"SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/UDP 198.51.100.55:5060;received=198.51.100.55\r\n"
		"From: <sip:alice@198.51.100.55:5060>;tag=1\r\n"
		"To: <sip:bob@192.0.2.1:5060>\r\n"
		"CSeq: 314159 INVITE\r\n\r\n";
	struct wire wire;

	open_call(&wire, "198.51.100.55");
	say(&wire, &wire.client, invite);
	cr_expect_eq(say(&wire, &wire.server, answer), 'E');
	cr_expect_eq(wire.verdict, NF_ACCEPT);
	cr_expect_not_null(strstr(payload_of(&wire), "UDP 10.0.0.1:5060;"));
	cr_expect_not_null(strstr(payload_of(&wire), "alice@10.0.0.1:5060"));
	wire_done(&wire);
}

Test(ct_sip, a_registrar_may_call_once_it_agreed)
{
	static const char request[] =
		"REGISTER sip:192.0.2.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 10.0.0.1:5060\r\n"
		"CSeq: 7 REGISTER\r\n"
		"Contact: <sip:alice@10.0.0.1:5070>;expires=600\r\n\r\n";
	static const char answer[] =
		"SIP/2.0 200 OK\r\nCSeq: 7 REGISTER\r\n"
		"Contact: <sip:alice@10.0.0.1:5070>;expires=600\r\n\r\n";
	static const char old[] = "SIP/2.0 404 No\r\nCSeq: 6 REGISTER\r\n\r\n";
	static const char refusal[] =
		"SIP/2.0 404 No\r\nCSeq: 7 REGISTER\r\n\r\n";
	struct wire wire;

	open_call(&wire, NULL);
	say(&wire, &wire.client, request);
	cr_expect_eq(wire.table->n_expects, 1u);
	cr_expect_eq(medium(&wire, 5070), 'N');
	say(&wire, &wire.server, old);
	say(&wire, &wire.server, answer);
	wire.server.port = 9001;
	wire.now_ns += 599 * SKALD_NS_PER_S;
	wire.server.port = 5060;
	cr_expect_eq(wire.table->n_expects, 1u);
	say(&wire, &wire.server, refusal);
	cr_expect_eq(wire.table->n_expects, 0u);
	wire_done(&wire);
}

Test(ct_sip, what_cannot_be_read_must_not_pass)
{
	struct wire wire;

	open_call(&wire, NULL);
	say(&wire, &wire.client, "SIP/2.0 abc no code\r\n\r\n");
	cr_expect_eq(wire.verdict, NF_DROP);
	say(&wire, &wire.client, "INVITE sip:b@1.2.3.4 SIP/2.0\r\nX: 1\r\n");
	cr_expect_eq(wire.verdict, NF_DROP);
	say(&wire, &wire.client, "OPTIONS sip:b@1.2.3.4 SIP/2.0\r\nX: 1\r\n");
	cr_expect_eq(wire.verdict, NF_ACCEPT);
	say(&wire, &wire.client, "jaK");
	cr_expect_eq(wire.verdict, NF_ACCEPT);
	wire_done(&wire);
}

static void send_cut(struct wire *wire, const char *text, u32 cut)
{
	u32 seq = wire->client.next, len = (u32)strlen(text);

	wire_send_at(wire, &wire->client, seq, text, cut);
	if (cut < len)
		wire_send_at(wire, &wire->client, seq + cut, text + cut,
			     len - cut);
}

Test(ct_sip, a_message_over_tcp_is_cut_anywhere)
{
	struct wire wire;
	char text[1024];
	u32 cut;

	snprintf(text, sizeof(text), "\r\n\r\n%s", invite);
	for (cut = 1; cut < strlen(text); cut += 7) {
		wire_init(&wire);
		wire_open(&wire, "10.0.0.1", "192.0.2.1", 5060);
		send_cut(&wire, text, cut);
		cr_expect_eq(wire.table->n_expects, 4u, "cut at %u", cut);
		wire_done(&wire);
	}
}

Test(ct_sip, over_tcp_sequence_numbers_follow)
{
	char text[2048], expected[32];
	struct wire wire;
	u32 seq, len;

	wire_init(&wire);
	wire.has_snat = true;
	wire.snat = wire_addr("198.51.100.55");
	wire_open(&wire, "10.0.0.1", "192.0.2.1", 5060);
	/* two messages in one segment, and the segment again */
	snprintf(text, sizeof(text), "%s%s", invite, invite);
	seq = wire.client.next;
	len = (u32)strlen(text);
	cr_assert(wire_send_at(&wire, &wire.client, seq, text, len));
	cr_assert(wire_send_at(&wire, &wire.client, seq, text, len));
	cr_assert(wire_send(&wire, &wire.client, "\r\n\r\n"));
	cr_expect_eq(wire.client.acked, wire.client.next);
	/* 2 * (owner, connection), and no Via of TCP */
	snprintf(expected, sizeof(expected), "c=IN IP4 198.51.100.55\r\n");
	cr_assert_not_null(strstr(wire.server.got, expected));
	cr_assert_not_null(
		strstr(strstr(wire.server.got, expected) + 4, expected));
	cr_expect_str_eq(wire.server.got + wire.server.len - 4, "\r\n\r\n");
	wire_done(&wire);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocols other than TCP and UDP in connection tracking.
 */
#include "ct_proto.h"

#include <criterion/criterion.h>

#include "checksum.h"
#include "ct_fixture.h"

#define A "10.0.0.1"
#define B "10.0.0.2"

/* A packet of @proto with @len bytes of @body. */
static char send4(struct fixture *f, const char *src, const char *dst,
		  uint8_t proto, const void *body, uint32_t len)
{
	uint8_t bytes[1024];

	memcpy(bytes + fixture_ipv4(bytes, src, dst, proto, len), body, len);
	return fixture_packet(f, bytes, 20 + len);
}

static char send6(struct fixture *f, const char *src, const char *dst,
		  uint8_t proto, const void *body, uint32_t len)
{
	uint8_t bytes[1024] = { 0x60 };

	put_unaligned_be16((uint16_t)len, bytes + 4);
	bytes[6] = proto;
	bytes[7] = 255;
	cr_assert_eq(inet_pton(AF_INET6, src, bytes + 8), 1);
	cr_assert_eq(inet_pton(AF_INET6, dst, bytes + 24), 1);
	memcpy(bytes + 40, body, len);
	return fixture_packet(f, bytes, 40 + len);
}

/* ---- ICMP ---- */

static char icmp(struct fixture *f, const char *src, const char *dst,
		 uint8_t type, uint16_t id)
{
	uint8_t body[8] = { type, 0, 0, 0, (uint8_t)(id >> 8), (uint8_t)id };

	return send4(f, src, dst, IPPROTO_ICMP, body, sizeof(body));
}

Test(ct_icmp, queries_are_answered)
{
	static const uint8_t pairs[][2] = {
		{ 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 }
	};
	struct fixture f;
	size_t i;

	fixture_init(&f, NULL);
	for (i = 0; i < 4; i++) {
		cr_expect_eq(icmp(&f, A, B, pairs[i][0], 7), 'N');
		cr_expect_eq(icmp(&f, B, A, pairs[i][1], 8), 'I');
		cr_expect_eq(icmp(&f, B, A, pairs[i][1], 7), 'E');
	}
	cr_expect_eq(icmp(&f, A, B, 19, 7), 'I');
	cr_expect_eq(icmp(&f, A, B, 9, 7), 'I');
	fixture_done(&f);
}

/* An error of type 3 that quotes @inner. */
static char icmp_error(struct fixture *f, const char *src, const char *dst,
		       const uint8_t *inner, uint32_t len)
{
	uint8_t body[128] = { 3, 1 };

	memcpy(body + 8, inner, len);
	return send4(f, src, dst, IPPROTO_ICMP, body, 8 + len);
}

static uint32_t quote(uint8_t *inner, const char *src, uint16_t sport,
		      const char *dst, uint16_t dport)
{
	fixture_ipv4(inner, src, dst, IPPROTO_UDP, 12);
	put_unaligned_be16(sport, inner + 20);
	put_unaligned_be16(dport, inner + 22);
	return 28;
}

Test(ct_icmp, errors_are_related_to_what_they_quote)
{
	uint8_t inner[64] = { 0 };
	struct fixture f;
	uint32_t len;

	fixture_init(&f, NULL);
	fixture_udp(&f, A, 1, B, 2);
	len = quote(inner, A, 1, B, 2);
	cr_expect_eq(icmp_error(&f, B, A, inner, len), 'R');
	cr_expect_eq(icmp_error(&f, "10.9.9.9", A, inner, len), 'R');
	/* whom it was not from */
	cr_expect_eq(icmp_error(&f, B, "10.0.0.7", inner, len), 'I');
	cr_expect_eq(f.reason, SKALD_CT_REASON_ICMP_DADDR);
	/* no such connection */
	len = quote(inner, A, 5, B, 2);
	cr_expect_eq(icmp_error(&f, B, A, inner, len), 'I');
	cr_expect_eq(f.reason, SKALD_CT_REASON_ICMP_UNRELATED);
	/* what it quotes is cut short */
	len = quote(inner, A, 1, B, 2);
	cr_expect_eq(icmp_error(&f, B, A, inner, 22), 'I');
	cr_expect_eq(f.reason, SKALD_CT_REASON_ICMP_EMBEDDED);
	/* of a later fragment */
	put_unaligned_be16(5, inner + 6);
	cr_expect_eq(icmp_error(&f, B, A, inner, len), 'I');
	cr_assert_eq(atomic_read(&f.table->n), 1);
	fixture_done(&f);
}

#define A6 "2001:db8::1"
#define B6 "2001:db8::2"

Test(ct_icmpv6, echo_errors_and_neighbours)
{
	uint8_t echo[8] = { 128, 0, 0, 0, 0, 7 };
	uint8_t answer[8] = { 129, 0, 0, 0, 0, 7 };
	uint8_t error[8 + 48] = { 1, 4 };
	struct fixture f;
	uint8_t type;

	fixture_init(&f, NULL);
	cr_expect_eq(send6(&f, A6, B6, IPPROTO_ICMPV6, answer, 8), 'I');
	cr_expect_eq(send6(&f, A6, B6, IPPROTO_ICMPV6, echo, 8), 'N');
	cr_expect_eq(send6(&f, B6, A6, IPPROTO_ICMPV6, answer, 8), 'E');
	error[8] = 0x60;
	error[8 + 5] = 8;
	error[8 + 6] = IPPROTO_ICMPV6;
	inet_pton(AF_INET6, A6, error + 16);
	inet_pton(AF_INET6, B6, error + 32);
	memcpy(error + 48, echo, 8);
	cr_expect_eq(send6(&f, B6, A6, IPPROTO_ICMPV6, error, 56), 'R');
	cr_expect_eq(send6(&f, B6, "2001:db8::3", IPPROTO_ICMPV6, error, 56),
		     'I');
	for (type = 130; type <= 136; type++) {
		echo[0] = type;
		cr_expect_eq(send6(&f, A6, B6, IPPROTO_ICMPV6, echo, 8), 'U');
	}
	fixture_done(&f);
}

/* ---- GRE, UDP-Lite, others ---- */

Test(ct_gre, versions)
{
	uint8_t gre[8] = { 0, 0, 8, 0 };
	uint8_t pptp[8] = { 0x30, 1, 0x88, 0x0b, 0, 0, 0, 9 };
	struct fixture f;

	fixture_init(&f, NULL);
	cr_expect_eq(send4(&f, A, B, IPPROTO_GRE, gre, 8), 'N');
	cr_expect_eq(send4(&f, B, A, IPPROTO_GRE, gre, 8), 'E');
	cr_expect_eq(send4(&f, A, B, IPPROTO_GRE, pptp, 8), 'N');
	pptp[2] = 0x86;
	cr_expect_eq(send4(&f, A, B, IPPROTO_GRE, pptp, 8), 'I');
	fixture_done(&f);
}

Test(ct_udplite, coverage_and_checksum)
{
	uint8_t body[12] = { 0, 1, 0, 2, 0, 8, 1, 1 };
	struct fixture f;

	fixture_init(&f, NULL);
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDPLITE, body, 12), 'N');
	body[5] = 0; /* all of it */
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDPLITE, body, 12), 'N');
	body[5] = 7;
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDPLITE, body, 12), 'I');
	body[5] = 13;
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDPLITE, body, 12), 'I');
	cr_expect_eq(f.reason, SKALD_CT_REASON_UDPLITE_COVERAGE);
	body[5] = 8;
	put_unaligned_be16(0, body + 6);
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDPLITE, body, 12), 'I');
	cr_expect_eq(f.reason, SKALD_CT_REASON_UDPLITE_NO_SUM);
	fixture_done(&f);
}

Test(ct_generic, any_protocol_has_conversations)
{
	struct fixture f;

	fixture_init(&f, NULL);
	cr_expect_eq(send4(&f, A, B, 89, "x", 1), 'N');
	cr_expect_eq(send4(&f, B, A, 89, "y", 1), 'E');
	cr_expect_eq(send4(&f, B, A, 90, "y", 1), 'N');
	cr_assert_eq(fixture_entry(&f)->proto.udp.stream_ns, 0);
	fixture_done(&f);
}

Test(ct_udp, lengths_that_lie)
{
	uint8_t body[12] = { 0, 1, 0, 2, 0, 13 };
	struct fixture f;

	fixture_init(&f, NULL);
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDP, body, 12), 'I');
	body[5] = 7;
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDP, body, 12), 'I');
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDP, body, 7), 'I');
	cr_expect_eq(send4(&f, A, B, IPPROTO_UDP, body, 3), 'I');
	fixture_done(&f);
}

/* ---- SCTP ---- */

struct sctp_chunk {
	uint8_t type;
	uint8_t flags;
	uint32_t tag; /* of INIT and INIT ACK */
};

/* One chunk of 20 bytes. */
static char sctp(struct fixture *f, int from, uint32_t vtag,
		 const struct sctp_chunk *chunk)
{
	uint8_t body[32] = { 0, 1, 0, 2 };

	if (from == SERVER) {
		body[1] = 2;
		body[3] = 1;
	}
	put_unaligned_be32(vtag, body + 4);
	body[12] = chunk->type;
	body[13] = chunk->flags;
	put_unaligned_be16(20, body + 14);
	put_unaligned_be32(chunk->tag, body + 16);
	return send4(f, from ? B : A, from ? A : B, IPPROTO_SCTP, body, 32);
}

#define SCTP(f, from, vtag, ...) \
	sctp(f, from, vtag, &(struct sctp_chunk){ __VA_ARGS__ })
#define INIT 1
#define INIT_ACK 2
#define HEARTBEAT 4
#define HEARTBEAT_ACK 5
#define ABORT 6
#define SHUTDOWN 7
#define SHUTDOWN_ACK 8
#define COOKIE_ECHO 10
#define COOKIE_ACK 11
#define SHUTDOWN_COMPLETE 14

static uint8_t sctp_state(struct fixture *f)
{
	return fixture_entry(f)->proto.sctp.state;
}

static void open_association(struct fixture *f)
{
	fixture_init(f, NULL);
	cr_assert_eq(SCTP(f, CLIENT, 0, INIT, 0, 11), 'N');
	cr_assert_eq(SCTP(f, SERVER, 11, INIT_ACK, 0, 22), 'E');
	cr_assert_eq(SCTP(f, CLIENT, 22, COOKIE_ECHO), 'E');
	cr_assert_eq(SCTP(f, SERVER, 11, COOKIE_ACK), 'E');
	cr_assert_eq(sctp_state(f), 4);
}

Test(ct_sctp, an_association_from_init_to_closed)
{
	struct fixture f;

	open_association(&f);
	cr_assert(skald_ct_is(fixture_entry(&f), SKALD_CT_ASSURED));
	cr_assert_eq(SCTP(&f, CLIENT, 22, 0), 'E');
	cr_assert_eq(SCTP(&f, CLIENT, 23, 0), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_SCTP_VTAG);
	cr_assert_eq(SCTP(&f, CLIENT, 22, SHUTDOWN), 'E');
	cr_assert_eq(sctp_state(&f), 5);
	cr_assert_eq(SCTP(&f, SERVER, 11, SHUTDOWN_ACK), 'E');
	cr_assert_eq(sctp_state(&f), 7);
	cr_assert_eq(SCTP(&f, CLIENT, 22, SHUTDOWN_COMPLETE), 'E');
	cr_assert_eq(sctp_state(&f), 1);
	fixture_done(&f);
}

Test(ct_sctp, what_begins_no_association)
{
	static const uint8_t types[] = { 0, ABORT, COOKIE_ACK,
					 SHUTDOWN_COMPLETE };
	struct fixture f;
	size_t i;

	fixture_init(&f, NULL);
	for (i = 0; i < sizeof(types); i++)
		cr_expect_eq(SCTP(&f, CLIENT, 0, types[i]), 'I', "%u",
			     types[i]);
	cr_expect_eq(SCTP(&f, CLIENT, 5, INIT, 0, 11), 'I');
	cr_assert_eq(atomic_read(&f.table->n), 0);
	fixture_done(&f);
}

Test(ct_sctp, abort_needs_a_tag_of_either_side)
{
	struct fixture f;

	open_association(&f);
	cr_assert_eq(SCTP(&f, CLIENT, 99, ABORT), 'I');
	cr_assert_eq(SCTP(&f, CLIENT, 11, ABORT), 'I');
	cr_assert_eq(SCTP(&f, CLIENT, 11, ABORT, 1), 'E');
	cr_assert_eq(sctp_state(&f), 1);
	fixture_done(&f);
}

Test(ct_sctp, another_path_begins_with_a_heartbeat)
{
	struct fixture f;

	fixture_init(&f, NULL);
	cr_assert_eq(SCTP(&f, CLIENT, 22, HEARTBEAT), 'N');
	cr_assert_eq(sctp_state(&f), 8);
	cr_assert_eq(SCTP(&f, SERVER, 11, HEARTBEAT_ACK), 'E');
	cr_assert_eq(sctp_state(&f), 4);
	cr_assert_eq(SCTP(&f, CLIENT, 22, 0), 'E');
	fixture_done(&f);
}

Test(ct_sctp, chunks_without_length_or_order)
{
	uint8_t body[40] = { 0, 1, 0, 2 };
	struct fixture f;

	fixture_init(&f, NULL);
	cr_expect_eq(send4(&f, A, B, IPPROTO_SCTP, body, 8), 'I');
	cr_expect_eq(send4(&f, A, B, IPPROTO_SCTP, body, 12), 'I');
	body[12] = HEARTBEAT;
	cr_expect_eq(send4(&f, A, B, IPPROTO_SCTP, body, 32), 'I');
	put_unaligned_be16(4, body + 14);
	body[16] = COOKIE_ACK;
	put_unaligned_be16(4, body + 18);
	cr_expect_eq(send4(&f, A, B, IPPROTO_SCTP, body, 20), 'I');
	cr_expect_eq(f.reason, SKALD_CT_REASON_SCTP_CHUNKS);
	fixture_done(&f);
}

Test(ct_sctp, crc32c)
{
	/* RFC 3720, B.4: 32 bytes of zeroes */
	uint8_t bytes[32] = { 0 };
	struct skald_view view;
	uint32_t crc;

	skald_view_init(&view, bytes, 32, 32);
	cr_assert_eq(skald_crc32c_view(&view, 0, 32, 100, &crc), 0);
	cr_assert_eq(crc, 0x8a9136aa);
	memset(bytes, 0xff, 32);
	cr_assert_eq(skald_crc32c_view(&view, 0, 32, 100, &crc), 0);
	cr_assert_eq(crc, 0x62a8ab43);
	cr_assert_eq(skald_crc32c_view(&view, 1, 32, 100, &crc), -ENODATA);
}

/* ---- DCCP ---- */

static char dccp(struct fixture *f, int from, uint8_t type, uint64_t ack)
{
	uint8_t body[28] = { 0, 1, 0, 2, 7 };

	if (from == SERVER) {
		body[1] = 2;
		body[3] = 1;
	}
	body[8] = (uint8_t)(type << 1 | 1);
	body[15] = 77;
	put_unaligned_be32((uint32_t)ack, body + 20);
	return send4(f, from ? B : A, from ? A : B, IPPROTO_DCCP, body, 28);
}

static uint8_t dccp_state(struct fixture *f)
{
	return fixture_entry(f)->proto.dccp.state;
}

Test(ct_dccp, a_connection)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.table->settings.dccp = true;
	cr_assert_eq(dccp(&f, CLIENT, 0, 0), 'N');
	cr_assert_eq(dccp_state(&f), 1);
	cr_assert_eq(dccp(&f, SERVER, 1, 0), 'E');
	cr_assert_eq(dccp_state(&f), 2);
	cr_assert_eq(dccp(&f, CLIENT, 3, 77), 'E');
	cr_assert_eq(dccp_state(&f), 3);
	cr_assert(skald_ct_is(fixture_entry(&f), SKALD_CT_ASSURED));
	cr_assert_eq(dccp(&f, SERVER, 4, 77), 'E');
	cr_assert_eq(dccp_state(&f), 4);
	cr_assert_eq(dccp(&f, CLIENT, 5, 0), 'I');
	cr_assert_eq(dccp(&f, SERVER, 5, 0), 'E');
	cr_assert_eq(dccp(&f, CLIENT, 6, 0), 'E');
	cr_assert_eq(dccp(&f, SERVER, 7, 0), 'E');
	cr_assert_eq(dccp_state(&f), 7);
	cr_assert_eq(dccp(&f, SERVER, 10, 0), 'I');
	fixture_done(&f);
}

Test(ct_dccp, newer_kernels_only_count_it)
{
	struct fixture f;

	fixture_init(&f, NULL);
	cr_assert_eq(dccp(&f, CLIENT, 4, 0), 'N');
	cr_assert_eq(dccp(&f, SERVER, 0, 0), 'E');
	fixture_done(&f);
}

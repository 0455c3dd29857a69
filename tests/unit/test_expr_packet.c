// SPDX-License-Identifier: GPL-2.0-only
/* Expressions on the packet's bytes: payload and exthdr, read and written. */
#include "rule_bench.h"

#define NETWORK NFT_PAYLOAD_NETWORK_HEADER
#define TRANSPORT NFT_PAYLOAD_TRANSPORT_HEADER
#define TCP_AT 20

static void begin(struct bench *bench, u8 family)
{
	bench_begin(bench, family, NF_INET_LOCAL_IN, "filter");
}

static enum outcome payload(u32 base, u32 offset, u32 len, const void *want)
{
	struct bench bench;

	begin(&bench, NFPROTO_IPV4);
	code_payload(&bench.code, base, offset, len);
	bench_expect(&bench, want, len);
	return bench_syn(&bench);
}

Test(expr_packet, payload_reads_headers)
{
	u8 packet[SYN_LEN], port[2] = { 0, 80 };

	bench_make_syn(packet);
	cr_expect_eq(payload(NETWORK, 0, 20, packet), MATCHED);
	cr_expect_eq(payload(NETWORK, 12, 4, packet + 12), MATCHED);
	cr_expect_eq(payload(NETWORK, 16, 4, packet + 12), MISSED);
	cr_expect_eq(payload(TRANSPORT, 2, 2, port), MATCHED);
	cr_expect_eq(payload(TRANSPORT, 0, 24, packet + TCP_AT), MATCHED);
}

Test(expr_packet, payload_ends_with_the_packet)
{
	u8 packet[65] = { 0 };
	u32 len;

	bench_make_syn(packet);
	for (len = 1; len <= 64; len++)
		cr_expect_eq(payload(NETWORK, 0, len, packet),
			     len <= SYN_LEN ? MATCHED : MISSED, "%u", len);
	cr_expect_eq(payload(NETWORK, SYN_LEN - 1, 1, packet + SYN_LEN - 1),
		     MATCHED);
	cr_expect_eq(payload(NETWORK, SYN_LEN, 1, packet), MISSED);
	cr_expect_eq(payload(NETWORK, 65535, 1, packet), MISSED);
	cr_expect_eq(payload(NETWORK, 0, 0, packet), REFUSED);
	cr_expect_eq(payload(NETWORK, 0, 65, packet), REFUSED);
	cr_expect_eq(payload(NFT_PAYLOAD_LL_HEADER, 0, 1, packet), MISSED,
		     "there is no link layer");
}

static void write_payload(struct bench *bench, u32 base, u32 offset,
			  const void *value, u32 len)
{
	begin(bench, NFPROTO_IPV4);
	bench_load(bench, NFT_REG_1, value, len);
	ADD(bench, "payload", A32(NFTA_PAYLOAD_SREG, NFT_REG_1),
	    A32(NFTA_PAYLOAD_BASE, base), A32(NFTA_PAYLOAD_OFFSET, offset),
	    A32(NFTA_PAYLOAD_LEN, len),
	    A32(NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET),
	    A32(NFTA_PAYLOAD_CSUM_OFFSET, base == NETWORK ? 10 : 16),
	    A32(NFTA_PAYLOAD_CSUM_FLAGS,
		base == NETWORK ? NFT_PAYLOAD_L4CSUM_PSEUDOHDR : 0));
	cr_assert_eq(bench_close(bench), 0);
}

/* RFC 1071, of the bytes with their checksum: 0xffff when it is right. */
static u16 sum(const u8 *bytes, u32 len, u32 start)
{
	u32 i;

	for (i = 0; i + 1 < len; i += 2)
		start += get_unaligned_be16(bytes + i);
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return (u16)start;
}

static u16 tcp_sum(const u8 *packet)
{
	u32 pseudo = IPPROTO_TCP + SYN_LEN - TCP_AT;

	return sum(packet + TCP_AT, SYN_LEN - TCP_AT,
		   sum(packet + 12, 8, pseudo));
}

static void make_right(u8 packet[SYN_LEN])
{
	bench_make_syn(packet);
	put_unaligned_be16((u16)~sum(packet, 20, 0), packet + 10);
	put_unaligned_be16((u16)~tcp_sum(packet), packet + TCP_AT + 16);
}

Test(expr_packet, payload_writes_and_repairs_both_checksums)
{
	u8 packet[SYN_LEN], addr[4] = { 192, 0, 2, 77 }, port[2] = { 1, 187 };
	struct bench bench;

	make_right(packet);
	cr_assert_eq(sum(packet, 20, 0), 0xffff);
	cr_assert_eq(tcp_sum(packet), 0xffff);
	write_payload(&bench, NETWORK, 16, addr, 4);
	cr_expect_eq(bench_send(&bench, packet, SYN_LEN), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + 16, addr, 4);
	cr_expect_eq(sum(packet, 20, 0), 0xffff);
	cr_expect_eq(tcp_sum(packet), 0xffff);
	write_payload(&bench, TRANSPORT, 2, port, 2);
	cr_expect_eq(bench_send(&bench, packet, SYN_LEN), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + TCP_AT + 2, port, 2);
	cr_expect_eq(tcp_sum(packet), 0xffff);
}

Test(expr_packet, payload_does_not_write_behind_the_end)
{
	u8 packet[SYN_LEN], before[SYN_LEN], value[4] = { 9, 9, 9, 9 };
	struct bench bench;

	make_right(packet);
	memcpy(before, packet, SYN_LEN);
	write_payload(&bench, NETWORK, SYN_LEN - 3, value, 4);
	cr_expect_eq(bench_send(&bench, packet, SYN_LEN), MISSED);
	bench_done(&bench);
	cr_expect_arr_eq(packet, before, SYN_LEN);
}

Test(expr_packet, payload_is_read_or_written)
{
	struct bench bench;

	begin(&bench, NFPROTO_IPV4);
	ADD(&bench, "payload", A32(NFTA_PAYLOAD_SREG, NFT_REG_1),
	    A32(NFTA_PAYLOAD_DREG, NFT_REG_1), A32(NFTA_PAYLOAD_BASE, NETWORK),
	    A32(NFTA_PAYLOAD_OFFSET, 0), A32(NFTA_PAYLOAD_LEN, 4));
	cr_expect_eq(bench_syn(&bench), REFUSED);
	begin(&bench, NFPROTO_IPV4);
	ADD(&bench, "payload", A32(NFTA_PAYLOAD_BASE, NETWORK),
	    A32(NFTA_PAYLOAD_OFFSET, 0), A32(NFTA_PAYLOAD_LEN, 4));
	cr_expect_eq(bench_syn(&bench), REFUSED, "nor neither");
	begin(&bench, NFPROTO_IPV4);
	ADD(&bench, "payload", A32(NFTA_PAYLOAD_SREG, NFT_REG_1),
	    A32(NFTA_PAYLOAD_BASE, NETWORK), A32(NFTA_PAYLOAD_OFFSET, 0),
	    A32(NFTA_PAYLOAD_LEN, 4), A32(NFTA_PAYLOAD_CSUM_TYPE, 2),
	    A32(NFTA_PAYLOAD_CSUM_OFFSET, 8));
	cr_expect_eq(bench_syn(&bench), REFUSED, "SCTP's is of its own header");
}

static void get_option(struct bench *bench, u32 op, u8 type, u32 offset,
		       u32 len, u32 flags)
{
	ADD(bench, "exthdr", A32(NFTA_EXTHDR_DREG, NFT_REG_1),
	    A8(NFTA_EXTHDR_TYPE, type), A32(NFTA_EXTHDR_OFFSET, offset),
	    A32(NFTA_EXTHDR_LEN, len), A32(NFTA_EXTHDR_FLAGS, flags),
	    A32(NFTA_EXTHDR_OP, op));
}

static enum outcome option(u8 type, u32 offset, u32 len, u32 flags,
			   const void *want)
{
	struct bench bench;

	begin(&bench, NFPROTO_IPV4);
	get_option(&bench, NFT_EXTHDR_OP_TCPOPT, type, offset, len, flags);
	bench_expect(&bench, want, len);
	return bench_syn(&bench);
}

Test(expr_packet, exthdr_reads_options_of_tcp)
{
	u8 mss[2] = { 0x05, 0xb4 }, yes = 1, no = 0;

	cr_expect_eq(option(2, 2, 2, 0, mss), MATCHED);
	cr_expect_eq(option(2, 0, 1, NFT_EXTHDR_F_PRESENT, &yes), MATCHED);
	cr_expect_eq(option(3, 0, 1, NFT_EXTHDR_F_PRESENT, &no), MATCHED);
	cr_expect_eq(option(3, 2, 1, 0, mss), MISSED, "it is not there");
	cr_expect_eq(option(2, 3, 2, 0, mss), MISSED, "beyond the option");
	cr_expect_eq(option(2, 0, 2, NFT_EXTHDR_F_PRESENT, mss), REFUSED);
}

static void begin_write(struct bench *bench, const void *value, u32 len,
			u32 offset)
{
	begin(bench, NFPROTO_IPV4);
	bench_load(bench, NFT_REG_1, value, 4);
	ADD(bench, "exthdr", A32(NFTA_EXTHDR_SREG, NFT_REG_1),
	    A8(NFTA_EXTHDR_TYPE, 2), A32(NFTA_EXTHDR_OFFSET, offset),
	    A32(NFTA_EXTHDR_LEN, len),
	    A32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT));
	(void)bench_close(bench);
}

Test(expr_packet, exthdr_lowers_an_mss_and_repairs_the_checksum)
{
	u8 packet[SYN_LEN], less[4] = { 0x04, 0xb0 }, more[4] = { 0x23, 0 };
	struct bench bench;

	make_right(packet);
	begin_write(&bench, less, 2, 2);
	cr_expect_eq(bench_send(&bench, packet, SYN_LEN), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + 42, less, 2);
	cr_expect_eq(tcp_sum(packet), 0xffff);
	begin_write(&bench, more, 2, 2);
	cr_expect_eq(bench_send(&bench, packet, SYN_LEN), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + 42, less, 2, "an MSS is never raised");
	begin_write(&bench, less, 3, 2);
	cr_expect_lt(bench.err, 0);
	bench_done(&bench);
	begin_write(&bench, less, 2, 1);
	cr_expect_lt(bench.err, 0, "kind and length stay");
	bench_done(&bench);
}

Test(expr_packet, exthdr_strips_an_option)
{
	u8 packet[SYN_LEN], nops[4] = { 1, 1, 1, 1 };
	struct bench bench;

	make_right(packet);
	begin(&bench, NFPROTO_IPV4);
	ADD(&bench, "exthdr", A8(NFTA_EXTHDR_TYPE, 2),
	    A32(NFTA_EXTHDR_OFFSET, 0), A32(NFTA_EXTHDR_LEN, 0),
	    A32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_TCPOPT));
	cr_assert_eq(bench_close(&bench), 0);
	cr_expect_eq(bench_send(&bench, packet, SYN_LEN), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + 40, nops, 4);
	cr_expect_eq(tcp_sum(packet), 0xffff);
}

static enum outcome header6(u8 type, u32 offset, u32 len, u32 flags,
			    const void *want)
{
	u8 packet[SIX_LEN];
	struct bench bench;
	enum outcome outcome;

	begin(&bench, NFPROTO_IPV6);
	get_option(&bench, NFT_EXTHDR_OP_IPV6, type, offset, len, flags);
	bench_expect(&bench, want, len);
	cr_assert_eq(bench_close(&bench), 0);
	bench_make_six(packet);
	outcome = bench_send(&bench, packet, sizeof(packet));
	bench_done(&bench);
	return outcome;
}

Test(expr_packet, exthdr_finds_headers_of_ipv6)
{
	u8 yes = 1, no = 0, start[4] = { 6, 0, 1, 4 };

	cr_expect_eq(header6(0, 0, 1, NFT_EXTHDR_F_PRESENT, &yes), MATCHED);
	cr_expect_eq(header6(44, 0, 1, NFT_EXTHDR_F_PRESENT, &no), MATCHED);
	cr_expect_eq(header6(0, 0, 4, 0, start), MATCHED);
	cr_expect_eq(header6(43, 0, 4, 0, start), MISSED);
}

Test(expr_packet, exthdr_of_another_protocol_fails)
{
	u8 yes = 1, no = 0;
	struct bench bench;

	begin(&bench, NFPROTO_IPV4);
	get_option(&bench, NFT_EXTHDR_OP_IPV6, 0, 0, 1, NFT_EXTHDR_F_PRESENT);
	bench_expect(&bench, &yes, 1);
	cr_expect_eq(bench_syn(&bench), MISSED);
	begin(&bench, NFPROTO_IPV4);
	get_option(&bench, NFT_EXTHDR_OP_IPV4, 148, 0, 1, NFT_EXTHDR_F_PRESENT);
	bench_expect(&bench, &no, 1);
	cr_expect_eq(bench_syn(&bench), MATCHED, "no router alert");
	begin(&bench, NFPROTO_IPV4);
	get_option(&bench, 3, 1, 0, 1, NFT_EXTHDR_F_PRESENT);
	bench_expect(&bench, &no, 1);
	cr_expect_eq(bench_syn(&bench), MATCHED, "no chunk in TCP");
	begin(&bench, NFPROTO_IPV4);
	ADD(&bench, "exthdr", A8(NFTA_EXTHDR_TYPE, 2),
	    A32(NFTA_EXTHDR_OP, NFT_EXTHDR_OP_IPV4));
	cr_expect_eq(bench_syn(&bench), REFUSED, "only TCP's are stripped");
}

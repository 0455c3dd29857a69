// SPDX-License-Identifier: GPL-2.0-only
/* Matches and targets of x_tables for IPv6 alone, given the structures of the
 * kernel's own headers. */
#include "rule_bench.h"

#include <linux/netfilter_ipv6/ip6t_NPT.h>
#include <linux/netfilter_ipv6/ip6t_ah.h>
#include <linux/netfilter_ipv6/ip6t_ipv6header.h>
#include <linux/netfilter_ipv6/ip6t_mh.h>
#include <linux/netfilter_ipv6/ip6t_opts.h>
#include <linux/netfilter_ipv6/ip6t_rt.h>
#include <linux/netfilter_ipv6/ip6t_srh.h>

#include "xt.h"

#define IP6_LEN 40
#define PACKET_MAX 256

static void begin(struct bench *bench, const char *kind, const char *name,
		  u32 revision, const void *info, u32 len)
{
	bench_begin(bench, NFPROTO_IPV6, NF_INET_FORWARD, "filter");
	ADD(bench, kind, ATEXT(NFTA_MATCH_NAME, name),
	    A32(NFTA_MATCH_REV, revision), ABYTES(NFTA_MATCH_INFO, info, len));
	cr_assert_eq(bench_close(bench), 0, "%s", name);
}

/* An IPv6 header, then these. Return: bytes of the packet */
static u32 build(u8 packet[PACKET_MAX], u8 next, const void *bytes, u32 len)
{
	memset(packet, 0, IP6_LEN);
	packet[0] = 0x60;
	packet[5] = (u8)len;
	packet[6] = next;
	packet[7] = 64;
	packet[8] = packet[24] = 0xfd;
	packet[23] = 1;
	packet[39] = 2;
	memcpy(packet + IP6_LEN, bytes, len);
	return IP6_LEN + len;
}

static enum outcome match(const char *name, u32 revision, const void *info,
			  u32 size, u8 next, const void *bytes, u32 len)
{
	u8 packet[PACKET_MAX];
	enum outcome outcome;
	struct bench bench;

	len = build(packet, next, bytes, len);
	begin(&bench, "match", name, revision, info, size);
	outcome = bench_send(&bench, packet, len);
	bench_done(&bench);
	return outcome;
}

#define MATCH(name, revision, info, next, bytes) \
	match(name, revision, &(info), sizeof(info), next, bytes, sizeof(bytes))

Test(xt_ipv6, structures_that_are_too_short_are_refused)
{
	const struct skald_xt_ops *ops;
	static const u8 zero[8192];
	struct bench bench;
	u32 n, seen = 0;

	for (n = 0; (ops = skald_xt_kind(n)); n++) {
		if (!ops->size || ops->family != NFPROTO_IPV6)
			continue;
		seen++;
		bench_begin(&bench, NFPROTO_IPV6, NF_INET_FORWARD, "filter");
		ADD(&bench, ops->match ? "match" : "target",
		    ATEXT(NFTA_MATCH_NAME, ops->name),
		    A32(NFTA_MATCH_REV, ops->revision),
		    ABYTES(NFTA_MATCH_INFO, zero, ops->size - 1u));
		cr_expect_neq(bench_close(&bench), 0, "%s", ops->name);
		bench_done(&bench);
	}
	cr_expect_gt(seen, 10);
}

Test(xt_ipv6, ah)
{
	static const u8 header[24] = { 59, 4, 0, 0, 0, 0, 1, 0 };
	static const u8 cut[16] = { 59, 4, 0, 0, 0, 0, 1, 0 };
	struct ip6t_ah info = { .spis = { 256, 256 } };
	u8 reserved[24];

	cr_expect_eq(MATCH("ah", 0, info, IPPROTO_AH, header), MATCHED);
	info.hdrlen = 24;
	cr_expect_eq(MATCH("ah", 0, info, IPPROTO_AH, header), MATCHED);
	info.invflags = IP6T_AH_INV_LEN;
	cr_expect_eq(MATCH("ah", 0, info, IPPROTO_AH, header), MISSED);
	info.invflags = 0;
	info.hdrres = 1;
	memcpy(reserved, header, sizeof(reserved));
	reserved[3] = 1;
	cr_expect_eq(MATCH("ah", 0, info, IPPROTO_AH, header), MATCHED);
	cr_expect_eq(MATCH("ah", 0, info, IPPROTO_AH, reserved), MISSED);
	cr_expect_eq(MATCH("ah", 0, info, IPPROTO_UDP, header), MISSED);
	cr_expect_eq(MATCH("ah", 0, info, IPPROTO_AH, cut), MATCHED,
		     "dropped by the match");
}

Test(xt_ipv6, options)
{
	/* router alert, then PadN of nothing, then two of Pad1 */
	static const u8 hop[8] = { 59, 0, 5, 2, 0, 0, 1, 0 };
	struct ip6t_opts info = {
		.hdrlen = 8,
		.flags = IP6T_OPTS_LEN,
	};

	cr_expect_eq(MATCH("hbh", 0, info, IPPROTO_HOPOPTS, hop), MATCHED);
	cr_expect_eq(MATCH("dst", 0, info, IPPROTO_HOPOPTS, hop), MISSED);
	cr_expect_eq(MATCH("dst", 0, info, IPPROTO_DSTOPTS, hop), MATCHED);
	info.invflags = IP6T_OPTS_INV_LEN;
	cr_expect_eq(MATCH("hbh", 0, info, IPPROTO_HOPOPTS, hop), MISSED);
	info.flags = IP6T_OPTS_OPTS;
	info.optsnr = 1;
	info.opts[0] = 0x0502;
	cr_expect_eq(MATCH("hbh", 0, info, IPPROTO_HOPOPTS, hop), MATCHED);
	info.opts[0] = 0x0503;
	cr_expect_eq(MATCH("hbh", 0, info, IPPROTO_HOPOPTS, hop), MISSED);
	info.opts[0] = 0x05ff;
	info.opts[1] = 0x01ff;
	info.optsnr = 2;
	cr_expect_eq(MATCH("hbh", 0, info, IPPROTO_HOPOPTS, hop), MATCHED);
	info.opts[2] = 0;
	info.optsnr = 3;
	cr_expect_eq(MATCH("hbh", 0, info, IPPROTO_HOPOPTS, hop), MISSED,
		     "there are only two");
}

Test(xt_ipv6, mobility)
{
	static const u8 message[8] = { IPPROTO_NONE, 0, 5 };
	static const u8 odd[8] = { IPPROTO_TCP, 0, 5 };
	struct ip6t_mh info = { .types = { 5, 6 } };
	u8 packet[PACKET_MAX];
	struct bench bench;
	u32 len;

	cr_expect_eq(MATCH("mh", 0, info, IPPROTO_MH, message), MATCHED);
	info.invflags = IP6T_MH_INV_TYPE;
	cr_expect_eq(MATCH("mh", 0, info, IPPROTO_MH, message), MISSED);
	len = build(packet, IPPROTO_MH, odd, sizeof(odd));
	begin(&bench, "match", "mh", 0, &info, sizeof(info));
	cr_expect_eq(bench_send(&bench, packet, len), MATCHED);
	cr_expect_eq(bench.verdict, NF_DROP, "nothing may follow");
	bench_done(&bench);
}

Test(xt_ipv6, which_headers_are_there)
{
	static const u8 bytes[24] = { IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0,
				      IPPROTO_UDP };
	struct ip6t_ipv6header_info info = {
		.matchflags = MASK_HOPOPTS | MASK_DSTOPTS | MASK_PROTO,
	};

	cr_expect_eq(MATCH("ipv6header", 0, info, IPPROTO_HOPOPTS, bytes),
		     MATCHED);
	info.matchflags = MASK_HOPOPTS;
	cr_expect_eq(MATCH("ipv6header", 0, info, IPPROTO_HOPOPTS, bytes),
		     MISSED, "others are there");
	info.modeflag = 1;
	cr_expect_eq(MATCH("ipv6header", 0, info, IPPROTO_HOPOPTS, bytes),
		     MATCHED, "they may be");
	info.matchflags = MASK_ROUTING;
	cr_expect_eq(MATCH("ipv6header", 0, info, IPPROTO_HOPOPTS, bytes),
		     MISSED);
	info.invflags = MASK_ROUTING;
	cr_expect_eq(MATCH("ipv6header", 0, info, IPPROTO_HOPOPTS, bytes),
		     MATCHED);
}

/* A routing header of a type with two addresses, fd00::3 and fd00::4. */
static void make_route(u8 route[40], u8 type)
{
	memset(route, 0, 40);
	route[0] = IPPROTO_NONE;
	route[1] = 4;
	route[2] = type;
	route[3] = 1;
	route[4] = type == 4 ? 1 : 0;
	route[8] = route[24] = 0xfd;
	route[23] = 3;
	route[39] = 4;
}

Test(xt_ipv6, routing_header)
{
	struct ip6t_rt info = {
		.segsleft = { 0, ~0u },
		.flags = IP6T_RT_TYP | IP6T_RT_RES,
		.rt_type = 0,
	};
	u8 route[40];

	make_route(route, 0);
	cr_expect_eq(MATCH("rt", 0, info, IPPROTO_ROUTING, route), MATCHED);
	route[7] = 1;
	cr_expect_eq(MATCH("rt", 0, info, IPPROTO_ROUTING, route), MISSED);
	route[7] = 0;
	info.flags = IP6T_RT_FST;
	info.addrnr = 1;
	memcpy(&info.addrs[0], route + 24, 16);
	cr_expect_eq(MATCH("rt", 0, info, IPPROTO_ROUTING, route), MISSED);
	info.flags |= IP6T_RT_FST_NSTRICT;
	cr_expect_eq(MATCH("rt", 0, info, IPPROTO_ROUTING, route), MATCHED);
	info.flags = IP6T_RT_FST;
	info.addrnr = 2;
	memcpy(&info.addrs[0], route + 8, 32);
	cr_expect_eq(MATCH("rt", 0, info, IPPROTO_ROUTING, route), MATCHED);
}

Test(xt_ipv6, segment_routing_header)
{
	struct ip6t_srh1 info = {
		.mt_flags = IP6T_SRH_SEGS_EQ | IP6T_SRH_LEN_GT,
		.segs_left = 1,
		.hdr_len = 3,
	};
	u8 route[40];

	make_route(route, 4);
	cr_expect_eq(MATCH("srh", 1, info, IPPROTO_ROUTING, route), MATCHED);
	info.mt_invflags = IP6T_SRH_INV_LEN_GT;
	cr_expect_eq(MATCH("srh", 1, info, IPPROTO_ROUTING, route), MISSED);
	memset(&info, 0, sizeof(info));
	info.mt_flags = IP6T_SRH_NSID | IP6T_SRH_LSID;
	memset(&info.nsid_msk, 0xff, 16);
	memset(&info.lsid_msk, 0xff, 16);
	memcpy(&info.nsid_addr, route + 8, 16);
	memcpy(&info.lsid_addr, route + 8, 16);
	cr_expect_eq(MATCH("srh", 1, info, IPPROTO_ROUTING, route), MATCHED);
	info.mt_flags |= IP6T_SRH_PSID;
	cr_expect_eq(MATCH("srh", 1, info, IPPROTO_ROUTING, route), MISSED,
		     "there is none before the first");
	route[2] = 0;
	info.mt_flags = 0;
	cr_expect_eq(MATCH("srh", 1, info, IPPROTO_ROUTING, route), MISSED);
}

Test(xt_ipv6, eui64)
{
	u8 frame[14 + PACKET_MAX] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0xaa, 0xbb, 0xcc, 0x86, 0xdd,
	};
	static const u8 made[8] = { 0, 0, 0, 0xff, 0xfe, 0xaa, 0xbb, 0xcc };
	struct bench bench;
	u64 nothing = 0;
	u32 len = 14 + build(frame + 14, IPPROTO_NONE, "", 0);

	begin(&bench, "match", "eui64", 0, &nothing, sizeof(nothing));
	bench.is_framed = true;
	bench.iif = 1;
	bench.link.type = 1;
	cr_expect_eq(bench_send(&bench, frame, len), MISSED);
	memcpy(frame + 14 + 16, made, sizeof(made));
	cr_expect_eq(bench_send(&bench, frame, len), MATCHED);
	bench.link.type = 772;
	cr_expect_eq(bench_send(&bench, frame, len), MISSED, "no Ethernet");
	bench_done(&bench);
}

/* RFC 6296, 3.1 and appendix B */
Test(xt_ipv6, prefixes_are_exchanged)
{
	static const u8 from[6] = { 0xfd, 1, 2, 3, 4, 5 };
	static const u8 to[6] = { 0x20, 1, 0xd, 0xb8, 0, 1 };
	struct ip6t_npt_tginfo info = {
		.src_pfx_len = 48,
		.dst_pfx_len = 48,
	};
	u8 packet[PACKET_MAX], before[16];
	struct bench bench;
	u32 len = build(packet, IPPROTO_NONE, "", 0);

	memcpy(&info.src_pfx, from, sizeof(from));
	memcpy(&info.dst_pfx, to, sizeof(to));
	memcpy(packet + 8, from, sizeof(from));
	packet[15] = 1;
	memcpy(before, packet + 8, sizeof(before));
	begin(&bench, "target", "SNPT", 0, &info, sizeof(info));
	cr_expect_eq(bench_send(&bench, packet, len), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + 8, to, sizeof(to));
	/* 0xfd01 + 0x0203 + 0x0405 - (0x2001 + 0x0db8 + 0x0001) + 0x0001 */
	cr_expect_eq(get_unaligned_be16(packet + 14), 0xd550);
	cr_expect_arr_eq(packet + 16, before + 8, 8, "the host's part stays");
	memcpy(&info.src_pfx, to, sizeof(to));
	memcpy(&info.dst_pfx, from, sizeof(from));
	begin(&bench, "target", "SNPT", 0, &info, sizeof(info));
	cr_expect_eq(bench_send(&bench, packet, len), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + 8, before, sizeof(before), "and back");
}

/* What Linux 6.18 made of it. */
Test(xt_ipv6, a_long_prefix_changes_the_hosts_part)
{
	static const u8 from[4] = { 0xfd, 0x77, 0, 1 };
	static const u8 to[4] = { 0xfd, 0x99, 0, 7 };
	static const u8 changed[16] = { 0xfd, 0x99, 0, 7, 0, 0, 0, 0,
					0xff, 0xd7, 0, 0, 0, 0, 0, 1 };
	struct ip6t_npt_tginfo info = {
		.src_pfx_len = 64,
		.dst_pfx_len = 64,
	};
	u8 packet[PACKET_MAX];
	struct bench bench;
	u32 len = build(packet, IPPROTO_NONE, "", 0);

	memcpy(&info.src_pfx, from, sizeof(from));
	memcpy(&info.dst_pfx, to, sizeof(to));
	memcpy(packet + 24, from, sizeof(from));
	packet[39] = 1;
	begin(&bench, "target", "DNPT", 0, &info, sizeof(info));
	cr_expect_eq(bench_send(&bench, packet, len), MATCHED);
	bench_done(&bench);
	cr_expect_arr_eq(packet + 24, changed, sizeof(changed));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of one family made of those of the other: the examples of the RFCs,
 * and what holds of any packet.
 */
#include "nat64.h"

#include <criterion/criterion.h>

#include "nat64_packet.h"

static struct skald_nat64_prefix prefix_of(const char *text, uint8_t len)
{
	struct skald_nat64_prefix prefix = { .len = len };

	cr_assert_eq(inet_pton(AF_INET6, text, &prefix.addr), 1);
	return prefix;
}

/* RFC 6052, 2.4, table 2 */
Test(nat64, addresses_are_embedded_as_in_the_rfc)
{
	static const struct {
		const char *prefix;
		uint8_t len;
		const char *embedded;
	} cases[] = {
		{ "2001:db8::", 32, "2001:db8:c000:221::" },
		{ "2001:db8:100::", 40, "2001:db8:1c0:2:21::" },
		{ "2001:db8:122::", 48, "2001:db8:122:c000:2:2100::" },
		{ "2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::" },
		{ "2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::" },
		{ "2001:db8:122:344::", 96, "2001:db8:122:344::192.0.2.33" },
		{ "64:ff9b::", 96, "64:ff9b::192.0.2.33" },
	};
	union skald_addr got, wanted, ip;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skald_nat64_prefix prefix =
			prefix_of(cases[i].prefix, cases[i].len);

		cr_assert_eq(skald_nat64_prefix_check(&prefix), 0);
		inet_pton(AF_INET6, cases[i].embedded, &wanted);
		cr_assert_eq(skald_nat64_embed(&prefix, inet_addr("192.0.2.33"),
					       &got),
			     0);
		cr_expect(skald_addr_equal(&got, &wanted), "%s",
			  cases[i].embedded);
		cr_assert(skald_nat64_extract(&prefix, &wanted, &ip));
		cr_expect_eq(ip.ip, inet_addr("192.0.2.33"));
		cr_expect_eq(ip.words[1], 0u);
	}
}

Test(nat64, what_is_no_prefix_is_refused)
{
	struct skald_nat64_prefix prefix = prefix_of("2001:db8::", 33);

	cr_expect_eq(skald_nat64_prefix_check(&prefix), -EINVAL);
	prefix = prefix_of("2001:db8:1::", 32);
	cr_expect_eq(skald_nat64_prefix_check(&prefix), -EINVAL, "bits behind");
	prefix = prefix_of("2001:db8:0:0:100::", 96);
	cr_expect_eq(skald_nat64_prefix_check(&prefix), -EINVAL, "octet 8");
	prefix = prefix_of("2001:db8:0:0:1::", 96);
	cr_expect_eq(skald_nat64_prefix_check(&prefix), 0);
}

/* RFC 6052, 3.1 */
Test(nat64, the_well_known_prefix_holds_no_private_address)
{
	static const char *const private[] = { "10.1.2.3",    "172.31.0.1",
					       "192.168.9.9", "127.0.0.1",
					       "100.64.0.1",  "224.0.0.1" };
	struct skald_nat64_prefix well_known, own = prefix_of("2001:db8::", 96);
	union skald_addr addr;
	unsigned int i;

	skald_nat64_prefix_well_known(&well_known);
	for (i = 0; i < ARRAY_SIZE(private); i++) {
		cr_expect_eq(skald_nat64_embed(&well_known,
					       inet_addr(private[i]), &addr),
			     -EADDRNOTAVAIL, "%s", private[i]);
		cr_expect_eq(skald_nat64_embed(&own, inet_addr(private[i]),
					       &addr),
			     0);
	}
	cr_expect_eq(
		skald_nat64_embed(&well_known, inet_addr("8.8.8.8"), &addr), 0);
}

/* ---- packets, without state ---- */

struct world {
	struct skald_nat64_prefix prefix;
	struct skald_nat64_job job;
	struct skald_ct_tuple target;
	struct skald_ct_tuple quoted;
};

static void world_init(struct world *w)
{
	*w = (struct world){
		.job = { .id = 0x1234, .mtu6 = 1500, .mtu4 = 1500 }
	};
	w->prefix = prefix_of("2001:db8:64::", 96);
	w->job.prefix = &w->prefix;
}

/* Translate with both addresses embedded. */
static int stateless(struct world *w, struct packet *in, struct packet *out)
{
	struct skald_ct_tuple from;
	struct skald_view view;
	int ret;

	packet_view(in, &view);
	memset(&from, 0, sizeof(from));
	from.family = view.family;
	from.proto = view.l4proto;
	if (view.transport != SKALD_VIEW_NONE &&
	    !skald_ct_tuple_of(NULL, &view, &from))
		return -EINVAL;
	if (view.transport == SKALD_VIEW_NONE) {
		bool six = packet_is_ipv6(in);

		memcpy(&from.src, in->bytes + (six ? 8 : 12), six ? 16 : 4);
		memcpy(&from.dst, in->bytes + (six ? 24 : 16), six ? 16 : 4);
	}
	ret = skald_nat64_tuple(&w->prefix, &from, &w->target);
	if (ret)
		return ret;
	/* what is quoted was on its way to where the error comes from */
	w->quoted = w->target;
	w->quoted.src = w->target.dst;
	w->quoted.dst = w->target.src;
	w->job.target = &w->target;
	w->job.quoted = &w->quoted;
	w->job.bytes = out->bytes;
	w->job.room = sizeof(out->bytes);
	ret = skald_nat64_translate(&view, &w->job);
	out->len = w->job.len;
	return ret;
}

#define A4 "192.0.2.1"
#define B4 "198.51.100.2"
#define A6 "2001:db8:64::192.0.2.1"
#define B6 "2001:db8:64::198.51.100.2"

Test(nat64, headers_have_their_counterparts)
{
	struct packet in, out;
	struct world w;

	world_init(&w);
	packet_ipv4(&in, A4, B4, IPPROTO_UDP);
	in.bytes[1] = 0xb8;
	packet_udp(&in, 1000, 53, 11);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	packet_is_sound(&out);
	cr_expect_eq(out.len, 40u + 19);
	cr_expect_eq(out.bytes[0], 0x6b, "traffic class");
	cr_expect_eq(out.bytes[1], 0x80);
	cr_expect_eq(out.bytes[6], IPPROTO_UDP);
	cr_expect_eq(out.bytes[7], 63, "hop limit");
	cr_expect_eq(memcmp(out.bytes + 40, in.bytes + 20, 6), 0, "ports");
	cr_expect_eq(memcmp(out.bytes + 48, in.bytes + 28, 11), 0);
}

/* There and back: the same but for what a router changes. */
Test(nat64, there_and_back_is_the_same)
{
	uint32_t random = 7, i;
	struct packet in, there, back;
	struct world w;

	world_init(&w);
	for (i = 0; i < 3000; i++) {
		random = random * 1664525u + 1013904223u;
		packet_ipv6(&in, A6, B6, 0);
		in.bytes[0] = (uint8_t)(0x60 | (random >> 28));
		in.bytes[1] = (uint8_t)(random >> 20 & 0xf0);
		if (i % 3 == 0) {
			in.bytes[6] = IPPROTO_TCP;
			packet_tcp(&in, (uint16_t)random,
				   (uint16_t)(random >> 16), 0x18);
		} else if (i % 3 == 1) {
			in.bytes[6] = IPPROTO_UDP;
			packet_udp(&in, (uint16_t)random,
				   (uint16_t)(random >> 16), random % 1200);
		} else {
			in.bytes[6] = IPPROTO_ICMPV6;
			packet_icmp(&in, i & 1 ? 128 : 129, 0, random, in.bytes,
				    random % 40);
		}
		cr_assert_eq(stateless(&w, &in, &there), 0);
		packet_is_sound(&there);
		cr_assert_eq(stateless(&w, &there, &back), 0);
		packet_is_sound(&back);
		cr_assert_eq(back.bytes[7], 62);
		back.bytes[7] = in.bytes[7];
		cr_assert_eq(back.len, in.len);
		cr_assert_eq(memcmp(back.bytes, in.bytes, in.len), 0, "%u", i);
	}
}

/* RFC 6052, 3.1 and 4.1: 64:ff9b::/96 sums up to nothing. */
Test(nat64, the_well_known_prefix_is_checksum_neutral)
{
	struct packet in, out;
	struct world w;

	world_init(&w);
	skald_nat64_prefix_well_known(&w.prefix);
	packet_ipv6(&in, "64:ff9b::192.0.2.1", "64:ff9b::198.51.100.2",
		    IPPROTO_TCP);
	packet_tcp(&in, 1, 2, 0x10);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	packet_is_sound(&out);
	cr_expect_eq(memcmp(out.bytes + 20, in.bytes + 40, 20), 0);
}

/* A packet that was damaged stays so: nobody repairs its checksum. */
Test(nat64, a_wrong_checksum_stays_wrong)
{
	struct packet in, out;
	struct world w;

	world_init(&w);
	packet_ipv6(&in, A6, B6, IPPROTO_TCP);
	packet_tcp(&in, 1, 2, 0x10);
	in.bytes[59] ^= 1;
	cr_assert_eq(stateless(&w, &in, &out), 0);
	cr_expect_neq(packet_sum(out.bytes + 20, 20, packet_pseudo(&out)),
		      0xffff);
}

/* RFC 7915, 4.5 */
Test(nat64, a_missing_udp_checksum_is_made)
{
	struct packet in, out;
	struct world w;

	world_init(&w);
	packet_ipv4(&in, A4, B4, IPPROTO_UDP);
	packet_udp(&in, 5, 6, 7);
	put_unaligned_be16(0, in.bytes + 26);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	cr_expect_neq(get_unaligned_be16(out.bytes + 46), 0);
	packet_is_sound(&out);
	/* of a fragment nobody knows all bytes */
	in.bytes[6] = 0x20;
	cr_expect_eq(stateless(&w, &in, &out), -ENOENT);
}

/* RFC 7915, 5.1: DF only where the packet cannot be what was a fragment */
Test(nat64, small_packets_may_be_fragmented)
{
	struct packet in, out;
	struct world w;

	world_init(&w);
	packet_ipv6(&in, A6, B6, IPPROTO_UDP);
	packet_udp(&in, 1, 2, 1260 - 20 - 8);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	cr_expect_eq(get_unaligned_be16(out.bytes + 6), 0);
	cr_expect_eq(get_unaligned_be16(out.bytes + 4), 0x1234);
	packet_ipv6(&in, A6, B6, IPPROTO_UDP);
	packet_udp(&in, 1, 2, 1260 - 20 - 8 + 1);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	cr_expect_eq(get_unaligned_be16(out.bytes + 6), 0x4000);
}

Test(nat64, what_is_too_long_is_said_so)
{
	struct packet in, out;
	struct world w;

	world_init(&w);
	packet_ipv6(&in, A6, B6, IPPROTO_UDP);
	packet_udp(&in, 1, 2, 1500);
	cr_assert_eq(stateless(&w, &in, &out), -EHOSTUNREACH);
	cr_expect(w.job.icmp_type == 2 && w.job.icmp_value == 1520);
	packet_ipv4(&in, A4, B4, IPPROTO_UDP);
	in.bytes[6] = 0x40;
	packet_udp(&in, 1, 2, 1470);
	cr_assert_eq(stateless(&w, &in, &out), -EHOSTUNREACH);
	cr_expect(w.job.icmp_type == 3 && w.job.icmp_code == 4);
	cr_expect_eq(w.job.icmp_value, 1480u);
}

Test(nat64, the_last_hop_is_answered)
{
	struct packet in, out;
	struct world w;

	world_init(&w);
	packet_ipv4(&in, A4, B4, IPPROTO_UDP);
	in.bytes[8] = 1;
	packet_udp(&in, 1, 2, 3);
	cr_assert_eq(stateless(&w, &in, &out), -EHOSTUNREACH);
	cr_expect(w.job.icmp_type == 11 && w.job.icmp_code == 0);
	packet_ipv6(&in, A6, B6, IPPROTO_UDP);
	in.bytes[7] = 1;
	packet_udp(&in, 1, 2, 3);
	cr_assert_eq(stateless(&w, &in, &out), -EHOSTUNREACH);
	cr_expect(w.job.icmp_type == 3 && w.job.icmp_code == 0);
}

/* RFC 7915, 4.1: options go, a route that has not ended is refused */
Test(nat64, options_go_and_source_routes_are_refused)
{
	static const uint8_t nops[] = { 1, 1, 1, 0 };
	static const uint8_t route[] = { 131, 7, 4, 192, 0, 2, 9, 0 };
	static const uint8_t ended[] = { 131, 7, 8, 192, 0, 2, 9, 0 };
	struct packet in, out;
	struct world w;

	world_init(&w);
	packet_ipv4(&in, A4, B4, IPPROTO_UDP);
	in.bytes[0] = 0x46;
	packet_add(&in, nops, sizeof(nops));
	packet_udp(&in, 1, 2, 3);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	packet_is_sound(&out);
	cr_expect_eq(out.len, 51u);
	packet_ipv4(&in, A4, B4, IPPROTO_UDP);
	in.bytes[0] = 0x47;
	packet_add(&in, route, sizeof(route));
	packet_udp(&in, 1, 2, 3);
	cr_assert_eq(stateless(&w, &in, &out), -EHOSTUNREACH);
	cr_expect(w.job.icmp_type == 3 && w.job.icmp_code == 5);
	memcpy(in.bytes + 20, ended, sizeof(ended));
	packet_finish(&in);
	cr_expect_eq(stateless(&w, &in, &out), 0);
}

/* RFC 7915, 5.1: extension headers go, a route that has not ended is refused */
Test(nat64, extension_headers_go)
{
	static const uint8_t hop[] = { IPPROTO_ROUTING, 0, 1, 4, 0, 0, 0, 0 };
	uint8_t route[] = { IPPROTO_UDP, 0, 4, 0, 0, 0, 0, 0 };
	struct packet in, out;
	struct world w;
	int i;

	world_init(&w);
	for (i = 0; i < 2; i++) {
		packet_ipv6(&in, A6, B6, 0);
		packet_add(&in, hop, sizeof(hop));
		route[3] = (uint8_t)i;
		packet_add(&in, route, sizeof(route));
		packet_udp(&in, 1, 2, 3);
		if (i) {
			cr_assert_eq(stateless(&w, &in, &out), -EHOSTUNREACH);
			cr_expect(w.job.icmp_type == 4 && !w.job.icmp_code);
			cr_expect_eq(w.job.icmp_value, 51u);
			break;
		}
		cr_assert_eq(stateless(&w, &in, &out), 0);
		cr_expect_eq(out.len, 31u);
		cr_expect_eq(out.bytes[9], IPPROTO_UDP);
	}
}

Test(nat64, fragments_stay_fragments)
{
	static const uint8_t header[] = { IPPROTO_UDP, 0,    0,	   0x09,
					  0xde,	       0xad, 0xbe, 0xef };
	struct packet in, out, back;
	struct world w;

	world_init(&w);
	packet_ipv6(&in, A6, B6, IPPROTO_FRAGMENT);
	packet_add(&in, header, sizeof(header));
	packet_add(&in, "sixteen bytes...", 16);
	put_unaligned_be16((uint16_t)(in.len - 40), in.bytes + 4);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	cr_expect_eq(out.len, 36u);
	cr_expect_eq(get_unaligned_be16(out.bytes + 4), 0xbeef);
	cr_expect_eq(get_unaligned_be16(out.bytes + 6), 0x2001);
	cr_assert_eq(stateless(&w, &out, &back), 0);
	in.bytes[44] = 0;
	in.bytes[45] = 0;
	in.bytes[7] -= 2;
	cr_expect_eq(back.len, in.len);
	cr_expect_eq(memcmp(back.bytes, in.bytes, in.len), 0);
}

/* All pieces together are the packet. */
Test(nat64, long_packets_are_cut)
{
	uint8_t piece[SKALD_NAT64_MTU6], whole[PACKET_ROOM];
	uint32_t at = 0, len, total = 0, n = 0;
	struct packet in, out;
	struct world w;

	world_init(&w);
	w.job.mtu6 = 9000;
	packet_ipv4(&in, A4, B4, IPPROTO_UDP);
	packet_udp(&in, 1, 2, 3000);
	cr_assert_eq(stateless(&w, &in, &out), 0);
	cr_assert(w.job.may_fragment);
	do {
		at = skald_nat64_fragment(&w.job, 77, at, piece, &len);
		cr_assert_leq(len, SKALD_NAT64_MTU6);
		cr_assert_eq(get_unaligned_be16(piece + 4) + 40u, len);
		cr_assert_eq(piece[6], IPPROTO_FRAGMENT);
		cr_assert_eq(piece[40], IPPROTO_UDP);
		cr_assert_eq(get_unaligned_be16(piece + 42) & 0xfff8, total);
		cr_assert_eq(piece[43] & 1, at != 0);
		cr_assert_eq(get_unaligned_be32(piece + 44), 77u);
		memcpy(whole + total, piece + 48, len - 48);
		total += len - 48;
		n++;
	} while (at);
	cr_expect_eq(n, 3u);
	cr_expect_eq(total, out.len - 40);
	cr_expect_eq(memcmp(whole, out.bytes + 40, total), 0);
}

/* ---- ICMP ---- */

struct icmp_case {
	uint8_t type;
	uint8_t code;
	uint32_t value;
	bool passes;
	uint8_t to_type;
	uint8_t to_code;
	uint32_t to_value;
};

/* RFC 7915, 4.2 */
static const struct icmp_case cases_4to6[] = {
	{ 3, 0, 0, true, 1, 0, 0 },
	{ 3, 1, 0, true, 1, 0, 0 },
	{ 3, 2, 0, true, 4, 1, 6 },
	{ 3, 3, 0, true, 1, 4, 0 },
	{ 3, 4, 1400, true, 2, 0, 1420 },
	{ 3, 4, 9000, true, 2, 0, 1500 },
	{ 3, 4, 600, true, 2, 0, 1280 },
	{ 3, 5, 0, true, 1, 0, 0 },
	{ 3, 8, 0, true, 1, 0, 0 },
	{ 3, 9, 0, true, 1, 1, 0 },
	{ 3, 10, 0, true, 1, 1, 0 },
	{ 3, 12, 0, true, 1, 0, 0 },
	{ 3, 13, 0, true, 1, 1, 0 },
	{ 3, 14, 0, false, 0, 0, 0 },
	{ 3, 15, 0, true, 1, 1, 0 },
	{ 3, 16, 0, false, 0, 0, 0 },
	{ 4, 0, 0, false, 0, 0, 0 },
	{ 5, 0, 0, false, 0, 0, 0 },
	{ 11, 0, 0, true, 3, 0, 0 },
	{ 11, 1, 0, true, 3, 1, 0 },
	{ 12, 0, 0x00000000, true, 4, 0, 0 },
	{ 12, 0, 0x01000000, true, 4, 0, 1 },
	{ 12, 0, 0x02000000, true, 4, 0, 4 },
	{ 12, 0, 0x04000000, false, 0, 0, 0 },
	{ 12, 0, 0x08000000, true, 4, 0, 7 },
	{ 12, 0, 0x09000000, true, 4, 0, 6 },
	{ 12, 0, 0x0c000000, true, 4, 0, 8 },
	{ 12, 2, 0x13000000, true, 4, 0, 24 },
	{ 12, 0, 0x14000000, false, 0, 0, 0 },
	{ 12, 1, 0, false, 0, 0, 0 },
	{ 40, 0, 0, false, 0, 0, 0 },
};

/* RFC 7915, 5.2 */
static const struct icmp_case cases_6to4[] = {
	{ 1, 0, 0, true, 3, 1, 0 },
	{ 1, 1, 0, true, 3, 10, 0 },
	{ 1, 2, 0, true, 3, 1, 0 },
	{ 1, 3, 0, true, 3, 1, 0 },
	{ 1, 4, 0, true, 3, 3, 0 },
	{ 1, 5, 0, false, 0, 0, 0 },
	{ 2, 0, 1400, true, 3, 4, 1380 },
	{ 2, 0, 9000, true, 3, 4, 1480 },
	{ 3, 0, 0, true, 11, 0, 0 },
	{ 3, 1, 0, true, 11, 1, 0 },
	{ 4, 0, 0, true, 12, 0, 0 },
	{ 4, 0, 4, true, 12, 0, 0x02000000 },
	{ 4, 0, 6, true, 12, 0, 0x09000000 },
	{ 4, 0, 7, true, 12, 0, 0x08000000 },
	{ 4, 0, 23, true, 12, 0, 0x0c000000 },
	{ 4, 0, 39, true, 12, 0, 0x10000000 },
	{ 4, 0, 2, false, 0, 0, 0 },
	{ 4, 0, 40, false, 0, 0, 0 },
	{ 4, 1, 0, true, 3, 2, 0 },
	{ 4, 2, 0, false, 0, 0, 0 },
	{ 100, 0, 0, false, 0, 0, 0 },
};

/* An error and what became of it; it quotes a UDP packet of @B. */
static int translate_error(struct world *w, bool six, const struct icmp_case *c,
			   struct packet *out)
{
	struct packet inner, in;

	if (six) {
		packet_ipv6(&inner, B6, A6, IPPROTO_UDP);
		packet_ipv6(&in, A6, B6, IPPROTO_ICMPV6);
	} else {
		packet_ipv4(&inner, B4, A4, IPPROTO_UDP);
		packet_ipv4(&in, A4, B4, IPPROTO_ICMP);
	}
	packet_udp(&inner, 4000, 53, 20);
	packet_icmp(&in, c->type, c->code, c->value, inner.bytes, inner.len);
	return stateless(w, &in, out);
}

static void check_error(bool six, const struct icmp_case *c)
{
	struct packet out, inner = { .len = 0 };
	const uint8_t *icmp;
	struct world w;
	uint32_t header = six ? 20 : 40;
	int ret;

	world_init(&w);
	ret = translate_error(&w, six, c, &out);
	cr_assert_eq(ret, c->passes ? 0 : -ENOENT, "%u/%u %x: %d", c->type,
		     c->code, c->value, ret);
	if (!c->passes)
		return;
	packet_is_sound(&out);
	icmp = out.bytes + header;
	cr_expect(icmp[0] == c->to_type && icmp[1] == c->to_code,
		  "%u/%u became %u/%u", c->type, c->code, icmp[0], icmp[1]);
	cr_expect_eq(get_unaligned_be32(icmp + 4), c->to_value,
		     "%u/%u %x: value %x", c->type, c->code, c->value,
		     get_unaligned_be32(icmp + 4));
	/* what is quoted is a packet of the other family, whole */
	inner.len = out.len - header - 8;
	memcpy(inner.bytes, icmp + 8, inner.len);
	cr_expect_eq(packet_is_ipv6(&inner), !six);
	inner.bytes[six ? 8 : 7] = 64;
	if (six)
		packet_finish(&inner);
	packet_is_sound(&inner);
}

Test(nat64, icmp_errors_become_icmpv6_errors)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases_4to6); i++)
		check_error(false, &cases_4to6[i]);
}

Test(nat64, icmpv6_errors_become_icmp_errors)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases_6to4); i++)
		check_error(true, &cases_6to4[i]);
}

/* RFC 4884, 5: extensions stay behind what is quoted */
Test(nat64, extensions_are_kept)
{
	static const uint8_t extension[] = { 0x20, 0, 0, 0, 0,	  8,
					     1,	   1, 0, 1, 0xab, 0xcd };
	struct packet inner, in, out;
	uint8_t body[140] = { 0 };
	struct world w;

	world_init(&w);
	packet_ipv4(&inner, B4, A4, IPPROTO_UDP);
	packet_udp(&inner, 4000, 53, 20);
	memcpy(body, inner.bytes, inner.len);
	memcpy(body + 128, extension, sizeof(extension));
	packet_ipv4(&in, A4, B4, IPPROTO_ICMP);
	packet_icmp(&in, 11, 0, 32u << 16, body, sizeof(body));
	cr_assert_eq(stateless(&w, &in, &out), 0);
	packet_is_sound(&out);
	cr_expect_eq(out.bytes[44], 16, "length in words of 64 bits");
	cr_expect_eq(out.len, 40u + 8 + 128 + sizeof(extension));
	cr_expect_eq(memcmp(out.bytes + 48 + 128, extension, sizeof(extension)),
		     0);
}

Test(nat64, an_error_about_an_error_is_dropped)
{
	struct packet inner, in, out;
	struct world w;

	world_init(&w);
	packet_ipv4(&inner, B4, A4, IPPROTO_ICMP);
	packet_icmp(&inner, 3, 1, 0, "quoted", 6);
	packet_ipv4(&in, A4, B4, IPPROTO_ICMP);
	packet_icmp(&in, 3, 1, 0, inner.bytes, inner.len);
	cr_expect_eq(stateless(&w, &in, &out), -ENOENT);
}

/* Whatever is cut off: an answer, and never a byte too many. */
Test(nat64, packets_cut_anywhere_are_survived)
{
	static const struct icmp_case c = { 3, 3, 0, true, 1, 4, 0 };
	struct packet whole, in, out, inner;
	struct skald_view view;
	struct world w;
	uint32_t len, room;

	world_init(&w);
	packet_ipv4(&inner, B4, A4, IPPROTO_UDP);
	packet_udp(&inner, 4000, 53, 20);
	packet_ipv4(&whole, A4, B4, IPPROTO_ICMP);
	packet_icmp(&whole, c.type, c.code, 0, inner.bytes, inner.len);
	for (len = 20; len <= whole.len; len++) {
		in = whole;
		in.len = len;
		put_unaligned_be16((uint16_t)len, in.bytes + 2);
		stateless(&w, &in, &out);
	}
	cr_assert_eq(stateless(&w, &whole, &out), 0);
	packet_view(&whole, &view);
	w.job.target = &w.target;
	w.job.quoted = &w.quoted;
	for (room = 0; room < out.len; room++) {
		uint8_t *bytes = malloc(room + 1);

		w.job.bytes = bytes;
		w.job.room = room;
		cr_expect_eq(skald_nat64_translate(&view, &w.job), -ENOBUFS);
		free(bytes);
	}
}

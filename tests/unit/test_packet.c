// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snaps and packets: taking headers apart, comparing, packing.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "packet.h"
#include "random_event.h"

/* Hex digits, spaces ignored. Return: bytes written */
static uint8_t hex(const char *digits, uint8_t *bytes, size_t size)
{
	unsigned int byte, used;
	size_t n = 0;
	int read;

	while (n < size && sscanf(digits, " %2x%n", &byte, &read) == 1) {
		bytes[n++] = (uint8_t)byte;
		used = (unsigned int)read;
		digits += used;
	}
	return (uint8_t)n;
}

/**
 * struct header_case - headers, and what is in them
 * @name: of the case
 * @ethertype: of @nh
 * @ll: link-layer header in hex, of Ethernet; NULL: none
 * @nh: network header in hex
 * @th: transport header in hex
 * @summary: as people write it
 * @fields: "name=value" for each field that must be there; mark is added
 */
struct header_case {
	const char *name;
	uint16_t ethertype;
	const char *ll;
	const char *nh;
	const char *th;
	const char *summary;
	const char *fields;
};

#define IP4_ADDRESSES "0a010002 0a010001"
#define IP6_ADDRESSES \
	"20010db8000000000000000000000001 20010db8000000000000000000000002"

static const struct header_case cases[] = {
	{ "tcp syn", 0x800, NULL, "4510003c 12344000 4006beef" IP4_ADDRESSES,
	  "d3321f90 00000001 00000000 a002faf0 00000000",
	  "tcp 10.1.0.2:54066 > 10.1.0.1:8080 [S] len 60",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=54066 dport=8080 len=60 ttl=64 "
	  "dscp=4 ecn=0 id=4660 frag_offset=0 frag_more=0 dont_fragment=1 "
	  "seq=1 ack=0 window=64240 tcp_flags=2" },
	{ "tcp with all flags", 0x800, NULL,
	  "45030028 00000000 40060000" IP4_ADDRESSES,
	  "00500051 ffffffff fffffffe 50ff0001 00000000",
	  "tcp 10.1.0.2:80 > 10.1.0.1:81 [FSRP.UEW] len 40",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=80 dport=81 len=40 ttl=64 "
	  "dscp=0 ecn=3 id=0 frag_offset=0 frag_more=0 dont_fragment=0 "
	  "seq=4294967295 ack=4294967294 window=1 tcp_flags=255" },
	{ "tcp without flags", 0x800, NULL,
	  "45000028 00000000 40060000" IP4_ADDRESSES,
	  "00500051 00000000 00000000 50000000 00000000",
	  "tcp 10.1.0.2:80 > 10.1.0.1:81 [none] len 40",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=80 dport=81 len=40 ttl=64 "
	  "dscp=0 ecn=0 id=0 frag_offset=0 frag_more=0 dont_fragment=0 "
	  "seq=0 ack=0 window=0 tcp_flags=0" },
	{ "udp behind ip options, ports taken from the network header", 0x800,
	  NULL,
	  "46000024 00000000 01110000" IP4_ADDRESSES "94040000 0035 d431 0010",
	  NULL, "udp 10.1.0.2:53 > 10.1.0.1:54321 len 36",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=53 dport=54321 len=36 ttl=1 "
	  "dscp=0 ecn=0 id=0 frag_offset=0 frag_more=0 dont_fragment=0" },
	{ "last fragment has no ports", 0x800, NULL,
	  "45000080 abcd00b9 40110000" IP4_ADDRESSES, "0035d431 00100000",
	  "udp 10.1.0.2 > 10.1.0.1 frag 1480 len 128",
	  "saddr=10.1.0.2 daddr=10.1.0.1 len=128 ttl=64 dscp=0 ecn=0 id=43981 "
	  "frag_offset=1480 frag_more=0 dont_fragment=0" },
	{ "first fragment has ports", 0x800, NULL,
	  "450005dc abcd2000 40110000" IP4_ADDRESSES, "0035d431 0bb80000",
	  "udp 10.1.0.2:53 > 10.1.0.1:54321 frag 0+ len 1500",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=53 dport=54321 len=1500 ttl=64 "
	  "dscp=0 ecn=0 id=43981 frag_offset=0 frag_more=1 dont_fragment=0" },
	{ "ping", 0x800, NULL, "45000054 00000000 40010000" IP4_ADDRESSES,
	  "08000000 00050001",
	  "icmp 10.1.0.2 > 10.1.0.1 echo-request id 5 seq 1 len 84",
	  "saddr=10.1.0.2 daddr=10.1.0.1 len=84 ttl=64 dscp=0 ecn=0 id=0 "
	  "frag_offset=0 frag_more=0 dont_fragment=0 icmp_type=8 icmp_code=0 "
	  "icmp_id=5 icmp_seq=1" },
	{ "icmp error", 0x800, NULL, "45c00058 00000000 40010000" IP4_ADDRESSES,
	  "03030000 00000000 4500003c",
	  "icmp 10.1.0.2 > 10.1.0.1 destination-unreachable code 3 len 88",
	  "saddr=10.1.0.2 daddr=10.1.0.1 len=88 ttl=64 dscp=48 ecn=0 id=0 "
	  "frag_offset=0 frag_more=0 dont_fragment=0 icmp_type=3 icmp_code=3" },
	{ "esp", 0x800, NULL, "45000058 00000000 40320000" IP4_ADDRESSES,
	  "00000001 00000002", "esp 10.1.0.2 > 10.1.0.1 len 88",
	  "saddr=10.1.0.2 daddr=10.1.0.1 len=88 ttl=64 dscp=0 ecn=0 id=0 "
	  "frag_offset=0 frag_more=0 dont_fragment=0" },
	{ "protocol without a name", 0x800, NULL,
	  "45000058 00000000 40fd0000" IP4_ADDRESSES, NULL,
	  "proto 253 10.1.0.2 > 10.1.0.1 len 88",
	  "saddr=10.1.0.2 daddr=10.1.0.1 len=88 ttl=64 dscp=0 ecn=0 id=0 "
	  "frag_offset=0 frag_more=0 dont_fragment=0" },
	{ "longer than the length field can say", 0x800, NULL,
	  "45000000 00000000 40060000" IP4_ADDRESSES, "00500051",
	  "tcp 10.1.0.2:80 > 10.1.0.1:81",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=80 dport=81 ttl=64 dscp=0 "
	  "ecn=0 id=0 frag_offset=0 frag_more=0 dont_fragment=0" },
	{ "sctp", 0x800, NULL, "45000058 00000000 40840000" IP4_ADDRESSES,
	  "0b590b5a 00000000", "sctp 10.1.0.2:2905 > 10.1.0.1:2906 len 88",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=2905 dport=2906 len=88 ttl=64 "
	  "dscp=0 ecn=0 id=0 frag_offset=0 frag_more=0 dont_fragment=0" },
	{ "ip that is cut off", 0x800, NULL, "45000058 00000000 4084", NULL,
	  "ip", "" },
	{ "ip with a header length that cannot be", 0x800, NULL,
	  "44000058 00000000 40840000" IP4_ADDRESSES, "00500051", "ip", "" },
	{ "udp over ip6", 0x86dd, NULL, "6b812345 00141140" IP6_ADDRESSES,
	  "003500350014 0000", "udp [2001:db8::1]:53 > [2001:db8::2]:53 len 60",
	  "saddr=2001:db8::1 daddr=2001:db8::2 sport=53 dport=53 len=60 "
	  "ttl=64 dscp=46 ecn=0 flow_label=74565" },
	{ "ping over ip6", 0x86dd, NULL, "60000000 00403aff" IP6_ADDRESSES,
	  "80000000 00050001",
	  "icmp6 2001:db8::1 > 2001:db8::2 echo-request id 5 seq 1 len 104",
	  "saddr=2001:db8::1 daddr=2001:db8::2 len=104 ttl=255 dscp=0 ecn=0 "
	  "flow_label=0 icmp_type=128 icmp_code=0 icmp_id=5 icmp_seq=1" },
	{ "ip6 fragment: what follows is not known", 0x86dd, NULL,
	  "60000000 00142c40" IP6_ADDRESSES, "00350035",
	  "ipv6-frag 2001:db8::1 > 2001:db8::2 len 60",
	  "saddr=2001:db8::1 daddr=2001:db8::2 len=60 ttl=64 dscp=0 ecn=0 "
	  "flow_label=0" },
	{ "ip6 fragment of which traces show 20 bytes", 0x86dd, NULL,
	  "600ccc9a 05b02c40 20010db8 00010000 00000000", NULL,
	  "ipv6-frag len 1496",
	  "len=1496 ttl=64 dscp=0 ecn=0 flow_label=838810" },
	{ "ip6 jumbogram", 0x86dd, NULL, "60000000 00000040" IP6_ADDRESSES,
	  NULL, "hopopt 2001:db8::1 > 2001:db8::2",
	  "saddr=2001:db8::1 daddr=2001:db8::2 ttl=64 dscp=0 ecn=0 "
	  "flow_label=0" },
	{ "ip6 without anything", 0x86dd, NULL,
	  "60000000 00003b40" IP6_ADDRESSES, NULL,
	  "ipv6-nonxt 2001:db8::1 > 2001:db8::2 len 40",
	  "saddr=2001:db8::1 daddr=2001:db8::2 len=40 ttl=64 dscp=0 ecn=0 "
	  "flow_label=0" },
	{ "arp request", 0x806, NULL,
	  "0001 0800 06 04 0001 020000000001 0a010002 000000000000 0a010001",
	  NULL, "arp who-has 10.1.0.1 tell 10.1.0.2",
	  "saddr=10.1.0.2 daddr=10.1.0.1 len=28 arp_op=1" },
	{ "arp of another hardware", 0x806, NULL,
	  "0001 0800 14 04 0002 020000000001", NULL, "arp op 2",
	  "len=56 arp_op=2" },
	{ "ethertype not told", 0, NULL,
	  "4500003c 00000000 40110000" IP4_ADDRESSES, "00350035",
	  "udp 10.1.0.2:53 > 10.1.0.1:53 len 60",
	  "saddr=10.1.0.2 daddr=10.1.0.1 sport=53 dport=53 len=60 ttl=64 "
	  "dscp=0 ecn=0 id=0 frag_offset=0 frag_more=0 dont_fragment=0" },
	{ "nothing known", 0, NULL, "ffff", NULL, "packet", "" },
	{ "lldp", 0x88cc, "0180c200000e 020000000001 88cc", "0207", NULL,
	  "0x88cc 02:00:00:00:00:01 > 01:80:c2:00:00:0e",
	  "smac=02:00:00:00:00:01 dmac=01:80:c2:00:00:0e" },
	{ "vlan", 0x88cc, "0180c200000e 020000000001 8100 e064 88cc", "0207",
	  NULL, "0x88cc 02:00:00:00:00:01 > 01:80:c2:00:00:0e",
	  "smac=02:00:00:00:00:01 dmac=01:80:c2:00:00:0e vlan=100" },
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void snap_of(const struct header_case *c, struct skald_snap *snap)
{
	memset(snap, 0, sizeof(*snap));
	snap->ethertype = c->ethertype;
	snap->lltype = c->ll ? 1 : 0;
	snap->mark = 7;
	if (c->ll)
		snap->ll_len = hex(c->ll, snap->ll, sizeof(snap->ll));
	if (c->nh)
		snap->nh_len = hex(c->nh, snap->nh, sizeof(snap->nh));
	if (c->th)
		snap->th_len = hex(c->th, snap->th, sizeof(snap->th));
}

static void assert_fields(const struct header_case *c,
			  const struct skald_packet *packet)
{
	char expected[512], field[64], value[48];
	unsigned int i, n_expected = 0, n = 0;
	const char *at;

	(void)snprintf(expected, sizeof(expected), " %s mark=7 ", c->fields);
	for (at = expected; (at = strchr(at, '=')); at++)
		n_expected++;
	for (i = 0; i < SKALD_N_P; i++) {
		if (packet->value[i].type == SKALD_VALUE_NONE)
			continue;
		skald_value_format(&packet->value[i], value, sizeof(value));
		(void)snprintf(field, sizeof(field), " %s=%s ",
			       skald_packet_descs[i].name, value);
		cr_assert(strstr(expected, field), "%s: unexpected%s", c->name,
			  field);
		n++;
	}
	cr_assert_eq(n, n_expected, "%s: %u fields of %u", c->name, n,
		     n_expected);
}

Test(packet, headers_are_taken_apart_as_tcpdump_would)
{
	struct skald_packet packet;
	struct skald_snap snap;
	char text[256];
	size_t i;

	for (i = 0; i < N_CASES; i++) {
		snap_of(&cases[i], &snap);
		skald_packet_parse(&snap, &packet);
		assert_fields(&cases[i], &packet);
		cr_assert_str_eq(
			skald_packet_summary(&packet, text, sizeof(text)),
			cases[i].summary, "%s: %s", cases[i].name, text);
	}
}

Test(packet, hidden_transport_has_no_protocol_number)
{
	struct skald_packet packet;
	struct skald_snap snap = { .ethertype = 0x86dd, .nh_len = 40 };

	snap.nh[0] = 0x60;
	snap.nh[6] = 44;
	skald_packet_parse(&snap, &packet);
	cr_assert_eq(packet.protonum, -1);
	snap.nh[6] = 17;
	skald_packet_parse(&snap, &packet);
	cr_assert_eq(packet.protonum, 17);
}

/* The sanitizer sees reads behind; the parser gets any length at all. */
Test(packet, lengths_that_lie_are_not_believed)
{
	struct dice dice = { 5 };
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		struct skald_snap *snap = malloc(sizeof(*snap));
		struct skald_packet packet;
		char text[64];

		roll_snap(&dice, snap);
		snap->ll_len = (uint8_t)roll(&dice);
		snap->nh_len = (uint8_t)roll(&dice);
		snap->th_len = (uint8_t)roll(&dice);
		skald_packet_parse(snap, &packet);
		skald_packet_summary(&packet, text, sizeof(text));
		cr_assert_lt(strlen(text), sizeof(text));
		free(snap);
	}
}

Test(packet, summaries_are_cut_off_to_their_buffer)
{
	struct skald_packet packet;
	struct skald_snap snap;
	char text[64];
	size_t size;

	snap_of(&cases[0], &snap);
	skald_packet_parse(&snap, &packet);
	for (size = 1; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		skald_packet_summary(&packet, text, size);
		cr_assert_lt(strlen(text), size);
		cr_assert_eq(strncmp(text, cases[0].summary, strlen(text)), 0);
		cr_assert_eq(text[size], 'x');
	}
}

Test(packet, same_looks_at_bytes_and_mark_alone)
{
	struct skald_snap a, b;

	snap_of(&cases[0], &a);
	b = a;
	cr_assert(skald_snap_same(&a, &b));
	b.iif = 3;
	b.oif = 4;
	cr_assert(skald_snap_same(&a, &b), "interfaces count");
	b.th_len = 0;
	cr_assert(skald_snap_same(&a, &b), "an absent header counts");
	b.mark = 8;
	cr_assert_not(skald_snap_same(&a, &b));
	b = a;
	b.nh[8]--;
	cr_assert_not(skald_snap_same(&a, &b));
	b = a;
	b.th[19] ^= 1;
	cr_assert_not(skald_snap_same(&a, &b));
	b = a;
	b.nh_len--;
	cr_assert_not(skald_snap_same(&a, &b));
}

static void assert_same_snap(const struct skald_snap *a,
			     const struct skald_snap *b)
{
	cr_assert_eq(a->iif, b->iif);
	cr_assert_eq(a->oif, b->oif);
	cr_assert_eq(a->mark, b->mark);
	cr_assert_eq(a->lltype, b->lltype);
	cr_assert_eq(a->ethertype, b->ethertype);
	cr_assert_eq(a->ll_len, b->ll_len);
	cr_assert_eq(a->nh_len, b->nh_len);
	cr_assert_eq(a->th_len, b->th_len);
	cr_assert_eq(memcmp(a->ll, b->ll, a->ll_len), 0);
	cr_assert_eq(memcmp(a->nh, b->nh, a->nh_len), 0);
	cr_assert_eq(memcmp(a->th, b->th, a->th_len), 0);
}

static struct skald_cursor cursor_of(const struct skald_buffer *buffer)
{
	struct skald_cursor cursor = { buffer->data, buffer->data + buffer->len,
				       false };

	return cursor;
}

Test(packet, snaps_come_back_as_they_were_packed)
{
	struct dice dice = { 6 };
	unsigned int i;

	for (i = 0; i < 5000; i++) {
		struct skald_buffer buffer = { 0 };
		struct skald_snap snap, back;
		struct skald_cursor cursor;

		roll_snap(&dice, &snap);
		/* as it is in real packets: the headers overlap */
		if (roll_below(&dice, 2) && snap.nh_len > 20)
			memcpy(snap.th, snap.nh + 20, 20);
		skald_snap_pack(&snap, &buffer);
		cursor = cursor_of(&buffer);
		cr_assert_eq(skald_snap_unpack(&cursor, &back), 0);
		cr_assert_eq(cursor.data, cursor.end);
		assert_same_snap(&snap, &back);
		skald_buffer_done(&buffer);
	}
}

Test(packet, differences_come_back_as_they_were_packed)
{
	struct dice dice = { 7 };
	unsigned int i, j;

	for (i = 0; i < 5000; i++) {
		struct skald_buffer buffer = { 0 };
		struct skald_snap base, snap, back;
		struct skald_cursor cursor;

		roll_snap(&dice, &base);
		snap = base;
		if (i % 2)
			roll_snap(&dice, &snap);
		for (j = roll_below(&dice, 6); j > 0; j--)
			snap.nh[roll_below(&dice, SKALD_SNAP_NH)] ^= 1;
		skald_snap_pack_diff(&base, &snap, &buffer);
		cursor = cursor_of(&buffer);
		cr_assert_eq(skald_snap_unpack_diff(&cursor, &base, &back), 0);
		cr_assert_eq(cursor.data, cursor.end);
		assert_same_snap(&snap, &back);
		skald_buffer_done(&buffer);
	}
}

Test(packet, equal_snaps_cost_one_byte_and_headers_are_stored_once)
{
	struct skald_buffer buffer = { 0 };
	struct skald_snap snap;

	snap_of(&cases[0], &snap);
	snap.nh_len = 40;
	memcpy(snap.nh + 20, snap.th, 20);
	skald_snap_pack_diff(&snap, &snap, &buffer);
	cr_assert_eq(buffer.len, 1);
	skald_snap_pack(&snap, &buffer);
	/* nine bytes of numbers and lengths, then one IP and one TCP header */
	cr_assert_leq(buffer.len, 1 + 9 + 40);
	skald_buffer_done(&buffer);
}

static void unpack_copies(const uint8_t *data, size_t len,
			  const struct skald_snap *base)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct skald_cursor cursor;
	struct skald_snap snap;
	int ret;

	memcpy(copy, data, len);
	cursor = (struct skald_cursor){ copy, copy + len, false };
	ret = skald_snap_unpack(&cursor, &snap);
	cr_assert(ret == 0 || ret == -EBADMSG);
	cursor = (struct skald_cursor){ copy, copy + len, false };
	ret = skald_snap_unpack_diff(&cursor, base, &snap);
	cr_assert(ret == 0 || ret == -EBADMSG);
	if (ret == 0) {
		cr_assert_leq(snap.ll_len, SKALD_SNAP_LL);
		cr_assert_leq(snap.nh_len, SKALD_SNAP_NH);
		cr_assert_leq(snap.th_len, SKALD_SNAP_TH);
	}
	free(copy);
}

Test(packet, hostile_bytes_give_a_snap_or_an_error)
{
	struct dice dice = { 8 };
	struct skald_snap snap;
	unsigned int i, j;
	size_t cut;

	for (i = 0; i < 500; i++) {
		struct skald_buffer buffer = { 0 };

		roll_snap(&dice, &snap);
		skald_snap_pack(&snap, &buffer);
		for (cut = 0; cut <= buffer.len; cut++)
			unpack_copies(buffer.data, cut, &snap);
		for (j = 0; j < 20; j++) {
			buffer.data[roll_below(&dice, buffer.len)] =
				(uint8_t)roll(&dice);
			unpack_copies(buffer.data, buffer.len, &snap);
		}
		skald_buffer_done(&buffer);
	}
}

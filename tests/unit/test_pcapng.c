// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng blocks, read back by libpcap and option by option; frames from snaps.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "pcapng.h"
#include "sample.h"

static uint32_t u32_at(const struct skald_buffer *buffer, size_t at)
{
	uint32_t number;

	cr_assert(at + 4 <= buffer->len);
	memcpy(&number, buffer->data + at, sizeof(number));
	return number;
}

static uint16_t u16_at(const struct skald_buffer *buffer, size_t at)
{
	uint16_t number;

	cr_assert(at + 2 <= buffer->len);
	memcpy(&number, buffer->data + at, sizeof(number));
	return number;
}

/* Offset of an option's value in the block at @block, 0: it is not there. */
static size_t option(const struct skald_buffer *buffer, size_t block,
		     size_t fixed, uint16_t code, uint16_t *len)
{
	size_t end = block + u32_at(buffer, block + 4) - 4;
	size_t at = block + 8 + fixed;

	while (at + 4 <= end && u16_at(buffer, at)) {
		*len = u16_at(buffer, at + 2);
		if (u16_at(buffer, at) == code)
			return at + 4;
		at += 4 + ((*len + 3u) & ~3u);
	}
	return 0;
}

static void check_lengths(const struct skald_buffer *buffer)
{
	size_t at = 0;

	while (at < buffer->len) {
		uint32_t total = u32_at(buffer, at + 4);

		cr_assert(total >= 12 && total % 4 == 0);
		cr_assert_eq(u32_at(buffer, at + total - 4), total);
		at += total;
	}
	cr_assert_eq(at, buffer->len);
}

static void put_file(const struct skald_output *output, const char *comment)
{
	const struct skald_pcapng_section section = { .hardware = "x86_64",
						      .os = "Linux 6.1",
						      .program = "skald" };
	const struct skald_pcapng_interface interface = {
		SKALD_LINKTYPE_RAW, "eth0", "eth0 in namespace a"
	};
	struct skald_pcapng_packet packet = {
		.direction = SKALD_PCAPNG_OUT,
		.t_ns = SAMPLE_START,
		.data = sample_ip,
		.captured = sizeof(sample_ip),
		.original = 60,
		.id = 0x1122334455667788ull,
		.has_dropcount = true,
		.dropcount = 4,
		.has_verdict = true,
		.verdict = 2,
		.comment = comment,
	};

	cr_assert_eq(skald_pcapng_section(output, &section), 0);
	cr_assert_eq(skald_pcapng_interface(output, &interface), 0);
	cr_assert_eq(skald_pcapng_packet(output, &packet), 0);
}

Test(pcapng, libpcap_reads_what_was_written)
{
	struct skald_buffer buffer = { 0 };
	struct skald_output output = skald_output_buffer(&buffer);
	struct pcap_pkthdr *header;
	const u_char *data;
	char error[PCAP_ERRBUF_SIZE];
	FILE *stream;
	pcap_t *pcap;

	put_file(&output, "hello");
	stream = fmemopen(buffer.data, buffer.len, "r");
	pcap = pcap_fopen_offline_with_tstamp_precision(
		stream, PCAP_TSTAMP_PRECISION_NANO, error);
	cr_assert(pcap, "%s", error);
	cr_assert_eq(pcap_datalink(pcap), DLT_RAW);
	cr_assert_eq(pcap_next_ex(pcap, &header, &data), 1);
	cr_assert_eq(header->caplen, sizeof(sample_ip));
	cr_assert_eq(header->len, 60);
	cr_assert_eq(header->ts.tv_sec, 1700000000);
	cr_assert_eq(header->ts.tv_usec, 123456789);
	cr_assert_arr_eq(data, sample_ip, sizeof(sample_ip));
	cr_assert_eq(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
	skald_buffer_done(&buffer);
}

Test(pcapng, packet_options_carry_id_drops_verdict_and_direction)
{
	struct skald_buffer buffer = { 0 };
	struct skald_output output = skald_output_buffer(&buffer);
	size_t block, at, fixed = 20 + sizeof(sample_ip);
	uint64_t number;
	uint16_t len;

	put_file(&output, "hello");
	check_lengths(&buffer);
	block = u32_at(&buffer, 4);
	cr_assert_eq(u32_at(&buffer, block), 1, "interface comes second");
	block += u32_at(&buffer, block + 4);
	cr_assert_eq(u32_at(&buffer, block), 6, "packet comes third");

	at = option(&buffer, block, fixed, 1, &len);
	cr_assert(at && len == 5 && !memcmp(buffer.data + at, "hello", 5));
	at = option(&buffer, block, fixed, 2, &len);
	cr_assert(at && len == 4 && u32_at(&buffer, at) == 2);
	at = option(&buffer, block, fixed, 4, &len);
	cr_assert(at && len == 8);
	memcpy(&number, buffer.data + at, 8);
	cr_assert_eq(number, 4);
	at = option(&buffer, block, fixed, 5, &len);
	cr_assert(at && len == 8);
	memcpy(&number, buffer.data + at, 8);
	cr_assert_eq(number, 0x1122334455667788ull);
	at = option(&buffer, block, fixed, 7, &len);
	cr_assert(at && len == 9 && buffer.data[at] == 1);
	memcpy(&number, buffer.data + at + 1, 8);
	cr_assert_eq(number, 2);
	skald_buffer_done(&buffer);
}

Test(pcapng, long_comment_is_cut_between_characters)
{
	struct skald_buffer buffer = { 0 };
	struct skald_output output = skald_output_buffer(&buffer);
	static char comment[3 * SKALD_PCAPNG_COMMENT + 1];
	size_t block, at, i;
	uint16_t len;

	for (i = 0; i + 3 < sizeof(comment); i += 3)
		memcpy(comment + i, "\xe2\x86\x92", 3); /* an arrow */
	put_file(&output, comment);
	check_lengths(&buffer);
	block = u32_at(&buffer, 4);
	block += u32_at(&buffer, block + 4);
	at = option(&buffer, block, 20 + sizeof(sample_ip), 1, &len);
	cr_assert(at && len <= SKALD_PCAPNG_COMMENT);
	cr_assert_eq((len - 3) % 3, 0, "cut inside a character: %u", len);
	cr_assert(!memcmp(buffer.data + at + len - 3, "...", 3));
	skald_buffer_done(&buffer);
}

static int refuse(void *user, const void *data, size_t len)
{
	return -ENOSPC;
}

Test(pcapng, error_of_the_output_comes_back)
{
	const struct skald_output output = { .write = refuse };
	const struct skald_pcapng_section section = { .os = "Linux" };

	cr_assert_eq(skald_pcapng_section(&output, &section), -ENOSPC);
}

Test(frame, ethernet_header_is_used_when_whole)
{
	struct skald_snap snap;
	struct skald_frame frame;

	sample_snap(&snap);
	skald_frame_make(&snap, true, &frame);
	cr_assert_eq(frame.linktype, SKALD_LINKTYPE_ETHERNET);
	cr_assert_eq(frame.link_len, 14);
	cr_assert_eq(frame.captured, 14 + 20 + 20);
	cr_assert_eq(frame.original, 14 + 60);
	cr_assert_arr_eq(frame.bytes, sample_ll, 14);
	cr_assert_arr_eq(frame.bytes + 14, sample_ip, 20);
	cr_assert_arr_eq(frame.bytes + 34, sample_tcp, 20);
}

Test(frame, without_link_ip_is_raw)
{
	struct skald_snap snap;
	struct skald_frame frame;

	sample_snap(&snap);
	skald_frame_make(&snap, false, &frame);
	cr_assert_eq(frame.linktype, SKALD_LINKTYPE_RAW);
	cr_assert_eq(frame.captured, 40);
	cr_assert_eq(frame.original, 60);
}

Test(frame, link_header_cut_short_is_left_out)
{
	struct skald_snap snap;
	struct skald_frame frame;

	sample_snap(&snap);
	/* PPPoE: 22 bytes on the wire, 20 of them dumped */
	snap.ll_len = 20;
	memset(snap.ll + 12, 0x11, 8);
	skald_frame_make(&snap, true, &frame);
	cr_assert_eq(frame.linktype, SKALD_LINKTYPE_RAW);
}

Test(frame, transport_behind_uncaptured_options_is_left_out)
{
	struct skald_snap snap;
	struct skald_frame frame;

	sample_snap(&snap);
	snap.nh[0] = 0x4f; /* 60 bytes of header, 40 dumped */
	snap.nh_len = 40;
	skald_frame_make(&snap, false, &frame);
	cr_assert_eq(frame.captured, 40);
	snap.nh[0] = 0x46; /* 24 bytes */
	snap.nh_len = 24;
	skald_frame_make(&snap, false, &frame);
	cr_assert_eq(frame.captured, 44);
}

Test(frame, ip6_extension_header_keeps_transport_out)
{
	struct skald_snap snap = { .ethertype = ETH_P_IPV6,
				   .nh_len = 40,
				   .th_len = 20 };
	struct skald_frame frame;

	snap.nh[0] = 0x60;
	snap.nh[5] = 32;
	snap.nh[6] = IPPROTO_TCP;
	skald_frame_make(&snap, true, &frame);
	cr_assert_eq(frame.linktype, SKALD_LINKTYPE_RAW);
	cr_assert_eq(frame.captured, 60);
	cr_assert_eq(frame.original, 72);
	snap.nh[6] = IPPROTO_FRAGMENT;
	skald_frame_make(&snap, true, &frame);
	cr_assert_eq(frame.captured, 40);
}

Test(frame, other_protocols_get_a_cooked_header)
{
	struct skald_snap snap = { .ethertype = ETH_P_ARP, .nh_len = 28 };
	struct skald_frame frame;

	skald_frame_make(&snap, true, &frame);
	cr_assert_eq(frame.linktype, SKALD_LINKTYPE_LINUX_SLL);
	cr_assert_eq(frame.captured, 16 + 28);
	cr_assert_eq(frame.bytes[14], 0x08);
	cr_assert_eq(frame.bytes[15], 0x06);
	cr_assert_eq(frame.bytes[1], 4, "made here: sent by us");
}

Test(frame, to_ethernet_keeps_what_is_behind_the_header)
{
	static const uint8_t arp_head[14] = { [12] = 0x08, 0x06 };
	static const uint8_t ip_head[14] = { [12] = 0x08, 0x00 };
	struct skald_snap arp = { .ethertype = ETH_P_ARP, .nh_len = 28 };
	struct skald_snap snap;
	struct skald_frame frame;

	sample_snap(&snap);
	skald_frame_make(&snap, false, &frame);
	skald_frame_to_ethernet(&frame);
	cr_assert_eq(frame.linktype, SKALD_LINKTYPE_ETHERNET);
	cr_assert_eq(frame.link_len, 14);
	cr_assert_eq(frame.captured, 14 + 40);
	cr_assert_eq(frame.original, 14 + 60);
	cr_assert_arr_eq(frame.bytes, ip_head, 14);
	cr_assert_arr_eq(frame.bytes + 14, sample_ip, 20);

	arp.nh[7] = 1;
	skald_frame_make(&arp, true, &frame);
	skald_frame_to_ethernet(&frame);
	cr_assert_eq(frame.captured, 14 + 28);
	cr_assert_arr_eq(frame.bytes, arp_head, 14);
	cr_assert_eq(frame.bytes[14 + 7], 1);

	skald_frame_make(&snap, true, &frame);
	skald_frame_to_ethernet(&frame);
	cr_assert_arr_eq(frame.bytes, sample_ll, 14, "its own is kept");
}

Test(frame, lengths_of_a_snap_are_not_trusted)
{
	struct skald_frame frame;
	struct skald_snap snap;

	memset(&snap, 0xff, sizeof(snap));
	skald_frame_make(&snap, true, &frame);
	cr_assert(frame.captured <= SKALD_FRAME_MAX);
	cr_assert(frame.original >= frame.captured);
}

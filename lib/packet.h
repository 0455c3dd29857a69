/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets
 *
 * A *snap* is what a source saw of a packet at one moment: the first bytes of
 * its link, network and transport headers, interfaces and mark. A *packet* is
 * a snap taken apart into named fields. One X-macro list gives the fields of
 * packet{} in JSON, their comparison (mangle events) and their printing.
 */
#ifndef SKALD_LIB_PACKET_H
#define SKALD_LIB_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* nf_tables_trace.c: NFT_TRACETYPE_LL_HSIZE, _NETWORK_HSIZE, _TRANSPORT_HSIZE
 */
#define SKALD_SNAP_LL 20
#define SKALD_SNAP_NH 40
#define SKALD_SNAP_TH 20

/**
 * struct skald_snap - a packet at one moment
 * @iif: index of the input interface, 0: none
 * @oif: index of the output interface, 0: none
 * @mark: nfmark
 * @lltype: ARPHRD_* of the interface @ll is from; 0 when @ll_len is 0
 * @ethertype: what @nh is (ETH_P_IP, ...), host order; 0: unknown
 * @ll_len: bytes of @ll that are there
 * @nh_len: bytes of @nh that are there
 * @th_len: bytes of @th that are there
 * @ll: link-layer header as on the wire
 * @nh: network header
 * @th: transport header
 */
struct skald_snap {
	uint32_t iif;
	uint32_t oif;
	uint32_t mark;
	uint16_t lltype;
	uint16_t ethertype;
	uint8_t ll_len;
	uint8_t nh_len;
	uint8_t th_len;
	uint8_t ll[SKALD_SNAP_LL];
	uint8_t nh[SKALD_SNAP_NH];
	uint8_t th[SKALD_SNAP_TH];
};

/*
 * Fields of a packet: F(type, name, mangle, help). mangle: YES when a change of
 * it is a mangle event, NO when it follows from another change or never
 * changes. "family", "proto" and "flags" are strings and stand first in JSON.
 */
/* clang-format off */
#define SKALD_PACKET_FIELDS(F) \
	F(VAL, saddr, YES, "source address") \
	F(VAL, daddr, YES, "destination address") \
	F(NUM, sport, YES, "source port") \
	F(NUM, dport, YES, "destination port") \
	F(NUM, len, YES, "length from the network header on, bytes") \
	F(NUM, ttl, YES, "time to live, or hop limit") \
	F(NUM, dscp, YES, "differentiated services code point") \
	F(NUM, ecn, YES, "explicit congestion notification bits") \
	F(NUM, id, YES, "IPv4 identification") \
	F(NUM, frag_offset, YES, "offset of the fragment, bytes") \
	F(NUM, frag_more, YES, "more fragments follow") \
	F(NUM, dont_fragment, YES, "IPv4 DF bit") \
	F(NUM, flow_label, YES, "IPv6 flow label") \
	F(NUM, seq, YES, "TCP sequence number") \
	F(NUM, ack, YES, "TCP acknowledgement number") \
	F(NUM, window, YES, "TCP window, unscaled") \
	F(NUM, tcp_flags, YES, "TCP flags as a number") \
	F(NUM, mss, YES, "TCP maximum segment size option") \
	F(NUM, icmp_type, YES, "ICMP type") \
	F(NUM, icmp_code, YES, "ICMP code") \
	F(NUM, icmp_id, YES, "ICMP echo identifier") \
	F(NUM, icmp_seq, YES, "ICMP echo sequence number") \
	F(NUM, arp_op, YES, "ARP operation") \
	F(VAL, smac, YES, "source link-layer address") \
	F(VAL, dmac, YES, "destination link-layer address") \
	F(NUM, vlan, YES, "VLAN id in the link-layer header") \
	F(NUM, mark, YES, "nfmark")
/* clang-format on */

#define SKALD_PACKET_ENUM(type, name, mangle, help) SKALD_P_##name,
enum skald_packet_field {
	SKALD_PACKET_FIELDS(SKALD_PACKET_ENUM) SKALD_N_P
};

/**
 * struct skald_packet - a packet's named fields
 * @family: "ip", "ip6", "arp", or the ethertype as "0x88cc"
 * @proto: "tcp", "udp", "icmp", "icmp6", ...; a number in text when unnamed
 * @flags: TCP flags as tcpdump writes them, "S." ; empty when not TCP
 * @protonum: IPPROTO_*, or -1
 * @value: the fields; type SKALD_VALUE_NONE when absent
 */
struct skald_packet {
	char family[8];
	char proto[12];
	char flags[12];
	int protonum;
	struct skald_value value[SKALD_N_P];
};

/**
 * struct skald_packet_desc - what is known of a field beforehand
 * @name: key in JSON
 * @help: what it means
 * @is_number: it is a number, not an address
 * @mangle: a change of it is a mangle event
 */
struct skald_packet_desc {
	const char *name;
	const char *help;
	bool is_number;
	bool mangle;
};
extern const struct skald_packet_desc skald_packet_descs[SKALD_N_P];

/**
 * skald_packet_parse() - take a snap apart
 * @snap: the snap; every length in it is distrusted
 * @packet: written whole; what is not there is absent
 */
void skald_packet_parse(const struct skald_snap *snap,
			struct skald_packet *packet);

/**
 * skald_snap_same() - whether two snaps show the same bytes and mark
 * @a: one
 * @b: other
 *
 * Interfaces do not count: they become known as the packet moves. A header
 * that one of them does not have does not count either.
 */
bool skald_snap_same(const struct skald_snap *a, const struct skald_snap *b);

/**
 * skald_packet_summary() - one line as people write it
 * @packet: the packet
 * @text: buffer
 * @size: its size
 *
 * "tcp 10.1.0.2:54066 > 10.1.0.1:8080 [S] len 60". Return: @text.
 */
char *skald_packet_summary(const struct skald_packet *packet, char *text,
			   size_t size);

/* Packing: lengths, then bytes; used for a story's first and last snap. */
void skald_snap_pack(const struct skald_snap *snap,
		     struct skald_buffer *buffer);
int skald_snap_unpack(struct skald_cursor *cursor, struct skald_snap *snap);
/* The same as a list of changed runs against @base. */
void skald_snap_pack_diff(const struct skald_snap *base,
			  const struct skald_snap *snap,
			  struct skald_buffer *buffer);
int skald_snap_unpack_diff(struct skald_cursor *cursor,
			   const struct skald_snap *base,
			   struct skald_snap *snap);

#endif /* SKALD_LIB_PACKET_H */

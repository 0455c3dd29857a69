/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets out of the ordinary
 *
 * Fragments, ICMP errors about packets that were sent, packets for all and for
 * groups that every host is in, wrong checksums, IPv4 options.
 */
#ifndef SKALD_TESTS_AIMED_ODD_H
#define SKALD_TESTS_AIMED_ODD_H

#include "aimed.h"

#define PIECES_MAX 6

/* A packet in pieces, in the order in which they are sent. */
struct pieces {
	unsigned int n;
	unsigned int len[PIECES_MAX];
	unsigned char ip[PIECES_MAX][1024];
};

/* More bytes behind a packet. Return: its length */
static unsigned int lengthen(unsigned char *ip, unsigned int len,
			     unsigned int more)
{
	bool is6 = ip[0] >> 4 == 6;
	unsigned char *th = ip + (is6 ? 40 : 20);

	for (unsigned int i = 0; i < more; i++)
		ip[len + i] = (unsigned char)dice(256);
	len += more;
	put_unaligned_be16((u16)(is6 ? len - 40 : len), ip + (is6 ? 4 : 2));
	if (ip[is6 ? 6 : 9] == IPPROTO_UDP)
		put_unaligned_be16((u16)(len - (is6 ? 40 : 20)), th + 4);
	fix_all(ip, len);
	return len;
}

static void put_piece(struct pieces *pieces, const unsigned char *ip,
		      unsigned int from, unsigned int len, bool more,
		      unsigned int id)
{
	unsigned char *piece = pieces->ip[pieces->n];
	bool is6 = ip[0] >> 4 == 6;
	unsigned int header = is6 ? 40 : 20, gap = is6 ? 8 : 0;

	memcpy(piece, ip, header);
	memcpy(piece + header + gap, ip + header + from, len);
	if (is6) {
		put_unaligned_be16((u16)(len + 8), piece + 4);
		piece[6] = IPPROTO_FRAGMENT;
		piece[40] = ip[6];
		piece[41] = 0;
		put_unaligned_be16((u16)(from | more), piece + 42);
		put_unaligned_be32(id, piece + 44);
	} else {
		put_unaligned_be16((u16)(header + len), piece + 2);
		put_unaligned_be16((u16)(from / 8 | (more ? 0x2000u : 0)),
				   piece + 6);
		memset(piece + 10, 0, 2);
		put_unaligned_be16(
			skald_csum_fold(skald_csum_add(piece, 20, 0)),
			piece + 10);
	}
	pieces->len[pieces->n++] = header + gap + len;
}

/* Pieces of 8 to 200 bytes; now and then out of order, or one is missing. */
static void make_pieces(unsigned char *ip, unsigned int len,
			struct pieces *pieces)
{
	unsigned int header = ip[0] >> 4 == 6 ? 40 : 20, at = 0, id;

	len = lengthen(ip, len, 40 + dice(400)) - header;
	id = (unsigned int)dice(0x7fffffff);
	pieces->n = 0;
	while (at < len && pieces->n < PIECES_MAX) {
		unsigned int size = 8 * (1 + dice(25));

		if (at + size >= len || pieces->n == PIECES_MAX - 1)
			size = len - at;
		put_piece(pieces, ip, at, size, at + size < len, id);
		at += size;
	}
	if (pieces->n > 1 && dice(3) == 0) {
		unsigned int other = 1 + dice(pieces->n - 1);

		swap_bytes(pieces->ip[0], pieces->ip[other],
			   sizeof(pieces->ip[0]));
		swap_bytes((unsigned char *)&pieces->len[0],
			   (unsigned char *)&pieces->len[other],
			   sizeof(pieces->len[0]));
	}
	if (dice(8) == 0)
		pieces->n--;
}

/* An error about @about, which left by @tap. Return: length */
static unsigned int make_error(const unsigned char *about, unsigned int len,
			       unsigned int tap, unsigned char *ip)
{
	static const unsigned char types[] = { 3, 3, 3, 11, 12, 5, 4 };
	bool is6 = about[0] >> 4 == 6;
	unsigned int header = is6 ? 40 : 20;
	unsigned int quoted = header + 8 + dice(2) * 12;

	if (quoted > len)
		quoted = len;
	memset(ip, 0, header + 8);
	memcpy(ip + header + 8, about, quoted);
	ip[header] =
		is6 ? (unsigned char)(1 + dice(4)) : types[dice(sizeof(types))];
	ip[header + 1] = (unsigned char)dice(4);
	if (is6) {
		ip[0] = 0x60;
		put_unaligned_be16((u16)(8 + quoted), ip + 4);
		ip[6] = IPPROTO_ICMPV6;
		ip[7] = 64;
		memcpy(ip + 8,
		       (unsigned char[16]){ 0xfd, 0x77, 0,
					    (unsigned char)tap, [15] = 2 },
		       16);
		if (dice(2))
			memcpy(ip + 8, about + 24, 16);
		memcpy(ip + 24, about + 8, 16);
	} else {
		ip[0] = 0x45;
		put_unaligned_be16((u16)(28 + quoted), ip + 2);
		put_unaligned_be16((u16)dice(65536), ip + 4);
		ip[8] = 64;
		ip[9] = IPPROTO_ICMP;
		memcpy(ip + 12,
		       (unsigned char[]){ 10, 77, (unsigned char)tap, 2 }, 4);
		if (dice(2))
			memcpy(ip + 12, about + 16, 4);
		memcpy(ip + 16, about + 12, 4);
	}
	fix_all(ip, header + 8 + quoted);
	return header + 8 + quoted;
}

/* To everybody on the wire of @tap, or to a group that every host is in. */
static void send_to_all(unsigned char *ip, unsigned int len, unsigned int tap)
{
	static const unsigned char all6[16] = { 0xff, 2, [15] = 1 };
	static const unsigned char to4[][4] = { { 224, 0, 0, 1 },
						{ 255, 255, 255, 255 },
						{ 10, 77, 0, 255 } };
	unsigned int which = dice(3);

	if (ip[0] >> 4 == 6) {
		memcpy(ip + 24, all6, 16);
	} else {
		memcpy(ip + 16, to4[which], 4);
		if (which == 2)
			ip[18] = (unsigned char)tap;
	}
	fix_all(ip, len);
}

/* The link-layer address of who is to get it, if that is not one host. */
static bool group_mac(const unsigned char *ip, unsigned char *mac)
{
	if (ip[0] >> 4 == 6 && ip[24] == 0xff) {
		memcpy(mac, (unsigned char[]){ 0x33, 0x33 }, 2);
		memcpy(mac + 2, ip + 36, 4);
		return true;
	}
	if (ip[0] >> 4 == 6)
		return false;
	if ((ip[16] & 0xf0) == 0xe0) {
		memcpy(mac,
		       (unsigned char[]){ 1, 0, 0x5e, ip[17] & 0x7f, ip[18],
					  ip[19] },
		       6);
		return true;
	}
	if (ip[19] == 255) {
		memset(mac, 0xff, 6);
		return true;
	}
	return false;
}

/* Options for each hop that say nothing. Return: length */
static unsigned int add_hop_options(unsigned char *ip, unsigned int len)
{
	memmove(ip + 48, ip + 40, len - 40);
	memcpy(ip + 40, (unsigned char[]){ ip[6], 0, 1, 4, 0, 0, 0, 0 }, 8);
	ip[6] = IPPROTO_HOPOPTS;
	len += 8;
	put_unaligned_be16((u16)(len - 40), ip + 4);
	return len;
}

/* Options that say nothing, or that routers are to look. Return: length */
static unsigned int add_options(unsigned char *ip, unsigned int len)
{
	static const unsigned char nothing[] = { 1, 1, 1, 0 };
	static const unsigned char alert[] = { 0x94, 4, 0, 0 };

	if (ip[0] >> 4 == 6)
		return add_hop_options(ip, len);
	if (ip[0] != 0x45)
		return len;
	memmove(ip + 24, ip + 20, len - 20);
	memcpy(ip + 20, dice(2) ? nothing : alert, 4);
	len += 4;
	ip[0] = 0x46;
	put_unaligned_be16((u16)len, ip + 2);
	memset(ip + 10, 0, 2);
	put_unaligned_be16(skald_csum_fold(skald_csum_add(ip, 24, 0)), ip + 10);
	return len;
}

static void spoil_checksum(unsigned char *ip)
{
	unsigned int header = ip[0] >> 4 == 6 ? 40 : 20;
	unsigned char proto = ip[header == 40 ? 6 : 9];

	if (proto == IPPROTO_TCP)
		ip[header + 17] ^= 1;
	else if (proto == IPPROTO_UDP)
		ip[header + 7] ^= 1;
	else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
		ip[header + 3] ^= 1;
}

#endif /* SKALD_TESTS_AIMED_ODD_H */

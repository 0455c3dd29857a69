/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: checksums
 *
 * The Internet checksum (RFC 1071), its incremental change (RFC 1624), and the
 * CRC32c of SCTP (RFC 9260, appendix A). Sums of 16 bits are host order words
 * of network order bytes.
 */
#ifndef SKALD_ENGINE_CHECKSUM_H
#define SKALD_ENGINE_CHECKSUM_H

#include "view.h"

/**
 * skald_checksum_add() - add bytes to a sum
 * @bytes: the bytes, at an even offset of what is summed
 * @len: how many; an odd one stands for itself and a zero
 * @sum: sum so far
 *
 * Return: the sum, not folded.
 */
u64 skald_checksum_add(const void *bytes, u32 len, u64 sum);

/* The 16 bits of a sum, inverted: what a header holds. */
static inline u16 skald_checksum_fold(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/**
 * skald_checksum_change16() - a checksum after a 16-bit word changed
 * @check: checksum as in the header, host order
 * @from: the word before, host order
 * @to: the word after, host order
 *
 * RFC 1624, equation 3.
 *
 * Return: the new checksum.
 */
static inline u16 skald_checksum_change16(u16 check, u16 from, u16 to)
{
	return skald_checksum_fold((u64)(u16)~check + (u16)~from + to);
}

static inline u16 skald_checksum_change32(u16 check, u32 from, u32 to)
{
	return skald_checksum_fold((u64)(u16)~check + (~from >> 16) +
				   (~from & 0xffff) + (to >> 16) +
				   (to & 0xffff));
}

/**
 * skald_checksum_view() - sum of bytes of a frame
 * @view: the view
 * @off: offset of the first byte
 * @len: bytes
 * @sum: sum so far; becomes the new one, not folded
 *
 * Return: 0; -ENODATA when they are not all known.
 */
int skald_checksum_view(const struct skald_view *view, u32 off, u32 len,
			u64 *sum);

/**
 * skald_checksum_pseudo() - sum of the pseudo header of a packet
 * @view: the view, headers known
 * @proto: IP protocol in it
 * @len: length in it
 *
 * Addresses as in the header, as the kernel has it with source routes as well.
 *
 * Return: the sum, not folded; 0 when the addresses are not known.
 */
u64 skald_checksum_pseudo(const struct skald_view *view, u8 proto, u32 len);

/**
 * skald_checksum_transport() - check the checksum of a transport header
 * @view: the view, headers known
 * @proto: IP protocol of the pseudo header, 0: none
 * @coverage: bytes from the transport header on; the pseudo header says the
 *	whole length
 * @sum: 0 when it is right
 *
 * Return: 0; -ENODATA when bytes are not known.
 */
int skald_checksum_transport(const struct skald_view *view, u8 proto,
			     u32 coverage, u16 *sum);

/**
 * skald_crc32c_view() - CRC32c of a frame's bytes
 * @view: the view
 * @off: offset of the first byte
 * @len: bytes
 * @zero: offset of four bytes that count as zero: the CRC's own place
 * @crc: filled in; SCTP's header has it in little-endian order
 *
 * Return: 0; -ENODATA when they are not all known.
 */
int skald_crc32c_view(const struct skald_view *view, u32 off, u32 len, u32 zero,
		      u32 *crc);

#endif /* SKALD_ENGINE_CHECKSUM_H */

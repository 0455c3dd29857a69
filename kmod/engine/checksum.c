// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Internet checksum over flat memory and over frames, and CRC32c.
 */
#include "checksum.h"

/* Bytes of a frame that is not flat are taken in pieces; even. */
#define PIECE 256
/* CRC32c, RFC 9260 appendix A: the polynomial bit-reversed. */
#define CRC32C_POLYNOMIAL 0x82f63b78u
#define IPV4_SADDR 12
#define IPV6_SADDR 8

u64 skald_checksum_add(const void *bytes, u32 len, u64 sum)
{
	const u8 *at = bytes;

	for (; len >= 4; at += 4, len -= 4)
		sum += get_unaligned_be32(at);
	if (len >= 2) {
		sum += get_unaligned_be16(at);
		at += 2;
		len -= 2;
	}
	if (len)
		sum += (u32)at[0] << 8;
	return sum;
}

int skald_checksum_view(const struct skald_view *view, u32 off, u32 len,
			u64 *sum)
{
	u64 total = *sum;
	u8 buf[PIECE];
	const void *bytes;
	u32 n;

	if (off <= view->linear && len <= view->linear - off) {
		*sum = skald_checksum_add(view->data + off, len, total);
		return 0;
	}
	for (; len; off += n, len -= n) {
		n = min_t(u32, len, PIECE);
		bytes = skald_view_bytes(view, off, n, buf);
		if (!bytes)
			return -ENODATA;
		total = skald_checksum_add(bytes, n, total);
	}
	*sum = total;
	return 0;
}

u64 skald_checksum_pseudo(const struct skald_view *view, u8 proto, u32 len)
{
	u32 size = view->family == NFPROTO_IPV6 ? 32 : 8;
	u32 off = view->family == NFPROTO_IPV6 ? IPV6_SADDR : IPV4_SADDR;
	u64 sum = (u64)proto + len;

	if (skald_checksum_view(view, view->network + off, size, &sum))
		return 0;
	return sum;
}

int skald_checksum_transport(const struct skald_view *view, u8 proto,
			     u32 coverage, u16 *sum)
{
	u32 len = view->end - view->transport;
	u64 total = proto ? skald_checksum_pseudo(view, proto, len) : 0;
	int ret = skald_checksum_view(view, view->transport, coverage, &total);

	if (ret)
		return ret;
	*sum = skald_checksum_fold(total);
	return 0;
}

static u32 crc32c_byte(u32 crc, u8 byte)
{
	unsigned int i;

	crc ^= byte;
	for (i = 0; i < 8; i++)
		crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
	return crc;
}

int skald_crc32c_view(const struct skald_view *view, u32 off, u32 len, u32 zero,
		      u32 *crc)
{
	u32 value = ~0u;
	u8 buf[PIECE];
	const u8 *bytes;
	u32 i, n;

	for (; len; off += n, len -= n) {
		n = min_t(u32, len, PIECE);
		bytes = skald_view_bytes(view, off, n, buf);
		if (!bytes)
			return -ENODATA;
		for (i = 0; i < n; i++) {
			bool is_zero = off + i - zero < sizeof(u32);

			value = crc32c_byte(value, is_zero ? 0 : bytes[i]);
		}
	}
	*crc = ~value;
	return 0;
}

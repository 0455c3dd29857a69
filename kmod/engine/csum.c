// SPDX-License-Identifier: GPL-2.0-only
/* Checksums: the Internet's (RFC 1071, RFC 1624) and SCTP's (RFC 9260 app. A).
 */
#include "csum.h"

u32 skald_csum_add(const void *bytes, u32 len, u32 sum)
{
	const u8 *at = bytes;
	u64 wide = sum;

	for (; len > 1; at += 2, len -= 2)
		wide += get_unaligned_be16(at);
	if (len)
		wide += (u32)*at << 8;
	while (wide >> 32)
		wide = (wide & U32_MAX) + (wide >> 32);
	return (u32)wide;
}

u16 skald_csum_fold(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

u16 skald_csum_replace(u16 sum, const void *old, const void *new, u32 len)
{
	u32 from = skald_csum_fold(skald_csum_add(old, len, 0));
	u32 to = (u16)~skald_csum_fold(skald_csum_add(new, len, 0));

	/* HC' = ~(~HC + ~m + m') */
	return skald_csum_fold((u32)(u16)~sum + from + to);
}

u32 skald_csum_crc32c(const void *bytes, u32 len, u32 crc)
{
	const u8 *at = bytes;
	u32 bit;

	while (len--) {
		crc ^= *at++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

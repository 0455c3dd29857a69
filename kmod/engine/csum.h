/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: checksums */
#ifndef SKALD_ENGINE_CSUM_H
#define SKALD_ENGINE_CSUM_H

#include "env.h"

/* The sum of 16-bit words in network order, not folded; an odd last byte counts
 * as the upper half of a word. */
u32 skald_csum_add(const void *bytes, u32 len, u32 sum);
/* Folded and complemented: what stands in a header, in host order. */
u16 skald_csum_fold(u32 sum);
/* A header's checksum (host order) after @len bytes at an even offset changed
 * from @old to @new. */
u16 skald_csum_replace(u16 sum, const void *old, const void *new, u32 len);
/* CRC-32C; start with all ones, complement at the end. */
u32 skald_csum_crc32c(const void *bytes, u32 len, u32 crc);

#endif /* SKALD_ENGINE_CSUM_H */

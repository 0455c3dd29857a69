/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: replacing bytes in a packet
 *
 * Lengths and checksums follow, the latter by difference: a checksum that was
 * wrong stays wrong, so that nobody takes a damaged packet for a sound one.
 */
#ifndef SKALD_ENGINE_CT_MANGLE_H
#define SKALD_ENGINE_CT_MANGLE_H

#include "view.h"

/**
 * skald_mangle() - replace bytes of a TCP or UDP packet
 * @view: the packet, no fragment; pointers into it are stale afterwards
 * @at: offset in the frame, not before the transport header
 * @old_len: bytes that go
 * @text: bytes that come instead; not in the frame
 * @new_len: how many
 *
 * As nf_nat_mangle_udp_packet() and __nf_nat_mangle_tcp_packet(): the length
 * of the datagram and of UDP, and all checksums, are right afterwards. A UDP
 * checksum of 0 (none was made) stays 0. The caller adjusts sequence numbers.
 *
 * Return: 0; -EINVAL when the bytes are not there, or the datagram would be
 * too long; -EOPNOTSUPP when the frame cannot change its size; -ENODATA when
 * bytes are not known; -ENOMEM. A packet is changed wholly or not at all.
 */
int skald_mangle(struct skald_view *view, u32 at, u32 old_len, const void *text,
		 u32 new_len);

/**
 * skald_mangle_be32() - replace four bytes of a transport header
 * @view: the packet, writable up to the end of its transport header
 * @at: offset in the frame
 * @value: what is written, host order
 *
 * The transport checksum follows.
 */
void skald_mangle_be32(struct skald_view *view, u32 at, u32 value);

#endif /* SKALD_ENGINE_CT_MANGLE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replaces bytes in packets, and what depends on them. Checksums are those of
 * RFC 1071, updated as RFC 1624 says.
 */
#include "ct_mangle.h"

#define TCP_CHECK 16
#define UDP_LEN 4
#define UDP_CHECK 6
#define IPV4_TOTAL 2
#define IPV4_CHECK 10
#define IPV6_PAYLOAD 4
#define IPV6_LEN 40
#define DATAGRAM_MAX 65535u

static u32 fold(u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u32)sum;
}

/* Sum of bytes that begin at an even or odd place of the checksummed data. */
static u32 sum_of(const u8 *bytes, u32 len, bool is_odd)
{
	u64 sum = 0;
	u32 i = 0;

	if (is_odd && len)
		sum = bytes[i++];
	for (; i + 1 < len; i += 2)
		sum += get_unaligned_be16(bytes + i);
	if (i < len)
		sum += (u32)bytes[i] << 8;
	return fold(sum);
}

/* HC' = ~(~HC + ~m + m'), RFC 1624. */
static void update(u8 *check, u32 old_sum, u32 new_sum)
{
	u32 sum = fold((u64)(u16)~get_unaligned_be16(check) + (u16)~old_sum +
		       new_sum);

	put_unaligned_be16((u16)~sum, check);
}

/* Where the transport's checksum is; NULL: it has none, or none was made. */
static u8 *check_of(struct skald_view *view)
{
	u8 *header = view->data + view->transport;

	switch (view->l4proto) {
	case IPPROTO_TCP:
		return header + TCP_CHECK;
	case IPPROTO_UDP:
		return get_unaligned_be16(header + UDP_CHECK)
			       ? header + UDP_CHECK
			       : NULL;
	default:
		return NULL;
	}
}

static void update_transport(struct skald_view *view, u32 old_sum, u32 new_sum)
{
	u8 *check = check_of(view);

	if (!check)
		return;
	update(check, old_sum, new_sum);
	if (view->l4proto == IPPROTO_UDP && !get_unaligned_be16(check))
		put_unaligned_be16(0xffff, check);
}

/* A length of two octets in the transport header. */
static void replace_len(struct skald_view *view, u32 at, u32 len)
{
	u8 buf[2];
	const u8 *old = skald_view_bytes(view, at, sizeof(buf), buf);

	if (!old)
		return;
	update_transport(view, get_unaligned_be16(old), len);
	put_unaligned_be16((u16)len, view->data + at);
}

/* The length in the pseudo header, and UDP's own, count twice. */
static void fix_transport_len(struct skald_view *view, u32 old_len, u32 new_len)
{
	update_transport(view, fold(old_len), fold(new_len));
	if (view->l4proto == IPPROTO_UDP)
		replace_len(view, view->transport + UDP_LEN, new_len);
}

static void fix_network_len(struct skald_view *view)
{
	u8 *ip = view->data + view->network;
	u32 len = view->end - view->network;

	if (view->family == NFPROTO_IPV4) {
		update(ip + IPV4_CHECK, get_unaligned_be16(ip + IPV4_TOTAL),
		       len);
		put_unaligned_be16((u16)len, ip + IPV4_TOTAL);
	} else {
		put_unaligned_be16((u16)(len - IPV6_LEN), ip + IPV6_PAYLOAD);
	}
}

static int check_place(const struct skald_view *view, u32 at, u32 old_len,
		       u32 new_len)
{
	if (view->transport == SKALD_VIEW_NONE || view->is_fragment ||
	    at < view->transport || at > view->end || old_len > view->end - at)
		return -EINVAL;
	if (view->family != NFPROTO_IPV4 && view->family != NFPROTO_IPV6)
		return -EINVAL;
	if (new_len > DATAGRAM_MAX ||
	    view->end - view->network - old_len + new_len > DATAGRAM_MAX)
		return -EINVAL;
	return 0;
}

int skald_mangle(struct skald_view *view, u32 at, u32 old_len, const void *text,
		 u32 new_len)
{
	u32 transport_len, old_sum;
	s32 delta = (s32)new_len - (s32)old_len;
	bool is_odd;
	int err = check_place(view, at, old_len, new_len);

	if (!err)
		err = skald_view_write(view, view->end);
	if (err)
		return err;
	transport_len = view->end - view->transport;
	is_odd = (at - view->transport) & 1;
	/* all that moves, as it may come to lie at odd places */
	old_sum = sum_of(view->data + at, delta ? view->end - at : old_len,
			 is_odd);
	if (delta) {
		err = skald_view_resize(view, at + old_len, delta);
		if (err)
			return err;
		view->end += (u32)delta;
	}
	if (new_len)
		memcpy(view->data + at, text, new_len);
	update_transport(view, old_sum,
			 sum_of(view->data + at,
				delta ? view->end - at : new_len, is_odd));
	if (delta) {
		fix_transport_len(view, transport_len,
				  view->end - view->transport);
		fix_network_len(view);
	}
	return 0;
}

void skald_mangle_be32(struct skald_view *view, u32 at, u32 value)
{
	bool is_odd = (at - view->transport) & 1;
	u8 *bytes = view->data + at;
	u32 old_sum = sum_of(bytes, 4, is_odd);

	put_unaligned_be32(value, bytes);
	update_transport(view, old_sum, sum_of(bytes, 4, is_odd));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the headers of a frame. Nothing here trusts a length field before it
 * was compared with the bytes that are there.
 */
#include "view.h"

#define IPV4_MIN 20
#define IPV4_OFFSET_MASK 0x1fff
#define IPV4_MORE 0x2000
#define IPV6_LEN 40
#define IPV6_FRAGMENT_LEN 8
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_FRAGMENT_MORE 1
#define ARP_MIN 8
#define ETHERTYPE_8021Q 0x8100
#define ETHERTYPE_8021AD 0x88a8
#define VLAN_LEN 4

void skald_view_init(struct skald_view *view, void *data, u32 known, u32 len)
{
	memset(view, 0, sizeof(*view));
	view->data = data;
	view->linear = known;
	view->known = known;
	view->len = len;
	view->link = SKALD_VIEW_NONE;
	view->network = SKALD_VIEW_NONE;
	view->transport = SKALD_VIEW_NONE;
	view->end = len;
}

const void *skald_view_copy(const struct skald_view *view, u32 off, u32 len,
			    void *buf)
{
	if (off > view->known || len > view->known - off)
		return NULL;
	if (!view->ops || !view->ops->copy)
		return NULL;
	return view->ops->copy(view, off, len, buf) ? buf : NULL;
}

int skald_view_write(struct skald_view *view, u32 len)
{
	if (len > view->known)
		return -ENODATA;
	if (view->ops && view->ops->writable)
		return view->ops->writable(view, len);
	return len <= view->linear ? 0 : -ENODATA;
}

int skald_view_resize(struct skald_view *view, u32 at, s32 delta)
{
	if (at > view->known || (delta < 0 && (u32)-delta > at))
		return -EINVAL;
	if (!view->ops || !view->ops->resize)
		return -EOPNOTSUPP;
	return view->ops->resize(view, at, delta);
}

/* ip_rcv_core(): version, header length, total length. */
static int set_ipv4(struct skald_view *view, u32 off)
{
	u8 buf[IPV4_MIN];
	const u8 *ip = skald_view_bytes(view, off, IPV4_MIN, buf);
	u32 header, total;
	u16 fragment;

	if (!ip)
		return -EINVAL;
	header = (u32)(ip[0] & 0xf) * 4;
	total = get_unaligned_be16(ip + 2);
	if (ip[0] >> 4 != 4 || header < IPV4_MIN || total < header ||
	    total > view->len - off)
		return -EINVAL;
	fragment = get_unaligned_be16(ip + 6);
	view->family = NFPROTO_IPV4;
	view->l4proto = ip[9];
	view->end = off + total;
	view->frag_offset = (u16)((fragment & IPV4_OFFSET_MASK) * 8);
	view->frag_more = fragment & IPV4_MORE;
	view->is_fragment = view->frag_offset || view->frag_more;
	if (!view->frag_offset)
		view->transport = off + header;
	return 0;
}

/* Extension headers that can be stepped over; the fragment header apart. */
static bool is_extension(u8 type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING ||
	       type == IPPROTO_DSTOPTS || type == IPPROTO_AH;
}

static u32 extension_len(u8 type, const u8 *header)
{
	if (type == IPPROTO_AH)
		return ((u32)header[1] + 2) * 4;
	return ((u32)header[1] + 1) * 8;
}

/* Offset and flags of the fragment header at @off, host order. */
static bool read_fragment(const struct skald_view *view, u32 off, u16 *fragment)
{
	u8 buf[2];
	const u8 *bytes = skald_view_datagram(view, off + 2, 2, buf);

	if (!bytes)
		return false;
	*fragment = get_unaligned_be16(bytes);
	return true;
}

u32 skald_view_skip_extensions(const struct skald_view *view, u32 off, u8 *type,
			       u16 *fragment)
{
	const u8 *header;
	u8 buf[2];

	*fragment = 0;
	while (is_extension(*type) || *type == IPPROTO_FRAGMENT) {
		header = skald_view_datagram(view, off, 2, buf);
		if (!header)
			return 0;
		if (*type == IPPROTO_FRAGMENT) {
			if (!read_fragment(view, off, fragment))
				return 0;
			if (*fragment & IPV6_FRAGMENT_OFFSET)
				return off;
			off += IPV6_FRAGMENT_LEN;
		} else {
			off += extension_len(*type, header);
		}
		*type = header[0];
	}
	return *type == IPPROTO_NONE ? 0 : off;
}

/* What the fragment header at @off says of the datagram. */
static void set_ipv6_fragment(struct skald_view *view, u32 off, u16 fragment)
{
	u8 buf[1];
	const u8 *next;

	view->is_fragment = true;
	view->frag_offset = fragment & IPV6_FRAGMENT_OFFSET;
	view->frag_more = fragment & IPV6_FRAGMENT_MORE;
	if (!view->frag_offset)
		return;
	next = skald_view_datagram(view, off, 1, buf);
	if (next)
		view->l4proto = next[0];
}

/* Whether there is a fragment header, which may say that it is the only one. */
static bool has_ipv6_fragment(const struct skald_view *view, u32 at, u32 end,
			      u8 type)
{
	const u8 *header;
	u8 buf[2];

	while (at < end && type != IPPROTO_FRAGMENT && is_extension(type)) {
		header = skald_view_datagram(view, at, 2, buf);
		if (!header)
			return false;
		at += extension_len(type, header);
		type = header[0];
	}
	return at < end && type == IPPROTO_FRAGMENT;
}

/* ipv6_find_hdr() with target -1: the last header of the chain. */
static void set_ipv6_transport(struct skald_view *view, u32 at, u8 type)
{
	u16 fragment;
	u8 last = type;
	u32 off = skald_view_skip_extensions(view, at, &last, &fragment);

	view->l4proto = last;
	if (fragment || has_ipv6_fragment(view, at, off, type))
		set_ipv6_fragment(view, off, fragment);
	if (off && !view->frag_offset)
		view->transport = min(off, view->end);
}

/* ip6_rcv_core(): version and payload length. */
static int set_ipv6(struct skald_view *view, u32 off)
{
	u8 buf[IPV6_LEN];
	const u8 *ip6 = skald_view_bytes(view, off, IPV6_LEN, buf);
	u32 payload;

	if (!ip6 || ip6[0] >> 4 != 6)
		return -EINVAL;
	payload = get_unaligned_be16(ip6 + 4);
	if (payload > view->len - off - IPV6_LEN)
		return -EINVAL;
	view->family = NFPROTO_IPV6;
	view->end = off + IPV6_LEN + payload;
	/* an option may say more; skald_view_received() refuses that one */
	if (!payload && ip6[6] == IPPROTO_HOPOPTS)
		view->end = view->len;
	set_ipv6_transport(view, off + IPV6_LEN, ip6[6]);
	return 0;
}

int skald_view_set_network(struct skald_view *view, u32 off, u16 ethertype)
{
	view->network = off;
	view->ethertype = ethertype;
	view->transport = SKALD_VIEW_NONE;
	view->family = NFPROTO_UNSPEC;
	view->l4proto = 0;
	view->is_fragment = false;
	view->frag_more = false;
	view->frag_offset = 0;
	view->end = view->len;
	if (off > view->len)
		return -EINVAL;
	switch (ethertype) {
	case ETH_P_IP:
		return set_ipv4(view, off);
	case ETH_P_IPV6:
		return set_ipv6(view, off);
	case ETH_P_ARP:
		view->family = NFPROTO_ARP;
		return skald_view_has(view, off, ARP_MIN) ? 0 : -EINVAL;
	default:
		return 0;
	}
}

int skald_view_set_ethernet(struct skald_view *view)
{
	u8 buf[ETH_HLEN];
	const u8 *bytes = skald_view_bytes(view, 0, ETH_HLEN, buf);
	u32 at = ETH_HLEN;
	u16 ethertype;

	if (!bytes)
		return -EINVAL;
	view->link = 0;
	view->n_vlan = 0;
	ethertype = get_unaligned_be16(bytes + 12);
	while ((ethertype == ETHERTYPE_8021Q ||
		ethertype == ETHERTYPE_8021AD) &&
	       view->n_vlan < ARRAY_SIZE(view->vlan)) {
		bytes = skald_view_bytes(view, at, VLAN_LEN, buf);
		if (!bytes)
			return -EINVAL;
		view->vlan_proto[view->n_vlan] = ethertype;
		view->vlan[view->n_vlan++] = get_unaligned_be16(bytes);
		ethertype = get_unaligned_be16(bytes + 2);
		at += VLAN_LEN;
	}
	return skald_view_set_network(view, at, ethertype);
}

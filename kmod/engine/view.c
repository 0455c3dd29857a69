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

static void set_ipv6_fragment(struct skald_view *view, const u8 *header)
{
	u16 fragment = get_unaligned_be16(header + 2);

	view->is_fragment = true;
	view->frag_offset = fragment & ~7;
	view->frag_more = fragment & 1;
}

/* ipv6_find_hdr() with target -1: the last header of the chain. */
static void set_ipv6_transport(struct skald_view *view, u32 at, u8 type)
{
	u8 buf[IPV6_FRAGMENT_LEN];
	const u8 *header;

	while (is_extension(type) || type == IPPROTO_FRAGMENT) {
		view->l4proto = type;
		header = skald_view_bytes(view, at, IPV6_FRAGMENT_LEN, buf);
		if (!header || at + IPV6_FRAGMENT_LEN > view->end)
			return;
		if (type == IPPROTO_FRAGMENT) {
			set_ipv6_fragment(view, header);
			at += IPV6_FRAGMENT_LEN;
		} else {
			at += extension_len(type, header);
		}
		type = header[0];
		if (view->frag_offset)
			break;
	}
	view->l4proto = type;
	if (type != IPPROTO_NONE && !view->frag_offset && at <= view->end)
		view->transport = at;
}

/* ip6_rcv_core(): version and payload length; jumbograms are refused. */
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
	if (!payload && ip6[6] == IPPROTO_HOPOPTS)
		return -EINVAL;
	view->family = NFPROTO_IPV6;
	view->end = off + IPV6_LEN + payload;
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

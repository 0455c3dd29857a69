/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packet views
 *
 * A *view* is a frame as the engine sees it: bytes, where its headers begin,
 * and how much of it is known. Three owners make views: a capture (all bytes,
 * or the snap length's), a traced packet (headers only: the rest existed but
 * nobody saw it), and a kernel module (an sk_buff, whose bytes may lie in
 * pages).
 *
 * Nothing reads a packet but through skald_view_bytes() and its relatives, so
 * every access is checked against both lengths: past @len a packet ends, past
 * @known we do not know it. The difference is kept to the end: a rule that
 * needs unknown bytes is "unknown", a rule that needs bytes beyond the end does
 * not match.
 */
#ifndef SKALD_ENGINE_VIEW_H
#define SKALD_ENGINE_VIEW_H

#include "env.h"

/* No such header. */
#define SKALD_VIEW_NONE U32_MAX
/* There is an interface, and nobody knows which. */
#define SKALD_VIEW_UNKNOWN U32_MAX

struct skald_view;

/**
 * struct skald_view_ops - how to reach bytes that are not at @data
 * @copy: copies @len bytes at offset @off to @buf; false: not there
 * @writable: makes the first @len bytes writable at @data, which may move;
 *	0 or -errno
 * @resize: makes the frame longer or shorter by @delta bytes behind offset @at
 *	(bytes from @at on move); new bytes are undefined; 0 or -errno
 *
 * NULL where everything is at @data and of fixed size.
 */
struct skald_view_ops {
	bool (*copy)(const struct skald_view *view, u32 off, u32 len,
		     void *buf);
	int (*writable)(struct skald_view *view, u32 len);
	int (*resize)(struct skald_view *view, u32 at, s32 delta);
};

/**
 * struct skald_view - a frame
 * @data: its first bytes; borrowed from the owner
 * @linear: bytes at @data
 * @known: bytes that can be had at all, through @ops beyond @linear
 * @len: bytes of the frame, >= @known
 * @ops: for owners whose frames are not flat, or can grow; may be NULL
 * @owner: for @ops
 * @link: offset of the link-layer header, SKALD_VIEW_NONE: there is none
 * @network: offset of the network header
 * @transport: offset of the transport header, SKALD_VIEW_NONE: not found, or
 *	this is not a first fragment
 * @end: offset where the datagram ends by its own length fields; what follows
 *	up to @len is padding
 * @ethertype: protocol of @network, host order
 * @family: NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_ARP or NFPROTO_UNSPEC
 * @l4proto: IP protocol of @transport; of a fragment, what it says
 * @frag_offset: bytes before this fragment in its datagram
 * @frag_more: more fragments follow
 * @is_fragment: belongs to a fragmented datagram
 * @n_vlan: VLAN tags between link and network header, in @vlan
 * @vlan: tag control information of the tags, outermost first, host order
 * @vlan_proto: their ethertypes, host order
 * @iif: index of the input interface, 0: none, SKALD_VIEW_UNKNOWN
 * @oif: index of the output interface, 0: none, SKALD_VIEW_UNKNOWN
 * @mark: nfmark
 * @priority: traffic class of the socket buffer
 */
struct skald_view {
	u8 *data;
	u32 linear;
	u32 known;
	u32 len;
	const struct skald_view_ops *ops;
	void *owner;
	u32 link;
	u32 network;
	u32 transport;
	u32 end;
	u16 ethertype;
	u8 family;
	u8 l4proto;
	u16 frag_offset;
	bool frag_more;
	bool is_fragment;
	u8 n_vlan;
	u16 vlan[2];
	u16 vlan_proto[2];
	u32 iif;
	u32 oif;
	u32 mark;
	u32 priority;
};

/**
 * skald_view_init() - a flat frame without headers known yet
 * @view: the view
 * @data: bytes; borrowed as long as the view is used
 * @known: bytes at @data
 * @len: bytes the frame had, >= @known
 */
void skald_view_init(struct skald_view *view, void *data, u32 known, u32 len);

/**
 * skald_view_set_ethernet() - find the headers of an Ethernet frame
 * @view: the view; its frame begins with the link-layer header
 *
 * Steps over up to two VLAN tags (802.1Q, 802.1ad), then as
 * skald_view_set_network().
 *
 * Return: 0; -EINVAL when the frame has no network header, or one that the
 * kernel's ip_rcv() or ip6_rcv_core() refuses.
 */
int skald_view_set_ethernet(struct skald_view *view);

/**
 * skald_view_set_network() - find network and transport header
 * @view: the view
 * @off: offset of the network header
 * @ethertype: its protocol, host order
 *
 * IPv4, IPv6 (extension headers are stepped over up to a fragment header, as
 * ipv6_find_hdr() does) and ARP; other protocols have no @family.
 *
 * Return: 0; -EINVAL when the header is damaged: wrong version, shorter than a
 * header, longer than the frame.
 */
int skald_view_set_network(struct skald_view *view, u32 off, u16 ethertype);

/**
 * skald_view_received() - whether a host would take a packet in
 * @view: the view, headers known
 *
 * What ip_rcv_core() and ip6_rcv_core() look at besides lengths: the checksum
 * of an IPv4 header, IPv6 addresses that nobody may send from or to, and
 * hop-by-hop options.
 *
 * Return: 0; -EINVAL: it is dropped before any hook sees it; -ENODATA: not
 * known.
 */
int skald_view_received(const struct skald_view *view);

/**
 * skald_view_copy() - bytes that are not at @data
 * @view: the view
 * @off: offset in the frame
 * @len: bytes
 * @buf: room for @len bytes
 *
 * Return: @buf, or NULL when they are not all known.
 */
const void *skald_view_copy(const struct skald_view *view, u32 off, u32 len,
			    void *buf);

/**
 * skald_view_bytes() - bytes of a frame
 * @view: the view
 * @off: offset in the frame
 * @len: bytes
 * @buf: room for @len bytes, used when they are not flat in memory
 *
 * As skb_header_pointer() in the kernel.
 *
 * Return: the bytes, at @buf or in the frame; NULL when they are not all
 * known; skald_view_has() tells whether the frame had them.
 */
static inline const void *skald_view_bytes(const struct skald_view *view,
					   u32 off, u32 len, void *buf)
{
	if (likely(off <= view->linear && len <= view->linear - off))
		return view->data + off;
	return skald_view_copy(view, off, len, buf);
}

/**
 * skald_view_datagram() - bytes of a frame's datagram
 * @view: the view
 * @off: offset in the frame
 * @len: bytes
 * @buf: room for @len bytes, used when they are not flat in memory
 *
 * As skald_view_bytes(), but what lies behind the datagram's end is padding and
 * not there.
 */
static inline const void *skald_view_datagram(const struct skald_view *view,
					      u32 off, u32 len, void *buf)
{
	if (unlikely(off > view->end || len > view->end - off))
		return NULL;
	return skald_view_bytes(view, off, len, buf);
}

/**
 * skald_view_skip_extensions() - step over IPv6 extension headers
 * @view: the view
 * @off: offset of the first header behind the IPv6 header
 * @type: its type; becomes that of the header it returns
 * @fragment: filled in with offset and flags of the last fragment header that
 *	was met, host order; 0: none
 *
 * As ipv6_skip_exthdr(): stops at a fragment header with an offset.
 *
 * Return: offset of the first header that is none of them, perhaps behind the
 * datagram's end; 0: there is none.
 */
u32 skald_view_skip_extensions(const struct skald_view *view, u32 off, u8 *type,
			       u16 *fragment);

/**
 * skald_view_has() - whether a frame has bytes, known or not
 * @view: the view
 * @off: offset in the frame
 * @len: bytes
 */
static inline bool skald_view_has(const struct skald_view *view, u32 off,
				  u32 len)
{
	return off <= view->len && len <= view->len - off;
}

/**
 * skald_view_write() - make the first bytes of a frame writable
 * @view: the view; pointers into it are stale afterwards
 * @len: bytes from the frame's start
 *
 * As skb_ensure_writable().
 *
 * Return: 0; -ENODATA when not that many bytes are known; -ENOMEM.
 */
int skald_view_write(struct skald_view *view, u32 len);

/**
 * skald_view_resize() - make a frame longer or shorter
 * @view: the view; pointers into it are stale afterwards
 * @at: offset of the first byte that moves
 * @delta: bytes to insert before @at, or, negative, to remove before it
 *
 * The lengths in headers and all checksums are left as they are.
 *
 * Return: 0; -EOPNOTSUPP when the owner's frames are of fixed size; -EINVAL,
 * -ENOMEM.
 */
int skald_view_resize(struct skald_view *view, u32 at, s32 delta);

#endif /* SKALD_ENGINE_VIEW_H */

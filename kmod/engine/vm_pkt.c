// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets at hooks: what the kernel's nft_set_pktinfo*() find in them, and
 * their bytes within the bounds that an skb would have.
 */
#include "vm_pkt.h"
#include "expr_parts.h"
#include "guard.h"
#include "vm.h"

#define TCP_MIN 20
#define GRE_CSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQ 0x1000
#define GRE_VERSION 0x0007

static bool is_link_hook(u8 pf)
{
	return pf == NFPROTO_BRIDGE || pf == NFPROTO_NETDEV;
}

u32 skald_pkt_network(const struct skald_vm_pkt *pkt)
{
	const struct skald_view *view = pkt->view;

	/* the kernel takes one tag off; what follows is the network header */
	if (is_link_hook(pkt->pf) && view->n_vlan > 1)
		return view->network - 4;
	return view->network;
}

u16 skald_pkt_protocol(const struct skald_vm_pkt *pkt)
{
	const struct skald_view *view = pkt->view;

	if (is_link_hook(pkt->pf) && view->n_vlan > 1)
		return view->vlan_proto[1];
	return view->ethertype;
}

u32 skald_pkt_len(const struct skald_vm_pkt *pkt)
{
	u32 start = skald_pkt_network(pkt);

	if (pkt->pf == NFPROTO_NETDEV && pkt->hook == NF_NETDEV_EGRESS &&
	    pkt->view->link != SKALD_VIEW_NONE)
		start = pkt->view->link;
	return pkt->limit > start ? pkt->limit - start : 0;
}

int skald_pkt_copy(const struct skald_vm_pkt *pkt, u32 off, u32 len, void *to)
{
	const void *bytes;

	if (off > pkt->limit || len > pkt->limit - off)
		return -EINVAL;
	bytes = skald_view_bytes(pkt->view, off, len, to);
	if (!bytes)
		return -ENODATA;
	if (bytes != to)
		memcpy(to, bytes, len);
	return 0;
}

int skald_pkt_store(struct skald_vm_pkt *pkt, u32 off, u32 len,
		    const void *from)
{
	int err;

	if (off > pkt->limit || len > pkt->limit - off)
		return -EINVAL;
	err = skald_view_write(pkt->view, off + len);
	if (err)
		return err;
	memcpy(pkt->view->data + off, from, len);
	return 0;
}

/* nft_payload_inner_offset() for GRE. */
static int gre_inner(const struct skald_vm_pkt *pkt, u32 *off)
{
	u8 gre[4];
	u16 flags;
	int err = skald_pkt_copy(pkt, pkt->thoff, sizeof(gre), gre);

	if (err)
		return err;
	flags = get_unaligned_be16(gre);
	if ((flags & GRE_VERSION) || (flags & GRE_ROUTING))
		return -EINVAL;
	*off = pkt->thoff + 4;
	if (flags & GRE_CSUM)
		*off += 4;
	if (flags & GRE_KEY)
		*off += 4;
	if (flags & GRE_SEQ)
		*off += 4;
	return 0;
}

static int find_inner(const struct skald_vm_pkt *pkt, u32 *off)
{
	u8 tcp[TCP_MIN];
	int err;

	if (pkt->flags & SKALD_PKT_LACKS)
		return -ENODATA;
	if (!(pkt->flags & SKALD_PKT_L4PROTO) || pkt->fragoff)
		return -EINVAL;
	switch (pkt->tprot) {
	case IPPROTO_UDP:
		*off = pkt->thoff + 8;
		return 0;
	case IPPROTO_TCP:
		err = skald_pkt_copy(pkt, pkt->thoff, sizeof(tcp), tcp);
		if (!err)
			*off = pkt->thoff + (u32)(tcp[12] >> 4) * 4;
		return err;
	case IPPROTO_GRE:
		return gre_inner(pkt, off);
	case IPPROTO_IPIP:
		*off = pkt->thoff;
		return 0;
	default:
		return -EINVAL;
	}
}

static int inner_offset(struct skald_vm_pkt *pkt, u32 *off)
{
	int err;

	if (!(pkt->flags & SKALD_PKT_INNER)) {
		err = find_inner(pkt, &pkt->inneroff);
		if (err)
			return err;
		pkt->flags |= SKALD_PKT_INNER;
	}
	*off = pkt->inneroff;
	return 0;
}

int skald_pkt_base(struct skald_vm_pkt *pkt, u8 base, u32 *off)
{
	switch (base) {
	case NFT_PAYLOAD_LL_HEADER:
		if (pkt->view->link == SKALD_VIEW_NONE)
			return -EINVAL;
		*off = pkt->view->link;
		return 0;
	case NFT_PAYLOAD_NETWORK_HEADER:
		*off = skald_pkt_network(pkt);
		return *off == SKALD_VIEW_NONE ? -EINVAL : 0;
	case NFT_PAYLOAD_TRANSPORT_HEADER:
		if (pkt->flags & SKALD_PKT_LACKS)
			return -ENODATA;
		if (!(pkt->flags & SKALD_PKT_L4PROTO) || pkt->fragoff)
			return -EINVAL;
		*off = pkt->thoff;
		return 0;
	case NFT_PAYLOAD_INNER_HEADER:
		return inner_offset(pkt, off);
	default:
		return -EINVAL;
	}
}

static bool is_ipv6_extension(u8 type)
{
	return type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING ||
	       type == IPPROTO_FRAGMENT || type == IPPROTO_AH ||
	       type == IPPROTO_NONE || type == IPPROTO_DSTOPTS;
}

static u32 extension_len(u8 type, const u8 *header)
{
	if (type == IPPROTO_FRAGMENT)
		return 8;
	if (type == IPPROTO_AH)
		return ((u32)header[1] + 2) * 4;
	return ((u32)header[1] + 1) * 8;
}

/* A header of @type. Return: 0: look behind it; 1: what follows is in another
 * fragment; -errno */
static int meet_header(const struct skald_vm_pkt *pkt, u8 type, u32 at,
		       u8 *header, u16 *fragoff)
{
	int err = skald_pkt_copy(pkt, at, type == IPPROTO_FRAGMENT ? 8 : 2,
				 header);

	if (err || type != IPPROTO_FRAGMENT)
		return err;
	*fragoff = get_unaligned_be16(header + 2) & ~7;
	return *fragoff ? 1 : 0;
}

static bool is_last(u8 type)
{
	return !is_ipv6_extension(type) || type == IPPROTO_NONE;
}

int skald_pkt_ipv6_find_at(const struct skald_vm_pkt *pkt, u32 network,
			   int target, u32 *off, u16 *fragoff)
{
	u32 at = network + 40;
	u8 header[8], type;
	int err = skald_pkt_copy(pkt, network + 6, 1, &type);

	while (!err && !is_last(type)) {
		err = meet_header(pkt, type, at, header, fragoff);
		/* IP6_FH_F_AUTH: it is the transport header */
		if (!err && type == IPPROTO_AH && target < 0)
			break;
		if (err > 0 && target < 0 && is_last(header[0]))
			return header[0];
		if (err > 0)
			err = type == target ? 0 : -ENOENT;
		if (err || type == target)
			break;
		at += extension_len(type, header);
		type = header[0];
	}
	if (err)
		return err;
	if (target >= 0 && type != target)
		return -ENOENT;
	*off = at;
	return type;
}

int skald_pkt_ipv6_find(const struct skald_vm_pkt *pkt, int target, u32 *off,
			u16 *fragoff)
{
	return skald_pkt_ipv6_find_at(pkt, skald_pkt_network(pkt), target, off,
				      fragoff);
}

static void set_ipv4(struct skald_vm_pkt *pkt)
{
	u32 at = skald_pkt_network(pkt);
	u8 ip[20];

	if (skald_pkt_copy(pkt, at, sizeof(ip), ip) || ip[0] >> 4 != 4 ||
	    (ip[0] & 0xf) < 5)
		return;
	pkt->flags |= SKALD_PKT_L4PROTO;
	pkt->tprot = ip[9];
	pkt->thoff = at + (u32)(ip[0] & 0xf) * 4;
	pkt->fragoff = get_unaligned_be16(ip + 6) & 0x1fff;
}

static void set_ipv6(struct skald_vm_pkt *pkt)
{
	u16 fragoff = 0;
	u32 off = 0;
	int type = skald_pkt_ipv6_find(pkt, -1, &off, &fragoff);

	if (type == -ENODATA)
		pkt->flags |= SKALD_PKT_LACKS;
	if (type < 0)
		return;
	pkt->flags |= SKALD_PKT_L4PROTO;
	pkt->tprot = (u8)type;
	pkt->thoff = off;
	pkt->fragoff = fragoff;
}

/* The lengths that nft_set_pktinfo_ipv4_validate() and _ipv6_validate() look
 * at; ip_rcv() did so for the others. */
static bool is_whole(const struct skald_vm_pkt *pkt, u16 protocol)
{
	u32 at = skald_pkt_network(pkt);
	u8 ip[40];
	u32 len;

	if (at > pkt->limit)
		return false;
	if (protocol == ETH_P_IP) {
		if (skald_pkt_copy(pkt, at, 20, ip))
			return false;
		len = get_unaligned_be16(ip + 2);
		return len <= pkt->limit - at && len >= (u32)(ip[0] & 0xf) * 4;
	}
	if (skald_pkt_copy(pkt, at, 40, ip) || ip[0] >> 4 != 6)
		return false;
	return get_unaligned_be16(ip + 4) + 40u <= pkt->limit - at;
}

static void find_headers(struct skald_vm_pkt *pkt)
{
	u16 protocol = skald_pkt_protocol(pkt);

	pkt->flags &=
		(u8) ~(SKALD_PKT_L4PROTO | SKALD_PKT_INNER | SKALD_PKT_LACKS);
	pkt->tprot = 0;
	pkt->thoff = 0;
	pkt->fragoff = 0;
	if (pkt->pf == NFPROTO_IPV4)
		protocol = ETH_P_IP;
	else if (pkt->pf == NFPROTO_IPV6)
		protocol = ETH_P_IPV6;
	else if (!is_link_hook(pkt->pf) ||
		 (protocol != ETH_P_IP && protocol != ETH_P_IPV6) ||
		 !is_whole(pkt, protocol))
		return;
	if (protocol == ETH_P_IP)
		set_ipv4(pkt);
	else
		set_ipv6(pkt);
}

void skald_vm_pkt_init(struct skald_vm_pkt *pkt, struct skald_view *view, u8 pf,
		       u8 hook, u64 now)
{
	memset(pkt, 0, sizeof(*pkt));
	pkt->view = view;
	pkt->world = &skald_vm_nothing;
	pkt->now = now;
	pkt->pf = pf;
	pkt->hook = hook;
	skald_vm_pkt_refresh(pkt);
}

void skald_vm_pkt_refresh(struct skald_vm_pkt *pkt)
{
	struct skald_view *view = pkt->view;

	pkt->flags &= (u8)~SKALD_PKT_BLOCK;
	pkt->limit = view->len;
	if ((pkt->pf == NFPROTO_IPV4 || pkt->pf == NFPROTO_IPV6) &&
	    pkt->hook != NF_INET_INGRESS)
		pkt->limit = min(view->end, view->len);
	if (view->network == SKALD_VIEW_NONE) {
		pkt->flags &= (u8) ~(SKALD_PKT_L4PROTO | SKALD_PKT_INNER |
				     SKALD_PKT_LACKS);
		return;
	}
	find_headers(pkt);
}

void skald_pkt_changed(struct skald_vm_pkt *pkt)
{
	skald_vm_pkt_refresh(pkt);
	skald_guard_fill(pkt);
}

const u8 *skald_tcp_header(const struct skald_vm_pkt *pkt, u8 *buf, u32 *len)
{
	u32 header;

	*len = 0;
	if (!(pkt->flags & SKALD_PKT_L4PROTO) || pkt->tprot != IPPROTO_TCP ||
	    pkt->fragoff)
		return NULL;
	if (skald_pkt_copy(pkt, pkt->thoff, TCP_MIN, buf))
		return NULL;
	header = (u32)(buf[12] >> 4) * 4;
	if (header < TCP_MIN || skald_pkt_copy(pkt, pkt->thoff, header, buf))
		return NULL;
	*len = header;
	return buf;
}

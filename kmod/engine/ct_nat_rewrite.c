// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rewriting headers: addresses, ports, and checksums by difference. As
 * nf_nat_proto.c. A header that is quoted in an ICMP error may end behind its
 * eighth byte, and then has no checksum that could follow.
 */
#include "ct_nat.h"

#include "checksum.h"

#define IPV4_MIN 20
#define IPV4_SADDR 12
#define IPV4_DADDR 16
#define IPV4_CHECK 10
#define IPV6_LEN 40
#define IPV6_NEXT 6
#define IPV6_SADDR 8
#define IPV6_DADDR 24
#define QUOTED_LEN 8
#define TCP_LEN 20
#define TCP_CHECK 16
#define UDP_LEN 8
#define UDP_CHECK 6
#define DCCP_LEN 12
#define DCCP_CHECK 6
#define SCTP_LEN 12
#define SCTP_CRC 8
#define ICMP_LEN 8
#define ICMP_CHECK 2
#define ICMP_ID 4
#define GRE_LEN 8
#define GRE_CALL_ID 6

/* ICMP types with an identifier */
static const u8 icmp_queries[] = { 0, 8, 13, 14, 15, 16, 17, 18 };
#define ICMPV6_REQUEST 128
#define ICMPV6_REPLY 129

/**
 * struct rewrite - what is being changed
 * @view: the packet
 * @network: offset of the network header
 * @transport: offset of the transport header
 * @target: what it is to look like
 * @manip: which half
 */
struct rewrite {
	struct skald_view *view;
	u32 network;
	u32 transport;
	const struct skald_ct_tuple *target;
	enum skald_nat_manip manip;
};

/* Bytes that may be written; NULL: they are not there. */
static u8 *writable(const struct rewrite *rw, u32 off, u32 len)
{
	struct skald_view *view = rw->view;

	if (off > view->end || len > view->end - off ||
	    skald_view_write(view, off + len))
		return NULL;
	return view->data + off;
}

static u32 address_len(const struct rewrite *rw)
{
	return rw->target->family == NFPROTO_IPV4 ? 4
						  : sizeof(union skald_addr);
}

static u32 address_off(const struct rewrite *rw)
{
	bool source = rw->manip == SKALD_NAT_SRC;

	if (rw->target->family == NFPROTO_IPV4)
		return rw->network + (source ? IPV4_SADDR : IPV4_DADDR);
	return rw->network + (source ? IPV6_SADDR : IPV6_DADDR);
}

static const void *new_address(const struct rewrite *rw)
{
	return rw->manip == SKALD_NAT_SRC ? &rw->target->src : &rw->target->dst;
}

static u16 new_port(const struct rewrite *rw)
{
	return ntohs(rw->manip == SKALD_NAT_SRC ? rw->target->sport
						: rw->target->dport);
}

/* A 16-bit field, and the checksum that covers it. */
static void change16(u8 *check, u8 *field, u16 to)
{
	u16 from = get_unaligned_be16(field);

	put_unaligned_be16(
		skald_nat_checksum(get_unaligned_be16(check), from, to), check);
	put_unaligned_be16(to, field);
}

/* nf_csum_update(): the pseudo header has another address. */
static void change_pseudo(const struct rewrite *rw, u8 *check)
{
	u32 len = address_len(rw);
	const u8 *from = rw->view->data + address_off(rw);

	put_unaligned_be16(
		skald_nat_checksum(get_unaligned_be16(check),
				   skald_checksum_add(from, len, 0),
				   skald_checksum_add(new_address(rw), len, 0)),
		check);
}

/* Where the port is. */
static u8 *port_of(const struct rewrite *rw, u8 *header)
{
	return header + (rw->manip == SKALD_NAT_SRC ? 0 : 2);
}

static bool change_udp(const struct rewrite *rw, bool has_check)
{
	u8 *udp = writable(rw, rw->transport, UDP_LEN);

	if (!udp)
		return false;
	if (!has_check && !get_unaligned_be16(udp + UDP_CHECK)) {
		put_unaligned_be16(new_port(rw), port_of(rw, udp));
		return true;
	}
	change_pseudo(rw, udp + UDP_CHECK);
	change16(udp + UDP_CHECK, port_of(rw, udp), new_port(rw));
	/* 0 would say that there is none */
	if (!get_unaligned_be16(udp + UDP_CHECK))
		put_unaligned_be16(0xffff, udp + UDP_CHECK);
	return true;
}

/* TCP and DCCP: @len bytes with a checksum at @check, if they are there. */
static bool change_checked(const struct rewrite *rw, u32 len, u32 check)
{
	bool is_whole = rw->transport <= rw->view->end &&
			rw->view->end - rw->transport >= len;
	u8 *header = writable(rw, rw->transport, is_whole ? len : QUOTED_LEN);

	if (!header)
		return false;
	if (!is_whole) {
		put_unaligned_be16(new_port(rw), port_of(rw, header));
		return true;
	}
	change_pseudo(rw, header + check);
	change16(header + check, port_of(rw, header), new_port(rw));
	return true;
}

/* The CRC is computed anew, over what is there (RFC 9260, 6.8). */
static bool change_sctp(const struct rewrite *rw)
{
	struct skald_view *view = rw->view;
	bool is_whole = rw->transport <= view->end &&
			view->end - rw->transport >= SCTP_LEN;
	u8 *sctp =
		writable(rw, rw->transport, is_whole ? SCTP_LEN : QUOTED_LEN);
	unsigned int i;
	u32 crc;

	if (!sctp)
		return false;
	put_unaligned_be16(new_port(rw), port_of(rw, sctp));
	if (!is_whole)
		return true;
	if (skald_crc32c_view(view, rw->transport, view->end - rw->transport,
			      rw->transport + SCTP_CRC, &crc))
		return false;
	for (i = 0; i < sizeof(crc); i++)
		sctp[SCTP_CRC + i] = (u8)(crc >> 8 * i);
	return true;
}

static bool change_icmp(const struct rewrite *rw)
{
	u8 *icmp = writable(rw, rw->transport, ICMP_LEN);

	if (!icmp)
		return false;
	if (memchr(icmp_queries, icmp[0], sizeof(icmp_queries)))
		change16(icmp + ICMP_CHECK, icmp + ICMP_ID,
			 ntohs(rw->target->sport));
	return true;
}

static bool change_icmpv6(const struct rewrite *rw)
{
	u8 *icmp = writable(rw, rw->transport, ICMP_LEN);

	if (!icmp)
		return false;
	change_pseudo(rw, icmp + ICMP_CHECK);
	if (icmp[0] == ICMPV6_REQUEST || icmp[0] == ICMPV6_REPLY)
		change16(icmp + ICMP_CHECK, icmp + ICMP_ID,
			 ntohs(rw->target->sport));
	return true;
}

/* The key of PPTP; the source's is not in the packet. Version 0 has none. */
static bool change_gre(const struct rewrite *rw)
{
	u8 *gre = writable(rw, rw->transport, GRE_LEN);

	if (!gre)
		return false;
	if (rw->manip != SKALD_NAT_DST)
		return true;
	switch (gre[1] & 7) {
	case 0:
		return true;
	case 1:
		put_unaligned_be16(new_port(rw), gre + GRE_CALL_ID);
		return true;
	default:
		return false;
	}
}

/* l4proto_manip_pkt(). By the target's protocol: a quoted packet's is its own,
 * as its conversation is found by it. */
static bool change_transport(const struct rewrite *rw)
{
	switch (rw->target->proto) {
	case IPPROTO_TCP:
		return change_checked(rw, TCP_LEN, TCP_CHECK);
	case IPPROTO_DCCP:
		return change_checked(rw, DCCP_LEN, DCCP_CHECK);
	case IPPROTO_UDP:
		return change_udp(rw, false);
	case IPPROTO_UDPLITE:
		return change_udp(rw, true);
	case IPPROTO_SCTP:
		return change_sctp(rw);
	case IPPROTO_ICMP:
		return change_icmp(rw);
	case IPPROTO_ICMPV6:
		return change_icmpv6(rw);
	case IPPROTO_GRE:
		return change_gre(rw);
	default:
		return true;
	}
}

static bool rewrite_ipv4(struct rewrite *rw)
{
	u8 *ip = writable(rw, rw->network, IPV4_MIN);
	u8 *addr;

	if (!ip)
		return false;
	rw->transport = rw->network + (u32)(ip[0] & 0xf) * 4;
	if (!change_transport(rw))
		return false;
	ip = rw->view->data + rw->network;
	addr = rw->view->data + address_off(rw);
	put_unaligned_be16(
		skald_nat_checksum(get_unaligned_be16(ip + IPV4_CHECK),
				   skald_checksum_add(addr, 4, 0),
				   skald_checksum_add(new_address(rw), 4, 0)),
		ip + IPV4_CHECK);
	memcpy(addr, new_address(rw), 4);
	return true;
}

static bool rewrite_ipv6(struct rewrite *rw)
{
	u8 *ip6 = writable(rw, rw->network, IPV6_LEN);
	u16 fragment;
	u8 type;

	if (!ip6)
		return false;
	type = ip6[IPV6_NEXT];
	rw->transport = skald_view_skip_extensions(
		rw->view, rw->network + IPV6_LEN, &type, &fragment);
	if (rw->transport && !(fragment & ~7) && !change_transport(rw))
		return false;
	memcpy(rw->view->data + address_off(rw), new_address(rw),
	       sizeof(union skald_addr));
	return true;
}

bool skald_nat_rewrite(struct skald_view *view, u32 network,
		       const struct skald_ct_tuple *target,
		       enum skald_nat_manip manip)
{
	struct rewrite rw = { .view = view,
			      .network = network,
			      .target = target,
			      .manip = manip };

	return target->family == NFPROTO_IPV4 ? rewrite_ipv4(&rw)
					      : rewrite_ipv6(&rw);
}

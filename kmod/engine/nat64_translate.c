// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headers of one family made of those of the other (RFC 7915).
 */
#include "checksum.h"
#include "ct_nat.h"
#include "nat64_parts.h"

#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_LOOSE_ROUTE 131
#define OPTION_STRICT_ROUTE 137
#define IPV4_DF 0x4000
#define IPV4_MF 0x2000
#define IPV4_OFFSET_MASK 0x1fff
/* An IPv4 packet up to here came from one that every IPv6 link carries. */
#define SMALL 1260u
#define ICMP_UNREACHABLE 3
#define ICMP_SOURCE_ROUTE 5
#define ICMP_NEED_FRAGMENT 4
#define ICMP_TIME_OVER 11
#define ICMPV6_TOO_BIG 2
#define ICMPV6_TIME_OVER 3
#define ICMPV6_PARAMETER 4
#define TCP_LEN 20u
#define UDP_LEN 8u
#define SCTP_LEN 12u
#define SCTP_CRC 8u
#define PORTS_LEN 4u

int skald_nat64_copy(struct skald_nat64_job *job, const struct skald_view *view,
		     u32 off, u32 len)
{
	u8 *to = job->bytes + job->len;
	const void *bytes;

	if (len > job->room - job->len)
		return -ENOBUFS;
	bytes = skald_view_bytes(view, off, len, to);
	if (!bytes)
		return -ENODATA;
	if (bytes != to)
		memcpy(to, bytes, len);
	job->len += len;
	return 0;
}

static u8 *append(struct skald_nat64_job *job, u32 len)
{
	u8 *at = job->bytes + job->len;

	if (len > job->room - job->len)
		return NULL;
	job->len += len;
	memset(at, 0, len);
	return at;
}

static const u8 *part_bytes(const struct nat64_part *part, u32 off, u32 len,
			    void *buf)
{
	if (off > part->end || len > part->end - off)
		return NULL;
	return skald_view_bytes(part->view, off, len, buf);
}

/* ---- reading IPv4 ---- */

/* A source route that has not ended (RFC 7915, 4.1): there is none in IPv6. */
static bool has_source_route(const u8 *options, u32 len)
{
	u32 at = 0, size;

	while (at < len && options[at] != OPTION_END) {
		if (options[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (len - at < 2)
			return false;
		size = options[at + 1];
		if (size < 2 || size > len - at)
			return false;
		if ((options[at] == OPTION_LOOSE_ROUTE ||
		     options[at] == OPTION_STRICT_ROUTE) &&
		    size >= 3 && options[at + 2] <= size)
			return true;
		at += size;
	}
	return false;
}

static int read_ipv4(struct nat64_part *part, u8 *ip)
{
	u8 buf[60];
	const u8 *bytes = part_bytes(part, part->network, NAT64_IPV4_LEN, buf);
	u32 header, total;
	u16 fragment;

	if (!bytes)
		return -ENODATA;
	memcpy(ip, bytes, NAT64_IPV4_LEN);
	header = (u32)(ip[0] & 0xf) * 4;
	total = get_unaligned_be16(ip + 2);
	if (ip[0] >> 4 != 4 || header < NAT64_IPV4_LEN || total < header)
		return -ENOENT;
	bytes = part_bytes(part, part->network, header, buf);
	if (!bytes)
		return -ENOENT;
	if (!part->is_quoted &&
	    has_source_route(bytes + NAT64_IPV4_LEN, header - NAT64_IPV4_LEN))
		return nat64_refuse(part->job, ICMP_UNREACHABLE,
				    ICMP_SOURCE_ROUTE, 0);
	fragment = get_unaligned_be16(ip + 6);
	part->transport = part->network + header;
	part->proto = ip[9];
	part->payload = total - header;
	part->offset = (u16)((fragment & IPV4_OFFSET_MASK) * 8);
	part->more = fragment & IPV4_MF;
	part->is_fragment = part->offset || part->more;
	return 0;
}

/* ---- reading IPv6 ---- */

/*
 * A routing header with hops to go (RFC 7915, 5.1): an IPv4 router does not
 * know what to do with it. Return: offset of the segments that are left from
 * the network header on, 0: there is none
 */
static u32 unfinished_route(const struct nat64_part *part, u8 type)
{
	u32 at = part->network + NAT64_IPV6_LEN;
	const u8 *header;
	u8 buf[4];

	while (at < part->transport) {
		header = part_bytes(part, at, sizeof(buf), buf);
		if (!header)
			return 0;
		if (type == IPPROTO_ROUTING && header[3])
			return at + 3 - part->network;
		type = header[0];
		/* fragment headers have a zero there */
		at += ((u32)header[1] + 1) * 8;
	}
	return 0;
}

/* Extension headers go, but that of a fragment and AH. */
static int read_ipv6(struct nat64_part *part, u8 *ip6, u32 *id)
{
	u8 buf[NAT64_IPV6_LEN];
	const u8 *bytes = part_bytes(part, part->network, NAT64_IPV6_LEN, buf);
	u32 at, total, size;
	u8 type;

	if (!bytes)
		return -ENODATA;
	memcpy(ip6, bytes, NAT64_IPV6_LEN);
	if (ip6[0] >> 4 != 6)
		return -ENOENT;
	total = NAT64_IPV6_LEN + get_unaligned_be16(ip6 + 4);
	type = ip6[6];
	at = part->network + NAT64_IPV6_LEN;
	while (type == IPPROTO_HOPOPTS || type == IPPROTO_ROUTING ||
	       type == IPPROTO_DSTOPTS || type == IPPROTO_FRAGMENT) {
		bytes = part_bytes(part, at, 8, buf);
		if (!bytes || part->offset)
			return -ENOENT;
		size = ((u32)bytes[1] + 1) * 8;
		if (type == IPPROTO_FRAGMENT) {
			size = NAT64_FRAGMENT_LEN;
			part->offset = get_unaligned_be16(bytes + 2) & 0xfff8;
			part->more = bytes[3] & 1;
			part->is_fragment = part->offset || part->more;
			*id = get_unaligned_be32(bytes + 4);
		}
		type = bytes[0];
		at += size;
		if (part->offset)
			break;
	}
	part->transport = at;
	part->proto = type;
	if (at - part->network > total || at > part->end)
		return -ENOENT;
	part->payload = total - (at - part->network);
	return 0;
}

/* ---- writing ---- */

static u8 proto_in(const struct nat64_part *part)
{
	if (part->proto == IPPROTO_ICMP)
		return IPPROTO_ICMPV6;
	return part->proto == IPPROTO_ICMPV6 ? IPPROTO_ICMP : part->proto;
}

/* RFC 7915, 4.1 */
static int write_ipv6(struct nat64_part *part, const u8 *ip)
{
	u32 extra = part->is_fragment ? NAT64_FRAGMENT_LEN : 0;
	u8 *ip6 = append(part->job, NAT64_IPV6_LEN + extra);
	u16 fragment;

	if (!ip6)
		return -ENOBUFS;
	ip6[0] = (u8)(0x60 | ip[1] >> 4);
	ip6[1] = (u8)(ip[1] << 4);
	put_unaligned_be16((u16)(part->payload + extra), ip6 + 4);
	ip6[6] = extra ? IPPROTO_FRAGMENT : proto_in(part);
	ip6[7] = part->is_quoted ? ip[8] : (u8)(ip[8] - 1);
	memcpy(ip6 + 8, &part->target->src, sizeof(union skald_addr));
	memcpy(ip6 + 24, &part->target->dst, sizeof(union skald_addr));
	part->out = part->job->len;
	if (!extra)
		return 0;
	ip6 += NAT64_IPV6_LEN;
	ip6[0] = proto_in(part);
	fragment = (u16)(part->offset | part->more);
	put_unaligned_be16(fragment, ip6 + 2);
	put_unaligned_be32(get_unaligned_be16(ip + 4), ip6 + 4);
	return 0;
}

/* RFC 7915, 5.1 */
static int write_ipv4(struct nat64_part *part, const u8 *ip6, u32 id)
{
	u8 *ip = append(part->job, NAT64_IPV4_LEN);
	u32 total = part->payload + NAT64_IPV4_LEN;
	u16 fragment = total > SMALL ? IPV4_DF : 0;

	if (!ip)
		return -ENOBUFS;
	if (total > U16_MAX)
		return -ENOENT;
	if (part->is_fragment)
		fragment = (u16)(part->offset / 8 | (part->more ? IPV4_MF : 0));
	ip[0] = 0x45;
	ip[1] = (u8)(ip6[0] << 4 | ip6[1] >> 4);
	put_unaligned_be16((u16)total, ip + 2);
	put_unaligned_be16(part->is_fragment ? (u16)id : part->job->id, ip + 4);
	put_unaligned_be16(fragment, ip + 6);
	ip[8] = part->is_quoted ? ip6[7] : (u8)(ip6[7] - 1);
	ip[9] = proto_in(part);
	memcpy(ip + 12, &part->target->src, 4);
	memcpy(ip + 16, &part->target->dst, 4);
	put_unaligned_be16(
		skald_checksum_fold(skald_checksum_add(ip, NAT64_IPV4_LEN, 0)),
		ip + 10);
	part->out = part->job->len;
	return 0;
}

/* ---- what is behind the network header ---- */

/* Sum of both addresses, in the frame and in the target. */
static u64 old_addresses(const struct nat64_part *part)
{
	bool is_ipv4 = part->target->family == NFPROTO_IPV6;
	u32 off = part->network + (is_ipv4 ? 12 : 8), len = is_ipv4 ? 8 : 32;
	u64 sum = 0;

	skald_checksum_view(part->view, off, len, &sum);
	return sum;
}

static u64 new_addresses(const struct nat64_part *part)
{
	u32 len = part->target->family == NFPROTO_IPV4 ? 4 : 16;

	return skald_checksum_add(&part->target->dst, len,
				  skald_checksum_add(&part->target->src, len,
						     0));
}

/* Where a protocol has its checksum; 0: it has none, or it is not there. */
static u32 check_place(const struct nat64_part *part, u32 len)
{
	switch (part->proto) {
	case IPPROTO_TCP:
		return len >= TCP_LEN ? 16 : 0;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return len >= UDP_LEN ? 6 : 0;
	case IPPROTO_DCCP:
		return len >= 12 ? 6 : 0;
	default:
		return 0;
	}
}

/* IPv6 wants a checksum (RFC 7915, 4.5). @udp is all of it. */
static int make_udp_checksum(const struct nat64_part *part, u8 *udp, u32 len)
{
	u64 sum;
	u16 check;

	if (part->is_fragment || part->payload != len)
		return -ENOENT;
	sum = new_addresses(part) + IPPROTO_UDP + len;
	check = skald_checksum_fold(skald_checksum_add(udp, len, sum));
	put_unaligned_be16(check ? check : 0xffff, udp + 6);
	return 0;
}

static void put_ports(const struct nat64_part *part, u8 *header)
{
	put_unaligned_be16(ntohs(part->target->sport), header);
	put_unaligned_be16(ntohs(part->target->dport), header + 2);
}

/* An SCTP packet that is all there gets its CRC anew. */
static void put_crc(const struct nat64_part *part, u8 *sctp, u32 len)
{
	struct skald_view flat;
	unsigned int i;
	u32 crc;

	if (len < SCTP_LEN || part->is_quoted || part->is_fragment)
		return;
	skald_view_init(&flat, sctp, len, len);
	if (skald_crc32c_view(&flat, 0, len, SCTP_CRC, &crc))
		return;
	for (i = 0; i < sizeof(crc); i++)
		sctp[SCTP_CRC + i] = (u8)(crc >> 8 * i);
}

static int change_ports(const struct nat64_part *part)
{
	u8 *header = part->job->bytes + part->out;
	u32 len = part->job->len - part->out;
	u32 check = check_place(part, len);
	u64 from, to;

	if (len < PORTS_LEN)
		return part->is_quoted ? 0 : -ENOENT;
	from = skald_checksum_add(header, PORTS_LEN, old_addresses(part));
	put_ports(part, header);
	to = skald_checksum_add(header, PORTS_LEN, new_addresses(part));
	if (part->proto == IPPROTO_SCTP)
		put_crc(part, header, len);
	if (!check)
		return 0;
	if (part->proto == IPPROTO_UDP && !get_unaligned_be16(header + check)) {
		if (part->is_quoted || part->target->family == NFPROTO_IPV4)
			return 0;
		return make_udp_checksum(part, header, len);
	}
	put_unaligned_be16(
		skald_nat_checksum(get_unaligned_be16(header + check), from,
				   to),
		header + check);
	if (part->proto == IPPROTO_UDP && !get_unaligned_be16(header + check))
		put_unaligned_be16(0xffff, header + check);
	return 0;
}

static bool has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP ||
	       proto == IPPROTO_SCTP;
}

static int copy_rest(struct nat64_part *part)
{
	u32 len = min(part->payload, part->end - part->transport);
	int ret;

	if (!part->is_quoted && len < part->payload)
		return -ENOENT;
	ret = skald_nat64_copy(part->job, part->view, part->transport, len);
	if (ret)
		return ret;
	return !part->offset && has_ports(part->proto) ? change_ports(part) : 0;
}

static int write_rest(struct nat64_part *part)
{
	bool from_ipv4 = part->target->family == NFPROTO_IPV6;

	if (part->proto != (from_ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		/* the other family's ICMP is nobody's */
		return part->proto == (from_ipv4 ? IPPROTO_ICMPV6
						 : IPPROTO_ICMP)
			       ? -ENOENT
			       : copy_rest(part);
	/* its checksum covers all fragments, and a pseudo header or not */
	return part->is_fragment ? -ENOENT : skald_nat64_icmp(part);
}

/* ---- packets ---- */

static int part_6to4(struct nat64_part *part)
{
	u8 ip6[NAT64_IPV6_LEN];
	u32 id = 0, route;
	int ret = read_ipv6(part, ip6, &id);

	if (ret)
		return ret;
	route = part->is_quoted ? 0 : unfinished_route(part, ip6[6]);
	if (route)
		return nat64_refuse(part->job, ICMPV6_PARAMETER, 0, route);
	if (!part->is_quoted && ip6[7] <= 1)
		return nat64_refuse(part->job, ICMPV6_TIME_OVER, 0, 0);
	if (!part->is_quoted &&
	    part->payload + NAT64_IPV4_LEN > part->job->mtu4)
		return nat64_refuse(part->job, ICMPV6_TOO_BIG, 0,
				    part->job->mtu4 + NAT64_IPV6_LEN -
					    NAT64_IPV4_LEN);
	ret = write_ipv4(part, ip6, id);
	return ret ? ret : write_rest(part);
}

static int part_4to6(struct nat64_part *part)
{
	u8 ip[NAT64_IPV4_LEN];
	bool stays_whole;
	u32 len;
	int ret = read_ipv4(part, ip);

	if (ret)
		return ret;
	if (!part->is_quoted && ip[8] <= 1)
		return nat64_refuse(part->job, ICMP_TIME_OVER, 0, 0);
	stays_whole = get_unaligned_be16(ip + 6) & IPV4_DF;
	len = part->payload + NAT64_IPV6_LEN +
	      (part->is_fragment ? NAT64_FRAGMENT_LEN : 0);
	if (!part->is_quoted && stays_whole && len > part->job->mtu6)
		return nat64_refuse(
			part->job, ICMP_UNREACHABLE, ICMP_NEED_FRAGMENT,
			part->job->mtu6 - NAT64_IPV6_LEN + NAT64_IPV4_LEN);
	if (!part->is_quoted)
		part->job->may_fragment =
			!stays_whole && len > SKALD_NAT64_MTU6;
	ret = write_ipv6(part, ip);
	return ret ? ret : write_rest(part);
}

int skald_nat64_part(struct nat64_part *part)
{
	return part->target->family == NFPROTO_IPV4 ? part_6to4(part)
						    : part_4to6(part);
}

int skald_nat64_translate(const struct skald_view *view,
			  struct skald_nat64_job *job)
{
	struct nat64_part part = { .view = view,
				   .job = job,
				   .network = view->network,
				   .end = view->end,
				   .target = job->target };

	job->len = 0;
	job->may_fragment = false;
	if ((view->family != NFPROTO_IPV4 && view->family != NFPROTO_IPV6) ||
	    view->family == job->target->family)
		return -ENOENT;
	return skald_nat64_part(&part);
}

u32 skald_nat64_fragment(const struct skald_nat64_job *job, u32 id, u32 at,
			 u8 *bytes, u32 *len)
{
	const u8 *from = job->bytes;
	u32 header = NAT64_IPV6_LEN, first = 0, left, n;
	u8 type = from[6];
	bool more = false;
	u8 *to;

	/* a fragment is cut again, and stays where it was */
	if (type == IPPROTO_FRAGMENT) {
		type = from[header];
		first = get_unaligned_be16(from + header + 2) & 0xfff8;
		more = from[header + 3] & 1;
		id = get_unaligned_be32(from + header + 4);
		header += NAT64_FRAGMENT_LEN;
	}
	left = job->len - header - at;
	n = min(left,
		(SKALD_NAT64_MTU6 - NAT64_IPV6_LEN - NAT64_FRAGMENT_LEN) & ~7u);
	more |= n < left;
	memcpy(bytes, from, NAT64_IPV6_LEN);
	put_unaligned_be16((u16)(n + NAT64_FRAGMENT_LEN), bytes + 4);
	bytes[6] = IPPROTO_FRAGMENT;
	to = bytes + NAT64_IPV6_LEN;
	to[0] = type;
	to[1] = 0;
	put_unaligned_be16((u16)((first + at) | more), to + 2);
	put_unaligned_be32(id, to + 4);
	memcpy(to + NAT64_FRAGMENT_LEN, from + header + at, n);
	*len = NAT64_IPV6_LEN + NAT64_FRAGMENT_LEN + n;
	return n < left ? at + n : 0;
}

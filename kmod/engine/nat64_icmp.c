// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP and ICMPv6 made of each other, errors with what they quote (RFC
 * 7915, 4.2 and 5.2). What has no counterpart is dropped without a word.
 */
#include "checksum.h"
#include "ct_nat.h"
#include "nat64_parts.h"

/* ICMP (RFC 792, 1191, 1812) */
#define REPLY4 0
#define UNREACHABLE4 3
#define REQUEST4 8
#define TIME_OVER4 11
#define PARAMETER4 12
#define CODE4_PROTO 2
#define CODE4_PORT 3
#define CODE4_NEED_FRAGMENT 4

/* ICMPv6 (RFC 4443) */
#define UNREACHABLE6 1
#define TOO_BIG6 2
#define TIME_OVER6 3
#define PARAMETER6 4
#define REQUEST6 128
#define REPLY6 129
#define CODE6_NO_ROUTE 0
#define CODE6_PROHIBITED 1
#define CODE6_PORT 4
#define POINTER6_NEXT 6

#define NONE 0xff
/* Nothing behind is said to fit a link (RFC 791). */
#define MTU4_MIN 68u
/* An ICMPv6 error fits every link (RFC 4443, 2.4). */
#define ERROR_MAX 1280u

/**
 * struct error - an ICMP error, in either family
 * @type: type
 * @code: code
 * @value: pointer, MTU or nothing
 */
struct error {
	u8 type;
	u8 code;
	u32 value;
};

/* ---- types, codes, pointers ---- */

/* Type 3, by code: code of ICMPv6 type 1, or NONE. */
static const u8 unreachable_4to6[] = {
	CODE6_NO_ROUTE,
	CODE6_NO_ROUTE,
	NONE,
	CODE6_PORT,
	NONE,
	CODE6_NO_ROUTE,
	CODE6_NO_ROUTE,
	CODE6_NO_ROUTE,
	CODE6_NO_ROUTE,
	CODE6_PROHIBITED,
	CODE6_PROHIBITED,
	CODE6_NO_ROUTE,
	CODE6_NO_ROUTE,
	CODE6_PROHIBITED,
	NONE,
	CODE6_PROHIBITED,
};

/* RFC 7915, figure 3: fields of the header, by byte. */
static const u8 pointer_4to6[] = {
	0,    1,    4, 4, NONE, NONE, NONE, NONE, 7,  6,
	NONE, NONE, 8, 8, 8,	8,    24,   24,	  24, 24,
};

/* Figure 6, up to the addresses. */
static const u8 pointer_6to4[] = { 0, 1, NONE, NONE, 2, 2, 9, 8 };

/* Sizes that links have, RFC 1191, 7.1: for routers that do not say. */
static const u16 plateaus[] = { 65535, 32000, 17914, 8166, 4352, 2002,
				1492,  1006,  508,   296,  68 };

static u32 guess_mtu(u32 total)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(plateaus); i++) {
		if (plateaus[i] < total)
			return plateaus[i];
	}
	return MTU4_MIN;
}

/* Total length of the quoted IPv4 packet. */
static u32 quoted_total(const struct nat64_part *part)
{
	u8 buf[2];
	const u8 *total = skald_view_datagram(
		part->view, part->transport + NAT64_ICMP_LEN + 2, 2, buf);

	return total ? get_unaligned_be16(total) : 0;
}

/* RFC 7915, 4.2: an MTU that does not say less than IPv6 has. */
static u32 mtu_4to6(const struct nat64_part *part, u32 mtu)
{
	const struct skald_nat64_job *job = part->job;
	u32 more = NAT64_IPV6_LEN - NAT64_IPV4_LEN;

	if (!mtu)
		mtu = guess_mtu(quoted_total(part));
	mtu = min(mtu, job->mtu4) + more;
	mtu = min(mtu, job->mtu6);
	return max(mtu, SKALD_NAT64_MTU6);
}

static u32 mtu_6to4(const struct nat64_part *part, u32 mtu)
{
	const struct skald_nat64_job *job = part->job;
	u32 less = NAT64_IPV6_LEN - NAT64_IPV4_LEN;

	mtu = max(mtu, SKALD_NAT64_MTU6);
	mtu = min(mtu, job->mtu6) - less;
	return min(mtu, job->mtu4);
}

static bool change_unreachable4(const struct nat64_part *part,
				struct error *error)
{
	if (error->code == CODE4_PROTO) {
		*error = (struct error){ PARAMETER6, 1, POINTER6_NEXT };
		return true;
	}
	if (error->code == CODE4_NEED_FRAGMENT) {
		*error = (struct error){
			TOO_BIG6, 0, mtu_4to6(part, error->value & U16_MAX)
		};
		return true;
	}
	if (error->code >= ARRAY_SIZE(unreachable_4to6) ||
	    unreachable_4to6[error->code] == NONE)
		return false;
	*error = (struct error){ UNREACHABLE6, unreachable_4to6[error->code],
				 0 };
	return true;
}

static bool change_error4(const struct nat64_part *part, struct error *error)
{
	u32 pointer = error->value >> 24;

	switch (error->type) {
	case UNREACHABLE4:
		return change_unreachable4(part, error);
	case TIME_OVER4:
		*error = (struct error){ TIME_OVER6, error->code, 0 };
		return true;
	case PARAMETER4:
		if ((error->code != 0 && error->code != 2) ||
		    pointer >= ARRAY_SIZE(pointer_4to6) ||
		    pointer_4to6[pointer] == NONE)
			return false;
		*error = (struct error){ PARAMETER6, 0, pointer_4to6[pointer] };
		return true;
	default:
		return false;
	}
}

static u8 find_pointer4(u32 pointer)
{
	if (pointer < ARRAY_SIZE(pointer_6to4))
		return pointer_6to4[pointer];
	if (pointer < 24)
		return 12;
	return pointer < NAT64_IPV6_LEN ? 16 : NONE;
}

static bool change_parameter6(struct error *error)
{
	u8 pointer = find_pointer4(error->value);

	if (error->code == 1) {
		*error = (struct error){ UNREACHABLE4, CODE4_PROTO, 0 };
		return true;
	}
	if (error->code || pointer == NONE)
		return false;
	*error = (struct error){ PARAMETER4, 0, (u32)pointer << 24 };
	return true;
}

static bool change_error6(const struct nat64_part *part, struct error *error)
{
	/* host, prohibited, host, host, port */
	static const u8 codes[] = { 1, 10, 1, 1, CODE4_PORT };

	switch (error->type) {
	case UNREACHABLE6:
		if (error->code >= ARRAY_SIZE(codes))
			return false;
		*error = (struct error){ UNREACHABLE4, codes[error->code], 0 };
		return true;
	case TOO_BIG6:
		*error = (struct error){ UNREACHABLE4, CODE4_NEED_FRAGMENT,
					 mtu_6to4(part, error->value) };
		return true;
	case TIME_OVER6:
		*error = (struct error){ TIME_OVER4, error->code, 0 };
		return true;
	case PARAMETER6:
		return change_parameter6(error);
	default:
		return false;
	}
}

/* ---- messages ---- */

static bool is_ipv4(const struct nat64_part *part)
{
	return part->target->family == NFPROTO_IPV6;
}

/* The checksum, over the message and in IPv6 over a pseudo header. */
static void put_checksum(const struct nat64_part *part)
{
	struct skald_nat64_job *job = part->job;
	u8 *icmp = job->bytes + part->out;
	u32 len = job->len - part->out;
	u64 sum = 0;

	if (part->target->family == NFPROTO_IPV6)
		sum = skald_checksum_add(icmp - NAT64_IPV6_LEN + 8,
					 2 * sizeof(union skald_addr),
					 (u64)IPPROTO_ICMPV6 + len);
	put_unaligned_be16(0, icmp + 2);
	put_unaligned_be16(
		skald_checksum_fold(skald_checksum_add(icmp, len, sum)),
		icmp + 2);
}

/* The same for what is perhaps not all there: by difference. */
static void change_checksum(const struct nat64_part *part, const u8 *old)
{
	u8 *icmp = part->job->bytes + part->out;
	u8 addresses[2 * sizeof(union skald_addr)] = { 0 };
	u64 from = skald_checksum_add(old, NAT64_ICMP_LEN, 0), to, pseudo;

	/* the old message's checksum is no part of what it sums */
	from -= get_unaligned_be16(old + 2);
	to = skald_checksum_add(icmp, NAT64_ICMP_LEN, 0) -
	     get_unaligned_be16(icmp + 2);
	if (is_ipv4(part)) {
		memcpy(addresses, &part->target->src, sizeof(union skald_addr));
		memcpy(addresses + sizeof(union skald_addr), &part->target->dst,
		       sizeof(union skald_addr));
		to += skald_checksum_add(addresses, sizeof(addresses),
					 (u64)IPPROTO_ICMPV6 + part->payload);
	} else {
		pseudo = (u64)IPPROTO_ICMPV6 + part->payload;
		skald_checksum_view(part->view, part->network + 8,
				    sizeof(addresses), &pseudo);
		from += pseudo;
	}
	put_unaligned_be16(skald_nat_checksum(get_unaligned_be16(old + 2), from,
					      to),
			   icmp + 2);
}

static int write_query(struct nat64_part *part, const u8 *old, u8 type)
{
	u32 len = min(part->payload, part->end - part->transport);
	u8 *icmp;
	int ret;

	if (!part->is_quoted && len < part->payload)
		return -ENOENT;
	ret = skald_nat64_copy(part->job, part->view, part->transport, len);
	if (ret)
		return ret;
	icmp = part->job->bytes + part->out;
	icmp[0] = type;
	/* the identifier stands for the port */
	put_unaligned_be16(ntohs(part->target->sport), icmp + 4);
	change_checksum(part, old);
	return 0;
}

/* ---- errors ---- */

/* Bytes of the quoted packet; what follows are extensions (RFC 4884). */
static u32 quoted_len(const struct nat64_part *part, const u8 *old)
{
	u32 all = part->end - part->transport - NAT64_ICMP_LEN;
	u32 len = is_ipv4(part) ? old[5] * 4u : old[4] * 8u;

	if (is_ipv4(part) ? old[0] == PARAMETER4 : old[0] > TIME_OVER6)
		len = 0;
	return len && len < all ? len : all;
}

/* Extensions begin at a multiple of four or eight bytes, 128 at least. */
static int write_extensions(struct nat64_part *part, u32 quoted, u32 begin)
{
	struct skald_nat64_job *job = part->job;
	u8 *icmp = job->bytes + part->out;
	u32 from = part->transport + NAT64_ICMP_LEN + quoted;
	u32 unit = is_ipv4(part) ? 8 : 4, len = job->len - begin, want;

	if (from >= part->end)
		return 0;
	want = max_t(u32, 128, (len + unit - 1) / unit * unit);
	if (want / unit > U8_MAX || want - len > job->room - job->len)
		return 0;
	memset(job->bytes + job->len, 0, want - len);
	job->len += want - len;
	icmp[is_ipv4(part) ? 4 : 5] = (u8)(want / unit);
	return skald_nat64_copy(job, part->view, from, part->end - from);
}

/* The error's own lengths, once all of it is there. */
static void fix_lengths(const struct nat64_part *part)
{
	struct skald_nat64_job *job = part->job;
	u8 *ip = job->bytes;

	if (part->target->family == NFPROTO_IPV6) {
		job->len = min(job->len, ERROR_MAX);
		put_unaligned_be16((u16)(job->len - NAT64_IPV6_LEN), ip + 4);
		return;
	}
	put_unaligned_be16((u16)job->len, ip + 2);
	put_unaligned_be16(0, ip + 10);
	put_unaligned_be16(
		skald_checksum_fold(skald_checksum_add(ip, NAT64_IPV4_LEN, 0)),
		ip + 10);
}

static int write_error(struct nat64_part *part, const u8 *old,
		       const struct error *error)
{
	struct skald_nat64_job *job = part->job;
	u32 quoted = quoted_len(part, old), begin;
	struct nat64_part inner = {
		.view = part->view,
		.job = job,
		.network = part->transport + NAT64_ICMP_LEN,
		.end = part->transport + NAT64_ICMP_LEN + quoted,
		.is_quoted = true,
		.target = job->quoted,
	};
	u8 *icmp = job->bytes + job->len;
	int ret;

	if (NAT64_ICMP_LEN > job->room - job->len)
		return -ENOBUFS;
	icmp[0] = error->type;
	icmp[1] = error->code;
	put_unaligned_be16(0, icmp + 2);
	put_unaligned_be32(error->value, icmp + 4);
	job->len += NAT64_ICMP_LEN;
	begin = job->len;
	ret = skald_nat64_part(&inner);
	if (!ret)
		ret = write_extensions(part, quoted, begin);
	if (ret)
		return ret;
	fix_lengths(part);
	put_checksum(part);
	return 0;
}

int skald_nat64_icmp(struct nat64_part *part)
{
	u8 buf[NAT64_ICMP_LEN];
	const u8 *icmp;
	struct error error;

	if (part->transport > part->end ||
	    part->end - part->transport < NAT64_ICMP_LEN)
		return -ENOENT;
	icmp = skald_view_bytes(part->view, part->transport, NAT64_ICMP_LEN,
				buf);
	if (!icmp)
		return -ENODATA;
	error = (struct error){ icmp[0], icmp[1],
				get_unaligned_be32(icmp + 4) };
	if (is_ipv4(part) && (error.type == REQUEST4 || error.type == REPLY4))
		return write_query(part, icmp,
				   error.type == REQUEST4 ? REQUEST6 : REPLY6);
	if (!is_ipv4(part) && (error.type == REQUEST6 || error.type == REPLY6))
		return write_query(part, icmp,
				   error.type == REQUEST6 ? REQUEST4 : REPLY4);
	/* errors about errors are nobody's */
	if (part->is_quoted || !part->job->quoted ||
	    part->job->quoted->family != part->target->family)
		return -ENOENT;
	if (!(is_ipv4(part) ? change_error4(part, &error)
			    : change_error6(part, &error)))
		return -ENOENT;
	return write_error(part, icmp, &error);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a host refuses before any hook sees it.
 */
#include "checksum.h"

#define IPV4_HEADER_MAX 60
#define IPV6_LEN 40
#define IPV6_NEXT 6
#define IPV6_SADDR 8
#define IPV6_DADDR 24
#define OPTION_PAD1 0
#define OPTION_PADN 1
#define OPTION_ROUTER_ALERT 5
#define PADDING_MAX 7
/* net.ipv6.max_hbh_opts_number */
#define OPTIONS_MAX 8

static int received_ipv4(const struct skald_view *view)
{
	u8 buf[IPV4_HEADER_MAX];
	const u8 *ip = skald_view_datagram(view, view->network, 1, buf);
	u32 len;

	if (!ip)
		return -ENODATA;
	len = (u32)(ip[0] & 0xf) * 4;
	ip = skald_view_datagram(view, view->network, len, buf);
	if (!ip)
		return -ENODATA;
	return skald_checksum_fold(skald_checksum_add(ip, len, 0)) ? -EINVAL
								   : 0;
}

static bool is_loopback(const u8 *addr)
{
	static const u8 loopback[16] = { [15] = 1 };

	return !memcmp(addr, loopback, sizeof(loopback));
}

/* RFC 4291, 2.5.3 and 2.7. */
static bool are_addresses_good(const u8 *ip6)
{
	const u8 *src = ip6 + IPV6_SADDR, *dst = ip6 + IPV6_DADDR;

	return !is_loopback(src) && !is_loopback(dst) && src[0] != 0xff &&
	       (dst[0] != 0xff || (dst[1] & 0xf) > 1);
}

/* An option that is no padding; unknown ones say what is to be done. */
static bool is_option_good(const u8 *option, u32 size)
{
	if (option[0] == OPTION_ROUTER_ALERT)
		return size == 4;
	return !(option[0] & 0xc0);
}

/**
 * struct options - walk through options
 * @padding: bytes of padding since the last option
 * @n: options that are no padding
 */
struct options {
	u32 padding;
	u32 n;
};

/* PadN fills up to eight bytes with zeroes (RFC 4942, 2.1.9.5). */
static bool is_padding_good(struct options *walk, const u8 *option, u32 size)
{
	u32 i;

	walk->padding += size;
	for (i = 2; i < size; i++) {
		if (option[i])
			return false;
	}
	return walk->padding <= PADDING_MAX;
}

/* ip6_parse_tlv(). Return: bytes of the option, 0: it is bad */
static u32 take_option(struct options *walk, const u8 *at, u32 len)
{
	u32 size;

	if (at[0] == OPTION_PAD1)
		return ++walk->padding <= PADDING_MAX ? 1 : 0;
	if (len < 2)
		return 0;
	size = at[1] + 2u;
	if (size > len)
		return 0;
	if (at[0] == OPTION_PADN)
		return is_padding_good(walk, at, size) ? size : 0;
	walk->padding = 0;
	if (++walk->n > OPTIONS_MAX || !is_option_good(at, size))
		return 0;
	return size;
}

static int received_hop_by_hop(const struct skald_view *view)
{
	u8 buf[257];
	u32 off = view->network + IPV6_LEN, len, size;
	const u8 *header = skald_view_datagram(view, off, 2, buf);
	struct options walk = { 0 };

	if (!header)
		return -EINVAL;
	len = (header[1] + 1u) * 8 - 2;
	for (off += 2; len; off += size, len -= size) {
		const u8 *at = skald_view_datagram(
			view, off, min_t(u32, len, sizeof(buf)), buf);

		size = at ? take_option(&walk, at, len) : 0;
		if (!size)
			return -EINVAL;
	}
	return 0;
}

static int received_ipv6(const struct skald_view *view)
{
	u8 buf[IPV6_LEN];
	const u8 *ip6 = skald_view_datagram(view, view->network, IPV6_LEN, buf);

	if (!ip6)
		return -ENODATA;
	if (!are_addresses_good(ip6))
		return -EINVAL;
	return ip6[IPV6_NEXT] == IPPROTO_HOPOPTS ? received_hop_by_hop(view)
						 : 0;
}

int skald_view_received(const struct skald_view *view)
{
	if (view->family == NFPROTO_IPV4)
		return received_ipv4(view);
	if (view->family == NFPROTO_IPV6)
		return received_ipv6(view);
	return -EINVAL;
}

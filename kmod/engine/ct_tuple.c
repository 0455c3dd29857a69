// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tuples: from packets, from packets inside packets, turned round, hashed.
 */
#include "ct_tuple.h"

#include "ct_proto.h"

#define IPV4_SADDR 12
#define IPV4_MIN 20
#define IPV4_OFFSET_MASK 0x1fff
#define IPV6_SADDR 8
#define IPV6_NEXT 6
#define IPV6_LEN 40

bool skald_ct_tuple_masked_equal(const struct skald_ct_tuple *tuple,
				 const struct skald_ct_tuple *expected,
				 const struct skald_ct_mask *mask)
{
	unsigned int i;

	if (tuple->dport != expected->dport ||
	    tuple->proto != expected->proto ||
	    tuple->family != expected->family ||
	    !skald_addr_equal(&tuple->dst, &expected->dst) ||
	    ((tuple->sport ^ expected->sport) & mask->sport))
		return false;
	for (i = 0; i < ARRAY_SIZE(mask->src.words); i++) {
		if ((tuple->src.words[i] ^ expected->src.words[i]) &
		    mask->src.words[i])
			return false;
	}
	return true;
}

/* An IPv4 tuple is two words, an IPv6 one five. */
u32 skald_ct_tuple_hash(const struct skald_ct_tuple *tuple, u16 zone,
			const hsiphash_key_t *key)
{
	u64 words[5];

	words[0] = (u64)(__force u16)tuple->sport << 48 |
		   (u64)(__force u16)tuple->dport << 32 |
		   (u32)tuple->proto << 24 | (u32)tuple->family << 16 | zone;
	if (tuple->family == NFPROTO_IPV4) {
		words[1] = (u64)(__force u32)tuple->src.ip << 32 |
			   (__force u32)tuple->dst.ip;
		return hsiphash(words, 2 * sizeof(u64), key);
	}
	words[1] = tuple->src.words[0];
	words[2] = tuple->src.words[1];
	words[3] = tuple->dst.words[0];
	words[4] = tuple->dst.words[1];
	return hsiphash(words, sizeof(words), key);
}

/* Addresses of the network header at @off. */
static bool read_addresses(const struct skald_view *view, u32 off,
			   struct skald_ct_tuple *tuple)
{
	u8 buf[2 * sizeof(union skald_addr)];
	const u8 *bytes;
	u32 size = 4;

	off += IPV4_SADDR;
	if (tuple->family == NFPROTO_IPV6) {
		off += IPV6_SADDR - IPV4_SADDR;
		size = sizeof(union skald_addr);
	}
	bytes = skald_view_datagram(view, off, 2 * size, buf);
	if (!bytes)
		return false;
	memcpy(&tuple->src, bytes, size);
	memcpy(&tuple->dst, bytes + size, size);
	return true;
}

static bool read_tuple(struct skald_ct_table *table,
		       const struct skald_view *view, u32 network,
		       u32 transport, struct skald_ct_tuple *tuple)
{
	return read_addresses(view, network, tuple) &&
	       skald_ct_proto_of(table, tuple->proto)
		       ->tuple(table, view, transport, tuple);
}

bool skald_ct_tuple_of(struct skald_ct_table *table,
		       const struct skald_view *view,
		       struct skald_ct_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->family = view->family;
	tuple->proto = view->l4proto;
	return read_tuple(table, view, view->network, view->transport, tuple);
}

/* ipv4_get_l4proto(). Return: offset of the transport header, 0: none */
static u32 embedded_ipv4(const struct skald_view *view, u32 off, u8 *proto)
{
	u8 buf[IPV4_MIN];
	const u8 *ip = skald_view_datagram(view, off, IPV4_MIN, buf);
	u32 transport;

	if (!ip || (get_unaligned_be16(ip + 6) & IPV4_OFFSET_MASK))
		return 0;
	transport = off + (u32)(ip[0] & 0xf) * 4;
	*proto = ip[9];
	return transport <= view->end ? transport : 0;
}

/* ipv6_get_l4proto() */
static u32 embedded_ipv6(const struct skald_view *view, u32 off, u8 *proto)
{
	u8 buf[1];
	const u8 *next = skald_view_datagram(view, off + IPV6_NEXT, 1, buf);
	u16 fragment;
	u32 transport;

	if (!next)
		return 0;
	*proto = *next;
	transport = skald_view_skip_extensions(view, off + IPV6_LEN, proto,
					       &fragment);
	return fragment & ~7 ? 0 : transport;
}

bool skald_ct_tuple_embedded(struct skald_ct_table *table,
			     const struct skald_view *view, u32 off,
			     struct skald_ct_tuple *tuple)
{
	u32 transport;

	memset(tuple, 0, sizeof(*tuple));
	tuple->family = view->family;
	if (view->family == NFPROTO_IPV4)
		transport = embedded_ipv4(view, off, &tuple->proto);
	else
		transport = embedded_ipv6(view, off, &tuple->proto);
	return transport && read_tuple(table, view, off, transport, tuple);
}

bool skald_ct_tuple_invert(struct skald_ct_tuple *inverse,
			   const struct skald_ct_tuple *tuple)
{
	memset(inverse, 0, sizeof(*inverse));
	inverse->src = tuple->dst;
	inverse->dst = tuple->src;
	inverse->family = tuple->family;
	inverse->proto = tuple->proto;
	inverse->dir = !tuple->dir;
	return skald_ct_proto_find(tuple->proto)->invert(inverse, tuple);
}

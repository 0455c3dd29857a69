// SPDX-License-Identifier: GPL-2.0-only
/* Those that spread packets by a hash whose seed the rule has: xt_cluster.c,
 * xt_HMARK.c. */
#include "expr_parts.h"
#include "jhash.h"
#include "vm_pkt.h"
#include "xt.h"

#define CT_IS_EXPECTED 1
#define CLUSTER_INVERT 1
#define IPV6_LEN 40
#define ICMP_LEN 8

struct cluster_info {
	u32 n_nodes;
	u32 mask;
	u32 seed;
	u32 flags;
};

struct hmark_info {
	u8 src_mask[16];
	u8 dst_mask[16];
	u8 port_mask[4];
	u8 port_set[4];
	u32 flags;
	u16 proto_mask;
	u32 seed;
	u32 modulus;
	u32 offset;
};

#define HMARK_CT (1 << 12)
#define HMARK_L3 (1 << 13)

/**
 * struct spread - what HMARK hashes
 * @src: source, its masked words folded into one; host order
 * @dst: destination, the same
 * @ports: the greater in the upper half
 * @proto: protocol
 */
struct spread {
	u32 src;
	u32 dst;
	u32 ports;
	u8 proto;
};

/* reciprocal_scale() */
static u32 scale(u32 hash, u32 n)
{
	return (u32)((u64)hash * n >> 32);
}

/* xt_cluster_mt(): of IPv6 only the first word is hashed, for the kernel
 * divides a number of words by the bytes of one. Of an expected connection the
 * master's source counts, which rules are not told. */
static int match_cluster(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct cluster_info *info = (const void *)xt->info;
	u32 needs = SKALD_VM_CT_STATUS | SKALD_VM_CT_TUPLES, node;
	const struct skald_vm_ct *ct;
	int err = skald_vm_ct(pkt, &ct);

	if (err || !(ct->known & SKALD_VM_CT_STATE))
		return -ENODATA;
	if (!ct->has_entry)
		return SKALD_XT_NO;
	if ((ct->known & needs) != needs || (ct->status & CT_IS_EXPECTED))
		return -ENODATA;
	node = scale(skald_jhash(ct->tuple[0].src, 4, info->seed),
		     info->n_nodes);
	return (node < 32 && (info->mask & 1u << node)) !=
	       !!(info->flags & CLUSTER_INVERT);
}

/* hmark_addr_mask() */
static u32 fold(const u8 *addr, const u8 *mask, u32 len)
{
	u32 sum = 0, i;

	for (i = 0; i < len; i += 4)
		sum ^= get_unaligned_be32(addr + i) &
		       get_unaligned_be32(mask + i);
	return sum;
}

/* hmark_swap_ports() */
static u32 order_ports(const struct hmark_info *info, const u8 *bytes)
{
	u32 ports = (get_unaligned_be32(bytes) &
		     get_unaligned_be32(info->port_mask)) |
		    get_unaligned_be32(info->port_set);

	return ports >> 16 < (ports & 0xffff) ? ports << 16 | ports >> 16
					      : ports;
}

/* proto_ports_offset() */
static int ports_offset(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_ESP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		return 0;
	case IPPROTO_AH:
		return 4;
	default:
		return -ENOENT;
	}
}

/* @at: of the transport header. Ports that are not there are 0. */
static int set_ports(const struct hmark_info *info,
		     const struct skald_vm_pkt *pkt, u32 at,
		     struct spread *spread)
{
	int off = ports_offset(spread->proto), err;
	u8 bytes[4];

	if (off < 0)
		return 0;
	err = skald_pkt_copy(pkt, at + (u32)off, sizeof(bytes), bytes);
	if (!err)
		spread->ports = order_ports(info, bytes);
	return err == -ENODATA ? err : 0;
}

/* hmark_ct_set_htuple(): both ends as they began. -ENOENT: no entry */
static int spread_ct(const struct hmark_info *info, struct skald_vm_pkt *pkt,
		     struct spread *spread)
{
	const struct skald_vm_ct *ct;
	u8 bytes[4];
	u32 len;
	int err = skald_vm_ct(pkt, &ct);

	if (err || !(ct->known & SKALD_VM_CT_STATE))
		return -ENODATA;
	if (!ct->has_entry)
		return -ENOENT;
	if (!(ct->known & SKALD_VM_CT_TUPLES))
		return -ENODATA;
	len = ct->l3num == NFPROTO_IPV6 ? 16 : 4;
	spread->src = fold(ct->tuple[0].src, info->src_mask, len);
	spread->dst = fold(ct->tuple[1].src, info->dst_mask, len);
	if (info->flags & HMARK_L3)
		return 0;
	spread->proto = ct->l4num;
	memcpy(bytes, &ct->tuple[0].sport, 2);
	memcpy(bytes + 2, &ct->tuple[1].sport, 2);
	if (spread->proto != IPPROTO_ICMP)
		spread->ports = order_ports(info, bytes);
	return 0;
}

static bool is_error(u8 type)
{
	return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

/* hmark_pkt_set_htuple_ipv4(): of an ICMP error what it quotes. */
static int spread_ipv4(const struct hmark_info *info,
		       const struct skald_vm_pkt *pkt, struct spread *spread)
{
	u32 at = skald_pkt_network(pkt), behind;
	u8 ip[20], type;
	int err = skald_pkt_copy(pkt, at, sizeof(ip), ip);

	if (err)
		return err;
	behind = at + (ip[0] & 0xfu) * 4;
	if (ip[9] == IPPROTO_ICMP && !skald_pkt_copy(pkt, behind, 1, &type) &&
	    is_error(type)) {
		at = behind + ICMP_LEN;
		err = skald_pkt_copy(pkt, at, sizeof(ip), ip);
		if (err)
			return err;
		behind = at + (ip[0] & 0xfu) * 4;
	}
	spread->src = fold(ip + 12, info->src_mask, 4);
	spread->dst = fold(ip + 16, info->dst_mask, 4);
	if (info->flags & HMARK_L3)
		return 0;
	spread->proto = ip[9];
	if (spread->proto == IPPROTO_ICMP ||
	    (get_unaligned_be16(ip + 6) & 0x3fff))
		return 0;
	return set_ports(info, pkt, behind, spread);
}

/* The header that ports, or an SPI, are in; AH ends the walk. @is_fragment:
 * there is a fragment header before it */
static int find_last(const struct skald_vm_pkt *pkt, u32 network, u32 *at,
		     bool *is_fragment)
{
	u16 fragoff = 0;
	int type = skald_pkt_ipv6_find_at(pkt, network, IPPROTO_FRAGMENT, at,
					  &fragoff);

	if (type == -ENODATA)
		return type;
	*is_fragment = type >= 0;
	type = skald_pkt_ipv6_find_at(pkt, network, IPPROTO_AH, at, &fragoff);
	if (type >= 0 || type == -ENODATA)
		return type;
	return skald_pkt_ipv6_find_at(pkt, network, -1, at, &fragoff);
}

/* hmark_pkt_set_htuple_ipv6() */
static int spread_ipv6(const struct hmark_info *info,
		       const struct skald_vm_pkt *pkt, struct spread *spread)
{
	u32 network = skald_pkt_network(pkt), at = 0;
	bool is_fragment = false;
	u8 ip6[IPV6_LEN], icmp;
	int type = find_last(pkt, network, &at, &is_fragment), err;

	/* the kernel hashes nothing then */
	if (type < 0)
		return type == -ENODATA ? type : 0;
	if (type == IPPROTO_ICMPV6 && !is_fragment &&
	    !skald_pkt_copy(pkt, at, 1, &icmp) && icmp && icmp < 128) {
		network = at + ICMP_LEN;
		type = find_last(pkt, network, &at, &is_fragment);
		if (type < 0)
			return type;
	}
	err = skald_pkt_copy(pkt, network, sizeof(ip6), ip6);
	if (err)
		return err;
	if (ip6[0] >> 4 != 6)
		return -EINVAL;
	spread->src = fold(ip6 + 8, info->src_mask, 16);
	spread->dst = fold(ip6 + 24, info->dst_mask, 16);
	if (info->flags & HMARK_L3)
		return 0;
	spread->proto = (u8)type;
	if (type == IPPROTO_ICMPV6 || is_fragment)
		return 0;
	return set_ports(info, pkt, at, spread);
}

/* hmark_hash(): alike on hosts of both byte orders. */
static u32 mark_of(const struct hmark_info *info, const struct spread *spread)
{
	u32 words[3] = { min(spread->src, spread->dst),
			 max(spread->src, spread->dst), spread->ports };
	u32 hash = skald_jhash(words, sizeof(words), info->seed);

	hash ^= spread->proto & info->proto_mask;
	return scale(hash, info->modulus) + info->offset;
}

static void target_hmark(struct skald_xt *xt, struct skald_regs *regs,
			 struct skald_vm_pkt *pkt)
{
	const struct hmark_info *info = (const void *)xt->info;
	struct spread spread = { 0 };
	int err;

	if (info->flags & HMARK_CT)
		err = spread_ct(info, pkt, &spread);
	else if (xt->family == NFPROTO_IPV6)
		err = spread_ipv6(info, pkt, &spread);
	else
		err = spread_ipv4(info, pkt, &spread);
	if (err == -ENODATA)
		skald_regs_maybe(regs, info->flags & HMARK_CT
					       ? "conntrack entry"
					       : "bytes of the packet");
	if (err)
		return;
	skald_xt_set_mark(pkt, mark_of(info, &spread));
}

/* clang-format off */
const struct skald_xt_ops skald_xt_spread_matches[] = {
	{ .name = "cluster", .revision = 0,
	  .size = sizeof(struct cluster_info),
	  .help = "whether a connection is this node's",
	  .match = match_cluster, .missing = "conntrack entry" },
	{ .name = NULL },
};

const struct skald_xt_ops skald_xt_spread_targets[] = {
	{ .name = "HMARK", .revision = 0, .size = sizeof(struct hmark_info),
	  .help = "set the mark by a hash of addresses and ports",
	  .target = target_hmark },
	{ .name = NULL },
};
/* clang-format on */

// SPDX-License-Identifier: GPL-2.0-only
/* Matches of IPv6 headers: ip6t_ah.c, ip6t_hbh.c, ip6t_mh.c, ip6t_frag.c,
 * ip6t_rt.c, ip6t_ipv6header.c, ip6t_eui64.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define TYPE_ETHER 1
#define ETHER_LEN 14
#define MOBILITY_LEN 6
#define LIST_MAX 16

struct ah_info {
	u32 spis[2];
	u32 hdrlen;
	u8 hdrres;
	u8 inv;
};

struct opts_info {
	u32 hdrlen;
	u8 flags;
	u8 inv;
	u16 opts[LIST_MAX];
	u8 n_opts;
};

struct mh_info {
	u8 types[2];
	u8 inv;
};

struct frag_info {
	u32 ids[2];
	u32 hdrlen;
	u8 flags;
	u8 inv;
};

struct rt_info {
	u32 type;
	u32 left[2];
	u32 len;
	u8 flags;
	u8 inv;
	u16 pad;
	u8 addrs[LIST_MAX][16];
	u8 n_addrs;
};

struct header_info {
	u8 wanted;
	u8 inv;
	u8 is_soft;
};

/* A header of a type. 1: it is there, as long as it says; 0: it is not; or
 * SKALD_XT_DROP, -ENODATA */
static int find(const struct skald_vm_pkt *pkt, int type, u32 *at, u8 *header,
		u32 len)
{
	u16 fragoff;
	int err = skald_pkt_ipv6_find(pkt, type, at, &fragoff);

	if (err == -ENOENT)
		return SKALD_XT_NO;
	if (err < 0)
		return err == -EINVAL ? SKALD_XT_DROP : err;
	err = skald_xt_pull(pkt, *at, len, header);
	return err ? err : SKALD_XT_YES;
}

/* Whether a packet ends before its header does. */
static bool is_cut(const struct skald_vm_pkt *pkt, u32 at, u32 len)
{
	return pkt->limit - at < len;
}

static int match_ah(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct ah_info *info = (const void *)xt->info;
	u32 at, len, spi;
	u8 header[12];
	int found = find(pkt, IPPROTO_AH, &at, header, sizeof(header));

	if (found != SKALD_XT_YES)
		return found;
	len = (header[1] + 2u) * 4;
	if (is_cut(pkt, at, len))
		return SKALD_XT_DROP;
	spi = get_unaligned_be32(header + 4);
	if ((spi >= info->spis[0] && spi <= info->spis[1]) == !!(info->inv & 1))
		return SKALD_XT_NO;
	if (info->hdrlen && (info->hdrlen == len) == !!(info->inv & 2))
		return SKALD_XT_NO;
	return !(info->hdrres && (header[2] || header[3]));
}

#define OPTS_LEN 1
#define OPTS_LIST 2
#define ANY_LENGTH 0xff

/* An option of the list: 0: it is the one; -EINVAL: it is not; -ENODATA.
 * @len: written: its bytes */
static int check_option(const struct skald_vm_pkt *pkt, u16 want, u32 at,
			u32 left, u32 *len)
{
	u8 bytes[2];
	int err = skald_pkt_copy(pkt, at, 1, bytes);

	if (err)
		return err;
	if (bytes[0] != want >> 8)
		return -EINVAL;
	*len = 1;
	if (!bytes[0])
		return 0;
	if (left < 2)
		return -EINVAL;
	err = skald_pkt_copy(pkt, at, 2, bytes);
	if (err)
		return err;
	*len = bytes[1] + 2u;
	return (want & 0xff) == ANY_LENGTH || (want & 0xff) == bytes[1]
		       ? 0
		       : -EINVAL;
}

/* The header's options begin with the list, in its order. */
static int check_options(const struct opts_info *info,
			 const struct skald_vm_pkt *pkt, u32 at, u32 left)
{
	u32 i, len = 0;
	int err;

	for (i = 0; i < info->n_opts && i < LIST_MAX; i++) {
		if (!left)
			return SKALD_XT_NO;
		err = check_option(pkt, info->opts[i], at, left, &len);
		if (err)
			return err == -ENODATA ? err : SKALD_XT_NO;
		if ((at - skald_pkt_network(pkt) > skald_pkt_len(pkt) - len ||
		     left < len) &&
		    i + 1 < info->n_opts)
			return SKALD_XT_NO;
		at += len;
		left -= min(left, len);
	}
	return SKALD_XT_YES;
}

/* hbh_mt6(), for options of both kinds */
static int match_options(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct opts_info *info = (const void *)xt->info;
	bool is_hop = xt->name[0] == 'h';
	u32 at, len;
	u8 header[2];
	int found = find(pkt, is_hop ? IPPROTO_HOPOPTS : IPPROTO_DSTOPTS, &at,
			 header, sizeof(header));

	if (found != SKALD_XT_YES)
		return found;
	len = (header[1] + 1u) * 8;
	if (is_cut(pkt, at, len))
		return SKALD_XT_DROP;
	if ((info->flags & OPTS_LEN) &&
	    (info->hdrlen == len) == !!(info->inv & OPTS_LEN))
		return SKALD_XT_NO;
	if (!(info->flags & OPTS_LIST))
		return SKALD_XT_YES;
	return check_options(info, pkt, at + 2, len - 2);
}

/* mh_mt6(): nothing may follow the header. */
static int match_mh(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct mh_info *info = (const void *)xt->info;
	u8 header[MOBILITY_LEN];
	int err;

	if (pkt->fragoff)
		return SKALD_XT_NO;
	err = skald_xt_pull(pkt, pkt->thoff, sizeof(header), header);
	if (err)
		return err;
	if (header[0] != IPPROTO_NONE)
		return SKALD_XT_DROP;
	return (header[2] >= info->types[0] && header[2] <= info->types[1]) !=
	       !!(info->inv & 1);
}

#define FRAG_IDS 1
#define FRAG_RES 4
#define FRAG_FST 8
#define FRAG_MF 16
#define FRAG_NMF 32

static int match_frag(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct frag_info *info = (const void *)xt->info;
	u8 header[8];
	u16 bits;
	u32 at, id;
	int found = find(pkt, IPPROTO_FRAGMENT, &at, header, sizeof(header));

	if (found != SKALD_XT_YES)
		return found;
	bits = get_unaligned_be16(header + 2);
	id = get_unaligned_be32(header + 4);
	return (id >= info->ids[0] && id <= info->ids[1]) !=
		       !!(info->inv & FRAG_IDS) &&
	       !((info->flags & FRAG_RES) && (header[1] || (bits & 6))) &&
	       !((info->flags & FRAG_FST) && (bits & ~7)) &&
	       !((info->flags & FRAG_MF) && !(bits & 1)) &&
	       !((info->flags & FRAG_NMF) && (bits & 1));
}

#define RT_TYPE 1
#define RT_LEFT 2
#define RT_LEN 4
#define RT_RES 8
#define RT_ADDRS 0x10
#define RT_SOME 0x20

static bool is_routed_so(const struct rt_info *info, const u8 *header, u32 len)
{
	bool is_left = header[3] >= info->left[0] && header[3] <= info->left[1];

	return is_left != !!(info->inv & RT_LEFT) &&
	       (!(info->flags & RT_LEN) ||
		(len == info->len) != !!(info->inv & RT_LEN)) &&
	       (!(info->flags & RT_TYPE) ||
		(header[2] == info->type) != !!(info->inv & RT_TYPE));
}

/* The list in its order: all that there are, or with others between. @at: of
 * the first address, of which there are @n */
static int check_hops(const struct rt_info *info,
		      const struct skald_vm_pkt *pkt, u32 at, u32 n)
{
	bool has_others = info->flags & RT_SOME;
	u32 wanted = min_t(u32, info->n_addrs, LIST_MAX), met = 0, i;
	u8 addr[16];
	int err;

	if (wanted > n || (!has_others && wanted != n))
		return SKALD_XT_NO;
	for (i = 0; i < n && met < wanted; i++) {
		err = skald_xt_pull(pkt, at + i * 16, sizeof(addr), addr);
		if (err)
			return err;
		if (memcmp(addr, info->addrs[met], sizeof(addr)) == 0)
			met++;
		else if (!has_others)
			return SKALD_XT_NO;
	}
	return met == wanted;
}

static int match_rt(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct rt_info *info = (const void *)xt->info;
	u8 header[4], reserved[4];
	u32 at, len;
	int found = find(pkt, IPPROTO_ROUTING, &at, header, sizeof(header));

	if (found != SKALD_XT_YES)
		return found;
	len = (header[1] + 1u) * 8;
	if (is_cut(pkt, at, len))
		return SKALD_XT_DROP;
	if (!is_routed_so(info, header, len))
		return SKALD_XT_NO;
	if (info->flags & RT_RES) {
		found = skald_xt_pull(pkt, at + 4, sizeof(reserved), reserved);
		if (found)
			return found;
		if (get_unaligned_be32(reserved))
			return SKALD_XT_NO;
	}
	if (!(info->flags & RT_ADDRS))
		return SKALD_XT_YES;
	return check_hops(info, pkt, at + 8, (len - 8) / 16);
}

#define HAS_HOP 128
#define HAS_DST 64
#define HAS_ROUTING 32
#define HAS_FRAGMENT 16
#define HAS_AH 8
#define HAS_ESP 4
#define HAS_NONE 2
#define HAS_PROTO 1

/* The bit of an extension header; 0: it is none. */
static u8 header_bit(u8 type)
{
	switch (type) {
	case IPPROTO_HOPOPTS:
		return HAS_HOP;
	case IPPROTO_DSTOPTS:
		return HAS_DST;
	case IPPROTO_ROUTING:
		return HAS_ROUTING;
	case IPPROTO_FRAGMENT:
		return HAS_FRAGMENT;
	case IPPROTO_AH:
		return HAS_AH;
	case IPPROTO_ESP:
		return HAS_ESP;
	case IPPROTO_NONE:
		return HAS_NONE;
	default:
		return 0;
	}
}

/* The walk of ipv6header_mt6(). 1: @has is written */
static int list_headers(const struct skald_vm_pkt *pkt, u8 *has)
{
	u32 at = skald_pkt_network(pkt) + 40;
	u8 header[2], type, bit;
	int err = skald_xt_pull(pkt, at - 40 + 6, 1, &type);

	*has = 0;
	if (err)
		return err;
	for (bit = header_bit(type); bit; bit = header_bit(type)) {
		if (bit == HAS_NONE) {
			*has |= bit;
			return SKALD_XT_YES;
		}
		if (at > pkt->limit || pkt->limit - at < 2)
			return SKALD_XT_NO;
		*has |= bit;
		if (bit == HAS_ESP)
			return SKALD_XT_YES;
		err = skald_xt_pull(pkt, at, sizeof(header), header);
		if (err)
			return err;
		at += bit == HAS_FRAGMENT ? 8u
		      : bit == HAS_AH	  ? (header[1] + 2u) * 4
					  : (header[1] + 1u) * 8;
		type = header[0];
		if (at > pkt->limit)
			break;
	}
	if (type != IPPROTO_NONE && type != IPPROTO_ESP)
		*has |= HAS_PROTO;
	return SKALD_XT_YES;
}

static int match_headers(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct header_info *info = (const void *)xt->info;
	u8 has;
	int answer = list_headers(pkt, &has);

	if (answer != SKALD_XT_YES)
		return answer;
	if (info->is_soft)
		return !((has ^ info->wanted ^ info->inv) & info->wanted);
	return (has == info->wanted) != !!info->inv;
}

/* eui64_mt6(): the host's part of the source is made of the link-layer
 * address. */
static int match_eui64(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	u32 at = skald_pkt_network(pkt);
	struct skald_link_info link;
	u8 ether[ETHER_LEN], addr[8], made[8];
	int err = skald_vm_link(pkt, pkt->view->iif, &link);

	if (err)
		return err == -ENODATA ? err : SKALD_XT_NO;
	if (link.type != TYPE_ETHER)
		return SKALD_XT_NO;
	if (pkt->view->link == SKALD_VIEW_NONE)
		return -ENODATA;
	err = skald_xt_pull(pkt, pkt->view->link, sizeof(ether), ether);
	if (!err)
		err = skald_xt_pull(pkt, at + 16, sizeof(addr), addr);
	if (err)
		return err;
	memcpy(made, ether + 6, 3);
	made[0] ^= 2;
	made[3] = 0xff;
	made[4] = 0xfe;
	memcpy(made + 5, ether + 9, 3);
	return memcmp(made, addr, sizeof(addr)) == 0;
}

/* clang-format off */
const struct skald_xt_ops skald_xt_ipv6[] = {
	{ .name = "ah", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct ah_info), .help = "SPI of AH",
	  .match = match_ah, .missing = "bytes of the packet" },
	{ .name = "hbh", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct opts_info), .help = "IPv6 hop-by-hop options",
	  .match = match_options, .missing = "bytes of the packet" },
	{ .name = "dst", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct opts_info), .help = "IPv6 destination options",
	  .match = match_options, .missing = "bytes of the packet" },
	{ .name = "mh", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct mh_info), .help = "IPv6 mobility header",
	  .match = match_mh, .missing = "bytes of the packet" },
	{ .name = "frag", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct frag_info), .help = "IPv6 fragment header",
	  .match = match_frag, .missing = "bytes of the packet" },
	{ .name = "rt", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct rt_info), .help = "IPv6 routing header",
	  .match = match_rt, .missing = "bytes of the packet" },
	{ .name = "ipv6header", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct header_info),
	  .help = "which IPv6 headers are there", .match = match_headers,
	  .missing = "bytes of the packet" },
	{ .name = "eui64", .revision = 0, .family = NFPROTO_IPV6,
	  .help = "whether the source is made of the link-layer address",
	  .match = match_eui64, .missing = "link-layer header" },
	{ .name = NULL },
};
/* clang-format on */

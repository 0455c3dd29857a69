// SPDX-License-Identifier: GPL-2.0-only
/* Matches of network headers: xt_iprange.c, xt_length.c, xt_hl.c, xt_dscp.c,
 * xt_tcpmss.c, xt_ecn.c. */
#include "expr_parts.h"
#include "options.h"
#include "vm_pkt.h"
#include "xt.h"

#define OPTION_MSS 2

struct iprange_info {
	u8 src_min[16];
	u8 src_max[16];
	u8 dst_min[16];
	u8 dst_max[16];
	u8 flags;
};

#define RANGE_SRC 1
#define RANGE_DST 2
#define RANGE_SRC_INV 16
#define RANGE_DST_INV 32

struct length_info {
	u16 min;
	u16 max;
	u8 invert;
};

struct hl_info {
	u8 mode;
	u8 value;
};

struct tos_info {
	u8 mask;
	u8 value;
	u8 invert;
};

struct dscp_info {
	u8 dscp;
	u8 invert;
};

struct tcpmss_info {
	u16 min;
	u16 max;
	u8 invert;
};

struct ecn_info {
	u8 operation;
	u8 invert;
	u8 ip_ect;
	u8 tcp_bits;
};

static u32 address_len(const struct skald_xt *xt)
{
	return xt->family == NFPROTO_IPV6 ? 16 : 4;
}

/* Source and destination, one behind the other. */
static int addresses(const struct skald_xt *xt, const struct skald_vm_pkt *pkt,
		     u8 *addrs)
{
	u32 len = address_len(xt);

	return skald_xt_pull(pkt, skald_pkt_network(pkt) + (len == 4 ? 12 : 8),
			     len * 2, addrs);
}

static bool is_within(const u8 *addr, const u8 *min, const u8 *max, u32 len)
{
	return memcmp(addr, min, len) >= 0 && memcmp(addr, max, len) <= 0;
}

static int match_iprange(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct iprange_info *info = (const void *)xt->info;
	u32 len = address_len(xt);
	u8 addrs[32];
	int err = addresses(xt, pkt, addrs);

	if (err)
		return err;
	if ((info->flags & RANGE_SRC) &&
	    is_within(addrs, info->src_min, info->src_max, len) ==
		    !!(info->flags & RANGE_SRC_INV))
		return SKALD_XT_NO;
	if ((info->flags & RANGE_DST) &&
	    is_within(addrs + len, info->dst_min, info->dst_max, len) ==
		    !!(info->flags & RANGE_DST_INV))
		return SKALD_XT_NO;
	return SKALD_XT_YES;
}

static void explain_iprange(const struct skald_xt *xt,
			    const struct skald_vm_pkt *pkt,
			    struct skald_miss *miss)
{
	const struct iprange_info *info = (const void *)xt->info;
	bool is_src = info->flags & RANGE_SRC;
	u32 len = address_len(xt);
	u8 kind = len == 4 ? SKALD_AS_IP : SKALD_AS_IP6, addrs[32];
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase,
			 is_src ? "iprange source" : "iprange destination");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_value(&phrase, kind,
			   is_src ? info->src_min : info->dst_min, len);
	skald_phrase_str(&phrase, "-");
	skald_phrase_value(&phrase, kind,
			   is_src ? info->src_max : info->dst_max, len);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	if (!addresses(xt, pkt, addrs))
		skald_phrase_value(&phrase, kind, is_src ? addrs : addrs + len,
				   len);
}

static int match_length(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct length_info *info = (const void *)xt->info;
	u32 at = skald_pkt_network(pkt);
	bool is6 = xt->family == NFPROTO_IPV6;
	u8 bytes[2];
	u32 len;
	int err = skald_xt_pull(pkt, at + (is6 ? 4 : 2), 2, bytes);

	if (err)
		return err;
	len = get_unaligned_be16(bytes) + (is6 ? 40u : 0);
	return (len >= info->min && len <= info->max) != !!info->invert;
}

/* EQ, NE, LT, GT */
static int match_hl(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct hl_info *info = (const void *)xt->info;
	u32 at = skald_pkt_network(pkt);
	u8 value;
	int err = skald_xt_pull(pkt, at + (xt->family == NFPROTO_IPV6 ? 7 : 8),
				1, &value);

	if (err)
		return err;
	switch (info->mode) {
	case 0:
		return value == info->value;
	case 1:
		return value != info->value;
	case 2:
		return value < info->value;
	case 3:
		return value > info->value;
	default:
		return SKALD_XT_NO;
	}
}

static int traffic_class(const struct skald_xt *xt,
			 const struct skald_vm_pkt *pkt, u8 *value)
{
	u8 bytes[2];
	int err = skald_xt_pull(pkt, skald_pkt_network(pkt), 2, bytes);

	if (!err)
		*value = xt->family == NFPROTO_IPV6
				 ? (u8)(get_unaligned_be16(bytes) >> 4)
				 : bytes[1];
	return err;
}

static int match_tos(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct tos_info *info = (const void *)xt->info;
	u8 value;
	int err = traffic_class(xt, pkt, &value);

	return err ? err
		   : ((value & info->mask) == info->value) != !!info->invert;
}

static int match_dscp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct dscp_info *info = (const void *)xt->info;
	u8 value;
	int err = traffic_class(xt, pkt, &value);

	return err ? err : (value >> 2 == info->dscp) != !!info->invert;
}

/* A SYN without the option matches when inverted. */
static int match_tcpmss(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct tcpmss_info *info = (const void *)xt->info;
	u8 tcp[60];
	u32 len, at, size;
	u16 mss;
	int err = skald_xt_pull(pkt, pkt->thoff, 20, tcp);

	if (err)
		return err;
	len = (u32)(tcp[12] >> 4) * 4;
	if (len < 20)
		return SKALD_XT_DROP;
	err = skald_xt_pull(pkt, pkt->thoff, len, tcp);
	if (err)
		return err;
	if (!skald_options_tcp(tcp, len, OPTION_MSS, &at, &size) ||
	    len - at < 4 || size != 4)
		return info->invert;
	mss = get_unaligned_be16(tcp + at + 2);
	return (mss >= info->min && mss <= info->max) != !!info->invert;
}

#define ECN_IP 1
#define ECN_ECE 16
#define ECN_CWR 32

static int match_ecn(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct ecn_info *info = (const void *)xt->info;
	u8 value, flags;
	int err;

	if (info->operation & ECN_IP) {
		err = traffic_class(xt, pkt, &value);
		if (err)
			return err;
		if (((value & 3) == info->ip_ect) == !!(info->invert & ECN_IP))
			return SKALD_XT_NO;
	}
	if (!(info->operation & (ECN_ECE | ECN_CWR)))
		return SKALD_XT_YES;
	err = skald_xt_pull(pkt, pkt->thoff + 13, 1, &flags);
	if (err)
		return err < 0 ? err : SKALD_XT_NO;
	if ((info->operation & ECN_ECE) &&
	    !(flags & 0x40) != !!(info->invert & ECN_ECE))
		return SKALD_XT_NO;
	if ((info->operation & ECN_CWR) &&
	    !(flags & 0x80) != !!(info->invert & ECN_CWR))
		return SKALD_XT_NO;
	return SKALD_XT_YES;
}

static int match_always(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	return SKALD_XT_YES;
}

/* clang-format off */
const struct skald_xt_ops skald_xt_network[] = {
	{ .name = "iprange", .revision = 1,
	  .size = sizeof(struct iprange_info), .help = "ranges of addresses",
	  .match = match_iprange, .missing = "bytes of the packet",
	  .explain = explain_iprange },
	{ .name = "length", .revision = 0, .size = sizeof(struct length_info),
	  .help = "length of the packet", .match = match_length,
	  .missing = "bytes of the packet" },
	{ .name = "ttl", .revision = 0, .size = sizeof(struct hl_info),
	  .help = "time to live", .match = match_hl,
	  .missing = "bytes of the packet" },
	{ .name = "hl", .revision = 0, .size = sizeof(struct hl_info),
	  .help = "hop limit", .match = match_hl,
	  .missing = "bytes of the packet" },
	{ .name = "tos", .revision = 1, .size = sizeof(struct tos_info),
	  .help = "type of service", .match = match_tos,
	  .missing = "bytes of the packet" },
	{ .name = "dscp", .revision = 0, .size = sizeof(struct dscp_info),
	  .help = "differentiated services", .match = match_dscp,
	  .missing = "bytes of the packet" },
	{ .name = "tcpmss", .revision = 0, .size = sizeof(struct tcpmss_info),
	  .help = "MSS option of TCP", .match = match_tcpmss,
	  .missing = "bytes of the packet" },
	{ .name = "ecn", .revision = 0, .size = sizeof(struct ecn_info),
	  .help = "explicit congestion notification", .match = match_ecn,
	  .missing = "bytes of the packet" },
	{ .name = "comment", .revision = 0, .help = "a text",
	  .match = match_always },
	{ .name = NULL },
};
/* clang-format on */

// SPDX-License-Identifier: GPL-2.0-only
/* Matches of ebtables that look into IP: ebt_ip.c, ebt_ip6.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"
#include "xt_bridge.h"

/* What is looked at, and what of it is turned round; IGMP of IPv4 alone. */
#define WANTS_SOURCE 0x01
#define WANTS_DEST 0x02
#define WANTS_TOS 0x04
#define WANTS_PROTO 0x08
#define WANTS_SPORT 0x10
#define WANTS_DPORT 0x20
#define WANTS_ICMP 0x40
#define WANTS_IGMP 0x80

/* The end of both structures. */
struct tail {
	u8 tos;
	u8 protocol;
	u8 wants;
	u8 inv;
	u16 sport[2];
	u16 dport[2];
};

struct ip_info {
	u8 saddr[4];
	u8 daddr[4];
	u8 smask[4];
	u8 dmask[4];
	struct tail tail;
};

struct ip6_info {
	u8 saddr[16];
	u8 daddr[16];
	u8 smask[16];
	u8 dmask[16];
	struct tail tail;
};

static bool fails(const struct tail *tail, u8 bit, bool is)
{
	return (tail->wants & bit) && is == !!(tail->inv & bit);
}

static bool is_port(const u8 *bytes, const u16 *range)
{
	u16 port = get_unaligned_be16(bytes);

	return port >= range[0] && port <= range[1];
}

/* Types are in the room of source ports, codes in that of destinations. */
static bool is_type(u8 value, const u16 *range)
{
	const u8 *bounds = (const u8 *)range;

	return value >= bounds[0] && value <= bounds[1];
}

/* @off: of the transport header */
static int match_transport(const struct tail *tail,
			   const struct skald_vm_pkt *pkt, u32 off)
{
	u8 bytes[4];
	int answer = skald_xt_bridge_pull(pkt, off, sizeof(bytes), bytes);

	if (answer != SKALD_XT_YES)
		return answer;
	return !fails(tail, WANTS_DPORT, is_port(bytes + 2, tail->dport)) &&
	       !fails(tail, WANTS_SPORT, is_port(bytes, tail->sport)) &&
	       !fails(tail, WANTS_ICMP,
		      is_type(bytes[0], tail->sport) &&
			      is_type(bytes[1], tail->dport)) &&
	       !fails(tail, WANTS_IGMP, is_type(bytes[0], tail->sport));
}

#define WANTS_TRANSPORT (WANTS_SPORT | WANTS_DPORT | WANTS_ICMP | WANTS_IGMP)

/* ebt_ip_mt() */
static int match_ip(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct ip_info *info = (const void *)xt->info;
	const struct tail *tail = &info->tail;
	u8 ip[20];
	int answer = skald_xt_bridge_pull(pkt, 0, sizeof(ip), ip);

	if (answer != SKALD_XT_YES)
		return answer;
	if (fails(tail, WANTS_TOS, tail->tos == ip[1]) ||
	    fails(tail, WANTS_SOURCE,
		  skald_xt_is_masked(ip + 12, info->saddr, info->smask, 4)) ||
	    fails(tail, WANTS_DEST,
		  skald_xt_is_masked(ip + 16, info->daddr, info->dmask, 4)) ||
	    fails(tail, WANTS_PROTO, tail->protocol == ip[9]))
		return SKALD_XT_NO;
	if (!(tail->wants & WANTS_PROTO) || !(tail->wants & WANTS_TRANSPORT))
		return SKALD_XT_YES;
	if (get_unaligned_be16(ip + 6) & 0x1fff)
		return SKALD_XT_NO;
	return match_transport(tail, pkt, (ip[0] & 0xfu) * 4);
}

/* ipv6_skip_exthdr(): the walk ends at the header of a fragment behind the
 * first. Return: the protocol of what is at @off, -ENOENT, -ENODATA */
static int skip_headers(const struct skald_vm_pkt *pkt, u32 *off)
{
	u16 fragoff = 0;
	u32 at = 0;
	int type = skald_pkt_ipv6_find(pkt, -1, &at, &fragoff);

	if (type >= 0 && fragoff)
		type = skald_pkt_ipv6_find(pkt, IPPROTO_FRAGMENT, &at,
					   &fragoff);
	if (type < 0)
		return type == -EINVAL ? -ENOENT : type;
	*off = at - skald_xt_bridge_data(pkt);
	return type == IPPROTO_NONE ? -ENOENT : type;
}

/* ebt_ip6_mt() */
static int match_ip6(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct ip6_info *info = (const void *)xt->info;
	const struct tail *tail = &info->tail;
	u8 ip6[40], class;
	u32 off;
	int answer = skald_xt_bridge_pull(pkt, 0, sizeof(ip6), ip6);

	if (answer != SKALD_XT_YES)
		return answer;
	class = (u8)(get_unaligned_be16(ip6) >> 4);
	if (fails(tail, WANTS_TOS, tail->tos == class) ||
	    fails(tail, WANTS_SOURCE,
		  skald_xt_is_masked(ip6 + 8, info->saddr, info->smask, 16)) ||
	    fails(tail, WANTS_DEST,
		  skald_xt_is_masked(ip6 + 24, info->daddr, info->dmask, 16)))
		return SKALD_XT_NO;
	if (!(tail->wants & WANTS_PROTO))
		return SKALD_XT_YES;
	if (pkt->view->network == SKALD_VIEW_NONE)
		return SKALD_XT_NO;
	answer = skip_headers(pkt, &off);
	if (answer < 0)
		return answer == -ENODATA ? answer : SKALD_XT_NO;
	if (fails(tail, WANTS_PROTO, tail->protocol == answer))
		return SKALD_XT_NO;
	return tail->wants & WANTS_TRANSPORT ? match_transport(tail, pkt, off)
					     : SKALD_XT_YES;
}

/* clang-format off */
const struct skald_xt_ops skald_xt_bridge_ip[] = {
	{ .name = "ip", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct ip_info), .help = "IPv4 in frames",
	  .match = match_ip, .missing = "bytes of the frame" },
	{ .name = "ip6", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct ip6_info), .help = "IPv6 in frames",
	  .match = match_ip6, .missing = "bytes of the frame" },
	{ .name = NULL },
};
/* clang-format on */

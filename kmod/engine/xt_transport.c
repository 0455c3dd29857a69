// SPDX-License-Identifier: GPL-2.0-only
/* Matches of transport headers: xt_tcpudp.c, xt_sctp.c, xt_multiport.c,
 * xt_dccp.c. */
#include "expr_parts.h"
#include "options.h"
#include "xt.h"

struct tcp_info {
	u16 spts[2];
	u16 dpts[2];
	u8 option;
	u8 flg_mask;
	u8 flg_cmp;
	u8 inv;
};

struct udp_info {
	u16 spts[2];
	u16 dpts[2];
	u8 inv;
};

struct icmp_info {
	u8 type;
	u8 code[2];
	u8 inv;
};

/* The kernel's map has a word for each 4 types, and uses a bit for each. */
struct sctp_info {
	u16 dpts[2];
	u16 spts[2];
	u32 chunks[64];
	u32 chunk_match;
	struct {
		u8 type;
		u8 flag;
		u8 mask;
	} flags[4];
	s32 n_flags;
	u32 what;
	u32 inv;
};

struct multiport_info {
	u8 flags;
	u8 count;
	u16 ports[15];
	u8 pflags[15];
	u8 invert;
};

struct dccp_info {
	u16 dpts[2];
	u16 spts[2];
	u16 wants;
	u16 inv;
	u16 types;
	u8 option;
};

#define INV_SPORT 1
#define INV_DPORT 2
#define INV_FLAGS 4
#define INV_OPTION 8
#define SCTP_SPORTS 1
#define SCTP_DPORTS 2
#define SCTP_CHUNKS 4
#define CHUNKS_ANY 1
#define CHUNKS_ALL 2
#define CHUNKS_ONLY 4

/* Ports, in host order. Fragments have none. */
static int ports(const struct skald_vm_pkt *pkt, u16 *sport, u16 *dport)
{
	u8 header[4];
	int err;

	if (pkt->fragoff)
		return -ENOENT;
	err = skald_xt_pull(pkt, pkt->thoff, sizeof(header), header);
	if (err)
		return err;
	*sport = get_unaligned_be16(header);
	*dport = get_unaligned_be16(header + 2);
	return 0;
}

static int match_tcp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct tcp_info *info = (const void *)xt->info;
	u8 tcp[60];
	u32 len, at, size;
	int err;

	/* tcp_mt(): a fragment that would overwrite the flags */
	if (pkt->fragoff)
		return pkt->fragoff == 1 ? SKALD_XT_DROP : SKALD_XT_NO;
	err = skald_xt_pull(pkt, pkt->thoff, 20, tcp);
	if (err)
		return err;
	if (!skald_xt_port(info->spts[0], info->spts[1],
			   get_unaligned_be16(tcp), info->inv & INV_SPORT) ||
	    !skald_xt_port(info->dpts[0], info->dpts[1],
			   get_unaligned_be16(tcp + 2), info->inv & INV_DPORT))
		return SKALD_XT_NO;
	if (((tcp[13] & info->flg_mask) == info->flg_cmp) ==
	    !!(info->inv & INV_FLAGS))
		return SKALD_XT_NO;
	if (!info->option)
		return SKALD_XT_YES;
	len = (u32)(tcp[12] >> 4) * 4;
	if (len < 20)
		return SKALD_XT_DROP;
	err = skald_xt_pull(pkt, pkt->thoff, len, tcp);
	if (err)
		return err;
	return skald_options_tcp(tcp, len, info->option, &at, &size) !=
	       !!(info->inv & INV_OPTION);
}

static int match_udp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct udp_info *info = (const void *)xt->info;
	u8 udp[8];
	int err;

	if (pkt->fragoff)
		return SKALD_XT_NO;
	err = skald_xt_pull(pkt, pkt->thoff, sizeof(udp), udp);
	if (err)
		return err;
	return skald_xt_port(info->spts[0], info->spts[1],
			     get_unaligned_be16(udp), info->inv & INV_SPORT) &&
	       skald_xt_port(info->dpts[0], info->dpts[1],
			     get_unaligned_be16(udp + 2),
			     info->inv & INV_DPORT);
}

static void put_range(struct skald_phrase *phrase, const char *what, u16 min,
		      u16 max, bool inv)
{
	if (min == 0 && max == U16_MAX && !inv)
		return;
	skald_phrase_str(phrase, what);
	skald_phrase_str(phrase, inv ? " != " : " ");
	skald_phrase_number(phrase, min);
	if (max != min) {
		skald_phrase_str(phrase, "-");
		skald_phrase_number(phrase, max);
	}
	skald_phrase_str(phrase, " ");
}

static void put_ports(const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	struct skald_phrase phrase;
	u16 sport, dport;

	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	if (ports(pkt, &sport, &dport))
		return;
	skald_phrase_str(&phrase, "sport ");
	skald_phrase_number(&phrase, sport);
	skald_phrase_str(&phrase, " dport ");
	skald_phrase_number(&phrase, dport);
}

/* The beginning is the same for tcp and udp. */
static void explain_ports(const struct skald_xt *xt,
			  const struct skald_vm_pkt *pkt,
			  struct skald_miss *miss)
{
	const struct tcp_info *info = (const void *)xt->info;
	bool is_tcp = xt->ops->match == match_tcp;
	u8 inv = is_tcp ? info->inv : ((const u8 *)xt->info)[8], flags;
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, xt->name);
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	put_range(&phrase, "sport", info->spts[0], info->spts[1],
		  inv & INV_SPORT);
	put_range(&phrase, "dport", info->dpts[0], info->dpts[1],
		  inv & INV_DPORT);
	if (is_tcp && info->flg_mask) {
		skald_phrase_str(&phrase,
				 inv & INV_FLAGS ? "flags != " : "flags ");
		skald_phrase_value(&phrase, SKALD_AS_TCPFLAGS, &info->flg_cmp,
				   1);
		skald_phrase_str(&phrase, " of ");
		skald_phrase_value(&phrase, SKALD_AS_TCPFLAGS, &info->flg_mask,
				   1);
	}
	put_ports(pkt, miss);
	if (!is_tcp || !info->flg_mask ||
	    skald_xt_pull(pkt, pkt->thoff + 13, 1, &flags))
		return;
	phrase.at = miss->actual + strlen(miss->actual);
	phrase.left = (u32)(sizeof(miss->actual) - strlen(miss->actual));
	skald_phrase_str(&phrase, " flags ");
	skald_phrase_value(&phrase, SKALD_AS_TCPFLAGS, &flags, 1);
}

/* Type 255 of ICMPv4 stands for all. */
static int match_icmp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct icmp_info *info = (const void *)xt->info;
	bool is_any = xt->family != NFPROTO_IPV6 && info->type == 0xff;
	u8 icmp[8];
	bool is;
	int err;

	if (pkt->fragoff)
		return SKALD_XT_NO;
	err = skald_xt_pull(pkt, pkt->thoff, sizeof(icmp), icmp);
	if (err)
		return err;
	is = is_any || (icmp[0] == info->type && icmp[1] >= info->code[0] &&
			icmp[1] <= info->code[1]);
	return is != !!(info->inv & 1);
}

static void explain_icmp(const struct skald_xt *xt,
			 const struct skald_vm_pkt *pkt,
			 struct skald_miss *miss)
{
	const struct icmp_info *info = (const void *)xt->info;
	struct skald_phrase phrase;
	u8 icmp[2];

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, xt->name);
	skald_phrase_str(&phrase, " type");
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, info->inv & 1 ? "!= " : "");
	skald_phrase_number(&phrase, info->type);
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	if (!skald_xt_pull(pkt, pkt->thoff, sizeof(icmp), icmp))
		skald_phrase_number(&phrase, icmp[0]);
}

static bool has_flags(const struct sctp_info *info, u8 type, u8 flags)
{
	s32 i;

	for (i = 0; i < info->n_flags && i < 4; i++) {
		if (info->flags[i].type == type)
			return (flags & info->flags[i].mask) ==
			       info->flags[i].flag;
	}
	return true;
}

static bool is_wanted(const struct sctp_info *info, u8 type)
{
	return info->chunks[type / 32] & 1u << (type % 32);
}

static void forget(u32 *left, u8 type)
{
	left[type / 32] &= ~(1u << (type % 32));
}

/* What one chunk decides; -ENOENT: nothing yet. */
static int match_chunk(const struct sctp_info *info, const u8 *chunk, u32 *left)
{
	bool fits;

	if (!is_wanted(info, chunk[0]))
		return info->chunk_match == CHUNKS_ONLY ? SKALD_XT_NO : -ENOENT;
	fits = has_flags(info, chunk[0], chunk[1]);
	if (info->chunk_match == CHUNKS_ANY && fits)
		return SKALD_XT_YES;
	if (info->chunk_match == CHUNKS_ONLY && !fits)
		return SKALD_XT_NO;
	if (info->chunk_match == CHUNKS_ALL && fits)
		forget(left, chunk[0]);
	return -ENOENT;
}

/* match_packet(): the chunks one by one. */
static int match_chunks(const struct sctp_info *info,
			const struct skald_vm_pkt *pkt)
{
	u32 left[8], off = pkt->thoff + 12, i;
	u8 chunk[4];
	int answer;

	memcpy(left, info->chunks, sizeof(left)); /* all that is used */
	do {
		answer = skald_xt_pull(pkt, off, sizeof(chunk), chunk);
		if (answer)
			return answer;
		if (!get_unaligned_be16(chunk + 2))
			return SKALD_XT_DROP;
		off += (get_unaligned_be16(chunk + 2) + 3u) & ~3u;
		answer = match_chunk(info, chunk, left);
		if (answer != -ENOENT)
			return answer;
	} while (off < pkt->limit);
	for (i = 0; i < ARRAY_SIZE(left); i++) {
		if (info->chunk_match == CHUNKS_ALL && left[i])
			return SKALD_XT_NO;
	}
	return info->chunk_match != CHUNKS_ANY;
}

static int match_sctp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct sctp_info *info = (const void *)xt->info;
	u8 header[12];
	int answer;

	if (pkt->fragoff)
		return SKALD_XT_NO;
	answer = skald_xt_pull(pkt, pkt->thoff, sizeof(header), header);
	if (answer)
		return answer;
	if ((info->what & SCTP_SPORTS) &&
	    !skald_xt_port(info->spts[0], info->spts[1],
			   get_unaligned_be16(header), info->inv & SCTP_SPORTS))
		return SKALD_XT_NO;
	if ((info->what & SCTP_DPORTS) &&
	    !skald_xt_port(info->dpts[0], info->dpts[1],
			   get_unaligned_be16(header + 2),
			   info->inv & SCTP_DPORTS))
		return SKALD_XT_NO;
	if (!(info->what & SCTP_CHUNKS))
		return SKALD_XT_YES;
	answer = match_chunks(info, pkt);
	if (answer < 0 || answer == SKALD_XT_DROP)
		return answer;
	return answer != !!(info->inv & SCTP_CHUNKS);
}

static bool is_port(u8 flags, u16 min, u16 max, u16 sport, u16 dport)
{
	bool is_src = sport >= min && sport <= max;
	bool is_dst = dport >= min && dport <= max;

	if (flags == 0)
		return is_src;
	return flags == 1 ? is_dst : is_src || is_dst;
}

static int match_multiport(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct multiport_info *info = (const void *)xt->info;
	u16 sport, dport;
	u32 i;
	int err = ports(pkt, &sport, &dport);

	if (err)
		return err == -ENOENT ? SKALD_XT_NO : err;
	for (i = 0; i < info->count && i < ARRAY_SIZE(info->ports); i++) {
		u16 min = info->ports[i], max = min;

		if (info->pflags[i] && i + 1 < ARRAY_SIZE(info->ports))
			max = info->ports[++i];
		if (is_port(info->flags, min, max, sport, dport))
			return !info->invert;
	}
	return info->invert;
}

static void explain_multiport(const struct skald_xt *xt,
			      const struct skald_vm_pkt *pkt,
			      struct skald_miss *miss)
{
	const struct multiport_info *info = (const void *)xt->info;
	const char *const sides[] = { "sports ", "dports ", "ports " };
	struct skald_phrase phrase;
	u32 i;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, xt->name);
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, info->invert ? "not " : "");
	skald_phrase_str(&phrase, sides[info->flags % 3]);
	for (i = 0; i < info->count && i < ARRAY_SIZE(info->ports); i++) {
		skald_phrase_number(&phrase, info->ports[i]);
		if (i + 1 < info->count)
			skald_phrase_str(&phrase, info->pflags[i] ? "-" : ",");
	}
	put_ports(pkt, miss);
}

#define DCCP_SPORTS 1
#define DCCP_DPORTS 2
#define DCCP_TYPES 4
#define DCCP_OPTION 8
#define DCCP_LEN 12

static bool dccp_fails(const struct dccp_info *info, u16 bit, bool is)
{
	return (info->wants & bit) && is == !!(info->inv & bit);
}

/* dccp_find_option(): another walk than that of nftables. */
static int find_dccp_option(const struct skald_vm_pkt *pkt, const u8 *dccp,
			    u8 wanted)
{
	u32 at = skald_options_dccp_start(dccp), end = dccp[4] * 4u;
	u8 option[2];
	int err;

	if (end < at || pkt->thoff + end > pkt->limit)
		return SKALD_XT_DROP;
	while (at < end) {
		err = skald_xt_pull(pkt, pkt->thoff + at,
				    min_t(u32, end - at, sizeof(option)),
				    option);
		if (err)
			return err;
		if (option[0] == wanted)
			return SKALD_XT_YES;
		at += option[0] < 2 || at + 1 == end || !option[1] ? 1u
								   : option[1];
	}
	return SKALD_XT_NO;
}

/* dccp_mt() */
static int match_dccp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct dccp_info *info = (const void *)xt->info;
	u8 header[DCCP_LEN];
	u16 sport, dport;
	int err;

	if (pkt->fragoff)
		return SKALD_XT_NO;
	err = skald_xt_pull(pkt, pkt->thoff, sizeof(header), header);
	if (err)
		return err;
	sport = get_unaligned_be16(header);
	dport = get_unaligned_be16(header + 2);
	if (dccp_fails(info, DCCP_SPORTS,
		       skald_xt_port(info->spts[0], info->spts[1], sport,
				     false)) ||
	    dccp_fails(info, DCCP_DPORTS,
		       skald_xt_port(info->dpts[0], info->dpts[1], dport,
				     false)) ||
	    dccp_fails(info, DCCP_TYPES,
		       info->types & 1 << (header[8] >> 1 & 0xf)))
		return SKALD_XT_NO;
	if (!(info->wants & DCCP_OPTION))
		return SKALD_XT_YES;
	err = find_dccp_option(pkt, header, info->option);
	if (err < 0 || err == SKALD_XT_DROP)
		return err;
	return err != !!(info->inv & DCCP_OPTION);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_transport[] = {
	{ .name = "tcp", .revision = 0, .size = sizeof(struct tcp_info),
	  .help = "ports, flags and options of TCP", .match = match_tcp,
	  .missing = "bytes of the packet", .explain = explain_ports },
	{ .name = "udp", .revision = 0, .size = sizeof(struct udp_info),
	  .help = "ports of UDP", .match = match_udp,
	  .missing = "bytes of the packet", .explain = explain_ports },
	{ .name = "udplite", .revision = 0,
	  .size = sizeof(struct udp_info), .help = "ports of UDP-Lite",
	  .match = match_udp, .missing = "bytes of the packet",
	  .explain = explain_ports },
	{ .name = "icmp", .revision = 0, .size = sizeof(struct icmp_info),
	  .help = "type and code of ICMP", .match = match_icmp,
	  .missing = "bytes of the packet", .explain = explain_icmp },
	{ .name = "icmp6", .revision = 0, .size = sizeof(struct icmp_info),
	  .help = "type and code of ICMPv6", .match = match_icmp,
	  .missing = "bytes of the packet", .explain = explain_icmp },
	{ .name = "sctp", .revision = 0, .size = sizeof(struct sctp_info),
	  .help = "ports and chunks of SCTP", .match = match_sctp,
	  .missing = "bytes of the packet" },
	{ .name = "multiport", .revision = 1,
	  .size = sizeof(struct multiport_info), .help = "lists of ports",
	  .match = match_multiport, .missing = "bytes of the packet",
	  .explain = explain_multiport },
	{ .name = "dccp", .revision = 0, .size = sizeof(struct dccp_info),
	  .help = "ports, types and options of DCCP", .match = match_dccp,
	  .missing = "bytes of the packet" },
	{ .name = NULL },
};
/* clang-format on */

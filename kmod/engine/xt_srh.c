// SPDX-License-Identifier: GPL-2.0-only
/* Match of the IPv6 segment routing header: ip6t_srh.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define TYPE_SEGMENTS 4
#define HEADER_LEN 8

/* What is looked at, and what of it is turned round. */
#define WANTS_NEXT 0x0001
#define WANTS_LEN 0x0002
#define WANTS_LEFT 0x0010
#define WANTS_LAST 0x0080
#define WANTS_TAG 0x0400
#define WANTS_PREVIOUS_SID 0x0800
#define WANTS_NEXT_SID 0x1000
#define WANTS_LAST_SID 0x2000

struct srh_info {
	u8 next;
	u8 len;
	u8 left;
	u8 last;
	u16 tag;
	u16 wants;
	u16 inv;
};

struct srh_info_v1 {
	u8 next;
	u8 len;
	u8 left;
	u8 last;
	u16 tag;
	u16 pad;
	u8 addrs[3][16];
	u8 masks[3][16];
	u16 wants;
	u16 inv;
};

/* What both revisions end with. */
struct wants {
	u16 wants;
	u16 inv;
};

static bool fails(struct wants wants, u16 bit, bool is)
{
	return (wants.wants & bit) && is == !!(wants.inv & bit);
}

/* Equal, greater, less: three bits in a row. */
static bool compare_fails(struct wants wants, u16 bit, u8 value, u8 want)
{
	return fails(wants, bit, value == want) ||
	       fails(wants, (u16)(bit << 1), value > want) ||
	       fails(wants, (u16)(bit << 2), value < want);
}

static bool header_fails(const struct srh_info *info, struct wants wants,
			 const u8 *header)
{
	u16 tag;

	memcpy(&tag, header + 6, sizeof(tag));
	return fails(wants, WANTS_NEXT, header[0] == info->next) ||
	       compare_fails(wants, WANTS_LEN, header[1], info->len) ||
	       compare_fails(wants, WANTS_LEFT, header[3], info->left) ||
	       compare_fails(wants, WANTS_LAST, header[4], info->last) ||
	       fails(wants, WANTS_TAG, tag == info->tag);
}

/* One segment of the list. */
static int check_segment(const struct srh_info_v1 *info, struct wants wants,
			 const struct skald_vm_pkt *pkt, u32 which, u32 at)
{
	u8 addr[16];
	int err = skald_pkt_copy(pkt, at, sizeof(addr), addr);

	if (err)
		return err == -ENODATA ? err : SKALD_XT_NO;
	return !fails(wants, (u16)(WANTS_PREVIOUS_SID << which),
		      skald_xt_is_masked(addr, info->addrs[which],
					 info->masks[which], sizeof(addr)));
}

/* The segments before and after the one that is gone to, and the last. */
static int check_segments(const struct srh_info_v1 *info, struct wants wants,
			  const struct skald_vm_pkt *pkt, const u8 *header,
			  u32 at)
{
	u32 places[3] = { header[3] + 1u, header[3] - 1u, 0 }, i;
	int answer;

	if (((wants.wants & WANTS_PREVIOUS_SID) && header[3] == header[4]) ||
	    ((wants.wants & WANTS_NEXT_SID) && !header[3]))
		return SKALD_XT_NO;
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (!(wants.wants & WANTS_PREVIOUS_SID << i))
			continue;
		answer = check_segment(info, wants, pkt, i,
				       at + HEADER_LEN + places[i] * 16);
		if (answer != SKALD_XT_YES)
			return answer;
	}
	return SKALD_XT_YES;
}

/* srh_mt6(), srh1_mt6(): what is damaged does not match. */
static int match_srh(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct srh_info *info = (const void *)xt->info;
	const struct srh_info_v1 *v1 = (const void *)xt->info;
	struct wants wants = { xt->revision ? v1->wants : info->wants,
			       xt->revision ? v1->inv : info->inv };
	u8 header[HEADER_LEN];
	u16 fragoff;
	u32 at;
	int err = skald_pkt_ipv6_find(pkt, IPPROTO_ROUTING, &at, &fragoff);

	if (err >= 0)
		err = skald_pkt_copy(pkt, at, sizeof(header), header);
	if (err < 0)
		return err == -ENODATA ? err : SKALD_XT_NO;
	if (pkt->limit - at < (header[1] + 1u) * 8 ||
	    header[2] != TYPE_SEGMENTS || header[3] > header[4] ||
	    header_fails(info, wants, header))
		return SKALD_XT_NO;
	return xt->revision ? check_segments(v1, wants, pkt, header, at)
			    : SKALD_XT_YES;
}

/* clang-format off */
const struct skald_xt_ops skald_xt_srh[] = {
	{ .name = "srh", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct srh_info),
	  .help = "IPv6 segment routing header", .match = match_srh,
	  .missing = "bytes of the packet" },
	{ .name = "srh", .revision = 1, .family = NFPROTO_IPV6,
	  .size = sizeof(struct srh_info_v1),
	  .help = "IPv6 segment routing header", .match = match_srh,
	  .missing = "bytes of the packet" },
	{ .name = NULL },
};
/* clang-format on */

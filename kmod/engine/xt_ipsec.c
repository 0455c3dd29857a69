// SPDX-License-Identifier: GPL-2.0-only
/* Matches of IPsec: xt_esp.c, ipt_ah.c, xt_ipcomp.c, xt_policy.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define POLICIES_MAX 4
#define DEPTH_MAX 6

struct spi_info {
	u32 spis[2];
	u8 inv;
};

struct policy_element {
	u8 saddr[16];
	u8 smask[16];
	u8 daddr[16];
	u8 dmask[16];
	u8 spi[4];
	u32 reqid;
	u8 proto;
	u8 mode;
	u8 wants;
	u8 inv;
};

struct policy_info {
	struct policy_element element[POLICIES_MAX];
	u16 flags;
	u16 n;
};

static int match_spi(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct spi_info *info = (const void *)xt->info;
	bool is_ah = xt->name[0] == 'a', is_comp = xt->name[0] == 'i';
	u32 spi, len = is_ah ? 12 : is_comp ? 4 : 8;
	u8 header[12];
	int err;

	if (pkt->fragoff)
		return SKALD_XT_NO;
	err = skald_xt_pull(pkt, pkt->thoff, len, header);
	if (err)
		return err;
	spi = is_comp ? get_unaligned_be16(header + 2)
		      : get_unaligned_be32(header + (is_ah ? 4 : 0));
	return (spi >= info->spis[0] && spi <= info->spis[1]) !=
	       !!(info->inv & 1);
}

#define POLICY_IN 1
#define POLICY_NONE 4
#define POLICY_STRICT 8

/* Bits of wants and inv. */
#define ELEMENT_SADDR 1
#define ELEMENT_DADDR 2
#define ELEMENT_PROTO 4
#define ELEMENT_MODE 8
#define ELEMENT_SPI 16
#define ELEMENT_REQID 32

static int ask(const struct skald_vm_pkt *pkt, bool is_out, u8 key, u32 number,
	       u32 value[4])
{
	struct skald_xfrm_query query = {
		.is_out = is_out,
		.key = key,
		.spnum = (u8)number,
	};

	memset(value, 0, 4 * sizeof(*value));
	if (!pkt->world->xfrm)
		return -ENODATA;
	return pkt->world->xfrm(pkt->owner, pkt, &query, value);
}

/* One condition on a value. 1: it holds, 0: it does not, or -ENODATA */
static int check_value(const struct skald_xt *xt,
		       const struct skald_vm_pkt *pkt,
		       const struct policy_element *element, u8 bit, u32 number)
{
	const struct policy_info *info = (const void *)xt->info;
	bool is6 = xt->family == NFPROTO_IPV6;
	u8 source = is6 ? NFT_XFRM_KEY_SADDR_IP6 : NFT_XFRM_KEY_SADDR_IP4;
	u8 target = is6 ? NFT_XFRM_KEY_DADDR_IP6 : NFT_XFRM_KEY_DADDR_IP4;
	u8 key = bit == ELEMENT_SADDR	? source
		 : bit == ELEMENT_DADDR ? target
		 : bit == ELEMENT_SPI	? NFT_XFRM_KEY_SPI
					: NFT_XFRM_KEY_REQID;
	const u8 *bytes;
	u32 value[4];
	bool is;

	if (!(element->wants & bit))
		return 1;
	/* protocol and mode of an association nobody tells */
	if (bit == ELEMENT_PROTO || bit == ELEMENT_MODE ||
	    ask(pkt, !(info->flags & POLICY_IN), key, number, value))
		return -ENODATA;
	bytes = (const u8 *)value;
	if (bit == ELEMENT_SADDR)
		is = skald_xt_is_masked(bytes, element->saddr, element->smask,
					is6 ? 16 : 4);
	else if (bit == ELEMENT_DADDR)
		is = skald_xt_is_masked(bytes, element->daddr, element->dmask,
					is6 ? 16 : 4);
	else if (bit == ELEMENT_SPI)
		is = memcmp(bytes, element->spi, sizeof(element->spi)) == 0;
	else
		is = value[0] == element->reqid;
	return is != !!(element->inv & bit);
}

/* match_xfrm_state(): what fails for sure fails, whatever else is unknown. */
static int check_element(const struct skald_xt *xt,
			 const struct skald_vm_pkt *pkt,
			 const struct policy_element *element, u32 number)
{
	bool is_known = true;
	int answer;
	u8 bit;

	for (bit = ELEMENT_SADDR; bit <= ELEMENT_REQID; bit = (u8)(bit << 1)) {
		answer = check_value(xt, pkt, element, bit, number);
		if (!answer)
			return SKALD_XT_NO;
		if (answer < 0)
			is_known = false;
	}
	return is_known ? SKALD_XT_YES : -ENODATA;
}

/* How many associations there are. */
static int depth(const struct skald_xt *xt, const struct skald_vm_pkt *pkt,
		 u32 *n)
{
	const struct policy_info *info = (const void *)xt->info;
	u32 value[4];
	int err = 0;

	for (*n = 0; *n < DEPTH_MAX; (*n)++) {
		err = ask(pkt, !(info->flags & POLICY_IN), NFT_XFRM_KEY_REQID,
			  *n, value);
		if (err)
			break;
	}
	return err == -ENODATA ? err : 0;
}

/* match_policy_in(), match_policy_out(): those of the past are looked at from
 * the last on. */
static int check_elements(const struct skald_xt *xt,
			  const struct skald_vm_pkt *pkt)
{
	const struct policy_info *info = (const void *)xt->info;
	bool is_strict = info->flags & POLICY_STRICT, is_known = true;
	u32 n, i, number;
	int err = depth(xt, pkt, &n);

	if (err)
		return err;
	if (is_strict && n != info->n)
		return SKALD_XT_NO;
	for (i = 0; i < n && (is_strict ? i : 0) < info->n && i < POLICIES_MAX;
	     i++) {
		number = info->flags & POLICY_IN ? n - 1 - i : i;
		err = check_element(xt, pkt, &info->element[is_strict ? i : 0],
				    number);
		if (err < 0)
			is_known = false;
		else if (!is_strict == (err == SKALD_XT_YES))
			return err;
	}
	if (!is_known)
		return -ENODATA;
	return is_strict;
}

/* Whether the packet came, or goes, through IPsec. 1, 0 or -ENODATA */
static int is_secured(const struct skald_vm_pkt *pkt, bool is_in)
{
	struct skald_route_info route = { 0 };
	u8 has = 0;
	int err = -ENODATA;

	if (is_in)
		err = skald_vm_fact(pkt, SKALD_FACT_SECPATH, &has);
	else if (pkt->world->route)
		err = pkt->world->route(pkt->owner, pkt, &route);
	if (err)
		return err == -ENOENT ? 0 : -ENODATA;
	return is_in ? !!has : route.has_xfrm;
}

static int match_policy(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct policy_info *info = (const void *)xt->info;
	int has = is_secured(pkt, info->flags & POLICY_IN);

	if (has < 0)
		return has;
	if (!has)
		return !!(info->flags & POLICY_NONE);
	return info->flags & POLICY_NONE ? SKALD_XT_NO
					 : check_elements(xt, pkt);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_ipsec[] = {
	{ .name = "esp", .revision = 0, .size = sizeof(struct spi_info),
	  .help = "SPI of ESP", .match = match_spi,
	  .missing = "bytes of the packet" },
	{ .name = "ah", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct spi_info), .help = "SPI of AH",
	  .match = match_spi, .missing = "bytes of the packet" },
	{ .name = "ipcomp", .revision = 0, .size = sizeof(struct spi_info),
	  .help = "CPI of IPComp", .match = match_spi,
	  .missing = "bytes of the packet" },
	{ .name = "policy", .revision = 0, .size = sizeof(struct policy_info),
	  .help = "IPsec that the packet came or goes through",
	  .match = match_policy, .missing = "IPsec associations" },
	{ .name = NULL },
};
/* clang-format on */

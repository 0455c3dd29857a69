// SPDX-License-Identifier: GPL-2.0-only
/* Targets that change prefixes of IPv6 addresses without a state (RFC 6296):
 * ip6t_NPT.c. */
#include "csum.h"
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define SOURCE_OFF 8
#define TARGET_OFF 24
#define ADDR_LEN 16
#define ICMP_LEN 8
#define ICMP_ERRORS_MAX 127

struct npt_info {
	u8 from[ADDR_LEN];
	u8 to[ADDR_LEN];
	u8 from_len;
	u8 to_len;
};

/* Copies the first bits. */
static void set_prefix(u8 *addr, const u8 *prefix, u32 bits)
{
	u32 i;
	u8 mask;

	for (i = 0; i * 8 < bits && i < ADDR_LEN; i++) {
		mask = bits - i * 8 >= 8 ? 0xff : (u8)(0xff00 >> (bits & 7));
		addr[i] = (u8)((addr[i] & ~mask) | (prefix[i] & mask));
	}
}

static bool has_prefix(const u8 *addr, const u8 *prefix, u32 bits)
{
	u8 masked[ADDR_LEN];

	memcpy(masked, prefix, sizeof(masked));
	set_prefix(masked, addr, bits);
	return memcmp(masked, prefix, sizeof(masked)) == 0;
}

/* The word that makes up for the change: the subnet's, where the prefix leaves
 * it free; else the first of the host's that is not all ones. NULL: none */
static u8 *find_word(u8 *addr, u32 bits)
{
	u32 i;

	if (bits <= 48)
		return addr + 6;
	for (i = 8; i < ADDR_LEN; i += 2) {
		if (addr[i] != 0xff || addr[i + 1] != 0xff)
			return addr + i;
	}
	return NULL;
}

/*
 * ip6t_npt_map_pfx(): sums over the addresses stay what they were, and with
 * them every checksum. Return: whether the address can be changed
 */
static bool map_prefix(const struct npt_info *info, u8 *addr)
{
	u32 bits = max(info->from_len, info->to_len), sum;
	u8 *word;

	set_prefix(addr, info->to, bits);
	word = find_word(addr, bits);
	if (!word)
		return false;
	sum = skald_csum_add(info->from, ADDR_LEN, get_unaligned_be16(word));
	sum += skald_csum_fold(skald_csum_add(info->to, ADDR_LEN, 0));
	sum = (u16)~skald_csum_fold(sum);
	put_unaligned_be16(sum == 0xffff ? 0 : (u16)sum, word);
	return true;
}

static int change(const struct npt_info *info, struct skald_vm_pkt *pkt, u32 at)
{
	u8 addr[ADDR_LEN];
	int err = skald_pkt_copy(pkt, at, sizeof(addr), addr);

	if (err)
		return err;
	if (!map_prefix(info, addr))
		return -EINVAL;
	return skald_pkt_store(pkt, at, sizeof(addr), addr);
}

/* The other address of what an ICMPv6 error quotes. */
static int change_quoted(const struct npt_info *info, struct skald_vm_pkt *pkt,
			 u32 off)
{
	u32 at = pkt->thoff + ICMP_LEN;
	u8 type, addr[ADDR_LEN];
	int err;

	if (pkt->tprot != IPPROTO_ICMPV6 || pkt->fragoff)
		return 0;
	err = skald_pkt_copy(pkt, pkt->thoff, 1, &type);
	if (err || type > ICMP_ERRORS_MAX)
		return err == -ENODATA ? err : 0;
	err = skald_pkt_copy(pkt, at + off, sizeof(addr), addr);
	if (err)
		return err == -ENODATA ? err : 0;
	if (!has_prefix(addr, info->from, info->from_len) ||
	    !map_prefix(info, addr))
		return 0;
	return skald_pkt_store(pkt, at + off, sizeof(addr), addr);
}

/* An address that cannot be changed: the kernel answers with a parameter
 * problem and drops the packet. */
static void target_npt(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	const struct npt_info *info = (const void *)xt->info;
	bool is_source = xt->name[0] == 'S';
	u32 at = skald_pkt_network(pkt);
	int err = change(info, pkt, at + (is_source ? SOURCE_OFF : TARGET_OFF));

	if (!err)
		err = change_quoted(info, pkt,
				    is_source ? TARGET_OFF : SOURCE_OFF);
	if (err == -ENODATA)
		skald_regs_maybe(regs, "bytes of the packet");
	else if (err)
		regs->verdict.code = NF_DROP;
	skald_pkt_changed(pkt);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_npt[] = {
	{ .name = "SNPT", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct npt_info),
	  .help = "change the prefix of the source", .target = target_npt },
	{ .name = "DNPT", .revision = 0, .family = NFPROTO_IPV6,
	  .size = sizeof(struct npt_info),
	  .help = "change the prefix of the destination",
	  .target = target_npt },
	{ .name = NULL },
};
/* clang-format on */

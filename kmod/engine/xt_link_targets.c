// SPDX-License-Identifier: GPL-2.0-only
/* Targets of ebtables and arptables: ebt_arpreply.c, ebt_dnat.c, ebt_snat.c,
 * ebt_redirect.c, ebt_mark.c, ebt_log.c, arpt_mangle.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"
#include "xt_bridge.h"

#define MAC_LEN 6
#define ARP_LEN 8
#define ARP_REQUEST 1

/* EBT_ACCEPT and what follows it; the low four bits of a verdict. */
#define EBT_ACCEPT (-1)
#define EBT_DROP (-2)
#define EBT_CONTINUE (-3)
#define EBT_RETURN (-4)
#define EBT_BITS 0xf

struct mac_info {
	u8 mac[MAC_LEN];
	s32 verdict;
};

struct mark_info {
	u64 mark;
	s32 verdict;
};

struct log_info {
	u8 level;
	char prefix[30];
	u32 flags;
};

struct mangle_info {
	u8 smac[16];
	u8 tmac[16];
	u8 sip[4];
	u8 tip[4];
	u8 flags;
	u32 verdict;
};

/* nft_target_eval_bridge() */
static void decide(struct skald_regs *regs, s32 verdict)
{
	switch (verdict) {
	case EBT_ACCEPT:
		regs->verdict.code = NF_ACCEPT;
		break;
	case EBT_DROP:
		regs->verdict.code = NF_DROP;
		break;
	case EBT_RETURN:
		regs->verdict.code = NFT_RETURN;
		break;
	case EBT_CONTINUE:
	default:
		break;
	}
}

static void lack(struct skald_regs *regs)
{
	skald_regs_maybe(regs, "bytes of the frame");
}

/* An address of the Ethernet header, which begins with the destination. */
static int set_mac(struct skald_vm_pkt *pkt, u32 off, const u8 *mac)
{
	int err = -ENODATA;

	if (pkt->view->link != SKALD_VIEW_NONE)
		err = skald_pkt_store(pkt, pkt->view->link + off, MAC_LEN, mac);
	if (!err)
		skald_pkt_changed(pkt);
	return err;
}

/* The bytes changed, or it is not known, or it cannot be. */
static void settle(struct skald_regs *regs, int err, s32 verdict)
{
	if (err == -ENODATA)
		lack(regs);
	else
		decide(regs, err ? EBT_DROP : verdict);
}

static void target_dnat(struct skald_xt *xt, struct skald_regs *regs,
			struct skald_vm_pkt *pkt)
{
	const struct mac_info *info = (const void *)xt->info;

	settle(regs, set_mac(pkt, 0, info->mac), info->verdict);
}

#define SNAT_LEAVES_ARP 0x10

/* ebt_snat_tg(): the sender in an ARP message follows, unless told not to. */
static int change_source(const struct mac_info *info, struct skald_vm_pkt *pkt)
{
	u8 arp[ARP_LEN];
	int err = set_mac(pkt, MAC_LEN, info->mac);

	if (err || (info->verdict & SNAT_LEAVES_ARP) ||
	    skald_pkt_protocol(pkt) != ETH_P_ARP || pkt->view->n_vlan)
		return err;
	err = skald_pkt_copy(pkt, skald_xt_bridge_data(pkt), sizeof(arp), arp);
	if (err || arp[4] != MAC_LEN)
		return err;
	return skald_pkt_store(pkt, skald_xt_bridge_data(pkt) + ARP_LEN,
			       MAC_LEN, info->mac);
}

static void target_snat(struct skald_xt *xt, struct skald_regs *regs,
			struct skald_vm_pkt *pkt)
{
	const struct mac_info *info = (const void *)xt->info;

	settle(regs, change_source(info, pkt), info->verdict | ~EBT_BITS);
}

/* ebt_redirect_tg(): to the bridge itself. */
static void target_redirect(struct skald_xt *xt, struct skald_regs *regs,
			    struct skald_vm_pkt *pkt)
{
	struct skald_link_info link;
	s32 verdict;
	int err = skald_vm_link(pkt, pkt->view->iif, &link);

	memcpy(&verdict, xt->info, sizeof(verdict));
	if (!err) {
		if (!link.master) {
			decide(regs, EBT_DROP);
			return;
		}
		err = skald_vm_link(pkt, link.master, &link);
	}
	if (err || link.mac_len != MAC_LEN)
		skald_regs_maybe(regs, "address of the bridge");
	else
		settle(regs, set_mac(pkt, 0, link.mac), verdict);
}

/* ebt_arpreply_tg(): only requests for IPv4 by Ethernet are answered. */
static void target_arpreply(struct skald_xt *xt, struct skald_regs *regs,
			    struct skald_vm_pkt *pkt)
{
	const struct mac_info *info = (const void *)xt->info;
	u8 arp[ARP_LEN + 2 * MAC_LEN + 8];
	int answer = skald_xt_bridge_pull(pkt, 0, ARP_LEN, arp);

	if (answer == SKALD_XT_YES &&
	    (get_unaligned_be16(arp + 6) != ARP_REQUEST || arp[4] != MAC_LEN ||
	     get_unaligned_be16(arp + 2) != ETH_P_IP || arp[5] != 4))
		return;
	if (answer == SKALD_XT_YES)
		answer = skald_xt_bridge_pull(pkt, 0, sizeof(arp), arp);
	if (answer < 0)
		lack(regs);
	else
		decide(regs, answer == SKALD_XT_YES ? info->verdict : EBT_DROP);
}

#define MARK_SET 0xfffffff0
#define MARK_OR 0xffffffe0
#define MARK_AND 0xffffffd0

/* ebt_mark_tg(): what to do is in the upper bits of the verdict. */
static void target_mark(struct skald_xt *xt, struct skald_regs *regs,
			struct skald_vm_pkt *pkt)
{
	const struct mark_info *info = (const void *)xt->info;
	u32 action = (u32)info->verdict & ~(u32)EBT_BITS;
	u32 mark = pkt->view->mark, value = (u32)info->mark;

	if (action == MARK_SET)
		mark = value;
	else if (action == MARK_OR)
		mark |= value;
	else if (action == MARK_AND)
		mark &= value;
	else
		mark ^= value;
	skald_xt_set_mark(pkt, mark);
	decide(regs, info->verdict | ~EBT_BITS);
}

static void target_log(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	const struct log_info *info = (const void *)xt->info;
	struct skald_effect effect = { .kind = SKALD_EFFECT_LOG };
	char prefix[sizeof(info->prefix) + 1] = { 0 };

	memcpy(prefix, info->prefix, sizeof(info->prefix));
	effect.log.prefix = prefix;
	effect.log.level = info->level;
	effect.log.flags = info->flags;
	(void)skald_vm_effect(pkt, &effect);
}

#define MANGLE_SMAC 1
#define MANGLE_TMAC 2
#define MANGLE_SIP 4
#define MANGLE_TIP 8

/* One field of an ARP message: no longer than the rule has room for. */
static int put(struct skald_vm_pkt *pkt, bool is_wanted, u32 at,
	       const u8 *bytes, u32 len, u32 most)
{
	if (!is_wanted)
		return 0;
	return len > most ? -EINVAL : skald_pkt_store(pkt, at, len, bytes);
}

static int mangle(const struct mangle_info *info, struct skald_vm_pkt *pkt)
{
	u32 at = skald_pkt_network(pkt) + ARP_LEN, mac, ip;
	u8 arp[ARP_LEN];
	int err = skald_pkt_copy(pkt, at - ARP_LEN, sizeof(arp), arp);

	if (err)
		return err;
	mac = arp[4];
	ip = arp[5];
	err = put(pkt, info->flags & MANGLE_SMAC, at, info->smac, mac, 16);
	at += mac;
	if (!err)
		err = put(pkt, info->flags & MANGLE_SIP, at, info->sip, ip, 4);
	at += ip;
	if (!err)
		err = put(pkt, info->flags & MANGLE_TMAC, at, info->tmac, mac,
			  16);
	at += mac;
	if (!err)
		err = put(pkt, info->flags & MANGLE_TIP, at, info->tip, ip, 4);
	return err;
}

/* arpt_mangle.c's target(): its verdict is one of the kernel's own, or all
 * ones: go on. */
static void target_mangle(struct skald_xt *xt, struct skald_regs *regs,
			  struct skald_vm_pkt *pkt)
{
	const struct mangle_info *info = (const void *)xt->info;
	int err = mangle(info, pkt);

	if (err == -ENODATA)
		lack(regs);
	else if (err)
		regs->verdict.code = NF_DROP;
	else if (info->verdict == NF_DROP || info->verdict == NF_ACCEPT)
		regs->verdict.code = (s32)info->verdict;
	skald_pkt_changed(pkt);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_link_targets[] = {
	{ .name = "arpreply", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct mac_info), .help = "answer an ARP request",
	  .target = target_arpreply },
	{ .name = "dnat", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct mac_info),
	  .help = "change the destination's link-layer address",
	  .target = target_dnat },
	{ .name = "snat", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct mac_info),
	  .help = "change the source's link-layer address",
	  .target = target_snat },
	{ .name = "redirect", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = 4, .help = "take the frame in", .target = target_redirect },
	{ .name = "mark", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct mark_info), .help = "set the mark",
	  .target = target_mark },
	{ .name = "log", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct log_info), .help = "write a line",
	  .target = target_log },
	{ .name = "mangle", .revision = 0, .family = NFPROTO_ARP,
	  .size = sizeof(struct mangle_info),
	  .help = "change addresses in an ARP message",
	  .target = target_mangle },
	{ .name = NULL },
};
/* clang-format on */

// SPDX-License-Identifier: GPL-2.0-only
/* Matches of ebtables: ebt_802_3.c, ebt_arp.c, ebt_mark_m.c, ebt_pkttype.c,
 * ebt_stp.c, ebt_vlan.c. */
#include "xt_bridge.h"
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

struct llc_info {
	u8 sap;
	u16 type;
	u8 wants;
	u8 inv;
};

struct arp_info {
	u16 htype;
	u16 ptype;
	u16 opcode;
	u16 pad;
	u8 saddr[4];
	u8 smask[4];
	u8 daddr[4];
	u8 dmask[4];
	u8 smac[6];
	u8 smac_mask[6];
	u8 dmac[6];
	u8 dmac_mask[6];
	u8 wants;
	u8 inv;
};

struct mark_info {
	u64 mark;
	u64 mask;
	u8 invert;
	u8 how;
};

struct pkttype_info {
	u8 type;
	u8 invert;
};

struct vlan_info {
	u16 id;
	u8 prio;
	u16 encap;
	u8 wants;
	u8 inv;
};

struct stp_config {
	u8 flags;
	u16 root_prio[2];
	u8 root_addr[6];
	u8 root_mask[6];
	u32 root_cost[2];
	u16 sender_prio[2];
	u8 sender_addr[6];
	u8 sender_mask[6];
	u16 port[2];
	u16 times[4][2];
};

struct stp_info {
	u8 type;
	struct stp_config config;
	u16 wants;
	u16 inv;
};

u32 skald_xt_bridge_data(const struct skald_vm_pkt *pkt)
{
	/* the kernel takes one tag off */
	return pkt->view->link + SKALD_ETHER_LEN + (pkt->view->n_vlan ? 4 : 0);
}

int skald_xt_bridge_pull(const struct skald_vm_pkt *pkt, u32 off, u32 len,
			 void *to)
{
	int err;

	if (pkt->view->link == SKALD_VIEW_NONE)
		return -ENODATA;
	err = skald_pkt_copy(pkt, skald_xt_bridge_data(pkt) + off, len, to);
	return err == -ENODATA ? err : err ? SKALD_XT_NO : SKALD_XT_YES;
}

static bool fails(const struct arp_info *info, u8 bit, bool is)
{
	return (info->wants & bit) && is == !!(info->inv & bit);
}

#define LLC_SAP 1
#define LLC_TYPE 2
#define LLC_SNAP 0xaa
#define LLC_IS_UI 3

/* ebt_802_3_mt() */
static int match_802_3(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct llc_info *info = (const void *)xt->info;
	bool invert = info->inv & LLC_SAP;
	u8 llc[9];
	u16 type;
	int answer = skald_xt_bridge_pull(pkt, 0, 8, llc);

	if (answer != SKALD_XT_YES)
		return answer;
	if ((info->wants & LLC_SAP) && ((llc[1] == info->sap) == invert ||
					(llc[0] == info->sap) == invert))
		return SKALD_XT_NO;
	if (!(info->wants & LLC_TYPE))
		return SKALD_XT_YES;
	if (llc[0] != LLC_SNAP || llc[1] != LLC_SNAP)
		return SKALD_XT_NO;
	/* two bytes of control make it one longer */
	if (!(llc[2] & LLC_IS_UI)) {
		answer = skald_xt_bridge_pull(pkt, 0, 9, llc);
		if (answer != SKALD_XT_YES)
			return answer;
	}
	memcpy(&type, llc + (llc[2] & LLC_IS_UI ? 6 : 7), sizeof(type));
	return (type == info->type) != !!(info->inv & LLC_TYPE);
}

#define ARP_OPCODE 0x01
#define ARP_HTYPE 0x02
#define ARP_PTYPE 0x04
#define ARP_SRC_IP 0x08
#define ARP_DST_IP 0x10
#define ARP_SRC_MAC 0x20
#define ARP_DST_MAC 0x40
#define ARP_GRATUITOUS 0x80
#define ARP_LEN 8

static int match_arp_ip(const struct arp_info *info,
			const struct skald_vm_pkt *pkt, const u8 *arp)
{
	u8 saddr[4], daddr[4];
	int answer;

	if (!(info->wants & (ARP_SRC_IP | ARP_DST_IP | ARP_GRATUITOUS)))
		return SKALD_XT_YES;
	if (arp[5] != 4 || get_unaligned_be16(arp + 2) != ETH_P_IP)
		return SKALD_XT_NO;
	answer = skald_xt_bridge_pull(pkt, ARP_LEN + arp[4], 4, saddr);
	if (answer == SKALD_XT_YES)
		answer = skald_xt_bridge_pull(pkt, ARP_LEN + 2u * arp[4] + 4, 4,
					      daddr);
	if (answer != SKALD_XT_YES)
		return answer;
	return !fails(info, ARP_SRC_IP,
		      skald_xt_is_masked(saddr, info->saddr, info->smask, 4)) &&
	       !fails(info, ARP_DST_IP,
		      skald_xt_is_masked(daddr, info->daddr, info->dmask, 4)) &&
	       !fails(info, ARP_GRATUITOUS, memcmp(saddr, daddr, 4) == 0);
}

static int match_arp_mac(const struct arp_info *info,
			 const struct skald_vm_pkt *pkt, const u8 *arp)
{
	u8 mac[6];
	int answer;

	if (!(info->wants & (ARP_SRC_MAC | ARP_DST_MAC)))
		return SKALD_XT_YES;
	if (arp[4] != 6 || get_unaligned_be16(arp) != 1)
		return SKALD_XT_NO;
	if (info->wants & ARP_SRC_MAC) {
		answer = skald_xt_bridge_pull(pkt, ARP_LEN, 6, mac);
		if (answer != SKALD_XT_YES)
			return answer;
		if (fails(info, ARP_SRC_MAC,
			  skald_xt_is_masked(mac, info->smac, info->smac_mask,
					     6)))
			return SKALD_XT_NO;
	}
	if (!(info->wants & ARP_DST_MAC))
		return SKALD_XT_YES;
	answer = skald_xt_bridge_pull(pkt, ARP_LEN + 6u + arp[5], 6, mac);
	if (answer != SKALD_XT_YES)
		return answer;
	return !fails(info, ARP_DST_MAC,
		      skald_xt_is_masked(mac, info->dmac, info->dmac_mask, 6));
}

/* ebt_arp_mt() */
static int match_arp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct arp_info *info = (const void *)xt->info;
	u8 arp[ARP_LEN];
	int answer = skald_xt_bridge_pull(pkt, 0, sizeof(arp), arp);

	if (answer != SKALD_XT_YES)
		return answer;
	if (fails(info, ARP_OPCODE, memcmp(arp + 6, &info->opcode, 2) == 0) ||
	    fails(info, ARP_HTYPE, memcmp(arp, &info->htype, 2) == 0) ||
	    fails(info, ARP_PTYPE, memcmp(arp + 2, &info->ptype, 2) == 0))
		return SKALD_XT_NO;
	answer = match_arp_ip(info, pkt, arp);
	return answer == SKALD_XT_YES ? match_arp_mac(info, pkt, arp) : answer;
}

#define MARK_OR 2

/* ebt_mark_mt(): all of the bits, or any */
static int match_mark(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct mark_info *info = (const void *)xt->info;
	u64 bits = pkt->view->mark & info->mask;

	return (info->how & MARK_OR ? bits != 0 : bits == info->mark) !=
	       !!info->invert;
}

static int match_pkttype(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct pkttype_info *info = (const void *)xt->info;
	u8 type;

	if (skald_vm_fact(pkt, SKALD_FACT_PKTTYPE, &type))
		return -ENODATA;
	return (type == info->type) != !!info->invert;
}

#define VLAN_ID 1
#define VLAN_PRIO 2
#define VLAN_ENCAP 4

/* ebt_vlan_mt(): without a tag that was taken off, one in the data. */
static int match_vlan(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct vlan_info *info = (const void *)xt->info;
	u16 tag = pkt->view->vlan[0], encap = skald_pkt_protocol(pkt);
	u8 bytes[4];
	int answer;

	if (!pkt->view->n_vlan) {
		answer = skald_xt_bridge_pull(pkt, 0, sizeof(bytes), bytes);
		if (answer != SKALD_XT_YES)
			return answer;
		tag = get_unaligned_be16(bytes);
		encap = get_unaligned_be16(bytes + 2);
	}
	if ((info->wants & VLAN_ID) &&
	    (info->id == (tag & 0xfff)) == !!(info->inv & VLAN_ID))
		return SKALD_XT_NO;
	if ((info->wants & VLAN_PRIO) &&
	    (info->prio == tag >> 13) == !!(info->inv & VLAN_PRIO))
		return SKALD_XT_NO;
	return !(info->wants & VLAN_ENCAP) ||
	       (ntohs(info->encap) == encap) != !!(info->inv & VLAN_ENCAP);
}

#define STP_TYPE 0x001
#define STP_FLAGS 0x002
#define STP_ROOTPRIO 0x004
#define STP_ROOTADDR 0x008
#define STP_ROOTCOST 0x010
#define STP_SENDERPRIO 0x020
#define STP_SENDERADDR 0x040
#define STP_PORT 0x080
#define STP_TIMES 0x100
#define STP_CONFIG 0xffe
#define STP_LEN 6
#define STP_CONFIG_LEN 31

static bool stp_fails(const struct stp_info *info, u32 bit, bool is)
{
	return (info->wants & bit) && is == !!(info->inv & bit);
}

static bool is_in(const u8 *bytes, const u16 *range)
{
	u16 value = get_unaligned_be16(bytes);

	return value >= range[0] && value <= range[1];
}

/* ebt_filter_config(): flags, root, cost, sender, port, four times */
static bool is_config(const struct stp_info *info, const u8 *pdu)
{
	const struct stp_config *want = &info->config;
	u32 cost = get_unaligned_be32(pdu + 9), i;

	if (stp_fails(info, STP_FLAGS, want->flags == pdu[0]) ||
	    stp_fails(info, STP_ROOTPRIO, is_in(pdu + 1, want->root_prio)) ||
	    stp_fails(info, STP_ROOTADDR,
		      skald_xt_is_masked(pdu + 3, want->root_addr,
					 want->root_mask, 6)) ||
	    stp_fails(info, STP_ROOTCOST,
		      cost >= want->root_cost[0] &&
			      cost <= want->root_cost[1]) ||
	    stp_fails(info, STP_SENDERPRIO,
		      is_in(pdu + 13, want->sender_prio)) ||
	    stp_fails(info, STP_SENDERADDR,
		      skald_xt_is_masked(pdu + 15, want->sender_addr,
					 want->sender_mask, 6)) ||
	    stp_fails(info, STP_PORT, is_in(pdu + 21, want->port)))
		return false;
	for (i = 0; i < ARRAY_SIZE(want->times); i++) {
		if (stp_fails(info, STP_TIMES << i,
			      is_in(pdu + 23 + i * 2, want->times[i])))
			return false;
	}
	return true;
}

/* ebt_stp_mt() */
static int match_stp(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct stp_info *info = (const void *)xt->info;
	static const u8 start[STP_LEN] = { 0x42, 0x42, 0x03 };
	u8 header[STP_LEN], pdu[STP_CONFIG_LEN];
	int answer = skald_xt_bridge_pull(pkt, 0, sizeof(header), header);

	if (answer != SKALD_XT_YES)
		return answer;
	/* the last byte, the type, must be 0 with the rest of them */
	if (memcmp(header, start, sizeof(header)) ||
	    stp_fails(info, STP_TYPE, info->type == header[5]))
		return SKALD_XT_NO;
	if (!(info->wants & STP_CONFIG))
		return SKALD_XT_YES;
	answer = skald_xt_bridge_pull(pkt, STP_LEN, sizeof(pdu), pdu);
	return answer == SKALD_XT_YES ? is_config(info, pdu) : answer;
}

/* clang-format off */
const struct skald_xt_ops skald_xt_bridge[] = {
	{ .name = "802_3", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct llc_info), .help = "802.3 frames: SAP and type",
	  .match = match_802_3, .missing = "bytes of the frame" },
	{ .name = "arp", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct arp_info), .help = "ARP and RARP",
	  .match = match_arp, .missing = "bytes of the frame" },
	{ .name = "mark_m", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct mark_info), .help = "mark of the frame",
	  .match = match_mark },
	{ .name = "pkttype", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct pkttype_info),
	  .help = "unicast, broadcast, ...", .match = match_pkttype,
	  .missing = "packet type" },
	{ .name = "stp", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct stp_info), .help = "spanning tree messages",
	  .match = match_stp, .missing = "bytes of the frame" },
	{ .name = "vlan", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct vlan_info), .help = "VLAN tag",
	  .match = match_vlan, .missing = "bytes of the frame" },
	{ .name = NULL },
};
/* clang-format on */

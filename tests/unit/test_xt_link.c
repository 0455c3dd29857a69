// SPDX-License-Identifier: GPL-2.0-only
/* Matches and targets of ebtables and arptables, given the structures of the
 * kernel's own headers. */
#include "rule_bench.h"

#include <linux/netfilter_arp/arpt_mangle.h>
#include <linux/netfilter_bridge/ebt_802_3.h>
#include <linux/netfilter_bridge/ebt_arp.h>
#include <linux/netfilter_bridge/ebt_arpreply.h>
#include <linux/netfilter_bridge/ebt_ip.h>
#include <linux/netfilter_bridge/ebt_ip6.h>
#include <linux/netfilter_bridge/ebt_log.h>
#include <linux/netfilter_bridge/ebt_mark_m.h>
#include <linux/netfilter_bridge/ebt_mark_t.h>
#include <linux/netfilter_bridge/ebt_nat.h>
#include <linux/netfilter_bridge/ebt_pkttype.h>
#include <linux/netfilter_bridge/ebt_stp.h>
#include <linux/netfilter_bridge/ebt_vlan.h>

#include "xt.h"

#define ETHER 14
#define ARP_LEN 28
#define ACCEPT (-1)
#define DROP (-2)
#define RETURN (-4)

/* clang-format off */
static const u8 arp_frame[ETHER + ARP_LEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06,
	0, 1, 8, 0, 6, 4, 0, 1,
	2, 0, 0, 0, 0, 1, 10, 0, 0, 1,
	0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
};
static const u8 stp_frame[ETHER + 38] = {
	1, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 38,
	0x42, 0x42, 3, 0, 0, 0, 1,
	0x80, 0, 2, 0, 0, 0, 0, 9, 0, 0, 0, 19,
	0x80, 1, 2, 0, 0, 0, 0, 8, 0x80, 2, 1, 0, 20, 0, 2, 0, 15, 0,
};
/* clang-format on */

static void begin(struct bench *bench, u8 family, const char *kind,
		  const char *name, const void *info, u32 len)
{
	u8 hook = family == NFPROTO_ARP ? 0 : NF_INET_FORWARD;

	bench_begin(bench, family, hook, "filter");
	bench->is_framed = true;
	bench->ct.known = SKALD_VM_CT_ALL;
	ADD(bench, kind, ATEXT(NFTA_MATCH_NAME, name), A32(NFTA_MATCH_REV, 0),
	    ABYTES(NFTA_MATCH_INFO, info, len));
	cr_assert_eq(bench_close(bench), 0, "%s", name);
}

static enum outcome match(const char *name, const void *info, u32 size,
			  const void *frame, u32 len)
{
	enum outcome outcome;
	struct bench bench;
	u8 copy[128];

	memcpy(copy, frame, len);
	begin(&bench, NFPROTO_BRIDGE, "match", name, info, size);
	bench.mark = 0x55;
	outcome = bench_send(&bench, copy, len);
	bench_done(&bench);
	return outcome;
}

#define MATCH(name, info, frame) \
	match(name, &(info), sizeof(info), frame, sizeof(frame))

Test(xt_link, structures_that_are_too_short_are_refused)
{
	const struct skald_xt_ops *ops;
	static const u8 zero[512];
	struct bench bench;
	u32 n, seen = 0;

	for (n = 0; (ops = skald_xt_kind(n)); n++) {
		if (!ops->size || ops->family != NFPROTO_BRIDGE)
			continue;
		seen++;
		bench_begin(&bench, NFPROTO_BRIDGE, NF_INET_FORWARD, "filter");
		ADD(&bench, ops->match ? "match" : "target",
		    ATEXT(NFTA_MATCH_NAME, ops->name), A32(NFTA_MATCH_REV, 0),
		    ABYTES(NFTA_MATCH_INFO, zero, ops->size - 1u));
		cr_expect_neq(bench_close(&bench), 0, "%s", ops->name);
		bench_done(&bench);
	}
	cr_expect_gt(seen, 12);
}

Test(xt_link, arp)
{
	struct ebt_arp_info info = {
		.bitmask = EBT_ARP_OPCODE | EBT_ARP_SRC_IP,
		.opcode = htons(1),
		.saddr = htonl(0x0a000000),
		.smsk = htonl(0xff000000),
	};

	cr_expect_eq(MATCH("arp", info, arp_frame), MATCHED);
	info.invflags = EBT_ARP_SRC_IP;
	cr_expect_eq(MATCH("arp", info, arp_frame), MISSED);
	info.bitmask = EBT_ARP_GRAT;
	info.invflags = 0;
	cr_expect_eq(MATCH("arp", info, arp_frame), MISSED);
	info.invflags = EBT_ARP_GRAT;
	cr_expect_eq(MATCH("arp", info, arp_frame), MATCHED);
	info.bitmask = EBT_ARP_SRC_MAC | EBT_ARP_DST_MAC;
	info.invflags = 0;
	memset(info.smmsk, 0xff, 6);
	memcpy(info.smaddr, arp_frame + 6, 6);
	cr_expect_eq(MATCH("arp", info, arp_frame), MATCHED);
	info.smaddr[5] = 2;
	cr_expect_eq(MATCH("arp", info, arp_frame), MISSED);
}

/* An IP packet in a frame, behind a tag or none. Return: bytes of it */
static u32 frame_ip(u8 frame[128], u16 type, int tag, const u8 *packet, u32 len)
{
	static const u8 macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	u32 at = 12;

	memcpy(frame, macs, sizeof(macs));
	if (tag >= 0) {
		put_unaligned_be16(ETH_P_8021Q, frame + at);
		put_unaligned_be16((u16)tag, frame + at + 2);
		at += 4;
	}
	put_unaligned_be16(type, frame + at);
	memcpy(frame + at + 2, packet, len);
	return at + 2 + len;
}

static enum outcome match_tagged(const char *name, const void *info, u32 size,
				 int tag)
{
	u8 frame[128], syn[SYN_LEN];
	u32 len;

	bench_make_syn(syn);
	len = frame_ip(frame, ETH_P_IP, tag, syn, sizeof(syn));
	return match(name, info, size, frame, len);
}

Test(xt_link, ip)
{
	struct ebt_ip_info info = {
		.bitmask = EBT_IP_PROTO | EBT_IP_DPORT | EBT_IP_DEST,
		.protocol = IPPROTO_TCP,
		.dport = { 80, 81 },
		.daddr = htonl(0x0a000002),
		.dmsk = ~0u,
	};

	cr_expect_eq(match_tagged("ip", &info, sizeof(info), -1), MATCHED);
	cr_expect_eq(match_tagged("ip", &info, sizeof(info), 7), MATCHED,
		     "behind a tag");
	info.dport[0] = 81;
	cr_expect_eq(match_tagged("ip", &info, sizeof(info), -1), MISSED);
	info.invflags = EBT_IP_DPORT;
	cr_expect_eq(match_tagged("ip", &info, sizeof(info), -1), MATCHED);
	info.protocol = IPPROTO_UDP;
	cr_expect_eq(match_tagged("ip", &info, sizeof(info), -1), MISSED);
}

Test(xt_link, ip6)
{
	struct ebt_ip6_info info = {
		.bitmask = EBT_IP6_PROTO | EBT_IP6_DPORT | EBT_IP6_SOURCE,
		.protocol = IPPROTO_TCP,
		.dport = { 443, 443 },
	};
	u8 frame[128], six[SIX_LEN];
	u32 len;

	bench_make_six(six);
	memcpy(&info.saddr, six + 8, 16);
	memset(&info.smsk, 0xff, 16);
	len = frame_ip(frame, ETH_P_IPV6, -1, six, sizeof(six));
	cr_expect_eq(match("ip6", &info, sizeof(info), frame, len), MATCHED,
		     "behind options");
	info.invflags = EBT_IP6_SOURCE;
	cr_expect_eq(match("ip6", &info, sizeof(info), frame, len), MISSED);
	info.invflags = 0;
	info.dport[1] = info.dport[0] = 80;
	cr_expect_eq(match("ip6", &info, sizeof(info), frame, len), MISSED);
}

Test(xt_link, vlan)
{
	struct ebt_vlan_info info = {
		.bitmask = EBT_VLAN_ID | EBT_VLAN_PRIO | EBT_VLAN_ENCAP,
		.id = 7,
		.prio = 3,
		.encap = htons(ETH_P_IP),
	};

	cr_expect_eq(match_tagged("vlan", &info, sizeof(info), 3 << 13 | 7),
		     MATCHED);
	cr_expect_eq(match_tagged("vlan", &info, sizeof(info), 3 << 13 | 8),
		     MISSED);
	info.invflags = EBT_VLAN_ID;
	cr_expect_eq(match_tagged("vlan", &info, sizeof(info), 3 << 13 | 8),
		     MATCHED);
}

Test(xt_link, frames_of_802_3)
{
	struct ebt_802_3_info info = {
		.bitmask = EBT_802_3_SAP,
		.sap = 0x42,
	};

	cr_expect_eq(MATCH("802_3", info, stp_frame), MATCHED);
	info.invflags = EBT_802_3_SAP;
	cr_expect_eq(MATCH("802_3", info, stp_frame), MISSED);
	info.bitmask = EBT_802_3_TYPE;
	cr_expect_eq(MATCH("802_3", info, stp_frame), MISSED, "no SNAP");
}

Test(xt_link, spanning_tree)
{
	struct ebt_stp_info info = {
		.bitmask = EBT_STP_ROOTPRIO | EBT_STP_ROOTCOST | EBT_STP_PORT |
			   EBT_STP_FWDD | EBT_STP_FLAGS,
		.config = {
			.flags = 1,
			.root_priol = 0x8000, .root_priou = 0x8000,
			.root_costl = 19, .root_costu = 19,
			.portl = 0x8002, .portu = 0x8002,
			.forward_delayl = 0x0f00, .forward_delayu = 0x0f00,
		},
	};

	cr_expect_eq(MATCH("stp", info, stp_frame), MATCHED);
	info.config.root_costu = info.config.root_costl = 18;
	cr_expect_eq(MATCH("stp", info, stp_frame), MISSED);
	info.invflags = EBT_STP_ROOTCOST;
	cr_expect_eq(MATCH("stp", info, stp_frame), MATCHED);
	info.bitmask |= EBT_STP_SENDERADDR | EBT_STP_ROOTADDR;
	memcpy(info.config.root_addr, stp_frame + 23, 6);
	memcpy(info.config.sender_addr, stp_frame + 35, 6);
	memset(info.config.root_addrmsk, 0xff, 6);
	memset(info.config.sender_addrmsk, 0xff, 6);
	cr_expect_eq(MATCH("stp", info, stp_frame), MATCHED);
	info.config.sender_addr[5]++;
	cr_expect_eq(MATCH("stp", info, stp_frame), MISSED);
	cr_expect_eq(MATCH("stp", info, arp_frame), MISSED);
}

Test(xt_link, mark_and_type)
{
	struct ebt_mark_m_info mark = {
		.mark = 0x50,
		.mask = 0xf0,
		.bitmask = EBT_MARK_AND,
	};
	struct ebt_pkttype_info type = { .pkt_type = 0 };

	cr_expect_eq(MATCH("mark_m", mark, arp_frame), MATCHED);
	mark.mask = 0xff;
	cr_expect_eq(MATCH("mark_m", mark, arp_frame), MISSED);
	mark.bitmask = EBT_MARK_OR;
	cr_expect_eq(MATCH("mark_m", mark, arp_frame), MATCHED);
	mark.invert = 1;
	cr_expect_eq(MATCH("mark_m", mark, arp_frame), MISSED);
	cr_expect_eq(MATCH("pkttype", type, arp_frame), MATCHED);
	type.invert = 1;
	cr_expect_eq(MATCH("pkttype", type, arp_frame), MISSED);
}

static s32 target(struct bench *bench, const char *name, const void *info,
		  u32 size, u8 *frame)
{
	memcpy(frame, arp_frame, sizeof(arp_frame));
	begin(bench, NFPROTO_BRIDGE, "target", name, info, size);
	bench->mark = 0x55;
	bench->iif = 1;
	cr_expect_eq(bench_send(bench, frame, sizeof(arp_frame)), MATCHED);
	bench_done(bench);
	return bench->verdict;
}

Test(xt_link, link_layer_addresses_are_changed)
{
	struct ebt_nat_info nat = {
		.mac = { 2, 9, 9, 9, 9, 9 },
		.target = ACCEPT,
	};
	u8 frame[sizeof(arp_frame)];
	struct bench bench;

	cr_expect_eq(target(&bench, "dnat", &nat, sizeof(nat), frame),
		     NF_ACCEPT);
	cr_expect_arr_eq(frame, nat.mac, 6);
	cr_expect_eq(target(&bench, "snat", &nat, sizeof(nat), frame),
		     NF_ACCEPT);
	cr_expect_arr_eq(frame + 6, nat.mac, 6);
	cr_expect_arr_eq(frame + ETHER + 8, arp_frame + ETHER + 8, 6,
			 "the bit is set: the message is left alone");
	nat.target = (ACCEPT & ~0x10);
	cr_expect_eq(target(&bench, "snat", &nat, sizeof(nat), frame),
		     NF_ACCEPT);
	cr_expect_arr_eq(frame + 6, nat.mac, 6);
	cr_expect_arr_eq(frame + ETHER + 8, nat.mac, 6);
}

Test(xt_link, redirect_goes_to_the_bridge)
{
	int verdict = ACCEPT;
	u8 frame[sizeof(arp_frame)];
	static const u8 mac[6] = { 2, 7, 7, 7, 7, 7 };
	struct bench bench;

	cr_expect_eq(target(&bench, "redirect", &verdict, sizeof(verdict),
			    frame),
		     NF_DROP, "by no port of a bridge");
	memcpy(frame, arp_frame, sizeof(frame));
	begin(&bench, NFPROTO_BRIDGE, "target", "redirect", &verdict,
	      sizeof(verdict));
	bench.iif = 1;
	bench.link.master = 3;
	cr_expect_eq(bench_send(&bench, frame, sizeof(frame)), UNKNOWN);
	bench.link.mac_len = 6;
	memcpy(bench.link.mac, mac, sizeof(mac));
	cr_expect_eq(bench_send(&bench, frame, sizeof(frame)), MATCHED);
	cr_expect_eq(bench.verdict, NF_ACCEPT);
	cr_expect_arr_eq(frame, mac, sizeof(mac));
	bench_done(&bench);
}

Test(xt_link, marks_logs_and_answers)
{
	struct ebt_mark_t_info mark = {
		.mark = 0xf00,
		.target = (int)(MARK_OR_VALUE | (RETURN & 0xf)),
	};
	struct ebt_log_info log = { .loglevel = 4, .prefix = "x" };
	struct ebt_arpreply_info reply = { .target = DROP };
	u8 frame[sizeof(arp_frame)];
	struct bench bench;

	cr_expect_eq(target(&bench, "mark", &mark, sizeof(mark), frame),
		     NFT_RETURN);
	cr_expect_eq(bench.mark, 0xf55);
	cr_expect_eq(target(&bench, "log", &log, sizeof(log), frame),
		     NFT_CONTINUE);
	cr_expect_eq(bench.effect.log.level, 4);
	cr_expect_eq(target(&bench, "arpreply", &reply, sizeof(reply), frame),
		     NF_DROP);
}

Test(xt_link, arp_messages_are_mangled)
{
	struct arpt_mangle info = {
		.src_devaddr = { 2, 8, 8, 8, 8, 8 },
		.u_t.tgt_ip.s_addr = htonl(0xc0000201),
		.flags = ARPT_MANGLE_SDEV | ARPT_MANGLE_TIP,
		.target = NF_ACCEPT,
	};
	struct bench bench;
	u8 message[ARP_LEN];

	memcpy(message, arp_frame + ETHER, sizeof(message));
	begin(&bench, NFPROTO_ARP, "target", "mangle", &info, sizeof(info));
	bench.is_framed = false;
	cr_expect_eq(bench_send(&bench, message, sizeof(message)), MATCHED);
	cr_expect_eq(bench.verdict, NF_ACCEPT);
	cr_expect_arr_eq(message + 8, info.src_devaddr, 6);
	cr_expect_arr_eq(message + 14, arp_frame + ETHER + 14, 10);
	cr_expect_arr_eq(message + 24, &info.u_t.tgt_ip, 4);
	bench_done(&bench);
}

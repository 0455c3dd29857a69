// SPDX-License-Identifier: GPL-2.0-only
/* Targets that change the packet or its marks: xt_mark.c, xt_connmark.c,
 * xt_TCPMSS.c, xt_DSCP.c, ipt_ECN.c, xt_HL.c, xt_CLASSIFY.c,
 * xt_TCPOPTSTRIP.c, xt_CONNSECMARK.c. */
#include "csum.h"
#include "expr_parts.h"
#include "options.h"
#include "vm_pkt.h"
#include "xt.h"

#define OPTION_MSS 2
#define MSS_LEN 4
#define OPTION_NOP 1
#define CLAMP_PMTU 0xffff

struct mark_info {
	u32 mark;
	u32 mask;
};

struct connmark_info {
	u32 ctmark;
	u32 ctmask;
	u32 nfmask;
	u8 mode;
};

struct connmark_info_v2 {
	u32 ctmark;
	u32 ctmask;
	u32 nfmask;
	u8 shift_dir;
	u8 shift_bits;
	u8 mode;
};

void skald_xt_set_mark(struct skald_vm_pkt *pkt, u32 mark)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_META };

	pkt->view->mark = mark;
	pkt->facts.mark = mark;
	effect.meta.key = NFT_META_MARK;
	effect.meta.value = mark;
	(void)skald_vm_effect(pkt, &effect);
}

static void target_mark(struct skald_xt *xt, struct skald_regs *regs,
			struct skald_vm_pkt *pkt)
{
	const struct mark_info *info = (const void *)xt->info;

	skald_xt_set_mark(pkt, (pkt->view->mark & ~info->mask) ^ info->mark);
}

static u32 shifted(const struct skald_xt *xt, u32 mark)
{
	const struct connmark_info_v2 *info = (const void *)xt->info;

	if (xt->revision < 2 || info->shift_bits > 31)
		return mark;
	return info->shift_dir ? mark >> info->shift_bits
			       : mark << info->shift_bits;
}

static void set_ctmark(struct skald_regs *regs, struct skald_vm_pkt *pkt,
		       u32 mark)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_CT_MARK };

	effect.ct.value = mark;
	effect.ct.mask = U32_MAX;
	(void)skald_vm_effect(pkt, &effect);
	skald_vm_ct_forget(pkt);
}

/* connmark_tg_shift(): set, save, restore */
static void target_connmark(struct skald_xt *xt, struct skald_regs *regs,
			    struct skald_vm_pkt *pkt)
{
	const struct connmark_info *info = (const void *)xt->info;
	const struct connmark_info_v2 *v2 = (const void *)xt->info;
	u8 mode = xt->revision == 2 ? v2->mode : info->mode;
	const struct skald_vm_ct *ct;

	if (skald_vm_ct(pkt, &ct) || !(ct->known & SKALD_VM_CT_STATE) ||
	    (ct->has_entry && !(ct->known & SKALD_VM_CT_MARK))) {
		skald_regs_maybe(regs, "connection mark");
		return;
	}
	if (!ct->has_entry)
		return;
	switch (mode) {
	case 0:
		set_ctmark(regs, pkt,
			   shifted(xt,
				   (ct->mark & ~info->ctmask) ^ info->ctmark));
		break;
	case 1:
		set_ctmark(regs, pkt,
			   (ct->mark & ~info->ctmask) ^
				   shifted(xt, pkt->view->mark & info->nfmask));
		break;
	case 2:
		skald_xt_set_mark(pkt,
				  (pkt->view->mark & ~info->nfmask) ^
					  shifted(xt, ct->mark & info->ctmask));
		break;
	default:
		break;
	}
}

#define SECMARK_SAVE 1

/* connsecmark_tg(): saved and restored where there is none yet. */
static void target_connsecmark(struct skald_xt *xt, struct skald_regs *regs,
			       struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_META };
	bool is_save = *(const u8 *)xt->info == SECMARK_SAVE;
	const struct skald_vm_ct *ct;
	u32 mark = 0;
	int err = skald_vm_fact(pkt, SKALD_FACT_SECMARK, &mark);

	if (err == -ENODATA || skald_vm_ct(pkt, &ct) ||
	    !(ct->known & SKALD_VM_CT_STATE) ||
	    (ct->has_entry && !(ct->known & SKALD_VM_CT_SECMARK))) {
		skald_regs_maybe(regs, "security mark");
		return;
	}
	if (!ct->has_entry || !mark == is_save || !ct->secmark != is_save)
		return;
	effect.meta.key = NFT_META_SECMARK;
	effect.meta.value = ct->secmark;
	if (is_save) {
		effect.kind = SKALD_EFFECT_CT_SECMARK;
		effect.ct.value = mark;
		effect.ct.mask = U32_MAX;
	}
	(void)skald_vm_effect(pkt, &effect);
	skald_vm_ct_forget(pkt);
}

/* As "meta priority set": told like it. */
static void target_classify(struct skald_xt *xt, struct skald_regs *regs,
			    struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_META };

	pkt->view->priority = (u32)xt->info[0];
	effect.meta.key = NFT_META_PRIORITY;
	effect.meta.value = pkt->view->priority;
	(void)skald_vm_effect(pkt, &effect);
}

/* Bytes of the IPv4 header change: its checksum follows. */
static int set_ipv4(struct skald_vm_pkt *pkt, u32 off, u8 value)
{
	u32 at = skald_pkt_network(pkt);
	u8 old[2], new[2], sum[2];
	int err = skald_pkt_copy(pkt, at + (off & ~1u), 2, old);

	if (!err)
		err = skald_pkt_copy(pkt, at + 10, 2, sum);
	if (err)
		return err;
	memcpy(new, old, 2);
	new[off & 1] = value;
	put_unaligned_be16(
		skald_csum_replace(get_unaligned_be16(sum), old, new, 2), sum);
	err = skald_pkt_store(pkt, at + (off & ~1u), 2, new);
	return err ? err : skald_pkt_store(pkt, at + 10, 2, sum);
}

static void drop_or_lack(struct skald_regs *regs, int err)
{
	if (err == -ENODATA)
		skald_regs_maybe(regs, "bytes of the packet");
	else if (err)
		regs->verdict.code = NF_DROP;
}

/* The byte of the traffic class, which lies across two bytes in IPv6. */
static int set_class(struct skald_xt *xt, struct skald_vm_pkt *pkt, u8 keep,
		     u8 flip)
{
	u32 at = skald_pkt_network(pkt);
	u8 bytes[2];
	u16 word;
	int err = skald_pkt_copy(pkt, at, 2, bytes);

	if (err)
		return err;
	if (xt->family != NFPROTO_IPV6)
		return set_ipv4(pkt, 1, (bytes[1] & keep) ^ flip);
	word = get_unaligned_be16(bytes);
	word = (u16)((word & 0xf00f) | (((word >> 4 & keep) ^ flip) & 0xff)
					       << 4);
	put_unaligned_be16(word, bytes);
	return skald_pkt_store(pkt, at, 2, bytes);
}

static void target_dscp(struct skald_xt *xt, struct skald_regs *regs,
			struct skald_vm_pkt *pkt)
{
	u8 dscp = *(const u8 *)xt->info;

	drop_or_lack(regs, set_class(xt, pkt, 3, (u8)(dscp << 2)));
	skald_pkt_changed(pkt);
}

static void target_tos(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	const u8 *info = (const u8 *)xt->info;

	drop_or_lack(regs, set_class(xt, pkt, (u8)~info[1], info[0]));
	skald_pkt_changed(pkt);
}

struct ecn_info {
	u8 what;
	u8 bits;
	u8 tcp;
};

#define ECN_IP 1
#define ECN_ECE 0x10
#define ECN_CWR 0x20
#define TCP_ECE 0x40
#define TCP_CWR 0x80

/* set_ect_tcp(): the new values of ECE and CWR are the first two bits. */
static int set_tcp_ecn(const struct ecn_info *info, struct skald_vm_pkt *pkt)
{
	u8 tcp[20], old[2];
	int err = skald_pkt_copy(pkt, pkt->thoff, sizeof(tcp), tcp);

	if (err)
		return err;
	memcpy(old, tcp + 12, sizeof(old));
	if (info->what & ECN_ECE)
		tcp[13] = (u8)((tcp[13] & ~TCP_ECE) |
			       (info->tcp & 1 ? TCP_ECE : 0));
	if (info->what & ECN_CWR)
		tcp[13] = (u8)((tcp[13] & ~TCP_CWR) |
			       (info->tcp & 2 ? TCP_CWR : 0));
	put_unaligned_be16(skald_csum_replace(get_unaligned_be16(tcp + 16), old,
					      tcp + 12, 2),
			   tcp + 16);
	return skald_pkt_store(pkt, pkt->thoff, sizeof(tcp), tcp);
}

/* ecn_tg() */
static void target_ecn(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	const struct ecn_info *info = (const void *)xt->info;
	int err = 0;

	if (info->what & ECN_IP)
		err = set_class(xt, pkt, (u8)~3, info->bits & 3);
	if (!err && (info->what & (ECN_ECE | ECN_CWR)) &&
	    pkt->tprot == IPPROTO_TCP)
		err = set_tcp_ecn(info, pkt);
	drop_or_lack(regs, err);
	skald_pkt_changed(pkt);
}

/* Set, raise, lower; not beyond the ends. */
static u8 new_ttl(u8 mode, u8 ttl, u8 by)
{
	if (mode == 0)
		return by;
	if (mode == 1)
		return ttl + by > 255 ? 255 : (u8)(ttl + by);
	return ttl > by ? (u8)(ttl - by) : 0;
}

static void target_ttl(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	const u8 *info = (const u8 *)xt->info;
	bool is6 = xt->family == NFPROTO_IPV6;
	u32 off = is6 ? 7 : 8;
	u8 ttl;
	int err = skald_pkt_copy(pkt, skald_pkt_network(pkt) + off, 1, &ttl);

	if (!err) {
		ttl = new_ttl(info[0], ttl, info[1]);
		err = is6 ? skald_pkt_store(pkt, skald_pkt_network(pkt) + off,
					    1, &ttl)
			  : set_ipv4(pkt, off, ttl);
	}
	drop_or_lack(regs, err);
	skald_pkt_changed(pkt);
}

/* The MSS that the route, and the way back, allow. */
static int clamp_mss(const struct skald_vm_pkt *pkt, u16 *mss)
{
	u32 headers = pkt->pf == NFPROTO_IPV6 ? 60 : 40;
	struct skald_route_info route = { 0 };
	int err = -ENODATA;

	if (pkt->world->route)
		err = pkt->world->route(pkt->owner, pkt, &route);
	if (err)
		return err;
	if (route.back_mtu && route.back_mtu < route.mtu)
		route.mtu = route.back_mtu;
	if (route.mtu <= headers)
		return -EINVAL;
	*mss = (u16)min_t(u32, route.mtu - headers, U16_MAX);
	return 0;
}

static int lower_mss(struct skald_vm_pkt *pkt, u8 *tcp, u32 at, u16 mss)
{
	u8 new[2];

	if (get_unaligned_be16(tcp + at + 2) <= mss)
		return 0;
	put_unaligned_be16(mss, new);
	put_unaligned_be16(skald_csum_replace(get_unaligned_be16(tcp + 16),
					      tcp + at + 2, new, 2),
			   tcp + 16);
	memcpy(tcp + at + 2, new, 2);
	return skald_pkt_store(pkt, pkt->thoff, at + 4, tcp);
}

/* tcpmss_mangle_packet() for SYNs that have the option; one is added to none.
 */
/* The packet's length in the IP header, 4 more. */
static int lengthen(struct skald_vm_pkt *pkt)
{
	bool is6 = pkt->pf == NFPROTO_IPV6;
	u32 at = skald_pkt_network(pkt);
	u8 old[2], new[2], sum[2];
	int err = skald_pkt_copy(pkt, at + (is6 ? 4 : 2), 2, old);

	if (err)
		return err;
	put_unaligned_be16((u16)(get_unaligned_be16(old) + MSS_LEN), new);
	err = skald_pkt_store(pkt, at + (is6 ? 4 : 2), 2, new);
	if (err || is6)
		return err;
	err = skald_pkt_copy(pkt, at + 10, 2, sum);
	if (err)
		return err;
	put_unaligned_be16(
		skald_csum_replace(get_unaligned_be16(sum), old, new, 2), sum);
	return skald_pkt_store(pkt, at + 10, 2, sum);
}

/*
 * tcpmss_mangle_packet(): a SYN without the option gets one, which says no more
 * than what is taken for granted without it (RFC 9293, 3.7.1). @tcp: header of
 * @len bytes
 */
static int add_mss(struct skald_vm_pkt *pkt, u8 *tcp, u32 len, u16 mss)
{
	u16 most = pkt->pf == NFPROTO_IPV6 ? 1220 : 536;
	u8 old[2], new[2], option[MSS_LEN] = { OPTION_MSS, MSS_LEN };
	static const u8 none[MSS_LEN];
	u16 sum = get_unaligned_be16(tcp + 16);
	int err = skald_view_resize(pkt->view, pkt->thoff + 20, MSS_LEN);

	if (err)
		return err == -EOPNOTSUPP ? -ENODATA : err;
	pkt->view->end += MSS_LEN;
	skald_vm_pkt_refresh(pkt);
	put_unaligned_be16(min(mss, most), option + 2);
	put_unaligned_be16((u16)len, old);
	put_unaligned_be16((u16)(len + MSS_LEN), new);
	sum = skald_csum_replace(sum, old, new, 2);
	sum = skald_csum_replace(sum, none, option, MSS_LEN);
	memcpy(old, tcp + 12, 2);
	tcp[12] = (u8)(tcp[12] + (MSS_LEN / 4 << 4));
	sum = skald_csum_replace(sum, old, tcp + 12, 2);
	put_unaligned_be16(sum, tcp + 16);
	err = skald_pkt_store(pkt, pkt->thoff, 20, tcp);
	if (!err)
		err = skald_pkt_store(pkt, pkt->thoff + 20, MSS_LEN, option);
	return err ? err : lengthen(pkt);
}

static int mangle_mss(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	u16 mss;
	u8 tcp[60];
	u32 len, at, size;
	int err;

	if (pkt->fragoff)
		return 0;
	memcpy(&mss, xt->info, sizeof(mss));
	err = skald_pkt_copy(pkt, pkt->thoff, 20, tcp);
	if (err)
		return err;
	len = (u32)(tcp[12] >> 4) * 4;
	if (len < 20)
		return -EINVAL;
	err = skald_pkt_copy(pkt, pkt->thoff, len, tcp);
	if (!err && mss == CLAMP_PMTU)
		err = clamp_mss(pkt, &mss);
	if (err)
		return err;
	if (skald_options_tcp(tcp, len, OPTION_MSS, &at, &size) && size == 4 &&
	    at + 4 <= len)
		return lower_mss(pkt, tcp, at, mss);
	/* data follows: the option finds no room, and the packet goes on */
	if (pkt->thoff + len < pkt->limit || len >= 60)
		return 0;
	return add_mss(pkt, tcp, len, mss);
}

static void target_tcpmss(struct skald_xt *xt, struct skald_regs *regs,
			  struct skald_vm_pkt *pkt)
{
	int err = mangle_mss(xt, pkt);

	if (err == -ENODATA)
		skald_regs_maybe(regs, "path MTU");
	else if (err)
		regs->verdict.code = NF_DROP;
	skald_pkt_changed(pkt);
}

/* tcpoptstrip_mangle_packet(): every option of the list becomes NOPs. */
static void target_strip(struct skald_xt *xt, struct skald_regs *regs,
			 struct skald_vm_pkt *pkt)
{
	const u32 *bits = (const void *)xt->info;
	u8 tcp[60], old[60];
	u32 len, at, size;

	if (pkt->fragoff)
		return;
	if (skald_pkt_copy(pkt, pkt->thoff, 20, tcp)) {
		regs->verdict.code = NF_DROP;
		return;
	}
	len = (u32)(tcp[12] >> 4) * 4;
	if (len < 20 || skald_pkt_copy(pkt, pkt->thoff, len, tcp)) {
		regs->verdict.code = NF_DROP;
		return;
	}
	memcpy(old, tcp, len);
	for (at = 20; at + 1 < len; at += size) {
		u8 kind = tcp[at];

		size = kind <= 1 || !tcp[at + 1] ? 1 : tcp[at + 1];
		if (at + size > len)
			break;
		if (bits[kind / 32] & 1u << (kind % 32))
			memset(tcp + at, OPTION_NOP, size);
	}
	put_unaligned_be16(skald_csum_replace(get_unaligned_be16(tcp + 16),
					      old + 20, tcp + 20, len - 20),
			   tcp + 16);
	drop_or_lack(regs, skald_pkt_store(pkt, pkt->thoff, len, tcp));
	skald_pkt_changed(pkt);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_mangle[] = {
	{ .name = "MARK", .revision = 2, .size = sizeof(struct mark_info),
	  .help = "set the mark", .target = target_mark },
	{ .name = "CONNMARK", .revision = 1,
	  .size = sizeof(struct connmark_info),
	  .help = "set, save or restore the connection's mark",
	  .target = target_connmark },
	{ .name = "CONNMARK", .revision = 2,
	  .size = sizeof(struct connmark_info_v2),
	  .help = "set, save or restore the connection's mark",
	  .target = target_connmark },
	{ .name = "CONNSECMARK", .revision = 0, .size = 1,
	  .help = "save or restore the connection's security mark",
	  .target = target_connsecmark },
	{ .name = "CLASSIFY", .revision = 0, .size = 4,
	  .help = "set the priority", .target = target_classify },
	{ .name = "DSCP", .revision = 0, .size = 1,
	  .help = "set differentiated services", .target = target_dscp },
	{ .name = "TOS", .revision = 1, .size = 2,
	  .help = "set the type of service", .target = target_tos },
	{ .name = "ECN", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct ecn_info),
	  .help = "set explicit congestion notification",
	  .target = target_ecn },
	{ .name = "TTL", .revision = 0, .size = 2,
	  .help = "change the time to live", .target = target_ttl },
	{ .name = "HL", .revision = 0, .size = 2,
	  .help = "change the hop limit", .target = target_ttl },
	{ .name = "TCPMSS", .revision = 0, .size = 2,
	  .help = "lower the MSS of TCP", .target = target_tcpmss },
	{ .name = "TCPOPTSTRIP", .revision = 0, .size = 32,
	  .help = "remove options of TCP", .target = target_strip },
	{ .name = NULL },
};
/* clang-format on */

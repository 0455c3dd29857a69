// SPDX-License-Identifier: GPL-2.0-only
/* Targets that answer, tell, or send packets elsewhere: ipt_REJECT.c,
 * ip6t_REJECT.c, xt_LOG.c, xt_NFLOG.c, ebt_nflog.c, xt_NFQUEUE.c, xt_CT.c,
 * xt_TRACE.c, xt_TPROXY.c, xt_TEE.c, xt_set.c, xt_CHECKSUM.c, xt_AUDIT.c,
 * xt_IDLETIMER.c, xt_RATEEST.c, xt_LED.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define VERDICT_BYPASS 0x8000
#define CT_NOTRACK 1

struct log_info {
	u8 level;
	u8 flags;
	char prefix[30];
};

struct nflog_info {
	u32 len;
	u16 group;
	u16 threshold;
	u16 flags;
	u16 pad;
	char prefix[64];
};

struct nfqueue_info {
	u16 number;
	u16 total;
	u16 flags;
};

struct ct_info {
	u16 flags;
	u16 zone;
	u32 events;
	u32 exp_events;
	char helper[16];
};

struct tproxy_info {
	u32 mark_mask;
	u32 mark_value;
	u8 addr[16];
	u16 port;
};

struct synproxy_info {
	u8 options;
	u8 wscale;
	u16 mss;
};

static bool is_sure(struct skald_regs *regs)
{
	return skald_regs_is_sure(regs);
}

static void reject(struct skald_regs *regs, struct skald_vm_pkt *pkt, u8 type,
		   u8 icmp_type, u8 code)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_REJECT };

	effect.reject.type = type;
	effect.reject.icmp_type = icmp_type;
	effect.reject.icmp_code = code;
	(void)skald_vm_effect(pkt, &effect);
	regs->verdict.code = NF_DROP;
}

/* enum ipt_reject_with; 4: nothing is sent, 7: TCP reset */
static void target_reject(struct skald_xt *xt, struct skald_regs *regs,
			  struct skald_vm_pkt *pkt)
{
	static const u8 codes[] = { 0, 1, 2, 3, 0, 9, 10, 0, 13 };
	u32 with = (u32)xt->info[0];

	if (with == 7)
		reject(regs, pkt, NFT_REJECT_TCP_RST, 3, 0);
	else if (with != 4 && with < ARRAY_SIZE(codes))
		reject(regs, pkt, NFT_REJECT_ICMP_UNREACH, 3, codes[with]);
	else
		regs->verdict.code = NF_DROP;
}

/* enum ip6t_reject_with; 5: nothing is sent, 6: TCP reset */
static void target_reject6(struct skald_xt *xt, struct skald_regs *regs,
			   struct skald_vm_pkt *pkt)
{
	static const u8 codes[] = { 0, 1, 2, 3, 4, 0, 0, 5, 6 };
	u32 with = (u32)xt->info[0];

	if (with == 6)
		reject(regs, pkt, NFT_REJECT_TCP_RST, 1, 0);
	else if (with != 5 && with < ARRAY_SIZE(codes))
		reject(regs, pkt, NFT_REJECT_ICMP_UNREACH, 1, codes[with]);
	else
		regs->verdict.code = NF_DROP;
}

static void target_log(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	const struct log_info *info = (const void *)xt->info;
	struct skald_effect effect = { .kind = SKALD_EFFECT_LOG };
	char prefix[31] = { 0 };

	memcpy(prefix, info->prefix, sizeof(info->prefix));
	effect.log.prefix = prefix;
	effect.log.level = info->level;
	effect.log.flags = info->flags;
	(void)skald_vm_effect(pkt, &effect);
}

static void target_nflog(struct skald_xt *xt, struct skald_regs *regs,
			 struct skald_vm_pkt *pkt)
{
	const struct nflog_info *info = (const void *)xt->info;
	struct skald_effect effect = { .kind = SKALD_EFFECT_LOG };
	char prefix[65] = { 0 };

	memcpy(prefix, info->prefix, sizeof(info->prefix));
	effect.log.prefix = prefix;
	effect.log.group = info->group;
	effect.log.qthreshold = info->threshold;
	effect.log.snaplen = info->len;
	effect.log.is_nflog = true;
	(void)skald_vm_effect(pkt, &effect);
}

/* Of several queues the first stands for them, as in expr_queue.c. */
static void target_nfqueue(struct skald_xt *xt, struct skald_regs *regs,
			   struct skald_vm_pkt *pkt)
{
	const struct nfqueue_info *info = (const void *)xt->info;

	regs->verdict.code = NF_QUEUE | (s32)((u32)info->number << 16);
	if (xt->revision >= 2 && (info->flags & 1))
		regs->verdict.code |= VERDICT_BYPASS;
}

static void set_zone(const struct ct_info *info, struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_CT_ZONE };

	effect.ct.value = info->zone;
	effect.ct.direction = 2;
	if (info->flags & 4)
		effect.ct.direction = 0;
	else if (info->flags & 8)
		effect.ct.direction = 1;
	(void)skald_vm_effect(pkt, &effect);
}

/* xt_ct_target(): packets that have an entry are left alone. */
static void target_ct(struct skald_xt *xt, struct skald_regs *regs,
		      struct skald_vm_pkt *pkt)
{
	const struct ct_info *info = (const void *)xt->info;
	struct skald_effect effect = { .kind = SKALD_EFFECT_CT_HELPER };
	const struct skald_vm_ct *ct;

	if (skald_vm_ct(pkt, &ct) || !(ct->known & SKALD_VM_CT_STATE)) {
		skald_regs_maybe(regs, "conntrack entry");
		return;
	}
	if (ct->has_entry || ct->state == 64 || !is_sure(regs))
		return;
	if (info->flags & CT_NOTRACK) {
		effect.kind = SKALD_EFFECT_NOTRACK;
		(void)skald_vm_effect(pkt, &effect);
	} else {
		set_zone(info, pkt);
		if (info->helper[0]) {
			char name[17] = { 0 };

			memcpy(name, info->helper, sizeof(info->helper));
			effect.ct.name = name;
			effect.ct.l4proto = pkt->tprot;
			effect.ct.l3num = pkt->pf;
			(void)skald_vm_effect(pkt, &effect);
		}
	}
	skald_vm_ct_forget(pkt);
}

static void target_notrack(struct skald_xt *xt, struct skald_regs *regs,
			   struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_NOTRACK };

	(void)skald_vm_effect(pkt, &effect);
	skald_vm_ct_forget(pkt);
}

static void target_trace(struct skald_xt *xt, struct skald_regs *regs,
			 struct skald_vm_pkt *pkt)
{
	pkt->nftrace = true;
}

/* tproxy_tg4(): without a socket the packet is dropped. */
static void target_tproxy(struct skald_xt *xt, struct skald_regs *regs,
			  struct skald_vm_pkt *pkt)
{
	const struct tproxy_info *info = (const void *)xt->info;
	struct skald_effect effect = { .kind = SKALD_EFFECT_TPROXY };
	bool is_old = xt->revision == 0;
	u16 port = info->port;
	int err;

	if (is_old)
		memcpy(&port, (const u8 *)xt->info + 12, sizeof(port));
	effect.tproxy.family = pkt->pf;
	effect.tproxy.port = port;
	effect.tproxy.has_port = port;
	effect.tproxy.has_addr = true;
	memcpy(effect.tproxy.addr, info->addr, is_old ? 4 : 16);
	err = pkt->world->effect ? skald_vm_effect(pkt, &effect) : -ENODATA;
	if (err == -ENODATA) {
		skald_regs_maybe(regs, "socket");
		return;
	}
	regs->verdict.code = err ? NF_DROP : NF_ACCEPT;
	if (err)
		return;
	pkt->view->mark =
		(pkt->view->mark & ~info->mark_mask) ^ info->mark_value;
	pkt->facts.mark = pkt->view->mark;
}

static void target_tee(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_DUP };

	effect.dup.family = pkt->pf;
	effect.dup.has_addr = true;
	memcpy(effect.dup.addr, xt->info, 16);
	(void)skald_vm_effect(pkt, &effect);
}

static void target_checksum(struct skald_xt *xt, struct skald_regs *regs,
			    struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_CHECKSUM };

	(void)skald_vm_effect(pkt, &effect);
}

static void target_set(struct skald_xt *xt, struct skald_regs *regs,
		       struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_SET };
	const u8 *info = (const u8 *)xt->info;
	u32 i;

	/* one set to add to, one to delete from; 65535: none */
	for (i = 0; i < 2; i++) {
		memcpy(&effect.set.index, info + i * 4, 2);
		effect.set.dim = info[i * 4 + 2];
		effect.set.flags = info[i * 4 + 3];
		effect.set.is_del = i;
		if (effect.set.index != U16_MAX)
			(void)skald_vm_effect(pkt, &effect);
	}
}

static void target_synproxy(struct skald_xt *xt, struct skald_regs *regs,
			    struct skald_vm_pkt *pkt)
{
	const struct synproxy_info *info = (const void *)xt->info;
	struct skald_effect effect = { .kind = SKALD_EFFECT_SYNPROXY };
	u8 flags;
	int err = skald_xt_pull(pkt, pkt->thoff + 13, 1, &flags);

	if (err) {
		regs->verdict.code = NF_DROP;
		return;
	}
	effect.synproxy.mss = info->mss;
	effect.synproxy.wscale = info->wscale;
	effect.synproxy.flags = info->options;
	if ((flags & 0x12) == 0x02) {
		err = skald_vm_effect(pkt, &effect);
		regs->verdict.code = err ? NF_DROP : NF_STOLEN;
	} else if ((flags & 0x17) == 0x10) {
		err = pkt->world->effect ? skald_vm_effect(pkt, &effect)
					 : -ENODATA;
		if (err == -ENODATA)
			skald_regs_maybe(regs, "SYN cookie");
		else
			regs->verdict.code = err ? NF_DROP : NF_STOLEN;
	}
}

static void target_nothing(struct skald_xt *xt, struct skald_regs *regs,
			   struct skald_vm_pkt *pkt)
{
}

/* clang-format off */
const struct skald_xt_ops skald_xt_targets[] = {
	{ .name = "REJECT", .revision = 0, .family = NFPROTO_IPV4, .size = 4,
	  .help = "drop and tell the sender", .target = target_reject },
	{ .name = "REJECT", .revision = 0, .family = NFPROTO_IPV6, .size = 4,
	  .help = "drop and tell the sender", .target = target_reject6 },
	{ .name = "LOG", .revision = 0, .size = sizeof(struct log_info),
	  .help = "write a line", .target = target_log },
	{ .name = "NFLOG", .revision = 0, .size = sizeof(struct nflog_info),
	  .help = "send a copy to user space", .target = target_nflog },
	{ .name = "nflog", .revision = 0, .family = NFPROTO_BRIDGE,
	  .size = sizeof(struct nflog_info),
	  .help = "send a copy to user space", .target = target_nflog },
	{ .name = "NFQUEUE", .revision = 0, .size = 2,
	  .help = "send to user space", .target = target_nfqueue },
	{ .name = "NFQUEUE", .revision = 1, .size = 4,
	  .help = "send to user space", .target = target_nfqueue },
	{ .name = "NFQUEUE", .revision = 2, .size = 6,
	  .help = "send to user space", .target = target_nfqueue },
	{ .name = "NFQUEUE", .revision = 3, .size = 6,
	  .help = "send to user space", .target = target_nfqueue },
	{ .name = "CT", .revision = SKALD_XT_ANY,
	  .size = sizeof(struct ct_info),
	  .help = "tell the connection tracker: zone, helper, or not at all",
	  .target = target_ct },
	{ .name = "NOTRACK", .revision = 0,
	  .help = "keep from the connection tracker",
	  .target = target_notrack },
	{ .name = "TRACE", .revision = 0, .help = "trace the packet",
	  .target = target_trace },
	{ .name = "TPROXY", .revision = 0, .size = 14,
	  .help = "give to a transparent socket", .target = target_tproxy },
	{ .name = "TPROXY", .revision = 1, .size = sizeof(struct tproxy_info),
	  .help = "give to a transparent socket", .target = target_tproxy },
	{ .name = "TEE", .revision = 1, .size = 16, .help = "send a copy on",
	  .target = target_tee },
	{ .name = "CHECKSUM", .revision = 0, .size = 1,
	  .help = "fill in the checksum", .target = target_checksum },
	{ .name = "SET", .revision = SKALD_XT_ANY, .size = 8,
	  .help = "change sets of ipset", .target = target_set },
	{ .name = "SYNPROXY", .revision = 0,
	  .size = sizeof(struct synproxy_info),
	  .help = "answer SYNs for a server", .target = target_synproxy },
	{ .name = "AUDIT", .revision = SKALD_XT_ANY, .help = "tell the auditor",
	  .target = target_nothing },
	{ .name = "IDLETIMER", .revision = SKALD_XT_ANY,
	  .help = "tell how long a kind of traffic was idle",
	  .target = target_nothing },
	{ .name = "RATEEST", .revision = 0, .help = "measure a rate",
	  .target = target_nothing },
	{ .name = "LED", .revision = 0, .help = "blink a lamp",
	  .target = target_nothing },
	{ .name = NULL },
};
/* clang-format on */

// SPDX-License-Identifier: GPL-2.0-only
/* Targets that translate: xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c,
 * xt_NETMAP.c. */
#include "expr_parts.h"
#include "translate.h"
#include "xt.h"

/* IPv4's old form: a number of ranges, of which there is one. */
struct range_v4 {
	u32 n;
	u32 flags;
	u8 min_addr[4];
	u8 max_addr[4];
	u16 min_port;
	u16 max_port;
};

struct range_any {
	u32 flags;
	u8 min_addr[16];
	u8 max_addr[16];
	u16 min_port;
	u16 max_port;
	u16 base_port;
};

static void read_v4(const struct skald_xt *xt, struct skald_vm_nat *range)
{
	const struct range_v4 *info = (const void *)xt->info;

	range->flags = info->flags;
	memcpy(range->min_addr, info->min_addr, 4);
	memcpy(range->max_addr, info->max_addr, 4);
	range->min_port = info->min_port;
	range->max_port = info->max_port;
}

static void read_any(const struct skald_xt *xt, struct skald_vm_nat *range)
{
	const struct range_any *info = (const void *)xt->info;

	range->flags = info->flags;
	memcpy(range->min_addr, info->min_addr, 16);
	memcpy(range->max_addr, info->max_addr, 16);
	range->min_port = info->min_port;
	range->max_port = info->max_port;
	if (xt->revision == 2)
		range->base_port = info->base_port;
}

static void translate(struct skald_xt *xt, struct skald_regs *regs,
		      struct skald_vm_pkt *pkt, bool is_dnat,
		      enum skald_vm_nat_kind kind)
{
	struct skald_vm_nat range = {
		.family = pkt->pf,
		.is_dnat = is_dnat,
		.kind = kind,
	};

	/* revision 0 is the old form, but for what IPv6 had later */
	if (xt->revision == 0 && xt->family == NFPROTO_IPV4)
		read_v4(xt, &range);
	else
		read_any(xt, &range);
	if (kind == SKALD_VM_NAT_NETMAP) {
		range.flags = (range.flags & ~(u32)SKALD_VM_NAT_NETMAP) |
			      SKALD_NAT_MAP_IPS;
		skald_vm_netmap(pkt, &range);
	}
	skald_nat_apply(pkt, regs, &range);
}

static void target_snat(struct skald_xt *xt, struct skald_regs *regs,
			struct skald_vm_pkt *pkt)
{
	translate(xt, regs, pkt, false, SKALD_VM_NAT_PLAIN);
}

static void target_dnat(struct skald_xt *xt, struct skald_regs *regs,
			struct skald_vm_pkt *pkt)
{
	translate(xt, regs, pkt, true, SKALD_VM_NAT_PLAIN);
}

static void target_masquerade(struct skald_xt *xt, struct skald_regs *regs,
			      struct skald_vm_pkt *pkt)
{
	translate(xt, regs, pkt, false, SKALD_VM_NAT_MASQUERADE);
}

static void target_redirect(struct skald_xt *xt, struct skald_regs *regs,
			    struct skald_vm_pkt *pkt)
{
	translate(xt, regs, pkt, true, SKALD_VM_NAT_REDIRECT);
}

/* netmap_tg4(): the destination on the way in, the source on the way out. */
static void target_netmap(struct skald_xt *xt, struct skald_regs *regs,
			  struct skald_vm_pkt *pkt)
{
	bool is_dnat = pkt->hook == NF_INET_PRE_ROUTING ||
		       pkt->hook == NF_INET_LOCAL_OUT;

	translate(xt, regs, pkt, is_dnat, SKALD_VM_NAT_NETMAP);
}

#define SIZE_ANY (offsetof(struct range_any, base_port))

/* clang-format off */
const struct skald_xt_ops skald_xt_nat[] = {
	{ .name = "SNAT", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct range_v4), .help = "translate the source",
	  .target = target_snat },
	{ .name = "SNAT", .revision = 1, .size = SIZE_ANY,
	  .help = "translate the source", .target = target_snat },
	{ .name = "SNAT", .revision = 2, .size = sizeof(struct range_any),
	  .help = "translate the source", .target = target_snat },
	{ .name = "DNAT", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct range_v4), .help = "translate the destination",
	  .target = target_dnat },
	{ .name = "DNAT", .revision = 1, .size = SIZE_ANY,
	  .help = "translate the destination", .target = target_dnat },
	{ .name = "DNAT", .revision = 2, .size = sizeof(struct range_any),
	  .help = "translate the destination", .target = target_dnat },
	{ .name = "MASQUERADE", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct range_v4),
	  .help = "translate the source to the output interface's address",
	  .target = target_masquerade },
	{ .name = "MASQUERADE", .revision = 0, .family = NFPROTO_IPV6,
	  .size = SIZE_ANY,
	  .help = "translate the source to the output interface's address",
	  .target = target_masquerade },
	{ .name = "REDIRECT", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct range_v4),
	  .help = "translate the destination to this host",
	  .target = target_redirect },
	{ .name = "REDIRECT", .revision = 0, .family = NFPROTO_IPV6,
	  .size = SIZE_ANY,
	  .help = "translate the destination to this host",
	  .target = target_redirect },
	{ .name = "NETMAP", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct range_v4), .help = "translate net to net",
	  .target = target_netmap },
	{ .name = "NETMAP", .revision = 0, .family = NFPROTO_IPV6,
	  .size = SIZE_ANY, .help = "translate net to net",
	  .target = target_netmap },
	{ .name = NULL },
};
/* clang-format on */

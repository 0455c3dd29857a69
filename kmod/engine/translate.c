// SPDX-License-Identifier: GPL-2.0-only
/* What all rules that translate have in common. */
#include "translate.h"

#include "expr_parts.h"
#include "vm_pkt.h"

/* clang-format off */
const struct skald_param_word skald_nat_flags[] = {
	{ SKALD_NAT_MAP_IPS, "map-ips" },
	{ SKALD_NAT_PROTO_SPECIFIED, "proto-specified" },
	{ SKALD_NAT_PROTO_RANDOM, "random" },
	{ SKALD_NAT_PERSISTENT, "persistent" },
	{ SKALD_NAT_PROTO_RANDOM_FULLY, "fully-random" },
	{ SKALD_NAT_PROTO_OFFSET, "offset" },
	{ SKALD_VM_NAT_NETMAP, "netmap" }, { 0, NULL },
};
/* clang-format on */

void skald_nat_apply(struct skald_vm_pkt *pkt, struct skald_regs *regs,
		     const struct skald_vm_nat *range)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_NAT };
	int verdict;

	if (!skald_regs_is_sure(regs))
		return;
	effect.nat = *range;
	verdict = skald_vm_effect(pkt, &effect);
	if (verdict == -ENODATA)
		skald_regs_maybe(regs, "conntrack entry");
	else if (verdict < 0)
		regs->verdict.code = NF_DROP;
	else
		regs->verdict.code = verdict;
}

void skald_vm_netmap(const struct skald_vm_pkt *pkt, struct skald_vm_nat *range)
{
	u32 len = pkt->pf == NFPROTO_IPV4 ? 4 : 16, i;
	u32 at = pkt->pf == NFPROTO_IPV4 ? 12 : 8;
	u8 addr[16];

	if (range->is_dnat)
		at += len;
	if (skald_pkt_copy(pkt, skald_pkt_network(pkt) + at, len, addr))
		return;
	for (i = 0; i < len; i++) {
		u8 host = range->min_addr[i] ^ range->max_addr[i];

		addr[i] = (addr[i] & host) | (range->min_addr[i] & (u8)~host);
	}
	memcpy(range->min_addr, addr, len);
	memcpy(range->max_addr, addr, len);
}

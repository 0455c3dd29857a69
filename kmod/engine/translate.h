/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: translations that rules ask for */
#ifndef SKALD_ENGINE_TRANSLATE_H
#define SKALD_ENGINE_TRANSLATE_H

#include "env.h"
#include "expr.h"
#include "vm.h"
#include "vm_world.h"

/* NF_NAT_RANGE_* */
#define SKALD_NAT_MAP_IPS (1 << 0)
#define SKALD_NAT_PROTO_SPECIFIED (1 << 1)
#define SKALD_NAT_PROTO_RANDOM (1 << 2)
#define SKALD_NAT_PERSISTENT (1 << 3)
#define SKALD_NAT_PROTO_RANDOM_FULLY (1 << 4)
#define SKALD_NAT_PROTO_OFFSET (1 << 5)
#define SKALD_VM_NAT_NETMAP (1 << 6)

extern const struct skald_param_word skald_nat_flags[];

/* Have it done; the verdict is the owner's, for what is not known "maybe". */
void skald_nat_apply(struct skald_vm_pkt *pkt, struct skald_regs *regs,
		     const struct skald_vm_nat *range);

/* nft_nat_setup_netmap(): the packet's own host part in the range's net. */
void skald_vm_netmap(const struct skald_vm_pkt *pkt,
		     struct skald_vm_nat *range);

#endif /* SKALD_ENGINE_TRANSLATE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_NAT_H
#define SKALD_NAT_H

struct pt_regs;

/* nf_nat_manip_pkt(skb, ct, what, direction) */
void skald_nat_on_manip(struct pt_regs *regs, unsigned long parent);

#endif /* SKALD_NAT_H */

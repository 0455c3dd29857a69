/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_NEIGH_H
#define SKALD_NEIGH_H

struct pt_regs;

/* ip_finish_output2(net, sk, skb), ip6_finish_output2(net, sk, skb) */
void skald_neigh_on_output4(struct pt_regs *regs, unsigned long parent);
void skald_neigh_on_output6(struct pt_regs *regs, unsigned long parent);

#endif /* SKALD_NEIGH_H */

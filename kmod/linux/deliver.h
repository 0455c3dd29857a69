/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: who gets a packet
 */
#ifndef SKALD_DELIVER_H
#define SKALD_DELIVER_H

struct pt_regs;

/* Functions f(sk, skb, ...): a socket gets it, now or when its owner is done.
 */
void skald_deliver_on_socket(struct pt_regs *regs, unsigned long parent);
void skald_deliver_on_backlog(struct pt_regs *regs, unsigned long parent);

/* Functions f(skb): a protocol of the kernel itself. */
void skald_deliver_on_kernel(struct pt_regs *regs, unsigned long parent);

/* arp_process(net, sk, skb) */
void skald_deliver_on_arp(struct pt_regs *regs, unsigned long parent);

/* packet_rcv(skb, dev, type, original), tpacket_rcv(same) */
void skald_deliver_on_tap(struct pt_regs *regs, unsigned long parent);

#endif /* SKALD_DELIVER_H */

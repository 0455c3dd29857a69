/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_BRIDGE_H
#define SKALD_BRIDGE_H

struct pt_regs;

/* br_handle_frame(&skb) */
void skald_bridge_on_input(struct pt_regs *regs, unsigned long parent);
/* br_handle_frame_finish(net, sk, skb), and so on */
void skald_bridge_on_decide(struct pt_regs *regs, unsigned long parent);
void skald_bridge_on_forward(struct pt_regs *regs, unsigned long parent);
void skald_bridge_on_local(struct pt_regs *regs, unsigned long parent);
void skald_bridge_on_output(struct pt_regs *regs, unsigned long parent);

#endif /* SKALD_BRIDGE_H */

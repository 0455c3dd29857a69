/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: bridges
 *
 * A bridge runs the functions of its prerouting hook itself. In each namespace
 * a function of ours stands before the others; for a packet that is followed
 * it runs them in the bridge's stead, each through one of ours (wrap.h), and
 * goes on where the bridge would.
 */
#ifndef SKALD_BRIDGE_H
#define SKALD_BRIDGE_H

struct nf_hook_state;
struct pt_regs;
struct sk_buff;

/* The first function of prerouting. */
unsigned int skald_bridge_prerouting(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *given);

/* br_handle_frame(&skb) */
void skald_bridge_on_input(struct pt_regs *regs, unsigned long parent);
/* br_handle_frame_finish(net, sk, skb), and so on */
void skald_bridge_on_decide(struct pt_regs *regs, unsigned long parent);
void skald_bridge_on_forward(struct pt_regs *regs, unsigned long parent);
void skald_bridge_on_local(struct pt_regs *regs, unsigned long parent);
void skald_bridge_on_output(struct pt_regs *regs, unsigned long parent);

#endif /* SKALD_BRIDGE_H */

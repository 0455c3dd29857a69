/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: fragments, both ways
 *
 * A packet is cut either into skbs that are there already (its fragment list),
 * each of which is met, or into new ones, which get the bit unseen: such a one
 * is adopted where it is met first, by the addresses and the identification of
 * the packet that is being cut.
 *
 * A reassembled packet keeps its fragments as a list; their stories end there.
 */
#ifndef SKALD_FRAGMENT_H
#define SKALD_FRAGMENT_H

#include <linux/types.h>

struct pt_regs;
struct sk_buff;
struct skald_packet;

/* A collection begins: what the last one was at is forgotten. */
void skald_fragment_open(void);

/* ip_do_fragment(net, sk, skb, output), ip6_fragment(net, sk, skb, output) */
void skald_fragment_on_cut(struct pt_regs *regs, unsigned long parent);

/* ip_fraglist_prepare(skb, iter), ip6_fraglist_prepare(skb, iter) */
void skald_fragment_on_list4(struct pt_regs *regs, unsigned long parent);
void skald_fragment_on_list6(struct pt_regs *regs, unsigned long parent);

/* inet_frag_queue_insert(queue, skb, offset, end) */
void skald_fragment_on_insert(struct pt_regs *regs, unsigned long parent);

/* inet_frag_reasm_prepare(queue, skb, ...), inet_frag_reasm_finish(same) */
void skald_fragment_on_prepare(struct pt_regs *regs, unsigned long parent);
void skald_fragment_on_finish(struct pt_regs *regs, unsigned long parent);

/* Of the reassembly that is under way here and ends in @skb; 0: none. */
u64 skald_fragment_cookie(const struct sk_buff *skb);

/* An skb with the bit and without an entry: is it a fragment of a packet? */
struct skald_packet *skald_fragment_adopt(struct sk_buff *skb);

/* A packet was just reassembled: its parts end, its headers are told. */
void skald_fragment_settle(struct sk_buff *skb, struct skald_packet *packet);

/* The packet ends: nothing is cut out of it any more. */
void skald_fragment_done(const struct skald_packet *packet);

#endif /* SKALD_FRAGMENT_H */

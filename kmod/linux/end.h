/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: how packets end
 *
 * kfree_skb() and consume_skb() have tracepoints, which say why and where.
 * Memory that goes without them, as TCP's and that of merged frames, is seen
 * where every skb lets go of what it holds.
 */
#ifndef SKALD_END_H
#define SKALD_END_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct pt_regs;

/* Tracepoints skb:kfree_skb and skb:consume_skb. */
#ifdef SKALD_HAS_KFREE_SOCKET
void skald_end_on_drop(void *data, struct sk_buff *skb, void *place,
		       enum skb_drop_reason reason, struct sock *sk);
#else
void skald_end_on_drop(void *data, struct sk_buff *skb, void *place,
		       enum skb_drop_reason reason);
#endif
#ifdef SKALD_HAS_CONSUME_PLACE
void skald_end_on_consume(void *data, struct sk_buff *skb, void *place);
#else
void skald_end_on_consume(void *data, struct sk_buff *skb);
#endif

/* skb_release_head_state(skb), napi_skb_free_stolen_head(skb) */
void skald_end_on_release(struct pt_regs *regs, unsigned long parent);

/**
 * skald_end_tell() - tell a packet's end
 * @type: SKALD_R_DROP, SKALD_R_CONSUME or SKALD_R_FREE
 * @id: packet
 * @place: where, 0: not known
 * @reason: of a drop
 */
void skald_end_tell(u16 type, u64 id, unsigned long place, u32 reason);

#endif /* SKALD_END_H */

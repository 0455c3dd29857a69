/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the connection tracker
 */
#ifndef SKALD_CONNTRACK_H
#define SKALD_CONNTRACK_H

#include <linux/types.h>
#include <skald/uapi.h>

struct nf_conntrack_tuple;
struct pt_regs;
struct sk_buff;
struct skald_packet;

/* nf_conntrack_in(skb, state), __nf_conntrack_confirm(skb): told when done. */
void skald_conntrack_on_seen(struct pt_regs *regs, unsigned long parent);

/* nf_ct_l4proto_log_invalid(skb, ct, state, format, ...) */
void skald_conntrack_on_invalid(struct pt_regs *regs, unsigned long parent);

/* nf_l4proto_log_invalid(skb, state, protocol, format, ...): no entry yet. */
void skald_conntrack_on_malformed(struct pt_regs *regs, unsigned long parent);

/* nf_ct_expect_related_report(expect, ...) */
void skald_conntrack_on_expect(struct pt_regs *regs, unsigned long parent);

/**
 * skald_conntrack_tell() - tell what the tracker thinks of a packet now
 * @packet: it
 * @skb: its skb
 */
void skald_conntrack_tell(struct skald_packet *packet,
			  const struct sk_buff *skb);

/* The same, if it was seen by the tracker and that was not told yet. */
void skald_conntrack_pending(struct skald_packet *packet,
			     const struct sk_buff *skb);

/* A tuple as records have it. Any context. */
void skald_tuple_tell(struct skald_r_tuple *to,
		      const struct nf_conntrack_tuple *tuple);

/* Entries' ids are known while the tracker is loaded: it stays so until disarm.
 */
void skald_conntrack_arm(void);
void skald_conntrack_disarm(void);

struct nf_conn;
/* The number that conntrack -o id shows; 0: of none, or it cannot be asked. */
u32 skald_conntrack_id(const struct nf_conn *ct);

#endif /* SKALD_CONNTRACK_H */

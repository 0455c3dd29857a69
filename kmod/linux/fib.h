/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: how a route is found
 *
 * Lookups do not know the packet they are for. What is looked up for a packet
 * that is followed is noted when the lookup begins; what happens on the same
 * CPU, for the same addresses, before the packet moves on, belongs to it.
 */
#ifndef SKALD_FIB_H
#define SKALD_FIB_H

#include <linux/types.h>

struct fib6_result;
struct fib6_table;
struct fib_nh_common;
struct flowi4;
struct flowi6;
struct net;
struct pt_regs;
struct sk_buff;

/* A collection begins: what the last one was at is forgotten. */
void skald_fib_open(void);

/* ip_route_input_noref(skb, daddr, saddr, ...), ip_route_me_harder(net, sk,
 * skb) */
void skald_fib_on_input4(struct pt_regs *regs, unsigned long parent);
void skald_fib_on_again4(struct pt_regs *regs, unsigned long parent);
/* fib4_rule_action(rule, flow, ...), fib_table_lookup(table, flow, result, ...)
 */
void skald_fib_on_rule4(struct pt_regs *regs, unsigned long parent);
void skald_fib_on_table4(struct pt_regs *regs, unsigned long parent);

/* The same of IPv6. */
void skald_fib_on_input6(struct pt_regs *regs, unsigned long parent);
void skald_fib_on_again6(struct pt_regs *regs, unsigned long parent);
void skald_fib_on_rule6(struct pt_regs *regs, unsigned long parent);

/* Tracepoints fib:fib_table_lookup and fib6:fib6_table_lookup. */
void skald_fib_on_result4(void *data, u32 table, const struct flowi4 *flow,
			  const struct fib_nh_common *nexthop, int err);
void skald_fib_on_result6(void *data, const struct net *net,
			  const struct fib6_result *result,
			  struct fib6_table *table, const struct flowi6 *flow);

/* The packet has its route, or ends: nothing more is looked up for it. */
void skald_fib_done(const struct sk_buff *skb);

#endif /* SKALD_FIB_H */

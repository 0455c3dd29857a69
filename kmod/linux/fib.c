// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/percpu.h>
#include <net/fib_rules.h>
#include <net/flow.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <skald/uapi.h>

#include "compat.h"
#include "fib.h"
#include "packet.h"
#include "ring.h"

/* Of a skald_fib: the prefix is not known. */
#define PREFIX_UNKNOWN 255

/**
 * struct lookup - what is being looked up on a CPU
 * @skb: for which packet; only compared, never looked into
 * @id: the packet's
 * @family: AF_INET or AF_INET6
 * @purpose: enum skald_purpose, of the packet itself
 * @src: addresses of the packet
 * @dst: ditto
 * @result: where fib_table_lookup() writes to
 */
struct lookup {
	const struct sk_buff *skb;
	u64 id;
	u8 family;
	u8 purpose;
	struct in6_addr src;
	struct in6_addr dst;
	const struct fib_result *result;
};

static DEFINE_PER_CPU(struct lookup, lookups);

void skald_fib_open(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		per_cpu_ptr(&lookups, cpu)->skb = NULL;
}

static void lookup_begin(const struct sk_buff *skb, u8 family, u8 purpose,
			 const void *src, const void *dst)
{
	struct skald_packet *packet = skald_packet_get(skb);
	struct lookup *lookup = this_cpu_ptr(&lookups);
	size_t len =
		family == AF_INET ? sizeof(__be32) : sizeof(struct in6_addr);

	/* Once it has a route, errors about it are looked up in its name. */
	if (packet && packet->flags & SKALD_PACKET_ROUTED &&
	    purpose == SKALD_PURPOSE_INPUT)
		packet = NULL;
	if (likely(!packet)) {
		if (unlikely(lookup->skb))
			lookup->skb = NULL;
		return;
	}
	lookup->skb = skb;
	lookup->id = packet->id;
	lookup->family = family;
	lookup->purpose = purpose;
	lookup->result = NULL;
	memcpy(&lookup->src, src, len);
	memcpy(&lookup->dst, dst, len);
}

void skald_fib_done(const struct sk_buff *skb)
{
	struct lookup *lookup = this_cpu_ptr(&lookups);

	if (lookup->skb == skb)
		lookup->skb = NULL;
}

/* The lookup that this flow belongs to, and what for; NULL: nobody's. */
static struct lookup *lookup_of(u8 family, const void *src, const void *dst,
				u8 *purpose)
{
	struct lookup *lookup = this_cpu_ptr(&lookups);
	size_t len =
		family == AF_INET ? sizeof(__be32) : sizeof(struct in6_addr);

	if (likely(!lookup->skb) || lookup->family != family)
		return NULL;
	*purpose = lookup->purpose;
	if (!memcmp(&lookup->dst, dst, len))
		return lookup;
	*purpose = SKALD_PURPOSE_REVERSE;
	if (!memcmp(&lookup->src, dst, len) && !memcmp(&lookup->dst, src, len))
		return lookup;
	return NULL;
}

void skald_fib_on_input4(struct pt_regs *regs, unsigned long parent)
{
	__be32 dst = (__force __be32)skald_arg_u32(regs, 1);
	__be32 src = (__force __be32)skald_arg_u32(regs, 2);

	lookup_begin(skald_arg(regs, 0), AF_INET, SKALD_PURPOSE_INPUT, &src,
		     &dst);
}

void skald_fib_on_again4(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = skald_arg(regs, 2);

	lookup_begin(skb, AF_INET, SKALD_PURPOSE_OUTPUT, &ip_hdr(skb)->saddr,
		     &ip_hdr(skb)->daddr);
}

void skald_fib_on_input6(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = skald_arg(regs, 0);

	lookup_begin(skb, AF_INET6, SKALD_PURPOSE_INPUT, &ipv6_hdr(skb)->saddr,
		     &ipv6_hdr(skb)->daddr);
}

void skald_fib_on_again6(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = skald_arg(regs, 2);

	lookup_begin(skb, AF_INET6, SKALD_PURPOSE_OUTPUT, &ipv6_hdr(skb)->saddr,
		     &ipv6_hdr(skb)->daddr);
}

static void rule_tell(u64 id, const struct fib_rule *rule, u8 family,
		      u8 purpose)
{
	struct skald_r_iprule *to;
	struct skald_space space;

	to = skald_ring_begin(&space, id, SKALD_R_IPRULE, sizeof(*to));
	if (!to)
		return;
	to->priority = rule->pref;
	to->table = rule->table;
	to->action = rule->action;
	to->family = family;
	to->purpose = purpose;
	skald_ring_end(&space);
}

void skald_fib_on_rule4(struct pt_regs *regs, unsigned long parent)
{
	const struct flowi4 *flow =
		&((struct flowi *)skald_arg(regs, 1))->u.ip4;
	struct lookup *lookup;
	u8 purpose;

	lookup = lookup_of(AF_INET, &flow->saddr, &flow->daddr, &purpose);
	if (lookup)
		rule_tell(lookup->id, skald_arg(regs, 0), AF_INET, purpose);
}

void skald_fib_on_rule6(struct pt_regs *regs, unsigned long parent)
{
	const struct flowi6 *flow =
		&((struct flowi *)skald_arg(regs, 1))->u.ip6;
	struct lookup *lookup;
	u8 purpose;

	lookup = lookup_of(AF_INET6, &flow->saddr, &flow->daddr, &purpose);
	if (lookup)
		rule_tell(lookup->id, skald_arg(regs, 0), AF_INET6, purpose);
}

/* Its tracepoint does not have the prefix: this has where it will be. */
void skald_fib_on_table4(struct pt_regs *regs, unsigned long parent)
{
	struct lookup *lookup = this_cpu_ptr(&lookups);

	if (unlikely(lookup->skb))
		lookup->result = skald_arg(regs, 2);
}

static struct skald_r_fib *fib_begin(struct skald_space *space,
				     const struct lookup *lookup, u32 table,
				     u8 purpose, int err)
{
	struct skald_r_fib *to;

	to = skald_ring_begin(space, lookup->id, SKALD_R_FIB, sizeof(*to));
	if (!to)
		return NULL;
	to->table = table;
	to->error = err;
	to->family = lookup->family;
	to->purpose = purpose;
	to->prefix_len = PREFIX_UNKNOWN;
	return to;
}

static void nexthop_tell(struct skald_r_fib *to,
			 const struct fib_nh_common *nexthop)
{
	skald_dev_tell(&to->dev, nexthop->nhc_dev);
	to->via_family = nexthop->nhc_gw_family;
	if (nexthop->nhc_gw_family == AF_INET)
		memcpy(&to->via, &nexthop->nhc_gw.ipv4, sizeof(__be32));
	else if (nexthop->nhc_gw_family == AF_INET6)
		memcpy(&to->via, &nexthop->nhc_gw.ipv6, sizeof(to->via));
}

void skald_fib_on_result4(void *data, u32 table, const struct flowi4 *flow,
			  const struct fib_nh_common *nexthop, int err)
{
	struct skald_space space;
	struct lookup *lookup;
	struct skald_r_fib *to;
	u8 purpose;

	lookup = lookup_of(AF_INET, &flow->saddr, &flow->daddr, &purpose);
	if (!lookup)
		return;
	to = fib_begin(&space, lookup, table, purpose, err);
	if (!to)
		return;
	to->mark = flow->flowi4_mark;
	memcpy(&to->src, &flow->saddr, sizeof(flow->saddr));
	memcpy(&to->dst, &flow->daddr, sizeof(flow->daddr));
	if (nexthop) {
		nexthop_tell(to, nexthop);
		if (lookup->result) {
			to->prefix_len = lookup->result->prefixlen;
			to->type = lookup->result->type;
			memcpy(&to->prefix, &lookup->result->prefix,
			       sizeof(__be32));
		}
	}
	lookup->result = NULL;
	skald_ring_end(&space);
}

void skald_fib_on_result6(void *data, const struct net *net,
			  const struct fib6_result *result,
			  struct fib6_table *table, const struct flowi6 *flow)
{
	struct skald_space space;
	struct lookup *lookup;
	struct skald_r_fib *to;
	bool found;
	u8 purpose;

	lookup = lookup_of(AF_INET6, &flow->saddr, &flow->daddr, &purpose);
	if (!lookup)
		return;
	found = result->f6i && result->f6i != net->ipv6.fib6_null_entry;
	to = fib_begin(&space, lookup, table->tb6_id, purpose,
		       found ? 0 : -EAGAIN);
	if (!to)
		return;
	to->mark = flow->flowi6_mark;
	memcpy(&to->src, &flow->saddr, sizeof(to->src));
	memcpy(&to->dst, &flow->daddr, sizeof(to->dst));
	if (found) {
		to->prefix_len = result->f6i->fib6_dst.plen;
		memcpy(&to->prefix, &result->f6i->fib6_dst.addr,
		       sizeof(to->prefix));
		to->type = result->fib6_type ?: result->f6i->fib6_type;
		if (result->nh)
			nexthop_tell(to, &result->nh->nh_common);
	}
	skald_ring_end(&space);
}

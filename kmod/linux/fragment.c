// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/percpu.h>
#include <net/dst.h>
#include <net/inet_frag.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <skald/uapi.h>

#include "compat.h"
#include "end.h"
#include "fragment.h"
#include "mark.h"
#include "packet.h"
#include "place.h"
#include "ring.h"
#include "snap.h"

/**
 * struct cut - a packet that is being cut, noted on the CPU where that began
 * @id: the packet's; 0: none. Read by others: written last, and taken away by
 *	whoever sees the packet end
 * @netns: its namespace
 * @key: of its addresses and identification
 */
struct cut {
	u64 id;
	u32 netns;
	u32 key;
};

/**
 * struct whole - a reassembly that is under way on a CPU
 * @skb: where it ends; only compared
 * @cookie: of its queue
 */
struct whole {
	const struct sk_buff *skb;
	u64 cookie;
};

static DEFINE_PER_CPU(struct cut, cuts);
static DEFINE_PER_CPU(struct whole, wholes);
static atomic_t cutting;

void skald_fragment_open(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		memset(per_cpu_ptr(&cuts, cpu), 0, sizeof(struct cut));
		memset(per_cpu_ptr(&wholes, cpu), 0, sizeof(struct whole));
	}
	atomic_set(&cutting, 0);
}

/* What all fragments of an IPv4 packet have in common. */
static u32 key4(const struct iphdr *ip)
{
	return jhash_3words((__force u32)ip->saddr, (__force u32)ip->daddr,
			    (__force u16)ip->id << 8 | ip->protocol, AF_INET);
}

/* IPv6 gives the identification while cutting: the flow has to do. */
static u32 key6(const struct ipv6hdr *ip)
{
	return jhash(&ip->saddr, 2 * sizeof(struct in6_addr), AF_INET6);
}

/* 0: not IP, or not all there. */
static u32 key_of(const struct sk_buff *skb)
{
	const struct iphdr *ip;
	struct ipv6hdr buffer;
	unsigned int len = skb->protocol == htons(ETH_P_IP)
				   ? sizeof(struct iphdr)
				   : sizeof(struct ipv6hdr);

	if (skb->protocol != htons(ETH_P_IP) &&
	    skb->protocol != htons(ETH_P_IPV6))
		return 0;
	ip = skb_header_pointer(skb, skb_network_offset(skb), len, &buffer);
	if (!ip)
		return 0;
	return (ip->version == 4 ? key4(ip) : key6((const void *)ip)) ?: 1;
}

static void cut_tell(u64 id, const struct sk_buff *skb)
{
	struct skald_r_fragment *to;
	struct skald_space space;
	u32 mtu = skb_dst(skb) ? dst_mtu(skb_dst(skb)) : 0;

	to = skald_ring_begin(&space, id, SKALD_R_FRAGMENT, sizeof(*to));
	if (!to)
		return;
	to->length = skb->len;
	to->mtu = mtu;
	skald_ring_end(&space);
}

void skald_fragment_on_cut(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = skald_arg(regs, 2);
	struct skald_packet *packet = skald_packet_get(skb);
	struct cut *cut = this_cpu_ptr(&cuts);

	if (!packet)
		return;
	cut_tell(packet->id, skb);
	/* It may go on as the first of its fragments, with another header. */
	packet->flags |= SKALD_PACKET_CUT | SKALD_PACKET_UNSHOWN;
	if (!cut->id)
		atomic_inc(&cutting);
	WRITE_ONCE(cut->netns, packet->netns);
	WRITE_ONCE(cut->key, key_of(skb));
	smp_store_release(&cut->id, packet->id);
}

void skald_fragment_done(const struct skald_packet *packet)
{
	unsigned int cpu;

	if (likely(!(packet->flags & SKALD_PACKET_CUT)))
		return;
	for_each_possible_cpu(cpu) {
		struct cut *cut = per_cpu_ptr(&cuts, cpu);

		if (cmpxchg64(&cut->id, packet->id, 0) == packet->id)
			atomic_dec(&cutting);
	}
}

static struct skald_packet *child_of(u64 parent, u32 netns, struct sk_buff *skb,
				     unsigned long place)
{
	struct skald_kin kin = {
		.parent = parent,
		.place = place,
		.how = SKALD_LINK_FRAGMENT,
	};

	return skald_mark_child(skb, netns, &kin);
}

struct skald_packet *skald_fragment_adopt(struct sk_buff *skb)
{
	struct skald_packet *packet;
	unsigned int cpu;
	u64 id;
	u32 key;

	if (likely(!atomic_read(&cutting)))
		return NULL;
	key = key_of(skb);
	for_each_possible_cpu(cpu) {
		const struct cut *cut = per_cpu_ptr(&cuts, cpu);

		id = smp_load_acquire(&cut->id);
		if (!key || !id || READ_ONCE(cut->key) != key)
			continue;
		packet = child_of(id, READ_ONCE(cut->netns), skb, 0);
		if (packet)
			skald_snap_tell(packet->id, skb,
					skb_network_offset(skb));
		return packet;
	}
	return NULL;
}

/* Each fragment is prepared by the one before it; all come from the same. */
static void list_tell(const struct sk_buff *skb, struct sk_buff *next,
		      unsigned long place)
{
	struct skald_packet *packet = skald_packet_get(skb);
	const struct cut *cut = this_cpu_ptr(&cuts);
	u64 parent;

	if (!packet || !next)
		return;
	parent = cut->id && cut->netns == packet->netns ? cut->id : packet->id;
	packet = child_of(parent, packet->netns, next, place);
	if (packet)
		packet->flags |= SKALD_PACKET_UNSHOWN;
}

void skald_fragment_on_list4(struct pt_regs *regs, unsigned long parent)
{
	const struct ip_fraglist_iter *iter = skald_arg(regs, 1);

	list_tell(skald_arg(regs, 0), iter->frag, parent);
}

void skald_fragment_on_list6(struct pt_regs *regs, unsigned long parent)
{
	const struct ip6_fraglist_iter *iter = skald_arg(regs, 1);

	list_tell(skald_arg(regs, 0), iter->frag, parent);
}

void skald_fragment_on_insert(struct pt_regs *regs, unsigned long parent)
{
	struct skald_packet *packet = skald_packet_get(skald_arg(regs, 1));
	struct skald_space space;
	struct skald_r_defrag *to;

	if (!packet)
		return;
	to = skald_ring_begin(&space, packet->id, SKALD_R_DEFRAG, sizeof(*to));
	if (!to)
		return;
	to->cookie = skald_place((unsigned long)skald_arg(regs, 0));
	to->offset = skald_arg_u32(regs, 2);
	to->end = skald_arg_u32(regs, 3);
	skald_ring_end(&space);
}

void skald_fragment_on_prepare(struct pt_regs *regs, unsigned long parent)
{
	struct whole *whole = this_cpu_ptr(&wholes);
	const struct sk_buff *skb = skald_arg(regs, 1);

	whole->skb = skb->nf_trace ? skb : NULL;
	whole->cookie = skald_place((unsigned long)skald_arg(regs, 0));
}

u64 skald_fragment_cookie(const struct sk_buff *skb)
{
	const struct whole *whole = this_cpu_ptr(&wholes);

	return whole->skb == skb ? whole->cookie : 0;
}

/*
 * Where the first fragment came last, nothing is morphed: that fragment's skb
 * becomes the whole.
 */
void skald_fragment_on_finish(struct pt_regs *regs, unsigned long parent)
{
	struct sk_buff *skb = skald_arg(regs, 1);
	struct skald_packet last, *packet;
	struct skald_kin kin = {
		.cookie = skald_place((unsigned long)skald_arg(regs, 0)),
		.place = parent,
		.how = SKALD_LINK_REASSEMBLE,
	};

	this_cpu_ptr(&wholes)->skb = NULL;
	if (!skb->nf_trace)
		return;
	packet = skald_packet_peek(skb);
	if (!packet || packet->flags & SKALD_PACKET_WHOLE)
		return;
	last = *packet;
	skald_end_tell(SKALD_R_FREE, last.id, parent, 0);
	kin.parent = skald_packet_renew(packet, last.netns);
	packet->flags |= SKALD_PACKET_WHOLE;
	skald_mark_link(packet, &kin);
}

void skald_fragment_settle(struct sk_buff *skb, struct skald_packet *packet)
{
	struct skald_packet last;
	struct sk_buff *part;

	packet->flags &= ~SKALD_PACKET_WHOLE;
	packet->flags |= SKALD_PACKET_UNSHOWN;
	skb_walk_frags(skb, part) {
		if (!part->nf_trace || !skald_packet_take(part, &last))
			continue;
		part->nf_trace = 0;
		skald_end_tell(SKALD_R_FREE, last.id, 0, 0);
	}
	skald_snap_show(packet, skb);
}

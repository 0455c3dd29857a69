// SPDX-License-Identifier: GPL-2.0-only
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_nat.h>
#include <skald/uapi.h>

#include "compat.h"
#include "conntrack.h"
#include "nat.h"
#include "packet.h"
#include "ring.h"

/* What a packet has to look like: the answer to the other direction. */
static void target_tell(struct skald_r_tuple *to,
			const struct nf_conntrack_tuple *other)
{
	struct skald_r_tuple answer = {};

	skald_tuple_tell(&answer, other);
	*to = answer;
	to->src = answer.dst;
	to->dst = answer.src;
	if (to->protocol == IPPROTO_ICMP || to->protocol == IPPROTO_ICMPV6)
		return;
	to->sport = answer.dport;
	to->dport = answer.sport;
}

void skald_nat_on_manip(struct pt_regs *regs, unsigned long parent)
{
	struct skald_packet *packet = skald_packet_get(skald_arg(regs, 0));
	const struct nf_conn *ct = skald_arg(regs, 1);
	bool reply = skald_arg_u32(regs, 3) == IP_CT_DIR_REPLY;
	struct skald_space space;
	struct skald_r_nat *nat;

	BUILD_BUG_ON((int)SKALD_NAT_SOURCE != NF_NAT_MANIP_SRC);
	BUILD_BUG_ON((int)SKALD_NAT_DESTINATION != NF_NAT_MANIP_DST);
	if (!packet)
		return;
	nat = skald_ring_begin(&space, packet->id, SKALD_R_NAT, sizeof(*nat));
	if (!nat)
		return;
	nat->id = skald_conntrack_id(ct);
	nat->what = skald_arg_u32(regs, 2);
	nat->reply = reply;
	target_tell(&nat->target, &ct->tuplehash[!reply].tuple);
	skald_ring_end(&space);
}

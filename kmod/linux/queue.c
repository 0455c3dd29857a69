// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet goes to user space by a hook function's verdict, which is seen there
 * (wrap.c). It comes back through its queue, which runs what is left of the
 * hook by itself: that is listed, its verdicts are not seen.
 */
#include <linux/netfilter.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_queue.h>
#include <skald/uapi.h>

#include "compat.h"
#include "hook.h"
#include "packet.h"
#include "queue.h"
#include "ring.h"

static const struct nf_hook_entries *
entries_of(const struct nf_hook_state *state)
{
	if (state->hook >= NF_INET_NUMHOOKS)
		return NULL;
	switch (state->pf) {
	case NFPROTO_IPV4:
		return rcu_dereference(state->net->nf.hooks_ipv4[state->hook]);
	case NFPROTO_IPV6:
		return rcu_dereference(state->net->nf.hooks_ipv6[state->hook]);
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	case NFPROTO_BRIDGE:
		return rcu_dereference(
			state->net->nf.hooks_bridge[state->hook]);
#endif
	default:
		return NULL;
	}
}

void skald_queue_on_reinject(struct pt_regs *regs, unsigned long parent)
{
	const struct nf_queue_entry *entry = skald_arg(regs, 0);
	u32 verdict = skald_arg_u32(regs, 1);
	struct skald_packet *packet = skald_packet_get(entry->skb);
	struct skald_r_reinject *to;
	struct skald_space space;

	if (!packet)
		return;
	to = skald_ring_begin(&space, packet->id, SKALD_R_REINJECT,
			      sizeof(*to));
	if (to) {
		to->verdict = verdict;
		to->family = entry->state.pf;
		to->hook = entry->state.hook;
		to->index = entry->hook_index;
		skald_ring_end(&space);
	}
	if (verdict != NF_ACCEPT)
		return;
	rcu_read_lock();
	skald_hook_tell(packet->id, &entry->state, entries_of(&entry->state),
			entry->hook_index + 1, SKALD_HOOK_UNSEEN);
	rcu_read_unlock();
}

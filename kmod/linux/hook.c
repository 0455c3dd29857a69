// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netfilter_arp.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/net_namespace.h>
#include <skald/uapi.h>

#include "bridge.h"
#include "classifier.h"
#include "compat.h"
#include "conntrack.h"
#include "hook.h"
#include "mark.h"
#include "packet.h"
#include "place.h"
#include "ring.h"
#include "route.h"
#include "snap.h"
#include "table.h"
#include "wrap.h"

#define FUNCTIONS_MAX                                       \
	((SKALD_RECORD_MAX - sizeof(struct skald_r_hook)) / \
	 sizeof(struct skald_r_function))

unsigned int skald_hook_nothing(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

bool skald_hook_is_ours(nf_hookfn *hook)
{
	return hook == skald_hook_nothing || hook == skald_bridge_prerouting;
}

static bool is_output(const struct nf_hook_state *state)
{
	switch (state->pf) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
		return state->hook == NF_INET_LOCAL_OUT;
	case NFPROTO_ARP:
		return state->hook == NF_ARP_OUT;
	default:
		return false;
	}
}

static unsigned int functions_copy(struct skald_r_function *to,
				   const struct nf_hook_entries *entries,
				   unsigned int first)
{
	struct nf_hook_ops **ops = nf_hook_entries_get_hook_ops(entries);
	unsigned int i, n = 0;

	for (i = first; i < entries->num_hook_entries; i++) {
		if (skald_hook_is_ours(entries->hooks[i].hook))
			continue;
		if (n == FUNCTIONS_MAX)
			break;
		to[n].place =
			skald_place((unsigned long)entries->hooks[i].hook);
		to[n].priority = ops[i]->priority;
		to[n].kind = ops[i]->hook_ops_type;
		n++;
	}
	return n;
}

void skald_hook_tell(u64 id, const struct nf_hook_state *state,
		     const struct nf_hook_entries *entries, unsigned int first,
		     u32 flags)
{
	unsigned int most = entries ? entries->num_hook_entries : 0;
	struct skald_space space;
	struct skald_r_hook *hook;

	most = most > first ? most - first : 0;
	if (most > FUNCTIONS_MAX) {
		most = FUNCTIONS_MAX;
		flags |= SKALD_HOOK_MORE;
	}
	hook = skald_ring_begin(&space, id, SKALD_R_HOOK,
				struct_size(hook, functions, most));
	if (!hook)
		return;
	hook->netns = state->net->ns.inum;
	skald_dev_tell(&hook->in, state->in);
	skald_dev_tell(&hook->out, state->out);
	hook->family = state->pf;
	hook->hook = state->hook;
	hook->first = first;
	hook->flags = flags;
	if (most)
		hook->count = functions_copy(hook->functions, entries, first);
	skald_ring_end(&space);
}

/* A packet that a tunnel made out of one that its device had sent. */
static void encapsulated(struct skald_packet *packet, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	if (!is_output(state) || !(packet->flags & SKALD_PACKET_SENT)) {
		skald_packet_mend(packet, skb);
		return;
	}
	skald_mark_rebirth(packet, skb, state->net->ns.inum, SKALD_LINK_ENCAP);
	skald_snap_tell(packet->id, skb, skb_network_offset(skb));
}

static struct skald_packet *output_mark(struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	struct skald_where where = {
		.net = state->net,
		.out = state->out,
		.point = SKALD_POINT_OUTPUT,
		.family = state->pf,
	};

	if (!(READ_ONCE(skald_table_points) & SKALD_POINT_OUTPUT))
		return NULL;
	return skald_mark_try(skb, &where);
}

void skald_hook_on_entry(struct pt_regs *regs, unsigned long parent)
{
	struct sk_buff *skb = skald_arg(regs, 0);
	const struct nf_hook_state *state = skald_arg(regs, 1);
	const struct nf_hook_entries *entries = skald_arg(regs, 2);
	struct skald_packet *packet = skald_packet_get_back(skb);
	u32 flags = 0;

	if (likely(!packet)) {
		if (!is_output(state))
			return;
		packet = output_mark(skb, state);
		if (!packet)
			return;
	} else if (packet->flags & SKALD_PACKET_SCRUBBED) {
		encapsulated(packet, skb, state);
	}
	skald_conntrack_pending(packet, skb);
	if (is_output(state))
		skald_route_tell(packet->id, skb, SKALD_PURPOSE_OUTPUT, 0);
	entries = skald_wrap(entries);
	if (!entries)
		flags = SKALD_HOOK_UNSEEN;
	skald_hook_tell(packet->id, state, skald_arg(regs, 2),
			skald_arg_u32(regs, 3), flags);
	if (entries)
		regs->dx = (unsigned long)entries;
}

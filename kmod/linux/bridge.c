// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_queue.h>
#include <skald/uapi.h>

#include "bridge.h"
#include "compat.h"
#include "hook.h"
#include "packet.h"
#include "place.h"
#include "ring.h"
#include "wrap.h"

static void step_tell(u64 id, u32 step, const struct net_device *dev)
{
	struct skald_space space;
	struct skald_r_bridge *to;

	to = skald_ring_begin(&space, id, SKALD_R_BRIDGE, sizeof(*to));
	if (!to)
		return;
	to->step = step;
	skald_dev_tell(&to->dev, dev);
	skald_ring_end(&space);
}

static void step(const struct sk_buff *skb, u32 step)
{
	struct skald_packet *packet = skald_packet_get(skb);

	if (packet)
		step_tell(packet->id, step, skb->dev);
}

void skald_bridge_on_input(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = *(struct sk_buff **)skald_arg(regs, 0);
	struct skald_packet *packet = skald_packet_get(skb);

	if (packet)
		step_tell(packet->id, SKALD_BRIDGE_INPUT, skb->dev);
}

void skald_bridge_on_decide(struct pt_regs *regs, unsigned long parent)
{
	step(skald_arg(regs, 2), SKALD_BRIDGE_DECIDE);
}

void skald_bridge_on_forward(struct pt_regs *regs, unsigned long parent)
{
	step(skald_arg(regs, 2), SKALD_BRIDGE_FORWARD);
}

void skald_bridge_on_local(struct pt_regs *regs, unsigned long parent)
{
	step(skald_arg(regs, 2), SKALD_BRIDGE_LOCAL);
}

void skald_bridge_on_output(struct pt_regs *regs, unsigned long parent)
{
	step(skald_arg(regs, 2), SKALD_BRIDGE_OUTPUT);
}

/* Where ours stands among them; their number if it is not there any more. */
static unsigned int ours_in(const struct nf_hook_entries *entries)
{
	unsigned int i;

	for (i = 0; i < entries->num_hook_entries; i++)
		if (entries->hooks[i].hook == skald_bridge_prerouting)
			break;
	return i;
}

/*
 * One function. Return: its verdict, NF_STOLEN also where the packet waits in a
 * queue; NF_ACCEPT when the next is to run.
 */
static u32 function_run(const struct nf_hook_entries *entries, unsigned int i,
			struct sk_buff *skb, struct nf_hook_state *state)
{
	u32 verdict = nf_hook_entry_hookfn(&entries->hooks[i], skb, state);

	if ((verdict & NF_VERDICT_MASK) != NF_QUEUE)
		return verdict;
	return nf_queue(skb, state, i, verdict) == 1 ? NF_ACCEPT : NF_STOLEN;
}

/*
 * Those before ours ran unseen, and accepted the frame: else it would not have
 * come here. How long they took is not known.
 */
static void accepted_tell(u64 id, const struct nf_hook_state *state,
			  const struct nf_hook_entries *entries,
			  unsigned int ours)
{
	struct nf_hook_ops **ops = nf_hook_entries_get_hook_ops(entries);
	struct skald_space space;
	struct skald_r_stage *to;
	unsigned int i;

	for (i = 0; i < ours; i++) {
		to = skald_ring_begin(&space, id, SKALD_R_STAGE, sizeof(*to));
		if (!to)
			return;
		to->place = skald_place((unsigned long)entries->hooks[i].hook);
		to->priority = ops[i]->priority;
		to->verdict = NF_ACCEPT;
		to->family = state->pf;
		to->hook = state->hook;
		to->index = i;
		skald_ring_end(&space);
	}
}

/*
 * The functions behind ours. One that gives the frame back to the port's own
 * stack (broute) says so with a bit of skb->cb that only the bridge knows. So
 * where the content of that changed, and the packet is still the same one, the
 * bridge is let look at once; if it finds nothing it runs them itself.
 */
static unsigned int functions_run(const struct nf_hook_entries *entries,
				  unsigned int first, struct sk_buff *skb,
				  struct nf_hook_state *state)
{
	u8 cb[sizeof(skb->cb)];
	unsigned int i, len;
	u32 verdict;

	for (i = first; i < entries->num_hook_entries; i++) {
		memcpy(cb, skb->cb, sizeof(cb));
		len = skb->len;
		verdict = function_run(entries, i, skb, state);
		if ((verdict & NF_VERDICT_MASK) != NF_ACCEPT)
			return verdict;
		if (skb->len == len && memcmp(cb, skb->cb, sizeof(cb)))
			return NF_ACCEPT;
	}
	state->okfn(state->net, state->sk, skb);
	return NF_STOLEN;
}

unsigned int skald_bridge_prerouting(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *given)
{
	struct skald_packet *packet = skald_packet_get(skb);
	const struct nf_hook_entries *entries = NULL, *wrapped;
	struct nf_hook_state state = *given;
	unsigned int ours;

	if (likely(!packet))
		return NF_ACCEPT;
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	entries =
		rcu_dereference(state.net->nf.hooks_bridge[NF_BR_PRE_ROUTING]);
#endif
	ours = entries ? ours_in(entries) : 0;
	/* Nobody else, or it is being taken away. */
	if (!entries || ours + 1 >= entries->num_hook_entries)
		return NF_ACCEPT;
	wrapped = skald_wrap(entries);
	skald_hook_tell(packet->id, &state, entries, 0,
			wrapped ? 0 : SKALD_HOOK_UNSEEN);
	if (!wrapped)
		return NF_ACCEPT;
	accepted_tell(packet->id, &state, entries, ours);
	return functions_run(wrapped, ours + 1, skb, &state);
}

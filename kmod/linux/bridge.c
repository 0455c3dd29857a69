// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <net/net_namespace.h>
#include <skald/uapi.h>

#include "bridge.h"
#include "compat.h"
#include "hook.h"
#include "packet.h"
#include "ring.h"

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

/* nf_hook_bridge_pre() runs these functions itself. */
static void prerouting_tell(u64 id, const struct sk_buff *skb)
{
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	struct net *net = dev_net(skb->dev);
	const struct nf_hook_entries *entries;
	struct nf_hook_state state = {
		.hook = NF_BR_PRE_ROUTING,
		.pf = NFPROTO_BRIDGE,
		.in = skb->dev,
		.net = net,
	};

	rcu_read_lock();
	entries = rcu_dereference(net->nf.hooks_bridge[NF_BR_PRE_ROUTING]);
	if (entries)
		skald_hook_tell(id, &state, entries, 0, SKALD_HOOK_UNSEEN);
	rcu_read_unlock();
#endif
}

void skald_bridge_on_input(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = *(struct sk_buff **)skald_arg(regs, 0);
	struct skald_packet *packet = skald_packet_get(skb);

	if (!packet)
		return;
	step_tell(packet->id, SKALD_BRIDGE_INPUT, skb->dev);
	prerouting_tell(packet->id, skb);
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

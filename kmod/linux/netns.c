// SPDX-License-Identifier: GPL-2.0-only
#include <linux/limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

#include "bridge.h"
#include "hook.h"
#include "netns.h"

static const struct nf_hook_ops our_hooks[] = {
	{
		.hook = skald_hook_nothing,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = INT_MIN,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = skald_hook_nothing,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = INT_MIN,
	},
#endif
#ifdef CONFIG_NETFILTER_FAMILY_ARP
	{
		.hook = skald_hook_nothing,
		.pf = NFPROTO_ARP,
		.hooknum = NF_ARP_OUT,
		.priority = INT_MIN,
	},
#endif
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	/* Behind ebt_broute(), which may take a frame from the bridge. */
	{
		.hook = skald_bridge_prerouting,
		.pf = NFPROTO_BRIDGE,
		.hooknum = NF_BR_PRE_ROUTING,
		.priority = NF_BR_PRI_FIRST + 1,
	},
#endif
};

static int __net_init netns_init(struct net *net)
{
	return nf_register_net_hooks(net, our_hooks, ARRAY_SIZE(our_hooks));
}

static void __net_exit netns_exit(struct net *net)
{
	nf_unregister_net_hooks(net, our_hooks, ARRAY_SIZE(our_hooks));
}

static struct pernet_operations netns_ops = {
	.init = netns_init,
	.exit = netns_exit,
};

int skald_netns_arm(void)
{
	return register_pernet_subsys(&netns_ops);
}

void skald_netns_disarm(void)
{
	unregister_pernet_subsys(&netns_ops);
}

struct net *skald_netns_find(u32 inum)
{
	struct net *net, *found = NULL;

	rcu_read_lock();
	for_each_net_rcu(net) {
		if (net->ns.inum == inum)
			found = maybe_get_net(net);
	}
	rcu_read_unlock();
	return found;
}

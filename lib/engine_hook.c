// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that stands at a hook, by priority: base chains of the ruleset,
 * and between them what the kernel itself puts there (enum
 * nf_ip_hook_priorities in include/uapi/linux/netfilter_ipv4.h).
 */
#include "engine_priv.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <stdio.h>

/* What the kernel puts at hooks of IPv4 and IPv6, and of bridges. */
enum stage {
	STAGE_DEFRAG,
	STAGE_CONNTRACK,
	STAGE_NAT,
	STAGE_CONFIRM,
	STAGE_BRNF,
};

struct builtin {
	uint8_t hook;
	enum stage stage;
	int priority;
};

/* By priority at each hook. */
static const struct builtin builtins[] = {
	{ NF_INET_PRE_ROUTING, STAGE_DEFRAG, NF_IP_PRI_CONNTRACK_DEFRAG },
	{ NF_INET_PRE_ROUTING, STAGE_CONNTRACK, NF_IP_PRI_CONNTRACK },
	{ NF_INET_PRE_ROUTING, STAGE_NAT, NF_IP_PRI_NAT_DST },
	{ NF_INET_LOCAL_OUT, STAGE_DEFRAG, NF_IP_PRI_CONNTRACK_DEFRAG },
	{ NF_INET_LOCAL_OUT, STAGE_CONNTRACK, NF_IP_PRI_CONNTRACK },
	{ NF_INET_LOCAL_OUT, STAGE_NAT, NF_IP_PRI_NAT_DST },
	{ NF_INET_LOCAL_IN, STAGE_NAT, NF_IP_PRI_NAT_SRC },
	{ NF_INET_LOCAL_IN, STAGE_CONFIRM, NF_IP_PRI_LAST },
	{ NF_INET_POST_ROUTING, STAGE_NAT, NF_IP_PRI_NAT_SRC },
	{ NF_INET_POST_ROUTING, STAGE_CONFIRM, NF_IP_PRI_LAST },
};

/* br_nf_ops[] in net/bridge/br_netfilter_hooks.c */
static const struct builtin bridge_builtins[] = {
	{ NF_BR_PRE_ROUTING, STAGE_BRNF, NF_BR_PRI_BRNF },
	{ NF_BR_LOCAL_IN, STAGE_BRNF, NF_BR_PRI_LAST },
	{ NF_BR_FORWARD, STAGE_BRNF, NF_BR_PRI_BRNF },
	{ NF_BR_POST_ROUTING, STAGE_BRNF, NF_BR_PRI_LAST },
};

static bool is_ip(uint8_t pf)
{
	return pf == NFPROTO_IPV4 || pf == NFPROTO_IPV6;
}

static u32 run_stage(struct skald_passage *passage, enum stage stage)
{
	switch (stage) {
	case STAGE_DEFRAG:
		return (u32)skald_passage_gather(passage);
	case STAGE_CONNTRACK:
		return (u32)skald_passage_track(passage);
	case STAGE_NAT:
		return (u32)skald_passage_nat(passage);
	case STAGE_CONFIRM:
		return (u32)skald_passage_confirm(passage);
	case STAGE_BRNF:
		return (u32)skald_passage_brnf(passage, passage->hook);
	}
	return NF_ACCEPT;
}

/* Ends the story by a verdict. Return: whether the packet goes on */
static bool goes_on(struct skald_passage *passage, u32 verdict)
{
	struct skald_event *event;

	switch (verdict & NF_VERDICT_MASK) {
	case NF_ACCEPT:
		return true;
	case NF_DROP:
		skald_passage_end(passage, SKALD_ENDING_DROPPED,
				  "NETFILTER_DROP");
		return false;
	case NF_QUEUE:
		event = skald_passage_add(passage, SKALD_QUEUE);
		if (event) {
			SKALD_SET(event, queue, number, verdict >> 16);
			SKALD_SET(event, queue, hook,
				  passage->story.ending.hook);
		}
		skald_passage_assume(passage,
				     "what user space says of queue %u",
				     verdict >> 16);
		skald_passage_end(passage, SKALD_ENDING_UNKNOWN,
				  "queued to user space");
		return false;
	default:
		if (!passage->ended)
			skald_passage_end(passage, SKALD_ENDING_CONSUMED,
					  "taken by a rule");
		return false;
	}
}

/* ip_route_me_harder(): a chain of type route changed what routing looks at. */
static bool routes_again(const struct skald_vm_chain *chain,
			 const struct skald_passage *passage,
			 const struct skald_snap *before)
{
	return chain->base->type == SKALD_CHAIN_ROUTE &&
	       passage->hook == NF_INET_LOCAL_OUT &&
	       !skald_snap_same(before, &passage->before);
}

static u32 run_chain(struct skald_passage *passage,
		     struct skald_vm_chain *chain)
{
	struct skald_snap before = passage->before;
	u32 verdict;

	passage->nat_rule = NULL;
	verdict = skald_vm_run(chain, &passage->pkt);
	skald_passage_compare(passage, passage->author);
	if ((verdict & NF_VERDICT_MASK) == NF_ACCEPT &&
	    routes_again(chain, passage, &before))
		skald_passage_route_again(passage);
	return verdict;
}

void skald_passage_at(struct skald_passage *passage, uint8_t pf, uint8_t hook)
{
	passage->pf = pf;
	passage->hook = hook;
	passage->story.ending.hook = skald_hook_from_nft(pf, hook);
	passage->author[0] = '\0';
	skald_vm_pkt_init(&passage->pkt, skald_passage_view(passage), pf, hook,
			  passage->input->t_ns);
	passage->pkt.world = &skald_engine_world;
	passage->pkt.owner = passage;
	passage->pkt.trace = passage->input->tells_misses
				     ? &skald_engine_trace_misses
				     : &skald_engine_trace;
	passage->pkt.tracer = passage;
}

/* The next builtin of the hook behind @last. */
static const struct builtin *next_builtin(uint8_t pf, uint8_t hook,
					  const struct builtin *last)
{
	bool is_bridge = pf == NFPROTO_BRIDGE;
	const struct builtin *all = is_bridge ? bridge_builtins : builtins;
	const struct builtin *end =
		all + (is_bridge ? ARRAY_SIZE(bridge_builtins)
				 : ARRAY_SIZE(builtins));

	if (!is_bridge && !is_ip(pf))
		return NULL;
	for (last = last ? last + 1 : all; last < end; last++) {
		if (last->hook == hook)
			return last;
	}
	return NULL;
}

/* The next chain that is called for every packet; nat's are not. */
static struct skald_vm_hook *next_chain(const struct skald_passage *passage,
					const char *device,
					struct skald_vm_hook *last)
{
	do {
		last = skald_vm_hook_next(passage->engine->vm, passage->pf,
					  passage->hook, device, last);
	} while (last && is_ip(passage->pf) &&
		 last->chain->base->type == SKALD_CHAIN_NAT);
	return last;
}

bool skald_passage_hook(struct skald_passage *passage, uint8_t pf, uint8_t hook)
{
	const char *device =
		pf == NFPROTO_NETDEV
			? skald_passage_ifname(passage, passage->room.view.iif)
			: NULL;
	const struct builtin *builtin = next_builtin(pf, hook, NULL);
	struct skald_vm_hook *chain;
	u32 verdict;

	skald_passage_at(passage, pf, hook);
	chain = next_chain(passage, device, NULL);
	while (chain || builtin) {
		bool is_chain =
			chain && (!builtin || chain->chain->base->priority <=
						      builtin->priority);

		if (is_chain) {
			verdict = run_chain(passage, chain->chain);
			chain = next_chain(passage, device, chain);
		} else {
			verdict = run_stage(passage, builtin->stage);
			builtin = next_builtin(pf, hook, builtin);
		}
		if (!goes_on(passage, verdict))
			return false;
	}
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces of a recorded frame that was in a bridge: hooks of the bridge have
 * its ports, those of ip within it have the bridge, and behind them no input.
 * The nft source does not see by which port it left: that is not known then.
 */
#include "engine_priv.h"

#include <linux/netfilter_bridge.h>

#include "engine_reenact.h"

/* The port it left by. */
static uint32_t port_out(const struct skald_passage *passage,
			 const struct skald_story *story)
{
	const struct skald_bridges *bridges = &passage->engine->bridges;

	if (story->oif && skald_bridges_port(bridges, story->last.oif))
		return story->last.oif;
	return SKALD_VIEW_UNKNOWN;
}

/* Up to the bridge, and out by another interface. */
static bool is_routed(const struct skald_passage *passage,
		      const struct skald_story *story)
{
	const struct skald_bridge_port *out =
		skald_bridges_port(&passage->engine->bridges, story->last.oif);

	return story->oif && story->last.oif && !out &&
	       story->last.oif != passage->bridging.bridge->index;
}

static void at_bridge(struct skald_passage *passage,
		      const struct skald_story *story)
{
	struct skald_view *view = skald_passage_view(passage);

	view->iif = passage->bridging.port->index;
	view->oif = 0;
	if (passage->hook == NF_BR_POST_ROUTING)
		view->iif = 0;
	if (passage->hook == NF_BR_FORWARD ||
	    passage->hook == NF_BR_POST_ROUTING)
		view->oif = port_out(passage, story);
}

static void at_ip(struct skald_passage *passage,
		  const struct skald_story *story)
{
	struct skald_view *view = skald_passage_view(passage);
	uint32_t bridge = passage->bridging.bridge->index;
	bool leaves = passage->hook == NF_INET_FORWARD ||
		      passage->hook == NF_INET_POST_ROUTING;

	view->iif = bridge;
	passage->bridging.in = passage->bridging.port->index;
	passage->bridging.out = 0;
	if (!leaves || is_routed(passage, story))
		return;
	passage->bridging.out = port_out(passage, story);
	view->oif = bridge;
	if (passage->hook == NF_INET_POST_ROUTING)
		view->iif = 0;
}

void skald_reenact_bridge(struct skald_passage *passage,
			  const struct skald_story *story)
{
	struct skald_bridging *bridging = &passage->bridging;
	const struct skald_bridges *bridges = &passage->engine->bridges;

	bridging->port = story->iif
				 ? skald_bridges_port(bridges, story->first.iif)
				 : NULL;
	if (bridging->port)
		bridging->bridge =
			skald_bridges_find(bridges, bridging->port->bridge);
	if (!bridging->port || !bridging->bridge) {
		bridging->port = NULL;
		/* it may have come up from a port */
		if (skald_bridges_find(bridges, passage->room.view.iif))
			bridging->in = SKALD_VIEW_UNKNOWN;
		return;
	}
	if (passage->pf == NFPROTO_BRIDGE)
		at_bridge(passage, story);
	else if (passage->pf == NFPROTO_IPV4 || passage->pf == NFPROTO_IPV6)
		at_ip(passage, story);
}

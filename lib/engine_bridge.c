// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a frame through a bridge: br_handle_frame(),
 * br_handle_frame_finish(), br_flood(), __br_forward(), br_pass_frame_up().
 * What br_netfilter adds to it is in engine_brnf.c.
 */
#include "engine_priv.h"

#include <linux/if_bridge.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <stdlib.h>

/* Ports that one frame may be flooded to, each a story. */
#define FLOOD_MAX 64

static const struct skald_bridges *bridges_of(const struct skald_passage *p)
{
	return &p->engine->bridges;
}

static uint8_t *macs_of(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);

	return view->data + view->link;
}

static void tell(struct skald_passage *passage, const char *step,
		 uint32_t device)
{
	const char *name = skald_passage_ifname(passage, device);
	struct skald_event *event = skald_passage_add(passage, SKALD_BRIDGE);

	if (!event)
		return;
	SKALD_SET(event, bridge, step, step);
	if (name)
		SKALD_SET(event, bridge, device, name);
}

/* is_valid_ether_addr() */
static bool is_valid(const uint8_t *mac)
{
	static const uint8_t none[SKALD_MAC];

	return !(mac[0] & 1) && memcmp(mac, none, SKALD_MAC) != 0;
}

/* IEEE 802.1D: addresses that no bridge sends on */
static bool is_for_bridges(const uint8_t *mac)
{
	static const uint8_t reserved[5] = { 0x01, 0x80, 0xc2, 0, 0 };

	return !memcmp(mac, reserved, sizeof(reserved)) && mac[5] < 16;
}

static bool may_enter(struct skald_passage *passage)
{
	const struct skald_bridge_port *port = passage->bridging.port;
	const uint8_t *macs = macs_of(passage);

	if (!is_valid(macs + SKALD_MAC)) {
		skald_passage_drop(passage, "NOT_SPECIFIED",
				   "the sender's link-layer address is none");
		return false;
	}
	if (is_for_bridges(macs)) {
		skald_passage_assume(passage,
				     "what a port does with frames for bridges "
				     "themselves");
		skald_passage_end(passage, SKALD_ENDING_CONSUMED,
				  "for the bridge itself");
		return false;
	}
	if (port->state == BR_STATE_FORWARDING ||
	    port->state == BR_STATE_LEARNING)
		return true;
	skald_passage_drop(passage, "NOT_SPECIFIED",
			   "the port is not forwarding");
	return false;
}

static void forward(struct skald_passage *passage,
		    const struct skald_bridge_port *to)
{
	if (!to || !skald_bridges_delivers(passage->bridging.port, to)) {
		skald_passage_drop(passage, "NOT_SPECIFIED",
				   "not sent out by that port");
		return;
	}
	skald_passage_view(passage)->oif = to->index;
	if (skald_passage_hook(passage, NFPROTO_BRIDGE, NF_BR_FORWARD))
		skald_passage_bridge_leave(passage);
}

/* br_pass_frame_up(): as if it came in by the bridge. */
static void pass_up(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	uint32_t bridge = passage->bridging.bridge->index;

	view->oif = 0;
	tell(passage, "up to the bridge's own stack", bridge);
	if (!skald_passage_hook(passage, NFPROTO_BRIDGE, NF_BR_LOCAL_IN))
		return;
	skald_passage_view(passage)->iif = bridge;
	if (skald_passage_hook(passage, NFPROTO_NETDEV, NF_NETDEV_INGRESS))
		skald_passage_receive(passage);
}

/* A clone leaves by another port: a story of its own. */
static void clone_to(struct skald_passage *passage, uint32_t port)
{
	const struct skald_view *view = skald_passage_view(passage);
	struct skald_waiting *waiting =
		calloc(1, sizeof(*waiting) + view->known);

	if (!waiting) {
		passage->failed = true;
		return;
	}
	memcpy(waiting->bytes, view->data, view->known);
	waiting->input = *passage->input;
	waiting->input.bytes = waiting->bytes;
	waiting->input.known = view->known;
	waiting->input.len = view->len;
	waiting->input.has_link = true;
	waiting->input.iif = view->iif;
	waiting->input.mark = view->mark;
	waiting->story = passage->story.id;
	waiting->bridge_to = port;
	waiting->is_filtered = passage->bridging.is_filtered;
	waiting->has_ct = passage->has_ct;
	waiting->is_untracked = passage->is_untracked;
	if (passage->has_ct) {
		waiting->ct = passage->ct;
		(void)skald_ct_get(waiting->ct.ct);
	}
	skald_engine_wait(passage->engine, waiting);
}

/* Who listens to a group is not in a world; without a querier it is flooded. */
static void doubt_group(struct skald_passage *passage)
{
	const uint8_t *mac = macs_of(passage);

	if ((mac[0] & 1) && mac[0] != 0xff && passage->bridging.bridge->snoops)
		skald_passage_assume(passage,
				     "who listens to the group (multicast "
				     "snooping): flooded");
}

static void flood(struct skald_passage *passage, bool goes_up)
{
	const struct skald_bridges *bridges = bridges_of(passage);
	const struct skald_bridge_port *last = NULL;
	const uint8_t *mac = macs_of(passage);
	unsigned int n = 0;

	doubt_group(passage);
	for (size_t i = 0; i < bridges->n_ports && n < FLOOD_MAX; i++) {
		const struct skald_bridge_port *to = &bridges->ports[i];

		if (!skald_bridges_floods(passage->bridging.port, to, mac))
			continue;
		tell(passage,
		     goes_up ? "for all: flooded"
			     : "not in the "
			       "forwarding table: flooded",
		     to->index);
		if (last)
			clone_to(passage, last->index);
		last = to;
		n++;
	}
	if (n == FLOOD_MAX)
		skald_passage_assume(passage, "further ports");
	if (goes_up) {
		if (last)
			clone_to(passage, last->index);
		pass_up(passage);
	} else if (last) {
		forward(passage, last);
	} else {
		skald_passage_drop(passage, "NOT_SPECIFIED",
				   "no port to flood it to");
	}
}

/* BR_PORT_LOCKED: the sender has to be known there. */
static bool is_let_in(const struct skald_passage *passage, const uint8_t *from)
{
	const struct skald_bridge_port *port = passage->bridging.port;
	const struct skald_bridge_entry *entry =
		skald_bridges_look_up(bridges_of(passage), port->bridge, from);

	return !port->locked ||
	       (entry && entry->port == port->index && !entry->is_local);
}

static void finish(struct skald_passage *passage)
{
	const struct skald_bridge_port *port = passage->bridging.port;
	const uint8_t *macs = macs_of(passage);
	uint32_t to = 0;

	if (!is_let_in(passage, macs + SKALD_MAC)) {
		skald_passage_drop(passage, "NOT_SPECIFIED",
				   "the port is locked, and the sender not "
				   "known there");
		return;
	}
	if (skald_bridges_learn(&passage->engine->bridges, port,
				macs + SKALD_MAC))
		passage->failed = true;
	if (port->state == BR_STATE_LEARNING) {
		skald_passage_drop(passage, "NOT_SPECIFIED",
				   "the port only learns");
		return;
	}
	switch (skald_bridges_decide(bridges_of(passage), port, macs, &to)) {
	case SKALD_BRIDGE_UP:
		pass_up(passage);
		break;
	case SKALD_BRIDGE_PORT:
		tell(passage, "in the forwarding table", to);
		forward(passage, skald_bridges_port(bridges_of(passage), to));
		break;
	case SKALD_BRIDGE_FLOOD:
		flood(passage, false);
		break;
	case SKALD_BRIDGE_FLOOD_UP:
		flood(passage, true);
		break;
	}
}

void skald_passage_bridge_begin(struct skald_passage *passage)
{
	struct skald_bridging *bridging = &passage->bridging;
	const struct skald_bridges *bridges = bridges_of(passage);

	bridging->port = skald_bridges_port(bridges, passage->input->iif);
	if (!bridging->port)
		return;
	bridging->bridge = skald_bridges_find(bridges, bridging->port->bridge);
	if (!bridging->bridge)
		bridging->port = NULL;
	if (bridging->port && passage->came_of &&
	    passage->came_of->is_filtered) {
		bridging->is_filtered = true;
		bridging->in = bridging->port->index;
	}
}

void skald_passage_bridge(struct skald_passage *passage)
{
	const struct skald_waiting *clone = passage->came_of;

	if (passage->bridging.bridge->filters_vlans)
		skald_passage_assume(
			passage, "which VLANs the ports of the bridge take");
	if (clone && clone->bridge_to) {
		forward(passage, skald_bridges_port(bridges_of(passage),
						    clone->bridge_to));
		return;
	}
	tell(passage, "a port took it", passage->bridging.port->index);
	if (may_enter(passage) &&
	    skald_passage_hook(passage, NFPROTO_BRIDGE, NF_BR_PRE_ROUTING) &&
	    skald_passage_brnf_turn(passage))
		finish(passage);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out by a port of a bridge: what is bridged, what this machine routes or makes
 * (br_dev_xmit()), and what answers a frame by the way it came.
 */
#include "engine_priv.h"

#include <errno.h>
#include <linux/netfilter_bridge.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "neighbour.h"

#define ETHERNET 14u
#define VLAN_TAG 4u

/* br_dev_queue_push_xmit(), br_nf_dev_queue_xmit(): what the device takes;
 * br_netfilter takes datagrams to pieces again. */
static bool fits(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	const struct skald_iface *oif =
		skald_links_find(&passage->engine->links, view->oif);
	uint32_t len = view->len - view->network;

	if (!oif || !oif->mtu || len <= oif->mtu + VLAN_TAG)
		return true;
	return passage->bridging.is_filtered && view->family == NFPROTO_IPV4 &&
	       !(view->data[view->network + 6] & 0x40);
}

void skald_passage_send(struct skald_passage *passage)
{
	const char *device =
		skald_passage_ifname(passage, skald_passage_view(passage)->oif);
	struct skald_event *event = skald_passage_add(passage, SKALD_SEND);

	if (event && device)
		SKALD_SET(event, send, device, device);
	skald_passage_end(passage, SKALD_ENDING_SENT, "handed to the device");
}

void skald_passage_bridge_leave(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	uint32_t iif = view->iif;
	bool goes_on;

	/* br_forward_finish() names no input */
	view->iif = 0;
	goes_on =
		skald_passage_hook(passage, NFPROTO_BRIDGE, NF_BR_POST_ROUTING);
	skald_passage_view(passage)->iif = iif;
	if (!goes_on)
		return;
	if (fits(passage))
		skald_passage_send(passage);
	else
		skald_passage_drop(passage, "PKT_TOO_BIG",
				   "longer than the port takes");
}

/* __br_forward() of what is made here. */
static void leave_local(struct skald_passage *passage, uint32_t port)
{
	struct skald_view *view = skald_passage_view(passage);
	uint32_t iif = view->iif;
	bool goes_on;

	view->iif = 0;
	view->oif = port;
	goes_on = skald_passage_hook(passage, NFPROTO_BRIDGE, NF_BR_LOCAL_OUT);
	skald_passage_view(passage)->iif = iif;
	if (goes_on)
		skald_passage_bridge_leave(passage);
}

void skald_passage_answer_by_port(struct skald_passage *passage)
{
	const struct skald_waiting *answer = passage->came_of;

	if (!answer->skips_hooks) {
		leave_local(passage, answer->leaves_by);
		return;
	}
	skald_passage_view(passage)->oif = answer->leaves_by;
	skald_passage_send(passage);
}

/* A link-layer header takes the place of what is there. Return: 0, -errno */
static int frame(struct skald_passage *passage, const uint8_t *to,
		 const uint8_t *from)
{
	struct skald_view *view = skald_passage_view(passage);
	struct skald_view was = *view;
	uint32_t known = was.known - was.network;
	uint8_t *bytes = malloc(ETHERNET + known + SKALD_ENGINE_ROOM);
	int err;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, to, SKALD_MAC);
	memcpy(bytes + SKALD_MAC, from, SKALD_MAC);
	put_unaligned_be16(was.ethertype, bytes + 2 * SKALD_MAC);
	memcpy(bytes + ETHERNET, was.data + was.network, known);
	free(passage->buffer);
	passage->buffer = bytes;
	skald_view_room_init(&passage->room, bytes,
			     ETHERNET + known + SKALD_ENGINE_ROOM,
			     ETHERNET + known,
			     ETHERNET + was.len - was.network);
	view->iif = was.iif;
	view->oif = was.oif;
	view->mark = was.mark;
	view->priority = was.priority;
	err = skald_view_set_ethernet(view);
	skald_passage_becomes(passage);
	return err;
}

/* Link-layer address of the next hop; NULL: not known. */
static const uint8_t *next_hop(struct skald_passage *passage)
{
	const struct skald_fib_hop *hop = passage->routing.fib.hop;
	const struct skald_view *view = skald_passage_view(passage);
	bool is_v6 = view->family == NFPROTO_IPV6;
	unsigned int family = is_v6 ? AF_INET6 : AF_INET;
	const uint8_t *address = view->data + view->network + (is_v6 ? 24 : 16);

	if (hop && hop->hop.family) {
		family = hop->hop.family;
		address = hop->hop.via;
	}
	return skald_neighbour_find(passage->engine->world, view->oif, family,
				    address);
}

bool skald_passage_bridge_routed(struct skald_passage *passage)
{
	const struct skald_engine *engine = passage->engine;
	uint32_t bridge = skald_passage_view(passage)->oif;
	const struct skald_iface *own =
		skald_links_find(&engine->links, bridge);
	const struct skald_bridge_entry *entry = NULL;
	const uint8_t *mac;

	if (!engine->has_bridge_out ||
	    !skald_bridges_find(&engine->bridges, bridge))
		return false;
	mac = next_hop(passage);
	if (mac)
		entry = skald_bridges_look_up(&engine->bridges, bridge, mac);
	if (!entry || entry->is_local || !own || own->mac_len != SKALD_MAC) {
		skald_passage_assume(passage, "by which port of the bridge it "
					      "leaves, and its rules there");
		return false;
	}
	if (frame(passage, mac, own->mac)) {
		passage->failed = true;
		return true;
	}
	leave_local(passage, entry->port);
	return true;
}

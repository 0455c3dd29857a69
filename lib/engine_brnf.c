// SPDX-License-Identifier: GPL-2.0-only
/*
 * What br_netfilter does at the hooks of a bridge: it leads a frame through
 * those of ip, ip6 and arp as if it were routed, with the bridge as the
 * interface. As br_nf_pre_routing(), br_nf_pre_routing_finish(),
 * br_nf_forward_ip(), br_nf_forward_arp() and br_nf_post_routing().
 */
#include "engine_priv.h"

#include <errno.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <sys/socket.h>

#include "neighbour.h"

/* Bytes of @view's destination. */
static uint32_t target_at(const struct skald_view *view, uint32_t *len)
{
	bool is_v6 = view->family == NFPROTO_IPV6;

	*len = is_v6 ? 16 : 4;
	return view->network + (is_v6 ? 24 : 16);
}

static bool is_ip(const struct skald_view *view)
{
	return view->family == NFPROTO_IPV4 || view->family == NFPROTO_IPV6;
}

/* The sysctl or the bridge's own setting; tags are looked into when a sysctl
 * says so. */
static bool is_called(const struct skald_passage *passage)
{
	const struct skald_brnf *brnf = &passage->engine->brnf;
	const struct skald_bridge *bridge = passage->bridging.bridge;
	const struct skald_view *view = &passage->room.view;

	if (!brnf->is_there || (view->n_vlan && !brnf->filters_vlans))
		return false;
	if (view->family == NFPROTO_IPV4)
		return brnf->calls_ip || bridge->calls_ip;
	if (view->family == NFPROTO_IPV6)
		return brnf->calls_ip6 || bridge->calls_ip6;
	return view->family == NFPROTO_ARP &&
	       (brnf->calls_arp || bridge->calls_arp);
}

void skald_brnf_read(const struct skald_world *world, struct skald_brnf *brnf)
{
	int64_t there = skald_world_sysctl(
		world, "net/bridge/bridge-nf-call-iptables", -1);

	brnf->is_there = there >= 0;
	brnf->calls_ip = there > 0;
	brnf->calls_ip6 = skald_world_sysctl(
		world, "net/bridge/bridge-nf-call-ip6tables", 0);
	brnf->calls_arp = skald_world_sysctl(
		world, "net/bridge/bridge-nf-call-arptables", 0);
	brnf->filters_vlans = skald_world_sysctl(
		world, "net/bridge/bridge-nf-filter-vlan-tagged", 0);
}

/* The frame goes on by itself, to whoever has the address. */
static int turn_within(struct skald_passage *passage)
{
	passage->bridging.is_turned = true;
	return NF_ACCEPT;
}

/* ip_route_input() failed: with forwarding off, what is behind the bridge is
 * still bridged. */
static bool is_behind(struct skald_passage *passage)
{
	const struct skald_engine *engine = passage->engine;
	const struct skald_view *view = skald_passage_view(passage);
	struct skald_flow flow = { .family = AF_INET };
	struct skald_routing routing;
	uint32_t len, at = target_at(view, &len);

	if (view->family != NFPROTO_IPV4 ||
	    passage->routing.err != -EHOSTUNREACH ||
	    skald_routing_forwards(&engine->routes, AF_INET, view->iif))
		return false;
	memcpy(flow.dst, view->data + at, len);
	skald_routing_decide(&engine->routes, &flow, &routing);
	return routing.way == SKALD_ROUTING_FORWARD && routing.fib.hop &&
	       routing.fib.hop->hop.oif == view->iif;
}

/* The address changed: within the bridge, or to be routed. Return: NF_ACCEPT,
 * or NF_STOLEN: the story has ended */
static int turn(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	const struct skald_iface *bridge =
		skald_links_find(&passage->engine->links, view->iif);
	uint32_t oif;

	skald_passage_decide(passage);
	oif = view->oif;
	view->oif = 0;
	if (passage->routing.way == SKALD_ROUTING_REFUSED) {
		if (is_behind(passage))
			return turn_within(passage);
		skald_passage_drop(passage, "NOT_SPECIFIED",
				   "the new address cannot be routed");
		return NF_STOLEN;
	}
	if (passage->routing.way == SKALD_ROUTING_FORWARD && oif == view->iif)
		return turn_within(passage);
	if (bridge && bridge->mac_len == SKALD_MAC)
		memcpy(view->data + view->link, bridge->mac, SKALD_MAC);
	skald_passage_compare(passage, "br_netfilter");
	return NF_ACCEPT;
}

bool skald_passage_brnf_turn(struct skald_passage *passage)
{
	const struct skald_fib_hop *hop = passage->routing.fib.hop;
	struct skald_view *view = skald_passage_view(passage);
	uint32_t len, at = target_at(view, &len);
	const uint8_t *mac;

	if (!passage->bridging.is_turned)
		return true;
	mac = skald_neighbour_find(
		passage->engine->world, passage->bridging.bridge->index,
		len == 4 ? AF_INET : AF_INET6,
		hop && hop->hop.family ? hop->hop.via : view->data + at);
	if (mac) {
		memcpy(view->data + view->link, mac, SKALD_MAC);
		skald_passage_compare(passage, "br_netfilter");
		return true;
	}
	skald_passage_assume(passage, "the new host's link-layer address: it "
				      "is no neighbour");
	skald_passage_end(passage, SKALD_ENDING_UNKNOWN,
			  "out by a port that is not known");
	return false;
}

static int enter(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	uint8_t before[16];
	uint32_t len, at;
	int verdict = NF_ACCEPT;

	if (!is_ip(view) || !is_called(passage))
		return NF_ACCEPT;
	if (skald_view_received(view) == -EINVAL)
		return NF_DROP;
	at = target_at(view, &len);
	memcpy(before, view->data + at, len);
	passage->bridging.is_filtered = true;
	passage->bridging.in = view->iif;
	view->iif = passage->bridging.bridge->index;
	if (!skald_passage_hook(passage, view->family, NF_INET_PRE_ROUTING))
		return NF_STOLEN;
	/* a datagram that was gathered has bytes of its own */
	view = skald_passage_view(passage);
	at = target_at(view, &len);
	if (memcmp(before, view->data + at, len))
		verdict = turn(passage);
	view->iif = passage->bridging.in;
	return verdict;
}

static int cross_arp(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	const uint8_t *arp = view->data + view->network;

	/* other than IPv4's */
	if (view->known < view->network + 8 || arp[5] != 4)
		return NF_ACCEPT;
	return skald_passage_hook(passage, NFPROTO_ARP, NF_ARP_FORWARD)
		       ? NF_ACCEPT
		       : NF_STOLEN;
}

static int cross(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	uint32_t iif = view->iif, oif = view->oif;
	bool goes_on;

	if (view->family == NFPROTO_ARP && is_called(passage))
		return cross_arp(passage);
	if (!passage->bridging.is_filtered || !is_ip(view))
		return NF_ACCEPT;
	passage->bridging.out = oif;
	view->iif = passage->bridging.bridge->index;
	view->oif = view->iif;
	goes_on = skald_passage_hook(passage, view->family, NF_INET_FORWARD);
	view->iif = iif;
	view->oif = oif;
	return goes_on ? NF_ACCEPT : NF_STOLEN;
}

static int leave(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	uint32_t oif = view->oif;
	bool goes_on;

	if (!passage->bridging.is_filtered || !passage->bridging.out ||
	    !is_ip(view))
		return NF_ACCEPT;
	view->oif = passage->bridging.bridge->index;
	goes_on =
		skald_passage_hook(passage, view->family, NF_INET_POST_ROUTING);
	view->oif = oif;
	return goes_on ? NF_ACCEPT : NF_STOLEN;
}

/* br_nf_local_in(): clones of what is for many share one entry. */
static int confirm(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);

	if (!passage->bridging.is_filtered || !(view->data[view->link] & 1))
		return NF_ACCEPT;
	return skald_passage_confirm(passage);
}

int skald_passage_brnf(struct skald_passage *passage, uint8_t hook)
{
	int verdict = NF_ACCEPT;

	if (!passage->bridging.port)
		return NF_ACCEPT;
	if (hook == NF_BR_PRE_ROUTING)
		verdict = enter(passage);
	else if (hook == NF_BR_FORWARD)
		verdict = cross(passage);
	else if (hook == NF_BR_POST_ROUTING)
		verdict = leave(passage);
	else if (hook == NF_BR_LOCAL_IN)
		verdict = confirm(passage);
	/* the hook of the bridge goes on */
	if (verdict == NF_ACCEPT)
		skald_passage_at(passage, NFPROTO_BRIDGE, hook);
	return verdict;
}

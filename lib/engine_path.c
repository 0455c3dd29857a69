// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of an IP packet from hook to hook, as plain as RFC 1812 and RFC 8200
 * have it: in, routing decision, to this machine or on, out.
 */
#include "engine_priv.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter_arp.h>
#include <stdio.h>
#include <sys/socket.h>

#define IPV4_TTL 8
#define IPV4_CHECKSUM 10
#define IPV6_HOP_LIMIT 7
/* IPV6_MIN_MTU: RFC 8200 5. */
#define IPV6_LEAST_MTU 1280u

static unsigned int family_of(const struct skald_view *view)
{
	return view->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
}

/* The flow that routing looks at: flowi4_init_output() and its relatives. */
static void make_flow(struct skald_passage *passage, struct skald_flow *flow)
{
	const struct skald_view *view = skald_passage_view(passage);
	const uint8_t *ip = view->data + view->network;
	uint8_t buf[4];
	const uint8_t *ports = NULL;

	memset(flow, 0, sizeof(*flow));
	flow->family = (uint8_t)family_of(view);
	flow->mark = view->mark;
	flow->iif = passage->is_made_here ? 0 : view->iif;
	flow->proto = view->l4proto;
	if (flow->family == AF_INET) {
		memcpy(flow->src, ip + 12, 4);
		memcpy(flow->dst, ip + 16, 4);
		flow->tos = ip[1] & 0xfc;
	} else {
		memcpy(flow->src, ip + 8, 16);
		memcpy(flow->dst, ip + 24, 16);
		flow->tos = (uint8_t)((ip[0] << 4 | ip[1] >> 4) & 0xfc);
	}
	if (view->transport != SKALD_VIEW_NONE &&
	    (view->l4proto == IPPROTO_TCP || view->l4proto == IPPROTO_UDP))
		ports = skald_view_bytes(view, view->transport, 4, buf);
	if (ports) {
		flow->sport = get_unaligned_be16(ports);
		flow->dport = get_unaligned_be16(ports + 2);
	}
}

/*
 * Rules alone have no routes: what they are for decides. Rules at forward are
 * for packets of others; a host's own firewall has none there.
 */
static void decide_without_routes(struct skald_passage *passage)
{
	const struct skald_engine *engine = passage->engine;
	bool is_local = !passage->is_made_here && !passage->input->oif &&
			!engine->has_forward && engine->has_input;

	memset(&passage->routing, 0, sizeof(passage->routing));
	passage->is_routed = true;
	passage->routing.way =
		is_local ? SKALD_ROUTING_LOCAL : SKALD_ROUTING_FORWARD;
	if (is_local) {
		skald_passage_assume(passage, "rules alone have no addresses: "
					      "taken to be for this machine");
	} else if (passage->input->oif) {
		skald_passage_view(passage)->oif = passage->input->oif;
	} else {
		skald_passage_view(passage)->oif = SKALD_VIEW_UNKNOWN;
		skald_passage_assume(passage,
				     "rules alone have no routes: which "
				     "interface it goes out by is not known");
	}
}

/* What is made here for this machine goes out by the loopback interface, for a
 * group or to all by the route's (__ip_route_output_key_hash()). */
static uint32_t way_out(const struct skald_passage *passage)
{
	const struct skald_routing *routing = &passage->routing;

	if (routing->way == SKALD_ROUTING_REFUSED || !routing->fib.hop)
		return 0;
	if (routing->way == SKALD_ROUTING_FORWARD)
		return routing->fib.hop->hop.oif;
	if (!passage->is_made_here)
		return 0;
	return routing->way == SKALD_ROUTING_LOCAL ? SKALD_LOOPBACK
						   : routing->fib.hop->hop.oif;
}

/* The way out that somebody asked for. */
static void force(struct skald_passage *passage)
{
	struct skald_routing *routing = &passage->routing;
	uint32_t oif = passage->input->oif;

	if (!oif || (routing->fib.hop && routing->fib.hop->hop.oif == oif))
		return;
	memset(routing, 0, sizeof(*routing));
	routing->way = SKALD_ROUTING_FORWARD;
	skald_passage_view(passage)->oif = oif;
	skald_passage_assume(passage,
			     "sent out by %s as was asked for, "
			     "whatever the routes say",
			     skald_passage_ifname(passage, oif));
}

/* A packet of this machine to no address is one to itself:
 * ip_route_output_key_hash_rcu(). */
static void stay_here(struct skald_flow *flow)
{
	static const uint8_t none[4];

	if (flow->family != AF_INET || memcmp(flow->dst, none, sizeof(none)))
		return;
	memcpy(flow->dst, flow->src, sizeof(none));
	if (memcmp(flow->dst, none, sizeof(none)) == 0) {
		flow->dst[0] = 127;
		flow->dst[3] = 1;
	}
}

void skald_passage_decide(struct skald_passage *passage)
{
	struct skald_flow flow;

	if (!passage->engine->has_routes) {
		decide_without_routes(passage);
		return;
	}
	make_flow(passage, &flow);
	if (passage->is_made_here)
		stay_here(&flow);
	/* what has a meaning on one link alone goes back to where it came from:
	 * icmp6_iif(), tcp_v6_send_response() */
	if (passage->came_of && passage->came_of->is_answer &&
	    skald_is_link_local6(flow.family, flow.dst))
		flow.oif = passage->came_of->back;
	skald_routing_decide(&passage->engine->routes, &flow,
			     &passage->routing);
	passage->is_routed = true;
	skald_passage_tell_route(passage);
	skald_passage_view(passage)->oif = way_out(passage);
	force(passage);
}

void skald_passage_route_again(struct skald_passage *passage)
{
	skald_passage_decide(passage);
}

void skald_passage_drop(struct skald_passage *passage, const char *reason,
			const char *by)
{
	struct skald_event *event = skald_passage_add(passage, SKALD_DROP);

	if (event) {
		SKALD_SET(event, drop, reason, reason);
		SKALD_SET(event, drop, by, by);
	}
	passage->story.ending.text = by;
	/* it has no way out any more */
	skald_passage_view(passage)->oif = 0;
	skald_passage_end(passage, SKALD_ENDING_DROPPED, reason);
}

static void deliver(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	struct skald_flow flow;

	/* ip_local_deliver(); IPv6's are put together behind the hook */
	if (view->family == NFPROTO_IPV4 && view->is_fragment &&
	    !skald_passage_join(passage))
		return;
	if (!skald_passage_hook(passage, view->family, NF_INET_LOCAL_IN))
		return;
	make_flow(passage, &flow);
	skald_passage_to_socket(passage, &flow);
}

static bool is_too_old(const struct skald_passage *passage)
{
	const struct skald_view *view = &passage->room.view;
	uint32_t at = view->family == NFPROTO_IPV6 ? IPV6_HOP_LIMIT : IPV4_TTL;

	return view->data[view->network + at] <= 1;
}

/* ip_decrease_ttl(), and IPv6's hop limit. */
static void age(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	bool is_v6 = view->family == NFPROTO_IPV6;
	uint8_t *at = view->data + view->network +
		      (is_v6 ? IPV6_HOP_LIMIT : IPV4_TTL);
	uint8_t *check = view->data + view->network + IPV4_CHECKSUM;
	u32 sum;

	(*at)--;
	if (!is_v6) {
		sum = get_unaligned_be16(check) + 0x100u;
		put_unaligned_be16((u16)(sum + (sum >= 0xffff)), check);
	}
}

/* Of the way out; 0: not known. */
static uint32_t mtu_of(const struct skald_passage *passage)
{
	const struct skald_view *view = &passage->room.view;
	const struct skald_iface *oif =
		skald_links_find(&passage->engine->links, view->oif);
	uint32_t mtu = passage->routing.fib.route
			       ? passage->routing.fib.route->mtu
			       : 0;

	if (!mtu)
		mtu = oif ? oif->mtu : 0;
	if (mtu && mtu < IPV6_LEAST_MTU && view->family == NFPROTO_IPV6)
		mtu = IPV6_LEAST_MTU;
	return mtu;
}

/* Length from the network header on, against the way out. */
static bool fits(const struct skald_passage *passage)
{
	const struct skald_view *view = &passage->room.view;
	uint32_t mtu = mtu_of(passage);

	return !mtu || view->end - view->network <= mtu;
}

static bool may_fragment(const struct skald_view *view)
{
	return view->family == NFPROTO_IPV4 &&
	       !(view->data[view->network + 6] & 0x40);
}

/* 224.0.0.1: the group that every host is in */
static bool is_all_hosts(const struct skald_view *view)
{
	static const uint8_t group[4] = { 224, 0, 0, 1 };

	return view->family == NFPROTO_IPV4 &&
	       memcmp(view->data + view->network + 16, group, 4) == 0;
}

static bool hears_itself(const struct skald_passage *passage)
{
	return passage->is_made_here && passage->is_routed &&
	       (passage->routing.way == SKALD_ROUTING_BROADCAST ||
		is_all_hosts(&passage->room.view)) &&
	       passage->room.view.family == NFPROTO_IPV4 &&
	       passage->room.view.oif != SKALD_LOOPBACK;
}

static void send_out(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);

	if (hears_itself(passage))
		skald_passage_loop(passage);
	if (!skald_passage_hook(passage, view->family, NF_INET_POST_ROUTING) ||
	    skald_passage_bridge_routed(passage))
		return;
	skald_passage_send(passage);
	if (view->oif == SKALD_LOOPBACK)
		skald_passage_wait(passage, SKALD_LOOPBACK);
}

/* A frame for all or for a group is not sent on. */
static bool is_for_many(const struct skald_passage *passage)
{
	const struct skald_view *view = &passage->room.view;

	return view->link != SKALD_VIEW_NONE && (view->data[view->link] & 1);
}

/* ip_forward(), ip6_forward() */
static void forward(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	bool is_v6 = view->family == NFPROTO_IPV6;

	if (is_for_many(passage)) {
		skald_passage_drop(passage, "NOT_SPECIFIED",
				   "the frame was not for this host alone");
		return;
	}
	if (is_too_old(passage)) {
		skald_passage_complain(
			passage,
			is_v6 ? ICMPV6_TIME_EXCEED : ICMP_TIME_EXCEEDED, 0, 0);
		skald_passage_drop(passage, "IP_TTL_EXPIRED",
				   "time to live is used up");
		return;
	}
	if (!fits(passage) && !may_fragment(view)) {
		skald_passage_complain(
			passage, is_v6 ? ICMPV6_PKT_TOOBIG : ICMP_DEST_UNREACH,
			is_v6 ? 0 : ICMP_FRAG_NEEDED, mtu_of(passage));
		skald_passage_drop(passage, "PKT_TOO_BIG",
				   "longer than the MTU of the way");
		return;
	}
	age(passage);
	skald_passage_compare(passage, "forwarding");
	if (skald_passage_hook(passage, view->family, NF_INET_FORWARD))
		send_out(passage);
}

static void refuse(struct skald_passage *passage)
{
	bool is_v6 = passage->room.view.family == NFPROTO_IPV6;

	/* who sends from here is told by its socket */
	if (passage->routing.answers && !passage->is_made_here)
		skald_passage_complain(passage,
				       is_v6 ? ICMPV6_DEST_UNREACH
					     : ICMP_DEST_UNREACH,
				       passage->routing.code, 0);
	skald_passage_drop(passage, passage->routing.reason,
			   passage->routing.words);
}

/* By the decision that was made. */
static void go(struct skald_passage *passage)
{
	switch (passage->routing.way) {
	case SKALD_ROUTING_FORWARD:
		forward(passage);
		break;
	case SKALD_ROUTING_LOCAL:
	case SKALD_ROUTING_BROADCAST:
	case SKALD_ROUTING_MULTICAST:
		deliver(passage);
		break;
	case SKALD_ROUTING_REFUSED:
		refuse(passage);
		break;
	}
}

/* A host takes what is for its own link-layer address, or for all. */
static bool is_for_others(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	const struct skald_iface *iif =
		skald_links_find(&passage->engine->links, view->iif);

	if (view->link == SKALD_VIEW_NONE || !iif || iif->mac_len != 6 ||
	    passage->input->is_for_us)
		return false;
	return !(view->data[view->link] & 1) &&
	       memcmp(view->data + view->link, iif->mac, 6) != 0;
}

/* What is no IP has hooks of arp at most. */
static void deliver_other(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);

	if (view->family == NFPROTO_ARP &&
	    !skald_passage_hook(passage, NFPROTO_ARP, NF_ARP_IN))
		return;
	(void)skald_passage_add(passage, SKALD_DELIVER);
	skald_passage_end(passage, SKALD_ENDING_DELIVERED,
			  "to the local stack");
}

/* ip_sabotage_in(): a frame that br_netfilter led through prerouting was there.
 */
static bool pre_routing(struct skald_passage *passage)
{
	return passage->bridging.is_filtered ||
	       skald_passage_hook(passage, passage->room.view.family,
				  NF_INET_PRE_ROUTING);
}

void skald_passage_receive(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);

	if (is_for_others(passage)) {
		skald_passage_drop(passage, "OTHERHOST",
				   "another host's link-layer address");
		return;
	}
	if (view->family != NFPROTO_IPV4 && view->family != NFPROTO_IPV6) {
		deliver_other(passage);
		return;
	}
	if (view->family == NFPROTO_IPV6 && !skald_passage_takes_ip6(passage))
		return;
	if (!pre_routing(passage))
		return;
	/* it still has the route by which it went out: ip_rcv_finish_core() */
	if (passage->came_of) {
		deliver(passage);
		return;
	}
	skald_passage_decide(passage);
	go(passage);
}

static void come_in(struct skald_passage *passage)
{
	const struct skald_waiting *clone = passage->came_of;

	if (!(clone && clone->bridge_to) &&
	    !skald_passage_hook(passage, NFPROTO_NETDEV, NF_NETDEV_INGRESS))
		return;
	if (passage->bridging.port)
		skald_passage_bridge(passage);
	else
		skald_passage_receive(passage);
}

static void go_out(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);

	skald_passage_decide(passage);
	if (passage->routing.way == SKALD_ROUTING_REFUSED) {
		refuse(passage);
		return;
	}
	if (!skald_passage_hook(passage, view->family, NF_INET_LOCAL_OUT))
		return;
	send_out(passage);
}

void skald_passage_walk(struct skald_passage *passage)
{
	if (passage->came_of && passage->came_of->leaves_by)
		skald_passage_answer_by_port(passage);
	else if (passage->is_made_here)
		go_out(passage);
	else
		come_in(passage);
}

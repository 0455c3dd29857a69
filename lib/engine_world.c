// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rules ask of the world, answered from a snapshot. What is not in it is
 * unknown, and said to be.
 */
#include "engine_priv.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <pcap/bpf.h>
#include <sys/socket.h>

/* Instructions of a program that a rule can have (XT_BPF_MAX_NUM_INSTR). */
#define BPF_MAX 64

static const struct skald_passage *passage_of(void *owner)
{
	return owner;
}

static bool is_mac_of(const struct skald_passage *passage, uint32_t index,
		      const uint8_t *mac)
{
	const struct skald_iface *iface =
		skald_links_find(&passage->engine->links, index);

	return iface && iface->mac_len == 6 && !memcmp(mac, iface->mac, 6);
}

/* br_handle_frame(); within hooks of ip every frame is this machine's:
 * setup_pre_routing(), br_nf_forward_ip(). */
static uint8_t bridged_type(const struct skald_passage *passage,
			    const uint8_t *to)
{
	const struct skald_bridge_port *port = passage->bridging.port;

	if (passage->pf == NFPROTO_IPV4 || passage->pf == NFPROTO_IPV6 ||
	    is_mac_of(passage, port->index, to) ||
	    is_mac_of(passage, port->bridge, to))
		return PACKET_HOST;
	return PACKET_OTHERHOST;
}

/* eth_type_trans(): by the link-layer address. */
static uint8_t packet_type(const struct skald_passage *passage,
			   const struct skald_view *view)
{
	static const uint8_t broadcast[6] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};
	const uint8_t *to = view->data + view->link;
	const struct skald_iface *iif =
		skald_links_find(&passage->engine->links, view->iif);

	if (!memcmp(to, broadcast, sizeof(broadcast)))
		return PACKET_BROADCAST;
	if (to[0] & 1)
		return PACKET_MULTICAST;
	if (passage->bridging.port)
		return bridged_type(passage, to);
	if (!passage->input->is_for_us && iif && iif->mac_len == 6 &&
	    memcmp(to, iif->mac, 6))
		return PACKET_OTHERHOST;
	return PACKET_HOST;
}

/* By lo it is as by any wire; a clone of what went to all is taken for it:
 * nft_meta_pkttype_lo(), pkttype_mt(). */
static uint8_t looped_type(const struct skald_view *view)
{
	return view->iif == SKALD_LOOPBACK ? PACKET_HOST : PACKET_BROADCAST;
}

/* dst->tclassid, which IPv6 does not have */
static int realm_of(const struct skald_passage *passage,
		    const struct skald_vm_pkt *pkt, uint32_t *realm)
{
	const struct skald_fib_route *route = passage->routing.fib.route;

	if (!passage->engine->has_routes)
		return -ENODATA;
	if (!passage->is_routed)
		return -ENOENT;
	*realm = route && pkt->view->family == NFPROTO_IPV4 ? route->realm : 0;
	return 0;
}

static int owner_fact(const struct skald_engine_input *input,
		      enum skald_fact which, void *value)
{
	if (which == SKALD_FACT_SKUID)
		*(uint32_t *)value = input->uid;
	else if (which == SKALD_FACT_SKGID)
		*(uint32_t *)value = input->gid;
	else
		*(uint8_t *)value = 1;
	return 0;
}

/* Index of the bridge of a port: nft_meta_get_bridge(). */
static int bridge_of(const struct skald_passage *passage, uint32_t port,
		     uint32_t *bridge)
{
	const struct skald_bridge_port *found =
		skald_bridges_port(&passage->engine->bridges, port);

	if (!found)
		return -ENOENT;
	*bridge = found->bridge;
	return 0;
}

static int physical(uint32_t port, uint32_t *value)
{
	*value = port;
	return port ? 0 : -ENOENT;
}

/* What br_netfilter knows of a frame, and what its interfaces are. */
static int bridge_fact(const struct skald_passage *passage,
		       enum skald_fact which, void *value)
{
	const struct skald_bridging *bridging = &passage->bridging;
	const struct skald_view *view = &passage->room.view;

	if (which == SKALD_FACT_PHYSIN)
		return physical(bridging->in, value);
	if (which == SKALD_FACT_PHYSOUT)
		return physical(bridging->out, value);
	if (which == SKALD_FACT_BRI_IIF)
		return bridge_of(passage, view->iif, value);
	if (which == SKALD_FACT_BRI_OIF)
		return bridge_of(passage, view->oif, value);
	*(uint8_t *)value = bridging->out != 0;
	return 0;
}

static int fact(void *owner, const struct skald_vm_pkt *pkt,
		enum skald_fact which, void *value)
{
	const struct skald_passage *passage = passage_of(owner);
	struct skald_passage *mine = owner;
	uint32_t number;

	switch (which) {
	case SKALD_FACT_PKTTYPE:
		if (passage->is_made_here)
			*(uint8_t *)value = PACKET_HOST;
		else if (passage->came_of && !passage->came_of->bridge_to)
			*(uint8_t *)value = looped_type(pkt->view);
		else if (pkt->view->link == SKALD_VIEW_NONE)
			return -ENODATA;
		else
			*(uint8_t *)value = packet_type(passage, pkt->view);
		return 0;
	case SKALD_FACT_LOCAL_OUT:
		*(uint8_t *)value = passage->is_made_here;
		return 0;
	case SKALD_FACT_RANDOM:
		number = mine->engine->ct->owner.random(mine->engine);
		memcpy(value, &number, sizeof(number));
		skald_passage_assume(mine, "random numbers are the engine's");
		return 0;
	case SKALD_FACT_SKUID:
	case SKALD_FACT_SKGID:
	case SKALD_FACT_SOCKET_FILE:
		/* the kernel's own has a socket without a file at most */
		if (passage->is_made_here && passage->came_of)
			return -ENOENT;
		if (passage->is_made_here && passage->input->has_owner)
			return owner_fact(passage->input, which, value);
		return passage->is_made_here ? -ENODATA : -ENOENT;
	case SKALD_FACT_CGROUP:
		/* what was not made here has no socket before it is delivered
		 */
		return passage->is_made_here ? -ENODATA : -ENOENT;
	case SKALD_FACT_RTCLASSID:
		return realm_of(passage, pkt, value);
	case SKALD_FACT_SECPATH:
		*(uint8_t *)value = 0;
		return 0;
	case SKALD_FACT_IS_BRIDGED:
	case SKALD_FACT_PHYSIN:
	case SKALD_FACT_PHYSOUT:
	case SKALD_FACT_BRI_IIF:
	case SKALD_FACT_BRI_OIF:
		return bridge_fact(passage, which, value);
	default:
		return -ENODATA;
	}
}

static int ct(void *owner, const struct skald_vm_pkt *pkt,
	      const struct skald_vm_ct **seen)
{
	struct skald_passage *passage = owner;

	skald_passage_view_ct(passage);
	*seen = &passage->ct_view;
	return 0;
}

static int interface(void *owner, u32 ifindex, struct skald_link_info *info)
{
	const struct skald_passage *passage = passage_of(owner);
	const struct skald_iface *iface =
		skald_links_find(&passage->engine->links, ifindex);

	if (!iface)
		return -ENOENT;
	memcpy(info->name, iface->name, sizeof(info->name));
	memcpy(info->kind, iface->kind, sizeof(info->kind));
	info->is_partial = iface->is_partial;
	info->type = iface->type;
	info->group = iface->group;
	info->master = iface->master;
	return 0;
}

/* fib_info_nh_uses_dev() */
static bool leads_by(const struct skald_fib_route *route, uint32_t index)
{
	for (unsigned int i = 0; i < route->n_hops; i++) {
		if (route->hops[i].hop.oif == index)
			return true;
	}
	return false;
}

static bool asks_unknown(const struct skald_fib_query *query)
{
	return query->dev == SKALD_VIEW_UNKNOWN ||
	       query->iif == SKALD_VIEW_UNKNOWN ||
	       query->oif == SKALD_VIEW_UNKNOWN;
}

static bool is_link_local(unsigned int family, const uint8_t *address)
{
	return family == AF_INET6 && address[0] == 0xfe &&
	       (address[1] & 0xc0) == 0x80;
}

/* nft_fib4_eval() and nft_fib6_flowi_init(): what is looked up. */
static void make_flow(const struct skald_vm_pkt *pkt,
		      const struct skald_fib_query *query,
		      struct skald_flow *flow)
{
	memset(flow, 0, sizeof(*flow));
	flow->family = query->family == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
	flow->mark = query->mark;
	flow->tos = query->dscp & 0xfc;
	flow->proto = query->l4proto;
	flow->iif = query->iif;
	flow->oif = query->oif;
	memcpy(flow->src, query->src, sizeof(flow->src));
	memcpy(flow->dst, query->dst, sizeof(flow->dst));
	if (!flow->oif && is_link_local(flow->family, flow->dst))
		flow->oif = query->dev ? query->dev : pkt->view->iif;
}

/* nft_fib4_eval(), nft_fib6_eval() */
static int fib(void *owner, const struct skald_vm_pkt *pkt,
	       const struct skald_fib_query *query,
	       struct skald_fib_answer *answer)
{
	const struct skald_passage *passage = passage_of(owner);
	struct skald_flow flow;
	struct skald_fib_result result;
	int err;

	memset(answer, 0, sizeof(*answer));
	if (!passage->engine->has_routes || asks_unknown(query))
		return -ENODATA;
	make_flow(pkt, query, &flow);
	if (query->is_type) {
		answer->type = skald_fib_type(passage->engine->fib, flow.family,
					      query->dst, query->dev);
		/* inet_dev_addr_type() asks the local table alone */
		if (flow.family == AF_INET || answer->type != RTN_UNICAST)
			return 0;
	}
	err = skald_fib_lookup(passage->engine->fib, &flow, &result);
	if (result.is_open ||
	    (result.n_alive > 1 && !query->is_type && !query->dev))
		return -ENODATA;
	if (query->is_type) {
		if (!err)
			answer->type = result.route->type;
		return 0;
	}
	if (err || (result.route->type == RTN_LOCAL && !query->takes_local) ||
	    result.route->type == RTN_ANYCAST ||
	    (query->dev && !leads_by(result.route, query->dev)))
		return 0;
	answer->type = result.route->type;
	answer->oif = query->dev   ? query->dev
		      : result.hop ? result.hop->hop.oif
				   : 0;
	return 0;
}

static int route(void *owner, const struct skald_vm_pkt *pkt,
		 struct skald_route_info *info)
{
	const struct skald_passage *passage = passage_of(owner);
	const struct skald_fib_result *found = &passage->routing.fib;
	const struct skald_iface *oif;

	if (passage->is_routed && !passage->engine->has_routes)
		return -ENODATA;
	if (!passage->is_routed || !found->route || !found->hop)
		return -ENOENT;
	memset(info, 0, sizeof(*info));
	oif = skald_links_find(&passage->engine->links, found->hop->hop.oif);
	info->classid = found->route->realm;
	info->mtu =
		found->route->mtu ? found->route->mtu : (oif ? oif->mtu : 0);
	info->advmss = found->route->advmss;
	if (found->hop->hop.family == AF_INET)
		memcpy(info->nexthop4, found->hop->hop.via, 4);
	else if (found->hop->hop.family == AF_INET6)
		memcpy(info->nexthop6, found->hop->hop.via, 16);
	else if (found->route->family == AF_INET)
		memcpy(info->nexthop4,
		       pkt->view->data + pkt->view->network + 16, 4);
	else
		memcpy(info->nexthop6,
		       pkt->view->data + pkt->view->network + 24, 16);
	return 0;
}

/* Loads of what only a kernel knows begin at SKF_LL_OFF, which is negative. */
static bool is_plain(const struct bpf_insn *program, u32 len)
{
	for (u32 i = 0; i < len; i++) {
		if (BPF_CLASS(program[i].code) <= BPF_LDX &&
		    BPF_MODE(program[i].code) != BPF_IMM &&
		    (int32_t)program[i].k < 0)
			return false;
	}
	return true;
}

/* bpf_mt(): the program sees the packet from its network header on. */
static int run_bpf(void *owner, const struct skald_vm_pkt *pkt,
		   const void *program, u32 len, u32 *result)
{
	const struct skald_view *view = pkt->view;
	u32 wire = view->end - view->network;
	struct bpf_insn copy[BPF_MAX];

	if (!len || len > BPF_MAX || view->known < view->end)
		return -ENODATA;
	memcpy(copy, program, len * sizeof(*copy));
	if (!bpf_validate(copy, (int)len) || !is_plain(copy, len))
		return -ENODATA;
	*result = bpf_filter(copy, view->data + view->network, wire, wire);
	return 0;
}

const struct skald_vm_world skald_engine_world = {
	.fact = fact,
	.ct = ct,
	.link = interface,
	.fib = fib,
	.route = route,
	.bpf = run_bpf,
	.effect = skald_engine_effect,
};

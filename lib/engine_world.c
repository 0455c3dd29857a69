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
/* IP_MAX_MTU of net/ip.h, IP6_MAX_MTU of net/ip6_fib.h; TCP_MSS_DEFAULT of
 * include/uapi/linux/tcp.h */
#define IP4_MTU_MAX 65535
#define IP6_MTU_MAX (65535 + 40)
#define TCP_MSS_DEFAULT 536

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

/* The packet's route (skb_dst()): what comes round by lo keeps the one that it
 * left by. NULL: it has none yet */
static const struct skald_fib_result *
route_of(const struct skald_passage *passage)
{
	if (passage->is_routed)
		return &passage->routing.fib;
	if (passage->came_of && passage->came_of->has_route)
		return &passage->came_of->left_by;
	return NULL;
}

/* dst->tclassid, which IPv6 does not have */
static int realm_of(const struct skald_passage *passage,
		    const struct skald_vm_pkt *pkt, uint32_t *realm)
{
	const struct skald_fib_result *found = route_of(passage);
	const struct skald_fib_route *route = found ? found->route : NULL;

	if (!passage->engine->has_routes)
		return -ENODATA;
	if (!found)
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
	if (port == SKALD_VIEW_UNKNOWN)
		return -ENODATA;
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

/* The kernel's random number if somebody knows it, else one of our own. */
static void draw(struct skald_passage *passage,
		 const struct skald_vm_rule *rule, uint32_t *number)
{
	const struct skald_engine_input *input = passage->input;
	uint32_t drawn;

	if (input->chance && rule && !passage->came_of &&
	    input->chance(input->chance_user, rule, number))
		return;
	drawn = passage->engine->ct->owner.random(passage->engine);
	memcpy(number, &drawn, sizeof(drawn));
	skald_passage_assume(passage, "random numbers are the engine's");
}

/* Minutes west, as settimeofday() told the kernel. */
static int time_zone(const struct skald_world *world, int32_t *west)
{
	int64_t value =
		skald_world_sysctl(world, SKALD_WORLD_TIME_ZONE, INT64_MAX);

	if (value == INT64_MAX)
		return -ENODATA;
	*west = (int32_t)value;
	return 0;
}

static int fact(void *owner, const struct skald_vm_pkt *pkt,
		enum skald_fact which, void *value)
{
	const struct skald_passage *passage = passage_of(owner);
	struct skald_passage *mine = owner;

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
		draw(mine, pkt->rule, value);
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
	case SKALD_FACT_TIMEZONE:
		return time_zone(passage->engine->world, value);
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
	info->mac_len = iface->mac_len;
	memcpy(info->mac, iface->mac, sizeof(info->mac));
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

/* IPV6_ADDR_LINKLOCAL of ipv6_addr_type(): a group of that scope is, too. */
static bool is_link_group(unsigned int family, const uint8_t *address)
{
	return family == AF_INET6 && address[0] == 0xff &&
	       (address[1] & 0xf) == 2;
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
	if (!flow->oif && (is_link_local(flow->family, flow->dst) ||
			   is_link_group(flow->family, flow->dst)))
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
		/* an address of another interface is not local by this one */
		if (!err && !(query->dev && result.route->type == RTN_LOCAL))
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

/* ipv4_mtu(), ip6_mtu(): of the route, else of the interface. */
static uint32_t mtu_of(const struct skald_engine *engine,
		       const struct skald_fib_result *found)
{
	uint32_t most =
		found->route->family == AF_INET ? IP4_MTU_MAX : IP6_MTU_MAX;
	const struct skald_iface *oif = NULL;
	uint32_t mtu;

	/* what stays here goes by lo, whatever interface has the address */
	if (found->route->type == RTN_LOCAL)
		oif = skald_links_find(&engine->links, SKALD_LOOPBACK);
	else if (found->hop)
		oif = skald_links_find(&engine->links, found->hop->hop.oif);
	mtu = found->route->mtu ? found->route->mtu : (oif ? oif->mtu : 0);
	return mtu < most ? mtu : most;
}

/* MTU of the way back to the source of a packet; 0: there is no route. */
static uint32_t back_mtu(const struct skald_passage *passage)
{
	const struct skald_view *view = &passage->room.view;
	const uint8_t *ip = view->data + view->network;
	struct skald_fib_result result;
	struct skald_flow flow = { 0 };

	flow.family = view->ethertype == ETH_P_IPV6 ? AF_INET6 : AF_INET;
	memcpy(flow.dst, ip + (flow.family == AF_INET ? 12 : 8),
	       skald_addr_len(flow.family));
	if (is_link_local(flow.family, flow.dst))
		flow.oif = view->iif;
	if (skald_fib_lookup(passage->engine->fib, &flow, &result))
		return 0;
	return mtu_of(passage->engine, &result);
}

/* get_tcpmss() of nft_rt.c. For IPv4 it looks up the way back with the packet's
 * destination as the source, which must be one of ours. */
static uint32_t tcp_mss(const struct skald_passage *passage,
			const struct skald_route_info *info)
{
	const struct skald_view *view = &passage->room.view;
	const uint8_t *ip = view->data + view->network;
	bool is6 = view->ethertype == ETH_P_IPV6;
	uint32_t headers = is6 ? 60 : 40, mtu = info->mtu;

	if (info->back_mtu && info->back_mtu < mtu &&
	    (is6 || skald_fib_type(passage->engine->fib, AF_INET, ip + 16, 0) ==
			    RTN_LOCAL))
		mtu = info->back_mtu;
	return mtu <= headers || mtu > UINT16_MAX ? TCP_MSS_DEFAULT
						  : mtu - headers;
}

static int route(void *owner, const struct skald_vm_pkt *pkt,
		 struct skald_route_info *info)
{
	const struct skald_passage *passage = passage_of(owner);
	const struct skald_fib_result *found = route_of(passage);

	if (passage->is_routed && !passage->engine->has_routes)
		return -ENODATA;
	if (!found || !found->route || !found->hop)
		return -ENOENT;
	memset(info, 0, sizeof(*info));
	info->classid = found->route->realm;
	info->mtu = mtu_of(passage->engine, found);
	info->back_mtu = back_mtu(passage);
	info->advmss = tcp_mss(passage, info);
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

/* What came in was not decrypted here; policies are not in a world. */
static int xfrm(void *owner, const struct skald_vm_pkt *pkt,
		const struct skald_xfrm_query *query, u32 value[4])
{
	return query->is_out ? -ENODATA : -ENOENT;
}

const struct skald_vm_world skald_engine_world = {
	.fact = fact,
	.ct = ct,
	.link = interface,
	.fib = fib,
	.route = route,
	.xfrm = xfrm,
	.bpf = run_bpf,
	.effect = skald_engine_effect,
};

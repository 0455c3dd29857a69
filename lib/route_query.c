// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTM_GETROUTE: the kernel makes a packet's lookup once more, and says which
 * entry of which table it found (RTM_F_FIB_MATCH).
 */
#include "route_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 256

/* Next hop objects in a group; groups hold no groups. */
#define MEMBERS_MAX SKALD_HOPS_MAX

static struct nlmsghdr *request(char *room, const struct skald_flow *flow,
				bool is_match, bool has_source)
{
	size_t len = skald_addr_len(flow->family);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct rtmsg *rtm;

	nlh->nlmsg_type = RTM_GETROUTE;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = flow->family;
	rtm->rtm_dst_len = len * 8;
	rtm->rtm_tos = flow->tos;
	if (is_match)
		rtm->rtm_flags |= RTM_F_FIB_MATCH;
	/* IPv6 always tells the table, and knows no such flag */
	if (flow->family == AF_INET)
		rtm->rtm_flags |= RTM_F_LOOKUP_TABLE;

	mnl_attr_put(nlh, RTA_DST, len, flow->dst);
	if (has_source) {
		rtm->rtm_src_len = len * 8;
		mnl_attr_put(nlh, RTA_SRC, len, flow->src);
	}
	if (flow->iif)
		mnl_attr_put_u32(nlh, RTA_IIF, flow->iif);
	if (flow->oif)
		mnl_attr_put_u32(nlh, RTA_OIF, flow->oif);
	if (flow->mark)
		mnl_attr_put_u32(nlh, RTA_MARK, flow->mark);
	if (flow->proto)
		mnl_attr_put_u8(nlh, RTA_IP_PROTO, flow->proto);
	if (flow->sport)
		mnl_attr_put_u16(nlh, RTA_SPORT, htons(flow->sport));
	if (flow->dport)
		mnl_attr_put_u16(nlh, RTA_DPORT, htons(flow->dport));
	return nlh;
}

static struct skald_hop *add_hop(struct skald_answer *answer)
{
	if (answer->n_hops == SKALD_HOPS_MAX) {
		answer->is_cut = true;
		return NULL;
	}
	return &answer->hops[answer->n_hops++];
}

/* RTA_GATEWAY is of the route's family, RTA_VIA says its own. */
static void take_gateway(const struct nlattr *gateway, const struct nlattr *via,
			 unsigned int family, struct skald_hop *hop)
{
	const void *bytes = skald_attr_bytes(gateway, skald_addr_len(family));
	const struct rtvia *rtvia;

	if (bytes) {
		hop->family = family;
		memcpy(hop->via, bytes, skald_addr_len(family));
		return;
	}
	if (!via || mnl_attr_get_payload_len(via) < sizeof(*rtvia))
		return;
	rtvia = mnl_attr_get_payload(via);
	if (mnl_attr_get_payload_len(via) - sizeof(*rtvia) !=
	    skald_addr_len(rtvia->rtvia_family))
		return;
	hop->family = rtvia->rtvia_family;
	memcpy(hop->via, rtvia->rtvia_addr, skald_addr_len(hop->family));
}

static void take_multipath(const struct nlattr *attr, unsigned int family,
			   struct skald_answer *answer)
{
	const struct rtnexthop *nh = mnl_attr_get_payload(attr);
	int left = mnl_attr_get_payload_len(attr);

	while (RTNH_OK(nh, left)) {
		const struct nlattr *tb[RTA_VIA + 1];
		struct skald_hop *hop = add_hop(answer);

		skald_attrs_parse_bytes(RTNH_DATA(nh),
					nh->rtnh_len - RTNH_LENGTH(0), tb,
					RTA_VIA + 1);
		if (hop) {
			hop->oif = (uint32_t)nh->rtnh_ifindex;
			take_gateway(tb[RTA_GATEWAY], tb[RTA_VIA], family, hop);
		}
		left -= (int)RTNH_ALIGN(nh->rtnh_len);
		nh = RTNH_NEXT(nh);
	}
}

static void take_hops(const struct nlattr **tb, unsigned int family,
		      struct skald_answer *answer)
{
	struct skald_hop *hop;

	answer->nexthop = skald_attr_u32(tb[RTA_NH_ID]);
	if (tb[RTA_MULTIPATH]) {
		take_multipath(tb[RTA_MULTIPATH], family, answer);
	} else if (tb[RTA_OIF]) {
		hop = add_hop(answer);
		hop->oif = skald_attr_u32(tb[RTA_OIF]);
		take_gateway(tb[RTA_GATEWAY], tb[RTA_VIA], family, hop);
	}
}

static int take_route(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[RTA_NH_ID + 1];
	struct skald_answer *answer = user;
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const void *bytes;
	size_t len;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return 0;
	skald_attrs_parse(nlh, sizeof(*rtm), tb, RTA_NH_ID + 1);
	len = skald_addr_len(rtm->rtm_family);
	if (rtm->rtm_dst_len > len * 8)
		return -EBADMSG;

	memset(answer, 0, sizeof(*answer));
	answer->type = rtm->rtm_type;
	answer->has_type = true;
	answer->table =
		tb[RTA_TABLE] ? skald_attr_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	answer->has_prefix = true;
	answer->prefix_len = rtm->rtm_dst_len;
	bytes = skald_attr_bytes(tb[RTA_DST], len);
	if (bytes)
		memcpy(answer->prefix, bytes, len);
	bytes = skald_attr_bytes(tb[RTA_PREFSRC], len);
	answer->has_source = bytes != NULL;
	if (bytes)
		memcpy(answer->source, bytes, len);
	take_hops(tb, rtm->rtm_family, answer);
	return 0;
}

static int ask(struct skald_call *call, const struct skald_flow *flow,
	       bool is_match, bool has_source, struct skald_answer *answer)
{
	char room[REQUEST_SIZE];

	return skald_call_do(call, request(room, flow, is_match, has_source),
			     take_route, answer);
}

/* A next hop object: hops, or members of a group to look at. */
struct nexthop {
	struct skald_answer *answer;
	uint32_t members[MEMBERS_MAX];
	unsigned int n_members;
};

static void take_group(const struct nlattr *attr, struct nexthop *nexthop)
{
	const struct nexthop_grp *group = mnl_attr_get_payload(attr);
	size_t n = mnl_attr_get_payload_len(attr) / sizeof(*group);

	for (size_t i = 0; i < n; i++) {
		if (nexthop->n_members == MEMBERS_MAX)
			nexthop->answer->is_cut = true;
		else
			nexthop->members[nexthop->n_members++] = group[i].id;
	}
}

static int take_nexthop(void *user, const struct nlmsghdr *nlh)
{
	const struct nhmsg *nhm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[NHA_GATEWAY + 1];
	struct nexthop *nexthop = user;
	struct skald_hop *hop;

	if (nlh->nlmsg_type != RTM_NEWNEXTHOP ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*nhm))
		return 0;
	skald_attrs_parse(nlh, sizeof(*nhm), tb, NHA_GATEWAY + 1);
	if (tb[NHA_GROUP]) {
		take_group(tb[NHA_GROUP], nexthop);
	} else if (tb[NHA_BLACKHOLE]) {
		nexthop->answer->type = RTN_BLACKHOLE;
	} else if (tb[NHA_OIF]) {
		hop = add_hop(nexthop->answer);
		if (!hop)
			return 0;
		hop->oif = skald_attr_u32(tb[NHA_OIF]);
		take_gateway(tb[NHA_GATEWAY], NULL, nhm->nh_family, hop);
	}
	return 0;
}

static void ask_nexthop(struct skald_call *call, uint32_t id,
			struct nexthop *nexthop)
{
	char room[REQUEST_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct nhmsg *nhm;

	nlh->nlmsg_type = RTM_GETNEXTHOP;
	nhm = mnl_nlmsg_put_extra_header(nlh, sizeof(*nhm));
	nhm->nh_family = AF_UNSPEC;
	mnl_attr_put_u32(nlh, NHA_ID, id);
	/* gone meanwhile: then there are no hops to tell */
	(void)skald_call_do(call, nlh, take_nexthop, nexthop);
}

/* With nexthop_compat_mode off, routes only name their next hop object. */
static void find_nexthop(struct skald_call *call, struct skald_answer *answer)
{
	struct nexthop nexthop = { .answer = answer };
	unsigned int n;

	ask_nexthop(call, answer->nexthop, &nexthop);
	n = nexthop.n_members;
	for (unsigned int i = 0; i < n; i++)
		ask_nexthop(call, nexthop.members[i], &nexthop);
}

/*
 * The kernel refuses output from an address that is not its own (a transparent
 * proxy's, or one that was translated), though such packets are routed.
 */
static bool may_be_sourceless(const struct skald_flow *flow, int err)
{
	return !flow->iif && (err == -EINVAL || err == -ENETUNREACH);
}

int skald_route_query(struct skald_call *call, const struct skald_flow *flow,
		      struct skald_answer *answer)
{
	struct skald_answer got = { 0 };
	bool is_sourceless = false;
	int err, plain;

	err = ask(call, flow, true, true, &got);
	if (may_be_sourceless(flow, err)) {
		plain = ask(call, flow, true, false, &got);
		is_sourceless = !plain;
		if (!plain)
			err = 0;
	}
	/* broadcasts are in no table, and go nowhere when they came in */
	if (err == -EHOSTUNREACH && !ask(call, flow, false, true, &got) &&
	    got.type != RTN_UNICAST) {
		got.table = 0;
		got.has_prefix = false;
		if (flow->iif)
			got.n_hops = 0;
		err = 0;
	}
	if (err)
		return err;
	if (got.nexthop && !got.n_hops)
		find_nexthop(call, &got);
	got.is_sourceless = is_sourceless;
	*answer = got;
	return 0;
}

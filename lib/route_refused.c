// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why there is no route: the kernel answers with one errno, which may mean a
 * route or an ip rule that refuses, a source address it does not believe, or
 * that it does not forward.
 */
#include "route_parts.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128
#define REFUSERS_MAX 64

/* A route that refuses, and whose prefix the destination is in. */
struct refuser {
	uint32_t table;
	uint8_t len;
	uint8_t prefix[SKALD_ADDR_MAX];
};

struct search {
	const struct skald_flow *flow;
	uint8_t type;
	unsigned int n;
	struct refuser found[REFUSERS_MAX];
};

/* fib_props[] in net/ipv4/fib_semantics.c, and the same for IPv6. */
static uint8_t type_of(int err)
{
	switch (err) {
	case EINVAL:
		return RTN_BLACKHOLE;
	case EHOSTUNREACH:
		return RTN_UNREACHABLE;
	case EACCES:
		return RTN_PROHIBIT;
	default:
		return RTN_UNSPEC;
	}
}

/* fib4_rule_action() in net/ipv4/fib_rules.c, and the same for IPv6. */
static uint8_t type_of_rule(const struct skald_iprule *rule, int err)
{
	if (rule->action == FR_ACT_BLACKHOLE && err == EINVAL)
		return RTN_BLACKHOLE;
	if (rule->action == FR_ACT_UNREACHABLE && err == ENETUNREACH)
		return RTN_UNREACHABLE;
	if (rule->action == FR_ACT_PROHIBIT && err == EACCES)
		return RTN_PROHIBIT;
	return RTN_UNSPEC;
}

static int take_refuser(void *user, const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[RTA_TABLE + 1];
	struct search *search = user;
	struct refuser *refuser = &search->found[search->n];
	const void *bytes;
	size_t len;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) ||
	    rtm->rtm_type != search->type || search->n == REFUSERS_MAX)
		return 0;
	skald_attrs_parse(nlh, sizeof(*rtm), tb, RTA_TABLE + 1);
	len = skald_addr_len(rtm->rtm_family);
	bytes = skald_attr_bytes(tb[RTA_DST], len);
	if (rtm->rtm_dst_len > len * 8 || (rtm->rtm_dst_len && !bytes))
		return 0;

	memset(refuser, 0, sizeof(*refuser));
	if (bytes)
		memcpy(refuser->prefix, bytes, len);
	refuser->len = rtm->rtm_dst_len;
	refuser->table =
		tb[RTA_TABLE] ? skald_attr_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	if (skald_addr_in(search->flow->dst, refuser->prefix, refuser->len))
		search->n++;
	return 0;
}

/* The socket checks strictly: the kernel gives routes of that type alone. */
static void find_refusers(struct skald_call *call, struct search *search)
{
	char room[REQUEST_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct rtmsg *rtm;

	if (search->type == RTN_UNSPEC)
		return;
	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_DUMP;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = search->flow->family;
	rtm->rtm_type = search->type;
	/* without them, the errno alone is told */
	(void)skald_call_do(call, nlh, take_refuser, search);
}

static const struct refuser *longest_in(const struct search *search,
					uint32_t table)
{
	const struct refuser *longest = NULL;

	for (unsigned int i = 0; i < search->n; i++) {
		const struct refuser *refuser = &search->found[i];

		if (refuser->table == table &&
		    (!longest || refuser->len > longest->len))
			longest = refuser;
	}
	return longest;
}

/* The first rule on the flow's way that refuses, or whose table does. */
static bool find_rule(const struct search *search, const char *iif,
		      const struct skald_iprules *rules, int err,
		      struct skald_refusal *refusal)
{
	const struct skald_iprule *rule = NULL;
	enum skald_rule_match match;

	while (rules->is_loaded &&
	       (rule = skald_iprules_next(rules, rule, search->flow, iif,
					  &match))) {
		const struct refuser *refuser;

		if (match != SKALD_RULE_YES)
			return false;
		refusal->rule = rule;
		refusal->type = type_of_rule(rule, err);
		if (refusal->type != RTN_UNSPEC)
			return true;
		refuser = longest_in(search, rule->table);
		if (rule->action != FR_ACT_TO_TBL || !refuser)
			continue;
		refusal->type = search->type;
		refusal->table = refuser->table;
		refusal->prefix_len = refuser->len;
		memcpy(refusal->prefix, refuser->prefix, SKALD_ADDR_MAX);
		return true;
	}
	refusal->rule = NULL;
	return false;
}

/* What NETCONF says of an interface. */
struct conf {
	uint32_t forwarding;
	uint32_t rp_filter;
};

static int take_conf(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NETCONFA_RP_FILTER + 1];
	struct conf *conf = user;

	if (nlh->nlmsg_type != RTM_NEWNETCONF)
		return 0;
	skald_attrs_parse(nlh, sizeof(struct netconfmsg), tb,
			  NETCONFA_RP_FILTER + 1);
	conf->forwarding = skald_attr_u32(tb[NETCONFA_FORWARDING]);
	conf->rp_filter = skald_attr_u32(tb[NETCONFA_RP_FILTER]);
	return 0;
}

static int get_conf(struct skald_call *call, unsigned int family, int index,
		    struct conf *conf)
{
	char room[REQUEST_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct netconfmsg *ncm;

	nlh->nlmsg_type = RTM_GETNETCONF;
	ncm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ncm));
	ncm->ncm_family = family;
	mnl_attr_put_u32(nlh, NETCONFA_IFINDEX, (uint32_t)index);
	memset(conf, 0, sizeof(*conf));
	return skald_call_do(call, nlh, take_conf, conf);
}

bool skald_route_forwards(struct skald_call *call, unsigned int family,
			  uint32_t iif)
{
	struct conf conf;
	/* ip6_forward() in net/ipv6/ip6_output.c asks for "all" */
	int index = family == AF_INET6 ? NETCONFA_IFINDEX_ALL : (int)iif;

	/* not known: nothing to complain of */
	return get_conf(call, family, index, &conf) || conf.forwarding;
}

/* IN_DEV_RPFILTER(): the greater of "all" and the interface's own. */
static bool has_rp_filter(struct skald_call *call,
			  const struct skald_flow *flow)
{
	struct conf all, own;

	if (flow->family != AF_INET)
		return false;
	return (!get_conf(call, AF_INET, NETCONFA_IFINDEX_ALL, &all) &&
		all.rp_filter) ||
	       (!get_conf(call, AF_INET, (int)flow->iif, &own) &&
		own.rp_filter);
}

/* Whether the destination can be reached when nobody looks at the source. */
static bool is_reachable(struct skald_call *call, const struct skald_flow *flow)
{
	struct skald_flow output = *flow;
	struct skald_answer answer;

	output.iif = 0;
	return !skald_route_query(call, &output, &answer);
}

static const char *words_of_type(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return "blackhole";
	case RTN_PROHIBIT:
		return "prohibited";
	case RTN_UNREACHABLE:
		return "host unreachable";
	default:
		return NULL;
	}
}

/* EINVAL that no blackhole is the reason of. */
static const char *words_of_invalid(struct skald_call *call,
				    const struct skald_flow *flow)
{
	if (!flow->iif)
		return "invalid address";
	/* ip_route_input_rcu() in net/ipv4/route.c */
	if (flow->family == AF_INET && flow->dst[0] >> 4 == 0xe)
		return "not a member of the group";
	if (has_rp_filter(call, flow))
		return "martian source or rp_filter";
	return "martian source";
}

static const char *words_of(struct skald_call *call,
			    const struct skald_flow *flow, int err)
{
	switch (err) {
	case ENETUNREACH:
		return "network unreachable";
	case EHOSTUNREACH:
		if (flow->iif &&
		    !skald_route_forwards(call, flow->family, flow->iif))
			return "forwarding is off";
		return "host unreachable";
	case EACCES:
		return "prohibited";
	case EXDEV:
		return "rp_filter";
	case ENODEV:
		return "the input interface is gone";
	case EINVAL:
		return words_of_invalid(call, flow);
	default:
		return strerror(err);
	}
}

void skald_route_refused(struct skald_call *call, const struct skald_flow *flow,
			 const char *iif, const struct skald_iprules *rules,
			 int err, struct skald_refusal *refusal)
{
	struct search search = { .flow = flow, .type = type_of(err) };
	struct skald_refusal why = { 0 };

	find_refusers(call, &search);
	/* a source that is not believed has the errno of a blackhole */
	if (find_rule(&search, iif, rules, err, &why) &&
	    !(flow->iif && err == EINVAL && is_reachable(call, flow)))
		why.words = words_of_type(why.type);
	if (!why.words) {
		memset(&why, 0, sizeof(why));
		why.words = words_of(call, flow, err);
	}
	/* a rule's own "unreachable" is another errno than a route's */
	if (err == ENETUNREACH)
		why.words = "network unreachable";
	*refusal = why;
}

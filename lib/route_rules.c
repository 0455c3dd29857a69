// SPDX-License-Identifier: GPL-2.0-only
/*
 * ip rules: which of them led to a route. The kernel does not tell, so its walk
 * (fib_rules_lookup() in net/core/fib_rules.c) is done once more.
 */
#include "route_parts.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUEST_SIZE 128
#define RULES_MIN 8

/* Attributes newer than the headers of Debian 12. */
enum {
	RULE_DSCP = 25,
	RULE_SPORT_MASK = 28,
	RULE_DPORT_MASK = 29,
	RULE_DSCP_MASK = 30,
	RULE_END = 64,
};

/* DSCP in the TOS byte. */
#define DSCP_SHIFT 2
#define DSCP_BITS 0xfc

size_t skald_addr_len(unsigned int family)
{
	return family == AF_INET6 ? 16 : 4;
}

bool skald_addr_in(const uint8_t *addr, const uint8_t *prefix,
		   unsigned int bits)
{
	unsigned int bytes = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (bits % 8));

	if (memcmp(addr, prefix, bytes) != 0)
		return false;
	return !(bits % 8) || !((addr[bytes] ^ prefix[bytes]) & mask);
}

void skald_iprules_done(struct skald_iprules *rules)
{
	free(rules->items);
	memset(rules, 0, sizeof(*rules));
}

/* Attributes that say nothing about which packets a rule is for. */
static bool is_known(unsigned int type)
{
	switch (type) {
	case FRA_DST:
	case FRA_SRC:
	case FRA_IIFNAME:
	case FRA_OIFNAME:
	case FRA_GOTO:
	case FRA_PRIORITY:
	case FRA_FWMARK:
	case FRA_FWMASK:
	case FRA_FLOW:
	case FRA_SUPPRESS_PREFIXLEN:
	case FRA_TABLE:
	case FRA_PAD:
	case FRA_PROTOCOL:
	case FRA_IP_PROTO:
	case FRA_SPORT_RANGE:
	case FRA_DPORT_RANGE:
	case RULE_DSCP:
	case RULE_SPORT_MASK:
	case RULE_DPORT_MASK:
	case RULE_DSCP_MASK:
		return true;
	default:
		return false;
	}
}

static bool take_prefix(const struct nlattr *attr, unsigned int family,
			uint8_t len, uint8_t *prefix)
{
	const void *bytes = skald_attr_bytes(attr, skald_addr_len(family));

	if (!len)
		return true;
	if (!bytes || len > skald_addr_len(family) * 8)
		return false;
	memcpy(prefix, bytes, skald_addr_len(family));
	return true;
}

static void take_ports(const struct nlattr *range, const struct nlattr *mask,
		       struct skald_ports *ports)
{
	const struct fib_rule_port_range *bytes =
		skald_attr_bytes(range, sizeof(*bytes));
	const uint16_t *bits = skald_attr_bytes(mask, sizeof(*bits));

	if (!bytes)
		return;
	ports->first = bytes->start;
	ports->last = bytes->end;
	ports->mask = bits ? *bits : 0;
}

static void take_name(const struct nlattr *attr, char *name, size_t size)
{
	const char *string = skald_attr_string(attr);

	(void)snprintf(name, size, "%s", string ? string : "");
}

static void take_selectors(const struct nlattr **tb, struct skald_iprule *rule)
{
	rule->mark = skald_attr_u32(tb[FRA_FWMARK]);
	rule->mark_mask = skald_attr_u32(tb[FRA_FWMASK]);
	if (rule->mark && !tb[FRA_FWMASK])
		rule->mark_mask = UINT32_MAX;
	rule->proto = skald_attr_u8(tb[FRA_IP_PROTO]);
	take_ports(tb[FRA_SPORT_RANGE], tb[RULE_SPORT_MASK], &rule->sport);
	take_ports(tb[FRA_DPORT_RANGE], tb[RULE_DPORT_MASK], &rule->dport);
	take_name(tb[FRA_IIFNAME], rule->iif, sizeof(rule->iif));
	take_name(tb[FRA_OIFNAME], rule->oif, sizeof(rule->oif));
	rule->is_vrf = skald_attr_u8(tb[FRA_L3MDEV]) != 0;

	if (rule->tos)
		rule->tos_mask = DSCP_BITS;
	if (tb[RULE_DSCP]) {
		rule->tos = skald_attr_u8(tb[RULE_DSCP]) << DSCP_SHIFT;
		rule->tos_mask = DSCP_BITS;
	}
	if (tb[RULE_DSCP_MASK])
		rule->tos_mask = skald_attr_u8(tb[RULE_DSCP_MASK])
				 << DSCP_SHIFT;
}

static void take_rule(const struct nlmsghdr *nlh, struct skald_iprule *rule)
{
	const struct fib_rule_hdr *hdr = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[RULE_END];

	skald_attrs_parse(nlh, sizeof(*hdr), tb, RULE_END);
	rule->priority = skald_attr_u32(tb[FRA_PRIORITY]);
	rule->table =
		tb[FRA_TABLE] ? skald_attr_u32(tb[FRA_TABLE]) : hdr->table;
	rule->target = skald_attr_u32(tb[FRA_GOTO]);
	rule->action = hdr->action;
	rule->tos = hdr->tos & DSCP_BITS;
	rule->is_inverted = (hdr->flags & FIB_RULE_INVERT) != 0;
	rule->suppress_len =
		tb[FRA_SUPPRESS_PREFIXLEN]
			? (int32_t)skald_attr_u32(tb[FRA_SUPPRESS_PREFIXLEN])
			: -1;
	rule->src_len = hdr->src_len;
	rule->dst_len = hdr->dst_len;
	rule->is_odd =
		!take_prefix(tb[FRA_SRC], hdr->family, hdr->src_len,
			     rule->src) ||
		!take_prefix(tb[FRA_DST], hdr->family, hdr->dst_len, rule->dst);
	take_selectors(tb, rule);
	for (unsigned int type = 1; type < RULE_END; type++) {
		if (tb[type] && !is_known(type))
			rule->is_odd = true;
	}
}

int skald_iprules_add(struct skald_iprules *rules, const struct nlmsghdr *nlh)
{
	struct skald_iprule *rule;

	if (nlh->nlmsg_type != RTM_NEWRULE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct fib_rule_hdr))
		return 0;
	if (rules->n == rules->size) {
		size_t size = rules->size ? rules->size * 2 : RULES_MIN;
		struct skald_iprule *items =
			reallocarray(rules->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		rules->items = items;
		rules->size = size;
	}
	rule = &rules->items[rules->n++];
	memset(rule, 0, sizeof(*rule));
	take_rule(nlh, rule);
	if (rule->proto || rule->sport.first || rule->dport.first)
		rules->use_ports = true;
	if (rule->src_len)
		rules->use_source = true;
	return 0;
}

static int add_rule(void *user, const struct nlmsghdr *nlh)
{
	return skald_iprules_add(user, nlh);
}

static int load_rules(struct skald_call *call, unsigned int family,
		      struct skald_iprules *rules)
{
	char room[REQUEST_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct fib_rule_hdr *hdr;
	int err;

	nlh->nlmsg_type = RTM_GETRULE;
	nlh->nlmsg_flags = NLM_F_DUMP;
	hdr = mnl_nlmsg_put_extra_header(nlh, sizeof(*hdr));
	hdr->family = family;

	rules->n = 0;
	rules->use_ports = false;
	rules->use_source = false;
	err = skald_call_do(call, nlh, add_rule, rules);
	rules->is_loaded = !err;
	return err;
}

const struct skald_iprules *skald_route_rules(struct skald_route_view *view,
					      unsigned int family)
{
	struct skald_iprules *rules =
		family == AF_INET6 ? &view->ip6 : &view->ip;

	/* what cannot be loaded tells no rule */
	if (!rules->is_loaded)
		(void)load_rules(&view->call, family, rules);
	return rules;
}

static bool has_ports(const struct skald_ports *ports, uint16_t port)
{
	uint16_t mask = ports->mask ? ports->mask : UINT16_MAX;

	if (!ports->first)
		return true;
	if (ports->first != ports->last)
		return port >= ports->first && port <= ports->last;
	return !((port ^ ports->first) & mask);
}

/* What is decided by the selectors that are known here. */
static bool fits(const struct skald_iprule *rule, const struct skald_flow *flow,
		 const char *iif)
{
	/* local output comes in by the loopback interface */
	if (rule->iif[0] && strcmp(rule->iif, iif ? iif : "lo") != 0)
		return false;
	/* no output interface is asked for */
	if (rule->oif[0])
		return false;
	if ((rule->mark ^ flow->mark) & rule->mark_mask)
		return false;
	if ((rule->tos ^ flow->tos) & rule->tos_mask)
		return false;
	if (rule->proto && rule->proto != flow->proto)
		return false;
	return has_ports(&rule->sport, flow->sport) &&
	       has_ports(&rule->dport, flow->dport) &&
	       skald_addr_in(flow->src, rule->src, rule->src_len) &&
	       skald_addr_in(flow->dst, rule->dst, rule->dst_len);
}

/* @iif: name of the flow's input interface; NULL: local output */
static enum skald_rule_match match_rule(const struct skald_iprule *rule,
					const struct skald_flow *flow,
					const char *iif)
{
	bool is_fit = fits(rule, flow, iif);

	/* an unknown selector can only make it match less */
	if (rule->is_odd && is_fit)
		return SKALD_RULE_MAYBE;
	if (rule->oif[0] && flow->oif)
		return SKALD_RULE_MAYBE;
	return is_fit != rule->is_inverted ? SKALD_RULE_YES : SKALD_RULE_NO;
}

/* First rule with the target's priority; a goto to nowhere is passed by. */
static const struct skald_iprule *jump(const struct skald_iprules *rules,
				       const struct skald_iprule *from)
{
	const struct skald_iprule *end = rules->items + rules->n;

	for (const struct skald_iprule *rule = from + 1; rule < end; rule++) {
		if (rule->priority == from->target)
			return rule;
	}
	return from + 1;
}

const struct skald_iprule *skald_iprules_next(const struct skald_iprules *rules,
					      const struct skald_iprule *rule,
					      const struct skald_flow *flow,
					      const char *iif,
					      enum skald_rule_match *match)
{
	if (!rules->n)
		return NULL;
	rule = rule ? rule + 1 : rules->items;
	while (rule < rules->items + rules->n) {
		*match = match_rule(rule, flow, iif);
		if (*match == SKALD_RULE_YES && rule->action == FR_ACT_GOTO)
			rule = jump(rules, rule);
		else if (*match == SKALD_RULE_NO || rule->action == FR_ACT_NOP)
			rule++;
		else
			return rule;
	}
	return NULL;
}

/* Whether a rule that matches could have led to the answer. */
static bool leads_to(const struct skald_iprule *rule,
		     const struct skald_answer *answer)
{
	/* a VRF has a table of its own */
	if (rule->is_vrf)
		return answer->table < RT_TABLE_DEFAULT ||
		       answer->table > RT_TABLE_LOCAL;
	if (rule->action != FR_ACT_TO_TBL || rule->table != answer->table)
		return false;
	return !answer->has_prefix || rule->suppress_len < 0 ||
	       answer->prefix_len > rule->suppress_len;
}

const struct skald_iprule *skald_iprules_find(const struct skald_iprules *rules,
					      const struct skald_flow *flow,
					      const char *iif,
					      const struct skald_answer *answer)
{
	const struct skald_iprule *rule = NULL;
	enum skald_rule_match match;

	if (!rules->is_loaded || !answer->table)
		return NULL;
	while ((rule = skald_iprules_next(rules, rule, flow, iif, &match))) {
		if (rule->action == FR_ACT_GOTO)
			return NULL;
		if (leads_to(rule, answer))
			return match == SKALD_RULE_YES ? rule : NULL;
	}
	return NULL;
}

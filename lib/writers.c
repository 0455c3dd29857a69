// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for rules that change packets. The debug table asks before it places
 * its chains.
 */
#include "writers.h"

#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include "netlink_call.h"
#include "rules_ask.h"

/* Targets of iptables that leave the packet as it is, or translate it. */
static const char *const harmless[] = {
	"LOG",	"NFLOG", "REJECT",     "TRACE",	 "CT",	     "SET",
	"SNAT", "DNAT",	 "MASQUERADE", "NETMAP", "REDIRECT", "CONNSECMARK",
};

/**
 * struct search - what is being looked for
 * @family: NFPROTO_*
 * @writers: what was found
 */
struct search {
	unsigned int family;
	struct skald_writers writers;
};

static bool concerns(const struct search *search, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);

	return mnl_nlmsg_get_payload_len(nlh) >= sizeof(*head) &&
	       (head->nfgen_family == search->family ||
		head->nfgen_family == NFPROTO_INET);
}

static int take_chain(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[SKALD_RULES_TB], *hook[SKALD_RULES_TB];
	struct search *search = user;
	uint32_t number;

	if (!concerns(search, nlh))
		return 0;
	skald_attrs_parse(nlh, sizeof(struct nfgenmsg), tb, SKALD_RULES_TB);
	if (!tb[NFTA_CHAIN_HOOK] ||
	    skald_rules_is_own(nlh, skald_attr_string(tb[NFTA_CHAIN_TABLE]),
			       skald_attr_string(tb[NFTA_CHAIN_NAME])))
		return 0;
	skald_attrs_parse_nested(tb[NFTA_CHAIN_HOOK], hook, SKALD_RULES_TB);
	number = be32toh(skald_attr_u32(hook[NFTA_HOOK_HOOKNUM]));
	/* A chain for translation sees the first packet of a flow only. */
	if (number < NF_INET_NUMHOOKS && tb[NFTA_CHAIN_TYPE] &&
	    strcmp(skald_attr_string(tb[NFTA_CHAIN_TYPE]) ?: "", "nat") != 0)
		search->writers.hooks |= 1u << number;
	return 0;
}

static bool is_writing_target(const struct nlattr *data)
{
	const struct nlattr *tb[SKALD_RULES_TB];
	const char *name;
	size_t i;

	if (!data)
		return true;
	skald_attrs_parse_nested(data, tb, SKALD_RULES_TB);
	name = skald_attr_string(tb[NFTA_TARGET_NAME]);
	for (i = 0; name && i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!strcmp(name, harmless[i]))
			return false;
	return true;
}

/* Whether the expression has an attribute that says where it reads or writes */
static bool has(const struct nlattr *data, unsigned int attribute)
{
	const struct nlattr *tb[SKALD_RULES_TB];

	if (!data)
		return false;
	skald_attrs_parse_nested(data, tb, SKALD_RULES_TB);
	return tb[attribute] != NULL;
}

static bool is_writing(const struct nlattr *elem)
{
	const struct nlattr *tb[SKALD_RULES_TB];
	const struct nlattr *data;
	const char *name;

	skald_attrs_parse_nested(elem, tb, SKALD_RULES_TB);
	name = skald_attr_string(tb[NFTA_EXPR_NAME]);
	data = tb[NFTA_EXPR_DATA];
	if (!name)
		return false;
	if (!strcmp(name, "payload"))
		return has(data, NFTA_PAYLOAD_SREG);
	if (!strcmp(name, "meta"))
		return has(data, NFTA_META_SREG);
	/* "reset tcp option" has neither register */
	if (!strcmp(name, "exthdr"))
		return !has(data, NFTA_EXTHDR_DREG);
	if (!strcmp(name, "target"))
		return is_writing_target(data);
	return !strcmp(name, "queue") || !strcmp(name, "tproxy") ||
	       !strcmp(name, "synproxy");
}

static int take_rule(void *user, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[SKALD_RULES_TB], *elem;
	const struct search *search = user;

	if (!concerns(search, nlh))
		return 0;
	skald_attrs_parse(nlh, sizeof(struct nfgenmsg), tb, SKALD_RULES_TB);
	if (!tb[NFTA_RULE_EXPRESSIONS] ||
	    skald_rules_is_own(nlh, skald_attr_string(tb[NFTA_RULE_TABLE]),
			       skald_attr_string(tb[NFTA_RULE_CHAIN])))
		return 0;
	mnl_attr_for_each_nested(elem, tb[NFTA_RULE_EXPRESSIONS]) {
		if (is_writing(elem))
			return 1;
	}
	return 0;
}

int skald_writers_find(const struct skald_netns *netns, unsigned int family,
		       struct skald_writers *writers)
{
	struct search search = { .family = family };
	int ret = skald_rules_legacy(netns, family, NULL);

	if (!ret)
		ret = skald_rules_ask(netns, take_chain, take_rule, &search);
	if (ret < 0)
		return ret;
	search.writers.writes = ret > 0;
	*writers = search.writers;
	return 0;
}

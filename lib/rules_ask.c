// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walks over a ruleset. Used by those who look for something in it:
 * conntrack_use.c, writers.c.
 */
#include "rules_ask.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "netlink_call.h"
#include "witness.h"

struct skald_rules_request
skald_rules_request(unsigned int subsys, unsigned int type, unsigned int family)
{
	return (struct skald_rules_request){
		.nlh = { .nlmsg_len = sizeof(struct skald_rules_request),
			 .nlmsg_type = subsys << 8 | type,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.head = { .nfgen_family = family, .version = NFNETLINK_V0 },
	};
}

int skald_rules_ask(const struct skald_netns *netns,
		    int (*chain)(void *user, const struct nlmsghdr *nlh),
		    int (*rule)(void *user, const struct nlmsghdr *nlh),
		    void *user)
{
	struct skald_rules_request chains = skald_rules_request(
		NFNL_SUBSYS_NFTABLES, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC);
	struct skald_rules_request rules = skald_rules_request(
		NFNL_SUBSYS_NFTABLES, NFT_MSG_GETRULE, NFPROTO_UNSPEC);
	struct skald_call call;
	int ret;

	ret = skald_call_open(netns, NETLINK_NETFILTER, &call);
	if (ret)
		return ret;
	ret = skald_call_do(&call, &chains.nlh, chain, user);
	if (!ret)
		ret = skald_call_do(&call, &rules.nlh, rule, user);
	skald_call_close(&call);
	return ret;
}

bool skald_rules_is_own(const struct nlmsghdr *nlh, const char *table,
			const char *chain)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	enum skald_role role;

	if (!table || !chain)
		return false;
	(void)skald_witness_find("", head->nfgen_family, table, chain, &role);
	return role != SKALD_ROLE_USER;
}

static bool is_table(char *line, const char *table)
{
	line[strcspn(line, "\n")] = '\0';
	return *line && (!table || !strcmp(line, table));
}

int skald_rules_legacy(const struct skald_netns *netns, unsigned int family,
		       const char *table)
{
	const char *path = family == NFPROTO_IPV4
				   ? "/proc/thread-self/net/ip_tables_names"
				   : "/proc/thread-self/net/ip6_tables_names";
	char line[64];
	bool found = false;
	FILE *file;
	int back;

	back = skald_netns_enter(netns);
	if (back < 0)
		return back;
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = is_table(line, table);
	if (file)
		(void)fclose(file);
	skald_netns_leave(back);
	return found;
}

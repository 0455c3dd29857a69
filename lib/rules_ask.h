/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: questions about somebody's ruleset
 *
 * Before it places chains of its own, the debug table wants to know what is
 * there: a walk over all chains and rules in the kernel's own form.
 */
#ifndef SKALD_LIB_RULES_ASK_H
#define SKALD_LIB_RULES_ASK_H

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>

#include "netns.h"

/* Most attributes that are looked at in one nest */
#define SKALD_RULES_TB 16

/* A request of nfnetlink: a header and the family. */
struct skald_rules_request {
	struct nlmsghdr nlh;
	struct nfgenmsg head;
};

/* One for a dump */
struct skald_rules_request skald_rules_request(unsigned int subsys,
					       unsigned int type,
					       unsigned int family);

/**
 * skald_rules_ask() - walk over all chains, then over all rules
 * @netns: namespace
 * @chain: gets each NFT_MSG_NEWCHAIN; 0: go on, else that is the answer
 * @rule: gets each NFT_MSG_NEWRULE, the same
 * @user: for both
 *
 * Return: the first answer that is not 0, 0, or -errno; -EINTR: the ruleset
 * changed meanwhile.
 */
int skald_rules_ask(const struct skald_netns *netns,
		    int (*chain)(void *user, const struct nlmsghdr *nlh),
		    int (*rule)(void *user, const struct nlmsghdr *nlh),
		    void *user);

/* Whether a chain of that table belongs to some skald */
bool skald_rules_is_own(const struct nlmsghdr *nlh, const char *table,
			const char *chain);

/**
 * skald_rules_legacy() - whether iptables-legacy has a table
 * @netns: namespace
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @table: its name; NULL: any
 *
 * A table is there as soon as it was looked at once. Return: 1, 0 or -errno
 */
int skald_rules_legacy(const struct skald_netns *netns, unsigned int family,
		       const char *table);

#endif /* SKALD_LIB_RULES_ASK_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which chain is ours, and what it is for.
 */
#include "witness.h"

#include <criterion/criterion.h>
#include <linux/netfilter.h>
#include <string.h>

#include "event.h"

static enum skald_role role_of(const char *own, unsigned int family,
			       const char *table, const char *chain)
{
	enum skald_role role = SKALD_ROLE_FOREIGN;

	(void)skald_witness_find(own, family, table, chain, &role);
	return role;
}

Test(witness, our_chains_have_their_roles)
{
	const struct skald_witness *witness;
	enum skald_role role;

	witness = skald_witness_find("skald", NFPROTO_IPV6, "skald",
				     "post_last", &role);
	cr_assert(witness);
	cr_expect_eq(role, SKALD_ROLE_LAST);
	cr_expect_eq(witness->hook, SKALD_HOOK_POSTROUTING);
	cr_expect_eq(witness->priority, INT_MAX);
	cr_expect_eq(role_of("skald", NFPROTO_IPV4, "skald", "pre_mark"),
		     SKALD_ROLE_MARK);
	cr_expect_eq(role_of("skald", NFPROTO_IPV4, "skald", "out_ct"),
		     SKALD_ROLE_CT);
	cr_expect_eq(role_of("skald", NFPROTO_BRIDGE, "skald", "br_fwd_last"),
		     SKALD_ROLE_SEEN);
	cr_expect_eq(role_of("skald", NFPROTO_ARP, "skald", "arp_in_last"),
		     SKALD_ROLE_LAST);
}

Test(witness, other_instances_are_foreign)
{
	enum skald_role role;

	cr_expect_eq(role_of("skald-7", NFPROTO_IPV4, "skald", "pre_mark"),
		     SKALD_ROLE_FOREIGN);
	cr_expect_eq(role_of("skald", NFPROTO_IPV4, "skald-12-2", "in_last"),
		     SKALD_ROLE_FOREIGN);
	cr_expect_null(skald_witness_find("skald", NFPROTO_IPV4, "skald-12",
					  "in_last", &role));
}

Test(witness, all_else_is_the_users)
{
	static const struct {
		unsigned int family;
		const char *table;
		const char *chain;
	} users[] = {
		{ NFPROTO_IPV4, "filter", "pre_mark" },
		{ NFPROTO_IPV4, "skalds", "pre_mark" },
		{ NFPROTO_IPV4, "skald-x", "pre_mark" },
		{ NFPROTO_IPV4, "skald", "mine" },
		{ NFPROTO_INET, "skald", "pre_mark" },
		{ NFPROTO_NETDEV, "skald", "pre_mark" },
		{ NFPROTO_BRIDGE, "skald", "pre_mark" },
		{ NFPROTO_ARP, "skald", "br_in_last" },
		{ 250, "skald", "pre_mark" },
	};
	size_t i;

	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		cr_expect_eq(role_of("skald", users[i].family, users[i].table,
				     users[i].chain),
			     SKALD_ROLE_USER, "case %zu", i);
}

/* The marks come before, the lasts behind everything else on their hook. */
Test(witness, marks_are_first_and_lasts_are_last)
{
	static const unsigned int families[] = { NFPROTO_IPV4, NFPROTO_IPV6,
						 NFPROTO_BRIDGE, NFPROTO_ARP };
	const struct skald_witness *witness;
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		witness = skald_witnesses(families[i]);
		cr_assert(witness);
		for (; witness->name; witness++) {
			if (witness->role == SKALD_ROLE_MARK)
				cr_expect_eq(witness->priority, INT_MIN, "%s",
					     witness->name);
			if (witness->role == SKALD_ROLE_LAST)
				cr_expect_eq(witness->priority, INT_MAX, "%s",
					     witness->name);
		}
	}
	cr_expect_null(skald_witnesses(NFPROTO_INET));
}

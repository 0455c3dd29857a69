/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rules of the legacy tables
 *
 * iptables-legacy and its kin have no generations and no handles: a rule is the
 * n-th of its chain, and its text is what iptables-legacy-save says now.
 */
#ifndef SKALD_LIB_LEGACY_H
#define SKALD_LIB_LEGACY_H

#include "netns.h"

/**
 * struct skald_legacy_rule - which rule
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @table: table
 * @chain: chain
 * @number: in its chain, from 1
 */
struct skald_legacy_rule {
	unsigned int family;
	const char *table;
	const char *chain;
	uint32_t number;
};

struct skald_legacy;

/**
 * skald_legacy_take() - all rules of the legacy tables of a namespace
 * @netns: the namespace
 * @legacy: written on success
 *
 * Runs iptables-legacy-save and ip6tables-legacy-save; what is not installed
 * leaves its family without texts.
 *
 * Return: 0 or -ENOMEM.
 */
int skald_legacy_take(const struct skald_netns *netns,
		      struct skald_legacy **legacy);
void skald_legacy_free(struct skald_legacy *legacy);

/* "-A FORWARD -p udp -j DROP"; lives as long as @legacy. NULL: not there */
const char *skald_legacy_rule(const struct skald_legacy *legacy,
			      const struct skald_legacy_rule *rule);

#endif /* SKALD_LIB_LEGACY_H */

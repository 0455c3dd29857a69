/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: is connection tracking on?
 *
 * A "ct state" rule turns connection tracking on in its namespace: packets are
 * defragmented, entries are made, a full table drops. A tracer must not do that
 * to who does without. So the CT chains get their rules only where somebody
 * else tracks already.
 */
#ifndef SKALD_LIB_CONNTRACK_USE_H
#define SKALD_LIB_CONNTRACK_USE_H

#include <stdbool.h>
#include <stddef.h>

#include "netns.h"

/**
 * skald_conntrack_used() - whether packets of a family are tracked
 * @netns: namespace
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @is_used: written on success
 *
 * Evidence is an entry of that family, a nat chain, a rule with an expression
 * that needs the tracker, or the nat table of iptables-legacy. The kernel has
 * no question for it that all versions answer. skald's own rules do not count.
 * What tracks without rules and has seen no packet yet (Open vSwitch, IPVS)
 * stays unknown until the first entry.
 *
 * Return: 0 or -errno.
 */
int skald_conntrack_used(const struct skald_netns *netns, unsigned int family,
			 bool *is_used);

/* The same from the dump of a ruleset alone. */
bool skald_conntrack_used_in(const void *bytecode, size_t len,
			     unsigned int family);

#endif /* SKALD_LIB_CONNTRACK_USE_H */

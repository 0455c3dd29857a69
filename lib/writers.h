/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rules that change packets
 *
 * Where no rule can change a packet, a look between two of them shows nothing
 * that the next look does not show as well: what changes is the work of
 * forwarding and of translation, which are told apart by their fields.
 */
#ifndef SKALD_LIB_WRITERS_H
#define SKALD_LIB_WRITERS_H

#include <stdbool.h>
#include <stdint.h>

#include "netns.h"

/**
 * struct skald_writers - what a namespace's chains of one family can do
 * @writes: some rule can change a packet, or it is not known
 * @hooks: bits by NF_INET_*: hooks that have a base chain which is not skald's
 */
struct skald_writers {
	bool writes;
	uint32_t hooks;
};

/**
 * skald_writers_find() - look for rules that change packets
 * @netns: namespace
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @writers: written on success
 *
 * Translation of addresses does not count: there are chains of ours for it.
 * A queue does: user space may do anything. iptables-legacy does: its rules
 * are not looked at. Return: 0 or -errno
 */
int skald_writers_find(const struct skald_netns *netns, unsigned int family,
		       struct skald_writers *writers);

#endif /* SKALD_LIB_WRITERS_H */

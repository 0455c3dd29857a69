/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what is needed in every network namespace
 *
 * nf_hook_slow() runs only where a hook has functions. Packets that this host
 * makes are marked at its entry, so each namespace gets a function in its
 * output hooks that does nothing.
 */
#ifndef SKALD_NETNS_H
#define SKALD_NETNS_H

#include <linux/types.h>

struct net;

/* In all namespaces, and in those to come. Return: 0 or -errno. */
int skald_netns_arm(void);
void skald_netns_disarm(void);

/**
 * skald_netns_find() - a network namespace by its number
 * @inum: inode number
 *
 * Return: it, to be put with put_net(); NULL when there is none.
 */
struct net *skald_netns_find(u32 inum);

#endif /* SKALD_NETNS_H */

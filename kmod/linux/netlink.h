/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_NETLINK_H
#define SKALD_NETLINK_H

#include <linux/types.h>

struct sk_buff;

/* Module load and unload. */
int skald_netlink_init(void);
void skald_netlink_exit(void);

/**
 * skald_netlink_new() - a message of this family that nobody asked for
 * @cmd: enum skald_cmd
 * @size: room for attributes
 * @head: out: to be handed to genlmsg_end()
 *
 * Return: it, or NULL.
 */
struct sk_buff *skald_netlink_new(u8 cmd, size_t size, void **head);

#endif /* SKALD_NETLINK_H */

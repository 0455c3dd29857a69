/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_NETLINK_H
#define SKALD_NETLINK_H

struct genl_family;

extern struct genl_family skald_family;

/* Module load and unload. */
int skald_netlink_init(void);
void skald_netlink_exit(void);

#endif /* SKALD_NETLINK_H */

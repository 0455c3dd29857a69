/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: network namespaces
 */
#ifndef SKALD_LIB_NETNS_H
#define SKALD_LIB_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/**
 * struct skald_netns - a namespace that is held open
 * @fd: /proc/…/ns/net or /run/netns/…; close-on-exec
 * @inode: tells namespaces apart
 * @name: name in /run/netns or /run/docker/netns, "host" for that of process 1
 *	(of our own process where that may not be seen), else "net:[inode]"
 */
struct skald_netns {
	int fd;
	uint64_t inode;
	char name[256];
};

/* @name: NULL or "": our own; a name, a pid or a path otherwise. */
int skald_netns_open(const char *name, struct skald_netns *netns,
		     struct skald_error *error);
void skald_netns_close(struct skald_netns *netns);

/* socket(2) in another namespace; the thread comes back to its own.
 * SOCK_CLOEXEC is added. Return: fd or -errno. */
int skald_netns_socket(const struct skald_netns *netns, int domain, int type,
		       int protocol);

/* Go into a namespace, and back. Nothing between may fail to come back.
 * Return: an fd to give to skald_netns_leave(), or -errno. */
int skald_netns_enter(const struct skald_netns *netns);
void skald_netns_leave(int back);

/**
 * skald_netns_list() - all namespaces there are
 * @list: heap array, free each with skald_netns_close(), then free()
 * @n: how many
 *
 * Those with a name, those of running processes; each once.
 */
int skald_netns_list(struct skald_netns **list, size_t *n);

/* Name of an interface, "if7" when it has none. Cached by the caller. */
int skald_netns_ifname(const struct skald_netns *netns, uint32_t index,
		       char *name, size_t size);

#endif /* SKALD_LIB_NETNS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what the kernel says in /proc
 *
 * /proc/sys/net and /proc/net show the namespace of whoever opens them: these
 * functions go into the namespace for that moment.
 */
#ifndef SKALD_LIB_PROC_H
#define SKALD_LIB_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns.h"

#define SKALD_PROC_NET "/proc/thread-self/net/"

/**
 * skald_proc_read() - read a file of /proc
 * @netns: the namespace to be in, NULL: the one we are in
 * @path: the file
 * @len: written on success when not NULL
 *
 * Return: the text, zero-terminated, heap; NULL with errno set.
 */
char *skald_proc_read(const struct skald_netns *netns, const char *path,
		      size_t *len);
/* A file with one number. Return: 0 or -errno */
int skald_proc_number(const struct skald_netns *netns, const char *path,
		      uint64_t *number);

/**
 * skald_proc_counter() - a counter of /proc/net/snmp or /proc/net/netstat
 * @text: the file: pairs of lines "Group: Name Name" and "Group: 1 2"
 * @group: "Ip", "TcpExt", ...
 * @name: the counter
 *
 * Return: its value, 0 when there is none.
 */
uint64_t skald_proc_counter(const char *text, const char *group,
			    const char *name);

/**
 * skald_proc_column() - the sum of a column of /proc/net/stat/nf_conntrack
 * @text: the file: a line of names, then a line of hexadecimal numbers a CPU
 * @name: the column
 */
uint64_t skald_proc_column(const char *text, const char *name);

#endif /* SKALD_LIB_PROC_H */

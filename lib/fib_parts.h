/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: routing tables in the making
 *
 * fib_read.c takes the messages apart, fib.c looks up.
 */
#ifndef SKALD_LIB_FIB_PARTS_H
#define SKALD_LIB_FIB_PARTS_H

#include "fib.h"

/**
 * struct skald_fib_group - routes of one table and prefix length
 * @table: table
 * @family: AF_INET or AF_INET6
 * @dst_len: bits
 * @first: index of its first route
 * @n: how many
 */
struct skald_fib_group {
	uint32_t table;
	uint8_t family;
	uint8_t dst_len;
	size_t first;
	size_t n;
};

/**
 * struct skald_fib - the tables
 * @links: interfaces
 * @ip: rules for IPv4
 * @ip6: rules for IPv6
 * @routes: by family, table, length (longest first), prefix, and in the order
 *	in which they are tried; heap
 * @n_routes: how many
 * @groups: the same in groups, heap
 * @n_groups: how many
 * @arena: next hops
 */
struct skald_fib {
	const struct skald_links *links;
	struct skald_iprules ip;
	struct skald_iprules ip6;
	struct skald_fib_route *routes;
	size_t n_routes;
	struct skald_fib_group *groups;
	size_t n_groups;
	struct skald_arena arena;
};

/* Fill in rules and routes. Return: 0, -EBADMSG or -ENOMEM */
int skald_fib_read(const struct skald_world *world, struct skald_fib *fib);

#endif /* SKALD_LIB_FIB_PARTS_H */

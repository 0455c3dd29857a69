// SPDX-License-Identifier: GPL-2.0-only
/* Snapshots of what is around rulesets, for a store. */
#include "around.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define FRESH_NS 1000000000ull
/* Dumps take at most one part in so many of the time. */
#define TAKE_SHARE 5
#define GROUP(group) (1u << ((group)-1))

/**
 * struct skald_around - the newest snapshot
 * @world: it; valid when @taken_ns is not 0
 * @taken_ns: CLOCK_MONOTONIC
 * @cost_ns: how long it took
 * @fd: tells of changes; -1: nobody does
 * @asked_ns: CLOCK_REALTIME when it was asked last
 * @since_ns: CLOCK_REALTIME since when @world is not what is there; 0: it is
 */
struct skald_around {
	struct skald_world world;
	uint64_t taken_ns;
	uint64_t cost_ns;
	int fd;
	uint64_t asked_ns;
	uint64_t since_ns;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Links, addresses, ip rules and routes; what neighbours are heard of is not
 * recorded. */
static int listen_in(const struct skald_netns *netns)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups =
			GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_IPV4_IFADDR) |
			GROUP(RTNLGRP_IPV6_IFADDR) | GROUP(RTNLGRP_IPV4_ROUTE) |
			GROUP(RTNLGRP_IPV6_ROUTE) | GROUP(RTNLGRP_IPV4_RULE) |
			GROUP(RTNLGRP_IPV6_RULE),
	};
	int fd = skald_netns_socket(netns, AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK,
				    NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* Whether something was told. What it was does not matter; what was lost is a
 * change as well. */
static bool is_told(int fd)
{
	bool told = false;
	char byte;

	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0 ||
	       errno == ENOBUFS)
		told = true;
	return told;
}

static void listen_to(struct skald_around *around)
{
	uint64_t now = now_ns(CLOCK_REALTIME);

	if (around->fd < 0)
		return;
	if (is_told(around->fd) && !around->since_ns)
		around->since_ns = around->asked_ns ? around->asked_ns : now;
	around->asked_ns = now;
}

/* Whether it is too soon for another dump. */
static bool is_soon(const struct skald_around *around)
{
	uint64_t wait = around->cost_ns * (TAKE_SHARE - 1);

	if (wait < FRESH_NS)
		wait = FRESH_NS;
	return around->taken_ns &&
	       now_ns(CLOCK_MONOTONIC) - around->taken_ns < wait;
}

static int take(struct skald_around *around, const struct skald_netns *netns,
		struct skald_error *error)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	struct skald_world taken;
	int err;

	err = skald_world_take_around(netns, &taken, error);
	if (err)
		return err;
	skald_world_done(&around->world);
	around->world = taken;
	around->taken_ns = now_ns(CLOCK_MONOTONIC);
	around->cost_ns = around->taken_ns - start;
	around->since_ns = 0;
	return 0;
}

/* The first time: listens before it looks, so that no change slips through. */
static int begin(struct skald_around **around, const struct skald_netns *netns,
		 struct skald_error *error)
{
	if (*around)
		return 0;
	*around = calloc(1, sizeof(**around));
	if (!*around) {
		skald_error_set(error, ENOMEM, "out of memory");
		return -ENOMEM;
	}
	(*around)->fd = listen_in(netns);
	return 0;
}

int skald_around_record(struct skald_around **around,
			const struct skald_netns *netns,
			struct skald_store *store, struct skald_error *error)
{
	int err = begin(around, netns, error);

	if (err)
		return err;
	listen_to(*around);
	if (!is_soon(*around)) {
		err = take(*around, netns, error);
		if (err)
			return err;
	}
	return skald_store_add_around(store, &(*around)->world, error);
}

int skald_around_follow(struct skald_around *around,
			const struct skald_netns *netns,
			struct skald_store *store, struct skald_error *error)
{
	uint64_t since_ns;
	int err;

	if (!around || around->fd < 0)
		return 0;
	listen_to(around);
	since_ns = around->since_ns;
	if (!since_ns || is_soon(around))
		return 0;
	err = take(around, netns, error);
	if (err)
		return err;
	return skald_store_renew_around(store, netns->name, since_ns,
					&around->world, error);
}

void skald_around_free(struct skald_around *around)
{
	if (!around)
		return;
	if (around->fd >= 0)
		close(around->fd);
	skald_world_done(&around->world);
	free(around);
}

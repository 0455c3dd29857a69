/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a network namespace for one test
 *
 * Criterion runs each test in a process of its own, so a test may simply leave
 * the machine's namespace; everything is gone when it ends. Only loopback is
 * there. Tests that need it are skipped when not root.
 */
#ifndef SKALD_TESTS_PRIVATE_NETNS_H
#define SKALD_TESTS_PRIVATE_NETNS_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netns.h"

static inline void link_up(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_flags = IFF_UP };

	strcpy(request.ifr_name, name);
	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0, "%s up", name);
	close(fd);
}

/* Skips the test when there is no privilege. */
static inline void enter_private_netns(struct skald_netns *netns)
{
	if (unshare(CLONE_NEWNET))
		cr_skip_test("needs root: cannot make a network namespace");
	link_up("lo");
	cr_assert_eq(skald_netns_open(NULL, netns, NULL), 0);
}

/* One UDP packet over loopback: out, and in again. */
static inline void send_udp(int domain, uint16_t port)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in to4 = { .sin_family = AF_INET,
				   .sin_port = htons(port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t sent;

	if (domain == AF_INET6)
		sent = sendto(fd, "skald", 5, 0, (struct sockaddr *)&to6,
			      sizeof(to6));
	else
		sent = sendto(fd, "skald", 5, 0, (struct sockaddr *)&to4,
			      sizeof(to4));
	cr_assert_eq(sent, 5);
	close(fd);
}

#endif /* SKALD_TESTS_PRIVATE_NETNS_H */

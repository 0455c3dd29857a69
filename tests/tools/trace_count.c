// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the trace messages that the kernel emits in this namespace: an oracle
 * for the overload test. trace_count [MIB]
 *
 * Prints "counting" when it is subscribed; on SIGINT or SIGTERM drains the
 * socket and prints "emitted N received N lost N changes N". What does not fit
 * into the socket is counted by the kernel, so the sum is exact at any load.
 * Changes are messages of the ruleset, which a socket that listens to both may
 * lose, too.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BATCH 256
#define BUFFER 4096

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
	is_over = number;
}

/* Messages in one datagram. */
static uint64_t count(const void *data, int len)
{
	const struct nlmsghdr *nlh = data;
	uint64_t n = 0;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		n++;
	return n;
}

/* Read until there is nothing. */
static uint64_t drain(int fd, char (*buffers)[BUFFER])
{
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec vectors[BATCH];
	uint64_t n = 0;
	int i, got;

	for (i = 0; i < BATCH; i++) {
		vectors[i].iov_base = buffers[i];
		vectors[i].iov_len = BUFFER;
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (;;) {
		got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
		if (got < 0 && errno == ENOBUFS)
			continue;
		if (got <= 0)
			return n;
		for (i = 0; i < got; i++)
			n += count(buffers[i], messages[i].msg_len);
	}
}

static uint64_t lost(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_DROPS];
}

static int subscribe(int group, int bytes)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
	int fd;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group))) {
		perror("trace_count");
		exit(1);
	}
	fd = mnl_socket_get_fd(socket);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return fd;
}

int main(int argc, char **argv)
{
	static char buffers[BATCH][BUFFER];
	int bytes = (argc > 1 ? atoi(argv[1]) : 64) << 20;
	int fd = subscribe(NFNLGRP_NFTRACE, bytes);
	int rules_fd = subscribe(NFNLGRP_NFTABLES, bytes);
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	uint64_t n = 0, changes, gone;

	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	puts("counting");
	fflush(stdout);
	while (!is_over) {
		poll(&poller, 1, 100);
		n += drain(fd, buffers);
	}
	n += drain(fd, buffers);
	gone = lost(fd);
	changes = drain(rules_fd, buffers) + lost(rules_fd);
	printf("emitted %llu received %llu lost %llu changes %llu\n",
	       (unsigned long long)(n + gone), (unsigned long long)n,
	       (unsigned long long)gone, (unsigned long long)changes);
	return 0;
}

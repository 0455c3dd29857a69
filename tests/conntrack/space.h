/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a network namespace of one's own
 *
 * What the tools share that put frames through this machine's kernel. They are
 * programs of tests: what cannot be made ends them with status 3.
 */
#ifndef SKALD_CONNTRACK_SPACE_H
#define SKALD_CONNTRACK_SPACE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void space_die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	exit(3);
}

/* A new namespace; @links are commands of ip -batch. */
static inline void space_enter(const char *links)
{
	FILE *ip;

	if (unshare(CLONE_NEWNET))
		space_die("network namespace");
	ip = popen("ip -batch -", "w");
	if (!ip || fputs(links, ip) < 0 || pclose(ip))
		space_die("ip");
}

/* A file below /proc/sys/net. */
static inline void space_set(const char *path, const char *value)
{
	char name[128];
	int fd;

	snprintf(name, sizeof(name), "/proc/sys/net/%s", path);
	fd = open(name, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		space_die(name);
	close(fd);
}

/* Rules for nft. */
static inline void space_load(const char *text)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (!nft)
		space_die("nft_ctx_new");
	if (nft_run_cmd_from_buffer(nft, text)) {
		fprintf(stderr, "%s: rules were refused\n",
			program_invocation_short_name);
		exit(3);
	}
	nft_ctx_free(nft);
}

/* A packet socket of an interface; @protocol in network order, 0: to send. */
static inline int space_open(const char *name, int protocol)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = (unsigned short)protocol,
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)))
		space_die("packet socket");
	return fd;
}

/* Frames are looked at in order as long as they stay on one processor. */
static inline void space_stay_here(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)sched_getcpu(), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		space_die("sched_setaffinity");
}

#endif /* SKALD_CONNTRACK_SPACE_H */

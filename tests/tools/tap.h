/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a tap
 *
 * What is written into it comes in by the interface of that name.
 */
#ifndef SKALD_TOOLS_TAP_H
#define SKALD_TOOLS_TAP_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/**
 * tap_open() - take hold of one that exists
 * @name: of the interface
 * @mac: set to its address, six bytes
 *
 * Return: a descriptor that does not block, or -errno
 */
static inline int tap_open(const char *name, unsigned char *mac)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), query;

	snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		return -errno;
	query = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl(query, SIOCGIFHWADDR, &request))
		return -errno;
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	close(query);
	return fd;
}

#endif /* SKALD_TOOLS_TAP_H */

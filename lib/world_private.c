// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network namespace for a moment: with privilege the thread goes there and
 * comes back; without, the process makes a user namespace first and stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world_parts.h"

#define OWN "/proc/thread-self/ns/net"

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -EPERM : 0;
}

/* user_namespaces(7): who maps itself alone has to give up setgroups(2). */
static int leave_unprivileged(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];
	int err;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -errno;
	err = write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
	if (!err)
		err = write_file("/proc/self/gid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	return err ? err : write_file("/proc/self/uid_map", map);
}

int skald_world_leave(int *back, struct skald_error *error)
{
	int fd = open(OWN, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd >= 0 && unshare(CLONE_NEWNET) == 0) {
		*back = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	*back = -1;
	err = leave_unprivileged();
	if (!err)
		return 0;
	skald_error_set(error, -err,
			"cannot make a network namespace to load the rules in: "
			"%s",
			strerror(-err));
	skald_error_help(error, "Run as root, or allow user namespaces, or "
				"load a world that was saved before (--world)");
	return err;
}

void skald_world_return(int back)
{
	if (back < 0)
		return;
	/* from a namespace that was ours a moment ago: it cannot fail */
	(void)setns(back, CLONE_NEWNET);
	close(back);
}

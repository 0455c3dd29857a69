// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the process that has a socket open.
 */
#include "owner.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define KEEP_NS (5 * SKALD_NS_PER_SECOND)
/* Going through processes takes at most one part in so many of the time. */
#define SCAN_SHARE 10

/* Whether the process of this folder has the socket open. */
static bool has_socket(int proc, const char *pid, const char *wanted)
{
	char path[280], target[64];
	struct dirent *entry;
	bool found = false;
	ssize_t len;
	DIR *dir;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	while (dir && !found && (entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, target,
				 sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		found = !strcmp(target, wanted);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void read_command(int proc, struct skald_owner *owner, const char *pid)
{
	char path[280];
	ssize_t len = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/comm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, owner->command, sizeof(owner->command) - 1);
		close(fd);
	}
	owner->command[len > 0 ? len : 0] = '\0';
	owner->command[strcspn(owner->command, "\n")] = '\0';
	owner->pid = (uint32_t)strtoul(pid, NULL, 10);
}

static void scan(struct skald_owner *owner)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char wanted[64];

	(void)snprintf(wanted, sizeof(wanted), "socket:[%llu]",
		       (unsigned long long)owner->inode);
	while (dir && !owner->pid && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    has_socket(dirfd(dir), entry->d_name, wanted))
			read_command(dirfd(dir), owner, entry->d_name);
	if (dir)
		closedir(dir);
}

uint32_t skald_owners_find(struct skald_owners *owners, uint64_t inode,
			   char command[16])
{
	struct skald_owner *owner = &owners->entries[inode % SKALD_OWNERS];
	uint64_t start_ns = skald_clock_monotonic(), now_ns;

	if (owner->inode != inode || owner->until_ns < start_ns) {
		if (start_ns < owners->scan_ns)
			return 0;
		*owner = (struct skald_owner){ .inode = inode };
		scan(owner);
		now_ns = skald_clock_monotonic();
		owner->until_ns = now_ns + KEEP_NS;
		owners->scan_ns = now_ns + (now_ns - start_ns) * SCAN_SHARE;
	}
	memcpy(command, owner->command, sizeof(owner->command));
	return owner->pid;
}

void skald_owners_learn(struct skald_owners *owners, uint64_t inode,
			uint32_t pid, const char command[16])
{
	struct skald_owner *owner = &owners->entries[inode % SKALD_OWNERS];

	owner->inode = inode;
	owner->pid = pid;
	owner->until_ns = skald_clock_monotonic() + KEEP_NS;
	memcpy(owner->command, command, sizeof(owner->command));
}

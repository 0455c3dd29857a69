// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folders of temporary stores. They stand where anybody may write, so nothing
 * here follows a name that somebody else may have put there.
 */
#include "temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "skald-"
#define RANDOM 6 /* what mkdtemp() puts behind it */
#define LOCK SKALD_TEMPORARY_DB "-lock"

static const char *parent(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder == '/' ? folder : "/tmp";
}

/* The lock goes last: without it nobody takes the folder for a dead one's. */
static int remove_at(int parent_fd, const char *name, int folder_fd)
{
	static const char *const files[] = {
		SKALD_TEMPORARY_DB,
		SKALD_TEMPORARY_DB "-wal",
		SKALD_TEMPORARY_DB "-shm",
		SKALD_TEMPORARY_DB "-journal",
		LOCK,
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		(void)unlinkat(folder_fd, files[i], 0); /* most are not there */
	return unlinkat(parent_fd, name, AT_REMOVEDIR) ? -errno : 0;
}

static int open_folder(int parent_fd, const char *name)
{
	return openat(parent_fd, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether it is a folder of ours whose store nobody writes any more. */
static bool is_dead(int folder_fd)
{
	struct stat stat;
	bool is_free;
	int fd;

	if (fstat(folder_fd, &stat) || stat.st_uid != geteuid() ||
	    (stat.st_mode & 07777) != 0700)
		return false;
	fd = openat(folder_fd, LOCK, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	is_free = !flock(fd, LOCK_EX | LOCK_NB);
	close(fd);
	return is_free;
}

static void sweep_one(int parent_fd, const char *name)
{
	int fd;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    strlen(name) != strlen(PREFIX) + RANDOM)
		return;
	fd = open_folder(parent_fd, name);
	if (fd < 0)
		return;
	if (is_dead(fd))
		(void)remove_at(parent_fd, name, fd);
	close(fd);
}

static void sweep(void)
{
	DIR *dir = opendir(parent());
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		sweep_one(dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
}

int skald_temporary_make(char *folder, size_t size)
{
	int len;

	sweep();
	len = snprintf(folder, size, "%s/" PREFIX "XXXXXX", parent());
	if (len < 0 || (size_t)len >= size)
		return -ENAMETOOLONG;
	return mkdtemp(folder) ? 0 : -errno;
}

int skald_temporary_remove(const char *folder)
{
	int fd, err;

	if (!*folder)
		return 0;
	fd = open_folder(AT_FDCWD, folder);
	if (fd < 0)
		return -errno;
	err = remove_at(AT_FDCWD, folder, fd);
	close(fd);
	return err;
}

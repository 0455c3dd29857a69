// SPDX-License-Identifier: GPL-2.0-only
/*
 * One writer for each store: a lock file beside it that holds the writer's
 * pid. The lock is the kernel's (flock), so it ends with the process, however
 * the process ends; the file itself means nothing.
 */
#include "store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int busy(struct skald_store *store, int fd, struct skald_error *error)
{
	char text[32] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	long pid = len > 0 ? strtol(text, NULL, 10) : 0;
	int err;

	if (pid > 0)
		err = skald_error_set(error, EBUSY,
				      "%s is being written by process %ld",
				      store->path, pid);
	else
		err = skald_error_set(error, EBUSY,
				      "%s is being written by another process",
				      store->path);
	skald_error_help(error, "a store has one writer: record into another "
				"with -d FILE; reading it is no trouble");
	return err;
}

/* The lock is of no interest to who wanted a store. */
static int cannot_make(struct skald_store *store, int code,
		       struct skald_error *error)
{
	int err =
		skald_error_set(error, code, "cannot write %s: making %s: %s",
				store->path, store->lock_path, strerror(code));

	skald_error_help(error, "-d FILE names a store in a directory that can "
				"be written");
	return err;
}

/* The file may have been removed between open() and flock(). */
static bool is_still_there(const char *path, int fd)
{
	struct stat by_path, by_fd;

	return stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino;
}

static void write_pid(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	/* Only for the message to others: a full disk must not matter. */
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text, len, 0);
}

static int try_lock(struct skald_store *store, struct skald_error *error)
{
	int fd = open(store->lock_path,
		      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	int err;

	if (fd < 0)
		return cannot_make(store, errno, error);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK
			      ? busy(store, fd, error)
			      : skald_error_set(error, errno,
						"cannot lock %s: %s",
						store->lock_path,
						strerror(errno));
		close(fd);
		return err;
	}
	if (!is_still_there(store->lock_path, fd)) {
		close(fd);
		return -EAGAIN;
	}
	write_pid(fd);
	store->lock_fd = fd;
	return 0;
}

int skald_store_lock(struct skald_store *store, struct skald_error *error)
{
	int err;

	if (asprintf(&store->lock_path, "%s-lock", store->path) < 0) {
		store->lock_path = NULL;
		return -ENOMEM;
	}
	do
		err = try_lock(store, error);
	while (err == -EAGAIN);
	return err;
}

void skald_store_unlock(struct skald_store *store)
{
	if (store->lock_fd >= 0) {
		(void)unlink(store->lock_path);
		close(store->lock_fd);
		store->lock_fd = -1;
	}
	free(store->lock_path);
	store->lock_path = NULL;
}

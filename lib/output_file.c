// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outputs that are files: written under a temporary name, renamed when they are
 * whole. "skald export" and "skald report" write through this.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE 65536
#define NAME_TRIES 16

struct skald_output_file {
	struct skald_output output;
	int fd;
	char *path;
	char *temporary;
	size_t used;
	uint8_t buffer[BUFFER_SIZE];
};

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int flush(struct skald_output_file *file)
{
	size_t used = file->used;

	file->used = 0;
	return write_all(file->fd, file->buffer, used);
}

static int file_write(void *user, const void *data, size_t len)
{
	struct skald_output_file *file = user;
	int ret;

	if (len > BUFFER_SIZE - file->used) {
		ret = flush(file);
		if (ret)
			return ret;
	}
	if (len > BUFFER_SIZE)
		return write_all(file->fd, data, len);
	memcpy(file->buffer + file->used, data, len);
	file->used += len;
	return 0;
}

static int fd_or_errno(int fd)
{
	return fd < 0 ? -errno : fd;
}

/*
 * A name beside the file that nobody can guess: the directory may be /tmp.
 */
static int open_temporary(struct skald_output_file *file, mode_t mode)
{
	unsigned int try;
	uint64_t salt;
	int fd;

	for (try = 0; try < NAME_TRIES; try++) {
		if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
			return -EIO;
		free(file->temporary);
		if (asprintf(&file->temporary, "%s.%016llx.part", file->path,
			     (unsigned long long)salt) < 0) {
			file->temporary = NULL;
			return -ENOMEM;
		}
		fd = open(file->temporary,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  mode);
		if (fd >= 0 || errno != EEXIST)
			return fd_or_errno(fd);
	}
	return -EEXIST;
}

/* What stands at @path decides: devices and pipes cannot be renamed over. */
static int open_path(struct skald_output_file *file, const char *path)
{
	mode_t mode = 0666;
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return fd_or_errno(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
	if (!stat(path, &st)) {
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		if (!S_ISREG(st.st_mode))
			return fd_or_errno(open(path, O_WRONLY | O_CLOEXEC));
		mode = st.st_mode & 0777;
		file->path = realpath(path, NULL);
	} else {
		file->path = strdup(path);
	}
	if (!file->path)
		return -ENOMEM;
	fd = open_temporary(file, mode);
	if (fd < 0) {
		free(file->temporary);
		file->temporary = NULL;
	}
	return fd;
}

static void file_free(struct skald_output_file *file)
{
	free(file->path);
	free(file->temporary);
	free(file);
}

int skald_output_open(const char *path, struct skald_output_file **file,
		      struct skald_error *error)
{
	struct skald_output_file *new = calloc(1, sizeof(*new));
	int fd;

	if (!new)
		return skald_error_set(error, ENOMEM, "no memory");
	fd = open_path(new, path);
	if (fd < 0) {
		file_free(new);
		return skald_error_set(error, -fd, "cannot write %s: %s", path,
				       strerror(-fd));
	}
	new->fd = fd;
	new->output = (struct skald_output){ .write = file_write, .user = new };
	*file = new;
	return 0;
}

const struct skald_output *skald_output_of(const struct skald_output_file *file)
{
	return &file->output;
}

/* The rename is on disk when the directory is. */
static void sync_directory(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;

	snprintf(directory, sizeof(directory), "%.*s",
		 slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd); /* some file systems cannot; the file is there */
	close(fd);
}

static int finish(struct skald_output_file *file)
{
	int ret = flush(file);

	if (!ret && file->temporary && fsync(file->fd))
		ret = -errno;
	if (close(file->fd) && !ret)
		ret = -errno;
	file->fd = -1;
	if (!ret && file->temporary && rename(file->temporary, file->path))
		ret = -errno;
	if (!ret && file->temporary)
		sync_directory(file->path);
	return ret;
}

int skald_output_commit(struct skald_output_file *file,
			struct skald_error *error)
{
	int ret = finish(file);

	if (ret) {
		skald_error_set(error, -ret, "cannot write %s: %s",
				file->path ? file->path : "standard output",
				strerror(-ret));
		if (file->temporary)
			unlink(file->temporary);
	}
	file_free(file);
	return ret;
}

void skald_output_abort(struct skald_output_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	if (file->temporary)
		unlink(file->temporary);
	file_free(file);
}

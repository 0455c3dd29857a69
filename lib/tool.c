// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs iptables-save and its brothers. posix_spawn(3) rather than fork(2): the
 * caller may have many threads and much memory.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

static const char *const dirs[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin",
				    "/usr/local/sbin" };

static int find(const char *name, char *path, size_t size)
{
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		int len = snprintf(path, size, "%s/%s", dirs[i], name);

		if (len > 0 && (size_t)len < size && access(path, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

/* Standard output goes to @fd, errors too if @is_loud; everything else is
 * closed or empty. */
static int set_files(posix_spawn_file_actions_t *files, int fd, bool is_loud)
{
	int err = posix_spawn_file_actions_addopen(files, STDIN_FILENO,
						   "/dev/null", O_RDONLY, 0);

	if (!err)
		err = posix_spawn_file_actions_adddup2(files, fd,
						       STDOUT_FILENO);
	if (!err && is_loud)
		err = posix_spawn_file_actions_adddup2(files, fd,
						       STDERR_FILENO);
	else if (!err)
		err = posix_spawn_file_actions_addopen(
			files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(
			files, STDERR_FILENO + 1);
	return err;
}

/* Signals as a fresh process has them. */
static int set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	err = posix_spawnattr_setsigmask(attr, &none);
	if (!err)
		err = posix_spawnattr_setsigdefault(attr, &all);
	if (!err)
		err = posix_spawnattr_setflags(
			attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return err;
}

static int spawn(const char *path, const char *const argv[], int fd,
		 bool is_loud, pid_t *pid)
{
	static char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:"
					     "/bin:/usr/local/sbin",
				     (char *)"LC_ALL=C", NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err;

	err = posix_spawn_file_actions_init(&files);
	if (err)
		return -err;
	err = posix_spawnattr_init(&attr);
	if (err)
		goto err_files;
	err = set_files(&files, fd, is_loud);
	if (!err)
		err = set_signals(&attr);
	if (!err)
		err = posix_spawn(pid, path, &files, &attr, (char *const *)argv,
				  env);
	posix_spawnattr_destroy(&attr);
err_files:
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

static int run(const char *const argv[], int timeout_ms, bool is_loud,
	       struct skald_buffer *output)
{
	int64_t deadline = skald_child_deadline(timeout_ms);
	char path[128];
	int status = 0;
	int ends[2];
	pid_t pid = 0;
	int err;

	err = find(argv[0], path, sizeof(path));
	if (err)
		return err;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	err = spawn(path, argv, ends[1], is_loud, &pid);
	close(ends[1]);
	if (!err)
		err = skald_child_drain(pid, ends[0], deadline, output,
					&status);
	close(ends[0]);
	/* -1: cannot tell how it ended */
	return !err && status > 0 ? -ECHILD : err;
}

int skald_tool_run(const char *const argv[], int timeout_ms,
		   struct skald_buffer *output)
{
	return run(argv, timeout_ms, false, output);
}

int skald_tool_run_loud(const char *const argv[], int timeout_ms,
			struct skald_buffer *output)
{
	return run(argv, timeout_ms, true, output);
}

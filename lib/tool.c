// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs iptables-save and its brothers. posix_spawn(3) rather than fork(2): the
 * caller may have many threads and much memory.
 */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX (256u << 20)
#define CHUNK 65536

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

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Return: 0 at the end of the output, or -errno */
static int read_all(int fd, int64_t deadline, struct skald_buffer *output)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char chunk[CHUNK];

	for (;;) {
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&pfd, 1, (int)left) < 1)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			skald_buffer_put(output, chunk, (size_t)n);
		if (output->len > OUTPUT_MAX)
			return -EFBIG;
	}
}

/* Waits for the end, by force when it is late. */
static int reap(pid_t pid, int64_t deadline, bool is_late)
{
	int status = 0;

	while (!is_late) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			return WIFEXITED(status) && !WEXITSTATUS(status)
				       ? 0
				       : -ECHILD;
		/* somebody else ignores or reaps children: cannot tell */
		if (ended < 0 && errno != EINTR)
			return 0;
		(void)poll(NULL, 0, 1);
		is_late = now_ms() >= deadline;
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return -ETIMEDOUT;
}

static int run(const char *const argv[], int timeout_ms, bool is_loud,
	       struct skald_buffer *output)
{
	int64_t deadline = now_ms() + timeout_ms;
	char path[128];
	int ends[2];
	int err, end;
	pid_t pid = 0;

	err = find(argv[0], path, sizeof(path));
	if (err)
		return err;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	err = spawn(path, argv, ends[1], is_loud, &pid);
	close(ends[1]);
	if (!err) {
		err = read_all(ends[0], deadline, output);
		end = reap(pid, deadline, err != 0);
		if (!err)
			err = end;
	}
	close(ends[0]);

	skald_buffer_put_u8(output, '\0');
	if (output->failed)
		return err ? err : -ENOMEM;
	output->len--;
	return err;
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

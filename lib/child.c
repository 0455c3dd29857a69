// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work in a child process, and what children write.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX (256u << 20)
#define CHUNK 65536
/* How a child ends that did not return from its work; no errno. */
#define STATUS_EXIT 255

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t skald_child_deadline(int timeout_ms)
{
	return now_ms() + timeout_ms;
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
static int reap(pid_t pid, int64_t deadline, bool is_late, int *status)
{
	int discarded;

	while (!is_late) {
		pid_t ended = waitpid(pid, status, WNOHANG);

		if (ended == pid)
			return 0;
		if (ended < 0 && errno != EINTR) {
			*status = -1;
			return 0;
		}
		(void)poll(NULL, 0, 1);
		is_late = now_ms() >= deadline;
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &discarded, 0) < 0 && errno == EINTR)
		;
	return -ETIMEDOUT;
}

int skald_child_drain(pid_t pid, int fd, int64_t deadline,
		      struct skald_buffer *output, int *status)
{
	int err = read_all(fd, deadline, output);
	int last = 0;
	int end = reap(pid, deadline, err != 0, &last);

	skald_buffer_put_u8(output, '\0');
	if (!err)
		err = end;
	if (output->failed)
		return err ? err : -ENOMEM;
	output->len--;
	if (!err)
		*status = last;
	return err;
}

int skald_child_write(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* A library called exit(3). What the parent has registered with atexit(3) and
 * what its stdio has not written yet are the parent's to do. */
static void leave(void)
{
	_exit(STATUS_EXIT);
}

/*
 * Faults kill, whatever the parent does about them. Other signals stay as they
 * are: who blocks SIGTERM wants to decide when its children end as well.
 */
static void set_signals(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS,	SIGILL,	 SIGFPE,
				      SIGABRT, SIGTRAP, SIGPIPE, SIGSYS };

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		(void)signal(faults[i], SIG_DFL);
}

/* Sockets and locked files are the parent's. */
static void close_others(int fd)
{
	if (fd > STDERR_FILENO + 1)
		(void)close_range(STDERR_FILENO + 1, (unsigned int)fd - 1, 0);
	(void)close_range((unsigned int)fd + 1, ~0u, 0);
}

static void be_child(skald_child_work *work, void *data, int fd, pid_t parent)
{
	int result;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* a handler of dumps that the kernel pipes to ignores RLIMIT_CORE */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (getppid() != parent || atexit(leave))
		_exit(STATUS_EXIT);
	set_signals();
	close_others(fd);
	result = work(fd, data);
	_exit(result >= 0 && result < STATUS_EXIT ? result : EIO);
}

static int judge(int status, int *ended)
{
	if (status != -1 && WIFEXITED(status) &&
	    WEXITSTATUS(status) != STATUS_EXIT)
		return -WEXITSTATUS(status);
	*ended = status != -1 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return -ECHILD;
}

int skald_child_read(skald_child_work *work, void *data, int timeout_ms,
		     struct skald_buffer *output, int *ended)
{
	int64_t deadline = skald_child_deadline(timeout_ms);
	pid_t parent = getpid();
	int status = 0;
	int ends[2];
	pid_t pid;
	int err;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		be_child(work, data, ends[1], parent);
	err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (!err)
		err = skald_child_drain(pid, ends[0], deadline, output,
					&status);
	close(ends[0]);
	return err ? err : judge(status, ended);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding, starting and ending a tracerd of our own.
 */
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seen from the folder of the skald program: beside it, in a build tree,
 * installed. */
static const char *const beside[] = {
	"tracerd",
	"../tracerd/tracerd",
	"../sbin/tracerd",
	"../libexec/skald/tracerd",
	"../libexec/tracerd",
};

static const char *const folders[] = { "/usr/local/sbin", "/usr/sbin",
				       "/sbin" };

static bool is_program(const char *path)
{
	struct stat info;

	return !stat(path, &info) && S_ISREG(info.st_mode) &&
	       !access(path, X_OK);
}

static bool find_beside(char *path, size_t size)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	size_t i;
	char *slash;

	if (len < 0)
		return false;
	own[len] = '\0';
	slash = strrchr(own, '/');
	if (!slash)
		return false;
	*slash = '\0';
	for (i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		if (snprintf(path, size, "%s/%s", own, beside[i]) < (int)size &&
		    is_program(path))
			return true;
	}
	return false;
}

static bool find_in_path(char *path, size_t size)
{
	const char *folder = getenv("PATH");

	while (folder && *folder) {
		size_t len = strcspn(folder, ":");

		if (snprintf(path, size, "%.*s/tracerd", (int)len, folder) <
			    (int)size &&
		    *folder == '/' && is_program(path))
			return true;
		folder += len + (folder[len] == ':');
	}
	return false;
}

static int find_program(char *path, size_t size, struct skald_error *error)
{
	size_t i;

	if (find_beside(path, size) || find_in_path(path, size))
		return 0;
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, size, "%s/tracerd", folders[i]);
		if (is_program(path))
			return 0;
	}
	skald_error_set(error, ENOENT, "the program tracerd is not found");
	skald_error_help(error, "install it beside skald, or into the PATH");
	return -ENOENT;
}

/* In the child. The daemon is not of our terminal: Ctrl-C is for us, and we
 * end it in good order. */
static void become(const char *path, const char *db, int fd)
{
	char number[16];
	char *const argv[] = {
		(char *)"tracerd",	    (char *)"--private", number,
		db ? (char *)"--db" : NULL, (char *)db,		 NULL
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || fcntl(fd, F_SETFD, 0) < 0)
		_exit(127);
	snprintf(number, sizeof(number), "%d", fd);
	execv(path, argv);
	_exit(127);
}

int skald_private_start(const char *db, struct skald_control **control,
			pid_t *pid, struct skald_error *error)
{
	char path[PATH_MAX];
	int ends[2];
	pid_t child;
	int err;

	err = find_program(path, sizeof(path), error);
	if (err)
		return err;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return skald_error_set(error, errno,
				       "cannot make a socket: %m");
	child = fork();
	if (!child)
		become(path, db, ends[1]);
	close(ends[1]);
	if (child < 0)
		err = -errno;
	else
		err = skald_control_adopt(ends[0], control);
	if (err) {
		close(ends[0]);
		return skald_error_set(error, -err, "cannot start tracerd: %s",
				       strerror(-err));
	}
	*pid = child;
	return 0;
}

void skald_private_wait(pid_t pid)
{
	(void)waitpid(pid, NULL, 0); /* interrupted: it ends by itself */
}

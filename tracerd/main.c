// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracerd: follows packets, assembles their stories, records them. Started by
 * systemd, or by "skald follow" for its own lifetime.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "daemon.h"
#include "log.h"
#include "notify.h"
#include "privileges.h"
#include "temporary.h"

#define EXIT_CANNOT 3
/* A temporary store stays under it. */
#define TEMPORARY_SIZE (256ULL << 20)

static bool is_private(const struct skald_daemon *daemon)
{
	return daemon->options.private_fd >= 0;
}

/* ---- signals and time ---- */

static void log_counters(struct skald_daemon *daemon)
{
	json_t *status = skald_answer_status(daemon, true);
	char *text = json_dumps(status, JSON_COMPACT);

	skald_log(LOG_INFO, "%s", text ? text : "no memory");
	free(text);
	json_decref(status);
}

static void signal_ready(struct skald_watch *watch, uint32_t events)
{
	struct skald_daemon *daemon = watch->user;
	struct signalfd_siginfo info;

	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGUSR1:
		log_counters(daemon);
		break;
	case SIGHUP:
		skald_log(LOG_INFO, "there is nothing to reload");
		break;
	default:
		skald_log(LOG_INFO, "stopping: %s",
			  strsignal((int)info.ssi_signo));
		skald_loop_stop(&daemon->loop);
	}
}

static void second_ready(struct skald_watch *watch, uint32_t events)
{
	struct skald_daemon *daemon = watch->user;
	uint64_t seconds;

	if (read(watch->fd, &seconds, sizeof(seconds)) < 0)
		return;
	skald_entries_tick(daemon);
	skald_spaces_refresh(&daemon->spaces);
	skald_server_distribute(daemon);
	skald_spaces_retire(&daemon->spaces, daemon->server.done);
	skald_spaces_forget(&daemon->spaces);
	skald_notify("WATCHDOG=1");
}

/* Before threads are made: they inherit the blocked signals. */
static int watch_signals(struct skald_daemon *daemon, struct skald_watch *watch)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	/* ignored by who started us, nobody could tell how a child ended */
	signal(SIGCHLD, SIG_DFL);
	watch->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->fd < 0)
		return -errno;
	watch->ready = signal_ready;
	watch->user = daemon;
	return skald_loop_add(&daemon->loop, watch, EPOLLIN);
}

static int watch_seconds(struct skald_daemon *daemon, struct skald_watch *watch)
{
	const struct itimerspec second = {
		.it_interval.tv_sec = 1,
		.it_value.tv_sec = 1,
	};

	watch->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->fd < 0)
		return -errno;
	if (timerfd_settime(watch->fd, 0, &second, NULL))
		return -errno;
	watch->ready = second_ready;
	watch->user = daemon;
	return skald_loop_add(&daemon->loop, watch, EPOLLIN);
}

/* ---- files ---- */

/* The folder of a file, unless it is there. */
static int make_folder(const char *path, mode_t mode)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	if (mkdir(folder, mode))
		return errno == EEXIST ? 0 : -errno;
	/* Our umask is not for folders that others look into. */
	return chmod(folder, mode) ? -errno : 0;
}

/* "/run/skald/tracerd.sock" is guarded by "/run/skald/tracerd.lock". */
static void lock_path(const char *socket, char *path, size_t size)
{
	size_t len = strlen(socket);

	if (len > 5 && !strcmp(socket + len - 5, ".sock"))
		len -= 5;
	snprintf(path, size, "%.*s.lock", (int)len, socket);
}

/* One daemon a socket, so one a machine unless somebody means to have more.
 * The lock is held until the process ends. */
static int lock_socket(const char *socket, struct skald_error *error)
{
	char path[PATH_MAX];
	int fd = -1;
	int err;

	lock_path(socket, path, sizeof(path));
	err = make_folder(path, 0755);
	if (!err)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		err = skald_error_set(error, err ? -err : errno,
				      "cannot make %s: %s", path,
				      strerror(err ? -err : errno));
		skald_error_help(error, "run it as root, or name a socket "
					"where it can be made: --socket PATH");
		return err;
	}
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	skald_error_set(error, EBUSY, "another tracerd serves %s", socket);
	skald_error_help(error, "\"skald status\" shows what it does");
	close(fd);
	return -EBUSY;
}

static int make_temporary(struct skald_daemon *daemon,
			  struct skald_error *error)
{
	/* room for the store's name behind it */
	const size_t size = sizeof(daemon->temporary) - 16;
	int err = skald_temporary_make(daemon->temporary, size);

	if (err) {
		skald_error_set(error, -err, "cannot make %s: %s",
				daemon->temporary, strerror(-err));
		*daemon->temporary = '\0';
		return err;
	}
	snprintf(daemon->db, sizeof(daemon->db), "%.*s/%s", (int)size,
		 daemon->temporary, SKALD_TEMPORARY_DB);
	if (!daemon->options.retain_size)
		daemon->options.retain_size = TEMPORARY_SIZE;
	return 0;
}

static void remove_temporary(const struct skald_daemon *daemon)
{
	int err = skald_temporary_remove(daemon->temporary);

	if (err)
		skald_log(LOG_WARNING, "cannot remove %s: %s",
			  daemon->temporary, strerror(-err));
}

static int open_store(struct skald_daemon *daemon, struct skald_error *error)
{
	if (!daemon->options.db) {
		int err = make_temporary(daemon, error);

		if (err)
			return err;
	} else {
		snprintf(daemon->db, sizeof(daemon->db), "%s",
			 daemon->options.db);
	}
	/* The folder of the default store; others' folders are theirs. */
	if (!strcmp(daemon->db, SKALD_DAEMON_DB) &&
	    make_folder(daemon->db, 0750))
		return skald_error_set(error, EACCES,
				       "cannot make the folder of %s",
				       daemon->db);
	return skald_store_open(daemon->db, SKALD_STORE_WRITE, &daemon->store,
				error);
}

/* ---- start and end ---- */

/* Return: 0, or -errno with words */
static int start_threads(struct skald_daemon *daemon, struct skald_error *error)
{
	const struct skald_options *options = &daemon->options;
	struct skald_writer_config config = {
		.store = daemon->store,
		.retain_size = options->retain_size,
		.retain_age_ns = options->retain_age_ns,
		.delay_us = options->writer_delay_us,
	};
	int err;

	err = skald_spaces_init(&daemon->spaces, options->buffer);
	if (!err)
		err = skald_module_init(&daemon->module, options->record);
	if (!err)
		err = skald_queue_new(options->queue, &daemon->queue);
	if (!err)
		err = skald_publisher_new(&daemon->publisher);
	if (!err)
		err = skald_world_new(&daemon->spaces, &daemon->world);
	if (!err)
		err = skald_reader_start(daemon->queue, &daemon->reader);
	config.queue = daemon->queue;
	config.publisher = daemon->publisher;
	config.world = daemon->world;
	if (!err)
		err = skald_writer_start(&config, &daemon->writer);
	if (err)
		skald_error_set(error, -err, "cannot start: %s",
				strerror(-err));
	return err;
}

static void find_self(struct skald_daemon *daemon)
{
	struct skald_netns netns;
	struct skald_error error;

	if (!skald_netns_open(NULL, &netns, &error)) {
		daemon->own_netns = netns.inode;
		skald_netns_close(&netns);
	}
	if (gethostname(daemon->host, sizeof(daemon->host) - 1))
		snprintf(daemon->host, sizeof(daemon->host), "localhost");
}

/*
 * Threads inherit this: the reader keeps it, so that a busy machine does not
 * overrun its sockets; the writer and this thread give it back.
 */
#define READER_NICE (-10)

static int start(struct skald_daemon *daemon, struct skald_error *error)
{
	int err;

	find_self(daemon);
	daemon->start_ns = skald_clock_monotonic();
	err = is_private(daemon) ? 0
				 : lock_socket(daemon->options.socket, error);
	if (!err)
		err = open_store(daemon, error);
	(void)setpriority(PRIO_PROCESS, 0, READER_NICE);
	if (!err)
		err = skald_privileges_drop(is_private(daemon), error);
	if (!err)
		err = start_threads(daemon, error);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	if (!err)
		err = skald_server_start(daemon, error);
	return err;
}

/* In the order of the flow, so that nothing on its way is lost. */
static void stop(struct skald_daemon *daemon)
{
	skald_entries_done(daemon);
	skald_reader_stop(daemon->reader);
	skald_writer_finish(daemon->writer);
	skald_server_distribute(daemon);
	skald_server_stop(daemon);
	skald_reader_free(daemon->reader);
	skald_spaces_done(&daemon->spaces);
	skald_world_free(daemon->world);
	skald_publisher_free(daemon->publisher);
	skald_queue_free(daemon->queue);
	skald_module_done(&daemon->module);
}

/* A private daemon tells its one client why it does not run. */
static void tell_failure(const struct skald_daemon *daemon, int err,
			 const struct skald_error *error)
{
	json_t *answer;
	char *line;

	if (!is_private(daemon)) {
		skald_log(LOG_ERR, "%s", error->text);
		if (*error->help)
			skald_log(LOG_ERR, "%s", error->help);
		return;
	}
	answer = skald_answer_error(err, error);
	line = json_dumps(answer, JSON_COMPACT);
	/* Without a client there is nobody to tell. */
	if (line)
		(void)send(daemon->options.private_fd, line, strlen(line),
			   MSG_NOSIGNAL | MSG_MORE);
	(void)send(daemon->options.private_fd, "\n", 1, MSG_NOSIGNAL);
	free(line);
	json_decref(answer);
}

static int run(struct skald_daemon *daemon)
{
	struct skald_watch signals;
	struct skald_watch seconds;
	struct skald_error error = { 0 };
	int err;

	err = skald_loop_init(&daemon->loop);
	if (!err)
		err = watch_signals(daemon, &signals);
	if (!err)
		err = watch_seconds(daemon, &seconds);
	if (err)
		skald_error_set(&error, -err, "cannot start: %s",
				strerror(-err));
	else
		err = start(daemon, &error);
	if (err) {
		tell_failure(daemon, err, &error);
		return EXIT_CANNOT;
	}
	skald_log(LOG_INFO, "version %s, recording to %s", SKALD_VERSION,
		  daemon->db);
	skald_notify("READY=1");
	err = skald_loop_run(&daemon->loop);
	skald_notify("STOPPING=1");
	stop(daemon);
	skald_loop_done(&daemon->loop);
	return err ? EXIT_CANNOT : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct skald_daemon daemon = { 0 };
	int status;

	status = skald_options_parse(argc, argv, &daemon.options);
	if (status >= 0)
		return status;
	umask(027);
	if (is_private(&daemon)) {
		/* Its client hears of everything over the connection. */
		skald_log_limit(LOG_CRIT);
		(void)fcntl(daemon.options.private_fd, F_SETFD, FD_CLOEXEC);
	}
	status = run(&daemon);
	skald_store_close(daemon.store);
	remove_temporary(&daemon);
	skald_options_done(&daemon.options);
	return status;
}

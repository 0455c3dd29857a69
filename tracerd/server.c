// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket: listening, accepting, distributing.
 */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "answer.h"
#include "client.h"
#include "clock.h"
#include "daemon.h"
#include "log.h"

/* At the end, clients get this long to read what waits for them. */
#define GOODBYE_NS (500 * SKALD_NS_PER_MS)

/* ---- posts ---- */

/* Frees the clients that are gone. */
static void pump_all(struct skald_daemon *daemon)
{
	struct skald_client *client = daemon->server.clients;

	while (client) {
		struct skald_client *next = client->next;

		if (!client->is_gone)
			skald_client_pump(client);
		if (client->is_gone)
			skald_client_free(client);
		client = next;
	}
}

static void post_to_all(struct skald_daemon *daemon, struct skald_post *post)
{
	struct skald_client *client;

	/* Ours while we give it away. */
	post->refs = 1;
	for (client = daemon->server.clients; client; client = client->next)
		skald_client_post(client, post);
	if (!--post->refs)
		free(post);
}

void skald_server_distribute(struct skald_daemon *daemon)
{
	struct skald_client *client;
	struct skald_post *post;
	uint64_t missed;

	post = skald_publisher_take(daemon->publisher, &daemon->server.done,
				    &missed);
	while (post) {
		struct skald_post *next = post->next;

		post_to_all(daemon, post);
		post = next;
	}
	for (client = daemon->server.clients; client; client = client->next) {
		if (client->follows)
			client->missed += missed;
	}
	skald_entries_progress(daemon, daemon->server.done);
	pump_all(daemon);
}

static void posts_ready(struct skald_watch *watch, uint32_t events)
{
	skald_server_distribute(watch->user);
}

/* A notice for those who follow one classifier. */
static void notify_followers(struct skald_daemon *daemon, uint32_t id,
			     enum skald_post_kind kind, const char *text)
{
	struct skald_post *post = skald_post_text(kind, 0, "", text);
	struct skald_client *client;

	if (!post)
		return;
	post->refs = 1;
	for (client = daemon->server.clients; client; client = client->next) {
		if (client->follows == id)
			skald_client_post(client, post);
	}
	if (!--post->refs)
		free(post);
}

void skald_server_gone(struct skald_daemon *daemon,
		       const struct skald_entry *entry, const char *netns)
{
	char text[320];

	snprintf(text, sizeof(text), "network namespace %s is gone", netns);
	skald_log(LOG_INFO, "%s", text);
	notify_followers(daemon, entry->classifier.id, SKALD_POST_NOTICE, text);
}

void skald_server_ended(struct skald_daemon *daemon, uint32_t id,
			const char *text)
{
	char line[128];

	if (!text)
		return;
	snprintf(line, sizeof(line), "classifier %u was taken away: %s", id,
		 text);
	skald_log(LOG_INFO, "%s", line);
	notify_followers(daemon, id, SKALD_POST_END, line);
}

/* ---- connections ---- */

static void turn_away(int fd)
{
	static const char text[] =
		"{\"ok\":false,\"error\":\"too many clients\",\"code\":3}\n";

	/* Who does not get it sees the end of the connection. */
	(void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void accept_ready(struct skald_watch *watch, uint32_t events)
{
	struct skald_daemon *daemon = watch->user;
	struct skald_client *client;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int err;

	if (fd < 0)
		return;
	if (daemon->server.n_clients >= SKALD_CLIENTS_MAX) {
		turn_away(fd);
		return;
	}
	err = skald_client_new(daemon, fd, &client);
	if (!err)
		return;
	skald_log(LOG_WARNING, "cannot serve a client: %s", strerror(-err));
	close(fd);
}

/* Whoever may connect is asked who he is; "status" is for everybody. */
static int bind_socket(int fd, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	/* The lock of the daemon says that nobody listens there any more. */
	if (unlink(path) && errno != ENOENT)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    chmod(path, 0666) || listen(fd, SOMAXCONN))
		return -errno;
	return 0;
}

static int listen_at(struct skald_daemon *daemon, const char *path,
		     struct skald_error *error)
{
	struct skald_server *server = &daemon->server;
	int err;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return skald_error_set(error, errno,
				       "cannot make a socket: %m");
	err = bind_socket(fd, path);
	server->listening = (struct skald_watch){
		.fd = fd,
		.ready = accept_ready,
		.user = daemon,
	};
	if (!err)
		err = skald_loop_add(&daemon->loop, &server->listening,
				     EPOLLIN);
	if (err) {
		close(fd);
		server->listening.fd = -1;
		return skald_error_set(error, -err, "cannot listen at %s: %s",
				       path, strerror(-err));
	}
	server->path = path;
	return 0;
}

int skald_server_start(struct skald_daemon *daemon, struct skald_error *error)
{
	struct skald_server *server = &daemon->server;
	struct skald_client *client;
	int err;

	server->listening.fd = -1;
	server->posts = (struct skald_watch){
		.fd = skald_publisher_fd(daemon->publisher),
		.ready = posts_ready,
		.user = daemon,
	};
	err = skald_loop_add(&daemon->loop, &server->posts, EPOLLIN);
	if (!err && daemon->options.private_fd >= 0)
		err = skald_client_new(daemon, daemon->options.private_fd,
				       &client);
	if (err)
		return skald_error_set(error, -err, "cannot serve clients: %s",
				       strerror(-err));
	if (daemon->options.private_fd >= 0)
		return 0;
	return listen_at(daemon, daemon->options.socket, error);
}

static bool has_words(const struct skald_daemon *daemon)
{
	const struct skald_client *client;

	for (client = daemon->server.clients; client; client = client->next) {
		if (client->out.len || client->first)
			return true;
	}
	return false;
}

void skald_server_stop(struct skald_daemon *daemon)
{
	uint64_t until_ns = skald_clock_monotonic() + GOODBYE_NS;

	while (has_words(daemon) && skald_clock_monotonic() < until_ns) {
		pump_all(daemon);
		(void)poll(NULL, 0, 1);
	}
	while (daemon->server.clients)
		skald_client_free(daemon->server.clients);
	if (daemon->server.listening.fd >= 0)
		close(daemon->server.listening.fd);
	if (daemon->server.path)
		(void)unlink(daemon->server.path); /* somebody was faster */
}

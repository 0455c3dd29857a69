/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the control socket
 *
 * Listens, accepts, and passes posts of the writer on to clients. A private
 * daemon has one client, on an inherited descriptor, and ends with it.
 */
#ifndef SKALD_TRACERD_SERVER_H
#define SKALD_TRACERD_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "loop.h"

struct skald_client;
struct skald_daemon;
struct skald_entry;

#define SKALD_CLIENTS_MAX 64

/**
 * struct skald_server - the socket and its clients
 * @listening: listening socket, fd -1: none
 * @posts: the publisher's descriptor
 * @clients: list
 * @n_clients: how many
 * @done: batches of the queue that are committed
 * @path: of the socket, removed at the end; NULL: none
 */
struct skald_server {
	struct skald_watch listening;
	struct skald_watch posts;
	struct skald_client *clients;
	size_t n_clients;
	uint64_t done;
	const char *path;
};

/* Listen at the options' path, or serve the one connection that they give. */
int skald_server_start(struct skald_daemon *daemon, struct skald_error *error);
/* Send what is ready for a moment, then close everything. */
void skald_server_stop(struct skald_daemon *daemon);
/* Give the writer's posts to the clients. */
void skald_server_distribute(struct skald_daemon *daemon);

/* A namespace is gone; @entry is not armed there any more. */
void skald_server_gone(struct skald_daemon *daemon,
		       const struct skald_entry *entry, const char *netns);
/* No more stories of a classifier come. */
void skald_server_ended(struct skald_daemon *daemon, uint32_t id,
			const char *text);

#endif /* SKALD_TRACERD_SERVER_H */

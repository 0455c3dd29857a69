/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the daemon
 *
 * Three threads. The main thread has the control socket, the debug tables and
 * the timers. The reader thread turns events into raw stories. The writer
 * thread turns raw stories into stored ones. Between reader and writer is the
 * queue, between writer and main thread the publisher.
 */
#ifndef SKALD_TRACERD_DAEMON_H
#define SKALD_TRACERD_DAEMON_H

#include <limits.h>

#include "entries.h"
#include "loop.h"
#include "module.h"
#include "options.h"
#include "publish.h"
#include "queue.h"
#include "reader.h"
#include "server.h"
#include "space.h"
#include "store.h"
#include "world.h"
#include "writer.h"

/**
 * struct skald_daemon - everything
 * @options: command line
 * @db: store that is written
 * @temporary: folder of a temporary store, "" when there is none
 * @host: name of the machine
 * @own_netns: inode of our own network namespace, 0: not known
 * @start_ns: CLOCK_MONOTONIC
 * @loop: main thread's
 * @spaces: followed namespaces
 * @module: the kernel module
 * @queue: reader to writer
 * @publisher: writer to main thread
 * @world: for the teller
 * @store: the store; the writer's while it runs
 * @reader: reader thread
 * @writer: writer thread
 * @entries: classifiers
 * @server: control socket and clients
 */
struct skald_daemon {
	struct skald_options options;
	char db[PATH_MAX];
	char temporary[PATH_MAX];
	char host[256];
	uint64_t own_netns;
	uint64_t start_ns;
	struct skald_loop loop;
	struct skald_spaces spaces;
	struct skald_module module;
	struct skald_queue *queue;
	struct skald_publisher *publisher;
	struct skald_world *world;
	struct skald_store *store;
	struct skald_reader *reader;
	struct skald_writer *writer;
	struct skald_entries entries;
	struct skald_server server;
};

#endif /* SKALD_TRACERD_DAEMON_H */

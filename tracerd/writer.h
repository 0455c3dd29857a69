/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the writer thread
 *
 * Takes batches from the queue, has their stories told, stores them, and hands
 * what is committed to those who follow. A transaction holds 1000 stories or
 * lasts 100 ms.
 *
 * When the store fails (disk full, input/output error), recording pauses: what
 * comes is counted as lost with the cause, the store is tried again every
 * second, and the first transaction that succeeds records the loss.
 */
#ifndef SKALD_TRACERD_WRITER_H
#define SKALD_TRACERD_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "publish.h"
#include "queue.h"
#include "store.h"
#include "world.h"

struct skald_writer;

/**
 * struct skald_writer_config - what a writer works with; all borrowed
 * @queue: batches
 * @store: open for writing
 * @world: for the teller
 * @publisher: for followers
 * @retain_size: see skald_store_retain()
 * @retain_age_ns: see skald_store_retain()
 * @delay_us: microseconds to waste on each story; for overload tests
 */
struct skald_writer_config {
	struct skald_queue *queue;
	struct skald_store *store;
	struct skald_world *world;
	struct skald_publisher *publisher;
	uint64_t retain_size;
	uint64_t retain_age_ns;
	unsigned int delay_us;
};

/**
 * struct skald_writer_stats - what the writer did
 * @stories: stories committed
 * @incomplete: those of them with a gap
 * @messages: trace messages they were made from
 * @surplus: stories not stored: their classifiers had their number already
 * @lost: events lost, wherever
 * @transactions: commits
 * @deleted: stories that retention deleted
 * @is_paused: the store fails
 */
struct skald_writer_stats {
	uint64_t stories;
	uint64_t incomplete;
	uint64_t messages;
	uint64_t surplus;
	uint64_t lost;
	uint64_t transactions;
	uint64_t deleted;
	bool is_paused;
};

/* Start the thread; @config is copied. Return: 0 or -errno */
int skald_writer_start(const struct skald_writer_config *config,
		       struct skald_writer **writer);
/* Main thread: commit soon. */
void skald_writer_hurry(struct skald_writer *writer);
/* Wait until the closed queue is empty and committed; frees the writer. */
void skald_writer_finish(struct skald_writer *writer);
void skald_writer_stats(struct skald_writer *writer,
			struct skald_writer_stats *stats);

#endif /* SKALD_TRACERD_WRITER_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the queue between reader and writer
 *
 * A first-in-first-out list of batches, bounded in bytes. The reader never
 * waits for the writer: when the queue is full it sheds. One producer, one
 * consumer, any number of threads that look at the counters.
 */
#ifndef SKALD_LIB_QUEUE_H
#define SKALD_LIB_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "raw.h"

struct skald_queue;

/**
 * struct skald_queue_stats - what a queue holds and held
 * @pushed: batches ever pushed; a batch's place is this number after its push
 * @popped: batches ever popped
 * @bytes: memory of the batches that wait
 * @max_bytes: the limit
 */
struct skald_queue_stats {
	uint64_t pushed;
	uint64_t popped;
	size_t bytes;
	size_t max_bytes;
};

/* @max_bytes: limit; a batch larger than it passes alone. 0 or -ENOMEM */
int skald_queue_new(size_t max_bytes, struct skald_queue **queue);
/* Frees the batches that wait, too. */
void skald_queue_free(struct skald_queue *queue);

/**
 * skald_queue_push() - append a batch
 * @queue: the queue
 * @batch: taken over on success
 *
 * Return: 0, -ENOBUFS when it is full, -EPIPE when it was closed.
 */
int skald_queue_push(struct skald_queue *queue, struct skald_batch *batch);
/* The same, but waits for room. */
int skald_queue_push_wait(struct skald_queue *queue, struct skald_batch *batch);

/**
 * skald_queue_pop() - take the oldest batch
 * @queue: the queue
 * @timeout_ms: how long to wait; -1: for ever
 * @batch: the caller's on success
 *
 * Return: 0, -EAGAIN when the time is up or skald_queue_kick() was called,
 * -EPIPE when the queue was closed and is empty.
 */
int skald_queue_pop(struct skald_queue *queue, int timeout_ms,
		    struct skald_batch **batch);

/* Make a waiting or the next skald_queue_pop() look up. */
void skald_queue_kick(struct skald_queue *queue);
/* Nothing more comes: the consumer gets what waits, then -EPIPE. */
void skald_queue_close(struct skald_queue *queue);

/* Batches that came in so far. Any thread. */
uint64_t skald_queue_pushed(struct skald_queue *queue);
/* What is in it, and what went through. Any thread. */
void skald_queue_stats(struct skald_queue *queue,
		       struct skald_queue_stats *stats);

#endif /* SKALD_LIB_QUEUE_H */

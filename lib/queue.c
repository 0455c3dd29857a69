// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bounded queue of batches between tracerd's reader and writer threads.
 */
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/**
 * struct skald_queue - the queue; everything is protected by @lock
 * @lock: protects all members
 * @filled: a batch came, the queue was closed, or somebody kicked
 * @drained: there is room again
 * @head: oldest batch
 * @tail: newest batch
 * @closed: no more pushes
 * @kicked: the next pop looks up
 * @stats: counters
 */
struct skald_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_cond_t drained;
	struct skald_batch *head;
	struct skald_batch *tail;
	bool closed;
	bool kicked;
	struct skald_queue_stats stats;
};

static int cond_init_monotonic(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err;

	err = pthread_condattr_init(&attr);
	if (err)
		return -err;
	err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!err)
		err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

int skald_queue_new(size_t max_bytes, struct skald_queue **queue)
{
	struct skald_queue *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return -ENOMEM;
	q->stats.max_bytes = max_bytes;
	err = -pthread_mutex_init(&q->lock, NULL);
	if (err)
		goto err_free;
	err = cond_init_monotonic(&q->filled);
	if (err)
		goto err_lock;
	err = cond_init_monotonic(&q->drained);
	if (err)
		goto err_filled;
	*queue = q;
	return 0;

err_filled:
	pthread_cond_destroy(&q->filled);
err_lock:
	pthread_mutex_destroy(&q->lock);
err_free:
	free(q);
	return err;
}

void skald_queue_free(struct skald_queue *queue)
{
	if (!queue)
		return;
	while (queue->head) {
		struct skald_batch *next = queue->head->next;

		skald_batch_free(queue->head);
		queue->head = next;
	}
	pthread_cond_destroy(&queue->drained);
	pthread_cond_destroy(&queue->filled);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

/* An empty queue takes a batch of any size. Call with the lock held. */
static bool has_room(const struct skald_queue *queue, size_t bytes)
{
	const struct skald_queue_stats *stats = &queue->stats;

	return !queue->head || (stats->bytes < stats->max_bytes &&
				bytes <= stats->max_bytes - stats->bytes);
}

static void append(struct skald_queue *queue, struct skald_batch *batch)
{
	batch->next = NULL;
	if (queue->tail)
		queue->tail->next = batch;
	else
		queue->head = batch;
	queue->tail = batch;
	queue->stats.bytes += batch->bytes;
	queue->stats.pushed++;
	pthread_cond_signal(&queue->filled);
}

static int push(struct skald_queue *queue, struct skald_batch *batch, bool wait)
{
	int err = 0;

	pthread_mutex_lock(&queue->lock);
	while (wait && !queue->closed && !has_room(queue, batch->bytes))
		pthread_cond_wait(&queue->drained, &queue->lock);
	if (queue->closed)
		err = -EPIPE;
	else if (!has_room(queue, batch->bytes))
		err = -ENOBUFS;
	else
		append(queue, batch);
	pthread_mutex_unlock(&queue->lock);
	return err;
}

int skald_queue_push(struct skald_queue *queue, struct skald_batch *batch)
{
	return push(queue, batch, false);
}

int skald_queue_push_wait(struct skald_queue *queue, struct skald_batch *batch)
{
	return push(queue, batch, true);
}

static void deadline_after(struct timespec *deadline, int timeout_ms)
{
	clock_gettime(CLOCK_MONOTONIC, deadline);
	deadline->tv_sec += timeout_ms / 1000;
	deadline->tv_nsec += timeout_ms % 1000 * 1000000L;
	if (deadline->tv_nsec >= 1000000000L) {
		deadline->tv_sec++;
		deadline->tv_nsec -= 1000000000L;
	}
}

/* Wait until there is something to say. Call with the lock held. */
static void wait_filled(struct skald_queue *queue, int timeout_ms)
{
	struct timespec deadline;
	int err = 0;

	if (timeout_ms >= 0)
		deadline_after(&deadline, timeout_ms);
	while (!queue->head && !queue->closed && !queue->kicked && !err) {
		if (timeout_ms < 0)
			err = pthread_cond_wait(&queue->filled, &queue->lock);
		else
			err = pthread_cond_timedwait(&queue->filled,
						     &queue->lock, &deadline);
	}
}

int skald_queue_pop(struct skald_queue *queue, int timeout_ms,
		    struct skald_batch **batch)
{
	struct skald_batch *oldest;
	int err = 0;

	pthread_mutex_lock(&queue->lock);
	wait_filled(queue, timeout_ms);
	queue->kicked = false;
	oldest = queue->head;
	if (oldest) {
		queue->head = oldest->next;
		if (!queue->head)
			queue->tail = NULL;
		oldest->next = NULL;
		queue->stats.bytes -= oldest->bytes;
		queue->stats.popped++;
		pthread_cond_signal(&queue->drained);
		*batch = oldest;
	} else {
		err = queue->closed ? -EPIPE : -EAGAIN;
	}
	pthread_mutex_unlock(&queue->lock);
	return err;
}

void skald_queue_kick(struct skald_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->kicked = true;
	pthread_cond_signal(&queue->filled);
	pthread_mutex_unlock(&queue->lock);
}

void skald_queue_close(struct skald_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->filled);
	pthread_cond_broadcast(&queue->drained);
	pthread_mutex_unlock(&queue->lock);
}

void skald_queue_stats(struct skald_queue *queue,
		       struct skald_queue_stats *stats)
{
	pthread_mutex_lock(&queue->lock);
	*stats = queue->stats;
	pthread_mutex_unlock(&queue->lock);
}

uint64_t skald_queue_pushed(struct skald_queue *queue)
{
	struct skald_queue_stats stats;

	skald_queue_stats(queue, &stats);
	return stats.pushed;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue between reader and writer.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "queue.h"

static struct skald_batch *batch_of(size_t bytes)
{
	struct skald_batch *batch = skald_batch_new();

	cr_assert_not_null(batch);
	batch->bytes = bytes;
	return batch;
}

static struct skald_queue *queue_of(size_t max_bytes)
{
	struct skald_queue *queue;

	cr_assert_eq(skald_queue_new(max_bytes, &queue), 0);
	return queue;
}

Test(queue, gives_batches_back_in_order)
{
	struct skald_queue *queue = queue_of(1000);
	struct skald_batch *batches[3];
	struct skald_batch *batch;
	size_t i;

	for (i = 0; i < 3; i++) {
		batches[i] = batch_of(10);
		cr_assert_eq(skald_queue_push(queue, batches[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		cr_assert_eq(skald_queue_pop(queue, 0, &batch), 0);
		cr_assert_eq(batch, batches[i], "batch %zu", i);
		skald_batch_free(batch);
	}
	cr_assert_eq(skald_queue_pop(queue, 0, &batch), -EAGAIN);
	skald_queue_free(queue);
}

Test(queue, refuses_what_does_not_fit_and_takes_it_later)
{
	struct skald_queue *queue = queue_of(100);
	struct skald_batch *big = batch_of(60);
	struct skald_batch *batch;

	cr_assert_eq(skald_queue_push(queue, batch_of(60)), 0);
	cr_assert_eq(skald_queue_push(queue, big), -ENOBUFS);
	cr_assert_eq(skald_queue_push(queue, batch_of(40)), 0);
	cr_assert_eq(skald_queue_pop(queue, 0, &batch), 0);
	skald_batch_free(batch);
	cr_assert_eq(skald_queue_push(queue, big), 0);
	skald_queue_free(queue);
}

Test(queue, takes_a_batch_larger_than_the_limit_when_it_is_alone)
{
	struct skald_queue *queue = queue_of(100);
	struct skald_batch *second = batch_of(1);

	cr_assert_eq(skald_queue_push(queue, batch_of(5000)), 0);
	cr_assert_eq(skald_queue_push(queue, second), -ENOBUFS);
	skald_batch_free(second);
	skald_queue_free(queue);
}

Test(queue, counts_bytes_and_batches)
{
	struct skald_queue *queue = queue_of(100);
	struct skald_queue_stats stats;
	struct skald_batch *batch;

	skald_queue_push(queue, batch_of(30));
	skald_queue_push(queue, batch_of(20));
	skald_queue_pop(queue, 0, &batch);
	skald_batch_free(batch);
	skald_queue_stats(queue, &stats);
	cr_assert_eq(stats.pushed, 2);
	cr_assert_eq(stats.popped, 1);
	cr_assert_eq(stats.bytes, 20);
	cr_assert_eq(stats.max_bytes, 100);
	skald_queue_free(queue);
}

Test(queue, gives_what_waits_after_closing_then_the_end)
{
	struct skald_queue *queue = queue_of(100);
	struct skald_batch *late = batch_of(1);
	struct skald_batch *batch;

	skald_queue_push(queue, batch_of(1));
	skald_queue_close(queue);
	cr_assert_eq(skald_queue_push(queue, late), -EPIPE);
	skald_batch_free(late);
	cr_assert_eq(skald_queue_pop(queue, -1, &batch), 0);
	skald_batch_free(batch);
	cr_assert_eq(skald_queue_pop(queue, -1, &batch), -EPIPE);
	skald_queue_free(queue);
}

Test(queue, a_kick_is_noticed_even_before_the_pop)
{
	struct skald_queue *queue = queue_of(100);
	struct skald_batch *batch;

	skald_queue_kick(queue);
	cr_assert_eq(skald_queue_pop(queue, -1, &batch), -EAGAIN);
	skald_queue_free(queue);
}

Test(queue, an_empty_pop_waits_for_its_time)
{
	struct skald_queue *queue = queue_of(100);
	struct timespec from;
	struct timespec to;
	struct skald_batch *batch;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &from);
	cr_assert_eq(skald_queue_pop(queue, 20, &batch), -EAGAIN);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (to.tv_sec - from.tv_sec) * 1000 +
	     (to.tv_nsec - from.tv_nsec) / 1000000;
	cr_assert_geq(ms, 19);
	skald_queue_free(queue);
}

#define CROSSING 20000

static void *produce(void *user)
{
	struct skald_queue *queue = user;
	uint64_t i;

	for (i = 1; i <= CROSSING; i++) {
		struct skald_batch *batch = batch_of(10);

		batch->n_events = i;
		cr_assert_eq(skald_queue_push_wait(queue, batch), 0);
	}
	skald_queue_close(queue);
	return NULL;
}

Test(queue, loses_nothing_between_two_threads, .timeout = 60)
{
	struct skald_queue *queue = queue_of(50);
	struct skald_batch *batch;
	pthread_t producer;
	uint64_t last = 0;
	int err;

	cr_assert_eq(pthread_create(&producer, NULL, produce, queue), 0);
	while (!(err = skald_queue_pop(queue, -1, &batch))) {
		cr_assert_eq(batch->n_events, last + 1);
		last = batch->n_events;
		skald_batch_free(batch);
	}
	cr_assert_eq(err, -EPIPE);
	cr_assert_eq(last, CROSSING);
	pthread_join(producer, NULL);
	skald_queue_free(queue);
}

Test(queue, a_waiting_push_ends_when_the_queue_is_closed)
{
	struct skald_queue *queue = queue_of(1);
	struct skald_batch *late = batch_of(1);

	skald_queue_push(queue, batch_of(1));
	skald_queue_close(queue);
	cr_assert_eq(skald_queue_push_wait(queue, late), -EPIPE);
	skald_batch_free(late);
	skald_queue_free(queue);
}

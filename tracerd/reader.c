// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader thread: event sockets -> assembler -> queue.
 *
 * Pacing: after each round it sleeps for 2 ms when all sockets were read empty,
 * so that a round costs one wakeup for many events (measured: half the CPU time
 * an event at 2000 packets/s, and no more loss at full load).
 */
#include "reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "options.h"
#include "shed.h"

#define PACE_NS (2 * SKALD_NS_PER_MS)
#define BUDGET 4096
#define EVENTS 64
/* A packet is through netfilter in microseconds, unless it waits in a queue. */
#define IDLE_NS (500 * SKALD_NS_PER_MS)
#define QUEUED_NS (30 * SKALD_NS_PER_SECOND)
#define OPEN_MAX 65536
/* How often kept items are tried again while the queue is full. */
#define RETRY_MS 10
/* More messages than a socket's buffer holds (512 bytes of it each, at least):
 * draining ends even when somebody else's traces keep coming. */
#define DRAIN_MAX ((uint64_t)SKALD_BUFFER_MAX * 2 / 512)

enum task {
	TASK_NONE,
	TASK_ADD,
	TASK_REMOVE,
	TASK_FLUSH,
	TASK_STOP
};

/**
 * struct skald_reader - the thread and what it owns
 * @thread: the thread
 * @lock: protects @task, @feed, @result, @stats
 * @finished: signalled when a task is done
 * @task: what the main thread asks for
 * @feed: the feed it is about
 * @result: 0 or -errno
 * @stats: published after each round
 * @event_fd: wakes the thread
 * @epoll_fd: event sockets and @event_fd
 * @assembler: the assembler
 * @queue: where batches go
 * @shed: what did not fit
 * @closed: counters of sources that are closed
 * @feeds: by index; NULL: not followed
 * @n_feeds: size of @feeds
 * @tick_ns: when something wants to be called, 0: never
 * @stopped: the thread ends
 */
struct skald_reader {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	enum task task;
	struct skald_feed *feed;
	int result;
	struct skald_reader_stats stats;
	int event_fd;
	int epoll_fd;
	struct skald_assembler *assembler;
	struct skald_queue *queue;
	struct skald_shed shed;
	struct skald_source_stats closed;
	struct skald_feed **feeds;
	uint32_t n_feeds;
	uint64_t tick_ns;
	bool stopped;
};

static int rule_value(void *user, uint32_t netns, unsigned int family,
		      uint64_t handle)
{
	const struct skald_reader *reader = user;

	if (netns >= reader->n_feeds || !reader->feeds[netns])
		return -1;
	return skald_debug_table_value(reader->feeds[netns]->table, family,
				       handle);
}

/* ---- batches ---- */

static void push_kept(struct skald_reader *reader)
{
	if (reader->shed.kept &&
	    !skald_queue_push(reader->queue, reader->shed.kept))
		reader->shed.kept = NULL;
}

/* Pass on what is ready; what was kept goes first: order is meaning. */
static void push(struct skald_reader *reader)
{
	struct skald_batch *batch = skald_assembler_take(reader->assembler);

	push_kept(reader);
	if (!batch)
		return;
	if (reader->shed.kept || skald_queue_push(reader->queue, batch))
		skald_shed_batch(&reader->shed, batch);
}

/* The same, waiting for room: nothing is shed at the end. */
static void push_all(struct skald_reader *reader)
{
	struct skald_batch *batch = skald_assembler_take(reader->assembler);

	if (reader->shed.kept &&
	    !skald_queue_push_wait(reader->queue, reader->shed.kept))
		reader->shed.kept = NULL;
	if (batch && skald_queue_push_wait(reader->queue, batch))
		skald_batch_free(batch);
}

/* ---- sources ---- */

static void add_stats(struct skald_source_stats *sum,
		      const struct skald_source_stats *stats)
{
	sum->messages += stats->messages;
	sum->traces += stats->traces;
	sum->lost += stats->lost;
	sum->overruns += stats->overruns;
	sum->malformed += stats->malformed;
	sum->open += stats->open;
}

static void forget(struct skald_reader *reader, struct skald_feed *feed)
{
	struct skald_source *source = feed->source;
	struct skald_source_stats stats;

	(void)epoll_ctl(reader->epoll_fd, EPOLL_CTL_DEL,
			source->ops->fd(source), NULL);
	if (source->ops->finish)
		source->ops->finish(source, reader->assembler);
	source->ops->stats(source, &stats);
	add_stats(&reader->closed, &stats);
	skald_assembler_close(reader->assembler, feed->index,
			      skald_clock_realtime());
	source->ops->close(source);
	feed->source = NULL;
	reader->feeds[feed->index] = NULL;
}

/* Read a source. Return: messages read; a dead one is given up */
static unsigned int drain(struct skald_reader *reader, struct skald_feed *feed)
{
	struct skald_source *source = feed->source;
	int n = source->ops->drain(source, reader->assembler, BUDGET);

	if (n >= 0)
		return (unsigned int)n;
	skald_log(LOG_CRIT, "%s: the event socket failed: error %d", feed->name,
		  -n);
	forget(reader, feed);
	return 0;
}

/* Whether another socket fills while we wait for the writer. */
static bool has_others(const struct skald_reader *reader,
		       const struct skald_feed *feed)
{
	uint32_t i;

	for (i = 0; i < reader->n_feeds; i++) {
		if (reader->feeds[i] && reader->feeds[i] != feed)
			return true;
	}
	return false;
}

/* Read all that is in a socket now. */
static void drain_feed(struct skald_reader *reader, struct skald_feed *feed)
{
	bool can_wait = !has_others(reader, feed);
	uint64_t n = 0;
	unsigned int got;

	do {
		got = feed->source ? drain(reader, feed) : 0;
		n += got;
		if (can_wait)
			push_all(reader);
		else
			push(reader);
	} while (got && n < DRAIN_MAX);
}

/* The same, and what the source holds back. */
static void flush_all(struct skald_reader *reader)
{
	uint32_t i;

	for (i = 0; i < reader->n_feeds; i++) {
		struct skald_feed *feed = reader->feeds[i];
		struct skald_source *source;

		if (!feed)
			continue;
		drain_feed(reader, feed);
		source = feed->source;
		if (source && source->ops->flush)
			source->ops->flush(source, reader->assembler);
	}
	push(reader);
}

/* Return: when somebody wants to be called again, 0: nobody does */
static uint64_t tick(struct skald_reader *reader)
{
	uint64_t now_ns = skald_clock_realtime();
	uint64_t soonest = skald_assembler_tick(reader->assembler, now_ns);
	uint32_t i;

	for (i = 0; i < reader->n_feeds; i++) {
		struct skald_source *source =
			reader->feeds[i] ? reader->feeds[i]->source : NULL;
		uint64_t due = 0;

		if (source && source->ops->tick)
			due = source->ops->tick(source, reader->assembler,
						now_ns);
		if (due && (!soonest || due < soonest))
			soonest = due;
	}
	return soonest;
}

/* ---- tasks ---- */

static int grow_feeds(struct skald_reader *reader, uint32_t index)
{
	struct skald_feed **feeds;
	uint32_t n = reader->n_feeds;

	if (index < n)
		return 0;
	feeds = reallocarray(reader->feeds, index + 1,
			     sizeof(struct skald_feed *));
	if (!feeds)
		return -ENOMEM;
	while (n <= index)
		feeds[n++] = NULL;
	reader->feeds = feeds;
	reader->n_feeds = n;
	return 0;
}

static int add(struct skald_reader *reader, struct skald_feed *feed)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = feed };
	struct skald_source *source = feed->source;
	int err;

	err = grow_feeds(reader, feed->index);
	if (!err && feed->table)
		err = skald_assembler_netns(reader->assembler, feed->index,
					    skald_debug_table_name(feed->table),
					    feed->generation);
	if (err)
		return err;
	if (epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD, source->ops->fd(source),
		      &event))
		return -errno;
	reader->feeds[feed->index] = feed;
	/* what it holds may be due without anything new */
	reader->tick_ns = 1;
	return 0;
}

static void stop(struct skald_reader *reader)
{
	flush_all(reader);
	skald_assembler_close(reader->assembler, UINT32_MAX,
			      skald_clock_realtime());
	push_all(reader);
	skald_queue_close(reader->queue);
	reader->stopped = true;
}

static int perform(struct skald_reader *reader, enum task task,
		   struct skald_feed *feed)
{
	switch (task) {
	case TASK_ADD:
		return add(reader, feed);
	case TASK_REMOVE:
		drain_feed(reader, feed);
		if (feed->source)
			forget(reader, feed);
		push(reader);
		return 0;
	case TASK_FLUSH:
		flush_all(reader);
		return 0;
	case TASK_STOP:
		stop(reader);
		return 0;
	case TASK_NONE:
		break;
	}
	return 0;
}

static void publish_stats(struct skald_reader *reader)
{
	struct skald_reader_stats *stats = &reader->stats;
	struct skald_source_stats one;
	uint32_t i;

	stats->sources = reader->closed;
	for (i = 0; i < reader->n_feeds; i++) {
		if (!reader->feeds[i])
			continue;
		reader->feeds[i]->source->ops->stats(reader->feeds[i]->source,
						     &one);
		add_stats(&stats->sources, &one);
	}
	skald_assembler_stats(reader->assembler, &stats->assembler);
	stats->assembler.open += stats->sources.open;
	stats->shed_stories = reader->shed.stories;
	stats->shed_events = reader->shed.events;
}

static void serve(struct skald_reader *reader)
{
	uint64_t wakeups;

	if (read(reader->event_fd, &wakeups, sizeof(wakeups)) < 0)
		wakeups = 0; /* the task counts, not the wakeup */
	pthread_mutex_lock(&reader->lock);
	if (reader->task != TASK_NONE) {
		reader->result = perform(reader, reader->task, reader->feed);
		reader->task = TASK_NONE;
		publish_stats(reader);
		pthread_cond_signal(&reader->finished);
	}
	pthread_mutex_unlock(&reader->lock);
}

/* ---- the thread ---- */

static int timeout_ms(const struct skald_reader *reader)
{
	uint64_t now_ns = skald_clock_realtime();
	uint64_t left_ms;

	if (reader->shed.kept)
		return RETRY_MS;
	if (!reader->tick_ns)
		return -1;
	if (reader->tick_ns <= now_ns)
		return 0;
	left_ms = (reader->tick_ns - now_ns) / SKALD_NS_PER_MS + 1;
	return left_ms < 1000 ? (int)left_ms : 1000;
}

/* One round over what is ready. Return: whether a socket may hold more */
static bool read_round(struct skald_reader *reader)
{
	struct epoll_event events[EVENTS];
	bool is_asked = false;
	bool has_more = false;
	int n;
	int i;

	n = epoll_wait(reader->epoll_fd, events, EVENTS, timeout_ms(reader));
	for (i = 0; i < n; i++) {
		struct skald_feed *feed = events[i].data.ptr;

		if (!feed)
			is_asked = true;
		else if (drain(reader, feed) >= BUDGET)
			has_more = true;
	}
	/* Last: a task may end the life of a feed that was in the round. */
	if (is_asked)
		serve(reader);
	return has_more || n == EVENTS;
}

static void *run(void *user)
{
	const struct timespec pace = { .tv_nsec = PACE_NS };
	struct skald_reader *reader = user;

	while (!reader->stopped) {
		bool has_more = read_round(reader);

		if (reader->stopped)
			break;
		if (!has_more)
			reader->tick_ns = tick(reader);
		push(reader);
		pthread_mutex_lock(&reader->lock);
		publish_stats(reader);
		pthread_mutex_unlock(&reader->lock);
		if (!has_more)
			nanosleep(&pace, NULL);
	}
	return NULL;
}

/* ---- the main thread's side ---- */

static void reader_free(struct skald_reader *reader)
{
	skald_shed_done(&reader->shed);
	skald_assembler_free(reader->assembler);
	if (reader->epoll_fd >= 0)
		close(reader->epoll_fd);
	if (reader->event_fd >= 0)
		close(reader->event_fd);
	pthread_cond_destroy(&reader->finished);
	pthread_mutex_destroy(&reader->lock);
	free(reader->feeds);
	free(reader);
}

static int reader_prepare(struct skald_reader *reader)
{
	const struct skald_assembler_config config = {
		.idle_ns = IDLE_NS,
		.queue_ns = QUEUED_NS,
		.max_open = OPEN_MAX,
		.rule_value = rule_value,
		.user = reader,
	};
	struct epoll_event event = { .events = EPOLLIN };

	reader->assembler = skald_assembler_new(&config);
	if (!reader->assembler)
		return -ENOMEM;
	reader->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (reader->event_fd < 0)
		return -errno;
	reader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (reader->epoll_fd < 0 || epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD,
					      reader->event_fd, &event))
		return -errno;
	return 0;
}

int skald_reader_start(struct skald_queue *queue, struct skald_reader **reader)
{
	struct skald_reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->queue = queue;
	r->event_fd = -1;
	r->epoll_fd = -1;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->finished, NULL);
	err = reader_prepare(r);
	if (!err)
		err = -pthread_create(&r->thread, NULL, run, r);
	if (err) {
		reader_free(r);
		return err;
	}
	*reader = r;
	return 0;
}

/* Give the thread a task, wait until it is done. Return: its result */
static int ask(struct skald_reader *reader, enum task task,
	       struct skald_feed *feed)
{
	uint64_t one = 1;
	int result;

	pthread_mutex_lock(&reader->lock);
	reader->task = task;
	reader->feed = feed;
	if (write(reader->event_fd, &one, sizeof(one)) < 0)
		skald_log(LOG_ERR, "cannot wake the reader: %m");
	while (reader->task != TASK_NONE)
		pthread_cond_wait(&reader->finished, &reader->lock);
	result = reader->result;
	pthread_mutex_unlock(&reader->lock);
	return result;
}

void skald_reader_stop(struct skald_reader *reader)
{
	(void)ask(reader, TASK_STOP, NULL); /* cannot fail */
	pthread_join(reader->thread, NULL);
}

void skald_reader_free(struct skald_reader *reader)
{
	if (reader)
		reader_free(reader);
}

int skald_reader_add(struct skald_reader *reader, struct skald_feed *feed)
{
	return ask(reader, TASK_ADD, feed);
}

void skald_reader_remove(struct skald_reader *reader, struct skald_feed *feed)
{
	(void)ask(reader, TASK_REMOVE, feed); /* cannot fail */
}

void skald_reader_flush(struct skald_reader *reader)
{
	(void)ask(reader, TASK_FLUSH, NULL); /* cannot fail */
}

void skald_reader_stats(struct skald_reader *reader,
			struct skald_reader_stats *stats)
{
	pthread_mutex_lock(&reader->lock);
	*stats = reader->stats;
	pthread_mutex_unlock(&reader->lock);
}

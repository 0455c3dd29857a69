// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer thread: queue -> teller -> store -> publisher.
 */
#include "writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "owed.h"
#include "raw.h"
#include "teller.h"

#define STORIES_PER_COMMIT 1000
#define COMMIT_NS (100 * SKALD_NS_PER_MS)
#define RETRY_NS SKALD_NS_PER_SECOND
#define RETAIN_NS (10 * SKALD_NS_PER_SECOND)
#define TELL_NS SKALD_NS_PER_SECOND

/**
 * struct skald_writer - the thread and what it owns
 * @thread: the thread
 * @config: what it works with
 * @teller: tells stories
 * @owed: losses not recorded yet
 * @posts: posts of the open transaction
 * @posts_end: where the next goes
 * @in_txn: a transaction is open
 * @txn_start_ns: CLOCK_MONOTONIC
 * @txn_stories: stories in it
 * @txn_incomplete: incomplete ones in it
 * @txn_messages: trace messages of all of them
 * @surplus: stories that nobody wanted any more
 * @txn_lost: what is lost when it fails: one debt a namespace
 * @finished: batches taken from the queue and written to the end
 * @handed: the same, as followers were told
 * @retry_ns: paused: CLOCK_MONOTONIC of the next try
 * @cause: paused: why
 * @retain_ns: CLOCK_MONOTONIC of the next retention
 * @tell_ns: CLOCK_MONOTONIC from which losses are told
 * @hurry: the main thread waits for a commit
 * @lock: protects @stats
 * @stats: for the main thread
 */
struct skald_writer {
	pthread_t thread;
	struct skald_writer_config config;
	struct skald_teller *teller;
	struct skald_owed owed;
	struct skald_post *posts;
	struct skald_post **posts_end;
	bool in_txn;
	uint64_t txn_start_ns;
	uint64_t txn_stories;
	uint64_t txn_incomplete;
	uint64_t txn_messages;
	uint64_t surplus;
	struct skald_owed txn_lost;
	uint64_t finished;
	uint64_t handed;
	uint64_t retry_ns;
	char cause[SKALD_ERROR_TEXT + 32];
	uint64_t retain_ns;
	uint64_t tell_ns;
	atomic_bool hurry;
	pthread_mutex_t lock;
	struct skald_writer_stats stats;
};

static void add_posts(struct skald_writer *writer, struct skald_post *posts)
{
	*writer->posts_end = posts;
	while (*writer->posts_end)
		writer->posts_end = &(*writer->posts_end)->next;
}

/* To the followers: only what is committed, and what is no story. */
static void hand_over(struct skald_writer *writer)
{
	if (!writer->posts && writer->handed == writer->finished)
		return;
	skald_publisher_put(writer->config.publisher, writer->posts,
			    writer->finished);
	writer->posts = NULL;
	writer->posts_end = &writer->posts;
	writer->handed = writer->finished;
}

static void tell_losses(struct skald_writer *writer)
{
	add_posts(writer, skald_owed_tell(&writer->owed));
	writer->tell_ns = skald_clock_monotonic() + TELL_NS;
}

static void notice(struct skald_writer *writer, const char *text)
{
	struct skald_post *post =
		skald_post_text(SKALD_POST_NOTICE, 0, "", text);

	if (post)
		add_posts(writer, post);
}

/* ---- transactions ---- */

static void drop_story_posts(struct skald_writer *writer)
{
	struct skald_post **link = &writer->posts;

	while (*link) {
		struct skald_post *post = *link;

		if (post->kind == SKALD_POST_STORY) {
			*link = post->next;
			free(post);
		} else {
			link = &post->next;
		}
	}
	writer->posts_end = link;
}

static void forget_txn(struct skald_writer *writer)
{
	skald_owed_paid(&writer->txn_lost);
	writer->in_txn = false;
	writer->txn_stories = 0;
	writer->txn_incomplete = 0;
	writer->txn_messages = 0;
}

/* Stories of the transaction are lost; from now on all are, until a retry. */
static void pause_recording(struct skald_writer *writer,
			    const struct skald_error *error)
{
	size_t i;

	skald_world_store(writer->config.world, NULL);
	skald_world_unsaved(writer->config.world);
	drop_story_posts(writer);
	if (!writer->retry_ns) {
		snprintf(writer->cause, sizeof(writer->cause),
			 "recording paused: %s", error->text);
		skald_log(LOG_ERR, "%s", writer->cause);
		notice(writer, writer->cause);
	}
	for (i = 0; i < writer->txn_lost.n; i++)
		skald_owed_add(&writer->owed, writer->txn_lost.debts[i].netns,
			       writer->cause, writer->txn_lost.debts[i].t_ns,
			       writer->txn_lost.debts[i].count);
	forget_txn(writer);
	writer->retry_ns = skald_clock_monotonic() + RETRY_NS;
}

static void fail(struct skald_writer *writer, const struct skald_error *error)
{
	skald_store_rollback(writer->config.store);
	pause_recording(writer, error);
}

/* Return: whether a transaction is open now */
static bool begin(struct skald_writer *writer)
{
	struct skald_error error = { 0 };

	if (writer->in_txn)
		return true;
	if (writer->retry_ns && skald_clock_monotonic() < writer->retry_ns)
		return false;
	if (skald_store_begin(writer->config.store, &error)) {
		pause_recording(writer, &error);
		return false;
	}
	writer->in_txn = true;
	writer->txn_start_ns = skald_clock_monotonic();
	skald_world_store(writer->config.world, writer->config.store);
	return true;
}

static void committed(struct skald_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->stats.stories += writer->txn_stories;
	writer->stats.incomplete += writer->txn_incomplete;
	writer->stats.messages += writer->txn_messages;
	writer->stats.transactions++;
	pthread_mutex_unlock(&writer->lock);
	skald_owed_paid(&writer->owed);
	forget_txn(writer);
	skald_world_store(writer->config.world, NULL);
	if (writer->retry_ns) {
		writer->retry_ns = 0;
		skald_log(LOG_INFO, "recording goes on");
		notice(writer, "recording goes on");
	}
	hand_over(writer);
}

static void commit(struct skald_writer *writer)
{
	struct skald_error error = { 0 };

	/* Something is owed: it opens a transaction of its own. */
	if (skald_owed_is_due(&writer->owed) && !begin(writer))
		return;
	if (!writer->in_txn)
		return;
	if (skald_owed_record(&writer->owed, writer->config.store, &error) ||
	    skald_store_commit(writer->config.store, &error))
		fail(writer, &error);
	else
		committed(writer);
}

static bool is_commit_due(struct skald_writer *writer)
{
	uint64_t now_ns = skald_clock_monotonic();

	if (writer->in_txn)
		return writer->txn_stories >= STORIES_PER_COMMIT ||
		       now_ns - writer->txn_start_ns >= COMMIT_NS;
	return skald_owed_is_due(&writer->owed) && now_ns >= writer->retry_ns;
}

/* ---- items ---- */

static void waste_time(unsigned int delay_us)
{
	const struct timespec delay = { .tv_nsec = delay_us * 1000L };

	if (delay_us)
		nanosleep(&delay, NULL);
}

/* Of what comes from a marked packet nothing is counted. */
static void post_story(struct skald_writer *writer,
		       const struct skald_packed *packed,
		       const struct skald_raw_story *raw, const uint32_t *ids,
		       unsigned int n)
{
	struct skald_post *post;

	if (!skald_publisher_count(writer->config.publisher, ids, n,
				   raw->has_mark))
		return;
	post = skald_post_story(packed, ids, n);
	if (post)
		add_posts(writer, post);
}

static void lose_story(struct skald_writer *writer,
		       const struct skald_item *item)
{
	skald_owed_add(&writer->owed,
		       skald_world_netns(writer->config.world, item->netns),
		       writer->cause, item->t_ns, item->story->n_messages);
}

static void write_story(struct skald_writer *writer,
			const struct skald_item *item)
{
	const char *netns =
		skald_world_netns(writer->config.world, item->netns);
	struct skald_packed packed = { 0 };
	struct skald_error error = { 0 };
	uint32_t ids[SKALD_RAW_IDS];
	unsigned int n_ids = skald_raw_marks(item->story, ids);

	/* They were on their way when the last one wanted was stored. */
	if (item->story->has_mark &&
	    skald_publisher_has_enough(writer->config.publisher, ids, n_ids)) {
		writer->surplus++;
		return;
	}
	waste_time(writer->config.delay_us);
	if (!begin(writer)) {
		lose_story(writer, item);
		return;
	}
	skald_owed_add(&writer->txn_lost, netns, "", item->t_ns,
		       item->story->n_messages);
	if (skald_teller_tell(writer->teller, item->story, &packed)) {
		skald_error_set(&error, ENOMEM, "no memory");
		fail(writer, &error);
		return;
	}
	if (skald_store_add(writer->config.store, &packed, NULL, &error)) {
		fail(writer, &error);
		return;
	}
	skald_world_remember(writer->config.world, item->story->serial,
			     packed.id);
	post_story(writer, &packed, item->story, ids, n_ids);
	writer->txn_stories++;
	writer->txn_incomplete += !packed.complete;
	writer->txn_messages += item->story->n_messages;
}

static void write_item(struct skald_writer *writer,
		       const struct skald_item *item)
{
	switch (item->type) {
	case SKALD_ITEM_STORY:
		write_story(writer, item);
		break;
	case SKALD_ITEM_GENERATION:
		/* Perhaps the first ruleset of the space waits to be stored. */
		(void)begin(writer);
		skald_world_changed(writer->config.world, item);
		break;
	case SKALD_ITEM_LOSS:
		skald_owed_add(&writer->owed,
			       skald_world_netns(writer->config.world,
						 item->netns),
			       item->where, item->t_ns, item->count);
		break;
	}
}

static void write_batch(struct skald_writer *writer, struct skald_batch *batch)
{
	uint32_t i;

	for (i = 0; i < batch->n_items; i++) {
		write_item(writer, &batch->items[i]);
		if (is_commit_due(writer))
			commit(writer);
	}
	skald_batch_free(batch);
}

/* ---- the thread ---- */

static bool is_retention_due(const struct skald_writer *writer)
{
	const struct skald_writer_config *config = &writer->config;

	return (config->retain_size || config->retain_age_ns) &&
	       !writer->retry_ns &&
	       skald_clock_monotonic() >= writer->retain_ns;
}

static void retain(struct skald_writer *writer)
{
	const struct skald_writer_config *config = &writer->config;
	struct skald_error error = { 0 };
	uint64_t deleted = 0;

	/* Not inside a transaction, so this one ends a little early. */
	commit(writer);
	if (writer->in_txn)
		return;
	if (skald_store_retain(config->store, config->retain_size,
			       config->retain_age_ns, skald_clock_realtime(),
			       &deleted, &error))
		skald_log(LOG_WARNING, "cannot delete old stories: %s",
			  error.text);
	/* A bounded amount of work a call: go on soon when there was some. */
	writer->retain_ns =
		skald_clock_monotonic() + (deleted ? COMMIT_NS : RETAIN_NS);
	pthread_mutex_lock(&writer->lock);
	writer->stats.deleted += deleted;
	pthread_mutex_unlock(&writer->lock);
}

/* Milliseconds until something has to be done without a batch. */
static int patience_ms(struct skald_writer *writer)
{
	int settle_ms = skald_world_patience(writer->config.world);
	int ms = 1000;

	if (atomic_load(&writer->hurry))
		return 0;
	if (writer->in_txn)
		ms = (int)(COMMIT_NS / SKALD_NS_PER_MS);
	if (settle_ms >= 0 && settle_ms < ms && !writer->retry_ns)
		ms = settle_ms;
	return ms;
}

/* A snapshot for an announced change, when there is nothing more urgent. */
static void settle(struct skald_writer *writer)
{
	if (!writer->retry_ns && !skald_world_patience(writer->config.world) &&
	    begin(writer))
		skald_world_settle(writer->config.world);
}

static void publish_stats(struct skald_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->stats.lost = writer->owed.total;
	writer->stats.surplus = writer->surplus;
	writer->stats.is_paused = writer->retry_ns != 0;
	pthread_mutex_unlock(&writer->lock);
}

/* What is due after a batch, or after a while without one. */
static void tidy(struct skald_writer *writer, bool commit_now)
{
	if (commit_now || is_commit_due(writer))
		commit(writer);
	if (commit_now || skald_clock_monotonic() >= writer->tell_ns)
		tell_losses(writer);
	if (is_retention_due(writer))
		retain(writer);
	publish_stats(writer);
	if (!writer->in_txn)
		hand_over(writer);
	skald_world_rest(writer->config.world);
}

static void *run(void *user)
{
	struct skald_writer *writer = user;
	struct skald_batch *batch;
	bool is_hurried;
	int err;

	/* the reader's, not ours */
	(void)setpriority(PRIO_PROCESS, 0, 0);
	do {
		err = skald_queue_pop(writer->config.queue, patience_ms(writer),
				      &batch);
		if (!err) {
			write_batch(writer, batch);
			writer->finished++;
		}
		settle(writer);
		is_hurried = err == -EAGAIN &&
			     atomic_exchange(&writer->hurry, false);
		tidy(writer, is_hurried || err == -EPIPE);
	} while (err != -EPIPE);
	return NULL;
}

static void writer_free(struct skald_writer *writer)
{
	skald_owed_done(&writer->txn_lost);
	skald_owed_done(&writer->owed);
	skald_teller_free(writer->teller);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

int skald_writer_start(const struct skald_writer_config *config,
		       struct skald_writer **writer)
{
	struct skald_writer *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->config = *config;
	w->posts_end = &w->posts;
	pthread_mutex_init(&w->lock, NULL);
	w->teller = skald_teller_new(&skald_world_ops, config->world);
	err = w->teller ? -pthread_create(&w->thread, NULL, run, w) : -ENOMEM;
	if (err) {
		writer_free(w);
		return err;
	}
	*writer = w;
	return 0;
}

void skald_writer_hurry(struct skald_writer *writer)
{
	atomic_store(&writer->hurry, true);
	skald_queue_kick(writer->config.queue);
}

void skald_writer_finish(struct skald_writer *writer)
{
	pthread_join(writer->thread, NULL);
	writer_free(writer);
}

void skald_writer_stats(struct skald_writer *writer,
			struct skald_writer_stats *stats)
{
	pthread_mutex_lock(&writer->lock);
	*stats = writer->stats;
	pthread_mutex_unlock(&writer->lock);
}

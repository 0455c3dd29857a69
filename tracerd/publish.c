// SPDX-License-Identifier: GPL-2.0-only
/*
 * Posts from the writer thread to the main thread, and who wants them.
 */
#include "publish.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Memory for posts that the main thread has not taken yet. */
#define BYTES_MAX ((size_t)256 << 20)

/**
 * struct audience - one classifier
 * @id: its id
 * @followers: clients
 * @stories: told so far
 * @limit: spent after so many, 0: never
 * @told_spent: the main thread knows
 */
struct audience {
	uint32_t id;
	unsigned int followers;
	uint64_t stories;
	uint64_t limit;
	bool told_spent;
};

/**
 * struct skald_publisher - the exchange; @lock protects all but @event_fd
 * @lock: protects
 * @event_fd: eventfd, main thread reads
 * @head: oldest post
 * @tail: newest post
 * @bytes: memory of the posts
 * @missed: stories there was no room for
 * @done: batches that are done
 * @audiences: classifiers, heap
 * @n_audiences: how many
 */
struct skald_publisher {
	pthread_mutex_t lock;
	int event_fd;
	struct skald_post *head;
	struct skald_post *tail;
	size_t bytes;
	uint64_t missed;
	uint64_t done;
	struct audience *audiences;
	size_t n_audiences;
};

static struct skald_post *post_new(enum skald_post_kind kind, size_t data)
{
	size_t size = sizeof(struct skald_post) + data;
	struct skald_post *post = malloc(size);

	if (!post)
		return NULL;
	*post = (struct skald_post){ .kind = kind, .size = size };
	return post;
}

struct skald_post *skald_post_story(const struct skald_packed *packed,
				    const uint32_t *ids, unsigned int n_ids)
{
	struct skald_post *post =
		post_new(SKALD_POST_STORY, packed->shape_len + packed->own_len);

	if (!post)
		return NULL;
	memcpy(post->ids, ids, n_ids * sizeof(*ids));
	post->n_ids = n_ids;
	memcpy(post->data, packed->shape, packed->shape_len);
	memcpy(post->data + packed->shape_len, packed->own, packed->own_len);
	post->packed = *packed;
	post->packed.shape = post->data;
	post->packed.own = post->data + packed->shape_len;
	return post;
}

struct skald_post *skald_post_text(enum skald_post_kind kind, uint64_t count,
				   const char *netns, const char *text)
{
	size_t netns_size = strlen(netns) + 1;
	struct skald_post *post = post_new(kind, netns_size + strlen(text) + 1);

	if (!post)
		return NULL;
	post->count = count;
	memcpy(post->data, netns, netns_size);
	memcpy(post->data + netns_size, text, strlen(text) + 1);
	post->netns = (const char *)post->data;
	post->text = (const char *)post->data + netns_size;
	return post;
}

static void free_posts(struct skald_post *post)
{
	while (post) {
		struct skald_post *next = post->next;

		free(post);
		post = next;
	}
}

int skald_publisher_new(struct skald_publisher **publisher)
{
	struct skald_publisher *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	err = -pthread_mutex_init(&p->lock, NULL);
	if (err)
		goto err_free;
	p->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->event_fd < 0) {
		err = -errno;
		goto err_lock;
	}
	*publisher = p;
	return 0;

err_lock:
	pthread_mutex_destroy(&p->lock);
err_free:
	free(p);
	return err;
}

void skald_publisher_free(struct skald_publisher *publisher)
{
	if (!publisher)
		return;
	free_posts(publisher->head);
	free(publisher->audiences);
	close(publisher->event_fd);
	pthread_mutex_destroy(&publisher->lock);
	free(publisher);
}

int skald_publisher_fd(const struct skald_publisher *publisher)
{
	return publisher->event_fd;
}

/* Call with the lock held. */
static struct audience *find(struct skald_publisher *publisher, uint32_t id)
{
	size_t i;

	for (i = 0; i < publisher->n_audiences; i++) {
		if (publisher->audiences[i].id == id)
			return &publisher->audiences[i];
	}
	return NULL;
}

int skald_publisher_add(struct skald_publisher *publisher, uint32_t id,
			uint64_t limit, unsigned int followers)
{
	struct audience *audiences;
	int err = 0;

	pthread_mutex_lock(&publisher->lock);
	audiences =
		reallocarray(publisher->audiences, publisher->n_audiences + 1,
			     sizeof(*audiences));
	if (audiences) {
		publisher->audiences = audiences;
		audiences[publisher->n_audiences++] = (struct audience){
			.id = id,
			.followers = followers,
			.limit = limit,
		};
	} else {
		err = -ENOMEM;
	}
	pthread_mutex_unlock(&publisher->lock);
	return err;
}

void skald_publisher_remove(struct skald_publisher *publisher, uint32_t id)
{
	struct audience *audience;

	pthread_mutex_lock(&publisher->lock);
	audience = find(publisher, id);
	if (audience)
		*audience = publisher->audiences[--publisher->n_audiences];
	pthread_mutex_unlock(&publisher->lock);
}

void skald_publisher_follow(struct skald_publisher *publisher, uint32_t id,
			    int change)
{
	struct audience *audience;

	pthread_mutex_lock(&publisher->lock);
	audience = find(publisher, id);
	if (audience)
		audience->followers += (unsigned int)change;
	pthread_mutex_unlock(&publisher->lock);
}

uint64_t skald_publisher_stories(struct skald_publisher *publisher, uint32_t id)
{
	const struct audience *audience;
	uint64_t stories;

	pthread_mutex_lock(&publisher->lock);
	audience = find(publisher, id);
	stories = audience ? audience->stories : 0;
	pthread_mutex_unlock(&publisher->lock);
	return stories;
}

static bool is_spent(const struct audience *audience)
{
	return audience->limit && audience->stories >= audience->limit;
}

uint32_t skald_publisher_spent(struct skald_publisher *publisher)
{
	uint32_t id = 0;
	size_t i;

	pthread_mutex_lock(&publisher->lock);
	for (i = 0; i < publisher->n_audiences && !id; i++) {
		struct audience *audience = &publisher->audiences[i];

		if (is_spent(audience) && !audience->told_spent) {
			audience->told_spent = true;
			id = audience->id;
		}
	}
	pthread_mutex_unlock(&publisher->lock);
	return id;
}

struct skald_post *skald_publisher_take(struct skald_publisher *publisher,
					uint64_t *done, uint64_t *missed)
{
	struct skald_post *posts;
	uint64_t wakeups;

	if (read(publisher->event_fd, &wakeups, sizeof(wakeups)) < 0)
		wakeups = 0; /* nobody woke us: take what is there */
	pthread_mutex_lock(&publisher->lock);
	posts = publisher->head;
	*done = publisher->done;
	*missed = publisher->missed;
	publisher->head = NULL;
	publisher->tail = NULL;
	publisher->bytes = 0;
	publisher->missed = 0;
	pthread_mutex_unlock(&publisher->lock);
	return posts;
}

bool skald_publisher_has_enough(struct skald_publisher *publisher,
				const uint32_t *ids, unsigned int n_ids)
{
	const struct audience *audience;
	bool enough = n_ids > 0;
	unsigned int i;

	pthread_mutex_lock(&publisher->lock);
	for (i = 0; i < n_ids && enough; i++) {
		audience = find(publisher, ids[i]);
		enough = audience && is_spent(audience);
	}
	pthread_mutex_unlock(&publisher->lock);
	return enough;
}

bool skald_publisher_count(struct skald_publisher *publisher,
			   const uint32_t *ids, unsigned int n_ids, bool counts)
{
	bool followed = false;
	unsigned int i;

	pthread_mutex_lock(&publisher->lock);
	for (i = 0; i < n_ids; i++) {
		struct audience *audience = find(publisher, ids[i]);

		if (!audience)
			continue;
		audience->stories += counts;
		followed |= audience->followers > 0;
	}
	pthread_mutex_unlock(&publisher->lock);
	return followed;
}

/* Append, or count as missed. Call with the lock held; takes over @post. */
static void append(struct skald_publisher *publisher, struct skald_post *post)
{
	post->next = NULL;
	if (post->kind == SKALD_POST_STORY && publisher->bytes > BYTES_MAX) {
		publisher->missed++;
		free(post);
		return;
	}
	if (publisher->tail)
		publisher->tail->next = post;
	else
		publisher->head = post;
	publisher->tail = post;
	publisher->bytes += post->size;
}

void skald_publisher_put(struct skald_publisher *publisher,
			 struct skald_post *posts, uint64_t done)
{
	uint64_t one = 1;

	pthread_mutex_lock(&publisher->lock);
	while (posts) {
		struct skald_post *next = posts->next;

		append(publisher, posts);
		posts = next;
	}
	publisher->done = done;
	pthread_mutex_unlock(&publisher->lock);
	/* Full means that the main thread is awake already. */
	if (write(publisher->event_fd, &one, sizeof(one)) < 0)
		return;
}

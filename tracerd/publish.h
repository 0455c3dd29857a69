/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: from the writer thread to those who follow
 *
 * The writer hands over *posts*: stories that are committed, losses, notices.
 * The main thread gives them to clients. Nothing is copied for a classifier
 * that nobody follows. Here is also where stories are counted by classifier,
 * for those that end after the first N.
 */
#ifndef SKALD_TRACERD_PUBLISH_H
#define SKALD_TRACERD_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "story.h"

/* Classifiers of one story that are told apart; more are not followed. */
#define SKALD_POST_IDS 8

enum skald_post_kind {
	SKALD_POST_STORY,
	SKALD_POST_LOSS,
	SKALD_POST_NOTICE,
	SKALD_POST_END,
};

/**
 * struct skald_post - something that followers are told
 * @next: in the publisher's list
 * @refs: of the main thread
 * @kind: enum skald_post_kind
 * @size: bytes of memory, for limits
 * @ids: classifiers that chose the packet
 * @n_ids: how many
 * @packed: with SKALD_POST_STORY; points into @data
 * @count: with SKALD_POST_LOSS: events
 * @netns: with SKALD_POST_LOSS: points into @data
 * @text: the place of the loss, the notice, or why no more stories come:
 *	points into @data
 * @data: bytes
 */
struct skald_post {
	struct skald_post *next;
	unsigned int refs;
	enum skald_post_kind kind;
	size_t size;
	uint32_t ids[SKALD_POST_IDS];
	unsigned int n_ids;
	struct skald_packed packed;
	uint64_t count;
	const char *netns;
	const char *text;
	uint8_t data[];
};

/* A post with copies of what is given, heap; NULL: no memory. */
struct skald_post *skald_post_story(const struct skald_packed *packed,
				    const uint32_t *ids, unsigned int n_ids);
struct skald_post *skald_post_text(enum skald_post_kind kind, uint64_t count,
				   const char *netns, const char *text);

struct skald_publisher;

int skald_publisher_new(struct skald_publisher **publisher);
void skald_publisher_free(struct skald_publisher *publisher);
/* Becomes readable when there is something for the main thread. */
int skald_publisher_fd(const struct skald_publisher *publisher);

/* ---- the main thread ---- */

/* Know a classifier that has so many followers already.
 * @limit: stories after which it is spent, 0: never */
int skald_publisher_add(struct skald_publisher *publisher, uint32_t id,
			uint64_t limit, unsigned int followers);
void skald_publisher_remove(struct skald_publisher *publisher, uint32_t id);
/* One follower more or less. */
void skald_publisher_follow(struct skald_publisher *publisher, uint32_t id,
			    int change);
/* Stories of a classifier so far. */
uint64_t skald_publisher_stories(struct skald_publisher *publisher,
				 uint32_t id);
/* Return: id of a classifier that is spent, 0: none; tells each once */
uint32_t skald_publisher_spent(struct skald_publisher *publisher);
/**
 * skald_publisher_take() - take all posts
 * @publisher: the publisher
 * @done: written: batches of the queue whose stories are committed
 * @missed: written: stories not kept for followers since the last call
 *
 * Return: the posts, oldest first; the caller frees them
 */
struct skald_post *skald_publisher_take(struct skald_publisher *publisher,
					uint64_t *done, uint64_t *missed);

/* ---- the writer thread ---- */

/* Whether all of these classifiers have had their number of stories. */
bool skald_publisher_has_enough(struct skald_publisher *publisher,
				const uint32_t *ids, unsigned int n_ids);
/* Count a story of these classifiers, if it @counts: it began with a mark.
 * Return: whether anybody follows */
bool skald_publisher_count(struct skald_publisher *publisher,
			   const uint32_t *ids, unsigned int n_ids,
			   bool counts);
/* Hand over a list of posts, NULL: none; all batches up to @done are done. */
void skald_publisher_put(struct skald_publisher *publisher,
			 struct skald_post *posts, uint64_t done);

#endif /* SKALD_TRACERD_PUBLISH_H */

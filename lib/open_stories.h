/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: open stories
 *
 * The stories that are being assembled: found by trace id, ordered by when
 * something was last heard of them.
 */
#ifndef SKALD_LIB_OPEN_STORIES_H
#define SKALD_LIB_OPEN_STORIES_H

#include "raw.h"

/* A packet that meets more rules than this is told as far as that. */
#define SKALD_STORY_EVENTS 8192

/**
 * struct skald_open - a story that has not ended
 * @raw: what is known so far; its arrays are this struct's own, on the heap
 * @last_ns: when something was last heard
 * @size_events: allocated
 * @size_snaps: allocated
 * @hook: enum skald_words_HOOK of the last chain of ours
 * @is_queued: waits for user space
 * @is_bridged: the last chain of the bridge family was passed: netfilter may
 *	still show it to the chains of ip (br_netfilter)
 * @datagram_key: of a fragment, else 0
 * @older: in the order of @last_ns
 * @newer: in the order of @last_ns
 * @chain: next with the same hash, or next free one
 */
struct skald_open {
	struct skald_raw_story raw;
	uint64_t last_ns;
	uint32_t size_events;
	uint32_t size_snaps;
	uint32_t hook;
	bool is_queued;
	bool is_bridged;
	uint64_t datagram_key;
	struct skald_open *older;
	struct skald_open *newer;
	struct skald_open *chain;
};

/**
 * struct skald_open_stories - all of them
 * @buckets: hash table
 * @size: its size, a power of two
 * @oldest: nothing was heard of it for longest
 * @newest: heard of last
 * @spare: closed ones, kept for their arrays
 * @n: how many are open
 * @last_start_ns: of the one that was added last
 */
struct skald_open_stories {
	struct skald_open **buckets;
	uint32_t size;
	struct skald_open *oldest;
	struct skald_open *newest;
	struct skald_open *spare;
	uint32_t n;
	uint64_t last_start_ns;
};

/* @max: about how many will be open at once. Return: 0 or -ENOMEM */
int skald_open_stories_init(struct skald_open_stories *stories, uint32_t max);
void skald_open_stories_done(struct skald_open_stories *stories);

struct skald_open *skald_open_find(const struct skald_open_stories *stories,
				   uint32_t netns, uint32_t trace_id);
/* Return: a new story with empty arrays, entered; or NULL: no memory */
struct skald_open *skald_open_add(struct skald_open_stories *stories,
				  uint32_t netns, uint32_t trace_id,
				  uint64_t now_ns);
/* Takes it out; its arrays stay valid until the next add. */
void skald_open_remove(struct skald_open_stories *stories,
		       struct skald_open *story);
/* Something was heard of it: it becomes the newest. */
void skald_open_touch(struct skald_open_stories *stories,
		      struct skald_open *story, uint64_t now_ns);

/* Return: the new last element, zeroed, or NULL: no memory or too many */
struct skald_raw_event *skald_open_event(struct skald_open *story);
struct skald_snap *skald_open_snap(struct skald_open *story);

#endif /* SKALD_LIB_OPEN_STORIES_H */

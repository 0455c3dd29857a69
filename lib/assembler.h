/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the assembler: from trace messages to raw stories
 *
 * nftables' trace id is siphash(skb address, skb hash, input interface): a
 * number that a later packet of the same flow gets again as soon as the memory
 * is recycled. It tells packets apart only while both are alive. So a story
 * begins at *our own* mark, takes every message with its id until it ends, and
 * gives the id back: a second mark with an id that is still open closes the
 * first story (it left netfilter without a word).
 *
 * Single-threaded: one owner.
 */
#ifndef SKALD_LIB_ASSEMBLER_H
#define SKALD_LIB_ASSEMBLER_H

#include <stdint.h>

#include "raw.h"
#include "trace.h"

struct skald_assembler;

/**
 * struct skald_assembler_config - how to assemble
 * @idle_ns: a story that nothing is heard of for so long is closed
 * @queue_ns: the same for one that waits for user space (queue verdict)
 * @max_open: stories open at once; above, the oldest is closed as lossy
 * @rule_value: tells what a rule of one of our own chains stands for: the
 *	classifier's id or the conntrack state; -1: nothing known
 * @user: for @rule_value
 */
struct skald_assembler_config {
	uint64_t idle_ns;
	uint64_t queue_ns;
	unsigned int max_open;
	int (*rule_value)(void *user, uint32_t netns, unsigned int family,
			  uint64_t handle);
	void *user;
};

/**
 * struct skald_assembler_stats - counters, all since creation
 * @messages: trace messages taken
 * @stories: stories closed
 * @foreign: messages of packets that somebody else marked; not stored
 * @ours: messages that belong to stories, those of our own chains included
 * @reused_ids: stories whose trace id an earlier story had
 * @open: stories open now
 */
struct skald_assembler_stats {
	uint64_t messages;
	uint64_t stories;
	uint64_t foreign;
	uint64_t ours;
	uint64_t reused_ids;
	uint64_t open;
};

/* Return: a new assembler, or NULL when there is no memory */
struct skald_assembler *
skald_assembler_new(const struct skald_assembler_config *config);
void skald_assembler_free(struct skald_assembler *assembler);

/* Tell the name of our own tables in a namespace, before its messages. */
int skald_assembler_netns(struct skald_assembler *assembler, uint32_t netns,
			  const char *own_table, uint32_t generation);

/* Feed. All return 0 or -ENOMEM; after -ENOMEM the message counts as lost. */
int skald_assembler_trace(struct skald_assembler *assembler, uint32_t netns,
			  const struct skald_trace *trace, uint64_t now_ns);
int skald_assembler_generation(struct skald_assembler *assembler,
			       uint32_t netns, uint32_t generation,
			       uint32_t pid, const char *process,
			       uint64_t now_ns);
/* A table went away: its handles may come again and mean other rules. */
void skald_assembler_forget_table(struct skald_assembler *assembler,
				  uint32_t netns, unsigned int family,
				  const char *table);
int skald_assembler_lost(struct skald_assembler *assembler, uint32_t netns,
			 uint64_t count, const char *where, uint64_t now_ns);

/*
 * For sources that group messages themselves: a story that is done (copied),
 * and messages that no story will have (@where lives for ever).
 */
void skald_assembler_put(struct skald_assembler *assembler,
			 const struct skald_raw_story *raw, uint64_t now_ns);
void skald_assembler_count_lost(struct skald_assembler *assembler,
				uint32_t netns, uint64_t count,
				const char *where, uint64_t now_ns);

/*
 * Close what has been idle too long. Only after the sources were drained: a
 * message that waits in a socket is not silence.
 * Return: when to call again, 0: never
 */
uint64_t skald_assembler_tick(struct skald_assembler *assembler,
			      uint64_t now_ns);
/* Close everything: tracing of a namespace, or of all (UINT32_MAX), ends. */
void skald_assembler_close(struct skald_assembler *assembler, uint32_t netns,
			   uint64_t now_ns);

/* Take what is ready. Return: a batch the caller frees, or NULL: nothing */
struct skald_batch *skald_assembler_take(struct skald_assembler *assembler);

/* Its counters so far. */
void skald_assembler_stats(const struct skald_assembler *assembler,
			   struct skald_assembler_stats *stats);

#endif /* SKALD_LIB_ASSEMBLER_H */

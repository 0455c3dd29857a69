/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: followed namespaces
 *
 * A *space* is a network namespace while at least one classifier is armed in
 * it: its debug table, its event socket, and what the writer knows of it. It is
 * made with the first classifier and left with the last: what nobody follows is
 * not touched. An index is never used again; a namespace that is followed once
 * more becomes another space.
 *
 * Life: opened by the main thread, given to the reader, left (the reader reads
 * what is there and closes its stories), retired (the writer is past
 * everything of it), freed.
 *
 * A *guest* is a space that nobody follows but packets pass: the kernel module
 * follows them into every namespace. The reader makes it when it first hears of
 * it; it has no table and no socket, only what the writer knows of it, and does
 * not keep the namespace alive.
 */
#ifndef SKALD_TRACERD_SPACE_H
#define SKALD_TRACERD_SPACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "debug_table.h"
#include "legacy.h"
#include "netns.h"
#include "reader.h"
#include "route.h"
#include "ruleset.h"

#define SKALD_SPACE_CHANGES 16
#define SKALD_SPACE_NAMES 64

/**
 * struct skald_change - a change of the ruleset that was announced
 * @generation: the kernel's number
 * @t_ns: CLOCK_REALTIME
 * @pid: who made it, 0: unknown
 * @process: its command
 */
struct skald_change {
	uint32_t generation;
	uint64_t t_ns;
	uint32_t pid;
	char process[16];
};

/**
 * struct skald_ifname - the remembered name of an interface
 * @next: in its bucket
 * @index: its index
 * @until_ns: CLOCK_MONOTONIC up to which it is trusted
 * @name: the name
 */
struct skald_ifname {
	struct skald_ifname *next;
	uint32_t index;
	uint64_t until_ns;
	char name[32];
};

/**
 * struct skald_space - a followed namespace
 *
 * Never changes:
 * @next: in the list, protected by its lock
 * @index: its number towards assembler and teller
 * @netns: the namespace
 * @generation: generation of @first
 * @opened_ns: CLOCK_REALTIME
 *
 * Main thread:
 * @table: debug table, NULL when it was left
 * @users: classifiers in it
 * @looked_at: generation that @table was last adapted to
 * @left: nothing new comes from it; written with the list's lock held
 * @left_at: batch of the queue after which nothing of it comes
 *
 * Protected by the list's lock:
 * @in_use: the writer works on it without a batch
 * @used_ns: guests: CLOCK_MONOTONIC when somebody asked for it last
 *
 * Reader thread, until it was left:
 * @feed: event socket
 *
 * Writer thread, once it is in the list:
 * @first: the ruleset as it was opened, until it is stored
 * @book: all rules seen
 * @router: asks for routes, NULL: not yet
 * @take_ended_ns: CLOCK_MONOTONIC when the last snapshot was there
 * @take_cost_ns: how long it took
 * @changes: ring of the last changes
 * @names: interfaces, in buckets by index
 * @settled: newest generation that @book knows all of
 * @announced: newest generation heard of
 * @legacy: rules of legacy tables, NULL: not asked for
 * @legacy_ns: CLOCK_MONOTONIC until which they are taken for current
 * @textless: hash of the names of tables without texts that was logged, 0: none
 * @is_stale: a guest whose ruleset changed, or was never read
 * @is_lost: a guest that could not be opened: it is gone
 * @around: what is around the ruleset
 * @n_changes: changes so far
 * @has_first: @first is there
 * @no_router: it cannot be made
 * @is_guest: see above; never changes
 */
struct skald_space {
	struct skald_space *next;
	struct skald_netns netns;
	uint64_t opened_ns;
	uint32_t index;
	uint32_t generation;

	struct skald_debug_table *table;
	uint64_t left_at;
	unsigned int users;
	uint32_t looked_at;
	bool left;

	bool in_use;
	uint64_t used_ns;

	struct skald_feed feed;

	struct skald_ruleset first;
	struct skald_rulebook *book;
	struct skald_router *router;
	uint64_t take_ended_ns;
	uint64_t take_cost_ns;
	struct skald_change changes[SKALD_SPACE_CHANGES];
	struct skald_ifname *names[SKALD_SPACE_NAMES];
	uint32_t settled;
	uint32_t announced;
	struct skald_around *around;
	unsigned int n_changes;
	struct skald_legacy *legacy;
	uint64_t legacy_ns;
	uint64_t textless;
	bool has_first;
	bool no_router;
	bool is_guest;
	bool is_stale;
	bool is_lost;
};

/**
 * struct skald_spaces - all of them
 * @lock: protects the list; only the main thread changes it
 * @head: the spaces
 * @guests: the guests; the reader adds to them, the main thread takes away
 * @last_index: newest index; protected by @lock
 * @buffer: size of event sockets' buffers, 0: default
 */
struct skald_spaces {
	pthread_mutex_t lock;
	struct skald_space *head;
	struct skald_space *guests;
	uint32_t last_index;
	size_t buffer;
};

int skald_spaces_init(struct skald_spaces *spaces, size_t buffer);
void skald_spaces_done(struct skald_spaces *spaces);

/* From any thread. Valid while its owner thread has not retired it. */
struct skald_space *skald_spaces_find(struct skald_spaces *spaces,
				      uint32_t index);

/**
 * skald_spaces_visit() - the guest of a namespace; for the reader thread
 * @user: the list
 * @inode: of the namespace
 *
 * Return: its index, of a new one if need be; 0: no memory.
 */
uint32_t skald_spaces_visit(void *user, uint32_t inode);
/*
 * Guests that were not used for a while let go of their namespace; for the
 * writer thread. Costs nothing when called too often.
 */
void skald_spaces_rest(struct skald_spaces *spaces);

/*
 * Logs that the rules of some tables have no text, once while it is the same
 * tables; for whoever took the snapshot.
 */
void skald_space_say_textless(struct skald_space *space,
			      const struct skald_ruleset *ruleset);

/* ---- the main thread ---- */

/* An index for what is no space. */
uint32_t skald_spaces_index(struct skald_spaces *spaces);

/* The space that is open for a namespace, or NULL. */
struct skald_space *skald_spaces_of(struct skald_spaces *spaces,
				    const struct skald_netns *netns);
/**
 * skald_spaces_open() - prepare a namespace
 * @spaces: the list; the space is in it afterwards
 * @netns: taken over on success
 * @space: written on success
 * @error: in words
 *
 * Makes the debug table, subscribes, and takes a first snapshot of the ruleset:
 * afterwards everything that classifiers mark there can be told.
 */
int skald_spaces_open(struct skald_spaces *spaces, struct skald_netns *netns,
		      struct skald_space **space, struct skald_error *error);
/*
 * Adapt the debug tables to rulesets that changed: whether connections are
 * tracked may have. Costs one question to the kernel where nothing did.
 */
void skald_spaces_refresh(struct skald_spaces *spaces);
/* Takes the tables away; the reader has let go. */
void skald_space_leave(struct skald_spaces *spaces, struct skald_space *space,
		       uint64_t left_at);
/* Free those that were left and whose last batch is done. */
void skald_spaces_retire(struct skald_spaces *spaces, uint64_t done);
/* Free guests that nothing refers to any more. */
void skald_spaces_forget(struct skald_spaces *spaces);

#endif /* SKALD_TRACERD_SPACE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the store
 *
 * One SQLite file (WAL). A story is one row; its shape, flow, rules and
 * generation are interned. docs/schema.md documents tables, views and what may
 * be relied upon. One writer; readers never block it.
 */
#ifndef SKALD_LIB_STORE_H
#define SKALD_LIB_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "ruleset.h"
#include "story.h"

struct skald_store;
struct skald_world;

enum skald_store_mode {
	SKALD_STORE_READ,
	SKALD_STORE_WRITE, /* makes the file when it is not there */
};

/**
 * skald_store_open() - open or make a store
 * @path: file
 * @mode: read or write
 * @store: written on success
 * @error: in words: not there, not ours, corrupt, newer schema, locked by
 *	another writer
 *
 * A file that is not a skald store, or a damaged one, is refused and left as it
 * is. An older schema is migrated (WRITE) in one transaction.
 *
 * Return: 0, -ENOENT, -EACCES, -EBADMSG (foreign or corrupt), -EPROTO (newer
 * schema), -EBUSY (another writer), or another -errno.
 */
int skald_store_open(const char *path, enum skald_store_mode mode,
		     struct skald_store **store, struct skald_error *error);
void skald_store_close(struct skald_store *store);

/* ---- writing: one thread ---- */

/*
 * Everything between begin and commit is one transaction. -ENOSPC and -EIO
 * roll back: nothing of the transaction is kept, all earlier ones are.
 */
int skald_store_begin(struct skald_store *store, struct skald_error *error);
int skald_store_commit(struct skald_store *store, struct skald_error *error);
void skald_store_rollback(struct skald_store *store);

/**
 * skald_store_add() - store a story
 * @store: in a transaction
 * @packed: the story; written: @packed->id, the store's next id, and
 *	@packed->shape_id
 * @story: the same, told, or NULL: then it is told when the shape or flow is
 *	new and has to be taken apart
 * @error: in words
 */
int skald_store_add(struct skald_store *store, struct skald_packed *packed,
		    const struct skald_story *story, struct skald_error *error);

/**
 * struct skald_load - how a ruleset came into force
 * @netns: namespace
 * @t_ns: when, or when it was first seen
 * @pid: who loaded it, 0: unknown
 * @process: its command, or NULL
 */
struct skald_load {
	const char *netns;
	uint64_t t_ns;
	uint32_t pid;
	const char *process;
};

/* The generation's text and bytecode, each stored once however often seen. */
int skald_store_add_ruleset(struct skald_store *store,
			    const struct skald_ruleset *ruleset,
			    const struct skald_load *load,
			    struct skald_error *error);
/**
 * skald_store_add_around() - what was around the ruleset stored last
 * @store: in the transaction of skald_store_add_ruleset(), right behind it
 * @world: its sections and sysctls; the ruleset is not looked at
 * @error: in words
 *
 * Cut into pieces as the ruleset is: what did not change takes no room.
 */
int skald_store_add_around(struct skald_store *store,
			   const struct skald_world *world,
			   struct skald_error *error);
/**
 * skald_store_renew_around() - what is around a ruleset changed
 * @store: in a transaction
 * @netns: the namespace; of its ruleset recorded last
 * @t_ns: since when (CLOCK_REALTIME)
 * @world: as for skald_store_add_around()
 * @error: in words
 *
 * The ruleset is there once more, from @t_ns on, with the new surroundings; it
 * takes no room but for what changed. Surroundings that are the same are not
 * recorded again, nor those of a namespace without a ruleset.
 */
int skald_store_renew_around(struct skald_store *store, const char *netns,
			     uint64_t t_ns, const struct skald_world *world,
			     struct skald_error *error);
/* Events lost in the stream. */
int skald_store_add_loss(struct skald_store *store, const char *netns,
			 uint64_t t_ns, uint64_t count, const char *where,
			 struct skald_error *error);
int skald_store_pin(struct skald_store *store, uint64_t id, bool pinned,
		    struct skald_error *error);

/**
 * skald_store_retain() - delete old stories
 * @store: not in a transaction
 * @max_bytes: size of the file to stay under, 0: any
 * @max_age_ns: oldest story to keep, 0: any
 * @now_ns: CLOCK_REALTIME
 * @deleted: stories deleted
 * @error: in words
 *
 * Oldest first, in small transactions; pinned ones stay. Free pages are used
 * again; at most a bounded amount of work a call.
 */
int skald_store_retain(struct skald_store *store, uint64_t max_bytes,
		       uint64_t max_age_ns, uint64_t now_ns, uint64_t *deleted,
		       struct skald_error *error);

/* ---- reading ---- */

/* Return: 0 and a told story (host and shape filled in), -ENOENT, -errno */
int skald_store_story(struct skald_store *store, uint64_t id,
		      struct skald_story *story, struct skald_error *error);

struct skald_filter;

/**
 * struct skald_list_query - which stories, in which order
 * @filter: compiled -w filter, or NULL: all
 * @before: only ids below, 0: no limit
 * @after: only ids above
 * @oldest_first: ascending ids
 * @limit: at most so many, 0: all
 */
struct skald_list_query {
	const struct skald_filter *filter;
	uint64_t before;
	uint64_t after;
	bool oldest_first;
	uint64_t limit;
};

/* @each: false stops. The story is borrowed for the call; events included. */
int skald_store_list(struct skald_store *store,
		     const struct skald_list_query *query,
		     bool (*each)(void *user, const struct skald_story *story),
		     void *user, struct skald_error *error);

/**
 * struct skald_shape_row - one shape and its stories
 * @shape: id
 * @stories: how many
 * @first_ns: start of the first ever, even if retention took it since; with a
 *	filter on stories, of the first that it finds
 * @last_ns: start of the newest
 * @example: id of the newest
 * @answer: the answer line
 * @path: "prerouting: nat pre 4 > forward: filter fwd 17 drop", for people
 */
struct skald_shape_row {
	uint64_t shape;
	uint64_t stories;
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t example;
	const char *answer;
	const char *path;
};
/* Rare shapes first. */
int skald_store_shapes(struct skald_store *store,
		       const struct skald_filter *filter,
		       bool (*each)(void *user,
				    const struct skald_shape_row *row),
		       void *user, struct skald_error *error);

/**
 * struct skald_store_summary - what is in a store
 */
struct skald_store_summary {
	uint64_t stories;
	uint64_t events;
	uint64_t shapes;
	uint64_t rules;
	uint64_t generations;
	uint64_t lost;
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t newest_id;
	uint64_t bytes;
	uint64_t incomplete;
};
int skald_store_summary(struct skald_store *store,
			struct skald_store_summary *summary,
			struct skald_error *error);

/**
 * struct skald_generation_row - one ruleset generation
 * @netns: namespace
 * @number: the kernel's number
 * @t_ns: when it came into force, or was first seen
 * @pid: who loaded it, 0: unknown
 * @process: its command, or NULL
 * @text: "nft -a list ruleset", or NULL when not asked for
 * @iptables: text of tables made by iptables-nft
 * @legacy: legacy tables present
 * @bytecode: netlink messages of the dump; what belongs to the dump alone (port
 *	id, sequence, generation) is 0
 * @bytecode_len: bytes
 * @around: links, addresses, ip rules, routes and sysctls at that time; NULL:
 *	not recorded
 */
struct skald_generation_row {
	const char *netns;
	uint32_t number;
	uint64_t t_ns;
	uint32_t pid;
	const char *process;
	const char *text;
	const char *iptables;
	const char *legacy;
	const uint8_t *bytecode;
	size_t bytecode_len;
	const struct skald_world *around;
};

/**
 * struct skald_generation_key - which ruleset is meant
 * @netns: name of the namespace
 * @number: the kernel's number of its generation
 * @t_ns: when it was in force (CLOCK_REALTIME); numbers begin anew when the
 *	machine starts, and when a namespace is made again under its name
 */
struct skald_generation_key {
	const char *netns;
	uint32_t number;
	uint64_t t_ns;
};

/*
 * The ruleset that was in force then: the newest that is not newer. Changes
 * that skald itself makes count up too and are not stored.
 * Borrowed for the call. Return: 0, -ENOENT, -errno
 */
int skald_store_generation(struct skald_store *store,
			   const struct skald_generation_key *key,
			   void (*each)(void *user,
					const struct skald_generation_row *row),
			   void *user, struct skald_error *error);

/**
 * skald_store_generation_id() - which row that is
 * @store: the store
 * @key: as for skald_store_generation()
 * @id: written on success; two keys that mean the same ruleset have the same
 * @error: in words
 */
int skald_store_generation_id(struct skald_store *store,
			      const struct skald_generation_key *key,
			      int64_t *id, struct skald_error *error);

/**
 * skald_store_generation_until() - how long an answer holds
 * @store: the store
 * @key: as for skald_store_generation()
 * @until_ns: written on success: stories of that ruleset that began at
 *	@key->t_ns or later and before this were under the same row; UINT64_MAX:
 *	all of them
 * @error: in words
 */
int skald_store_generation_until(struct skald_store *store,
				 const struct skald_generation_key *key,
				 uint64_t *until_ns, struct skald_error *error);

#endif /* SKALD_LIB_STORE_H */

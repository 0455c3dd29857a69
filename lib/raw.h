/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: raw stories, from the reader thread to the writer thread
 *
 * The assembler (reader thread) groups what a source says into raw stories and
 * never waits for anything. The teller (writer thread) adds what takes time:
 * texts of rules, names of interfaces, routes. Between them go batches.
 *
 * A batch is one arena: everything in it lives and dies with it, except steps,
 * which live as long as the assembler.
 */
#ifndef SKALD_LIB_RAW_H
#define SKALD_LIB_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "packet.h"
#include "witness.h"

/**
 * struct skald_step - one thing a chain or rule can say, interned
 * @family: NFPROTO_* of the table
 * @type: NFT_TRACETYPE_*
 * @verdict: enum skald_words_VERDICT
 * @role: what the chain is to us
 * @value: for MARK rules the classifier's id, for CT rules the
 *	enum skald_words_CTSTATE, for queue verdicts the queue as in
 *	struct skald_trace
 * @witness: for chains of our own, else NULL
 * @netns: index of the namespace
 * @handle: rule, 0: none
 * @table: table
 * @chain: chain
 * @jump: target chain or NULL
 * @told: for the teller alone: what it knows of this step
 *
 * Immutable after creation, but for @told.
 */
struct skald_step {
	uint8_t family;
	uint8_t type;
	uint8_t verdict;
	uint8_t role;
	uint32_t value;
	const struct skald_witness *witness;
	uint32_t netns;
	uint64_t handle;
	const char *table;
	const char *chain;
	const char *jump;
	void *told;
};

/**
 * struct skald_raw_event - one trace message of a story
 * @step: who spoke
 * @dt_ns: time since the story's start
 * @snap: index of the snap that shows the packet as this message saw it
 * @enters: the first message of a base chain
 * @has_ct: the ct_ members are there
 * @ct_state: enum skald_words_CTSTATE
 * @ct_dir: enum skald_words_CTDIR
 * @ct_id: id of the entry, 0: none
 * @ct_status: IPS_* bits
 */
struct skald_raw_event {
	const struct skald_step *step;
	uint64_t dt_ns;
	uint16_t snap;
	bool enters;
	bool has_ct;
	uint8_t ct_state;
	uint8_t ct_dir;
	uint32_t ct_id;
	uint32_t ct_status;
};

/**
 * enum skald_raw_end - why the assembler closed a story
 * @SKALD_RAW_DROPPED: the last event is a drop verdict
 * @SKALD_RAW_LAST: it passed the last chain of input or postrouting
 * @SKALD_RAW_STOLEN: the last event stole it
 * @SKALD_RAW_QUEUED: it went to user space and did not come back in time
 * @SKALD_RAW_REUSED: its trace id began another packet
 * @SKALD_RAW_IDLE: nothing was heard of it for a while
 * @SKALD_RAW_JOINED: a fragment that became part of a whole datagram
 * @SKALD_RAW_LOST: messages were lost while it was open; what came after them
 *	may belong to another packet
 * @SKALD_RAW_CLOSED: tracing ended
 */
enum skald_raw_end {
	SKALD_RAW_DROPPED,
	SKALD_RAW_LAST,
	SKALD_RAW_STOLEN,
	SKALD_RAW_QUEUED,
	SKALD_RAW_REUSED,
	SKALD_RAW_IDLE,
	SKALD_RAW_JOINED,
	SKALD_RAW_LOST,
	SKALD_RAW_CLOSED,
};

/**
 * struct skald_raw_story - one packet's messages
 * @netns: index of the namespace
 * @trace_id: the kernel's id, for the record: not an identity
 * @serial: counts stories of this assembler from 1; journeys refer to it
 * @start_ns: CLOCK_REALTIME of the first message
 * @generation: ruleset generation at the start
 * @end: why it was closed
 * @has_mark: it began with our mark
 * @lost: with @was_lossy: messages lost in the stream while it was open, of
 *	all packets together; 0: not known
 * @was_lossy: some of them may be this packet's
 * @link_kind: SKALD_LOOP, SKALD_REASSEMBLE, SKALD_REINJECT; with @link_serial
 * @link_serial: serial of the story this one continues, 0: none
 * @n_messages: trace messages it took, those that made no event included
 * @n_events: events
 * @n_snaps: snaps; at least one
 * @events: events in order
 * @snaps: snaps in order, each different from the one before
 */
struct skald_raw_story {
	uint32_t netns;
	uint32_t trace_id;
	uint64_t serial;
	uint64_t start_ns;
	uint32_t generation;
	uint8_t end;
	bool has_mark;
	bool was_lossy;
	uint64_t lost;
	uint32_t link_kind;
	uint64_t link_serial;
	uint32_t n_messages;
	uint32_t n_events;
	uint32_t n_snaps;
	struct skald_raw_event *events;
	struct skald_snap *snaps;
};

/**
 * enum skald_item_type - what can stand in a batch
 * @SKALD_ITEM_STORY: a story ended
 * @SKALD_ITEM_GENERATION: the ruleset changed here
 * @SKALD_ITEM_LOSS: events were lost here
 */
enum skald_item_type {
	SKALD_ITEM_STORY,
	SKALD_ITEM_GENERATION,
	SKALD_ITEM_LOSS,
};

/**
 * struct skald_item - one entry of a batch, in stream order
 * @type: enum skald_item_type
 * @netns: index of the namespace
 * @t_ns: CLOCK_REALTIME
 * @story: with SKALD_ITEM_STORY
 * @generation: with SKALD_ITEM_GENERATION: the kernel's number
 * @pid: with SKALD_ITEM_GENERATION: who changed it, 0: unknown
 * @process: with SKALD_ITEM_GENERATION: its command, or NULL
 * @count: with SKALD_ITEM_LOSS: events lost
 * @where: with SKALD_ITEM_LOSS: "netlink socket", "writer too slow", ...
 */
struct skald_item {
	enum skald_item_type type;
	uint32_t netns;
	uint64_t t_ns;
	struct skald_raw_story *story;
	uint32_t generation;
	uint32_t pid;
	const char *process;
	uint64_t count;
	const char *where;
};

/**
 * struct skald_batch - items on their way
 * @arena: owns everything below
 * @items: growing array, heap
 * @n_items: used
 * @size: allocated
 * @bytes: memory the batch holds, for the queue's limit
 * @n_events: trace messages in it, for counting what is shed
 * @next: for queues
 */
struct skald_batch {
	struct skald_arena arena;
	struct skald_item *items;
	uint32_t n_items;
	uint32_t size;
	size_t bytes;
	uint64_t n_events;
	struct skald_batch *next;
};

struct skald_batch *skald_batch_new(void);
void skald_batch_free(struct skald_batch *batch);
/* Return: a new item at the end of the batch, zeroed, or NULL */
struct skald_item *skald_batch_add(struct skald_batch *batch);

#endif /* SKALD_LIB_RAW_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: recorded stories against other rules
 *
 * A recorded packet goes from hook to hook as it went, but by other rules: each
 * base chain at its place, on the packet as the rules so far would have made
 * it, with the state of its connection, its interfaces and its way as they were
 * recorded. What comes out is an *outcome*. The outcome under the generation in
 * force then, found in the same way, is what it is compared with: what neither
 * can know cancels out.
 *
 * Rules that translate bind new connections; packets of old ones keep the
 * translation they had.
 */
#ifndef SKALD_LIB_WHATIF_H
#define SKALD_LIB_WHATIF_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "story.h"

/**
 * enum skald_outcome_kind - what becomes of the packet
 * @SKALD_OUTCOME_PASSES: it gets through all hooks
 * @SKALD_OUTCOME_DROPPED: a rule or policy drops it
 * @SKALD_OUTCOME_TAKEN: queued, stolen
 */
enum skald_outcome_kind {
	SKALD_OUTCOME_PASSES,
	SKALD_OUTCOME_DROPPED,
	SKALD_OUTCOME_TAKEN,
};

/**
 * struct skald_binding - where a connection is translated to
 * @is_bound: it is
 * @has_address: to another address, the lowest of a range
 * @has_port: to another port
 * @address: the address; IPv4 in the first 4 bytes
 * @port: the port
 * @kind: enum skald_words_NAT
 */
struct skald_binding {
	bool is_bound;
	bool has_address;
	bool has_port;
	uint8_t address[16];
	uint16_t port;
	unsigned int kind;
};

/**
 * struct skald_outcome - how a packet fares
 * @kind: what becomes of it
 * @family: NFPROTO_* of the rule that decided
 * @table: its table, in the engine's memory; NULL: none decided
 * @chain: its chain
 * @handle: the rule, 0: the chain's policy
 * @hook: enum skald_words_HOOK where it ended
 * @nat: the destination's and the source's binding
 * @mark: nfmark at the end
 * @is_unknown: a rule on the way depends on what was not recorded
 * @is_way_sure: but not before it was routed
 * @is_elsewhere: its way is not the recorded one any more: another destination
 */
struct skald_outcome {
	enum skald_outcome_kind kind;
	uint8_t family;
	const char *table;
	const char *chain;
	uint64_t handle;
	unsigned int hook;
	struct skald_binding nat[2];
	uint32_t mark;
	bool is_unknown;
	bool is_way_sure;
	bool is_elsewhere;
};

/**
 * skald_whatif() - how a recorded packet would fare
 * @engine: the rules
 * @is_then: they are those of the story's own generation: interfaces have the
 *	numbers that were recorded; else they are found by their names
 * @story: the story
 * @outcome: written
 *
 * Return: 0; -ENOMSG: the packet's headers are not enough.
 */
int skald_whatif(struct skald_engine *engine, bool is_then,
		 const struct skald_story *story,
		 struct skald_outcome *outcome);

/* What differs: bits. */
#define SKALD_FLIP_VERDICT (1 << 0)
#define SKALD_FLIP_NAT (1 << 1)
#define SKALD_FLIP_ROUTE (1 << 2)
#define SKALD_FLIP_MARK (1 << 3)

/**
 * skald_outcome_flips() - what differs
 * @then: how it fares by the old rules
 * @now: by the new
 * @flips: SKALD_FLIP_*; 0: it fares the same, by whatever rule
 *
 * Return: false: that depends on what is not known.
 */
bool skald_outcome_flips(const struct skald_outcome *then,
			 const struct skald_outcome *now, unsigned int *flips);

#endif /* SKALD_LIB_WHATIF_H */

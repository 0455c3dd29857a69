/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: half-closed connections
 *
 * One side sent FIN, the other goes on for a while. How long, and how much of
 * the entry's timeout was left when the other side closed as well, is what the
 * timeout of this state must be chosen by.
 *
 * The table that is looked at should not cut such connections itself: see
 * skald_halfclose_timeouts().
 */
#ifndef SKALD_LIB_CT_HALFCLOSE_H
#define SKALD_LIB_CT_HALFCLOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "ct.h"

/**
 * enum skald_halfclose_end - how a half-closed connection went on
 * @SKALD_HALFCLOSE_CLOSED: the other side sent FIN
 * @SKALD_HALFCLOSE_RESET: somebody sent RST
 * @SKALD_HALFCLOSE_GONE: the entry went before
 * @SKALD_HALFCLOSE_OPEN: it was half closed when we stopped looking
 */
enum skald_halfclose_end {
	SKALD_HALFCLOSE_CLOSED,
	SKALD_HALFCLOSE_RESET,
	SKALD_HALFCLOSE_GONE,
	SKALD_HALFCLOSE_OPEN,
};

/* "closed", "reset", "gone", "open"; static. */
const char *skald_halfclose_end_word(enum skald_halfclose_end end);

/**
 * struct skald_halfclose - one connection that was half closed
 * @id: of its entry
 * @tuple: of the side that closed first
 * @begin_ns: when it sent FIN
 * @lasted_ns: until it was over, or we stopped looking
 * @gap_ns: longest time without a packet meanwhile: a shorter timeout would
 *	have cut it
 * @left_ns: what was left of the timeout at its end; below 0: it was over
 * @end: how it went on
 * @last_ns: time of its last packet
 * @state: of the entry after that packet
 */
struct skald_halfclose {
	uint64_t id;
	struct skald_ct_tuple tuple;
	uint64_t begin_ns;
	uint64_t lasted_ns;
	uint64_t gap_ns;
	int64_t left_ns;
	enum skald_halfclose_end end;
	uint64_t last_ns;
	uint8_t state;
};

struct skald_halfcloses;

/* Days instead of the timeouts that would cut half-closed connections. */
void skald_halfclose_timeouts(struct skald_ct_timeouts *timeouts);

/* @timeouts: those that @left_ns is about; copied. NULL: no memory. */
struct skald_halfcloses *
skald_halfclose_new(const struct skald_ct_timeouts *timeouts);
void skald_halfclose_free(struct skald_halfcloses *all);

/* A packet that was tracked. Return: 0, -ENOMEM */
int skald_halfclose_packet(struct skald_halfcloses *all,
			   const struct skald_ct_packet *packet);
/* A note of the table. */
void skald_halfclose_note(struct skald_halfcloses *all,
			  const struct skald_ct_note *note);
/*
 * Nothing more comes of this table: what is open stays so; sorts, shortest
 * first. Another table may follow.
 */
void skald_halfclose_finish(struct skald_halfcloses *all, uint64_t now_ns);

/* After the end: all of them. */
const struct skald_halfclose *
skald_halfclose_all(const struct skald_halfcloses *all, size_t *n);
/* How long the shortest @percent of 100 lasted; 0 when there are none. */
uint64_t skald_halfclose_percentile(const struct skald_halfcloses *all,
				    double percent);
/* How many a timeout would have cut. */
size_t skald_halfclose_cut(const struct skald_halfcloses *all,
			   uint64_t timeout_ns);

#endif /* SKALD_LIB_CT_HALFCLOSE_H */

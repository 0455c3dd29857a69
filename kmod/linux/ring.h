/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a ring of records for each CPU
 *
 * Writers are trace points, in any context but non-maskable interrupts:
 *
 *	struct skald_space space;
 *	struct skald_r_scrub *scrub;
 *
 *	scrub = skald_ring_begin(&space, id, SKALD_R_SCRUB, sizeof(*scrub));
 *	if (!scrub)
 *		return;
 *	scrub->place = place;
 *	skald_ring_end(&space);
 *
 * Interrupts are off in between, so that a record is whole and in order of
 * time; do little there. A record for which there is no room is counted, and
 * the next that finds room is preceded by a SKALD_R_LOST that says so.
 *
 * The reader is the collector's worker, one at a time.
 */
#ifndef SKALD_RING_H
#define SKALD_RING_H

#include <linux/types.h>
#include <skald/uapi.h>

struct ring;

/**
 * struct skald_space - a record while it is being written
 * @ring: where
 * @head: where the ring's end will be
 * @flags: interrupt state to return to
 */
struct skald_space {
	struct ring *ring;
	u32 head;
	unsigned long flags;
};

/**
 * skald_ring_open() - allocate the rings and let writers in
 * @bytes: of each, a power of two
 * @wake: called in interrupt context when there is something to read; @urgent
 *	when it should be read at once
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int skald_ring_open(u32 bytes, void (*wake)(bool urgent));

/* Nobody may write or read any more. Safe when it was never opened. */
void skald_ring_close(void);

/**
 * skald_ring_begin() - make room for a record
 * @space: to be handed to skald_ring_end()
 * @packet: its id, or 0
 * @type: enum skald_record_type
 * @len: of the whole record; rounded up to a multiple of 8
 *
 * Return: the record, zeroed but for its head, with interrupts off; NULL when
 * there is no room, counted as lost, with nothing to end.
 */
void *skald_ring_begin(struct skald_space *space, u64 packet, u16 type,
		       size_t len);
void skald_ring_end(struct skald_space *space);

/**
 * skald_ring_peek() - what can be read of a CPU's ring
 * @cpu: which
 * @bytes: out: number of them
 *
 * Return: whole records, oldest first; NULL when there are none. They stay
 * until skald_ring_skip(). What is told at once is contiguous: there may be
 * more behind it.
 */
const struct skald_r_record *skald_ring_peek(unsigned int cpu, u32 *bytes);
void skald_ring_skip(unsigned int cpu, u32 bytes);

/* Wait until no record begun before is still being written on @cpu. */
void skald_ring_quiesce(unsigned int cpu);

/* Tell a loss behind which nothing was written. Process context. */
void skald_ring_settle(unsigned int cpu);

/* Writers wake the reader again. To be called before reading. */
void skald_ring_rearm(unsigned int cpu);

/* Counters; the rings may be closed, then they are those of the last time. */
void skald_ring_stats(unsigned int cpu, struct skald_cpu_stats *stats);
u64 skald_ring_refused(void);

#endif /* SKALD_RING_H */

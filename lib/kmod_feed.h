/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: from the module's datagrams to lives
 *
 * Messages are taken apart, records checked, counted and put in order, names
 * and words learned. Where something is missing: a CPU numbers its records,
 * those included for which its ring had no room; a record of the ring itself
 * stands where they would have been and says how many. What is missing beyond
 * that was lost on the way to us, and a record of our own says so in the same
 * place.
 *
 * Single-threaded.
 */
#ifndef SKALD_LIB_KMOD_FEED_H
#define SKALD_LIB_KMOD_FEED_H

#include <stddef.h>

#include "kmod_lives.h"
#include "kmod_names.h"
#include "kmod_source.h"

struct skald_kmod_feed_cpu;
struct skald_kmod_order;

/**
 * struct skald_kmod_feed - what is fed
 * @names: learns names; borrowed
 * @order: records that wait for their turn
 * @lives: packets
 * @cpus: by number
 * @n_cpus: how many
 * @batch: number of the newest message
 * @watermark: everything older has been sent
 * @waiting_ns: CLOCK_REALTIME since when something waits, 0: nothing does
 * @clock: of the newest message
 * @stats: counters
 * @record: one record, aligned
 */
struct skald_kmod_feed {
	struct skald_kmod_names *names;
	struct skald_kmod_order *order;
	struct skald_kmod_lives *lives;
	struct skald_kmod_feed_cpu *cpus;
	uint32_t n_cpus;
	uint64_t batch;
	uint64_t watermark;
	uint64_t waiting_ns;
	struct skald_kmod_clock clock;
	struct skald_source_stats stats;
	union {
		struct skald_r_record head;
		uint8_t bytes[SKALD_RECORD_MAX];
	} record;
};

/* Return: 0 or -ENOMEM; then there is nothing to be done with it. */
int skald_kmod_feed_init(struct skald_kmod_feed *feed,
			 const struct skald_kmod_lives_config *config,
			 struct skald_kmod_names *names);
void skald_kmod_feed_done(struct skald_kmod_feed *feed);

/* One datagram, not trusted; only its length in bytes counts, not @head's. */
void skald_kmod_feed_take(struct skald_kmod_feed *feed, const void *data,
			  size_t len, const struct skald_stream_head *head);

/* Hand over what is older than @before (CLOCK_MONOTONIC, ns). */
void skald_kmod_feed_release(struct skald_kmod_feed *feed,
			     struct skald_assembler *assembler,
			     uint64_t before);
/* Hand over what is in order: older than the watermark. */
void skald_kmod_feed_settle(struct skald_kmod_feed *feed,
			    struct skald_assembler *assembler);
/*
 * Time passes: what waited too long goes on, what is over is closed. Return:
 * when to call again (CLOCK_REALTIME, ns), 0: not needed
 */
uint64_t skald_kmod_feed_tick(struct skald_kmod_feed *feed,
			      struct skald_assembler *assembler,
			      uint64_t now_ns);

#endif /* SKALD_LIB_KMOD_FEED_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: sources: where events come from
 *
 * A source is a descriptor that can be polled and what reads it into an
 * assembler. The nft source (nft_source.h) reads one namespace's netlink
 * messages, the kmod source (kmod_source.h) the records of skald.ko for all
 * namespaces at once; whoever reads them need not know which is which. A source
 * embeds struct skald_source and is used by one thread at a time.
 */
#ifndef SKALD_LIB_SOURCE_H
#define SKALD_LIB_SOURCE_H

#include <stdint.h>

#include "assembler.h"

struct skald_source;

/**
 * struct skald_source_stats - counters since opening
 * @messages: netlink messages received
 * @traces: events of packets among them
 * @lost: events the kernel could not hand over, and those that we could not use
 * @overruns: how often it could not
 * @malformed: messages that were not what they should be
 * @open: packets that the source itself follows now
 */
struct skald_source_stats {
	uint64_t messages;
	uint64_t traces;
	uint64_t lost;
	uint64_t overruns;
	uint64_t malformed;
	uint64_t open;
};

/**
 * struct skald_source_ops - what every source can do
 * @fd: descriptor to poll for input; -1: there is none (replayed bytes)
 * @drain: reads at most @budget messages into the assembler, never blocks.
 *	Return: how many, 0: nothing there, -errno: the source is dead
 * @tick: hands over what was held back (order) and is due at @now_ns
 *	(CLOCK_REALTIME). Return: when to call again, 0: not needed
 * @flush: hands over all that was to be heard up to now; may wait for it, but
 *	not long
 * @finish: no more is wanted: hands over everything, closes what is open
 * @stats: counters so far
 * @close: ends it and frees it
 */
struct skald_source_ops {
	int (*fd)(const struct skald_source *source);
	int (*drain)(struct skald_source *source,
		     struct skald_assembler *assembler, unsigned int budget);
	uint64_t (*tick)(struct skald_source *source,
			 struct skald_assembler *assembler, uint64_t now_ns);
	void (*flush)(struct skald_source *source,
		      struct skald_assembler *assembler);
	void (*finish)(struct skald_source *source,
		       struct skald_assembler *assembler);
	void (*stats)(const struct skald_source *source,
		      struct skald_source_stats *stats);
	void (*close)(struct skald_source *source);
};

/**
 * struct skald_source - any source
 * @ops: what it can do; @tick, @flush and @finish may be NULL
 */
struct skald_source {
	const struct skald_source_ops *ops;
};

#endif /* SKALD_LIB_SOURCE_H */

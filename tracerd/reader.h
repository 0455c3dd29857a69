/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the reader thread
 *
 * Reads the event sockets of all spaces into one assembler and hands batches to
 * the queue. It waits for nothing but events: when the queue is full, stories
 * are shed batch by batch, and what was shed is counted and told as a loss.
 *
 * All functions are for the main thread; they return when the reader has done
 * what they ask.
 */
#ifndef SKALD_TRACERD_READER_H
#define SKALD_TRACERD_READER_H

#include "assembler.h"
#include "debug_table.h"
#include "queue.h"
#include "source.h"

struct skald_reader;

/**
 * struct skald_feed - a source that the reader reads
 * @index: its number towards the assembler: that of its namespace, if it has
 * one
 * @name: for the log
 * @source: the reader's from skald_reader_add() on; NULL: it has ended
 * @table: debug table whose traces it has, NULL: none; borrowed
 * @generation: of the ruleset when it was opened, with @table
 */
struct skald_feed {
	uint32_t index;
	const char *name;
	struct skald_source *source;
	struct skald_debug_table *table;
	uint32_t generation;
};

/**
 * struct skald_reader_stats - what the reader did
 * @sources: sum over the sources, closed ones included
 * @assembler: the assembler's counters
 * @shed_stories: stories thrown away because the queue was full
 * @shed_events: their events
 */
struct skald_reader_stats {
	struct skald_source_stats sources;
	struct skald_assembler_stats assembler;
	uint64_t shed_stories;
	uint64_t shed_events;
};

/* Starts the thread. @queue: borrowed; closed when the reader stops. */
int skald_reader_start(struct skald_queue *queue, struct skald_reader **reader);
/* Close every story, push everything, close the queue, end the thread. */
void skald_reader_stop(struct skald_reader *reader);
/* After it was stopped, and after every batch it made was freed. */
void skald_reader_free(struct skald_reader *reader);

/* @feed: borrowed until it is removed; its source is closed then */
int skald_reader_add(struct skald_reader *reader, struct skald_feed *feed);
/* Read what is there, close the feed's stories and its source. */
void skald_reader_remove(struct skald_reader *reader, struct skald_feed *feed);
/* Read what is there and push it. */
void skald_reader_flush(struct skald_reader *reader);
void skald_reader_stats(struct skald_reader *reader,
			struct skald_reader_stats *stats);

#endif /* SKALD_TRACERD_READER_H */

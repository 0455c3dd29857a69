/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: inside the assembler
 *
 * assembler.c takes what comes and hands out what is ready, assembler_begin.c
 * finds or begins the story of a message, assembler_go_on.c adds the message to
 * it, assembler_end.c closes stories and counts what is lost.
 */
#ifndef SKALD_LIB_ASSEMBLER_PRIV_H
#define SKALD_LIB_ASSEMBLER_PRIV_H

#include "assembler.h"
#include "kin.h"
#include "open_stories.h"
#include "steps.h"

#define IDS_REMEMBERED 65536

/**
 * struct skald_assembler_space - what is known of a namespace
 * @own_table: name of our tables, NULL: not told yet
 * @generation: ruleset generation in force
 * @tail_until_ns: orphans until then had their beginning lost
 */
struct skald_assembler_space {
	char *own_table;
	uint32_t generation;
	uint64_t tail_until_ns;
};

struct skald_assembler {
	struct skald_assembler_config config;
	struct skald_steps *steps;
	struct skald_open_stories open;
	struct skald_kin packets;
	struct skald_kin datagrams;
	struct skald_batch *batch;
	struct skald_assembler_space *spaces;
	uint32_t n_spaces;
	uint64_t serial;
	uint32_t *ids;
	struct skald_assembler_stats stats;
};

/**
 * struct skald_message - one trace message on its way through
 * @trace: the message
 * @step: what it stands for
 * @now_ns: when it came
 * @snap: the packet, when the message shows it
 */
struct skald_message {
	const struct skald_trace *trace;
	const struct skald_step *step;
	uint64_t now_ns;
	struct skald_snap snap;
};

/* Return: the namespace's entry, made if need be, or NULL: no memory */
struct skald_assembler_space *
skald_assembler_space_of(struct skald_assembler *assembler, uint32_t netns);

/* Return: a new item of the batch that is being filled, or NULL: no memory */
struct skald_item *skald_assembler_item(struct skald_assembler *assembler,
					enum skald_item_type type,
					uint32_t netns, uint64_t now_ns);

/* Close a story: it goes into the batch, its trace id is free again. */
void skald_assembler_end(struct skald_assembler *assembler,
			 struct skald_open *story, enum skald_raw_end end,
			 uint64_t now_ns);

/* The packet as a message shows it. */
void skald_assembler_snap(const struct skald_trace *trace,
			  struct skald_snap *snap);

/* The story a message belongs to, begun if need be. Return: NULL: none */
struct skald_open *skald_assembler_story(struct skald_assembler *assembler,
					 const struct skald_message *message);

/* Fragments wait for the last of them so long. */
#define SKALD_DATAGRAM_AGE_NS 30000000000ull

/* assembler_fragment.c */

/* @story goes on from the one with @serial. */
void skald_assembler_link(struct skald_open *story, uint32_t kind,
			  uint64_t serial);

/* If @story begins with a fragment, its datagram may name it later. */
void skald_assembler_fragment(struct skald_assembler *assembler,
			      struct skald_open *story,
			      const struct skald_message *message);

/* If @message shows the datagram that the fragment @story became, join them. */
void skald_assembler_put_together(struct skald_assembler *assembler,
				  struct skald_open *story,
				  const struct skald_message *message);

/* Link @whole to the first of its fragments, and close those that are open. */
void skald_assembler_join(struct skald_assembler *assembler, uint64_t key,
			  struct skald_open *whole, uint64_t now_ns);

/* Add a message to its story. Return: 0 or -ENOMEM: the story is lossy now */
int skald_assembler_go_on(struct skald_assembler *assembler,
			  struct skald_open *story,
			  const struct skald_message *message);

#endif /* SKALD_LIB_ASSEMBLER_PRIV_H */

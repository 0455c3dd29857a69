/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: which stories
 *
 * How people name stories on the command line: "17", "#17" as lists print it,
 * a range "17-20", or "last".
 */
#ifndef SKALD_TUI_IDS_H
#define SKALD_TUI_IDS_H

#include <stdint.h>

#include "store.h"

/**
 * struct skald_ids - stories in a row
 * @first: id of the first
 * @last: id of the last; of a range, no further than the newest in the store
 */
struct skald_ids {
	uint64_t first;
	uint64_t last;
};

/**
 * skald_ids_read() - what a word names
 * @command: whose argument it is
 * @store: tells what "last" is
 * @word: of the command line
 * @ids: written on success; none of them has to be there
 *
 * Says what is wrong. Return: enum skald_exit
 */
int skald_ids_read(const char *command, struct skald_store *store,
		   const char *word, struct skald_ids *ids);

/* Says that a story is not there. Return: SKALD_EXIT_NOTHING */
int skald_ids_missing(uint64_t id);

#endif /* SKALD_TUI_IDS_H */

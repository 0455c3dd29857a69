/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the debug table's entries
 *
 * A classifier and the spaces it is armed in. Main thread only.
 */
#ifndef SKALD_TRACERD_ENTRIES_H
#define SKALD_TRACERD_ENTRIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "classifier.h"
#include "debug_table.h"
#include "error.h"

struct skald_daemon;

/**
 * struct skald_entry_line - a line of the module's debug table
 * @line: its number
 * @netns: name of the namespace it is for
 */
struct skald_entry_line {
	uint32_t line;
	char netns[256];
};

/**
 * struct skald_entry - one entry
 * @next: in the list
 * @classifier: what is followed
 * @netns: where: names and "all"; heap, each heap
 * @n_netns: how many
 * @owner: connection it goes with, NULL: stays
 * @spaces: indexes of the spaces it is armed in, heap
 * @n_spaces: how many
 * @lines: lines in the module's debug table, heap
 * @n_lines: how many
 * @is_kmod: the module marks and tells, not nf_tables
 * @count: what it did in spaces that were left
 */
struct skald_entry {
	struct skald_entry *next;
	struct skald_classifier classifier;
	char **netns;
	size_t n_netns;
	const void *owner;
	uint32_t *spaces;
	size_t n_spaces;
	struct skald_entry_line *lines;
	size_t n_lines;
	bool is_kmod;
	struct skald_classifier_count count;
};

/**
 * struct skald_ended - a classifier whose last stories are on their way
 * @next: in the list
 * @id: the classifier
 * @at: batch of the queue after which there are no more
 * @text: why it ended, for followers; NULL: they know
 */
struct skald_ended {
	struct skald_ended *next;
	uint32_t id;
	uint64_t at;
	const char *text;
};

/**
 * struct skald_entries - all entries
 * @head: the entries
 * @ended: classifiers that ended
 * @last_id: newest id
 * @scan_ns: CLOCK_MONOTONIC before which namespaces are not looked for
 */
struct skald_entries {
	struct skald_entry *head;
	struct skald_ended *ended;
	uint32_t last_id;
	uint64_t scan_ns;
};

/**
 * struct skald_entry_wish - what is to be armed
 * @classifier: taken over, compiled or not; the id is chosen here
 * @netns: where, NULL: the daemon's default
 * @owner: connection it goes with, or NULL
 * @followers: clients that follow it from the first packet on
 */
struct skald_entry_wish {
	struct skald_classifier classifier;
	const char *netns;
	const void *owner;
	unsigned int followers;
};

/* Arm a classifier. Takes over wish->classifier in any case.
 * Return: 0: packets are marked from now on; or -errno */
int skald_entries_add(struct skald_daemon *daemon,
		      struct skald_entry_wish *wish,
		      const struct skald_entry **entry,
		      struct skald_error *error);
/**
 * skald_entries_delete() - disarm a classifier
 * @daemon: the daemon
 * @id: its id
 * @text: why, for its followers; static, or NULL
 * @count: written unless NULL
 * @at: written unless NULL: batch of the queue that has its last stories
 *
 * Return: 0 or -ENOENT.
 */
int skald_entries_delete(struct skald_daemon *daemon, uint32_t id,
			 const char *text, struct skald_classifier_count *count,
			 uint64_t *at);
/* Disarm what goes with a connection. */
void skald_entries_drop(struct skald_daemon *daemon, const void *owner);
/* Once a second: expiry, namespaces that came and went. */
void skald_entries_tick(struct skald_daemon *daemon);
/* Stories came: disarm what is spent, forget what ended before @done. */
void skald_entries_progress(struct skald_daemon *daemon, uint64_t done);
struct skald_entry *skald_entries_find(struct skald_daemon *daemon,
				       uint32_t id);
/* What it did so far, everywhere. */
void skald_entry_count(struct skald_daemon *daemon,
		       const struct skald_entry *entry,
		       struct skald_classifier_count *count);
/* Names of the namespaces it is armed in, as a JSON array. */
json_t *skald_entry_namespaces(struct skald_daemon *daemon,
			       const struct skald_entry *entry);
/* Disarm everything; at the end. */
void skald_entries_done(struct skald_daemon *daemon);

#endif /* SKALD_TRACERD_ENTRIES_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rows: the part of a list that is in memory
 *
 * A store may hold millions of stories, and a filter may match one of them.
 * Rows are therefore a window that is moved over the ids: [low, high] has been
 * looked through, and every story in it that matches is here. Looking further
 * is done in steps, each of which takes a few milliseconds: without a filter a
 * step reads as many stories as are wanted, with one it looks through a number
 * of ids that adapts to how long that takes.
 */
#ifndef SKALD_TUI_ROWS_H
#define SKALD_TUI_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "browser_source.h"

/**
 * struct skald_row - one story, as the list shows it
 * @id: the story
 * @start_ns: CLOCK_REALTIME of the mark
 * @ending: enum skald_words_ENDING
 * @complete: nothing is missing
 * @pinned: retention leaves it alone
 * @packet: summary of the packet
 * @answer: the answer line
 * @brief: the same for narrow columns: "DROPPED filter refuse 17"
 * @path: interfaces "in > out"
 * @netns: namespace
 * @text: owns the texts above
 */
struct skald_row {
	uint64_t id;
	uint64_t start_ns;
	uint32_t ending;
	bool complete;
	bool pinned;
	const char *packet;
	const char *answer;
	const char *brief;
	const char *path;
	const char *netns;
	char *text;
};

/**
 * struct skald_rows - the window; zeroed, then skald_rows_reset()
 * @source: where stories come from
 * @row: rows by ascending id
 * @n: how many
 * @size: how many fit
 * @low: every id from here ...
 * @high: ... to here was looked at; nothing when below @low
 * @oldest: oldest id of the source when last asked
 * @newest: newest id
 * @filtered: a filter is set: steps are bounded by ids
 * @stride: ids that a step looks through
 */
struct skald_rows {
	const struct skald_browser_source *source;
	struct skald_row *row;
	size_t n;
	size_t size;
	uint64_t low;
	uint64_t high;
	uint64_t oldest;
	uint64_t newest;
	bool filtered;
	uint64_t stride;
};

void skald_rows_done(struct skald_rows *rows);

/* Ask the source again what its oldest and newest ids are. */
int skald_rows_refresh(struct skald_rows *rows, struct skald_error *error);
/* Forget all rows; the next step up starts at @id, the next down below it. */
void skald_rows_reset(struct skald_rows *rows, uint64_t id);

/* Whether there is nothing more to look through in that direction. */
bool skald_rows_at_oldest(const struct skald_rows *rows);
bool skald_rows_at_newest(const struct skald_rows *rows);

/**
 * skald_rows_older() - one step towards older stories
 * @rows: the rows
 * @want: rows that are wanted, at least 1
 * @added: rows put in front
 * @error: in words
 *
 * A long window loses rows at its other end. Return: 0, -ENOMEM, -errno.
 */
int skald_rows_older(struct skald_rows *rows, size_t want, size_t *added,
		     struct skald_error *error);
/* The same towards newer ones. @dropped: rows lost in front */
int skald_rows_newer(struct skald_rows *rows, size_t want, size_t *dropped,
		     struct skald_error *error);

/* Return: index of the first row with an id not below @id; n: none */
size_t skald_rows_find(const struct skald_rows *rows, uint64_t id);

#endif /* SKALD_TUI_ROWS_H */

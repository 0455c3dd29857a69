/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: how many stories ended how
 */
#ifndef SKALD_TUI_TALLY_H
#define SKALD_TUI_TALLY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "story.h"

struct skald_tally_row;

/**
 * struct skald_tally - answers, and how often each was given
 * @rows: heap, in the order they were met first
 * @n: how many
 */
struct skald_tally {
	struct skald_tally_row *rows;
	size_t n;
};

/* Count a story by its answer line. Return: 0 or -ENOMEM */
int skald_tally_add(struct skald_tally *tally, const struct skald_story *story);
/* Frequent ones first. */
void skald_tally_print(const struct skald_tally *tally, FILE *stream);
void skald_tally_done(struct skald_tally *tally);

#endif /* SKALD_TUI_TALLY_H */

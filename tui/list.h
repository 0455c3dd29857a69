/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the list view, for the browser
 *
 * The list is the ground that every other view stands on: it knows which
 * stories there are, which is the current one, and what comes next. All
 * functions take the view made of skald_view_list.
 */
#ifndef SKALD_TUI_LIST_H
#define SKALD_TUI_LIST_H

#include "view.h"

/* Return: story under the cursor, 0: none */
uint64_t skald_list_id(struct skald_view *view);
/* The story under the cursor has been pinned, or unpinned. */
void skald_list_set_pinned(struct skald_view *view, bool pinned);

/* Whether the cursor is on the newest story that the filter lets through. */
bool skald_list_at_end(struct skald_view *view);

/* Cursor one story on or back. False: there is none in that direction */
bool skald_list_step(struct skald_view *view, bool forward);
/* Cursor to a story, or to the next one that the filter lets through. */
void skald_list_goto(struct skald_view *view, uint64_t id);
/* Read everything again: the filter or the store has changed. */
void skald_list_reload(struct skald_view *view);
/* Look whether there are new stories. */
void skald_list_poll(struct skald_view *view);

/* What the title says: "FOLLOWING", "LIVE", "PAUSED +12". */
const char *skald_list_mode(struct skald_view *view, char *text, size_t size);

#endif /* SKALD_TUI_LIST_H */

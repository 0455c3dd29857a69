/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: lines of the list view
 */
#ifndef SKALD_TUI_LIST_LINE_H
#define SKALD_TUI_LIST_LINE_H

#include "page.h"
#include "rows.h"

/**
 * struct skald_list_form - what the columns depend on
 * @width: columns of the screen
 * @newest: the highest id there is
 * @ascii: no characters outside ASCII
 */
struct skald_list_form {
	size_t width;
	uint64_t newest;
	bool ascii;
};

/**
 * skald_list_line() - append one story as a line
 * @page: where to
 * @form: the columns
 * @row: the story
 * @newest_ns: stories of another day than this have a date
 */
void skald_list_line(struct skald_page *page,
		     const struct skald_list_form *form,
		     const struct skald_row *row, uint64_t newest_ns);
/* The names of the columns; does not end the line. */
void skald_list_head(struct skald_page *page,
		     const struct skald_list_form *form);

#endif /* SKALD_TUI_LIST_LINE_H */

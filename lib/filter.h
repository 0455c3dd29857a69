/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the filter language of -w
 *
 *	ip.dst == 10.0.0.0/8 && verdict == drop && rule ~ "reject"
 *
 * Compiled to SQL over the store's tables, with bound parameters. Documented in
 * docs/filter.md and skald-filter(7), both made from the one list of fields.
 */
#ifndef SKALD_LIB_FILTER_H
#define SKALD_LIB_FILTER_H

#include <stddef.h>

#include "error.h"

struct sqlite3_stmt;
struct skald_filter;

/* Return: 0, -EINVAL with error->column, -ENOMEM. "" matches everything. */
int skald_filter_compile(const char *text, struct skald_filter **filter,
			 struct skald_error *error);
void skald_filter_free(struct skald_filter *filter);

/* The WHERE expression, "1" when it is empty; ? for each parameter. */
const char *skald_filter_sql(const struct skald_filter *filter);
/* Bind the parameters from index @first on. Return: next index or -errno */
int skald_filter_bind(const struct skald_filter *filter,
		      struct sqlite3_stmt *stmt, int first);

/**
 * struct skald_filter_field - one field of the language
 */
struct skald_filter_field {
	const char *name;
	const char *type;
	const char *help;
};
/* For help screens and completion: ended by a NULL name. */
extern const struct skald_filter_field skald_filter_fields[];

#endif /* SKALD_LIB_FILTER_H */

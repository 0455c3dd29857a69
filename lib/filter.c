// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter language of -w: from text to SQL with parameters. Used by the
 * store's lists; nobody else needs to know that there is SQL.
 */
#include "filter.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "filter_internal.h"

static int write_all(struct skald_filter *filter, const struct skald_node *node)
{
	static const enum skald_sql_of all[] = { SKALD_SQL_STORY,
						 SKALD_SQL_SHAPE,
						 SKALD_SQL_FLOW };
	int err;

	if (!node)
		return 0;
	filter->needs = node->needs;
	filter->drives = skald_sql_drives(node);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		err = skald_sql_write(node, all[i], &filter->arena,
				      &filter->sql[all[i]]);
		if (err)
			return err;
	}
	return 0;
}

int skald_filter_compile(const char *text, struct skald_filter **ret_filter,
			 struct skald_error *error)
{
	struct skald_filter *filter = calloc(1, sizeof(*filter));
	struct skald_node *node;
	int err;

	if (!filter)
		return skald_error_set(error, ENOMEM, "out of memory");
	err = skald_filter_parse(text, &filter->arena, &node, error);
	if (!err) {
		err = write_all(filter, node);
		if (err)
			(void)skald_error_set(error, ENOMEM, "out of memory");
	}
	if (err) {
		skald_filter_free(filter);
		return err;
	}
	*ret_filter = filter;
	return 0;
}

void skald_filter_free(struct skald_filter *filter)
{
	if (!filter)
		return;
	for (int i = 0; i < 3; i++)
		skald_sql_done(&filter->sql[i]);
	skald_arena_done(&filter->arena);
	free(filter);
}

const char *skald_filter_sql_of(const struct skald_filter *filter,
				enum skald_sql_of of)
{
	const char *text = (const char *)filter->sql[of].text.data;

	return text && *text ? text : NULL;
}

const char *skald_filter_sql(const struct skald_filter *filter)
{
	return skald_filter_sql_of(filter, SKALD_SQL_STORY) ?: "1";
}

static int bind_one(struct sqlite3_stmt *stmt, int index,
		    const struct skald_bound *bound)
{
	if (bound->text)
		return sqlite3_bind_text(stmt, index, bound->text, -1,
					 SQLITE_STATIC);
	if (bound->len)
		return sqlite3_bind_blob(stmt, index, bound->bytes, bound->len,
					 SQLITE_TRANSIENT);
	return sqlite3_bind_int64(stmt, index, bound->number);
}

int skald_filter_bind_of(const struct skald_filter *filter,
			 enum skald_sql_of of, struct sqlite3_stmt *stmt,
			 int first)
{
	const struct skald_buffer *bounds = &filter->sql[of].bounds;
	struct skald_bound bound;

	for (size_t at = 0; at < bounds->len; at += sizeof(bound)) {
		memcpy(&bound, bounds->data + at, sizeof(bound));
		switch (bind_one(stmt, first++, &bound)) {
		case SQLITE_OK:
			break;
		case SQLITE_NOMEM:
			return -ENOMEM;
		default:
			return -EINVAL;
		}
	}
	return first;
}

int skald_filter_bind(const struct skald_filter *filter,
		      struct sqlite3_stmt *stmt, int first)
{
	return skald_filter_bind_of(filter, SKALD_SQL_STORY, stmt, first);
}

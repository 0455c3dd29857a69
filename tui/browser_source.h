/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: where the browser's stories come from
 *
 * The browser asks through this table of functions; browser_store.c answers
 * from a store, tests from an array. Every question is small enough to be
 * asked between two keys: lists are asked for in windows of ids.
 */
#ifndef SKALD_TUI_BROWSER_SOURCE_H
#define SKALD_TUI_BROWSER_SOURCE_H

#include "store.h"

/**
 * struct skald_browser_source_ops - what a source can do
 * @range: oldest and newest id there is, filter or not; both 0: no stories
 * @filter: from now on @list and @shapes only tell of stories that match; ""
 *	is all of them. On failure the filter before stays.
 * @list: as skald_store_list(); the source puts its own filter in the query
 * @story: as skald_store_story()
 * @shapes: as skald_store_shapes()
 * @generation: as skald_store_generation()
 * @summary: as skald_store_summary()
 * @pin: as skald_store_pin()
 */
struct skald_browser_source_ops {
	int (*range)(void *source, uint64_t *oldest, uint64_t *newest,
		     struct skald_error *error);
	int (*filter)(void *source, const char *text,
		      struct skald_error *error);
	int (*list)(void *source, struct skald_list_query *query,
		    bool (*each)(void *user, const struct skald_story *story),
		    void *user, struct skald_error *error);
	int (*story)(void *source, uint64_t id, struct skald_story *story,
		     struct skald_error *error);
	int (*shapes)(void *source,
		      bool (*each)(void *user,
				   const struct skald_shape_row *row),
		      void *user, struct skald_error *error);
	int (*generation)(void *source, const struct skald_generation_key *key,
			  void (*each)(void *user,
				       const struct skald_generation_row *row),
			  void *user, struct skald_error *error);
	int (*summary)(void *source, struct skald_store_summary *summary,
		       struct skald_error *error);
	int (*pin)(void *source, uint64_t id, bool pinned,
		   struct skald_error *error);
};

/**
 * struct skald_browser_source - a source
 * @ops: its functions
 * @source: for the functions
 * @name: what the title says, such as the store's path; borrowed
 */
struct skald_browser_source {
	const struct skald_browser_source_ops *ops;
	void *source;
	const char *name;
};

struct skald_browser_store;

/**
 * skald_browser_store_open() - a source that reads a store
 * @path: the file; borrowed until it is closed
 * @store: written on success, close with skald_browser_store_close()
 * @source: filled in
 * @error: as skald_store_open()
 */
int skald_browser_store_open(const char *path,
			     struct skald_browser_store **store,
			     struct skald_browser_source *source,
			     struct skald_error *error);
void skald_browser_store_close(struct skald_browser_store *store);

#endif /* SKALD_TUI_BROWSER_SOURCE_H */

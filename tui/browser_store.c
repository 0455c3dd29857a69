// SPDX-License-Identifier: GPL-2.0-only
/*
 * The browser's source over a store: read-only, so that it never stands in the
 * writer's way. Only pinning opens the store a second time, for writing, and
 * only as long as it takes.
 */
#include "browser_source.h"

#include <errno.h>
#include <stdlib.h>

#include "filter.h"

struct skald_browser_store {
	struct skald_store *store;
	struct skald_filter *filter;
	const char *path;
};

static bool take_id(void *user, const struct skald_story *story)
{
	uint64_t *id = user;

	*id = story->id;
	return false;
}

static int one_end(struct skald_browser_store *self, bool oldest, uint64_t *id,
		   struct skald_error *error)
{
	const struct skald_list_query query = {
		.oldest_first = oldest,
		.limit = 1,
	};

	*id = 0;
	return skald_store_list(self->store, &query, take_id, id, error);
}

static int store_range(void *source, uint64_t *oldest, uint64_t *newest,
		       struct skald_error *error)
{
	uint64_t first;
	uint64_t last;
	int err;

	err = one_end(source, true, &first, error);
	if (!err)
		err = one_end(source, false, &last, error);
	if (err)
		return err;
	*oldest = first;
	*newest = last;
	return 0;
}

static int store_filter(void *source, const char *text,
			struct skald_error *error)
{
	struct skald_browser_store *self = source;
	struct skald_filter *filter = NULL;
	int err;

	if (*text) {
		err = skald_filter_compile(text, &filter, error);
		if (err)
			return err;
	}
	skald_filter_free(self->filter);
	self->filter = filter;
	return 0;
}

static int store_list(void *source, struct skald_list_query *query,
		      bool (*each)(void *user, const struct skald_story *story),
		      void *user, struct skald_error *error)
{
	struct skald_browser_store *self = source;

	query->filter = self->filter;
	return skald_store_list(self->store, query, each, user, error);
}

static int store_story(void *source, uint64_t id, struct skald_story *story,
		       struct skald_error *error)
{
	struct skald_browser_store *self = source;

	return skald_store_story(self->store, id, story, error);
}

static int store_shapes(void *source,
			bool (*each)(void *user,
				     const struct skald_shape_row *row),
			void *user, struct skald_error *error)
{
	struct skald_browser_store *self = source;

	return skald_store_shapes(self->store, self->filter, each, user, error);
}

static int store_generation(
	void *source, const struct skald_generation_key *key,
	void (*each)(void *user, const struct skald_generation_row *row),
	void *user, struct skald_error *error)
{
	struct skald_browser_store *self = source;

	return skald_store_generation(self->store, key, each, user, error);
}

static int store_summary(void *source, struct skald_store_summary *summary,
			 struct skald_error *error)
{
	struct skald_browser_store *self = source;

	return skald_store_summary(self->store, summary, error);
}

static int pin_in(struct skald_store *store, uint64_t id, bool pinned,
		  struct skald_error *error)
{
	int err;

	err = skald_store_begin(store, error);
	if (err)
		return err;
	err = skald_store_pin(store, id, pinned, error);
	if (err) {
		skald_store_rollback(store);
		return err;
	}
	return skald_store_commit(store, error);
}

static int store_pin(void *source, uint64_t id, bool pinned,
		     struct skald_error *error)
{
	struct skald_browser_store *self = source;
	struct skald_store *store;
	int err;

	err = skald_store_open(self->path, SKALD_STORE_WRITE, &store, error);
	if (err)
		return err;
	err = pin_in(store, id, pinned, error);
	skald_store_close(store);
	return err;
}

static const struct skald_browser_source_ops store_ops = {
	.range = store_range,
	.filter = store_filter,
	.list = store_list,
	.story = store_story,
	.shapes = store_shapes,
	.generation = store_generation,
	.summary = store_summary,
	.pin = store_pin,
};

int skald_browser_store_open(const char *path,
			     struct skald_browser_store **store,
			     struct skald_browser_source *source,
			     struct skald_error *error)
{
	struct skald_browser_store *self = calloc(1, sizeof(*self));
	int err;

	if (!self)
		return skald_error_set(error, ENOMEM, "out of memory");
	self->path = path;
	err = skald_store_open(path, SKALD_STORE_READ, &self->store, error);
	if (err) {
		free(self);
		return err;
	}
	source->ops = &store_ops;
	source->source = self;
	source->name = path;
	*store = self;
	return 0;
}

void skald_browser_store_close(struct skald_browser_store *store)
{
	if (!store)
		return;
	skald_filter_free(store->filter);
	skald_store_close(store->store);
	free(store);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The write path: stories, losses and pins. One transaction holds many stories;
 * what a story costs here is what a traced packet costs the host.
 */
#include "store_internal.h"

#include <errno.h>

#include "store_diff.h"

static void grow_span(struct skald_span *span, uint64_t id, uint64_t start_ns)
{
	if (!span->first) {
		span->first = id;
		span->min_start_ns = start_ns;
		span->max_start_ns = start_ns;
	}
	span->last = id;
	if (start_ns < span->min_start_ns)
		span->min_start_ns = start_ns;
	if (start_ns > span->max_start_ns)
		span->max_start_ns = start_ns;
}

static int check_packed(const struct skald_packed *packed,
			struct skald_error *error)
{
	if (packed->own_len > SKALD_OWN_MAX ||
	    packed->shape_len > SKALD_OWN_MAX)
		return skald_error_set(error, EMSGSIZE,
				       "a story of %zu bytes is too long",
				       packed->own_len + packed->shape_len);
	/* SQLite's integers have a sign. */
	if (packed->start_ns > INT64_MAX ||
	    packed->duration_ns > INT64_MAX - packed->start_ns ||
	    packed->generation > INT64_MAX)
		return skald_error_set(error, EINVAL,
				       "a story's time is out of range");
	return 0;
}

int skald_store_add(struct skald_store *store, struct skald_packed *packed,
		    const struct skald_story *story, struct skald_error *error)
{
	struct skald_intern_entry *shape;
	uint64_t id = store->next_id;
	int64_t flow;
	int err;

	err = check_packed(packed, error);
	if (!err)
		err = skald_store_flow(store, packed, &flow, error);
	if (!err)
		err = skald_store_shape(store, packed, story, &shape, error);
	if (err)
		return err;
	err = skald_rows_add(store, packed, id, shape, flow, error);
	if (err)
		return err;
	if (skald_posting_add(store, id, shape->id, flow) < 0)
		return skald_error_set(error, ENOMEM, "out of memory");
	shape->pending++;
	shape->last = id;
	store->next_id++;
	grow_span(&store->span, id, packed->start_ns);
	packed->id = id;
	packed->shape_id = shape->id;
	return 0;
}

int skald_store_add_loss(struct skald_store *store, const char *netns,
			 uint64_t t_ns, uint64_t count, const char *where,
			 struct skald_error *error)
{
	sqlite3_stmt *stmt;

	stmt = skald_store_stmt(store, SKALD_STORE_ADD_LOSS, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, t_ns);
	skald_bind_text(stmt, 2, netns);
	sqlite3_bind_int64(stmt, 3, count);
	skald_bind_text(stmt, 4, where);
	return skald_store_run(store, stmt, "cannot add a loss", error);
}

int skald_store_pin(struct skald_store *store, uint64_t id, bool pinned,
		    struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	if (id > INT64_MAX)
		return skald_error_set(error, ENOENT, "no story %llu in %s",
				       (unsigned long long)id, store->path);
	err = skald_rows_flush(store, error);
	if (err)
		return err;
	stmt = skald_store_stmt(store, SKALD_STORE_PIN, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, id);
	sqlite3_bind_int64(stmt, 2, pinned);
	err = skald_store_run(store, stmt, "cannot pin a story", error);
	if (!err && !sqlite3_changes(store->db))
		return skald_error_set(error, ENOENT, "no story %llu in %s",
				       (unsigned long long)id, store->path);
	return err;
}

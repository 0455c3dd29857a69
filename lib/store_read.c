// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling stories from rows. A shape's bytes are read once and kept: ids of
 * shapes are never used twice.
 */
#include "store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_diff.h"

/* A power of two; each shape has one place, the latest wins. */
#define CACHE_SIZE 1024

/**
 * struct skald_told_shape - what lists borrow from
 * @holders: the cache, and stories that point into it
 * @story: all that the shape's stories have in common
 */
struct skald_told_shape {
	unsigned int holders;
	struct skald_story story;
};

/**
 * struct cached_shape - one shape
 * @id: its row
 * @bytes: packed, heap
 * @len: their length
 * @template: own bytes of its first story, heap
 * @template_len: their length
 * @host: name of the host, heap
 * @told: unpacked, or NULL: no list has met it yet
 */
struct cached_shape {
	int64_t id;
	uint8_t *bytes;
	size_t len;
	uint8_t *template;
	size_t template_len;
	char *host;
	struct skald_told_shape *told;
};

/**
 * struct skald_shape_cache - shapes that were read
 * @shapes: by the low bits of their id
 * @own: scratch: whole own bytes of the story being told
 */
struct skald_shape_cache {
	struct cached_shape shapes[CACHE_SIZE];
	struct skald_buffer own;
};

struct skald_shape_cache *skald_shape_cache_new(void)
{
	return calloc(1, sizeof(struct skald_shape_cache));
}

static void let_go(struct skald_told_shape *told)
{
	if (!told || --told->holders)
		return;
	skald_story_done(&told->story);
	free(told);
}

static void release(struct cached_shape *shape)
{
	let_go(shape->told);
	free(shape->bytes);
	free(shape->template);
	free(shape->host);
	memset(shape, 0, sizeof(*shape));
}

void skald_shape_cache_clear(struct skald_shape_cache *cache)
{
	for (int i = 0; i < CACHE_SIZE; i++)
		release(&cache->shapes[i]);
}

void skald_shape_cache_free(struct skald_shape_cache *cache)
{
	if (!cache)
		return;
	skald_shape_cache_clear(cache);
	skald_buffer_done(&cache->own);
	free(cache);
}

static uint8_t *copy_blob(sqlite3_stmt *stmt, int column, size_t *len)
{
	const void *blob = sqlite3_column_blob(stmt, column);
	uint8_t *copy;

	*len = sqlite3_column_bytes(stmt, column);
	copy = malloc(*len + 1);
	if (copy && *len)
		memcpy(copy, blob, *len);
	return copy;
}

static int fill(struct skald_store *store, struct cached_shape *shape,
		int64_t id, sqlite3_stmt *stmt, struct skald_error *error)
{
	const char *host = (const char *)sqlite3_column_text(stmt, 2);

	release(shape);
	shape->bytes = copy_blob(stmt, 0, &shape->len);
	shape->template = copy_blob(stmt, 1, &shape->template_len);
	shape->host = strdup(host ? host : "?");
	if (!shape->bytes || !shape->template || !shape->host) {
		release(shape);
		return skald_error_set(error, ENOMEM, "out of memory");
	}
	shape->id = id;
	return 0;
}

static int read_shape(struct skald_store *store, int64_t id,
		      struct cached_shape *shape, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_GET_SHAPE, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, id);
	err = skald_store_step(store, stmt, "cannot read a shape", error);
	if (!err)
		return skald_error_set(error, EBADMSG,
				       "%s is damaged: shape %lld is missing",
				       store->path, (long long)id);
	if (err < 0)
		return err;
	err = fill(store, shape, id, stmt, error);
	sqlite3_reset(stmt);
	return err;
}

/* Return: the shape, valid until the next one is read, or NULL and *@err */
static struct cached_shape *get_shape(struct skald_store *store, int64_t id,
				      int *err, struct skald_error *error)
{
	struct cached_shape *shape =
		&store->told->shapes[(uint64_t)id % CACHE_SIZE];

	if (shape->id == id && shape->bytes)
		return shape;
	*err = read_shape(store, id, shape, error);
	return *err ? NULL : shape;
}

static int damaged_story(struct skald_store *store, uint64_t id, int err,
			 struct skald_error *error)
{
	if (err == -ENOMEM)
		return skald_error_set(error, ENOMEM, "out of memory");
	return skald_error_set(error, EBADMSG,
			       "%s is damaged: story %llu cannot be told",
			       store->path, (unsigned long long)id);
}

int skald_store_own(struct skald_store *store, int64_t shape_id,
		    const uint8_t *data, size_t len,
		    struct skald_buffer *buffer, struct skald_error *error)
{
	const struct cached_shape *shape;
	int err;

	shape = get_shape(store, shape_id, &err, error);
	if (!shape)
		return err;
	buffer->len = 0;
	buffer->failed = false;
	return skald_diff_decode(shape->template, shape->template_len, data,
				 len, buffer);
}

static int tell(struct skald_store *store, struct skald_packed *packed,
		const struct cached_shape *shape, struct skald_story *story,
		struct skald_error *error)
{
	int err;

	packed->shape = shape->bytes;
	packed->shape_len = shape->len;
	err = skald_story_unpack(packed, story);
	if (err)
		return damaged_story(store, packed->id, err, error);
	story->shape = packed->shape_id;
	story->host = skald_arena_strndup(&story->arena, shape->host,
					  strlen(shape->host));
	if (!story->host) {
		skald_story_done(story);
		return skald_error_set(error, ENOMEM, "out of memory");
	}
	return 0;
}

/* Everything of a row but the bytes of its shape. Return: the shape, or NULL */
static struct cached_shape *read_row(struct skald_store *store,
				     sqlite3_stmt *stmt,
				     struct skald_packed *packed, int *err,
				     struct skald_error *error)
{
	*packed = (struct skald_packed){
		.id = sqlite3_column_int64(stmt, 0),
		.start_ns = sqlite3_column_int64(stmt, 1),
		.duration_ns = sqlite3_column_int64(stmt, 2),
		.shape_id = sqlite3_column_int64(stmt, 3),
		.generation = sqlite3_column_int64(stmt, 4),
		.complete = sqlite3_column_int64(stmt, 5) != 0,
	};
	*err = skald_store_own(store, packed->shape_id,
			       sqlite3_column_blob(stmt, 7),
			       sqlite3_column_bytes(stmt, 7), &store->told->own,
			       error);
	if (*err == -EBADMSG || *err == -ENOMEM)
		damaged_story(store, packed->id, *err, error);
	if (*err)
		return NULL;
	packed->own = store->told->own.data;
	packed->own_len = store->told->own.len;
	return get_shape(store, packed->shape_id, err, error);
}

/* The story in the current row of a statement selecting as GET_STORY. */
static int tell_row(struct skald_store *store, sqlite3_stmt *stmt,
		    struct skald_story *story, struct skald_error *error)
{
	const struct cached_shape *shape;
	struct skald_packed packed;
	int err;

	shape = read_row(store, stmt, &packed, &err, error);
	if (!shape)
		return err;
	err = tell(store, &packed, shape, story, error);
	if (!err)
		story->pinned = sqlite3_column_int64(stmt, 6) != 0;
	return err;
}

/* ---- stories one after the other ---- */

static int tell_shape(struct cached_shape *shape)
{
	struct skald_told_shape *told;
	struct skald_story *story;
	int err;

	if (shape->told)
		return 0;
	told = calloc(1, sizeof(*told));
	if (!told)
		return -ENOMEM;
	story = &told->story;
	told->holders = 1;
	err = skald_story_unpack_shape(shape->bytes, shape->len, story);
	if (!err) {
		story->host = skald_arena_strndup(&story->arena, shape->host,
						  strlen(shape->host));
		err = story->host ? 0 : -ENOMEM;
	}
	if (err)
		let_go(told);
	else
		shape->told = told;
	return err;
}

/* The caller may ask for other stories, and the cache forget this shape. */
static void hold(struct skald_store_telling *telling,
		 struct skald_told_shape *told)
{
	if (telling->shape == told)
		return;
	let_go(telling->shape);
	telling->shape = told;
	told->holders++;
}

int skald_store_tell_next(struct skald_store *store, sqlite3_stmt *stmt,
			  struct skald_store_telling *telling,
			  struct skald_error *error)
{
	struct cached_shape *shape;
	struct skald_packed packed;
	int err;

	shape = read_row(store, stmt, &packed, &err, error);
	if (!shape)
		return err;
	err = tell_shape(shape);
	if (!err) {
		hold(telling, shape->told);
		err = skald_story_unpack_own(&packed, &shape->told->story,
					     &telling->story);
	}
	if (err)
		return damaged_story(store, packed.id, err, error);
	telling->story.pinned = sqlite3_column_int64(stmt, 6) != 0;
	return 0;
}

void skald_store_telling_done(struct skald_store_telling *telling)
{
	skald_story_done(&telling->story);
	let_go(telling->shape);
	telling->shape = NULL;
}

int skald_store_snapshot(struct skald_store *store, struct skald_error *error)
{
	sqlite3_stmt *stmt;

	/* Inside the writer's own transaction there is one already. */
	if (!sqlite3_get_autocommit(store->db))
		return skald_rows_flush(store, error);
	stmt = skald_store_stmt(store, SKALD_STORE_BEGIN_READ, error);
	if (!stmt)
		return skald_store_errno(store);
	return skald_store_run(store, stmt, "cannot begin to read", error) ?: 1;
}

void skald_store_snapshot_end(struct skald_store *store)
{
	(void)sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
}

static int find_story(struct skald_store *store, uint64_t id,
		      struct skald_story *story, struct skald_error *error)
{
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_GET_STORY, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, id);
	err = skald_store_step(store, stmt, "cannot read a story", error);
	if (!err)
		return skald_error_set(error, ENOENT, "no story %llu in %s",
				       (unsigned long long)id, store->path);
	if (err < 0)
		return err;
	err = tell_row(store, stmt, story, error);
	sqlite3_reset(stmt);
	return err;
}

int skald_store_story(struct skald_store *store, uint64_t id,
		      struct skald_story *story, struct skald_error *error)
{
	int begun;
	int err;

	if (id > INT64_MAX)
		return skald_error_set(error, ENOENT, "no story %llu in %s",
				       (unsigned long long)id, store->path);
	begun = skald_store_snapshot(store, error);
	if (begun < 0)
		return begun;
	err = find_story(store, id, story, error);
	if (begun)
		skald_store_snapshot_end(store);
	return err;
}

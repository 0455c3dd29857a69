// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shapes: found again by their bytes, or taken apart into columns and steps
 * when they are new. A new shape costs a hundred times a known one and is a
 * hundred times as rare.
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>

#include "store_step.h"

/* Templates are read with every story: one that is huge helps nobody. */
#define TEMPLATE_MAX 4096

static int count_shape(struct skald_store *store,
		       struct skald_intern_entry *entry,
		       struct skald_error *error)
{
	int err;
	sqlite3_stmt *stmt;

	stmt = skald_store_stmt(store, SKALD_STORE_COUNT_SHAPE, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, entry->id);
	sqlite3_bind_int64(stmt, 2, entry->pending);
	sqlite3_bind_int64(stmt, 3, entry->last);
	err = skald_store_run(store, stmt, "cannot count a shape", error);
	if (!err)
		entry->pending = 0;
	return err;
}

int skald_store_count_shapes(struct skald_store *store,
			     struct skald_error *error)
{
	size_t n = (size_t)store->shapes.n_sets * SKALD_INTERN_WAYS;
	int err;

	for (size_t i = 0; i < n; i++) {
		struct skald_intern_entry *entry = &store->shapes.entries[i];

		if (!entry->pending)
			continue;
		err = count_shape(store, entry, error);
		if (err)
			return err;
	}
	return 0;
}

static int add_step(struct skald_store *store, int64_t shape,
		    unsigned int position, const char *netns,
		    const struct skald_story_step *step,
		    struct skald_error *error)
{
	const struct skald_rule_place place = { .netns = netns };
	sqlite3_stmt *stmt;
	int64_t rule = 0;
	int err;

	if (step->has_rule) {
		err = skald_store_rule(store, &place, &step->rule, &rule,
				       error);
		if (err)
			return err;
	}
	stmt = skald_store_stmt(store, SKALD_STORE_ADD_STEP, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, shape);
	sqlite3_bind_int64(stmt, 2, position);
	skald_bind_string(stmt, 3, step->kind);
	skald_bind_text(stmt, 4, step->hook);
	if (rule)
		sqlite3_bind_int64(stmt, 5, rule);
	else
		sqlite3_bind_null(stmt, 5);
	skald_bind_text(stmt, 6, step->verdict);
	skald_bind_text(stmt, 7, step->target);
	skald_bind_text(stmt, 8, step->state);
	skald_bind_text(stmt, 9, step->detail);
	return skald_store_run(store, stmt, "cannot add a step", error);
}

static int add_steps(struct skald_store *store, int64_t shape,
		     const struct skald_story *story,
		     const struct skald_story_step *steps,
		     struct skald_error *error)
{
	int err;

	for (unsigned int i = 0; i < story->n_events; i++) {
		err = add_step(store, shape, i, story->netns, &steps[i], error);
		if (err)
			return err;
	}
	return 0;
}

static void bind_ending(sqlite3_stmt *stmt, int index,
			const struct skald_ending *ending)
{
	sqlite3_bind_int64(stmt, index, ending->kind);
	skald_bind_text(stmt, index + 1, ending->reason);
	skald_bind_text(stmt, index + 2,
			ending->hook == SKALD_HOOK_NONE
				? NULL
				: skald_word(skald_words_of_HOOK,
					     ending->hook));
	skald_bind_text(stmt, index + 3,
			ending->family == SKALD_FAMILY_UNSPEC
				? NULL
				: skald_word(skald_words_of_FAMILY,
					     ending->family));
	skald_bind_text(stmt, index + 4, ending->table);
	skald_bind_text(stmt, index + 5, ending->chain);
	if (ending->handle)
		sqlite3_bind_int64(stmt, index + 6, ending->handle);
	else
		sqlite3_bind_null(stmt, index + 6);
	skald_bind_text(stmt, index + 7, ending->text);
}

static void bind_shape(struct skald_store *store, sqlite3_stmt *stmt,
		       const struct skald_packed *packed,
		       const struct skald_story *story)
{
	size_t template_len = packed->own_len;

	if (template_len > TEMPLATE_MAX)
		template_len = TEMPLATE_MAX;
	sqlite3_bind_int64(stmt, 1, (int64_t)packed->shape_hash);
	sqlite3_bind_int64(stmt, 2, store->host);
	sqlite3_bind_int64(stmt, 3, story->n_events);
	skald_bind_string(stmt, 4,
			  skald_word(skald_words_of_SOURCE, story->source));
	skald_bind_text(stmt, 5, story->netns);
	skald_bind_text(stmt, 6, story->iif);
	skald_bind_text(stmt, 7, story->oif);
	bind_ending(stmt, 8, &story->ending);
	sqlite3_bind_blob(stmt, 19, packed->shape, packed->shape_len,
			  SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 20, packed->own, template_len, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 21, packed->start_ns);
}

/* What is told of the whole shape, from its steps. */
static void bind_steps(sqlite3_stmt *stmt, const struct skald_story *story,
		       const struct skald_story_step *steps,
		       struct skald_buffer *path)
{
	const struct skald_story_step *before = NULL;
	const char *state = NULL;
	bool is_nat = false;

	for (unsigned int i = 0; i < story->n_events; i++) {
		size_t len = path->len;

		if (!state)
			state = steps[i].state;
		is_nat |= story->events[i].kind == SKALD_NAT;
		skald_step_path(&steps[i], before, path);
		if (path->len > len)
			before = &steps[i];
	}
	sqlite3_bind_int64(stmt, 16, is_nat);
	skald_bind_text(stmt, 17, state);
	sqlite3_bind_text(stmt, 18, path->data ? (char *)path->data : "",
			  path->len, SQLITE_STATIC);
}

/* A translation names its rule only; the rule itself came before. */
static void complete_rule(struct skald_story_step *steps, unsigned int at)
{
	struct skald_rule *rule = &steps[at].rule;
	const struct skald_rule *before;

	if (!steps[at].has_rule || !rule->handle || rule->text)
		return;
	for (unsigned int i = 0; i < at; i++) {
		before = &steps[i].rule;
		if (!steps[i].has_rule || !before->text ||
		    before->handle != rule->handle ||
		    before->family != rule->family ||
		    strcmp(before->table ?: "", rule->table ?: "") != 0 ||
		    strcmp(before->chain, rule->chain) != 0)
			continue;
		rule->text = before->text;
		rule->loaded = before->loaded;
		return;
	}
}

static int make_steps(const struct skald_story *story,
		      struct skald_arena *arena,
		      struct skald_story_step **ret_steps)
{
	struct skald_story_step *steps;
	const char *hook = NULL;
	int err;

	steps = skald_arena_alloc(arena,
				  (story->n_events + 1) * sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	for (unsigned int i = 0; i < story->n_events; i++) {
		err = skald_step_make(&story->events[i], hook, arena,
				      &steps[i]);
		if (err)
			return err;
		complete_rule(steps, i);
		hook = steps[i].hook;
	}
	*ret_steps = steps;
	return 0;
}

static int add_shape_row(struct skald_store *store,
			 const struct skald_packed *packed,
			 const struct skald_story *story,
			 const struct skald_story_step *steps, int64_t *id,
			 struct skald_error *error)
{
	struct skald_buffer path = { 0 };
	sqlite3_stmt *stmt;
	int err;

	stmt = skald_store_stmt(store, SKALD_STORE_ADD_SHAPE, error);
	if (!stmt)
		return skald_store_errno(store);
	bind_shape(store, stmt, packed, story);
	bind_steps(stmt, story, steps, &path);
	if (path.failed)
		err = skald_error_set(error, ENOMEM, "out of memory");
	else
		err = skald_store_run(store, stmt, "cannot add a shape", error);
	skald_buffer_done(&path);
	if (!err)
		*id = sqlite3_last_insert_rowid(store->db);
	return err;
}

static int add_told_shape(struct skald_store *store,
			  const struct skald_packed *packed,
			  const struct skald_story *story, int64_t *id,
			  struct skald_error *error)
{
	struct skald_story_step *steps = NULL;
	struct skald_arena arena = { 0 };
	int err;

	err = make_steps(story, &arena, &steps);
	if (err)
		err = skald_error_set(error, -err, "out of memory");
	if (!err)
		err = add_shape_row(store, packed, story, steps, id, error);
	if (!err)
		err = add_steps(store, *id, story, steps, error);
	skald_arena_done(&arena);
	return err;
}

static int add_shape(struct skald_store *store,
		     const struct skald_packed *packed,
		     const struct skald_story *story, int64_t *id,
		     uint32_t *ending, struct skald_error *error)
{
	struct skald_story told = { 0 };
	int err;

	if (!story) {
		err = skald_story_unpack(packed, &told);
		if (err)
			return skald_error_set(error, -err,
					       "a story's bytes make no story");
		story = &told;
	}
	err = add_told_shape(store, packed, story, id, error);
	*ending = story->ending.kind;
	skald_story_done(&told);
	return err;
}

/* Return: 1 found and remembered, 0 not there, -errno */
static int find_shape(struct skald_store *store,
		      const struct skald_packed *packed,
		      struct skald_intern_entry *entry,
		      struct skald_error *error)
{
	struct skald_intern_row row;
	sqlite3_stmt *stmt;
	int found, err;

	stmt = skald_store_stmt(store, SKALD_STORE_FIND_SHAPE, error);
	if (!stmt)
		return skald_store_errno(store);
	sqlite3_bind_int64(stmt, 1, (int64_t)packed->shape_hash);
	sqlite3_bind_int64(stmt, 2, store->host);
	sqlite3_bind_blob(stmt, 3, packed->shape, packed->shape_len,
			  SQLITE_STATIC);
	found = skald_store_step(store, stmt, "cannot find a shape", error);
	if (found <= 0)
		return found;
	row = (struct skald_intern_row){
		.hash = packed->shape_hash,
		.id = sqlite3_column_int64(stmt, 0),
		.key = packed->shape,
		.key_len = packed->shape_len,
		.extra = sqlite3_column_blob(stmt, 2),
		.extra_len = sqlite3_column_bytes(stmt, 2),
	};
	err = skald_intern_fill(entry, &row);
	entry->number = sqlite3_column_int64(stmt, 1);
	sqlite3_reset(stmt);
	return err ? skald_error_set(error, ENOMEM, "out of memory") : 1;
}

static int remember_new(struct skald_store *store,
			const struct skald_packed *packed,
			const struct skald_story *story,
			struct skald_intern_entry *entry,
			struct skald_error *error)
{
	size_t template_len = packed->own_len;
	struct skald_intern_row row;
	uint32_t ending = 0;
	int64_t id = 0;
	int err;

	err = add_shape(store, packed, story, &id, &ending, error);
	if (err)
		return err;
	if (template_len > TEMPLATE_MAX)
		template_len = TEMPLATE_MAX;
	row = (struct skald_intern_row){
		.hash = packed->shape_hash,
		.id = id,
		.key = packed->shape,
		.key_len = packed->shape_len,
		.extra = packed->own,
		.extra_len = template_len,
	};
	err = skald_intern_fill(entry, &row);
	if (err)
		return skald_error_set(error, ENOMEM, "out of memory");
	entry->number = ending;
	return 0;
}

int skald_store_shape(struct skald_store *store,
		      const struct skald_packed *packed,
		      const struct skald_story *story,
		      struct skald_intern_entry **ret_entry,
		      struct skald_error *error)
{
	struct skald_intern_entry *entry;
	int err;

	entry = skald_intern_find(&store->shapes, packed->shape_hash,
				  packed->shape, packed->shape_len);
	if (entry) {
		*ret_entry = entry;
		return 0;
	}
	entry = skald_intern_victim(&store->shapes, packed->shape_hash);
	if (entry->pending) {
		err = count_shape(store, entry, error);
		if (err)
			return err;
	}
	err = find_shape(store, packed, entry, error);
	if (!err)
		err = remember_new(store, packed, story, entry, error);
	if (err < 0)
		return err;
	*ret_entry = entry;
	return 0;
}

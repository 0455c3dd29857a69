// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories in a store: what goes in comes out, in lists and in reports as well.
 * Retention then takes every trace of them away.
 */
#include "packed.h"
#include "report.h"
#include "scratch_store.h"
#include "tell.h"

#define STORIES 3

static struct skald_store *store;

/* In memory where that can be had: every input is a transaction. */
static void make_directory(void)
{
	strcpy(scratch_dir, "/dev/shm/skald-fuzz-XXXXXX");
	if (mkdtemp(scratch_dir))
		snprintf(scratch_path, sizeof(scratch_path), "%s/skald.db",
			 scratch_dir);
	else
		scratch_make();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	make_directory();
	store = scratch_open(SKALD_STORE_WRITE);
	scratch_remove();
	return 0;
}

static void check_same(const struct skald_packed *packed,
		       const struct skald_story *stored)
{
	struct skald_story story;
	char *was, *is;

	fuzz_check(!skald_story_unpack(packed, &story));
	story.host = stored->host;
	story.shape = stored->shape;
	was = tell_json(&story);
	is = tell_json(stored);
	fuzz_check(!strcmp(was, is));
	free(was);
	free(is);
	skald_story_done(&story);
}

static bool count(void *user, const struct skald_story *story)
{
	++*(unsigned int *)user;
	return true;
}

static bool count_shape(void *user, const struct skald_shape_row *row)
{
	fuzz_check(row->answer && row->path);
	*(uint64_t *)user += row->stories;
	return true;
}

static void check_lists(unsigned int expected)
{
	const struct skald_list_query all = { 0 };
	struct skald_error error = { 0 };
	uint64_t of_shapes = 0;
	unsigned int n = 0;

	fuzz_check(!skald_store_list(store, &all, count, &n, &error));
	fuzz_check(n == expected);
	fuzz_check(!skald_store_shapes(store, NULL, count_shape, &of_shapes,
				       &error));
	fuzz_check(of_shapes == expected);
}

static void check_report(const uint64_t *ids, size_t n)
{
	struct skald_buffer page = { 0 };
	struct skald_output output = skald_output_buffer(&page);
	struct skald_error error = { 0 };
	const struct skald_report_wish wish = { store, "it's.db", ids, n };
	size_t i;

	fuzz_check(!skald_report_write(&wish, &output, &error));
	for (i = 0; i < page.len; i++)
		fuzz_check(page.data[i] >= ' ' || page.data[i] == '\n');
	skald_buffer_done(&page);
}

static void check_stored(const struct skald_packed *packed)
{
	struct skald_error error = { 0 };
	struct skald_story stored;

	fuzz_check(!skald_store_story(store, packed->id, &stored, &error));
	check_same(packed, &stored);
	skald_story_done(&stored);
}

/* The later ones meet what the first left; that one is read at once. */
static void add(const struct skald_packed *given)
{
	struct skald_packed packed[STORIES];
	struct skald_error error = { 0 };
	uint64_t ids[STORIES];
	unsigned int i;

	scratch_begin(store);
	for (i = 0; i < STORIES; i++) {
		packed[i] = *given;
		packed[i].start_ns += i;
		fuzz_check(!skald_store_add(store, &packed[i], NULL, &error));
		ids[i] = packed[i].id;
		if (!i)
			check_stored(&packed[i]);
	}
	scratch_commit(store);
	for (i = 0; i < STORIES; i++)
		check_stored(&packed[i]);
	check_lists(STORIES);
	check_report(ids, 2);
}

static void forget(void)
{
	struct skald_error error = { 0 };
	struct skald_store_summary summary;
	uint64_t deleted;

	do {
		fuzz_check(!skald_store_retain(store, 0, 1, INT64_MAX, &deleted,
					       &error));
	} while (deleted);
	fuzz_check(!skald_store_summary(store, &summary, &error));
	fuzz_check(!summary.stories && !summary.shapes && !summary.events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skald_packed packed;
	struct skald_story story;

	if (!packed_read(data, size, &packed))
		return 0;
	/* The numbers of SQL have a sign, and no clock says such times. */
	packed.start_ns &= INT64_MAX >> 1;
	packed.duration_ns &= INT64_MAX >> 1;
	packed.generation &= UINT32_MAX;
	if (!skald_story_unpack(&packed, &story)) {
		skald_story_done(&story);
		add(&packed);
		forget();
	}
	packed_done(&packed);
	return 0;
}

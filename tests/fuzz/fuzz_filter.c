// SPDX-License-Identifier: GPL-2.0-only
/*
 * The filter language: what compiles is SQL that runs, in a store with stories;
 * and every story is either found by a filter or by its negation.
 */
#include <errno.h>

#include "fuzz.h"

#include "filter.h"
#include "scratch_store.h"

#define STORIES 12

static struct skald_store *store;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	scratch_make();
	store = scratch_open(SKALD_STORE_WRITE);
	scratch_fill(store, 0, STORIES);
	/* The connection is all that is needed of the file. */
	scratch_remove();
	return 0;
}

static bool count(void *user, const struct skald_story *story)
{
	++*(unsigned int *)user;
	return true;
}

static unsigned int matches(const struct skald_filter *filter)
{
	const struct skald_list_query query = { .filter = filter };
	struct skald_error error = { 0 };
	unsigned int n = 0;

	if (skald_store_list(store, &query, count, &n, &error)) {
		fprintf(stderr, "%s\n%s\n", error.text,
			skald_filter_sql(filter));
		abort();
	}
	return n;
}

static bool count_shape(void *user, const struct skald_shape_row *row)
{
	*(uint64_t *)user += row->stories;
	return true;
}

static void check(const char *text, const struct skald_filter *filter)
{
	char *negated = malloc(strlen(text) + 5);
	unsigned int yes = matches(filter);
	struct skald_filter *opposite;
	struct skald_error error = { 0 };
	uint64_t of_shapes = 0;

	fuzz_check(negated);
	sprintf(negated, "!(%s)", text);
	/* too deep or too long is an answer, too */
	if (!skald_filter_compile(negated, &opposite, &error)) {
		fuzz_check(yes + matches(opposite) == STORIES);
		skald_filter_free(opposite);
	}
	fuzz_check(!skald_store_shapes(store, filter, count_shape, &of_shapes,
				       &error));
	fuzz_check(of_shapes == yes);
	free(negated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct skald_filter *filter = NULL;
	struct skald_error error = { 0 };
	int err = skald_filter_compile(text, &filter, &error);

	if (err) {
		fuzz_check(err == -EINVAL && *error.text);
		fuzz_check(error.column >= 0 &&
			   (size_t)error.column <= strlen(text) + 1);
		fuzz_check(!filter);
	} else {
		check(text, filter);
		skald_filter_free(filter);
	}
	free(text);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a store of sample stories: "sample_store FILE COUNT". Stories are the
 * same each time; see tests/tui/sample.h. Adds to a store that is there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tui/sample.h"
#include "store.h"

#define BATCH 4096

static int add_ruleset(struct skald_store *store, struct skald_error *error)
{
	struct skald_ruleset ruleset = {
		.generation = SAMPLE_GENERATION,
		.text = strdup(sample_ruleset),
		.iptables = strdup(""),
		.legacy = strdup(""),
	};
	const struct skald_load load = { SAMPLE_NETNS, SAMPLE_START_NS, 991,
					 "nft" };
	int err;

	if (!ruleset.text || !ruleset.iptables || !ruleset.legacy)
		err = skald_error_set(error, ENOMEM, "out of memory");
	else
		err = skald_store_add_ruleset(store, &ruleset, &load, error);
	free(ruleset.text);
	free(ruleset.iptables);
	free(ruleset.legacy);
	return err;
}

static int add_story(struct skald_store *store, uint64_t id,
		     struct skald_error *error)
{
	struct skald_buffer shape = { 0 };
	struct skald_buffer own = { 0 };
	struct skald_packed packed;
	struct skald_story story;
	int err;

	err = sample_story(id, &story);
	if (!err)
		err = skald_story_pack(&story, &shape, &own, &packed);
	if (err)
		err = skald_error_set(error, -err, "out of memory");
	else
		err = skald_store_add(store, &packed, NULL, error);
	skald_story_done(&story);
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
	return err;
}

static int fill(struct skald_store *store, uint64_t first, uint64_t count,
		struct skald_error *error)
{
	uint64_t done = 0;
	int err = 0;

	while (!err && done < count) {
		err = skald_store_begin(store, error);
		if (!err && !done)
			err = add_ruleset(store, error);
		do {
			if (!err)
				err = add_story(store, first + done++, error);
		} while (!err && done < count && done % BATCH);
		if (!err)
			err = skald_store_commit(store, error);
	}
	return err;
}

int main(int argc, char **argv)
{
	struct skald_store_summary summary;
	struct skald_error error = { 0 };
	struct skald_store *store;
	int err;

	if (argc != 3) {
		fprintf(stderr, "usage: sample_store FILE COUNT\n");
		return 2;
	}
	err = skald_store_open(argv[1], SKALD_STORE_WRITE, &store, &error);
	if (!err) {
		err = skald_store_summary(store, &summary, &error);
		if (!err)
			err = fill(store, summary.newest_id + 1,
				   strtoull(argv[2], NULL, 10), &error);
		skald_store_close(store);
	}
	if (err)
		fprintf(stderr, "sample_store: %s\n", error.text);
	return err ? 1 : 0;
}

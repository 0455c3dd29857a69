// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald whatif": recorded stories under other rules.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "filter.h"
#include "flips.h"
#include "json.h"
#include "past.h"
#include "pen.h"
#include "progress.h"
#include "store.h"

static const char options_help[] =
	"  -d, --db FILE       read FILE\n"
	"      --rules FILE    the other rules: nft's, or iptables-save's\n"
	"      --world FILE    interfaces, addresses and routes are of that world\n"
	"  -w, --where FILTER  only stories that match: see skald-filter(7)\n"
	"      --json          {stories, same, flips, unknown, groups[]}\n"
	"Exit status: 0 something flips, 1 nothing does, 2 usage, 3 cannot.\n";

enum {
	OPTION_RULES = 256,
	OPTION_WORLD,
	OPTION_JSON
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "rules", required_argument, NULL, OPTION_RULES },
	{ "world", required_argument, NULL, OPTION_WORLD },
	{ "where", required_argument, NULL, 'w' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct trying - one "skald whatif"
 * @db: store
 * @where: filter
 * @source: rules and world
 * @is_json: as JSON
 * @world: of the other rules
 * @engine: in it
 * @past: generations
 * @progress: how far it is
 * @total: stories in the store
 * @n: stories looked at
 * @same: that fare the same
 * @unknown: that nobody can tell
 * @flips: that fare differently
 * @err: the first failure
 */
struct trying {
	const char *db;
	const char *where;
	struct skald_world_source source;
	bool is_json;
	struct skald_world world;
	struct skald_engine *engine;
	struct skald_past *past;
	struct skald_progress progress;
	uint64_t total;
	uint64_t n;
	uint64_t same;
	uint64_t unknown;
	struct skald_flips flips;
	int err;
};

static int take_option(struct trying *trying, int option, char **argv)
{
	switch (option) {
	case 'd':
		trying->db = optarg;
		return -1;
	case OPTION_RULES:
		trying->source.rules = optarg;
		return -1;
	case OPTION_WORLD:
		trying->source.world = optarg;
		return -1;
	case 'w':
		trying->where = optarg;
		return -1;
	case OPTION_JSON:
		trying->is_json = true;
		return -1;
	case 'h':
		return skald_help("whatif", options_help);
	}
	return skald_usage_option("whatif", option, argv);
}

static int parse(struct trying *trying, int argc, char **argv)
{
	int option;
	int status;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":d:w:h", long_options,
				     NULL)) != -1) {
		status = take_option(trying, option, argv);
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return skald_usage("whatif", "what is \"%s\"?", argv[optind]);
	if (!trying->source.rules)
		return skald_usage("whatif", "which rules? --rules FILE");
	return -1;
}

/* Whether the engine tells of the old rules what the kernel did. */
static bool is_as_recorded(const struct skald_story *story,
			   const struct skald_outcome *then)
{
	bool was_dropped = story->ending.kind == SKALD_ENDING_DROPPED &&
			   story->ending.table;

	return was_dropped == (then->kind == SKALD_OUTCOME_DROPPED);
}

static int try_story(struct trying *trying, const struct skald_story *story)
{
	struct skald_outcome then, now;
	struct skald_engine *old;
	struct skald_error error;
	unsigned int flips;
	int err = skald_past_engine(trying->past, story, &old, &error);

	if (err == -ENOMEM)
		return err;
	if (err || skald_whatif(old, true, story, &then) ||
	    skald_whatif(trying->engine, false, story, &now)) {
		trying->unknown++;
		return 0;
	}
	if (!is_as_recorded(story, &then) ||
	    !skald_outcome_flips(&then, &now, &flips)) {
		trying->unknown++;
		return 0;
	}
	if (!flips) {
		trying->same++;
		return 0;
	}
	return skald_flips_add(&trying->flips, story, &then, &now, flips);
}

static bool take_story(void *user, const struct skald_story *story)
{
	struct trying *trying = user;

	skald_progress_tell(&trying->progress, trying->n++, trying->total);
	trying->err = try_story(trying, story);
	return !trying->err;
}

/* ---- what is said ---- */

static json_t *words_of(unsigned int flips)
{
	json_t *words = json_array();

	for (unsigned int i = 0; skald_flip_word(i); i++) {
		if (flips & 1u << i)
			json_array_append_new(words,
					      json_string(skald_flip_word(i)));
	}
	return words;
}

static uint64_t flipped(const struct trying *trying)
{
	return trying->n - trying->same - trying->unknown;
}

static void print_json(const struct trying *trying)
{
	json_t *groups = json_array();
	json_t *object;

	for (size_t i = 0; i < trying->flips.n; i++) {
		const struct skald_flip_group *group = &trying->flips.groups[i];

		json_array_append_new(
			groups, json_pack("{s:I, s:I, s:I, s:s, s:o, s:s, s:s}",
					  "stories", (json_int_t)group->stories,
					  "shape", (json_int_t)group->shape,
					  "example", (json_int_t)group->example,
					  "packet", group->packet, "flips",
					  words_of(group->flips), "then",
					  group->then, "now", group->now));
	}
	object = json_pack("{s:I, s:I, s:I, s:I, s:o}", "stories",
			   (json_int_t)trying->n, "same",
			   (json_int_t)trying->same, "flips",
			   (json_int_t)flipped(trying), "unknown",
			   (json_int_t)trying->unknown, "groups", groups);
	if (object)
		json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

static void print_text(const struct trying *trying)
{
	struct skald_sink sink;
	struct skald_pen pen = { .sink = &sink };

	skald_term_sink(&sink, stdout);
	for (size_t i = 0; i < trying->flips.n; i++) {
		const struct skald_flip_group *group = &trying->flips.groups[i];

		skald_pen_start(&pen, 0);
		skald_pen_printf(&pen, SKALD_INK_VALUE, "%8" PRIu64 " x  ",
				 group->stories);
		skald_pen_put(&pen, SKALD_INK_OLD, group->then);
		skald_pen_end(&pen);
		skald_pen_start(&pen, 12);
		skald_pen_put(&pen, SKALD_INK_PLAIN, "would be: ");
		skald_pen_put(&pen, SKALD_INK_NEW, group->now);
		skald_pen_end(&pen);
		skald_pen_start(&pen, 12);
		skald_pen_printf(&pen, SKALD_INK_DIM, "e.g. #%" PRIu64 " %s",
				 group->example, group->packet);
		skald_pen_end(&pen);
	}
	printf("%" PRIu64 " stories: %" PRIu64 " flip, %" PRIu64
	       " fare the same, %" PRIu64 " unknown\n",
	       trying->n, flipped(trying), trying->same, trying->unknown);
}

/* ---- the command ---- */

static int run(struct trying *trying, struct skald_store *store,
	       const struct skald_filter *filter)
{
	struct skald_list_query query = { .filter = filter,
					  .oldest_first = true };
	struct skald_store_summary summary = { 0 };
	struct skald_error error = { 0 };
	int err;

	if (!skald_store_summary(store, &summary, &error))
		trying->total = summary.stories;
	skald_progress_start(&trying->progress, "stories");
	err = skald_store_list(store, &query, take_story, trying, &error);
	skald_progress_stop(&trying->progress);
	if (!err && trying->err)
		err = skald_error_set(&error, -trying->err, "no memory");
	if (err)
		return skald_fail(&error);
	skald_flips_sort(&trying->flips);
	if (trying->is_json)
		print_json(trying);
	else
		print_text(trying);
	return trying->flips.n ? SKALD_EXIT_DONE : SKALD_EXIT_NOTHING;
}

static int try_all(struct trying *trying, const struct skald_filter *filter)
{
	struct skald_error error = { 0 };
	struct skald_store *store;
	int status;

	if (skald_engine_new(&trying->world, &trying->engine, &error))
		return skald_fail(&error);
	if (skald_store_open(skald_store_path(trying->db), SKALD_STORE_READ,
			     &store, &error)) {
		status = skald_fail(&error);
	} else {
		trying->past = skald_past_new(
			store, trying->source.world ? &trying->world : NULL);
		if (trying->past) {
			status = run(trying, store, filter);
		} else {
			skald_error_set(&error, ENOMEM, "no memory");
			status = skald_fail(&error);
		}
		skald_past_free(trying->past);
		skald_store_close(store);
	}
	skald_engine_free(trying->engine);
	skald_flips_done(&trying->flips);
	return status;
}

int skald_cmd_whatif(int argc, char **argv)
{
	struct trying trying = { .where = "" };
	struct skald_error error = { 0 };
	struct skald_filter *filter;
	int status = parse(&trying, argc, argv);

	if (status >= 0)
		return status;
	status = skald_where("whatif", trying.where, &filter);
	if (status)
		return status;
	if (skald_world_open(&trying.source, &trying.world, &error)) {
		status = skald_fail(&error);
	} else {
		status = try_all(&trying, filter);
		skald_world_done(&trying.world);
	}
	skald_filter_free(filter);
	return status;
}

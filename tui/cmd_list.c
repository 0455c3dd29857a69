// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald list": recorded stories, one a line; or their shapes.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "filter.h"
#include "json.h"
#include "pen.h"
#include "store.h"
#include "wish.h"

/* So many fit a terminal's memory; a pipe gets all. */
#define STORIES_ON_TERMINAL 100
#define NS_PER_SECOND 1000000000ULL
#define SHAPE_INDENT 12

static const char options_help[] =
	"  -d, --db FILE       read FILE\n"
	"  -w, --where FILTER  only stories that match: see skald-filter(7)\n"
	"  -n, --count N       only the newest N; 0: all. On a terminal 100,\n"
	"                      else all\n"
	"      --shapes        group by path, rare ones first\n"
	"      --json          one line of JSON each\n"
	"Exit status: 0 something found, 1 nothing, 2 usage, 3 cannot.\n";

enum {
	OPTION_JSON = 256,
	OPTION_SHAPES
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "where", required_argument, NULL, 'w' },
	{ "count", required_argument, NULL, 'n' },
	{ "shapes", no_argument, NULL, OPTION_SHAPES },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct listing - one "skald list"
 * @db: store
 * @where: filter
 * @count: at most so many, 0: all
 * @by_shape: shapes, not stories
 * @is_json: as JSON
 * @n: lines written
 * @oldest: id of the oldest story met
 * @sink: where lines go
 */
struct listing {
	const char *db;
	const char *where;
	uint64_t count;
	bool by_shape;
	bool is_json;
	uint64_t n;
	uint64_t oldest;
	struct skald_sink sink;
};

/* Return: -1: go on, else exit status */
static int take_option(struct listing *listing, int option, const char *value,
		       char **argv)
{
	switch (option) {
	case 'd':
		listing->db = value;
		return -1;
	case 'w':
		listing->where = value;
		return -1;
	case 'n':
		if (skald_wish_number(value, &listing->count))
			return -1;
		return skald_usage_value("list", argv);
	case OPTION_SHAPES:
		listing->by_shape = true;
		return -1;
	case OPTION_JSON:
		listing->is_json = true;
		return -1;
	case 'h':
		return skald_help("list", options_help);
	}
	return skald_usage_option("list", option, argv);
}

static int parse(struct listing *listing, int argc, char **argv)
{
	int option;
	int status;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":d:w:n:h", long_options,
				     NULL)) != -1) {
		status = take_option(listing, option, optarg, argv);
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return skald_usage("list", "unexpected \"%s\"", argv[optind]);
	return -1;
}

static bool note_story(void *user, const struct skald_story *story)
{
	struct listing *listing = user;

	listing->oldest = story->id;
	return true;
}

static bool print_story(void *user, const struct skald_story *story)
{
	struct listing *listing = user;
	char *line;

	listing->n++;
	if (!listing->is_json) {
		skald_print_line(story, &listing->sink);
		return !ferror(stdout);
	}
	line = skald_json_line(story, false);
	if (line)
		puts(line);
	free(line);
	return !ferror(stdout);
}

/* The newest so many, oldest first: from the story where they begin. */
static int list_stories(struct listing *listing, struct skald_store *store,
			const struct skald_filter *filter,
			struct skald_error *error)
{
	struct skald_list_query query = {
		.filter = filter,
		.limit = listing->count,
	};
	int err;

	if (query.limit) {
		err = skald_store_list(store, &query, note_story, listing,
				       error);
		if (err || !listing->oldest)
			return err;
		query.after = listing->oldest - 1;
	}
	query.oldest_first = true;
	return skald_store_list(store, &query, print_story, listing, error);
}

static void print_shape_json(const struct skald_shape_row *row)
{
	json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:s}", "shape",
				 (json_int_t)row->shape, "stories",
				 (json_int_t)row->stories, "first_ns",
				 (json_int_t)row->first_ns, "last_ns",
				 (json_int_t)row->last_ns, "example",
				 (json_int_t)row->example, "answer",
				 row->answer, "path", row->path);

	if (json)
		json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
}

/* How often and how it ended; which way; when last, and one to look at. */
static void print_shape_text(const struct skald_shape_row *row,
			     const struct skald_sink *sink)
{
	time_t last = (time_t)(row->last_ns / NS_PER_SECOND);
	struct skald_pen pen = { .sink = sink };
	char when[32];
	struct tm parts;

	skald_pen_start(&pen, 0);
	skald_pen_printf(&pen, SKALD_INK_VALUE, "%8" PRIu64 " x  ",
			 row->stories);
	skald_pen_hang(&pen);
	skald_pen_put(&pen, SKALD_INK_TITLE, row->answer);
	skald_pen_end(&pen);
	skald_pen_start(&pen, SHAPE_INDENT);
	skald_pen_put(&pen, SKALD_INK_PLAIN,
		      *row->path ? row->path : "no rule and no policy");
	skald_pen_end(&pen);
	strftime(when, sizeof(when), "%F %T", localtime_r(&last, &parts));
	skald_pen_start(&pen, SHAPE_INDENT);
	skald_pen_printf(&pen, SKALD_INK_DIM, "last %s, e.g. #%" PRIu64, when,
			 row->example);
	skald_pen_end(&pen);
}

static bool print_shape(void *user, const struct skald_shape_row *row)
{
	struct listing *listing = user;

	listing->n++;
	if (listing->is_json)
		print_shape_json(row);
	else
		print_shape_text(row, &listing->sink);
	return !ferror(stdout) &&
	       (!listing->count || listing->n < listing->count);
}

static int list(struct listing *listing, const struct skald_filter *filter)
{
	struct skald_error error = { 0 };
	struct skald_store *store;
	int err;

	err = skald_store_open(skald_store_path(listing->db), SKALD_STORE_READ,
			       &store, &error);
	if (err)
		return skald_fail(&error);
	skald_term_sink(&listing->sink, stdout);
	if (listing->by_shape)
		err = skald_store_shapes(store, filter, print_shape, listing,
					 &error);
	else
		err = list_stories(listing, store, filter, &error);
	skald_store_close(store);
	if (err)
		return skald_fail(&error);
	return listing->n ? SKALD_EXIT_DONE : SKALD_EXIT_NOTHING;
}

int skald_cmd_list(int argc, char **argv)
{
	struct listing listing = { .where = "" };
	struct skald_filter *filter;
	int status;

	if (isatty(STDOUT_FILENO))
		listing.count = STORIES_ON_TERMINAL;
	status = parse(&listing, argc, argv);
	if (status >= 0)
		return status;
	status = skald_where("list", listing.where, &filter);
	if (status)
		return status;
	status = list(&listing, filter);
	skald_filter_free(filter);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald show": recorded stories in full.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "ids.h"
#include "json.h"
#include "print.h"
#include "store.h"

#define NS_PER_SECOND 1000000000ULL

static const char options_help[] =
	"  -d, --db FILE  read FILE\n"
	"  -v, --verbose  every event, not only those that decide or change\n"
	"      --json     one line of JSON a story\n"
	"ID is a number, a range (17-20), or \"last\".\n"
	"Exit status: 0 all found, 1 not all, 2 usage, 3 cannot.\n";

enum {
	OPTION_JSON = 256
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct showing - one "skald show"
 * @db: store's file
 * @is_json: as JSON
 * @is_verbose: every event
 * @store: the store
 * @sink: where text goes
 * @n: stories shown
 * @missing: stories that are not there
 */
struct showing {
	const char *db;
	bool is_json;
	bool is_verbose;
	struct skald_store *store;
	struct skald_sink sink;
	uint64_t n;
	uint64_t missing;
};

/* Return: -1: go on, else exit status */
static int parse(struct showing *showing, int argc, char **argv)
{
	int option;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":d:vh", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'd':
			showing->db = optarg;
			break;
		case 'v':
			showing->is_verbose = true;
			break;
		case OPTION_JSON:
			showing->is_json = true;
			break;
		case 'h':
			return skald_help("show", options_help);
		default:
			return skald_usage_option("show", option, argv);
		}
	}
	if (optind == argc)
		return skald_usage("show", "which story? an ID is missing");
	return -1;
}

/**
 * struct loaded - who brought a rule
 * @text: "12:03:09 by pid 991 ufw"
 */
struct loaded {
	char text[128];
};

static void describe_generation(void *user,
				const struct skald_generation_row *row)
{
	time_t when = (time_t)(row->t_ns / NS_PER_SECOND);
	struct loaded *loaded = user;
	char clock[32];
	struct tm parts;

	strftime(clock, sizeof(clock), "%T", localtime_r(&when, &parts));
	if (row->pid)
		snprintf(loaded->text, sizeof(loaded->text),
			 "%s by pid %" PRIu32 " %s", clock, row->pid,
			 row->process ? row->process : "");
	else
		snprintf(loaded->text, sizeof(loaded->text), "%s", clock);
}

static void print_text(struct showing *showing, const struct skald_story *story)
{
	const struct skald_generation_key key = {
		.netns = story->netns,
		.number = (uint32_t)skald_story_loaded(story),
		.t_ns = story->start_ns,
	};
	struct loaded loaded = { "" };
	struct skald_error error;

	/* Without the generation's row there is nothing to say about it. */
	if (key.number && key.netns)
		(void)skald_store_generation(showing->store, &key,
					     describe_generation, &loaded,
					     &error);
	if (showing->n)
		putchar('\n');
	skald_print_story_loaded(story, *loaded.text ? loaded.text : NULL,
				 &showing->sink);
}

static void print_json(const struct skald_story *story)
{
	char *line = skald_json_line(story, true);

	if (line)
		puts(line);
	free(line);
}

static int show_story(struct showing *showing, uint64_t id,
		      struct skald_error *error)
{
	struct skald_story story;
	int err = skald_store_story(showing->store, id, &story, error);

	if (err == -ENOENT) {
		(void)skald_ids_missing(id);
		showing->missing++;
		return 0;
	}
	if (err)
		return err;
	if (showing->is_json)
		print_json(&story);
	else
		print_text(showing, &story);
	showing->n++;
	skald_story_done(&story);
	return 0;
}

static int show_range(struct showing *showing, const struct skald_ids *ids,
		      struct skald_error *error)
{
	uint64_t id;
	int err;

	for (id = ids->first; id <= ids->last; id++) {
		err = show_story(showing, id, error);
		if (err)
			return err;
	}
	return 0;
}

static int show_all(struct showing *showing, int argc, char **argv)
{
	struct skald_error error = { 0 };
	struct skald_ids ids;
	int status;
	int i;

	for (i = 0; i < argc; i++) {
		status = skald_ids_read("show", showing->store, argv[i], &ids);
		if (status)
			return status;
		if (show_range(showing, &ids, &error))
			return skald_fail(&error);
	}
	return showing->n && !showing->missing ? SKALD_EXIT_DONE
					       : SKALD_EXIT_NOTHING;
}

int skald_cmd_show(int argc, char **argv)
{
	struct showing showing = { 0 };
	struct skald_error error = { 0 };
	int status;

	status = parse(&showing, argc, argv);
	if (status >= 0)
		return status;
	if (skald_store_open(skald_store_path(showing.db), SKALD_STORE_READ,
			     &showing.store, &error))
		return skald_fail(&error);
	skald_term_sink(&showing.sink, stdout);
	showing.sink.verbose = showing.is_verbose;
	status = show_all(&showing, argc - optind, argv + optind);
	skald_store_close(showing.store);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald report": stories as a page for mails and issue trackers.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "ids.h"
#include "report.h"

static const char options_help[] =
	"  -d, --db DB          read this store\n"
	"  -o, --output FILE    write FILE; - is standard output\n"
	"ID is a number as \"skald list\" shows it, a range (17-20), or \"last\".\n"
	"Exit status: 0 written, 1 no such story, 2 usage, 3 cannot.\n";

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct wishes {
	const char *store;
	const char *output;
	bool help;
};

/* Options may also stand behind the ids. */
static int parse(int argc, char **argv, struct wishes *wishes)
{
	int option;

	optind = 0; /* glibc: start anew, the dispatcher has used getopt */
	while ((option = getopt_long(argc, argv, ":d:o:h", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'd':
			wishes->store = optarg;
			break;
		case 'o':
			wishes->output = optarg;
			break;
		case 'h':
			wishes->help = true;
			break;
		default:
			return skald_usage_option(argv[0], option, argv);
		}
	}
	if (wishes->help)
		return SKALD_EXIT_DONE;
	if (optind >= argc)
		return skald_usage(argv[0], "which story? an ID is missing");
	if (!wishes->output)
		return skald_usage(argv[0], "-o FILE is missing");
	return SKALD_EXIT_DONE;
}

static int write_file(const struct skald_report_wish *wish, const char *path)
{
	struct skald_error error = { 0 };
	struct skald_output_file *file;
	int ret;

	if (skald_output_open(path, &file, &error))
		return skald_fail(&error);
	ret = skald_report_write(wish, skald_output_of(file), &error);
	if (ret) {
		skald_output_abort(file);
		(void)skald_fail(&error);
		return ret == -ENOENT ? SKALD_EXIT_NOTHING : SKALD_EXIT_CANNOT;
	}
	if (skald_output_commit(file, &error))
		return skald_fail(&error);
	return SKALD_EXIT_DONE;
}

/* All of a range that are there; a single story has to be. */
static int add_range(struct skald_report_wish *wish, uint64_t **list,
		     const struct skald_ids *ids)
{
	size_t n = wish->n_ids + (size_t)(ids->last - ids->first) + 1;
	uint64_t *more = reallocarray(*list, n, sizeof(*more));
	struct skald_error error = { 0 };
	struct skald_story story;
	uint64_t id;
	int err;

	if (!more)
		return skald_no_memory();
	*list = more;
	for (id = ids->first; id <= ids->last; id++) {
		err = skald_store_story(wish->store, id, &story, &error);
		if (err == -ENOENT && ids->first == ids->last)
			return skald_ids_missing(id);
		if (err && err != -ENOENT)
			return skald_fail(&error);
		if (err)
			continue;
		skald_story_done(&story);
		more[wish->n_ids++] = id;
	}
	wish->ids = more;
	return SKALD_EXIT_DONE;
}

static int report(const struct wishes *wishes, struct skald_report_wish *wish,
		  int n, char **words)
{
	uint64_t *list = NULL;
	struct skald_ids ids = { 0 };
	int status = SKALD_EXIT_DONE;
	int i;

	for (i = 0; i < n && !status; i++) {
		status = skald_ids_read("report", wish->store, words[i], &ids);
		if (!status)
			status = add_range(wish, &list, &ids);
	}
	if (!status && !wish->n_ids)
		status = skald_ids_missing(ids.first);
	if (!status)
		status = write_file(wish, wishes->output);
	free(list);
	return status;
}

int skald_cmd_report(int argc, char **argv)
{
	struct wishes wishes = { 0 };
	struct skald_error error = { 0 };
	struct skald_report_wish wish = { 0 };
	int status;

	status = parse(argc, argv, &wishes);
	if (status)
		return status;
	if (wishes.help)
		return skald_help("report", options_help);
	wish.store_path = skald_store_path(wishes.store);
	if (skald_store_open(wish.store_path, SKALD_STORE_READ, &wish.store,
			     &error))
		return skald_fail(&error);
	status = report(&wishes, &wish, argc - optind, argv + optind);
	skald_store_close(wish.store);
	return status;
}

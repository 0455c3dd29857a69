// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald report": stories as a page for mails and issue trackers.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "report.h"
#include "wish.h"

static const char options_help[] =
	"  -d, --db DB          read this store\n"
	"  -o, --output FILE    write FILE; - is standard output\n"
	"ID is a story's number, as \"skald list\" shows it.\n";

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

static int parse_id(const char *word, uint64_t *id)
{
	if (!skald_wish_number(word, id))
		return skald_usage("report", "\"%s\" is no story's id", word);
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

static int report(const struct wishes *wishes, const uint64_t *ids, size_t n)
{
	struct skald_report_wish wish = {
		.store_path = skald_store_path(wishes->store),
		.ids = ids,
		.n_ids = n,
	};
	struct skald_error error = { 0 };
	int status;

	if (skald_store_open(wish.store_path, SKALD_STORE_READ, &wish.store,
			     &error))
		return skald_fail(&error);
	status = write_file(&wish, wishes->output);
	skald_store_close(wish.store);
	return status;
}

int skald_cmd_report(int argc, char **argv)
{
	struct wishes wishes = { 0 };
	uint64_t *ids;
	size_t i, n;
	int status;

	status = parse(argc, argv, &wishes);
	if (status)
		return status;
	if (wishes.help)
		return skald_help("report", options_help);
	n = (size_t)(argc - optind);
	ids = calloc(n, sizeof(*ids));
	for (i = 0; ids && i < n && !status; i++)
		status = parse_id(argv[optind + (int)i], &ids[i]);
	if (!ids || status) {
		free(ids);
		return status ? status : SKALD_EXIT_CANNOT;
	}
	status = report(&wishes, ids, n);
	free(ids);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald export": stories for Wireshark, scripts and spreadsheets.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "export.h"
#include "filter.h"
#include "store.h"

static const char options_help[] =
	"  -d, --db DB          read this store\n"
	"  -w, --where FILTER   only stories that match, see skald-filter(7)\n"
	"  -f, --format FORMAT  pcapng, json (a story a line) or csv;\n"
	"                       without it the end of FILE's name decides\n"
	"  -o, --output FILE    write FILE; - is standard output\n"
	"Exit status: 0 written, 1 no story matches, 2 usage, 3 cannot.\n";

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "where", required_argument, NULL, 'w' },
	{ "format", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct wishes {
	const char *store;
	const char *where;
	const char *format;
	const char *output;
	bool help;
};

static int parse(int argc, char **argv, struct wishes *wishes)
{
	int option;

	optind = 0; /* glibc: start anew, the dispatcher has used getopt */
	while ((option = getopt_long(argc, argv, ":d:w:f:o:h", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'd':
			wishes->store = optarg;
			break;
		case 'w':
			wishes->where = optarg;
			break;
		case 'f':
			wishes->format = optarg;
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
	if (optind < argc && !wishes->help)
		return skald_usage(argv[0], "unexpected \"%s\"", argv[optind]);
	return SKALD_EXIT_DONE;
}

static const char *suffix(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : "";
}

static int find_format(const struct wishes *wishes,
		       const struct skald_export_format **format)
{
	const char *name =
		wishes->format ? wishes->format : suffix(wishes->output);

	*format = skald_export_find(name);
	if (*format)
		return SKALD_EXIT_DONE;
	if (wishes->format)
		return skald_usage("export",
				   "no format \"%s\"; pcapng, json or csv",
				   name);
	return skald_usage("export", "--format pcapng, json or csv is missing");
}

/**
 * struct run - one export
 * @export: the writer
 * @path: of the file, for words
 * @n_stories: written so far
 * @status: what the writer said last
 */
struct run {
	struct skald_export *export;
	const char *path;
	uint64_t n_stories;
	int status;
};

static bool add(void *user, const struct skald_story *story)
{
	struct run *run = user;

	run->status = skald_export_add(run->export, story);
	if (!run->status)
		run->n_stories++;
	return !run->status;
}

static int write_stories(struct skald_store *store,
			 const struct skald_filter *filter,
			 const struct skald_export_format *format,
			 const struct skald_output *output, struct run *run,
			 struct skald_error *error)
{
	struct skald_list_query query = { .filter = filter,
					  .oldest_first = true };
	int ret;

	ret = skald_export_new(format, output, &run->export);
	if (ret)
		return skald_error_set(error, -ret, "cannot export to %s: %s",
				       run->path, strerror(-ret));
	ret = skald_store_list(store, &query, add, run, error);
	if (!ret && !run->status)
		run->status = skald_export_end(run->export);
	if (!ret && run->status)
		ret = skald_error_set(error, -run->status,
				      "cannot export to %s: %s", run->path,
				      strerror(-run->status));
	skald_export_free(run->export);
	return ret;
}

static int export_to(struct skald_store *store,
		     const struct skald_filter *filter,
		     const struct skald_export_format *format, const char *path)
{
	struct skald_error error = { 0 };
	struct skald_output_file *file;
	struct run run = { .path = path };
	int ret;

	ret = skald_output_open(path, &file, &error);
	if (ret)
		return skald_fail(&error);
	ret = write_stories(store, filter, format, skald_output_of(file), &run,
			    &error);
	if (ret || !run.n_stories) {
		skald_output_abort(file);
		if (ret)
			return skald_fail(&error);
		fprintf(stderr, "skald: no story to export\n");
		return SKALD_EXIT_NOTHING;
	}
	if (skald_output_commit(file, &error))
		return skald_fail(&error);
	return SKALD_EXIT_DONE;
}

static int run_export(const struct wishes *wishes,
		      const struct skald_export_format *format)
{
	const char *where = wishes->where ? wishes->where : "";
	struct skald_error error = { 0 };
	struct skald_filter *filter = NULL;
	struct skald_store *store;
	int status;

	status = skald_where("export", where, &filter);
	if (status)
		return status;
	if (skald_store_open(skald_store_path(wishes->store), SKALD_STORE_READ,
			     &store, &error)) {
		skald_filter_free(filter);
		return skald_fail(&error);
	}
	status = export_to(store, filter, format, wishes->output);
	skald_store_close(store);
	skald_filter_free(filter);
	return status;
}

int skald_cmd_export(int argc, char **argv)
{
	const struct skald_export_format *format;
	struct wishes wishes = { 0 };
	int status;

	status = parse(argc, argv, &wishes);
	if (status)
		return status;
	if (wishes.help)
		return skald_help("export", options_help);
	if (!wishes.output)
		return skald_usage(argv[0], "-o FILE is missing");
	status = find_format(&wishes, &format);
	if (status)
		return status;
	if (!strcmp(format->name, "pcapng") && !strcmp(wishes.output, "-") &&
	    isatty(STDOUT_FILENO))
		return skald_usage("export",
				   "pcapng is not for a terminal: use -o FILE");
	return run_export(&wishes, format);
}

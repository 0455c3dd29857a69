// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald browse": look through the stories of a store.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "browser.h"
#include "filter.h"
#include "script.h"

static const char options_help[] =
	"  -d, --db DB          read this store\n"
	"  -w, --where FILTER   begin with the stories that match, see\n"
	"                       skald-filter(7)\n"
	"      --ascii          no characters outside ASCII\n"
	"      --mono           no colours, as with NO_COLOR\n"
	"      --no-mouse       leave the mouse to the terminal\n"
	"? in the browser shows the keys.\n"
	"Exit status: 0 left, 2 usage, 3 cannot.\n";

enum long_only {
	OPTION_ASCII = 256,
	OPTION_MONO,
	OPTION_MOUSE,
	OPTION_SCRIPT
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "where", required_argument, NULL, 'w' },
	{ "ascii", no_argument, NULL, OPTION_ASCII },
	{ "mono", no_argument, NULL, OPTION_MONO },
	{ "no-mouse", no_argument, NULL, OPTION_MOUSE },
	{ "script", required_argument, NULL, OPTION_SCRIPT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct wishes - what the command line asks for
 * @store: store to read
 * @script: file of keys, instead of a terminal; see script.h
 * @config: for the browser
 * @help: only show the help
 */
struct wishes {
	const char *store;
	const char *script;
	struct skald_browser_config config;
	bool help;
};

static int parse(int argc, char **argv, struct wishes *wishes)
{
	int option;

	optind = 0; /* glibc: start anew, the dispatcher has used getopt */
	while ((option = getopt_long(argc, argv, ":d:w:h", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'd':
			wishes->store = optarg;
			break;
		case 'w':
			wishes->config.filter = optarg;
			break;
		case OPTION_ASCII:
			wishes->config.screen.ascii = true;
			break;
		case OPTION_MONO:
			wishes->config.screen.mono = true;
			break;
		case OPTION_MOUSE:
			wishes->config.screen.mouse = false;
			break;
		case OPTION_SCRIPT:
			wishes->script = optarg;
			break;
		case 'h':
			wishes->help = true;
			break;
		default:
			return skald_usage_option(argv[0], option, argv);
		}
	}
	if (!wishes->help && optind < argc)
		return skald_usage(argv[0], "unexpected \"%s\"", argv[optind]);
	return SKALD_EXIT_DONE;
}

/* Names of the filter's fields, ended by NULL; heap. */
static const char **field_names(void)
{
	const char **names;
	size_t n = 0;
	size_t i;

	while (skald_filter_fields[n].name)
		n++;
	names = calloc(n + 1, sizeof(*names));
	for (i = 0; names && i < n; i++)
		names[i] = skald_filter_fields[i].name;
	return names;
}

static int run_script(struct skald_browser *browser, const char *path,
		      struct skald_error *error)
{
	FILE *stream = fopen(path, "re");
	int err;

	if (!stream)
		return skald_error_set(error, errno, "cannot read %s: %s", path,
				       strerror(errno));
	err = skald_script_run(browser, path, stream, error);
	fclose(stream);
	return err;
}

static int run(struct skald_browser *browser, const char *script,
	       struct skald_error *error)
{
	int err = script ? run_script(browser, script, error)
			 : skald_browser_run(browser);

	if (err && !script)
		skald_error_set(error, -err, "the terminal is gone");
	return err;
}

/* The error is shown when the terminal is back as it was. */
static int browse(const struct wishes *wishes)
{
	struct skald_error error = { 0 };
	struct skald_browser *browser = calloc(1, sizeof(*browser));
	int err;

	if (!browser) {
		skald_error_set(&error, ENOMEM, "out of memory");
		return skald_fail(&error);
	}
	err = skald_browser_open(browser, &wishes->config, &error);
	if (!err) {
		err = run(browser, wishes->script, &error);
		skald_browser_close(browser);
	}
	free(browser);
	if (err != -EINVAL || wishes->script)
		return err ? skald_fail(&error) : SKALD_EXIT_DONE;
	if (error.column)
		skald_show_place(wishes->config.filter, error.column);
	return skald_usage("browse", "%s", error.text);
}

int skald_cmd_browse(int argc, char **argv)
{
	struct wishes wishes = {
		.config.screen = { .lines = 24, .columns = 80, .mouse = true },
	};
	struct skald_browser_store *store;
	struct skald_error error = { 0 };
	const char **names;
	int status;

	status = parse(argc, argv, &wishes);
	if (status)
		return status;
	if (wishes.help)
		return skald_help("browse", options_help);
	wishes.config.screen.headless = wishes.script != NULL;
	if (skald_browser_store_open(skald_store_path(wishes.store), &store,
				     &wishes.config.source, &error))
		return skald_fail(&error);
	names = field_names();
	wishes.config.words = names;
	status = browse(&wishes);
	free(names);
	skald_browser_store_close(store);
	return status;
}

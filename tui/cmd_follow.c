// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald follow": its command line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "follow.h"

static const char options_help[] =
	"  -d, --db FILE      record to FILE with a tracerd of its own\n"
	"  -n, --count N      end after N stories\n"
	"  -t, --time N       end after N seconds\n"
	"  -v, --verbose      every event of a story\n" SKALD_WISH_HELP
	"      --json         one line of JSON a story\n"
	"EXPRESSION is tcpdump's: 'tcp port 443 and host 10.0.3.2'; none: all.\n"
	"Exit status: 0 stories came, 1 none came, 2 usage, 3 cannot.\n";

enum {
	OPTION_JSON = 256
};

static const struct option long_options[] = {
	SKALD_WISH_OPTIONS,
	{ "db", required_argument, NULL, 'd' },
	{ "count", required_argument, NULL, 'n' },
	{ "time", required_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Return: -1: go on, else exit status */
static int take_option(struct skald_follow *follow, int option,
		       const char *value, char **argv)
{
	bool is_good = true;

	switch (option) {
	case 'd':
		follow->db = value;
		break;
	case 'n':
		is_good = skald_wish_number(value, &follow->stories);
		break;
	case 't':
		is_good = skald_wish_number(value, &follow->seconds) &&
			  follow->seconds < INT32_MAX;
		break;
	case 'v':
		follow->is_verbose = true;
		break;
	case OPTION_JSON:
		follow->is_json = true;
		break;
	case 'h':
		return skald_help("follow", options_help);
	case '?':
	case ':':
		return skald_usage_option("follow", option, argv);
	default:
		is_good = skald_wish_option(&follow->wish, option, value);
	}
	if (is_good)
		return -1;
	return skald_usage_value("follow", argv);
}

static int parse(struct skald_follow *follow, int argc, char **argv)
{
	int option;
	int status;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":d:n:t:vh" SKALD_WISH_LETTERS,
				     long_options, NULL)) != -1) {
		status = take_option(follow, option, optarg, argv);
		if (status >= 0)
			return status;
	}
	follow->wish.expression = skald_join(argv + optind, argc - optind);
	return follow->wish.expression ? -1 : SKALD_EXIT_CANNOT;
}

int skald_cmd_follow(int argc, char **argv)
{
	struct skald_follow follow = { 0 };
	int status;

	skald_wish_init(&follow.wish);
	status = parse(&follow, argc, argv);
	if (status < 0)
		status = skald_follow_run(&follow);
	skald_wish_done(&follow.wish);
	return status;
}

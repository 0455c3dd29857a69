// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald snapshot": a world into a file.
 */
#include "command.h"

#include <getopt.h>
#include <string.h>

#include "world.h"

static const char options_help[] =
	"  -o, --output FILE    write the world to FILE\n"
	"      --netns NAME     of that namespace: a name, a pid or a path\n"
	"      --rules FILE     with these rules: nft's, or iptables-save's\n"
	"      --world FILE     with --rules: everything else from that world,\n"
	"                       or from the live one: live\n"
	"Without --rules the world is the live one. --rules alone makes up the\n"
	"interfaces that the rules ask for. docs/world.md describes the file.\n"
	"Exit status: 0 written, 2 usage, 3 cannot.\n";

enum {
	OPTION_NETNS = 256,
	OPTION_RULES,
	OPTION_WORLD
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "netns", required_argument, NULL, OPTION_NETNS },
	{ "rules", required_argument, NULL, OPTION_RULES },
	{ "world", required_argument, NULL, OPTION_WORLD },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct wishes {
	const char *output;
	struct skald_world_source source;
	bool help;
};

static int check(int argc, char **argv, const struct wishes *wishes)
{
	int status;

	if (optind < argc)
		return skald_usage(argv[0], "what is \"%s\"?", argv[optind]);
	if (!wishes->output)
		return skald_usage(argv[0], "-o FILE is missing");
	if (wishes->source.world && !wishes->source.rules)
		return skald_usage(argv[0], "--world goes with --rules");
	status = skald_usage_world(argv[0], &wishes->source);
	return status < 0 ? SKALD_EXIT_DONE : status;
}

static int parse(int argc, char **argv, struct wishes *wishes)
{
	int option;

	optind = 0; /* glibc: start anew, the dispatcher has used getopt */
	while ((option = getopt_long(argc, argv, ":o:h", long_options, NULL)) !=
	       -1) {
		switch (option) {
		case 'o':
			wishes->output = optarg;
			break;
		case OPTION_NETNS:
			wishes->source.netns = optarg;
			break;
		case OPTION_RULES:
			wishes->source.rules = optarg;
			break;
		case OPTION_WORLD:
			wishes->source.world = optarg;
			break;
		case 'h':
			wishes->help = true;
			return SKALD_EXIT_DONE;
		default:
			return skald_usage_option(argv[0], option, argv);
		}
	}
	return check(argc, argv, wishes);
}

int skald_cmd_snapshot(int argc, char **argv)
{
	struct wishes wishes = { 0 };
	struct skald_error error = { 0 };
	struct skald_world world;
	int status = parse(argc, argv, &wishes);

	if (status)
		return status;
	if (wishes.help)
		return skald_help("snapshot", options_help);
	if (skald_world_open(&wishes.source, &world, &error))
		return skald_fail(&error);
	if (*world.made_up)
		fprintf(stderr, "skald: made up for the rules: %s\n",
			world.made_up);
	if (skald_world_save(&world, wishes.output, &error))
		status = skald_fail(&error);
	skald_world_done(&world);
	return status;
}

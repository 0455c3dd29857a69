// SPDX-License-Identifier: GPL-2.0-only
/*
 * The skald command: finds the subcommand and runs it.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* A name this many slips away is taken for a slip. */
#define SLIPS_MAX 2
#define NAME_MAX_LEN 15

#define RUN_ROW(name, arguments, summary) skald_cmd_##name,
static int (*const runs[])(int argc, char **argv) = { SKALD_COMMANDS(RUN_ROW) };

static void print_help(FILE *stream)
{
	const struct skald_command *command;

	fprintf(stream, "usage: skald COMMAND [ARGUMENT...]\n\n"
			"The life story of a packet: all that happened to "
			"it, and why.\n\n");
	for (command = skald_commands; command->name; command++)
		fprintf(stream, "  %-9s %s\n", command->name, command->summary);
	fprintf(stream, "\n\"skald help COMMAND\" explains one, \"man skald\" "
			"all of them.\n"
			"Try: skald follow 'tcp port 443'\n");
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to add, drop or change to make one word the other. */
static size_t slips(const char *typed, const char *name)
{
	size_t row[NAME_MAX_LEN + 1];
	size_t n = strlen(name);
	size_t i;
	size_t j;

	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; typed[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (j = 0; j < n; j++) {
			size_t above = row[j + 1];

			row[j + 1] = min3(above + 1, row[j] + 1,
					  corner + (typed[i] != name[j]));
			corner = above;
		}
	}
	return row[n];
}

static int unknown(const char *typed)
{
	const struct skald_command *command;
	const char *meant = NULL;
	size_t least = SLIPS_MAX + 1;

	for (command = skald_commands; command->name; command++) {
		size_t n = slips(typed, command->name);

		if (strlen(typed) >= 2 &&
		    !strncmp(typed, command->name, strlen(typed)))
			n = 0;
		if (n < least) {
			least = n;
			meant = command->name;
		}
	}
	fprintf(stderr, "skald: there is no command \"%s\"\n", typed);
	if (meant)
		fprintf(stderr, "skald: did you mean \"skald %s\"?\n", meant);
	else
		fprintf(stderr, "skald: \"skald help\" lists them\n");
	return SKALD_EXIT_USAGE;
}

static int run(int argc, char **argv)
{
	const struct skald_command *command = skald_command_find(argv[0]);

	if (!command)
		return unknown(argv[0]);
	return runs[command - skald_commands](argc, argv);
}

/* "skald help COMMAND" is "skald COMMAND --help". */
static int help(int argc, char **argv)
{
	static char option[] = "--help";
	char *words[] = { argc > 1 ? argv[1] : NULL, option, NULL };

	if (argc > 1)
		return run(2, words);
	print_help(stdout);
	return SKALD_EXIT_DONE;
}

/* For the shell's completion. */
static int print_names(void)
{
	const struct skald_command *command;

	for (command = skald_commands; command->name; command++)
		puts(command->name);
	return SKALD_EXIT_DONE;
}

static int dispatch(int argc, char **argv)
{
	const char *word = argv[0];

	if (!strcmp(word, "help") || !strcmp(word, "--help") ||
	    !strcmp(word, "-h"))
		return help(argc, argv);
	if (!strcmp(word, "--version") || !strcmp(word, "-V") ||
	    !strcmp(word, "version")) {
		printf("skald %s\n", SKALD_VERSION);
		return SKALD_EXIT_DONE;
	}
	if (!strcmp(word, "--commands"))
		return print_names();
	return run(argc, argv);
}

int main(int argc, char **argv)
{
	int status;

	setlocale(LC_ALL, "");
	/* ignored by who started us, nobody could tell how a child ended */
	signal(SIGCHLD, SIG_DFL);
	opterr = 0; /* the subcommands have better words */
	if (argc < 2) {
		print_help(stderr);
		return SKALD_EXIT_USAGE;
	}
	status = dispatch(argc - 1, argv + 1);
	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && !status) {
		/* what failed earlier has no errno any more */
		fprintf(stderr, "skald: cannot write: %s\n",
			errno ? strerror(errno) : "standard output failed");
		status = SKALD_EXIT_CANNOT;
	}
	return status;
}

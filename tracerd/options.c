// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line of tracerd.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

#define EXIT_USAGE 2
#define QUEUE_DEFAULT ((size_t)64 << 20)
#define NS_PER_SECOND 1000000000ULL

/* O(long name, short, argument, help) */
#define OPTIONS(O)                                                            \
	O("db", 'd', "FILE", "store (" SKALD_DAEMON_DB ")")                   \
	O("socket", 's', "PATH", "control socket (" SKALD_CONTROL_PATH ")")   \
	O("netns", 'N', "NAME",                                               \
	  "namespace to follow in, or all; may be repeated")                  \
	O("source", 'c', "WORD", "auto, nft or kmod (auto)")                  \
	O("buffer", 'b', "SIZE", "buffer of an event socket (64M)")           \
	O("queue", 'q', "SIZE", "memory for stories not written yet (64M)")   \
	O("retain-size", 'S', "SIZE", "keep the store under this size")       \
	O("retain-age", 'A', "TIME", "delete older stories: 90s 15m 12h 7d")  \
	O("private", 'p', "FD", "serve one connected socket only; for skald") \
	O("help", 'h', NULL, "this text")                                     \
	O("version", 'V', NULL, "version")

#define OPTION_LONG(name, letter, argument, help) \
	{ name, (argument) ? required_argument : no_argument, NULL, letter },
#define OPTION_LINE(name, letter, argument, help) \
	{ name, letter, argument, help },

static const struct option long_options[] = { OPTIONS(OPTION_LONG){ 0 } };

static const struct {
	const char *name;
	char letter;
	const char *argument;
	const char *help;
} lines[] = { OPTIONS(OPTION_LINE) };

static void print_help(void)
{
	size_t i;

	printf("usage: tracerd [OPTION...]\n\n"
	       "Follows packets through the firewall and records their "
	       "stories.\n\n");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char option[64];

		snprintf(option, sizeof(option), "-%c, --%s %s",
			 lines[i].letter, lines[i].name,
			 lines[i].argument ? lines[i].argument : "");
		printf("  %-26s %s\n", option, lines[i].help);
	}
	printf("Exit status: 0 told to end, 2 usage, 3 cannot.\n");
}

static int usage(const char *what, const char *problem)
{
	fprintf(stderr, "tracerd: %s%s%s\n", what, *what ? ": " : "", problem);
	fprintf(stderr, "tracerd: \"tracerd --help\" lists the options\n");
	return EXIT_USAGE;
}

/**
 * struct unit - a letter behind a number
 */
struct unit {
	char letter;
	uint64_t factor;
};

static const struct unit sizes[] = {
	{ 'K', 1ULL << 10 },
	{ 'M', 1ULL << 20 },
	{ 'G', 1ULL << 30 },
	{ 'T', 1ULL << 40 },
	{ 0, 0 },
};

static const struct unit times[] = {
	{ 's', NS_PER_SECOND },
	{ 'm', 60 * NS_PER_SECOND },
	{ 'h', 3600 * NS_PER_SECOND },
	{ 'd', 86400 * NS_PER_SECOND },
	{ 0, 0 },
};

/* "512M", "7d"; a number without a letter counts @plain. */
static bool read_number(const char *text, const struct unit *units,
			uint64_t plain, uint64_t *number)
{
	uint64_t factor = plain;
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *text == '-')
		return false;
	if (*end) {
		while (units->letter && units->letter != *end)
			units++;
		if (!units->letter || end[1])
			return false;
		factor = units->factor;
	}
	return !__builtin_mul_overflow(value, factor, number);
}

static bool read_size(const char *text, size_t *size)
{
	uint64_t number;

	if (!read_number(text, sizes, 1, &number) || number > SIZE_MAX / 2)
		return false;
	*size = (size_t)number;
	return true;
}

static bool add_netns(struct skald_options *options, const char *name)
{
	const char **names = reallocarray(options->netns, options->n_netns + 1,
					  sizeof(*names));

	if (!names)
		return false;
	names[options->n_netns++] = name;
	options->netns = names;
	return true;
}

static bool read_fd(const char *text, int *fd)
{
	uint64_t number;

	if (!read_number(text, sizes, 1, &number) || number > 1023)
		return false;
	*fd = (int)number;
	return true;
}

/* Return: whether the option's argument made sense */
static bool take_option(struct skald_options *options, int letter,
			const char *argument)
{
	switch (letter) {
	case 'd':
		options->db = argument;
		return true;
	case 's':
		options->socket = argument;
		return true;
	case 'N':
		return add_netns(options, argument);
	case 'c':
		return skald_source_wish(argument, &options->source);
	case 'b':
		return read_size(argument, &options->buffer) &&
		       options->buffer <= SKALD_BUFFER_MAX;
	case 'q':
		return read_size(argument, &options->queue);
	case 'S':
		return read_number(argument, sizes, 1, &options->retain_size);
	case 'A':
		return read_number(argument, times, NS_PER_SECOND,
				   &options->retain_age_ns);
	case 'p':
		return read_fd(argument, &options->private_fd);
	}
	return false;
}

/* docs/hacking.md, "test knobs" */
static void read_environment(struct skald_options *options)
{
	const char *delay = getenv("SKALD_TEST_WRITER_DELAY_US");
	uint64_t number;

	if (delay && read_number(delay, sizes, 1, &number) && number < 1000000)
		options->writer_delay_us = (unsigned int)number;
	options->record = getenv("SKALD_TEST_KMOD_RECORD");
}

static int read_options(int argc, char **argv, struct skald_options *options)
{
	const char *letters = "d:s:N:c:b:q:S:A:p:hV";
	int letter;

	while ((letter = getopt_long(argc, argv, letters, long_options,
				     NULL)) != -1) {
		switch (letter) {
		case 'h':
			print_help();
			return 0;
		case 'V':
			printf("tracerd %s\n", SKALD_VERSION);
			return 0;
		case '?':
			return usage(
				"", "unknown option, or one without its value");
		}
		if (!take_option(options, letter, optarg))
			return usage(optarg, "no value for that option");
	}
	if (optind < argc)
		return usage(argv[optind], "unexpected argument");
	if (!options->n_netns && !add_netns(options, NULL))
		return usage("", "no memory");
	return -1;
}

int skald_options_parse(int argc, char **argv, struct skald_options *options)
{
	struct skald_options o = { .private_fd = -1, .queue = QUEUE_DEFAULT };
	int status;

	o.socket = getenv("SKALD_SOCKET");
	if (!o.socket || !*o.socket)
		o.socket = SKALD_CONTROL_PATH;
	read_environment(&o);
	status = read_options(argc, argv, &o);
	if (status >= 0) {
		free(o.netns);
		return status;
	}
	if (!o.db && o.private_fd < 0)
		o.db = SKALD_DAEMON_DB;
	*options = o;
	return -1;
}

void skald_options_done(struct skald_options *options)
{
	free(options->netns);
}

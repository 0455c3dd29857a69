// SPDX-License-Identifier: GPL-2.0-only
/*
 * What subcommands share: failures, help, where the store is.
 */
#include "command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

#define STORE_HERE "skald.db"
#define STORE_DAEMON "/var/lib/skald/skald.db"
#define HELP_COLUMNS 79

#define COMMAND_ROW(name, arguments, summary) { #name, arguments, summary },
const struct skald_command skald_commands[] = { SKALD_COMMANDS(COMMAND_ROW){
	0 } };

const struct skald_command *skald_command_find(const char *name)
{
	const struct skald_command *command = skald_commands;

	while (command->name && strcmp(command->name, name))
		command++;
	return command->name ? command : NULL;
}

int skald_fail(const struct skald_error *error)
{
	fprintf(stderr, "skald: %s\n", error->text);
	if (*error->help)
		fprintf(stderr, "skald: %s\n", error->help);
	return SKALD_EXIT_CANNOT;
}

int skald_no_memory(void)
{
	const struct skald_error error = { .text = "no memory" };

	return skald_fail(&error);
}

int skald_usage(const char *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "skald %s: ", command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nskald %s: \"skald help %s\" explains it\n", command,
		command);
	return SKALD_EXIT_USAGE;
}

int skald_usage_option(const char *command, int option, char **argv)
{
	const char *word = argv[optind - 1];

	if (option == ':')
		return skald_usage(command, "%s needs a value", word);
	if (!optopt)
		return skald_usage(command, "there is no option %s", word);
	if (!strncmp(word, "--", 2) && strchr(word, '='))
		return skald_usage(command, "%s: it takes no value", word);
	return skald_usage(command, "there is no option -%c", optopt);
}

int skald_usage_value(const char *command, char **argv)
{
	if (optarg != argv[optind - 1])
		return skald_usage(command, "%s: that is no value for it",
				   argv[optind - 1]);
	return skald_usage(command, "%s %s: that is no value for it",
			   argv[optind - 2], optarg);
}

int skald_usage_world(const char *command,
		      const struct skald_world_source *source)
{
	if (source->netns && source->world && strcmp(source->world, "live"))
		return skald_usage(command,
				   "--netns is for the live world, "
				   "--world %s is another",
				   source->world);
	return -1;
}

/* Options stay in one piece: a line ends before a "[", or before a word
 * that is outside of brackets. */
static void print_arguments(const char *text, int indent)
{
	int column = indent;
	int depth = 0;
	const char *end;

	while (*text) {
		for (end = text; *end && (*end != ' ' || depth); end++)
			depth += (*end == '[') - (*end == ']');
		if (column + 1 + (end - text) > HELP_COLUMNS) {
			printf("\n%*s", indent, "");
			column = indent;
		}
		printf(" %.*s", (int)(end - text), text);
		column += 1 + (int)(end - text);
		text = *end ? end + 1 : end;
	}
}

int skald_help(const char *command, const char *options)
{
	const struct skald_command *row = skald_command_find(command);

	if (!row)
		return SKALD_EXIT_USAGE;
	print_arguments(row->arguments, printf("usage: skald %s", row->name));
	printf("\n\n%s\n\n%s", row->summary, options);
	return SKALD_EXIT_DONE;
}

void skald_show_place(const char *text, int column)
{
	if (column > 0)
		fprintf(stderr, "  %s\n  %*s\n", text, column, "^");
}

int skald_where(const char *command, const char *text,
		struct skald_filter **filter)
{
	struct skald_error error = { 0 };
	int status;

	if (!skald_filter_compile(text, filter, &error))
		return 0;
	status = skald_usage(command, "%s", error.text);
	skald_show_place(text, error.column);
	return status;
}

const char *skald_store_path(const char *option)
{
	if (option)
		return option;
	return access(STORE_HERE, F_OK) ? STORE_DAEMON : STORE_HERE;
}

char *skald_join(char *const *words, int n)
{
	size_t size = 1;
	char *text;
	char *end;
	int i;

	for (i = 0; i < n; i++)
		size += strlen(words[i]) + 1;
	text = malloc(size);
	if (!text)
		return NULL;
	*text = '\0';
	end = text;
	for (i = 0; i < n; i++) {
		if (i)
			end = stpcpy(end, " ");
		end = stpcpy(end, words[i]);
	}
	return text;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald filter help": what rules can be made of, from the engine's registry.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "registry.h"

#define COLUMNS 80
#define NAME_WIDTH 16
#define PARAMETER_WIDTH 24

static const char options_help[] =
	"help          every expression, object, match and target\n"
	"help NAME     one, with parameters, types and valid values\n"
	"help KIND     those of a kind: expression, object, match, target\n\n"
	"      --json  the same as an array\n"
	"Exit status: 0, 1 nothing has that name, 2 usage.\n";

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

/* Words with @mark behind all but the last, in lines from @indent on. */
static void print_words(const json_t *values, const char *mark, int indent)
{
	int column = COLUMNS;
	size_t i;
	const json_t *value;

	json_array_foreach((json_t *)values, i, value)
	{
		const char *word = text_of(value, "word");

		if (column + 1 + (int)(strlen(word) + strlen(mark)) >= COLUMNS)
			column = printf("%s%*s", i ? "\n" : "", indent, "");
		else
			column += printf(" ");
		column += printf("%s", word);
		if (i + 1 < json_array_size(values))
			column += printf("%s", mark);
	}
	if (json_array_size(values))
		putchar('\n');
}

/* The same for a sentence. */
static void print_help(const char *text, int indent)
{
	int column = COLUMNS;
	const char *from = text;

	while (*text) {
		int width = (int)strcspn(text, " ");

		if (column + 1 + width >= COLUMNS)
			column = printf("%s%*s", text > from ? "\n" : "",
					indent, "");
		else
			column += printf(" ");
		column += printf("%.*s", width, text);
		text += width;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_type(const json_t *parameter)
{
	const json_t *most = json_object_get(parameter, "most");

	printf("%s", text_of(parameter, "type"));
	if (json_is_integer(most))
		printf(", at most %lld", (long long)json_integer_value(most));
	putchar('\n');
}

static void print_parameter(const json_t *parameter)
{
	const json_t *values = json_object_get(parameter, "values");
	bool is_flags = json_is_true(json_object_get(parameter, "flags"));
	bool is_needed = json_is_true(json_object_get(parameter, "required"));
	char name[PARAMETER_WIDTH + 1];

	snprintf(name, sizeof(name), is_needed ? "%s" : "[%s]",
		 text_of(parameter, "name"));
	printf("  %-*s ", PARAMETER_WIDTH, name);
	print_type(parameter);
	print_help(text_of(parameter, "help"), PARAMETER_WIDTH + 3);
	print_words(values, is_flags ? "," : " |", PARAMETER_WIDTH + 3);
}

static void print_list(const json_t *row, const char *key, const char *title)
{
	const json_t *list = json_object_get(row, key);
	const json_t *value;
	size_t i;

	if (!json_array_size(list))
		return;
	printf("  %s", title);
	json_array_foreach((json_t *)list, i, value)
	{
		if (json_is_integer(value))
			printf(" %lld", (long long)json_integer_value(value));
		else
			printf(" %s", json_string_value(value));
	}
	putchar('\n');
}

static void print_row(const json_t *row)
{
	const json_t *parameter;
	size_t i;

	printf("%s (%s)\n", text_of(row, "name"), text_of(row, "kind"));
	print_help(text_of(row, "help"), 2);
	print_list(row, "revisions", "revisions");
	print_list(row, "families", "only");
	json_array_foreach(json_object_get(row, "parameters"), i, parameter)
		print_parameter(parameter);
}

static void print_line(const json_t *row, const char **kind)
{
	if (strcmp(*kind, text_of(row, "kind")) != 0) {
		printf("%s%s:\n", **kind ? "\n" : "", text_of(row, "kind"));
		*kind = text_of(row, "kind");
	}
	printf("  %-*s %s\n", NAME_WIDTH, text_of(row, "name"),
	       text_of(row, "help"));
}

/* One name in full, many in a line each. */
static void print_text(const json_t *all, bool in_full)
{
	const char *kind = "";
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)all, i, row)
	{
		if (!in_full) {
			print_line(row, &kind);
			continue;
		}
		if (i)
			putchar('\n');
		print_row(row);
	}
}

static bool is_kind(const char *word)
{
	return !strcmp(word, "expression") || !strcmp(word, "object") ||
	       !strcmp(word, "match") || !strcmp(word, "target");
}

static int tell(const char *name, bool as_json)
{
	json_t *all = skald_registry(*name ? name : NULL);
	int status = SKALD_EXIT_DONE;

	if (!json_array_size(all)) {
		fprintf(stderr,
			"skald: nothing is called \"%s\"; \"skald filter help\""
			" lists all\n",
			name);
		status = SKALD_EXIT_NOTHING;
	} else if (as_json) {
		json_dumpf(all, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		print_text(all, *name && !is_kind(name));
	}
	json_decref(all);
	return status;
}

int skald_cmd_filter(int argc, char **argv)
{
	bool as_json = false;
	char *name;
	int option, status;

	optind = 0; /* glibc: start anew, the dispatcher has used getopt */
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) !=
	       -1) {
		switch (option) {
		case 'j':
			as_json = true;
			break;
		case 'h':
			return skald_help(argv[0], options_help);
		default:
			return skald_usage_option(argv[0], option, argv);
		}
	}
	if (optind == argc)
		return skald_usage(argv[0], "help is missing");
	if (strcmp(argv[optind], "help") != 0)
		return skald_usage(argv[0], "no \"%s\"; help", argv[optind]);
	/* names have spaces: "ct helper" */
	name = skald_join(argv + optind + 1, argc - optind - 1);
	if (!name)
		return SKALD_EXIT_CANNOT;
	status = tell(name, as_json);
	free(name);
	return status;
}

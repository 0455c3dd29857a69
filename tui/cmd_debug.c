// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald debug": the debug table of a running tracerd.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "control.h"
#include "wish.h"

static const char options_help[] =
	"add [OPTION...] [EXPRESSION]  record packets that match, from now on\n"
	"list                          the classifiers and what they did\n"
	"delete ID...                  take classifiers away; also: del\n\n"
	"Options of add:\n" SKALD_WISH_HELP
	"      --first N      only the first N packets\n"
	"      --ttl N        for N seconds\n"
	"Option of add and list:\n"
	"      --json         JSON\n"
	"Exit status: 0 done, 1 no such classifier, 2 usage, 3 cannot.\n";

enum {
	OPTION_JSON = 256,
	OPTION_FIRST,
	OPTION_TTL
};

static const struct option long_options[] = {
	SKALD_WISH_OPTIONS,
	{ "first", required_argument, NULL, OPTION_FIRST },
	{ "ttl", required_argument, NULL, OPTION_TTL },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct debugging - one "skald debug"
 * @wish: what to add
 * @first: packets, 0: any
 * @ttl: seconds, 0: for ever
 * @is_json: answer as JSON
 */
struct debugging {
	struct skald_wish wish;
	uint64_t first;
	uint64_t ttl;
	bool is_json;
};

/* ---- talking to tracerd ---- */

static int failed(int err, const struct skald_error *error,
		  const char *expression)
{
	(void)skald_fail(error);
	if (expression)
		skald_show_place(expression, error->column);
	if (err == -ENOENT)
		return SKALD_EXIT_NOTHING;
	return err == -EINVAL ? SKALD_EXIT_USAGE : SKALD_EXIT_CANNOT;
}

static int connect_daemon(struct skald_control **control)
{
	struct skald_error error = { 0 };

	if (!skald_control_connect(NULL, control, &error))
		return -1;
	skald_error_help(&error, "the debug table is that of a running "
				 "tracerd: systemctl start tracerd; without "
				 "one, \"skald follow\" works by itself");
	return skald_fail(&error);
}

/* Takes over @request. Return: -1 and the answer, or exit status */
static int call(json_t *request, json_t **answer, const char *expression)
{
	struct skald_error error = { 0 };
	struct skald_control *control;
	int status = connect_daemon(&control);
	int err;

	if (status >= 0) {
		json_decref(request);
		return status;
	}
	err = skald_control_call(control, request, answer, &error);
	skald_control_close(control);
	json_decref(request);
	return err ? failed(err, &error, expression) : -1;
}

/* ---- add ---- */

static uint64_t expiry(uint64_t ttl)
{
	struct timespec now;

	if (!ttl)
		return 0;
	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec + ttl) * 1000000000ULL +
	       (uint64_t)now.tv_nsec;
}

static int add(struct debugging *debugging, int argc, char **argv)
{
	json_t *request;
	json_t *answer;
	int status;

	debugging->wish.expression = skald_join(argv, argc);
	request = debugging->wish.expression
			  ? skald_wish_request(&debugging->wish)
			  : NULL;
	if (!request)
		return SKALD_EXIT_CANNOT;
	json_object_set_new(request, "keep", json_true());
	json_object_set_new(request, "first",
			    json_integer((json_int_t)debugging->first));
	json_object_set_new(request, "expires_ns",
			    json_integer((json_int_t)expiry(debugging->ttl)));
	status = call(request, &answer, debugging->wish.expression);
	if (status >= 0)
		return status;
	if (debugging->is_json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		printf("classifier %" JSON_INTEGER_FORMAT "\n",
		       json_integer_value(json_object_get(answer, "id")));
	}
	json_decref(answer);
	return SKALD_EXIT_DONE;
}

/* ---- list ---- */

static json_int_t number(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static void print_limits(const json_t *row)
{
	const char *iif = json_string_value(json_object_get(row, "iif"));
	const char *oif = json_string_value(json_object_get(row, "oif"));
	const char *hook = json_string_value(json_object_get(row, "hook"));
	const char *source = json_string_value(json_object_get(row, "source"));

	if (iif)
		printf(" iif %s", iif);
	if (oif)
		printf(" oif %s", oif);
	if (hook && strcmp(hook, "both"))
		printf(" hook %s", hook);
	if (number(row, "rate"))
		printf(" rate %lld/s", (long long)number(row, "rate"));
	if (number(row, "sample") > 1)
		printf(" sample 1/%lld", (long long)number(row, "sample"));
	if (number(row, "first"))
		printf(" first %lld", (long long)number(row, "first"));
	printf(" by %s", source ? source : "?");
	if (json_is_true(json_object_get(row, "temporary")))
		printf(" (of a follow)");
}

static void print_classifier(const json_t *row)
{
	const json_t *names = json_object_get(row, "namespaces");
	const char *text =
		json_string_value(json_object_get(row, "expression"));
	size_t i;

	printf("%lld  %s\n   ", (long long)number(row, "id"),
	       text && *text ? text : "(everything)");
	printf(" seen %lld marked %lld stories %lld",
	       (long long)number(row, "seen"), (long long)number(row, "marked"),
	       (long long)number(row, "stories"));
	print_limits(row);
	printf(" in");
	for (i = 0; i < json_array_size(names); i++)
		printf(" %s", json_string_value(json_array_get(names, i)));
	putchar('\n');
}

static int list(struct debugging *debugging, int argc, char **argv)
{
	const json_t *rows;
	json_t *answer;
	size_t n;
	size_t i;
	int status;

	if (argc)
		return skald_usage("debug", "unexpected \"%s\"", argv[0]);
	status = call(json_pack("{s:s}", "cmd", "list"), &answer, NULL);
	if (status >= 0)
		return status;
	rows = json_object_get(answer, "classifiers");
	n = json_array_size(rows);
	for (i = 0; i < n; i++) {
		if (!debugging->is_json) {
			print_classifier(json_array_get(rows, i));
			continue;
		}
		json_dumpf(json_array_get(rows, i), stdout, JSON_COMPACT);
		putchar('\n');
	}
	json_decref(answer);
	return n ? SKALD_EXIT_DONE : SKALD_EXIT_NOTHING;
}

/* ---- delete ---- */

static int delete (struct debugging *debugging, int argc, char **argv)
{
	json_t *answer;
	uint64_t id;
	int worst = SKALD_EXIT_DONE;
	int status;
	int i;

	if (!argc)
		return skald_usage("debug", "delete which classifier?");
	for (i = 0; i < argc; i++) {
		if (!skald_wish_number(argv[i], &id) || id > INT32_MAX)
			return skald_usage("debug", "\"%s\" is no classifier",
					   argv[i]);
		status = call(json_pack("{s:s, s:I}", "cmd", "delete", "id",
					(json_int_t)id),
			      &answer, NULL);
		if (status < 0)
			json_decref(answer);
		else if (status > worst)
			worst = status;
	}
	return worst;
}

/* ---- the command line ---- */

static const struct {
	const char *name;
	int (*run)(struct debugging *debugging, int argc, char **argv);
} verbs[] = {
	{ "add", add },
	{ "list", list },
	{ "delete", delete },
	{ "del", delete },
};

/* Return: -1: go on, else exit status */
static int take_option(struct debugging *debugging, int option,
		       const char *value, char **argv)
{
	bool is_good = true;

	switch (option) {
	case OPTION_JSON:
		debugging->is_json = true;
		break;
	case OPTION_FIRST:
		is_good = skald_wish_number(value, &debugging->first);
		break;
	case OPTION_TTL:
		is_good = skald_wish_number(value, &debugging->ttl) &&
			  debugging->ttl <= INT32_MAX;
		break;
	case 'h':
		return skald_help("debug", options_help);
	case '?':
	case ':':
		return skald_usage_option("debug", option, argv);
	default:
		is_good = skald_wish_option(&debugging->wish, option, value);
	}
	if (is_good)
		return -1;
	return skald_usage_value("debug", argv);
}

static int parse(struct debugging *debugging, int argc, char **argv)
{
	int option;
	int status;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":h" SKALD_WISH_LETTERS,
				     long_options, NULL)) != -1) {
		status = take_option(debugging, option, optarg, argv);
		if (status >= 0)
			return status;
	}
	return -1;
}

static int run(struct debugging *debugging, int argc, char **argv)
{
	size_t i;
	int status;

	if (argc < 2)
		return skald_usage("debug", "add, list or delete?");
	/* Options of the verb stand behind it. */
	if (*argv[1] == '-') {
		status = parse(debugging, argc, argv);
		return status >= 0 ? status
				   : skald_usage("debug", "add, list "
							  "or delete "
							  "first");
	}
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, argv[1]))
			continue;
		status = parse(debugging, argc - 1, argv + 1);
		if (status >= 0)
			return status;
		return verbs[i].run(debugging, argc - 1 - optind,
				    argv + 1 + optind);
	}
	return skald_usage("debug", "there is no \"%s\"; add, list or delete",
			   argv[1]);
}

int skald_cmd_debug(int argc, char **argv)
{
	struct debugging debugging = { 0 };
	int status;

	skald_wish_init(&debugging.wish);
	status = run(&debugging, argc, argv);
	skald_wish_done(&debugging.wish);
	return status;
}

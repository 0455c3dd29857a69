// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald status": what a running tracerd does and what the store holds.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "control.h"
#include "store.h"

#define NS_PER_SECOND 1000000000ULL

static const char options_help[] =
	"  -d, --db FILE  the store to look at; else that of tracerd\n"
	"      --json     one object: daemon and store, null when not there\n"
	"Exit status: 0, 1 neither daemon nor store, 2 usage, 3 cannot.\n";

enum {
	OPTION_JSON = 256
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* Return: the daemon's status, or NULL: none answers */
static json_t *ask_daemon(void)
{
	json_t *request = json_pack("{s:s}", "cmd", "status");
	struct skald_control *control;
	struct skald_error error;
	json_t *answer = NULL;

	if (!skald_control_connect(NULL, &control, &error)) {
		if (skald_control_call(control, request, &answer, &error))
			answer = NULL;
		skald_control_close(control);
	}
	json_decref(request);
	if (answer)
		json_object_del(answer, "ok");
	return answer;
}

/* Return: 0 and the store's summary, NULL: there is no store; or -errno */
static int ask_store(const char *path, json_t **json, struct skald_error *error)
{
	struct skald_store_summary s;
	struct skald_store *store;
	int err;

	*json = NULL;
	err = skald_store_open(path, SKALD_STORE_READ, &store, error);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = skald_store_summary(store, &s, error);
	skald_store_close(store);
	if (err)
		return err;
	*json = json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"path", path, "stories", (json_int_t)s.stories, "incomplete",
		(json_int_t)s.incomplete, "events", (json_int_t)s.events,
		"shapes", (json_int_t)s.shapes, "rules", (json_int_t)s.rules,
		"generations", (json_int_t)s.generations, "lost",
		(json_int_t)s.lost, "first_ns", (json_int_t)s.first_ns,
		"last_ns", (json_int_t)s.last_ns, "newest_id",
		(json_int_t)s.newest_id, "bytes", (json_int_t)s.bytes);
	return 0;
}

static const char *word(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "?";
}

static long long number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static void print_namespaces(const json_t *list)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		printf("  in %s: %lld classifier%s, table %s\n",
		       word(row, "name"), number(row, "classifiers"),
		       number(row, "classifiers") == 1 ? "" : "s",
		       word(row, "table"));
	}
}

static void print_module(const json_t *module)
{
	if (!json_is_object(module))
		return;
	printf("  skald.ko %s: %lld classifier%s; packets marked %lld, born of "
	       "them %lld, followed now %lld\n",
	       word(module, "release"), number(module, "classifiers"),
	       number(module, "classifiers") == 1 ? "" : "s",
	       number(module, "marked"), number(module, "born"),
	       number(module, "known"));
	printf("  records %lld, lost %lld; no room for packets %lld\n",
	       number(module, "emitted"), number(module, "lost"),
	       number(module, "full"));
}

static void print_daemon(const json_t *daemon)
{
	const json_t *reader = json_object_get(daemon, "reader");
	const json_t *writer = json_object_get(daemon, "writer");
	const json_t *queue = json_object_get(daemon, "queue");

	if (!daemon) {
		printf("tracerd: not running\n");
		return;
	}
	printf("tracerd %s: pid %lld, up %lld s, %lld client%s\n",
	       word(daemon, "version"), number(daemon, "pid"),
	       number(daemon, "uptime_s"), number(daemon, "clients"),
	       number(daemon, "clients") == 1 ? "" : "s");
	printf("  recording to %s%s\n", word(daemon, "db"),
	       json_is_true(json_object_get(writer, "paused"))
		       ? ": PAUSED, the store fails"
		       : "");
	print_namespaces(json_object_get(daemon, "namespaces"));
	print_module(json_object_get(daemon, "module"));
	printf("  messages %lld, of them traces %lld; lost %lld in %lld "
	       "overruns; malformed %lld\n",
	       number(reader, "messages"), number(reader, "traces"),
	       number(reader, "lost"), number(reader, "overruns"),
	       number(reader, "malformed"));
	printf("  stories %lld, incomplete %lld, open %lld; shed %lld; "
	       "deleted %lld\n",
	       number(writer, "stories"), number(writer, "incomplete"),
	       number(reader, "open"), number(reader, "shed_stories"),
	       number(writer, "deleted"));
	printf("  events lost %lld; queue %lld of %lld bytes\n",
	       number(writer, "lost"), number(queue, "bytes"),
	       number(queue, "max_bytes"));
}

static void print_time(const char *what, long long ns)
{
	time_t when = (time_t)(ns / (long long)NS_PER_SECOND);
	char text[32];
	struct tm parts;

	if (!ns)
		return;
	strftime(text, sizeof(text), "%F %T", localtime_r(&when, &parts));
	printf("%s%s", what, text);
}

static void print_size(long long bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	double size = (double)bytes;
	unsigned int unit = 0;

	while (size >= 1024 && unit < 3) {
		size /= 1024;
		unit++;
	}
	printf("%.*f %s", unit && size < 10 ? 1 : 0, size, units[unit]);
}

static void print_store(const json_t *store, const char *path)
{
	if (!store) {
		printf("store: %s is not there\n", path);
		return;
	}
	printf("store %s: ", path);
	print_size(number(store, "bytes"));
	printf("\n  stories %lld, incomplete %lld", number(store, "stories"),
	       number(store, "incomplete"));
	print_time("; from ", number(store, "first_ns"));
	print_time(" to ", number(store, "last_ns"));
	printf("\n  events %lld; lost %lld\n", number(store, "events"),
	       number(store, "lost"));
	printf("  shapes %lld, rules %lld, rulesets %lld\n",
	       number(store, "shapes"), number(store, "rules"),
	       number(store, "generations"));
}

static void print_json(const json_t *daemon, const json_t *store)
{
	json_t *all =
		json_pack("{s:O?, s:O?}", "daemon", daemon, "store", store);

	if (all)
		json_dumpf(all, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(all);
}

static int status(const char *db, bool is_json)
{
	struct skald_error error = { 0 };
	json_t *daemon = ask_daemon();
	json_t *store;
	const char *path = db;
	int err;

	if (!path && daemon)
		path = word(daemon, "db");
	if (!path)
		path = skald_store_path(NULL);
	err = ask_store(path, &store, &error);
	if (is_json) {
		print_json(daemon, store);
	} else {
		print_daemon(daemon);
		if (!err)
			print_store(store, path);
	}
	json_decref(store);
	err = err		? skald_fail(&error)
	      : daemon || store ? SKALD_EXIT_DONE
				: SKALD_EXIT_NOTHING;
	json_decref(daemon);
	return err;
}

int skald_cmd_status(int argc, char **argv)
{
	const char *db = NULL;
	bool is_json = false;
	int option;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":d:h", long_options, NULL)) !=
	       -1) {
		switch (option) {
		case 'd':
			db = optarg;
			break;
		case OPTION_JSON:
			is_json = true;
			break;
		case 'h':
			return skald_help("status", options_help);
		default:
			return skald_usage_option("status", option, argv);
		}
	}
	if (optind < argc)
		return skald_usage("status", "unexpected \"%s\"", argv[optind]);
	return status(db, is_json);
}

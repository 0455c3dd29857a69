// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald verify": the engine's path of every recorded story against the
 * kernel's.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "filter.h"
#include "json.h"
#include "past.h"
#include "progress.h"
#include "reenact.h"
#include "store.h"

/* Differences are shown up to here; all are counted. */
#define CASES_MAX 100

static const char options_help[] =
	"  -d, --db FILE       read FILE\n"
	"  -w, --where FILTER  only stories that match: see skald-filter(7)\n"
	"      --world FILE    everything but the rules is of that world\n"
	"      --json          {stories, agree, disagree, unknown, cases[]}\n"
	"Exit status: 0 none disagrees, 1 some do, or there is no story, 2 usage,\n"
	"3 cannot.\n";

enum {
	OPTION_WORLD = 256,
	OPTION_JSON
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "where", required_argument, NULL, 'w' },
	{ "world", required_argument, NULL, OPTION_WORLD },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct verifying - one "skald verify"
 * @db: store
 * @where: filter
 * @around: world file, or NULL
 * @is_json: as JSON
 * @past: generations
 * @progress: how far it is
 * @total: stories in the store
 * @n: stories by enum skald_agreement
 * @cases: for JSON
 * @n_cases: told so far
 * @reasons: why something is not known, and how often
 * @err: the first failure
 * @error: in words
 */
struct verifying {
	const char *db;
	const char *where;
	const char *around;
	bool is_json;
	struct skald_past *past;
	struct skald_progress progress;
	uint64_t total;
	uint64_t n[SKALD_AGREEMENT_UNKNOWN + 1];
	json_t *cases;
	unsigned int n_cases;
	json_t *reasons;
	int err;
	struct skald_error error;
};

static int parse(struct verifying *verifying, int argc, char **argv)
{
	int option;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":d:w:h", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'd':
			verifying->db = optarg;
			break;
		case 'w':
			verifying->where = optarg;
			break;
		case OPTION_WORLD:
			verifying->around = optarg;
			break;
		case OPTION_JSON:
			verifying->is_json = true;
			break;
		case 'h':
			return skald_help("verify", options_help);
		default:
			return skald_usage_option("verify", option, argv);
		}
	}
	if (optind < argc)
		return skald_usage("verify", "what is \"%s\"?", argv[optind]);
	return -1;
}

/* One turn of a path as JSON, NULL: the event is none. */
static json_t *turn_of(const struct skald_event *event)
{
	switch (event->kind) {
	case SKALD_RULE:
	case SKALD_RETURN:
	case SKALD_POLICY:
		return skald_json_event(event);
	}
	return NULL;
}

static json_t *path_of(const struct skald_story *story, unsigned int first,
		       unsigned int n)
{
	json_t *path = json_array();

	for (unsigned int i = first; i < first + n; i++) {
		json_t *turn = turn_of(&story->events[i]);

		if (turn)
			json_array_append_new(path, turn);
	}
	return path;
}

static void add_case(struct verifying *verifying,
		     const struct skald_story *story,
		     const struct skald_reenacted *again,
		     const struct skald_scene *scene)
{
	const struct skald_event *chain = &story->events[scene->then];
	json_t *object;

	if (verifying->n_cases++ >= CASES_MAX)
		return;
	object =
		json_pack("{s:I, s:o, s:s?, s:s?, s:s?, s:o, s:o}", "id",
			  (json_int_t)story->id, "packet",
			  skald_json_packet(&story->packet), "table",
			  chain->ev_chain.table, "chain", chain->ev_chain.chain,
			  "because", scene->because, "kernel",
			  path_of(story, scene->then, scene->n_then), "engine",
			  path_of(&again->story, scene->now, scene->n_now));
	json_object_set_new(object, "family",
			    json_string(skald_word(skald_words_of_FAMILY,
						   chain->ev_chain.family)));
	json_array_append_new(verifying->cases, object);
}

static void count_reason(struct verifying *verifying, const char *reason)
{
	json_t *count = json_object_get(verifying->reasons, reason);

	json_object_set_new(verifying->reasons, reason,
			    json_integer(json_integer_value(count) + 1));
}

static void judge(struct verifying *verifying, const struct skald_story *story,
		  const struct skald_reenacted *again)
{
	const char *reason = NULL;

	verifying->n[again->agreement]++;
	for (unsigned int i = 0; i < again->n_scenes; i++) {
		const struct skald_scene *scene = &again->scenes[i];

		if (scene->agreement == SKALD_DISAGREES)
			add_case(verifying, story, again, scene);
		else if (scene->because && !reason)
			reason = scene->because;
	}
	if (again->agreement == SKALD_AGREEMENT_UNKNOWN && reason)
		count_reason(verifying, reason);
}

static bool has_chain(const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		if (story->events[i].kind == SKALD_CHAIN)
			return true;
	}
	return false;
}

static bool take_story(void *user, const struct skald_story *story)
{
	struct verifying *verifying = user;
	struct skald_reenacted again;
	struct skald_engine *engine;
	struct skald_error error = { 0 };
	uint64_t done = verifying->n[0] + verifying->n[1] + verifying->n[2];
	int err;

	skald_progress_tell(&verifying->progress, done, verifying->total);
	/* nothing decided: nothing can differ */
	if (!has_chain(story)) {
		verifying->n[SKALD_AGREES]++;
		return true;
	}
	err = skald_past_engine(verifying->past, story, &engine, &error);
	if (err == -ENOMEM || err == -EIO) {
		verifying->err = err;
		verifying->error = error;
		return false;
	}
	if (err) {
		verifying->n[SKALD_AGREEMENT_UNKNOWN]++;
		count_reason(verifying, error.text);
		return true;
	}
	verifying->err = skald_reenact(engine, story, false, &again);
	if (verifying->err) {
		skald_error_set(&verifying->error, ENOMEM, "no memory");
		return false;
	}
	judge(verifying, story, &again);
	skald_reenacted_done(&again);
	return true;
}

static uint64_t sum(const struct verifying *verifying)
{
	return verifying->n[0] + verifying->n[1] + verifying->n[2];
}

static void print_json(const struct verifying *verifying)
{
	json_t *object =
		json_pack("{s:I, s:I, s:I, s:I, s:O, s:O}", "stories",
			  (json_int_t)sum(verifying), "agree",
			  (json_int_t)verifying->n[SKALD_AGREES], "disagree",
			  (json_int_t)verifying->n[SKALD_DISAGREES], "unknown",
			  (json_int_t)verifying->n[SKALD_AGREEMENT_UNKNOWN],
			  "reasons", verifying->reasons, "cases",
			  verifying->cases);

	if (object)
		json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

/* "fwd 7 jump dns", "policy drop" */
static void turn_text(const json_t *turn, char *text, size_t size)
{
	const char *kind = json_string_value(json_object_get(turn, "kind"));
	const char *chain = json_string_value(json_object_get(turn, "chain"));
	const char *verdict =
		json_string_value(json_object_get(turn, "verdict"));
	const char *target = json_string_value(json_object_get(turn, "target"));

	if (!kind || !chain)
		*text = '\0';
	else if (!strcmp(kind, "policy"))
		snprintf(text, size, "%s policy %s", chain,
			 verdict ? verdict : "?");
	else
		snprintf(text, size, "%s rule %" JSON_INTEGER_FORMAT " %s%s%s",
			 chain,
			 json_integer_value(json_object_get(turn, "handle")),
			 verdict ? verdict : "return", target ? " " : "",
			 target ? target : "");
}

static void print_case(const json_t *object)
{
	const json_t *kernel = json_object_get(object, "kernel");
	const json_t *engine = json_object_get(object, "engine");
	size_t n = json_array_size(kernel);
	char then[128], now[128];

	if (json_array_size(engine) > n)
		n = json_array_size(engine);
	printf("\n#%" JSON_INTEGER_FORMAT " %s %s %s\n",
	       json_integer_value(json_object_get(object, "id")),
	       json_string_value(json_object_get(object, "family")),
	       json_string_value(json_object_get(object, "table")),
	       json_string_value(json_object_get(object, "chain")));
	printf("    %-36s   %s\n", "the kernel", "the engine");
	for (size_t i = 0; i < n; i++) {
		turn_text(json_array_get(kernel, i), then, sizeof(then));
		turn_text(json_array_get(engine, i), now, sizeof(now));
		printf("  %s %-36s   %s\n", strcmp(then, now) ? ">" : " ", then,
		       now);
	}
}

static void print_text(const struct verifying *verifying)
{
	uint64_t known =
		verifying->n[SKALD_AGREES] + verifying->n[SKALD_DISAGREES];
	const char *reason;
	json_t *count;

	printf("%" PRIu64 " stories: %" PRIu64 " agree, %" PRIu64
	       " disagree, %" PRIu64 " unknown",
	       sum(verifying), verifying->n[SKALD_AGREES],
	       verifying->n[SKALD_DISAGREES],
	       verifying->n[SKALD_AGREEMENT_UNKNOWN]);
	if (known)
		printf(" (%.4g %% of what is known agrees)",
		       100.0 * (double)verifying->n[SKALD_AGREES] /
			       (double)known);
	putchar('\n');
	json_object_foreach(verifying->reasons, reason, count)
		printf("%8" JSON_INTEGER_FORMAT " unknown: %s\n",
		       json_integer_value(count), reason);
	for (size_t i = 0; i < json_array_size(verifying->cases); i++)
		print_case(json_array_get(verifying->cases, i));
}

static int run(struct verifying *verifying, struct skald_store *store,
	       const struct skald_filter *filter)
{
	struct skald_list_query query = { .filter = filter,
					  .oldest_first = true };
	struct skald_store_summary summary = { 0 };
	struct skald_error error = { 0 };
	int err;

	if (!skald_store_summary(store, &summary, &error))
		verifying->total = summary.stories;
	skald_progress_start(&verifying->progress, "stories");
	err = skald_store_list(store, &query, take_story, verifying, &error);
	skald_progress_stop(&verifying->progress);
	if (verifying->err)
		error = verifying->error;
	if (err || verifying->err)
		return skald_fail(&error);
	if (verifying->is_json)
		print_json(verifying);
	else
		print_text(verifying);
	return sum(verifying) && !verifying->n[SKALD_DISAGREES]
		       ? SKALD_EXIT_DONE
		       : SKALD_EXIT_NOTHING;
}

static int verify(struct verifying *verifying,
		  const struct skald_filter *filter,
		  const struct skald_world *around)
{
	struct skald_error error = { 0 };
	struct skald_store *store;
	int status;

	if (skald_store_open(skald_store_path(verifying->db), SKALD_STORE_READ,
			     &store, &error))
		return skald_fail(&error);
	verifying->past = skald_past_new(store, around);
	verifying->cases = json_array();
	verifying->reasons = json_object();
	if (verifying->past && verifying->cases && verifying->reasons) {
		status = run(verifying, store, filter);
	} else {
		skald_error_set(&error, ENOMEM, "no memory");
		status = skald_fail(&error);
	}
	json_decref(verifying->cases);
	json_decref(verifying->reasons);
	skald_past_free(verifying->past);
	skald_store_close(store);
	return status;
}

static int verify_around(struct verifying *verifying,
			 const struct skald_filter *filter)
{
	struct skald_world_source source = { .world = verifying->around };
	struct skald_error error = { 0 };
	struct skald_world around;
	int status;

	if (!verifying->around)
		return verify(verifying, filter, NULL);
	if (skald_world_open(&source, &around, &error))
		return skald_fail(&error);
	status = verify(verifying, filter, &around);
	skald_world_done(&around);
	return status;
}

int skald_cmd_verify(int argc, char **argv)
{
	struct verifying verifying = { .where = "" };
	struct skald_filter *filter;
	int status = parse(&verifying, argc, argv);

	if (status >= 0)
		return status;
	status = skald_where("verify", verifying.where, &filter);
	if (status)
		return status;
	status = verify_around(&verifying, filter);
	skald_filter_free(filter);
	return status;
}

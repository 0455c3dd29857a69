// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald why": a recorded story, and for each rule that did not match the first
 * condition that failed.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "ids.h"
#include "json.h"
#include "past.h"
#include "pen.h"
#include "print.h"
#include "reenact.h"
#include "store.h"

static const char options_help[] =
	"  -d, --db FILE      read FILE\n"
	"      --rule HANDLE  only that rule\n"
	"      --world FILE   everything but the rules is of that world\n"
	"  -v, --verbose      the whole path, rules that did not match in it\n"
	"      --json         one line of JSON: the story, with misses and \"why\"\n"
	"ID is the number of a story, or \"last\". The rules are those of the\n"
	"generation in force then. Exit status: 0 found, 1 not, 2 usage, 3 cannot.\n";

enum {
	OPTION_RULE = 256,
	OPTION_WORLD,
	OPTION_JSON
};

static const struct option long_options[] = {
	{ "db", required_argument, NULL, 'd' },
	{ "rule", required_argument, NULL, OPTION_RULE },
	{ "world", required_argument, NULL, OPTION_WORLD },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct asking - one "skald why"
 * @db: store
 * @word: the story
 * @rule: handle, 0: all rules
 * @around: world file, or NULL
 * @is_verbose: the whole path
 * @is_json: as JSON
 */
struct asking {
	const char *db;
	const char *word;
	uint64_t rule;
	const char *around;
	bool is_verbose;
	bool is_json;
};

static int take_rule(struct asking *asking, char **argv)
{
	char *end;

	asking->rule = strtoull(optarg, &end, 10);
	return *end || !asking->rule ? skald_usage_value("why", argv) : -1;
}

static int take_option(struct asking *asking, int option, char **argv)
{
	switch (option) {
	case 'd':
		asking->db = optarg;
		return -1;
	case OPTION_RULE:
		return take_rule(asking, argv);
	case OPTION_WORLD:
		asking->around = optarg;
		return -1;
	case 'v':
		asking->is_verbose = true;
		return -1;
	case OPTION_JSON:
		asking->is_json = true;
		return -1;
	case 'h':
		return skald_help("why", options_help);
	}
	return skald_usage_option("why", option, argv);
}

static int parse(struct asking *asking, int argc, char **argv)
{
	int option;
	int status;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":d:vh", long_options,
				     NULL)) != -1) {
		status = take_option(asking, option, argv);
		if (status >= 0)
			return status;
	}
	if (optind + 1 != argc)
		return skald_usage("why", "which story? one ID");
	asking->word = argv[optind];
	return -1;
}

/* ---- what is said ---- */

static const struct skald_event *miss_of(const struct skald_reenacted *again,
					 const struct skald_near_miss *near)
{
	return &again->story.events[near->event];
}

/* Whether the scene is the one that ended the story. */
static bool is_last(const struct skald_reenacted *again,
		    const struct skald_near_miss *near)
{
	const struct skald_ending *ending = &again->story.ending;
	const struct skald_event *chain =
		&again->story.events[again->scenes[near->scene].now];

	if (!ending->table)
		return false;
	return ending->family == chain->ev_chain.family &&
	       !strcmp(ending->table, chain->ev_chain.table) &&
	       near->scene == again->n_scenes - 1;
}

/* The array that is being sorted; qsort() hands nothing through. */
struct order {
	const struct skald_reenacted *again;
	const struct skald_near_miss *near;
};

/* Those of the deciding chain first, then by how much was missing. */
static int by_nearness(const void *a, const void *b)
{
	const struct order *first = a, *second = b;
	bool last_a = is_last(first->again, first->near);
	bool last_b = is_last(second->again, second->near);
	unsigned int lacks_a = first->near->conditions - first->near->passed;
	unsigned int lacks_b = second->near->conditions - second->near->passed;

	if (last_a != last_b)
		return last_a ? -1 : 1;
	if (lacks_a != lacks_b)
		return lacks_a < lacks_b ? -1 : 1;
	if (first->near->passed != second->near->passed)
		return first->near->passed > second->near->passed ? -1 : 1;
	return first->near->event < second->near->event ? -1 : 1;
}

static bool is_wanted(const struct asking *asking,
		      const struct skald_event *miss)
{
	return !asking->rule || miss->ev_miss.handle == asking->rule;
}

/* Return: misses in order, heap, @n of them; NULL: no memory */
static struct order *in_order(const struct asking *asking,
			      const struct skald_reenacted *again, size_t *n)
{
	struct order *order = calloc(again->n_misses + 1, sizeof(*order));

	*n = 0;
	if (!order)
		return NULL;
	for (unsigned int i = 0; i < again->n_misses; i++) {
		const struct skald_near_miss *near = &again->misses[i];

		if (is_wanted(asking, miss_of(again, near)))
			order[(*n)++] = (struct order){ again, near };
	}
	qsort(order, *n, sizeof(*order), by_nearness);
	return order;
}

static json_t *json_miss(const struct order *order)
{
	const struct skald_event *miss = miss_of(order->again, order->near);
	json_t *object = skald_json_event(miss);

	json_object_del(object, "kind");
	json_object_del(object, "t_ns");
	json_object_set_new(object, "known",
			    json_boolean(!order->near->is_unknown));
	json_object_set_new(object, "passed",
			    json_integer(order->near->passed));
	json_object_set_new(object, "conditions",
			    json_integer(order->near->conditions));
	return object;
}

static void print_json(const struct skald_reenacted *again,
		       const struct order *order, size_t n)
{
	json_t *story = skald_json_story(&again->story, true);
	json_t *why = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(why, json_miss(&order[i]));
	json_object_set_new(
		story, "agreement",
		json_string(skald_agreement_word(again->agreement)));
	json_object_set_new(story, "why", why);
	if (story)
		json_dumpf(story, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(story);
}

/* "ct state: wanted established,related, was new" */
static void print_miss(const struct order *order, struct skald_pen *pen)
{
	const struct skald_event *miss = miss_of(order->again, order->near);

	skald_pen_start(pen, 2);
	skald_pen_printf(pen, SKALD_INK_RULE, "%s %s rule %" PRIu64,
			 miss->ev_miss.table, miss->ev_miss.chain,
			 miss->ev_miss.handle);
	if (SKALD_HAS(miss, miss, text)) {
		skald_pen_put(pen, SKALD_INK_PLAIN, "  ");
		skald_pen_put(pen, SKALD_INK_PLAIN, miss->ev_miss.text);
	}
	skald_pen_end(pen);
	skald_pen_start(pen, 6);
	skald_pen_put(pen, SKALD_INK_TITLE, miss->ev_miss.field);
	skald_pen_put(pen, SKALD_INK_PLAIN, " should be ");
	skald_pen_put(pen, SKALD_INK_NEW,
		      *miss->ev_miss.expected ? miss->ev_miss.expected
					      : "there");
	skald_pen_put(pen, SKALD_INK_PLAIN,
		      order->near->is_unknown ? ", and is " : ", was ");
	skald_pen_put(pen,
		      order->near->is_unknown ? SKALD_INK_WARN : SKALD_INK_OLD,
		      order->near->is_unknown ? "not known"
		      : *miss->ev_miss.actual ? miss->ev_miss.actual
					      : "not there");
	if (order->near->conditions > 1)
		skald_pen_printf(pen, SKALD_INK_DIM,
				 "  (%u of %u conditions before it held)",
				 order->near->passed, order->near->conditions);
	skald_pen_end(pen);
}

static bool has_rules(const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		if (story->events[i].kind == SKALD_RULE)
			return true;
	}
	return false;
}

static void print_text(const struct asking *asking,
		       const struct skald_story *recorded,
		       const struct skald_reenacted *again,
		       const struct order *order, size_t n)
{
	struct skald_sink sink;
	struct skald_pen pen = { .sink = &sink };

	skald_term_sink(&sink, stdout);
	if (asking->is_verbose) {
		sink.verbose = true;
		skald_print_story(&again->story, &sink);
	} else {
		skald_print_line(recorded, &sink);
	}
	if (!n)
		puts(has_rules(recorded) ? "  every rule that was tried matched"
					 : "  no rule was tried");
	for (size_t i = 0; i < n; i++)
		print_miss(&order[i], &pen);
	for (unsigned int i = 0; i < again->n_scenes; i++) {
		const struct skald_scene *scene = &again->scenes[i];
		const struct skald_event *chain =
			&recorded->events[scene->then];

		if (scene->agreement != SKALD_AGREES)
			printf("  %s %s: %s the kernel's path: %s\n",
			       chain->ev_chain.table, chain->ev_chain.chain,
			       scene->agreement == SKALD_DISAGREES
				       ? "the engine disagrees with"
				       : "it is not known whether this is",
			       scene->because);
	}
}

/* Whether the rule that was asked for matched. */
static bool has_matched(const struct skald_story *story, uint64_t handle)
{
	for (unsigned int i = 0; i < story->n_events; i++) {
		const struct skald_event *event = &story->events[i];

		if (event->kind == SKALD_RULE &&
		    event->ev_rule.handle == handle)
			return true;
	}
	return false;
}

static int tell(const struct asking *asking, const struct skald_story *recorded,
		const struct skald_reenacted *again)
{
	struct skald_error error = { 0 };
	struct order *order;
	size_t n;

	order = in_order(asking, again, &n);
	if (!order) {
		skald_error_set(&error, ENOMEM, "no memory");
		return skald_fail(&error);
	}
	if (asking->is_json)
		print_json(again, order, n);
	else if (n || !asking->rule)
		print_text(asking, recorded, again, order, n);
	else if (has_matched(recorded, asking->rule))
		printf("rule %" PRIu64 " matched\n", asking->rule);
	else
		printf("rule %" PRIu64 " was not tried\n", asking->rule);
	free(order);
	return n || !asking->rule ? SKALD_EXIT_DONE : SKALD_EXIT_NOTHING;
}

static int explain(const struct asking *asking, struct skald_past *past,
		   const struct skald_story *story)
{
	struct skald_error error = { 0 };
	struct skald_reenacted again;
	struct skald_engine *engine;
	int status;

	if (skald_past_engine(past, story, &engine, &error))
		return skald_fail(&error);
	if (skald_reenact(engine, story, true, &again)) {
		skald_error_set(&error, ENOMEM, "no memory");
		return skald_fail(&error);
	}
	status = tell(asking, story, &again);
	skald_reenacted_done(&again);
	return status;
}

static int ask(const struct asking *asking, struct skald_store *store,
	       const struct skald_world *around)
{
	struct skald_error error = { 0 };
	struct skald_story story;
	struct skald_past *past;
	struct skald_ids ids;
	int status;
	int err;

	status = skald_ids_read("why", store, asking->word, &ids);
	if (status)
		return status;
	if (ids.first != ids.last)
		return skald_usage("why", "one story at a time, not \"%s\"",
				   asking->word);
	err = skald_store_story(store, ids.first, &story, &error);
	if (err == -ENOENT)
		return skald_ids_missing(ids.first);
	if (err)
		return skald_fail(&error);
	past = skald_past_new(store, around);
	if (past) {
		status = explain(asking, past, &story);
	} else {
		skald_error_set(&error, ENOMEM, "no memory");
		status = skald_fail(&error);
	}
	skald_past_free(past);
	skald_story_done(&story);
	return status;
}

static int ask_around(const struct asking *asking, struct skald_store *store)
{
	struct skald_world_source source = { .world = asking->around };
	struct skald_error error = { 0 };
	struct skald_world around;
	int status;

	if (!asking->around)
		return ask(asking, store, NULL);
	if (skald_world_open(&source, &around, &error))
		return skald_fail(&error);
	status = ask(asking, store, &around);
	skald_world_done(&around);
	return status;
}

int skald_cmd_why(int argc, char **argv)
{
	struct asking asking = { .word = "" };
	struct skald_error error = { 0 };
	struct skald_store *store;
	int status = parse(&asking, argc, argv);

	if (status >= 0)
		return status;
	if (skald_store_open(skald_store_path(asking.db), SKALD_STORE_READ,
			     &store, &error))
		return skald_fail(&error);
	status = ask_around(&asking, store);
	skald_store_close(store);
	return status;
}

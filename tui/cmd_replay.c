// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald replay": what would happen to the packets of a capture.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "print.h"
#include "progress.h"
#include "recorder.h"
#include "replay.h"
#include "sequel.h"
#include "tally.h"

static const char options_help[] =
	"      --world FILE     in that world, or in the live one: live\n"
	"      --rules FILE     with these rules: nft's, or iptables-save's\n"
	"      --netns NAME     the live world of that namespace\n"
	"  -i, --iif DEV        frames come in by DEV where a pcapng file does\n"
	"                       not say by which; \"-\": they are made here\n"
	"  -o, --oif DEV        they go out by DEV, whatever the routes say\n"
	"  -d, --db FILE        record the stories into FILE\n"
	"      --checksum       wrong checksums count; captures often have them\n"
	"  -v, --verbose        rules that did not match, too\n"
	"  -q, --quiet          only the sum\n"
	"      --json           one line of JSON each\n"
	"CAPTURE is a pcap or pcapng file, \"-\" standard input. Exit status: 0\n"
	"done, 1 no packet in it, 2 usage, 3 cannot.\n";

enum {
	OPTION_WORLD = 256,
	OPTION_RULES,
	OPTION_NETNS,
	OPTION_CHECKSUM,
	OPTION_JSON
};

static const struct option long_options[] = {
	{ "world", required_argument, NULL, OPTION_WORLD },
	{ "rules", required_argument, NULL, OPTION_RULES },
	{ "netns", required_argument, NULL, OPTION_NETNS },
	{ "iif", required_argument, NULL, 'i' },
	{ "oif", required_argument, NULL, 'o' },
	{ "db", required_argument, NULL, 'd' },
	{ "checksum", no_argument, NULL, OPTION_CHECKSUM },
	{ "verbose", no_argument, NULL, 'v' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/**
 * struct replaying - one "skald replay"
 * @source: the world
 * @options: how frames come by
 * @iif: name of the interface, "-": made here
 * @oif: likewise
 * @db: store, or NULL
 * @capture: the file
 * @is_json: as JSON
 * @is_quiet: only the sum
 * @recorder: into the store, or NULL
 * @sink: for people
 * @progress: how far it is
 * @tally: endings, and how often
 * @error: of the recorder
 */
struct replaying {
	struct skald_world_source source;
	struct skald_replay_options options;
	const char *iif;
	const char *oif;
	const char *db;
	const char *capture;
	bool is_json;
	bool is_quiet;
	struct skald_recorder *recorder;
	struct skald_sink sink;
	struct skald_progress progress;
	struct skald_tally tally;
	struct skald_error error;
};

static int take_option(struct replaying *replaying, int option, char **argv)
{
	switch (option) {
	case OPTION_WORLD:
		replaying->source.world = optarg;
		break;
	case OPTION_RULES:
		replaying->source.rules = optarg;
		break;
	case OPTION_NETNS:
		replaying->source.netns = optarg;
		break;
	case 'i':
		replaying->iif = optarg;
		break;
	case 'o':
		replaying->oif = optarg;
		break;
	case 'd':
		replaying->db = optarg;
		break;
	case OPTION_CHECKSUM:
		replaying->options.checks = true;
		break;
	case 'v':
		replaying->options.tells_misses = true;
		break;
	case 'q':
		replaying->is_quiet = true;
		break;
	case OPTION_JSON:
		replaying->is_json = true;
		break;
	case 'h':
		return skald_help("replay", options_help);
	default:
		return skald_usage_option("replay", option, argv);
	}
	return -1;
}

static int parse(struct replaying *replaying, int argc, char **argv)
{
	int option;
	int status;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":i:o:d:vqh", long_options,
				     NULL)) != -1) {
		status = take_option(replaying, option, argv);
		if (status >= 0)
			return status;
	}
	if (optind + 1 != argc)
		return skald_usage("replay", "which capture?");
	replaying->capture = argv[optind];
	return skald_usage_world("replay", &replaying->source);
}

static void print_line(const struct skald_sequel *sequel, size_t index)
{
	char *line;

	/* it is in the line of what it answers */
	if (skald_sequel_is_answer(sequel, index))
		return;
	line = skald_sequel_line(sequel, index);
	if (line)
		puts(line);
	free(line);
}

static void print(const struct replaying *replaying,
		  const struct skald_sequel *sequel, size_t index)
{
	const struct skald_story *story = &sequel->parts[index].story;

	if (replaying->is_json) {
		print_line(sequel, index);
	} else if (replaying->options.tells_misses) {
		skald_print_story(story, &replaying->sink);
		putchar('\n');
	} else {
		if (skald_sequel_is_answer(sequel, index))
			fputs("  answer: ", stdout);
		skald_print_line(story, &replaying->sink);
	}
}

/* A story's id is that in the store; without one, the frame's number. */
static int number(struct replaying *replaying,
		  const struct skald_capture_frame *frame,
		  struct skald_sequel *sequel, size_t index)
{
	struct skald_story *story = &sequel->parts[index].story;
	uint64_t id = frame->number;
	int err = 0;

	if (replaying->recorder) {
		err = skald_recorder_add(replaying->recorder, story,
					 &replaying->error);
		id = story->id;
	}
	if (!err)
		skald_sequel_number(sequel, index, id);
	return err;
}

static int take_sequel(void *user, const struct skald_capture_frame *frame,
		       struct skald_sequel *sequel)
{
	struct replaying *replaying = user;
	int err = 0;

	for (size_t i = 0; i < sequel->n && !err; i++)
		err = number(replaying, frame, sequel, i);
	for (size_t i = 0; i < sequel->n && !err; i++) {
		if (!replaying->is_quiet)
			print(replaying, sequel, i);
		if (!skald_sequel_is_answer(sequel, i))
			err = skald_tally_add(&replaying->tally,
					      &sequel->parts[i].story);
	}
	return err;
}

static void take_frame(void *user, const struct skald_replay_count *count)
{
	struct replaying *replaying = user;

	skald_progress_tell(&replaying->progress, count->frames, 0);
}

static void print_sum(const struct replaying *replaying,
		      const struct skald_replay_count *count)
{
	FILE *stream = replaying->is_json ? stderr : stdout;

	skald_tally_print(&replaying->tally, stream);
	fprintf(stream, "%" PRIu64 " frames, %" PRIu64 " stories",
		count->frames, count->stories);
	if (count->answers)
		fprintf(stream, ", %" PRIu64 " of them of answers",
			count->answers);
	if (count->again)
		fprintf(stream, ", %" PRIu64 " of the same packet again",
			count->again);
	if (count->foreign)
		fprintf(stream, ", %" PRIu64 " without an IP packet",
			count->foreign);
	if (count->refused)
		fprintf(stream, ", %" PRIu64 " that no host takes",
			count->refused);
	putc('\n', stream);
}

static void print_notes(const struct skald_engine *engine,
			const struct skald_replay_count *count)
{
	if (*skald_engine_made_up(engine))
		fprintf(stderr, "skald: made up: %s\n",
			skald_engine_made_up(engine));
	if (count->guessed)
		fprintf(stderr,
			"skald: of %" PRIu64
			" it is not said where they came in: "
			"the way back to their source, or --iif DEV\n",
			count->guessed);
}

static int run(struct replaying *replaying, struct skald_engine *engine,
	       struct skald_capture *capture)
{
	struct skald_replay_ops ops = { .user = replaying,
					.sequel = take_sequel,
					.frame = take_frame };
	struct skald_replay_count count = { 0 };
	struct skald_error error = { 0 };
	int err;

	skald_progress_start(&replaying->progress, "frames");
	err = skald_replay(engine, capture, &replaying->options, &ops, &count,
			   &error);
	skald_progress_stop(&replaying->progress);
	if (err && *replaying->error.text)
		error = replaying->error;
	if (err && !*error.text)
		skald_error_set(&error, -err, "%s: %s", replaying->capture,
				strerror(-err));
	print_notes(engine, &count);
	if (!replaying->is_json || replaying->is_quiet)
		print_sum(replaying, &count);
	if (err)
		return skald_fail(&error);
	return count.stories ? SKALD_EXIT_DONE : SKALD_EXIT_NOTHING;
}

/* Return: its index, 0: there is none, and that was said */
static uint32_t find(struct skald_engine *engine, const char *name)
{
	uint32_t index = skald_engine_interface(engine, name);
	struct skald_error error = { 0 };

	if (!index) {
		skald_error_set(&error, ENODEV, "the world has no interface %s",
				name);
		skald_fail(&error);
	}
	return index;
}

static int find_interfaces(struct replaying *replaying,
			   struct skald_engine *engine)
{
	struct skald_replay_options *options = &replaying->options;

	options->is_sent = replaying->iif && !strcmp(replaying->iif, "-");
	if (replaying->iif && !options->is_sent) {
		options->iif = find(engine, replaying->iif);
		if (!options->iif)
			return -ENODEV;
	}
	if (replaying->oif) {
		options->oif = find(engine, replaying->oif);
		if (!options->oif)
			return -ENODEV;
	}
	return 0;
}

static int record(struct replaying *replaying, const struct skald_world *world,
		  struct skald_engine *engine, struct skald_capture *capture)
{
	struct skald_error error = { 0 };
	int status;

	if (replaying->db && skald_recorder_open(replaying->db, world,
						 &replaying->recorder, &error))
		return skald_fail(&error);
	status = run(replaying, engine, capture);
	if (replaying->recorder &&
	    skald_recorder_close(replaying->recorder, &error))
		status = skald_fail(&error);
	return status;
}

static int replay(struct replaying *replaying, const struct skald_world *world)
{
	struct skald_error error = { 0 };
	struct skald_capture *capture;
	struct skald_engine *engine;
	int status = SKALD_EXIT_CANNOT;

	if (skald_engine_new(world, &engine, &error))
		return skald_fail(&error);
	if (!find_interfaces(replaying, engine)) {
		if (skald_capture_open(replaying->capture, &capture, &error)) {
			status = skald_fail(&error);
		} else {
			status = record(replaying, world, engine, capture);
			skald_capture_close(capture);
		}
	}
	skald_engine_free(engine);
	return status;
}

int skald_cmd_replay(int argc, char **argv)
{
	struct replaying replaying = { 0 };
	struct skald_error error = { 0 };
	struct skald_world world;
	int status = parse(&replaying, argc, argv);

	if (status >= 0)
		return status;
	skald_term_sink(&replaying.sink, stdout);
	replaying.sink.verbose = replaying.options.tells_misses;
	if (skald_world_open(&replaying.source, &world, &error))
		return skald_fail(&error);
	if (*world.made_up)
		fprintf(stderr, "skald: made up for the rules: %s\n",
			world.made_up);
	status = replay(&replaying, &world);
	skald_tally_done(&replaying.tally);
	skald_world_done(&world);
	return status;
}

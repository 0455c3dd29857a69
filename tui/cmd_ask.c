// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald ask": what would happen to one packet.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "engine.h"
#include "invent.h"
#include "print.h"
#include "sequel.h"

static const char options_help[] =
	"      --world FILE     in that world, or in the live one: live\n"
	"      --rules FILE     with these rules: nft's, or iptables-save's\n"
	"      --netns NAME     the live world of that namespace\n"
	"  -i, --iif DEV        it comes in by DEV; without, it is made here\n"
	"  -o, --oif DEV        it goes out by DEV, whatever the routes say\n"
	"      --hex BYTES      the packet as hexadecimal digits\n"
	"      --pcap FILE:N    frame N of a capture\n"
	"  -v, --verbose        rules that did not match, too\n"
	"      --json           one line of JSON\n"
	"PACKET is words: tcp 192.0.2.7:40000 > 198.51.100.9:443 flags S ttl 60\n"
	"See skald-ask(1) for all of them. Exit status: 0 it gets through, 1 it\n"
	"does not, 2 usage, 3 cannot.\n";

enum {
	OPTION_WORLD = 256,
	OPTION_RULES,
	OPTION_NETNS,
	OPTION_HEX,
	OPTION_PCAP,
	OPTION_JSON
};

static const struct option long_options[] = {
	{ "world", required_argument, NULL, OPTION_WORLD },
	{ "rules", required_argument, NULL, OPTION_RULES },
	{ "netns", required_argument, NULL, OPTION_NETNS },
	{ "iif", required_argument, NULL, 'i' },
	{ "oif", required_argument, NULL, 'o' },
	{ "hex", required_argument, NULL, OPTION_HEX },
	{ "pcap", required_argument, NULL, OPTION_PCAP },
	{ "verbose", no_argument, NULL, 'v' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct asking {
	struct skald_world_source source;
	const char *iif;
	const char *oif;
	const char *hex;
	const char *pcap;
	char *words;
	bool is_verbose;
	bool is_json;
};

static int take_option(struct asking *asking, int option, char **argv)
{
	switch (option) {
	case OPTION_WORLD:
		asking->source.world = optarg;
		break;
	case OPTION_RULES:
		asking->source.rules = optarg;
		break;
	case OPTION_NETNS:
		asking->source.netns = optarg;
		break;
	case 'i':
		asking->iif = optarg;
		break;
	case 'o':
		asking->oif = optarg;
		break;
	case OPTION_HEX:
		asking->hex = optarg;
		break;
	case OPTION_PCAP:
		asking->pcap = optarg;
		break;
	case 'v':
		asking->is_verbose = true;
		break;
	case OPTION_JSON:
		asking->is_json = true;
		break;
	case 'h':
		return skald_help("ask", options_help);
	default:
		return skald_usage_option("ask", option, argv);
	}
	return -1;
}

static int parse(struct asking *asking, int argc, char **argv)
{
	int option;
	int status;

	optind = 0; /* glibc: start anew */
	while ((option = getopt_long(argc, argv, ":i:o:vh", long_options,
				     NULL)) != -1) {
		status = take_option(asking, option, argv);
		if (status >= 0)
			return status;
	}
	asking->words = skald_join(argv + optind, argc - optind);
	if (!asking->words)
		return SKALD_EXIT_CANNOT;
	if (!*asking->words + !asking->hex + !asking->pcap != 2)
		return skald_usage("ask", "which packet? words, --hex or "
					  "--pcap");
	return skald_usage_world("ask", &asking->source);
}

/* Frame N of a capture. */
static int take_frame(const char *place, struct skald_invented *packet,
		      struct skald_error *error)
{
	struct skald_capture_frame frame = { 0 };
	const char *colon = strrchr(place, ':');
	struct skald_capture *capture;
	struct skald_view view;
	uint64_t number;
	char *path;
	int more = 1;
	int err;

	number = colon ? strtoull(colon + 1, NULL, 10) : 0;
	if (!number)
		return skald_error_set(error, EINVAL,
				       "which frame? FILE:1 is the first");
	path = strndup(place, (size_t)(colon - place));
	if (!path)
		return -ENOMEM;
	err = skald_capture_open(path, &capture, error);
	free(path);
	if (err)
		return err;
	while (more > 0 && frame.number < number)
		more = skald_capture_next(capture, &frame, error);
	err = more < 0 ? more : 0;
	if (!more)
		err = skald_error_set(error, ENOENT, "%s has no such frame",
				      place);
	if (!err &&
	    skald_capture_view(skald_capture_linktype(capture), &frame, &view))
		err = skald_error_set(error, EINVAL,
				      "frame %llu has no IP packet in it",
				      (unsigned long long)number);
	if (!err) {
		memset(packet, 0, sizeof(*packet));
		packet->len = view.known - view.network;
		memcpy(packet->bytes, view.data + view.network, packet->len);
		packet->ethertype = view.ethertype;
	}
	skald_capture_close(capture);
	return err;
}

static int take_packet(const struct asking *asking,
		       struct skald_invented *packet)
{
	struct skald_error error = { 0 };
	const char *text = asking->hex ? asking->hex : asking->words;
	int err;

	if (asking->pcap)
		err = take_frame(asking->pcap, packet, &error);
	else if (asking->hex)
		err = skald_invent_hex(asking->hex, packet, &error);
	else
		err = skald_invent(asking->words, packet, &error);
	if (!err)
		return -1;
	if (err != -EINVAL)
		return skald_fail(&error);
	fprintf(stderr, "skald ask: %s\n", error.text);
	skald_show_place(text, error.column);
	return SKALD_EXIT_USAGE;
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

static void print(const struct asking *asking,
		  const struct skald_sequel *sequel)
{
	struct skald_sink sink;

	skald_term_sink(&sink, stdout);
	sink.verbose = asking->is_verbose;
	for (size_t i = 0; i < sequel->n; i++) {
		if (asking->is_json) {
			print_line(sequel, i);
			continue;
		}
		if (i)
			putchar('\n');
		skald_print_story(&sequel->parts[i].story, &sink);
	}
}

/* What became of an answer is not asked. */
static bool is_through(const struct skald_sequel *sequel)
{
	size_t last = 0;

	for (size_t i = 0; i < sequel->n; i++) {
		if (!skald_sequel_is_answer(sequel, i))
			last = i;
	}
	return sequel->parts[last].story.ending.kind != SKALD_ENDING_DROPPED;
}

/* Index of an interface; @name NULL: 0. */
static int find(struct skald_engine *engine, const char *name, uint32_t *index)
{
	struct skald_error error = { 0 };

	*index = name ? skald_engine_interface(engine, name) : 0;
	if (!name || *index)
		return 0;
	skald_error_set(&error, ENODEV, "the world has no interface %s", name);
	skald_fail(&error);
	return -ENODEV;
}

static int tell(const struct asking *asking, struct skald_engine *engine,
		const struct skald_invented *packet,
		const struct skald_world *world)
{
	struct skald_engine_input input = {
		.bytes = packet->bytes,
		.known = packet->len,
		.len = packet->len,
		.has_link = packet->has_link,
		.ethertype = packet->ethertype,
		.mark = packet->mark,
		.t_ns = world->taken_ns,
		.trusts_checksums = asking->pcap,
		.tells_misses = asking->is_verbose || asking->is_json,
		.tells_answers = true,
	};
	struct skald_sequel sequel = { 0 };
	struct skald_error error = { 0 };
	int err, status;

	if (find(engine, asking->iif, &input.iif) ||
	    find(engine, asking->oif, &input.oif))
		return SKALD_EXIT_CANNOT;
	if (*skald_engine_made_up(engine))
		fprintf(stderr, "skald: made up: %s\n",
			skald_engine_made_up(engine));
	err = skald_sequel_run(engine, &input, &sequel);
	if (err) {
		skald_error_set(&error, -err, "no host takes such a packet");
		status = skald_fail(&error);
	} else {
		print(asking, &sequel);
		status = is_through(&sequel) ? SKALD_EXIT_DONE
					     : SKALD_EXIT_NOTHING;
	}
	skald_sequel_done(&sequel);
	return status;
}

static int ask(const struct asking *asking, const struct skald_invented *packet)
{
	struct skald_error error = { 0 };
	struct skald_engine *engine;
	struct skald_world world;
	int status;

	if (skald_world_open(&asking->source, &world, &error))
		return skald_fail(&error);
	if (*world.made_up)
		fprintf(stderr, "skald: made up for the rules: %s\n",
			world.made_up);
	if (skald_engine_new(&world, &engine, &error)) {
		status = skald_fail(&error);
	} else {
		status = tell(asking, engine, packet, &world);
		skald_engine_free(engine);
	}
	skald_world_done(&world);
	return status;
}

int skald_cmd_ask(int argc, char **argv)
{
	static struct skald_invented packet;
	struct asking asking = { 0 };
	int status = parse(&asking, argc, argv);

	if (status < 0)
		status = take_packet(&asking, &packet);
	if (status < 0)
		status = ask(&asking, &packet);
	free(asking.words);
	return status;
}

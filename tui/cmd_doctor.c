// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald doctor": why nothing arrives, the likeliest cause first.
 */
#include "command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "pen.h"

#define STATE_COLUMNS 8
#define NAME_COLUMNS 12

static const char options_help[] =
	"  -i, --iif DEV        look at this interface alone\n"
	"      --netns NAME     look into this namespace: a name, a process\n"
	"                       id, a path, or \"host\"\n"
	"      --json           one JSON object\n"
	"EXPRESSION is tcpdump's; with it the packets on the interfaces are\n"
	"compared with those at the first chains, for up to three seconds.\n"
	"Exit status: 0 nothing bad, 1 something bad, 3 cannot look.\n";

enum {
	OPTION_NETNS = 256,
	OPTION_JSON
};

static const struct option long_options[] = {
	{ "iif", required_argument, NULL, 'i' },
	{ "netns", required_argument, NULL, OPTION_NETNS },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct wishes {
	struct skald_doctor_wish doctor;
	bool json;
	bool help;
};

static int parse(int argc, char **argv, struct wishes *wishes)
{
	int option;

	optind = 0; /* glibc: start anew, the dispatcher has used getopt */
	while ((option = getopt_long(argc, argv, ":i:h", long_options, NULL)) !=
	       -1) {
		switch (option) {
		case 'i':
			wishes->doctor.device = optarg;
			break;
		case OPTION_NETNS:
			wishes->doctor.netns = optarg;
			break;
		case OPTION_JSON:
			wishes->json = true;
			break;
		case 'h':
			wishes->help = true;
			break;
		default:
			return skald_usage_option(argv[0], option, argv);
		}
	}
	return SKALD_EXIT_DONE;
}

static enum skald_ink state_ink(enum skald_check_state state)
{
	switch (state) {
	case SKALD_CHECK_OK:
		return SKALD_INK_GOOD;
	case SKALD_CHECK_WARN:
		return SKALD_INK_WARN;
	case SKALD_CHECK_BAD:
		return SKALD_INK_BAD;
	case SKALD_CHECK_UNKNOWN:
	case SKALD_N_CHECK_STATES:
		break;
	}
	return SKALD_INK_DIM;
}

/* A heading, and behind it words that wrap to where they began. */
static void print_item(const struct skald_sink *sink, const char *heading,
		       enum skald_ink ink, const char *words)
{
	struct skald_pen pen = { .sink = sink };

	skald_pen_start(&pen, 0);
	skald_pen_put(&pen, SKALD_INK_TITLE, heading);
	skald_pen_hang(&pen);
	skald_pen_put(&pen, ink, words);
	skald_pen_end(&pen);
}

static void print_likely(const struct skald_doctor *doctor,
			 const struct skald_sink *sink)
{
	const struct skald_check *likely = doctor->likely;

	if (!likely) {
		print_item(sink, "", SKALD_INK_GOOD,
			   "Nothing is wrong that the doctor can see");
		return;
	}
	print_item(sink, "Most likely: ", state_ink(likely->state),
		   likely->text);
	if (*likely->help)
		print_item(sink, "What helps:  ", SKALD_INK_PLAIN,
			   likely->help);
}

static void print_check(const struct skald_check *check,
			const struct skald_sink *sink)
{
	struct skald_pen pen = { .sink = sink };

	skald_pen_start(&pen, 0);
	skald_pen_put(&pen, state_ink(check->state),
		      skald_check_state_word(check->state));
	skald_pen_fill(&pen, STATE_COLUMNS);
	skald_pen_put(&pen, SKALD_INK_TITLE, check->name);
	skald_pen_fill(&pen, STATE_COLUMNS + NAME_COLUMNS);
	skald_pen_hang(&pen);
	skald_pen_put(&pen, SKALD_INK_PLAIN, check->text);
	skald_pen_end(&pen);
	if (!*check->help || check->state == SKALD_CHECK_OK)
		return;
	skald_pen_start(&pen, STATE_COLUMNS + NAME_COLUMNS);
	skald_pen_put(&pen, SKALD_INK_DIM, check->help);
	skald_pen_end(&pen);
}

static void print(const struct skald_doctor *doctor)
{
	struct skald_sink sink;
	unsigned int i;

	skald_term_sink(&sink, stdout);
	print_likely(doctor, &sink);
	skald_pen_blank(&sink);
	for (i = 0; i < doctor->n_checks; i++)
		print_check(&doctor->checks[i], &sink);
}

static int print_json(const struct skald_doctor *doctor)
{
	json_t *json = skald_doctor_json(doctor);
	int ret = -1;

	if (json)
		ret = json_dumpf(json, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(json);
	return ret;
}

static int tell(const struct skald_doctor *doctor, bool json)
{
	struct skald_error error = { .text = "cannot write the answer" };
	unsigned int i;

	if (!json)
		print(doctor);
	else if (print_json(doctor))
		return skald_fail(&error);
	for (i = 0; i < doctor->n_checks; i++)
		if (doctor->checks[i].state == SKALD_CHECK_BAD)
			return SKALD_EXIT_NOTHING;
	return SKALD_EXIT_DONE;
}

int skald_cmd_doctor(int argc, char **argv)
{
	struct wishes wishes = { .doctor.watch_ms = SKALD_DOCTOR_WATCH_MS };
	struct skald_error error = { 0 };
	struct skald_doctor doctor;
	char *expression = NULL;
	int status;

	status = parse(argc, argv, &wishes);
	if (status)
		return status;
	if (wishes.help)
		return skald_help("doctor", options_help);
	if (optind < argc) {
		expression = skald_join(argv + optind, argc - optind);
		wishes.doctor.expression = expression;
	}
	if (skald_doctor_examine(&wishes.doctor, &doctor, &error)) {
		status = skald_fail(&error);
	} else {
		if (!wishes.json && doctor.column)
			skald_show_place(expression, doctor.column);
		status = tell(&doctor, wishes.json);
		skald_doctor_done(&doctor);
	}
	free(expression);
	return status;
}

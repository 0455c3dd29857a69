// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the verbs of "skald conntrack" can be told.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "conntrack.h"

enum {
	OPTION_STATES = 256,
	OPTION_JSON,
	OPTION_PCAPNG,
	OPTION_CHECKSUM,
	OPTION_LIBERAL,
	OPTION_IGNORE_RST,
	OPTION_STRICT_PICKUP,
	OPTION_DCCP,
	OPTION_NO_TIME,
	OPTION_HELPERS,
	OPTION_TIMEOUT,
	OPTION_CUT,
};

static const struct option long_options[] = {
	{ "states", no_argument, NULL, OPTION_STATES },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "pcapng", required_argument, NULL, OPTION_PCAPNG },
	{ "checksum", no_argument, NULL, OPTION_CHECKSUM },
	{ "liberal", no_argument, NULL, OPTION_LIBERAL },
	{ "ignore-invalid-rst", no_argument, NULL, OPTION_IGNORE_RST },
	{ "strict-pickup", no_argument, NULL, OPTION_STRICT_PICKUP },
	{ "dccp", no_argument, NULL, OPTION_DCCP },
	{ "no-time", no_argument, NULL, OPTION_NO_TIME },
	{ "helpers-by-port", no_argument, NULL, OPTION_HELPERS },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "cut", no_argument, NULL, OPTION_CUT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

void skald_conntrack_wish_init(struct skald_conntrack_wish *wish,
			       const char *verb)
{
	*wish = (struct skald_conntrack_wish){ .verb = verb };
	skald_ct_replay_options_default(&wish->options);
}

static int find_timeout(const char *name, size_t len)
{
	int i;

	for (i = 0; i < SKALD_CT_TIMEOUT_N; i++) {
		const char *word =
			skald_ct_timeout_word((enum skald_ct_timeout)i);

		if (!strncmp(word, name, len) && !word[len])
			return i;
	}
	return -1;
}

/* NAME=SECONDS */
static bool set_timeout(struct skald_conntrack_wish *wish, const char *text)
{
	const char *sign = strchr(text, '=');
	unsigned long seconds;
	char *end;
	int i;

	if (!strcmp(text, "list")) {
		wish->list_timeouts = true;
		return true;
	}
	if (!sign || sign[1] < '0' || sign[1] > '9')
		return false;
	i = find_timeout(text, (size_t)(sign - text));
	errno = 0;
	seconds = strtoul(sign + 1, &end, 10);
	if (i < 0 || *end || errno || seconds > INT32_MAX)
		return false;
	wish->options.settings.timeouts.seconds[i] = (uint32_t)seconds;
	return true;
}

/* Return: false: it is not one of these */
static bool set_flag(struct skald_conntrack_wish *wish, int option)
{
	struct skald_ct_settings *settings = &wish->options.settings;

	switch (option) {
	case OPTION_CHECKSUM:
		settings->checksum = true;
		return true;
	case OPTION_LIBERAL:
		settings->tcp_be_liberal = true;
		return true;
	case OPTION_IGNORE_RST:
		settings->tcp_ignore_invalid_rst = true;
		return true;
	case OPTION_STRICT_PICKUP:
		settings->tcp_loose = false;
		return true;
	case OPTION_DCCP:
		settings->dccp = true;
		return true;
	case OPTION_NO_TIME:
		wish->options.no_time = true;
		return true;
	case OPTION_HELPERS:
		wish->options.helpers_by_port = true;
		return true;
	case OPTION_CUT:
		wish->options.cut = true;
		return true;
	default:
		return false;
	}
}

static int set_option(struct skald_conntrack_wish *wish, int option,
		      char **argv)
{
	switch (option) {
	case OPTION_STATES:
		wish->states = true;
		return SKALD_EXIT_DONE;
	case OPTION_JSON:
		wish->json = true;
		return SKALD_EXIT_DONE;
	case OPTION_PCAPNG:
		wish->pcapng = optarg;
		return SKALD_EXIT_DONE;
	case OPTION_TIMEOUT:
		if (set_timeout(wish, optarg))
			return SKALD_EXIT_DONE;
		return skald_usage("conntrack",
				   "no timeout \"%s\": NAME=SECONDS, or list",
				   optarg);
	case 'h':
		wish->help = true;
		return SKALD_EXIT_DONE;
	default:
		if (set_flag(wish, option))
			return SKALD_EXIT_DONE;
		return skald_usage_option("conntrack", option, argv);
	}
}

int skald_conntrack_wish_parse(struct skald_conntrack_wish *wish, int argc,
			       char **argv)
{
	int option, status;

	optind = 0; /* glibc: start anew, the dispatcher has used getopt */
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) !=
	       -1) {
		status = set_option(wish, option, argv);
		if (status)
			return status;
	}
	if (wish->states && strcmp(wish->verb, "replay"))
		return skald_usage("conntrack", "--states is of replay");
	if (wish->pcapng && strcmp(wish->verb, "check"))
		return skald_usage("conntrack", "--pcapng is of check");
	wish->captures = argv + optind;
	wish->n_captures = argc - optind;
	return SKALD_EXIT_DONE;
}

int skald_conntrack_list_timeouts(const struct skald_conntrack_wish *wish)
{
	int i;

	for (i = 0; i < SKALD_CT_TIMEOUT_N; i++)
		printf("%-24s %u\n",
		       skald_ct_timeout_word((enum skald_ct_timeout)i),
		       wish->options.settings.timeouts.seconds[i]);
	return SKALD_EXIT_DONE;
}

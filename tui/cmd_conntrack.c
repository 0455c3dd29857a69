// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald conntrack": captures through the engine's connection tracking.
 */
#include <string.h>

#include "command.h"
#include "conntrack.h"

static const char options_help[] =
	"replay OPTION... CAPTURE...  what each packet is to its connection\n"
	"check OPTION... CAPTURE      why packets are invalid, with all numbers\n"
	"halfclose OPTION... CAPTURE|DB...  how long connections were half closed\n\n"
	"      --states             replay: a letter a packet, a line a file\n"
	"      --pcapng FILE        check: the capture with verdicts as "
	"comments\n"
	"      --json               JSON\n"
	"      --checksum           wrong checksums make packets invalid\n"
	"      --liberal            only RST out of the window are invalid\n"
	"      --ignore-invalid-rst RST below the highest ACK are not\n"
	"      --strict-pickup      no connections that began before\n"
	"      --dccp               track DCCP, as kernels before 6.17\n"
	"      --no-time            the clock stands still\n"
	"      --helpers-by-port    helpers for the ports usual for them\n"
	"      --timeout NAME=N     seconds; \"--timeout list\" names them\n"
	"      --cut                trust lengths of frames that are cut "
	"short\n"
	"Exit status: 0 done, 1 halfclose found none, 2 usage, 3 cannot.\n";

typedef int (*run_fn)(struct skald_conntrack_wish *wish);

static run_fn find_verb(const char *verb)
{
	if (!strcmp(verb, "replay"))
		return skald_conntrack_replay;
	if (!strcmp(verb, "check"))
		return skald_conntrack_check;
	if (!strcmp(verb, "halfclose"))
		return skald_conntrack_halfclose;
	return NULL;
}

int skald_cmd_conntrack(int argc, char **argv)
{
	struct skald_conntrack_wish wish;
	run_fn run;
	int status;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return skald_help("conntrack", options_help);
	if (argc < 2)
		return skald_usage("conntrack",
				   "replay, check or halfclose is missing");
	if (*argv[1] == '-' && argv[1][1])
		return skald_usage("conntrack", "there is no option %s",
				   argv[1]);
	run = find_verb(argv[1]);
	if (!run)
		return skald_usage("conntrack",
				   "no \"%s\"; replay, check or halfclose",
				   argv[1]);
	skald_conntrack_wish_init(&wish, argv[1]);
	status = skald_conntrack_wish_parse(&wish, argc - 1, argv + 1);
	if (status)
		return status;
	if (wish.help)
		return skald_help("conntrack", options_help);
	if (wish.list_timeouts)
		return skald_conntrack_list_timeouts(&wish);
	if (!wish.n_captures)
		return skald_usage("conntrack", "a capture is missing");
	return run(&wish);
}

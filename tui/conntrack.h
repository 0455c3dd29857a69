/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the verbs of "skald conntrack"
 *
 * One file conntrack_<verb>.c each; what they can be told is the same.
 */
#ifndef SKALD_TUI_CONNTRACK_H
#define SKALD_TUI_CONNTRACK_H

#include <stdio.h>

#include "ct_replay.h"

/**
 * struct skald_conntrack_wish - the command line
 * @verb: replay, check, halfclose
 * @options: of the replay
 * @states: --states
 * @json: --json
 * @help: --help
 * @list_timeouts: --timeout list
 * @pcapng: --pcapng, or NULL
 * @captures: files
 * @n_captures: how many
 */
struct skald_conntrack_wish {
	const char *verb;
	struct skald_ct_replay_options options;
	bool states;
	bool json;
	bool help;
	bool list_timeouts;
	const char *pcapng;
	char **captures;
	int n_captures;
};

void skald_conntrack_wish_init(struct skald_conntrack_wish *wish,
			       const char *verb);
/* Return: enum skald_exit; SKALD_EXIT_DONE: go on */
int skald_conntrack_wish_parse(struct skald_conntrack_wish *wish, int argc,
			       char **argv);
/* Names and seconds of all timeouts. Return: enum skald_exit */
int skald_conntrack_list_timeouts(const struct skald_conntrack_wish *wish);

/* ", 2 frames cut short (...)" behind a sum, if there are any */
void skald_conntrack_say_cut(const struct skald_ct_replay *replay,
			     FILE *stream);

/* The verbs. Return: enum skald_exit */
int skald_conntrack_replay(struct skald_conntrack_wish *wish);
int skald_conntrack_check(struct skald_conntrack_wish *wish);
int skald_conntrack_halfclose(struct skald_conntrack_wish *wish);

#endif /* SKALD_TUI_CONNTRACK_H */

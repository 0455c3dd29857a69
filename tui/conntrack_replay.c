// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald conntrack replay": what each packet is to its connection.
 */
#include <stdio.h>

#include "command.h"
#include "conntrack.h"

/* ---- --states: a letter a packet ---- */

static void put_letter(void *user,
		       const struct skald_ct_replay_packet *packet)
{
	FILE *stream = user;

	putc(skald_ct_state_letter(packet->packet->state), stream);
}

static int replay_states(const struct skald_conntrack_wish *wish,
			 const char *path)
{
	struct skald_ct_replay_ops ops = { .user = stdout,
					   .packet = put_letter };
	struct skald_error error = { 0 };
	struct skald_ct_replay *replay;
	int ret;

	if (skald_ct_replay_new(&wish->options, &ops, &replay)) {
		skald_error_set(&error, ENOMEM, "no memory");
		return skald_fail(&error);
	}
	printf("%s\t", path);
	ret = skald_ct_replay_file(replay, path, &error);
	putchar('\n');
	skald_ct_replay_free(replay);
	return ret ? skald_fail(&error) : SKALD_EXIT_DONE;
}

int skald_conntrack_replay(struct skald_conntrack_wish *wish)
{
	int i, status = SKALD_EXIT_DONE;

	for (i = 0; i < wish->n_captures; i++) {
		if (replay_states(wish, wish->captures[i]))
			status = SKALD_EXIT_CANNOT;
	}
	return status;
}

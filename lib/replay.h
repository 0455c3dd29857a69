/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: captures through the engine
 *
 * Each frame of a capture goes through a world at the capture's own time: what
 * its connections, limits and timeouts are is what they were then.
 */
#ifndef SKALD_LIB_REPLAY_H
#define SKALD_LIB_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "engine.h"
#include "sequel.h"

/**
 * struct skald_replay_options - how frames come by
 * @iif: interface they come in by where the capture does not say; 0: the way
 *	back to their source decides, and each story says so
 * @is_sent: they are made here, whatever the capture says; without it those
 *that the capture says were sent by the host are
 * @oif: interface they go out by, 0: the routes decide
 * @checks: wrong checksums count; a capture on the host that sent the packet
 *	has them, because hardware was to fill them in
 * @tells_misses: rules that did not match become events, too
 */
struct skald_replay_options {
	uint32_t iif;
	uint32_t oif;
	bool is_sent;
	bool checks;
	bool tells_misses;
};

/**
 * struct skald_replay_count - what became of frames
 * @frames: read
 * @stories: told
 * @answers: of those, how many are of what is sent back
 * @foreign: without an IP packet: another protocol, or inside a tag
 * @refused: damaged: no host takes them
 * @guessed: whose input interface the way back decided
 * @again: of a packet that an earlier frame was of, by the capture's own
 * numbers
 */
struct skald_replay_count {
	uint64_t frames;
	uint64_t stories;
	uint64_t answers;
	uint64_t foreign;
	uint64_t refused;
	uint64_t guessed;
	uint64_t again;
};

/**
 * struct skald_replay_ops - who hears of it
 * @user: for the callbacks
 * @sequel: a frame's stories, borrowed for the call; not 0 ends the replay
 *	with that
 * @frame: a frame was read; for progress; may be NULL
 */
struct skald_replay_ops {
	void *user;
	int (*sequel)(void *user, const struct skald_capture_frame *frame,
		      struct skald_sequel *sequel);
	void (*frame)(void *user, const struct skald_replay_count *count);
};

/**
 * skald_replay() - a capture through the engine
 * @engine: the engine; its clock goes on with the capture
 * @capture: the capture
 * @options: how
 * @ops: who is told
 * @count: added to
 * @error: what is wrong with the capture
 *
 * An interface that the capture names and the world does not have counts as not
 * said.
 *
 * Return: 0, -errno, or what @ops->sequel returned.
 */
int skald_replay(struct skald_engine *engine, struct skald_capture *capture,
		 const struct skald_replay_options *options,
		 const struct skald_replay_ops *ops,
		 struct skald_replay_count *count, struct skald_error *error);

#endif /* SKALD_LIB_REPLAY_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: captures through connection tracking
 *
 * Feeds the packets of a capture to the engine's connection tracking, as a host
 * would that receives them all: reassembled, checked as ip_rcv() does, tracked,
 * and delivered, so that new entries are confirmed.
 */
#ifndef SKALD_LIB_CT_REPLAY_H
#define SKALD_LIB_CT_REPLAY_H

#include <stdbool.h>

#include "capture.h"
#include "ct.h"
#include "defrag.h"

/**
 * struct skald_ct_replay_options - how
 * @settings: of the table
 * @no_time: the clock stands still: no timeout ends
 * @helpers_by_port: new entries get the helper of their destination port
 * @cut: trust the lengths of frames that the snap length cut short; else they
 *	are dropped as a host would drop them
 * @seed: of the table's chance
 */
struct skald_ct_replay_options {
	struct skald_ct_settings settings;
	bool no_time;
	bool helpers_by_port;
	bool cut;
	uint64_t seed;
};

/* Defaults: the kernel's, time as the frames say. */
void skald_ct_replay_options_default(struct skald_ct_replay_options *options);

/**
 * struct skald_ct_replay_packet - what became of a packet
 * @frame: the frame that completed it
 * @packet: entry, direction and state; borrowed
 * @dropped: conntrack, or a helper, wants it dropped
 */
struct skald_ct_replay_packet {
	const struct skald_capture_frame *frame;
	const struct skald_ct_packet *packet;
	bool dropped;
};

/**
 * struct skald_ct_replay_ops - who listens; all may be NULL
 * @user: for the callbacks
 * @packet: a packet was tracked; its entry is as it is afterwards
 * @note: the engine tells; @frame: NULL after the last one
 * @verbose: @note wants numbers
 */
struct skald_ct_replay_ops {
	void *user;
	void (*packet)(void *user, const struct skald_ct_replay_packet *packet);
	void (*note)(void *user, const struct skald_capture_frame *frame,
		     const struct skald_ct_note *note);
	bool verbose;
};

struct skald_ct_replay;

/* Return: 0, -ENOMEM. @ops must outlive it. */
int skald_ct_replay_new(const struct skald_ct_replay_options *options,
			const struct skald_ct_replay_ops *ops,
			struct skald_ct_replay **replay);
void skald_ct_replay_free(struct skald_ct_replay *replay);

/**
 * skald_ct_replay_frame() - a frame comes in
 * @replay: the replay
 * @linktype: LINKTYPE_* of its first byte
 * @frame: the frame
 *
 * Return: 0, also when there is no packet in it.
 */
int skald_ct_replay_frame(struct skald_ct_replay *replay, uint16_t linktype,
			  const struct skald_capture_frame *frame);

/* All frames of a capture. Return: 0, -errno with @error. */
int skald_ct_replay_file(struct skald_ct_replay *replay, const char *path,
			 struct skald_error *error);

/* The table, for looking at what is left; and the time of the last frame. */
struct skald_ct_table *skald_ct_replay_table(struct skald_ct_replay *replay);
uint64_t skald_ct_replay_now(const struct skald_ct_replay *replay);
/* Frames that came to nothing because the snap length cut them short. */
uint64_t skald_ct_replay_cut(const struct skald_ct_replay *replay);

#endif /* SKALD_LIB_CT_REPLAY_H */

// SPDX-License-Identifier: GPL-2.0-only
/* Frames of a capture, one after the other, through the engine. */
#include "replay.h"

#include <errno.h>
#include <string.h>

#define LINKTYPE_ETHERNET 1

/**
 * struct replay - one capture at work
 * @engine: the engine
 * @capture: the capture
 * @options: how
 * @ops: who is told
 * @count: what became of frames
 * @now_ns: the newest time there was: a clock does not go back
 * @sequel: of the frame at hand
 * @last_id: number of the packet before
 */
struct replay {
	struct skald_engine *engine;
	struct skald_capture *capture;
	const struct skald_replay_options *options;
	const struct skald_replay_ops *ops;
	struct skald_replay_count *count;
	uint64_t now_ns;
	struct skald_sequel sequel;
	uint64_t last_id;
};

/* Return: whether it is known, or was asked for */
static bool choose_iif(const struct replay *replay,
		       const struct skald_capture_frame *frame,
		       const struct skald_view *view,
		       struct skald_engine_input *input)
{
	const struct skald_replay_options *options = replay->options;

	if (options->is_sent || (frame->is_outgoing && frame->id))
		return true;
	if (frame->interface)
		input->iif = skald_engine_interface(replay->engine,
						    frame->interface);
	if (input->iif)
		return true;
	/* it was recorded elsewhere, or that is how it is meant */
	input->is_for_us = true;
	input->iif = options->iif;
	if (input->iif)
		return true;
	input->iif = skald_engine_back(replay->engine, view);
	return false;
}

/* The whole frame where the engine knows its link layer, else the packet. */
static void take_bytes(const struct replay *replay,
		       const struct skald_capture_frame *frame,
		       const struct skald_view *view,
		       struct skald_engine_input *input)
{
	uint32_t from = view->network;

	input->has_link =
		skald_capture_linktype(replay->capture) == LINKTYPE_ETHERNET;
	if (input->has_link)
		from = 0;
	input->bytes = frame->bytes + from;
	input->known = frame->captured - from;
	input->len = frame->original - from;
	input->ethertype = view->ethertype;
}

static void count_stories(struct replay *replay)
{
	const struct skald_sequel *sequel = &replay->sequel;

	replay->count->stories += sequel->n;
	for (size_t i = 0; i < sequel->n; i++)
		replay->count->answers += skald_sequel_is_answer(sequel, i);
}

static int run(struct replay *replay, const struct skald_capture_frame *frame,
	       const struct skald_view *view)
{
	struct skald_engine_input input = {
		.oif = replay->options->oif,
		.trusts_checksums = !replay->options->checks,
		.tells_misses = replay->options->tells_misses,
		.doubts_sockets = true,
		.tells_answers = true,
	};
	int err;

	if (frame->t_ns > replay->now_ns)
		replay->now_ns = frame->t_ns;
	input.t_ns = replay->now_ns;
	input.guesses_iif = !choose_iif(replay, frame, view, &input);
	take_bytes(replay, frame, view, &input);
	err = skald_sequel_run(replay->engine, &input, &replay->sequel);
	if (err == -EINVAL || err == -EPROTONOSUPPORT) {
		replay->count->refused++;
		return 0;
	}
	if (err)
		return err;
	replay->count->guessed += input.guesses_iif;
	count_stories(replay);
	return replay->ops->sequel(replay->ops->user, frame, &replay->sequel);
}

static int take(struct replay *replay, const struct skald_capture_frame *frame)
{
	struct skald_view view;
	int err = skald_capture_view(skald_capture_linktype(replay->capture),
				     frame, &view);

	replay->count->frames++;
	if (frame->id && frame->id == replay->last_id) {
		replay->count->again++;
		return 0;
	}
	replay->last_id = frame->id;
	if (err == -ENOMSG)
		replay->count->foreign++;
	else if (err)
		replay->count->refused++;
	else
		err = run(replay, frame, &view);
	if (replay->ops->frame)
		replay->ops->frame(replay->ops->user, replay->count);
	return err == -ENOMSG || err == -EINVAL ? 0 : err;
}

int skald_replay(struct skald_engine *engine, struct skald_capture *capture,
		 const struct skald_replay_options *options,
		 const struct skald_replay_ops *ops,
		 struct skald_replay_count *count, struct skald_error *error)
{
	struct replay replay = { .engine = engine,
				 .capture = capture,
				 .options = options,
				 .ops = ops,
				 .count = count };
	struct skald_capture_frame frame;
	int more, err = 0;

	while (!err && (more = skald_capture_next(capture, &frame, error)) > 0)
		err = take(&replay, &frame);
	skald_sequel_done(&replay.sequel);
	if (err == -ENOMEM)
		return skald_error_set(error, ENOMEM, "no memory");
	return err ? err : more;
}

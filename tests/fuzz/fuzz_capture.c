// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a capture file: its frames through connection tracking with all
 * helpers, what happens as JSON, and half-closed connections. The first byte
 * says how; frames stay within their limits, and what is JSON is whole.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "ct_halfclose.h"
#include "ct_json.h"
#include "ct_replay.h"
#include "fuzz.h"

#define FRAMES_MAX 64
#define MAX_ENTRIES 16

struct world {
	struct skald_ct_replay *replay;
	struct skald_halfcloses *halfcloses;
};

static void on_packet(void *user, const struct skald_ct_replay_packet *packet)
{
	struct world *world = user;

	fuzz_check(packet->frame && packet->packet);
	fuzz_check(!skald_halfclose_packet(world->halfcloses, packet->packet));
}

static void on_note(void *user, const struct skald_capture_frame *frame,
		    const struct skald_ct_note *note)
{
	struct world *world = user;
	json_t *json;

	skald_halfclose_note(world->halfcloses, note);
	/* while the table goes there is none to ask */
	if (!frame)
		return;
	json = skald_json_ct_note(skald_ct_replay_table(world->replay), note,
				  frame->number);
	fuzz_check(json);
	json_decref(json);
}

/* The file as one that can be opened. Return: its descriptor */
static int put_file(const uint8_t *data, size_t size, char path[32])
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	fuzz_check(fd >= 0);
	fuzz_check(write(fd, data, size) == (ssize_t)size);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_frame(uint16_t linktype,
			const struct skald_capture_frame *frame, uint64_t n)
{
	struct skald_view view;

	fuzz_check(frame->number == n);
	fuzz_check(frame->original >= frame->captured);
	fuzz_check(!frame->captured || frame->bytes);
	if (skald_capture_view(linktype, frame, &view))
		return;
	fuzz_check(view.network <= view.end && view.end <= view.len);
}

static void read_frames(struct world *world, const char *path)
{
	struct skald_capture_frame frame;
	struct skald_capture *capture;
	struct skald_error error;
	uint16_t linktype;
	uint64_t n = 0;
	int ret;

	ret = skald_capture_open(path, &capture, &error);
	fuzz_check(ret <= 0);
	if (ret) {
		fuzz_check(*error.text);
		return;
	}
	linktype = skald_capture_linktype(capture);
	while (n < FRAMES_MAX &&
	       (ret = skald_capture_next(capture, &frame, &error)) > 0) {
		check_frame(linktype, &frame, ++n);
		fuzz_check(!skald_ct_replay_frame(world->replay, linktype,
						  &frame));
	}
	fuzz_check(ret >= 0 || *error.text);
	skald_capture_close(capture);
}

static void check_json(json_t *json)
{
	char *text;

	fuzz_check(json_is_array(json));
	text = json_dumps(json, JSON_COMPACT);
	fuzz_check(text);
	free(text);
	json_decref(json);
}

static void check_halfcloses(struct skald_halfcloses *all, uint64_t now_ns)
{
	const struct skald_halfclose *rows;
	size_t n, i;

	skald_halfclose_finish(all, now_ns);
	rows = skald_halfclose_all(all, &n);
	for (i = 0; i < n; i++) {
		fuzz_check(rows[i].gap_ns <= rows[i].lasted_ns);
		fuzz_check(!i || rows[i].lasted_ns >= rows[i - 1].lasted_ns);
	}
	fuzz_check(skald_halfclose_cut(all, 0) <= n);
	fuzz_check(skald_halfclose_percentile(all, 50) <=
		   skald_halfclose_percentile(all, 100));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct skald_ct_replay_options options;
	struct world world = { .replay = NULL };
	struct skald_ct_replay_ops ops = { .user = &world,
					   .packet = on_packet,
					   .note = on_note,
					   .verbose = true };
	uint8_t how = fuzz_take_u8(&input);
	uint64_t now_ns;
	char path[32];
	int fd;

	skald_ct_replay_options_default(&options);
	options.settings.max = MAX_ENTRIES;
	options.settings.buckets = 16;
	options.settings.checksum = how & 1;
	options.no_time = how & 2;
	options.helpers_by_port = !(how & 4);
	options.cut = how & 8;
	world.halfcloses = skald_halfclose_new(&options.settings.timeouts);
	fuzz_check(world.halfcloses &&
		   !skald_ct_replay_new(&options, &ops, &world.replay));
	fd = put_file(input.data, input.size, path);
	read_frames(&world, path);
	close(fd);
	now_ns = skald_ct_replay_now(world.replay);
	check_json(skald_json_ct_entries(skald_ct_replay_table(world.replay),
					 now_ns));
	check_json(skald_json_ct_expects(skald_ct_replay_table(world.replay),
					 now_ns));
	skald_ct_replay_free(world.replay);
	check_halfcloses(world.halfcloses, now_ns);
	skald_halfclose_free(world.halfcloses);
	return 0;
}

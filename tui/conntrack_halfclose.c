// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald conntrack halfclose": how long connections were half closed, and what
 * a timeout would have done to them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "conntrack.h"
#include "ct_halfclose.h"
#include "ct_json.h"
#include "ct_print.h"
#include "frame.h"
#include "store.h"

#define BAR_WIDTH 40
/* Longest time between two files of one capture. */
#define FOLLOWS_NS (3600 * SKALD_NS_PER_S)

/* Timeouts of CLOSE_WAIT that people have used. */
static const struct {
	const char *name;
	uint64_t seconds;
} timeouts[] = {
	{ "60 s", 60 },
	{ "120 s", 120 },
	{ "1 h", 3600 },
	{ "5 days", 432000 },
};

/* Rows of the histogram: up to so many milliseconds. */
static const struct {
	const char *name;
	uint64_t ms;
} steps[] = {
	{ "1 ms", 1 },
	{ "10 ms", 10 },
	{ "100 ms", 100 },
	{ "1 s", 1000 },
	{ "10 s", 10000 },
	{ "60 s", 60000 },
	{ "120 s", 120000 },
	{ "10 min", 600000 },
	{ "1 h", 3600000 },
	{ "1 day", 86400000 },
	{ "longer", UINT64_MAX / 1000000 },
};

static const double percents[] = { 50, 90, 95, 99, 100 };

/**
 * struct looking - captures being looked at
 * @wish: the command line
 * @all: what was found
 * @ops: for the replay
 * @replay: of the captures that belong together, or NULL
 * @failed: no memory
 */
struct looking {
	struct skald_conntrack_wish *wish;
	struct skald_halfcloses *all;
	struct skald_ct_replay_ops ops;
	struct skald_ct_replay *replay;
	bool failed;
};

static void add_packet(void *user, const struct skald_ct_replay_packet *packet)
{
	struct looking *looking = user;

	if (skald_halfclose_packet(looking->all, packet->packet))
		looking->failed = true;
}

static void add_note(void *user, const struct skald_capture_frame *frame,
		     const struct skald_ct_note *note)
{
	struct looking *looking = user;

	skald_halfclose_note(looking->all, note);
}

/* ---- for people ---- */

static void print_histogram(const struct skald_halfclose *rows, size_t n)
{
	size_t counts[ARRAY_SIZE(steps)] = { 0 };
	size_t i, step, most = 1;

	for (i = 0, step = 0; i < n; i++) {
		while (rows[i].lasted_ns / 1000000 > steps[step].ms)
			step++;
		counts[step]++;
		most = max(most, counts[step]);
	}
	printf("\nhalf closed for\n");
	for (step = 0; step < ARRAY_SIZE(steps); step++) {
		size_t width = (counts[step] * BAR_WIDTH + most - 1) / most;

		printf("  %s%-7s %6zu ",
		       step + 1 < ARRAY_SIZE(steps) ? "<= " : "   ",
		       steps[step].name, counts[step]);
		while (width--)
			putchar('#');
		putchar('\n');
	}
}

static void print_cuts(const struct skald_halfcloses *all, size_t n)
{
	size_t i, cut;

	printf("\na CLOSE_WAIT timeout of\n");
	for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
		cut = skald_halfclose_cut(all,
					  timeouts[i].seconds * SKALD_NS_PER_S);
		printf("  %-7s would have kept %zu, cut %zu (%.1f %%)\n",
		       timeouts[i].name, n - cut, cut,
		       n ? 100.0 * (double)cut / (double)n : 0);
	}
}

static void print_left(const struct skald_halfclose *rows, size_t n)
{
	size_t i, closed = 0, over = 0;
	int64_t least = INT64_MAX;

	for (i = 0; i < n; i++) {
		if (rows[i].end != SKALD_HALFCLOSE_CLOSED)
			continue;
		closed++;
		over += rows[i].left_ns < 0;
		least = min(least, rows[i].left_ns);
	}
	if (closed)
		printf("\nwhen the other side closed, %zu of %zu timeouts were "
		       "over; the least had %.3f s left\n",
		       over, closed, (double)least / 1e9);
}

static void print_text(const struct skald_halfcloses *all)
{
	size_t n, i, ends[SKALD_HALFCLOSE_OPEN + 1] = { 0 };
	const struct skald_halfclose *rows = skald_halfclose_all(all, &n);

	for (i = 0; i < n; i++)
		ends[rows[i].end]++;
	printf("%zu half-closed connections: %zu closed by the other side, "
	       "%zu reset, %zu gone before, %zu still open\n",
	       n, ends[SKALD_HALFCLOSE_CLOSED], ends[SKALD_HALFCLOSE_RESET],
	       ends[SKALD_HALFCLOSE_GONE], ends[SKALD_HALFCLOSE_OPEN]);
	if (!n)
		return;
	for (i = 0; i < ARRAY_SIZE(percents); i++)
		printf("  %3.0f %% within %.6f s\n", percents[i],
		       (double)skald_halfclose_percentile(all, percents[i]) /
			       1e9);
	print_left(rows, n);
	print_histogram(rows, n);
	print_cuts(all, n);
}

/* ---- JSON ---- */

static json_t *row_json(const struct skald_halfclose *row)
{
	return json_pack("{s:I, s:o, s:I, s:I, s:I, s:I, s:s}", "id",
			 (json_int_t)row->id, "tuple",
			 skald_json_ct_tuple(&row->tuple), "begin_ns",
			 (json_int_t)row->begin_ns, "lasted_ns",
			 (json_int_t)row->lasted_ns, "gap_ns",
			 (json_int_t)row->gap_ns, "left_ns",
			 (json_int_t)row->left_ns, "end",
			 skald_halfclose_end_word(row->end));
}

static json_t *percentiles_json(const struct skald_halfcloses *all)
{
	json_t *object = json_object();
	char key[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(percents); i++) {
		snprintf(key, sizeof(key), "%.0f", percents[i]);
		json_object_set_new(
			object, key,
			json_integer((json_int_t)skald_halfclose_percentile(
				all, percents[i])));
	}
	return object;
}

static json_t *cuts_json(const struct skald_halfcloses *all, size_t n)
{
	json_t *array = json_array();
	size_t i, cut;

	for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
		cut = skald_halfclose_cut(all,
					  timeouts[i].seconds * SKALD_NS_PER_S);
		json_array_append_new(array,
				      json_pack("{s:I, s:I, s:I}", "seconds",
						(json_int_t)timeouts[i].seconds,
						"kept", (json_int_t)(n - cut),
						"cut", (json_int_t)cut));
	}
	return array;
}

static int print_json(const struct skald_halfcloses *all)
{
	json_t *list = json_array();
	const struct skald_halfclose *rows;
	json_t *object;
	size_t i, n;
	int ret = -1;

	rows = skald_halfclose_all(all, &n);
	for (i = 0; i < n; i++) {
		if (json_array_append_new(list, row_json(&rows[i]))) {
			json_decref(list);
			return skald_no_memory();
		}
	}
	object = json_pack("{s:o, s:o, s:o}", "percentiles_ns",
			   percentiles_json(all), "timeouts", cuts_json(all, n),
			   "connections", list);
	if (object)
		ret = json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	putchar('\n');
	return ret ? skald_no_memory() : SKALD_EXIT_DONE;
}

/* ---- all together ---- */

static void finish(struct looking *looking)
{
	if (!looking->replay)
		return;
	skald_halfclose_finish(looking->all,
			       skald_ct_replay_now(looking->replay));
	skald_ct_replay_free(looking->replay);
	looking->replay = NULL;
}

/* Files of one long capture follow each other; others are not related. */
static int begin_file(struct looking *looking,
		      const struct skald_capture_frame *first)
{
	uint64_t now_ns = 0;

	if (looking->replay)
		now_ns = skald_ct_replay_now(looking->replay);
	if (looking->replay && first->t_ns >= now_ns &&
	    first->t_ns - now_ns <= FOLLOWS_NS)
		return 0;
	finish(looking);
	return skald_ct_replay_new(&looking->wish->options, &looking->ops,
				   &looking->replay);
}

static int look_at_frame(struct looking *looking, uint16_t linktype,
			 const struct skald_capture_frame *frame)
{
	int ret = frame->number == 1 ? begin_file(looking, frame) : 0;

	if (!ret)
		ret = skald_ct_replay_frame(looking->replay, linktype, frame);
	return looking->failed ? -ENOMEM : ret;
}

static int look_at_capture(struct looking *looking, const char *path,
			   struct skald_error *error)
{
	struct skald_capture_frame frame;
	struct skald_capture *capture;
	int ret = skald_capture_open(path, &capture, error);

	if (ret)
		return ret;
	while ((ret = skald_capture_next(capture, &frame, error)) > 0) {
		ret = look_at_frame(looking, skald_capture_linktype(capture),
				    &frame);
		if (ret) {
			skald_error_set(error, -ret, "no memory");
			break;
		}
	}
	skald_capture_close(capture);
	return ret;
}

/* ---- stores ---- */

static bool is_store(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	char bytes[sizeof(magic)] = "";
	FILE *file = fopen(path, "rbe");

	if (!file)
		return false;
	(void)!fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return !memcmp(bytes, magic, sizeof(magic));
}

/**
 * struct stories - a store being looked at
 * @looking: all of it
 * @n: stories so far
 * @ret: 0 or -errno
 */
struct stories {
	struct looking *looking;
	uint64_t n;
	int ret;
};

/* A story is a packet; its headers make the beginning of a frame. */
static bool look_at_story(void *user, const struct skald_story *story)
{
	struct stories *stories = user;
	struct skald_frame first;
	struct skald_capture_frame frame = { .number = ++stories->n,
					     .t_ns = story->start_ns };

	skald_frame_first(story, &first);
	frame.bytes = first.bytes;
	frame.captured = first.captured;
	frame.original = first.original;
	stories->ret = look_at_frame(stories->looking, first.linktype, &frame);
	return !stories->ret;
}

/* What TCP options said is not stored: windows cannot be checked. */
static int look_at_store(struct looking *looking, const char *path,
			 struct skald_error *error)
{
	struct skald_list_query query = { .oldest_first = true };
	struct stories stories = { .looking = looking };
	struct skald_store *store;
	int ret = skald_store_open(path, SKALD_STORE_READ, &store, error);

	if (ret)
		return ret;
	looking->wish->options.settings.tcp_be_liberal = true;
	ret = skald_store_list(store, &query, look_at_story, &stories, error);
	if (!ret && stories.ret)
		ret = skald_error_set(error, -stories.ret, "no memory");
	skald_store_close(store);
	return ret;
}

static int look_at_files(struct looking *looking, struct skald_error *error)
{
	const struct skald_conntrack_wish *wish = looking->wish;
	int i, ret = 0;

	for (i = 0; i < wish->n_captures && !ret; i++) {
		if (is_store(wish->captures[i]))
			ret = look_at_store(looking, wish->captures[i], error);
		else
			ret = look_at_capture(looking, wish->captures[i],
					      error);
	}
	finish(looking);
	return ret;
}

int skald_conntrack_halfclose(struct skald_conntrack_wish *wish)
{
	struct looking looking = {
		.wish = wish,
		.all = skald_halfclose_new(&wish->options.settings.timeouts),
		.ops = { .user = &looking,
			 .packet = add_packet,
			 .note = add_note },
	};
	struct skald_error error = { 0 };
	int status = SKALD_EXIT_DONE;
	size_t n;

	if (!looking.all)
		return skald_no_memory();
	wish->options.cut = true;
	skald_halfclose_timeouts(&wish->options.settings.timeouts);
	if (look_at_files(&looking, &error))
		status = skald_fail(&error);
	else if (wish->json)
		status = print_json(looking.all);
	else
		print_text(looking.all);
	skald_halfclose_all(looking.all, &n);
	skald_halfclose_free(looking.all);
	return status || n ? status : SKALD_EXIT_NOTHING;
}

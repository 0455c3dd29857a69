// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald conntrack check": why packets are invalid.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "conntrack.h"
#include "ct_json.h"
#include "ct_print.h"
#include "pcapng.h"
#include "text.h"

#define VERDICT_TEXT 1024

/**
 * struct check - a capture being checked
 * @wish: the command line
 * @replay: the replay
 * @n_packets: packets that were tracked
 * @n_invalid: of them invalid
 * @n_ignored: of them passed without being believed
 * @n_dropped: of them to be dropped
 * @events: for JSON, or NULL
 * @failed: no memory for an event
 * @comment: of this frame: what was told of it
 */
struct check {
	const struct skald_conntrack_wish *wish;
	struct skald_ct_replay *replay;
	uint64_t n_packets;
	uint64_t n_invalid;
	uint64_t n_ignored;
	uint64_t n_dropped;
	json_t *events;
	bool failed;
	char comment[2 * VERDICT_TEXT];
};

/* ---- a verdict ---- */

static bool is_verdict(const struct skald_ct_note *note)
{
	return note->kind == SKALD_CT_NOTE_INVALID ||
	       note->kind == SKALD_CT_NOTE_IGNORED ||
	       note->kind == SKALD_CT_NOTE_DROP;
}

/* The first line as it is, the others indented. */
static void print_verdict(const struct skald_capture_frame *frame,
			  const char *text)
{
	char time[40];

	printf("frame %llu  %s  ", (unsigned long long)frame->number,
	       skald_ct_time_text(frame->t_ns, time, sizeof(time)));
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			fputs("    ", stdout);
	}
	putchar('\n');
}

static void add_note(void *user, const struct skald_capture_frame *frame,
		     const struct skald_ct_note *note)
{
	struct check *check = user;
	char text[VERDICT_TEXT];

	if (!frame || !is_verdict(note))
		return;
	check->n_invalid += note->kind == SKALD_CT_NOTE_INVALID;
	check->n_ignored += note->kind == SKALD_CT_NOTE_IGNORED;
	check->n_dropped += note->kind == SKALD_CT_NOTE_DROP;
	if (check->events) {
		if (!check->failed)
			check->failed = json_array_append_new(
				check->events,
				skald_json_ct_note(
					skald_ct_replay_table(check->replay),
					note, frame->number));
		return;
	}
	skald_ct_verdict_text(note, text, sizeof(text));
	if (!check->wish->pcapng || strcmp(check->wish->pcapng, "-"))
		print_verdict(frame, text);
	skald_text_add(check->comment, sizeof(check->comment), "\n%s", text);
}

/* What the packet of a frame is, before why. */
static void add_packet(void *user, const struct skald_ct_replay_packet *result)
{
	const struct skald_ct_packet *packet = result->packet;
	struct check *check = user;
	char why[sizeof(check->comment)];

	check->n_packets++;
	memcpy(why, check->comment, sizeof(why));
	snprintf(check->comment, sizeof(check->comment), "conntrack: %s",
		 skald_ct_state_word(packet->state));
	if (packet->ct)
		skald_text_add(check->comment, sizeof(check->comment),
			       ", %s direction of entry %llu",
			       packet->dir == SKALD_CT_REPLY ? "reply"
							     : "original",
			       (unsigned long long)packet->ct->id);
	skald_text_add(check->comment, sizeof(check->comment), "%s", why);
}

/* ---- the capture with comments ---- */

static int begin_pcapng(const struct skald_output *output,
			const struct skald_capture *capture, const char *path)
{
	struct skald_pcapng_section section = {
		.program = "skald conntrack check",
		.comment = path,
	};
	struct skald_pcapng_interface interface = {
		.linktype = skald_capture_linktype(capture),
		.name = "capture",
	};
	int ret = skald_pcapng_section(output, &section);

	return ret ? ret : skald_pcapng_interface(output, &interface);
}

static int write_frame(const struct skald_output *output,
		       const struct skald_capture_frame *frame,
		       const char *comment)
{
	struct skald_pcapng_packet packet = {
		.direction = SKALD_PCAPNG_UNKNOWN,
		.t_ns = frame->t_ns,
		.data = frame->bytes,
		.captured = frame->captured,
		.original = frame->original,
		.id = frame->number,
		.comment = *comment ? comment : NULL,
	};

	return skald_pcapng_packet(output, &packet);
}

static int check_frames(struct check *check, struct skald_capture *capture,
			const struct skald_output *output,
			struct skald_error *error)
{
	struct skald_capture_frame frame;
	int ret;

	while ((ret = skald_capture_next(capture, &frame, error)) > 0) {
		*check->comment = '\0';
		ret = skald_ct_replay_frame(
			check->replay, skald_capture_linktype(capture), &frame);
		if (!ret && output)
			ret = write_frame(output, &frame, check->comment);
		if (ret)
			return skald_error_set(error, -ret, "cannot write: %s",
					       strerror(-ret));
	}
	return ret;
}

static int check_to(struct check *check, struct skald_capture *capture,
		    struct skald_error *error)
{
	const char *path = check->wish->pcapng;
	struct skald_output_file *file;
	int ret;

	if (!path)
		return check_frames(check, capture, NULL, error);
	ret = skald_output_open(path, &file, error);
	if (ret)
		return ret;
	ret = begin_pcapng(skald_output_of(file), capture,
			   check->wish->captures[0]);
	if (ret)
		skald_error_set(error, -ret, "cannot write %s: %s", path,
				strerror(-ret));
	else
		ret = check_frames(check, capture, skald_output_of(file),
				   error);
	if (ret) {
		skald_output_abort(file);
		return ret;
	}
	return skald_output_commit(file, error);
}

/* ---- all together ---- */

static void print_sums(const struct check *check)
{
	FILE *stream = check->wish->pcapng && !strcmp(check->wish->pcapng, "-")
			       ? stderr
			       : stdout;

	fprintf(stream,
		"%llu packets, %llu invalid, %llu ignored, %llu dropped",
		(unsigned long long)check->n_packets,
		(unsigned long long)check->n_invalid,
		(unsigned long long)check->n_ignored,
		(unsigned long long)check->n_dropped);
	skald_conntrack_say_cut(check->replay, stream);
	fputc('\n', stream);
}

static int print_json(const struct check *check)
{
	json_t *object =
		json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:O}", "capture",
			  check->wish->captures[0], "packets",
			  (json_int_t)check->n_packets, "invalid",
			  (json_int_t)check->n_invalid, "ignored",
			  (json_int_t)check->n_ignored, "dropped",
			  (json_int_t)check->n_dropped, "cut",
			  (json_int_t)skald_ct_replay_cut(check->replay),
			  "events", check->events);
	int ret = -1;

	if (object && !check->failed)
		ret = json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	putchar('\n');
	return ret ? skald_no_memory() : SKALD_EXIT_DONE;
}

static int run(struct check *check)
{
	struct skald_error error = { 0 };
	struct skald_capture *capture;
	int ret =
		skald_capture_open(check->wish->captures[0], &capture, &error);

	if (ret)
		return skald_fail(&error);
	ret = check_to(check, capture, &error);
	skald_capture_close(capture);
	if (ret)
		return skald_fail(&error);
	if (check->wish->json)
		return print_json(check);
	print_sums(check);
	return SKALD_EXIT_DONE;
}

int skald_conntrack_check(struct skald_conntrack_wish *wish)
{
	struct check check = { .wish = wish };
	struct skald_ct_replay_ops ops = { .user = &check,
					   .packet = add_packet,
					   .note = add_note,
					   .verbose = true };
	int status;

	if (wish->n_captures > 1)
		return skald_usage("conntrack", "check takes one capture");
	if (wish->json && wish->pcapng && !strcmp(wish->pcapng, "-"))
		return skald_usage("conntrack",
				   "--json and --pcapng - are both of "
				   "standard output");
	if (wish->json)
		check.events = json_array();
	if (skald_ct_replay_new(&wish->options, &ops, &check.replay))
		status = skald_no_memory();
	else
		status = run(&check);
	skald_ct_replay_free(check.replay);
	json_decref(check.events);
	return status;
}

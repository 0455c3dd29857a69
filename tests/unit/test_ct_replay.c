// SPDX-License-Identifier: GPL-2.0-only
/*
 * Captures through connection tracking: which frames count, what the clock does
 * to them, what is told, and what JSON says of it.
 */
#include <criterion/criterion.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include "ct_json.h"
#include "ct_print.h"
#include "ct_replay.h"
#include "fail_malloc.h"

#include "../conntrack/helpers/talks.h"

#define APART_S 20

/**
 * struct heard - what a replay said
 * @letters: of its packets
 * @n: how many
 * @notes: of each kind
 * @last_frame: number of the last packet's frame
 * @json: the last note, NULL: none
 * @replay: the replay
 */
struct heard {
	char letters[64];
	unsigned int n;
	unsigned int notes[16];
	uint64_t last_frame;
	json_t *json;
	struct skald_ct_replay *replay;
};

static char path[] = "/tmp/skald-replay-XXXXXX";
static unsigned int n_frames;

static void dump(void *user, const uint8_t *frame, uint32_t len)
{
	struct pcap_pkthdr header = { .ts = { .tv_sec = n_frames++ * APART_S },
				      .caplen = len,
				      .len = len };

	pcap_dump(user, &header, frame);
}

/* The conversation as a capture. */
static void write_talk(const char *name)
{
	struct talk_player player = { .frame = dump,
				      .client_seen = TALK_CLIENT,
				      .server_seen = TALK_SERVER };
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, TALK_FRAME_MAX);
	unsigned int i;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	player.user = pcap_dump_fopen(pcap, fdopen(fd, "wb"));
	cr_assert_not_null(player.user);
	for (i = 0; i < n_talks; i++)
		if (!strcmp(talks[i].name, name))
			talk_play(&talks[i], &player);
	pcap_dump_close(player.user);
	pcap_close(pcap);
	cr_assert_gt(n_frames, 0u);
}

static void on_packet(void *user, const struct skald_ct_replay_packet *packet)
{
	struct heard *heard = user;

	heard->letters[heard->n++] =
		skald_ct_state_letter(packet->packet->state);
	heard->last_frame = packet->frame->number;
}

static void on_note(void *user, const struct skald_capture_frame *frame,
		    const struct skald_ct_note *note)
{
	struct heard *heard = user;

	heard->notes[note->kind]++;
	if (!frame)
		return;
	json_decref(heard->json);
	heard->json = skald_json_ct_note(skald_ct_replay_table(heard->replay),
					 note, frame->number);
}

static struct skald_ct_replay_ops ops = { .packet = on_packet,
					  .note = on_note,
					  .verbose = true };

static void begin(struct heard *heard,
		  const struct skald_ct_replay_options *options)
{
	memset(heard, 0, sizeof(*heard));
	ops.user = heard;
	cr_assert_eq(skald_ct_replay_new(options, &ops, &heard->replay), 0);
}

static void end(struct heard *heard)
{
	skald_ct_replay_free(heard->replay);
	json_decref(heard->json);
}

static struct skald_ct_replay_options by_port(void)
{
	struct skald_ct_replay_options options;

	skald_ct_replay_options_default(&options);
	options.helpers_by_port = true;
	return options;
}

static void remove_capture(void)
{
	unlink(path);
}

TestSuite(ct_replay, .fini = remove_capture);

Test(ct_replay, a_letter_for_each_packet)
{
	struct skald_ct_replay_options options = by_port();
	struct skald_error error;
	struct heard heard;

	write_talk("ftp-passive");
	options.no_time = true;
	begin(&heard, &options);
	cr_assert_eq(skald_ct_replay_file(heard.replay, path, &error), 0);
	cr_expect_str_eq(heard.letters, "NEEEEERNER");
	cr_expect_eq(heard.last_frame, n_frames);
	cr_expect_eq(heard.notes[SKALD_CT_NOTE_NEW], 4u);
	cr_expect_eq(heard.notes[SKALD_CT_NOTE_EXPECT], 2u);
	end(&heard);
	/* without a helper nothing is related */
	options.helpers_by_port = false;
	begin(&heard, &options);
	cr_assert_eq(skald_ct_replay_file(heard.replay, path, &error), 0);
	cr_expect_str_eq(heard.letters, "NEEEEENNEN");
	end(&heard);
}

/* Every frame comes 20 s later: an entry that lives so long is gone by then. */
Test(ct_replay, the_clock_is_that_of_the_capture)
{
	struct skald_ct_replay_options options = by_port();
	struct skald_error error;
	struct heard heard;

	write_talk("tftp");
	options.settings.timeouts.seconds[SKALD_CT_TIMEOUT_UDP] = APART_S;
	begin(&heard, &options);
	cr_assert_eq(skald_ct_replay_file(heard.replay, path, &error), 0);
	cr_expect_str_eq(heard.letters, "NRNN");
	cr_expect_eq(skald_ct_replay_now(heard.replay),
		     (n_frames - 1) * APART_S * SKALD_NS_PER_S);
	end(&heard);
	options.no_time = true;
	begin(&heard, &options);
	cr_assert_eq(skald_ct_replay_file(heard.replay, path, &error), 0);
	cr_expect_str_eq(heard.letters, "NRNE");
	end(&heard);
}

Test(ct_replay, what_was_cut_short_never_came_in)
{
	struct skald_ct_replay_options options = by_port();
	struct skald_capture_frame frame = { .number = 1 };
	uint8_t bytes[60] = { [0] = 0x45, [3] = 60, [8] = 64, [9] = 17 };
	struct heard heard;

	memcpy(bytes + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
	memcpy(bytes + 20, "\0\1\0\2\0\x28\0\0", 8);
	bytes[10] = 0x66;
	bytes[11] = 0xaf;
	frame.bytes = bytes;
	frame.captured = 40;
	frame.original = 60;
	begin(&heard, &options);
	skald_ct_replay_frame(heard.replay, DLT_RAW, &frame);
	skald_ct_replay_frame(heard.replay, 101, &frame);
	cr_expect_eq(heard.n, 0u);
	end(&heard);
	options.cut = true;
	begin(&heard, &options);
	skald_ct_replay_frame(heard.replay, 101, &frame);
	cr_expect_str_eq(heard.letters, "N");
	end(&heard);
}

Test(ct_replay, a_file_that_is_damaged_is_told)
{
	struct skald_ct_replay_options options = by_port();
	struct skald_error error;
	struct heard heard;

	write_talk("irc");
	cr_assert_eq(truncate(path, 200), 0);
	begin(&heard, &options);
	cr_expect_lt(skald_ct_replay_file(heard.replay, path, &error), 0);
	cr_expect_not_null(strstr(error.text, "frame 3"));
	cr_expect_eq(heard.n, 2u);
	cr_assert_eq(truncate(path, 3), 0);
	cr_expect_lt(skald_ct_replay_file(heard.replay, path, &error), 0);
	cr_expect_lt(skald_ct_replay_file(heard.replay, "/nowhere", &error), 0);
	end(&heard);
}

static const char *word_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* docs/json.md: entries, expectations, the last event. */
Test(ct_replay, json_says_what_is_there)
{
	struct skald_ct_replay_options options = by_port();
	struct skald_ct_table *table;
	struct skald_error error;
	json_t *entries, *expects, *entry;
	struct heard heard;
	uint64_t now_ns;

	write_talk("sip");
	options.no_time = true;
	begin(&heard, &options);
	cr_assert_eq(skald_ct_replay_file(heard.replay, path, &error), 0);
	table = skald_ct_replay_table(heard.replay);
	now_ns = skald_ct_replay_now(heard.replay);
	entries = skald_json_ct_entries(table, now_ns);
	expects = skald_json_ct_expects(table, now_ns);
	cr_assert_eq(json_array_size(entries), 6u);
	cr_expect_eq(json_array_size(expects), 0u, "BYE ended the call");
	entry = json_array_get(entries, 0);
	cr_expect_str_eq(word_of(entry, "family"), "ip");
	cr_expect_str_eq(word_of(entry, "proto"), "udp");
	cr_expect(json_is_null(json_object_get(entry, "state")));
	cr_expect(json_is_array(json_object_get(entry, "status")));
	cr_expect_eq(json_integer_value(json_object_get(
			     json_object_get(entry, "original"), "packets")) >
			     0,
		     1);
	cr_assert_not_null(heard.json);
	cr_expect_str_eq(word_of(heard.json, "kind"), "new");
	cr_expect_eq(json_integer_value(json_object_get(heard.json, "frame")),
		     n_frames);
	json_decref(entries);
	json_decref(expects);
	end(&heard);
}

/* What was expected, with what any source may be. */
Test(ct_replay, json_of_an_expectation)
{
	struct skald_ct_replay_options options = by_port();
	struct skald_error error;
	json_t *expects, *expect;
	struct heard heard;

	write_talk("irc");
	options.no_time = true;
	begin(&heard, &options);
	cr_assert_eq(truncate(path, 24 + 5 * 16 + 3 * 54 + 65 + 97), 0);
	cr_assert_eq(skald_ct_replay_file(heard.replay, path, &error), 0);
	expects = skald_json_ct_expects(skald_ct_replay_table(heard.replay),
					skald_ct_replay_now(heard.replay));
	cr_assert_eq(json_array_size(expects), 1u);
	expect = json_array_get(expects, 0);
	cr_expect_str_eq(word_of(expect, "helper"), "irc");
	cr_expect(json_is_true(json_object_get(expect, "any_saddr")));
	cr_expect(json_is_true(json_object_get(expect, "any_sport")));
	cr_expect_eq(json_integer_value(json_object_get(
			     json_object_get(expect, "tuple"), "dport")),
		     1029);
	json_decref(expects);
	end(&heard);
}

Test(ct_replay, every_allocation_may_fail)
{
	struct skald_ct_replay_options options = by_port();
	struct heard heard = { .n = 0 };
	struct skald_error error;
	int err = -ENOMEM;
	long after;

	write_talk("tftp");
	ops.user = &heard;
	for (after = 0; err == -ENOMEM && after < 100; after++) {
		fail_malloc_after = after;
		err = skald_ct_replay_new(&options, &ops, &heard.replay);
		fail_malloc_after = -1;
		if (!err)
			skald_ct_replay_free(heard.replay);
	}
	cr_expect_eq(err, 0);
	cr_expect_gt(after, 3);
	/* a packet without memory is no error of the file */
	for (after = 0; after < 30; after++) {
		begin(&heard, &options);
		fail_malloc_once = true;
		fail_malloc_after = after;
		err = skald_ct_replay_file(heard.replay, path, &error);
		fail_malloc_after = -1;
		cr_expect(err <= 0 && heard.n <= n_frames);
		end(&heard);
	}
}

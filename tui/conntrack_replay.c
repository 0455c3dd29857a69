// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald conntrack replay": what each packet is to its connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "conntrack.h"
#include "ct_json.h"
#include "ct_print.h"
#include "ct_proto.h"

/* ---- --states: a letter a packet ---- */

static void put_letter(void *user, const struct skald_ct_replay_packet *packet)
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

	if (skald_ct_replay_new(&wish->options, &ops, &replay))
		return skald_no_memory();
	printf("%s\t", path);
	ret = skald_ct_replay_file(replay, path, &error);
	putchar('\n');
	skald_ct_replay_free(replay);
	return ret ? skald_fail(&error) : SKALD_EXIT_DONE;
}

/* ---- --json: entries, expectations, events ---- */

/**
 * struct sums - packets by what they were
 * @replay: the replay
 * @states: packets of each enum skald_ct_state
 * @dropped: packets that conntrack or a helper wanted dropped
 * @events: for JSON, or NULL
 * @failed: no memory for an event
 */
struct sums {
	struct skald_ct_replay *replay;
	uint64_t states[SKALD_CT_UNTRACKED + 1];
	uint64_t dropped;
	json_t *events;
	bool failed;
};

static void add_packet(void *user, const struct skald_ct_replay_packet *packet)
{
	struct sums *sums = user;

	sums->states[packet->packet->state]++;
	sums->dropped += packet->dropped;
}

static void add_note(void *user, const struct skald_capture_frame *frame,
		     const struct skald_ct_note *note)
{
	struct sums *sums = user;

	/* what ends with the table did not end in the capture */
	if (note->kind == SKALD_CT_NOTE_DESTROY &&
	    note->end == SKALD_CT_END_TABLE)
		return;
	if (sums->events && !sums->failed)
		sums->failed = json_array_append_new(
			sums->events,
			skald_json_ct_note(skald_ct_replay_table(sums->replay),
					   note, frame ? frame->number : 0));
}

static json_t *count_states(const struct sums *sums)
{
	json_t *object = json_object();
	int state;

	for (state = 0; state <= SKALD_CT_UNTRACKED; state++)
		json_object_set_new(
			object, skald_ct_state_word((enum skald_ct_state)state),
			json_integer((json_int_t)sums->states[state]));
	json_object_set_new(object, "dropped",
			    json_integer((json_int_t)sums->dropped));
	return object;
}

static int print_json(const char *path, struct sums *sums)
{
	struct skald_ct_table *table = skald_ct_replay_table(sums->replay);
	uint64_t now_ns = skald_ct_replay_now(sums->replay);
	json_t *object =
		json_pack("{s:s, s:o, s:I, s:o, s:o, s:O}", "capture", path,
			  "packets", count_states(sums), "cut",
			  (json_int_t)skald_ct_replay_cut(sums->replay),
			  "entries", skald_json_ct_entries(table, now_ns),
			  "expectations", skald_json_ct_expects(table, now_ns),
			  "events", sums->events);
	int ret = -1;

	if (object && !sums->failed)
		ret = json_dumpf(object, stdout, JSON_COMPACT);
	json_decref(object);
	putchar('\n');
	return ret;
}

static int replay_json(const struct skald_conntrack_wish *wish,
		       const char *path)
{
	struct sums sums = { .events = json_array() };
	struct skald_ct_replay_ops ops = { .user = &sums,
					   .packet = add_packet,
					   .note = add_note,
					   .verbose = true };
	struct skald_error error = { 0 };
	int ret, status = SKALD_EXIT_DONE;

	if (skald_ct_replay_new(&wish->options, &ops, &sums.replay)) {
		json_decref(sums.events);
		return skald_no_memory();
	}
	ret = skald_ct_replay_file(sums.replay, path, &error);
	if (ret)
		status = skald_fail(&error);
	if (print_json(path, &sums))
		status = skald_no_memory();
	skald_ct_replay_free(sums.replay);
	json_decref(sums.events);
	return status;
}

/* ---- for people: what is left ---- */

static bool print_entry(void *user, struct skald_ct *ct)
{
	const struct skald_ct_proto *proto;
	const struct sums *sums = user;
	uint64_t now_ns = skald_ct_replay_now(sums->replay);
	char original[SKALD_CT_TUPLE_TEXT];
	uint64_t n = 0;
	int dir;

	for (dir = 0; dir < SKALD_CT_DIRS; dir++)
		n += (uint64_t)atomic64_read(&ct->count[dir].packets);
	proto = skald_ct_proto_of(skald_ct_replay_table(sums->replay),
				  skald_ct_protonum(ct));
	printf("%-12s %7llu s  %6llu packets  %s%s%s\n",
	       proto->state ? proto->state_word(proto->state(ct)) : "",
	       (unsigned long long)((ct->expires_ns - now_ns) / SKALD_NS_PER_S),
	       (unsigned long long)n,
	       skald_ct_tuple_text(skald_ct_tuple(ct, SKALD_CT_ORIGINAL),
				   original, sizeof(original)),
	       skald_ct_is(ct, SKALD_CT_SEEN_REPLY) ? "" : " unreplied",
	       skald_ct_is(ct, SKALD_CT_ASSURED) ? " assured" : "");
	return true;
}

void skald_conntrack_say_cut(const struct skald_ct_replay *replay, FILE *stream)
{
	uint64_t n = skald_ct_replay_cut(replay);

	if (n)
		fprintf(stream,
			", %llu frame%s cut short (--cut trusts the lengths)",
			(unsigned long long)n, n == 1 ? "" : "s");
}

static void print_sums(const char *path, const struct sums *sums)
{
	uint64_t n = 0;
	int state;

	printf("%s:", path);
	for (state = SKALD_CT_UNTRACKED; state >= 0; state--) {
		n += sums->states[state];
		if (sums->states[state])
			printf(" %llu %s",
			       (unsigned long long)sums->states[state],
			       skald_ct_state_word((enum skald_ct_state)state));
	}
	if (!n)
		printf(" no packet");
	if (sums->dropped)
		printf(", %llu dropped", (unsigned long long)sums->dropped);
	skald_conntrack_say_cut(sums->replay, stdout);
	putchar('\n');
}

/* Of a file that cannot be read there is no sum, of one that is cut off the sum
 * until there. */
static bool has_counted(const struct sums *sums)
{
	uint64_t n = skald_ct_replay_cut(sums->replay);
	int state;

	for (state = 0; state <= SKALD_CT_UNTRACKED; state++)
		n += sums->states[state];
	return n;
}

static int replay_text(const struct skald_conntrack_wish *wish,
		       const char *path)
{
	struct sums sums = { 0 };
	struct skald_ct_replay_ops ops = { .user = &sums,
					   .packet = add_packet };
	struct skald_error error = { 0 };
	int ret;

	if (skald_ct_replay_new(&wish->options, &ops, &sums.replay))
		return skald_no_memory();
	ret = skald_ct_replay_file(sums.replay, path, &error);
	if (!ret || has_counted(&sums))
		print_sums(path, &sums);
	skald_ct_each(skald_ct_replay_table(sums.replay),
		      skald_ct_replay_now(sums.replay), print_entry, &sums);
	skald_ct_replay_free(sums.replay);
	return ret ? skald_fail(&error) : SKALD_EXIT_DONE;
}

int skald_conntrack_replay(struct skald_conntrack_wish *wish)
{
	int i, ret, status = SKALD_EXIT_DONE;

	for (i = 0; i < wish->n_captures; i++) {
		const char *path = wish->captures[i];

		if (wish->states)
			ret = replay_states(wish, path);
		else if (wish->json)
			ret = replay_json(wish, path);
		else
			ret = replay_text(wish, path);
		if (ret)
			status = ret;
	}
	return status;
}

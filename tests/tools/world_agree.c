// SPDX-License-Identifier: GPL-2.0-only
/*
 * world_agree: the stories that the kernel told of the packets of a capture,
 * against those that the engine tells of them in the same world: the same base
 * chains, rules and verdicts, the same state of the connection, the same
 * translations, the same end.
 *   world_agree WORLD STORE CAPTURE [-v]
 * Prints a line of counts, the first differences, and what was never met.
 * Exit status 0: all agree; 1: some do not; 2: cannot.
 */
#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "engine.h"
#include "event.h"
#include "json.h"
#include "store.h"
#include "text.h"
#include "world.h"

#define PATH_MAX_LEN 16384
#define SHOWN_MAX 3
/* Stories that may be missing in a row before the frames are given up. */
#define LOOK_AHEAD 200
/* The table that keeps the kernel's own packets away from connections. */
#define QUIET "skald-1"

/* A story as a line of text that can be compared. */
struct told {
	char *path;
	uint64_t id;
	uint64_t start_ns;
	bool is_used;
	bool is_complete;
	char packet[160];
};

struct list {
	struct told *all;
	size_t n;
};

struct agree {
	struct skald_engine *engine;
	struct list kernel;
	size_t at;
	uint64_t n_frames;
	uint64_t n_same;
	uint64_t n_other;
	uint64_t n_unknown;
	uint64_t n_missing;
	uint64_t n_chance;
	char **endpoints;
	size_t n_endpoints;
	unsigned int shown;
	bool is_verbose;
};

static bool has_unknown(const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_gaps; i++) {
		if (strstr(story->gaps[i].where, "passed over") ||
		    strstr(story->gaps[i].where, "not known") ||
		    strstr(story->gaps[i].where, "random"))
			return true;
	}
	return false;
}

static void add_event(const struct skald_event *event, char *text, size_t size)
{
	switch (event->kind) {
	case SKALD_CHAIN:
		if (!strcmp(event->ev_chain.table, QUIET))
			break;
		skald_text_add(text, size, "\n %s %s %s:",
			       skald_word(skald_words_of_FAMILY,
					  event->ev_chain.family),
			       event->ev_chain.table, event->ev_chain.chain);
		break;
	case SKALD_RULE:
		if (!strcmp(event->ev_rule.table, QUIET))
			break;
		skald_text_add(text, size, " %s/%" PRIu64 " %s%s%s",
			       event->ev_rule.chain, event->ev_rule.handle,
			       skald_word(skald_words_of_VERDICT,
					  event->ev_rule.verdict),
			       event->ev_rule.target ? " " : "",
			       event->ev_rule.target ? event->ev_rule.target
						     : "");
		break;
	case SKALD_RETURN:
		if (event->ev_return.handle)
			skald_text_add(text, size, " %s/%" PRIu64 " return",
				       event->ev_return.chain,
				       event->ev_return.handle);
		break;
	case SKALD_POLICY:
		skald_text_add(text, size, " policy %s",
			       skald_word(skald_words_of_VERDICT,
					  event->ev_policy.verdict));
		break;
	case SKALD_NAT:
		skald_text_add(text, size, "\n nat %s %s > %s",
			       skald_word(skald_words_of_NAT,
					  event->ev_nat.type),
			       event->ev_nat.old, event->ev_nat.new);
		break;
	default:
		break;
	}
}

/* States of the connection: sources differ in when they tell them. */
static void add_state(const struct skald_event *event, char *text, size_t size)
{
	if (event->kind != SKALD_CONNTRACK)
		return;
	skald_text_add(text, size, "\n ct %s",
		       skald_word(skald_words_of_CTSTATE,
				  event->ev_conntrack.state));
	if (SKALD_HAS(event, conntrack, direction))
		skald_text_add(text, size, " %s",
			       skald_word(skald_words_of_CTDIR,
					  event->ev_conntrack.direction));
}

/* Where it ended, as both can see it: the kernel's source does not see what is
 * not netfilter. */
static void add_end(const struct skald_story *story, char *text, size_t size)
{
	const struct skald_ending *ending = &story->ending;
	bool is_rule = ending->kind == SKALD_ENDING_DROPPED && ending->table;
	char mark[32] = "";
	const struct skald_value *value = &story->final.value[SKALD_P_mark];

	if (value->num)
		snprintf(mark, sizeof(mark), " mark %" PRIu64, value->num);
	skald_text_add(text, size, "\n %s at %s%s%s%s",
		       is_rule ? "dropped" : "left",
		       skald_word(skald_words_of_HOOK, ending->hook),
		       story->oif && !is_rule ? " by " : "",
		       story->oif && !is_rule ? story->oif : "", mark);
}

static char *path_of(const struct skald_story *story)
{
	char *text = calloc(1, PATH_MAX_LEN);

	if (!text)
		exit(2);
	for (unsigned int i = 0; i < story->n_events; i++)
		add_state(&story->events[i], text, PATH_MAX_LEN);
	for (unsigned int i = 0; i < story->n_events; i++)
		add_event(&story->events[i], text, PATH_MAX_LEN);
	add_end(story, text, PATH_MAX_LEN);
	return text;
}

static void name_packet(const struct skald_story *story, char *text,
			size_t size)
{
	skald_packet_summary(&story->packet, text, size);
	skald_text_add(text, size,
		       " by %s ttl %" PRIu64 " id %" PRIu64 " seq %" PRIu64,
		       story->iif ? story->iif : "-",
		       story->packet.value[SKALD_P_ttl].num,
		       story->packet.value[SKALD_P_id].num,
		       story->packet.value[SKALD_P_seq].num);
}

static bool take_kernel(void *user, const struct skald_story *story)
{
	struct list *list = user;
	struct told *told;

	if (story->ending.table && !strcmp(story->ending.table, QUIET))
		return true;
	if (!(list->n & (list->n - 1)))
		list->all = reallocarray(list->all, list->n ? list->n * 2 : 1,
					 sizeof(*list->all));
	if (!list->all)
		exit(2);
	told = &list->all[list->n++];
	memset(told, 0, sizeof(*told));
	told->path = path_of(story);
	told->id = story->id;
	told->start_ns = story->start_ns;
	told->is_complete = story->complete;
	name_packet(story, told->packet, sizeof(told->packet));
	return true;
}

/* Stories are stored as they end; packets came in another order. */
static int by_start(const void *a, const void *b)
{
	const struct told *first = a, *second = b;

	if (first->start_ns != second->start_ns)
		return first->start_ns < second->start_ns ? -1 : 1;
	return first->id < second->id ? -1 : first->id > second->id;
}

/* The kernel's story of a packet. NULL: it told none */
static const struct told *find(struct agree *agree, const char *packet)
{
	size_t i = agree->at > LOOK_AHEAD ? agree->at - LOOK_AHEAD : 0;

	for (; i < agree->kernel.n && i < agree->at + LOOK_AHEAD; i++) {
		struct told *told = &agree->kernel.all[i];

		if (told->is_used || strcmp(told->packet, packet) != 0)
			continue;
		told->is_used = true;
		agree->at = i + 1;
		return told;
	}
	return NULL;
}

static void show(struct agree *agree, const struct told *then, const char *now,
		 uint64_t frame)
{
	if (agree->shown++ >= SHOWN_MAX && !agree->is_verbose)
		return;
	printf("frame %" PRIu64 ", story %" PRIu64 ": %s\n kernel:%s\n"
	       " engine:%s\n",
	       frame, then->id, then->packet, then->path, now);
}

/* The endpoint that a source was translated to, "10.77.0.1:57955"; heap. */
static char *translated(const char *path)
{
	const char *at = strstr(path, "\n nat snat ");

	if (!at)
		at = strstr(path, "\n nat masquerade ");
	at = at ? strstr(at, " > ") : NULL;
	return at ? strndup(at + 3, strcspn(at + 3, "\n")) : NULL;
}

/* Where a port is taken the kernel begins anywhere to look for another: its
 * chance is not the engine's, nor are the packets that answer there. */
static bool is_chance(struct agree *agree, const struct told *then,
		      const char *now)
{
	char *kernel = translated(then->path), *engine = translated(now);
	const char *colon = kernel ? strrchr(kernel, ':') : NULL;
	bool is = false;
	char **all;

	if (kernel && engine && colon && strcmp(kernel, engine) != 0 &&
	    !strncmp(kernel, engine, (size_t)(colon - kernel) + 1)) {
		all = reallocarray(agree->endpoints, agree->n_endpoints + 1,
				   sizeof(*all));
		if (!all)
			exit(2);
		agree->endpoints = all;
		all[agree->n_endpoints++] = kernel;
		kernel = NULL;
		is = true;
	}
	for (size_t i = 0; i < agree->n_endpoints && !is; i++)
		is = strstr(then->packet, agree->endpoints[i]);
	free(kernel);
	free(engine);
	return is;
}

static void compare(struct agree *agree, const struct skald_story *story,
		    uint64_t frame)
{
	char packet[160];
	const struct told *then;
	char *now;

	name_packet(story, packet, sizeof(packet));
	then = find(agree, packet);
	if (!then) {
		agree->n_missing++;
		if (agree->is_verbose)
			printf("frame %" PRIu64 ": no story of %s\n", frame,
			       packet);
		return;
	}
	now = path_of(story);
	if (!strcmp(then->path, now)) {
		agree->n_same++;
	} else if (is_chance(agree, then, now)) {
		agree->n_chance++;
	} else if (has_unknown(story) || !then->is_complete) {
		agree->n_unknown++;
		if (agree->is_verbose)
			show(agree, then, now, frame);
	} else {
		agree->n_other++;
		show(agree, then, now, frame);
	}
	free(now);
}

static int run(struct agree *agree, struct skald_capture *capture)
{
	struct skald_capture_frame frame;
	struct skald_error error = { 0 };
	int more;

	while ((more = skald_capture_next(capture, &frame, &error)) > 0) {
		bool is_local = !strcmp(frame.interface, "local");
		struct skald_engine_input input = {
			.bytes = frame.bytes + (is_local ? 14 : 0),
			.known = frame.captured - (is_local ? 14 : 0),
			.len = frame.original - (is_local ? 14 : 0),
			.has_link = !is_local,
			.ethertype = frame.bytes[14] >> 4 == 6 ? 0x86dd : 0x800,
			.t_ns = frame.t_ns,
		};
		struct skald_story story;

		if (!is_local)
			input.iif = skald_engine_interface(agree->engine,
							   frame.interface);
		agree->n_frames++;
		if (skald_engine_run(agree->engine, &input, &story))
			continue;
		do {
			compare(agree, &story, frame.number);
			skald_story_done(&story);
		} while (skald_engine_next(agree->engine, &story) > 0);
	}
	return more;
}

static int open_all(char **argv, struct skald_world *world, struct agree *agree,
		    struct skald_capture **capture, struct skald_error *error)
{
	struct skald_list_query query = { .oldest_first = true };
	struct skald_store *store;
	int err = skald_world_load(argv[1], world, error);

	if (!err)
		err = skald_engine_new(world, &agree->engine, error);
	if (!err)
		err = skald_store_open(argv[2], SKALD_STORE_READ, &store,
				       error);
	if (err)
		return err;
	err = skald_store_list(store, &query, take_kernel, &agree->kernel,
			       error);
	skald_store_close(store);
	if (agree->kernel.n)
		qsort(agree->kernel.all, agree->kernel.n,
		      sizeof(*agree->kernel.all), by_start);
	return err ? err : skald_capture_open(argv[3], capture, error);
}

int main(int argc, char **argv)
{
	static struct agree agree;
	struct skald_error error = { 0 };
	struct skald_capture *capture;
	struct skald_world world;

	if (argc < 4)
		return 2;
	agree.is_verbose = argc > 4;
	if (open_all(argv, &world, &agree, &capture, &error) ||
	    run(&agree, capture)) {
		fprintf(stderr, "world_agree: %s\n", error.text);
		return 2;
	}
	printf("%" PRIu64 " packets: %" PRIu64 " agree, %" PRIu64
	       " unknown, %" PRIu64 " disagree, %" PRIu64
	       " without a story, %" PRIu64 " by chance\n",
	       agree.n_frames, agree.n_same, agree.n_unknown, agree.n_other,
	       agree.n_missing, agree.n_chance);
	skald_capture_close(capture);
	skald_engine_free(agree.engine);
	skald_world_done(&world);
	for (size_t i = 0; i < agree.kernel.n; i++)
		free(agree.kernel.all[i].path);
	free(agree.kernel.all);
	return agree.n_other ? 1 : 0;
}

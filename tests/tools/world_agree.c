// SPDX-License-Identifier: GPL-2.0-only
/*
 * world_agree: the stories that the kernel told of the packets of a capture,
 * against those that the engine tells of them in the same world: the same base
 * chains, rules and verdicts, the same state of the connection, the same
 * translations, the same end.
 *   world_agree [-a] [-v] [-c] [-k FILE] WORLD STORE CAPTURE
 *	-a what rules that reject send back is told, too
 *	-v all differences, and what is unknown, instead of the first
 *	-c what was met of the ruleset (parts/agree_cover.h), at the end
 *	-k write the frames up to the first that disagrees, as world_send -f
 *	   reads them
 * The ruleset was loaded right before the world was taken; packets of this
 * machine are root's. Ports that the kernel found by chance are given to the
 * engine. Prints a line of counts, the first differences, and causes of what
 * is unknown.
 * Exit status 0: all agree; 1: some do not; 2: cannot.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "engine.h"
#include "store.h"

#include "parts/agree_chance.h"
#include "parts/agree_cover.h"
#include "parts/agree_path.h"

#define SHOWN_MAX 3
/* Stories that may be missing in a row before the frames are given up. */
#define LOOK_AHEAD 200
#define CAUSES_MAX 64
#define NAME_MAX_LEN 192
#define FLOW_MAX_LEN 144
#define ETHERNET 14

/* What the kernel told. */
struct told {
	char *path;
	uint64_t id;
	uint64_t start_ns;
	bool is_used;
	bool is_complete;
	uint16_t ports[2];
	char packet[NAME_MAX_LEN];
	char there[FLOW_MAX_LEN];
	char back[FLOW_MAX_LEN];
};

struct list {
	struct told *all;
	size_t n;
	struct agree_cover *cover;
};

/* Why something is not known. */
struct cause {
	char text[NAME_MAX_LEN];
	uint64_t n;
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
	uint64_t n_untold;
	uint64_t first_other;
	char (*tainted)[FLOW_MAX_LEN];
	size_t n_tainted;
	struct cause causes[CAUSES_MAX];
	size_t n_causes;
	unsigned int shown;
	bool answers;
	bool is_verbose;
	bool covers;
	const char *keep;
};

static void count_cause(struct agree *agree, const char *text)
{
	struct cause *cause = agree->causes;
	size_t i;

	for (i = 0; i < agree->n_causes; i++, cause++) {
		if (!strcmp(cause->text, text)) {
			cause->n++;
			return;
		}
	}
	if (agree->n_causes == CAUSES_MAX)
		return;
	agree->n_causes++;
	(void)snprintf(cause->text, sizeof(cause->text), "%s", text);
	cause->n = 1;
}

/* What the engine's path depends on and the world does not have; NULL:
 * nothing. Rules are left out of it. */
static const char *unknown_cause(const struct skald_story *story)
{
	for (unsigned int i = 0; i < story->n_gaps; i++) {
		const char *where = story->gaps[i].where;
		const char *rule = strstr(where, " rule ");
		const char *colon = rule ? strchr(rule, ':') : NULL;

		if (strstr(where, "passed over") ||
		    strstr(where, "not known") || strstr(where, "random") ||
		    strstr(where, "user space"))
			return colon ? colon + 2 : where;
	}
	return NULL;
}

/* "tcp 10.0.0.1:80 > 10.0.0.2:1024"; @turned: as an answer has it */
static void name_flow(const struct skald_packet *packet, bool turned,
		      char *text)
{
	const struct skald_value *value = packet->value;
	char from[48], to[48];

	skald_value_format(&value[SKALD_P_saddr], from, sizeof(from));
	skald_value_format(&value[SKALD_P_daddr], to, sizeof(to));
	(void)snprintf(
		text, FLOW_MAX_LEN, "%s %s:%u > %s:%u", packet->proto,
		turned ? to : from,
		(unsigned int)value[turned ? SKALD_P_dport : SKALD_P_sport].num,
		turned ? from : to,
		(unsigned int)value[turned ? SKALD_P_sport : SKALD_P_dport]
			.num);
}

static bool is_tainted(const struct agree *agree, const char *flow)
{
	for (size_t i = 0; i < agree->n_tainted; i++) {
		if (!strcmp(agree->tainted[i], flow))
			return true;
	}
	return false;
}

static void taint(struct agree *agree, const char *flow)
{
	if (is_tainted(agree, flow))
		return;
	agree->tainted = reallocarray(agree->tainted, agree->n_tainted + 1,
				      sizeof(*agree->tainted));
	if (!agree->tainted)
		exit(2);
	memcpy(agree->tainted[agree->n_tainted++], flow, FLOW_MAX_LEN);
}

/* What became of a packet is not known: nor are its connection's others. */
static void taint_all(struct agree *agree, const struct told *then,
		      const struct skald_story *story)
{
	char flow[FLOW_MAX_LEN] = "";
	struct skald_packet piece = story->packet;

	/* fragments of it have no ports */
	piece.value[SKALD_P_sport].num = 0;
	piece.value[SKALD_P_dport].num = 0;
	name_flow(&piece, false, flow);
	taint(agree, flow);
	memset(flow, 0, sizeof(flow));
	taint(agree, then->there);
	taint(agree, then->back);
	name_flow(&story->final, true, flow);
	taint(agree, flow);
}

/* A port, or an echo's identifier, that is another at the end. */
static uint16_t new_port(const struct skald_story *story,
			 enum skald_packet_field port)
{
	const struct skald_value *was = &story->packet.value[port];
	const struct skald_value *is = &story->final.value[port];

	return is->type && was->num != is->num ? (uint16_t)is->num : 0;
}

static void take_ports(const struct skald_story *story, struct told *told)
{
	told->ports[0] = new_port(story, SKALD_P_dport);
	told->ports[1] = new_port(story, SKALD_P_sport);
	if (!told->ports[1])
		told->ports[1] = new_port(story, SKALD_P_icmp_id);
}

static bool take_kernel(void *user, const struct skald_story *story)
{
	struct list *list = user;
	struct told *told;

	if (story->ending.table && !strcmp(story->ending.table, AGREE_QUIET))
		return true;
	if (!(list->n & (list->n - 1)))
		list->all = reallocarray(list->all, list->n ? list->n * 2 : 1,
					 sizeof(*list->all));
	if (!list->all)
		exit(2);
	told = &list->all[list->n++];
	memset(told, 0, sizeof(*told));
	told->path = agree_path(story, false);
	told->id = story->id;
	told->start_ns = story->start_ns;
	told->is_complete = story->complete;
	take_ports(story, told);
	name_flow(&story->packet, false, told->there);
	name_flow(&story->final, true, told->back);
	agree_name(&story->packet, story->iif, told->packet,
		   sizeof(told->packet));
	agree_cover_take(list->cover, story);
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
static struct told *find(struct agree *agree, const char *packet)
{
	size_t i = agree->at > LOOK_AHEAD ? agree->at - LOOK_AHEAD : 0;

	for (; i < agree->kernel.n && i < agree->at + LOOK_AHEAD; i++) {
		struct told *told = &agree->kernel.all[i];

		if (!told->is_used && !strcmp(told->packet, packet))
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

/* An ICMP error: it quotes a packet of another connection. */
static bool is_error(const struct skald_story *story)
{
	const struct skald_value *type =
		&story->packet.value[SKALD_P_icmp_type];

	if (!type->type)
		return false;
	if (!strcmp(story->packet.family, "ip6"))
		return type->num < 128;
	return type->num == 3 || type->num == 4 || type->num == 5 ||
	       type->num == 11 || type->num == 12;
}

static void judge(struct agree *agree, struct told *then,
		  const struct skald_story *story, uint64_t frame)
{
	const char *cause = unknown_cause(story);
	char *now = agree_path(story, false);
	char *early = agree_path(story, true);

	if (!cause && is_tainted(agree, then->there))
		cause = "a connection that began with what is not known";
	if (!cause && agree->n_tainted && is_error(story))
		cause = "an error about what is not known, perhaps";
	if (!cause &&
	    agree_cover_is_limit(agree->kernel.cover, then->path, now))
		cause = "when the kernel looked at its clock, at a limit";
	if (agree_is_rewritten(story)) {
		agree_leave_nat(then->path);
		agree_leave_nat(now);
		agree_leave_nat(early);
	}
	if (!strcmp(then->path, now) || !strcmp(then->path, early)) {
		agree->n_same++;
	} else if (cause || !then->is_complete) {
		agree->n_unknown++;
		taint_all(agree, then, story);
		count_cause(agree,
			    cause ? cause : "the kernel's story has a gap");
		if (agree->is_verbose)
			show(agree, then, now, frame);
	} else {
		if (!agree->n_other++)
			agree->first_other = frame;
		show(agree, then, now, frame);
	}
	free(early);
	free(now);
}

static void compare(struct agree *agree, const struct skald_story *story,
		    uint64_t frame)
{
	char packet[NAME_MAX_LEN];
	struct told *then;

	agree_name(&story->packet, story->iif, packet, sizeof(packet));
	agree_cover_misses(agree->kernel.cover, story);
	then = find(agree, packet);
	if (then) {
		then->is_used = true;
		agree->at = (size_t)(then - agree->kernel.all) + 1;
		judge(agree, then, story, frame);
		return;
	}
	/* dropped before any hook, where nobody sees it */
	if (story->ending.kind == SKALD_ENDING_DROPPED &&
	    (!story->ending.hook || story->ending.hook == SKALD_HOOK_INGRESS)) {
		agree->n_same++;
		return;
	}
	agree->n_missing++;
	if (agree->is_verbose)
		printf("frame %" PRIu64 ": no story of %s\n", frame, packet);
}

static void take_bytes(const struct skald_view *view, uint32_t from,
		       uint32_t to, uint8_t most, uint8_t *bytes, uint8_t *len)
{
	uint32_t n = to > from ? to - from : 0;

	*len = (uint8_t)min_t(uint32_t, n, most);
	memcpy(bytes, view->data + from, *len);
}

/* The name of a frame before anybody saw it. */
static bool name_frame(const struct skald_engine_input *input, const char *iif,
		       char *name, size_t size)
{
	struct skald_packet packet;
	struct skald_snap snap = { 0 };
	struct skald_view view;
	uint8_t *bytes = malloc(input->known);
	int err;

	if (!bytes)
		exit(2);
	memcpy(bytes, input->bytes, input->known);
	skald_view_init(&view, bytes, (u32)input->known, (u32)input->len);
	err = input->has_link
		      ? skald_view_set_ethernet(&view)
		      : skald_view_set_network(&view, 0, input->ethertype);
	if (!err) {
		uint32_t end = min_t(u32, view.end, view.known);
		bool has_transport = view.transport != SKALD_VIEW_NONE;

		snap.ethertype = view.ethertype;
		take_bytes(&view, view.network,
			   has_transport ? view.transport : end, SKALD_SNAP_NH,
			   snap.nh, &snap.nh_len);
		if (has_transport)
			take_bytes(&view, view.transport, end, SKALD_SNAP_TH,
				   snap.th, &snap.th_len);
		skald_packet_parse(&snap, &packet);
		agree_name(&packet, iif, name, size);
	}
	free(bytes);
	return !err;
}

/* What the kernel chose at random is no question to the engine. */
static void tell_chance(struct agree *agree, struct skald_engine_input *input,
			const char *iif)
{
	char name[NAME_MAX_LEN];
	const struct told *then;

	if (!name_frame(input, iif, name, sizeof(name)))
		return;
	then = find(agree, name);
	if (!then)
		return;
	memcpy(input->nat_ports, then->ports, sizeof(then->ports));
	input->chance = agree_chance;
	input->chance_user = then->path;
}

static void run_frame(struct agree *agree,
		      const struct skald_capture_frame *frame)
{
	bool is_local = !strcmp(frame->interface, "local");
	unsigned int skip = is_local ? ETHERNET : 0;
	struct skald_engine_input input = {
		.bytes = frame->bytes + skip,
		.known = frame->captured - skip,
		.len = frame->original - skip,
		.has_link = !is_local,
		.ethertype = frame->bytes[ETHERNET] >> 4 == 6 ? ETH_P_IPV6
							      : ETH_P_IP,
		.t_ns = frame->t_ns,
		.has_owner = is_local,
		.tells_answers = agree->answers,
		.tells_misses = agree->covers,
	};
	struct skald_story story;

	if (!is_local)
		input.iif =
			skald_engine_interface(agree->engine, frame->interface);
	agree->n_frames++;
	tell_chance(agree, &input, is_local ? NULL : frame->interface);
	if (skald_engine_run(agree->engine, &input, &story))
		return;
	do {
		compare(agree, &story, frame->number);
		skald_story_done(&story);
	} while (skald_engine_next(agree->engine, &story) > 0);
}

static int run(struct agree *agree, struct skald_capture *capture)
{
	struct skald_capture_frame frame;
	struct skald_error error = { 0 };
	int more;

	while ((more = skald_capture_next(capture, &frame, &error)) > 0)
		run_frame(agree, &frame);
	return more;
}

/* "tap0 0011..." a line */
static int keep_frames(const struct agree *agree, const char *path)
{
	struct skald_capture_frame frame;
	struct skald_capture *capture;
	struct skald_error error = { 0 };
	FILE *file = fopen(agree->keep, "w");

	if (!file || skald_capture_open(path, &capture, &error))
		return -EIO;
	while (skald_capture_next(capture, &frame, &error) > 0 &&
	       frame.number <= agree->first_other) {
		fprintf(file, "%s ", frame.interface);
		for (uint32_t i = 0; i < frame.captured; i++)
			fprintf(file, "%02x", frame.bytes[i]);
		fputc('\n', file);
	}
	skald_capture_close(capture);
	return fclose(file);
}

static int open_all(char **argv, struct skald_world *world, struct agree *agree,
		    struct skald_capture **capture, struct skald_error *error)
{
	struct skald_list_query query = { .oldest_first = true };
	struct skald_store *store;
	int err = skald_world_load(argv[0], world, error);

	world->is_fresh = true;
	if (!err)
		err = skald_engine_new(world, &agree->engine, error);
	if (!err)
		err = skald_store_open(argv[1], SKALD_STORE_READ, &store,
				       error);
	if (err)
		return err;
	agree->kernel.cover = agree_cover_new(agree->engine);
	err = skald_store_list(store, &query, take_kernel, &agree->kernel,
			       error);
	skald_store_close(store);
	if (agree->kernel.n)
		qsort(agree->kernel.all, agree->kernel.n,
		      sizeof(*agree->kernel.all), by_start);
	return err ? err : skald_capture_open(argv[2], capture, error);
}

/* What the kernel told of and the engine did not: packets that it made. */
static void count_untold(struct agree *agree)
{
	for (size_t i = 0; i < agree->kernel.n; i++) {
		const struct told *told = &agree->kernel.all[i];

		if (told->is_used)
			continue;
		agree->n_untold++;
		if (agree->is_verbose)
			printf("story %" PRIu64 ", not the engine's: %s%s\n",
			       told->id, told->packet, told->path);
	}
}

static void print(const struct agree *agree)
{
	printf("%" PRIu64 " packets: %" PRIu64 " agree, %" PRIu64
	       " unknown, %" PRIu64 " disagree, %" PRIu64
	       " without a story, %" PRIu64 " of the kernel alone\n",
	       agree->n_frames, agree->n_same, agree->n_unknown, agree->n_other,
	       agree->n_missing, agree->n_untold);
	for (size_t i = 0; i < agree->n_causes; i++)
		printf("unknown %" PRIu64 ": %s\n", agree->causes[i].n,
		       agree->causes[i].text);
	if (agree->covers)
		agree_cover_print(agree->kernel.cover);
}

static void done(struct agree *agree)
{
	for (size_t i = 0; i < agree->kernel.n; i++)
		free(agree->kernel.all[i].path);
	free(agree->kernel.all);
	free(agree->tainted);
	agree_cover_free(agree->kernel.cover);
	skald_engine_free(agree->engine);
}

int main(int argc, char **argv)
{
	static struct agree agree;
	struct skald_error error = { 0 };
	struct skald_capture *capture;
	struct skald_world world;
	int option;

	while ((option = getopt(argc, argv, "avck:")) != -1) {
		agree.answers |= option == 'a';
		agree.is_verbose |= option == 'v';
		agree.covers |= option == 'c';
		if (option == 'k')
			agree.keep = optarg;
	}
	if (argc - optind != 3)
		return 2;
	if (open_all(argv + optind, &world, &agree, &capture, &error) ||
	    run(&agree, capture)) {
		fprintf(stderr, "world_agree: %s\n", error.text);
		return 2;
	}
	skald_capture_close(capture);
	count_untold(&agree);
	print(&agree);
	if (agree.keep && agree.n_other &&
	    keep_frames(&agree, argv[optind + 2]))
		return 2;
	done(&agree);
	skald_world_done(&world);
	return agree.n_other ? 1 : 0;
}

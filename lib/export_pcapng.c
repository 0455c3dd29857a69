// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng: each packet as it came in and, where that is another interface or
 * other bytes, as it was last seen. Both have the story's id as epb_packetid.
 *
 * All are Ethernet: other programs and libpcap refuse a file of several link
 * types. The first frame's comment tells the story; epb_dropcount is the number
 * of its events that were lost. The last one has the verdict. pcapng knows no
 * verdict of netfilter, so that of a traffic control action with the same
 * effect is written: TC_ACT_OK, TC_ACT_SHOT (dropped), TC_ACT_STOLEN
 * (consumed).
 */
#include "export.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "frame.h"
#include "pcapng.h"

struct interface {
	char *netns;
	char *name;
};

struct state {
	struct interface *interfaces;
	uint32_t n_interfaces;
};

static void pcapng_free(void *user)
{
	struct state *state = user;
	uint32_t i;

	for (i = 0; i < state->n_interfaces; i++) {
		free(state->interfaces[i].netns);
		free(state->interfaces[i].name);
	}
	free(state->interfaces);
	free(state);
}

static int pcapng_begin(const struct skald_output *output, void **state)
{
	struct skald_pcapng_section section = {
		.program = "skald " SKALD_VERSION,
		.comment = "frames hold the headers that were traced; "
			   "Ethernet addresses that were not are zero",
	};
	struct utsname name;
	char os[sizeof(name.sysname) + sizeof(name.release) + 1];
	struct state *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	if (!uname(&name)) {
		snprintf(os, sizeof(os), "%s %s", name.sysname, name.release);
		section.os = os;
		section.hardware = name.machine;
	}
	ret = skald_pcapng_section(output, &section);
	if (ret) {
		free(new);
		return ret;
	}
	*state = new;
	return 0;
}

static bool is_interface(const struct interface *interface, const char *netns,
			 const char *name)
{
	return !strcmp(interface->name, name) &&
	       !strcmp(interface->netns, netns);
}

static int remember(struct state *state, const char *netns, const char *name)
{
	struct interface *grown, *new;

	grown = reallocarray(state->interfaces, state->n_interfaces + 1,
			     sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	state->interfaces = grown;
	new = &grown[state->n_interfaces];
	new->netns = strdup(netns);
	new->name = strdup(name);
	if (!new->netns || !new->name) {
		free(new->netns);
		free(new->name);
		return -ENOMEM;
	}
	state->n_interfaces++;
	return 0;
}

/* Number of the interface; one that is new gets its block now. */
static int find_interface(const struct skald_output *output,
			  struct state *state, const struct skald_story *story,
			  const char *name, uint32_t *number)
{
	const char *netns = story->netns ? story->netns : "?";
	struct skald_pcapng_interface new = { SKALD_LINKTYPE_ETHERNET, name,
					      NULL };
	char description[512];
	uint32_t i;
	int ret;

	for (i = 0; i < state->n_interfaces; i++) {
		if (is_interface(&state->interfaces[i], netns, name))
			goto out;
	}
	snprintf(description, sizeof(description), "%s in namespace %s on %s",
		 name, netns, story->host ? story->host : "?");
	new.description = description;
	ret = remember(state, netns, name);
	if (!ret)
		ret = skald_pcapng_interface(output, &new);
	if (ret)
		return ret;
out:
	*number = i;
	return 0;
}

static char *tell(const struct skald_story *story)
{
	struct skald_buffer buffer = { 0 };
	struct skald_output output = skald_output_buffer(&buffer);
	struct skald_output_sink sink;

	skald_output_sink(&sink, &output);
	skald_print_story(story, &sink.sink);
	while (buffer.len && buffer.data[buffer.len - 1] == '\n')
		buffer.len--;
	skald_buffer_put_u8(&buffer, '\0');
	if (buffer.failed) {
		skald_buffer_done(&buffer);
		return NULL;
	}
	return (char *)buffer.data;
}

static bool verdict_of(const struct skald_story *story, uint64_t *verdict)
{
	switch ((enum skald_words_ENDING)story->ending.kind) {
	case SKALD_ENDING_DELIVERED:
	case SKALD_ENDING_SENT:
		*verdict = TC_ACT_OK;
		return true;
	case SKALD_ENDING_DROPPED:
		*verdict = TC_ACT_SHOT;
		return true;
	case SKALD_ENDING_CONSUMED:
		*verdict = TC_ACT_STOLEN;
		return true;
	case SKALD_ENDING_UNKNOWN:
		break;
	}
	return false;
}

static uint64_t lost(const struct skald_story *story)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < story->n_gaps; i++)
		sum += story->gaps[i].count;
	return sum;
}

/* How a frame of a story is written. */
struct view {
	struct skald_frame frame;
	const char *interface;
	enum skald_pcapng_direction direction;
};

static void first_view(const struct skald_story *story, struct view *view)
{
	bool is_local = !story->iif;

	view->interface = is_local ? story->oif : story->iif;
	view->direction = is_local ? SKALD_PCAPNG_OUT : SKALD_PCAPNG_IN;
	skald_frame_first(story, &view->frame);
}

/* What never left is shown where it came in, in no direction. */
static void last_view(const struct skald_story *story, struct view *view)
{
	first_view(story, view);
	if (skald_frame_left(story)) {
		view->interface = story->oif;
		view->direction = SKALD_PCAPNG_OUT;
	} else {
		view->direction = SKALD_PCAPNG_UNKNOWN;
	}
	skald_frame_last(story, &view->frame);
}

/* Whether the last frame tells anything that the first does not. */
static bool is_news(const struct view *first, const struct view *last)
{
	const struct skald_frame *a = &first->frame, *b = &last->frame;

	if (first->direction == SKALD_PCAPNG_IN &&
	    last->direction == SKALD_PCAPNG_OUT)
		return true;
	return a->captured != b->captured || a->linktype != b->linktype ||
	       memcmp(a->bytes, b->bytes, a->captured) != 0;
}

/* @view's frame becomes Ethernet. */
static int write_view(const struct skald_output *output, struct state *state,
		      const struct skald_story *story, struct view *view,
		      struct skald_pcapng_packet *packet)
{
	const char *name = view->interface ? view->interface : "unknown";
	int ret;

	skald_frame_to_ethernet(&view->frame);
	packet->direction = view->direction;
	packet->data = view->frame.bytes;
	packet->captured = view->frame.captured;
	packet->original = view->frame.original;
	packet->id = story->id;
	ret = find_interface(output, state, story, name, &packet->interface);
	if (ret)
		return ret;
	return skald_pcapng_packet(output, packet);
}

static void last_comment(const struct skald_story *story, char *text,
			 size_t size)
{
	char answer[1024];

	snprintf(text, size, "story %" PRIu64 ", as last seen: %s", story->id,
		 skald_story_answer(story, answer, sizeof(answer)));
}

static int write_pair(const struct skald_output *output, struct state *state,
		      const struct skald_story *story, const char *comment)
{
	struct skald_pcapng_packet first = { .t_ns = story->start_ns };
	struct skald_pcapng_packet last = { .t_ns = story->end_ns };
	struct view first_seen, last_seen;
	char text[1152];
	bool both;
	int ret;

	first_view(story, &first_seen);
	last_view(story, &last_seen);
	both = is_news(&first_seen, &last_seen);
	first.comment = comment;
	first.has_dropcount = !story->complete;
	first.dropcount = lost(story);
	last.has_verdict = verdict_of(story, &last.verdict);
	if (!both) {
		first.has_verdict = last.has_verdict;
		first.verdict = last.verdict;
	}
	ret = write_view(output, state, story, &first_seen, &first);
	if (ret || !both)
		return ret;
	last_comment(story, text, sizeof(text));
	last.comment = text;
	return write_view(output, state, story, &last_seen, &last);
}

static int pcapng_story(const struct skald_output *output, void *user,
			const struct skald_story *story)
{
	char *comment = tell(story);
	int ret;

	if (!comment)
		return -ENOMEM;
	ret = write_pair(output, user, story, comment);
	free(comment);
	return ret;
}

const struct skald_export_format skald_export_pcapng = {
	.name = "pcapng",
	.help = "pcapng: packets as they came and left, stories as comments",
	.begin = pcapng_begin,
	.story = pcapng_story,
	.free = pcapng_free,
};

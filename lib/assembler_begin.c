// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose message is it? A packet begins at a mark chain of ours; one that goes
 * on under another trace id is recognised by what does not change.
 */
#include "assembler_priv.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

/* Clones and loopback follow at once. */
#define KIN_AGE_NS 50000000ull
/* include/net/flow.h: the loopback device is the first in every namespace. */
#define LOOPBACK_IFINDEX 1

static void remember_id(struct skald_assembler *assembler, uint32_t id)
{
	uint32_t *slot = &assembler->ids[id % IDS_REMEMBERED];

	if (*slot == id)
		assembler->stats.reused_ids++;
	*slot = id;
}

static struct skald_open *open_story(struct skald_assembler *assembler,
				     const struct skald_message *message)
{
	uint32_t netns = message->step->netns;
	struct skald_open *story;

	if (assembler->config.max_open &&
	    assembler->open.n >= assembler->config.max_open) {
		struct skald_open *oldest = assembler->open.oldest;

		oldest->raw.was_lossy = true;
		skald_assembler_end(assembler, oldest, SKALD_RAW_LOST,
				    message->now_ns);
	}
	story = skald_open_add(&assembler->open, netns, message->trace->id,
			       message->now_ns);
	if (!story)
		return NULL;
	story->raw.serial = ++assembler->serial;
	story->raw.generation = assembler->spaces[netns].generation;
	remember_id(assembler, message->trace->id);
	return story;
}

/*
 * Whether a packet with the bytes of one that just left may be that one: by the
 * loopback device, from a bridge up to the host, or from the host into a
 * bridge.
 */
static bool comes_round(const struct skald_kin_entry *kin,
			const struct skald_message *message)
{
	if (message->step->family == NFPROTO_BRIDGE)
		return kin->family != NFPROTO_BRIDGE &&
		       kin->hook == SKALD_HOOK_POSTROUTING;
	if (kin->family == NFPROTO_BRIDGE)
		return kin->hook == SKALD_HOOK_INPUT;
	return kin->hook == SKALD_HOOK_POSTROUTING &&
	       message->snap.iif == LOOPBACK_IFINDEX;
}

/* The chain that comes first on its hook speaks: a packet begins here. */
static struct skald_open *begin(struct skald_assembler *assembler,
				const struct skald_message *message)
{
	const struct skald_step *step = message->step;
	const struct skald_kin_entry *kin;
	struct skald_open *story;
	bool is_marked = step->type == NFT_TRACETYPE_RULE && step->handle;

	kin = skald_kin_find(&assembler->packets,
			     skald_kin_packet_key(step->netns, &message->snap),
			     message->now_ns, KIN_AGE_NS);
	if (kin && !comes_round(kin, message))
		kin = NULL;
	if (!is_marked && !kin)
		return NULL;
	story = open_story(assembler, message);
	if (!story)
		return NULL;
	story->raw.has_mark = is_marked;
	if (kin)
		skald_assembler_link(story, SKALD_LOOP, kin->serial);
	skald_assembler_fragment(assembler, story, message);
	return story;
}

/* A packet that goes on under another id, if that can be proved. */
static struct skald_open *adopt(struct skald_assembler *assembler,
				const struct skald_message *message)
{
	uint32_t netns = message->step->netns;
	uint64_t key = skald_kin_datagram_key(netns, &message->snap);
	const struct skald_kin_entry *kin;
	struct skald_open *story;
	uint32_t kind = SKALD_REASSEMBLE;

	/* After a loss it may be a story that the loss closed. */
	if (!message->trace->has_headers ||
	    skald_kin_is_fragment(&message->snap) ||
	    message->now_ns < assembler->spaces[netns].tail_until_ns)
		return NULL;
	kin = skald_kin_find(&assembler->datagrams, key, message->now_ns,
			     SKALD_DATAGRAM_AGE_NS);
	if (!kin) {
		kind = SKALD_CLONE;
		kin = skald_kin_find(&assembler->packets,
				     skald_kin_packet_key(netns,
							  &message->snap),
				     message->now_ns, KIN_AGE_NS);
	}
	if (!kin)
		return NULL;
	story = open_story(assembler, message);
	if (!story)
		return NULL;
	skald_assembler_link(story, kind, kin->serial);
	if (kind == SKALD_REASSEMBLE)
		skald_assembler_join(assembler, key, story, message->now_ns);
	return story;
}

/*
 * br_netfilter shows a bridged frame to the chains of ip in the middle of its
 * way through the bridge: the mark chain of ip then begins nothing.
 */
static bool goes_on(const struct skald_open *story,
		    const struct skald_step *step)
{
	const struct skald_step *first = story->raw.events[0].step;

	return first->family == NFPROTO_BRIDGE &&
	       step->family != NFPROTO_BRIDGE &&
	       story->hook == SKALD_HOOK_PREROUTING;
}

/* The story a message belongs to, begun if need be. NULL: none */
struct skald_open *skald_assembler_story(struct skald_assembler *assembler,
					 const struct skald_message *message)
{
	const struct skald_step *step = message->step;
	struct skald_open *story = skald_open_find(
		&assembler->open, step->netns, message->trace->id);

	if (step->role != SKALD_ROLE_MARK || !message->trace->has_headers)
		return story ? story : adopt(assembler, message);
	if (story && goes_on(story, step))
		return story;
	if (story)
		skald_assembler_end(assembler, story,
				    story->is_bridged ? SKALD_RAW_LAST
						      : SKALD_RAW_REUSED,
				    message->now_ns);
	return begin(assembler, message);
}

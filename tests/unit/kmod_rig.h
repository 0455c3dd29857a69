/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kmod source, its teller and a ruleset: everything from a stream of
 * records to the told story.
 */
#ifndef SKALD_TESTS_KMOD_RIG_H
#define SKALD_TESTS_KMOD_RIG_H

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "kmod_stream.h"
#include "story.h"
#include "teller.h"

#define STORIES 64
/**
 * struct rig - everything from the socket to the story
 */
struct rig {
	struct stream stream;
	struct skald_kmod_names *names;
	struct skald_source *source;
	struct skald_assembler *assembler;
	struct skald_teller *teller;
	struct skald_rulebook *book;
	struct skald_story stories[STORIES];
	unsigned int n;
	uint64_t lost;
};

static struct skald_rule rules[] = {
	{ .family = 1,
	  .handle = 4,
	  .table = "fw",
	  .chain = "fwd",
	  .text = "tcp dport 1 accept" },
	{ .family = 1,
	  .handle = 5,
	  .table = "fw",
	  .chain = "fwd",
	  .text = "jump side" },
	{ .family = 1,
	  .handle = 6,
	  .table = "fw",
	  .chain = "fwd",
	  .text = "drop" },
	{ .family = 1,
	  .handle = 7,
	  .table = "fw",
	  .chain = "side",
	  .text = "tcp dport 2 accept" },
	{ .family = 1,
	  .handle = 8,
	  .table = "fw",
	  .chain = "side",
	  .text = "udp dport 6000 accept" },
};
static struct skald_chain chains[] = {
	{ .family = 1,
	  .table = "fw",
	  .name = "fwd",
	  .is_base = true,
	  .hook = SKALD_HOOK_FORWARD,
	  .priority_name = "filter",
	  .type = "filter" },
	{ .family = 1, .table = "fw", .name = "side" },
};

static const struct skald_rulebook *rulebook(void *user, uint32_t netns,
					     uint32_t generation)
{
	return ((struct rig *)user)->book;
}

static const char *netns_name(void *user, uint32_t netns)
{
	return netns == 7 ? "router" : netns == 8 ? "server" : "?";
}

static const char *ifname(void *user, uint32_t netns, uint32_t index)
{
	return "if";
}

static int route(void *user, uint32_t netns,
		 const struct skald_route_query *query,
		 struct skald_arena *arena, struct skald_event *event)
{
	return -ENOENT;
}

static const char *classifier(void *user, uint32_t id)
{
	return id == 101 ? "udp" : NULL;
}

/* Stories are told in the order in which they came: 1, 2, ... */
static uint64_t story_id(void *user, uint64_t serial)
{
	const struct rig *rig = user;
	uint64_t packet = serial & 0xffff;

	return packet && packet <= rig->n ? packet : 0;
}

static const struct skald_teller_ops ops = {
	.rulebook = rulebook,
	.netns_name = netns_name,
	.ifname = ifname,
	.route = route,
	.classifier = classifier,
	.story_id = story_id,
};

static uint32_t netns_of(void *user, uint32_t inode)
{
	return inode;
}

static uint32_t classifier_of(void *user, uint32_t line)
{
	return line + 100;
}

/* Return: 0, or -ENOMEM */
static int rig_open(struct rig *rig)
{
	struct skald_ruleset ruleset = {
		.generation = 3,
		.chains = chains,
		.n_chains = sizeof(chains) / sizeof(*chains),
		.rules = rules,
		.n_rules = sizeof(rules) / sizeof(*rules),
	};
	const struct skald_assembler_config config = { .max_open = 16 };
	struct skald_kmod_source_config kmod = {
		.max_open = 16,
		.netns = netns_of,
		.classifier = classifier_of,
		.record_fd = -1,
	};

	rig->names = kmod.names = skald_kmod_names_new();
	rig->book = skald_rulebook_new();
	rig->teller = skald_teller_new(&ops, rig);
	rig->assembler = skald_assembler_new(&config);
	if (!rig->names || !rig->book || !rig->teller || !rig->assembler ||
	    skald_rulebook_add(rig->book, &ruleset))
		return -ENOMEM;
	return skald_kmod_source_offline(&kmod, &rig->source);
}

static void rig_up(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	cr_assert_eq(rig_open(rig), 0);
	stream_begin(&rig->stream);
}

static void rig_down(struct rig *rig)
{
	unsigned int i;

	for (i = 0; i < rig->n; i++)
		skald_story_done(&rig->stories[i]);
	if (rig->source)
		rig->source->ops->close(rig->source);
	skald_assembler_free(rig->assembler);
	skald_teller_free(rig->teller);
	skald_rulebook_free(rig->book);
	skald_kmod_names_free(rig->names);
	stream_done(&rig->stream);
}

static void take(struct rig *rig, const struct skald_item *item)
{
	struct skald_packed packed;

	if (item->type == SKALD_ITEM_LOSS)
		rig->lost += item->count;
	if (item->type != SKALD_ITEM_STORY || rig->n == STORIES ||
	    skald_teller_tell(rig->teller, item->story, &packed))
		return;
	if (!skald_story_unpack(&packed, &rig->stories[rig->n]))
		rig->n++;
}

static void take_all(struct rig *rig)
{
	struct skald_batch *batch = skald_assembler_take(rig->assembler);
	uint32_t i;

	for (i = 0; batch && i < batch->n_items; i++)
		take(rig, &batch->items[i]);
	skald_batch_free(batch);
}

/* Return: what skald_kmod_source_replay() does */
static int play_bytes(struct rig *rig, const uint8_t *bytes, size_t len)
{
	int err = skald_kmod_source_replay(rig->source, rig->assembler, bytes,
					   len);

	take_all(rig);
	return err;
}

static inline int play(struct rig *rig)
{
	stream_flush(&rig->stream);
	return play_bytes(rig, rig->stream.bytes.data, rig->stream.bytes.len);
}

#endif /* SKALD_TESTS_KMOD_RIG_H */

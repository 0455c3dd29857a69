// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace and ruleset messages, from the socket to the told story: a run of
 * netlink messages. Those that nf_tables does not send steer the clock:
 * NLMSG_NOOP lets its sequence number pass as milliseconds, NLMSG_OVERRUN is a
 * loss of so many messages, NLMSG_DONE the end of tracing.
 */
#include <linux/netlink.h>

#include "nft_source.h"
#include "tell.h"
#include "world.h"

#define START_NS 1700000000000000000ull
#define MS 1000000ull

/**
 * struct bench - everything between socket and story
 * @nft: fed by hand
 * @assembler: makes raw stories
 * @teller: tells them
 * @book: rules
 * @now_ns: the time
 * @stories: how many were told
 * @messages: how many they took
 */
struct bench {
	struct skald_nft *nft;
	struct skald_assembler *assembler;
	struct skald_teller *teller;
	struct skald_rulebook *book;
	uint64_t now_ns;
	uint64_t stories;
	uint64_t messages;
};

/* Rules of our own chains: classifiers 1 to 4 and every conntrack state */
static int rule_value(void *user, uint32_t netns, unsigned int family,
		      uint64_t handle)
{
	return (int)(handle % 6) - 1;
}

static void begin(struct bench *bench)
{
	const struct skald_assembler_config config = {
		.idle_ns = 1000 * MS,
		.queue_ns = 5000 * MS,
		.max_open = 6,
		.rule_value = rule_value,
	};

	memset(bench, 0, sizeof(*bench));
	bench->now_ns = START_NS;
	bench->book = world_new();
	bench->teller = skald_teller_new(&world_ops, bench->book);
	bench->assembler = skald_assembler_new(&config);
	fuzz_check(bench->teller && bench->assembler);
	fuzz_check(!skald_assembler_netns(bench->assembler, 0, "skald", 1));
	fuzz_check(!skald_nft_offline(0, &bench->nft));
}

/* The teller remembers shapes; they must be what packing makes of the story. */
static void check_packed(const struct skald_packed *packed,
			 const struct skald_story *story)
{
	struct skald_buffer shape = { 0 }, own = { 0 };
	struct skald_packed again;

	fuzz_check(!skald_story_pack(story, &shape, &own, &again));
	fuzz_check(again.shape_hash == packed->shape_hash);
	fuzz_check(again.shape_len == packed->shape_len);
	fuzz_check(!memcmp(again.shape, packed->shape, again.shape_len));
	fuzz_check(again.own_len == packed->own_len);
	fuzz_check(!memcmp(again.own, packed->own, again.own_len));
	skald_buffer_done(&shape);
	skald_buffer_done(&own);
}

static void tell(struct bench *bench, const struct skald_raw_story *raw)
{
	struct skald_packed packed;
	struct skald_story story;
	unsigned int i;

	fuzz_check(raw->n_events && raw->n_snaps);
	bench->stories++;
	bench->messages += raw->n_messages;
	/* What was told twice is remembered. */
	for (i = 0; i < 3; i++) {
		fuzz_check(!skald_teller_tell(bench->teller, raw, &packed));
		if (!i)
			fuzz_check(!skald_story_unpack(&packed, &story));
		check_packed(&packed, &story);
	}
	fuzz_check(!(story.complete && (raw->was_lossy || story.n_gaps)));
	fuzz_check(story.complete || story.n_gaps);
	fuzz_check(story.n_events);
	tell_once(&story);
	skald_story_done(&story);
}

static void tell_all(struct bench *bench)
{
	struct skald_batch *batch = skald_assembler_take(bench->assembler);
	uint32_t i;

	for (i = 0; batch && i < batch->n_items; i++) {
		if (batch->items[i].type == SKALD_ITEM_STORY)
			tell(bench, batch->items[i].story);
	}
	if (batch)
		skald_batch_free(batch);
}

static void feed(struct bench *bench, const uint8_t *data, size_t size)
{
	void *message = fuzz_copy(data, size);
	const struct nlmsghdr *nlh = message;
	unsigned int type = size < sizeof(*nlh) ? 0 : nlh->nlmsg_type;

	bench->now_ns += MS;
	switch (type) {
	case NLMSG_NOOP:
		bench->now_ns += nlh->nlmsg_seq * MS;
		(void)skald_assembler_tick(bench->assembler, bench->now_ns);
		break;
	case NLMSG_OVERRUN:
		fuzz_check(!skald_assembler_lost(bench->assembler, 0,
						 nlh->nlmsg_seq, "netlink",
						 bench->now_ns));
		break;
	case NLMSG_DONE:
		skald_assembler_close(bench->assembler, 0, bench->now_ns);
		break;
	default:
		skald_nft_feed(bench->nft, bench->assembler, message, size,
			       bench->now_ns);
	}
	free(message);
	tell_all(bench);
}

/* Every message of ours is in a story, and no story stays open. */
static void end(struct bench *bench)
{
	struct skald_assembler_stats stats;

	skald_assembler_close(bench->assembler, UINT32_MAX, bench->now_ns);
	tell_all(bench);
	skald_assembler_stats(bench->assembler, &stats);
	fuzz_check(!stats.open);
	fuzz_check(stats.stories == bench->stories);
	fuzz_check(stats.ours == bench->messages);
	skald_nft_close(bench->nft);
	skald_teller_free(bench->teller);
	skald_assembler_free(bench->assembler);
	skald_rulebook_free(bench->book);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr head;
	struct bench bench;
	size_t step;

	begin(&bench);
	while (size) {
		step = size;
		if (size >= sizeof(head)) {
			memcpy(&head, data, sizeof(head));
			if (head.nlmsg_len >= sizeof(head) &&
			    head.nlmsg_len < size - NLMSG_ALIGNTO)
				step = NLMSG_ALIGN(head.nlmsg_len);
		}
		feed(&bench, data, step);
		data += step;
		size -= step;
	}
	end(&bench);
	return 0;
}

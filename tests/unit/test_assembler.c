// SPDX-License-Identifier: GPL-2.0-only
/*
 * The assembler: identity, interleaving, endings, losses, kin.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "assembler.h"

#define MS 1000000ull

/**
 * struct rig - an assembler and the packet that its messages show
 */
struct rig {
	struct skald_assembler *assembler;
	uint8_t ll[14];
	uint8_t nh[20];
	uint8_t th[20];
	uint64_t now;
};

static int rule_value(void *user, uint32_t netns, unsigned int family,
		      uint64_t handle)
{
	return handle == 7 ? 1 : -1;
}

static void rig_up(struct rig *rig, unsigned int max_open)
{
	struct skald_assembler_config config = {
		.idle_ns = 300 * MS,
		.queue_ns = 5000 * MS,
		.max_open = max_open,
		.rule_value = rule_value,
	};

	memset(rig, 0, sizeof(*rig));
	rig->now = 1000 * MS;
	rig->nh[0] = 0x45;
	rig->nh[8] = 64;
	rig->nh[9] = 17;
	inet_pton(AF_INET, "10.0.0.1", rig->nh + 12);
	inet_pton(AF_INET, "10.0.0.2", rig->nh + 16);
	rig->assembler = skald_assembler_new(&config);
	cr_assert_not_null(rig->assembler);
	cr_assert_eq(skald_assembler_netns(rig->assembler, 0, "skald", 9), 0);
}

static void rig_down(struct rig *rig)
{
	skald_assembler_free(rig->assembler);
}

static void packet(struct rig *rig, uint16_t id)
{
	rig->nh[4] = id >> 8;
	rig->nh[5] = id;
}

/* One message of @chain; headers when @shows. */
static void say(struct rig *rig, uint32_t id, const char *table,
		const char *chain, unsigned int type, uint64_t handle,
		unsigned int verdict, bool shows)
{
	struct skald_trace trace = {
		.family = NFPROTO_IPV4,
		.nfproto = NFPROTO_IPV4,
		.type = type,
		.verdict = verdict,
		.id = id,
		.handle = handle,
		.table = table,
		.chain = chain,
		.has_headers = shows,
		.iif = 2,
		.ll = rig->ll,
		.nh = rig->nh,
		.th = rig->th,
	};

	if (shows) {
		trace.ll_len = sizeof(rig->ll);
		trace.nh_len = sizeof(rig->nh);
		trace.th_len = sizeof(rig->th);
	}
	cr_assert_eq(skald_assembler_trace(rig->assembler, 0, &trace, rig->now),
		     0);
}

static void mark(struct rig *rig, uint32_t id)
{
	say(rig, id, "skald", "pre_mark", NFT_TRACETYPE_RULE, 7,
	    SKALD_VERDICT_ACCEPT, true);
}

static void user_rule(struct rig *rig, uint32_t id, unsigned int verdict)
{
	say(rig, id, "filter", "input", NFT_TRACETYPE_RULE, 5, verdict, true);
}

static void last(struct rig *rig, uint32_t id)
{
	say(rig, id, "skald", "post_last", NFT_TRACETYPE_POLICY, 0,
	    SKALD_VERDICT_ACCEPT, true);
}

static struct skald_batch *take(struct rig *rig, unsigned int items)
{
	struct skald_batch *batch = skald_assembler_take(rig->assembler);

	if (!items) {
		cr_assert_null(batch);
		return NULL;
	}
	cr_assert_not_null(batch);
	cr_assert_eq(batch->n_items, items, "%u items", batch->n_items);
	return batch;
}

static uint16_t ip_id(const struct skald_raw_story *story)
{
	return story->snaps[0].nh[4] << 8 | story->snaps[0].nh[5];
}

Test(assembler, a_drop_verdict_ends_the_story)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 1);
	mark(&rig, 0xabc);
	take(&rig, 0);
	user_rule(&rig, 0xabc, SKALD_VERDICT_DROP);
	batch = take(&rig, 1);
	cr_assert_eq(batch->items[0].type, SKALD_ITEM_STORY);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_DROPPED);
	cr_assert_eq(batch->items[0].story->n_events, 2);
	cr_assert_eq(batch->items[0].story->n_snaps, 1);
	cr_assert_eq(batch->items[0].story->generation, 9);
	cr_assert(batch->items[0].story->has_mark);
	cr_assert_eq(batch->items[0].story->events[0].step->value, 1);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, one_trace_id_makes_as_many_stories_as_packets)
{
	struct skald_assembler_stats stats;
	struct skald_batch *batch;
	struct rig rig;
	int i;

	rig_up(&rig, 100);
	for (i = 1; i <= 5; i++) {
		packet(&rig, i);
		mark(&rig, 0x77);
		if (i % 2)
			last(&rig, 0x77);
	}
	skald_assembler_tick(rig.assembler, rig.now + 400 * MS);
	batch = take(&rig, 5);
	for (i = 0; i < 5; i++)
		cr_assert_eq(ip_id(batch->items[i].story), i + 1);
	cr_assert_eq(batch->items[1].story->end, SKALD_RAW_REUSED);
	cr_assert_eq(batch->items[4].story->end, SKALD_RAW_LAST);
	skald_assembler_stats(rig.assembler, &stats);
	cr_assert_eq(stats.reused_ids, 4);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, packets_of_two_cpus_stay_apart)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 1);
	mark(&rig, 1);
	packet(&rig, 2);
	mark(&rig, 2);
	packet(&rig, 1);
	user_rule(&rig, 1, SKALD_VERDICT_ACCEPT);
	packet(&rig, 2);
	user_rule(&rig, 2, SKALD_VERDICT_DROP);
	packet(&rig, 1);
	last(&rig, 1);
	batch = take(&rig, 2);
	cr_assert_eq(ip_id(batch->items[0].story), 2);
	cr_assert_eq(batch->items[0].story->n_events, 2);
	cr_assert_eq(ip_id(batch->items[1].story), 1);
	cr_assert_eq(batch->items[1].story->n_events, 3);
	cr_assert_lt(batch->items[1].story->start_ns,
		     batch->items[0].story->start_ns,
		     "read at once, and yet one came first");
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, a_change_is_a_new_snap)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 1);
	mark(&rig, 1);
	rig.nh[19] = 99;
	user_rule(&rig, 1, SKALD_VERDICT_ACCEPT);
	last(&rig, 1);
	batch = take(&rig, 1);
	cr_assert_eq(batch->items[0].story->n_snaps, 2);
	cr_assert_eq(batch->items[0].story->events[0].snap, 0);
	cr_assert_eq(batch->items[0].story->events[1].snap, 1);
	cr_assert_eq(batch->items[0].story->snaps[0].nh[19], 2);
	cr_assert_eq(batch->items[0].story->snaps[1].nh[19], 99);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, silence_ends_a_story_after_its_time)
{
	struct skald_batch *batch;
	struct rig rig;
	uint64_t due;

	rig_up(&rig, 100);
	packet(&rig, 1);
	mark(&rig, 1);
	due = skald_assembler_tick(rig.assembler, rig.now + 299 * MS);
	cr_assert_eq(due, rig.now + 300 * MS);
	take(&rig, 0);
	cr_assert_eq(skald_assembler_tick(rig.assembler, due), 0);
	batch = take(&rig, 1);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_IDLE);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, a_queued_packet_may_take_longer)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 1);
	mark(&rig, 1);
	user_rule(&rig, 1, SKALD_VERDICT_QUEUE);
	cr_assert_eq(skald_assembler_tick(rig.assembler, rig.now + 400 * MS),
		     rig.now + 5000 * MS);
	take(&rig, 0);
	rig.now += 600 * MS;
	last(&rig, 1);
	batch = take(&rig, 1);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_LAST);
	cr_assert_eq(batch->items[0].story->n_events, 3);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, a_loss_closes_what_is_open_and_counts_the_tail)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 1);
	mark(&rig, 1);
	skald_assembler_lost(rig.assembler, 0, 1000, "socket", rig.now);
	/* the same id: another packet, whose mark was lost */
	packet(&rig, 2);
	user_rule(&rig, 1, SKALD_VERDICT_ACCEPT);
	last(&rig, 1);
	batch = take(&rig, 3);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_LOST);
	cr_assert(batch->items[0].story->was_lossy);
	cr_assert_eq(batch->items[0].story->n_events, 1);
	cr_assert_eq(batch->items[1].type, SKALD_ITEM_LOSS);
	cr_assert_eq(batch->items[1].count, 1000);
	cr_assert_eq(batch->items[2].type, SKALD_ITEM_LOSS);
	cr_assert_eq(batch->items[2].count, 2);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, foreign_packets_are_counted_and_not_told)
{
	struct skald_assembler_stats stats;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 1);
	user_rule(&rig, 1, SKALD_VERDICT_ACCEPT);
	say(&rig, 1, "skald", "post_last", NFT_TRACETYPE_POLICY, 0,
	    SKALD_VERDICT_ACCEPT, true);
	say(&rig, 1, "skald-99", "pre_mark", NFT_TRACETYPE_RULE, 7,
	    SKALD_VERDICT_ACCEPT, true);
	take(&rig, 0);
	skald_assembler_stats(rig.assembler, &stats);
	cr_assert_eq(stats.foreign, 3);
	cr_assert_eq(stats.messages, 3);
	cr_assert_eq(stats.ours, 0);
	rig_down(&rig);
}

Test(assembler, fragments_are_named_by_their_datagram)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 42);
	rig.nh[6] = 0x20; /* more fragments */
	mark(&rig, 1);
	rig.nh[6] = 0;
	rig.nh[7] = 100; /* the last one */
	mark(&rig, 2);
	rig.nh[7] = 0;
	user_rule(&rig, 3, SKALD_VERDICT_ACCEPT);
	last(&rig, 3);
	batch = take(&rig, 3);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_JOINED);
	cr_assert_eq(batch->items[1].story->end, SKALD_RAW_JOINED);
	cr_assert_eq(batch->items[2].story->link_kind, SKALD_REASSEMBLE);
	cr_assert_eq(batch->items[2].story->link_serial, 1);
	cr_assert_eq(batch->items[2].story->end, SKALD_RAW_LAST);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, the_last_fragment_goes_on_as_the_datagram)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	packet(&rig, 42);
	rig.nh[6] = 0x20;
	mark(&rig, 1);
	rig.nh[6] = 0;
	rig.nh[7] = 100;
	mark(&rig, 2);
	rig.nh[7] = 0;
	user_rule(&rig, 2, SKALD_VERDICT_ACCEPT);
	last(&rig, 2);
	batch = take(&rig, 2);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_JOINED);
	cr_assert_eq(batch->items[0].story->trace_id, 1);
	cr_assert_eq(batch->items[1].story->link_kind, SKALD_REASSEMBLE);
	cr_assert_eq(batch->items[1].story->link_serial, 1);
	cr_assert(batch->items[1].story->has_mark);
	skald_batch_free(batch);
	rig_down(&rig);
}

/*
 * One message of IPv6 as traces show it: 40 bytes of header, 20 of a fragment
 * behind the first. @carried: bytes of the datagram, without fragment header
 */
static void say_six(struct rig *rig, uint32_t id, const char *chain,
		    bool is_fragment, bool is_first, unsigned int carried)
{
	const bool is_mark = !strcmp(chain, "pre_mark");
	const unsigned int len = carried + (is_fragment ? 8 : 0);
	uint8_t nh[40] = { 0x60, 0x0c, 0xcc, 0x9a, len >> 8, len };
	const struct skald_trace trace = {
		.family = NFPROTO_IPV6,
		.type = is_mark ? NFT_TRACETYPE_RULE : NFT_TRACETYPE_POLICY,
		.verdict = SKALD_VERDICT_ACCEPT,
		.id = id,
		.handle = is_mark ? 7 : 0,
		.table = "skald",
		.chain = chain,
		.has_headers = true,
		.iif = 2,
		.nh = nh,
		.nh_len = is_fragment && !is_first ? 20 : 40,
	};

	nh[6] = is_fragment ? 44 : 58;
	nh[7] = 64;
	inet_pton(AF_INET6, "2001:db8:1::2", nh + 8);
	inet_pton(AF_INET6, "2001:db8:2::2", nh + 24);
	cr_assert_eq(skald_assembler_trace(rig->assembler, 0, &trace, rig->now),
		     0);
}

Test(assembler, fragments_of_ip6_are_joined_when_their_lengths_add_up)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	say_six(&rig, 1, "pre_mark", true, false, 1448);
	say_six(&rig, 2, "pre_mark", true, true, 1448);
	say_six(&rig, 3, "pre_mark", true, false, 1112);
	say_six(&rig, 3, "pre_dnat", false, true, 4008);
	say_six(&rig, 3, "post_last", false, true, 4008);
	batch = take(&rig, 3);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_JOINED);
	cr_assert_eq(batch->items[1].story->end, SKALD_RAW_JOINED);
	cr_assert_eq(batch->items[2].story->link_kind, SKALD_REASSEMBLE);
	cr_assert_eq(batch->items[2].story->link_serial, 1);
	cr_assert_eq(batch->items[2].story->end, SKALD_RAW_LAST);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, fragments_of_ip6_that_may_be_of_another_datagram_are_left)
{
	struct skald_batch *batch;
	struct rig rig;

	rig_up(&rig, 100);
	say_six(&rig, 1, "pre_mark", true, true, 1448);
	say_six(&rig, 2, "pre_mark", true, true, 1448); /* of another one */
	say_six(&rig, 3, "pre_mark", true, false, 552);
	say_six(&rig, 3, "post_last", false, true, 2000);
	batch = take(&rig, 1);
	cr_assert_eq(batch->items[0].story->link_serial, 0);
	cr_assert_eq(batch->items[0].story->end, SKALD_RAW_LAST);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, too_many_open_stories_close_the_oldest_as_lossy)
{
	struct skald_batch *batch;
	struct rig rig;
	int i;

	rig_up(&rig, 4);
	for (i = 1; i <= 6; i++) {
		packet(&rig, i);
		mark(&rig, i);
	}
	batch = take(&rig, 2);
	cr_assert_eq(ip_id(batch->items[0].story), 1);
	cr_assert(batch->items[0].story->was_lossy);
	skald_batch_free(batch);
	rig_down(&rig);
}

Test(assembler, every_message_is_stored_lost_or_foreign)
{
	uint64_t stored = 0, lost = 0;
	struct skald_assembler_stats stats;
	struct skald_batch *batch;
	struct rig rig;
	uint32_t i;
	int n;

	srand(1);
	rig_up(&rig, 8);
	for (n = 0; n < 20000; n++) {
		uint32_t id = rand() % 12;

		packet(&rig, n);
		rig.now += MS / 10;
		switch (rand() % 6) {
		case 0:
		case 1:
			mark(&rig, id);
			break;
		case 2:
			last(&rig, id);
			break;
		case 3:
			skald_assembler_tick(rig.assembler, rig.now);
			continue;
		default:
			user_rule(&rig, id,
				  rand() % 9 ? SKALD_VERDICT_ACCEPT
					     : SKALD_VERDICT_DROP);
		}
	}
	skald_assembler_close(rig.assembler, UINT32_MAX, rig.now);
	batch = skald_assembler_take(rig.assembler);
	for (i = 0; i < batch->n_items; i++) {
		if (batch->items[i].type == SKALD_ITEM_STORY)
			stored += batch->items[i].story->n_events;
		else
			lost += batch->items[i].count;
	}
	skald_assembler_stats(rig.assembler, &stats);
	cr_assert_eq(stored, batch->n_events);
	cr_assert_eq(stored + lost + stats.foreign, stats.messages);
	cr_assert_eq(stats.open, 0);
	skald_batch_free(batch);
	rig_down(&rig);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kmod source, from datagrams to told stories: order across CPUs, losses in
 * their place, damage, lives that end together, every allocation failing.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail_malloc.h"
#include "kmod_rig.h"

static const struct skald_event *find(const struct skald_story *story,
				      uint32_t kind, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < story->n_events; i++)
		if (story->events[i].kind == kind && !nth--)
			return &story->events[i];
	return NULL;
}

static unsigned int count(const struct skald_story *story, uint32_t kind)
{
	unsigned int n = 0;

	while (find(story, kind, n))
		n++;
	return n;
}

Test(kmod, rules_are_told_with_those_between_them)
{
	const struct skald_story *story;
	struct rig rig;

	rig_up(&rig);
	stream_names(&rig.stream);
	stream_forward(&rig.stream, 1);
	stream_watermark(&rig.stream);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 1);
	story = &rig.stories[0];
	cr_expect(story->complete);
	cr_expect_eq(story->source, SKALD_SOURCE_KMOD);
	cr_expect_str_eq(story->netns, "router");
	cr_expect_str_eq(story->iif, "in");
	cr_expect_str_eq(story->oif, "out");
	cr_expect_eq(story->ending.kind, SKALD_ENDING_SENT);
	cr_expect_str_eq(find(story, SKALD_MARK, 0)->ev_mark.classifier, "udp");
	cr_expect_eq(count(story, SKALD_CHAIN), 1);
	cr_expect_eq(count(story, SKALD_RULE), 2);
	cr_expect_eq(count(story, SKALD_MISS), 2);
	cr_expect_eq(find(story, SKALD_MISS, 0)->ev_miss.handle, 4);
	cr_expect_eq(find(story, SKALD_MISS, 1)->ev_miss.handle, 7);
	cr_expect_str_eq(find(story, SKALD_RULE, 1)->ev_rule.text,
			 "udp dport 6000 accept");
	cr_assert_eq(count(story, SKALD_STAGE), 1);
	cr_expect_str_eq(find(story, SKALD_STAGE, 0)->ev_stage.name,
			 "nft_do_chain_inet [nf_tables]");
	cr_expect_eq(story->start_ns, STREAM_OFFSET + 1000003);
	rig_down(&rig);
}

Test(kmod, what_netfilter_drops_is_dropped_by_its_rule)
{
	const struct skald_story *story;
	struct rig rig;

	rig_up(&rig);
	stream_names(&rig.stream);
	stream_reason(&rig.stream, 7, "NETFILTER_DROP");
	stream_mark(&rig.stream, 1);
	stream_snap(&rig.stream, 1, "10.2.0.2", 7000, 64);
	stream_hook(&rig.stream, 1, 2, PLACE_CHAIN, 0);
	stream_nft(&rig.stream, 1, "fwd", 6, 0, "");
	stream_stage(&rig.stream, 1, 2, PLACE_CHAIN, 0, 0);
	stream_end(&rig.stream, 1, SKALD_R_DROP, 7, PLACE_DROP);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 1);
	story = &rig.stories[0];
	cr_expect_eq(story->ending.kind, SKALD_ENDING_DROPPED);
	cr_expect_str_eq(story->ending.reason, "NETFILTER_DROP");
	cr_expect_eq(story->ending.handle, 6);
	cr_expect_eq(story->ending.hook, SKALD_HOOK_FORWARD);
	cr_expect_str_eq(story->ending.text, "drop");
	cr_expect_str_eq(find(story, SKALD_DROP, 0)->ev_drop.by,
			 "inet fw fwd rule 6");
	cr_expect(story->complete);
	rig_down(&rig);
}

/* As before our function in a bridge's prerouting: no time is told for it. */
Test(kmod, a_function_that_was_not_watched_took_no_time)
{
	struct skald_r_stage unwatched = {
		.place = PLACE_NAT,
		.verdict = 1,
		.family = 2,
		.hook = 2,
	};
	const struct skald_story *story;
	struct rig rig;

	rig_up(&rig);
	stream_names(&rig.stream);
	stream_mark(&rig.stream, 1);
	stream_snap(&rig.stream, 1, "10.2.0.2", 7000, 64);
	stream_hook(&rig.stream, 1, 2, PLACE_CHAIN, 0);
	stream_put(&rig.stream, 1, SKALD_R_STAGE, &unwatched,
		   sizeof(unwatched));
	stream_stage(&rig.stream, 1, 2, PLACE_CHAIN, 1, 0);
	stream_send(&rig.stream, 1);
	stream_end(&rig.stream, 1, SKALD_R_CONSUME, 0, 0);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 1);
	story = &rig.stories[0];
	cr_assert_eq(count(story, SKALD_STAGE), 2);
	cr_expect_str_eq(find(story, SKALD_STAGE, 0)->ev_stage.name,
			 "nf_nat_ipv4_pre_routing [nf_nat]");
	cr_expect_not(SKALD_HAS(find(story, SKALD_STAGE, 0), stage, took_ns));
	cr_expect(SKALD_HAS(find(story, SKALD_STAGE, 1), stage, took_ns));
	cr_expect_eq(find(story, SKALD_STAGE, 1)->ev_stage.took_ns, 5);
	cr_expect(story->complete);
	rig_down(&rig);
}

/* Batch by batch, the second CPU's first: its records are the later ones. */
Test(kmod, records_of_two_cpus_are_put_in_order)
{
	struct stream *stream;
	struct rig rig;
	uint64_t late;

	rig_up(&rig);
	stream = &rig.stream;
	stream_names(stream);
	late = stream->time + 1000;
	stream_cpu(stream, 1);
	stream->time = late;
	stream_send(stream, 1);
	stream_end(stream, 1, SKALD_R_FREE, 0, 0);
	stream_cpu(stream, 0);
	stream->time = late - 500;
	stream_mark(stream, 1);
	stream_snap(stream, 1, "10.2.0.2", 6000, 64);
	stream_flush(stream);
	stream->time = late + 10;
	stream_watermark(stream);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 1);
	cr_expect(rig.stories[0].complete);
	cr_expect_eq(rig.stories[0].events[0].kind, SKALD_MARK);
	cr_expect_eq(rig.stories[0].ending.kind, SKALD_ENDING_SENT);
	rig_down(&rig);
}

Test(kmod, a_loss_is_told_to_whom_it_concerns)
{
	struct skald_source_stats stats;
	struct stream *stream;
	struct rig rig;

	rig_up(&rig);
	stream = &rig.stream;
	stream_names(stream);
	stream_mark(stream, 1);
	stream_snap(stream, 1, "10.2.0.2", 6000, 64);
	stream_mark(stream, 2);
	stream_snap(stream, 2, "10.2.0.2", 6000, 64);
	stream_lost(stream, 5, 1 << 2);
	stream_send(stream, 1);
	stream_end(stream, 1, SKALD_R_CONSUME, 0, 0);
	stream_send(stream, 2);
	stream_end(stream, 2, SKALD_R_CONSUME, 0, 0);
	stream_watermark(stream);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 2);
	cr_expect(rig.stories[0].complete);
	cr_expect(!rig.stories[1].complete);
	cr_assert_eq(rig.stories[1].n_gaps, 1);
	cr_expect_eq(rig.stories[1].events[1].kind, SKALD_LOST);
	cr_expect_eq(rig.lost, 5);
	rig.source->ops->stats(rig.source, &stats);
	cr_expect_eq(stats.lost, 5);
	rig_down(&rig);
}

Test(kmod, a_number_that_is_missing_is_a_loss_of_everybody)
{
	struct stream *stream;
	struct rig rig;

	rig_up(&rig);
	stream = &rig.stream;
	stream_mark(stream, 1);
	stream_snap(stream, 1, "10.2.0.2", 6000, 64);
	stream->seq[0] += 3;
	stream_send(stream, 1);
	stream_end(stream, 1, SKALD_R_CONSUME, 0, 0);
	stream_watermark(stream);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 1);
	cr_expect(!rig.stories[0].complete);
	cr_expect_eq(rig.lost, 3);
	rig_down(&rig);
}

Test(kmod, the_next_namespace_is_another_story)
{
	const struct skald_story *story;
	struct stream *stream;
	struct rig rig;

	rig_up(&rig);
	stream = &rig.stream;
	stream_mark(stream, 1);
	stream_snap(stream, 1, "10.2.0.2", 6000, 64);
	stream_send(stream, 1);
	stream_link(stream, 2, 1, SKALD_LINK_NAMESPACE);
	stream_snap(stream, 2, "10.2.0.2", 6000, 64);
	stream_deliver(stream, 2);
	stream_end(stream, 2, SKALD_R_CONSUME, 0, 0);
	stream_watermark(stream);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 2);
	cr_expect(rig.stories[0].complete);
	cr_expect_eq(rig.stories[0].ending.kind, SKALD_ENDING_SENT);
	story = &rig.stories[1];
	cr_expect(story->complete);
	cr_expect_str_eq(story->netns, "server");
	cr_expect_eq(story->ending.kind, SKALD_ENDING_DELIVERED);
	cr_assert_eq(story->n_journey, 1);
	cr_expect_eq(story->journey[0].story, 1);
	cr_expect_eq(story->journey[0].kind, SKALD_SCRUB);
	cr_expect_eq(find(story, SKALD_DELIVER, 0)->ev_deliver.pid, 1234);
	cr_expect_eq(find(story, SKALD_DELIVER, 0)->ev_deliver.port, 6000);
	rig_down(&rig);
}

/* The copy ends first, and is told after the packet that it comes from. */
Test(kmod, a_clone_waits_for_its_parent)
{
	struct stream *stream;
	struct rig rig;

	rig_up(&rig);
	stream = &rig.stream;
	stream_mark(stream, 1);
	stream_snap(stream, 1, "10.2.0.2", 6000, 64);
	stream_link(stream, 2, 1, SKALD_LINK_CLONE);
	stream_end(stream, 2, SKALD_R_CONSUME, 0, 0);
	stream_send(stream, 1);
	stream_end(stream, 1, SKALD_R_CONSUME, 0, 0);
	stream_watermark(stream);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 2);
	cr_expect_eq(rig.stories[0].ending.kind, SKALD_ENDING_SENT);
	cr_expect_eq(count(&rig.stories[0], SKALD_CLONE), 1);
	cr_expect_eq(rig.stories[1].ending.kind, SKALD_ENDING_CONSUMED);
	cr_expect_eq(rig.stories[1].journey[0].story, 1);
	rig_down(&rig);
}

Test(kmod, a_socket_that_has_it_ends_the_story_soon)
{
	struct skald_source_stats stats;
	struct stream *stream;
	struct rig rig;

	rig_up(&rig);
	stream = &rig.stream;
	stream_mark(stream, 1);
	stream_snap(stream, 1, "10.2.0.2", 6000, 64);
	stream_deliver(stream, 1);
	stream_watermark(stream);
	/* 200 ms later, and nothing new */
	stream->time += 200000000;
	stream_watermark(stream);
	stream_end(stream, 1, SKALD_R_CONSUME, 0, 0);
	stream_watermark(stream);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 1);
	cr_expect(rig.stories[0].complete);
	cr_expect_eq(rig.stories[0].ending.kind, SKALD_ENDING_DELIVERED);
	rig.source->ops->stats(rig.source, &stats);
	cr_expect_eq(stats.open, 0);
	rig_down(&rig);
}

Test(kmod, a_packet_without_an_end_is_not_whole)
{
	struct rig rig;

	rig_up(&rig);
	stream_mark(&rig.stream, 1);
	stream_snap(&rig.stream, 1, "10.2.0.2", 6000, 64);
	cr_assert_eq(play(&rig), 0);
	cr_assert_eq(rig.n, 1);
	cr_expect(!rig.stories[0].complete);
	cr_expect_eq(rig.stories[0].ending.kind, SKALD_ENDING_UNKNOWN);
	rig_down(&rig);
}

/* Every byte of a stream in turn is another one. */
Test(kmod, damage_is_survived)
{
	struct stream *stream;
	struct rig rig;
	size_t at;

	for (at = sizeof(SKALD_STREAM_MAGIC) - 1;; at += 3) {
		rig_up(&rig);
		stream = &rig.stream;
		stream_names(stream);
		stream_forward(stream, 1);
		stream_link(stream, 2, 1, SKALD_LINK_CLONE);
		stream_lost(stream, 2, 3);
		stream_watermark(stream);
		if (at >= stream->bytes.len) {
			rig_down(&rig);
			break;
		}
		stream->bytes.data[at] ^= 0xff;
		(void)play(&rig);
		rig_down(&rig);
	}
}

Test(kmod, a_stream_that_is_cut_off_says_so)
{
	struct rig rig;

	rig_up(&rig);
	stream_forward(&rig.stream, 1);
	stream_watermark(&rig.stream);
	rig.stream.bytes.len -= 5;
	cr_expect_eq(play(&rig), -EBADMSG);
	cr_expect_eq(rig.n, 1);
	cr_expect_eq(skald_kmod_source_replay(rig.source, rig.assembler,
					      (const uint8_t *)"no", 2),
		     -EBADMSG);
	rig_down(&rig);
}

/* Whatever fails: nothing leaks, and no story claims to be whole wrongly. */
Test(kmod, any_allocation_may_fail)
{
	struct rig rig;
	long after;
	int err = -1;

	for (after = 0; err; after++) {
		memset(&rig, 0, sizeof(rig));
		stream_begin(&rig.stream);
		stream_names(&rig.stream);
		stream_forward(&rig.stream, 1);
		stream_link(&rig.stream, 2, 1, SKALD_LINK_NAMESPACE);
		stream_watermark(&rig.stream);
		fail_malloc_after = after;
		err = rig_open(&rig);
		if (!err)
			err = play(&rig);
		if (fail_malloc_after == 0)
			err = -ENOMEM;
		fail_malloc_after = -1;
		rig_down(&rig);
	}
	cr_expect_gt(after, 20);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stories: packing and telling, the answer, the hash.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fail_malloc.h"
#include "random_event.h"
#include "sample_story.h"
#include "story.h"

/**
 * struct packing - a packed story and the bytes it points into
 */
struct packing {
	struct skald_buffer shape;
	struct skald_buffer own;
	struct skald_packed packed;
};

static void pack(const struct skald_story *story, struct packing *packing)
{
	memset(packing, 0, sizeof(*packing));
	cr_assert_eq(skald_story_pack(story, &packing->shape, &packing->own,
				      &packing->packed),
		     0);
}

static void packing_done(struct packing *packing)
{
	skald_buffer_done(&packing->shape);
	skald_buffer_done(&packing->own);
}

static void assert_same_string(const char *a, const char *b)
{
	if (!a || !b)
		cr_assert_eq(a, b);
	else
		cr_assert_str_eq(a, b);
}

static void assert_same_head(const struct skald_story *a,
			     const struct skald_story *b)
{
	cr_assert_eq(a->id, b->id);
	cr_assert_eq(a->start_ns, b->start_ns);
	cr_assert_eq(a->end_ns, b->end_ns);
	cr_assert_eq(a->source, b->source);
	cr_assert_eq(a->generation, b->generation);
	cr_assert_eq(a->complete, b->complete);
	assert_same_string(a->netns, b->netns);
	assert_same_string(a->iif, b->iif);
	assert_same_string(a->oif, b->oif);
	cr_assert_eq(a->ending.kind, b->ending.kind);
	cr_assert_eq(a->ending.hook, b->ending.hook);
	cr_assert_eq(a->ending.family, b->ending.family);
	cr_assert_eq(a->ending.handle, b->ending.handle);
	assert_same_string(a->ending.reason, b->ending.reason);
	assert_same_string(a->ending.table, b->ending.table);
	assert_same_string(a->ending.chain, b->ending.chain);
	assert_same_string(a->ending.text, b->ending.text);
	cr_assert_eq(memcmp(&a->packet, &b->packet, sizeof(a->packet)), 0);
	cr_assert_eq(memcmp(&a->final, &b->final, sizeof(a->final)), 0);
}

static void assert_same_lists(const struct skald_story *a,
			      const struct skald_story *b)
{
	unsigned int i;

	cr_assert_eq(a->n_gaps, b->n_gaps);
	for (i = 0; i < a->n_gaps; i++) {
		cr_assert_eq(a->gaps[i].count, b->gaps[i].count);
		assert_same_string(a->gaps[i].where, b->gaps[i].where);
	}
	cr_assert_eq(a->n_journey, b->n_journey);
	for (i = 0; i < a->n_journey; i++) {
		cr_assert_eq(a->journey[i].kind, b->journey[i].kind);
		cr_assert_eq(a->journey[i].story, b->journey[i].story);
	}
	cr_assert_eq(a->n_events, b->n_events);
	for (i = 0; i < a->n_events; i++) {
		cr_assert_eq(a->events[i].t_ns, b->events[i].t_ns);
		cr_assert_eq(a->events[i].kind, b->events[i].kind);
		cr_assert_eq(a->events[i].present, b->events[i].present);
	}
}

Test(story, random_stories_come_back_as_they_were_packed)
{
	struct dice dice = { 11 };
	unsigned int i;

	for (i = 0; i < 500; i++) {
		struct skald_story story, told;
		struct packing packing, again;

		roll_story(&dice, &story);
		pack(&story, &packing);
		cr_assert_eq(skald_story_unpack(&packing.packed, &told), 0);
		assert_same_head(&story, &told);
		assert_same_lists(&story, &told);

		/* every byte: what is told packs to the same story */
		pack(&told, &again);
		cr_assert_eq(again.shape.len, packing.shape.len);
		cr_assert_eq(memcmp(again.shape.data, packing.shape.data,
				    packing.shape.len),
			     0);
		cr_assert_eq(again.own.len, packing.own.len);
		cr_assert_eq(memcmp(again.own.data, packing.own.data,
				    packing.own.len),
			     0);
		packing_done(&packing);
		packing_done(&again);
		skald_story_done(&told);
		skald_story_done(&story);
	}
}

Test(story, a_story_is_the_same_when_its_shape_was_unpacked_before)
{
	struct skald_story story, shape, told = { 0 };
	struct dice dice = { 12 };
	unsigned int i;

	for (i = 0; i < 300; i++) {
		struct packing packing, again;

		roll_story(&dice, &story);
		pack(&story, &packing);
		cr_assert_eq(skald_story_unpack_shape(packing.packed.shape,
						      packing.packed.shape_len,
						      &shape),
			     0);
		packing.packed.shape = NULL; /* is not looked at */
		cr_assert_eq(skald_story_unpack_own(&packing.packed, &shape,
						    &told),
			     0);
		assert_same_head(&story, &told);
		assert_same_lists(&story, &told);
		pack(&told, &again);
		cr_assert_eq(again.own.len, packing.own.len);
		cr_assert_eq(memcmp(again.own.data, packing.own.data,
				    packing.own.len),
			     0);
		cr_assert_eq(again.packed.shape_hash,
			     packing.packed.shape_hash);
		packing.packed.own_len--;
		cr_assert_neq(skald_story_unpack_own(&packing.packed, &shape,
						     &told),
			      0);
		packing_done(&packing);
		packing_done(&again);
		skald_story_done(&shape);
		skald_story_done(&story);
	}
	skald_story_done(&told);
}

Test(story, packets_of_the_same_way_share_a_shape)
{
	struct skald_story story;
	struct packing a, b, c;

	sample_story(&story);
	pack(&story, &a);
	story.id = 18;
	story.start_ns += 1000;
	story.first.nh[15] = 9;
	story.events[1].ev_conntrack.id = 5;
	pack(&story, &b);
	cr_assert_eq(a.packed.shape_hash, b.packed.shape_hash);
	cr_assert_eq(a.packed.shape_len, b.packed.shape_len);
	cr_assert_eq(memcmp(a.packed.shape, b.packed.shape, a.packed.shape_len),
		     0);
	story.events[5].ev_rule.handle = 5;
	pack(&story, &c);
	cr_assert_neq(a.packed.shape_hash, c.packed.shape_hash);
	packing_done(&a);
	packing_done(&b);
	packing_done(&c);
	skald_story_done(&story);
}

Test(story, a_story_costs_few_bytes_of_its_own)
{
	struct skald_story story;
	struct packing packing;

	sample_story(&story);
	pack(&story, &packing);
	/* 14 bytes an event are the bar, row and indexes included */
	cr_assert_lt(packing.own.len, 10 * story.n_events, "%zu bytes for %u",
		     packing.own.len, story.n_events);
	packing_done(&packing);
	skald_story_done(&story);
}

Test(story, packing_appends_to_what_is_in_the_buffers)
{
	struct skald_story story, told;
	struct packing packing = { 0 };

	sample_story(&story);
	skald_buffer_put(&packing.shape, "before", 6);
	skald_buffer_put(&packing.own, "before", 6);
	cr_assert_eq(skald_story_pack(&story, &packing.shape, &packing.own,
				      &packing.packed),
		     0);
	cr_assert_eq(packing.packed.shape, packing.shape.data + 6);
	cr_assert_eq(skald_story_unpack(&packing.packed, &told), 0);
	cr_assert_eq(told.n_events, story.n_events);
	packing_done(&packing);
	skald_story_done(&told);
	skald_story_done(&story);
}

Test(story, time_may_run_backwards)
{
	struct skald_story story, told;
	struct packing packing;

	sample_story(&story);
	story.events[3].t_ns = story.start_ns - 5;
	pack(&story, &packing);
	cr_assert_eq(skald_story_unpack(&packing.packed, &told), 0);
	cr_assert_eq(told.events[3].t_ns, story.start_ns - 5);
	cr_assert_eq(told.events[4].t_ns, story.events[4].t_ns);
	packing_done(&packing);
	skald_story_done(&told);
	skald_story_done(&story);
}

static int unpack_copy(const struct skald_packed *packed, size_t shape_len,
		       size_t own_len)
{
	struct skald_packed copy = *packed;
	uint8_t *shape = malloc(shape_len ? shape_len : 1);
	uint8_t *own = malloc(own_len ? own_len : 1);
	struct skald_story story = { 0 };
	int ret;

	if (shape_len)
		memcpy(shape, packed->shape, shape_len);
	if (own_len)
		memcpy(own, packed->own, own_len);
	copy.shape = shape;
	copy.shape_len = shape_len;
	copy.own = own;
	copy.own_len = own_len;
	ret = skald_story_unpack(&copy, &story);
	if (ret == 0)
		skald_story_done(&story);
	else
		cr_assert_null(story.arena.head, "written on failure");
	free(shape);
	free(own);
	return ret;
}

Test(story, every_truncated_story_is_refused)
{
	struct skald_story story;
	struct packing packing;
	size_t cut;

	sample_story(&story);
	pack(&story, &packing);
	for (cut = 0; cut < packing.shape.len; cut++)
		cr_assert_eq(unpack_copy(&packing.packed, cut, packing.own.len),
			     -EBADMSG, "shape cut at %zu", cut);
	for (cut = 0; cut < packing.own.len; cut++)
		cr_assert_eq(unpack_copy(&packing.packed, packing.shape.len,
					 cut),
			     -EBADMSG, "own cut at %zu", cut);
	packing_done(&packing);
	skald_story_done(&story);
}

Test(story, bytes_left_over_are_refused)
{
	struct skald_story story;
	struct packing packing;

	sample_story(&story);
	pack(&story, &packing);
	skald_buffer_put_u8(&packing.shape, 0);
	skald_buffer_put_u8(&packing.own, 0);
	packing.packed.shape = packing.shape.data;
	packing.packed.own = packing.own.data;
	cr_assert_eq(unpack_copy(&packing.packed, packing.shape.len - 1,
				 packing.own.len - 1),
		     0);
	cr_assert_eq(unpack_copy(&packing.packed, packing.shape.len,
				 packing.own.len - 1),
		     -EBADMSG);
	cr_assert_eq(unpack_copy(&packing.packed, packing.shape.len - 1,
				 packing.own.len),
		     -EBADMSG);
	packing_done(&packing);
	skald_story_done(&story);
}

Test(story, flipped_bits_give_a_story_or_an_error)
{
	struct dice dice = { 12 };
	unsigned int i, told = 0;
	int ret;

	for (i = 0; i < 3000; i++) {
		struct skald_story story;
		struct packing packing;

		sample_story(&story);
		pack(&story, &packing);
		packing.shape.data[roll_below(&dice, packing.shape.len)] ^=
			1u << roll_below(&dice, 8);
		packing.own.data[roll_below(&dice, packing.own.len)] ^=
			1u << roll_below(&dice, 8);
		ret = unpack_copy(&packing.packed, packing.shape.len,
				  packing.own.len);
		cr_assert(ret == 0 || ret == -EBADMSG, "%d", ret);
		told += ret == 0;
		packing_done(&packing);
		skald_story_done(&story);
	}
	cr_assert_gt(told, 0);
	cr_assert_lt(told, 3000);
}

/* A count of 2^32 must not allocate before the bytes are there. */
Test(story, counts_that_lie_are_refused_before_memory_is_asked_for)
{
	struct skald_packed packed = { 0 };
	struct skald_buffer shape = { 0 };
	unsigned int i;

	skald_buffer_put_u8(&shape, 1);
	for (i = 0; i < 12; i++)
		skald_buffer_put_u8(&shape, 0);
	skald_buffer_put_varint(&shape, UINT32_MAX);
	packed.shape = shape.data;
	packed.shape_len = shape.len;
	cr_assert_eq(unpack_copy(&packed, shape.len, 0), -EBADMSG);
	skald_buffer_done(&shape);
}

Test(story, nothing_at_all_is_refused)
{
	struct skald_packed packed = { 0 };
	struct skald_story story = { .id = 5 };

	cr_assert_eq(skald_story_unpack(&packed, &story), -EBADMSG);
	cr_assert_eq(story.id, 5, "written on failure");
}

static int pack_and_tell(const struct skald_story *story)
{
	struct packing packing = { 0 };
	struct skald_story told;
	int ret;

	ret = skald_story_pack(story, &packing.shape, &packing.own,
			       &packing.packed);
	if (ret == 0)
		ret = skald_story_unpack(&packing.packed, &told);
	if (ret == 0)
		skald_story_done(&told);
	packing_done(&packing);
	return ret;
}

Test(story, no_memory_is_an_error_at_every_allocation)
{
	struct skald_story story;
	int ret = -ENOMEM;
	long n;

	sample_story(&story);
	for (n = 0; n < 1000 && ret == -ENOMEM; n++) {
		fail_malloc_after = n;
		ret = pack_and_tell(&story);
		fail_malloc_after = -1;
	}
	cr_assert_eq(ret, 0);
	cr_assert_gt(n, 4, "only %ld allocations", n);
	skald_story_done(&story);
}

/**
 * struct answer_case - an ending and its answer
 */
struct answer_case {
	struct skald_ending ending;
	const char *oif;
	const char *answer;
};

Test(story, the_answer_names_who_did_it)
{
	static const struct answer_case cases[] = {
		{ { .kind = SKALD_ENDING_DROPPED,
		    .hook = SKALD_HOOK_FORWARD,
		    .family = SKALD_FAMILY_INET,
		    .table = "filter",
		    .chain = "forward",
		    .handle = 17,
		    .reason = "NETFILTER_DROP",
		    .text = "tcp dport 23 drop" },
		  NULL,
		  "DROPPED in inet filter forward by rule 17 "
		  "\"tcp dport 23 drop\"" },
		{ { .kind = SKALD_ENDING_DROPPED,
		    .hook = SKALD_HOOK_INPUT,
		    .family = SKALD_FAMILY_IP,
		    .table = "filter",
		    .chain = "INPUT",
		    .text = "policy drop" },
		  NULL,
		  "DROPPED in ip filter INPUT by policy drop" },
		{ { .kind = SKALD_ENDING_DROPPED,
		    .hook = SKALD_HOOK_INPUT,
		    .family = SKALD_FAMILY_IP,
		    .table = "filter",
		    .chain = "INPUT",
		    .handle = 9 },
		  NULL,
		  "DROPPED in ip filter INPUT by rule 9" },
		{ { .kind = SKALD_ENDING_DROPPED,
		    .hook = SKALD_HOOK_FORWARD,
		    .reason = "IP_RPFILTER" },
		  NULL,
		  "DROPPED at forward (IP_RPFILTER)" },
		{ { .kind = SKALD_ENDING_SENT,
		    .hook = SKALD_HOOK_POSTROUTING,
		    .reason = "handed to the device" },
		  "eth1",
		  "SENT to eth1 (handed to the device)" },
		{ { .kind = SKALD_ENDING_UNKNOWN,
		    .hook = SKALD_HOOK_INPUT,
		    .reason = "left netfilter at input" },
		  NULL,
		  "UNKNOWN (left netfilter at input)" },
		{ { .kind = SKALD_ENDING_DROPPED,
		    .chain = "a\033[2Jb",
		    .table = "\xff",
		    .text = "policy drop",
		    .family = SKALD_FAMILY_IP },
		  NULL,
		  "DROPPED in ip ? a?[2Jb by policy drop" },
	};
	char text[256];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct skald_story story = { .ending = cases[i].ending,
					     .oif = cases[i].oif };

		cr_assert_str_eq(skald_story_answer(&story, text, sizeof(text)),
				 cases[i].answer);
	}
}

Test(story, the_answer_knows_who_brought_the_rule)
{
	struct skald_story story;

	sample_story(&story);
	cr_assert_eq(skald_story_loaded(&story), 12);
	story.ending.handle = 12;
	cr_assert_eq(skald_story_loaded(&story), 0);
	story.ending.handle = 0;
	cr_assert_eq(skald_story_loaded(&story), 0);
	skald_story_done(&story);
}

Test(story, the_hash_changes_with_every_bit_length_and_seed)
{
	uint8_t bytes[100];
	uint64_t whole, hash;
	unsigned int i, flipped = 0, n = 0;
	size_t len;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (len = 1; len <= sizeof(bytes); len++) {
		whole = skald_hash64(bytes, len, 0);
		cr_assert_neq(whole, skald_hash64(bytes, len, 1));
		cr_assert_neq(whole, skald_hash64(bytes, len - 1, 0));
		for (i = 0; i < 8 * len; i++) {
			bytes[i / 8] ^= 1u << i % 8;
			hash = skald_hash64(bytes, len, 0);
			bytes[i / 8] ^= 1u << i % 8;
			cr_assert_neq(hash, whole, "bit %u of %zu", i, len);
			flipped += (unsigned int)__builtin_popcountll(hash ^
								      whole);
			n++;
		}
	}
	/* a good mixer flips half of the bits */
	cr_assert_float_eq((double)flipped / n, 32.0, 0.5);
}

Test(story, the_hash_of_zeros_tells_lengths_apart)
{
	uint8_t zeros[256] = { 0 };
	uint64_t seen[sizeof(zeros)];
	size_t i, j;

	for (i = 0; i < sizeof(zeros); i++) {
		seen[i] = skald_hash64(zeros, i, 0);
		for (j = 0; j < i; j++)
			cr_assert_neq(seen[i], seen[j], "%zu and %zu", i, j);
	}
}

Test(story, only_a_route_of_the_packet_is_its_way_out)
{
	struct skald_event event = { .kind = SKALD_ROUTE };

	cr_assert_null(skald_story_way_out(&event), "no match");
	SKALD_SET(&event, route, oif, "out");
	cr_assert_str_eq(skald_story_way_out(&event), "out");
	SKALD_SET(&event, route, purpose, SKALD_LOOKUP_OUTPUT);
	cr_assert_str_eq(skald_story_way_out(&event), "out");
	SKALD_SET(&event, route, purpose, SKALD_LOOKUP_REVERSE);
	cr_assert_null(skald_story_way_out(&event), "rp_filter's");
	event.kind = SKALD_SEND;
	cr_assert_null(skald_story_way_out(&event));
}

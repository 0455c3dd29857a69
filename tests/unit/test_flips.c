// SPDX-License-Identifier: GPL-2.0-only
/* Stories that flip: which belong together, how they are counted and told. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/netfilter.h>

#include "event.h"
#include "flips.h"

static struct skald_outcome dropped(uint64_t handle)
{
	return (struct skald_outcome){
		.kind = SKALD_OUTCOME_DROPPED,
		.family = NFPROTO_INET,
		.table = "fw",
		.chain = "forward",
		.handle = handle,
	};
}

static struct skald_outcome translated(uint8_t host, uint16_t port)
{
	struct skald_outcome outcome = { .kind = SKALD_OUTCOME_PASSES };

	outcome.nat[0] = (struct skald_binding){
		.is_bound = true,
		.has_address = true,
		.has_port = port,
		.address = { 10, 2, 0, host },
		.port = port,
		.kind = SKALD_NAT_DNAT,
	};
	return outcome;
}

static void add(struct skald_flips *flips, uint64_t id, uint64_t shape,
		struct skald_outcome then, struct skald_outcome now)
{
	struct skald_story story = { .id = id, .shape = shape };
	unsigned int bits;

	cr_assert(skald_outcome_flips(&then, &now, &bits));
	cr_assert_neq(bits, 0);
	cr_assert_eq(skald_flips_add(flips, &story, &then, &now, bits), 0);
}

Test(flips, those_that_fare_alike_are_one_group)
{
	struct skald_outcome passes = { .kind = SKALD_OUTCOME_PASSES };
	struct skald_flips flips = { 0 };

	add(&flips, 1, 7, dropped(17), passes);
	add(&flips, 2, 7, dropped(17), passes);
	add(&flips, 3, 8, dropped(17), passes);
	add(&flips, 4, 7, dropped(18), passes);
	add(&flips, 5, 7, passes, dropped(17));
	add(&flips, 6, 7, dropped(17), translated(3, 80));
	add(&flips, 7, 7, dropped(17), passes);
	cr_assert_eq(flips.n, 5);
	skald_flips_sort(&flips);
	cr_expect_eq(flips.groups[0].stories, 3);
	cr_expect_eq(flips.groups[0].shape, 7);
	cr_expect_eq(flips.groups[0].example, 7, "the newest");
	cr_expect_str_eq(flips.groups[0].then,
			 "dropped in inet fw forward by rule 17");
	cr_expect_str_eq(flips.groups[0].now, "passes");
	cr_expect_eq(flips.groups[4].shape, 8, "as many, a greater shape");
	skald_flips_done(&flips);
	cr_expect_eq(flips.n, 0);
}

Test(flips, what_flips_is_told)
{
	struct skald_outcome then = translated(2, 80), now = translated(3, 80);
	unsigned int bits;

	cr_expect(skald_outcome_flips(&then, &then, &bits));
	cr_expect_eq(bits, 0);
	cr_expect(skald_outcome_flips(&then, &now, &bits));
	cr_expect_eq(bits, SKALD_FLIP_NAT);
	now.mark = 5;
	now.is_elsewhere = true;
	cr_expect(skald_outcome_flips(&then, &now, &bits));
	cr_expect_eq(bits, SKALD_FLIP_NAT | SKALD_FLIP_ROUTE | SKALD_FLIP_MARK);
	now = dropped(0);
	now.mark = 5;
	cr_expect(skald_outcome_flips(&then, &now, &bits));
	cr_expect_eq(bits, SKALD_FLIP_VERDICT, "the rest does not matter then");
	then = dropped(9);
	cr_expect(skald_outcome_flips(&then, &now, &bits));
	cr_expect_eq(bits, 0, "dropped is dropped, by whatever rule");
	now.is_unknown = true;
	now.kind = SKALD_OUTCOME_PASSES;
	cr_expect_not(skald_outcome_flips(&then, &now, &bits));
	cr_expect_str_eq(skald_flip_word(0), "verdict");
	cr_expect_str_eq(skald_flip_word(3), "mark");
	cr_expect_null(skald_flip_word(4));
}

Test(flips, groups_of_other_flips_are_others)
{
	struct skald_story story = { .id = 1, .shape = 1 };
	struct skald_outcome then = translated(2, 80), now = translated(3, 80);
	struct skald_flips flips = { 0 };

	cr_assert_eq(skald_flips_add(&flips, &story, &then, &now, 2), 0);
	cr_assert_eq(skald_flips_add(&flips, &story, &then, &now, 6), 0);
	cr_expect_eq(flips.n, 2);
	cr_expect_str_eq(flips.groups[0].now, "passes, dnat to 10.2.0.3:80");
	skald_flips_done(&flips);
}

Test(flips, outcomes_in_words)
{
	struct skald_outcome outcome = dropped(0);
	char text[SKALD_OUTCOME_TEXT], chain[200];

	skald_outcome_text(&outcome, text);
	cr_expect_str_eq(text, "dropped in inet fw forward by its policy");
	outcome = translated(2, 0);
	outcome.mark = 0x1f;
	outcome.is_elsewhere = true;
	skald_outcome_text(&outcome, text);
	cr_expect_str_eq(text,
			 "passes, dnat to 10.2.0.2, mark 0x1f, by another way");
	memset(chain, 'x', sizeof(chain) - 1);
	chain[sizeof(chain) - 1] = '\0';
	outcome = dropped(1);
	outcome.table = outcome.chain = chain;
	skald_outcome_text(&outcome, text);
	cr_expect_lt(strlen(text), sizeof(text));
}

/* Ten thousand groups, three stories each, in any order. */
Test(flips, many_groups)
{
	struct skald_outcome passes = { .kind = SKALD_OUTCOME_PASSES };
	struct skald_flips flips = { 0 };
	unsigned int i;

	for (i = 0; i < 30000; i++)
		add(&flips, i + 1, i * 7919 % 10000 / 10,
		    dropped(1 + i * 7919 % 10), passes);
	cr_assert_eq(flips.n, 10000);
	skald_flips_sort(&flips);
	for (i = 0; i < flips.n; i++) {
		cr_assert_eq(flips.groups[i].stories, 3);
		cr_assert_eq(flips.groups[i].shape, i / 10);
		cr_assert_gt(flips.groups[i].example, 20000);
	}
	skald_flips_done(&flips);
}

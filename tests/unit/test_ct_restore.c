// SPDX-License-Identifier: GPL-2.0-only
/* Entries that another table told of. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "ct_restore.h"
#include "ct_tcp.h"

#define NOW (1000 * SKALD_NS_PER_S)

static u32 chance(void *user)
{
	static u32 state = 1;

	state = state * 1664525u + 1013904223u;
	return state;
}

static struct skald_ct_table *table;
static struct skald_nat *nat;

static void begin(void)
{
	struct skald_ct_owner owner = { .random = chance };
	struct skald_ct_settings settings;

	skald_ct_settings_default(&settings);
	settings.buckets = 64;
	settings.max = 4;
	table = skald_ct_table_new(&settings, &owner);
	nat = skald_nat_new(table, 0);
}

static void end(void)
{
	skald_ct_table_free(table);
	skald_nat_free(nat);
}

TestSuite(ct_restore, .init = begin, .fini = end);

static void make_tuple(struct skald_ct_tuple *tuple, u8 src, u16 sport, u8 dst,
		       u16 dport)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->family = NFPROTO_IPV4;
	tuple->proto = IPPROTO_TCP;
	memcpy(tuple->src.bytes, (u8[]){ 10, 0, 0, src }, 4);
	memcpy(tuple->dst.bytes, (u8[]){ 10, 0, 0, dst }, 4);
	tuple->sport = htons(sport);
	tuple->dport = htons(dport);
}

/* 10.0.0.1:40000 > 10.0.0.9:8080, which is 10.0.0.2:80 */
static void make_saved(struct skald_ct_saved *saved, u16 sport)
{
	memset(saved, 0, sizeof(*saved));
	make_tuple(&saved->original, 1, sport, 9, 8080);
	make_tuple(&saved->reply, 2, 80, 1, sport);
	saved->zone.dirs = SKALD_CT_ZONE_BOTH;
	saved->status = 1u << SKALD_CT_SEEN_REPLY | 1u << SKALD_CT_ASSURED |
			1u << SKALD_CT_CONFIRMED | 1u << SKALD_CT_DST_NAT;
	saved->mark = 7;
	saved->id = 4711;
	saved->timeout_s = 100;
	saved->state = SKALD_CT_TCP_ESTABLISHED;
	saved->scale[1] = 7;
	saved->packets[0] = 3;
}

Test(ct_restore, it_is_found_by_both_tuples)
{
	struct skald_ct_saved saved;
	struct skald_ct *made, *found;
	enum skald_ct_dir dir;

	make_saved(&saved, 40000);
	cr_assert_eq(skald_ct_restore(table, &saved, NOW, &made), 0);
	found = skald_ct_find(table, NULL, &saved.original, NOW, &dir);
	cr_expect_eq(found, made);
	cr_expect_eq(dir, SKALD_CT_ORIGINAL);
	skald_ct_put(table, found);
	found = skald_ct_find(table, NULL, &saved.reply, NOW, &dir);
	cr_expect_eq(found, made);
	cr_expect_eq(dir, SKALD_CT_REPLY);
	cr_expect(skald_ct_is(found, SKALD_CT_CONFIRMED));
	cr_expect(skald_ct_is(found, SKALD_CT_ASSURED));
	cr_expect(skald_nat_is_bound(found, SKALD_NAT_DST));
	cr_expect_eq(found->mark, 7);
	cr_expect_eq(found->id, 4711);
	cr_expect_eq(found->proto.tcp.state, SKALD_CT_TCP_ESTABLISHED);
	cr_expect_eq(found->proto.tcp.seen[1].scale, 7);
	cr_expect_eq(atomic64_read(&found->count[0].packets), 3);
	skald_ct_put(table, found);
	skald_ct_put(table, made);
}

Test(ct_restore, it_lives_as_long_as_it_was_told)
{
	struct skald_ct_saved saved;

	make_saved(&saved, 40000);
	cr_assert_eq(skald_ct_restore(table, &saved, NOW, NULL), 0);
	cr_expect_null(skald_ct_find(table, NULL, &saved.original,
				     NOW + 100 * SKALD_NS_PER_S, NULL));
}

Test(ct_restore, a_tuple_that_is_taken_stays_the_others)
{
	struct skald_ct_saved saved;
	struct skald_ct *made = NULL;

	make_saved(&saved, 40000);
	cr_assert_eq(skald_ct_restore(table, &saved, NOW, NULL), 0);
	cr_expect_eq(skald_ct_restore(table, &saved, NOW, &made), -EEXIST);
	cr_expect_null(made);
	make_tuple(&saved.original, 3, 1, 9, 8080);
	cr_expect_eq(skald_ct_restore(table, &saved, NOW, &made), -EEXIST);
}

Test(ct_restore, a_full_table_takes_no_more)
{
	struct skald_ct_saved saved;

	for (u16 port = 1; port <= 4; port++) {
		make_saved(&saved, port);
		cr_assert_eq(skald_ct_restore(table, &saved, NOW, NULL), 0);
	}
	make_saved(&saved, 5);
	cr_expect_eq(skald_ct_restore(table, &saved, NOW, NULL), -ENFILE);
}

Test(ct_restore, a_state_that_there_is_not_is_none)
{
	struct skald_ct_saved saved;
	struct skald_ct *made;

	make_saved(&saved, 40000);
	saved.state = 200;
	cr_assert_eq(skald_ct_restore(table, &saved, NOW, &made), 0);
	cr_expect_eq(made->proto.tcp.state, SKALD_CT_TCP_NONE);
	skald_ct_put(table, made);
}

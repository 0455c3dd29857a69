// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of connection tracking: entries, limits, time, zones, and UDP.
 */
#include "ct.h"

#include <criterion/criterion.h>

#include "ct_expect.h"
#include "ct_fixture.h"
#include "ct_helper.h"
#include "ct_table.h"
#include "fail_malloc.h"

#define A "10.0.0.1"
#define B "10.0.0.2"

static struct skald_ct_settings settings(uint32_t max, uint32_t buckets)
{
	struct skald_ct_settings wanted;

	skald_ct_settings_default(&wanted);
	wanted.max = max;
	wanted.buckets = buckets;
	wanted.checksum = false;
	return wanted;
}

static int entries(const struct fixture *f)
{
	return atomic_read(&f->table->n);
}

static unsigned int notes_of(const struct fixture *f,
			     enum skald_ct_note_kind kind)
{
	unsigned int i, n = 0;

	for (i = 0; i < f->n_notes && i < FIXTURE_NOTES; i++)
		n += f->notes[i].kind == kind;
	return n;
}

/* ---- UDP and time ---- */

Test(ct, udp_is_new_until_answered)
{
	struct fixture f;

	fixture_init(&f, NULL);
	cr_assert_eq(fixture_udp(&f, A, 1000, B, 53), 'N');
	cr_assert_eq(fixture_udp(&f, A, 1000, B, 53), 'N');
	cr_assert_eq(fixture_udp(&f, B, 53, A, 1000), 'E');
	cr_assert_eq(fixture_udp(&f, A, 1000, B, 53), 'E');
	cr_assert_eq(fixture_udp(&f, A, 1001, B, 53), 'N');
	cr_assert_eq(entries(&f), 2);
	fixture_done(&f);
}

Test(ct, an_entry_is_gone_at_its_nanosecond)
{
	struct fixture f;

	fixture_init(&f, NULL);
	fixture_udp(&f, A, 1, B, 2);
	f.now_ns += 30 * SKALD_NS_PER_S - 1;
	cr_assert_eq(fixture_udp(&f, B, 2, A, 1), 'E');
	f.now_ns += 30 * SKALD_NS_PER_S;
	cr_assert_eq(fixture_udp(&f, B, 2, A, 1), 'N');
	cr_assert_eq(entries(&f), 1);
	fixture_done(&f);
}

Test(ct, udp_that_lasts_two_seconds_is_a_stream)
{
	struct fixture f;

	fixture_init(&f, NULL);
	fixture_udp(&f, A, 1, B, 2);
	fixture_udp(&f, B, 2, A, 1);
	f.now_ns += 2 * SKALD_NS_PER_S;
	fixture_udp(&f, A, 1, B, 2);
	cr_assert_not(skald_ct_is(fixture_entry(&f), SKALD_CT_ASSURED));
	f.now_ns += 1;
	fixture_udp(&f, A, 1, B, 2);
	cr_assert(skald_ct_is(fixture_entry(&f), SKALD_CT_ASSURED));
	cr_assert_eq(fixture_entry(&f)->expires_ns - f.now_ns,
		     120 * SKALD_NS_PER_S);
	fixture_done(&f);
}

Test(ct, packets_and_bytes_are_counted)
{
	struct fixture f;
	struct skald_ct *ct;

	fixture_init(&f, NULL);
	fixture_udp(&f, A, 1, B, 2);
	fixture_udp(&f, B, 2, A, 1);
	fixture_udp(&f, A, 1, B, 2);
	ct = fixture_entry(&f);
	cr_assert_eq(atomic64_read(&ct->count[0].packets), 2);
	cr_assert_eq(atomic64_read(&ct->count[0].bytes), 64);
	cr_assert_eq(atomic64_read(&ct->count[1].packets), 1);
	fixture_done(&f);
}

/* Days pass in no time: each entry ends on its own second. */
Test(ct, timeouts_over_days)
{
	struct skald_ct_settings wanted = settings(0, 64);
	struct fixture f;
	uint32_t day;

	for (day = 0; day < 30; day++) {
		wanted.timeouts.seconds[SKALD_CT_TIMEOUT_UDP] = day * 86400 + 7;
		fixture_init(&f, &wanted);
		fixture_udp(&f, A, 1, B, 2);
		f.now_ns += (day * 86400 + 7) * SKALD_NS_PER_S - 1;
		cr_assert_not_null(fixture_entry(&f));
		f.now_ns++;
		cr_assert_null(fixture_entry(&f));
		cr_assert_eq(skald_ct_gc(f.table, f.now_ns, 64), 1);
		cr_assert_eq(entries(&f), 0);
		fixture_done(&f);
	}
}

/* ---- limits ---- */

Test(ct, a_full_table_drops_who_has_no_answer)
{
	struct skald_ct_settings wanted = settings(4, 16);
	struct fixture f;
	uint16_t port;

	fixture_init(&f, &wanted);
	for (port = 1; port <= 200; port++) {
		fixture_udp(&f, A, port, B, 2);
		cr_assert_leq(entries(&f), 4);
	}
	cr_assert_gt(atomic64_read(&f.table->stats.early_drop), 100);
	fixture_done(&f);
}

static void make_assured(struct fixture *f, uint16_t port)
{
	fixture_udp(f, A, port, B, 2);
	f->now_ns += SKALD_NS_PER_S;
	fixture_udp(f, B, 2, A, port);
	f->now_ns += 2 * SKALD_NS_PER_S;
	fixture_udp(f, A, port, B, 2);
}

Test(ct, assured_entries_are_not_dropped_early)
{
	struct skald_ct_settings wanted = settings(4, 16);
	struct fixture f;
	uint16_t port;

	fixture_init(&f, &wanted);
	for (port = 1; port <= 4; port++)
		make_assured(&f, port);
	fixture_udp(&f, A, 100, B, 2);
	cr_assert_eq(f.verdict, NF_DROP);
	cr_assert_eq(f.reason, SKALD_CT_REASON_FULL);
	cr_assert_eq(entries(&f), 4);
	for (port = 1; port <= 4; port++)
		cr_assert_eq(fixture_udp(&f, B, 2, A, port), 'E');
	fixture_done(&f);
}

/* Garbage collection of a full table takes what nobody would miss. */
Test(ct, a_crowded_table_is_emptied)
{
	struct skald_ct_settings wanted = settings(100, 1024);
	struct fixture f;
	uint16_t port;

	fixture_init(&f, &wanted);
	for (port = 1; port <= 100; port++)
		fixture_udp(&f, A, port, B, 2);
	f.table->gc_early = true;
	cr_assert_gt(skald_ct_gc(f.table, f.now_ns, 1024), 0);
	cr_assert_lt(entries(&f), 96);
	fixture_done(&f);
}

Test(ct, garbage_collection_is_bounded)
{
	struct skald_ct_settings wanted = settings(0, 256);
	struct fixture f;
	uint32_t step, n = 0;
	uint16_t port;

	fixture_init(&f, &wanted);
	for (port = 1; port <= 1000; port++)
		fixture_udp(&f, A, port, B, 2);
	f.now_ns += 31 * SKALD_NS_PER_S;
	cr_assert_lt(skald_ct_gc(f.table, f.now_ns, 1), 100);
	for (step = 0; step < 16; step++)
		n += skald_ct_gc(f.table, f.now_ns, 16);
	cr_assert_eq(entries(&f), 0);
	cr_assert_gt(n, 900);
	fixture_done(&f);
}

/* More entries than a chain may hold are refused, whatever the buckets. */
Test(ct, no_chain_is_longer_than_it_may)
{
	struct skald_ct_settings wanted = settings(0, 16);
	uint32_t i, longest = 0;
	struct fixture f;
	uint16_t port;

	fixture_init(&f, &wanted);
	for (port = 1; port <= 5000; port++)
		fixture_udp(&f, A, port, B, 2);
	for (i = 0; i < 16; i++) {
		struct skald_ct_node *node;
		uint32_t n = 0;

		hlist_for_each_entry(node, &f.table->buckets[i], chain)
			n++;
		longest = n > longest ? n : longest;
	}
	cr_assert_leq(longest, 50 + 30 + 2);
	cr_assert_gt(atomic64_read(&f.table->stats.chaintoolong), 0);
	fixture_done(&f);
}

/* Who does not know the key cannot aim at one bucket. */
Test(ct, the_hash_is_keyed)
{
	struct skald_ct_tuple tuple = { .family = NFPROTO_IPV4,
					.proto = IPPROTO_UDP };
	hsiphash_key_t one = { { 1, 2 } }, other = { { 3, 4 } };
	unsigned int i, same = 0, buckets[64] = { 0 };

	for (i = 0; i < 65536; i += 3) {
		tuple.sport = htons((uint16_t)i);
		same += skald_ct_tuple_hash(&tuple, 0, &one) ==
			skald_ct_tuple_hash(&tuple, 0, &other);
		buckets[skald_ct_tuple_hash(&tuple, 0, &one) & 63]++;
	}
	cr_assert_leq(same, 2);
	for (i = 0; i < 64; i++)
		cr_assert(buckets[i] > 250 && buckets[i] < 450, "%u",
			  buckets[i]);
}

/* ---- zones, exemption, notes ---- */

Test(ct, zones_do_not_meet)
{
	struct fixture f;

	fixture_init(&f, NULL);
	fixture_udp(&f, A, 1, B, 2);
	f.input.zone = (struct skald_ct_zone){ 7, SKALD_CT_ZONE_BOTH };
	cr_assert_eq(fixture_udp(&f, B, 2, A, 1), 'N');
	cr_assert_eq(fixture_udp(&f, A, 1, B, 2), 'E');
	cr_assert_eq(entries(&f), 2);
	fixture_done(&f);
}

Test(ct, a_zone_of_one_direction)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.input.zone = (struct skald_ct_zone){ 7, 1 << SKALD_CT_ORIGINAL };
	cr_assert_eq(fixture_udp(&f, A, 1, B, 2), 'N');
	f.input.zone = (struct skald_ct_zone){ 0 };
	cr_assert_eq(fixture_udp(&f, B, 2, A, 1), 'E');
	cr_assert_eq(entries(&f), 1);
	fixture_done(&f);
}

Test(ct, exempt_packets_are_untracked)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.input.untracked = true;
	cr_assert_eq(fixture_udp(&f, A, 1, B, 2), 'U');
	cr_assert_eq(entries(&f), 0);
	fixture_done(&f);
}

Test(ct, notes_tell_the_life_of_an_entry)
{
	struct fixture f;

	fixture_init(&f, NULL);
	fixture_udp(&f, A, 1, B, 2);
	fixture_udp(&f, B, 2, A, 1);
	f.now_ns += 40 * SKALD_NS_PER_S;
	skald_ct_gc(f.table, f.now_ns, 1024);
	cr_assert_eq(f.n_notes, 3);
	cr_assert_eq(f.notes[0].kind, SKALD_CT_NOTE_NEW);
	cr_assert_eq(f.notes[1].kind, SKALD_CT_NOTE_UPDATE);
	cr_assert_eq(f.notes[1].changes, SKALD_CT_CHANGE_REPLY);
	cr_assert_eq(f.notes[2].kind, SKALD_CT_NOTE_DESTROY);
	cr_assert_eq(f.notes[2].end, SKALD_CT_END_EXPIRED);
	cr_assert_eq(f.notes[2].left_ns, -10 * (int64_t)SKALD_NS_PER_S);
	fixture_done(&f);
}

Test(ct, the_entry_has_one_size)
{
	/* memory is what a million of them cost: see docs/bench.md */
	cr_assert_leq(sizeof(struct skald_ct), 384);
}

/* ---- clashes ---- */

static void begin_udp(struct fixture *f, uint8_t *bytes,
		      struct skald_view *view, struct skald_ct_packet *packet)
{
	uint8_t *udp = bytes + fixture_ipv4(bytes, A, B, IPPROTO_UDP, 12);

	memset(udp, 0, 12);
	put_unaligned_be16(1, udp);
	put_unaligned_be16(2, udp + 2);
	put_unaligned_be16(12, udp + 4);
	skald_view_init(view, bytes, 32, 32);
	cr_assert_eq(skald_view_set_network(view, 0, ETH_P_IP), 0);
	cr_assert_eq(skald_ct_in(f->table, view, &f->input, f->now_ns, packet),
		     NF_ACCEPT);
}

/* 8: two packets of one flow on their way at once share one entry. */
Test(ct, a_clash_of_one_flow_is_merged)
{
	struct skald_ct_packet one, other;
	struct skald_view views[2];
	uint8_t bytes[2][64];
	struct fixture f;

	fixture_init(&f, NULL);
	begin_udp(&f, bytes[0], &views[0], &one);
	begin_udp(&f, bytes[1], &views[1], &other);
	cr_assert_neq(one.ct, other.ct);
	cr_assert_eq(skald_ct_out(&one), NF_ACCEPT);
	cr_assert_eq(skald_ct_out(&other), NF_ACCEPT);
	cr_assert_eq(one.ct, other.ct);
	cr_assert_eq(atomic64_read(&one.ct->count[0].packets), 2);
	cr_assert_eq(notes_of(&f, SKALD_CT_NOTE_CLASH), 1);
	skald_ct_done(&one);
	skald_ct_done(&other);
	cr_assert_eq(entries(&f), 1);
	fixture_done(&f);
}

/*
 * nf_ct_resolve_clash_harder(): NAT gave two packets of one flow different
 * ports at once. The later one's answers are let in, for a second.
 */
Test(ct, a_clash_in_one_direction_lives_a_second)
{
	struct skald_ct_packet one, other;
	struct skald_ct_tuple reply;
	struct skald_view views[2];
	uint8_t bytes[2][64];
	struct fixture f;

	fixture_init(&f, NULL);
	begin_udp(&f, bytes[0], &views[0], &one);
	begin_udp(&f, bytes[1], &views[1], &other);
	reply = *skald_ct_tuple(other.ct, SKALD_CT_REPLY);
	reply.dport = htons(777);
	skald_ct_set_reply(other.ct, &reply);
	cr_assert_eq(skald_ct_out(&one), NF_ACCEPT);
	cr_assert_eq(skald_ct_out(&other), NF_ACCEPT);
	cr_assert_neq(one.ct, other.ct);
	cr_assert(skald_ct_is(other.ct, SKALD_CT_NAT_CLASH));
	skald_ct_done(&one);
	skald_ct_done(&other);
	cr_assert_eq(fixture_udp(&f, B, 2, A, 777), 'E');
	cr_assert_eq(fixture_udp(&f, B, 2, A, 1), 'E');
	f.now_ns += SKALD_NS_PER_S;
	cr_assert_eq(fixture_udp(&f, B, 2, A, 777), 'N');
	cr_assert_eq(fixture_udp(&f, B, 2, A, 1), 'E');
	fixture_done(&f);
}

/* NAT gave the same answers' tuple to two flows: the second is dropped. */
Test(ct, a_clash_of_two_flows_is_dropped)
{
	struct skald_ct_packet one, other;
	struct skald_ct_tuple reply;
	struct skald_view views[2];
	uint8_t bytes[2][64];
	struct fixture f;

	fixture_init(&f, NULL);
	begin_udp(&f, bytes[0], &views[0], &one);
	cr_assert_eq(skald_ct_out(&one), NF_ACCEPT);
	reply = *skald_ct_tuple(one.ct, SKALD_CT_REPLY);
	f.input.zone = (struct skald_ct_zone){ 5, 1 << SKALD_CT_ORIGINAL };
	begin_udp(&f, bytes[1], &views[1], &other);
	skald_ct_set_reply(other.ct, &reply);
	cr_assert(skald_ct_taken(&other, &reply));
	cr_assert_eq(skald_ct_out(&other), NF_DROP);
	skald_ct_done(&one);
	skald_ct_done(&other);
	cr_assert_eq(entries(&f), 1);
	fixture_done(&f);
}

/* ---- expectations ---- */

static const struct skald_ct_expect_policy policies[] = {
	{ "data", 2, 300 },
};
static const uint16_t ports[] = { 2, 0 };

static int expect_next(struct skald_ct_packet *packet)
{
	struct skald_ct_expect *expect = skald_ct_expect_new(packet->ct);
	uint16_t announced = get_unaligned_be16(packet->view->data + 20 + 8);
	__be16 wanted[2] = { 0, htons(announced) };
	const struct skald_ct_tuple *tuple =
		skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	int ret;

	if (!expect)
		return NF_DROP;
	skald_ct_expect_tuple(expect, 0, &tuple->dst, &tuple->src, IPPROTO_UDP,
			      wanted);
	ret = skald_ct_expect_related(packet, expect, false);
	skald_ct_expect_put(expect);
	return ret ? NF_DROP : NF_ACCEPT;
}

static const struct skald_ct_helper helper = {
	.name = "test",
	.proto = IPPROTO_UDP,
	.ports = ports,
	.policies = policies,
	.n_policies = 1,
	.help = expect_next,
};

/* The body of fixture_udp() begins with "bo". */
#define ANNOUNCED (('b' << 8) | 'o')

Test(ct_expect, an_expected_packet_is_related)
{
	struct fixture f;
	struct skald_ct *ct;

	fixture_init(&f, NULL);
	f.input.helper = &helper;
	fixture_udp(&f, A, 1, B, 2);
	cr_assert_eq(f.table->n_expects, 1);
	f.input.helper = NULL;
	cr_assert_eq(fixture_udp(&f, "10.0.0.3", 9, A, ANNOUNCED), 'N');
	cr_assert_eq(f.table->n_expects, 1);
	cr_assert_eq(fixture_udp(&f, B, 9, A, ANNOUNCED), 'R');
	cr_assert_eq(f.table->n_expects, 0);
	cr_assert_eq(fixture_udp(&f, A, ANNOUNCED, B, 9), 'E');
	cr_assert_eq(notes_of(&f, SKALD_CT_NOTE_EXPECT), 1);
	cr_assert_eq(notes_of(&f, SKALD_CT_NOTE_UNEXPECT), 1);
	f.now_ns += 60 * SKALD_NS_PER_S;
	skald_ct_gc(f.table, f.now_ns, 1024);
	ct = fixture_entry(&f);
	cr_assert_null(ct);
	cr_assert_eq(entries(&f), 0);
	fixture_done(&f);
}

Test(ct_expect, an_expectation_expires)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.table->settings.timeouts.seconds[SKALD_CT_TIMEOUT_UDP] = 1000;
	f.input.helper = &helper;
	fixture_udp(&f, A, 1, B, 2);
	f.now_ns += 300 * SKALD_NS_PER_S;
	f.input.helper = NULL;
	cr_assert_eq(fixture_udp(&f, B, 9, A, ANNOUNCED), 'N');
	cr_assert_eq(f.table->n_expects, 0);
	fixture_done(&f);
}

Test(ct_expect, the_table_has_a_limit)
{
	struct fixture f;
	uint16_t port;

	fixture_init(&f, NULL);
	f.table->settings.expect_max = 5;
	f.input.helper = &helper;
	for (port = 100; port < 120; port++) {
		char from[16];

		snprintf(from, sizeof(from), "10.0.1.%u", port);
		fixture_udp(&f, from, port, B, 2);
	}
	cr_assert_eq(f.table->n_expects, 5);
	cr_assert_eq(f.verdict, NF_DROP);
	fixture_done(&f);
}

Test(ct_expect, they_go_with_their_master)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.input.helper = &helper;
	fixture_udp(&f, A, 1, B, 2);
	cr_assert_eq(f.table->n_expects, 1);
	skald_ct_kill(f.table, fixture_entry(&f), f.now_ns,
		      SKALD_CT_END_DELETED);
	cr_assert_eq(f.table->n_expects, 0);
	cr_assert_eq(entries(&f), 0);
	fixture_done(&f);
}

Test(ct_expect, the_same_one_is_renewed)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.input.helper = &helper;
	fixture_udp(&f, A, 1, B, 2);
	fixture_udp(&f, A, 1, B, 2);
	cr_assert_eq(f.table->n_expects, 1);
	cr_assert_eq(f.verdict, NF_ACCEPT);
	/* another master wants the same */
	fixture_udp(&f, A, 7, B, 2);
	cr_assert_eq(f.verdict, NF_DROP);
	cr_assert_eq(f.table->n_expects, 1);
	fixture_done(&f);
}

/* ---- no memory ---- */

Test(ct, every_allocation_may_fail)
{
	struct skald_ct_settings wanted = settings(0, 16);
	struct skald_ct_owner owner = { .random = fixture_random };
	struct fixture f;
	long after;

	for (after = 0; after < 2; after++) {
		f.random = 1;
		owner.user = &f;
		fail_malloc_after = after;
		cr_assert_null(skald_ct_table_new(&wanted, &owner));
		fail_malloc_after = -1;
	}
	for (after = 0; after < 4; after++) {
		fixture_init(&f, NULL);
		f.input.helper = &helper;
		fail_malloc_after = after;
		fixture_udp(&f, A, 1, B, 2);
		fail_malloc_after = -1;
		cr_assert_leq(entries(&f), 1);
		if (!after)
			cr_assert_eq(f.reason, SKALD_CT_REASON_NO_MEMORY);
		fixture_done(&f);
	}
}

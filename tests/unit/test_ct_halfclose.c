// SPDX-License-Identifier: GPL-2.0-only
/*
 * Half-closed connections: how long, how they ended, and what a timeout would
 * have cut.
 */
#include "ct_fixture.h"
#include "ct_halfclose.h"
#include "fail_malloc.h"

#define S SKALD_NS_PER_S

static struct skald_halfcloses *all;

/* A segment that is looked at as well. */
static void look(struct fixture *f, const struct segment *segment)
{
	static const char *const hosts[] = { "10.0.0.1", "10.0.0.2" };
	struct skald_ct_packet packet;
	struct skald_view view;
	uint8_t bytes[64];
	uint8_t *tcp =
		bytes + fixture_ipv4(bytes, hosts[segment->from],
				     hosts[!segment->from], IPPROTO_TCP, 20);

	memset(tcp, 0, 20);
	put_unaligned_be16(segment->from ? 80 : 40000, tcp);
	put_unaligned_be16(segment->from ? 40000 : 80, tcp + 2);
	put_unaligned_be32(segment->seq, tcp + 4);
	put_unaligned_be32(segment->ack, tcp + 8);
	tcp[12] = 0x50;
	tcp[13] = fixture_flags(segment->flags);
	put_unaligned_be16(1000, tcp + 14);
	skald_view_init(&view, bytes, 40, 40);
	cr_assert_eq(skald_view_set_network(&view, 0, ETH_P_IP), 0);
	cr_assert_eq(skald_ct_in(f->table, &view, &f->input, f->now_ns,
				 &packet),
		     NF_ACCEPT);
	skald_ct_out(&packet);
	cr_assert_eq(skald_halfclose_packet(all, &packet), 0);
	skald_ct_done(&packet);
}

#define LOOK(f, ...) look(f, &(struct segment){ __VA_ARGS__ })

static void tell(void *user, const struct skald_ct_note *note)
{
	skald_halfclose_note(all, note);
}

static void begin(struct fixture *f)
{
	struct skald_ct_timeouts timeouts;

	skald_ct_timeouts_default(&timeouts);
	all = skald_halfclose_new(&timeouts);
	cr_assert_not_null(all);
	fixture_init(f, NULL);
	f->table->owner.tell = tell;
	skald_halfclose_timeouts(&f->table->settings.timeouts);
	LOOK(f, CLIENT, "S", 100);
	LOOK(f, SERVER, "SA", 500, 101);
	LOOK(f, CLIENT, "A", 101, 501);
}

static const struct skald_halfclose *finish(struct fixture *f, size_t expected)
{
	const struct skald_halfclose *rows;
	size_t n;

	fixture_done(f);
	skald_halfclose_finish(all, f->now_ns);
	rows = skald_halfclose_all(all, &n);
	cr_assert_eq(n, expected);
	return rows;
}

/* The client says FIN, the server a minute later; longest silence 40 s. */
Test(halfclose, the_other_side_closes)
{
	const struct skald_halfclose *row;
	struct fixture f;

	begin(&f);
	LOOK(&f, CLIENT, "FA", 101, 501);
	LOOK(&f, SERVER, "A", 501, 102);
	f.now_ns += 40 * S;
	LOOK(&f, SERVER, "A", 501, 102);
	f.now_ns += 20 * S;
	LOOK(&f, SERVER, "FA", 501, 102);
	LOOK(&f, CLIENT, "A", 102, 502);
	row = finish(&f, 1);
	cr_expect_eq(row->end, SKALD_HALFCLOSE_CLOSED);
	cr_expect_eq(row->tuple.dir, SKALD_CT_ORIGINAL);
	cr_expect_eq(row->lasted_ns, 60 * S);
	cr_expect_eq(row->gap_ns, 40 * S);
	/* CLOSE_WAIT has 60 s from the last packet on */
	cr_expect_eq(row->left_ns, (int64_t)(40 * S));
	cr_expect_eq(skald_halfclose_cut(all, 40 * S), 0u);
	cr_expect_eq(skald_halfclose_cut(all, 40 * S - 1), 1u);
	cr_expect_str_eq(skald_halfclose_end_word(row->end), "closed");
	skald_halfclose_free(all);
}

/* Longer than CLOSE_WAIT: what was left is below nothing. */
Test(halfclose, a_timeout_would_have_been_over)
{
	const struct skald_halfclose *row;
	struct fixture f;

	begin(&f);
	LOOK(&f, SERVER, "FA", 501, 101);
	LOOK(&f, CLIENT, "A", 101, 502);
	f.now_ns += 3600 * S;
	LOOK(&f, CLIENT, "FA", 101, 502);
	row = finish(&f, 1);
	cr_expect_eq(row->tuple.dir, SKALD_CT_REPLY);
	cr_expect_eq(row->left_ns, (int64_t)(60 * S) - (int64_t)(3600 * S));
	cr_expect_eq(skald_halfclose_cut(all, 60 * S), 1u);
	skald_halfclose_free(all);
}

Test(halfclose, it_may_end_otherwise)
{
	static const struct {
		const char *flags;
		uint64_t after;
		enum skald_halfclose_end end;
	} cases[] = {
		{ "RA", 5, SKALD_HALFCLOSE_RESET },
		{ NULL, 31 * 86400ull, SKALD_HALFCLOSE_GONE },
		{ NULL, 5, SKALD_HALFCLOSE_OPEN },
	};
	const struct skald_halfclose *row;
	struct fixture f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(&f);
		LOOK(&f, CLIENT, "FA", 101, 501);
		LOOK(&f, SERVER, "A", 501, 102);
		f.now_ns += cases[i].after * S;
		skald_ct_gc(f.table, f.now_ns, UINT32_MAX);
		if (cases[i].flags)
			LOOK(&f, SERVER, cases[i].flags, 501, 102);
		row = finish(&f, 1);
		cr_expect_eq(row->end, cases[i].end, "%zu", i);
		skald_halfclose_free(all);
	}
}

/* Many tables, one after the other; shortest first, nearest rank. */
Test(halfclose, percentiles)
{
	struct fixture f;
	size_t n, i;

	begin(&f);
	fixture_done(&f);
	for (i = 100; i > 0; i--) {
		fixture_init(&f, NULL);
		f.table->owner.tell = tell;
		LOOK(&f, CLIENT, "S", 100);
		LOOK(&f, SERVER, "SA", 500, 101);
		LOOK(&f, CLIENT, "A", 101, 501);
		LOOK(&f, CLIENT, "FA", 101, 501);
		LOOK(&f, SERVER, "A", 501, 102);
		f.now_ns += i * S / 10;
		LOOK(&f, SERVER, "FA", 501, 102);
		fixture_done(&f);
		skald_halfclose_finish(all, f.now_ns);
	}
	skald_halfclose_all(all, &n);
	cr_assert_eq(n, 100u);
	cr_expect_eq(skald_halfclose_percentile(all, 50), 5 * S);
	cr_expect_eq(skald_halfclose_percentile(all, 99), 99 * S / 10);
	cr_expect_eq(skald_halfclose_percentile(all, 100), 10 * S);
	cr_expect_eq(skald_halfclose_percentile(all, 0), S / 10);
	cr_expect_eq(skald_halfclose_cut(all, 5 * S), 50u);
	skald_halfclose_free(all);
	skald_halfclose_free(NULL);
}

Test(halfclose, nothing_half_closed_says_nothing)
{
	struct fixture f;

	begin(&f);
	cr_expect_eq(skald_halfclose_percentile(all, 99), 0u);
	finish(&f, 0);
	cr_expect_eq(skald_halfclose_cut(all, 0), 0u);
	skald_halfclose_free(all);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP in connection tracking: states, windows, and what others got wrong.
 */
#include "ct_tcp.h"

#include <criterion/criterion.h>

#include "ct_fixture.h"

static uint8_t state(struct fixture *f)
{
	struct skald_ct *ct = fixture_entry(f);

	return ct ? ct->proto.tcp.state : SKALD_CT_TCP_NONE;
}

#define STATE(f, name) cr_assert_eq(state(f), SKALD_CT_TCP_##name)

/* 100 and 500 are the first numbers. */
static void open_connection(struct fixture *f)
{
	fixture_init(f, NULL);
	cr_assert_eq(SEGMENT(f, CLIENT, "S", 100), 'N');
	STATE(f, SYN_SENT);
	cr_assert_eq(SEGMENT(f, SERVER, "SA", 500, 101), 'E');
	STATE(f, SYN_RECV);
	cr_assert_eq(SEGMENT(f, CLIENT, "A", 101, 501), 'E');
	STATE(f, ESTABLISHED);
}

static uint64_t left_s(struct fixture *f)
{
	return (fixture_entry(f)->expires_ns - f->now_ns) / SKALD_NS_PER_S;
}

/* ---- the life of a connection ---- */

Test(ct_tcp, a_connection_from_syn_to_time_wait)
{
	struct fixture f;

	open_connection(&f);
	cr_assert(skald_ct_is(fixture_entry(&f), SKALD_CT_ASSURED));
	cr_assert_eq(left_s(&f), 432000);
	cr_assert_eq(SEGMENT(&f, CLIENT, "FA", 101, 501), 'E');
	STATE(&f, FIN_WAIT);
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 501, 102), 'E');
	STATE(&f, CLOSE_WAIT);
	cr_assert_eq(left_s(&f), 60);
	cr_assert_eq(SEGMENT(&f, SERVER, "FA", 501, 102), 'E');
	STATE(&f, LAST_ACK);
	cr_assert_eq(left_s(&f), 30);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 102, 502), 'E');
	STATE(&f, TIME_WAIT);
	cr_assert_eq(left_s(&f), 120);
	fixture_done(&f);
}

Test(ct_tcp, no_packet_begins_in_reply_or_with_odd_flags)
{
	static const char *const bad[] = { "SA", "FA", "R",  "RA",  "",
					   "F",	 "SF", "SR", "FPU", "P" };
	struct fixture f;
	size_t i;

	fixture_init(&f, NULL);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(SEGMENT(&f, CLIENT, bad[i], 100, 1), 'I', "%s",
			     bad[i]);
	cr_assert_null(fixture_entry(&f));
	cr_assert_eq(atomic_read(&f.table->n), 0);
	fixture_done(&f);
}

Test(ct_tcp, simultaneous_open)
{
	struct fixture f;

	fixture_init(&f, NULL);
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 100), 'N');
	cr_assert_eq(SEGMENT(&f, SERVER, "S", 500), 'E');
	STATE(&f, SYN_SENT2);
	cr_assert_eq(SEGMENT(&f, CLIENT, "SA", 100, 501), 'E');
	STATE(&f, SYN_RECV);
	cr_assert_eq(SEGMENT(&f, SERVER, "SA", 500, 101), 'E');
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 501, 101), 'E');
	STATE(&f, ESTABLISHED);
	fixture_done(&f);
}

/* 2: an ignored SYN is remembered; its SYN/ACK brings us in sync. */
Test(ct_tcp, syn_recv_out_of_sync)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 9000), 'E');
	STATE(&f, ESTABLISHED);
	cr_assert_eq(SEGMENT(&f, SERVER, "SA", 70000, 9001), 'E');
	STATE(&f, SYN_RECV);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 9001, 70001), 'E');
	STATE(&f, ESTABLISHED);
	cr_assert_eq(SEGMENT(&f, CLIENT, "PA", 9001, 70001, .len = 10), 'E');
	cr_assert_eq(fixture_entry(&f)->proto.tcp.seen[0].end, 9011);
	fixture_done(&f);
}

/* 3: the challenge ACK to a SYN in LAST_ACK is not the last ACK. */
Test(ct_tcp, challenge_ack_in_last_ack)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, CLIENT, "FA", 101, 501);
	SEGMENT(&f, SERVER, "FA", 501, 102);
	STATE(&f, LAST_ACK);
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 9000), 'E');
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 502, 102), 'E');
	STATE(&f, LAST_ACK);
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_CHALLENGE);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 102, 502), 'E');
	STATE(&f, TIME_WAIT);
	fixture_done(&f);
}

/* 4: a SYN/ACK of a connection before does not initialise the answers. */
Test(ct_tcp, old_syn_ack)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 1000);
	/* it acknowledges what was never sent */
	cr_assert_eq(SEGMENT(&f, SERVER, "SA", 500, 145000), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_ACK_OVER);
	STATE(&f, SYN_SENT);
	cr_assert_eq(SEGMENT(&f, SERVER, "SA", 7000, 1001), 'E');
	STATE(&f, SYN_RECV);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 1001, 7001), 'E');
	STATE(&f, ESTABLISHED);
	fixture_done(&f);
}

/* 5: the other side opens anew from TIME_WAIT, as rsh does. */
Test(ct_tcp, server_reopens_from_time_wait)
{
	struct skald_ct *ct;
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, CLIENT, "FA", 101, 501);
	SEGMENT(&f, SERVER, "FA", 501, 102);
	SEGMENT(&f, CLIENT, "A", 102, 502);
	STATE(&f, TIME_WAIT);
	cr_assert_eq(SEGMENT(&f, SERVER, "S", 9000), 'N');
	STATE(&f, SYN_SENT);
	ct = fixture_entry(&f);
	cr_assert_eq(skald_ct_tuple(ct, SKALD_CT_ORIGINAL)->dport,
		     htons(40000));
	cr_assert_eq(atomic_read(&f.table->n), 1);
	fixture_done(&f);
}

Test(ct_tcp, client_reopens_from_time_wait)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, CLIENT, "FA", 101, 501);
	SEGMENT(&f, SERVER, "FA", 501, 102);
	SEGMENT(&f, CLIENT, "A", 102, 502);
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 9000), 'N');
	STATE(&f, SYN_SENT);
	cr_assert_eq(fixture_entry(&f)->id, 2);
	fixture_done(&f);
}

/* ---- resets ---- */

/* 6: RFC 5961: exactly the next number resets. */
Test(ct_tcp, exact_reset_closes)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, SERVER, "A", 501, 101);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 101), 'E');
	STATE(&f, CLOSE);
	cr_assert_eq(left_s(&f), 10);
	fixture_done(&f);
}

Test(ct_tcp, inexact_reset_in_window_stays_established)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, SERVER, "A", 501, 101);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 102), 'E');
	STATE(&f, ESTABLISHED);
	cr_assert_eq(left_s(&f), 300);
	fixture_done(&f);
}

Test(ct_tcp, inexact_reset_after_fin_closes)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, SERVER, "A", 501, 101);
	SEGMENT(&f, CLIENT, "FA", 101, 501);
	STATE(&f, FIN_WAIT);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 150), 'E');
	STATE(&f, CLOSE);
	fixture_done(&f);
}

Test(ct_tcp, reset_in_a_train_closes)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, SERVER, "A", 501, 101);
	cr_assert_eq(SEGMENT(&f, CLIENT, "PA", 101, 501, .len = 19), 'E');
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 120, 501), 'E');
	STATE(&f, CLOSE);
	fixture_done(&f);
}

Test(ct_tcp, reset_below_the_highest_ack_is_invalid)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, SERVER, "A", 501, 101);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 50), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_RST);
	cr_assert_eq(f.window.off, 51);
	STATE(&f, ESTABLISHED);
	fixture_done(&f);
}

Test(ct_tcp, ignore_invalid_rst_is_a_setting)
{
	struct fixture f;

	open_connection(&f);
	f.table->settings.tcp_ignore_invalid_rst = true;
	SEGMENT(&f, SERVER, "A", 501, 101);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 50), 'E');
	STATE(&f, ESTABLISHED);
	fixture_done(&f);
}

Test(ct_tcp, reset_above_the_window_is_invalid)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 101 + 70000, 501), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_SEQ_OVER);
	STATE(&f, ESTABLISHED);
	fixture_done(&f);
}

Test(ct_tcp, reset_as_the_only_answer_ends_the_entry)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 100);
	cr_assert_eq(SEGMENT(&f, SERVER, "RA", 0, 101), 'E');
	cr_assert_null(fixture_entry(&f));
	cr_assert_eq(atomic_read(&f.table->n), 0);
	fixture_done(&f);
}

/* 9: SYN on an old entry, challenge ACK, RST, SYN again. */
Test(ct_tcp, syn_challenge_ack_reset_syn)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 900000), 'E');
	STATE(&f, ESTABLISHED);
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 501, 101), 'E');
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 101), 'E');
	STATE(&f, CLOSE);
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 900000), 'N');
	STATE(&f, SYN_SENT);
	fixture_done(&f);
}

/* A challenge ACK while we think that nobody answered yet. */
Test(ct_tcp, challenge_ack_in_syn_sent)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 1000);
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 500, 145000), 'E');
	STATE(&f, SYN_SENT);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 145000), 'E');
	STATE(&f, CLOSE);
	fixture_done(&f);
}

/* ---- windows ---- */

/* 10: data that was acknowledged long ago is let through, not invalid. */
Test(ct_tcp, retransmission_below_the_window_passes)
{
	struct fixture f;
	uint32_t i;

	open_connection(&f);
	for (i = 0; i < 200; i++) {
		SEGMENT(&f, CLIENT, "PA", 101 + i * 500, 501, .len = 500);
		SEGMENT(&f, SERVER, "A", 501, 101 + (i + 1) * 500);
	}
	cr_assert_eq(SEGMENT(&f, CLIENT, "PA", 101, 501, .len = 500), 'E');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_SEQ_UNDER);
	cr_assert_gt(f.window.off, 0);
	fixture_done(&f);
}

Test(ct_tcp, numbers_of_a_refused_segment_are_told)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, SERVER, "PA", 501 + 5000, 101, .len = 7), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_SEQ_OVER);
	cr_assert_eq(f.window.seq, 5501);
	cr_assert_eq(f.window.end, 5508);
	cr_assert_eq(f.window.ack, 101);
	cr_assert_eq(f.window.payload, 7);
	cr_assert_eq(f.window.sender.end, 501);
	cr_assert_eq(f.window.sender.maxend, 1501);
	cr_assert_eq(f.window.receiver.end, 101);
	cr_assert_eq(f.window.bound, 1502);
	cr_assert_eq(f.window.off, 4000);
	fixture_done(&f);
}

Test(ct_tcp, a_little_more_than_the_window_is_ignored)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, SERVER, "PA", 1502, 101, .len = 100), 'E');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_OVERSHOT);
	/* but it may be acknowledged */
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 101, 1602), 'E');
	cr_assert_eq(f.reason, SKALD_CT_REASON_NONE);
	fixture_done(&f);
}

Test(ct_tcp, acknowledging_what_was_not_sent_is_invalid)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 101, 502), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_ACK_OVER);
	cr_assert_eq(f.window.off, 1);
	fixture_done(&f);
}

Test(ct_tcp, very_late_acks_are_ignored)
{
	struct fixture f;
	uint32_t i;

	open_connection(&f);
	for (i = 0; i < 200; i++) {
		SEGMENT(&f, SERVER, "PA", 501 + i * 500, 101, .len = 500);
		SEGMENT(&f, CLIENT, "A", 101, 501 + (i + 1) * 500);
	}
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 101, 501), 'E');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_ACK_UNDER);
	fixture_done(&f);
}

Test(ct_tcp, be_liberal_lets_all_but_resets_pass)
{
	struct fixture f;

	open_connection(&f);
	f.table->settings.tcp_be_liberal = true;
	cr_assert_eq(SEGMENT(&f, SERVER, "PA", 90000, 101, .len = 7), 'E');
	SEGMENT(&f, SERVER, "A", 501, 101);
	cr_assert_eq(SEGMENT(&f, CLIENT, "R", 50), 'I');
	fixture_done(&f);
}

static const uint8_t scale7_sack[] = { 3, 3, 7, 1, 4, 2, 1, 1 };

Test(ct_tcp, window_scale_of_both_sides)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 100, .options = scale7_sack, .n_options = 8);
	SEGMENT(&f, SERVER, "SA", 500, 101, .options = scale7_sack,
		.n_options = 8);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 101, 501), 'E');
	cr_assert_eq(fixture_entry(&f)->proto.tcp.seen[1].maxend,
		     501 + (1000 << 7));
	cr_assert_eq(SEGMENT(&f, SERVER, "PA", 501 + 100000, 101, .len = 1),
		     'E');
	cr_assert_eq(f.reason, SKALD_CT_REASON_NONE);
	fixture_done(&f);
}

Test(ct_tcp, window_scale_of_one_side_counts_for_none)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 100, .options = scale7_sack, .n_options = 8);
	SEGMENT(&f, SERVER, "SA", 500, 101);
	SEGMENT(&f, CLIENT, "A", 101, 501);
	cr_assert_eq(fixture_entry(&f)->proto.tcp.seen[0].scale, 0);
	cr_assert_eq(fixture_entry(&f)->proto.tcp.seen[1].maxend, 1501);
	fixture_done(&f);
}

/* A firewall changed SEQ but not the SACK blocks. */
Test(ct_tcp, sack_of_what_was_not_sent_is_invalid)
{
	uint8_t sack[12] = { 1, 1, 5, 10 };
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 100, .options = scale7_sack, .n_options = 8);
	SEGMENT(&f, SERVER, "SA", 500, 101, .options = scale7_sack,
		.n_options = 8);
	SEGMENT(&f, CLIENT, "A", 101, 501);
	put_unaligned_be32(4000000, sack + 4);
	put_unaligned_be32(4000100, sack + 8);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 101, 501, .options = sack,
			     .n_options = 12),
		     'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_ACK_OVER);
	cr_assert_eq(f.window.sack, 4000100);
	fixture_done(&f);
}

Test(ct_tcp, sequence_numbers_wrap)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 0xfffffff0);
	SEGMENT(&f, SERVER, "SA", 0xffffff00, 0xfffffff1);
	SEGMENT(&f, CLIENT, "A", 0xfffffff1, 0xffffff01);
	cr_assert_eq(SEGMENT(&f, CLIENT, "PA", 0xfffffff1, 0xffffff01,
			     .len = 100),
		     'E');
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 0xffffff01, 0x55), 'E');
	cr_assert_eq(f.reason, SKALD_CT_REASON_NONE);
	cr_assert_eq(fixture_entry(&f)->proto.tcp.seen[0].end, 0x55);
	fixture_done(&f);
}

Test(ct_tcp, keep_alive_and_its_answer)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 100, 501), 'E');
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 501, 101), 'E');
	cr_assert_eq(f.reason, SKALD_CT_REASON_NONE);
	fixture_done(&f);
}

Test(ct_tcp, zero_window_shortens_the_timeout)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 501, 101, NO_WINDOW), 'E');
	cr_assert_eq(left_s(&f), 300);
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 501, 101, 2000), 'E');
	cr_assert_eq(left_s(&f), 432000);
	fixture_done(&f);
}

/* ---- connections that began before ---- */

Test(ct_tcp, picked_up_connections_are_never_out_of_window)
{
	struct fixture f;

	fixture_init(&f, NULL);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 100, 500), 'N');
	STATE(&f, ESTABLISHED);
	cr_assert_eq(SEGMENT(&f, SERVER, "PA", 900000000, 7, .len = 50), 'E');
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 5, 17), 'E');
	fixture_done(&f);
}

/* 11: without an answer it does not live for days. */
Test(ct_tcp, picked_up_without_reply_is_short)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "A", 100, 500);
	cr_assert_eq(left_s(&f), 300);
	fixture_done(&f);
}

Test(ct_tcp, loose_is_a_setting)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.table->settings.tcp_loose = false;
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 100, 500), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_NOT_LOOSE);
	cr_assert_null(fixture_entry(&f));
	fixture_done(&f);
}

/* 12: one direction alone: SYN, then ACK. */
Test(ct_tcp, asymmetric_route_stays_syn_sent)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 100);
	cr_assert_eq(SEGMENT(&f, CLIENT, "A", 101, 501), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_TCP_STATE);
	STATE(&f, SYN_SENT);
	fixture_done(&f);
}

/* ---- timeouts ---- */

Test(ct_tcp, repeated_syn_does_not_renew)
{
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 100);
	f.now_ns += 100 * SKALD_NS_PER_S;
	SEGMENT(&f, CLIENT, "S", 100);
	cr_assert_eq(left_s(&f), 20);
	f.now_ns += 20 * SKALD_NS_PER_S;
	cr_assert_null(fixture_entry(&f));
	fixture_done(&f);
}

Test(ct_tcp, three_retransmissions_shorten_the_timeout)
{
	struct fixture f;
	int i;

	open_connection(&f);
	SEGMENT(&f, SERVER, "A", 501, 101);
	for (i = 0; i < 4; i++)
		SEGMENT(&f, CLIENT, "A", 101, 501);
	cr_assert_eq(left_s(&f), 300);
	fixture_done(&f);
}

Test(ct_tcp, unacknowledged_data_shortens_the_timeout)
{
	struct fixture f;

	open_connection(&f);
	SEGMENT(&f, SERVER, "A", 501, 101);
	SEGMENT(&f, CLIENT, "PA", 101, 501, .len = 10);
	cr_assert_eq(left_s(&f), 300);
	SEGMENT(&f, SERVER, "A", 501, 111);
	cr_assert_eq(left_s(&f), 432000);
	fixture_done(&f);
}

Test(ct_tcp, closes_out_of_window_shorten_the_timeout)
{
	struct fixture f;

	open_connection(&f);
	cr_assert_eq(left_s(&f), 432000);
	cr_assert_eq(SEGMENT(&f, CLIENT, "FA", 900000, 501), 'I');
	cr_assert_eq(left_s(&f), 432000);
	cr_assert_eq(SEGMENT(&f, SERVER, "FA", 900000, 101), 'I');
	cr_assert_eq(left_s(&f), 300);
	fixture_done(&f);
}

Test(ct_tcp, five_days_are_five_days)
{
	struct fixture f;

	open_connection(&f);
	f.now_ns += 432000 * SKALD_NS_PER_S - 1;
	STATE(&f, ESTABLISHED);
	f.now_ns += 1;
	cr_assert_null(fixture_entry(&f));
	cr_assert_eq(SEGMENT(&f, SERVER, "A", 501, 101), 'N');
	fixture_done(&f);
}

/* ---- damaged packets ---- */

Test(ct_tcp, checksum_counts_when_it_is_told_to)
{
	struct fixture f;

	fixture_init(&f, NULL);
	f.table->settings.checksum = true;
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 100), 'I');
	cr_assert_eq(f.reason, SKALD_CT_REASON_CHECKSUM);
	f.input.hook = NF_INET_LOCAL_OUT;
	cr_assert_eq(SEGMENT(&f, CLIENT, "S", 100), 'N');
	fixture_done(&f);
}

Test(ct_tcp, options_that_lie_about_their_length)
{
	static const uint8_t lies[][8] = {
		{ 3, 0, 7, 1 },
		{ 3, 200, 7, 1 },
		{ 1, 1, 1, 3 },
		{ 3, 1, 1, 1 },
	};
	struct fixture f;
	size_t i;

	for (i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		fixture_init(&f, NULL);
		cr_assert_eq(SEGMENT(&f, CLIENT, "S", 100, .options = lies[i],
				     .n_options = 4),
			     'N');
		cr_assert_eq(fixture_entry(&f)->proto.tcp.seen[0].scale, 0);
		fixture_done(&f);
	}
}

Test(ct_tcp, window_scale_has_a_maximum)
{
	static const uint8_t options[] = { 3, 3, 200, 0 };
	struct fixture f;

	fixture_init(&f, NULL);
	SEGMENT(&f, CLIENT, "S", 100, .options = options, .n_options = 4);
	cr_assert_eq(fixture_entry(&f)->proto.tcp.seen[0].scale, 14);
	fixture_done(&f);
}

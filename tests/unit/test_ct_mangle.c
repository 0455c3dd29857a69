// SPDX-License-Identifier: GPL-2.0-only
/* Bytes are replaced; lengths, checksums and sequence numbers follow. */
#include "ct_mangle.h"
#include "ct_packet.h"
#include "ct_seqadj.h"

static const char text[] = "PORT 192,168,0,1,4,5\r\n";

static struct packet_spec spec_of(bool is_ipv6, u8 proto, const char *payload)
{
	return (struct packet_spec){ .is_ipv6 = is_ipv6,
				     .proto = proto,
				     .src = { 10, 1, 2, 3 },
				     .dst = { 10, 9, 8, 7 },
				     .sport = 40001,
				     .dport = 21,
				     .seq = 1000,
				     .ack = 5000,
				     .flags = 0x18,
				     .payload = payload,
				     .len = (u32)strlen(payload) };
}

static u32 payload_of(const struct packet *packet)
{
	const struct skald_view *view = &packet->room.view;

	return view->transport + (view->l4proto == IPPROTO_UDP ? 8 : 20);
}

static void expect_payload(const struct packet *packet, const char *expected)
{
	u32 at = payload_of(packet);
	u32 len = packet->room.view.end - at;

	cr_expect_eq(len, strlen(expected));
	cr_expect_eq(memcmp(packet->data + at, expected, len), 0, "%.*s",
		     (int)len, packet->data + at);
}

static void replace(bool is_ipv6, u8 proto, u32 at, u32 old_len, u32 new_len)
{
	struct packet_spec spec = spec_of(is_ipv6, proto, text);
	char expected[128] = { 0 };
	struct packet packet;

	packet_make(&packet, &spec);
	cr_assert_eq(skald_mangle(&packet.room.view, payload_of(&packet) + at,
				  old_len, "0123456789abcdef", new_len),
		     0);
	packet_expect_sound(&packet);
	memcpy(expected, text, at);
	memcpy(expected + at, "0123456789abcdef", new_len);
	strcat(expected, text + at + old_len);
	expect_payload(&packet, expected);
}

Test(ct_mangle, any_bytes_are_replaced_by_any_number)
{
	static const u8 protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	u32 at, old_len, new_len, i;

	for (i = 0; i < 4; i++)
		for (at = 0; at <= strlen(text); at++)
			for (old_len = 0; old_len <= strlen(text) - at;
			     old_len += 3)
				for (new_len = 0; new_len <= 16; new_len++)
					replace(i & 1, protos[i >> 1], at,
						old_len, new_len);
}

Test(ct_mangle, what_is_not_there_is_not_replaced)
{
	struct packet_spec spec = spec_of(false, IPPROTO_TCP, text);
	struct packet packet, before;
	struct skald_view *view = &packet.room.view;

	packet_make(&packet, &spec);
	before = packet;
	cr_expect_eq(skald_mangle(view, view->end, 1, "x", 1), -EINVAL);
	cr_expect_eq(skald_mangle(view, view->end + 1, 0, "x", 1), -EINVAL);
	cr_expect_eq(skald_mangle(view, 0, 1, "x", 1), -EINVAL);
	cr_expect_eq(skald_mangle(view, view->transport, 0, text, 65536),
		     -EINVAL);
	packet.room.size = view->len;
	cr_expect_eq(skald_mangle(view, view->end, 0, "x", 1), -ENOMEM);
	view->ops = NULL;
	cr_expect_eq(skald_mangle(view, view->end, 0, "x", 1), -EOPNOTSUPP);
	view->known = view->linear = view->end - 1;
	cr_expect_eq(skald_mangle(view, view->end - 2, 1, "x", 1), -ENODATA);
	cr_expect_eq(memcmp(before.data, packet.data, sizeof(packet.data)), 0);
}

Test(ct_mangle, no_udp_checksum_stays_none_and_a_wrong_one_wrong)
{
	struct packet_spec spec = spec_of(false, IPPROTO_UDP, text);
	struct packet packet;
	struct skald_view *view = &packet.room.view;

	packet_make(&packet, &spec);
	put_unaligned_be16(0, packet.data + view->transport + 6);
	cr_assert_eq(skald_mangle(view, payload_of(&packet), 1, "xyz", 3), 0);
	cr_expect_eq(get_unaligned_be16(packet.data + view->transport + 6), 0);
	packet_make(&packet, &spec);
	packet.data[view->transport + 6] ^= 0x40;
	cr_assert_eq(skald_mangle(view, payload_of(&packet), 1, "xyz", 3), 0);
	cr_expect_neq(packet_transport_sum(view), 0xffff);
}

static u32 tcp_field(const struct packet *packet, u32 at)
{
	return get_unaligned_be32(packet->data + packet->room.view.transport +
				  at);
}

Test(ct_seqadj, bytes_behind_a_longer_command_move)
{
	struct skald_ct_seqadj adj = { 0 };

	skald_seqadj_set(&adj, 0, 100, 110, "0123456789abc", 13);
	cr_expect_eq(skald_seqadj_seq(&adj, 0, 100), 100u);
	cr_expect_eq(skald_seqadj_seq(&adj, 0, 105), 100u);
	cr_expect_eq(skald_seqadj_seq(&adj, 0, 110), 113u);
	cr_expect_eq(skald_seqadj_ack(&adj, 1, 100), 100u);
	cr_expect_eq(skald_seqadj_ack(&adj, 1, 112), 100u);
	cr_expect_eq(skald_seqadj_ack(&adj, 1, 113), 110u);
	cr_expect_eq(skald_seqadj_offset(&adj, 0, 100), 0);
	cr_expect_eq(skald_seqadj_offset(&adj, 0, 120), 3);
	cr_expect_eq(skald_seqadj_offset(&adj, 1, 120), 0);
	cr_expect_eq(skald_seqadj_offset(NULL, 0, 120), 0);
	/* the same again, then another */
	skald_seqadj_set(&adj, 0, 100, 110, "0123456789abc", 13);
	cr_expect_eq(skald_seqadj_seq(&adj, 0, 110), 113u);
	skald_seqadj_set(&adj, 0, 200, 210, "0", 1);
	cr_expect_eq(skald_seqadj_seq(&adj, 0, 150), 153u);
	cr_expect_eq(skald_seqadj_seq(&adj, 0, 210), 204u);
	cr_expect_eq(skald_seqadj_ack(&adj, 1, 204), 210u);
	cr_expect_eq(skald_seqadj_ack(&adj, 1, 203), 200u);
}

Test(ct_seqadj, numbers_wrap_around)
{
	struct skald_ct_seqadj adj = { 0 };

	skald_seqadj_set(&adj, 1, 0xfffffff8, 2, "xxxx", 4);
	cr_expect_eq(skald_seqadj_seq(&adj, 1, 0xfffffff0), 0xfffffff0);
	cr_expect_eq(skald_seqadj_seq(&adj, 1, 2), 0xfffffffc);
	cr_expect_eq(skald_seqadj_ack(&adj, 0, 0xfffffffc), 2u);
}

Test(ct_seqadj, header_and_sack_edges_are_adjusted)
{
	static const u8 options[] = { 1,    1,	  5, 10, 0,    0,
				      0x13, 0x92, 0, 0,	 0x13, 0x9c };
	struct packet_spec spec = spec_of(true, IPPROTO_TCP, "hello");
	struct skald_ct_seqadj adj = { 0 };
	struct packet packet;

	spec.options = options;
	spec.options_len = sizeof(options);
	packet_make(&packet, &spec);
	skald_seqadj_set(&adj, 0, 900, 910, "x", 1);
	skald_seqadj_set(&adj, 1, 4000, 4001, "xyz", 3);
	cr_assert_eq(skald_seqadj_apply(&adj, &packet.room.view, 0), 0);
	packet_expect_sound(&packet);
	cr_expect_eq(tcp_field(&packet, 4), 991u);
	cr_expect_eq(tcp_field(&packet, 8), 4998u);
	cr_expect_eq(tcp_field(&packet, 24), 5008u);
	cr_expect_eq(tcp_field(&packet, 28), 5018u);
}

Test(ct_seqadj, damaged_options_are_refused)
{
	static const u8 options[] = { 1, 1, 5, 11 };
	struct packet_spec spec = spec_of(false, IPPROTO_TCP, "hello");
	struct skald_ct_seqadj adj = { 0 };
	struct packet packet;

	spec.options = options;
	spec.options_len = sizeof(options);
	packet_make(&packet, &spec);
	cr_expect_eq(skald_seqadj_apply(&adj, &packet.room.view, 0), -EINVAL);
	packet.data[packet.room.view.transport + 12] = 0x40;
	cr_expect_eq(skald_seqadj_apply(&adj, &packet.room.view, 0), -EINVAL);
}

/*
 * A receiver that takes what it gets, however a retransmission is cut: the
 * stream it sees is the one with the replacement.
 */
Test(ct_seqadj, a_retransmission_is_the_same_wherever_it_is_cut)
{
	static const char sent[] = "before,COMMAND,behind";
	static const char seen[] = "before,command of mine,behind";
	struct skald_ct_seqadj adj = { 0 };
	u32 from, to, at, len, seq, i;
	struct packet_spec spec;
	struct packet packet;

	skald_seqadj_set(&adj, 0, 1007, 1014, "command of mine", 15);
	for (from = 0; from < strlen(sent); from++)
		for (to = from + 1; to <= strlen(sent); to++) {
			spec = spec_of(false, IPPROTO_TCP, sent + from);
			spec.seq = 1000 + from;
			spec.len = to - from;
			packet_make(&packet, &spec);
			cr_assert_eq(skald_seqadj_repeat(&adj,
							 &packet.room.view, 0),
				     0);
			cr_assert_eq(skald_seqadj_apply(&adj, &packet.room.view,
							0),
				     0);
			packet_expect_sound(&packet);
			cr_assert(skald_seqadj_payload(&packet.room.view, &at,
						       &len, &seq));
			for (i = 0; i < len; i++)
				cr_assert_eq(packet.data[at + i],
					     seen[seq - 1000 + i]);
			if (to >= 14)
				cr_expect_eq(seq + len, 1008 + to);
		}
}

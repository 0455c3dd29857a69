// SPDX-License-Identifier: GPL-2.0-only
/* Packets in words become bytes with right lengths and sums. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/if_ether.h>

#include "checksum.h"
#include "invent.h"

static struct skald_invented packet;

static void view_of(const char *words, struct skald_view *view)
{
	struct skald_error error = { 0 };
	int err = skald_invent(words, &packet, &error);

	cr_assert_eq(err, 0, "%s: %s", words, error.text);
	skald_view_init(view, packet.bytes, (u32)packet.len, (u32)packet.len);
	err = packet.has_link
		      ? skald_view_set_ethernet(view)
		      : skald_view_set_network(view, 0, packet.ethertype);
	cr_assert_eq(err, 0, "%s", words);
}

/* The sum over a packet with its checksum is that of nothing. */
static void expect_right_sum(const struct skald_view *view)
{
	u32 len = view->end - view->transport;
	u64 sum = skald_checksum_pseudo(view, view->l4proto, len);

	if (view->l4proto == IPPROTO_ICMP)
		sum = 0;
	sum = skald_checksum_add(view->data + view->transport, len, sum);
	cr_expect_eq(skald_checksum_fold(sum), 0);
}

Test(invent, words_become_headers)
{
	struct skald_view view;
	const u8 *tcp;

	view_of("tcp 192.0.2.7:40000 > 198.51.100.9:443 flags SA ttl 7 "
		"mark 0x10 len 100 seq 5 dscp 46 df",
		&view);
	cr_expect_eq(packet.len, 100u);
	cr_expect_eq(packet.mark, 0x10u);
	cr_expect_eq(view.data[8], 7);
	cr_expect_eq(view.data[1], 46 << 2);
	cr_expect_eq(view.data[6], 0x40);
	tcp = view.data + view.transport;
	cr_expect_eq(get_unaligned_be16(tcp), 40000);
	cr_expect_eq(get_unaligned_be16(tcp + 2), 443);
	cr_expect_eq(get_unaligned_be32(tcp + 4), 5u);
	cr_expect_eq(tcp[13], 0x12);
	cr_expect_eq(skald_checksum_fold(skald_checksum_add(view.data, 20, 0)),
		     0);
	expect_right_sum(&view);
}

Test(invent, every_protocol_has_a_right_sum)
{
	static const char *const words[] = {
		"udp [2001:db8::1]:53 > [2001:db8::2]:53 len 101",
		"udp 10.0.0.1:1 > 10.0.0.2:2",
		"tcp [2001:db8::1]:1 > [2001:db8::2]:2 mss 1400",
		"icmp 10.0.0.1 > 10.0.0.2 type echo-reply echo-id 7",
		"icmp6 2001:db8::1 > 2001:db8::2",
		"icmp6 fe80::1 > ff02::1 type nd-neighbor-solicit",
	};
	struct skald_view view;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		view_of(words[i], &view);
		expect_right_sum(&view);
	}
}

Test(invent, link_and_tag_are_there_when_they_are_said)
{
	struct skald_view view;

	view_of("udp 10.0.0.1:1 > 10.0.0.2:2 mac 02:00:00:00:00:01 > "
		"02:00:00:00:00:02 vlan 5",
		&view);
	cr_expect(packet.has_link);
	cr_expect_eq(view.n_vlan, 1);
	cr_expect_eq(view.vlan[0], 5);
	cr_expect_eq(view.data[5], 2);
	cr_expect_eq(view.data[11], 1);
}

Test(invent, what_is_not_understood_is_shown)
{
	static const struct {
		const char *words;
		int column;
	} cases[] = {
		{ "", 1 },
		{ "tpc 10.0.0.1:1 > 10.0.0.2:2", 1 },
		{ "tcp 10.0.0.300:1 > 10.0.0.2:2", 5 },
		{ "tcp 10.0.0.1:1 10.0.0.2:2", 16 },
		{ "tcp 10.0.0.1:1 > [2001:db8::1]:2", 18 },
		{ "tcp 10.0.0.1:70000 > 10.0.0.2:2", 5 },
		{ "tcp 10.0.0.1:1 > 10.0.0.2:2 ttl 256", 33 },
		{ "tcp 10.0.0.1:1 > 10.0.0.2:2 colour red", 29 },
		{ "tcp 10.0.0.1:1 > 10.0.0.2:2 flags X", 35 },
		{ "icmp 10.0.0.1 > 10.0.0.2 type nonsense", 31 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skald_error error = { 0 };

		cr_expect_eq(skald_invent(cases[i].words, &packet, &error),
			     -EINVAL, "%s", cases[i].words);
		cr_expect_eq(error.column, cases[i].column, "%s: column %d",
			     cases[i].words, error.column);
	}
	cr_expect_eq(skald_invent("tcp 10.0.0.1 > 10.0.0.2", &packet, NULL),
		     -EINVAL);
	cr_expect_eq(skald_invent("icmp 10.0.0.1:1 > 10.0.0.2:1", &packet,
				  NULL),
		     -EINVAL);
}

Test(invent, hexadecimal_digits_are_a_packet)
{
	struct skald_error error = { 0 };

	cr_assert_eq(skald_invent_hex("4500 001c 0000 0000 4011 0000 0a000001 "
				      "0a000002 0001 0002 0008 0000",
				      &packet, &error),
		     0, "%s", error.text);
	cr_expect_eq(packet.ethertype, ETH_P_IP);
	cr_expect_not(packet.has_link);
	cr_assert_eq(skald_invent_hex("02:00:00:00:00:01 02:00:00:00:00:02 "
				      "0800",
				      &packet, &error),
		     0);
	cr_expect(packet.has_link);
	cr_expect_eq(skald_invent_hex("45 0", &packet, &error), -EINVAL);
	cr_expect_eq(error.column, 4);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Views of frames: headers are found, and never beyond what is there. */
#include <criterion/criterion.h>

#include "view.h"

/* clang-format off */
static const u8 udp4[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x81, 0x00, 0x60, 0x05,
	0x08, 0x00,
	0x45, 0, 0, 0x20, 0x12, 0x34, 0x40, 0, 64, 17, 0, 0,
	10, 0, 0, 1, 10, 0, 0, 2,
	0x30, 0x39, 0, 53, 0, 12, 0, 0, 'a', 'b', 'c', 'd',
};

/* Hop-by-hop options, a first fragment, TCP. */
static const u8 frag6[] = {
	0x60, 0, 0, 0, 0, 36, 0, 64,
	0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	44, 0, 1, 4, 0, 0, 0, 0,
	6, 0, 0, 1, 0, 0, 0, 7,
	0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 1, 0, 0, 0, 0, 0,
};

/* clang-format on */

Test(view, a_tag_stands_between_link_and_network)
{
	struct skald_view view;
	u8 frame[sizeof(udp4)];
	u8 buf[4];

	memcpy(frame, udp4, sizeof(frame));
	skald_view_init(&view, frame, sizeof(frame), sizeof(frame));
	cr_assert_eq(skald_view_set_ethernet(&view), 0);
	cr_expect_eq(view.n_vlan, 1);
	cr_expect_eq(view.vlan[0], 0x6005);
	cr_expect_eq(view.network, 18u);
	cr_expect_eq(view.transport, 38u);
	cr_expect_eq(view.family, NFPROTO_IPV4);
	cr_expect_eq(view.l4proto, IPPROTO_UDP);
	cr_expect_eq(view.end, sizeof(frame));
	cr_expect_eq(memcmp(skald_view_bytes(&view, 46, 4, buf), "abcd", 4), 0);
}

Test(view, what_is_cut_off_is_had_but_not_known)
{
	struct skald_view view;
	u8 frame[sizeof(udp4)];
	u8 buf[4];

	memcpy(frame, udp4, sizeof(frame));
	skald_view_init(&view, frame, 46, sizeof(frame));
	cr_assert_eq(skald_view_set_ethernet(&view), 0);
	cr_expect_null(skald_view_bytes(&view, 46, 4, buf));
	cr_expect(skald_view_has(&view, 46, 4));
	cr_expect_not(skald_view_has(&view, 46, 5));
	cr_expect_not(skald_view_has(&view, U32_MAX, 2));
	cr_expect_eq(skald_view_write(&view, 47), -ENODATA);
}

Test(view, extension_headers_are_stepped_over_up_to_the_fragment)
{
	struct skald_view view;
	u8 frame[sizeof(frag6)];

	memcpy(frame, frag6, sizeof(frame));
	skald_view_init(&view, frame, sizeof(frame), sizeof(frame));
	cr_assert_eq(skald_view_set_network(&view, 0, ETH_P_IPV6), 0);
	cr_expect(view.is_fragment && view.frag_more);
	cr_expect_eq(view.l4proto, IPPROTO_TCP);
	cr_expect_eq(view.transport, 56u);
	frame[51] = 9; /* offset 8 */
	cr_assert_eq(skald_view_set_network(&view, 0, ETH_P_IPV6), 0);
	cr_expect_eq(view.frag_offset, 8);
	cr_expect_eq(view.transport, SKALD_VIEW_NONE);
}

Test(view, a_frame_cut_anywhere_is_refused_or_within_bounds)
{
	struct skald_view view;
	u8 *frame;
	u32 len;

	for (len = 0; len < sizeof(frag6); len++) {
		frame = malloc(len + 1);
		memcpy(frame, frag6, len);
		skald_view_init(&view, frame, len, sizeof(frag6));
		if (!skald_view_set_network(&view, 0, ETH_P_IPV6))
			cr_expect(view.transport == SKALD_VIEW_NONE ||
				  view.transport <= view.end);
		skald_view_init(&view, frame, len, len);
		cr_expect_eq(skald_view_set_network(&view, 0, ETH_P_IPV6),
			     -EINVAL);
		free(frame);
	}
}

Test(env, the_hash_depends_on_key_and_every_byte)
{
	hsiphash_key_t key = { { 1, 2 } };
	u8 data[24] = { 0 };
	u32 first = hsiphash(data, sizeof(data), &key);
	size_t i;

	cr_expect_eq(hsiphash(data, sizeof(data), &key), first);
	for (i = 0; i < sizeof(data); i++) {
		data[i] = 1;
		cr_expect_neq(hsiphash(data, sizeof(data), &key), first);
		data[i] = 0;
	}
	cr_expect_neq(hsiphash(data, sizeof(data) - 1, &key), first);
	key.key[1]++;
	cr_expect_neq(hsiphash(data, sizeof(data), &key), first);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reassembly: order, overlaps, time and limits, IPv4 and IPv6; and what a host
 * refuses.
 */
#include "defrag.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "checksum.h"
#include "fail_malloc.h"

#define S 1000000000ull

/* What is not said of a fragment is none. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct fragment {
	uint32_t offset;
	uint32_t len;
	bool last;
	uint16_t id;
	uint8_t ecn;
	uint8_t fill; /* added to each byte, which is its offset */
};

static const hsiphash_key_t key = { { 1, 2 } };

static struct skald_defrag *make(uint32_t distance)
{
	struct skald_defrag_settings settings;
	struct skald_defrag *defrag;

	skald_defrag_settings_default(&settings);
	settings.distance = distance;
	defrag = skald_defrag_new(&settings, &key);
	cr_assert_not_null(defrag);
	return defrag;
}

static uint32_t write4(uint8_t *bytes, const struct fragment *fragment)
{
	uint32_t i;

	memset(bytes, 0, 20);
	bytes[0] = 0x45;
	bytes[1] = fragment->ecn;
	put_unaligned_be16((uint16_t)(20 + fragment->len), bytes + 2);
	put_unaligned_be16(fragment->id, bytes + 4);
	put_unaligned_be16((uint16_t)(fragment->offset / 8 |
				      (fragment->last ? 0 : 0x2000)),
			   bytes + 6);
	bytes[8] = 64;
	bytes[9] = IPPROTO_UDP;
	bytes[15] = 1;
	bytes[19] = 2;
	for (i = 0; i < fragment->len; i++)
		bytes[20 + i] =
			(uint8_t)(fragment->offset + i + fragment->fill);
	return 20 + fragment->len;
}

static uint32_t write6(uint8_t *bytes, const struct fragment *fragment)
{
	uint32_t i;

	memset(bytes, 0, 48);
	bytes[0] = 0x60;
	bytes[1] = (uint8_t)(fragment->ecn << 4);
	put_unaligned_be16((uint16_t)(8 + fragment->len), bytes + 4);
	bytes[6] = IPPROTO_FRAGMENT;
	bytes[23] = 1;
	bytes[39] = 2;
	bytes[40] = IPPROTO_UDP;
	put_unaligned_be16((uint16_t)(fragment->offset | !fragment->last),
			   bytes + 42);
	put_unaligned_be32(fragment->id, bytes + 44);
	for (i = 0; i < fragment->len; i++)
		bytes[48 + i] =
			(uint8_t)(fragment->offset + i + fragment->fill);
	return 48 + fragment->len;
}

static int add(struct skald_defrag *defrag, int family,
	       const struct fragment *fragment, uint64_t now_ns,
	       struct skald_datagram *datagram)
{
	uint8_t *bytes = malloc(70000);
	struct skald_view view;
	uint32_t len;
	int ret;

	cr_assert_not_null(bytes);
	len = family == 4 ? write4(bytes, fragment) : write6(bytes, fragment);
	skald_view_init(&view, bytes, len, len);
	cr_assert_eq(skald_view_set_network(
			     &view, 0, family == 4 ? ETH_P_IP : ETH_P_IPV6),
		     0);
	cr_assert(view.is_fragment);
	ret = skald_defrag_add(defrag, &view, 0, now_ns, datagram);
	free(bytes);
	return ret;
}

static void check_datagram(int family, struct skald_datagram *datagram,
			   uint32_t len)
{
	uint32_t i, header = family == 4 ? 20 : 40;
	struct skald_view view;

	cr_assert_eq(datagram->len, header + len);
	for (i = 0; i < len; i++)
		cr_assert_eq(datagram->bytes[header + i], (uint8_t)i, "%u", i);
	skald_view_init(&view, datagram->bytes, datagram->len, datagram->len);
	cr_assert_eq(skald_view_set_network(
			     &view, 0, family == 4 ? ETH_P_IP : ETH_P_IPV6),
		     0);
	cr_assert_not(view.is_fragment);
	cr_assert_eq(view.end, datagram->len);
	cr_assert_eq(view.l4proto, IPPROTO_UDP);
	if (family == 4)
		cr_assert_eq(skald_view_received(&view), 0);
	skald_datagram_done(datagram);
}

/* All orders of five fragments. */
Test(defrag, every_order)
{
	static const struct fragment parts[5] = {
		{ 0, 16 }, { 16, 8 }, { 24, 64 }, { 88, 8 }, { 96, 5, true }
	};
	unsigned int order, i, family;

	for (order = 0; order < 120; order++) {
		for (family = 4; family <= 6; family += 2) {
			struct skald_defrag *defrag = make(64);
			unsigned int left[5] = { 0, 1, 2, 3, 4 }, rest = order;
			struct skald_datagram datagram;

			for (i = 5; i; i--) {
				unsigned int at = rest % i, part = left[at];
				int ret;

				rest /= i;
				left[at] = left[i - 1];
				ret = add(defrag, (int)family, &parts[part], S,
					  &datagram);
				cr_assert_eq(ret, i > 1 ? -EINPROGRESS : 0);
			}
			check_datagram((int)family, &datagram, 101);
			skald_defrag_free(defrag);
		}
	}
}

Test(defrag, duplicates_are_ignored)
{
	unsigned int family;

	for (family = 4; family <= 6; family += 2) {
		struct skald_defrag *defrag = make(64);
		struct skald_datagram datagram;
		struct fragment one = { 0, 16 }, inside = { 8, 8, .fill = 9 },
				last = { 16, 8, true };

		cr_assert_eq(add(defrag, (int)family, &one, S, &datagram),
			     -EINPROGRESS);
		cr_assert_eq(add(defrag, (int)family, &one, S, &datagram),
			     -EINPROGRESS);
		/* what came first stays */
		cr_assert_eq(add(defrag, (int)family, &inside, S, &datagram),
			     -EINPROGRESS);
		cr_assert_eq(add(defrag, (int)family, &last, S, &datagram), 0);
		check_datagram((int)family, &datagram, 24);
		skald_defrag_free(defrag);
	}
}

/* RFC 5722: the whole datagram goes. */
Test(defrag, overlaps_destroy_the_datagram)
{
	static const struct fragment overlapping[] = {
		{ 8, 24 },
		{ 16, 16 },
		{ 24, 16 },
		{ 0, 48 },
	};
	unsigned int family, i;

	for (family = 4; family <= 6; family += 2) {
		for (i = 0; i < 4; i++) {
			struct skald_defrag *defrag = make(64);
			struct skald_datagram datagram;
			struct fragment one = { 0, 24 }, two = { 32, 16 },
					gap = { 24, 8 }, last = { 48, 8, true };
			int ret;

			add(defrag, (int)family, &one, S, &datagram);
			add(defrag, (int)family, &two, S, &datagram);
			ret = add(defrag, (int)family, &overlapping[i], S,
				  &datagram);
			cr_assert_eq(ret, -EINVAL);
			cr_assert_eq(add(defrag, (int)family, &gap, S,
					 &datagram),
				     -EINPROGRESS);
			cr_assert_eq(add(defrag, (int)family, &last, S,
					 &datagram),
				     -EINPROGRESS);
			skald_defrag_free(defrag);
		}
	}
}

Test(defrag, two_ends_contradict)
{
	struct skald_defrag *defrag = make(64);
	struct skald_datagram datagram;
	struct fragment end = { 16, 8, true }, later = { 24, 8, true },
			beyond = { 32, 8 };

	cr_assert_eq(add(defrag, 4, &end, S, &datagram), -EINPROGRESS);
	cr_assert_eq(add(defrag, 4, &later, S, &datagram), -EINVAL);
	cr_assert_eq(add(defrag, 4, &end, S, &datagram), -EINPROGRESS);
	cr_assert_eq(add(defrag, 4, &beyond, S, &datagram), -EINVAL);
	skald_defrag_free(defrag);
}

Test(defrag, it_takes_too_long)
{
	struct skald_defrag *defrag = make(64);
	struct skald_datagram datagram;
	struct fragment one = { 0, 8 }, last = { 8, 8, true };

	add(defrag, 4, &one, S, &datagram);
	add(defrag, 6, &one, S, &datagram);
	cr_assert_eq(skald_defrag_expire(defrag, 31 * S - 1), 0);
	cr_assert_eq(skald_defrag_expire(defrag, 31 * S), 1);
	cr_assert_eq(add(defrag, 4, &last, 31 * S, &datagram), -EINPROGRESS);
	cr_assert_eq(add(defrag, 6, &last, 61 * S - 1, &datagram), 0);
	skald_datagram_done(&datagram);
	skald_defrag_free(defrag);
}

Test(defrag, memory_is_bounded)
{
	struct skald_defrag *defrag = make(0);
	struct skald_datagram datagram;
	struct fragment one = { 0, 1400 };
	unsigned int i, kept = 0;

	for (i = 0; i < 20000; i++) {
		one.id = (uint16_t)i;
		kept += add(defrag, 4, &one, S, &datagram) == -EINPROGRESS;
	}
	cr_assert_gt(kept, 500);
	cr_assert_lt(kept, 3000);
	cr_assert_eq(skald_defrag_expire(defrag, 31 * S), kept);
	cr_assert_eq(add(defrag, 4, &one, 31 * S, &datagram), -EINPROGRESS);
	skald_defrag_free(defrag);
}

/* A fragment whose sender sent 65 others meanwhile begins anew. */
Test(defrag, fragments_too_far_apart)
{
	struct skald_defrag *defrag = make(64);
	struct skald_datagram datagram;
	struct fragment one = { 0, 8, .id = 1 }, last = { 8, 8, true, 1 };
	struct fragment other = { 0, 8 };
	unsigned int i;

	add(defrag, 4, &one, S, &datagram);
	for (i = 0; i < 64; i++) {
		other.id = (uint16_t)(100 + i);
		add(defrag, 4, &other, S, &datagram);
	}
	cr_assert_eq(add(defrag, 4, &last, S, &datagram), -EINPROGRESS);
	cr_assert_eq(add(defrag, 4, &one, S, &datagram), 0);
	skald_datagram_done(&datagram);
	skald_defrag_free(defrag);
}

/* RFC 3168, 5.3. */
Test(defrag, ecn_of_fragments)
{
	static const struct {
		uint8_t one, two;
		int ecn; /* -1: the datagram is dropped */
	} cases[] = { { 0, 0, 0 },  { 1, 2, 1 },  { 2, 3, 3 },
		      { 0, 3, -1 }, { 0, 1, -1 }, { 3, 3, 3 } };
	unsigned int i, family;

	for (family = 4; family <= 6; family += 2) {
		for (i = 0; i < 6; i++) {
			struct skald_defrag *defrag = make(64);
			struct skald_datagram datagram;
			struct fragment one = { 0, 8, .ecn = cases[i].one };
			struct fragment two = { 8, 8, true,
						.ecn = cases[i].two };
			uint8_t tos;
			int ret;

			add(defrag, (int)family, &one, S, &datagram);
			ret = add(defrag, (int)family, &two, S, &datagram);
			cr_assert_eq(ret, cases[i].ecn < 0 ? -EINVAL : 0);
			if (!ret) {
				tos = datagram.bytes[1];
				tos = family == 4 ? tos & 3 : tos >> 4 & 3;
				cr_assert_eq(tos, cases[i].ecn);
				skald_datagram_done(&datagram);
			}
			skald_defrag_free(defrag);
		}
	}
}

Test(defrag, a_datagram_too_long)
{
	struct skald_defrag *defrag = make(64);
	struct skald_datagram datagram;
	struct fragment one = { 0, 65000 }, last = { 65000, 600, true };
	struct fragment far = { 65528, 64, true };

	add(defrag, 4, &one, S, &datagram);
	cr_assert_eq(add(defrag, 4, &last, S, &datagram), -EINVAL);
	cr_assert_eq(add(defrag, 4, &far, S, &datagram), -EINVAL);
	cr_assert_eq(add(defrag, 6, &far, S, &datagram), -EINVAL);
	skald_defrag_free(defrag);
}

/* IPv6: fragments that are not multiples of eight go on as they are. */
Test(defrag, odd_fragments_of_ipv6)
{
	struct skald_defrag *defrag = make(64);
	struct skald_datagram datagram;
	struct fragment odd = { 0, 17 }, tiny = { 0, 5, true };

	cr_assert_eq(add(defrag, 6, &odd, S, &datagram), -ENOMSG);
	/* not all headers in the first one */
	cr_assert_eq(add(defrag, 6, &tiny, S, &datagram), -ENOMSG);
	skald_defrag_free(defrag);
}

Test(defrag, every_allocation_may_fail)
{
	struct fragment one = { 0, 8 }, last = { 8, 8, true };
	struct skald_datagram datagram;
	long after;

	for (after = 1; after < 9; after++) {
		struct skald_defrag *defrag = make(64);
		int ret;

		fail_malloc_after = after;
		ret = add(defrag, 4, &one, S, &datagram);
		if (ret == -EINPROGRESS && fail_malloc_after > 0)
			ret = add(defrag, 4, &last, S, &datagram);
		fail_malloc_after = -1;
		cr_assert(ret == 0 || ret == -ENOMEM || ret == -EINPROGRESS);
		if (!ret)
			skald_datagram_done(&datagram);
		skald_defrag_free(defrag);
	}
}

/* ---- what a host refuses ---- */

static int received6(uint8_t next, const uint8_t *options, uint32_t len,
		     uint8_t dst0, uint8_t dst1)
{
	uint8_t bytes[128] = { 0x60 };
	struct skald_view view;

	put_unaligned_be16((uint16_t)len, bytes + 4);
	bytes[6] = next;
	bytes[8] = 0x20;
	bytes[24] = dst0;
	bytes[25] = dst1;
	memcpy(bytes + 40, options, len);
	skald_view_init(&view, bytes, 40 + len, 40 + len);
	cr_assert_eq(skald_view_set_network(&view, 0, ETH_P_IPV6), 0);
	return skald_view_received(&view);
}

Test(received, hop_by_hop_options)
{
	static const struct {
		uint8_t bytes[16];
		uint32_t len;
		int ret;
	} cases[] = {
		{ { 17, 0, 1, 4 }, 8, 0 }, /* padding */
		{ { 17, 0, 1, 4, 0, 0, 1 }, 8, -EINVAL }, /* not of zeroes */
		{ { 17, 0, 5, 2, 0, 0, 1, 0 }, 8, 0 }, /* router alert */
		{ { 17, 0, 5, 1, 0, 1, 1, 0 }, 8, -EINVAL },
		{ { 17, 0, 0x1e, 4 }, 8, 0 }, /* unknown: skip */
		{ { 17, 0, 0x5e, 4 }, 8, -EINVAL }, /* unknown: drop */
		{ { 17, 0, 0xc2, 4, 0, 1, 0, 0 }, 8, -EINVAL }, /* jumbo */
		{ { 17, 0, 1, 5 }, 8, -EINVAL }, /* longer than its header */
		{ { 17, 1, 1, 4 }, 8, -EINVAL }, /* not all there */
		{ { 17, 1 }, 16, -EINVAL }, /* too much padding */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		cr_expect_eq(received6(0, cases[i].bytes, cases[i].len, 0x20,
				       0),
			     cases[i].ret, "case %zu", i);
}

Test(received, addresses_that_nobody_has)
{
	cr_assert_eq(received6(17, (const uint8_t *)"12345678", 8, 0xff, 2), 0);
	cr_assert_eq(received6(17, (const uint8_t *)"12345678", 8, 0xff, 1),
		     -EINVAL);
	cr_assert_eq(received6(17, (const uint8_t *)"12345678", 8, 0xff, 0),
		     -EINVAL);
}

/* ---- sums ---- */

/* RFC 1624, 4: the case that older formulas get wrong. */
Test(checksum, incremental)
{
	uint32_t i;

	cr_assert_eq(skald_checksum_change16(0xdd2f, 0x5555, 0x3285), 0x0000);
	for (i = 0; i < 1000; i++) {
		uint8_t bytes[8] = { (uint8_t)i, 7,  (uint8_t)(i * 3),
				     9,		 1,  (uint8_t)(i >> 3),
				     255,	 254 };
		uint16_t before =
			skald_checksum_fold(skald_checksum_add(bytes, 8, 0));
		uint32_t from = get_unaligned_be32(bytes + 4);
		uint32_t to = i * 2654435761u;

		put_unaligned_be32(to, bytes + 4);
		cr_assert_eq(
			skald_checksum_change32(before, from, to),
			skald_checksum_fold(skald_checksum_add(bytes, 8, 0)));
	}
}

Test(checksum, odd_lengths_and_pieces)
{
	uint8_t bytes[700];
	struct skald_view view;
	uint32_t i, len;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	skald_view_init(&view, bytes, sizeof(bytes), sizeof(bytes));
	for (len = 0; len < sizeof(bytes); len++) {
		uint32_t sum = 0;
		uint64_t got = 0;

		for (i = 0; i < len; i++)
			sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		cr_assert_eq(skald_checksum_view(&view, 0, len, &got), 0);
		cr_assert_eq(skald_checksum_fold(got), (uint16_t)~sum);
	}
}

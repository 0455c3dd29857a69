// SPDX-License-Identifier: GPL-2.0-only
/*
 * Own bytes as differences to a template.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "random_event.h"
#include "store_diff.h"

Test(store_diff, differences_make_the_bytes_again)
{
	struct dice dice = { 77 };
	uint8_t base[300], data[400];

	for (int round = 0; round < 3000; round++) {
		size_t base_len = roll_below(&dice, sizeof(base));
		size_t len = roll_below(&dice, sizeof(data));
		struct skald_buffer diff = { 0 }, again = { 0 };

		for (size_t i = 0; i < sizeof(base); i++)
			base[i] = roll(&dice);
		for (size_t i = 0; i < len; i++)
			data[i] = roll_below(&dice, 6) && i < base_len
					  ? base[i]
					  : (uint8_t)roll(&dice);
		skald_diff_encode(base, base_len, data, len, &diff);
		cr_assert_eq(skald_diff_decode(base, base_len, diff.data,
					       diff.len, &again),
			     0);
		cr_assert_eq(again.len, len);
		cr_assert(!len || !memcmp(again.data, data, len));
		skald_buffer_done(&diff);
		skald_buffer_done(&again);
	}
}

Test(store_diff, hostile_differences_are_refused_or_harmless)
{
	struct dice dice = { 78 };
	uint8_t base[40] = { 0 }, diff[60];
	struct skald_buffer buffer = { 0 };

	for (int round = 0; round < 20000; round++) {
		size_t len = roll_below(&dice, sizeof(diff));

		for (size_t i = 0; i < len; i++)
			diff[i] = roll(&dice) >> roll_below(&dice, 8);
		buffer.len = 0;
		if (!skald_diff_decode(base, roll_below(&dice, sizeof(base)),
				       diff, len, &buffer))
			cr_assert_leq(buffer.len, sizeof(base) + sizeof(diff));
	}
	skald_buffer_done(&buffer);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text from outside: UTF-8, control characters, cutting off.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "text.h"

/**
 * struct utf8_case - bytes and the length of the character they start with
 */
struct utf8_case {
	const char *bytes;
	size_t len;
};

Test(text, only_well_formed_utf8_is_a_character)
{
	static const struct utf8_case cases[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\xc3\xa9", 2 },
		{ "\xe2\x86\x92", 3 },
		{ "\xf0\x9f\x98\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\x80", 0 },
		{ "\xc3", 0 },
		{ "\xc3(", 0 },
		{ "\xe2\x86", 0 },
		{ "\xf0\x9f\x98", 0 },
		/* overlong, surrogate, above U+10FFFF */
		{ "\xc0\x80", 0 },
		{ "\xe0\x80\x80", 0 },
		{ "\xf0\x80\x80\x80", 0 },
		{ "\xed\xa0\x80", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xff", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(skald_text_utf8(cases[i].bytes), cases[i].len,
			     "case %zu", i);
}

Test(text, control_characters_do_not_reach_the_terminal)
{
	char text[] = "a\033[31mb\r\n\tc\x7f"
		      "d\xc2\x9b"
		      "e\xc3\xa9\xffg";

	cr_assert_str_eq(skald_text_clean(text), "a?[31mb???c?d??e\xc3\xa9?g");
}

Test(text, a_character_cut_in_two_is_cleaned)
{
	char text[] = "ab\xe2\x86";

	cr_assert_str_eq(skald_text_clean(text), "ab??");
}

Test(text, adding_stops_at_the_end_of_the_buffer)
{
	char text[9] = "";

	memset(text + 1, 'x', 8);
	skald_text_add(text, 8, "%s-%d", "abc", 7);
	cr_assert_str_eq(text, "abc-7");
	skald_text_add(text, 8, "%s", "defghi");
	cr_assert_str_eq(text, "abc-7de");
	skald_text_add(text, 8, "%s", "more");
	cr_assert_str_eq(text, "abc-7de");
	cr_assert_eq(text[8], 'x');
}

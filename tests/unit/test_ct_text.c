// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and addresses are read as the C library does, and written back. */
#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "ct_text.h"

static u32 number(const char *text, u32 max, u32 *value)
{
	return skald_text_number((const u8 *)text, (u32)strlen(text), max,
				 value);
}

Test(ct_text, numbers_end_where_digits_end)
{
	u32 value = 7;

	cr_expect_eq(number("", 10, &value), 0u);
	cr_expect_eq(number("x1", 10, &value), 0u);
	cr_expect_eq(value, 7u);
	cr_expect_eq(number("0012,", 65535, &value), 4u);
	cr_expect_eq(value, 12u);
	cr_expect_eq(number("65536", 65535, &value), 0u);
	cr_expect_eq(number("4294967295", U32_MAX, &value), 10u);
	cr_expect_eq(value, U32_MAX);
	cr_expect_eq(number("99999999999999999999999", U32_MAX, &value), 0u);
}

static u32 ipv4(const char *text, u8 *addr)
{
	return skald_text_ipv4((const u8 *)text, (u32)strlen(text), addr);
}

Test(ct_text, ipv4_addresses)
{
	static const u8 expected[] = { 192, 0, 2, 255 };
	u8 addr[4];

	cr_expect_eq(ipv4("192.0.2.255", addr), 11u);
	cr_expect_eq(memcmp(addr, expected, 4), 0);
	cr_expect_eq(ipv4("192.0.2.255:5060", addr), 11u);
	cr_expect_eq(ipv4("192.0.2.255\r\n", addr), 11u);
	cr_expect_eq(ipv4("192.0.2", addr), 0u);
	cr_expect_eq(ipv4("192.0.2.256", addr), 0u);
	cr_expect_eq(ipv4("192.0.2.25a", addr), 0u);
	cr_expect_eq(ipv4("192.0.2.25.1", addr), 0u);
	cr_expect_eq(ipv4("192.0..25", addr), 0u);
	cr_expect_eq(ipv4("", addr), 0u);
}

/* inet_pton() and we agree on whether it is one, and on which. */
static void compare_ipv6(const char *text)
{
	struct in6_addr expected;
	u8 addr[16];
	u32 len = skald_text_ipv6((const u8 *)text, (u32)strlen(text), addr);
	bool is_one = inet_pton(AF_INET6, text, &expected) == 1;

	cr_expect_eq(len && len == strlen(text), is_one, "%s", text);
	if (is_one)
		cr_expect_eq(memcmp(addr, &expected, 16), 0, "[%s]", text);
}

Test(ct_text, ipv6_addresses)
{
	static const char *const texts[] = {
		"::",
		"::1",
		"1::",
		"fe80::1:2",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7::",
		"::2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1::2::3",
		":1",
		"1:",
		":",
		"",
		"12345::",
		"g::",
		"::ffff:192.0.2.1",
		"1:2:3:4:5:6:192.0.2.1",
		"1:2:3:4:5:6:7:192.0.2.1",
		"::192.0.2",
		"ABCD:ef01::",
		"1:2:3:4::5:6:7:8",
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		compare_ipv6(texts[i]);
}

Test(ct_text, ipv6_addresses_of_random_characters)
{
	static const char alphabet[] = "::::01af.2:";
	char text[24];
	u32 i, j, len;

	srand(1);
	for (i = 0; i < 200000; i++) {
		len = (u32)rand() % (sizeof(text) - 1);
		for (j = 0; j < len; j++)
			text[j] = alphabet[(size_t)rand() %
					   (sizeof(alphabet) - 1)];
		text[len] = '\0';
		compare_ipv6(text);
	}
}

Test(ct_text, addresses_are_written_as_they_are_read)
{
	char text[SKALD_TEXT_ADDR], expected[SKALD_TEXT_ADDR];
	u8 addr[16], again[16];
	u32 i, j;

	srand(2);
	for (i = 0; i < 20000; i++) {
		for (j = 0; j < 16; j++)
			addr[j] = rand() & 1 ? 0 : (u8)rand();
		for (j = 0; j < 16; j += 2)
			if (rand() & 1)
				memset(addr + j, 0, 2);
		addr[0] = 0x20; /* inet_ntop() writes some with dots */
		skald_text_put_ipv6(text, sizeof(text), addr, false);
		inet_ntop(AF_INET6, addr, expected, sizeof(expected));
		cr_assert_str_eq(text, expected);
		skald_text_put_ipv6(text, sizeof(text), addr, true);
		cr_assert_eq(strlen(text), 39u);
		cr_assert_eq(skald_text_addr((u8 *)text, 39, NFPROTO_IPV6,
					     again),
			     39u);
		cr_assert_eq(memcmp(addr, again, 16), 0);
	}
	memset(addr, 0, 16);
	skald_text_put_ipv6(text, sizeof(text), addr, false);
	cr_expect_str_eq(text, "::");
	skald_text_put_ipv4(text, sizeof(text), (const u8 *)"\xff\0\x02\x63");
	cr_expect_str_eq(text, "255.0.2.99");
}

Test(ct_text, words_begin_in_any_case)
{
	cr_expect(skald_text_begins((const u8 *)"pOrT 1", 6, "PORT"));
	cr_expect_not(skald_text_begins((const u8 *)"pOr", 3, "PORT"));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text from outside, made safe to show.
 */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Length that the first byte promises, RFC 3629. */
static size_t promised_len(uint8_t first)
{
	if (first < 0x80)
		return first ? 1 : 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

/* The second byte's range keeps out overlong forms, surrogates, > U+10FFFF. */
static int second_fits(uint8_t first, uint8_t second)
{
	uint8_t low = 0x80, high = 0xbf;

	if (first == 0xe0)
		low = 0xa0;
	if (first == 0xed)
		high = 0x9f;
	if (first == 0xf0)
		low = 0x90;
	if (first == 0xf4)
		high = 0x8f;
	return second >= low && second <= high;
}

size_t skald_text_utf8(const char *text)
{
	const uint8_t *bytes = (const uint8_t *)text;
	size_t len = promised_len(bytes[0]);
	size_t i;

	if (len > 1 && !second_fits(bytes[0], bytes[1]))
		return 0;
	for (i = 2; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

static int is_control(const char *text, size_t len)
{
	uint8_t first = text[0];

	if (len == 1)
		return first < 0x20 || first == 0x7f;
	/* C1 controls: U+0080 to U+009F */
	return len == 2 && first == 0xc2 && (uint8_t)text[1] < 0xa0;
}

char *skald_text_clean(char *text)
{
	char *at = text;

	while (*at) {
		size_t len = skald_text_utf8(at);

		if (!len)
			len = 1, *at = '?';
		else if (is_control(at, len))
			memset(at, '?', len);
		at += len;
	}
	return text;
}

void skald_text_add(char *text, size_t size, const char *format, ...)
{
	size_t len = strnlen(text, size);
	va_list args;

	if (len == size)
		return;
	va_start(args, format);
	(void)vsnprintf(text + len, size - len, format, args);
	va_end(args);
}

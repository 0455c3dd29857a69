// SPDX-License-Identifier: GPL-2.0-only
/* UTF-8 for the screens: decoding of untrusted text, widths. */
#include "utf8.h"

#include <wchar.h>

static unsigned int sequence_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

/* Overlong forms, surrogates and what lies above Unicode. */
static uint32_t checked(uint32_t character, unsigned int len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (character < least[len] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return SKALD_UTF8_BAD;
	return character;
}

uint32_t skald_utf8_next(const char **text)
{
	const uint8_t *bytes = (const uint8_t *)*text;
	unsigned int len = sequence_length(bytes[0]);
	uint32_t character;
	unsigned int i;

	if (!bytes[0])
		return 0;
	if (len <= 1) {
		(*text)++;
		return len ? bytes[0] : SKALD_UTF8_BAD;
	}
	character = bytes[0] & (0xffu >> (len + 1));
	for (i = 1; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			break;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	*text += i;
	return i == len ? checked(character, len) : SKALD_UTF8_BAD;
}

size_t skald_utf8_put(char *text, uint32_t character)
{
	size_t len = character < 0x80	   ? 1
		     : character < 0x800   ? 2
		     : character < 0x10000 ? 3
					   : 4;
	size_t i;

	if (len == 1) {
		text[0] = (char)character;
		return 1;
	}
	for (i = len - 1; i > 0; i--) {
		text[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	text[0] = (char)((0xf00u >> len) | character);
	return len;
}

int skald_utf8_width(uint32_t character)
{
	int width;

	if (character < 0xa0)
		return 1;
	width = wcwidth((wchar_t)character);
	return width > 0 ? width : 0;
}

size_t skald_utf8_columns(const char *text)
{
	size_t columns = 0;
	uint32_t character;

	while ((character = skald_utf8_next(&text)))
		columns += (size_t)skald_utf8_width(character);
	return columns;
}

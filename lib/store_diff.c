// SPDX-License-Identifier: GPL-2.0-only
/*
 * Own bytes of stories as differences to their shape's template; see
 * store_diff.h for the form. Used by the store's write and read paths.
 */
#include "store_diff.h"

#include <errno.h>
#include <string.h>

#define NIBBLE_FULL 15
/* A token costs a byte: shorter stretches of equal bytes stay literal. */
#define COPY_MIN 3

static size_t count_equal(const uint8_t *base, const uint8_t *data, size_t at,
			  size_t end)
{
	size_t from = at;

	while (at < end && base[at] == data[at])
		at++;
	return at - from;
}

/* Where the next stretch worth copying begins, or @len. */
static size_t literal_end(const uint8_t *base, size_t base_len,
			  const uint8_t *data, size_t at, size_t len)
{
	size_t common = base_len < len ? base_len : len;
	size_t equal;

	while (at < common) {
		equal = count_equal(base, data, at, common);
		/* At the very end a short copy is as good. */
		if (equal >= COPY_MIN || at + equal == len)
			return at;
		at += equal + 1;
	}
	return len;
}

static void put_token(struct skald_buffer *buffer, size_t copy,
		      const uint8_t *data, size_t literal)
{
	uint8_t high = copy < NIBBLE_FULL ? copy : NIBBLE_FULL;
	uint8_t low = literal < NIBBLE_FULL ? literal : NIBBLE_FULL;

	skald_buffer_put_u8(buffer, high << 4 | low);
	if (high == NIBBLE_FULL)
		skald_buffer_put_varint(buffer, copy - NIBBLE_FULL);
	if (low == NIBBLE_FULL)
		skald_buffer_put_varint(buffer, literal - NIBBLE_FULL);
	skald_buffer_put(buffer, data, literal);
}

void skald_diff_encode(const uint8_t *base, size_t base_len,
		       const uint8_t *data, size_t len,
		       struct skald_buffer *buffer)
{
	size_t common = base_len < len ? base_len : len;
	size_t at = 0, copy, end;

	skald_buffer_put_varint(buffer, len);
	while (at < len) {
		copy = at < common ? count_equal(base, data, at, common) : 0;
		at += copy;
		end = literal_end(base, base_len, data, at, len);
		put_token(buffer, copy, data + at, end - at);
		at = end;
	}
}

static int get_token(struct skald_cursor *cursor, uint64_t *copy,
		     uint64_t *literal)
{
	uint8_t token = skald_cursor_u8(cursor);

	*copy = token >> 4;
	*literal = token & NIBBLE_FULL;
	if (*copy == NIBBLE_FULL)
		*copy += skald_cursor_varint(cursor);
	if (*literal == NIBBLE_FULL)
		*literal += skald_cursor_varint(cursor);
	if (cursor->failed || *copy > SKALD_OWN_MAX || *literal > SKALD_OWN_MAX)
		return -EBADMSG;
	return 0;
}

int skald_diff_decode(const uint8_t *base, size_t base_len, const uint8_t *diff,
		      size_t diff_len, struct skald_buffer *buffer)
{
	struct skald_cursor cursor = { diff, diff ? diff + diff_len : NULL,
				       false };
	uint64_t len = skald_cursor_varint(&cursor);
	uint64_t copy, literal, at = 0;
	const uint8_t *bytes;

	if (cursor.failed || len > SKALD_OWN_MAX)
		return -EBADMSG;
	while (at < len) {
		if (get_token(&cursor, &copy, &literal) < 0 ||
		    copy + literal == 0 || copy + literal > len - at ||
		    (copy && (at > base_len || copy > base_len - at)))
			return -EBADMSG;
		skald_buffer_put(buffer, base + at, copy);
		bytes = skald_cursor_bytes(&cursor, literal);
		if (!bytes)
			return -EBADMSG;
		skald_buffer_put(buffer, bytes, literal);
		at += copy + literal;
	}
	if (cursor.data != cursor.end)
		return -EBADMSG;
	return buffer->failed ? -ENOMEM : 0;
}

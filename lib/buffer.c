// SPDX-License-Identifier: GPL-2.0-only
/*
 * Growing byte buffers, and cursors that read packed bytes back. Writing never
 * fails on the spot: a buffer remembers that memory ran out. Reading trusts
 * nothing: a cursor never steps over its end.
 */
#include "event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ceil(64 / 7) */
#define VARINT_MAX 10

#define BUFFER_MIN 256

static bool grow(struct skald_buffer *buffer, size_t more)
{
	size_t size = buffer->size ? buffer->size : BUFFER_MIN;
	uint8_t *data;

	if (buffer->failed || more > SIZE_MAX / 2 - buffer->len)
		goto err_memory;

	while (size < buffer->len + more)
		size *= 2;
	data = realloc(buffer->data, size);
	if (!data)
		goto err_memory;
	buffer->data = data;
	buffer->size = size;
	return true;

err_memory:
	buffer->failed = true;
	return false;
}

/* Once a put was ignored, all later ones are: no holes. */
static inline bool reserve(struct skald_buffer *buffer, size_t more)
{
	if (buffer->size - buffer->len >= more && !buffer->failed)
		return true;
	return grow(buffer, more);
}

void skald_buffer_done(struct skald_buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

void skald_buffer_put(struct skald_buffer *buffer, const void *data, size_t len)
{
	if (!len || !reserve(buffer, len))
		return;
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
}

void skald_buffer_put_u8(struct skald_buffer *buffer, uint8_t byte)
{
	if (!reserve(buffer, 1))
		return;
	buffer->data[buffer->len++] = byte;
}

void skald_buffer_put_varint(struct skald_buffer *buffer, uint64_t number)
{
	uint8_t *at;

	if (number < 0x80) {
		skald_buffer_put_u8(buffer, (uint8_t)number);
		return;
	}
	if (!reserve(buffer, VARINT_MAX))
		return;
	at = buffer->data + buffer->len;
	while (number >= 0x80) {
		*at++ = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	*at++ = (uint8_t)number;
	buffer->len = at - buffer->data;
}

void skald_buffer_put_string(struct skald_buffer *buffer, const char *string)
{
	size_t len = string ? strlen(string) : 0;

	skald_buffer_put_varint(buffer, len);
	skald_buffer_put(buffer, string, len);
}

static void fail(struct skald_cursor *cursor)
{
	cursor->failed = true;
	cursor->data = cursor->end;
}

uint8_t skald_cursor_u8(struct skald_cursor *cursor)
{
	if (cursor->data == cursor->end) {
		fail(cursor);
		return 0;
	}
	return *cursor->data++;
}

uint64_t skald_cursor_varint(struct skald_cursor *cursor)
{
	uint64_t number = 0;
	unsigned int shift;
	uint8_t byte;

	for (shift = 0; shift < 64; shift += 7) {
		if (cursor->data == cursor->end)
			break;
		byte = *cursor->data++;
		/* the tenth byte has room for one bit */
		if (shift == 63 && byte > 1)
			break;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	fail(cursor);
	return 0;
}

const uint8_t *skald_cursor_bytes(struct skald_cursor *cursor, size_t len)
{
	const uint8_t *bytes = cursor->data;

	if (cursor->failed || len > (size_t)(cursor->end - cursor->data)) {
		fail(cursor);
		return NULL;
	}
	cursor->data += len;
	return bytes;
}

int skald_cursor_string(struct skald_cursor *cursor, struct skald_arena *arena,
			const char **string)
{
	uint64_t len = skald_cursor_varint(cursor);
	const uint8_t *bytes = skald_cursor_bytes(cursor, len);
	const char *copy;

	if (!bytes || (len && memchr(bytes, '\0', len)))
		return -EBADMSG;
	copy = skald_arena_strndup(arena, (const char *)bytes, len);
	if (!copy)
		return -ENOMEM;
	*string = copy;
	return 0;
}

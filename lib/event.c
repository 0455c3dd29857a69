// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: packing, unpacking and formatting, without knowing the kinds. Packing
 * runs once for every event that is recorded, so it walks presence bits, not
 * field lists.
 */
#include "event.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint8_t value_len[] = {
	[SKALD_VALUE_NONE] = 0, [SKALD_VALUE_NUM] = 0, [SKALD_VALUE_IP4] = 4,
	[SKALD_VALUE_IP6] = 16, [SKALD_VALUE_MAC] = 6,
};

static const void *field_at(const struct skald_event *event,
			    const struct skald_field *field)
{
	return (const char *)event + field->offset;
}

static uint64_t field_number(const struct skald_event *event,
			     const struct skald_field *field)
{
	return *(const uint64_t *)field_at(event, field);
}

static const char *field_string(const struct skald_event *event,
				const struct skald_field *field)
{
	return *(const char *const *)field_at(event, field);
}

static void pack_value(const struct skald_value *value,
		       struct skald_buffer *buffer)
{
	skald_buffer_put_u8(buffer, value->type);
	if (value->type == SKALD_VALUE_NUM)
		skald_buffer_put_varint(buffer, value->num);
	else if (value->type < sizeof(value_len))
		skald_buffer_put(buffer, value->bytes, value_len[value->type]);
}

static void pack_field(const struct skald_event *event,
		       const struct skald_field *field,
		       struct skald_buffer *buffer)
{
	switch (field->type) {
	case SKALD_TYPE_NUM:
	case SKALD_TYPE_WORD:
		skald_buffer_put_varint(buffer, field_number(event, field));
		break;
	case SKALD_TYPE_YES:
		skald_buffer_put_u8(buffer, field_number(event, field) != 0);
		break;
	case SKALD_TYPE_STR:
		skald_buffer_put_string(buffer, field_string(event, field));
		break;
	case SKALD_TYPE_VAL:
		pack_value(field_at(event, field), buffer);
		break;
	}
}

static void pack_fields(const struct skald_event *event, uint32_t bits,
			struct skald_buffer *buffer)
{
	const struct skald_field *fields = skald_kinds[event->kind].fields;

	for (; bits; bits &= bits - 1)
		pack_field(event, &fields[__builtin_ctz(bits)], buffer);
}

void skald_event_pack_path(const struct skald_event *event,
			   struct skald_buffer *buffer)
{
	const struct skald_kind *kind = &skald_kinds[event->kind];

	skald_buffer_put_varint(buffer, event->kind);
	skald_buffer_put_varint(buffer,
				event->present & (kind->path | kind->own));
	pack_fields(event, event->present & kind->path, buffer);
}

void skald_event_pack_own(const struct skald_event *event,
			  struct skald_buffer *buffer)
{
	pack_fields(event, event->present & skald_kinds[event->kind].own,
		    buffer);
}

static bool same_string(const char *a, const char *b)
{
	return a == b || !strcmp(a ? a : "", b ? b : "");
}

static bool same_field(const struct skald_event *a, const struct skald_event *b,
		       const struct skald_field *field)
{
	switch (field->type) {
	case SKALD_TYPE_NUM:
	case SKALD_TYPE_WORD:
		return field_number(a, field) == field_number(b, field);
	case SKALD_TYPE_YES:
		return !field_number(a, field) == !field_number(b, field);
	case SKALD_TYPE_STR:
		return same_string(field_string(a, field),
				   field_string(b, field));
	case SKALD_TYPE_VAL:
		return skald_value_equal(field_at(a, field),
					 field_at(b, field));
	}
	return false;
}

bool skald_event_same_path(const struct skald_event *a,
			   const struct skald_event *b)
{
	const struct skald_kind *kind = &skald_kinds[a->kind];
	uint32_t bits = a->present & kind->path;

	if (a->kind != b->kind ||
	    (a->present ^ b->present) & (kind->path | kind->own))
		return false;
	for (; bits; bits &= bits - 1)
		if (!same_field(a, b, &kind->fields[__builtin_ctz(bits)]))
			return false;
	return true;
}

static int unpack_value(struct skald_cursor *cursor, struct skald_value *value)
{
	const uint8_t *bytes;

	value->type = skald_cursor_u8(cursor);
	if (value->type >= sizeof(value_len))
		return -EBADMSG;
	if (value->type == SKALD_VALUE_NUM) {
		value->num = skald_cursor_varint(cursor);
		return 0;
	}
	bytes = skald_cursor_bytes(cursor, value_len[value->type]);
	if (!bytes)
		return -EBADMSG;
	memcpy(value->bytes, bytes, value_len[value->type]);
	return 0;
}

static int unpack_field(struct skald_cursor *cursor,
			const struct skald_field *field,
			struct skald_arena *arena, struct skald_event *event)
{
	void *at = (char *)event + field->offset;

	switch (field->type) {
	case SKALD_TYPE_NUM:
	case SKALD_TYPE_WORD:
		*(uint64_t *)at = skald_cursor_varint(cursor);
		return 0;
	case SKALD_TYPE_YES:
		*(uint64_t *)at = skald_cursor_u8(cursor) != 0;
		return 0;
	case SKALD_TYPE_STR:
		return skald_cursor_string(cursor, arena, at);
	case SKALD_TYPE_VAL:
		return unpack_value(cursor, at);
	}
	return -EBADMSG;
}

static int unpack_fields(struct skald_cursor *cursor, uint32_t bits,
			 struct skald_arena *arena, struct skald_event *event)
{
	const struct skald_field *fields = skald_kinds[event->kind].fields;
	int ret;

	for (; bits; bits &= bits - 1) {
		ret = unpack_field(cursor, &fields[__builtin_ctz(bits)], arena,
				   event);
		if (ret < 0)
			return ret;
	}
	return cursor->failed ? -EBADMSG : 0;
}

int skald_event_unpack_path(struct skald_cursor *path,
			    struct skald_arena *arena,
			    struct skald_event *event)
{
	uint64_t kind = skald_cursor_varint(path);
	uint64_t present = skald_cursor_varint(path);
	struct skald_event read = { 0 };
	int ret;

	if (path->failed || kind >= SKALD_N_KINDS)
		return -EBADMSG;
	if (present &
	    ~(uint64_t)(skald_kinds[kind].path | skald_kinds[kind].own))
		return -EBADMSG;

	read.kind = kind;
	read.present = present;
	ret = unpack_fields(path, present & skald_kinds[kind].path, arena,
			    &read);
	if (ret < 0)
		return ret;
	*event = read;
	return 0;
}

int skald_event_unpack_own(struct skald_cursor *own, struct skald_arena *arena,
			   struct skald_event *event)
{
	return unpack_fields(own, event->present & skald_kinds[event->kind].own,
			     arena, event);
}

int skald_event_unpack(struct skald_cursor *path, struct skald_cursor *own,
		       struct skald_arena *arena, struct skald_event *event)
{
	struct skald_event read;
	int ret;

	ret = skald_event_unpack_path(path, arena, &read);
	if (!ret)
		ret = skald_event_unpack_own(own, arena, &read);
	if (!ret)
		*event = read;
	return ret;
}

char *skald_value_format(const struct skald_value *value, char *text,
			 size_t size)
{
	const uint8_t *b = value->bytes;

	if (!size)
		return text;
	text[0] = '\0';
	switch ((enum skald_value_type)value->type) {
	case SKALD_VALUE_NONE:
		break;
	case SKALD_VALUE_NUM:
		(void)snprintf(text, size, "%" PRIu64, value->num);
		break;
	case SKALD_VALUE_IP4:
		(void)inet_ntop(AF_INET, b, text, size);
		break;
	case SKALD_VALUE_IP6:
		(void)inet_ntop(AF_INET6, b, text, size);
		break;
	case SKALD_VALUE_MAC:
		(void)snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x",
			       b[0], b[1], b[2], b[3], b[4], b[5]);
		break;
	}
	return text;
}

bool skald_value_equal(const struct skald_value *a, const struct skald_value *b)
{
	if (a->type != b->type || a->type >= sizeof(value_len))
		return false;
	if (a->type == SKALD_VALUE_NUM)
		return a->num == b->num;
	return memcmp(a->bytes, b->bytes, value_len[a->type]) == 0;
}

const char *skald_field_format(const struct skald_event *event,
			       const struct skald_field *field, char *text,
			       size_t size)
{
	if (!skald_field_present(event, field))
		return NULL;

	switch (field->type) {
	case SKALD_TYPE_NUM:
		(void)snprintf(text, size, "%" PRIu64,
			       field_number(event, field));
		return text;
	case SKALD_TYPE_YES:
		return field_number(event, field) ? "yes" : "no";
	case SKALD_TYPE_STR:
		return field_string(event, field) ? field_string(event, field)
						  : "";
	case SKALD_TYPE_WORD:
		return skald_word(field->words, field_number(event, field));
	case SKALD_TYPE_VAL:
		return skald_value_format(field_at(event, field), text, size);
	}
	return NULL;
}

bool skald_field_present(const struct skald_event *event,
			 const struct skald_field *field)
{
	const struct skald_kind *kind = &skald_kinds[event->kind];

	return (event->present >> (field - kind->fields)) & 1;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: events at run time
 *
 * Tables made from include/skald/event.h, and what is done with them without
 * knowing the kinds: words, packing, copying. JSON is in json.h, text in
 * print.h.
 *
 * Packed form. The PATH part of an event is
 *	kind:varint present:varint {field}
 * and the OWN part only {field}; a NUM, YES or word is a varint, a STR is
 * length:varint bytes, a VAL is type:u8 followed by a varint (NUM) or the
 * address's bytes. Absent fields take no room: both parts are read with the
 * presence mask of the PATH part.
 */
#ifndef SKALD_LIB_EVENT_H
#define SKALD_LIB_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "skald/event.h"

enum skald_part {
	SKALD_PART_PATH,
	SKALD_PART_OWN
};

enum skald_field_type {
	SKALD_TYPE_NUM,
	SKALD_TYPE_YES,
	SKALD_TYPE_STR,
	SKALD_TYPE_VAL,
	SKALD_TYPE_WORD,
};

/**
 * struct skald_word - one word of a word list
 * @number: its number
 * @word: the word
 */
struct skald_word {
	uint64_t number;
	const char *word;
};

/**
 * struct skald_field - one field of a kind
 * @name: JSON key
 * @help: what it means
 * @part: enum skald_part
 * @type: enum skald_field_type
 * @words: for SKALD_TYPE_WORD: the list, ended by a NULL word
 * @list: name of the type as written in event.h
 * @offset: offset in struct skald_event
 */
struct skald_field {
	const char *name;
	const char *help;
	enum skald_part part;
	enum skald_field_type type;
	const struct skald_word *words;
	const char *list;
	size_t offset;
};

/**
 * struct skald_kind - one kind of event
 * @word: its name
 * @help: what it means
 * @n_fields: number of fields
 * @path: presence bits of the fields of the PATH part
 * @own: presence bits of the fields of the OWN part
 * @fields: the fields
 */
struct skald_kind {
	const char *word;
	const char *help;
	unsigned int n_fields;
	uint32_t path;
	uint32_t own;
	const struct skald_field *fields;
};

extern const struct skald_kind skald_kinds[SKALD_N_KINDS];

/* skald_words_of_FAMILY[], ... : the word lists, ended by a NULL word. */
#define SKALD_WORDS_DECLARE(list) \
	extern const struct skald_word skald_words_of_##list[];
SKALD_WORD_LISTS(SKALD_WORDS_DECLARE)

/**
 * skald_word() - the word for a number
 * @words: a list
 * @number: the number
 *
 * Return: the word, or "?" for a number the list does not know.
 */
const char *skald_word(const struct skald_word *words, uint64_t number);

/**
 * skald_word_number() - the number of a word
 * @words: a list
 * @word: the word
 * @number: where to put it
 *
 * Return: false when the list has no such word.
 */
bool skald_word_number(const struct skald_word *words, const char *word,
		       uint64_t *number);

/**
 * skald_hook_from_nft() - enum skald_words_HOOK of a kernel's hook number
 * @family: NFPROTO_*
 * @hooknum: NF_INET_*, NF_ARP_*, NF_BR_* or NF_NETDEV_*
 *
 * Return: SKALD_HOOK_NONE when unknown.
 */
unsigned int skald_hook_from_nft(unsigned int family, unsigned int hooknum);

/**
 * struct skald_buffer - a growing byte buffer
 * @data: bytes, heap
 * @len: bytes used
 * @size: bytes allocated
 * @failed: an allocation failed; everything put since then was ignored
 */
struct skald_buffer {
	uint8_t *data;
	size_t len;
	size_t size;
	bool failed;
};

/* Free what is in it; it is empty then. The others append. */
void skald_buffer_done(struct skald_buffer *buffer);
void skald_buffer_put(struct skald_buffer *buffer, const void *data,
		      size_t len);
void skald_buffer_put_u8(struct skald_buffer *buffer, uint8_t byte);
/* LEB128: seven bits a byte, low first. */
void skald_buffer_put_varint(struct skald_buffer *buffer, uint64_t number);
/* length as varint, then the bytes; NULL is the empty string */
void skald_buffer_put_string(struct skald_buffer *buffer, const char *string);

/**
 * struct skald_cursor - reads packed bytes that nobody vouches for
 * @data: next byte
 * @end: behind the last byte
 * @failed: something did not fit; every later get returns 0 or NULL
 */
struct skald_cursor {
	const uint8_t *data;
	const uint8_t *end;
	bool failed;
};

/* The next byte, number or bytes; what is returned points into the data. */
uint8_t skald_cursor_u8(struct skald_cursor *cursor);
uint64_t skald_cursor_varint(struct skald_cursor *cursor);
const uint8_t *skald_cursor_bytes(struct skald_cursor *cursor, size_t len);

/**
 * struct skald_arena - memory that is freed in one piece
 * @head: newest block; zero-initialise the struct before first use
 *
 * Strings of decoded events live in one.
 */
struct skald_arena {
	struct skald_arena_block *head;
};

/* Return: @size bytes, zeroed, aligned for any type, or NULL */
void *skald_arena_alloc(struct skald_arena *arena, size_t size);
char *skald_arena_strndup(struct skald_arena *arena, const char *string,
			  size_t len);
char *skald_arena_printf(struct skald_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void skald_arena_done(struct skald_arena *arena);
/* The same, but the memory is kept for what comes next. */
void skald_arena_reuse(struct skald_arena *arena);

/**
 * skald_cursor_string() - read a string
 * @cursor: stands at its length
 * @arena: where the copy goes
 * @string: written on success; "" for the empty string
 *
 * Return: 0, -EBADMSG when it is cut off or holds a NUL byte, -ENOMEM.
 */
int skald_cursor_string(struct skald_cursor *cursor, struct skald_arena *arena,
			const char **string);

/* Append the PATH part (kind and presence included), or the OWN part. */
void skald_event_pack_path(const struct skald_event *event,
			   struct skald_buffer *buffer);
void skald_event_pack_own(const struct skald_event *event,
			  struct skald_buffer *buffer);

/* Whether two events have the same kind and PATH part. */
bool skald_event_same_path(const struct skald_event *a,
			   const struct skald_event *b);

/**
 * skald_event_unpack_path() - read the shared part of an event back
 * @path: stands at the event's PATH part; moved behind it
 * @arena: where the strings go
 * @event: written whole; t_ns is 0 and the fields of the OWN part are empty
 *
 * Return: 0, -EBADMSG when the bytes make no event, -ENOMEM.
 */
int skald_event_unpack_path(struct skald_cursor *path,
			    struct skald_arena *arena,
			    struct skald_event *event);

/**
 * skald_event_unpack_own() - read the rest of it
 * @own: stands at the event's OWN part; moved behind it
 * @arena: where the strings go
 * @event: as skald_event_unpack_path() left it; undefined on failure
 *
 * Return: as skald_event_unpack_path().
 */
int skald_event_unpack_own(struct skald_cursor *own, struct skald_arena *arena,
			   struct skald_event *event);

/**
 * skald_event_unpack() - read one event back, both parts
 * @path: stands at the event's PATH part; moved behind it
 * @own: stands at the event's OWN part; moved behind it
 * @arena: where the strings go
 * @event: written whole; t_ns is 0
 *
 * Return: as skald_event_unpack_path().
 */
int skald_event_unpack(struct skald_cursor *path, struct skald_cursor *own,
		       struct skald_arena *arena, struct skald_event *event);

/**
 * skald_value_format() - a value as text
 * @value: the value
 * @text: buffer
 * @size: its size; 48 is enough for every value
 *
 * Return: @text.
 */
char *skald_value_format(const struct skald_value *value, char *text,
			 size_t size);
bool skald_value_equal(const struct skald_value *a,
		       const struct skald_value *b);

/**
 * skald_field_format() - a field as text, as screens show it
 * @event: the event
 * @field: one of its kind's fields
 * @text: buffer
 * @size: its size
 *
 * Return: @text, or the string itself for STR fields; NULL when absent.
 */
const char *skald_field_format(const struct skald_event *event,
			       const struct skald_field *field, char *text,
			       size_t size);
bool skald_field_present(const struct skald_event *event,
			 const struct skald_field *field);

#endif /* SKALD_LIB_EVENT_H */

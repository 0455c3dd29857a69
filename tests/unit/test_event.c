// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: tables, words, packing, memory.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

#include "event.h"
#include "random_event.h"

static void assert_same_field(const struct skald_event *a,
			      const struct skald_event *b,
			      const struct skald_field *field)
{
	const char *at = (const char *)a + field->offset;
	const char *bt = (const char *)b + field->offset;

	switch (field->type) {
	case SKALD_TYPE_NUM:
	case SKALD_TYPE_YES:
	case SKALD_TYPE_WORD:
		cr_assert_eq(*(const uint64_t *)at, *(const uint64_t *)bt,
			     "field %s", field->name);
		break;
	case SKALD_TYPE_STR:
		cr_assert_str_eq(*(const char *const *)at,
				 *(const char *const *)bt, "field %s",
				 field->name);
		break;
	case SKALD_TYPE_VAL:
		cr_assert(skald_value_equal((const void *)at, (const void *)bt),
			  "field %s", field->name);
		break;
	}
}

static void assert_same_event(const struct skald_event *a,
			      const struct skald_event *b)
{
	const struct skald_kind *kind = &skald_kinds[a->kind];
	unsigned int i;

	cr_assert_eq(a->kind, b->kind);
	cr_assert_eq(a->present, b->present);
	for (i = 0; i < kind->n_fields; i++) {
		if (a->present >> i & 1)
			assert_same_field(a, b, &kind->fields[i]);
	}
}

static struct skald_cursor cursor_of(const struct skald_buffer *buffer)
{
	struct skald_cursor cursor = { buffer->data, buffer->data + buffer->len,
				       false };

	return cursor;
}

Test(event, every_kind_comes_back_as_it_was_packed)
{
	struct dice dice = { 1 };
	unsigned int i;

	for (i = 0; i < 200 * SKALD_N_KINDS; i++) {
		struct skald_buffer path = { 0 }, own = { 0 };
		struct skald_arena arena = { 0 };
		struct skald_event event, back;
		struct skald_cursor path_at, own_at;

		roll_event(&dice, &arena, i % SKALD_N_KINDS, &event);
		skald_event_pack_path(&event, &path);
		skald_event_pack_own(&event, &own);
		path_at = cursor_of(&path);
		own_at = cursor_of(&own);
		cr_assert_eq(skald_event_unpack(&path_at, &own_at, &arena,
						&back),
			     0);
		cr_assert_eq(path_at.data, path_at.end);
		cr_assert_eq(own_at.data, own_at.end);
		assert_same_event(&event, &back);
		skald_buffer_done(&path);
		skald_buffer_done(&own);
		skald_arena_done(&arena);
	}
}

/* The bytes are copied so that a read behind them is seen by the sanitizer. */
static int unpack_copy(const uint8_t *path, size_t path_len, const uint8_t *own,
		       size_t own_len)
{
	uint8_t *path_copy = malloc(path_len ? path_len : 1);
	uint8_t *own_copy = malloc(own_len ? own_len : 1);
	struct skald_arena arena = { 0 };
	struct skald_event event;
	struct skald_cursor path_at, own_at;
	int ret;

	memcpy(path_copy, path, path_len);
	memcpy(own_copy, own, own_len);
	path_at =
		(struct skald_cursor){ path_copy, path_copy + path_len, false };
	own_at = (struct skald_cursor){ own_copy, own_copy + own_len, false };
	ret = skald_event_unpack(&path_at, &own_at, &arena, &event);
	skald_arena_done(&arena);
	free(path_copy);
	free(own_copy);
	return ret;
}

Test(event, every_truncated_event_is_refused)
{
	struct dice dice = { 2 };
	unsigned int i;
	size_t cut;

	for (i = 0; i < 20 * SKALD_N_KINDS; i++) {
		struct skald_buffer path = { 0 }, own = { 0 };
		struct skald_arena arena = { 0 };
		struct skald_event event;

		roll_event(&dice, &arena, i % SKALD_N_KINDS, &event);
		skald_event_pack_path(&event, &path);
		skald_event_pack_own(&event, &own);
		skald_buffer_put_u8(&own, 0);
		own.len--;
		for (cut = 0; cut < path.len; cut++)
			cr_assert_eq(unpack_copy(path.data, cut, own.data,
						 own.len),
				     -EBADMSG, "path cut at %zu", cut);
		for (cut = 0; cut < own.len; cut++)
			cr_assert_eq(unpack_copy(path.data, path.len, own.data,
						 cut),
				     -EBADMSG, "own cut at %zu", cut);
		skald_buffer_done(&path);
		skald_buffer_done(&own);
		skald_arena_done(&arena);
	}
}

Test(event, flipped_bits_give_an_event_or_an_error)
{
	struct dice dice = { 3 };
	unsigned int i, flips;

	for (i = 0; i < 100 * SKALD_N_KINDS; i++) {
		struct skald_buffer path = { 0 }, own = { 0 };
		struct skald_arena arena = { 0 };
		struct skald_event event;
		int ret;

		roll_event(&dice, &arena, i % SKALD_N_KINDS, &event);
		skald_event_pack_path(&event, &path);
		skald_event_pack_own(&event, &own);
		skald_buffer_put_u8(&own, 0);
		for (flips = 0; flips < 4; flips++) {
			path.data[roll_below(&dice, path.len)] ^=
				1u << roll_below(&dice, 8);
			own.data[roll_below(&dice, own.len)] ^=
				1u << roll_below(&dice, 8);
			ret = unpack_copy(path.data, path.len, own.data,
					  own.len);
			cr_assert(ret == 0 || ret == -EBADMSG, "%d", ret);
		}
		skald_buffer_done(&path);
		skald_buffer_done(&own);
		skald_arena_done(&arena);
	}
}

Test(event, unknown_kinds_and_fields_are_refused)
{
	static const uint8_t kind[] = { SKALD_N_KINDS, 0 };
	static const uint8_t field[] = { SKALD_CONSUME, 0x02 };
	static const uint8_t nul_inside[] = { SKALD_CONSUME, 0x01, 2, 'a', 0 };

	cr_assert_eq(unpack_copy(kind, sizeof(kind), kind, 0), -EBADMSG);
	cr_assert_eq(unpack_copy(field, sizeof(field), field, 0), -EBADMSG);
	cr_assert_eq(unpack_copy(nul_inside, sizeof(nul_inside), kind, 0),
		     -EBADMSG);
}

Test(event, absent_fields_take_no_room)
{
	struct skald_event event = { .kind = SKALD_RULE };
	struct skald_buffer path = { 0 }, own = { 0 };

	SKALD_SET(&event, rule, handle, 7);
	skald_event_pack_path(&event, &path);
	skald_event_pack_own(&event, &own);
	cr_assert_eq(path.len, 3);
	cr_assert_eq(own.len, 0);
	skald_buffer_done(&path);
	skald_buffer_done(&own);
}

Test(event, tables_agree_with_the_structures)
{
	const struct skald_kind *rule = &skald_kinds[SKALD_RULE];
	struct skald_event event = { .kind = SKALD_RULE };
	uint32_t kind;

	for (kind = 0; kind < SKALD_N_KINDS; kind++) {
		const struct skald_kind *k = &skald_kinds[kind];
		uint32_t all = k->n_fields == 32 ? UINT32_MAX
						 : (1u << k->n_fields) - 1;

		cr_assert_eq(k->path | k->own, all, "kind %s", k->word);
		cr_assert_eq(k->path & k->own, 0, "kind %s", k->word);
		cr_assert(*k->help, "kind %s has no help", k->word);
	}
	SKALD_SET(&event, rule, verdict, SKALD_VERDICT_DROP);
	cr_assert_str_eq(rule->fields[4].name, "verdict");
	cr_assert_str_eq(rule->fields[4].list, "VERDICT");
	cr_assert_eq(rule->fields[4].type, SKALD_TYPE_WORD);
	cr_assert(skald_field_present(&event, &rule->fields[4]));
	cr_assert_not(skald_field_present(&event, &rule->fields[3]));
	cr_assert_str_eq(skald_field_format(&event, &rule->fields[4], NULL, 0),
			 "drop");
	cr_assert_null(skald_field_format(&event, &rule->fields[3], NULL, 0));
}

#define ROUND_TRIP(list, name, number, word)                                \
	do {                                                                \
		uint64_t back = 99;                                         \
		cr_assert_str_eq(skald_word(skald_words_of_##list, number), \
				 word);                                     \
		cr_assert(skald_word_number(skald_words_of_##list, word,    \
					    &back));                        \
		cr_assert_eq(back, number);                                 \
	} while (0);

#define ROUND_TRIPS(list) SKALD_WORDS_##list(ROUND_TRIP)

Test(event, words_and_numbers_convert_both_ways)
{
	uint64_t number = 5;

	SKALD_WORD_LISTS(ROUND_TRIPS)
	cr_assert_str_eq(skald_word(skald_words_of_HOOK, 200), "?");
	cr_assert_not(
		skald_word_number(skald_words_of_HOOK, "nowhere", &number));
	cr_assert_eq(number, 5, "written although the word is unknown");
}

Test(event, hooks_of_each_family_have_their_own_numbers)
{
	cr_assert_eq(skald_hook_from_nft(NFPROTO_IPV4, NF_INET_LOCAL_IN),
		     SKALD_HOOK_INPUT);
	cr_assert_eq(skald_hook_from_nft(NFPROTO_INET, NF_INET_INGRESS),
		     SKALD_HOOK_INGRESS);
	cr_assert_eq(skald_hook_from_nft(NFPROTO_ARP, 0), SKALD_HOOK_INPUT);
	cr_assert_eq(skald_hook_from_nft(NFPROTO_ARP, 1), SKALD_HOOK_OUTPUT);
	cr_assert_eq(skald_hook_from_nft(NFPROTO_NETDEV, 0),
		     SKALD_HOOK_INGRESS);
	cr_assert_eq(skald_hook_from_nft(NFPROTO_NETDEV, 1), SKALD_HOOK_EGRESS);
	cr_assert_eq(skald_hook_from_nft(NFPROTO_BRIDGE, 4),
		     SKALD_HOOK_POSTROUTING);
	cr_assert_eq(skald_hook_from_nft(NFPROTO_IPV4, 77), SKALD_HOOK_NONE);
	cr_assert_eq(skald_hook_from_nft(99, 0), SKALD_HOOK_NONE);
}

Test(event, varints_of_every_length_come_back)
{
	struct skald_buffer buffer = { 0 };
	struct skald_cursor cursor;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		skald_buffer_put_varint(&buffer, 1ull << bit);
		skald_buffer_put_varint(&buffer, (1ull << bit) - 1);
	}
	skald_buffer_put_varint(&buffer, UINT64_MAX);
	cursor = cursor_of(&buffer);
	for (bit = 0; bit < 64; bit++) {
		cr_assert_eq(skald_cursor_varint(&cursor), 1ull << bit);
		cr_assert_eq(skald_cursor_varint(&cursor), (1ull << bit) - 1);
	}
	cr_assert_eq(skald_cursor_varint(&cursor), UINT64_MAX);
	cr_assert_not(cursor.failed);
	cr_assert_eq(skald_cursor_varint(&cursor), 0);
	cr_assert(cursor.failed);
	skald_buffer_done(&buffer);
}

Test(event, varints_that_are_too_long_are_refused)
{
	uint8_t bytes[11];
	struct skald_cursor cursor;

	memset(bytes, 0xff, sizeof(bytes));
	cursor = (struct skald_cursor){ bytes, bytes + sizeof(bytes), false };
	cr_assert_eq(skald_cursor_varint(&cursor), 0);
	cr_assert(cursor.failed);

	/* 2^64 */
	memset(bytes, 0x80, sizeof(bytes));
	bytes[9] = 2;
	cursor = (struct skald_cursor){ bytes, bytes + 10, false };
	(void)skald_cursor_varint(&cursor);
	cr_assert(cursor.failed);
}

Test(event, a_failed_cursor_stays_failed)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct skald_cursor cursor = { bytes, bytes + 4, false };

	cr_assert_null(skald_cursor_bytes(&cursor, 5));
	cr_assert(cursor.failed);
	cr_assert_null(skald_cursor_bytes(&cursor, 1));
	cr_assert_eq(skald_cursor_u8(&cursor), 0);
	cr_assert_eq(skald_cursor_varint(&cursor), 0);
}

Test(event, a_buffer_that_cannot_grow_stays_failed)
{
	struct skald_buffer buffer = { 0 };

	skald_buffer_put_u8(&buffer, 1);
	skald_buffer_put(&buffer, "x", SIZE_MAX / 2);
	cr_assert(buffer.failed);
	cr_assert_eq(buffer.len, 1);
	skald_buffer_put_u8(&buffer, 2);
	cr_assert_eq(buffer.len, 1, "wrote behind a hole");
	skald_buffer_done(&buffer);
	cr_assert_not(buffer.failed);
}

Test(event, arena_memory_is_zeroed_aligned_and_apart)
{
	struct skald_arena arena = { 0 };
	struct dice dice = { 4 };
	unsigned char *before = NULL;
	size_t before_size = 0, i, n;

	for (n = 0; n < 2000; n++) {
		size_t size = n % 100 ? roll_below(&dice, 200) : 100000;
		unsigned char *memory;

		(void)skald_arena_strndup(&arena, "odd", n % 4);
		memory = skald_arena_alloc(&arena, size);
		cr_assert_eq((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (i = 0; i < size; i++)
			cr_assert_eq(memory[i], 0);
		memset(memory, 0xaa, size);
		for (i = 0; i < before_size; i++)
			cr_assert_eq(before[i], 0xaa);
		before = memory;
		before_size = size;
	}
	cr_assert_null(skald_arena_alloc(&arena, SIZE_MAX));
	skald_arena_done(&arena);
	cr_assert_null(arena.head);
}

Test(event, arena_strings_are_whole)
{
	struct skald_arena arena = { 0 };
	unsigned int i;

	for (i = 0; i < 1000; i++)
		cr_assert_str_eq(skald_arena_printf(&arena, "%s %u", "rule", 7),
				 "rule 7");
	cr_assert_str_eq(skald_arena_strndup(&arena, "abcdef", 3), "abc");
	cr_assert_str_eq(skald_arena_strndup(&arena, NULL, 0), "");
	skald_arena_done(&arena);
}

Test(event, values_are_written_as_people_write_them)
{
	struct skald_value value = { .type = SKALD_VALUE_IP4,
				     .bytes = { 10, 0, 0, 1 } };
	char text[48];

	cr_assert_str_eq(skald_value_format(&value, text, sizeof(text)),
			 "10.0.0.1");
	value.type = SKALD_VALUE_MAC;
	cr_assert_str_eq(skald_value_format(&value, text, sizeof(text)),
			 "0a:00:00:01:00:00");
	value.type = SKALD_VALUE_IP6;
	cr_assert_str_eq(skald_value_format(&value, text, sizeof(text)),
			 "a00:1::");
	value = (struct skald_value){ .type = SKALD_VALUE_NUM,
				      .num = UINT64_MAX };
	cr_assert_str_eq(skald_value_format(&value, text, sizeof(text)),
			 "18446744073709551615");
	value.type = SKALD_VALUE_NONE;
	cr_assert_str_eq(skald_value_format(&value, text, sizeof(text)), "");
}

Test(event, values_of_other_types_are_never_equal)
{
	struct skald_value a = { .type = SKALD_VALUE_IP4 };
	struct skald_value b = { .type = SKALD_VALUE_MAC };
	struct skald_value c = { .type = SKALD_VALUE_IP4 };

	cr_assert_not(skald_value_equal(&a, &b));
	cr_assert(skald_value_equal(&a, &c));
	/* behind the address: not part of it */
	c.bytes[4] = 1;
	cr_assert(skald_value_equal(&a, &c));
	c.bytes[3] = 1;
	cr_assert_not(skald_value_equal(&a, &c));
}

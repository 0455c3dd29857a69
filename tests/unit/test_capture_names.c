// SPDX-License-Identifier: GPL-2.0-only
/* Interfaces of pcapng files, fed in pieces of any size. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "capture_names.h"

/* A file in the making, in either byte order. */
struct file {
	uint8_t bytes[1024];
	size_t len;
	bool is_swapped;
};

static void put16(struct file *file, uint16_t number)
{
	if (file->is_swapped)
		number = __builtin_bswap16(number);
	memcpy(file->bytes + file->len, &number, 2);
	file->len += 2;
}

static void put32(struct file *file, uint32_t number)
{
	if (file->is_swapped)
		number = __builtin_bswap32(number);
	memcpy(file->bytes + file->len, &number, 4);
	file->len += 4;
}

static void put_section(struct file *file)
{
	put32(file, 0x0a0d0d0a);
	put32(file, 28);
	put32(file, 0x1a2b3c4d);
	put16(file, 1);
	put16(file, 0);
	put32(file, UINT32_MAX);
	put32(file, UINT32_MAX);
	put32(file, 28);
}

/* @name of up to four bytes; NULL: no options */
static void put_interface(struct file *file, const char *name)
{
	uint32_t len = name ? 32 : 20;

	put32(file, 1);
	put32(file, len);
	put16(file, 1);
	put16(file, 0);
	put32(file, 65535);
	if (name) {
		put16(file, 2);
		put16(file, (uint16_t)strlen(name));
		strncpy((char *)file->bytes + file->len, name, 4);
		file->len += 4;
		put32(file, 0);
	}
	put32(file, len);
}

static void put_packet(struct file *file, uint32_t interface)
{
	put32(file, 6);
	put32(file, 36);
	put32(file, interface);
	put32(file, 0);
	put32(file, 0);
	put32(file, 4);
	put32(file, 4);
	put32(file, 0x01020304);
	put32(file, 36);
}

/* With a comment, direction and number among the options. */
static void put_numbered(struct file *file, uint32_t flags, uint32_t id)
{
	put32(file, 6);
	put32(file, 68);
	put32(file, 0);
	put32(file, 0);
	put32(file, 0);
	put32(file, 3); /* padded to four bytes */
	put32(file, 4);
	put32(file, 0x01020304);
	put16(file, 1);
	put16(file, 3);
	put32(file, 0x616263);
	put16(file, 2);
	put16(file, 4);
	put32(file, flags);
	put16(file, 5);
	put16(file, 8);
	put32(file, file->is_swapped ? 0 : id);
	put32(file, file->is_swapped ? id : 0);
	put32(file, 0); /* end of options */
	put32(file, 68);
}

static void make(struct file *file)
{
	put_section(file);
	put_interface(file, "wan");
	put_interface(file, NULL);
	put_packet(file, 0);
	put_interface(file, "eth1");
	put_packet(file, 2);
	put_packet(file, 1);
	put_packet(file, 7);
	put_section(file);
	put_interface(file, "lan");
	put_packet(file, 0);
}

static const char *next_name(struct skald_capture_names *names)
{
	struct skald_capture_origin origin;

	skald_capture_names_next(names, &origin);
	cr_expect_eq(origin.id, 0);
	cr_expect_not(origin.is_outgoing);
	return origin.interface;
}

static void expect(const struct file *file, size_t piece)
{
	struct skald_capture_names *names = skald_capture_names_new();

	for (size_t at = 0; at < file->len; at += piece)
		skald_capture_names_feed(
			names, file->bytes + at,
			at + piece < file->len ? piece : file->len - at);
	cr_expect_str_eq(next_name(names), "wan");
	cr_expect_str_eq(next_name(names), "eth1");
	cr_expect_null(next_name(names));
	cr_expect_null(next_name(names));
	cr_expect_str_eq(next_name(names), "lan");
	cr_expect_null(next_name(names));
	skald_capture_names_free(names);
}

Test(capture_names, packets_have_the_interface_of_their_block)
{
	for (size_t piece = 1; piece < 64; piece++) {
		struct file file = { 0 };

		make(&file);
		expect(&file, piece);
		file = (struct file){ .is_swapped = true };
		make(&file);
		expect(&file, piece);
	}
}

Test(capture_names, packets_have_direction_and_number_of_their_block)
{
	for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
		struct skald_capture_names *names = skald_capture_names_new();
		struct file file = { .is_swapped = is_swapped };
		struct skald_capture_origin origin;

		put_section(&file);
		put_interface(&file, "wan");
		put_numbered(&file, 2, 17);
		put_numbered(&file, 1, 18);
		put_packet(&file, 0);
		skald_capture_names_feed(names, file.bytes, file.len);
		skald_capture_names_next(names, &origin);
		cr_expect_str_eq(origin.interface, "wan");
		cr_expect(origin.is_outgoing);
		cr_expect_eq(origin.id, 17);
		skald_capture_names_next(names, &origin);
		cr_expect_not(origin.is_outgoing);
		cr_expect_eq(origin.id, 18);
		skald_capture_names_next(names, &origin);
		cr_expect_eq(origin.id, 0);
		skald_capture_names_free(names);
	}
}

Test(capture_names, another_kind_of_file_has_none)
{
	struct skald_capture_names *names = skald_capture_names_new();
	uint8_t bytes[64] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0 };

	skald_capture_names_feed(names, bytes, sizeof(bytes));
	cr_expect_null(next_name(names));
	skald_capture_names_free(names);
	skald_capture_names_free(NULL);
}

Test(capture_names, damaged_blocks_end_it)
{
	struct skald_capture_names *names = skald_capture_names_new();
	struct file file = { 0 };

	put_section(&file);
	put_interface(&file, "wan");
	put32(&file, 6);
	put32(&file, 3);
	put32(&file, 0);
	put_packet(&file, 0);
	skald_capture_names_feed(names, file.bytes, file.len);
	cr_expect_null(next_name(names));
	skald_capture_names_free(names);
}

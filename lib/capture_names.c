// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface names, directions and numbers of packets out of a pcapng file as it
 * flows by: section headers, interface descriptions, packet blocks and their
 * options (draft-ietf-opsawg-pcapng, sections 3.5, 4.1 to 4.4 and A.1).
 */
#include "capture_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "event.h"

#define BLOCK_SECTION 0x0a0d0d0a
#define BLOCK_INTERFACE 1
#define BLOCK_OLD_PACKET 2
#define BLOCK_SIMPLE_PACKET 3
#define BLOCK_PACKET 6
#define MAGIC 0x1a2b3c4d
#define MAGIC_SWAPPED 0x4d3c2b1a
#define OPTION_NAME 2
#define OPTION_FLAGS 2
#define OPTION_PACKETID 5
#define FLAGS_DIRECTION 3
#define FLAGS_OUTBOUND 2
/* Where the options of a block begin; a packet's bytes stand before. */
#define INTERFACE_OPTIONS 16
#define PACKET_CAPTURED 20
#define PACKET_BYTES 28
/* Type and length, then what else tells a block's length: the magic. */
#define HEAD 12
/* Options of an interface that are looked at. */
#define KEPT 4096
/* More interfaces in a file than any machine has. */
#define INTERFACES_MAX 65536

/**
 * struct skald_capture_names - a file being read
 * @arena: owns the names
 * @interfaces: names of the section's interfaces, heap; NULL: without one
 * @n_interfaces: how many
 * @waiting: packets that nobody asked for yet, heap
 * @first: the next of them
 * @n_waiting: behind the last
 * @size_waiting: allocated
 * @kept: the beginning of the block
 * @have: bytes of the block so far
 * @len: bytes it has, 0: not known yet
 * @is_swapped: the other byte order
 * @is_pcapng: it began with a section header
 * @is_over: no pcapng, damaged, or no memory: nothing more is told
 */
struct skald_capture_names {
	struct skald_arena arena;
	const char **interfaces;
	size_t n_interfaces;
	struct skald_capture_origin *waiting;
	size_t first;
	size_t n_waiting;
	size_t size_waiting;
	uint8_t kept[KEPT];
	size_t have;
	size_t len;
	bool is_swapped;
	bool is_pcapng;
	bool is_over;
};

struct skald_capture_names *skald_capture_names_new(void)
{
	return calloc(1, sizeof(struct skald_capture_names));
}

void skald_capture_names_free(struct skald_capture_names *names)
{
	if (!names)
		return;
	skald_arena_done(&names->arena);
	free(names->interfaces);
	free(names->waiting);
	free(names);
}

static uint32_t get32(const struct skald_capture_names *names, size_t at)
{
	uint32_t number;

	memcpy(&number, names->kept + at, sizeof(number));
	return names->is_swapped ? __builtin_bswap32(number) : number;
}

static uint16_t get16(const struct skald_capture_names *names, size_t at)
{
	uint16_t number;

	memcpy(&number, names->kept + at, sizeof(number));
	return names->is_swapped ? __builtin_bswap16(number) : number;
}

static uint64_t get64(const struct skald_capture_names *names, size_t at)
{
	uint64_t number;

	memcpy(&number, names->kept + at, sizeof(number));
	return names->is_swapped ? __builtin_bswap64(number) : number;
}

/**
 * struct option - an option of the block at hand
 * @code: its kind
 * @len: bytes of its value
 * @at: where they are in the block's kept beginning
 */
struct option {
	uint16_t code;
	uint16_t len;
	size_t at;
};

/* The option at @at, which moves behind it. Return: whether there is one */
static bool next_option(const struct skald_capture_names *names, size_t *at,
			struct option *option)
{
	size_t end = min_t(size_t, names->len - 4, KEPT);

	if (*at > end || end - *at < 4)
		return false;
	option->code = get16(names, *at);
	option->len = get16(names, *at + 2);
	option->at = *at + 4;
	if (!option->code || option->len > end - option->at)
		return false;
	*at = option->at + ((option->len + 3u) & ~3u);
	return true;
}

/* if_name of the interface block at hand, or NULL. */
static const char *find_name(struct skald_capture_names *names)
{
	size_t at = INTERFACE_OPTIONS;
	struct option option;

	while (next_option(names, &at, &option)) {
		const char *text = (const char *)names->kept + option.at;

		if (option.code == OPTION_NAME)
			return skald_arena_strndup(&names->arena, text,
						   strnlen(text, option.len));
	}
	return NULL;
}

/* Options of the enhanced packet block at hand. */
static void read_origin(const struct skald_capture_names *names,
			struct skald_capture_origin *origin)
{
	struct option option;
	size_t at;

	if (names->len < PACKET_BYTES + 4)
		return;
	at = PACKET_BYTES +
	     (((size_t)get32(names, PACKET_CAPTURED) + 3) & ~3ul);
	while (next_option(names, &at, &option)) {
		if (option.code == OPTION_FLAGS && option.len == 4)
			origin->is_outgoing =
				(get32(names, option.at) & FLAGS_DIRECTION) ==
				FLAGS_OUTBOUND;
		if (option.code == OPTION_PACKETID && option.len == 8)
			origin->id = get64(names, option.at);
	}
}

static void add_interface(struct skald_capture_names *names)
{
	size_t n = names->n_interfaces;
	const char **all = names->interfaces;

	if (n == INTERFACES_MAX) {
		names->is_over = true;
		return;
	}
	if (!(n & (n - 1)))
		all = reallocarray(all, n ? n * 2 : 1, sizeof(*all));
	if (!all) {
		names->is_over = true;
		return;
	}
	names->interfaces = all;
	all[names->n_interfaces++] = find_name(names);
}

static void add_packet(struct skald_capture_names *names, uint32_t interface)
{
	struct skald_capture_origin *all = names->waiting;
	struct skald_capture_origin origin = { 0 };
	size_t size = names->size_waiting ? names->size_waiting * 2 : 64;

	if (interface < names->n_interfaces)
		origin.interface = names->interfaces[interface];
	if (get32(names, 0) == BLOCK_PACKET)
		read_origin(names, &origin);
	if (names->first == names->n_waiting)
		names->first = names->n_waiting = 0;
	if (names->n_waiting == names->size_waiting) {
		all = reallocarray(all, size, sizeof(*all));
		if (!all) {
			names->is_over = true;
			return;
		}
		names->waiting = all;
		names->size_waiting = size;
	}
	names->waiting[names->n_waiting++] = origin;
}

static void take_block(struct skald_capture_names *names)
{
	switch (get32(names, 0)) {
	case BLOCK_SECTION:
		names->n_interfaces = 0;
		break;
	case BLOCK_INTERFACE:
		add_interface(names);
		break;
	case BLOCK_PACKET:
		add_packet(names, get32(names, 8));
		break;
	case BLOCK_OLD_PACKET:
		add_packet(names, get16(names, 8));
		break;
	case BLOCK_SIMPLE_PACKET:
		add_packet(names, 0);
		break;
	default:
		break;
	}
}

/* The head is there: how long is the block? */
static void begin_block(struct skald_capture_names *names)
{
	uint32_t magic;

	if (get32(names, 0) == BLOCK_SECTION) {
		memcpy(&magic, names->kept + 8, sizeof(magic));
		names->is_swapped = magic == MAGIC_SWAPPED;
		names->is_pcapng = magic == MAGIC || magic == MAGIC_SWAPPED;
	}
	if (!names->is_pcapng)
		names->is_over = true;
	names->len = get32(names, 4);
	if (names->len < HEAD)
		names->is_over = true;
}

/* Return: bytes taken */
static size_t take_bytes(struct skald_capture_names *names,
			 const uint8_t *bytes, size_t len)
{
	size_t want = (names->len ? names->len : HEAD) - names->have;
	size_t n = min_t(size_t, want, len);

	if (names->have < KEPT)
		memcpy(names->kept + names->have, bytes,
		       min_t(size_t, n, KEPT - names->have));
	names->have += n;
	if (!names->len && names->have == HEAD)
		begin_block(names);
	if (!names->is_over && names->len && names->have == names->len) {
		take_block(names);
		names->have = 0;
		names->len = 0;
	}
	return n;
}

void skald_capture_names_feed(struct skald_capture_names *names,
			      const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len && !names->is_over) {
		size_t n = take_bytes(names, at, len);

		at += n;
		len -= n;
	}
}

void skald_capture_names_next(struct skald_capture_names *names,
			      struct skald_capture_origin *origin)
{
	if (names->first == names->n_waiting)
		*origin = (struct skald_capture_origin){ 0 };
	else
		*origin = names->waiting[names->first++];
}

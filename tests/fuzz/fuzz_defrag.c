// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments in any order: for each family:u8, time:u8, offset:u16, length:u8,
 * flags:u8. Bytes are a function of their place, so a datagram that is complete
 * must be exactly that; memory is bounded.
 */
#include "defrag.h"
#include "fuzz.h"

#define MEMORY (1 << 16)

static uint8_t byte_at(uint8_t id, uint32_t offset)
{
	return (uint8_t)(id * 31 + offset * 7 + (offset >> 8));
}

static uint32_t write_part(uint8_t *bytes, bool is6, uint8_t id,
			   uint16_t offset, uint8_t len, uint8_t flags)
{
	uint32_t i, at = is6 ? 48 : 20;
	bool more = flags & 1;

	memset(bytes, 0, at);
	if (is6) {
		bytes[0] = 0x60;
		bytes[1] = (uint8_t)(flags & 0x30);
		put_unaligned_be16((uint16_t)(8 + len), bytes + 4);
		bytes[6] = IPPROTO_FRAGMENT;
		bytes[40] = 200; /* a protocol without a header */
		put_unaligned_be16((uint16_t)((offset & 0xfff8) | more),
				   bytes + 42);
		bytes[47] = id;
	} else {
		bytes[0] = 0x45;
		bytes[1] = flags >> 4 & 3;
		put_unaligned_be16((uint16_t)(20 + len), bytes + 2);
		bytes[5] = id;
		put_unaligned_be16((uint16_t)(offset >> 3 |
					      (more ? 0x2000 : 0) |
					      (flags & 2 ? 0x4000 : 0)),
				   bytes + 6);
		bytes[9] = 200;
	}
	for (i = 0; i < len; i++)
		bytes[at + i] = byte_at(id, (offset & 0xfff8u) + i);
	return at + len;
}

static void check_datagram(const struct skald_datagram *datagram, bool is6,
			   uint8_t id)
{
	uint32_t i, at = is6 ? 40 : 20;
	struct skald_view view;

	skald_view_init(&view, datagram->bytes, datagram->len, datagram->len);
	fuzz_check(
		!skald_view_set_network(&view, 0, is6 ? ETH_P_IPV6 : ETH_P_IP));
	fuzz_check(!view.is_fragment && view.end == datagram->len &&
		   view.l4proto == 200);
	for (i = at; i < datagram->len; i++)
		fuzz_check(datagram->bytes[i] == byte_at(id, i - at));
}

static void add_part(struct skald_defrag *defrag, struct fuzz_input *input,
		     uint64_t *now_ns)
{
	uint8_t how = fuzz_take_u8(input), bytes[48 + 255];
	bool is6 = how & 1;
	uint8_t id = how >> 1 & 3;
	struct skald_datagram datagram = { 0 };
	struct skald_view view;
	uint16_t offset;
	uint8_t *copy;
	uint32_t len;

	*now_ns += fuzz_take_u8(input) * 100000000ull;
	fuzz_take(input, &offset, sizeof(offset));
	len = fuzz_take_u8(input);
	len = write_part(bytes, is6, id, offset, (uint8_t)len,
			 fuzz_take_u8(input));
	copy = fuzz_copy(bytes, len);
	skald_view_init(&view, copy, len, len);
	fuzz_check(
		!skald_view_set_network(&view, 0, is6 ? ETH_P_IPV6 : ETH_P_IP));
	if (view.is_fragment &&
	    !skald_defrag_add(defrag, &view, 0, *now_ns, &datagram))
		check_datagram(&datagram, is6, id);
	skald_datagram_done(&datagram);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skald_defrag_settings settings;
	struct fuzz_input input = { data, size };
	hsiphash_key_t key = { { 3, 4 } };
	struct skald_defrag *defrag;
	uint64_t now_ns = 1;

	skald_defrag_settings_default(&settings);
	settings.memory = MEMORY;
	defrag = skald_defrag_new(&settings, &key);
	fuzz_check(defrag);
	while (input.size)
		add_part(defrag, &input, &now_ns);
	skald_defrag_expire(defrag, now_ns + 100000000000ull);
	skald_defrag_free(defrag);
	return 0;
}

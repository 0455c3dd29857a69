// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packed snaps and the differences between them, and the store's differences
 * between own bytes: base_len:u8 base rest.
 */
#include "fuzz.h"
#include "packet.h"
#include "store_diff.h"

static void pack(const struct skald_snap *first, const struct skald_snap *last,
		 struct skald_buffer *buffer)
{
	buffer->len = 0;
	skald_snap_pack(first, buffer);
	skald_snap_pack_diff(first, last, buffer);
	fuzz_check(!buffer->failed);
}

static int unpack(const uint8_t *data, size_t size, struct skald_snap *first,
		  struct skald_snap *last)
{
	struct skald_cursor cursor = { data, data + size, false };
	int err = skald_snap_unpack(&cursor, first);

	if (!err)
		err = skald_snap_unpack_diff(&cursor, first, last);
	fuzz_check(cursor.data <= cursor.end);
	return err;
}

static int is_same(const struct skald_snap *a, const struct skald_snap *b)
{
	return a->iif == b->iif && a->oif == b->oif && a->mark == b->mark &&
	       a->lltype == b->lltype && a->ethertype == b->ethertype &&
	       a->ll_len == b->ll_len && a->nh_len == b->nh_len &&
	       a->th_len == b->th_len && !memcmp(a->ll, b->ll, sizeof(a->ll)) &&
	       !memcmp(a->nh, b->nh, sizeof(a->nh)) &&
	       !memcmp(a->th, b->th, sizeof(a->th));
}

static void snaps(const uint8_t *data, size_t size)
{
	struct skald_snap first, last, first_again, last_again;
	struct skald_buffer buffer = { 0 };

	if (unpack(data, size, &first, &last))
		return;
	pack(&first, &last, &buffer);
	fuzz_check(!unpack(buffer.data, buffer.len, &first_again, &last_again));
	fuzz_check(is_same(&first, &first_again));
	fuzz_check(is_same(&last, &last_again));
	skald_buffer_done(&buffer);
}

/* What was decoded is encoded and decoded; and any bytes survive it. */
static void round_trip(const uint8_t *base, size_t base_len,
		       const uint8_t *data, size_t len)
{
	struct skald_buffer diff = { 0 }, again = { 0 };

	skald_diff_encode(base, base_len, data, len, &diff);
	fuzz_check(!diff.failed);
	fuzz_check(!skald_diff_decode(base, base_len, diff.data, diff.len,
				      &again));
	fuzz_check(again.len == len);
	fuzz_check(!len || !memcmp(again.data, data, len));
	skald_buffer_done(&diff);
	skald_buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	size_t base_len = fuzz_take_u8(&input);
	struct skald_buffer made = { 0 };
	uint8_t *base, *rest;
	size_t len;

	if (base_len > input.size)
		base_len = input.size;
	len = input.size - base_len;
	base = fuzz_copy(input.data, base_len);
	rest = fuzz_copy(input.data + base_len, len);
	snaps(rest, len);
	if (!skald_diff_decode(base, base_len, rest, len, &made))
		round_trip(base, base_len, made.data, made.len);
	round_trip(base, base_len, rest, len);
	skald_buffer_done(&made);
	free(base);
	free(rest);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets taken apart: two snaps with headers and lengths that nobody checked.
 */
#include "fuzz.h"
#include "json.h"
#include "kin.h"
#include "packet.h"

static const uint16_t ethertypes[] = { 0, 0x800, 0x86dd, 0x806, 0x88cc };

static void take_snap(struct fuzz_input *input, struct skald_snap *snap)
{
	uint8_t type = fuzz_take_u8(input);

	memset(snap, 0, sizeof(*snap));
	snap->ethertype = ethertypes[type % 5];
	snap->lltype = type & 0x80 ? 1 : type;
	snap->mark = type;
	snap->ll_len = fuzz_take_u8(input);
	snap->nh_len = fuzz_take_u8(input);
	snap->th_len = fuzz_take_u8(input);
	fuzz_take(input, snap->nh, sizeof(snap->nh));
	fuzz_take(input, snap->th, sizeof(snap->th));
	fuzz_take(input, snap->ll, sizeof(snap->ll));
}

static void check_values(const struct skald_packet *packet)
{
	unsigned int i;

	for (i = 0; i < SKALD_N_P; i++) {
		const struct skald_value *value = &packet->value[i];

		if (value->type == SKALD_VALUE_NONE)
			continue;
		fuzz_check((value->type == SKALD_VALUE_NUM) ==
			   skald_packet_descs[i].is_number);
		fuzz_check(skald_value_equal(value, value));
	}
}

static void tell(const struct skald_snap *snap)
{
	/* in memory of its own, so that reading on is seen */
	struct skald_snap *copy = fuzz_copy(snap, sizeof(*snap));
	struct skald_packet packet;
	char text[200];
	json_t *json;
	size_t size;

	skald_packet_parse(copy, &packet);
	check_values(&packet);
	for (size = 1; size <= sizeof(text); size += 33) {
		(void)skald_packet_summary(&packet, text, size);
		fuzz_check(strlen(text) < size);
	}
	json = skald_json_packet(&packet);
	fuzz_check(json_is_object(json));
	json_decref(json);
	(void)skald_kin_packet_key(7, copy);
	(void)skald_kin_datagram_key(7, copy);
	(void)skald_kin_is_fragment(copy);
	free(copy);
}

static void round_trip(const struct skald_snap *a, const struct skald_snap *b)
{
	struct skald_buffer buffer = { 0 };
	struct skald_cursor cursor;
	struct skald_snap first, last;

	skald_snap_pack(a, &buffer);
	skald_snap_pack_diff(a, b, &buffer);
	cursor = (struct skald_cursor){ buffer.data, buffer.data + buffer.len,
					false };
	fuzz_check(!skald_snap_unpack(&cursor, &first));
	fuzz_check(!skald_snap_unpack_diff(&cursor, &first, &last));
	fuzz_check(cursor.data == cursor.end);
	if (a->ll_len <= SKALD_SNAP_LL && a->nh_len <= SKALD_SNAP_NH &&
	    a->th_len <= SKALD_SNAP_TH)
		fuzz_check(skald_snap_same(a, &first));
	skald_buffer_done(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct skald_snap first, last;

	take_snap(&input, &first);
	last = first;
	if (input.size)
		take_snap(&input, &last);
	tell(&first);
	tell(&last);
	round_trip(&first, &last);
	return 0;
}

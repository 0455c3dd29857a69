// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of heap an entry of connection tracking takes, in a program without any
 * helper: "entry_heap NUMBER".
 */
#include <stdio.h>

#include "parts/heap.h"

#define PACKET 28

static u32 no_random(void *user)
{
	return 1;
}

static void track(void *user, u32 i)
{
	uint8_t bytes[PACKET] = {
		[0] = 0x45, [3] = PACKET, [8] = 64, [9] = IPPROTO_UDP
	};
	struct skald_ct_packet packet;
	struct skald_view view;

	put_unaligned_be32(0x0a000000 + i, bytes + 12);
	put_unaligned_be32(0xc0a80001, bytes + 16);
	put_unaligned_be32(20000u << 16 | 443, bytes + 20);
	put_unaligned_be16(8, bytes + 24);
	skald_view_init(&view, bytes, PACKET, PACKET);
	if (skald_view_set_network(&view, 0, ETH_P_IP) ||
	    skald_ct_in(user, &view, NULL, 1, &packet) != NF_ACCEPT ||
	    skald_ct_out(&packet) != NF_ACCEPT)
		abort();
	skald_ct_done(&packet);
}

int main(void)
{
	struct skald_ct_owner owner = { .random = no_random };
	struct skald_ct_settings settings;
	struct skald_ct_table *table;

	skald_ct_settings_default(&settings);
	table = skald_ct_table_new(&settings, &owner);
	if (!table)
		return 1;
	printf("entry_heap %.1f\n", heap_per_entry(table, track, table));
	skald_ct_table_free(table);
	return 0;
}

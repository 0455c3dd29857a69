// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets through connection tracking and NAT: a rule for each hook, then
 * packets of any shape. What is translated keeps its length, and answers to it
 * find their way back.
 */
#include "ct_nat.h"
#include "fuzz.h"

#define PACKET_MAX 2048
#define NOW_NS (1000 * SKALD_NS_PER_S)

struct state {
	struct skald_ct_table *table;
	struct skald_nat *nat;
	uint32_t chance;
	struct skald_nat_range range[2];
	uint8_t has_rule;
};

static uint32_t chance(void *user)
{
	struct state *state = user;

	state->chance = state->chance * 1664525u + 1013904223u;
	return state->chance ^ state->chance >> 16;
}

static int bind_rule(void *user, struct skald_ct_packet *packet, uint8_t hook)
{
	struct state *state = user;
	int i = hook == NF_INET_POST_ROUTING;

	if (!(state->has_rule & 1 << i))
		return NF_ACCEPT;
	if (state->has_rule & 4 && i)
		return skald_nat_masquerade(packet, &state->range[1],
					    &state->range[1].min_addr, 2);
	return skald_nat_setup(packet, &state->range[i],
			       skald_nat_manip_of(hook));
}

static void take_range(struct fuzz_input *input, struct skald_nat_range *range)
{
	range->flags = fuzz_take_u8(input) & 63;
	fuzz_take(input, &range->min_addr.ip, 4);
	fuzz_take(input, &range->max_addr.ip, 4);
	fuzz_take(input, &range->min_proto, 2);
	fuzz_take(input, &range->max_proto, 2);
	fuzz_take(input, &range->base_proto, 2);
}

static void make(struct state *state, struct fuzz_input *input)
{
	struct skald_ct_owner owner = { .user = state, .random = chance };
	struct skald_ct_settings settings;

	skald_ct_settings_default(&settings);
	settings.buckets = 16;
	settings.max = 64;
	state->has_rule = fuzz_take_u8(input);
	settings.checksum = state->has_rule & 8;
	take_range(input, &state->range[0]);
	take_range(input, &state->range[1]);
	state->table = skald_ct_table_new(&settings, &owner);
	fuzz_check(state->table);
	state->nat = skald_nat_new(state->table, 16);
	fuzz_check(state->nat);
}

/* One packet; what comes out is as long as what went in. */
static void play(struct state *state, uint8_t *bytes, uint32_t len,
		 uint32_t known)
{
	struct skald_nat_rules rules = { .user = state, .bind = bind_rule };
	struct skald_ct_packet packet;
	struct skald_view view;
	int verdict;

	skald_view_init(&view, bytes, known, len);
	if (skald_view_set_network(&view, 0,
				   known && bytes[0] >> 4 == 6 ? ETH_P_IPV6
							       : ETH_P_IP))
		return;
	/* as defragmentation lets nothing else pass */
	if (view.is_fragment)
		return;
	verdict = skald_ct_in(state->table, &view, NULL, NOW_NS, &packet);
	if (verdict == NF_ACCEPT)
		verdict = skald_nat(&packet, NF_INET_PRE_ROUTING, &rules);
	view.oif = 2;
	if (verdict == NF_ACCEPT)
		verdict = skald_nat(&packet, NF_INET_POST_ROUTING, &rules);
	if (verdict == NF_ACCEPT)
		verdict = skald_ct_out(&packet);
	fuzz_check(verdict == NF_ACCEPT || verdict == NF_DROP);
	fuzz_check(view.len == len && view.data == bytes);
	skald_ct_done(&packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct state state = { .chance = 1 };
	uint16_t len, known;
	uint8_t *bytes;

	make(&state, &input);
	while (input.size > 2) {
		fuzz_take(&input, &len, sizeof(len));
		known = len & 0x8000 ? fuzz_take_u8(&input) : 0xffff;
		len = (uint16_t)((len & 0x7fff) % PACKET_MAX);
		known = known < len ? known : len;
		bytes = malloc(known);
		fuzz_check(!known || bytes);
		fuzz_take(&input, bytes, known);
		play(&state, bytes, len, known);
		free(bytes);
	}
	fuzz_check(atomic_read(&state.table->n) <= 64);
	skald_nat_masquerade_gone(state.table, 2, NULL, NOW_NS);
	skald_ct_table_free(state.table);
	skald_nat_free(state.nat);
	return 0;
}

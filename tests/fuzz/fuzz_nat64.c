// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of any shape made over into the other family, without state and with.
 * What comes out is a packet that fits its room, and can be made over again.
 */
#include "ct_nat.h"
#include "fuzz.h"
#include "nat64.h"

#define PACKET_MAX 4096
#define ROOM (2 * PACKET_MAX + 2 * SKALD_NAT64_GROWTH)
#define NOW_NS (1000 * SKALD_NS_PER_S)

struct state {
	struct skald_ct_table *table;
	struct skald_nat *nat;
	struct skald_nat64 *nat64;
	struct skald_nat64_prefix prefix;
	uint32_t chance;
};

static uint32_t chance(void *user)
{
	struct state *state = user;

	state->chance = state->chance * 1664525u + 1013904223u;
	return state->chance ^ state->chance >> 16;
}

static void make(struct state *state, uint8_t choice)
{
	static const uint8_t lengths[] = { 96, 40, 48, 56, 64, 32, 96, 96 };
	static const uint8_t bytes[] = { 0x20, 1, 0x0d, 0xb8, 0, 0x64 };
	struct skald_ct_owner owner = { .user = state, .random = chance };
	struct skald_nat64_settings nat64 = { .mtu6 = 1500, .mtu4 = 1400 };
	struct skald_ct_settings settings;

	skald_ct_settings_default(&settings);
	settings.buckets = 16;
	settings.max = 64;
	settings.checksum = false;
	state->table = skald_ct_table_new(&settings, &owner);
	fuzz_check(state->table);
	state->nat = skald_nat_new(state->table, 16);
	fuzz_check(state->nat);
	state->prefix.len = lengths[choice & 7];
	memcpy(&state->prefix.addr, bytes,
	       min_t(size_t, sizeof(bytes), state->prefix.len / 8));
	nat64.prefix = state->prefix;
	nat64.pool_min.ip = htonl(0x0a000001);
	nat64.pool_max.ip = htonl(0x0a000003);
	nat64.answers_only = choice & 8;
	nat64.max = 32;
	state->nat64 = skald_nat64_new(state->table, &nat64);
	fuzz_check(state->nat64);
}

/* All fragments together are the packet. */
static void check_fragments(const struct skald_nat64_job *job)
{
	uint8_t piece[SKALD_NAT64_MTU6];
	uint32_t at = 0, len, total = 0;

	do {
		at = skald_nat64_fragment(job, 1, at, piece, &len);
		fuzz_check(len <= sizeof(piece) && len >= 48);
		total += len - 48;
	} while (at);
	fuzz_check(total + 48 >= job->len);
}

/* Offset of the network header is 0. */
static bool set_view(struct skald_view *view, uint8_t *bytes, uint32_t len,
		     uint32_t known)
{
	skald_view_init(view, bytes, known, len);
	return !skald_view_set_network(
		view, 0, known && bytes[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
}

static int translate(struct state *state, struct skald_view *view,
		     struct skald_nat64_job *job, uint8_t *room, uint32_t size)
{
	struct skald_ct_tuple from, to, quoted;
	int ret;

	memset(&from, 0, sizeof(from));
	if (!skald_ct_tuple_of(state->table, view, &from)) {
		from.family = view->family;
		from.proto = view->l4proto;
	}
	if (skald_nat64_tuple(&state->prefix, &from, &to)) {
		/* whatever: any tuple of the other family will do */
		memset(&to, 0, sizeof(to));
		to.family = view->family == NFPROTO_IPV4 ? NFPROTO_IPV6
							 : NFPROTO_IPV4;
	}
	quoted = to;
	quoted.src = to.dst;
	quoted.dst = to.src;
	*job = (struct skald_nat64_job){ .prefix = &state->prefix,
					 .target = &to,
					 .quoted = &quoted,
					 .mtu6 = 1500,
					 .mtu4 = 1400,
					 .bytes = room,
					 .room = size };
	ret = skald_nat64_translate(view, job);
	fuzz_check(job->len <= size);
	job->target = NULL;
	job->quoted = NULL;
	return ret;
}

static void play_stateless(struct state *state, struct skald_view *view)
{
	struct skald_nat64_job job, again;
	uint8_t *room = malloc(ROOM), *back = malloc(2 * ROOM);
	struct skald_view made;

	fuzz_check(room && back);
	if (!translate(state, view, &job, room, ROOM)) {
		fuzz_check(set_view(&made, room, job.len, job.len));
		fuzz_check(made.family != view->family);
		if (job.may_fragment)
			check_fragments(&job);
		(void)translate(state, &made, &again, back, 2 * ROOM);
	}
	free(room);
	free(back);
}

static void play_session(struct state *state, struct skald_view *view)
{
	uint8_t *room = malloc(ROOM);
	struct skald_nat64_job job = { .bytes = room, .room = ROOM };
	struct skald_ct_packet packet;
	int ret;

	fuzz_check(room);
	if (!skald_nat64_wants(state->nat64, view) || view->is_fragment)
		goto out;
	if (skald_ct_in(state->table, view, NULL, NOW_NS, &packet) ==
	    NF_ACCEPT) {
		ret = skald_nat64_packet(state->nat64, &packet, &job);
		if (!ret)
			skald_ct_out(&packet);
	}
	skald_ct_done(&packet);
	fuzz_check(state->nat64->n <= 32);
out:
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct state state = { .chance = 1 };
	struct skald_view view;
	uint16_t len, known;
	uint8_t *bytes;

	make(&state, fuzz_take_u8(&input));
	while (input.size > 2) {
		fuzz_take(&input, &len, sizeof(len));
		known = len & 0x8000 ? fuzz_take_u8(&input) : 0xffff;
		len = (uint16_t)((len & 0x7fff) % PACKET_MAX);
		known = known < len ? known : len;
		bytes = malloc(known);
		fuzz_check(!known || bytes);
		fuzz_take(&input, bytes, known);
		if (set_view(&view, bytes, len, known)) {
			play_stateless(&state, &view);
			play_session(&state, &view);
		}
		free(bytes);
	}
	skald_ct_table_free(state.table);
	fuzz_check(!state.nat64->n);
	skald_nat64_free(state.nat64);
	skald_nat_free(state.nat);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet costs that goes through a world's rules and connection tracking
 * in the engine, one thread: replay WORLD IIF
 *
 * WORLD is what a router's namespace was snapshot as; packets are those that
 * tests/tools/blast sends there, of 64 flows that are known. Prints "NAME ns":
 * "decided", headers, conntrack and the rules of prerouting, forward and
 * postrouting alone; "told", the whole way with routes and a story of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ct.h"
#include "engine.h"
#include "load.h"

#define FLOWS 64
#define PACKETS 200000u
#define ROUNDS 5
#define FRAME 60

static uint8_t frames[FLOWS][FRAME];

struct way {
	struct skald_vm *vm;
	struct skald_ct_table *table;
	struct skald_ct_packet packet;
	struct skald_vm_ct seen;
	uint64_t now_ns;
};

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static u32 no_chance(void *user)
{
	return 4;
}

static void write_frames(void)
{
	for (int i = 0; i < FLOWS; i++) {
		uint8_t *ip = frames[i];

		ip[0] = 0x45;
		put_unaligned_be16(FRAME, ip + 2);
		ip[8] = 63;
		ip[9] = IPPROTO_UDP;
		put_unaligned_be32(0x0a010002, ip + 12);
		put_unaligned_be32(0x0a020002, ip + 16);
		put_unaligned_be16((uint16_t)(20000 + i), ip + 20);
		put_unaligned_be16(4010, ip + 22);
		put_unaligned_be16(FRAME - 20, ip + 24);
	}
}

/* What rules ask of the entry: its state, as of a packet of a known flow. */
static int ct_of(void *owner, const struct skald_vm_pkt *pkt,
		 const struct skald_vm_ct **ct)
{
	struct way *way = owner;

	way->seen.known = SKALD_VM_CT_STATE;
	way->seen.has_entry = true;
	way->seen.state = way->packet.state == SKALD_CT_NEW ? 8 : 2;
	*ct = &way->seen;
	return 0;
}

static const struct skald_vm_world world_of_rules = { .ct = ct_of };

static void run_hook(struct way *way, struct skald_view *view, uint8_t hook,
		     bool is_new)
{
	const struct skald_vm_hook *at = NULL;
	struct skald_vm_pkt pkt;

	skald_vm_pkt_init(&pkt, view, NFPROTO_IPV4, hook, way->now_ns);
	pkt.world = &world_of_rules;
	pkt.owner = way;
	while ((at = skald_vm_hook_next(way->vm, NFPROTO_IPV4, hook, NULL,
					at))) {
		if (at->chain->base->type == SKALD_CHAIN_NAT && !is_new)
			continue;
		if (skald_vm_run(at->chain, &pkt) != NF_ACCEPT) {
			fprintf(stderr, "replay: not accepted at hook %u\n",
				hook);
			exit(2);
		}
	}
}

static void decide(struct way *way, uint8_t *frame)
{
	struct skald_view view;
	bool is_new;

	skald_view_init(&view, frame, FRAME, FRAME);
	if (skald_view_set_network(&view, 0, ETH_P_IP) ||
	    skald_ct_in(way->table, &view, NULL, way->now_ns, &way->packet) !=
		    NF_ACCEPT)
		exit(2);
	is_new = way->packet.state == SKALD_CT_NEW;
	run_hook(way, &view, NF_INET_PRE_ROUTING, is_new);
	run_hook(way, &view, NF_INET_FORWARD, is_new);
	run_hook(way, &view, NF_INET_POST_ROUTING, is_new);
	if (skald_ct_out(&way->packet) != NF_ACCEPT)
		exit(2);
	skald_ct_done(&way->packet);
	way->now_ns += 1000;
}

static double decided(const struct skald_world *world)
{
	struct skald_ct_owner owner = { .random = no_chance };
	struct skald_ct_settings settings;
	struct way way = { .now_ns = 1 };
	struct skald_load load;
	double least = 1e9;

	skald_ct_settings_default(&settings);
	settings.checksum = false;
	way.table = skald_ct_table_new(&settings, &owner);
	way.vm = skald_vm_new();
	if (!way.table || !way.vm)
		exit(2);
	skald_load_begin(&load, way.vm, 1);
	if (skald_load_dump(&load, world->ruleset.bytecode,
			    world->ruleset.bytecode_len) ||
	    skald_load_commit(&load))
		exit(2);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = cpu_ns();

		for (uint32_t i = 0; i < PACKETS; i++)
			decide(&way, frames[i % FLOWS]);
		least = min(least, (double)(cpu_ns() - start) / PACKETS);
	}
	skald_vm_free(way.vm);
	skald_ct_table_free(way.table);
	return least;
}

static void tell(struct skald_engine *engine, const uint8_t *frame,
		 uint32_t iif, uint64_t t_ns)
{
	struct skald_engine_input input = {
		.bytes = frame,
		.known = FRAME,
		.len = FRAME,
		.ethertype = ETH_P_IP,
		.iif = iif,
		.t_ns = t_ns,
	};
	struct skald_story story;

	if (skald_engine_run(engine, &input, &story))
		exit(2);
	skald_story_done(&story);
}

static double told(const struct skald_world *world, const char *iif)
{
	struct skald_engine *engine;
	struct skald_error error;
	double least = 1e9;
	uint32_t index;

	if (skald_engine_new(world, &engine, &error))
		exit(2);
	index = skald_engine_interface(engine, iif);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = cpu_ns();

		for (uint32_t i = 0; i < PACKETS / 10; i++)
			tell(engine, frames[i % FLOWS], index,
			     world->taken_ns + i * 1000ull);
		least = min(least, (double)(cpu_ns() - start) / (PACKETS / 10));
	}
	skald_engine_free(engine);
	return least;
}

int main(int argc, char **argv)
{
	struct skald_error error = { 0 };
	struct skald_world world;

	if (argc != 3 || skald_world_load(argv[1], &world, &error)) {
		fprintf(stderr, "replay: %s\n",
			*error.text ? error.text : "WORLD IIF");
		return 2;
	}
	write_frames();
	printf("decided %.0f\n", decided(&world));
	printf("told %.0f\n", told(&world, argv[2]));
	skald_world_done(&world);
	return 0;
}

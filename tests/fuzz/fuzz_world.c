// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a world's file holds, and packets through it: the dumps of links,
 * addresses, rules, routes, connections and the ruleset are taken apart, and an
 * engine in that world leads a packet from hook to hook.
 *
 * Input: packet_len:u8 packet, then for each section and the bytecode
 * len:u16 bytes.
 */
#include "engine.h"
#include "fuzz.h"
#include "reenact.h"

static struct skald_world_sysctl sysctls[] = {
	{ "net/ipv4/ip_forward", "1" },
	{ "net/ipv4/conf/all/forwarding", "1" },
	{ "net/ipv6/conf/all/forwarding", "1" },
	{ "net/bridge/bridge-nf-call-iptables", "1" },
	{ "net/bridge/bridge-nf-call-ip6tables", "1" },
};

static size_t take_len(struct fuzz_input *input)
{
	size_t len = fuzz_take_u8(input);

	len = len << 8 | fuzz_take_u8(input);
	return len < input->size ? len : input->size;
}

/* Aligned as a socket's buffer is. */
static void take_bytes(struct fuzz_input *input, struct skald_buffer *buffer)
{
	size_t len = take_len(input);

	skald_buffer_put(buffer, input->data, len);
	input->data += len;
	input->size -= len;
}

static void walk_again(struct skald_engine *engine,
		       const struct skald_story *story)
{
	struct skald_reenacted again;

	if (skald_reenact(engine, story, true, &again))
		return;
	for (unsigned int i = 0; i < again.n_misses; i++)
		fuzz_check(again.misses[i].event < again.story.n_events);
	skald_reenacted_done(&again);
}

static void pass_by(struct skald_engine *engine, const uint8_t *packet,
		    size_t len, uint32_t iif)
{
	struct skald_engine_input input = {
		.bytes = packet,
		.known = len,
		.len = len,
		.ethertype = len && packet[0] >> 4 == 6 ? 0x86dd : 0x800,
		.iif = iif,
		.t_ns = 2000000000ull,
		.tells_misses = iif,
		.tells_answers = true,
	};
	struct skald_story story;
	int more = !skald_engine_run(engine, &input, &story);

	for (int n = 0; more > 0 && n < 8; n++) {
		walk_again(engine, &story);
		skald_story_done(&story);
		more = skald_engine_next(engine, &story);
	}
	if (more > 0)
		skald_story_done(&story);
}

static void run(const struct skald_world *world, const uint8_t *packet,
		size_t len)
{
	struct skald_engine *engine;
	struct skald_error error;

	if (skald_engine_new(world, &engine, &error))
		return;
	pass_by(engine, packet, len, 0);
	pass_by(engine, packet, len, 2);
	pass_by(engine, packet, len, SKALD_ENGINE_UNKNOWN);
	skald_engine_free(engine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct skald_world world = { .taken_ns = 1000000000ull,
				     .host = "",
				     .kernel = "",
				     .netns = "",
				     .made_up = "",
				     .legacy_rules = "",
				     .has_sockets = true,
				     .n_sysctls = 5 };
	struct skald_buffer bytecode = { 0 };
	size_t len = fuzz_take_u8(&input);
	uint8_t *packet;

	if (len > input.size)
		len = input.size;
	packet = fuzz_copy(input.data, len);
	input.data += len;
	input.size -= len;
	for (int i = 0; i < SKALD_WORLD_TCP_SOCKETS; i++)
		take_bytes(&input, &world.sections[i]);
	take_bytes(&input, &bytecode);
	for (int i = SKALD_WORLD_TCP_SOCKETS; i < SKALD_WORLD_N_SECTIONS; i++)
		take_bytes(&input, &world.sections[i]);
	world.sysctls = sysctls;
	if (!skald_ruleset_remake(bytecode.data, bytecode.len, NULL, 1,
				  &world.ruleset))
		run(&world, packet, len);
	skald_ruleset_done(&world.ruleset);
	for (int i = 0; i < SKALD_WORLD_N_SECTIONS; i++)
		skald_buffer_done(&world.sections[i]);
	skald_buffer_done(&bytecode);
	free(packet);
	return 0;
}

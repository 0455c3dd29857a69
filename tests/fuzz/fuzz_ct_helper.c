// SPDX-License-Identifier: GPL-2.0-only
/*
 * Conversations with a helper through a router that translates: any bytes in
 * any order from either side, cut, lost, repeated. Whatever passes has lengths
 * and checksums that fit, and the table keeps its limits.
 */
#include "ct_wire.h"
#include "fuzz.h"

#define STEPS 48
#define PAYLOAD_MAX 512

static const u16 ports[] = { 21,  6667, 69,   10080, 6566, 137,
			     162, 1723, 5060, 1720,  1719 };

static u8 proto_of(u16 port, u8 how)
{
	if (port == 5060)
		return how & 8 ? IPPROTO_TCP : IPPROTO_UDP;
	return port == 69 || port == 10080 || port == 137 || port == 162
		       ? IPPROTO_UDP
		       : IPPROTO_TCP;
}

static void begin(struct wire *wire, u16 port, u8 how)
{
	bool is_ipv6 = how & 4;

	wire_init(wire);
	wire->has_snat = how & 1;
	wire->has_dnat = how & 2;
	wire->snat = wire_addr(is_ipv6 ? "2001:db8::5" : "198.51.100.5");
	wire->dnat = wire_addr(is_ipv6 ? "fd00::7" : "10.0.0.7");
	wire_open(wire, is_ipv6 ? "fd00::1" : "10.0.0.1",
		  is_ipv6 ? "2001:db8:1::1" : "192.0.2.1", port);
}

static void step(struct wire *wire, struct fuzz_input *input, u8 proto)
{
	u8 how = fuzz_take_u8(input), len = fuzz_take_u8(input);
	struct wire_end *from = how & 1 ? &wire->server : &wire->client;
	u8 payload[PAYLOAD_MAX];
	struct packet_spec spec;
	struct packet packet;

	wire_spec(wire, from, &spec);
	spec.proto = proto;
	spec.len = len;
	/* where its last segments were, or a gap */
	spec.seq = from->next;
	if (how & 2)
		spec.seq += (u32)(int8_t)fuzz_take_u8(input);
	if (how & 4)
		spec.flags |= WIRE_FIN;
	fuzz_take(input, payload, len);
	spec.payload = payload;
	if (!(how & 2))
		from->next += len;
	packet_make(&packet, &spec);
	(void)wire_route(wire, &packet);
	if (how & 8)
		wire->now_ns += 10 * SKALD_NS_PER_S;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire wire;
	struct fuzz_input input = { data, size };
	u16 port = ports[fuzz_take_u8(&input) % ARRAY_SIZE(ports)];
	u8 how = fuzz_take_u8(&input), proto = proto_of(port, how);
	u32 i;

	begin(&wire, port, how);
	for (i = 0; i < STEPS && input.size; i++)
		step(&wire, &input, proto);
	fuzz_check(wire.table->n_expects <= 32);
	fuzz_check(atomic_read(&wire.table->n) <= 4);
	wire_done(&wire);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeds of connection tracking and reassembly: short lives of each protocol,
 * and fragments.
 */
#include "ct_seeds.h"
#include "fuzz.h"

#define REPLY 8
#define IPV6 0x10

/* A seed being written; see fuzz_ct_packet.c. */
struct seed {
	uint8_t data[1024];
	size_t size;
};

static void put(struct seed *seed, uint8_t what, const void *body, uint8_t len)
{
	uint8_t head[3] = { 3, what, len };

	memcpy(seed->data + seed->size, head, sizeof(head));
	memcpy(seed->data + seed->size + 3, body, len);
	seed->size += 3u + len;
}

/* What stands behind the ports: seq, ack, flags. */
static void put_tcp(struct seed *seed, uint8_t what, uint8_t flags, uint8_t seq,
		    uint8_t ack)
{
	uint8_t body[16] = { 0, 0, 0, seq, 0, 0, 0, ack, 0x50, flags, 16 };

	put(seed, what, body, sizeof(body));
}

static void save(struct seed *seed, const char *name)
{
	ct_seed_save("ct_packet", name, seed->data, seed->size);
	seed->size = 1;
}

static void tcp_seeds(struct seed *seed, uint8_t what, const char *name)
{
	put_tcp(seed, what, 0x02, 1, 0);
	put_tcp(seed, what | REPLY, 0x12, 9, 2);
	put_tcp(seed, what, 0x10, 2, 10);
	put_tcp(seed, what, 0x11, 2, 10);
	put_tcp(seed, what | REPLY, 0x11, 10, 3);
	put_tcp(seed, what, 0x10, 3, 11);
	save(seed, name);
}

static void sctp_seed(struct seed *seed)
{
	uint8_t init[28] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 20, 0, 0, 0, 7 };
	uint8_t ack[28] = { 0, 0, 0, 7, 0, 0, 0, 0, 2, 0, 0, 20, 0, 0, 0, 8 };
	uint8_t echo[12] = { 0, 0, 0, 8, 0, 0, 0, 0, 10, 0, 0, 4 };

	put(seed, 4, init, sizeof(init));
	put(seed, 4 | REPLY, ack, sizeof(ack));
	put(seed, 4, echo, sizeof(echo));
	save(seed, "sctp");
}

/* UDP, and an ICMP error that quotes it. */
static void icmp_seed(struct seed *seed)
{
	static const uint8_t error[] = {
		69, 0, 0,  56, 0, 0, 0,	 0,   64, 1,  0, 0, 10, 0,
		0,  9, 10, 0,  0, 1, 3,	 1,   0,  0,  0, 0, 0,	0,
		69, 0, 0,  28, 0, 0, 0,	 0,   64, 17, 0, 0, 10, 0,
		0,  1, 10, 0,  0, 0, 15, 160, 0,  53, 0, 8, 0,	0,
	};
	uint8_t udp[4] = { 0, 8 };

	put(seed, 1 | 0x20, udp, sizeof(udp));
	put(seed, 0xff, error, sizeof(error));
	save(seed, "icmp-error");
}

void ct_track_seeds(void)
{
	static const uint8_t parts[] = {
		0, 1, 0,  0, 16, 1, 0,	1, 24, 0, 5,  0, 0,  1, 16, 0,
		8, 1, 1,  1, 0,	 0, 16, 1, 1,  1, 16, 0, 9,  0, 2,  1,
		0, 0, 32, 1, 2,	 1, 8,	0, 8,  1, 2,  1, 16, 0, 32, 1,
	};
	struct seed seed = { .size = 1 };

	tcp_seeds(&seed, 0x40, "tcp");
	tcp_seeds(&seed, 0x40 | IPV6, "tcp-ipv6");
	sctp_seed(&seed);
	icmp_seed(&seed);
	ct_seed_save("defrag", "parts", parts, sizeof(parts));
}

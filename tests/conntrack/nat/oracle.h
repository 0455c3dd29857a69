/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: one router, twice
 *
 * The kernel's, in a network namespace of its own, between two wires; and the
 * engine's, in this program. Both have the same rules, addresses and routes.
 */
#ifndef SKALD_CONNTRACK_ORACLE_H
#define SKALD_CONNTRACK_ORACLE_H

#include "defrag.h"
#include "rules.h"

#define ORACLE_PACKET_MAX 65536

/**
 * struct oracle_packet - a packet on one of the wires
 * @side: where it comes from or goes to; HERE: it is delivered
 * @len: bytes
 * @bytes: from the network header on
 */
struct oracle_packet {
	enum side side;
	uint32_t len;
	uint8_t bytes[ORACLE_PACKET_MAX];
};

/**
 * struct oracle_rules - what both are given
 * @set: rules of NAT
 * @helpers: conversations get the helper of their port
 */
struct oracle_rules {
	const struct ruleset *set;
	bool helpers;
};

/* ---- the kernel ---- */

struct mnl_socket;

/**
 * struct kernel - the kernel's router; programs end when there is none
 * @to: sockets to send with
 * @from: sockets to receive with, without what is sent
 * @log: tells of what is delivered
 */
struct kernel {
	int to[SIDES];
	int from[SIDES];
	struct mnl_socket *log;
};

void kernel_start(struct kernel *kernel, const struct oracle_rules *rules);
void kernel_stop(struct kernel *kernel);
void kernel_send(const struct kernel *kernel,
		 const struct oracle_packet *packet);

/**
 * kernel_collect() - what came of the packets that were sent
 * @kernel: the router
 * @out: the last of them; fragments are put together again
 *
 * Return: false: nothing came out.
 */
bool kernel_collect(const struct kernel *kernel, struct oracle_packet *out);

/* ---- the engine ---- */

/**
 * struct engine - the engine's router
 * @rules: what it was given
 * @table: its conversations
 * @nat: its NAT
 * @defrag: its fragments
 * @chance: the next number that it gets by chance
 */
struct engine {
	const struct oracle_rules *rules;
	struct skald_ct_table *table;
	struct skald_nat *nat;
	struct skald_defrag *defrag;
	uint32_t chance;
};

void engine_start(struct engine *engine, const struct oracle_rules *rules);
void engine_stop(struct engine *engine);

/* Return: whether something comes out, or is delivered */
bool engine_pass(struct engine *engine, const struct oracle_packet *in,
		 struct oracle_packet *out);

/* Which wire a packet to that destination leaves on. */
enum side oracle_route(const uint8_t *packet);

/* ---- fragments ---- */

/* The fragment of a packet that begins at payload byte @at, of at most @size.
 * Return: where the next begins, 0: that was the last */
uint32_t fragment_cut(const struct oracle_packet *packet, uint32_t at,
		      uint32_t size, uint32_t id,
		      struct oracle_packet *fragment);

/* Put a fragment into its packet; with its last one it is whole. Return:
 * whether it was one; others are not put anywhere */
bool fragment_join(struct oracle_packet *whole,
		   const struct oracle_packet *fragment);

#endif /* SKALD_CONNTRACK_ORACLE_H */

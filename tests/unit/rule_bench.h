/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a rule on the bench
 *
 * One rule in one base chain, made of any expressions, in a world whose every
 * answer the test sets; packets through it, and what came of them. Sets, an
 * object and a flowtable are there for those who need them: "s" and the map
 * "m" have IPv4 addresses for keys, "d" takes more, "o" has counters.
 */
#ifndef SKALD_TESTS_RULE_BENCH_H
#define SKALD_TESTS_RULE_BENCH_H

#include <criterion/criterion.h>

#include "bytecode.h"
#include "expr.h"

enum attr_kind {
	ATTR_END,
	ATTR_U8,
	ATTR_U16,
	ATTR_U32,
	ATTR_U64,
	ATTR_TEXT,
	ATTR_BYTES,
	ATTR_VALUE,
	ATTR_VERDICT,
};

/**
 * struct attr - an attribute of an expression
 * @type: NFTA_*
 * @kind: what it holds
 * @number: its number; for a verdict the code
 * @bytes: its bytes or text
 * @len: of @bytes
 */
struct attr {
	u16 type;
	u8 kind;
	u64 number;
	const void *bytes;
	u32 len;
};

/* clang-format off */
#define A8(type, number) { type, ATTR_U8, number, NULL, 0 }
#define A16(type, number) { type, ATTR_U16, number, NULL, 0 }
#define A32(type, number) { type, ATTR_U32, number, NULL, 0 }
#define A64(type, number) { type, ATTR_U64, number, NULL, 0 }
#define ATEXT(type, text) { type, ATTR_TEXT, 0, text, 0 }
#define ABYTES(type, bytes, len) { type, ATTR_BYTES, 0, bytes, len }
#define AVALUE(type, bytes, len) { type, ATTR_VALUE, 0, bytes, len }
#define AVERDICT(type, code) { type, ATTR_VERDICT, (u32)(code), NULL, 0 }
#define ATTRS(...) (const struct attr[]){ __VA_ARGS__, { 0 } }
/* clang-format on */

enum outcome {
	MATCHED,
	MISSED,
	UNKNOWN,
	REFUSED,
};

/**
 * struct bench - the rule, its world, and what came of a packet
 * @code: messages in the making
 * @vm: the machine, once loaded
 * @family: of the table
 * @hook: of the chain
 * @err: what loading said
 * @now: clock of the next packet
 * @world: the answers below, as callbacks; set members to NULL: not known
 * @outcome: of the last packet
 * @verdict: what the rule decided
 * @miss: why it did not match
 * @mark: mark of the packet: before, and afterwards
 * @iif: input interface
 * @oif: output interface
 * @is_framed: packets begin with an Ethernet header
 * @effect: the last effect
 * @n_effects: how many since the bench was set up
 * @effect_answer: what carrying out says
 * @missing: facts that are not known, by bit
 * @facts: single facts
 * @ct: entry of conntrack
 * @link: every interface but 0
 * @fib: answer of the routing tables
 * @fib_query: what was asked
 * @route: route of the packet
 * @socket: socket of the packet
 * @answer: of @socket, @route, @xfrm, @fib: 0 or an errno
 * @xfrm: value of a security association
 * @connections: that share a key
 */
struct bench {
	struct code code;
	struct skald_vm *vm;
	u8 family;
	u8 hook;
	int err;
	u64 now;
	struct skald_vm_world world;
	enum outcome outcome;
	s32 verdict;
	struct skald_miss miss;
	u32 mark;
	u32 iif;
	u32 oif;
	bool is_framed;
	struct skald_effect effect;
	unsigned int n_effects;
	int effect_answer;
	u32 missing;
	u8 facts[SKALD_FACT_END][32];
	struct skald_vm_ct ct;
	struct skald_link_info link;
	struct skald_fib_answer fib;
	struct skald_fib_query fib_query;
	struct skald_route_info route;
	struct skald_socket_info socket;
	int answer;
	u32 xfrm[4];
	u32 connections;
};

/* A bench for a chain of a family, at a hook, of a type: "filter", "nat". */
void bench_begin(struct bench *bench, u8 family, u8 hook, const char *type);
/* One more expression of the rule. */
void bench_add(struct bench *bench, const char *name, const struct attr *attrs);
/* The same with attributes in place. */
#define ADD(bench, name, ...) bench_add(bench, name, ATTRS(__VA_ARGS__))
/* The register 1 is compared: == @bytes */
void bench_expect(struct bench *bench, const void *bytes, u32 len);
/* A value into register 1, or further on. */
void bench_load(struct bench *bench, u32 reg, const void *bytes, u32 len);
/* The rule is done: into the machine. Return: 0 or -errno */
int bench_close(struct bench *bench);
/* A packet through it; it may be changed. Return: what came of it */
enum outcome bench_send(struct bench *bench, u8 *packet, u32 len);
void bench_done(struct bench *bench);

/* A fact of the world. */
#define FACT(bench, name, value) \
	memcpy((bench)->facts[SKALD_FACT_##name], &(value), sizeof(value))

/* Close, send one TCP SYN, and clean up: what came of it. */
enum outcome bench_syn(struct bench *bench);

/* 10.0.0.1:12345 > 10.0.0.2:80, SYN with MSS 1460 */
#define SYN_LEN 44
void bench_make_syn(u8 packet[SYN_LEN]);
/* 10.0.0.1:5000 > 10.0.0.2:53, eight bytes */
#define UDP_LEN 36
void bench_make_udp(u8 packet[UDP_LEN]);
/* fd00::1 > fd00::2, hop-by-hop options, then TCP to port 443 */
#define SIX_LEN 68
void bench_make_six(u8 packet[SIX_LEN]);

#endif /* SKALD_TESTS_RULE_BENCH_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: classifiers as plain nf_tables comparisons
 *
 * For kernels without the bpf match and for families that refuse it (netdev).
 * A rewritten program is a graph without loops: each path to a "match" is a
 * conjunction of comparisons, and becomes one rule. A packet takes one path
 * only, so that at most one of the rules matches.
 */
#ifndef SKALD_LIB_NATIVE_H
#define SKALD_LIB_NATIVE_H

#include <stdint.h>

#include "classifier.h"
#include "error.h"

/* More rules than that: -E2BIG */
#define SKALD_NATIVE_RULES 64
/* More expressions a rule than that: -E2BIG; the kernel takes 128 in all */
#define SKALD_NATIVE_EXPRESSIONS 108

/**
 * enum skald_native_base - where the tested value is loaded from
 * @SKALD_NATIVE_LL: NFT_PAYLOAD_LL_HEADER
 * @SKALD_NATIVE_NH: NFT_PAYLOAD_NETWORK_HEADER
 * @SKALD_NATIVE_TH: NFT_PAYLOAD_TRANSPORT_HEADER
 * @SKALD_NATIVE_PROTOCOL: NFT_META_PROTOCOL: 2 bytes in network order
 * @SKALD_NATIVE_IIFTYPE: NFT_META_IIFTYPE: 2 bytes in *host* order, EQ, NE only
 * @SKALD_NATIVE_LEN: NFT_META_LEN: 4 bytes in *host* order; for the orders LT,
 *	LE, GT, GE, put a byteorder expression (hton, 4) before the cmp
 */
enum skald_native_base {
	SKALD_NATIVE_LL,
	SKALD_NATIVE_NH,
	SKALD_NATIVE_TH,
	SKALD_NATIVE_PROTOCOL,
	SKALD_NATIVE_IIFTYPE,
	SKALD_NATIVE_LEN,
};

/* How the value is compared, unsigned */
enum skald_native_op {
	SKALD_NATIVE_EQ,
	SKALD_NATIVE_NE,
	SKALD_NATIVE_LT,
	SKALD_NATIVE_LE,
	SKALD_NATIVE_GT,
	SKALD_NATIVE_GE,
};

/**
 * struct skald_native_test - one comparison: (loaded & @mask) @op @value
 * @base: enum skald_native_base
 * @op: enum skald_native_op
 * @len: bytes loaded: 1, 2 or 4
 * @offset: where in the header; 0 for the meta ones
 * @mask: and-ed with the loaded number (host view of a big-endian number of
 *	@len bytes); all ones of @len bytes: leave the bitwise expression out.
 *	0 with EQ 0: only asks whether the bytes are there
 * @value: compared with; same view
 *
 * Bytes that are not there make the rule not match (nf_tables does so by
 * itself).
 */
struct skald_native_test {
	uint8_t base;
	uint8_t op;
	uint8_t len;
	uint32_t offset;
	uint32_t mask;
	uint32_t value;
};

/**
 * struct skald_native_rule - a packet matches when all tests hold
 * @tests: the tests, in the order in which they should run
 * @n_tests: how many; 0: every packet matches
 */
struct skald_native_rule {
	struct skald_native_test *tests;
	unsigned int n_tests;
};

/**
 * struct skald_native - a packet matches when one of the rules does
 * @rules: the rules, heap; at most one matches a packet
 * @n_rules: how many; 0: no packet matches
 */
struct skald_native {
	struct skald_native_rule *rules;
	unsigned int n_rules;
};

/**
 * skald_native_translate() - turn a rewritten program into comparisons
 * @program: from skald_classifier_compile(); 0 instructions give 0 rules
 * @native: written on success; skald_native_done() frees it
 * @error: names the instruction that cannot be expressed, or the number
 *
 * Return: 0, -EOPNOTSUPP, -E2BIG, -ENOMEM.
 */
int skald_native_translate(const struct skald_program *program,
			   struct skald_native *native,
			   struct skald_error *error);
void skald_native_done(struct skald_native *native);

#endif /* SKALD_LIB_NATIVE_H */

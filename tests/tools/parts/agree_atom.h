/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what a rule asks for, taken apart
 *
 * An *atom* is one question of a rule: loads of registers and the comparison or
 * look-up that uses them, or one match of x_tables. What is known of a packet
 * that a rule takes is the sum of its atoms.
 */
#ifndef SKALD_TESTS_AGREE_ATOM_H
#define SKALD_TESTS_AGREE_ATOM_H

#include "expr_parts.h"
#include "set.h"
#include "table.h"
#include "xt.h"

#define ATOMS_MAX 48
#define HEADER_BYTES 64
#define HEADERS 3
#define METAS 40

/* @first to @last: its expressions, @n of them; @is_known: none of them is
 * chance, a clock or a count */
struct atom {
	const struct skald_vm_expr *first;
	const struct skald_vm_expr *last;
	unsigned int n;
	bool is_known;
};

struct range16 {
	u16 low;
	u16 high;
};

/* What is certain of a packet. @value, @mask: bits of headers by
 * NFT_PAYLOAD_*; @meta, @meta_len: by key, 0: not known; @port: source and
 * destination, @ports_of: 't' or 'u' when they were asked for; @flags,
 * @flags_mask: of TCP; @states: bits that are left;
 * @is_nothing: no packet is like that */
struct facts {
	struct atom atoms[ATOMS_MAX];
	unsigned int n_atoms;
	u8 value[HEADERS][HEADER_BYTES];
	u8 mask[HEADERS][HEADER_BYTES];
	u8 meta[METAS][16];
	u8 meta_len[METAS];
	struct range16 port[2];
	char ports_of;
	u8 flags;
	u8 flags_mask;
	u32 states;
	bool is_nothing;
};

void facts_init(struct facts *facts);
/* What @rule asks for is certain, too. */
void facts_add(struct facts *facts, const struct skald_vm_rule *rule);
/* Whether every such packet is one that @rule takes. */
bool facts_imply(const struct facts *facts, const struct skald_vm_rule *rule);
/* Whether @rule asks for anything. */
bool atoms_are_none(const struct skald_vm_rule *rule);

#endif /* SKALD_TESTS_AGREE_ATOM_H */

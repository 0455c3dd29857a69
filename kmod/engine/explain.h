/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: why a rule did not match
 *
 * Expressions know registers, people know fields. What a register holds is
 * found by going back from the expression that failed to the one that filled
 * the register.
 */
#ifndef SKALD_ENGINE_EXPLAIN_H
#define SKALD_ENGINE_EXPLAIN_H

#include "env.h"
#include "expr.h"
#include "expr_parts.h"
#include "vm.h"

/**
 * skald_explain() - why an expression failed
 * @rule: its rule
 * @expr: the expression
 * @regs: registers as it left them
 * @pkt: the context
 * @miss: written, but for @index and @missing
 */
void skald_explain(const struct skald_vm_rule *rule,
		   const struct skald_vm_expr *expr,
		   const struct skald_regs *regs,
		   const struct skald_vm_pkt *pkt, struct skald_miss *miss);

/**
 * struct skald_failure - an expression that failed
 * @rule: its rule
 * @expr: the expression
 * @regs: registers as it left them
 * @pkt: the context
 */
struct skald_failure {
	const struct skald_vm_rule *rule;
	const struct skald_vm_expr *expr;
	const struct skald_regs *regs;
	const struct skald_vm_pkt *pkt;
};

/**
 * skald_explain_source() - what the failed expression looked at
 * @failure: it
 * @reg: word it looked at
 * @len: bytes
 * @miss: @field and @actual are written
 *
 * Return: how the bytes are to be read.
 */
u8 skald_explain_source(const struct skald_failure *failure, u8 reg, u32 len,
			struct skald_miss *miss);

/**
 * skald_explain_masked() - a comparison of some bits of a field, as people say
 * it
 * @failure: the comparison
 * @cmp: its private bytes
 * @miss: @field, @expected and @actual are written
 *
 * "ct state established,related" loads the state, masks it and compares with 0:
 * what the register held at last is neither what was wanted nor what there was.
 * The same goes for the first bytes of an address, which are its prefix.
 *
 * Return: false: it is not such a comparison, nothing was written.
 */
bool skald_explain_masked(const struct skald_failure *failure,
			  const struct skald_cmp *cmp, struct skald_miss *miss);

/* Name of a header's bytes, as nft writes it. Return: how they are read */
u8 skald_field_name(const struct skald_vm_pkt *pkt, u8 base, u32 offset,
		    u32 len, struct skald_phrase *name);

#endif /* SKALD_ENGINE_EXPLAIN_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: rules that no packet can hit
 *
 * A rule is out of reach when nothing leads to its chain, when what it asks for
 * contradicts what the rules that lead there ask for, or when an earlier rule
 * ends the way of every packet that it would take. Only what is certain counts:
 * without a cause here a rule may still be out of reach.
 */
#ifndef SKALD_TESTS_AGREE_REACH_H
#define SKALD_TESTS_AGREE_REACH_H

#include "table.h"

struct agree_reach;

/* Ends the program without memory. @vm: borrowed */
struct agree_reach *agree_reach_new(const struct skald_vm *vm);
void agree_reach_free(struct agree_reach *reach);

/* Why no packet can hit @rule, in @text. false: not proven */
bool agree_reach_why_not(const struct agree_reach *reach,
			 const struct skald_vm_rule *rule, char *text,
			 size_t size);

#endif /* SKALD_TESTS_AGREE_REACH_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: guards
 *
 * Most rules fail at their first comparison. A *guard* is such a comparison
 * taken out of the rule: four bytes of the packet's block (struct
 * skald_vm_pkt), a mask and a value. It is a necessary condition: where it
 * fails, the rule's first expressions would have failed; where it holds, or the
 * packet lacks those bytes, the rule is looked at in full. So guards change how
 * fast the answer comes, never the answer.
 */
#ifndef SKALD_ENGINE_GUARD_H
#define SKALD_ENGINE_GUARD_H

#include "env.h"
#include "vm.h"

/**
 * struct skald_guard - four bytes and what they must be
 * @mask: bytes that count, 0: all packets pass
 * @value: what they must be
 * @at: offset in the block
 * @region: enum skald_block_region
 * @end: bytes of the region that must be there
 *
 * Mask 0 and a value other than 0 lets nothing pass: a deleted rule.
 */
struct skald_guard {
	u32 mask;
	u32 value;
	u16 at;
	u8 region;
	u8 end;
};

/* Whether the rule behind a guard cannot match. */
static __always_inline bool skald_guard_fails(const struct skald_guard *guard,
					      const struct skald_vm_pkt *pkt)
{
	u32 word;

	memcpy(&word, pkt->block + guard->at, sizeof(word));
	return (word & guard->mask) != guard->value &&
	       guard->end <= pkt->have[guard->region];
}

/**
 * skald_guard_make() - the guards of a rule
 * @rule: the rule
 * @first: written
 * @second: written
 */
void skald_guard_make(const struct skald_vm_rule *rule,
		      struct skald_guard *first, struct skald_guard *second);

/* Fill the block of a context. */
void skald_guard_fill(struct skald_vm_pkt *pkt);

#endif /* SKALD_ENGINE_GUARD_H */

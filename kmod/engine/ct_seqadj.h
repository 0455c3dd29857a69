/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: sequence adjustment, the entry's slot
 *
 * Where a helper made a command longer or shorter, all later sequence numbers
 * of that direction move. The last two steps are remembered: before @position
 * the offset is @before, from there on @after.
 */
#ifndef SKALD_ENGINE_CT_SEQADJ_H
#define SKALD_ENGINE_CT_SEQADJ_H

#include "ct.h"

/**
 * struct skald_ct_seq - offset of one direction's sequence numbers
 * @position: sequence number from which on @after holds
 * @before: bytes added before @position
 * @after: bytes added from @position on
 */
struct skald_ct_seq {
	u32 position;
	s32 before;
	s32 after;
};

/**
 * struct skald_ct_seqadj - slot of an entry; under its lock
 * @seq: of each direction
 */
struct skald_ct_seqadj {
	struct skald_ct_seq seq[SKALD_CT_DIRS];
};

/**
 * skald_ct_seq_offset() - by how much a sequence number was moved
 * @ct: the entry
 * @dir: direction whose numbers moved
 * @seq: the number
 *
 * As nf_ct_seq_offset().
 */
static inline s32 skald_ct_seq_offset(const struct skald_ct *ct,
				      enum skald_ct_dir dir, u32 seq)
{
	const struct skald_ct_seq *moved;

	if (likely(!ct->seqadj))
		return 0;
	moved = &ct->seqadj->seq[dir];
	return (s32)(seq - moved->position) > 0 ? moved->after : moved->before;
}

#endif /* SKALD_ENGINE_CT_SEQADJ_H */

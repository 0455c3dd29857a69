/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: shapes told lately
 *
 * Packing and hashing a story's path is most of what packing costs, and nearly
 * every packet takes a path that an earlier one took. The memo knows the packed
 * shapes of such paths: comparing is cheaper than packing. What counts is what
 * is packed, string by string; the caller's key only says where to look.
 */
#ifndef SKALD_LIB_SHAPE_MEMO_H
#define SKALD_LIB_SHAPE_MEMO_H

#include "story.h"

struct skald_shape_memo;

/* Return: an empty memo, or NULL: no memory */
struct skald_shape_memo *skald_shape_memo_new(void);
void skald_shape_memo_free(struct skald_shape_memo *memo);

/**
 * skald_shape_memo_pack() - skald_story_pack() with a memory
 * @memo: the memo
 * @key: the same for stories whose paths are likely to be the same
 * @story: the story
 * @shape: emptied, then shape bytes, unless they are in the memo
 * @own: emptied, then own bytes
 * @packed: written; points into @own, and into @shape or @memo: valid until
 *	the next call
 *
 * Return: 0 or -ENOMEM.
 */
int skald_shape_memo_pack(struct skald_shape_memo *memo, uint64_t key,
			  const struct skald_story *story,
			  struct skald_buffer *shape, struct skald_buffer *own,
			  struct skald_packed *packed);

#endif /* SKALD_LIB_SHAPE_MEMO_H */

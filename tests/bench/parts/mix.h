/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a mix of stories as a busy router tells them
 *
 * Story number N is the same each time: one of some hundred ways through the
 * rules (few are common, most are rare), one of some ten thousand flows, own
 * times, lengths, identifications and entries of the connection tracker.
 */
#ifndef SKALD_BENCH_MIX_H
#define SKALD_BENCH_MIX_H

#include "story.h"

#define MIX_SHAPES 320
#define MIX_FLOWS 30000
#define MIX_START_NS UINT64_C(1750000000000000000)

/**
 * mix_story() - make one
 * @number: from 0
 * @story: written; its strings and events are valid until the next call
 */
void mix_story(uint64_t number, struct skald_story *story);

#endif /* SKALD_BENCH_MIX_H */

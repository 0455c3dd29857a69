/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: sample stories for the tests of screens
 *
 * Story number n is always the same, whatever machine, clock and kernel: six
 * kinds of packets in turn, ten milliseconds apart.
 */
#ifndef SKALD_TESTS_TUI_SAMPLE_H
#define SKALD_TESTS_TUI_SAMPLE_H

#include "story.h"

/* 2026-03-01 12:00:00 UTC */
#define SAMPLE_START_NS 1772366400000000000ull
#define SAMPLE_STEP_NS 10000000ull
#define SAMPLE_NETNS "router"
#define SAMPLE_GENERATION 7

/**
 * sample_story() - tell story number @id
 * @id: from 1; the kind is (@id - 1) % 6
 * @story: written, free with skald_story_done()
 *
 * Return: 0 or -ENOMEM.
 */
int sample_story(uint64_t id, struct skald_story *story);

/* The ruleset that all of them met, as "nft -a list ruleset" writes it. */
extern const char sample_ruleset[];

#endif /* SKALD_TESTS_TUI_SAMPLE_H */

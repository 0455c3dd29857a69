/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what a recording says of a connection
 *
 * Shared by those who walk recorded stories again.
 */
#ifndef SKALD_LIB_ENGINE_REENACT_H
#define SKALD_LIB_ENGINE_REENACT_H

#include "story.h"
#include "vm_world.h"

struct skald_passage;

/* Answers rules from a recording; its owner is a struct skald_passage. */
extern const struct skald_vm_world skald_reenact_world;

/**
 * skald_reenact_bridge() - interfaces of a frame that was in a bridge
 * @passage: at a hook, with the interfaces that it would have without bridges
 * @story: what was recorded
 */
void skald_reenact_bridge(struct skald_passage *passage,
			  const struct skald_story *story);

/* The same of a story's first conntrack event; none: nothing is known. */
void skald_reenact_state(const struct skald_story *story,
			 struct skald_vm_ct *ct);

#endif /* SKALD_LIB_ENGINE_REENACT_H */

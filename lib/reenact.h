/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: recorded stories, walked again
 *
 * Takes a recorded story through its own generation once more: each base chain
 * that the kernel told of runs in the engine's rule machine, on the packet as
 * it was seen there. What else the kernel said is taken as it is: connection
 * tracking, translations, interfaces, marks and routes come from the story's
 * own events. So each chain stands for itself, the path can be compared with
 * the kernel's, and the rules that did not match say why.
 *
 * What neither the story nor the world knows is unknown: bytes behind the
 * headers that were recorded, sockets, what limits and dynamic sets had
 * counted.
 */
#ifndef SKALD_LIB_REENACT_H
#define SKALD_LIB_REENACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "story.h"

/**
 * enum skald_agreement - the kernel's path against the engine's
 * @SKALD_AGREES: the same rules, the same verdicts
 * @SKALD_DISAGREES: another path, although all was known
 * @SKALD_AGREEMENT_UNKNOWN: it depends on what is not known
 */
enum skald_agreement {
	SKALD_AGREES,
	SKALD_DISAGREES,
	SKALD_AGREEMENT_UNKNOWN,
};

/* "agrees", "disagrees", "unknown" */
const char *skald_agreement_word(enum skald_agreement agreement);

/**
 * struct skald_scene - a base chain, there and here
 * @agreement: of the two
 * @because: why it is not known, or what differs first; NULL: they agree
 * @then: index of its chain event in the recorded story
 * @n_then: events until the next chain, or the end
 * @now: the same in the story walked again
 * @n_now: likewise
 */
struct skald_scene {
	enum skald_agreement agreement;
	const char *because;
	unsigned int then;
	unsigned int n_then;
	unsigned int now;
	unsigned int n_now;
};

/**
 * struct skald_near_miss - a rule that did not match
 * @event: index of its miss event in the story walked again
 * @scene: index of its scene
 * @passed: conditions that held
 * @conditions: conditions that it has
 * @is_unknown: it could not be decided
 */
struct skald_near_miss {
	unsigned int event;
	unsigned int scene;
	unsigned int passed;
	unsigned int conditions;
	bool is_unknown;
};

/**
 * struct skald_reenacted - a story that was walked again
 * @story: the recorded events, with the engine's walk in the place of the
 *	kernel's; strings of recorded events are borrowed from that story
 * @agreement: of all scenes: the worst
 * @scenes: base chains in order, in the story's memory
 * @n_scenes: how many
 * @misses: in order, in the story's memory
 * @n_misses: how many
 */
struct skald_reenacted {
	struct skald_story story;
	enum skald_agreement agreement;
	struct skald_scene *scenes;
	unsigned int n_scenes;
	struct skald_near_miss *misses;
	unsigned int n_misses;
};

/**
 * skald_reenact() - walk a story again
 * @engine: in the world of its generation
 * @recorded: the story; must outlive @reenacted
 * @tells_misses: rules that did not match become events, too
 * @reenacted: written on success; give to skald_reenacted_done()
 *
 * Return: 0 or -ENOMEM.
 */
int skald_reenact(struct skald_engine *engine,
		  const struct skald_story *recorded, bool tells_misses,
		  struct skald_reenacted *reenacted);
void skald_reenacted_done(struct skald_reenacted *reenacted);

/**
 * skald_reenact_compare() - hold one scene's walks against each other
 * @engine: the engine
 * @recorded: the kernel's story
 * @reenacted: the engine's
 * @scene: @then and @now are set; the rest is written
 * @n_unknown: rules that the engine passed over
 */
void skald_reenact_compare(const struct skald_engine *engine,
			   const struct skald_story *recorded,
			   const struct skald_story *reenacted,
			   struct skald_scene *scene, unsigned int n_unknown);

#endif /* SKALD_LIB_REENACT_H */

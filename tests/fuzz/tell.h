/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: every way in which a story is told
 */
#ifndef SKALD_FUZZ_TELL_H
#define SKALD_FUZZ_TELL_H

#include "fuzz.h"
#include "story.h"

/* Its JSON line, which has to be valid JSON; free() it. */
char *tell_json(const struct skald_story *story);
/* As JSON and on a screen, for those who tell many. */
void tell_once(const struct skald_story *story);
/* On paper and on screens, wide and narrow. */
void tell_people(const struct skald_story *story);
/* Packed and told again it says the same, and packs to the same bytes. */
void tell_again(const struct skald_story *story);

#endif /* SKALD_FUZZ_TELL_H */

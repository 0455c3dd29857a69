/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a world that the teller can ask
 *
 * Its tables are those of make_seeds.c: "inet fw" with the chains pre,
 * across, post and side, and rules of every meaning under the handles 1 to 40.
 */
#ifndef SKALD_FUZZ_WORLD_H
#define SKALD_FUZZ_WORLD_H

#include "teller.h"

/* User data of the ops: from world_new() */
extern const struct skald_teller_ops world_ops;

struct skald_rulebook *world_new(void);

#endif /* SKALD_FUZZ_WORLD_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what the kernel's chance was
 *
 * The path that the kernel tells of a packet says whether a rule that asks for
 * a random number matched, and where it led. A number that gives the same
 * answer is told to the engine, so that what comes after it can be compared.
 */
#ifndef SKALD_TESTS_AGREE_CHANCE_H
#define SKALD_TESTS_AGREE_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

/* For struct skald_engine_input; @path: const char *, as agree_path() makes it.
 * Where a rule was passed twice its first pass counts. */
bool agree_chance(void *path, const struct skald_vm_rule *rule,
		  uint32_t *number);

#endif /* SKALD_TESTS_AGREE_CHANCE_H */

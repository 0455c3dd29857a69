/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_FUZZ_CT_SEEDS_H
#define SKALD_FUZZ_CT_SEEDS_H

#include <stddef.h>

/* The seeds of the helpers' fuzzers. */
void ct_seeds(void);

/* Those of tracking and reassembly. */
void ct_track_seeds(void);

/* Writes a seed; what made them gives it. */
void ct_seed_save(const char *target, const char *name, const void *data,
		  size_t size);

#endif /* SKALD_FUZZ_CT_SEEDS_H */

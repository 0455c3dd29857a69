/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: Jenkins' hash, as rules use it */
#ifndef SKALD_ENGINE_JHASH_H
#define SKALD_ENGINE_JHASH_H

#include "env.h"

/* lookup3 by Bob Jenkins (2006), with the kernel's start value: jhash(). */
u32 skald_jhash(const void *key, u32 len, u32 seed);

#endif /* SKALD_ENGINE_JHASH_H */

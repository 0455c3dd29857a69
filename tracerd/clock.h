/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the two clocks, in nanoseconds
 */
#ifndef SKALD_TRACERD_CLOCK_H
#define SKALD_TRACERD_CLOCK_H

#include <stdint.h>
#include <time.h>

#define SKALD_NS_PER_MS 1000000ULL
#define SKALD_NS_PER_SECOND 1000000000ULL

static inline uint64_t skald_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * SKALD_NS_PER_SECOND +
	       (uint64_t)now.tv_nsec;
}

static inline uint64_t skald_clock_monotonic(void)
{
	return skald_clock(CLOCK_MONOTONIC);
}

static inline uint64_t skald_clock_realtime(void)
{
	return skald_clock(CLOCK_REALTIME);
}

#endif /* SKALD_TRACERD_CLOCK_H */

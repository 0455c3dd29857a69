// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both sides of the queue ask of a raw story.
 */
#include "raw.h"

#include <string.h>

unsigned int skald_raw_marks(const struct skald_raw_story *raw,
			     uint32_t ids[SKALD_RAW_IDS])
{
	unsigned int n = raw->n_ids;
	uint32_t i;

	memcpy(ids, raw->ids, n * sizeof(*ids));
	for (i = 0; i < raw->n_events && n < SKALD_RAW_IDS; i++) {
		const struct skald_step *step = raw->events[i].step;
		unsigned int known = 0;

		if (step->role != SKALD_ROLE_MARK || !step->handle)
			continue;
		while (known < n && ids[known] != step->value)
			known++;
		if (known == n)
			ids[n++] = step->value;
	}
	return n;
}

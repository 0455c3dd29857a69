// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packed stories: what the store and the control socket hand to the teller of
 * tales. Whatever unpacks is told in every way, and packs again to the same.
 */
#include "packed.h"
#include "tell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skald_packed packed;
	struct skald_story story;

	if (!packed_read(data, size, &packed))
		return 0;
	if (!skald_story_unpack(&packed, &story)) {
		tell_again(&story);
		tell_people(&story);
		skald_story_done(&story);
	}
	packed_done(&packed);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: paths that can be compared
 *
 * What both the kernel, as it is followed, and the engine tell of a packet:
 * base chains, rules and verdicts, the connection's state, translations and
 * where it ended.
 */
#ifndef SKALD_TESTS_AGREE_PATH_H
#define SKALD_TESTS_AGREE_PATH_H

#include "story.h"

/* The table that keeps the kernel's own packets away from connections. */
#define AGREE_QUIET "skald-1"

/*
 * The path as text; heap. Ends the program without memory. @is_early: a packet
 * that conntrack dropped at a hook without chains was last seen at the hook
 * before: our last chain and conntrack have one priority, and which of them is
 * asked first depends on which was there first (nf_hook_entries_grow()).
 */
char *agree_path(const struct skald_story *story, bool is_early);

/* Whether a rule, not a translation, wrote addresses or ports: nft shows
 * headers once a chain, and there it looks like a translation. */
bool agree_is_rewritten(const struct skald_story *story);
/* Takes translations out of a path. */
void agree_leave_nat(char *path);

/* What tells a packet from others; @iif: NULL: it was made here */
void agree_name(const struct skald_packet *packet, const char *iif, char *text,
		size_t size);

#endif /* SKALD_TESTS_AGREE_PATH_H */

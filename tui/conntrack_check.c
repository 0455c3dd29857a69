// SPDX-License-Identifier: GPL-2.0-only
/*
 * "skald conntrack check": why packets are invalid.
 */
#include "command.h"
#include "conntrack.h"

int skald_conntrack_check(struct skald_conntrack_wish *wish)
{
	return SKALD_EXIT_DONE;
}
int skald_conntrack_halfclose(struct skald_conntrack_wish *wish)
{
	return SKALD_EXIT_DONE;
}

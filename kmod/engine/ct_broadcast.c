// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers to broadcasts.
 */
#include "ct_broadcast.h"

static bool find_mask(const struct skald_ct_packet *packet, __be32 *mask)
{
	const struct skald_ct_owner *owner = &packet->table->owner;

	return packet->dir == SKALD_CT_ORIGINAL && owner->broadcast &&
	       owner->broadcast(owner->user, packet->view, mask) && *mask;
}

void skald_broadcast_expect(struct skald_ct_packet *packet, u32 timeout)
{
	struct skald_ct_tuple tuple =
		*skald_ct_tuple(packet->ct, SKALD_CT_REPLY);
	struct skald_ct_mask mask = { .sport = htons(0xffff) };
	struct skald_ct_expect *expect;

	if (!find_mask(packet, &mask.src.ip))
		return;
	expect = skald_ct_expect_new(packet->ct);
	if (!expect)
		return;
	tuple.dir = SKALD_CT_ORIGINAL;
	tuple.sport = htons(packet->ct->help->helper->ports[0]);
	skald_ct_expect_init(expect, 0, &tuple, &mask);
	expect->flags = SKALD_CT_EXPECT_PERMANENT;
	skald_ct_expect_related(packet, expect, false);
	skald_ct_expect_put(expect);
	skald_ct_refresh(packet, timeout);
}

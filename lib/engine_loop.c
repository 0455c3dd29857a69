// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this machine sends to all on a wire it hears itself: ip_mc_output(). A
 * clone goes through postrouting first, and comes in again by the interface by
 * which it went out.
 */
#include "engine_priv.h"

#include <linux/netfilter.h>
#include <stdlib.h>

#include "ct_helper.h"

/* The clone: its own bytes, its own story, the same entry of conntrack. */
static bool make_twin(const struct skald_passage *passage,
		      struct skald_passage *twin)
{
	const struct skald_view *view = &passage->room.view;
	uint32_t known = view->known - view->network;
	struct skald_view *own = &twin->room.view;

	*twin = *passage;
	twin->events = NULL;
	twin->size_events = 0;
	memset(&twin->story, 0, sizeof(twin->story));
	twin->buffer = malloc(known + SKALD_ENGINE_ROOM);
	if (!twin->buffer)
		return false;
	memcpy(twin->buffer, view->data + view->network, known);
	skald_view_room_init(&twin->room, twin->buffer,
			     known + SKALD_ENGINE_ROOM, known,
			     view->len - view->network);
	own->iif = view->iif;
	own->oif = view->oif;
	own->mark = view->mark;
	if (skald_view_set_network(own, 0, view->ethertype)) {
		free(twin->buffer);
		return false;
	}
	if (twin->has_ct) {
		twin->ct.view = own;
		(void)skald_ct_get(twin->ct.ct);
	}
	skald_passage_begin(twin);
	return true;
}

void skald_passage_loop(struct skald_passage *passage)
{
	struct skald_passage twin;

	if (!make_twin(passage, &twin)) {
		passage->failed = true;
		return;
	}
	if (skald_passage_hook(&twin, twin.room.view.family,
			       NF_INET_POST_ROUTING))
		skald_passage_wait(&twin, twin.room.view.oif);
	passage->failed |= twin.failed;
	if (twin.has_ct)
		skald_ct_done(&twin.ct);
	skald_arena_done(&twin.story.arena);
	free(twin.events);
	free(twin.buffer);
}

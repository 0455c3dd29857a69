// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments of a connection that is tracked wait for the others of their
 * datagram: ipv4_conntrack_defrag(), ipv6_defrag(). What comes before, base
 * chains of a lower priority among it, sees them one by one.
 */
#include "engine_priv.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>

/* The whole datagram takes the place of the fragment that completed it. */
static int replace(struct skald_passage *passage,
		   const struct skald_datagram *datagram)
{
	struct skald_view *view = skald_passage_view(passage);
	bool has_link = view->link != SKALD_VIEW_NONE;
	uint32_t link = has_link ? view->network - view->link : 0;
	uint32_t len = link + datagram->len;
	uint8_t *bytes = malloc(len + SKALD_ENGINE_ROOM);
	struct skald_view was = *view;
	int err;

	if (!bytes)
		return -ENOMEM;
	if (link)
		memcpy(bytes, view->data + view->link, link);
	memcpy(bytes + link, datagram->bytes, datagram->len);
	free(passage->buffer);
	passage->buffer = bytes;
	skald_view_room_init(&passage->room, bytes, len + SKALD_ENGINE_ROOM,
			     len, len);
	view->iif = was.iif;
	view->oif = was.oif;
	view->mark = was.mark;
	err = has_link ? skald_view_set_ethernet(view)
		       : skald_view_set_network(view, 0, was.ethertype);
	skald_vm_pkt_refresh(&passage->pkt);
	return err;
}

static void tell(struct skald_passage *passage, const char *how)
{
	struct skald_event *event =
		skald_passage_add(passage, SKALD_REASSEMBLE);

	if (event)
		SKALD_SET(event, reassemble, how, how);
}

static int gather(struct skald_passage *passage)
{
	struct skald_view *view = skald_passage_view(passage);
	struct skald_datagram datagram;
	int err;

	err = skald_defrag_add(passage->engine->defrag, view, passage->zone,
			       passage->input->t_ns, &datagram);
	if (err == -ENOMSG)
		return NF_ACCEPT;
	if (err == -EINPROGRESS) {
		tell(passage, "waits for the other fragments");
		skald_passage_end(passage, SKALD_ENDING_CONSUMED,
				  "waits for the other fragments");
		return NF_STOLEN;
	}
	if (err) {
		passage->story.ending.text = "fragment that does not fit";
		return NF_DROP;
	}
	err = replace(passage, &datagram);
	skald_datagram_done(&datagram);
	if (err) {
		passage->failed |= err == -ENOMEM;
		passage->story.ending.text = "no datagram came of it";
		return NF_DROP;
	}
	tell(passage, "the datagram is complete");
	skald_passage_becomes(passage);
	return NF_ACCEPT;
}

int skald_passage_gather(struct skald_passage *passage)
{
	if (!passage->room.view.is_fragment ||
	    !passage->engine->tracks[passage->pf == NFPROTO_IPV6])
		return NF_ACCEPT;
	return gather(passage);
}

bool skald_passage_join(struct skald_passage *passage)
{
	int verdict = gather(passage);

	if (verdict == NF_DROP)
		skald_passage_end(passage, SKALD_ENDING_DROPPED, "DUP_FRAG");
	return verdict == NF_ACCEPT;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <skald/uapi.h>

#include "classifier.h"
#include "mark.h"
#include "packet.h"
#include "place.h"
#include "ring.h"
#include "snap.h"
#include "socket.h"
#include "table.h"

bool skald_marking __read_mostly;

static void mark_tell(u64 id, const struct skald_classifier *classifier,
		      const struct skald_where *where)
{
	struct skald_space space;
	struct skald_r_mark *mark;

	mark = skald_ring_begin(&space, id, SKALD_R_MARK, sizeof(*mark));
	if (!mark)
		return;
	mark->classifier = classifier->id;
	mark->netns = where->net->ns.inum;
	skald_dev_tell(&mark->in, where->in);
	skald_dev_tell(&mark->out, where->out);
	mark->point = where->point;
	mark->family = where->family;
	skald_ring_end(&space);
}

struct skald_packet *skald_mark_try(struct sk_buff *skb,
				    const struct skald_where *where)
{
	bool output = where->point != SKALD_POINT_RECEIVE;
	struct skald_classifier *classifier;
	struct skald_packet *packet;

	if (!READ_ONCE(skald_marking))
		return NULL;
	classifier = skald_table_match(skb, where);
	if (!classifier)
		return NULL;
	packet = skald_packet_add(skb, where->net->ns.inum);
	if (!packet) {
		atomic64_dec(&classifier->marked);
		atomic64_inc(&classifier->full);
		return NULL;
	}
	skald_packet_count(false);
	mark_tell(packet->id, classifier, where);
	skald_snap_tell(packet->id, skb, output ? skb_network_offset(skb) : 0);
	if (output && skb->sk)
		skald_socket_tell(SKALD_R_SENDER, packet->id, skb->sk, 0,
				  false);
	return packet;
}

void skald_mark_link(const struct skald_packet *packet,
		     const struct skald_kin *kin)
{
	struct skald_space space;
	struct skald_r_link *link;

	skald_packet_count(true);
	link = skald_ring_begin(&space, packet->id, SKALD_R_LINK,
				sizeof(*link));
	if (!link)
		return;
	link->parent = kin->parent;
	link->place = skald_place(kin->place);
	link->cookie = kin->cookie;
	link->netns = packet->netns;
	link->how = kin->how;
	skald_ring_end(&space);
}

struct skald_packet *skald_mark_child(struct sk_buff *skb, u32 netns,
				      const struct skald_kin *kin)
{
	struct skald_packet *packet = skald_packet_add(skb, netns);

	if (packet)
		skald_mark_link(packet, kin);
	return packet;
}

void skald_mark_rebirth(struct skald_packet *packet, struct sk_buff *skb,
			u32 netns, u16 how)
{
	struct skald_kin kin = { .how = how };

	skald_packet_mend(packet, skb);
	kin.parent = skald_packet_renew(packet, netns);
	skald_mark_link(packet, &kin);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/percpu.h>
#include <skald/uapi.h>

#include "compat.h"
#include "fragment.h"
#include "lineage.h"
#include "mark.h"
#include "packet.h"
#include "place.h"
#include "ring.h"

/**
 * struct maker - what is being made on a CPU
 * @skb: from which packet; only compared
 * @place: for whom
 * @cookie: of a reassembly
 * @how: enum skald_link_how
 */
struct maker {
	const struct sk_buff *skb;
	unsigned long place;
	u64 cookie;
	u16 how;
};

static DEFINE_PER_CPU(struct maker, makers);

static void make(const struct sk_buff *skb, unsigned long place, u16 how)
{
	struct maker *maker = this_cpu_ptr(&makers);

	if (likely(!skb->nf_trace))
		return;
	maker->skb = skb;
	maker->place = place;
	maker->cookie = 0;
	maker->how = how;
}

void skald_lineage_on_clone(struct pt_regs *regs, unsigned long parent)
{
	make(skald_arg(regs, 0), parent, SKALD_LINK_CLONE);
}

void skald_lineage_on_copy(struct pt_regs *regs, unsigned long parent)
{
	make(skald_arg(regs, 0), parent, SKALD_LINK_COPY);
}

void skald_lineage_on_segment(struct pt_regs *regs, unsigned long parent)
{
	make(skald_arg(regs, 0), parent, SKALD_LINK_SEGMENT);
}

void skald_lineage_on_morph(struct pt_regs *regs, unsigned long parent)
{
	const struct sk_buff *skb = skald_arg(regs, 1);

	make(skb, parent, SKALD_LINK_REASSEMBLE);
	if (skb->nf_trace)
		this_cpu_ptr(&makers)->cookie =
			skald_fragment_cookie(skald_arg(regs, 0));
}

void skald_lineage_on_header(struct pt_regs *regs, unsigned long parent)
{
	struct sk_buff *child = skald_arg(regs, 0);
	struct sk_buff *skb = skald_arg(regs, 1);
	struct skald_packet *packet = skald_packet_get(skb);
	const struct maker *maker = this_cpu_ptr(&makers);
	struct skald_kin kin = { .place = parent, .how = SKALD_LINK_CLONE };
	struct skald_packet *born;

	if (!packet)
		return;
	kin.parent = packet->id;
	if (maker->skb == skb) {
		kin.place = maker->place;
		kin.cookie = maker->cookie;
		kin.how = maker->how;
	}
	born = skald_mark_child(child, packet->netns, &kin);
	if (!born)
		return;
	born->flags |= packet->flags & SKALD_PACKET_SENT;
	if (kin.how == SKALD_LINK_REASSEMBLE)
		born->flags |= SKALD_PACKET_WHOLE;
	else if (kin.how == SKALD_LINK_SEGMENT)
		born->flags |= SKALD_PACKET_UNSHOWN;
}

void skald_lineage_on_scrub(struct pt_regs *regs, unsigned long parent)
{
	struct skald_packet *packet = skald_packet_get(skald_arg(regs, 0));
	struct skald_space space;
	struct skald_r_scrub *scrub;

	if (!packet)
		return;
	skald_packet_scrub(packet);
	scrub = skald_ring_begin(&space, packet->id, SKALD_R_SCRUB,
				 sizeof(*scrub));
	if (!scrub)
		return;
	scrub->place = skald_place(parent);
	scrub->foreign = skald_arg_u32(regs, 1) & 1;
	skald_ring_end(&space);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <skald/uapi.h>

#include "compat.h"
#include "end.h"
#include "fib.h"
#include "fragment.h"
#include "packet.h"
#include "place.h"
#include "ring.h"
#include "snap.h"
#include "socket.h"

void skald_end_tell(u16 type, u64 id, unsigned long place, u32 reason)
{
	struct skald_space space;
	struct skald_r_end *end;

	end = skald_ring_begin(&space, id, type, sizeof(*end));
	if (!end)
		return;
	end->place = skald_place(place);
	end->reason = reason;
	skald_process_tell(&end->pid, end->command);
	skald_ring_end(&space);
}

static void end(struct sk_buff *skb, u16 type, unsigned long place, u32 reason)
{
	struct skald_packet *packet, last;

	if (likely(!skb->nf_trace) &&
	    likely(!atomic_read(&skald_packets_scrubbed)))
		return;
	/* Its parts first: they go with it, and none of them is dropped. */
	packet = skald_packet_peek(skb);
	if (!packet ||
	    !(skb->nf_trace || packet->flags & SKALD_PACKET_SCRUBBED))
		return;
	if (packet->flags & SKALD_PACKET_WHOLE)
		skald_fragment_settle(skb, packet);
	skald_snap_show(packet, skb);
	if (!skald_packet_take(skb, &last))
		return;
	skald_fib_done(skb);
	skald_fragment_done(&last);
	skald_end_tell(type, last.id, place, reason);
}

#ifdef SKALD_HAS_KFREE_SOCKET
void skald_end_on_drop(void *data, struct sk_buff *skb, void *place,
		       enum skb_drop_reason reason, struct sock *sk)
#else
void skald_end_on_drop(void *data, struct sk_buff *skb, void *place,
		       enum skb_drop_reason reason)
#endif
{
	end(skb, SKALD_R_DROP, (unsigned long)place, reason);
}

#ifdef SKALD_HAS_CONSUME_PLACE
void skald_end_on_consume(void *data, struct sk_buff *skb, void *place)
#else
void skald_end_on_consume(void *data, struct sk_buff *skb)
#endif
{
#ifdef SKALD_HAS_CONSUME_PLACE
	end(skb, SKALD_R_CONSUME, (unsigned long)place, 0);
#else
	end(skb, SKALD_R_CONSUME, 0, 0);
#endif
}

void skald_end_on_release(struct pt_regs *regs, unsigned long parent)
{
	end(skald_arg(regs, 0), SKALD_R_FREE, parent, 0);
}

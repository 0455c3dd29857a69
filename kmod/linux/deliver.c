// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <linux/ptrace.h>
#include <skald/uapi.h>

#include "compat.h"
#include "deliver.h"
#include "packet.h"
#include "socket.h"

static void deliver(const struct sk_buff *skb, const struct sock *sk, u16 type,
		    struct pt_regs *regs, bool backlog)
{
	struct skald_packet *packet = skald_packet_get(skb);

	/* The place is the function that was entered. */
	if (packet)
		skald_socket_tell(type, packet->id, sk,
				  instruction_pointer(regs) - MCOUNT_INSN_SIZE,
				  backlog);
}

void skald_deliver_on_socket(struct pt_regs *regs, unsigned long parent)
{
	deliver(skald_arg(regs, 1), skald_arg(regs, 0), SKALD_R_DELIVER, regs,
		false);
}

void skald_deliver_on_backlog(struct pt_regs *regs, unsigned long parent)
{
	deliver(skald_arg(regs, 1), skald_arg(regs, 0), SKALD_R_DELIVER, regs,
		true);
}

void skald_deliver_on_kernel(struct pt_regs *regs, unsigned long parent)
{
	deliver(skald_arg(regs, 0), NULL, SKALD_R_DELIVER, regs, false);
}

void skald_deliver_on_arp(struct pt_regs *regs, unsigned long parent)
{
	deliver(skald_arg(regs, 2), NULL, SKALD_R_DELIVER, regs, false);
}

void skald_deliver_on_tap(struct pt_regs *regs, unsigned long parent)
{
	const struct packet_type *type = skald_arg(regs, 2);

	deliver(skald_arg(regs, 0), type->af_packet_priv, SKALD_R_TAP, regs,
		false);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: a packet's headers as its hook sees them */
#ifndef SKALD_ENGINE_VM_PKT_H
#define SKALD_ENGINE_VM_PKT_H

#include "env.h"
#include "vm.h"

/* Offset of the network header of the kernel's skb at this hook. */
u32 skald_pkt_network(const struct skald_vm_pkt *pkt);
/* skb->protocol, host order. */
u16 skald_pkt_protocol(const struct skald_vm_pkt *pkt);
static inline bool skald_pkt_is_ipv6(const struct skald_vm_pkt *pkt)
{
	return skald_pkt_protocol(pkt) == ETH_P_IPV6;
}

/* skb->len at this hook. */
u32 skald_pkt_len(const struct skald_vm_pkt *pkt);

/* The packet's bytes, mark or interfaces changed while it is walked. */
void skald_pkt_changed(struct skald_vm_pkt *pkt);

/**
 * skald_pkt_ipv6_find() - a header of an IPv6 packet
 * @pkt: the context
 * @target: its type; -1: the transport header
 * @off: written: offset in the frame
 * @fragoff: written when a fragment header was met: its offset in bytes
 *
 * As ipv6_find_hdr().
 *
 * Return: its type; -ENOENT: there is none; -EINVAL: the packet ends before;
 * -ENODATA: its bytes are not known.
 */
int skald_pkt_ipv6_find(const struct skald_vm_pkt *pkt, int target, u32 *off,
			u16 *fragoff);

/* The same for a packet whose header is at @network: what an error quotes. */
int skald_pkt_ipv6_find_at(const struct skald_vm_pkt *pkt, u32 network,
			   int target, u32 *off, u16 *fragoff);

#endif /* SKALD_ENGINE_VM_PKT_H */

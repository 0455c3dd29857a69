/* SPDX-License-Identifier: GPL-2.0-only */
/* DOC: what matches and targets of ebtables share */
#ifndef SKALD_ENGINE_XT_BRIDGE_H
#define SKALD_ENGINE_XT_BRIDGE_H

#include "xt.h"

#define SKALD_ETHER_LEN 14

/* Offset of what the Ethernet header carries: skb->data of the bridge's hooks.
 * The frame must have a link-layer header. */
u32 skald_xt_bridge_data(const struct skald_vm_pkt *pkt);

/* Bytes behind the Ethernet header. SKALD_XT_YES: written; SKALD_XT_NO: the
 * frame ends before; -ENODATA */
int skald_xt_bridge_pull(const struct skald_vm_pkt *pkt, u32 off, u32 len,
			 void *to);

#endif /* SKALD_ENGINE_XT_BRIDGE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKALD_ENGINE_CT_BROADCAST_H
#define SKALD_ENGINE_CT_BROADCAST_H

#include "ct_helper.h"

/**
 * skald_broadcast_expect() - answers to a broadcast come from anywhere
 * @packet: the packet
 * @timeout: seconds that the entry lives on
 *
 * Expects answers from the whole network it was sent to, from the helper's
 * first port, as long as the expectation lives. Only the host that sends knows
 * that it is a broadcast, see struct skald_ct_owner. As
 * nf_conntrack_broadcast_help().
 */
void skald_broadcast_expect(struct skald_ct_packet *packet, u32 timeout);

#endif /* SKALD_ENGINE_CT_BROADCAST_H */

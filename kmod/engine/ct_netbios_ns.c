// SPDX-License-Identifier: GPL-2.0-only
/*
 * NetBIOS name service (RFC 1002): queries are broadcast. As
 * nf_conntrack_netbios_ns.c.
 */
#include "ct_broadcast.h"
#include "ct_helpers.h"

#define TIMEOUT 3

static int help(struct skald_ct_packet *packet)
{
	skald_broadcast_expect(packet, TIMEOUT);
	return NF_ACCEPT;
}

static const u16 ports[] = { 137, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "netbios-ns",
	.max = 1,
	.timeout = TIMEOUT,
};

const struct skald_ct_helper skald_ct_helper_netbios_ns = {
	.name = "netbios-ns",
	.text = "answers to broadcast queries",
	.family = NFPROTO_IPV4,
	.proto = IPPROTO_UDP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
};

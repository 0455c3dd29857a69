// SPDX-License-Identifier: GPL-2.0-only
/*
 * TFTP (RFC 1350): the server answers a request from a new port. As
 * nf_conntrack_tftp.c and nf_nat_tftp.c.
 */
#include "ct_help.h"
#include "ct_helpers.h"

#define READ_REQUEST 1
#define WRITE_REQUEST 2

/* nf_nat_tftp.c: to the port the request came from, whatever NAT made of it. */
static int announce(struct skald_ct_packet *packet,
		    const struct skald_help_wish *wish)
{
	struct skald_ct_expect *expect = skald_help_expect_new(packet, wish);
	int verdict = NF_ACCEPT;

	if (!expect)
		return skald_ct_help_drop(packet, "no memory for what follows");
	if (skald_help_has_nat(packet->ct)) {
		expect->saved_port =
			skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL)->sport;
		expect->dir = SKALD_CT_REPLY;
		expect->expectfn = skald_nat_follow_master;
	}
	if (skald_ct_expect_related(packet, expect, false))
		verdict = skald_ct_help_drop(packet, "cannot be expected");
	skald_ct_expect_put(expect);
	return verdict;
}

static int help(struct skald_ct_packet *packet)
{
	const struct skald_ct_tuple *reply =
		skald_ct_tuple(packet->ct, SKALD_CT_REPLY);
	const struct skald_help_wish wish = {
		.src = &reply->src,
		.dst = &reply->dst,
		.proto = IPPROTO_UDP,
		.dport = reply->dport,
	};
	struct skald_help_payload payload;
	u16 opcode;

	if (!skald_help_payload(packet, &payload) || payload.len < 2)
		return NF_ACCEPT;
	opcode = get_unaligned_be16(payload.bytes);
	if (opcode != READ_REQUEST && opcode != WRITE_REQUEST)
		return NF_ACCEPT;
	return announce(packet, &wish);
}

static const u16 ports[] = { 69, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "tftp",
	.max = 1,
	.timeout = 5 * 60,
};

const struct skald_ct_helper skald_ct_helper_tftp = {
	.name = "tftp",
	.text = "answers from another port",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_UDP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
};

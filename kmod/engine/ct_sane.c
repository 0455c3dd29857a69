// SPDX-License-Identifier: GPL-2.0-only
/*
 * SANE (the network protocol of Scanner Access Now Easy, section "Network
 * Protocol" of its standard): the answer to SANE_NET_START names a port for
 * the image. As nf_conntrack_sane.c; the kernel has no NAT for it either.
 */
#include "ct_help.h"
#include "ct_helpers.h"

#define REQUEST_LEN 8
#define REPLY_LEN 8
#define NET_START 7

struct sane_data {
	bool is_asked; /* the next reply is that to SANE_NET_START */
};

static bool takes_reply(struct skald_ct_packet *packet)
{
	struct sane_data *data =
		skald_ct_help_data(packet->ct, struct sane_data);
	bool is_asked;

	spin_lock_bh(&packet->ct->lock);
	is_asked = data->is_asked;
	data->is_asked = false;
	spin_unlock_bh(&packet->ct->lock);
	return is_asked;
}

static void take_request(struct skald_ct_packet *packet,
			 const struct skald_help_payload *payload)
{
	struct sane_data *data =
		skald_ct_help_data(packet->ct, struct sane_data);

	if (payload->len != REQUEST_LEN)
		return;
	spin_lock_bh(&packet->ct->lock);
	data->is_asked = get_unaligned_be32(payload->bytes) == NET_START;
	spin_unlock_bh(&packet->ct->lock);
}

static int help(struct skald_ct_packet *packet)
{
	const struct skald_ct_tuple *tuple =
		skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL);
	struct skald_help_wish wish = {
		.src = &tuple->src,
		.dst = &tuple->dst,
		.proto = IPPROTO_TCP,
	};
	struct skald_help_payload payload;

	if (!skald_help_is_open(packet) ||
	    !skald_help_payload(packet, &payload))
		return NF_ACCEPT;
	if (packet->dir == SKALD_CT_ORIGINAL) {
		take_request(packet, &payload);
		return NF_ACCEPT;
	}
	if (!takes_reply(packet) || payload.len < REPLY_LEN)
		return NF_ACCEPT;
	/* status: success; the port's upper half */
	if (get_unaligned_be32(payload.bytes) ||
	    get_unaligned_be16(payload.bytes + 4))
		return NF_ACCEPT;
	wish.dport = htons(get_unaligned_be16(payload.bytes + 6));
	return skald_help_expect(packet, &wish);
}

static const u16 ports[] = { 6566, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "sane",
	.max = 1,
	.timeout = 5 * 60,
};

const struct skald_ct_helper skald_ct_helper_sane = {
	.name = "sane",
	.text = "connections for images",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_TCP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
};

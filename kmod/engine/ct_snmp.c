// SPDX-License-Identifier: GPL-2.0-only
/*
 * SNMP: answers to broadcast requests, as nf_conntrack_snmp.c; and, under NAT,
 * addresses in messages of versions 1 and 2c, as nf_nat_snmp_basic_main.c
 * (RFC 2962, basic: addresses alone, no names of objects).
 */
#include "ct_snmp.h"
#include "ct_broadcast.h"
#include "ct_help.h"
#include "ct_helpers.h"

#define TIMEOUT 30
#define PORT_SNMP 161
#define PORT_TRAP 162
#define TAG_CONSTRUCTED 0x20
#define TAG_IP_ADDRESS 0x40
#define TAG_SEQUENCE 0x30
#define TAG_INTEGER 0x02
#define VERSION_2C 1

/* A tag and its length; 0: they do not fit. Returns where the value begins. */
static u32 read_header(const u8 *bytes, u32 len, u32 at, u8 *tag, u32 *size)
{
	u32 n, i;

	if (len - at < 2 || (bytes[at] & 0x1f) == 0x1f)
		return 0;
	*tag = bytes[at++];
	*size = bytes[at++];
	if (*size & 0x80) {
		n = *size & 0x7f;
		if (!n || n > 4 || len - at < n)
			return 0;
		for (*size = 0, i = 0; i < n; i++)
			*size = *size << 8 | bytes[at++];
	}
	return *size <= len - at ? at : 0;
}

bool skald_snmp_find_addr(const u8 *bytes, u32 len, u32 at, u32 *addr)
{
	u32 value, size;
	u8 tag;

	while (at < len) {
		value = read_header(bytes, len, at, &tag, &size);
		if (!value)
			return false;
		if (tag == TAG_IP_ADDRESS && size == 4) {
			*addr = value;
			return true;
		}
		at = tag & TAG_CONSTRUCTED ? value : value + size;
	}
	return false;
}

bool skald_snmp_is_basic(const u8 *bytes, u32 len)
{
	u32 at, size;
	u8 tag;

	at = read_header(bytes, len, 0, &tag, &size);
	if (!at || tag != TAG_SEQUENCE || at >= len)
		return false;
	at = read_header(bytes, len, at, &tag, &size);
	return at && tag == TAG_INTEGER && size == 1 && bytes[at] <= VERSION_2C;
}

/* snmp_translate(): which address is to become which. */
static bool find_pair(const struct skald_ct_packet *packet, __be32 *from,
		      __be32 *to)
{
	*from = skald_ct_tuple(packet->ct, SKALD_CT_ORIGINAL)->src.ip;
	*to = skald_ct_tuple(packet->ct, SKALD_CT_REPLY)->dst.ip;
	return *from != *to;
}

static int translate(struct skald_ct_packet *packet)
{
	struct skald_help_payload payload;
	struct skald_help_edit edit = { .old_len = 4, .len = 4 };
	__be32 from, to;

	if (!find_pair(packet, &from, &to) ||
	    !skald_help_payload(packet, &payload) ||
	    !skald_snmp_is_basic(payload.bytes, payload.len))
		return NF_ACCEPT;
	edit.text = &to;
	while (skald_snmp_find_addr(payload.bytes, payload.len, edit.off,
				    &edit.off)) {
		if (!memcmp(payload.bytes + edit.off, &from, 4) &&
		    skald_help_write(packet, &edit))
			return skald_ct_help_drop(packet,
						  "cannot mangle packet");
		edit.off += 4;
		if (!skald_help_payload(packet, &payload))
			return NF_ACCEPT;
	}
	return NF_ACCEPT;
}

/* nf_nat_snmp_basic_main.c's help(): not what an agent asks, nor what is
 * answered to who sends traps; ports as they are behind NAT. */
static bool is_translated(const struct skald_ct_packet *packet)
{
	if (!skald_help_has_nat(packet->ct))
		return false;
	return packet->dir == SKALD_CT_ORIGINAL
		       ? skald_help_other(packet)->dport != htons(PORT_SNMP)
		       : skald_help_other(packet)->sport != htons(PORT_TRAP);
}

static int help(struct skald_ct_packet *packet)
{
	skald_broadcast_expect(packet, TIMEOUT);
	return is_translated(packet) ? translate(packet) : NF_ACCEPT;
}

static const u16 ports[] = { PORT_SNMP, PORT_TRAP, 0 };
static const struct skald_ct_expect_policy policy = {
	.name = "snmp",
	.max = 1,
	.timeout = TIMEOUT,
};

const struct skald_ct_helper skald_ct_helper_snmp = {
	.name = "snmp",
	.text = "answers to broadcasts; addresses in messages",
	.family = NFPROTO_IPV4,
	.proto = IPPROTO_UDP,
	.ports = ports,
	.policies = &policy,
	.n_policies = 1,
	.help = help,
};

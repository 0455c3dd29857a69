// SPDX-License-Identifier: GPL-2.0-only
/*
 * What protocols have in common, and those without anything of their own.
 */
#include "ct_proto.h"

#include "checksum.h"

const struct skald_ct_proto *skald_ct_proto_find(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return &skald_ct_proto_tcp;
	case IPPROTO_UDP:
		return &skald_ct_proto_udp;
	case IPPROTO_ICMP:
		return &skald_ct_proto_icmp;
	case IPPROTO_ICMPV6:
		return &skald_ct_proto_icmpv6;
	case IPPROTO_SCTP:
		return &skald_ct_proto_sctp;
	case IPPROTO_DCCP:
		return &skald_ct_proto_dccp;
	case IPPROTO_GRE:
		return &skald_ct_proto_gre;
	case IPPROTO_UDPLITE:
		return &skald_ct_proto_udplite;
	default:
		return &skald_ct_proto_generic;
	}
}

const struct skald_ct_proto *
skald_ct_proto_of(const struct skald_ct_table *table, u8 proto)
{
	if (unlikely(proto == IPPROTO_DCCP && !table->settings.dccp))
		return &skald_ct_proto_generic;
	return skald_ct_proto_find(proto);
}

bool skald_ct_ports_tuple(struct skald_ct_table *table,
			  const struct skald_view *view, u32 off,
			  struct skald_ct_tuple *tuple)
{
	__be16 buf[2];
	const void *ports = skald_view_datagram(view, off, sizeof(buf), buf);

	if (!ports)
		return false;
	memcpy(buf, ports, sizeof(buf));
	tuple->sport = buf[0];
	tuple->dport = buf[1];
	return true;
}

bool skald_ct_ports_invert(struct skald_ct_tuple *inverse,
			   const struct skald_ct_tuple *tuple)
{
	inverse->sport = tuple->dport;
	inverse->dport = tuple->sport;
	return true;
}

bool skald_ct_sum_wrong(const struct skald_ct_packet *packet, u8 proto,
			u32 coverage)
{
	const struct skald_view *view = packet->view;
	u16 sum;

	if (!packet->table->settings.checksum ||
	    packet->hook != NF_INET_PRE_ROUTING)
		return false;
	if (skald_checksum_transport(view, proto, coverage, &sum))
		return false;
	return sum != 0;
}

void skald_ct_changed(struct skald_ct_packet *packet, u32 changes, u8 old_state,
		      s64 left_ns)
{
	const struct skald_ct *ct = packet->ct;
	const struct skald_ct_proto *proto;
	struct skald_ct_note note = { .kind = SKALD_CT_NOTE_UPDATE };

	if (!skald_ct_told(packet->table) ||
	    !skald_ct_is(ct, SKALD_CT_CONFIRMED))
		return;
	proto = skald_ct_proto_of(packet->table, skald_ct_protonum(ct));
	note.changes = changes;
	note.new_state = proto->state ? proto->state(ct) : 0;
	note.old_state =
		changes & SKALD_CT_CHANGE_STATE ? old_state : note.new_state;
	note.left_ns = left_ns;
	skald_ct_tell(packet, &note);
}

/* ---- protocols that are only counted ---- */

static bool generic_tuple(struct skald_ct_table *table,
			  const struct skald_view *view, u32 off,
			  struct skald_ct_tuple *tuple)
{
	return true;
}

static enum skald_ct_action generic_packet(struct skald_ct_packet *packet)
{
	const struct skald_ct_timeouts *timeouts =
		skald_ct_timeouts_of(packet->table, packet->ct);

	skald_ct_refresh(packet, timeouts->seconds[SKALD_CT_TIMEOUT_GENERIC]);
	return SKALD_CT_PASS;
}

const struct skald_ct_proto skald_ct_proto_generic = {
	.name = "unknown",
	.allow_clash = true,
	.tuple = generic_tuple,
	.invert = skald_ct_ports_invert,
	.packet = generic_packet,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * H.323, calls: call signalling (Q.931, H.225.0) announces the connection of
 * media control (H.245), and either announces media. As
 * nf_conntrack_h323_main.c and nf_nat_h323.c with their defaults.
 */
#include "ct_h323.h"
#include "ct_helpers.h"

#define TPKT_LEN 4
#define TPKT_VERSION 3
#define MESSAGE_ROOM 4096
#define Q931_DISCRIMINATOR 0x08
#define Q931_USER_USER 0x7e

/* ---- addresses in messages ---- */

bool skald_h323_read(const struct skald_h323_look *look,
		     const struct skald_per_note *note,
		     struct skald_h323_addr *addr)
{
	bool is_ipv4 = skald_ct_family(look->packet->ct) == NFPROTO_IPV4;
	u32 len = is_ipv4 ? 4 : 16;

	if (note->kind != (is_ipv4 ? SKALD_PER_IPV4 : SKALD_PER_IPV6))
		return false;
	memset(addr, 0, sizeof(*addr));
	memcpy(&addr->addr, look->bytes + note->off, len);
	memcpy(&addr->port, look->bytes + note->off + len, sizeof(addr->port));
	return true;
}

int skald_h323_write(struct skald_h323_look *look,
		     const struct skald_per_note *note,
		     const union skald_addr *addr, __be16 port)
{
	u8 text[6];
	const struct skald_help_edit edit = { .off = look->off + note->off,
					      .old_len = sizeof(text),
					      .text = text,
					      .len = sizeof(text) };

	memcpy(text, &addr->ip, 4);
	memcpy(text + 4, &port, sizeof(port));
	return skald_help_write(look->packet, &edit);
}

/* Under NAT to a port that is free, which the message says then. */
static int expect_nat(struct skald_h323_look *look,
		      struct skald_ct_expect *expect,
		      const struct skald_h323_wish *wish, __be16 *seen)
{
	struct skald_ct_packet *packet = look->packet;
	u16 port;

	expect->saved_port = expect->tuple.dport;
	expect->dir = !packet->dir;
	port = skald_help_expect_port(packet, expect, ntohs(wish->wish.dport));
	if (!port)
		return -EBUSY;
	*seen = htons(port);
	return skald_h323_write(look, wish->note,
				&skald_help_other(packet)->dst, htons(port));
}

int skald_h323_expect(struct skald_h323_look *look,
		      const struct skald_h323_wish *wish, __be16 *seen)
{
	struct skald_ct_packet *packet = look->packet;
	struct skald_ct_expect *expect =
		skald_help_expect_new(packet, &wish->wish);
	__be16 port = wish->wish.dport;
	int err;

	if (!expect)
		return -ENOMEM;
	expect->assign = wish->assign;
	if (wish->is_permanent)
		expect->flags = SKALD_CT_EXPECT_PERMANENT;
	if (look->has_nat && wish->note)
		err = expect_nat(look, expect, wish, &port);
	else
		err = skald_ct_expect_related(packet, expect, false);
	skald_ct_expect_put(expect);
	if (!err && seen)
		*seen = port;
	return err;
}

/* An address of the speaker, with a port. */
static bool is_own(const struct skald_h323_look *look,
		   const struct skald_per_note *note,
		   struct skald_h323_addr *addr)
{
	return skald_h323_read(look, note, addr) && addr->port &&
	       skald_addr_equal(&addr->addr,
				&skald_help_tuple(look->packet)->src);
}

static struct skald_help_wish wish_from(const struct skald_h323_look *look,
					u8 proto, __be16 port)
{
	const struct skald_ct_tuple *other = skald_help_other(look->packet);

	return (struct skald_help_wish){ .src = &other->src,
					 .dst = &other->dst,
					 .proto = proto,
					 .dport = port };
}

/* Whether the other side knows the speaker by another address: if only its own
 * was changed, what the speaker announces is there as it says. */
static bool is_hidden(const struct skald_h323_look *look)
{
	return look->has_nat &&
	       !skald_addr_equal(&skald_help_tuple(look->packet)->src,
				 &skald_help_other(look->packet)->dst);
}

/* ---- media ---- */

/* Both of a pair, to the ports they are; or none. */
static int relate_pair(struct skald_ct_packet *packet,
		       struct skald_ct_expect *const pair[2])
{
	int err = skald_ct_expect_related(packet, pair[0], false);

	if (err)
		return err;
	err = skald_ct_expect_related(packet, pair[1], false);
	if (err)
		skald_ct_unexpect(packet->table, pair[0], packet->now_ns);
	return err;
}

/* To two ports that follow each other, nat_rtp_rtcp(). */
static int relate_free_pair(struct skald_h323_look *look,
			    struct skald_ct_expect *const pair[2],
			    const struct skald_per_note *note, bool is_control)
{
	struct skald_ct_packet *packet = look->packet;
	u32 port = ntohs(pair[0]->tuple.dport), i;
	int err = -EBUSY;

	for (i = 0; i < 2; i++) {
		pair[i]->saved_port = pair[i]->tuple.dport;
		pair[i]->dir = !packet->dir;
		pair[i]->expectfn = skald_nat_follow_master;
	}
	for (; port < U16_MAX && err == -EBUSY; port += 2) {
		pair[0]->tuple.dport = htons((u16)port);
		pair[1]->tuple.dport = htons((u16)(port + 1));
		err = relate_pair(packet, pair);
		if (!err)
			break;
	}
	if (err)
		return err;
	return skald_h323_write(look, note, &skald_help_other(packet)->dst,
				htons((u16)(port + is_control)));
}

/* expect_rtp_rtcp(): RTP has the even port, RTCP the odd one. */
static int expect_media(struct skald_h323_look *look,
			const struct skald_per_note *note)
{
	struct skald_ct_packet *packet = look->packet;
	struct skald_ct_expect *pair[2];
	struct skald_help_wish wish;
	struct skald_h323_addr addr;
	int err = -ENOMEM;

	if (!is_own(look, note, &addr))
		return 0;
	wish = wish_from(look, IPPROTO_UDP, addr.port & ~htons(1));
	pair[0] = skald_help_expect_new(packet, &wish);
	wish.dport = addr.port | htons(1);
	pair[1] = skald_help_expect_new(packet, &wish);
	if (pair[0] && pair[1])
		err = is_hidden(look) ? relate_free_pair(look, pair, note,
							 addr.port & htons(1))
				      : relate_pair(packet, pair);
	skald_ct_expect_put(pair[0]);
	skald_ct_expect_put(pair[1]);
	return err;
}

/* A connection to the speaker; @assign is its helper. */
static int expect_connection(struct skald_h323_look *look,
			     const struct skald_per_note *note,
			     const struct skald_ct_helper *assign)
{
	struct skald_h323_wish wish = { .assign = assign,
					.is_permanent = !assign,
					.note = is_hidden(look) ? note : NULL };
	struct skald_h323_addr addr;

	if (!is_own(look, note, &addr))
		return 0;
	wish.wish = wish_from(look, IPPROTO_TCP, addr.port);
	return skald_h323_expect(look, &wish, NULL);
}

/* expect_callforwarding(): a call to somebody else, from the one who called. */
static int expect_forwarded(struct skald_h323_look *look,
			    const struct skald_per_note *note)
{
	struct skald_h323_wish wish = { .assign = &skald_ct_helper_q931 };
	struct skald_h323_addr addr;

	if (!skald_h323_read(look, note, &addr) || !addr.port)
		return 0;
	wish.wish = wish_from(look, IPPROTO_TCP, addr.port);
	wish.wish.dst = &addr.addr;
	return skald_h323_expect(look, &wish, NULL);
}

/* process_setup(): the ends of the call as the other side knows them. */
static int map_end(struct skald_h323_look *look,
		   const struct skald_per_note *note, bool is_source)
{
	const struct skald_ct_tuple *other = skald_help_other(look->packet);
	const union skald_addr *seen = is_source ? &other->dst : &other->src;
	struct skald_h323_addr addr;

	if (!look->has_nat || !skald_h323_read(look, note, &addr) ||
	    skald_addr_equal(&addr.addr, seen))
		return 0;
	return skald_h323_write(look, note, seen,
				is_source ? other->dport : other->sport);
}

/**
 * struct call - what was found in a message so far
 * @has_t120: a data channel with a stack of its own was opened
 * @is_forwarded: a facility message that forwards the call: the rest of it does
 *	not count
 */
struct call {
	bool has_t120;
	bool is_forwarded;
};

static int take_note(struct skald_h323_look *look,
		     const struct skald_per_note *note, struct call *call)
{
	switch ((enum skald_h323_mark)note->mark) {
	case SKALD_H323_H245:
		return call->is_forwarded
			       ? 0
			       : expect_connection(look, note,
						   &skald_ct_helper_h245);
	case SKALD_H323_DEST_SIGNAL:
		return map_end(look, note, false);
	case SKALD_H323_SOURCE_SIGNAL:
		return map_end(look, note, true);
	case SKALD_H323_ALTERNATIVE:
		return call->is_forwarded ? expect_forwarded(look, note) : 0;
	case SKALD_H323_MEDIA:
		return call->is_forwarded ? 0 : expect_media(look, note);
	case SKALD_H323_PROTOCOL:
		call->has_t120 = note->value == SKALD_H323_SEPARATE_LAN_STACK;
		return 0;
	case SKALD_H323_STACK:
		return call->has_t120 ? expect_connection(look, note, NULL) : 0;
	case SKALD_H323_ACK_STACK:
		return expect_connection(look, note, NULL);
	case SKALD_H323_NONE:
	case SKALD_H323_MESSAGE:
	case SKALD_H323_REASON:
	case SKALD_H323_RAS:
	case SKALD_H323_SIGNAL:
	case SKALD_H323_TIME_TO_LIVE:
		return 0;
	}
	return 0;
}

static int take_notes(struct skald_h323_look *look)
{
	const struct skald_per_notes *notes = &look->notes;
	struct call call = { false };
	int err;
	u32 i;

	for (i = 0; i < notes->n; i++)
		call.is_forwarded |=
			notes->note[i].mark == SKALD_H323_REASON &&
			notes->note[i].value == SKALD_H323_CALL_FORWARDED;
	for (i = 0; i < notes->n; i++) {
		err = take_note(look, &notes->note[i], &call);
		if (err)
			return err;
	}
	return 0;
}

/* ---- messages ---- */

u32 skald_tpkt_frame(const u8 *bytes, u32 len)
{
	u32 length;

	if (bytes[0] != TPKT_VERSION || (len > 1 && bytes[1]))
		return SKALD_STREAM_NONSENSE;
	if (len < TPKT_LEN)
		return 0;
	length = get_unaligned_be16(bytes + 2);
	return length < TPKT_LEN ? SKALD_STREAM_NONSENSE : length;
}

/* ITU-T Q.931 section 4: where the user-user information begins; 0: nowhere. */
u32 skald_q931_find_user(const u8 *bytes, u32 len, u32 *end)
{
	u32 at, length;

	if (len < 3 || bytes[0] != Q931_DISCRIMINATOR)
		return 0;
	at = 2 + (u32)bytes[1] + 1; /* call reference, message type */
	if (at < len && bytes[at] & 0x80)
		at++;
	while (at + 3 <= len) {
		if (bytes[at] == Q931_USER_USER) {
			length = get_unaligned_be16(bytes + at + 1);
			at += 3;
			if (length < 2 || length > len - at)
				return 0;
			*end = at + length;
			return at + 1; /* protocol discriminator */
		}
		at += 2 + (u32)bytes[at + 1];
	}
	return 0;
}

/* A message that is damaged passes, and nothing in it counts. */
static void read_message(struct skald_h323_look *look, u32 len)
{
	bool is_control =
		look->packet->ct->help->helper == &skald_ct_helper_h245;
	u32 start = 0, end = len - TPKT_LEN;

	if (!is_control)
		start = skald_q931_find_user(look->bytes + TPKT_LEN,
					     len - TPKT_LEN, &end);
	if ((!is_control && !start) ||
	    skald_per_walk(look->bytes, end + TPKT_LEN, start + TPKT_LEN,
			   is_control ? &skald_h323_control
				      : &skald_h323_user_information,
			   &look->notes))
		look->notes.n = 0;
}

static const struct skald_stream_kind kind = {
	.frame = skald_tpkt_frame,
	.room = MESSAGE_ROOM,
};
/* A segment that comes again is read by itself, to be written to again. */
static const struct skald_stream_kind kind_again = { .frame =
							     skald_tpkt_frame };

static int take_message(struct skald_h323_look *look,
			struct skald_stream_walk *walk,
			const struct skald_stream_message *message)
{
	struct skald_help_payload payload;
	u8 *copy = NULL;
	int err;

	if (look->has_nat && message->earlier) {
		skald_ct_help_tell(look->packet,
				   "half of the message has left");
		return 0;
	}
	look->bytes = message->bytes;
	look->off = message->at;
	if (look->has_nat) {
		/* what is read must not move when something is written */
		copy = kmemdup(message->bytes, message->len, GFP_ATOMIC);
		if (!copy)
			return -ENOMEM;
		look->bytes = copy;
	}
	read_message(look, message->len);
	err = take_notes(look);
	kfree(copy);
	if (look->has_nat && skald_help_payload(look->packet, &payload))
		skald_stream_moved(walk, payload.bytes, 0);
	return err;
}

static int take_segment(struct skald_ct_packet *packet,
			const struct skald_help_payload *payload)
{
	struct skald_h323_look look = {
		.packet = packet,
		.data = skald_ct_help_data(packet->ct, struct skald_h323_data),
		.has_nat = skald_help_has_nat(packet->ct) &&
			   skald_ct_family(packet->ct) == NFPROTO_IPV4,
	};
	struct skald_stream *stream = &look.data->stream[packet->dir];
	struct skald_stream before = *stream, again = { 0 };
	struct skald_stream_message message;
	struct skald_stream_walk walk;

	skald_stream_start(&walk, stream, &kind, payload->seq, payload->bytes,
			   payload->len);
	if (look.has_nat && walk.at >= walk.len)
		skald_stream_start(&walk, &again, &kind_again, payload->seq,
				   payload->bytes, payload->len);
	while (skald_stream_next(&walk, &message)) {
		if (!take_message(&look, &walk, &message))
			continue;
		/* it comes again, and is new then */
		before.held = stream->held;
		*stream = before;
		return skald_ct_help_drop(packet, "cannot process message");
	}
	return NF_ACCEPT;
}

static int help(struct skald_ct_packet *packet)
{
	return skald_help_segment(packet, take_segment);
}

static void destroy(struct skald_ct_table *table, struct skald_ct *ct)
{
	skald_streams_done(
		skald_ct_help_data(ct, struct skald_h323_data)->stream);
}

/* ---- the helpers ---- */

static const u16 q931_ports[] = { 1720, 0 };
static const u16 no_ports[] = { 0 };
/* four channels, each with RTP and RTCP of both sides, and T.120 */
static const struct skald_ct_expect_policy q931_policy = { "q931", 4 * 4 + 4,
							   240 };
static const struct skald_ct_expect_policy h245_policy = { "h245", 4 * 4 + 2,
							   240 };

const struct skald_ct_helper skald_ct_helper_q931 = {
	.name = "Q.931",
	.text = "media and their control of H.323 calls",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_TCP,
	.ports = q931_ports,
	.policies = &q931_policy,
	.n_policies = 1,
	.help = help,
	.destroy = destroy,
};

const struct skald_ct_helper skald_ct_helper_h245 = {
	.name = "H.245",
	.text = "media of H.323 calls; follows from Q.931",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_TCP,
	.ports = no_ports,
	.policies = &h245_policy,
	.n_policies = 1,
	.help = help,
	.destroy = destroy,
};

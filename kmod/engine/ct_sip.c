// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIP: a call is agreed on in messages. As nf_conntrack_sip.c with its
 * defaults: media (ct_sip_media.c) and calls come from whom they were agreed on
 * with.
 */
#include "ct_sip.h"
#include "ct_helpers.h"
#include "ct_text.h"

/* Signalling connections live on so long, seconds. */
#define SIGNALLING_TIMEOUT 3600
/* "SIP/2.0 200": nothing shorter is a message. */
#define MESSAGE_MIN 11
#define RESPONSE_START "SIP/2.0 "
#define MESSAGE_ROOM 4096

static int refuse(struct skald_sip_look *look, const char *text)
{
	return skald_ct_help_drop(look->packet, text);
}

/* ---- expectations of a connection ---- */

static bool is_of_class(const struct skald_ct_expect *expect, bool media)
{
	return (expect->class != SKALD_SIP_SIGNALLING) == media;
}

static struct skald_ct_expect *first_of_class(struct skald_ct_packet *packet,
					      bool media)
{
	struct skald_ct_expect *expect, *found = NULL;

	spin_lock_bh(&packet->table->expect_lock);
	hlist_for_each_entry(expect, &packet->ct->help->expects, sibling) {
		if (!is_of_class(expect, media))
			continue;
		refcount_inc(&expect->refs);
		found = expect;
		break;
	}
	spin_unlock_bh(&packet->table->expect_lock);
	return found;
}

/* flush_expectations(): all media, or the one of signalling. */
static void forget(struct skald_ct_packet *packet, bool media)
{
	struct skald_ct_expect *expect;

	do {
		expect = first_of_class(packet, media);
		if (!expect)
			return;
		skald_ct_unexpect(packet->table, expect, packet->now_ns);
		skald_ct_expect_put(expect);
	} while (media);
}

/* refresh_signalling_expectation(): the registrar has agreed. */
static bool renew(struct skald_ct_packet *packet,
		  const struct skald_sip_uri *contact, u8 proto, u32 expires)
{
	struct skald_ct_expect *expect;
	bool is_found = false;

	spin_lock_bh(&packet->table->expect_lock);
	hlist_for_each_entry(expect, &packet->ct->help->expects, sibling) {
		if (expect->class != SKALD_SIP_SIGNALLING ||
		    !skald_addr_equal(&expect->tuple.dst, &contact->addr) ||
		    expect->tuple.proto != proto ||
		    expect->tuple.dport != htons(contact->port))
			continue;
		expect->expires_ns =
			packet->now_ns + (u64)expires * SKALD_NS_PER_S;
		expect->flags &= ~SKALD_CT_EXPECT_INACTIVE;
		is_found = true;
		break;
	}
	spin_unlock_bh(&packet->table->expect_lock);
	return is_found;
}

/* ---- methods ---- */

/* 1xx and 2xx may describe media; anything else ends what was agreed on. */
static int media_response(struct skald_sip_look *look, u32 cseq, u32 code)
{
	if (code >= 100 && code <= 299)
		return skald_sip_description(look);
	if (look->data->invite_cseq == cseq)
		forget(look->packet, true);
	return NF_ACCEPT;
}

static int media_request(struct skald_sip_look *look, u32 cseq)
{
	return skald_sip_description(look);
}

static int invite_request(struct skald_sip_look *look, u32 cseq)
{
	int verdict;

	forget(look->packet, true);
	verdict = skald_sip_description(look);
	if (verdict == NF_ACCEPT)
		look->data->invite_cseq = cseq;
	return verdict;
}

static int bye_request(struct skald_sip_look *look, u32 cseq)
{
	forget(look->packet, true);
	return NF_ACCEPT;
}

/* The transport of a URI, if it is that of this connection. */
static bool has_transport(const struct skald_sip_look *look, u32 from)
{
	u8 proto = skald_ct_protonum(look->packet->ct);
	struct skald_sip_place place;

	if (!skald_sip_param(&look->text, from, "transport=", &place))
		return true;
	return skald_text_begins(look->text.bytes + place.off,
				 look->text.len - place.off,
				 proto == IPPROTO_TCP ? "TCP" : "UDP");
}

/* How long a contact is valid, seconds: 1, 0, -EINVAL as the parser says. */
static int find_expires(const struct skald_sip_look *look, u32 from,
			u32 *expires)
{
	struct skald_sip_place place;

	return skald_sip_param_number(&look->text, from, "expires=", &place,
				      expires);
}

static u32 common_expires(const struct skald_sip_look *look)
{
	struct skald_sip_place place;
	u32 expires = 0;

	if (skald_sip_find(&look->text, 0, SKALD_SIP_EXPIRES, &place) > 0)
		skald_sip_number(&look->text, place.off, &expires);
	return expires;
}

/* A call for this telephone comes from its registrar; not used until agreed. */
static int expect_calls(struct skald_sip_look *look,
			const struct skald_sip_uri *contact)
{
	struct skald_ct_packet *packet = look->packet;
	const struct skald_help_wish wish = {
		.class = SKALD_SIP_SIGNALLING,
		.src = &skald_help_other(packet)->src,
		.dst = &contact->addr,
		.proto = skald_ct_protonum(packet->ct),
		.dport = htons(contact->port),
	};
	struct skald_ct_expect *expect = skald_help_expect_new(packet, &wish);
	int err;

	if (!expect)
		return refuse(look, "no memory for what follows");
	expect->assign = packet->ct->help->helper;
	expect->flags = SKALD_CT_EXPECT_PERMANENT | SKALD_CT_EXPECT_INACTIVE;
	err = look->has_nat
		      ? skald_sip_nat_expect(look, expect, &contact->place)
		      : skald_ct_expect_related(packet, expect, false);
	skald_ct_expect_put(expect);
	return err ? refuse(look, "cannot add expectation") : NF_ACCEPT;
}

static int register_request(struct skald_sip_look *look, u32 cseq)
{
	u32 expires = common_expires(look), behind;
	struct skald_sip_uri contact;
	int ret, verdict = NF_ACCEPT;

	if (skald_ct_is(look->packet->ct, SKALD_CT_EXPECTED))
		return NF_ACCEPT;
	ret = skald_sip_first_uri(&look->text, SKALD_SIP_CONTACT, &contact);
	if (ret < 0)
		return refuse(look, "cannot parse contact");
	/* for others nobody may register */
	if (!ret || !skald_addr_equal(&skald_help_tuple(look->packet)->src,
				      &contact.addr))
		return NF_ACCEPT;
	behind = contact.place.off + contact.place.len;
	if (!has_transport(look, behind))
		return NF_ACCEPT;
	if (find_expires(look, behind, &expires) < 0)
		return refuse(look, "cannot parse expires");
	if (expires)
		verdict = expect_calls(look, &contact);
	if (verdict == NF_ACCEPT)
		look->data->register_cseq = cseq;
	return verdict;
}

/**
 * take_binding() - one contact of a registrar's answer
 * @look: the message
 * @contact: the contact
 * @expires: of contacts that do not say so themselves
 *
 * Return: 1: it is ours and renewed; 0: not ours; -ENOENT: ours and gone;
 * -EINVAL.
 */
static int take_binding(struct skald_sip_look *look,
			const struct skald_sip_uri *contact, u32 expires)
{
	struct skald_ct_packet *packet = look->packet;
	u32 behind = contact->place.off + contact->place.len;

	if (!skald_addr_equal(&skald_help_tuple(packet)->dst, &contact->addr) ||
	    !has_transport(look, behind))
		return 0;
	if (find_expires(look, behind, &expires) < 0)
		return -EINVAL;
	if (!expires)
		return -ENOENT;
	return renew(packet, contact, skald_ct_protonum(packet->ct), expires);
}

static int register_response(struct skald_sip_look *look, u32 cseq, u32 code)
{
	struct skald_sip_walk walk = { 0 };
	struct skald_sip_uri contact;
	u32 expires;
	int ret = 0;

	/* an answer to an older one says nothing any more */
	if (look->data->register_cseq != cseq || (code >= 100 && code <= 199))
		return NF_ACCEPT;
	expires = common_expires(look);
	while (code >= 200 && code <= 299 && ret != -ENOENT) {
		ret = skald_sip_next_uri(&look->text, &walk, SKALD_SIP_CONTACT,
					 &contact);
		if (ret < 0)
			return refuse(look, "cannot parse contact");
		if (!ret)
			break;
		ret = take_binding(look, &contact, expires);
		if (ret == -EINVAL)
			return refuse(look, "cannot parse expires");
		if (ret > 0)
			return NF_ACCEPT;
	}
	forget(look->packet, false);
	return NF_ACCEPT;
}

static const struct {
	const char *method;
	int (*request)(struct skald_sip_look *look, u32 cseq);
	int (*response)(struct skald_sip_look *look, u32 cseq, u32 code);
} methods[] = {
	{ "INVITE", invite_request, media_response },
	{ "UPDATE", media_request, media_response },
	{ "ACK", media_request, NULL },
	{ "PRACK", media_request, media_response },
	{ "BYE", bye_request, NULL },
	{ "REGISTER", register_request, register_response },
};

/* ---- messages ---- */

/* The number of the request, and behind it; NF_DROP: there is none. */
static int find_cseq(struct skald_sip_look *look, u32 *cseq, u32 *behind)
{
	struct skald_sip_place place;

	if (skald_sip_find(&look->text, 0, SKALD_SIP_CSEQ, &place) <= 0)
		return refuse(look, "cannot parse cseq");
	if (!skald_sip_number(&look->text, place.off, cseq))
		return refuse(look, "cannot get cseq");
	*behind = place.off + place.len;
	return NF_ACCEPT;
}

static int take_response(struct skald_sip_look *look)
{
	const struct skald_sip_text *text = &look->text;
	u32 code, cseq, behind, i;

	if (!skald_sip_number(text, sizeof(RESPONSE_START) - 1, &code) || !code)
		return refuse(look, "cannot get code");
	if (find_cseq(look, &cseq, &behind) != NF_ACCEPT)
		return NF_DROP;
	behind++;
	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (methods[i].response && behind <= text->len &&
		    skald_text_begins(text->bytes + behind, text->len - behind,
				      methods[i].method))
			return methods[i].response(look, cseq, code);
	return NF_ACCEPT;
}

/* Telephones that send from one port and listen on another say so in Via. */
static void note_via(struct skald_sip_look *look)
{
	const struct skald_ct_tuple *tuple = skald_help_tuple(look->packet);
	struct skald_sip_uri via;

	if (skald_sip_first_uri(&look->text, SKALD_SIP_VIA_UDP, &via) > 0 &&
	    htons(via.port) != tuple->sport &&
	    skald_addr_equal(&via.addr, &tuple->src))
		look->data->forced_dport = htons(via.port);
}

static bool is_method(const struct skald_sip_text *text, const char *method)
{
	u32 len = (u32)strlen(method);

	return text->len >= len + 2 &&
	       skald_text_begins(text->bytes, text->len, method) &&
	       text->bytes[len] == ' ' &&
	       skald_text_is_alpha(text->bytes[len + 1]);
}

static int take_request(struct skald_sip_look *look)
{
	u32 cseq, behind, i;

	note_via(look);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		if (!is_method(&look->text, methods[i].method))
			continue;
		if (find_cseq(look, &cseq, &behind) != NF_ACCEPT)
			return NF_DROP;
		return methods[i].request(look, cseq);
	}
	return NF_ACCEPT;
}

/* process_sip_msg() */
static int take_message(struct skald_sip_look *look)
{
	int verdict;

	if (look->text.len < MESSAGE_MIN)
		return NF_ACCEPT;
	if (skald_text_begins(look->text.bytes, look->text.len, RESPONSE_START))
		verdict = take_response(look);
	else
		verdict = take_request(look);
	if (verdict == NF_ACCEPT && look->has_nat &&
	    skald_sip_nat_message(look))
		verdict = refuse(look, "cannot NAT SIP message");
	return verdict;
}

static struct skald_sip_look look_of(struct skald_ct_packet *packet,
				     const struct skald_help_payload *payload)
{
	return (struct skald_sip_look){
		.packet = packet,
		.data = skald_ct_help_data(packet->ct, struct skald_sip_data),
		.text = { .bytes = payload->bytes,
			  .len = payload->len,
			  .family = skald_ct_family(packet->ct) },
		.has_nat = skald_help_has_nat(packet->ct),
	};
}

static int help_udp(struct skald_ct_packet *packet)
{
	struct skald_help_payload payload;
	struct skald_sip_look look;
	int verdict;

	if (!skald_help_payload(packet, &payload))
		return NF_ACCEPT;
	skald_ct_refresh(packet, SIGNALLING_TIMEOUT);
	look = look_of(packet, &payload);
	spin_lock_bh(&packet->ct->lock);
	verdict = take_message(&look);
	spin_unlock_bh(&packet->ct->lock);
	return verdict;
}

/* ---- over TCP ---- */

static const struct skald_stream_kind kind = {
	.frame = skald_sip_frame,
	.room = MESSAGE_ROOM,
};
/* A segment that comes again is read by itself, to be written to again. */
static const struct skald_stream_kind kind_again = { .frame = skald_sip_frame };

/**
 * struct segment - a segment of a signalling connection
 * @look: the message at hand
 * @walk: all of them
 * @payload_len: bytes of the segment as it came
 * @delta: bytes that were added
 */
struct segment {
	struct skald_sip_look look;
	struct skald_stream_walk walk;
	u32 payload_len;
	s32 delta;
};

static int take_whole(struct segment *segment,
		      const struct skald_stream_message *message)
{
	struct skald_sip_look *look = &segment->look;
	struct skald_help_payload payload;
	s32 delta;
	int verdict;

	if (message->earlier && look->has_nat) {
		skald_ct_help_tell(look->packet,
				   "half of the message has left");
		return NF_ACCEPT;
	}
	look->text.bytes = message->bytes;
	look->text.len = message->len;
	look->off = message->at;
	verdict = take_message(look);
	if (verdict != NF_ACCEPT || !look->has_nat)
		return verdict;
	if (!skald_help_payload(look->packet, &payload))
		return refuse(look, "cannot mangle packet");
	delta = (s32)(look->text.len - message->len);
	skald_stream_moved(&segment->walk, payload.bytes, delta);
	segment->delta += delta;
	return NF_ACCEPT;
}

static int adjust(const struct segment *segment, u32 seq)
{
	struct skald_ct_packet *packet = segment->look.packet;
	struct skald_ct_seqadj *adj;

	if (!segment->delta)
		return NF_ACCEPT;
	adj = skald_help_adj(packet->ct);
	if (!adj)
		return skald_ct_help_drop(packet, "no memory");
	skald_seqadj_set(adj, packet->dir, seq, seq + segment->payload_len,
			 NULL,
			 (u32)((s32)segment->payload_len + segment->delta));
	return NF_ACCEPT;
}

static int take_segment(struct skald_ct_packet *packet,
			const struct skald_help_payload *payload)
{
	struct segment segment = { .look = look_of(packet, payload),
				   .payload_len = payload->len };
	struct skald_stream *stream = &segment.look.data->stream[packet->dir];
	struct skald_stream before = *stream, again = { 0 };
	struct skald_stream_message message;
	int verdict = NF_ACCEPT;

	skald_stream_start(&segment.walk, stream, &kind, payload->seq,
			   payload->bytes, payload->len);
	if (segment.look.has_nat && segment.walk.at >= segment.walk.len)
		skald_stream_start(&segment.walk, &again, &kind_again,
				   payload->seq, payload->bytes, payload->len);
	while (verdict == NF_ACCEPT &&
	       skald_stream_next(&segment.walk, &message))
		verdict = take_whole(&segment, &message);
	if (verdict == NF_ACCEPT)
		return adjust(&segment, payload->seq);
	/* it comes again, and is new then */
	before.held = stream->held;
	*stream = before;
	return verdict;
}

static int help_tcp(struct skald_ct_packet *packet)
{
	struct skald_help_payload payload;
	int verdict;

	if (!skald_help_is_open(packet) ||
	    !skald_help_payload(packet, &payload))
		return NF_ACCEPT;
	skald_ct_refresh(packet, SIGNALLING_TIMEOUT);
	spin_lock_bh(&packet->ct->lock);
	verdict = take_segment(packet, &payload);
	spin_unlock_bh(&packet->ct->lock);
	return verdict;
}

static void destroy(struct skald_ct_table *table, struct skald_ct *ct)
{
	skald_streams_done(
		skald_ct_help_data(ct, struct skald_sip_data)->stream);
}

/* ---- the helpers ---- */

static const u16 ports[] = { SKALD_SIP_PORT, 0 };
static const struct skald_ct_expect_policy policies[SKALD_SIP_CLASSES] = {
	[SKALD_SIP_SIGNALLING] = { "signalling", 1, 3 * 60 },
	[SKALD_SIP_AUDIO] = { "audio", 4, 3 * 60 },
	[SKALD_SIP_VIDEO] = { "video", 4, 3 * 60 },
	[SKALD_SIP_IMAGE] = { "image", 2, 3 * 60 },
};

const struct skald_ct_helper skald_ct_helper_sip = {
	.name = "sip",
	.text = "media of calls, calls of a registrar",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_UDP,
	.ports = ports,
	.policies = policies,
	.n_policies = SKALD_SIP_CLASSES,
	.help = help_udp,
};

const struct skald_ct_helper skald_ct_helper_sip_tcp = {
	.name = "sip",
	.text = "media of calls, calls of a registrar",
	.family = NFPROTO_UNSPEC,
	.proto = IPPROTO_TCP,
	.ports = ports,
	.policies = policies,
	.n_policies = SKALD_SIP_CLASSES,
	.help = help_tcp,
	.destroy = destroy,
};

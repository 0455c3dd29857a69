// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIP, media: the session description of a message (RFC 4566) names the ports
 * that streams go between. As nf_conntrack_sip.c's process_sdp() and
 * set_expected_rtp_rtcp().
 */
#include "ct_sip.h"

/* Media of one session description. */
#define MEDIA_MAX 3

static int refuse(struct skald_sip_look *look, const char *text)
{
	return skald_ct_help_drop(look->packet, text);
}

/**
 * struct media - a medium of a session description
 * @class: of its expectations
 * @port: where its port stands
 * @addr: where it is sent to
 * @number: its port, host order
 */
struct media {
	u8 class;
	struct skald_sip_place port;
	union skald_addr addr;
	u16 number;
};

static const struct {
	const char *word;
	u8 class;
} media_words[] = {
	{ "audio ", SKALD_SIP_AUDIO },
	{ "video ", SKALD_SIP_VIDEO },
	{ "image ", SKALD_SIP_IMAGE },
};

/*
 * The same medium may be announced on several connections: whether somebody
 * else expects it. Both behind NAT: they reach each other directly, where it
 * was announced first (@is_direct).
 */
static bool is_expected(struct skald_sip_look *look, struct media *media,
			struct skald_ct_tuple *tuple, bool *is_direct)
{
	struct skald_ct_packet *packet = look->packet;
	struct skald_ct_expect *expect;
	bool is_other, is_moved;

	for (;;) {
		expect = skald_ct_expect_find(packet->table, &packet->ct->zone,
					      tuple, packet->now_ns);
		if (!expect)
			return false;
		is_other = expect->master != packet->ct &&
			   expect->helper == packet->ct->help->helper &&
			   expect->class == media->class;
		is_moved = is_other && !*is_direct && look->has_nat &&
			   (!skald_addr_equal(&expect->saved_addr,
					      &expect->tuple.dst) ||
			    expect->saved_port != expect->tuple.dport);
		if (is_moved) {
			media->addr = tuple->dst = expect->saved_addr;
			tuple->dport = expect->saved_port;
			*is_direct = true;
		}
		skald_ct_expect_put(expect);
		if (!is_moved)
			return is_other;
	}
}

/* Both, or none; somebody else's are as good as ours. */
static int relate_pair(struct skald_ct_packet *packet,
		       struct skald_ct_expect *const pair[2])
{
	int first = skald_ct_expect_related(packet, pair[0], true), second;

	if (first && first != -EALREADY)
		return first;
	second = skald_ct_expect_related(packet, pair[1], true);
	if (!second || second == -EALREADY)
		return 0;
	if (!first)
		skald_ct_unexpect(packet->table, pair[0], packet->now_ns);
	return second;
}

static int expect_pair(struct skald_sip_look *look, struct media *media,
		       const struct skald_ct_tuple *tuple, bool is_direct)
{
	struct skald_ct_packet *packet = look->packet;
	const union skald_addr *dst = &media->addr;
	u16 port = ntohs(tuple->dport) & ~1;
	struct skald_help_wish wish = { .class = media->class,
					.src = &tuple->src,
					.dst = dst,
					.proto = IPPROTO_UDP,
					.dport = htons(port) };
	struct skald_ct_expect *pair[2];
	int err = -ENOMEM;

	pair[0] = skald_help_expect_new(packet, &wish);
	wish.dport = htons((u16)(port + 1));
	pair[1] = skald_help_expect_new(packet, &wish);
	if (pair[0] && pair[1])
		err = look->has_nat && !is_direct
			      ? skald_sip_nat_media(look, pair, &media->port,
						    &media->addr)
			      : relate_pair(packet, pair);
	skald_ct_expect_put(pair[0]);
	skald_ct_expect_put(pair[1]);
	return err;
}

/* set_expected_rtp_rtcp() */
static int expect_media(struct skald_sip_look *look, struct media *media)
{
	struct skald_ct_packet *packet = look->packet;
	struct skald_ct_tuple tuple = {
		.src = skald_help_other(packet)->src,
		.dst = media->addr,
		.dport = htons(media->number),
		.family = skald_ct_family(packet->ct),
		.proto = IPPROTO_UDP,
	};
	bool is_direct = false, is_known;

	/* media of the speaker alone */
	if (!skald_addr_equal(&media->addr, &skald_help_tuple(packet)->src))
		return 0;
	is_known = is_expected(look, media, &tuple, &is_direct);
	if (is_direct &&
	    skald_sip_nat_port(look, &media->port, ntohs(tuple.dport) & ~1))
		return -EINVAL;
	return is_known ? 0 : expect_pair(look, media, &tuple, is_direct);
}

/**
 * next_media() - the next medium of a description
 * @look: the message
 * @at: where to go on; moved
 * @media: written: all but its address
 *
 * Return: 1; 0: no more; -EINVAL: its port cannot be right.
 */
static int next_media(const struct skald_sip_look *look, u32 *at,
		      struct media *media)
{
	struct skald_sip_place place;
	u32 i, n, number;

	while (skald_sdp_find(&look->text, *at, SKALD_SDP_MEDIA, SKALD_SDP_NONE,
			      &place) > 0) {
		*at = place.off;
		for (i = 0; i < ARRAY_SIZE(media_words); i++)
			if (place.len >= strlen(media_words[i].word) &&
			    !memcmp(look->text.bytes + place.off,
				    media_words[i].word,
				    strlen(media_words[i].word)))
				break;
		if (i == ARRAY_SIZE(media_words))
			continue;
		n = (u32)strlen(media_words[i].word);
		media->class = media_words[i].class;
		media->port.off = *at = place.off + n;
		media->port.len = place.len - n;
		/* a port of 0 says: not now */
		if (!skald_sip_number(&look->text, *at, &number) || !number)
			continue;
		if (number < SKALD_SIP_PORT_MIN || number > U16_MAX)
			return -EINVAL;
		media->number = (u16)number;
		return 1;
	}
	return 0;
}

/**
 * struct session - the addresses of a session description
 * @at: where it begins
 * @has_common: a common address is known
 * @common: that of media without one of their own
 * @has_addr: at least one medium was expected, at @addr
 * @addr: where the last one is sent to
 */
struct session {
	u32 at;
	bool has_common;
	struct skald_sip_uri common;
	bool has_addr;
	union skald_addr addr;
};

static int take_media(struct skald_sip_look *look, struct session *session,
		      u32 at, struct media *media)
{
	struct skald_sip_uri own;
	bool has_own = skald_sdp_addr(&look->text, at, SKALD_SDP_CONNECTION,
				      SKALD_SDP_MEDIA, &own) > 0;

	if (!has_own && !session->has_common)
		return refuse(look, "cannot parse SDP message");
	media->addr = has_own ? own.addr : session->common.addr;
	if (expect_media(look, media))
		return refuse(look, "cannot add expectation for voice");
	session->addr = media->addr;
	session->has_addr = true;
	if (has_own && look->has_nat &&
	    skald_sip_nat_media_addr(look, at, &media->addr))
		return refuse(look, "cannot mangle SDP");
	return NF_ACCEPT;
}

int skald_sip_description(struct skald_sip_look *look)
{
	struct session session = { 0 };
	struct skald_sip_place place;
	struct media media;
	int verdict, ret;
	u32 at, i;

	if (skald_sdp_find(&look->text, 0, SKALD_SDP_VERSION, SKALD_SDP_NONE,
			   &place) <= 0)
		return NF_ACCEPT;
	session.at = at = place.off;
	session.has_common =
		skald_sdp_addr(&look->text, session.at, SKALD_SDP_CONNECTION,
			       SKALD_SDP_MEDIA, &session.common) > 0;
	if (session.has_common) {
		session.addr = session.common.addr;
		session.has_addr = true;
	}
	for (i = 0; i < MEDIA_MAX; i++) {
		ret = next_media(look, &at, &media);
		if (ret < 0)
			return refuse(look, "wrong port");
		if (!ret)
			break;
		verdict = take_media(look, &session, at, &media);
		if (verdict != NF_ACCEPT)
			return verdict;
	}
	if (look->has_nat && session.has_addr &&
	    skald_sip_nat_session(look, session.at, &session.addr))
		return refuse(look, "cannot mangle SDP");
	return NF_ACCEPT;
}

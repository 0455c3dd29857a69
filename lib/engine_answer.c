// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is sent back: a rule's TCP reset or ICMP error, and what forwarding says
 * of a time to live that ended or of a packet that is too long. It is made
 * here, and goes its own way through output and postrouting. As
 * nf_send_reset(), nf_send_reset6(), icmp_send() and icmp6_send(); their rate
 * limits are not followed.
 */
#include "engine_priv.h"

#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "csum.h"
#include "source_address.h"

#define HOPS 64
#define TCP_LEN 20
#define ICMP_LEN 8
/* An error is so long at most: RFC 1812 4.3.2.3, RFC 4443 2.4 (c). */
#define ERROR4_MAX 576u
#define ERROR6_MAX 1280u
/* Without a stack's help so much is quoted: nf_reject_skb_v4_unreach(),
 * nf_reject_skb_v6_unreach() */
#define QUOTE4_MAX 536u
#define QUOTE6_MAX 1220u
#define INTERNET_CONTROL 0xc0
#define ANSWER_MAX 1280

/**
 * struct answer - one in the making
 * @passage: the packet that it answers
 * @is6: IPv6
 * @is_mirrored: at a hook of a bridge or of a device: it goes back by the port
 *	or device, with the addresses exchanged
 * @header: bytes of the IP header
 * @len: of all
 * @bytes: the packet
 */
struct answer {
	const struct skald_passage *passage;
	bool is6;
	bool is_mirrored;
	uint32_t header;
	uint32_t len;
	uint8_t bytes[ANSWER_MAX];
};

static const uint8_t *asked(const struct answer *answer)
{
	const struct skald_view *view = &answer->passage->room.view;

	return view->data + view->network;
}

/* nf_reject_iphdr_put(), nf_reject_ip6hdr_put() and their relatives */
static void put_network(struct answer *answer, uint8_t proto, uint8_t tos)
{
	const uint8_t *ip = asked(answer);
	uint8_t *to = answer->bytes;

	if (answer->is6) {
		to[0] = 0x60;
		put_unaligned_be16((u16)(answer->len - 40), to + 4);
		to[6] = proto;
		to[7] = HOPS;
		memcpy(to + 8, ip + 24, 16);
		memcpy(to + 24, ip + 8, 16);
		return;
	}
	to[0] = 0x45;
	to[1] = tos;
	put_unaligned_be16((u16)answer->len, to + 2);
	to[6] = proto == IPPROTO_TCP ? 0x40 : 0;
	to[8] = HOPS;
	to[9] = proto;
	memcpy(to + 12, ip + 16, 4);
	memcpy(to + 16, ip + 12, 4);
}

static void put_checksums(struct answer *answer, uint32_t at)
{
	uint8_t *ip = answer->bytes, *th = ip + answer->header;
	uint32_t len = answer->len - answer->header, sum = 0;
	uint8_t proto = ip[answer->is6 ? 6 : 9];

	if (answer->is6 || proto == IPPROTO_TCP) {
		uint8_t pseudo[4] = { 0, proto, (uint8_t)(len >> 8),
				      (uint8_t)len };

		sum = skald_csum_add(ip + (answer->is6 ? 8 : 12),
				     answer->is6 ? 32 : 8, 0);
		sum = skald_csum_add(pseudo, sizeof(pseudo), sum);
	}
	put_unaligned_be16(skald_csum_fold(skald_csum_add(th, len, sum)),
			   th + at);
	if (!answer->is6)
		put_unaligned_be16(skald_csum_fold(skald_csum_add(ip, 20, 0)),
				   ip + 10);
}

/* nf_reject_ip_tcphdr_put(). Return: whether there is an answer */
static bool make_reset(struct answer *answer)
{
	const struct skald_view *view = &answer->passage->room.view;
	uint8_t buf[TCP_LEN];
	const uint8_t *tcp = NULL;
	uint8_t *th = answer->bytes + answer->header;
	uint32_t data;

	if (view->l4proto == IPPROTO_TCP && view->transport != SKALD_VIEW_NONE)
		tcp = skald_view_bytes(view, view->transport, TCP_LEN, buf);
	if (!tcp || (tcp[13] & 4))
		return false;
	answer->len = answer->header + TCP_LEN;
	put_network(answer, IPPROTO_TCP, 0);
	memcpy(th, tcp + 2, 2);
	memcpy(th + 2, tcp, 2);
	th[12] = TCP_LEN / 4 << 4;
	th[13] = 4;
	if (tcp[13] & 16) {
		memcpy(th + 4, tcp + 8, 4);
	} else {
		data = view->end - view->transport - (tcp[12] >> 4) * 4u;
		put_unaligned_be32(get_unaligned_be32(tcp + 4) +
					   (tcp[13] >> 1 & 1) + (tcp[13] & 1) +
					   data,
				   th + 8);
		th[13] |= 16;
	}
	put_checksums(answer, 16);
	return true;
}

/* icmp6_send(): nobody can be told at no address, nor at a group. */
static bool has_sender(const struct answer *answer)
{
	static const uint8_t none[16];
	const uint8_t *source = asked(answer) + 8;

	return !answer->is6 ||
	       (source[0] != 0xff && memcmp(source, none, sizeof(none)) != 0);
}

/* An error is no answer to an error, nor to what was for many. */
static bool may_tell(const struct answer *answer)
{
	const struct skald_passage *passage = answer->passage;
	const struct skald_view *view = &passage->room.view;
	uint8_t buf[1];
	const uint8_t *type = NULL;

	if ((view->link != SKALD_VIEW_NONE && (view->data[view->link] & 1)) ||
	    (passage->is_routed &&
	     (passage->routing.way == SKALD_ROUTING_BROADCAST ||
	      passage->routing.way == SKALD_ROUTING_MULTICAST)) ||
	    !has_sender(answer))
		return false;
	if (view->l4proto != IPPROTO_ICMP && view->l4proto != IPPROTO_ICMPV6)
		return true;
	if (view->transport != SKALD_VIEW_NONE)
		type = skald_view_bytes(view, view->transport, 1, buf);
	if (!type)
		return false;
	if (answer->is6)
		return *type >= 128;
	return *type != 3 && *type != 4 && *type != 5 && *type != 11 &&
	       *type != 12;
}

/* Where this machine answers for others it does so by its own address. */
static bool put_source(struct answer *answer)
{
	const struct skald_engine *engine = answer->passage->engine;
	struct skald_flow flow = { .family = answer->is6 ? AF_INET6 : AF_INET };
	uint32_t len = answer->is6 ? 16 : 4, at = answer->is6 ? 8 : 12;
	struct skald_routing routing;
	const struct skald_fib_hop *hop;
	const uint8_t *source;

	if (skald_links_has(&engine->links, 0, flow.family, answer->bytes + at))
		return true;
	memcpy(flow.dst, answer->bytes + at + len, len);
	if (skald_is_link_local6(flow.family, flow.dst))
		flow.oif = answer->passage->room.view.iif;
	skald_routing_decide(&engine->routes, &flow, &routing);
	hop = routing.fib.hop;
	if (!hop)
		return false;
	if (routing.fib.route->has_source)
		source = routing.fib.route->source;
	else if (answer->is6)
		source = skald_source_ip6(&engine->links, hop->hop.oif,
					  flow.dst);
	else
		source = skald_source_ip4(
			&engine->links, hop->hop.oif,
			hop->hop.family == AF_INET ? hop->hop.via : flow.dst);
	if (source)
		memcpy(answer->bytes + at, source, len);
	return source;
}

/* nft_reject_bridge_eval(), nf_skb_is_icmp_unreach() and its like */
static bool may_mirror(const struct answer *answer)
{
	const struct skald_view *view = &answer->passage->room.view;
	uint8_t proto = answer->is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	uint8_t buf[1];
	const uint8_t *type = NULL;

	if (view->link != SKALD_VIEW_NONE && (view->data[view->link] & 1))
		return false;
	if (view->l4proto != proto)
		return true;
	if (view->transport != SKALD_VIEW_NONE)
		type = skald_view_bytes(view, view->transport, 1, buf);
	return type && *type != (answer->is6 ? 1 : 3);
}

/* How much of the packet an error shows. */
static uint32_t quote_of(const struct answer *answer)
{
	const struct skald_view *view = &answer->passage->room.view;
	uint32_t most = (answer->is6 ? ERROR6_MAX : ERROR4_MAX) -
			answer->header - ICMP_LEN;

	if (answer->is_mirrored)
		most = answer->is6 ? QUOTE6_MAX : QUOTE4_MAX;
	return min_t(uint32_t, view->end - view->network, most);
}

static bool make_error(struct answer *answer, uint8_t type, uint8_t code,
		       uint32_t mtu)
{
	const struct skald_view *view = &answer->passage->room.view;
	uint32_t quoted = quote_of(answer);
	uint8_t tos = answer->is6 ? 0 : asked(answer)[1];
	uint8_t *th = answer->bytes + answer->header;

	if (!(answer->is_mirrored ? may_mirror(answer) : may_tell(answer)) ||
	    view->known < view->network + quoted)
		return false;
	answer->len = answer->header + ICMP_LEN + quoted;
	if (!answer->is_mirrored)
		tos = (tos & 0x1e) | INTERNET_CONTROL;
	else
		tos = 0;
	put_network(answer, answer->is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, tos);
	if (!answer->is_mirrored && !put_source(answer))
		return false;
	th[0] = type;
	th[1] = code;
	if (answer->is6)
		put_unaligned_be32(mtu, th + 4);
	else
		put_unaligned_be16((u16)mtu, th + 6);
	memcpy(th + ICMP_LEN, asked(answer), quoted);
	put_checksums(answer, 2);
	return true;
}

/* The link-layer header turned round: nft_reject_br_push_etherhdr(). Return:
 * its length, 0: there is none */
static uint32_t put_link(const struct skald_view *view, uint8_t *to)
{
	uint32_t len = view->network - view->link;
	const uint8_t *macs = view->data + view->link;

	if (view->link == SKALD_VIEW_NONE)
		return 0;
	memcpy(to, macs, len);
	memcpy(to, macs + SKALD_MAC, SKALD_MAC);
	memcpy(to + SKALD_MAC, macs, SKALD_MAC);
	return len;
}

/* Whether it leaves by where the question came in: rules of a bridge or of a
 * device have no stack, and what br_netfilter rejects with a reset it sends
 * itself (nf_send_reset()). */
static uint32_t way_back(const struct answer *answer, bool is_rejected)
{
	const struct skald_passage *passage = answer->passage;
	bool is_reset = is_rejected &&
			answer->bytes[answer->is6 ? 6 : 9] == IPPROTO_TCP;

	if (answer->is_mirrored)
		return passage->pf == NFPROTO_BRIDGE
			       ? passage->bridging.port->index
			       : passage->room.view.iif;
	return is_reset ? passage->bridging.in : 0;
}

/* nf_ct_attach(): it belongs to the connection, the other way. */
static void attach(struct skald_waiting *waiting,
		   const struct skald_passage *passage)
{
	if (!passage->has_ct || !passage->ct.ct)
		return;
	waiting->has_ct = true;
	waiting->ct = passage->ct;
	waiting->ct.state = SKALD_CT_RELATED;
	waiting->ct.dir = passage->ct.dir == SKALD_CT_REPLY ? SKALD_CT_ORIGINAL
							    : SKALD_CT_REPLY;
	(void)skald_ct_get(waiting->ct.ct);
}

static void give(struct skald_passage *passage, const struct answer *answer,
		 bool is_attached)
{
	const struct skald_view *view = skald_passage_view(passage);
	uint32_t room = view->network + answer->len, link = 0;
	struct skald_waiting *waiting = calloc(1, sizeof(*waiting) + room);

	if (!waiting) {
		passage->failed = true;
		return;
	}
	waiting->leaves_by = way_back(answer, is_attached);
	waiting->skips_hooks = passage->pf != NFPROTO_BRIDGE;
	if (waiting->leaves_by)
		link = put_link(view, waiting->bytes);
	memcpy(waiting->bytes + link, answer->bytes, answer->len);
	waiting->is_answer = true;
	waiting->back = view->iif;
	waiting->story = passage->story.id;
	waiting->input = (struct skald_engine_input){
		.bytes = waiting->bytes,
		.known = link + answer->len,
		.len = link + answer->len,
		.has_link = link,
		.ethertype = answer->is6 ? ETH_P_IPV6 : ETH_P_IP,
		.t_ns = passage->input->t_ns,
		.tells_answers = true,
		.tells_misses = passage->input->tells_misses,
	};
	if (is_attached && !answer->is_mirrored)
		attach(waiting, passage);
	skald_engine_wait(passage->engine, waiting);
}

static bool is_asked(const struct skald_passage *passage)
{
	const struct skald_view *view = &passage->room.view;

	return passage->input->tells_answers && !passage->is_reenacted &&
	       passage->engine->has_routes &&
	       (view->family == NFPROTO_IPV4 || view->family == NFPROTO_IPV6) &&
	       !(view->is_fragment && view->transport == SKALD_VIEW_NONE);
}

static void begin(const struct skald_passage *passage, struct answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->passage = passage;
	answer->is6 = passage->room.view.family == NFPROTO_IPV6;
	answer->header = answer->is6 ? 40 : 20;
}

void skald_passage_reject(struct skald_passage *passage,
			  const struct skald_effect *effect)
{
	struct answer answer;

	if (!is_asked(passage))
		return;
	begin(passage, &answer);
	answer.is_mirrored =
		passage->pf == NFPROTO_NETDEV ||
		(passage->pf == NFPROTO_BRIDGE && passage->bridging.port);
	if (effect->reject.type == NFT_REJECT_TCP_RST
		    ? make_reset(&answer)
		    : make_error(&answer, effect->reject.icmp_type,
				 effect->reject.icmp_code, 0))
		give(passage, &answer, true);
}

void skald_passage_complain(struct skald_passage *passage, uint8_t type,
			    uint8_t code, uint32_t mtu)
{
	struct answer answer;

	if (!is_asked(passage))
		return;
	begin(passage, &answer);
	if (make_error(&answer, type, code, mtu))
		give(passage, &answer, true);
}

/* tcp_v4_send_reset(), tcp_v6_send_reset(): connection tracking finds out by
 * itself whose it is. */
void skald_passage_reset(struct skald_passage *passage)
{
	struct answer answer;

	if (!is_asked(passage))
		return;
	begin(passage, &answer);
	if (make_reset(&answer))
		give(passage, &answer, false);
}

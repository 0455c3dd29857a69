// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is for this machine: to a socket, or, where the world knows that nobody
 * listens, back with a TCP reset or an ICMP error. As tcp_v4_rcv(),
 * __udp4_lib_rcv() and their relatives of IPv6.
 */
#include "engine_priv.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <sys/socket.h>

#include "sockets.h"

#define TCP_FLAGS 13
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

static uint8_t tcp_flags(struct skald_passage *passage)
{
	const struct skald_view *view = skald_passage_view(passage);
	uint8_t buf[1];
	const uint8_t *flags = skald_view_bytes(
		view, view->transport + TCP_FLAGS, sizeof(buf), buf);

	return flags ? *flags : TCP_RST;
}

/* A socket may have come since, or be gone: but for what begins, nobody can
 * tell. */
static bool is_sure(struct skald_passage *passage)
{
	bool is_first = !passage->has_ct || passage->ct.state == SKALD_CT_NEW;

	if (!passage->input->doubts_sockets)
		return true;
	if (passage->room.view.l4proto == IPPROTO_TCP)
		is_first &=
			(tcp_flags(passage) & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	return is_first;
}

static void refuse_tcp(struct skald_passage *passage)
{
	if (!(tcp_flags(passage) & TCP_RST))
		skald_passage_reset(passage);
}

static void refuse_udp(struct skald_passage *passage)
{
	bool is_v6 = passage->room.view.family == NFPROTO_IPV6;

	skald_passage_complain(passage,
			       is_v6 ? ICMPV6_DEST_UNREACH : ICMP_DEST_UNREACH,
			       is_v6 ? ICMPV6_PORT_UNREACH : ICMP_PORT_UNREACH,
			       0);
}

static void refuse(struct skald_passage *passage)
{
	if (passage->input->doubts_sockets)
		skald_passage_assume(passage, "sockets are those of the "
					      "world's moment");
	if (passage->room.view.l4proto == IPPROTO_TCP)
		refuse_tcp(passage);
	else
		refuse_udp(passage);
	skald_passage_drop(passage, "NO_SOCKET", "nobody listens there");
}

static void deliver(struct skald_passage *passage,
		    const struct skald_flow *flow, uint32_t inode,
		    bool is_known)
{
	struct skald_event *event = skald_passage_add(passage, SKALD_DELIVER);

	if (event && flow->dport)
		SKALD_SET(event, deliver, port, flow->dport);
	if (event && is_known)
		SKALD_SET(event, deliver, socket, inode);
	if (!is_known)
		skald_passage_assume(passage, "whether a socket takes it");
	skald_passage_end(passage, SKALD_ENDING_DELIVERED,
			  is_known ? "to a socket" : "to the local stack");
}

/* Who of many takes it is another question. */
static bool is_for_one(const struct skald_passage *passage)
{
	if (passage->came_of && !passage->is_routed)
		return passage->room.view.iif == SKALD_LOOPBACK;
	return passage->routing.way == SKALD_ROUTING_LOCAL;
}

void skald_passage_to_socket(struct skald_passage *passage,
			     const struct skald_flow *flow)
{
	const struct skald_view *view = skald_passage_view(passage);
	enum skald_sockets_answer answer = SKALD_SOCKETS_UNKNOWN;
	uint32_t inode = 0;

	if (view->transport != SKALD_VIEW_NONE && flow->dport &&
	    is_for_one(passage))
		answer = skald_sockets_look_up(passage->engine->world, flow,
					       &inode);
	if (answer == SKALD_SOCKETS_NONE && is_sure(passage))
		refuse(passage);
	else
		deliver(passage, flow, inode, answer == SKALD_SOCKETS_FOUND);
}

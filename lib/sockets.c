// SPDX-License-Identifier: GPL-2.0-only
/* Sockets, from the dumps that a world keeps. */
#include "sockets.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink_call.h"

#define ADDRESS 16

/* An IPv4 address as an IPv6 socket has it; IPv6's are as they are. */
static void as_ip6(unsigned int family, const uint8_t *address, uint8_t *to)
{
	memset(to, 0, ADDRESS);
	if (family == AF_INET6) {
		memcpy(to, address, ADDRESS);
		return;
	}
	to[10] = to[11] = 0xff;
	memcpy(to + 12, address, 4);
}

static bool is_any(unsigned int family, const void *address)
{
	static const uint8_t none[ADDRESS];

	return !memcmp(address, none, family == AF_INET6 ? ADDRESS : 4);
}

/* A socket's own address against a packet's; a socket of IPv6 that is not for
 * IPv6 alone takes both. */
static bool is_address(const struct inet_diag_msg *socket, const void *own,
		       const struct skald_flow *flow, const uint8_t *address)
{
	uint8_t mine[ADDRESS], theirs[ADDRESS];

	as_ip6(socket->idiag_family, own, mine);
	as_ip6(flow->family, address, theirs);
	return memcmp(mine, theirs, ADDRESS) == 0;
}

static bool is_alone(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[INET_DIAG_SKV6ONLY + 1];

	skald_attrs_parse(nlh, sizeof(struct inet_diag_msg), tb,
			  INET_DIAG_SKV6ONLY + 1);
	return skald_attr_u8(tb[INET_DIAG_SKV6ONLY]);
}

/* compute_score(): whether a socket takes what is for @flow's destination. */
static bool takes(const struct nlmsghdr *nlh, const struct skald_flow *flow)
{
	const struct inet_diag_msg *socket = mnl_nlmsg_get_payload(nlh);
	const struct inet_diag_sockid *id = &socket->id;

	if (ntohs(id->idiag_sport) != flow->dport ||
	    (id->idiag_if && id->idiag_if != flow->iif))
		return false;
	if (socket->idiag_family == AF_INET && flow->family != AF_INET)
		return false;
	if (is_any(socket->idiag_family, id->idiag_src))
		return socket->idiag_family == flow->family || !is_alone(nlh);
	return is_address(socket, id->idiag_src, flow, flow->dst);
}

/* Connected: to that one alone. */
static bool is_peer(const struct inet_diag_msg *socket,
		    const struct skald_flow *flow)
{
	return ntohs(socket->id.idiag_dport) == flow->sport &&
	       is_address(socket, socket->id.idiag_dst, flow, flow->src);
}

static bool matches(const struct nlmsghdr *nlh, const struct skald_flow *flow)
{
	const struct inet_diag_msg *socket = mnl_nlmsg_get_payload(nlh);
	bool is_open = flow->proto == IPPROTO_TCP
			       ? socket->idiag_state == TCP_LISTEN
			       : !socket->id.idiag_dport;

	/* bound, and neither listening nor connected: nobody is told */
	if (flow->proto == IPPROTO_TCP && socket->idiag_state == TCP_CLOSE)
		return false;
	return takes(nlh, flow) && (is_open || is_peer(socket, flow));
}

enum skald_sockets_answer skald_sockets_look_up(const struct skald_world *world,
						const struct skald_flow *flow,
						uint32_t *inode)
{
	const struct skald_buffer *section =
		&world->sections[flow->proto == IPPROTO_TCP
					 ? SKALD_WORLD_TCP_SOCKETS
					 : SKALD_WORLD_UDP_SOCKETS];
	const uint8_t *at = section->data;
	size_t left = section->len;
	const struct nlmsghdr *nlh;

	if (!world->has_sockets ||
	    (flow->proto != IPPROTO_TCP && flow->proto != IPPROTO_UDP))
		return SKALD_SOCKETS_UNKNOWN;
	while ((nlh = skald_message_next(&at, &left))) {
		const struct inet_diag_msg *socket = mnl_nlmsg_get_payload(nlh);

		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*socket) ||
		    !matches(nlh, flow))
			continue;
		*inode = socket->idiag_inode;
		return SKALD_SOCKETS_FOUND;
	}
	return SKALD_SOCKETS_NONE;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Neighbours, from the dump that a world keeps. */
#include "neighbour.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink_call.h"
#include "route_parts.h"

#define MAC_LEN 6
/* What has no address, or an old one that may be wrong, is not known. */
#define NUD_USELESS (NUD_INCOMPLETE | NUD_FAILED | NUD_NOARP)

const uint8_t *skald_neighbour_find(const struct skald_world *world,
				    uint32_t index, unsigned int family,
				    const void *address)
{
	const struct skald_buffer *section =
		&world->sections[SKALD_WORLD_NEIGHBOURS];
	const uint8_t *at = section->data;
	size_t left = section->len, len = skald_addr_len(family);
	const struct nlmsghdr *nlh;

	while ((nlh = skald_message_next(&at, &left))) {
		const struct ndmsg *msg = mnl_nlmsg_get_payload(nlh);
		const struct nlattr *tb[NDA_LLADDR + 1];
		const void *own;

		if (nlh->nlmsg_type != RTM_NEWNEIGH ||
		    mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) ||
		    msg->ndm_family != family ||
		    (uint32_t)msg->ndm_ifindex != index ||
		    (msg->ndm_state & NUD_USELESS))
			continue;
		skald_attrs_parse(nlh, sizeof(*msg), tb, NDA_LLADDR + 1);
		own = skald_attr_bytes(tb[NDA_DST], len);
		if (own && !memcmp(own, address, len))
			return skald_attr_bytes(tb[NDA_LLADDR], MAC_LEN);
	}
	return NULL;
}

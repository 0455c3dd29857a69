// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces in a private namespace, so that rules which name one by its index
 * ("iif eth0") can be loaded, and come out with the right number.
 */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "world_parts.h"

#define REQUEST_SIZE 512

/* Kinds that do nothing by themselves; not every kernel has the first. */
static const char *const kinds[] = { "dummy", "bridge", "ifb" };

static struct nlmsghdr *request(void *room, const struct skald_world_link *link,
				const char *kind)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct ifinfomsg *info;
	struct nlattr *nest;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = (int)link->index;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, link->name);
	if (link->mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, link->mtu);
	if (link->address)
		mnl_attr_put(nlh, IFLA_ADDRESS, link->address_len,
			     link->address);
	nest = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(nlh, nest);
	return nlh;
}

int skald_world_add_link(struct skald_call *call,
			 const struct skald_world_link *link)
{
	uint8_t room[REQUEST_SIZE] __attribute__((aligned(8)));
	int err = -EINVAL;

	if (!*link->name || strlen(link->name) >= IFNAMSIZ ||
	    link->address_len > 32)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && err; i++) {
		err = skald_call_do(call, request(room, link, kinds[i]), NULL,
				    NULL);
		if (err == -EEXIST || err == -EBUSY)
			return 0;
	}
	return err;
}

/* An interface as RTM_NEWLINK told it. Return: false: nothing to be made */
static bool parse_link(const struct nlmsghdr *nlh,
		       struct skald_world_link *link)
{
	const struct nlattr *tb[IFLA_MTU + 1];
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return false;
	skald_attrs_parse(nlh, sizeof(*info), tb, IFLA_MTU + 1);
	link->name = skald_attr_string(tb[IFLA_IFNAME]);
	link->index = (uint32_t)info->ifi_index;
	link->mtu = skald_attr_u32(tb[IFLA_MTU]);
	link->address = skald_attr_bytes(tb[IFLA_ADDRESS], 6);
	link->address_len = link->address ? 6 : 0;
	return link->name && !(info->ifi_flags & IFF_LOOPBACK);
}

int skald_world_add_links(struct skald_call *call,
			  const struct skald_world *world,
			  struct skald_error *error)
{
	const struct skald_buffer *links = &world->sections[SKALD_WORLD_LINKS];
	const struct nlmsghdr *nlh;
	const uint8_t *at = links->data;
	size_t left = links->len;

	while ((nlh = skald_message_next(&at, &left))) {
		struct skald_world_link link;
		int err;

		if (!parse_link(nlh, &link))
			continue;
		err = skald_world_add_link(call, &link);
		/* what this kernel does not take: too long, too short */
		if (err == -EINVAL || err == -EADDRNOTAVAIL) {
			link.mtu = 0;
			link.address = NULL;
			link.address_len = 0;
			err = skald_world_add_link(call, &link);
		}
		if (err)
			return skald_error_set(error, -err,
					       "cannot make the interface %s "
					       "for the rules: %s",
					       link.name, strerror(-err));
	}
	return left ? skald_error_set(error, EBADMSG,
				      "the world's links are damaged")
		    : 0;
}

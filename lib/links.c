// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces and their addresses, from the dumps that a world keeps.
 */
#include "links.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "grow.h"
#include "netlink_call.h"
#include "route_parts.h"

static void take_kind(const struct nlattr *info, struct skald_iface *iface)
{
	const struct nlattr *tb[IFLA_INFO_KIND + 1];
	const char *kind;

	if (!info)
		return;
	skald_attrs_parse_nested(info, tb, IFLA_INFO_KIND + 1);
	kind = skald_attr_string(tb[IFLA_INFO_KIND]);
	(void)snprintf(iface->kind, sizeof(iface->kind), "%s",
		       kind ? kind : "");
}

static int take_link(struct skald_links *links, const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[IFLA_GROUP + 1];
	struct skald_iface *iface;
	const char *name;

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	skald_attrs_parse(nlh, sizeof(*info), tb, IFLA_GROUP + 1);
	name = skald_attr_string(tb[IFLA_IFNAME]);
	if (!name || info->ifi_index <= 0)
		return -EBADMSG;
	iface = skald_grow((void **)&links->ifaces, &links->n_ifaces,
			   sizeof(*iface));
	if (!iface)
		return -ENOMEM;
	iface->index = (uint32_t)info->ifi_index;
	iface->flags = info->ifi_flags;
	iface->type = info->ifi_type;
	iface->mtu = skald_attr_u32(tb[IFLA_MTU]);
	iface->group = skald_attr_u32(tb[IFLA_GROUP]);
	iface->master = skald_attr_u32(tb[IFLA_MASTER]);
	(void)snprintf(iface->name, sizeof(iface->name), "%s", name);
	take_kind(tb[IFLA_LINKINFO], iface);
	if (tb[IFLA_ADDRESS] &&
	    mnl_attr_get_payload_len(tb[IFLA_ADDRESS]) <= sizeof(iface->mac)) {
		iface->mac_len =
			(uint8_t)mnl_attr_get_payload_len(tb[IFLA_ADDRESS]);
		memcpy(iface->mac, mnl_attr_get_payload(tb[IFLA_ADDRESS]),
		       iface->mac_len);
	}
	return 0;
}

static int take_address(struct skald_links *links, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[IFA_FLAGS + 1];
	struct skald_address *address;
	const void *bytes;

	if (nlh->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)
		return 0;
	skald_attrs_parse(nlh, sizeof(*info), tb, IFA_FLAGS + 1);
	/* of a point-to-point link IFA_ADDRESS is the other end */
	bytes = skald_attr_bytes(tb[IFA_LOCAL] ? tb[IFA_LOCAL]
					       : tb[IFA_ADDRESS],
				 skald_addr_len(info->ifa_family));
	if (!bytes)
		return -EBADMSG;
	address = skald_grow((void **)&links->addresses, &links->n_addresses,
			     sizeof(*address));
	if (!address)
		return -ENOMEM;
	address->index = info->ifa_index;
	address->family = info->ifa_family;
	address->prefix_len = info->ifa_prefixlen;
	address->scope = info->ifa_scope;
	address->flags =
		tb[IFA_FLAGS] ? skald_attr_u32(tb[IFA_FLAGS]) : info->ifa_flags;
	memcpy(address->address, bytes, skald_addr_len(info->ifa_family));
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct skald_iface *first = a, *second = b;

	return (first->index > second->index) - (first->index < second->index);
}

static int
read_section(const struct skald_buffer *section, struct skald_links *links,
	     int (*take)(struct skald_links *links, const struct nlmsghdr *nlh))
{
	const uint8_t *at = section->data;
	size_t left = section->len;
	const struct nlmsghdr *nlh;

	while ((nlh = skald_message_next(&at, &left))) {
		int err = take(links, nlh);

		if (err)
			return err;
	}
	return left ? -EBADMSG : 0;
}

int skald_links_read(const struct skald_world *world, struct skald_links *links)
{
	struct skald_links made = { 0 };
	int err;

	err = read_section(&world->sections[SKALD_WORLD_LINKS], &made,
			   take_link);
	if (!err)
		err = read_section(&world->sections[SKALD_WORLD_ADDRESSES],
				   &made, take_address);
	if (err) {
		skald_links_done(&made);
		return err;
	}
	if (made.n_ifaces)
		qsort(made.ifaces, made.n_ifaces, sizeof(*made.ifaces),
		      by_index);
	*links = made;
	return 0;
}

uint32_t skald_links_make_up(struct skald_links *links, const char *name)
{
	uint32_t index = 1;
	struct skald_iface *iface;

	if (!*name || strlen(name) >= sizeof(iface->name))
		return 0;
	if (links->n_ifaces)
		index = links->ifaces[links->n_ifaces - 1].index + 1;
	iface = skald_grow((void **)&links->ifaces, &links->n_ifaces,
			   sizeof(*iface));
	if (!iface)
		return 0;
	iface->index = index;
	iface->flags = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
	iface->type = ARPHRD_ETHER;
	iface->mtu = ETH_DATA_LEN;
	(void)snprintf(iface->name, sizeof(iface->name), "%s", name);
	return index;
}

void skald_links_learn(struct skald_links *links, const char *name,
		       uint32_t index)
{
	struct skald_iface *iface;

	if (skald_links_find(links, index) ||
	    strlen(name) >= sizeof(iface->name))
		return;
	iface = skald_grow((void **)&links->ifaces, &links->n_ifaces,
			   sizeof(*iface));
	if (!iface)
		return;
	iface->index = index;
	iface->is_partial = true;
	(void)snprintf(iface->name, sizeof(iface->name), "%s", name);
	qsort(links->ifaces, links->n_ifaces, sizeof(*links->ifaces), by_index);
}

void skald_links_done(struct skald_links *links)
{
	free(links->ifaces);
	free(links->addresses);
	memset(links, 0, sizeof(*links));
}

const struct skald_iface *skald_links_find(const struct skald_links *links,
					   uint32_t index)
{
	const struct skald_iface key = { .index = index };

	if (!links->n_ifaces)
		return NULL;
	return bsearch(&key, links->ifaces, links->n_ifaces, sizeof(key),
		       by_index);
}

const struct skald_iface *skald_links_named(const struct skald_links *links,
					    const char *name)
{
	for (size_t i = 0; i < links->n_ifaces; i++) {
		if (strcmp(links->ifaces[i].name, name) == 0)
			return &links->ifaces[i];
	}
	return NULL;
}

bool skald_links_has(const struct skald_links *links, uint32_t index,
		     unsigned int family, const void *address)
{
	for (size_t i = 0; i < links->n_addresses; i++) {
		const struct skald_address *own = &links->addresses[i];

		if (own->family == family && (!index || own->index == index) &&
		    !memcmp(own->address, address, skald_addr_len(family)))
			return true;
	}
	return false;
}

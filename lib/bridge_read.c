// SPDX-License-Identifier: GPL-2.0-only
/* Bridges, ports and forwarding tables, from the dumps that a world keeps. */
#include "bridge.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "netlink_call.h"

static int take_bridge(struct skald_bridges *bridges, uint32_t index,
		       const struct nlattr *data)
{
	const struct nlattr *tb[IFLA_BR_NF_CALL_ARPTABLES + 1];
	struct skald_bridge *bridge =
		skald_grow((void **)&bridges->bridges, &bridges->n_bridges,
			   sizeof(*bridge));

	if (!bridge)
		return -ENOMEM;
	bridge->index = index;
	if (!data)
		return 0;
	skald_attrs_parse_nested(data, tb, IFLA_BR_NF_CALL_ARPTABLES + 1);
	bridge->filters_vlans = skald_attr_u8(tb[IFLA_BR_VLAN_FILTERING]);
	bridge->snoops = skald_attr_u8(tb[IFLA_BR_MCAST_SNOOPING]);
	bridge->calls_ip = skald_attr_u8(tb[IFLA_BR_NF_CALL_IPTABLES]);
	bridge->calls_ip6 = skald_attr_u8(tb[IFLA_BR_NF_CALL_IP6TABLES]);
	bridge->calls_arp = skald_attr_u8(tb[IFLA_BR_NF_CALL_ARPTABLES]);
	return 0;
}

/* A kernel that does not say it has the kernel's default: on. */
static bool is_on(const struct nlattr *attr)
{
	return !attr || skald_attr_u8(attr);
}

static int take_port(struct skald_bridges *bridges, uint32_t index,
		     uint32_t master, const struct nlattr *data)
{
	const struct nlattr *tb[IFLA_BRPORT_MAX + 1];
	struct skald_bridge_port *port = skald_grow(
		(void **)&bridges->ports, &bridges->n_ports, sizeof(*port));

	if (!port)
		return -ENOMEM;
	skald_attrs_parse_nested(data, tb, IFLA_BRPORT_MAX + 1);
	port->index = index;
	port->bridge = master;
	port->state = skald_attr_u8(tb[IFLA_BRPORT_STATE]);
	port->hairpin = skald_attr_u8(tb[IFLA_BRPORT_MODE]);
	port->isolated = skald_attr_u8(tb[IFLA_BRPORT_ISOLATED]);
	port->locked = skald_attr_u8(tb[IFLA_BRPORT_LOCKED]);
	port->learns = is_on(tb[IFLA_BRPORT_LEARNING]);
	port->floods = is_on(tb[IFLA_BRPORT_UNICAST_FLOOD]);
	port->floods_groups = is_on(tb[IFLA_BRPORT_MCAST_FLOOD]);
	port->floods_all = is_on(tb[IFLA_BRPORT_BCAST_FLOOD]);
	return 0;
}

static bool is_bridge(const struct nlattr *kind)
{
	const char *word = skald_attr_string(kind);

	return word && strcmp(word, "bridge") == 0;
}

static int take_link(struct skald_bridges *bridges, const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[IFLA_LINKINFO + 1];
	const struct nlattr *about[IFLA_INFO_SLAVE_DATA + 1];
	int err = 0;

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*info))
		return -EBADMSG;
	skald_attrs_parse(nlh, sizeof(*info), tb, IFLA_LINKINFO + 1);
	if (!tb[IFLA_LINKINFO])
		return 0;
	skald_attrs_parse_nested(tb[IFLA_LINKINFO], about,
				 IFLA_INFO_SLAVE_DATA + 1);
	if (is_bridge(about[IFLA_INFO_KIND]))
		err = take_bridge(bridges, (uint32_t)info->ifi_index,
				  about[IFLA_INFO_DATA]);
	if (!err && is_bridge(about[IFLA_INFO_SLAVE_KIND]) &&
	    about[IFLA_INFO_SLAVE_DATA])
		err = take_port(bridges, (uint32_t)info->ifi_index,
				skald_attr_u32(tb[IFLA_MASTER]),
				about[IFLA_INFO_SLAVE_DATA]);
	return err;
}

/* fdb_fill_info(); lists of devices have no bridge. */
static int take_entry(struct skald_bridges *bridges, const struct nlmsghdr *nlh)
{
	const struct ndmsg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[NDA_MASTER + 1];
	struct skald_bridge_entry *entry;
	const void *mac;

	if (nlh->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg))
		return -EBADMSG;
	skald_attrs_parse(nlh, sizeof(*msg), tb, NDA_MASTER + 1);
	mac = skald_attr_bytes(tb[NDA_LLADDR], SKALD_MAC);
	if (!mac || !tb[NDA_MASTER] || (msg->ndm_flags & NTF_SELF))
		return 0;
	entry = skald_grow((void **)&bridges->entries, &bridges->n_entries,
			   sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	memcpy(entry->mac, mac, SKALD_MAC);
	entry->bridge = skald_attr_u32(tb[NDA_MASTER]);
	entry->port = (uint32_t)msg->ndm_ifindex;
	entry->is_local = msg->ndm_state & NUD_PERMANENT;
	entry->is_fixed = msg->ndm_state & (NUD_PERMANENT | NUD_NOARP);
	if (tb[NDA_VLAN] && mnl_attr_get_payload_len(tb[NDA_VLAN]) >= 2)
		entry->vlan = mnl_attr_get_u16(tb[NDA_VLAN]);
	return 0;
}

static int read_section(const struct skald_buffer *section,
			struct skald_bridges *bridges,
			int (*take)(struct skald_bridges *bridges,
				    const struct nlmsghdr *nlh))
{
	const uint8_t *at = section->data;
	size_t left = section->len;
	const struct nlmsghdr *nlh;

	while ((nlh = skald_message_next(&at, &left))) {
		int err = take(bridges, nlh);

		if (err)
			return err;
	}
	return left ? -EBADMSG : 0;
}

/* br_fdb_find_rcu() looks for the frame's VLAN: where ports do not filter, that
 * is none. Entries of VLANs come behind. */
static int by_vlan(const void *a, const void *b)
{
	const struct skald_bridge_entry *first = a, *second = b;

	return (int)first->vlan - (int)second->vlan;
}

int skald_bridges_read(const struct skald_world *world,
		       struct skald_bridges *bridges)
{
	struct skald_bridges made = { 0 };
	int err;

	err = read_section(&world->sections[SKALD_WORLD_LINKS], &made,
			   take_link);
	if (!err)
		err = read_section(&world->sections[SKALD_WORLD_BRIDGE_PORTS],
				   &made, take_entry);
	if (err) {
		skald_bridges_done(&made);
		return err;
	}
	if (made.n_entries)
		qsort(made.entries, made.n_entries, sizeof(*made.entries),
		      by_vlan);
	*bridges = made;
	return 0;
}

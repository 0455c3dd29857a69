// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the doctor asks the kernel by netlink: interfaces, addresses, and
 * whether nf_tables answers.
 */
#include "doctor_exam.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink_call.h"

int skald_exam_dump(const struct skald_netns *netns, int protocol,
		    struct nlmsghdr *request, skald_exam_take take, void *user)
{
	struct skald_call call;
	int ret;

	ret = skald_call_open(netns, protocol, &call);
	if (ret)
		return ret;
	ret = skald_call_do(&call, request, take, user);
	skald_call_close(&call);
	return ret == -EINTR ? 0 : ret; /* a row more or less does not matter */
}

struct link_list {
	struct skald_exam_link *links;
	unsigned int n;
};

static void copy_name(char *name, size_t size, const struct nlattr *attr)
{
	size_t len = mnl_attr_get_payload_len(attr);

	len = strnlen(mnl_attr_get_payload(attr), len);
	if (len >= size)
		len = size - 1;
	memcpy(name, mnl_attr_get_payload(attr), len);
	name[len] = '\0';
}

static void parse_kind(const struct nlattr *info, struct skald_exam_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			copy_name(link->kind, sizeof(link->kind), attr);
		if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND)
			copy_name(link->port_kind, sizeof(link->port_kind),
				  attr);
	}
}

static void parse_xdp(const struct nlattr *xdp, struct skald_exam_link *link)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, xdp) {
		if (mnl_attr_get_type(attr) == IFLA_XDP_ATTACHED &&
		    mnl_attr_get_payload_len(attr) >= 1)
			link->xdp = mnl_attr_get_u8(attr);
		if (mnl_attr_get_type(attr) == IFLA_XDP_PROG_ID &&
		    mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
			link->xdp_prog = mnl_attr_get_u32(attr);
	}
}

static void parse_link(const struct nlmsghdr *nlh, struct skald_exam_link *link)
{
	const struct ifinfomsg *message = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	link->index = (uint32_t)message->ifi_index;
	link->flags = message->ifi_flags;
	mnl_attr_for_each(attr, nlh, sizeof(*message)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			copy_name(link->name, sizeof(link->name), attr);
			break;
		case IFLA_MASTER:
			if (mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
				link->master = mnl_attr_get_u32(attr);
			break;
		case IFLA_LINKINFO:
			parse_kind(attr, link);
			break;
		case IFLA_XDP:
			parse_xdp(attr, link);
			break;
		}
	}
}

static int add_link(void *user, const struct nlmsghdr *nlh)
{
	struct link_list *list = user;
	struct skald_exam_link *grown;

	if (nlh->nlmsg_type != RTM_NEWLINK ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct ifinfomsg))
		return 0;
	grown = reallocarray(list->links, list->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->links = grown;
	memset(&grown[list->n], 0, sizeof(*grown));
	parse_link(nlh, &grown[list->n]);
	list->n++;
	return 0;
}

int skald_exam_links(const struct skald_netns *netns,
		     struct skald_exam_link **links, unsigned int *n)
{
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct link_list list = { 0 };
	struct ifinfomsg *message;
	int ret;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_DUMP;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->ifi_family = AF_UNSPEC;
	ret = skald_exam_dump(netns, NETLINK_ROUTE, nlh, add_link, &list);
	if (ret) {
		free(list.links);
		return ret;
	}
	*links = list.links;
	*n = list.n;
	return 0;
}

const struct skald_exam_link *skald_exam_link(const struct skald_exam *exam,
					      uint32_t index)
{
	unsigned int i;

	for (i = 0; i < exam->n_links; i++)
		if (exam->links[i].index == index)
			return &exam->links[i];
	return NULL;
}

struct address_search {
	const void *address;
	size_t len;
	uint32_t index;
};

static int match_address(void *user, const struct nlmsghdr *nlh)
{
	struct address_search *search = user;
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*message))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*message)) {
		unsigned int type = mnl_attr_get_type(attr);

		if ((type == IFA_ADDRESS || type == IFA_LOCAL) &&
		    mnl_attr_get_payload_len(attr) == search->len &&
		    !memcmp(mnl_attr_get_payload(attr), search->address,
			    search->len))
			search->index = message->ifa_index;
	}
	return 0;
}

int skald_exam_address(const struct skald_netns *netns, int family,
		       const void *address, char *ifname)
{
	struct address_search search = { address, family == AF_INET ? 4 : 16,
					 0 };
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct ifaddrmsg *message;
	int ret;

	nlh->nlmsg_type = RTM_GETADDR;
	nlh->nlmsg_flags = NLM_F_DUMP;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->ifa_family = (uint8_t)family;
	ret = skald_exam_dump(netns, NETLINK_ROUTE, nlh, match_address,
			      &search);
	if (ret)
		return ret;
	if (!search.index)
		return -ENOENT;
	return skald_netns_ifname(netns, search.index, ifname, IFNAMSIZ);
}

int skald_exam_nftables(const struct skald_netns *netns)
{
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *message;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->nfgen_family = AF_UNSPEC;
	message->version = NFNETLINK_V0;
	return skald_exam_dump(netns, NETLINK_NETFILTER, nlh, NULL, NULL);
}

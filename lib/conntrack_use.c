// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds out whether a namespace tracks connections. The debug table asks before
 * it uses "ct state".
 */
#include "conntrack_use.h"

#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink_call.h"
#include "witness.h"

#define N_TB 16

/* Expressions, and xtables matches and targets, that need the tracker. */
static const char *const expressions[] = {
	"ct", "masq", "redir", "nat", "connlimit", "synproxy", "flow_offload"
};
static const char *const xtables[] = { "conntrack",   "state",	    "connmark",
				       "connbytes",   "connlabel",  "connlimit",
				       "helper",      "CT",	    "CONNMARK",
				       "CONNSECMARK", "MASQUERADE", "SNAT",
				       "DNAT",	      "NETMAP",	    "REDIRECT",
				       "SYNPROXY",    "CLUSTERIP" };

/* A request of nfnetlink: a header and the family. */
struct request {
	struct nlmsghdr nlh;
	struct nfgenmsg head;
};

static struct request request_for(unsigned int subsys, unsigned int type,
				  unsigned int family)
{
	return (struct request){
		.nlh = { .nlmsg_len = sizeof(struct request),
			 .nlmsg_type = subsys << 8 | type,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.head = { .nfgen_family = family, .version = NFNETLINK_V0 },
	};
}

/*
 * Only the beginning of the dump is wanted, and there may be a million entries:
 * the socket is closed on the rest.
 */
static int has_entry(const struct skald_netns *netns, unsigned int family)
{
	struct request request =
		request_for(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, family);
	char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buffer;
	ssize_t len;
	int fd;

	fd = skald_netns_socket(netns, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (fd < 0)
		return fd;
	len = send(fd, &request, sizeof(request), 0);
	if (len >= 0)
		len = recv(fd, buffer, sizeof(buffer), 0);
	close(fd);
	/* A kernel without ctnetlink refuses, one without entries is done. */
	return len >= (ssize_t)sizeof(*nlh) &&
	       NFNL_SUBSYS_ID(nlh->nlmsg_type) == NFNL_SUBSYS_CTNETLINK;
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; name && i < n; i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* NFTA_MATCH_NAME and NFTA_TARGET_NAME are the same number. */
static bool is_tracking_xtables(const struct nlattr *data)
{
	const struct nlattr *tb[N_TB];

	if (!data)
		return false;
	skald_attrs_parse_nested(data, tb, N_TB);
	return is_among(skald_attr_string(tb[NFTA_MATCH_NAME]), xtables,
			sizeof(xtables) / sizeof(xtables[0]));
}

/* A reference to "ct helper", "ct timeout", "ct expectation", "synproxy". */
static bool is_tracking_object(const struct nlattr *data)
{
	const struct nlattr *tb[N_TB];
	uint32_t type;

	if (!data)
		return false;
	skald_attrs_parse_nested(data, tb, N_TB);
	type = be32toh(skald_attr_u32(tb[NFTA_OBJREF_IMM_TYPE]));
	return type == NFT_OBJECT_CT_HELPER || type == NFT_OBJECT_CT_TIMEOUT ||
	       type == NFT_OBJECT_CT_EXPECT || type == NFT_OBJECT_SYNPROXY;
}

static bool is_tracking_expression(const struct nlattr *elem)
{
	const struct nlattr *tb[N_TB];
	const char *name;

	skald_attrs_parse_nested(elem, tb, N_TB);
	name = skald_attr_string(tb[NFTA_EXPR_NAME]);
	if (!name)
		return false;
	if (!strcmp(name, "match") || !strcmp(name, "target"))
		return is_tracking_xtables(tb[NFTA_EXPR_DATA]);
	if (!strcmp(name, "objref"))
		return is_tracking_object(tb[NFTA_EXPR_DATA]);
	return is_among(name, expressions,
			sizeof(expressions) / sizeof(expressions[0]));
}

/* Rules of a bridge or inet table track both families. */
static bool concerns(const struct nlmsghdr *nlh, unsigned int family)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*head))
		return false;
	return head->nfgen_family == family ||
	       head->nfgen_family == NFPROTO_INET ||
	       head->nfgen_family == NFPROTO_BRIDGE;
}

static bool is_skalds(const struct nlmsghdr *nlh, const char *table,
		      const char *chain)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(nlh);
	enum skald_role role;

	if (!table || !chain)
		return false;
	(void)skald_witness_find("", head->nfgen_family, table, chain, &role);
	return role != SKALD_ROLE_USER;
}

static int take_rule(void *user, const struct nlmsghdr *nlh)
{
	const unsigned int *family = user;
	const struct nlattr *tb[N_TB], *elem;

	if (!concerns(nlh, *family))
		return 0;
	skald_attrs_parse(nlh, sizeof(struct nfgenmsg), tb, N_TB);
	if (!tb[NFTA_RULE_EXPRESSIONS] ||
	    is_skalds(nlh, skald_attr_string(tb[NFTA_RULE_TABLE]),
		      skald_attr_string(tb[NFTA_RULE_CHAIN])))
		return 0;
	mnl_attr_for_each_nested(elem, tb[NFTA_RULE_EXPRESSIONS]) {
		if (is_tracking_expression(elem))
			return 1;
	}
	return 0;
}

static int take_chain(void *user, const struct nlmsghdr *nlh)
{
	const unsigned int *family = user;
	const struct nlattr *tb[N_TB];
	const char *type;

	if (!concerns(nlh, *family))
		return 0;
	skald_attrs_parse(nlh, sizeof(struct nfgenmsg), tb, N_TB);
	type = skald_attr_string(tb[NFTA_CHAIN_TYPE]);
	return type && !strcmp(type, "nat");
}

/* Return: 1 when a chain or rule needs the tracker, 0 when not, or -errno. */
static int has_rule(const struct skald_netns *netns, unsigned int family)
{
	struct request chains = request_for(NFNL_SUBSYS_NFTABLES,
					    NFT_MSG_GETCHAIN, NFPROTO_UNSPEC);
	struct request rules = request_for(NFNL_SUBSYS_NFTABLES,
					   NFT_MSG_GETRULE, NFPROTO_UNSPEC);
	struct skald_call call;
	int ret;

	ret = skald_call_open(netns, NETLINK_NETFILTER, &call);
	if (ret)
		return ret;
	ret = skald_call_do(&call, &chains.nlh, take_chain, &family);
	if (!ret)
		ret = skald_call_do(&call, &rules.nlh, take_rule, &family);
	skald_call_close(&call);
	return ret;
}

/* iptables-legacy: its nat table is there as soon as it was looked at once. */
static int has_legacy_nat(const struct skald_netns *netns, unsigned int family)
{
	const char *path = family == NFPROTO_IPV4
				   ? "/proc/thread-self/net/ip_tables_names"
				   : "/proc/thread-self/net/ip6_tables_names";
	char line[64];
	bool found = false;
	FILE *file;
	int back;

	back = skald_netns_enter(netns);
	if (back < 0)
		return back;
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = !strcmp(line, "nat\n");
	if (file)
		(void)fclose(file);
	skald_netns_leave(back);
	return found;
}

int skald_conntrack_used(const struct skald_netns *netns, unsigned int family,
			 bool *is_used)
{
	int ret = has_entry(netns, family);

	if (!ret)
		ret = has_legacy_nat(netns, family);
	if (!ret)
		ret = has_rule(netns, family);
	/* A ruleset that changes all the time is asked again next time. */
	if (ret == -EINTR)
		ret = 0;
	if (ret < 0)
		return ret;
	*is_used = ret > 0;
	return 0;
}

bool skald_conntrack_used_in(const void *bytecode, size_t len,
			     unsigned int family)
{
	const struct nlmsghdr *nlh;
	const uint8_t *at = bytecode;

	while ((nlh = skald_message_next(&at, &len))) {
		unsigned int type = nlh->nlmsg_type & 0xff;

		if (type == NFT_MSG_NEWCHAIN && take_chain(&family, nlh))
			return true;
		if (type == NFT_MSG_NEWRULE && take_rule(&family, nlh))
			return true;
	}
	return false;
}

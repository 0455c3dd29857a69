// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check "ingress": chains of nftables at a device's ingress hook. They run
 * before prerouting, where packets are marked: what they drop has no story.
 */
#include "doctor_exam.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

static const char *string_of(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return "?";
	return mnl_attr_get_str(attr);
}

static bool is_ingress_hook(const struct nlattr *hook, unsigned int family)
{
	const struct nlattr *attr;
	uint32_t number = UINT32_MAX;

	mnl_attr_for_each_nested(attr, hook) {
		if (mnl_attr_get_type(attr) == NFTA_HOOK_HOOKNUM &&
		    mnl_attr_get_payload_len(attr) >= sizeof(number))
			number = ntohl(mnl_attr_get_u32(attr));
	}
	if (family == NFPROTO_NETDEV)
		return number == NF_NETDEV_INGRESS;
	return family == NFPROTO_INET && number == NF_INET_INGRESS;
}

static int add_chain(void *user, const struct nlmsghdr *nlh)
{
	struct skald_exam_names *names = user;
	const struct nfgenmsg *message = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *name = NULL, *table = NULL, *hook = NULL, *attr;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*message))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*message)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_CHAIN_NAME:
			name = attr;
			break;
		case NFTA_CHAIN_TABLE:
			table = attr;
			break;
		case NFTA_CHAIN_HOOK:
			hook = attr;
			break;
		}
	}
	if (hook && is_ingress_hook(hook, message->nfgen_family))
		skald_exam_name(names, "%s %s %s",
				skald_word(skald_words_of_FAMILY,
					   message->nfgen_family),
				string_of(table), string_of(name));
	return 0;
}

void skald_check_ingress(struct skald_exam *exam)
{
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct skald_exam_names names = { 0 };
	struct nfgenmsg *message;
	int ret;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN;
	nlh->nlmsg_flags = NLM_F_DUMP;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->nfgen_family = AF_UNSPEC;
	message->version = NFNETLINK_V0;
	ret = skald_exam_dump(&exam->netns, NETLINK_NETFILTER, nlh, add_chain,
			      &names);
	if (ret)
		skald_exam_row(exam, "ingress", SKALD_CHECK_UNKNOWN, "",
			       "chains cannot be listed: %s", strerror(-ret));
	else if (names.n)
		skald_exam_row(exam, "ingress", SKALD_CHECK_WARN,
			       "what they drop is gone before it can be "
			       "marked: nft list ruleset netdev",
			       "chains at ingress: %s", names.text);
	else
		skald_exam_row(exam, "ingress", SKALD_CHECK_OK, "",
			       "no chain at ingress");
}

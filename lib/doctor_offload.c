// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks "offload", "xdp", "tc" and "bridge": what takes packets away before a
 * chain of ip or ip6 sees them.
 */
#include "doctor_exam.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc.h"

/* Since Linux 6.6; older headers do not have it. */
#define TCX_INGRESS 46

struct flowtables {
	struct skald_exam_names names;
	bool has_hardware;
};

static const char *string_of(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return "?";
	return mnl_attr_get_str(attr);
}

static int add_flowtable(void *user, const struct nlmsghdr *nlh)
{
	struct flowtables *flowtables = user;
	const struct nlattr *name = NULL, *table = NULL, *attr;
	bool hardware = false;

	if (nlh->nlmsg_type !=
	    (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWFLOWTABLE))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_FLOWTABLE_NAME:
			name = attr;
			break;
		case NFTA_FLOWTABLE_TABLE:
			table = attr;
			break;
		case NFTA_FLOWTABLE_FLAGS:
			hardware = mnl_attr_get_payload_len(attr) >= 4 &&
				   ntohl(mnl_attr_get_u32(attr)) &
					   NFT_FLOWTABLE_HW_OFFLOAD;
			break;
		}
	}
	skald_exam_name(&flowtables->names, "%s in table %s%s", string_of(name),
			string_of(table), hardware ? " (in hardware)" : "");
	flowtables->has_hardware |= hardware;
	return 0;
}

void skald_check_offload(struct skald_exam *exam)
{
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct flowtables flowtables = { 0 };
	struct nfgenmsg *message;
	int ret;

	nlh->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETFLOWTABLE;
	nlh->nlmsg_flags = NLM_F_DUMP;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->nfgen_family = AF_UNSPEC;
	message->version = NFNETLINK_V0;
	ret = skald_exam_dump(&exam->netns, NETLINK_NETFILTER, nlh,
			      add_flowtable, &flowtables);
	if (ret)
		skald_exam_row(exam, "offload", SKALD_CHECK_UNKNOWN, "",
			       "flowtables cannot be listed: %s",
			       strerror(-ret));
	else if (flowtables.names.n)
		skald_exam_row(exam, "offload", SKALD_CHECK_WARN,
			       "packets of established flows go around the "
			       "chains: take the rules with \"flow add\" away "
			       "to see more than the first ones",
			       "flowtables: %s", flowtables.names.text);
	else
		skald_exam_row(exam, "offload", SKALD_CHECK_OK, "",
			       "no flowtables");
}

static const char *xdp_mode(uint8_t attached)
{
	switch (attached) {
	case XDP_ATTACHED_DRV:
		return "native";
	case XDP_ATTACHED_SKB:
		return "generic";
	case XDP_ATTACHED_HW:
		return "in hardware";
	}
	return "several";
}

static bool is_wanted(const struct skald_exam *exam,
		      const struct skald_exam_link *link)
{
	return !exam->wish->device || !strcmp(exam->wish->device, link->name);
}

void skald_check_xdp(struct skald_exam *exam)
{
	struct skald_exam_names names = { 0 };
	unsigned int i;

	for (i = 0; i < exam->n_links; i++) {
		const struct skald_exam_link *link = &exam->links[i];

		if (link->xdp && is_wanted(exam, link))
			skald_exam_name(&names, "%s (program %u, %s)",
					link->name, link->xdp_prog,
					xdp_mode(link->xdp));
	}
	if (names.n)
		skald_exam_row(exam, "xdp", SKALD_CHECK_WARN,
			       "they run before everything, tcpdump included, "
			       "and may drop or redirect: ip link set DEV xdp "
			       "off takes one away",
			       "XDP programs: %s", names.text);
	else
		skald_exam_row(exam, "xdp", SKALD_CHECK_OK, "",
			       "no XDP program");
}

struct tc_hooks {
	const struct skald_exam *exam;
	struct skald_exam_names names;
};

static int add_qdisc(void *user, const struct nlmsghdr *nlh)
{
	struct tc_hooks *hooks = user;
	const struct tcmsg *message = mnl_nlmsg_get_payload(nlh);
	const struct skald_exam_link *link;
	const struct nlattr *attr;
	const char *kind = "";

	if (nlh->nlmsg_type != RTM_NEWQDISC ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*message))
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*message))
		if (mnl_attr_get_type(attr) == TCA_KIND)
			kind = string_of(attr);
	if (strcmp(kind, "clsact") && strcmp(kind, "ingress"))
		return 0;
	link = skald_exam_link(hooks->exam, (uint32_t)message->tcm_ifindex);
	if (link && is_wanted(hooks->exam, link))
		skald_exam_name(&hooks->names, "%s on %s", kind, link->name);
	return 0;
}

/* Programs attached without a qdisc; EINVAL: the kernel is older than tcx. */
static unsigned int count_tcx(uint32_t index)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = index;
	attr.query.attach_type = TCX_INGRESS;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)))
		return 0;
	return attr.query.prog_cnt;
}

static void add_tcx(struct tc_hooks *hooks)
{
	const struct skald_exam *exam = hooks->exam;
	int back = skald_netns_enter(&exam->netns);
	unsigned int i;

	if (back < 0)
		return;
	for (i = 0; i < exam->n_links; i++) {
		const struct skald_exam_link *link = &exam->links[i];

		if (is_wanted(exam, link) && count_tcx(link->index))
			skald_exam_name(&hooks->names, "tcx on %s", link->name);
	}
	skald_netns_leave(back);
}

void skald_check_tc(struct skald_exam *exam)
{
	char buffer[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct tc_hooks hooks = { .exam = exam };
	struct tcmsg *message;
	int ret;

	nlh->nlmsg_type = RTM_GETQDISC;
	nlh->nlmsg_flags = NLM_F_DUMP;
	message = mnl_nlmsg_put_extra_header(nlh, sizeof(*message));
	message->tcm_family = AF_UNSPEC;
	ret = skald_exam_dump(&exam->netns, NETLINK_ROUTE, nlh, add_qdisc,
			      &hooks);
	add_tcx(&hooks);
	if (ret && !hooks.names.n)
		skald_exam_row(exam, "tc", SKALD_CHECK_UNKNOWN, "",
			       "traffic control cannot be listed: %s",
			       strerror(-ret));
	else if (hooks.names.n)
		skald_exam_row(exam, "tc", SKALD_CHECK_WARN,
			       "filters there run before prerouting and may "
			       "drop or redirect: tc filter show dev DEV "
			       "ingress",
			       "at ingress: %s", hooks.names.text);
	else
		skald_exam_row(exam, "tc", SKALD_CHECK_OK, "",
			       "nothing at ingress");
}

static void bridge_rows(struct skald_exam *exam, const char *bridges)
{
	uint64_t ip = 0;
	int ret = skald_proc_number(&exam->netns,
				    "/proc/sys/net/bridge/bridge-nf-call-"
				    "iptables",
				    &ip);

	if (!ret && ip)
		skald_exam_row(exam, "bridge", SKALD_CHECK_OK, "",
			       "bridges: %s; their IPv4 packets pass the ip "
			       "chains too",
			       bridges);
	else
		skald_exam_row(exam, "bridge", SKALD_CHECK_WARN,
			       ret ? "the module br_netfilter would change "
				     "that"
				   : "bridge-nf-call-iptables = 1 would change "
				     "that",
			       "bridges: %s; bridged packets pass only chains "
			       "of family bridge",
			       bridges);
}

void skald_check_bridge(struct skald_exam *exam)
{
	struct skald_exam_names bridges = { 0 };
	unsigned int i;

	for (i = 0; i < exam->n_links; i++)
		if (!strcmp(exam->links[i].kind, "bridge"))
			skald_exam_name(&bridges, "%s", exam->links[i].name);
	if (bridges.n)
		bridge_rows(exam, bridges.text);
	else
		skald_exam_row(exam, "bridge", SKALD_CHECK_OK, "", "no bridge");
}

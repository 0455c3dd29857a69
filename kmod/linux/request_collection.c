// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/log2.h>
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <skald/uapi.h>

#include "collector.h"
#include "message.h"
#include "probe.h"
#include "request.h"
#include "ring.h"
#include "table.h"

const struct nla_policy skald_start_policy[SKALD_A_WITHOUT + 1] = {
	[SKALD_A_RING] = { .type = NLA_U32 },
	[SKALD_A_PACKETS] = { .type = NLA_U32 },
	[SKALD_A_WITHOUT] = NLA_POLICY_MASK(NLA_U64, SKALD_FEATURE_ALL),
};

/* ---- SKALD_CMD_INFO ---- */

static int put_sizes(struct sk_buff *answer)
{
	struct skald_collection how = skald_collector_current();

	return skald_put_u64(answer, SKALD_A_FEATURES,
			     skald_probe_features()) ||
	       nla_put_u32(answer, SKALD_A_RING, how.ring) ||
	       nla_put_u32(answer, SKALD_A_PACKETS, how.packets);
}

static int put_info(struct sk_buff *answer)
{
	u32 portid = skald_collector_port();

	return nla_put_u32(answer, SKALD_A_VERSION, SKALD_UAPI_VERSION) ||
	       nla_put_string(answer, SKALD_A_RELEASE, SKALD_RELEASE) ||
	       (portid && nla_put_u32(answer, SKALD_A_ARMED, portid)) ||
	       nla_put_u32(answer, SKALD_A_CPUS, num_possible_cpus()) ||
	       nla_put_u32(answer, SKALD_A_MAX_CLASSIFIERS, SKALD_TABLE_MAX) ||
	       nla_put_u32(answer, SKALD_A_MAX_PROGRAM, BPF_MAXINSNS) ||
	       put_sizes(answer);
}

int skald_request_info(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *answer;
	void *head;

	answer = skald_answer_new(info, NLMSG_GOODSIZE, &head);
	if (!answer)
		return -ENOMEM;
	if (put_info(answer)) {
		nlmsg_free(answer);
		return -EMSGSIZE;
	}
	return skald_answer_send(answer, head, info);
}

/* ---- SKALD_CMD_STATS ---- */

static int put_cpu_stats(struct sk_buff *answer)
{
	struct skald_cpu_stats *stats;
	struct nlattr *attr;
	unsigned int cpu;

	attr = nla_reserve(answer, SKALD_A_CPU_STATS,
			   num_possible_cpus() * sizeof(*stats));
	if (!attr)
		return -EMSGSIZE;
	stats = nla_data(attr);
	for_each_possible_cpu(cpu)
		skald_ring_stats(cpu, stats++);
	return 0;
}

static int stats_send(struct genl_info *info)
{
	struct skald_stats stats;
	struct sk_buff *answer;
	void *head;

	answer = skald_answer_new(
		info,
		nla_total_size(sizeof(stats)) +
			nla_total_size(num_possible_cpus() *
				       sizeof(struct skald_cpu_stats)),
		&head);
	if (!answer)
		return -ENOMEM;
	skald_collector_stats(&stats);
	if (nla_put(answer, SKALD_A_STATS, sizeof(stats), &stats) ||
	    put_cpu_stats(answer)) {
		nlmsg_free(answer);
		return -EMSGSIZE;
	}
	return skald_answer_send(answer, head, info);
}

int skald_request_stats(struct sk_buff *request, struct genl_info *info)
{
	return stats_send(info);
}

/* ---- SKALD_CMD_START, SKALD_CMD_STOP ---- */

static int size_parse(u32 *size, struct genl_info *info, int type, u32 min,
		      u32 max)
{
	const struct nlattr *attr = info->attrs[type];
	u32 value;

	if (!attr)
		return 0;
	value = nla_get_u32(attr);
	if (value < min || value > max || !is_power_of_2(value)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "not a power of two in the allowed range");
		return -ERANGE;
	}
	*size = value;
	return 0;
}

static int without_parse(u64 *features, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[SKALD_A_WITHOUT];

	*features = SKALD_FEATURE_ALL;
	if (!attr)
		return 0;
	*features &= ~nla_get_u64(attr);
	if (~*features & SKALD_FEATURE_ESSENTIAL) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "an essential feature cannot be left out");
		return -EINVAL;
	}
	return 0;
}

static int may_collect(struct sk_buff *request, struct genl_info *info)
{
	if (netlink_capable(request, CAP_NET_ADMIN))
		return 0;
	NL_SET_ERR_MSG(
		info->extack,
		"records show packets of every namespace: CAP_NET_ADMIN is needed in the initial user namespace");
	return -EPERM;
}

static int start_parse(struct skald_collection *how, struct genl_info *info)
{
	int err;

	*how = skald_collector_current();
	err = size_parse(&how->ring, info, SKALD_A_RING, SKALD_RING_MIN,
			 SKALD_RING_MAX);
	if (err)
		return err;
	err = size_parse(&how->packets, info, SKALD_A_PACKETS,
			 SKALD_PACKETS_MIN, SKALD_PACKETS_MAX);
	if (err)
		return err;
	return without_parse(&how->features, info);
}

int skald_request_start(struct sk_buff *request, struct genl_info *info)
{
	struct skald_collection how;
	struct sk_buff *answer;
	void *head;
	int err;

	err = may_collect(request, info) ?: start_parse(&how, info);
	if (err)
		return err;
	answer = skald_answer_new(info, NLMSG_GOODSIZE, &head);
	if (!answer)
		return -ENOMEM;
	err = skald_collector_start(NETLINK_CB(request).sk, info, &how);
	if (err)
		goto err_start;
	err = put_sizes(answer) ? -EMSGSIZE : 0;
	if (err)
		goto err_put;
	err = skald_answer_send(answer, head, info);
	skald_collector_release();
	return err;

err_put:
	skald_collector_stop(genl_info_net(info), info->snd_portid);
err_start:
	nlmsg_free(answer);
	return err;
}

int skald_request_stop(struct sk_buff *request, struct genl_info *info)
{
	if (skald_collector_stop(genl_info_net(info), info->snd_portid)) {
		NL_SET_ERR_MSG(info->extack, "this socket does not collect");
		return -ENOENT;
	}
	return stats_send(info);
}

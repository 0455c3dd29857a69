// SPDX-License-Identifier: GPL-2.0-only
/*
 * The family's commands. What may be asked, by whom, with which attributes and
 * what is answered is written in include/skald/uapi.h.
 */
#include <linux/capability.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <skald/uapi.h>

#include "classifier.h"
#include "collector.h"
#include "netlink.h"
#include "netns.h"
#include "probe.h"
#include "reason.h"
#include "ring.h"
#include "table.h"

#define PROGRAM_MAX (BPF_MAXINSNS * sizeof(struct sock_filter))

static struct genl_family skald_family;

static const struct nla_policy classifier_policy[SKALD_CLASSIFIER_A_MAX + 1] = {
	[SKALD_CLASSIFIER_A_ID] = { .type = NLA_U32 },
	[SKALD_CLASSIFIER_A_L2] = { .type = NLA_BINARY, .len = PROGRAM_MAX },
	[SKALD_CLASSIFIER_A_L3] = { .type = NLA_BINARY, .len = PROGRAM_MAX },
	[SKALD_CLASSIFIER_A_POINTS] = NLA_POLICY_MASK(NLA_U32, SKALD_POINT_ALL),
	[SKALD_CLASSIFIER_A_IIF] = { .type = NLA_NUL_STRING,
				     .len = IFNAMSIZ - 1 },
	[SKALD_CLASSIFIER_A_OIF] = { .type = NLA_NUL_STRING,
				     .len = IFNAMSIZ - 1 },
	[SKALD_CLASSIFIER_A_NETNS] = { .type = NLA_U32 },
	[SKALD_CLASSIFIER_A_RATE] = { .type = NLA_U32 },
	[SKALD_CLASSIFIER_A_BURST] = NLA_POLICY_MIN(NLA_U32, 1),
	[SKALD_CLASSIFIER_A_SAMPLE] = NLA_POLICY_MIN(NLA_U32, 1),
	[SKALD_CLASSIFIER_A_FIRST] = { .type = NLA_U64 },
	[SKALD_CLASSIFIER_A_TTL] = { .type = NLA_U32 },
	[SKALD_CLASSIFIER_A_KEEP] = { .type = NLA_FLAG },
	[SKALD_CLASSIFIER_A_TEXT] = { .type = NLA_NUL_STRING,
				      .len = SKALD_TEXT_MAX },
};

static const struct nla_policy start_policy[SKALD_A_WITHOUT + 1] = {
	[SKALD_A_RING] = { .type = NLA_U32 },
	[SKALD_A_PACKETS] = { .type = NLA_U32 },
	[SKALD_A_WITHOUT] = NLA_POLICY_MASK(NLA_U64, SKALD_FEATURE_ALL),
};

static const struct nla_policy table_policy[SKALD_A_CLASSIFIER + 1] = {
	[SKALD_A_CLASSIFIER] = NLA_POLICY_NESTED(classifier_policy),
};

/* ---- messages ---- */

struct sk_buff *skald_netlink_new(u8 cmd, size_t size, void **head)
{
	struct sk_buff *message;

	/* Each message has its number and a little more beside its content. */
	message = genlmsg_new(size + 64, GFP_KERNEL);
	if (!message)
		return NULL;
	*head = genlmsg_put(message, 0, 0, &skald_family, 0, cmd);
	if (*head)
		return message;
	nlmsg_free(message);
	return NULL;
}

static struct sk_buff *answer_new(struct genl_info *info, size_t size,
				  void **head)
{
	struct sk_buff *answer = genlmsg_new(size, GFP_KERNEL);

	if (!answer)
		return NULL;
	*head = genlmsg_put_reply(answer, info, &skald_family, 0,
				  info->genlhdr->cmd);
	if (*head)
		return answer;
	nlmsg_free(answer);
	return NULL;
}

static int answer_send(struct sk_buff *answer, void *head,
		       struct genl_info *info)
{
	genlmsg_end(answer, head);
	return genlmsg_reply(answer, info);
}

static int put_u64(struct sk_buff *message, int type, u64 value)
{
	return nla_put_u64_64bit(message, type, value, SKALD_A_PAD);
}

/* ---- SKALD_CMD_INFO ---- */

static int put_sizes(struct sk_buff *answer)
{
	struct skald_collection how = skald_collector_current();

	return put_u64(answer, SKALD_A_FEATURES, skald_probe_features()) ||
	       nla_put_u32(answer, SKALD_A_RING, how.ring) ||
	       nla_put_u32(answer, SKALD_A_PACKETS, how.packets);
}

static int put_info(struct sk_buff *answer)
{
	u32 portid = skald_collector_port();

	return nla_put_u32(answer, SKALD_A_VERSION, SKALD_VERSION) ||
	       nla_put_string(answer, SKALD_A_RELEASE, SKALD_RELEASE) ||
	       (portid && nla_put_u32(answer, SKALD_A_ARMED, portid)) ||
	       nla_put_u32(answer, SKALD_A_CPUS, num_possible_cpus()) ||
	       nla_put_u32(answer, SKALD_A_MAX_CLASSIFIERS, SKALD_TABLE_MAX) ||
	       nla_put_u32(answer, SKALD_A_MAX_PROGRAM, BPF_MAXINSNS) ||
	       put_sizes(answer);
}

static int info_do(struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *answer;
	void *head;

	answer = answer_new(info, NLMSG_GOODSIZE, &head);
	if (!answer)
		return -ENOMEM;
	if (put_info(answer)) {
		nlmsg_free(answer);
		return -EMSGSIZE;
	}
	return answer_send(answer, head, info);
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

static int start_do(struct sk_buff *request, struct genl_info *info)
{
	struct skald_collection how;
	struct sk_buff *answer;
	void *head;
	int err;

	err = may_collect(request, info) ?: start_parse(&how, info);
	if (err)
		return err;
	answer = answer_new(info, NLMSG_GOODSIZE, &head);
	if (!answer)
		return -ENOMEM;
	err = skald_collector_start(NETLINK_CB(request).sk, info, &how);
	if (err)
		goto err_start;
	err = put_sizes(answer) ? -EMSGSIZE : 0;
	if (err)
		goto err_put;
	err = answer_send(answer, head, info);
	skald_collector_release();
	return err;

err_put:
	skald_collector_stop(genl_info_net(info), info->snd_portid);
err_start:
	nlmsg_free(answer);
	return err;
}

static int stats_send(struct genl_info *info);

static int stop_do(struct sk_buff *request, struct genl_info *info)
{
	if (skald_collector_stop(genl_info_net(info), info->snd_portid)) {
		NL_SET_ERR_MSG(info->extack, "this socket does not collect");
		return -ENOENT;
	}
	return stats_send(info);
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

	answer = answer_new(
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
	return answer_send(answer, head, info);
}

static int stats_do(struct sk_buff *request, struct genl_info *info)
{
	return stats_send(info);
}

/* ---- classifiers ---- */

static int may_classify(struct sk_buff *request, u32 netns,
			struct netlink_ext_ack *extack)
{
	struct net *net;
	bool may;

	if (!netns) {
		may = netlink_capable(request, CAP_NET_ADMIN);
	} else {
		net = skald_netns_find(netns);
		if (!net) {
			NL_SET_ERR_MSG(extack, "no such network namespace");
			return -ENOENT;
		}
		may = netlink_ns_capable(request, net->user_ns, CAP_NET_ADMIN);
		put_net(net);
	}
	if (may)
		return 0;
	NL_SET_ERR_MSG(
		extack,
		"CAP_NET_ADMIN is needed in the user namespace that owns the network namespace; for all of them, in the initial one");
	return -EPERM;
}

static int program_parse(struct bpf_prog **program, const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	int err;

	if (!attr)
		return 0;
	err = skald_classifier_program(program, nla_data(attr), nla_len(attr));
	if (err)
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "not a sound program of classic BPF");
	return err;
}

static int programs_parse(struct skald_classifier *classifier,
			  struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	int err;

	if (!attrs[SKALD_CLASSIFIER_A_L2] && !attrs[SKALD_CLASSIFIER_A_L3]) {
		NL_SET_ERR_MSG(extack, "a classifier needs a program");
		return -EINVAL;
	}
	err = program_parse(&classifier->l2, attrs[SKALD_CLASSIFIER_A_L2],
			    extack);
	if (err)
		return err;
	return program_parse(&classifier->l3, attrs[SKALD_CLASSIFIER_A_L3],
			     extack);
}

static u32 u32_or(const struct nlattr *attr, u32 otherwise)
{
	return attr ? nla_get_u32(attr) : otherwise;
}

static void limits_parse(struct skald_classifier *classifier,
			 struct nlattr **attrs)
{
	const struct nlattr *first = attrs[SKALD_CLASSIFIER_A_FIRST];
	u32 ttl = u32_or(attrs[SKALD_CLASSIFIER_A_TTL], 0);

	classifier->rate = u32_or(attrs[SKALD_CLASSIFIER_A_RATE], 0);
	classifier->burst =
		u32_or(attrs[SKALD_CLASSIFIER_A_BURST], classifier->rate);
	classifier->sample = u32_or(attrs[SKALD_CLASSIFIER_A_SAMPLE], 0);
	classifier->first = first ? nla_get_u64(first) : 0;
	classifier->expires = ttl ? ktime_get_boottime_seconds() + ttl : 0;
	classifier->keep = !!attrs[SKALD_CLASSIFIER_A_KEEP];
}

static void place_parse(struct skald_classifier *classifier,
			struct nlattr **attrs)
{
	classifier->points = u32_or(attrs[SKALD_CLASSIFIER_A_POINTS],
				    SKALD_POINT_RECEIVE | SKALD_POINT_OUTPUT);
	if (attrs[SKALD_CLASSIFIER_A_IIF])
		nla_strscpy(classifier->iif, attrs[SKALD_CLASSIFIER_A_IIF],
			    IFNAMSIZ);
	if (attrs[SKALD_CLASSIFIER_A_OIF])
		nla_strscpy(classifier->oif, attrs[SKALD_CLASSIFIER_A_OIF],
			    IFNAMSIZ);
}

static int classifier_parse(struct skald_classifier *classifier,
			    struct nlattr **attrs, struct genl_info *info)
{
	const struct nlattr *text = attrs[SKALD_CLASSIFIER_A_TEXT];
	int err;

	err = programs_parse(classifier, attrs, info->extack);
	if (err)
		return err;
	limits_parse(classifier, attrs);
	place_parse(classifier, attrs);
	classifier->owner = info->snd_portid;
	classifier->owner_net = genl_info_net(info)->ns.inum;
	if (!text)
		return 0;
	classifier->text = nla_strdup(text, GFP_KERNEL);
	return classifier->text ? 0 : -ENOMEM;
}

/* The nest of a request; may be absent, then there are no attributes. */
static int nest_parse(struct nlattr **attrs, struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[SKALD_A_CLASSIFIER];

	memset(attrs, 0, (SKALD_CLASSIFIER_A_MAX + 1) * sizeof(*attrs));
	if (!nest)
		return 0;
	return nla_parse_nested(attrs, SKALD_CLASSIFIER_A_MAX, nest,
				classifier_policy, info->extack);
}

static int id_send(struct genl_info *info, u32 id)
{
	struct sk_buff *answer;
	struct nlattr *nest;
	void *head;

	answer = answer_new(info, NLMSG_GOODSIZE, &head);
	if (!answer)
		return -ENOMEM;
	nest = nla_nest_start(answer, SKALD_A_CLASSIFIER);
	if (!nest || nla_put_u32(answer, SKALD_CLASSIFIER_A_ID, id)) {
		nlmsg_free(answer);
		return -EMSGSIZE;
	}
	nla_nest_end(answer, nest);
	return answer_send(answer, head, info);
}

static int table_append(struct skald_classifier *classifier,
			struct genl_info *info)
{
	int err = skald_table_add(classifier);

	if (err)
		NL_SET_ERR_MSG(info->extack, "the debug table is full");
	return err;
}

static int add_do(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *attrs[SKALD_CLASSIFIER_A_MAX + 1];
	struct skald_classifier *classifier;
	u32 netns;
	int err;

	err = nest_parse(attrs, info);
	if (err)
		return err;
	netns = u32_or(attrs[SKALD_CLASSIFIER_A_NETNS],
		       genl_info_net(info)->ns.inum);
	err = may_classify(request, netns, info->extack);
	if (err)
		return err;
	classifier = skald_classifier_new();
	if (!classifier)
		return -ENOMEM;
	classifier->netns = netns;
	err = classifier_parse(classifier, attrs, info)
		      ?: table_append(classifier, info);
	if (err) {
		skald_classifier_free(classifier);
		return err;
	}
	return id_send(info, classifier->id);
}

/**
 * struct choice - which classifiers a request is about
 * @request: who asks
 * @id: one of that number; 0: many
 * @all: everybody's, else those of the asking socket
 * @owner: port of that socket
 * @owner_net: its namespace
 * @refused: there was one that it may not change
 */
struct choice {
	struct sk_buff *request;
	u32 id;
	bool all;
	u32 owner;
	u32 owner_net;
	bool refused;
};

static bool is_chosen(const struct skald_classifier *classifier, void *data)
{
	struct choice *choice = data;

	if (choice->id && classifier->id != choice->id)
		return false;
	if (!choice->id && !choice->all &&
	    (classifier->owner != choice->owner ||
	     classifier->owner_net != choice->owner_net))
		return false;
	if (!may_classify(choice->request, classifier->netns, NULL))
		return true;
	choice->refused = true;
	return false;
}

static struct choice choice_of(struct sk_buff *request, struct genl_info *info)
{
	struct choice choice = {
		.request = request,
		.owner = info->snd_portid,
		.owner_net = genl_info_net(info)->ns.inum,
	};

	return choice;
}

static int del_do(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *attrs[SKALD_CLASSIFIER_A_MAX + 1];
	struct choice choice = choice_of(request, info);
	int err;

	err = nest_parse(attrs, info);
	if (err)
		return err;
	if (!attrs[SKALD_CLASSIFIER_A_ID]) {
		NL_SET_ERR_MSG(info->extack, "which classifier?");
		return -EINVAL;
	}
	choice.id = nla_get_u32(attrs[SKALD_CLASSIFIER_A_ID]);
	if (choice.id && skald_table_remove(is_chosen, &choice))
		return 0;
	if (choice.refused) {
		NL_SET_ERR_MSG(info->extack, "CAP_NET_ADMIN is needed there");
		return -EPERM;
	}
	NL_SET_ERR_MSG(info->extack, "there is no such classifier");
	return -ENOENT;
}

static int flush_do(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *attrs[SKALD_CLASSIFIER_A_MAX + 1];
	struct choice choice = choice_of(request, info);
	int err;

	err = nest_parse(attrs, info);
	if (err)
		return err;
	choice.all = !!attrs[SKALD_CLASSIFIER_A_KEEP];
	skald_table_remove(is_chosen, &choice);
	return 0;
}

/* ---- dumps ---- */

struct dump {
	struct sk_buff *message;
	struct netlink_callback *cb;
};

static void *dump_put(const struct dump *dump, u8 cmd)
{
	return genlmsg_put(dump->message, NETLINK_CB(dump->cb->skb).portid,
			   dump->cb->nlh->nlmsg_seq, &skald_family, NLM_F_MULTI,
			   cmd);
}

/* One message; closes it, or takes it back when it does not fit. */
static int dump_end(const struct dump *dump, void *head, struct nlattr *nest,
		    int err)
{
	if (err) {
		genlmsg_cancel(dump->message, head);
		return -EMSGSIZE;
	}
	nla_nest_end(dump->message, nest);
	genlmsg_end(dump->message, head);
	dump->cb->args[0]++;
	return 0;
}

static int put_counters(struct sk_buff *to, const struct skald_classifier *from)
{
	static const int pad = SKALD_CLASSIFIER_A_PAD;

	return nla_put_u64_64bit(to, SKALD_CLASSIFIER_A_MATCHED,
				 atomic64_read(&from->matched), pad) ||
	       nla_put_u64_64bit(to, SKALD_CLASSIFIER_A_MARKED,
				 atomic64_read(&from->marked), pad) ||
	       nla_put_u64_64bit(to, SKALD_CLASSIFIER_A_LIMITED,
				 atomic64_read(&from->limited), pad) ||
	       nla_put_u64_64bit(to, SKALD_CLASSIFIER_A_FULL,
				 atomic64_read(&from->full), pad);
}

static int put_limits(struct sk_buff *to, const struct skald_classifier *from)
{
	time64_t now = ktime_get_boottime_seconds();
	u32 left = from->expires > now ? from->expires - now : 0;

	return nla_put_u32(to, SKALD_CLASSIFIER_A_RATE, from->rate) ||
	       nla_put_u32(to, SKALD_CLASSIFIER_A_BURST, from->burst) ||
	       nla_put_u32(to, SKALD_CLASSIFIER_A_SAMPLE, from->sample) ||
	       nla_put_u64_64bit(to, SKALD_CLASSIFIER_A_FIRST, from->first,
				 SKALD_CLASSIFIER_A_PAD) ||
	       (left && nla_put_u32(to, SKALD_CLASSIFIER_A_TTL, left)) ||
	       (from->keep && nla_put_flag(to, SKALD_CLASSIFIER_A_KEEP));
}

static int put_classifier(struct sk_buff *to,
			  const struct skald_classifier *from)
{
	return nla_put_u32(to, SKALD_CLASSIFIER_A_ID, from->id) ||
	       nla_put_u32(to, SKALD_CLASSIFIER_A_OWNER, from->owner) ||
	       nla_put_u32(to, SKALD_CLASSIFIER_A_POINTS, from->points) ||
	       nla_put_u32(to, SKALD_CLASSIFIER_A_NETNS, from->netns) ||
	       (from->iif[0] &&
		nla_put_string(to, SKALD_CLASSIFIER_A_IIF, from->iif)) ||
	       (from->oif[0] &&
		nla_put_string(to, SKALD_CLASSIFIER_A_OIF, from->oif)) ||
	       (from->text &&
		nla_put_string(to, SKALD_CLASSIFIER_A_TEXT, from->text)) ||
	       put_limits(to, from) || put_counters(to, from);
}

static int classifier_dump_one(const struct skald_classifier *classifier,
			       void *data)
{
	const struct dump *dump = data;
	struct nlattr *nest;
	void *head;

	head = dump_put(dump, SKALD_CMD_CLASSIFIER_GET);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(dump->message, SKALD_A_CLASSIFIER);
	return dump_end(dump, head, nest,
			!nest || put_classifier(dump->message, classifier));
}

/* A dump goes on while there is something in this message. */
static int dump_result(const struct sk_buff *message, int err)
{
	return err && !message->len ? err : message->len;
}

static int classifier_dump(struct sk_buff *message, struct netlink_callback *cb)
{
	struct dump dump = { message, cb };

	return dump_result(message, skald_table_each(classifier_dump_one,
						     cb->args[0], &dump));
}

static int put_probe(struct sk_buff *to, const struct skald_probe *from)
{
	return nla_put_string(to, SKALD_PROBE_A_NAME, from->name) ||
	       (from->module[0] &&
		nla_put_string(to, SKALD_PROBE_A_MODULE, from->module)) ||
	       nla_put_u32(to, SKALD_PROBE_A_KIND, from->kind) ||
	       nla_put_u32(to, SKALD_PROBE_A_STATE, from->state) ||
	       nla_put_u64_64bit(to, SKALD_PROBE_A_FEATURE, from->feature,
				 SKALD_PROBE_A_PAD);
}

static int probe_dump_one(const struct dump *dump,
			  const struct skald_probe *probe)
{
	struct nlattr *nest;
	void *head;

	head = dump_put(dump, SKALD_CMD_PROBES);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(dump->message, SKALD_A_PROBE);
	return dump_end(dump, head, nest,
			!nest || put_probe(dump->message, probe));
}

static int probe_dump(struct sk_buff *message, struct netlink_callback *cb)
{
	struct dump dump = { message, cb };
	struct skald_probe probe;
	int err = 0;

	while (!err && skald_probe_get(cb->args[0], &probe))
		err = probe_dump_one(&dump, &probe);
	return dump_result(message, err);
}

static int reason_dump_one(u32 number, const char *name, void *data)
{
	const struct dump *dump = data;
	struct nlattr *nest;
	void *head;

	head = dump_put(dump, SKALD_CMD_REASONS);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(dump->message, SKALD_A_REASON);
	return dump_end(dump, head, nest,
			!nest ||
				nla_put_u32(dump->message,
					    SKALD_REASON_A_NUMBER, number) ||
				nla_put_string(dump->message,
					       SKALD_REASON_A_NAME, name));
}

static int reason_dump(struct sk_buff *message, struct netlink_callback *cb)
{
	struct dump dump = { message, cb };

	return dump_result(message, skald_reason_each(reason_dump_one,
						      cb->args[0], &dump));
}

/* ---- the family ---- */

/* clang-format off */
static const struct genl_ops skald_ops[] = {
	{ .cmd = SKALD_CMD_INFO, .doit = info_do },
	{ .cmd = SKALD_CMD_START, .doit = start_do,
	  .policy = start_policy, .maxattr = SKALD_A_WITHOUT },
	{ .cmd = SKALD_CMD_STOP, .doit = stop_do },
	{ .cmd = SKALD_CMD_CLASSIFIER_ADD, .doit = add_do,
	  .policy = table_policy, .maxattr = SKALD_A_CLASSIFIER },
	{ .cmd = SKALD_CMD_CLASSIFIER_DEL, .doit = del_do,
	  .policy = table_policy, .maxattr = SKALD_A_CLASSIFIER },
	{ .cmd = SKALD_CMD_CLASSIFIER_FLUSH, .doit = flush_do,
	  .policy = table_policy, .maxattr = SKALD_A_CLASSIFIER },
	{ .cmd = SKALD_CMD_CLASSIFIER_GET, .dumpit = classifier_dump,
	  .flags = GENL_UNS_ADMIN_PERM },
	{ .cmd = SKALD_CMD_STATS, .doit = stats_do,
	  .flags = GENL_UNS_ADMIN_PERM },
	{ .cmd = SKALD_CMD_PROBES, .dumpit = probe_dump },
	{ .cmd = SKALD_CMD_REASONS, .dumpit = reason_dump },
};
/* clang-format on */

static struct genl_family skald_family __ro_after_init = {
	.name = SKALD_GENL_NAME,
	.version = SKALD_GENL_VERSION,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = skald_ops,
	.n_ops = ARRAY_SIZE(skald_ops),
	.resv_start_op = SKALD_CMD_INFO,
};

int skald_netlink_init(void)
{
	return genl_register_family(&skald_family);
}

void skald_netlink_exit(void)
{
	genl_unregister_family(&skald_family);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <skald/uapi.h>

#include "classifier.h"
#include "message.h"
#include "netns.h"
#include "request.h"
#include "table.h"

#define PROGRAM_MAX (BPF_MAXINSNS * sizeof(struct sock_filter))

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

const struct nla_policy skald_table_policy[SKALD_A_CLASSIFIER + 1] = {
	[SKALD_A_CLASSIFIER] = NLA_POLICY_NESTED(classifier_policy),
};

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
	if (err && err != -ENOMEM)
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

	answer = skald_answer_new(info, NLMSG_GOODSIZE, &head);
	if (!answer)
		return -ENOMEM;
	nest = nla_nest_start(answer, SKALD_A_CLASSIFIER);
	if (!nest || nla_put_u32(answer, SKALD_CLASSIFIER_A_ID, id)) {
		nlmsg_free(answer);
		return -EMSGSIZE;
	}
	nla_nest_end(answer, nest);
	return skald_answer_send(answer, head, info);
}

static int table_append(struct skald_classifier *classifier, u32 *id,
			struct genl_info *info)
{
	int err = skald_table_add(classifier, id);

	if (err)
		NL_SET_ERR_MSG(info->extack, "the debug table is full");
	return err;
}

int skald_request_add(struct sk_buff *request, struct genl_info *info)
{
	struct nlattr *attrs[SKALD_CLASSIFIER_A_MAX + 1];
	struct skald_classifier *classifier;
	u32 netns, id;
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
		      ?: table_append(classifier, &id, info);
	if (err) {
		skald_classifier_free(classifier);
		return err;
	}
	return id_send(info, id);
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

int skald_request_del(struct sk_buff *request, struct genl_info *info)
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

int skald_request_flush(struct sk_buff *request, struct genl_info *info)
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

/* ---- the list ---- */

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
	const struct skald_dump *dump = data;
	struct nlattr *nest;
	void *head;

	head = skald_dump_put(dump, SKALD_CMD_CLASSIFIER_GET);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(dump->message, SKALD_A_CLASSIFIER);
	return skald_dump_end(dump, head, nest,
			      !nest || put_classifier(dump->message,
						      classifier));
}

int skald_request_classifiers(struct sk_buff *message,
			      struct netlink_callback *cb)
{
	struct skald_dump dump = { message, cb };

	return skald_dump_result(message, skald_table_each(classifier_dump_one,
							   cb->args[0], &dump));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connections of a world, from its IPCTNL_MSG_CT_NEW messages into the
 * engine's table.
 */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "ct_helper.h"
#include "ct_helpers.h"
#include "ct_restore.h"
#include "engine_priv.h"
#include "netlink_call.h"

static uint32_t be32_of(const struct nlattr *attr)
{
	uint32_t number = 0;

	if (attr && mnl_attr_get_payload_len(attr) >= sizeof(number))
		memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
	return ntohl(number);
}

/* As it lies there, in network order. */
static __be16 be16_of(const struct nlattr *attr)
{
	__be16 number = 0;

	if (attr && mnl_attr_get_payload_len(attr) >= sizeof(number))
		memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
	return number;
}

static uint8_t u8_of(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr)
		       ? *(const uint8_t *)mnl_attr_get_payload(attr)
		       : 0;
}

static uint64_t be64_of(const struct nlattr *attr)
{
	uint64_t number = 0;

	if (attr && mnl_attr_get_payload_len(attr) >= sizeof(number))
		memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
	return be64toh(number);
}

static int take_addresses(const struct nlattr *nest,
			  struct skald_ct_tuple *tuple)
{
	const struct nlattr *tb[CTA_IP_MAX + 1];
	bool is_v6;
	uint16_t len;

	if (!nest)
		return -EBADMSG;
	skald_attrs_parse_nested(nest, tb, CTA_IP_MAX + 1);
	is_v6 = tb[CTA_IP_V6_SRC];
	len = is_v6 ? 16 : 4;
	for (int i = 0; i < 2; i++) {
		const struct nlattr *attr =
			tb[(is_v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC) + i];
		union skald_addr *address = i ? &tuple->dst : &tuple->src;

		if (!attr || mnl_attr_get_payload_len(attr) != len)
			return -EBADMSG;
		memcpy(address->bytes, mnl_attr_get_payload(attr), len);
	}
	tuple->family = is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	return 0;
}

static int take_ports(const struct nlattr *nest, struct skald_ct_tuple *tuple)
{
	const struct nlattr *tb[CTA_PROTO_MAX + 1];
	bool is_v6;

	if (!nest)
		return -EBADMSG;
	skald_attrs_parse_nested(nest, tb, CTA_PROTO_MAX + 1);
	tuple->proto = u8_of(tb[CTA_PROTO_NUM]);
	tuple->sport = be16_of(tb[CTA_PROTO_SRC_PORT]);
	tuple->dport = be16_of(tb[CTA_PROTO_DST_PORT]);
	if (tuple->proto != IPPROTO_ICMP && tuple->proto != IPPROTO_ICMPV6)
		return 0;
	is_v6 = tuple->proto == IPPROTO_ICMPV6;
	tuple->sport =
		be16_of(tb[is_v6 ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID]);
	tuple->dport =
		htons((uint16_t)(u8_of(tb[is_v6 ? CTA_PROTO_ICMPV6_TYPE
						: CTA_PROTO_ICMP_TYPE])
					 << 8 |
				 u8_of(tb[is_v6 ? CTA_PROTO_ICMPV6_CODE
						: CTA_PROTO_ICMP_CODE])));
	return 0;
}

static int take_tuple(const struct nlattr *nest, struct skald_ct_tuple *tuple)
{
	const struct nlattr *tb[CTA_TUPLE_MAX + 1];
	int err;

	if (!nest)
		return -EBADMSG;
	skald_attrs_parse_nested(nest, tb, CTA_TUPLE_MAX + 1);
	err = take_addresses(tb[CTA_TUPLE_IP], tuple);
	return err ? err : take_ports(tb[CTA_TUPLE_PROTO], tuple);
}

/* struct nf_ct_tcp_flags: the flags, then which of them are meant. */
static uint8_t flags_of(const struct nlattr *attr)
{
	return u8_of(attr) & 0x3f;
}

static void take_proto(const struct nlattr *nest, struct skald_ct_saved *saved)
{
	const struct nlattr *info[CTA_PROTOINFO_MAX + 1];
	const struct nlattr *tb[CTA_PROTOINFO_TCP_MAX + 1];

	if (!nest)
		return;
	skald_attrs_parse_nested(nest, info, CTA_PROTOINFO_MAX + 1);
	if (info[CTA_PROTOINFO_SCTP]) {
		skald_attrs_parse_nested(info[CTA_PROTOINFO_SCTP], tb,
					 CTA_PROTOINFO_SCTP_MAX + 1);
		saved->state = u8_of(tb[CTA_PROTOINFO_SCTP_STATE]);
	}
	if (!info[CTA_PROTOINFO_TCP])
		return;
	skald_attrs_parse_nested(info[CTA_PROTOINFO_TCP], tb,
				 CTA_PROTOINFO_TCP_MAX + 1);
	saved->state = u8_of(tb[CTA_PROTOINFO_TCP_STATE]);
	saved->flags[0] = flags_of(tb[CTA_PROTOINFO_TCP_FLAGS_ORIGINAL]);
	saved->flags[1] = flags_of(tb[CTA_PROTOINFO_TCP_FLAGS_REPLY]);
	saved->scale[0] = u8_of(tb[CTA_PROTOINFO_TCP_WSCALE_ORIGINAL]);
	saved->scale[1] = u8_of(tb[CTA_PROTOINFO_TCP_WSCALE_REPLY]);
}

static void take_counts(const struct nlattr *nest, struct skald_ct_saved *saved,
			enum skald_ct_dir dir)
{
	const struct nlattr *tb[CTA_COUNTERS_MAX + 1];

	if (!nest)
		return;
	skald_attrs_parse_nested(nest, tb, CTA_COUNTERS_MAX + 1);
	saved->packets[dir] = be64_of(tb[CTA_COUNTERS_PACKETS]);
	saved->bytes[dir] = be64_of(tb[CTA_COUNTERS_BYTES]);
}

static void give_helper(const struct nlattr *nest, struct skald_ct *ct)
{
	const struct nlattr *tb[CTA_HELP_MAX + 1];
	const struct skald_ct_helper *helper;
	const char *name;

	if (!nest)
		return;
	skald_attrs_parse_nested(nest, tb, CTA_HELP_MAX + 1);
	name = skald_attr_string(tb[CTA_HELP_NAME]);
	helper = name ? skald_ct_helper_find(name, skald_ct_family(ct),
					     skald_ct_protonum(ct))
		      : NULL;
	if (helper)
		(void)skald_ct_help_attach(ct, helper);
}

static int read_entry(const struct nlattr **tb, struct skald_ct_saved *saved)
{
	int err;

	memset(saved, 0, sizeof(*saved));
	err = take_tuple(tb[CTA_TUPLE_ORIG], &saved->original);
	if (!err)
		err = take_tuple(tb[CTA_TUPLE_REPLY], &saved->reply);
	if (err)
		return err;
	saved->reply.dir = SKALD_CT_REPLY;
	saved->zone.id = ntohs(be16_of(tb[CTA_ZONE]));
	saved->zone.dirs = SKALD_CT_ZONE_BOTH;
	saved->status = be32_of(tb[CTA_STATUS]);
	saved->mark = be32_of(tb[CTA_MARK]);
	saved->id = be32_of(tb[CTA_ID]);
	saved->timeout_s = be32_of(tb[CTA_TIMEOUT]);
	take_proto(tb[CTA_PROTOINFO], saved);
	take_counts(tb[CTA_COUNTERS_ORIG], saved, SKALD_CT_ORIGINAL);
	take_counts(tb[CTA_COUNTERS_REPLY], saved, SKALD_CT_REPLY);
	return 0;
}

static int restore(struct skald_engine *engine, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[CTA_MAX + 1];
	struct skald_ct_saved saved;
	struct skald_ct *ct = NULL;
	int err;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
		return -EBADMSG;
	skald_attrs_parse(nlh, sizeof(struct nfgenmsg), tb, CTA_MAX + 1);
	err = read_entry(tb, &saved);
	if (!err)
		err = skald_ct_restore(engine->ct, &saved,
				       engine->world->taken_ns, &ct);
	if (ct) {
		give_helper(tb[CTA_HELP], ct);
		skald_ct_put(engine->ct, ct);
	}
	/* a table that is dumped while it is used may have a tuple twice */
	return err == -EEXIST ? 0 : err;
}

int skald_engine_restore(struct skald_engine *engine, struct skald_error *error)
{
	const struct skald_buffer *section =
		&engine->world->sections[SKALD_WORLD_CONNTRACK];
	const uint8_t *at = section->data;
	size_t left = section->len;
	const struct nlmsghdr *nlh;
	int err = 0;

	while (!err && (nlh = skald_message_next(&at, &left)))
		err = restore(engine, nlh);
	if (!err && left)
		err = -EBADMSG;
	if (!err)
		return 0;
	return skald_error_set(
		error, -err, "the world's connections cannot be taken: %s",
		err == -EBADMSG ? "they are damaged" : strerror(-err));
}

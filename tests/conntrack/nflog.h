/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: packets that rules log
 *
 * "log group N" sends them to the one socket that is bound to the group: one
 * message a packet, at once.
 */
#ifndef SKALD_CONNTRACK_NFLOG_H
#define SKALD_CONNTRACK_NFLOG_H

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include "space.h"

static inline void nflog_set(struct mnl_socket *nl, uint16_t group,
			     uint16_t type, const void *data, size_t size)
{
	char buffer[256] = "";
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = AF_UNSPEC;
	nfg->res_id = htons(group);
	mnl_attr_put(nlh, type, size, data);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		space_die("NFLOG");
}

/* @copy: NFULNL_COPY_PACKET, or NFULNL_COPY_META: without its bytes */
static inline void nflog_listen(struct mnl_socket *nl, uint16_t group,
				uint8_t copy)
{
	const bool has_bytes = copy == NFULNL_COPY_PACKET;
	struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode mode = {
		.copy_mode = copy,
		.copy_range = htonl(has_bytes ? 65535 : 0),
	};
	uint32_t threshold = htonl(1);

	nflog_set(nl, group, NFULA_CFG_CMD, &bind, sizeof(bind));
	nflog_set(nl, group, NFULA_CFG_MODE, &mode, sizeof(mode));
	nflog_set(nl, group, NFULA_CFG_QTHRESH, &threshold, sizeof(threshold));
}

#endif /* SKALD_CONNTRACK_NFLOG_H */

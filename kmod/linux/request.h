/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the family's requests
 *
 * What may be asked, by whom, with which attributes and what is answered is
 * written in include/skald/uapi.h. All return 0 or -errno, with a text in the
 * extended acknowledgement for what the asker can do better; process context,
 * under the family's lock.
 */
#ifndef SKALD_REQUEST_H
#define SKALD_REQUEST_H

#include <net/netlink.h>
#include <skald/uapi.h>

struct genl_info;
struct netlink_callback;
struct sk_buff;

extern const struct nla_policy skald_start_policy[SKALD_A_WITHOUT + 1];
extern const struct nla_policy skald_table_policy[SKALD_A_CLASSIFIER + 1];

/* The collection (request_collection.c) */
int skald_request_info(struct sk_buff *request, struct genl_info *info);
int skald_request_start(struct sk_buff *request, struct genl_info *info);
int skald_request_stop(struct sk_buff *request, struct genl_info *info);
int skald_request_stats(struct sk_buff *request, struct genl_info *info);

/* The debug table (request_classifier.c) */
int skald_request_add(struct sk_buff *request, struct genl_info *info);
int skald_request_del(struct sk_buff *request, struct genl_info *info);
int skald_request_flush(struct sk_buff *request, struct genl_info *info);
int skald_request_classifiers(struct sk_buff *message,
			      struct netlink_callback *cb);

/* Lists of what the module knows (request_list.c) */
int skald_request_probes(struct sk_buff *message, struct netlink_callback *cb);
int skald_request_reasons(struct sk_buff *message, struct netlink_callback *cb);

#endif /* SKALD_REQUEST_H */

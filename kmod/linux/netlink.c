// SPDX-License-Identifier: GPL-2.0-only
/*
 * The family: which command is whose, with which policy.
 */
#include <linux/module.h>
#include <net/genetlink.h>
#include <skald/uapi.h>

#include "netlink.h"
#include "request.h"

/* clang-format off */
static const struct genl_ops skald_ops[] = {
	{ .cmd = SKALD_CMD_INFO, .doit = skald_request_info },
	{ .cmd = SKALD_CMD_START, .doit = skald_request_start,
	  .policy = skald_start_policy, .maxattr = SKALD_A_WITHOUT },
	{ .cmd = SKALD_CMD_STOP, .doit = skald_request_stop },
	{ .cmd = SKALD_CMD_CLASSIFIER_ADD, .doit = skald_request_add,
	  .policy = skald_table_policy, .maxattr = SKALD_A_CLASSIFIER },
	{ .cmd = SKALD_CMD_CLASSIFIER_DEL, .doit = skald_request_del,
	  .policy = skald_table_policy, .maxattr = SKALD_A_CLASSIFIER },
	{ .cmd = SKALD_CMD_CLASSIFIER_FLUSH, .doit = skald_request_flush,
	  .policy = skald_table_policy, .maxattr = SKALD_A_CLASSIFIER },
	{ .cmd = SKALD_CMD_CLASSIFIER_GET, .dumpit = skald_request_classifiers,
	  .flags = GENL_UNS_ADMIN_PERM },
	{ .cmd = SKALD_CMD_STATS, .doit = skald_request_stats,
	  .flags = GENL_UNS_ADMIN_PERM },
	{ .cmd = SKALD_CMD_PROBES, .dumpit = skald_request_probes },
	{ .cmd = SKALD_CMD_REASONS, .dumpit = skald_request_reasons },
};
/* clang-format on */

struct genl_family skald_family __ro_after_init = {
	.name = SKALD_GENL_NAME,
	.version = SKALD_GENL_VERSION,
	.netnsok = true,
	/* Disarming may take long: nobody else's family waits for it. */
	.parallel_ops = true,
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

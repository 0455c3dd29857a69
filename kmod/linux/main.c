// SPDX-License-Identifier: GPL-2.0-only
/*
 * skald.ko: the life of chosen packets, told while they live it.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <net/genetlink.h>
#include <skald/uapi.h>

#include "classifier.h"
#include "collector.h"
#include "netlink.h"
#include "probe.h"
#include "table.h"

static bool every(const struct skald_classifier *classifier, void *data)
{
	return true;
}

static int __init skald_init(void)
{
	int err;

	err = skald_probe_init();
	if (err)
		return err;
	err = skald_collector_init();
	if (err)
		goto err_collector;
	err = skald_netlink_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	skald_collector_exit();
err_collector:
	skald_probe_exit();
	return err;
}

/* Nobody collects: a collector keeps the module. */
static void __exit skald_exit(void)
{
	skald_netlink_exit();
	skald_collector_exit();
	skald_probe_exit();
	skald_table_remove(every, NULL);
	rcu_barrier();
}

module_init(skald_init);
module_exit(skald_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("the skald authors");
MODULE_DESCRIPTION("Tells the life of chosen packets");
MODULE_VERSION(SKALD_RELEASE);
MODULE_ALIAS_GENL_FAMILY(SKALD_GENL_NAME);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <skald/uapi.h>

#include "message.h"
#include "probe.h"
#include "reason.h"
#include "request.h"

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

static int probe_dump_one(const struct skald_dump *dump,
			  const struct skald_probe *probe)
{
	struct nlattr *nest;
	void *head;

	head = skald_dump_put(dump, SKALD_CMD_PROBES);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(dump->message, SKALD_A_PROBE);
	return skald_dump_end(dump, head, nest,
			      !nest || put_probe(dump->message, probe));
}

int skald_request_probes(struct sk_buff *message, struct netlink_callback *cb)
{
	struct skald_dump dump = { message, cb };
	struct skald_probe probe;
	int err = 0;

	while (!err && skald_probe_get(cb->args[0], &probe))
		err = probe_dump_one(&dump, &probe);
	return skald_dump_result(message, err);
}

static int reason_dump_one(u32 number, const char *name, void *data)
{
	const struct skald_dump *dump = data;
	struct nlattr *nest;
	void *head;

	head = skald_dump_put(dump, SKALD_CMD_REASONS);
	if (!head)
		return -EMSGSIZE;
	nest = nla_nest_start(dump->message, SKALD_A_REASON);
	return skald_dump_end(
		dump, head, nest,
		!nest ||
			nla_put_u32(dump->message, SKALD_REASON_A_NUMBER,
				    number) ||
			nla_put_string(dump->message, SKALD_REASON_A_NAME,
				       name));
}

int skald_request_reasons(struct sk_buff *message, struct netlink_callback *cb)
{
	struct skald_dump dump = { message, cb };

	return skald_dump_result(message,
				 skald_reason_each(reason_dump_one, cb->args[0],
						   &dump));
}

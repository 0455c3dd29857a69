// SPDX-License-Identifier: GPL-2.0-only
/* log: tell of the packet (nft_log_eval()). */
#include "expr_parts.h"

#define PREFIX_MAX 128
#define LEVEL_WARNING 4
#define LEVEL_AUDIT 8

struct log {
	u32 level;
	u32 flags;
	u32 snaplen;
	u16 group;
	u16 qthreshold;
	bool is_nflog;
	char prefix[PREFIX_MAX];
};

/* clang-format off */
static const struct skald_param_word levels[] = {
	{ 0, "emerg" }, { 1, "alert" }, { 2, "crit" }, { 3, "err" },
	{ 4, "warn" }, { 5, "notice" }, { 6, "info" }, { 7, "debug" },
	{ LEVEL_AUDIT, "audit" }, { 0, NULL },
};
static const struct skald_param_word flags[] = {
	{ 1, "tcp sequence" }, { 2, "tcp options" }, { 4, "ip options" },
	{ 8, "skuid" }, { 16, "nflog" }, { 32, "ether" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_LOG_GROUP, .type = SKALD_PARAM_BE16, .name = "group",
	  .help = "NFLOG group" },
	{ .attr = NFTA_LOG_PREFIX, .type = SKALD_PARAM_STRING,
	  .name = "prefix", .help = "text before each line",
	  .most = PREFIX_MAX },
	{ .attr = NFTA_LOG_SNAPLEN, .type = SKALD_PARAM_BE32,
	  .name = "snaplen", .help = "bytes of the packet, for NFLOG" },
	{ .attr = NFTA_LOG_QTHRESHOLD, .type = SKALD_PARAM_BE16,
	  .name = "qthreshold", .help = "packets a message, for NFLOG" },
	{ .attr = NFTA_LOG_LEVEL, .type = SKALD_PARAM_BE32, .name = "level",
	  .help = "level", .words = levels },
	{ .attr = NFTA_LOG_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "what else to write", .is_flags = true, .words = flags },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct log *log = skald_expr_data(expr);
	const struct skald_nla *prefix = tb[NFTA_LOG_PREFIX];

	if (tb[NFTA_LOG_GROUP] && (tb[NFTA_LOG_LEVEL] || tb[NFTA_LOG_FLAGS]))
		return -EINVAL;
	log->is_nflog = tb[NFTA_LOG_GROUP];
	log->group = skald_nla_be16(tb[NFTA_LOG_GROUP]);
	log->snaplen = skald_nla_be32(tb[NFTA_LOG_SNAPLEN]);
	log->qthreshold = skald_nla_be16(tb[NFTA_LOG_QTHRESHOLD]);
	log->flags = skald_nla_be32(tb[NFTA_LOG_FLAGS]);
	log->level = tb[NFTA_LOG_LEVEL] ? skald_nla_be32(tb[NFTA_LOG_LEVEL])
					: LEVEL_WARNING;
	if (prefix)
		memcpy(log->prefix, skald_nla_data(prefix),
		       skald_nla_len(prefix));
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct log *log = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_LOG };

	effect.log.prefix = log->prefix;
	effect.log.level = log->level;
	effect.log.flags = log->flags;
	effect.log.group = log->group;
	effect.log.qthreshold = log->qthreshold;
	effect.log.snaplen = log->snaplen;
	effect.log.is_nflog = log->is_nflog;
	(void)skald_vm_effect(pkt, &effect);
}

const struct skald_expr_ops skald_expr_log = {
	.name = "log",
	.help = "write a line about the packet, or send it to NFLOG",
	.size = sizeof(struct log),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
};

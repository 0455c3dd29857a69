// SPDX-License-Identifier: GPL-2.0-only
/* queue: to user space (nft_queue_eval()). */
#include "expr_parts.h"

#define VERDICT_BYPASS 0x8000

struct queue {
	u16 number;
	u16 total;
	u16 flags;
	u8 reg;
};

/* clang-format off */
static const struct skald_param_word flags[] = {
	{ NFT_QUEUE_FLAG_BYPASS, "bypass" },
	{ NFT_QUEUE_FLAG_CPU_FANOUT, "fanout" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_QUEUE_NUM, .type = SKALD_PARAM_BE16, .name = "num",
	  .help = "first queue" },
	{ .attr = NFTA_QUEUE_TOTAL, .type = SKALD_PARAM_BE16, .name = "total",
	  .help = "number of queues" },
	{ .attr = NFTA_QUEUE_FLAGS, .type = SKALD_PARAM_BE16, .name = "flags",
	  .help = "bypass: accept when nobody listens; fanout: by processor",
	  .is_flags = true, .words = flags },
	{ .attr = NFTA_QUEUE_SREG_QNUM, .type = SKALD_PARAM_SREG,
	  .name = "sreg", .help = "register of the queue" },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct queue *queue = skald_expr_data(expr);

	queue->flags = skald_nla_be16(tb[NFTA_QUEUE_FLAGS]);
	if (tb[NFTA_QUEUE_SREG_QNUM])
		return tb[NFTA_QUEUE_NUM]
			       ? -EINVAL
			       : skald_reg_source(tb[NFTA_QUEUE_SREG_QNUM], 4,
						  &queue->reg);
	if (!tb[NFTA_QUEUE_NUM])
		return -EINVAL;
	queue->number = skald_nla_be16(tb[NFTA_QUEUE_NUM]);
	queue->total =
		tb[NFTA_QUEUE_TOTAL] ? skald_nla_be16(tb[NFTA_QUEUE_TOTAL]) : 1;
	if (!queue->total || queue->number + queue->total - 1 > U16_MAX)
		return queue->total ? -ERANGE : -EINVAL;
	return 0;
}

/* Of several queues the kernel takes one by a hash with a secret of its own:
 * the first stands for them. */
static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct queue *queue = skald_expr_data(expr);
	u32 number = queue->number, cpu;

	if (queue->reg) {
		if (skald_regs_is_unknown(regs, queue->reg, 4)) {
			skald_regs_maybe(regs, NULL);
			return;
		}
		number = regs->data[queue->reg] & U16_MAX;
	} else if (queue->total > 1 &&
		   (queue->flags & NFT_QUEUE_FLAG_CPU_FANOUT) &&
		   !skald_vm_fact(pkt, SKALD_FACT_CPU, &cpu)) {
		number += cpu % queue->total;
	}
	regs->verdict.code = (s32)(NF_QUEUE | number << 16);
	if (queue->flags & NFT_QUEUE_FLAG_BYPASS)
		regs->verdict.code |= VERDICT_BYPASS;
}

const struct skald_expr_ops skald_expr_queue = {
	.name = "queue",
	.help = "send the packet to user space",
	.size = sizeof(struct queue),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
};

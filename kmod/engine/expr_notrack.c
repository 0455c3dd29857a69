// SPDX-License-Identifier: GPL-2.0-only
/* notrack: the connection tracker is to pass it over (nft_notrack_eval()). */
#include "expr_parts.h"

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	return 0;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_NOTRACK };

	(void)skald_vm_effect(pkt, &effect);
	skald_vm_ct_forget(pkt);
}

const struct skald_expr_ops skald_expr_notrack = {
	.name = "notrack",
	.help = "keep the packet from the connection tracker",
	.parse = parse,
	.eval = eval,
};

// SPDX-License-Identifier: GPL-2.0-only
/* Named objects that are handed on to the owner: tunnels and security marks
 * (nft_tunnel_obj_eval(), nft_secmark_obj_eval()). */
#include "expr_parts.h"

#define CONTEXT_LEN 256
#define ATTR_SECMARK_CONTEXT 1
#define ATTR_TUNNEL_ID 1

/* clang-format off */
static const struct skald_param secmark_params[] = {
	{ .attr = ATTR_SECMARK_CONTEXT, .type = SKALD_PARAM_STRING,
	  .is_required = true, .name = "context", .help = "security context",
	  .most = CONTEXT_LEN },
};
static const struct skald_param tunnel_params[] = {
	{ .attr = ATTR_TUNNEL_ID, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "id", .help = "id of the tunnel" },
};
/* clang-format on */

static int parse_tunnel(struct skald_load *load, struct skald_vm_expr *expr,
			const struct skald_nla **tb)
{
	*(u32 *)skald_expr_data(expr) = skald_nla_be32(tb[ATTR_TUNNEL_ID]);
	return 0;
}

static void eval_tunnel(const struct skald_vm_expr *expr,
			struct skald_regs *regs, struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_TUNNEL };

	effect.meta.value = *(const u32 *)skald_expr_data(expr);
	(void)skald_vm_effect(pkt, &effect);
}

static int parse_secmark(struct skald_load *load, struct skald_vm_expr *expr,
			 const struct skald_nla **tb)
{
	return 0;
}

/* The mark stands for the context in this kernel alone. */
static void eval_secmark(const struct skald_vm_expr *expr,
			 struct skald_regs *regs, struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_META };

	effect.meta.key = NFT_META_SECMARK;
	(void)skald_vm_effect(pkt, &effect);
}

const struct skald_expr_ops skald_obj_tunnel = {
	.name = "tunnel",
	.help = "send the packet through a tunnel",
	.size = sizeof(u32),
	.n_params = ARRAY_SIZE(tunnel_params),
	.params = tunnel_params,
	.parse = parse_tunnel,
	.eval = eval_tunnel,
};

const struct skald_expr_ops skald_obj_secmark = {
	.name = "secmark",
	.help = "give the packet a security mark",
	.n_params = ARRAY_SIZE(secmark_params),
	.params = secmark_params,
	.parse = parse_secmark,
	.eval = eval_secmark,
};

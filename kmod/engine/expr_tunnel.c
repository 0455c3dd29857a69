// SPDX-License-Identifier: GPL-2.0-only
/* tunnel: metadata of a flow-based tunnel (nft_tunnel_get_eval()). */
#include "expr_parts.h"

#define MODE_RX 1
#define MODE_TX 2
/* SKALD_FACT_TUNNEL: the id below, direction and presence above. */
#define HAS_TUNNEL (1ull << 32)
#define IS_TX (1ull << 33)

struct tunnel {
	u8 key;
	u8 mode;
	u8 reg;
	u8 len;
};

/* clang-format off */
static const struct skald_param_word keys[] = {
	{ NFT_TUNNEL_PATH, "path" }, { NFT_TUNNEL_ID, "id" }, { 0, NULL },
};
static const struct skald_param_word modes[] = {
	{ 0, "any" }, { MODE_RX, "rx" }, { MODE_TX, "tx" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_TUNNEL_KEY, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "key", .help = "whether, or its id",
	  .words = keys },
	{ .attr = NFTA_TUNNEL_DREG, .type = SKALD_PARAM_DREG,
	  .is_required = true, .name = "dreg", .help = "register written" },
	{ .attr = NFTA_TUNNEL_MODE, .type = SKALD_PARAM_BE32, .name = "mode",
	  .help = "direction", .words = modes },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct tunnel *tunnel = skald_expr_data(expr);

	tunnel->key = (u8)skald_nla_be32(tb[NFTA_TUNNEL_KEY]);
	tunnel->mode = (u8)skald_nla_be32(tb[NFTA_TUNNEL_MODE]);
	tunnel->len = tunnel->key == NFT_TUNNEL_ID ? 4 : 1;
	return skald_reg_target(tb[NFTA_TUNNEL_DREG], tunnel->len,
				&tunnel->reg);
}

static bool is_meant(const struct tunnel *tunnel, u64 info)
{
	if (!(info & HAS_TUNNEL))
		return false;
	return !tunnel->mode || (tunnel->mode == MODE_TX) == !!(info & IS_TX);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct tunnel *tunnel = skald_expr_data(expr);
	u32 *to = &regs->data[tunnel->reg];
	u64 info = 0;
	int err = skald_vm_fact(pkt, SKALD_FACT_TUNNEL, &info);
	bool is_tunnel = !err && is_meant(tunnel, info);

	if (err == -ENODATA) {
		skald_regs_lack(regs, tunnel->reg, tunnel->len,
				skald_fact_words(SKALD_FACT_TUNNEL));
		return;
	}
	if (tunnel->key == NFT_TUNNEL_PATH)
		skald_reg_store8(to, is_tunnel);
	else if (is_tunnel)
		*to = (u32)info;
	else
		skald_regs_break(regs);
	skald_regs_known(regs, tunnel->reg, tunnel->len);
}

static u8 get_target(const struct skald_vm_expr *expr)
{
	return ((struct tunnel *)skald_expr_data(expr))->reg;
}

static u8 field(const struct skald_vm_expr *expr,
		const struct skald_vm_pkt *pkt, struct skald_phrase *name)
{
	const struct tunnel *tunnel = skald_expr_data(expr);

	skald_phrase_str(name, "tunnel ");
	skald_phrase_str(name, keys[tunnel->key].word);
	return SKALD_PHRASE_NUMBER;
}

const struct skald_expr_ops skald_expr_tunnel = {
	.name = "tunnel",
	.help = "read the metadata of a tunnel",
	.size = sizeof(struct tunnel),
	.flags = SKALD_EXPR_PURE,
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.field = field,
	.get_target = get_target,
};

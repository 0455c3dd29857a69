// SPDX-License-Identifier: GPL-2.0-only
/* flow_offload: later packets of the flow go by a shorter path
 * (nft_flow_offload_eval()). */
#include "expr_parts.h"
#include "load.h"
#include "place.h"
#include "vm_pkt.h"

#define CONFIRMED (1 << 3)
#define SEQ_ADJUST (1 << 6)
#define OFFLOAD (1 << 14)
#define FIN_RST 0x05

struct offload {
	struct skald_vm_flowtable *table;
};

/* clang-format off */
static const struct skald_param params[] = {
	{ .attr = NFTA_FLOW_TABLE_NAME, .type = SKALD_PARAM_STRING,
	  .is_required = true, .name = "table", .help = "flowtable",
	  .most = 256 },
};
/* clang-format on */

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct offload *offload = skald_expr_data(expr);
	const char *name = skald_nla_string(tb[NFTA_FLOW_TABLE_NAME], 256);

	offload->table = skald_load_flowtable(load, name);
	if (!offload->table)
		return skald_load_refuse(load, -ENOENT, "no flowtable", name);
	offload->table->use++;
	return 0;
}

static void hold(const struct skald_vm_expr *expr, int delta)
{
	const struct offload *offload = skald_expr_data(expr);

	offload->table->use += (u32)delta;
}

/* Whether the flow can be offloaded, as far as packet and entry tell. */
static bool is_fit(const struct skald_vm_pkt *pkt, const struct skald_vm_ct *ct)
{
	u8 tcp[20];

	if (!ct->has_entry || ct->is_template)
		return false;
	if (ct->l4num == IPPROTO_TCP) {
		if (skald_pkt_copy(pkt, pkt->thoff, sizeof(tcp), tcp) ||
		    (tcp[13] & FIN_RST))
			return false;
	} else if (ct->l4num != IPPROTO_UDP) {
		return false;
	}
	if (ct->own_helper[0] || (ct->status & (SEQ_ADJUST | OFFLOAD)))
		return false;
	return ct->status & CONFIRMED;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	struct skald_effect effect = { .kind = SKALD_EFFECT_OFFLOAD };
	const struct skald_vm_ct *ct;
	int err = skald_vm_ct(pkt, &ct);

	if (err || (ct->known & SKALD_VM_CT_ALL) != SKALD_VM_CT_ALL) {
		skald_regs_maybe(regs, "conntrack entry");
		return;
	}
	if (!is_fit(pkt, ct)) {
		skald_regs_break(regs);
		return;
	}
	err = skald_vm_effect(pkt, &effect);
	if (err)
		skald_regs_fail(regs, err, "flow offload");
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	if (!skald_place_is_inet(base))
		return -EOPNOTSUPP;
	return skald_place_hooks(base, SKALD_AT(NF_INET_FORWARD));
}

const struct skald_expr_ops skald_expr_flow_offload = {
	.name = "flow_offload",
	.help = "let later packets of the flow take a shorter path",
	.size = sizeof(struct offload),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.hold = hold,
	.validate = validate,
};

// SPDX-License-Identifier: GPL-2.0-only
/* Named objects of the connection tracker: helpers, timeouts, expectations
 * (nft_ct_helper_obj_eval() and relatives). */
#include "expr_parts.h"

#define CONFIRMED (1 << 3)
#define HELPER_SET (1 << 13)
#define NAME_LEN 16

struct helper {
	char name[NAME_LEN];
	u8 l4proto;
	u16 l3num;
};

struct expect {
	u16 l3num;
	u16 port;
	u8 l4proto;
	u8 size;
	u32 timeout;
};

/* clang-format off */
static const struct skald_param helper_params[] = {
	{ .attr = NFTA_CT_HELPER_NAME, .type = SKALD_PARAM_STRING,
	  .is_required = true, .name = "name", .help = "the helper",
	  .most = NAME_LEN },
	{ .attr = NFTA_CT_HELPER_L3PROTO, .type = SKALD_PARAM_BE16,
	  .name = "l3proto", .help = "family" },
	{ .attr = NFTA_CT_HELPER_L4PROTO, .type = SKALD_PARAM_U8,
	  .is_required = true, .name = "l4proto", .help = "protocol" },
};

static const struct skald_param timeout_params[] = {
	{ .attr = NFTA_CT_TIMEOUT_L3PROTO, .type = SKALD_PARAM_BE16,
	  .name = "l3proto", .help = "family" },
	{ .attr = NFTA_CT_TIMEOUT_L4PROTO, .type = SKALD_PARAM_U8,
	  .is_required = true, .name = "l4proto", .help = "protocol" },
	{ .attr = NFTA_CT_TIMEOUT_DATA, .type = SKALD_PARAM_NEST,
	  .is_required = true, .name = "policy", .help = "seconds by state" },
};

static const struct skald_param expect_params[] = {
	{ .attr = NFTA_CT_EXPECT_L3PROTO, .type = SKALD_PARAM_BE16,
	  .name = "l3proto", .help = "family" },
	{ .attr = NFTA_CT_EXPECT_L4PROTO, .type = SKALD_PARAM_U8,
	  .is_required = true, .name = "l4proto", .help = "protocol" },
	{ .attr = NFTA_CT_EXPECT_DPORT, .type = SKALD_PARAM_BE16,
	  .is_required = true, .name = "dport", .help = "port expected" },
	{ .attr = NFTA_CT_EXPECT_TIMEOUT, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "timeout", .help = "ms" },
	{ .attr = NFTA_CT_EXPECT_SIZE, .type = SKALD_PARAM_U8,
	  .is_required = true, .name = "size", .help = "most at a time" },
};
/* clang-format on */

/* The entry, if it is known and still open to changes. Return: 0; -ENOENT: it
 * is not open; -ENODATA */
static int open_entry(struct skald_vm_pkt *pkt, const struct skald_vm_ct **ct)
{
	int err = skald_vm_ct(pkt, ct);

	if (err || !((*ct)->known & SKALD_VM_CT_STATE))
		return -ENODATA;
	if (!(*ct)->has_entry || (*ct)->is_template)
		return -ENOENT;
	if (!((*ct)->known & SKALD_VM_CT_STATUS))
		return -ENODATA;
	return (*ct)->status & CONFIRMED ? -ENOENT : 0;
}

static int parse_helper(struct skald_load *load, struct skald_vm_expr *expr,
			const struct skald_nla **tb)
{
	struct helper *helper = skald_expr_data(expr);
	const struct skald_nla *name = tb[NFTA_CT_HELPER_NAME];

	memcpy(helper->name, skald_nla_data(name), skald_nla_len(name));
	helper->l4proto = skald_nla_u8(tb[NFTA_CT_HELPER_L4PROTO]);
	helper->l3num = skald_nla_be16(tb[NFTA_CT_HELPER_L3PROTO]);
	return helper->l4proto ? 0 : -ENOENT;
}

static void eval_helper(const struct skald_vm_expr *expr,
			struct skald_regs *regs, struct skald_vm_pkt *pkt)
{
	const struct helper *helper = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_CT_HELPER };
	const struct skald_vm_ct *ct;
	int err = open_entry(pkt, &ct);

	if (err == -ENODATA)
		skald_regs_maybe(regs, "conntrack entry");
	if (err || ct->l4num != helper->l4proto || (ct->status & HELPER_SET) ||
	    (helper->l3num != NFPROTO_INET && helper->l3num != ct->l3num))
		return;
	effect.ct.name = helper->name;
	effect.ct.l4proto = helper->l4proto;
	effect.ct.l3num = helper->l3num;
	if (skald_vm_effect(pkt, &effect))
		regs->verdict.code = NF_DROP;
	skald_vm_ct_forget(pkt);
}

static int parse_timeout(struct skald_load *load, struct skald_vm_expr *expr,
			 const struct skald_nla **tb)
{
	struct expect *timeout = skald_expr_data(expr);

	timeout->l4proto = skald_nla_u8(tb[NFTA_CT_TIMEOUT_L4PROTO]);
	timeout->l3num = skald_nla_be16(tb[NFTA_CT_TIMEOUT_L3PROTO]);
	return 0;
}

static void eval_timeout(const struct skald_vm_expr *expr,
			 struct skald_regs *regs, struct skald_vm_pkt *pkt)
{
	const struct expect *timeout = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_CT_TIMEOUT };
	const struct skald_vm_ct *ct;
	int err;

	if (timeout->l4proto != pkt->tprot)
		return;
	err = open_entry(pkt, &ct);
	if (err == -ENODATA)
		skald_regs_maybe(regs, "conntrack entry");
	if (err)
		return;
	effect.ct.l4proto = timeout->l4proto;
	effect.ct.l3num = timeout->l3num;
	if (skald_vm_effect(pkt, &effect))
		regs->verdict.code = NF_DROP;
}

static int parse_expect(struct skald_load *load, struct skald_vm_expr *expr,
			const struct skald_nla **tb)
{
	struct expect *expect = skald_expr_data(expr);

	expect->l3num = skald_nla_be16(tb[NFTA_CT_EXPECT_L3PROTO]);
	expect->l4proto = skald_nla_u8(tb[NFTA_CT_EXPECT_L4PROTO]);
	expect->port = htons(skald_nla_be16(tb[NFTA_CT_EXPECT_DPORT]));
	expect->timeout = skald_nla_be32(tb[NFTA_CT_EXPECT_TIMEOUT]);
	expect->size = skald_nla_u8(tb[NFTA_CT_EXPECT_SIZE]);
	return 0;
}

static void eval_expect(const struct skald_vm_expr *expr,
			struct skald_regs *regs, struct skald_vm_pkt *pkt)
{
	const struct expect *expect = skald_expr_data(expr);
	struct skald_effect effect = { .kind = SKALD_EFFECT_CT_EXPECT };
	const struct skald_vm_ct *ct;
	int err = open_entry(pkt, &ct);

	if (err) {
		skald_regs_fail(regs, err, "conntrack entry");
		return;
	}
	effect.ct.l3num = expect->l3num;
	effect.ct.l4proto = expect->l4proto;
	effect.ct.port = expect->port;
	effect.ct.timeout = expect->timeout;
	effect.ct.size = expect->size;
	err = skald_vm_effect(pkt, &effect);
	if (err == -ENOSPC)
		skald_regs_break(regs);
	else if (err)
		regs->verdict.code = NF_DROP;
}

const struct skald_expr_ops skald_obj_ct_helper = {
	.name = "ct helper",
	.help = "have a helper look into the connection",
	.size = sizeof(struct helper),
	.n_params = ARRAY_SIZE(helper_params),
	.params = helper_params,
	.parse = parse_helper,
	.eval = eval_helper,
};

const struct skald_expr_ops skald_obj_ct_timeout = {
	.name = "ct timeout",
	.help = "give the connection timeouts of its own",
	.size = sizeof(struct expect),
	.n_params = ARRAY_SIZE(timeout_params),
	.params = timeout_params,
	.parse = parse_timeout,
	.eval = eval_timeout,
};

const struct skald_expr_ops skald_obj_ct_expect = {
	.name = "ct expectation",
	.help = "expect a connection that belongs to this one",
	.size = sizeof(struct expect),
	.n_params = ARRAY_SIZE(expect_params),
	.params = expect_params,
	.parse = parse_expect,
	.eval = eval_expect,
};

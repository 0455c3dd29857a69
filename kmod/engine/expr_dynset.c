// SPDX-License-Identifier: GPL-2.0-only
/* dynset: elements that packets add, refresh and delete (nft_dynset_eval()). */
#include "expr_parts.h"
#include "load.h"
#include "set.h"

#define OP_DELETE 2
/* Elements a set without a size may get from packets. */
#define SIZE_DEFAULT 0xffff

struct dynset {
	struct skald_vm_set *set;
	u64 timeout;
	u8 op;
	u8 key;
	u8 data;
	u8 n_exprs;
	bool is_inverted;
	struct skald_vm_expr *expr[SKALD_SET_EXPRS];
};

/* clang-format off */
static const struct skald_param_word operations[] = {
	{ NFT_DYNSET_OP_ADD, "add" }, { NFT_DYNSET_OP_UPDATE, "update" },
	{ OP_DELETE, "delete" }, { 0, NULL },
};
static const struct skald_param_word flags[] = {
	{ NFT_DYNSET_F_INV, "inverted" }, { NFT_DYNSET_F_EXPR, "expressions" },
	{ 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_DYNSET_SET_NAME, .type = SKALD_PARAM_STRING,
	  .is_required = true, .name = "set", .help = "set or map",
	  .most = 256 },
	{ .attr = NFTA_DYNSET_SET_ID, .type = SKALD_PARAM_BE32,
	  .name = "set_id", .help = "set of the same transaction" },
	{ .attr = NFTA_DYNSET_OP, .type = SKALD_PARAM_BE32,
	  .is_required = true, .name = "op", .help = "what to do",
	  .words = operations },
	{ .attr = NFTA_DYNSET_SREG_KEY, .type = SKALD_PARAM_SREG,
	  .is_required = true, .name = "sreg_key",
	  .help = "register of the key" },
	{ .attr = NFTA_DYNSET_SREG_DATA, .type = SKALD_PARAM_SREG,
	  .name = "sreg_data", .help = "register of a map's value" },
	{ .attr = NFTA_DYNSET_TIMEOUT, .type = SKALD_PARAM_BE64,
	  .name = "timeout", .help = "timeout of new elements, ms" },
	{ .attr = NFTA_DYNSET_EXPR, .type = SKALD_PARAM_NEST, .name = "expr",
	  .help = "expression of each element" },
	{ .attr = NFTA_DYNSET_FLAGS, .type = SKALD_PARAM_BE32, .name = "flags",
	  .help = "flags", .is_flags = true, .words = flags },
	{ .attr = NFTA_DYNSET_EXPRESSIONS, .type = SKALD_PARAM_NEST,
	  .name = "expressions", .help = "expressions of each element" },
};
/* clang-format on */

static int add_expr(struct skald_load *load, struct dynset *dynset,
		    const struct skald_nla *nest)
{
	struct skald_vm_expr *expr;
	int err;

	if (dynset->n_exprs == SKALD_SET_EXPRS)
		return -E2BIG;
	expr = skald_expr_new(load, nest, &err);
	if (!expr)
		return err;
	dynset->expr[dynset->n_exprs++] = expr;
	return expr->ops->flags & SKALD_EXPR_STATEFUL ? 0 : -EOPNOTSUPP;
}

static int parse_exprs(struct skald_load *load, struct dynset *dynset,
		       const struct skald_nla **tb)
{
	const struct skald_nla *list = tb[NFTA_DYNSET_EXPRESSIONS];
	const struct skald_nla *nla;
	const u8 *at;
	u32 len;
	int err;

	if (tb[NFTA_DYNSET_EXPR])
		return add_expr(load, dynset, tb[NFTA_DYNSET_EXPR]);
	if (!list)
		return 0;
	at = skald_nla_data(list);
	len = skald_nla_len(list);
	while ((nla = skald_nla_next(&at, &len))) {
		err = add_expr(load, dynset, nla);
		if (err)
			return err;
	}
	return len ? -EINVAL : 0;
}

static void free_exprs(struct dynset *dynset)
{
	while (dynset->n_exprs)
		skald_expr_free(dynset->expr[--dynset->n_exprs]);
}

static int check_set(const struct skald_vm_set *set,
		     const struct skald_nla **tb)
{
	if ((set->flags & NFT_SET_OBJECT) || set->ops != &skald_set_hash)
		return -EOPNOTSUPP;
	if (set->flags & NFT_SET_CONSTANT)
		return -EBUSY;
	/* dumps have it always, 0 where there is none */
	if (skald_nla_be64(tb[NFTA_DYNSET_TIMEOUT]) &&
	    !(set->flags & NFT_SET_TIMEOUT))
		return -EOPNOTSUPP;
	if (!tb[NFTA_DYNSET_SREG_DATA] != !(set->flags & NFT_SET_MAP))
		return -EINVAL;
	if (tb[NFTA_DYNSET_SREG_DATA] && set->dtype == NFT_DATA_VERDICT)
		return -EOPNOTSUPP;
	if ((tb[NFTA_DYNSET_EXPR] || tb[NFTA_DYNSET_EXPRESSIONS]) &&
	    !(set->flags & NFT_SET_EVAL))
		return -EINVAL;
	return 0;
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct dynset *dynset = skald_expr_data(expr);
	const char *name = skald_nla_string(tb[NFTA_DYNSET_SET_NAME], 256);
	struct skald_vm_set *set = skald_set_find(
		load, name, skald_nla_be32(tb[NFTA_DYNSET_SET_ID]));
	u64 timeout = skald_nla_be64(tb[NFTA_DYNSET_TIMEOUT]);
	int err;

	if (!set)
		return skald_load_refuse(load, -ENOENT, "no set", name);
	err = check_set(set, tb);
	if (!err && timeout > U64_MAX / 1000000)
		err = -ERANGE;
	if (!err)
		err = skald_reg_source(tb[NFTA_DYNSET_SREG_KEY], set->klen,
				       &dynset->key);
	if (!err && tb[NFTA_DYNSET_SREG_DATA])
		err = skald_reg_source(tb[NFTA_DYNSET_SREG_DATA], set->dlen,
				       &dynset->data);
	if (!err)
		err = parse_exprs(load, dynset, tb);
	if (err) {
		free_exprs(dynset);
		return err;
	}
	dynset->op = (u8)skald_nla_be32(tb[NFTA_DYNSET_OP]);
	dynset->timeout = timeout * 1000000;
	dynset->is_inverted =
		skald_nla_be32(tb[NFTA_DYNSET_FLAGS]) & NFT_DYNSET_F_INV;
	if (!set->size)
		set->size = SIZE_DEFAULT;
	dynset->set = set;
	set->use++;
	return 0;
}

static void hold(const struct skald_vm_expr *expr, int delta)
{
	const struct dynset *dynset = skald_expr_data(expr);

	dynset->set->use += (u32)delta;
}

static void release(struct skald_vm_expr *expr)
{
	free_exprs(skald_expr_data(expr));
}

static int clone_exprs(const struct dynset *dynset, struct skald_vm_elem *elem)
{
	const struct skald_vm_set *set = dynset->set;
	u32 n = dynset->n_exprs ? dynset->n_exprs : set->n_exprs, i;

	for (i = 0; i < n; i++) {
		elem->expr[i] = skald_expr_clone(
			dynset->n_exprs ? dynset->expr[i] : set->expr[i]);
		if (!elem->expr[i])
			return -ENOMEM;
	}
	return 0;
}

/* nft_dynset_new(): a full set takes nothing. */
static struct skald_vm_elem *add(const struct dynset *dynset,
				 const struct skald_regs *regs, u64 now)
{
	struct skald_vm_set *set = dynset->set;
	u64 timeout = dynset->timeout ? dynset->timeout : set->timeout;
	struct skald_vm_elem *elem;

	if (set->size && set->n >= set->size)
		skald_set_expire(set, now);
	if (set->size && set->n >= set->size)
		return NULL;
	elem = skald_elem_new(set, &regs->data[dynset->key], NULL,
			      dynset->data ? &regs->data[dynset->data] : NULL);
	if (!elem)
		return NULL;
	if ((set->flags & NFT_SET_TIMEOUT) && timeout) {
		elem->timeout = timeout;
		elem->expires = now + timeout;
	}
	if (clone_exprs(dynset, elem) || skald_set_insert(set, elem)) {
		skald_elem_free(elem);
		return NULL;
	}
	return elem;
}

static void run_exprs(const struct skald_vm_elem *elem, struct skald_regs *regs,
		      struct skald_vm_pkt *pkt)
{
	u32 i;

	for (i = 0; i < SKALD_SET_EXPRS && elem->expr[i]; i++) {
		elem->expr[i]->ops->eval(elem->expr[i], regs, pkt);
		if (regs->verdict.code == NFT_BREAK)
			return;
	}
}

static struct skald_vm_elem *find(const struct dynset *dynset,
				  const struct skald_regs *regs, u64 now)
{
	struct skald_vm_set *set = dynset->set;

	return set->ops->lookup(set, &regs->data[dynset->key],
				skald_vm_now_bit(set->table->vm), now);
}

static void update(const struct dynset *dynset, struct skald_regs *regs,
		   struct skald_vm_pkt *pkt)
{
	struct skald_vm_elem *elem = find(dynset, regs, pkt->now);
	u64 timeout;

	if (!elem)
		elem = add(dynset, regs, pkt->now);
	if (!elem) {
		if (!dynset->is_inverted)
			skald_regs_break(regs);
		return;
	}
	if (dynset->op == NFT_DYNSET_OP_UPDATE && elem->timeout) {
		timeout = dynset->timeout ? dynset->timeout
					  : dynset->set->timeout;
		elem->expires = pkt->now + timeout;
	}
	run_exprs(elem, regs, pkt);
	if (dynset->is_inverted)
		skald_regs_break(regs);
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct dynset *dynset = skald_expr_data(expr);
	struct skald_vm_elem *elem;

	if (skald_regs_is_unknown(regs, dynset->key, dynset->set->klen) ||
	    (dynset->data &&
	     skald_regs_is_unknown(regs, dynset->data, dynset->set->dlen))) {
		skald_regs_maybe(regs, NULL);
		return;
	}
	if (dynset->op != OP_DELETE) {
		update(dynset, regs, pkt);
		return;
	}
	elem = find(dynset, regs, pkt->now);
	if (elem)
		skald_set_drop(dynset->set, elem);
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct dynset *dynset = skald_expr_data(expr);
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	skald_phrase_str(&phrase, "@");
	skald_phrase_str(&phrase, dynset->set->name);
	skald_phrase_init(&phrase, miss->expected, sizeof(miss->expected));
	skald_phrase_str(&phrase, "room in the set, within its limits");
	skald_phrase_init(&phrase, miss->actual, sizeof(miss->actual));
	skald_phrase_number(&phrase, dynset->set->n);
	skald_phrase_str(&phrase, " elements");
}

const struct skald_expr_ops skald_expr_dynset = {
	.name = "dynset",
	.help = "add, refresh or delete an element of a set",
	.size = sizeof(struct dynset),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.hold = hold,
	.free = release,
	.explain = explain,
};

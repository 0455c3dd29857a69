// SPDX-License-Identifier: GPL-2.0-only
/* objref: a named object, given or looked up (nft_objref_eval()). */
#include "expr_parts.h"
#include "load.h"
#include "set.h"

struct objref {
	struct skald_vm_obj *obj;
	struct skald_vm_set *set;
	u8 source;
};

/* clang-format off */
static const struct skald_param_word types[] = {
	{ NFT_OBJECT_COUNTER, "counter" }, { NFT_OBJECT_QUOTA, "quota" },
	{ NFT_OBJECT_CT_HELPER, "ct helper" }, { NFT_OBJECT_LIMIT, "limit" },
	{ NFT_OBJECT_CONNLIMIT, "ct count" }, { NFT_OBJECT_TUNNEL, "tunnel" },
	{ NFT_OBJECT_CT_TIMEOUT, "ct timeout" },
	{ NFT_OBJECT_SECMARK, "secmark" },
	{ NFT_OBJECT_CT_EXPECT, "ct expectation" },
	{ NFT_OBJECT_SYNPROXY, "synproxy" }, { 0, NULL },
};

static const struct skald_param params[] = {
	{ .attr = NFTA_OBJREF_IMM_TYPE, .type = SKALD_PARAM_BE32,
	  .name = "type", .help = "type of the object", .words = types },
	{ .attr = NFTA_OBJREF_IMM_NAME, .type = SKALD_PARAM_STRING,
	  .name = "name", .help = "the object", .most = 256 },
	{ .attr = NFTA_OBJREF_SET_SREG, .type = SKALD_PARAM_SREG,
	  .name = "sreg", .help = "register of the key" },
	{ .attr = NFTA_OBJREF_SET_NAME, .type = SKALD_PARAM_STRING,
	  .name = "set", .help = "map of objects", .most = 256 },
	{ .attr = NFTA_OBJREF_SET_ID, .type = SKALD_PARAM_BE32,
	  .name = "set_id", .help = "map of the same transaction" },
};
/* clang-format on */

static int parse_map(struct skald_load *load, struct objref *ref,
		     const struct skald_nla **tb)
{
	const char *name = skald_nla_string(tb[NFTA_OBJREF_SET_NAME], 256);
	struct skald_vm_set *set = skald_set_find(
		load, name, skald_nla_be32(tb[NFTA_OBJREF_SET_ID]));
	int err;

	if (!set)
		return skald_load_refuse(load, -ENOENT, "no set", name);
	if (!(set->flags & NFT_SET_OBJECT))
		return -EINVAL;
	err = skald_reg_source(tb[NFTA_OBJREF_SET_SREG], set->klen,
			       &ref->source);
	if (err)
		return err;
	ref->set = set;
	set->use++;
	return 0;
}

static int parse(struct skald_load *load, struct skald_vm_expr *expr,
		 const struct skald_nla **tb)
{
	struct objref *ref = skald_expr_data(expr);
	const char *name;

	if (tb[NFTA_OBJREF_SET_SREG] && tb[NFTA_OBJREF_SET_NAME])
		return parse_map(load, ref, tb);
	name = skald_nla_string(tb[NFTA_OBJREF_IMM_NAME], 256);
	if (!name || !tb[NFTA_OBJREF_IMM_TYPE])
		return -EINVAL;
	ref->obj = skald_load_obj(load, name,
				  skald_nla_be32(tb[NFTA_OBJREF_IMM_TYPE]));
	if (!ref->obj)
		return skald_load_refuse(load, -ENOENT, "no object", name);
	ref->obj->use++;
	return 0;
}

static void hold(const struct skald_vm_expr *expr, int delta)
{
	const struct objref *ref = skald_expr_data(expr);

	if (ref->set)
		ref->set->use += (u32)delta;
	else
		ref->obj->use += (u32)delta;
}

static void eval(const struct skald_vm_expr *expr, struct skald_regs *regs,
		 struct skald_vm_pkt *pkt)
{
	const struct objref *ref = skald_expr_data(expr);
	const struct skald_vm_obj *obj = ref->obj;
	const struct skald_vm_elem *elem;

	if (ref->set) {
		if (skald_regs_is_unknown(regs, ref->source, ref->set->klen)) {
			skald_regs_maybe(regs, NULL);
			return;
		}
		elem = skald_set_lookup(ref->set, &regs->data[ref->source],
					skald_vm_now_bit(ref->set->table->vm),
					pkt->now);
		if (!elem || !elem->obj) {
			skald_regs_break(regs);
			return;
		}
		obj = elem->obj;
	}
	obj->expr->ops->eval(obj->expr, regs, pkt);
}

static int validate(const struct skald_vm_expr *expr,
		    const struct skald_vm_chain *base)
{
	const struct objref *ref = skald_expr_data(expr);

	if (!ref->obj || !ref->obj->expr->ops->validate)
		return 0;
	return ref->obj->expr->ops->validate(ref->obj->expr, base);
}

static void explain(const struct skald_vm_expr *expr,
		    const struct skald_vm_rule *rule,
		    const struct skald_regs *regs,
		    const struct skald_vm_pkt *pkt, struct skald_miss *miss)
{
	const struct objref *ref = skald_expr_data(expr);
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, miss->field, sizeof(miss->field));
	if (ref->set) {
		skald_phrase_str(&phrase, "object of @");
		skald_phrase_str(&phrase, ref->set->name);
		return;
	}
	skald_phrase_str(&phrase, ref->obj->expr->ops->name);
	skald_phrase_str(&phrase, " ");
	skald_phrase_str(&phrase, ref->obj->name);
}

const struct skald_expr_ops skald_expr_objref = {
	.name = "objref",
	.help = "use a named object",
	.size = sizeof(struct objref),
	.n_params = ARRAY_SIZE(params),
	.params = params,
	.parse = parse,
	.eval = eval,
	.hold = hold,
	.validate = validate,
	.explain = explain,
};

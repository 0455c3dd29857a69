// SPDX-License-Identifier: GPL-2.0-only
/* The registry of expressions, and their way from attributes into memory. */
#include "expr.h"

#include "expr_parts.h"
#include "load.h"

#define NAME_MAX_LEN 128

static const struct skald_expr_ops *const kinds[] = {
#define KIND(name) &skald_expr_##name,
	SKALD_EXPRS(KIND)
#undef KIND
};

const struct skald_expr_ops *skald_expr_kind(u32 n)
{
	return n < ARRAY_SIZE(kinds) ? kinds[n] : NULL;
}

const struct skald_expr_ops *skald_expr_find(const char *name)
{
	u32 low = 0, high = ARRAY_SIZE(kinds);

	/* they stand in the order of their names */
	while (low < high) {
		u32 middle = (low + high) / 2;
		int order = strcmp(name, kinds[middle]->name);

		if (!order)
			return kinds[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static u32 type_len(u8 type)
{
	switch (type) {
	case SKALD_PARAM_U8:
		return 1;
	case SKALD_PARAM_BE16:
		return 2;
	case SKALD_PARAM_BE32:
	case SKALD_PARAM_SREG:
	case SKALD_PARAM_DREG:
		return 4;
	case SKALD_PARAM_BE64:
		return 8;
	default:
		return 0;
	}
}

static u64 value_of(u8 type, const struct skald_nla *nla)
{
	switch (type) {
	case SKALD_PARAM_U8:
		return skald_nla_u8(nla);
	case SKALD_PARAM_BE16:
		return skald_nla_be16(nla);
	case SKALD_PARAM_BE64:
		return skald_nla_be64(nla);
	default:
		return skald_nla_be32(nla);
	}
}

static bool is_word(const struct skald_param *param, u64 value)
{
	const struct skald_param_word *word;
	u64 flags = 0;

	for (word = param->words; word->word; word++) {
		if (!param->is_flags && word->number == value)
			return true;
		flags |= word->number;
	}
	return param->is_flags && !(value & ~flags);
}

static int check_param(const struct skald_param *param,
		       const struct skald_nla *nla)
{
	u32 len = type_len(param->type);
	u64 value;

	if (!nla)
		return param->is_required ? -EINVAL : 0;
	if (param->type == SKALD_PARAM_STRING)
		return skald_nla_string(nla, param->most ? param->most
							 : NAME_MAX_LEN)
			       ? 0
			       : -EINVAL;
	if (!len)
		return param->most && skald_nla_len(nla) > param->most ? -EINVAL
								       : 0;
	if (skald_nla_len(nla) != len)
		return -EINVAL;
	value = value_of(param->type, nla);
	if (param->most && value > param->most)
		return -ERANGE;
	return param->words && !is_word(param, value) ? -EOPNOTSUPP : 0;
}

static int check_params(struct skald_load *load,
			const struct skald_expr_ops *ops,
			const struct skald_nla **tb)
{
	u32 i;

	for (i = 0; i < ops->n_params; i++) {
		const struct skald_param *param = &ops->params[i];
		int err = check_param(param, tb[param->attr]);

		if (err)
			return skald_load_refuse(load, err, ops->name,
						 param->name);
	}
	return 0;
}

/* The same for a kind that is known, with its attributes in @data. */
static int prepare_kind(struct skald_load *load,
			const struct skald_expr_ops *ops,
			const struct skald_nla *data,
			struct skald_expr_info *info)
{
	int size, err;

	info->ops = ops;
	err = skald_nla_sort_nest(data, info->tb, ARRAY_SIZE(info->tb));
	if (!err)
		err = check_params(load, ops, info->tb);
	if (err)
		return err;
	size = ops->size;
	if (ops->get_size)
		size = ops->get_size(load, info->tb);
	if (size < 0)
		return size;
	if (size > SKALD_EXPR_MAX)
		return -E2BIG;
	info->size = (u32)(sizeof(struct skald_vm_expr) + (u32)size + 7) & ~7u;
	return 0;
}

int skald_expr_prepare(struct skald_load *load, const struct skald_nla *nest,
		       struct skald_expr_info *info)
{
	const struct skald_nla *tb[NFTA_EXPR_DATA + 1];
	const struct skald_expr_ops *ops;
	const char *name;
	int err;

	err = skald_nla_sort_nest(nest, tb, ARRAY_SIZE(tb));
	name = skald_nla_string(tb[NFTA_EXPR_NAME], NAME_MAX_LEN);
	if (err || !name)
		return -EINVAL;
	ops = skald_expr_find(name);
	if (!ops) {
		skald_load_refuse(load, -ENOENT, "expression", name);
		return -ENOENT;
	}
	return prepare_kind(load, ops, tb[NFTA_EXPR_DATA], info);
}

int skald_expr_fill(struct skald_load *load, const struct skald_expr_info *info,
		    struct skald_vm_expr *expr)
{
	int err;

	expr->ops = info->ops;
	expr->size = info->size;
	err = info->ops->parse(load, expr, (const struct skald_nla **)info->tb);
	if (err && !load->error[0])
		skald_load_refuse(load, err, "expression", info->ops->name);
	return err;
}

static struct skald_vm_expr *make(struct skald_load *load,
				  const struct skald_expr_info *info, int *err)
{
	struct skald_vm_expr *expr = kzalloc(info->size, GFP_KERNEL);

	if (!expr) {
		*err = -ENOMEM;
		return NULL;
	}
	*err = skald_expr_fill(load, info, expr);
	if (*err) {
		kfree(expr);
		return NULL;
	}
	return expr;
}

struct skald_vm_expr *skald_expr_new(struct skald_load *load,
				     const struct skald_nla *nest, int *err)
{
	struct skald_expr_info info = { .ops = NULL };

	*err = skald_expr_prepare(load, nest, &info);
	return *err ? NULL : make(load, &info, err);
}

struct skald_vm_expr *skald_expr_new_kind(struct skald_load *load,
					  const struct skald_expr_ops *ops,
					  const struct skald_nla *data,
					  int *err)
{
	struct skald_expr_info info = { .ops = NULL };

	*err = prepare_kind(load, ops, data, &info);
	return *err ? NULL : make(load, &info, err);
}

struct skald_vm_expr *skald_expr_clone(const struct skald_vm_expr *expr)
{
	struct skald_vm_expr *copy = kmemdup(expr, expr->size, GFP_ATOMIC);

	if (copy && expr->ops->clone && expr->ops->clone(copy, expr)) {
		kfree(copy);
		return NULL;
	}
	return copy;
}

void skald_expr_hold(const struct skald_vm_expr *expr, int delta)
{
	if (expr->ops->hold)
		expr->ops->hold(expr, delta);
}

void skald_expr_done(struct skald_vm_expr *expr)
{
	if (expr->ops->free)
		expr->ops->free(expr);
}

void skald_expr_free(struct skald_vm_expr *expr)
{
	if (!expr)
		return;
	skald_expr_hold(expr, -1);
	skald_expr_done(expr);
	kfree(expr);
}

/* nft_parse_register() */
static int parse_reg(const struct skald_nla *nla, u32 *word)
{
	u32 reg;

	if (!nla || skald_nla_len(nla) != 4)
		return -EINVAL;
	reg = skald_nla_be32(nla);
	if (reg <= NFT_REG_4)
		*word = reg * 4;
	else if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		*word = reg - NFT_REG32_00 + SKALD_VM_VERDICT_WORDS;
	else
		return -ERANGE;
	return 0;
}

/* nft_validate_register_load() and _store() */
static int check_reg(const struct skald_nla *nla, u32 len, u8 *reg)
{
	u32 word;
	int err = parse_reg(nla, &word);

	if (err)
		return err;
	if (word < SKALD_VM_VERDICT_WORDS || !len)
		return -EINVAL;
	if (len > SKALD_DATA_MAX || word * 4 + len > SKALD_VM_WORDS * 4)
		return -ERANGE;
	*reg = (u8)word;
	return 0;
}

int skald_reg_source(const struct skald_nla *nla, u32 len, u8 *reg)
{
	return check_reg(nla, len, reg);
}

int skald_reg_target(const struct skald_nla *nla, u32 len, u8 *reg)
{
	return check_reg(nla, len, reg);
}

int skald_data_value(const struct skald_nla *nest, u32 most, void *value,
		     u32 *len)
{
	const struct skald_nla *tb[NFTA_DATA_VERDICT + 1];
	int err = skald_nla_sort_nest(nest, tb, ARRAY_SIZE(tb));

	if (err || !tb[NFTA_DATA_VALUE] || !skald_nla_len(tb[NFTA_DATA_VALUE]))
		return -EINVAL;
	if (skald_nla_len(tb[NFTA_DATA_VALUE]) > most)
		return -EOVERFLOW;
	*len = skald_nla_len(tb[NFTA_DATA_VALUE]);
	memcpy(value, skald_nla_data(tb[NFTA_DATA_VALUE]), *len);
	return 0;
}

/* nft_verdict_init(): where a jump leads. */
static int verdict_chain(struct skald_load *load, const struct skald_nla **tb,
			 struct skald_verdict *verdict)
{
	const char *name = skald_nla_string(tb[NFTA_VERDICT_CHAIN], 256);
	struct skald_vm_chain *chain;

	if (!name && !tb[NFTA_VERDICT_CHAIN_ID])
		return -EINVAL;
	chain = skald_load_chain(load, name,
				 skald_nla_be32(tb[NFTA_VERDICT_CHAIN_ID]));
	if (!chain)
		return skald_load_refuse(load, -ENOENT, "no chain",
					 name ? name : "");
	if (chain->base)
		return skald_load_refuse(load, -EOPNOTSUPP,
					 "a jump to base chain", chain->name);
	chain->use++;
	verdict->chain = chain;
	return 0;
}

int skald_data_verdict(struct skald_load *load, const struct skald_nla *nest,
		       struct skald_verdict *verdict)
{
	const struct skald_nla *data[NFTA_DATA_VERDICT + 1];
	const struct skald_nla *tb[NFTA_VERDICT_CHAIN_ID + 1];
	int err = skald_nla_sort_nest(nest, data, ARRAY_SIZE(data));

	if (err || !data[NFTA_DATA_VERDICT])
		return -EINVAL;
	err = skald_nla_sort_nest(data[NFTA_DATA_VERDICT], tb, ARRAY_SIZE(tb));
	if (err || !tb[NFTA_VERDICT_CODE])
		return -EINVAL;
	verdict->code = (s32)skald_nla_be32(tb[NFTA_VERDICT_CODE]);
	verdict->chain = NULL;
	switch (verdict->code) {
	case NF_ACCEPT:
	case NF_DROP:
	case NF_QUEUE:
	case NFT_CONTINUE:
	case NFT_BREAK:
	case NFT_RETURN:
		return 0;
	case NFT_JUMP:
	case NFT_GOTO:
		return verdict_chain(load, tb, verdict);
	default:
		return -EINVAL;
	}
}

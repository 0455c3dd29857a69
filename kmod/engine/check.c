// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for loops, for jumps that go too deep and for expressions that
 * stand in the wrong place (nft_table_validate(), nft_chain_validate()).
 *
 * It goes out from each base chain: a circle that no packet can enter is let
 * be, as by kernels since 6.6.
 */
#include "change.h"
#include "expr_parts.h"

/* Chains still to be looked at, and how deep they lie. */
struct todo {
	struct skald_vm_chain *chain;
	u32 level;
};

struct search {
	struct skald_load *load;
	const struct skald_vm_chain *base;
	struct todo *todo;
	u32 n;
	u32 room;
	u8 bit;
};

/* A chain met again at no deeper level brings nothing new. */
static int visit(struct search *search, struct skald_vm_chain *chain, u32 level)
{
	struct todo *grown;

	if (level >= SKALD_VM_DEPTH)
		return skald_load_refuse(search->load, -EMLINK,
					 "too deep or in a circle: chain",
					 chain->name);
	if (chain->seen_for == search->base &&
	    chain->seen_in == search->load->vm->searches &&
	    chain->seen >= level)
		return 0;
	chain->seen_for = search->base;
	chain->seen_in = search->load->vm->searches;
	chain->seen = (u8)level;
	if (search->n == search->room) {
		u32 room = search->room ? search->room * 2 : 64;

		grown = kvcalloc(room, sizeof(*grown), GFP_KERNEL);
		if (!grown)
			return -ENOMEM;
		if (search->todo)
			memcpy(grown, search->todo, search->n * sizeof(*grown));
		kvfree(search->todo);
		search->todo = grown;
		search->room = room;
	}
	search->todo[search->n].chain = chain;
	search->todo[search->n++].level = level;
	return 0;
}

static int follow_set(struct search *search, const struct skald_vm_set *set,
		      u32 level)
{
	struct skald_vm_elem *elem;
	int err = 0;

	if (!(set->flags & NFT_SET_MAP) || set->dtype != NFT_DATA_VERDICT)
		return 0;
	list_for_each_entry(elem, &set->elems, list) {
		if ((elem->genmask & search->bit) || !elem->verdict.chain)
			continue;
		err = visit(search, elem->verdict.chain, level);
		if (err)
			break;
	}
	return err;
}

static int follow_expr(struct search *search, const struct skald_vm_expr *expr,
		       u32 level)
{
	int err;

	if (expr->ops->validate) {
		err = expr->ops->validate(expr, search->base);
		if (err)
			return skald_load_refuse(
				search->load, err,
				"not in this chain:", expr->ops->name);
	}
	if (expr->ops == &skald_expr_immediate) {
		const struct skald_immediate *imm = skald_expr_data(expr);

		return imm->verdict.chain
			       ? visit(search, imm->verdict.chain, level)
			       : 0;
	}
	if (expr->ops == &skald_expr_lookup) {
		const struct skald_lookup *lookup = skald_expr_data(expr);

		return follow_set(search, lookup->set, level);
	}
	return 0;
}

static int check_chain(struct search *search,
		       const struct skald_vm_chain *chain, u32 level)
{
	const struct skald_vm_expr *expr;
	struct skald_vm_rule *rule;
	u32 i;
	int err = 0;

	list_for_each_entry(rule, &chain->checked, checked) {
		if (rule->genmask & search->bit)
			continue;
		expr = skald_rule_first(rule);
		for (i = 0; i < rule->n_exprs && !err; i++) {
			err = follow_expr(search, expr, level + 1);
			expr = skald_expr_next(expr);
		}
		if (err)
			break;
	}
	return err;
}

static int check_base(struct search *search, struct skald_vm_chain *base)
{
	int err;

	search->base = base;
	search->n = 0;
	err = visit(search, base, 0);
	while (!err && search->n) {
		struct todo next = search->todo[--search->n];

		err = check_chain(search, next.chain, next.level);
	}
	return err;
}

int skald_load_check(struct skald_load *load)
{
	struct search search = { .load = load };
	struct skald_vm_table *table;
	struct skald_vm_chain *chain;
	int err = 0;

	search.bit = skald_vm_next_bit(load->vm);
	load->vm->searches++;
	list_for_each_entry(table, &load->vm->tables, list) {
		if (table->genmask & search.bit)
			continue;
		list_for_each_entry(chain, &table->chains, list) {
			if (!chain->base || (chain->genmask & search.bit))
				continue;
			err = check_base(&search, chain);
			if (err)
				goto out;
		}
	}
out:
	kvfree(search.todo);
	return err;
}

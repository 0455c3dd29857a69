// SPDX-License-Identifier: GPL-2.0-only
/* The end of a transaction: packets see it, or everything is as before
 * (nf_tables_commit(), __nf_tables_abort()). */
#include "change.h"
#include "expr_parts.h"

static void free_changes(struct skald_load *load)
{
	struct skald_change *change, *next;

	list_for_each_entry_safe(change, next, &load->changes, list) {
		list_del(&change->list);
		kfree(change);
	}
	load->n_changes = 0;
	kvfree(load->scratch);
	load->scratch = NULL;
}

static int settle_sets(struct skald_load *load)
{
	struct skald_change *change;
	struct skald_vm_set *last = NULL;
	int err;

	list_for_each_entry(change, &load->changes, list) {
		if (change->is_del || (change->kind != SKALD_CHANGE_SET &&
				       change->kind != SKALD_CHANGE_ELEM))
			continue;
		if (change->set == last || !change->set->ops->settle)
			continue;
		last = change->set;
		err = last->ops->settle(last);
		if (err)
			return err;
	}
	return 0;
}

static bool is_dormant(u32 flags)
{
	return flags & NFT_TABLE_F_DORMANT;
}

static void free_set(struct skald_vm_set *set)
{
	skald_names_remove(&set->table->set_names, &set->by_name);
	list_del_rcu(&set->list);
	skald_set_clear(set);
	skald_set_free(set);
}

static void free_obj(struct skald_vm_obj *obj)
{
	list_del_rcu(&obj->list);
	skald_expr_free(obj->expr);
	kfree(obj->name);
	skald_free_later(obj);
}

static void free_flow(struct skald_vm_flowtable *flow)
{
	list_del_rcu(&flow->list);
	kfree(flow->name);
	skald_free_later(flow);
}

static void free_chain(struct skald_vm_chain *chain)
{
	if (chain->base)
		skald_hooks_remove(chain);
	skald_names_remove(&chain->table->chain_names, &chain->by_name);
	list_del_rcu(&chain->list);
	skald_chain_clear(chain);
	skald_chain_free(chain);
}

/* Sets without a name go with the rule that brought them. */
static struct skald_vm_set *unnamed_set(const struct skald_vm_expr *expr)
{
	const struct skald_lookup *lookup = skald_expr_data(expr);

	if (expr->ops != &skald_expr_lookup ||
	    !(lookup->set->flags & NFT_SET_ANONYMOUS) || lookup->set->use)
		return NULL;
	return lookup->set;
}

static void free_rule(struct skald_vm_rule *rule)
{
	struct skald_vm_expr *expr = skald_rule_first(rule);
	u32 i;

	for (i = 0; i < rule->n_exprs; i++) {
		struct skald_vm_set *set = unnamed_set(expr);

		if (set)
			free_set(set);
		expr = skald_expr_next(expr);
	}
	skald_chain_remove(rule);
	skald_names_remove(&rule->chain->table->rule_handles, &rule->by_handle);
	list_del_init(&rule->checked);
	skald_rule_free(rule);
}

/* Where it is said in which generations it is active; NULL: rules and what lies
 * in sets are looked after by themselves. */
static u8 *genmask_of(const struct skald_change *change)
{
	switch (change->kind) {
	case SKALD_CHANGE_TABLE:
		return &change->table->genmask;
	case SKALD_CHANGE_CHAIN:
		return &change->chain->genmask;
	case SKALD_CHANGE_OBJ:
		return &change->obj->genmask;
	case SKALD_CHANGE_FLOWTABLE:
		return &change->flowtable->genmask;
	case SKALD_CHANGE_TABLE_FLAGS:
	case SKALD_CHANGE_POLICY:
	case SKALD_CHANGE_RULE:
	case SKALD_CHANGE_SET:
	case SKALD_CHANGE_ELEM:
		break;
	}
	return NULL;
}

/* The same kinds: it goes, for it was deleted or never came to be. */
static void free_changed(struct skald_change *change)
{
	switch (change->kind) {
	case SKALD_CHANGE_TABLE:
		list_del_rcu(&change->table->list);
		skald_table_free(change->table);
		break;
	case SKALD_CHANGE_CHAIN:
		free_chain(change->chain);
		break;
	case SKALD_CHANGE_OBJ:
		free_obj(change->obj);
		break;
	case SKALD_CHANGE_FLOWTABLE:
		free_flow(change->flowtable);
		break;
	case SKALD_CHANGE_TABLE_FLAGS:
	case SKALD_CHANGE_POLICY:
	case SKALD_CHANGE_RULE:
	case SKALD_CHANGE_SET:
	case SKALD_CHANGE_ELEM:
		break;
	}
}

static void commit_chain(struct skald_vm_chain *chain)
{
	chain->genmask = 0;
	if (chain->base && !is_dormant(chain->table->next_flags))
		skald_hooks_add(chain);
}

static void commit_new(struct skald_change *change)
{
	u8 *genmask;

	if (change->kind == SKALD_CHANGE_CHAIN) {
		commit_chain(change->chain);
		return;
	}
	genmask = genmask_of(change);
	if (genmask)
		*genmask = 0;
	if (change->kind == SKALD_CHANGE_RULE)
		skald_chain_show(change->rule);
	else if (change->kind == SKALD_CHANGE_SET)
		change->set->genmask = 0;
	else if (change->kind == SKALD_CHANGE_ELEM)
		change->elem->genmask = 0;
}

static void change_hooks(struct skald_vm_table *table)
{
	struct skald_vm_chain *chain;
	bool was = is_dormant(table->flags), is = is_dormant(table->next_flags);

	table->flags = table->next_flags;
	if (was == is)
		return;
	list_for_each_entry(chain, &table->chains, list) {
		if (!chain->base)
			continue;
		if (is)
			skald_hooks_remove(chain);
		else
			skald_hooks_add(chain);
	}
}

static void commit_update(struct skald_change *change)
{
	if (change->kind == SKALD_CHANGE_TABLE_FLAGS)
		change_hooks(change->table);
	else if (change->kind == SKALD_CHANGE_POLICY)
		WRITE_ONCE(change->chain->base->policy,
			   change->chain->base->next_policy);
}

static void commit_del(struct skald_change *change)
{
	if (change->kind == SKALD_CHANGE_RULE)
		free_rule(change->rule);
	else if (change->kind == SKALD_CHANGE_SET)
		free_set(change->set);
	else if (change->kind == SKALD_CHANGE_ELEM)
		skald_set_drop(change->set, change->elem);
	else
		free_changed(change);
}

/* What is deleted goes when all that is new is there, and tables last: what was
 * deleted of them before is theirs. */
static void commit_dels(struct skald_load *load, bool tables)
{
	struct skald_change *change;

	list_for_each_entry(change, &load->changes, list) {
		if (change->is_del &&
		    (change->kind == SKALD_CHANGE_TABLE) == tables)
			commit_del(change);
	}
}

int skald_load_commit(struct skald_load *load)
{
	struct skald_vm *vm = load->vm;
	struct skald_change *change;
	int err = settle_sets(load);

	if (!err && vm->needs_check)
		err = skald_load_check(load);
	if (err) {
		skald_load_abort(load);
		return err;
	}
	vm->needs_check = false;
	list_for_each_entry(change, &load->changes, list)
		commit_update(change);
	WRITE_ONCE(vm->cursor, !vm->cursor);
	list_for_each_entry(change, &load->changes, list) {
		if (!change->is_del)
			commit_new(change);
	}
	commit_dels(load, false);
	commit_dels(load, true);
	vm->generation++;
	free_changes(load);
	return 0;
}

static void restore_rule(struct skald_vm_rule *rule, u8 bit)
{
	struct skald_vm_expr *expr = skald_rule_first(rule);
	u32 i;

	rule->genmask &= (u8)~bit;
	rule->is_given_up = false;
	for (i = 0; i < rule->n_exprs; i++) {
		skald_expr_hold(expr, 1);
		expr = skald_expr_next(expr);
	}
}

static void forget_rule(struct skald_vm_rule *rule)
{
	struct skald_vm_expr *expr = skald_rule_first(rule);
	u32 i;

	skald_chain_remove(rule);
	skald_names_remove(&rule->chain->table->rule_handles, &rule->by_handle);
	list_del_init(&rule->checked);
	for (i = 0; i < rule->n_exprs; i++) {
		skald_expr_hold(expr, -1);
		expr = skald_expr_next(expr);
	}
	skald_rule_free(rule);
}

static void restore_set(struct skald_vm_set *set, u8 bit)
{
	struct skald_vm_elem *elem;

	set->genmask &= (u8)~bit;
	list_for_each_entry(elem, &set->elems, list) {
		if ((elem->genmask & bit) || !elem->is_given_up)
			continue;
		elem->is_given_up = false;
		skald_elem_hold(elem, 1);
	}
}

/* Rules and elements first: they refer to all else. */
static void abort_contents(struct skald_change *change, u8 bit)
{
	switch (change->kind) {
	case SKALD_CHANGE_RULE:
		if (change->is_del)
			restore_rule(change->rule, bit);
		else
			forget_rule(change->rule);
		break;
	case SKALD_CHANGE_ELEM:
		if (change->is_del) {
			change->elem->genmask &= (u8)~bit;
			change->elem->is_given_up = false;
			skald_elem_hold(change->elem, 1);
		} else {
			skald_elem_hold(change->elem, -1);
			skald_set_drop(change->set, change->elem);
		}
		break;
	case SKALD_CHANGE_CHAIN:
		if (!change->is_del)
			skald_chain_clear(change->chain);
		break;
	case SKALD_CHANGE_SET:
		if (change->is_del)
			restore_set(change->set, bit);
		else
			skald_set_clear(change->set);
		break;
	case SKALD_CHANGE_TABLE:
	case SKALD_CHANGE_TABLE_FLAGS:
	case SKALD_CHANGE_POLICY:
	case SKALD_CHANGE_OBJ:
	case SKALD_CHANGE_FLOWTABLE:
		break;
	}
}

static void abort_del(struct skald_change *change, u8 bit)
{
	u8 *genmask = genmask_of(change);

	if (genmask)
		*genmask &= (u8)~bit;
}

static void abort_new(struct skald_change *change)
{
	if (change->kind == SKALD_CHANGE_TABLE_FLAGS) {
		change->table->next_flags = change->table->flags;
	} else if (change->kind == SKALD_CHANGE_POLICY) {
		change->chain->base->next_policy = change->chain->base->policy;
	} else if (change->kind == SKALD_CHANGE_SET) {
		skald_names_remove(&change->set->table->set_names,
				   &change->set->by_name);
		list_del_rcu(&change->set->list);
		skald_set_free(change->set);
	} else {
		free_changed(change);
	}
}

void skald_load_abort(struct skald_load *load)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct list_head *at;

	for (at = load->changes.prev; at != &load->changes; at = at->prev)
		abort_contents(list_entry(at, struct skald_change, list), bit);
	for (at = load->changes.prev; at != &load->changes; at = at->prev) {
		struct skald_change *change =
			list_entry(at, struct skald_change, list);

		if (change->is_del)
			abort_del(change, bit);
		else
			abort_new(change);
	}
	load->vm->needs_check = false;
	free_changes(load);
}
